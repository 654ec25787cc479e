#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The live screen among many sockets: what a tick costs, what it holds in memory, how soon it answers.
#
# live.sh SIZE N: among N ESTABLISHED sockets, called by loaded.sh; adds to $WORK/records.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/record.sh
size=$1 n=$2
scene="live $size" few="live 100"
tcptop=("$B/tcptop" --no-config --lang en)
redraw=$'\f' # ^L samples at once

tick() { # tick ROUND PROGRAM: one sample, its cost and the most memory meanwhile
	local cpu kib
	read -r cpu kib < <(ask many "press $redraw")
	record "$scene" "$1" "$2" cpu "$cpu"
	record "$scene" "$1" "$2" rss "$kib"
	record "$scene" "$1" "$2" per_socket $((${kib:-0} * 1024 / n))
}
floor() { # floor ROUND
	local user system
	read -r _ user system _ < <("$B/tests/bench/measure" /dev/null "$B/tests/bench/floor")
	record "$scene" "$1" floor cpu $((${user:-0} + ${system:-0}))
}

# Samples are taken when asked for and never else, so that each can be told from the next.
ticks() {
	local round
	screen_begin many -- "${tcptop[@]}" -d 3600
	if [[ $(ask many start 127.) != [0-9]* ]]; then
		missing "$scene" - "no screen within 30 s"
		screen_end many
		return
	fi
	ask many "press " >/dev/null
	tick - warm
	tick - warm
	for ((round = 0; round < ROUNDS; round++)); do
		floor "$round"
		tick "$round" tick
	done
	ask many "press p" >/dev/null
	tick - warm
	for ((round = 0; round < ROUNDS; round++)); do tick "$round" paused; done
	ask many "press p" >/dev/null
	tick - warm
	for ((round = 0; round < ROUNDS; round++)); do tick "$round" resumed; done
	screen_end many
}

# Each key moves the cursor, and the cursor's sign shows when that is on the screen. Samples follow
# each other without a pause, so that nearly every key comes while one is being taken.
walk="keys 200 ▸ jjGkkg"
busy() { # busy NAME SCENE ROUND
	local middle p99 most
	read -r middle p99 most < <(ask "$1" "$walk")
	record "$2" "$3" keys middle "$middle"
	record "$2" "$3" keys p99 "$p99"
	record "$2" "$3" keys most "$most"
}
keys() {
	local round command
	printf '[general]\ncpu_budget = 100\ninterval = 100 ms\n' >"$WORK/busy.ini"
	command=("$B/tcptop" --config "$WORK/busy.ini" --lang en --glyphs unicode)
	screen_begin many -- "${command[@]}"
	screen_begin few bash tests/bench/loaded.sh ESTABLISHED 100 -- "${command[@]}"
	for name in many few; do
		ask $name start 127. >/dev/null
		ask $name "keys 1 ▸ "$'\t' >/dev/null # to the table
	done
	for ((round = 0; round < ROUNDS; round++)); do
		busy many "$scene" $round
		busy few "$few" $round
	done
	screen_end many
	screen_end few
}

ticks
if [ "$(nproc)" -lt 2 ]; then
	missing "$scene" keys "one core cannot sample and draw at once"
else
	keys
fi
