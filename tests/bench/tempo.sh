#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The live screen as it comes, among many sockets: what it costs in a second, and how soon it shows
# what is stuck.
#
# tempo.sh SIZE: among the sockets, called by loaded.sh; adds to $WORK/records. TRIES (20) times a
# connection is left in CLOSE_WAIT, and as often one in a queue, at any moment of the interval.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/record.sh
scene="tempo $1"
empty=matches: # of "no socket matches: …"; one word, since blanks may be there already
tries=${TRIES:-20} seconds=${TEMPO_SECONDS:-30}

coproc STUCK { exec "$B/tests/bench/stuck"; }
# shellcheck disable=SC2153 # coproc makes it
stuck_in=${STUCK[1]} stuck_out=${STUCK[0]}
do_it() { # do_it ORDER: prints when it was done
	echo "$1" >&"$stuck_in" && read -r -t 30 -u "$stuck_out" at && echo "$at"
}
# The order is given first, so that nothing comes too early to be seen.
soon() { # soon ORDER MARK: prints the µs until the screen shows MARK
	local began seen
	echo "see $2" >&"${orders[screen]}"
	began=$(do_it "$1") || return
	read -r -t 120 -u "${answers[screen]}" seen
	[[ $seen =~ ^[0-9]+$ ]] && echo $((seen - began))
}
settle() { sleep "$((RANDOM % 2 + 1)).$((RANDOM % 10))$((RANDOM % 10))"; } # any moment of an interval

worst() { # worst WHAT ORDER MARK FILTER
	local try took round most=0
	printf '[general]\nfade = 0\n' >"$WORK/tempo.ini"
	screen_begin screen -- "$B/tcptop" --config "$WORK/tempo.ini" --lang en -f "$4"
	[[ $(ask screen start SOCKETS) = [0-9]* ]] || {
		missing "$scene" "$1" "no screen within 30 s"
		return
	}
	sleep 15 # until there are two tempos, where there will be
	for ((try = 0; try < tries; try++)); do
		settle
		took=$(soon "$2" "$3")
		[[ $(soon clear "$empty") =~ ^[0-9]+$ ]] || took=
		[[ $took =~ ^[0-9]+$ ]] || {
			missing "$scene" "$1" "not on the screen within 30 s"
			break
		}
		[ "$took" -gt "$most" ] && most=$took
	done
	for ((round = 0; round < ROUNDS && try == tries; round++)); do # the worst of all of them
		record "$scene" "$round" "$1" worst $((most / 1000))
	done
	screen_end screen
}
cost() {
	local before after kib round span=$((seconds / ROUNDS > 0 ? seconds / ROUNDS : 1))
	screen_begin screen -- "$B/tcptop" --no-config --lang en
	[[ $(ask screen start SOCKETS) = [0-9]* ]] || return
	sleep 20
	for ((round = 0; round < ROUNDS; round++)); do
		read -r before _ kib < <(ask screen cost)
		sleep "$span"
		read -r after _ kib < <(ask screen cost)
		record "$scene" "$round" screen cpu $(((after - before) / span / 1000))
		record "$scene" "$round" screen rss "$kib"
	done
	screen_end screen
}

cost
worst "CLOSE_WAIT" wait 127.7.7.7: state:close-wait
worst "queue of a listener" queue 127.7.7.8:7778 'state:listen recv_q>0'
exec {stuck_in}>&-
