#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The first minute of somebody who has never seen tcptop, at three sizes and in both languages: from
# the start to a warning, who it is about, what to do, and its rows; and from a port's number to who
# listens there, whether so many TIME_WAIT are normal, and why they are there. Each answer must be on
# the screen after so many keys: where it takes more than today, a check fails.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
ip link set lo up 2>/dev/null || {
	echo "ok 1 - ${0##*/} # SKIP no loopback device here"
	exit 0
}
printf '[doctor]\nclose_wait_age = 1\n' >"$tmp/leak.ini"
mkfifo "$tmp/held" # what stands until the end of its standard input
# shellcheck disable=SC2034 # open until the shell ends
exec {held}<>"$tmp/held"
trap 'kill $(jobs -p) 2>/dev/null; mux kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
: >"$tmp/leaks"
"$B/tests/data/trouble" leak 4000 50 <"$tmp/held" >"$tmp/leaks" &
until_true grep -q ready "$tmp/leaks"

# A server on [::1]:3000 that has just closed 16 connections first, and goes on listening.
server=
: >"$tmp/served"
serve() {
	[ -z "$server" ] || kill "$server"
	[ -z "$server" ] || wait "$server" 2>/dev/null
	"$B/tests/data/devserver" <"$tmp/held" >"$tmp/served" 2>&1 &
	server=$!
	until_true grep -q ready "$tmp/served"
}

# step WORDS REGEX KEY…: press these keys, too, and the answer is there
step() {
	local words=$1 regex=$2 key
	shift 2
	for key; do
		keys "$key"
		count=$((count + 1))
	done
	check "$where: $words, after keys: $count" sees "$regex"
	counts="$counts${counts:+, }$words $count"
}

# shellcheck disable=SC2034 # by their names
declare -A en=(
	[warning]='! 1 warning' [who]='leak likely: trouble \([0-9]+\)' [do]='find the missing close\(\)'
	[rows]='SOCKETS  50 of' [listens]='port 3000: devserver [0-9]+' [normal]='NORMAL  '
	[why]='last ACK')
# shellcheck disable=SC2034
declare -A ko=(
	[warning]='! 경고 1건' [who]='누수 의심: trouble\([0-9]+\)' [do]='close\(\) 호출이 빠진'
	[rows]='소켓  [0-9,]+개 중 50개' [listens]='포트 3000: devserver [0-9]+' [normal]='정상  '
	[why]='마지막 ACK')

# minute SIZE LANG WHO ROWS WHY: the keys that lead to who it is, from there to the rows, and from the
# rows of port 3000 to why they are there
minute() {
	local where="$1 $2" count=0 counts=
	local -n words=$2
	serve
	live "$1" "--config $tmp/leak.ini --interval 0.2 --lang $2"
	step "a warning" "${words[warning]}"
	step "the state" '!CLOSE_WAIT'
	step who "${words[who]}" $3
	step "what to do" "${words[do]}"
	step "the rows" "${words[rows]}" $4
	step "with their process" '^..(tcp6? +)?[0-9[].*CLOSE_WAIT.* trouble [0-9]+'
	echo "# $where: $counts"
	keys Escape
	loses "${words[rows]}"
	count=0 counts=
	step "who listens" "${words[listens]}" 3 0 0 0 Enter
	step "the pane is about them" '─ TIME_WAIT'
	step "is it normal" "${words[normal]}"
	step why "${words[why]}" $5
	echo "# $where, port 3000: $counts"
	keys C-c
	code 0
}

for lang in en ko; do
	minute 80x24 $lang "!" Enter "w ]"
	minute 120x34 $lang "!" Enter "w ]"
	minute 200x50 $lang "" "! Enter" ""
done
finish
