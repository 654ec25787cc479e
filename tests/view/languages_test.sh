#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --help fits into 79 columns in both languages, and what machines read is the same bytes in both:
# also the reason why a sample is not whole, and the doctor's report. What the system says is translated.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
# shellcheck source=tests/view/scenes.sh
. tests/view/scenes.sh
record web-01
n=0

verdict() { # verdict NAME PASSED
	n=$((n + 1))
	if [ "$2" = 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
}

for lang in en ko; do
	widest=$("$B/tcptop" --no-config --lang $lang --help | LC_ALL=C.UTF-8 wc -L)
	[ "$widest" -gt 60 ] && [ "$widest" -le 79 ]
	verdict "--help in $lang: within 79 columns, not $widest" $?
done

cut=$scratch/cut.frames
{ cat "$recordings/web-01.frames" && printf cut; } >"$cut" # its end cannot be read
for options in '--once --json' '--once --json --summary' '--batch --json --group-by state' \
	'--once --format csv' '--once --format csv --summary' '--doctor --json'; do
	for lang in en ko; do
		# shellcheck disable=SC2086 # several words
		"$B/tcptop" --no-config --read "$cut" --lang $lang $options \
			>"$scratch/$lang" 2>"$scratch/$lang.err"
		echo "exit code $?" >>"$scratch/$lang"
	done
	[ "$(wc -l <"$scratch/en")" -gt 1 ] && cmp "$scratch/en" "$scratch/ko"
	verdict "$options: the same in every language" $?
	grep -q '^tcptop: .*프레임 .*에서 손상됨, .* 이후 샘플 없음$' "$scratch/ko.err"
	[ $? = 0 ] || [ "$options" = '--doctor --json' ]
	verdict "$options: the damage is told in the language of the user" $?
done
grep -q '"complete":false,"reason":"damaged at frame .*: no samples after' "$scratch/ko"
verdict "the doctor's JSON gives the reason in English" $?
refused=$("$B/tcptop" --no-config --lang ko --write "$scratch/none/x" 2>&1)
[[ $refused == *'쓸 수 없습니다(없는 파일이나 디렉터리)' ]]
verdict "why a recording cannot be written is said in Korean" $?
echo "1..$n"
