#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A recorder that is killed at any moment, into a file or into a directory, leaves what plays to the
# last whole block: as many samples as there are whole blocks of samples, and one line about the rest.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/lib/wait.sh
kills=${KILLS:-200}
tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT
tcptop() { "$B/tcptop" --no-config "$@" 2>"$tmp/err"; }
played() { tcptop --read "$1" --batch --summary --json | grep -c '"summary"'; }
has_samples() { [ "$(played "$1")" -ge 1 ]; }
whole_blocks() { # the whole KEY and DELTA blocks of files
	local file
	for file; do "$B/tests/bench/anatomy" "$file"; done | awk '$1 == "block" && ($3 == 2 || $3 == 3) { n += $4 } END { print n + 0 }'
}
# killed WHERE FILES: what is there of FILES plays; else says what was found.
killed() {
	local where=$1 code samples repeated=0 whole
	samples=$(tcptop --read "$where" --batch --summary --json | tee "$tmp/played" | grep -c '"summary"'; exit "${PIPESTATUS[0]}")
	code=$?
	# shellcheck disable=SC2086 # a pattern
	whole=$(whole_blocks $2)
	[ $code = 3 ] && repeated=1 # the last one once more, marked
	[ "$samples" = $((whole + repeated)) ] && [ "$whole" -ge 1 ] &&
		{ [ $code = 0 ] || { [ $code = 3 ] && [ "$(grep -c damaged "$tmp/err")" = 1 ]; }; } && return
	echo "# exit $code, $samples samples of $whole whole blocks"
	sed 's/^/# /' "$tmp/err"
	return 1
}
record_and_kill() { # record_and_kill TARGET PATTERN OPTION…
	local pid target=$1 pattern=$2
	shift 2
	"$B/tcptop" --no-config --write "$target" "$@" 0.01 2>"$tmp/record.err" &
	pid=$!
	until_true has_samples "$target" || return 1
	sleep "0.$((RANDOM % 900 + 100))"
	kill -9 $pid
	wait $pid 2>/dev/null
	killed "$target" "$pattern"
}
torn=0
file() {
	local i
	for ((i = 0; i < kills / 2; i++)); do
		rm -f "$tmp/one"
		record_and_kill "$tmp/one" "$tmp/one" || return 1
		if [ -s "$tmp/err" ]; then torn=$((torn + 1)); fi
	done
}
directory() {
	local i
	mkdir "$tmp/many"
	for ((i = 0; i < kills / 2; i++)); do
		rm -f "$tmp"/many/*
		record_and_kill "$tmp/many" "$tmp/many/*.tcptop" --keep 4s || return 1
	done
}
if file; then echo "ok 1 - killed at $((kills / 2)) moments, a file plays to its last whole block"; else echo "not ok 1 - a file"; fi
echo "# $torn of them ended within a block"
if directory; then echo "ok 2 - killed at $((kills / 2)) moments, so does a directory"; else echo "not ok 2 - a directory"; fi
echo 1..2
