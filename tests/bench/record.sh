# SPDX-License-Identifier: MIT
# How measurements are written down, and terminals to measure in. Sourced by bash.
# shellcheck shell=bash
#
# $WORK/records has lines SCENE|ROUND|PROGRAM|MEASURE|NUMBER. A scene is what stood around, "1M
# ESTABLISHED"; figures of one round may be set in relation. ROUND - tells in words what a scene was
# like or why something is missing from it. Times are µs, memory is KiB.

record() { # record SCENE ROUND PROGRAM MEASURE NUMBER: what is not a number is not there
	[[ $5 =~ ^[0-9]+$ ]] && echo "$1|$2|$3|$4|$5" >>"$WORK/records"
}
missing() { # missing SCENE PROGRAM WHY: PROGRAM is - for all of them
	echo "$1|-|$2|missing|${3//|//}" >>"$WORK/records"
}
note() { # note SCENE WORDS…
	echo "$1|-|-|note|${*:2}" >>"$WORK/records"
}

# Terminals of one size, each with its command; screen.c has the orders.
declare -A orders answers

screen_begin() { # screen_begin NAME [VIA…] -- COMMAND…: the terminal is run by VIA, such as env
	local name=$1 via=() fd
	shift
	while [ "$1" != -- ]; do
		via+=("$1")
		shift
	done
	shift
	mkfifo "$WORK/$name.orders" "$WORK/$name.answers"
	"${via[@]}" "$B/tests/bench/screen" 120 34 "$@" <"$WORK/$name.orders" >"$WORK/$name.answers" &
	exec {fd}>"$WORK/$name.orders"
	orders[$name]=$fd
	exec {fd}<"$WORK/$name.answers"
	answers[$name]=$fd
	rm "$WORK/$name.orders" "$WORK/$name.answers"
}
ask() { # ask NAME ORDER…: prints the answer
	(echo "${*:2}" >&"${orders[$1]}") 2>/dev/null &&
		read -r -t 120 -u "${answers[$1]}" answer && echo "$answer"
}
screen_end() { # screen_end NAME: and wait until it has gone
	local to=${orders[$1]} from=${answers[$1]}
	(echo quit >&"$to") 2>/dev/null
	read -r -t 30 -u "$from" _
	exec {to}>&- {from}<&-
}
