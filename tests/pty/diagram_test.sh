#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The state diagram on real sockets in every state: counts as ss has them, transitions that happen
# while it is open, walked by the arrows, Enter and w from it.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
coproc HELD { "$B/tests/data/states"; }
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]

in_ss() { ss -Htan state "$1" | grep -c .; }
# counts NAME: the numbers in the boxes of that line, left to right
counts() { screen | grep -A1 -E -- "┌.$1─" | tail -1 | grep -oE '│ +[0-9,–]+ │' | tr -d '│ '; }
closing() { # asked again each time: orphans are given up meanwhile
	[ "$(counts FIN_WAIT1 | tr '\n' ' ')" = "$(in_ss fin-wait-1) $(in_ss closing) $(in_ss close-wait) " ]
}

live 80x24
sees '^▸.*(LISTEN|CLOSE_WAIT|SYN_SENT)'
keys D
check "D opens the diagram" sees '━ STATE DIAGRAM'
check "a state is chosen" sees '┌▸[A-Z]'
check "the closing states count what ss counts" until_true closing
check "rates come with the second sample" sees 'per second over [0-9]+ s'
check "the limit of FIN_WAIT2 is the live one" sees " $(cat /proc/sys/net/ipv4/tcp_fin_timeout) s │"

# A connection that opens and stays: the kernel counts both of its ends. Not every listener lets it
# in at once.
exec {guest}<>/dev/tcp/127.0.0.1/8003
check "connect() has a rate, exact" sees 'connect\(\) ↓ [0-9.]+( |$)'
check "so has what is accepted" sees 'ACK │ [0-9.]+( |$)'
keys Up Up Up Up Up Left
check "to the first box" sees '┌▸LISTEN'
keys Down Down Down
check "the arrows walk the boxes" sees '┌▸CLOSING'
keys Right
check "sideways too" sees '┌▸CLOSE_WAIT'
keys L
check "in Korean" sees '━ 상태 전이도 .*현재 개수'
keys L Enter
check "Enter shows only that state" sees 'SOCKETS .*state:CLOSE_WAIT'
keys D w
check "w explains it" sees 'WHAT TO DO|No limit, no kernel timer'
keys Escape D
sees 'STATE DIAGRAM'
keys q
check "q goes back" loses 'STATE DIAGRAM'
keys q
check "and quits" code 0
exec {guest}>&-
finish
