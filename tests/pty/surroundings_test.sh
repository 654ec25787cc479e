#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Surroundings that change or are narrow: another's terminal description under more rights, tmux
# left and come back to at another size, a wide terminal, eight descriptors, a clock that jumps a
# day, a stop, and a dump that hangs when it is told to quit.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
sanitized=no
grep -qE '__[at]san_init' "$tcptop" && sanitized=yes
skip() { # skip NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

few() { (ulimit -n "$1" && exec "$tcptop" --no-config --once --json) >"$tmp/out" 2>"$tmp/err"; }
few 8
check "eight descriptors are enough for a sample, though not for processes" [ $? = 3 ]
why='processes cannot be looked up in /proc: Too many open files'
check "which it says" grep -qF "\"complete\":false,\"reason\":\"$why\"" "$tmp/out"
check "and on the standard error" [ "$(cat "$tmp/err")" = "tcptop: $why" ]
check "sixteen are enough for both" few 16
check "and it is complete" grep -q '"complete":true' "$tmp/out"
start 80x24 "bash -c 'ulimit -n 8; exec $tcptop --no-config' 2>$tmp/err"
one_line() { code 1 && restored && [ "$(grep -c '' "$tmp/err")" = 1 ]; }
works() { shows '^ [a-z0-9-]+ .*[0-9]:[0-9]{2}'; }
either() { works || test -e "$at/exit"; }
until_true either
if works; then fine() { code 0 && restored; }; else fine() { one_line; }; fi
keys q
check "a screen of eight descriptors works or says why not" fine

# A client on a terminal of its own leaves, and another comes at another size.
live 100x30
sees SOCKETS
mux set -w window-size latest
inner="tmux -u -S $at/socket attach"
outer() { tmux -u -S "$at/outer" -f /dev/null "$@"; }
fills() { [ "$(mux display -p '#{window_width}x#{window_height}')" = "$1" ] && works; }
outer new-session -d -x 120 -y 40 "env -u TMUX $inner" \; set -g status off
check "a client of 120x40" until_true fills 120x40
mux detach-client
alone() { [ -z "$(mux list-clients)" ]; }
until_true alone
outer kill-server 2>/dev/null
outer new-session -d -x 60 -y 20 "env -u TMUX $inner" \; set -g status off
check "one of 60x20 after it" until_true fills 60x20
last_row() { [ "$(screen | wc -l)" = 20 ] && screen | tail -n 1 | grep -q '?'; }
check "has a whole screen" until_true last_row
outer kill-server
keys q
check "and a clean end without any" code 0

# The sampling hangs in the kernel for a minute; q does not wait for it.
if strace -qq -o /dev/null true 2>/dev/null; then
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
	# A file of its own: strace may write into it when the next program has begun.
	start 80x24 "strace -f -qq -o $tmp/trace -e inject=recvmsg:delay_enter=60000000 \
		$tcptop --no-config 2>$tmp/strace.err"
	check "a dump that hangs" sees 'no sample yet'
	keys q
	check "does not keep it from ending" sees '^THE SHELL BEFORE' # strace itself stays
	kill "$(cat "$at/pid")"
else
	skip "a dump that hangs" "strace cannot trace here"
fi

# A terminal description of the caller's own does not reach a program with more rights than his.
mkdir "$tmp/terminfo" && chmod 755 "$tmp"
infocmp xterm-256color | sed 's/^xterm-256color|[^,]*/mine|of a stranger/' >"$tmp/mine" &&
	tic -x -o "$tmp/terminfo" "$tmp/mine" 2>/dev/null
cp "$tcptop" "$tmp/raised"
export PATH=$PATH:/usr/sbin:/sbin
if [ $sanitized = no ] && [ "$(id -u)" = 0 ] && setcap cap_net_admin+ep "$tmp/raised" 2>/dev/null &&
	setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/raised" --version >/dev/null 2>&1; then
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups env TERM=mine TERMINFO=$tmp/terminfo"
	cp "$tcptop" "$tmp/plain"
	start 80x24 "$nobody $tmp/plain --no-config"
	check "TERMINFO is the caller's" sees '^ tcptop|sockets?'
	keys q
	check "without more rights" code 0
	start 80x24 "$nobody $tmp/raised --no-config 2>$tmp/err"
	check "with them it is not read" code 1
	unknown() { grep -q 'mine.*--once' "$tmp/err" || { cat "$tmp/err"; false; }; }
	check "which leaves an unknown terminal" unknown
else
	skip "TERMINFO with more rights" "no file capabilities here"
fi

# A day forward and back while it runs.
if [ $sanitized = no ] && command -v faketime >/dev/null && faketime -f +1d true 2>/dev/null; then
	library=$(faketime -f +1d env | sed -n 's/^LD_PRELOAD=//p')
	# Newer versions of libfaketime end the program when they find the file empty: it is replaced.
	set_clock() { echo "$1" >"$tmp/clock.new" && mv "$tmp/clock.new" "$tmp/clock"; }
	set_clock +0d
	start 80x24 "env LD_PRELOAD='$library' FAKETIME_TIMESTAMP_FILE=$tmp/clock FAKETIME_NO_CACHE=1 \
		DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1 TZ=UTC $tcptop --no-config -d 0.1 2>$tmp/err"
	sees '^[━─] STATES'
	sane() { ! screen | grep -qE -- '(^|[ (])-[0-9]|[0-9]{5,}|inf|nan'; }
	jumped() { shows " $(date -d "$jump hours" +%H):[0-9]{2}:[0-9]{2} "; }
	for jump in +26 -26 +0; do
		set_clock "${jump}h"
		check "the clock jumps to $jump hours" until_true jumped
		check "and nothing else does" sane
	done
	keys q
	check "and it ends" code 0
else
	skip "a clock that jumps" "libfaketime is missing"
fi

# A stop: the next sample comes at its time, those that were missed are not made up for.
"$tcptop" --no-config -b -d 0.2 --summary --json >"$tmp/batch" &
batch=$!
printed() { [ "$(wc -l <"$tmp/batch")" -ge "$1" ]; }
until_true printed 2
kill -STOP $batch
sleep 2 # the time of ten samples
had=$(wc -l <"$tmp/batch")
kill -CONT $batch
until_true printed $((had + 7))
# The times of the samples, but for one that was taken before the stop: five intervals lie between
# the first and the last of these six. Those that are made up for would come at once.
took_ms=$(sed -n "$((had + 2)),$((had + 7))p" "$tmp/batch" | sed -E 's/.*"time":"[^"]*T([0-9:.]+)Z".*/\1/' |
	awk -F: '{ t = $1 * 3600 + $2 * 60 + $3; if (NR == 1) first = t; last = t }
		END { printf "%d", (last - first + 86400) % 86400 * 1000 }')
check "after a stop no samples are made up for" [ "$took_ms" -ge 400 ]
kill $batch
finish
