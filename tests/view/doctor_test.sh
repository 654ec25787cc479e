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
mv "$scratch/api-07-blocks.frames" "$scratch/recording/api-07.frames"
program=$(realpath "$TCPTOP")
doctor() { # doctor LANG [FOLDER]: the name of the file is told
	(cd "$scratch/${2:-}" && TZ=UTC LC_ALL=C.UTF-8 "$program" --no-config --read api-07.frames --doctor --lang "$1")
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
if difference=$(diff -u tests/view/printed/doctor-en.txt <(doctor en recording)); then
	echo "ok 3 - doctor of a recording"
else
	echo "not ok 3 - doctor of a recording"
	printf '%s\n' "$difference" | sed 's/^/# /'
fi
widest=$(awk '{ if (length > w) w = length } END { print w }' tests/view/printed/doctor-en.txt)
if [ "$widest" -le 80 ]; then echo "ok 4 - within 80 columns"; else echo "not ok 4 - $widest columns"; fi
echo 1..4
