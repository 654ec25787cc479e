#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Nothing holds up the user who quits, or the keys: a disk that does not take what is exported, a
# recording that does not go on.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
"$B/tests/data/scenes" web-01 >"$tmp/frames"

# A recording that goes on for as long as its pipe is open.
mkfifo "$tmp/pipe"
exec {pipe}<>"$tmp/pipe"
live 100x30 "--read $tmp/pipe"
cat "$tmp/frames" >&"$pipe" &
check "a recording is shown while it is read" sees 'SOCKETS +[0-9]'
keys '?'
check "keys answer meanwhile" sees 'MOVE'
keys q
check "also those that close what is open" loses 'MOVE'
keys q
check "and q ends it" code 0
check "with the terminal as it was" restored
exec {pipe}>&-

if grep -qE '__[at]san_init' "$tcptop" ||
	! ${CC:-cc} -shared -fPIC -o "$tmp/slow_disk.so" tests/pty/slow_disk.c 2>/dev/null ||
	! LD_PRELOAD=$tmp/slow_disk.so "$tcptop" --version >/dev/null 2>&1; then
	echo "ok $((n + 1)) - slow disk # SKIP write() cannot be replaced here"
	n=$((n + 1))
	finish
fi

# exporting NAME: x, to a disk that takes nothing for now
exporting() {
	start 100x30 "env SLOW_DISK=$tmp/ready LD_PRELOAD=$tmp/slow_disk.so \
		$tcptop --no-config --read $tmp/frames 2>$tmp/err"
	sees SOCKETS
	keys x
	sees 'export to'
	keys -l "$tmp/$1"
	keys Enter
	until_true test -e "$tmp/$1"
}
cut() { # cut NAME HOW: it ended with the terminal given back and without half a file
	check "$2: the terminal is as it was" restored
	check "$2: there is no half file" test ! -e "$tmp/$1"
	check "$2: which is said" grep -q "^tcptop: $tmp/$1: not written" "$tmp/err"
}
check "an export to a slow disk is under way" exporting keys.csv
check "which is said" sees 'keys.csv: writing'
keys '?'
check "keys answer meanwhile" sees 'MOVE'
keys q
loses MOVE
begin=${EPOCHREALTIME/./}
keys q
check "q ends it" code 0
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
[ $took -lt 5000 ]
verdict "in a time that has an end: $took ms" $?
cut keys.csv q
for case in TERM:143 INT:0 HUP:129; do
	sig=${case%:*}
	check "another one: $sig" exporting "$sig.csv"
	kill -"$sig" "$(cat "$at/pid")"
	check "$sig ends it" code "${case#*:}"
	cut "$sig.csv" "$sig"
done
finish
