#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The question it began with, by real sockets: a server on [::1]:3000 closes first, 16 clients. The
# pane says who closed, that no ephemeral port is used, how many seconds remain, that it is normal,
# and why; in both languages; and 60 s later all are gone by themselves.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace

coproc SERVER { "$B/tests/data/devserver"; }
# shellcheck disable=SC2034 # the trap closes it, and the server ends
hold=${SERVER[1]}
trap 'exec {hold}>&-; mux kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
read -r -t 60 ready <&"${SERVER[0]}"
[ "${ready:-}" = ready ] || { echo "ok 1 - port 3000 # SKIP no IPv6 here"; exit 0; }
range=$(($(cut -f2 /proc/sys/net/ipv4/ip_local_port_range) - $(cut -f1 /proc/sys/net/ipv4/ip_local_port_range) + 1))


# pane REGEX: the whole pane, scrolled, says so (numbers without commas)
pane() { screen | tr -d , | grep -qE -- "$1"; }
says() { until_true pane "$1"; }
# the pane's text, whose lines may break anywhere
words() { screen | sed 's/.*│//' | tr -s ' \n' ' '; }
left() { words | grep -oE 'entries expire in ([0-9.]+ to )?[0-9]+ s' | grep -oE '[0-9]+ s' | grep -oE '[0-9]+'; }

live 120x34
sees 'TIME_WAIT +16 '
keys 3000
check "the rows are the listener's and the 16" sees 'SOCKETS  17 of [0-9]+   port.3000'
keys w # the tall pane, for reading
check "the pane is about TIME_WAIT" sees 'TIME_WAIT ──'
check "all were closed by the server here" sees 'the server closed first: local port 3000'
check "no ephemeral port is used" sees '0 ephemeral ports used; entries'
check "it is normal" sees 'NORMAL  Neither ports nor the table'
check "there is nothing to do" sees 'Nothing\. If ephemeral ports run short'
scroll() { # scroll KEY REGEX: press the key until the pane says so
	local try before
	moved() { [ "$(screen)" != "$before" ]; }
	for try in {1..30}; do
		! pane "$2" || return 0
		before=$(screen)
		keys "$1"
		until_true moved
	done
	says "$2"
}
check "and why it is there" scroll ']' 'The first reason is the last ACK'
check "further down the numbers: all of the range is free" scroll ']' "Ephemeral +0 of $range held by TIME_WAIT"
check "all peers are this host itself" sees 'Peers +::1 \(16\)'
check "on the one port" sees 'Ports +local 3000 \(16\)'
check "back at the top" scroll '[' 'ephemeral ports used'

ss_left() {
	ss -tanoH state time-wait 'sport = :3000' | grep -oE 'timewait,[0-9]+' | grep -oE '[0-9]+' | sort -n | tail -n 1
}
agree() { # a sample of the screen may be a second old, and this slow
	first=$(left) there=$(ss_left)
	[ -n "$first" ] && [ -n "$there" ] && [ $((first - there)) -le 2 ] && [ $((there - first)) -le 2 ]
}
until_true agree
verdict "the seconds that remain are the kernel's (${first:-none}, ss: ${there:-none})" $?
fewer() { now=$(left) && [ -n "$now" ] && [ "$now" -lt "$first" ]; }
check "and they become fewer" until_true fewer

keys L
check "in Korean: the server here closed" sees '서버가 먼저 닫음: 로컬 포트 3000'
check "no ephemeral port is used" sees '임시 포트 사용 0개, 항목은'
check "it is normal" sees '정상  포트와 테이블에 여유가 있고'
keys w w
resize 80 24
check "in brief: normal, nothing to do" sees '정상  .*할 일 없음'
keys L
check "and in English" sees 'NORMAL  .*To do: nothing'

patience=100
check "after 60 s all are gone by themselves" sees 'TIME_WAIT +0 '
keys q
check "the program ends well" code 0
finish
