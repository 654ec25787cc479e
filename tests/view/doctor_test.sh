#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What --doctor prints about a recorded host is as a person last read it, in both languages, and no
# line is wider than 80 columns: from frames, which are judged again, and from a recording of them,
# which knows what was found. UPDATE=1 rewrites printed/doctor-*.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/view/scenes.sh
record api-07
blocks api-07
mkdir "$scratch/recording"
cp "$recordings/api-07-blocks.frames" "$scratch/recording/api-07.frames"
program=$(realpath "$TCPTOP")
doctor() { # doctor LANG [FOLDER]: the name of the file is told
	(cd "${2:-$recordings}" && TZ=UTC LC_ALL=C.UTF-8 "$program" --no-config --read api-07.frames --doctor --lang "$1")
}
n=0
for lang in en ko; do
	n=$((n + 1))
	printed=$(doctor $lang)
	status=$?
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$printed" >tests/view/printed/doctor-$lang.txt
	if difference=$(diff -u tests/view/printed/doctor-$lang.txt - <<<"$printed") && [ $status = 1 ]; then
		echo "ok $n - doctor in $lang"
	else
		echo "not ok $n - doctor in $lang (exit $status)"
		printf '%s\n' "$difference" | sed 's/^/# /'
	fi
done
if difference=$(diff -u tests/view/printed/doctor-en.txt <(doctor en "$scratch/recording")); then
	echo "ok 3 - doctor of a recording"
else
	echo "not ok 3 - doctor of a recording"
	printf '%s\n' "$difference" | sed 's/^/# /'
fi
explained() { # explained REGEX OPTION…: what --explain says of the state in the recording
	local regex=$1 page
	shift
	page=$(TZ=UTC "$program" --no-config --lang en --read "$scratch/recording/api-07.frames" --explain CLOSE_WAIT "$@")
	n=$((n + 1))
	if [[ $page =~ $regex ]]; then
		echo "ok $n - explained: $regex"
	else
		echo "not ok $n - explained: $regex"
		printf '%s\n' "$page" | head -n 20 | sed 's/^/# /'
	fi
}
n=3
explained 'HERE AT 2026-03-12 14:03:22'
explained '412 sockets'
explained 'WARNING  CLOSE_WAIT leak likely'
explained 'HERE AT 2026-03-12 14:02:23' --at 14:02:23
explained 'UNKNOWN' --at 14:02:23
# One finding has one beginning, and its oldest connection one age, wherever they are told.
on_screen() { TZ=UTC "$program" --no-config --lang en --read "$scratch/recording/api-07.frames" --size 120x50 --keys <(echo "$1") --dump text; }
told=$(doctor en "$scratch/recording" | grep -A1 'No answer' | sed -nE 's/.*When +([0-9:]+),.*/\1/p')
listed=$(on_screen '!' | sed -nE 's/.*No answer.*since ([0-9:]+) .*/\1/p')
drawn=$(on_screen T | sed -nE 's/.*No answer[^ ]* .* ([0-9:]{8}) still going.*/\1/p')
if [ -n "$told" ] && [ "$told" = "$listed" ] && [ "$told" = "$drawn" ]; then
	echo "ok 9 - a finding begins at one time everywhere"
else
	echo "not ok 9 - a finding begins at $told, $listed, $drawn"
fi
age=$(TZ=UTC "$program" --no-config --lang en --read "$scratch/recording/api-07.frames" --once --columns age_s -f state:ss --sort age_s | sed -nE '2s/ *([0-9]+ s).*/\1/p')
if [ -n "$age" ] && on_screen '!' | grep -q "waiting, the longest for $age"; then
	echo "ok 10 - and lasts as long as the row says"
else
	echo "not ok 10 - the row is $age old"
fi
widest=$(awk '{ if (length > w) w = length } END { print w }' tests/view/printed/doctor-en.txt)
if [ "$widest" -le 80 ]; then echo "ok 11 - within 80 columns"; else echo "not ok 11 - $widest columns"; fi
echo 1..11
