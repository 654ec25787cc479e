#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What --doctor prints about a recorded host is as a person last read it, in both languages, and no
# line is wider than 80 columns. UPDATE=1 rewrites printed/doctor-*.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/view/scenes.sh
record api-07
program=$(realpath "$TCPTOP")
doctor() { # doctor LANG: the name of the file is told
	(cd "$scratch" && TZ=UTC LC_ALL=C.UTF-8 "$program" --no-config --read api-07.frames --doctor --lang "$1")
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
widest=$(doctor en | awk '{ if (length > w) w = length } END { print w }')
if [ "$widest" -le 80 ]; then echo "ok 3 - within 80 columns"; else echo "not ok 3 - $widest columns"; fi
echo 1..3
