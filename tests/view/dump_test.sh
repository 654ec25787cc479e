#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves --dump itself: the same recording and keys give the same bytes, time passes only where the
# keys say so, a wrong keys file is named with its line and exits with 2.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
n=0
keys=$(mktemp) && frames=$(mktemp) && out=$(mktemp) && ini=$(mktemp) || exit 1
trap 'rm -f "$keys" "$frames" "$out" "$ini"' EXIT
"$B/tests/data/scenes" devbox >"$frames" || { echo "not ok 1 - scenes devbox"; exit 1; }

dump() { # dump 'KEYS' [OPTION…]
	printf '%s\n' "$1" >"$keys"
	shift
	TZ=UTC LC_ALL=C.UTF-8 "$B/tcptop" --no-config --read "$frames" --size 80x24 --lang en \
		--keys "$keys" --dump text "$@"
}

check() { # check NAME COMMAND…
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >"$out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$out"
	fi
}

same() { # same KEYS KEYS [OPTION…]
	local one two
	one=$(dump "$1" "${@:3}") && two=$(dump "$2" "${@:3}") && [ "$one" = "$two" ]
}
differ() { ! same "$@"; }
shows() { dump "$1" | grep -F -e "$2"; }
hides() { ! dump "$1" | grep -F -e "$2"; }
fails() { # fails STATUS TEXT COMMAND…
	local status=$1 text=$2 said got
	shift 2
	said=$("$@" 2>&1)
	got=$?
	echo "$said"
	[ $got = "$status" ] && [[ $said == *"$text"* ]] && [ "$(wc -l <<<"$said")" = 1 ]
}
keyless() { "$B/tcptop" --no-config --read "$frames" --keys /nonexistent --dump text; }

check "same input, same bytes" same 'Tab Down' 'Tab Down'
check "same picture, same bytes" same 'L' 'L' --dump svg
check "comments, line ends and blanks say nothing" same $'Tab # nothing\n\n  Down' 'Tab Down'
check "a quoted word is typed" same '3 0 0 0' '"3000"'
check "the rows follow the last digits" shows '"3000"' '17 of 48   port 3000: node 4127'
check "digits are shown while they may go on" shows '"3000" wait:1000' 'port  3000'
check "and end when time has passed" hides '"3000" wait:2000' 'port  3000'
check "a message stays" shows '+ wait:3000' 'a recording has the interval'
check "for its time" hides '+ wait:4000' 'a recording has the interval'
check "pause ages by the waits" differ 'p wait:5000' 'p wait:15000'
check "an unknown key" fails 2 "$keys:2: " dump $'Tab\nTabb'
check "a word that is no wait" fails 2 "$keys:1: " dump 'wait:x'
check "an open quote" fails 2 "$keys:1: " dump '"3000'
secret() { ! dump 'hunter2=' 2>&1 | grep hunter; }
looks_back() { # looks_back CONFIGURATION SECONDS: the diagram
	printf '[general]\n%s\n' "$1" >"$ini"
	"$B/tcptop" --config "$ini" --read "$frames" --size 80x24 --lang en --keys <(echo D) \
		--dump text 2>&1 | grep -F "per second over $2 s"
}
check "the diagram looks back a minute, or as far as there are samples" looks_back "" 59
check "it looks back as far as is asked" looks_back 'history = 10 s' 10
check "what stands in a file that holds no keys is not repeated" secret
check "no such keys file" fails 2 '/nonexistent' keyless
printf 'not a recording' >"$frames"
check "no recording" fails 1 'tcptop: ' dump ''
echo "1..$n"
