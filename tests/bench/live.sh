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
declare -A program=([tcptop]=$B/tcptop [before]=${AGAINST:-})
names=(tcptop ${AGAINST:+before})
redraw=$'\f' # ^L samples at once

# A figure of another tcptop has "before" in front of its name.
called() { # called NAME WHAT
	[ "$1" = tcptop ] && echo "$2" || echo "$1 $2"
}
tick() { # tick ROUND WHAT: one sample of each program, its cost and the most memory meanwhile
	local name cpu kib what
	for name in "${names[@]}"; do
		read -r cpu kib < <(ask "$name" "press $redraw")
		what=$(called "$name" "$2")
		record "$scene" "$1" "$what" cpu "$cpu"
		record "$scene" "$1" "$what" rss "$kib"
		record "$scene" "$1" "$what" per_socket $((${kib:-0} * 1024 / n))
	done
}
press() { # press KEYS: in each program
	local name
	for name in "${names[@]}"; do ask "$name" "press $1" >/dev/null; done
}
floor() { # floor ROUND
	local user system
	read -r _ user system _ < <("$B/tests/bench/measure" /dev/null "$B/tests/bench/floor")
	record "$scene" "$1" floor cpu $((${user:-0} + ${system:-0}))
}

# Samples are taken when asked for and never else, so that each can be told from the next.
ticks() {
	local round name started=yes
	for name in "${names[@]}"; do
		screen_begin "$name" -- "${program[$name]}" --no-config --lang en -d 3600
		[[ $(ask "$name" start 127.) = [0-9]* ]] || started=
	done
	if [ -z "$started" ]; then
		missing "$scene" - "no screen within 30 s"
		for name in "${names[@]}"; do screen_end "$name"; done
		return
	fi
	press ""
	tick - warm
	tick - warm
	for ((round = 0; round < ROUNDS; round++)); do
		floor "$round"
		tick "$round" tick
	done
	press p
	tick - warm
	for ((round = 0; round < ROUNDS; round++)); do tick "$round" paused; done
	press p
	tick - warm
	for ((round = 0; round < ROUNDS; round++)); do tick "$round" resumed; done
	for name in "${names[@]}"; do screen_end "$name"; done
}

# Each key moves the cursor, and the cursor's sign shows when that is on the screen. Samples follow
# each other without a pause, so that nearly every key comes while one is being taken.
walk="keys 200 ▸ jjGkkg"
busy() { # busy TERMINAL SCENE ROUND WHAT
	local middle p99 most
	read -r middle p99 most < <(ask "$1" "$walk")
	record "$2" "$3" "$4" middle "$middle"
	record "$2" "$3" "$4" p99 "$p99"
	record "$2" "$3" "$4" most "$most"
}
keys() { # keys NAME
	local round command what terminal
	what=$(called "$1" keys)
	printf '[general]\ncpu_budget = 100\ninterval = 100 ms\n' >"$WORK/busy.ini"
	command=("${program[$1]}" --config "$WORK/busy.ini" --lang en --glyphs unicode)
	screen_begin many -- "${command[@]}"
	screen_begin few bash tests/bench/loaded.sh ESTABLISHED 100 -- "${command[@]}"
	for terminal in many few; do
		ask "$terminal" start 127. >/dev/null
		ask "$terminal" "keys 1 ▸ "$'\t' >/dev/null # to the table
	done
	for ((round = 0; round < ROUNDS; round++)); do
		busy many "$scene" "$round" "$what"
		busy few "$few" "$round" "$what"
	done
	screen_end many
	screen_end few
}

ticks
if [ "$(nproc)" -lt 2 ]; then
	missing "$scene" keys "one core cannot sample and draw at once"
else
	for name in "${names[@]}"; do keys "$name"; done
fi
