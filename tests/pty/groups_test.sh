#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Groups of real connections on the live screen: t and its menu, the counts of ss, unfolding in
# place, opening as a filter and going back, a group that grows under the cursor.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
coproc HELD { "$B/tests/data/states"; }
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]

in_ss() { ss -Htan "$@" | grep -c .; } # in_ss FILTER…: how many ss counts

# group_says KEY N: the line of that group shows this count
group_says() { screen | grep -qE "^[▸▹ ]. +$1 +$2( |\$)"; }
counted() { until_true group_says "$1" "$(in_ss "${@:2}")"; }

live 120x34
sees '^▸.*(LISTEN|CLOSE_WAIT|SYN_SENT)'
keys t
check "t opens the menu of what to group by" sees '━ GROUP BY'
keys Home Down Down Down Down Enter
check "the fourth is the state" sees 'SOCKETS .* groups by State'
check "the table has the focus" sees '^▸'
check "as many listen as ss counts" counted LISTEN state listening
check "as many wait for their process as ss counts" counted CLOSE_WAIT state close-wait
keys Right
check "→ unfolds the group under the cursor" sees '^▸.▾'
check "its rows stand below it" sees '^ {4}.*[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+:[0-9]+'
keys Left
check "← folds it" loses '▾ [A-Z_]+ +[0-9]'
keys '<'
check "< sorts by the state itself" sees 'State ▴'
keys Home Enter
check "Enter opens the group as a filter" sees 'SOCKETS .*state:CLOSE_WAIT'
check "with its rows alone" sees '^[▸ ].(tcp6? +)?[0-9[].*CLOSE_WAIT'
check "and says how to go back" sees 'Esc back to the groups'
keys Escape
check "Esc brings the groups back" sees 'SOCKETS .* groups by State'
check "with the cursor on the one that was opened" sees '^▸.  CLOSE_WAIT'
keys L
check "in Korean too" sees '상태 기준 그룹 [0-9]+개'
keys L Escape
check "Esc once more takes the groups off" loses 'groups by State'
keys q
check "q quits" code 0
check "and the terminal is as before" restored

# A group that grows while the cursor is on it: a server that nobody accepts at, with room for more.
port=8003
before=$(in_ss "sport = $port")
guests() { # guests N: so many more connections to the port, held by this shell
	local fd
	for _ in $(seq "$1"); do
		# shellcheck disable=SC2034 # open until the shell ends
		exec {fd}<>"/dev/tcp/127.0.0.1/$port" || return 1
	done
}
live 80x60 '--group-by local_port --sort change'
check "started with groups" sees 'groups by LPort'
check "there is its group" until_true group_says "$port" "$before"
check "guests come" guests 5
check "the group counts them" until_true group_says "$port" $((before + 5))
check "and how many more they are" sees " $port +$((before + 5)) +\+5 "
check "the largest change stands first" sees '^▸. +'"$port "
keys Down Up
check "more guests come" guests 3
check "the group under the cursor stays there" sees '^▸. +'"$port +$((before + 8)) +\+8"
keys q
check "q quits again" code 0
finish
