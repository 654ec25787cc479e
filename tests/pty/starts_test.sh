#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# However it is started: by systemd without a terminal, by cron without HOME and TERM, below watch,
# script and less, in a session of its own, with no arguments at all, not even a name.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"

plain() { ! grep -q $'\033' "$tmp/out"; }
printed() { head -n 1 "$tmp/out" | grep -q '^Proto' && plain && [ ! -s "$tmp/err" ]; }
# prints COMMAND…: a sample without an escape, silence on stderr, code 0
prints() {
	timeout 60 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null && printed
}
check "no environment at all" prints env -i "$tcptop"
check "cron: neither HOME nor TERM" prints env -u HOME -u TERM -u XDG_CONFIG_HOME "$tcptop"
check "a session of its own" prints setsid -w "$tcptop" --no-config
check "its standard input closed" prints bash -c "exec $tcptop --no-config <&-"
check "argc 0" prints "$B/tests/data/bare" "$tcptop"
if systemd-run --quiet --wait --pipe true 2>/dev/null; then
	check "a service of systemd" prints systemd-run --quiet --wait --pipe "$tcptop" --no-config
else
	n=$((n + 1))
	echo "ok $n - a service of systemd # SKIP systemd does not run here"
fi

start 100x30 "watch -t -n 1 $tcptop --no-config"
check "watch shows a sample" sees '^Proto'
keys C-c
check "which ends by itself" ended
start 100x30 "bash -c 'env -u NO_COLOR $tcptop --no-config --once --color always | less -R'"
check "less -R shows a sample" sees '^Proto'
keys q
check "and ends" code 0
check "with the terminal as it was" restored

# script gives it a terminal of its own, and copies what comes.
start 100x30 "script -qec '$tcptop --no-config' $tmp/typescript"
check "script: a screen" sees SOCKETS
keys '?'
check "that hears keys" sees MOVE
keys C-c
check "and ends" code 0
check "having left the alternate screen" grep -q $'\033\\[?1049l' "$tmp/typescript"

# A session of its own that has a terminal to write to, but none to control.
start 100x30 "setsid -w $tcptop --no-config"
check "setsid: a screen" sees SOCKETS
keys q
check "that hears keys, too" code 0
finish
