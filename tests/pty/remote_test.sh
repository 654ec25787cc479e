#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Another host on the screen, through a real sshd: what the header, the keys and the footer say of it,
# a connection that is cut, that comes back, that ends; ssh's questions before the screen opens.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
# shellcheck source=tests/lib/sshd.sh
. tests/lib/sshd.sh
unset DISPLAY SUDO_UID SUDO_GID
ip link set lo up
trap 'mux kill-server 2>/dev/null; kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT
if ! sshd_start "$tmp"; then
	echo "ok 1 - another host # SKIP $sshd_reason"
	exit 0
fi
sed -i "s|^exec|echo \$\$ >$tmp/near.pid; exec|" "$tmp/near/ssh"
there="echo \$\$ >$tmp/far.pid; exec $tcptop --no-config \"\$@\""
gone() { ! kill -0 "$(cat "$1")" 2>/dev/null; }
far_screen() { live 110x30 "--host ${1:-far} -d 0.2"; }

far_runs "(while [ ! -e $tmp/go ]; do sleep 0.1; done; printf '\\033[2J\\033[H\\033]0;x\\007the disk is full\\n' >&2) &" \
	"$there"
far_screen
check "the host, and that it is another one" sees "$(uname -n).* SSH "
check "its connections" sees '127.0.0.1:2222'
rights() {
	[ "$(grep -cE '^(CapPrm:[[:space:]]0+|NoNewPrivs:[[:space:]]1)$' "/proc/$(cat "$at/pid")/status")" = 2 ]
}
check "no rights are kept" rights
keys Enter
check "a connection in detail" sees 'Enter back|q back|Esc back'
check "where no key closes it" hidden 'K close'
keys q
keys K
check "K says why not" sees 'another host cannot be closed from here'
keys @
check "@ says why not" sees 'the namespace that tcptop has there'
keys +
check "the interval stays" sees 'the interval was set when ssh was started'
touch "$tmp/go"
check "what is said there is said in the footer" sees 'far: .*the disk is full'
check "and nowhere else" sees "$(uname -n).* SSH "
keys Escape
ip link set lo down
check "the line is cut: STALE" sees 'STALE'
ages() { shows 'STALE ([2-9]|[1-9][0-9]) s'; }
check "its age goes on" until_true ages
ip link set lo up
check "and not stale when it is back" loses 'STALE'
keys q
check "q ends it" code 0
check "and ssh" until_true gone "$tmp/near.pid"
check "and the tcptop there" until_true gone "$tmp/far.pid"

far_runs "$there"
far_screen
sees ' SSH '
kill -9 "$(cat "$tmp/near.pid")"
check "ssh is killed: it is said" sees 'far: signal 9 has ended ssh'
check "the last sample stands, STALE" sees 'STALE.* SSH |SSH.*STALE'
keys Enter
check "and can be looked at" sees 'Enter back|q back|Esc back'
keys q q
check "exit code 1" code 1
check "with the reason on stderr" grep -q 'signal 9' "$tmp/err"
check "the terminal is given back" restored

far_screen unknown
check "ssh asks before the screen opens" sees 'continue connecting'
keys yes Enter
check "and has its answer" sees ' SSH '
keys q
code 0
rm -f "$tmp/none"
far_screen unknown
sees 'continue connecting'
keys C-c
check "^C ends the question" ended
check "and ssh with it" until_true gone "$tmp/near.pid"
rm "$far/tcptop"
far_screen
check "no tcptop there: no screen" code 1
check "one line" grep -q 'tcptop is not there' "$tmp/err"
finish
