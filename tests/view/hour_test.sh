#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --doctor finds the troubles of a recorded hour, each with when it began and ended to the sample, and
# nothing else: by what the recorder noted as well as by judging each sample anew. What it prints is
# as a person last read it; UPDATE=1 rewrites printed/hour-*.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(realpath "${B:-build}")
top=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export TZ=UTC LC_ALL=C.UTF-8
n=0
check() { # check NAME COMMAND…
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else
		echo "not ok $n - $name"
		sed 's/^/# /' "$tmp/why" 2>/dev/null
	fi
}
doctor() { (cd "$tmp" && "$B/tcptop" --no-config --doctor "$@" 2>"$tmp/err"); }
"$B/tests/data/hour" "$tmp/judged.tcptop" judged >"$tmp/planted" || exit 1
"$B/tests/data/hour" "$tmp/bare.tcptop" bare >/dev/null || exit 1

# The findings as the planted troubles are listed: times in whole seconds, rounded down.
found() {
	local line key
	value() { sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p" <<<"$line"; }
	while read -r line; do
		key=$(value worst_figure)
		echo "$(value rule) $(value severity) $(date -d "$(value since)" +%s) $(date -d "$(value until)" +%s)" \
			"$(date -d "$(value worst_at)" +%s) $(value "$key") $(value holds)"
	done < <(doctor --json "$@" | grep '"type":"finding"')
}
near() { # near A B: within one sample
	[ $(($1 - $2)) -ge -1 ] && [ $(($1 - $2)) -le 1 ]
}
as_planted() { # as_planted FILE: in the order in which they began
	local rule severity first last worst figure
	found --read "$1" >"$tmp/why"
	[ "$(wc -l <"$tmp/why")" = "$(wc -l <"$tmp/planted")" ] || return 1
	exec 3<"$tmp/planted"
	while read -r -a is; do
		read -r rule severity first last worst figure <&3
		[ "${is[0]} ${is[1]} ${is[5]} ${is[6]}" = "$rule $severity $figure false" ] &&
			near "${is[2]}" "$first" && near "${is[3]}" "$last" && near "${is[4]}" "$worst" || return 1
	done <"$tmp/why"
	exec 3<&-
}
for file in judged bare; do
	check "the troubles and nothing else, $file" as_planted $file.tcptop
	doctor --read $file.tcptop >/dev/null
	check "which is critical, $file" test $? = 2
done

# Of a part of the recording, to the end of the second that is named: since when, and the worst of it.
part() {
	doctor --read $1.tcptop --json --end 13:12 | grep -m1 '"type":"finding"' >"$tmp/why"
	value() { date -d "$(sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p" "$tmp/why")" +%T; }
	[ "$(value until)" = 13:12:00 ] && [[ $(value worst_at) < 13:12:01 && $(value since) < 13:11:30 ]]
}
for file in judged bare; do
	check "of a part nothing is told of later, $file" part $file
done

# What the recorder found at its worst later than the part is said to be later.
after_part() { # after_part LANGUAGE WORDS
	doctor --read judged.tcptop --lang $1 --at 13:31 >"$tmp/why"
	tr -s ' \n' ' ' <"$tmp/why" | grep -qF "$2"
}
check "what was worst after the part is said to be" after_part en 'worst at 13:31:59, after this part: '
check "and in Korean" after_part ko '(13:31:59, 이 구간 뒤)'

# Damage in the middle: nine samples before 13:21:00 are lost with the one that it is in, until a
# complete one follows.
"$B/tests/data/hour" "$tmp/damaged.tcptop" judged >/dev/null || exit 1
first_lost() { # first_lost BYTE: the samples between two times cannot be read when that byte is damaged
	cp "$tmp/judged.tcptop" "$tmp/damaged.tcptop"
	printf XXXXXXXX | dd of="$tmp/damaged.tcptop" bs=1 seek="$1" conv=notrunc status=none
}
first_lost $(($(stat -c %s "$tmp/judged.tcptop") * 36 / 100))
of_damaged() { "$B/tcptop" --no-config --lang en --read "$tmp/damaged.tcptop" "$@" 2>"$tmp/err"; }
gap='damaged at byte [0-9,]+: no samples between 2026-03-12 ([0-9:]+) and ([0-9:]+)'
of_damaged --batch --summary --json | grep -o '"time":"[^"]*"' | cut -d'"' -f4 | cut -c12-19 >"$tmp/played"
[[ $(cat "$tmp/err") =~ $gap ]]
before=${BASH_REMATCH[1]:-} after=${BASH_REMATCH[2]:-}
follow_one_another() { grep -A1 -x "$before" "$tmp/played" >"$tmp/why" && [ "$(cat "$tmp/why")" = "$before"$'\n'"$after" ]; }
check "of a damaged recording it is said between which samples some are missing" follow_one_another
each_once() { [ -z "$(uniq -d "$tmp/played")" ] && [ "$(wc -l <"$tmp/played")" -lt 3600 ]; }
check "each of the others is played once" each_once
counted() {
	doctor --read damaged.tcptop >"$tmp/why"
	grep -qE "samples: $(wc -l <"$tmp/played" | sed 's/\(.\)\(...\)$/\1,\2/')\$" "$tmp/why" && grep -qE "$gap" "$tmp/why"
}
check "the doctor counts them, and says so too" counted
middle=$(date -u -d "@$((($(date -u -d "$before" +%s) + $(date -u -d "$after" +%s)) / 2))" +%T)
none_then() {
	of_damaged --once --begin "$middle" --end "$middle" >"$tmp/why"
	[ $? = 1 ] && grep -q 'no sample of that time can be read: .* is damaged at byte' "$tmp/err"
}
check "a time that is lost is said to be" none_then
before_it() { of_damaged --once --summary --at "$middle" >"$tmp/why"; [ $? = 3 ] && grep -q "$before" "$tmp/why"; }
check "with --at the sample before it is opened" before_it
whole() { of_damaged --size 80x24 --dump text >"$tmp/why"; [ $? = 3 ] && grep -qE "$gap" "$tmp/why" && ! grep -qE 'PARTIAL|at least [0-9]+ sockets' "$tmp/why"; }
check "the screen says it, and its sample is whole" whole
steps() { # from before the gap to behind it with one key, and back
	printf 'b\n"%s"\nEnter\n%s' "$before" "$1" >"$tmp/keys"
	of_damaged --size 100x30 --keys "$tmp/keys" --dump text | head -n 1 >"$tmp/why"
	grep -q "$2" "$tmp/why"
}
check "a step leads over the gap" steps . "$after"
check "and a step back" steps $'.\n,' "$before"

# A recording that breaks off, read again from its beginning: the same is said.
head -c $(($(stat -c %s "$tmp/judged.tcptop") / 2)) "$tmp/judged.tcptop" >"$tmp/damaged.tcptop"
said_again() {
	printf '{\nP\n{\nP' >"$tmp/keys"
	of_damaged --size 100x30 --dump text | tail -n 1 >"$tmp/first"
	of_damaged --size 100x30 --keys "$tmp/keys" --dump text | tail -n 1 >"$tmp/why"
	grep -qE 'damaged at byte [0-9,]+: no samples after 2026-03-12 ' "$tmp/first" && cmp -s "$tmp/first" "$tmp/why"
}
check "what was cut off is said as often as its end is reached" said_again

# Only what held in the time that is asked for.
between() { # between BEGIN END RULES
	doctor --read judged.tcptop --json --begin "$1" --end "$2" | sed -nE 's/.*"rule":"([a-z_]+)".*/\1/p' | tr '\n' ' ' >"$tmp/why"
	[ "$(cat "$tmp/why")" = "$3" ]
}
check "of a time what held then" between 13:15 13:32 'close_wait accept_queue '
check "of a time what held all through it" between 13:15 13:16 'close_wait '
check "of a quiet time nothing" between 13:27 13:28 ''
quiet() { doctor --read judged.tcptop --begin 13:27 --end 13:28 >"$tmp/why"; }
check "which is OK" quiet
going() { found --read bare.tcptop --end 13:20 >"$tmp/why" && [ "$(cut -d' ' -f1,7 "$tmp/why")" = 'close_wait true' ]; }
check "what had not ended by then goes on" going

# At the first sample with a full queue nobody knows yet whether it was a burst.
first_full() {
	local at
	at=$(doctor --json --read bare.tcptop | sed -nE 's/.*"rule":"accept_queue".*"since":"([^"]*)".*/\1/p')
	doctor --read bare.tcptop --at "$(date -d "$at" +%T.999)" >"$tmp/why"
	grep -q 'make the process call accept() sooner' "$tmp/why" && ! grep -q 'has room again' "$tmp/why"
}
check "a queue that has just become full is no burst" first_full
turned() {
	! doctor --read judged.tcptop --begin 13:15 --end 13:12 >"$tmp/why" &&
		grep -q -- '--begin .*13:15:00 is after --end .*13:12:00' "$tmp/err"
}
check "a time that ends before it begins is refused" turned

# With other thresholds than those of the recorder everything is judged anew.
printf '[doctor]\nclose_wait_count = 50\n' >"$tmp/later.ini"
later() {
	local first
	read -r _ _ first _ < <(grep close_wait "$tmp/planted")
	(cd "$tmp" && "$B/tcptop" --config later.ini --doctor --json --read judged.tcptop 2>"$tmp/err") |
		grep '"rule":"close_wait"' >"$tmp/why"
	near "$(date -d "$(sed -E 's/.*"since":"([^"]*)".*/\1/' "$tmp/why")" +%s)" $((first + 30))
}
check "other thresholds: found when these are exceeded" later

# The command that is told shows the moment.
shown() {
	local command time
	command=$(doctor --json --read judged.tcptop | sed -nE 's/.*"rule":"ephemeral".*"show":"([^"]*)".*/\1/p')
	time=$(cd "$tmp" && "$B/tcptop" --no-config ${command#tcptop} --once --summary --json 2>"$tmp/err" |
		sed -nE 's/.*"time":"([^"]*)".*/\1/p')
	echo "$command: $time" >"$tmp/why"
	near "$(date -d "$time" +%s)" "$(awk '/ephemeral/ { print $5 }' "$tmp/planted")"
}
check "the command that it tells shows the worst moment" shown

# The timeline has each at its worst and says so, and what holds now where that is less.
timeline() { # timeline LANG WORDS NOW
	(cd "$tmp" && "$B/tcptop" --no-config --read judged.tcptop --size 80x24 --lang "$1" \
		--keys <(echo 'T M') --dump text) >"$tmp/why" 2>&1
	grep -q "$2" "$tmp/why" && [ "$(grep -c "$3" "$tmp/why")" = 1 ] && grep "$3" "$tmp/why" | grep -q ' 95% '
}
check "the timeline tells the worst from now" timeline en '1 here; 3 in all, figures at their worst' ', now a warning'
check "the same in Korean" timeline ko '이 시점 1건, 전체 3건(수치는 가장 심할 때)' ', 지금은 경고'

# A directory with the files of two hosts: one host is played, and what is left out is told with the
# reason, its name and its host; also where the time asked for is only there. With the time in its
# file a run comes where it belongs, whatever its file is called.
. "$top/tests/view/scenes.sh"
trap 'rm -rf "$tmp" "$scratch"' EXIT
record devbox
blocks devbox
mkdir "$tmp/hosts" "$tmp/same"
cp "$tmp/judged.tcptop" "$tmp/hosts/hour.tcptop"
cp "$recordings/devbox-blocks.frames" "$tmp/hosts/devbox.tcptop"
cp "$tmp/judged.tcptop" "$tmp/same/b.tcptop"
"$B/tests/data/hour" "$tmp/same/a.tcptop" bare >/dev/null || exit 1
left() { # left LANG CODE WORDS ARGUMENTS…
	local lang=$1 code=$2 words=$3
	shift 3
	(cd "$tmp" && "$B/tcptop" --no-config --lang "$lang" --once --summary "$@" >"$tmp/out" 2>"$tmp/why")
	code=$((code - $?))
	[ "$code" = 0 ] && [ "$(head -n 1 "$tmp/why")" = "tcptop: $words" ]
}
en='1 file of another host left out: devbox.tcptop (devbox); --read with the name of a file opens it'
ko='다른 호스트의 파일 1개 제외: devbox.tcptop (devbox). --read에 파일 이름을 지정하면 열 수 있음'
check "files of another host are left out, which is told" left en 3 "$en" --read hosts --begin 13:59
check "the same in Korean" left ko 3 "$ko" --read hosts --begin 13:59
check "a time that only the other host has" left en 1 \
	"no sample at that time in the files that were opened, from 2026-03-12 13:00:00 to 2026-03-12 13:59:59; $en" \
	--read hosts --at 14:03
check "the same in Korean" left ko 1 \
	"연 파일에는 그 시간의 샘플이 없습니다. 기록 범위: 2026-03-12 13:00:00~2026-03-12 13:59:59. $ko" \
	--read hosts --at 14:03
told_by_doctor() {
	! doctor --lang en --read hosts >"$tmp/why" &&
		grep -q 'devbox.tcptop' "$tmp/why" &&
		! awk 'length > 80' "$tmp/why" | grep .
}
check "the doctor tells it within 80 columns" told_by_doctor
check "files of the same host at the same time" left en 3 \
	'1 file left out that another tcptop wrote at the same time: b.tcptop; --read with the name of a file opens it' \
	--read same --begin 13:59

# Behind the last file stands a folder with such a name: the last sample is read all the same.
mkdir -p "$tmp/folder/z.tcptop"
cp "$tmp/judged.tcptop" "$tmp/folder/a.tcptop"
same_findings() {
	diff <(found --read judged.tcptop) <(found --read folder) >"$tmp/why" && [ -n "$(found --read folder)" ]
}
check "a folder behind the last file changes no finding" same_findings

# A filter on figures that were not recorded, or not imported, finds nothing, and says why; whatever
# else it asks for.
en='this recording has no RTT, byte counts and other figures of single connections; --write with --columns rtt_us records them'
ko='이 기록에는 RTT, 바이트 수 등 연결별 수치가 없습니다. --write에 --columns rtt_us를 붙이면 기록합니다.'
check "a filter on figures that were not recorded" left en 3 "$en" --read judged.tcptop -f 'rtt_us>1ms'
check "the same in Korean" left ko 3 "$ko" --read judged.tcptop -f 'rtt_us>1ms'
check "another figure" left en 3 "$en" --read judged.tcptop -f 'state:listen or retr>1%'
cp "$top/tests/data/imports/linux_netstat_tanp.txt" "$tmp/netstat.txt"
check "figures that were not imported" left en 3 \
	'the imported output has no RTT, byte counts and other figures of single connections; ss -i prints them' \
	--read netstat.txt -f 'rtt_us>1ms'
# The same of all else that a text does not list; what it lists in any of its rows just finds nothing.
for filter in 'drops>0' 'timer:keepalive' 'backlog>10%' 'age>1s' 'state:listen or user:root'; do
	check "not imported: $filter" left en 3 'the imported output does not have what the filter asks for' \
		--read netstat.txt -f "$filter"
done
found_nothing() { # found_nothing FILTER
	(cd "$tmp" && "$B/tcptop" --no-config --read netstat.txt --once -f "$1" >"$tmp/out" 2>"$tmp/why") &&
		[ "$(wc -l <"$tmp/out")" = 1 ]
}
for filter in 'process:nosuch' 'recv_q>1GB' 'proto:mptcp' 'port:9'; do
	check "imported, and none is there: $filter" found_nothing "$filter"
done
check "command lines that were not recorded" left ko 3 '이 기록에는 필터가 찾는 값이 없습니다.' \
	--read judged.tcptop -f 'cmdline:nginx'
for options in '--sort rtt_us' '--columns local,retr_permille'; do
	# shellcheck disable=SC2086 # several words
	check "not recorded: $options" left en 3 "$en" --read judged.tcptop $options
done
check "drops that were not recorded" left ko 3 '이 기록에는 필터가 찾는 값이 없습니다.' \
	--read judged.tcptop -f 'drops>0'
recorded_ones() {
	(cd "$tmp" && "$B/tcptop" --no-config --read "$recordings/devbox-blocks.frames" --once -f 'rtt_us>0' \
		--columns rtt_us >"$tmp/out" 2>"$tmp/why") && [ ! -s "$tmp/why" ] && [ "$(wc -l <"$tmp/out")" -gt 1 ]
}
check "those that were recorded pass" recorded_ones
queues() {
	(cd "$tmp" && "$B/tcptop" --no-config --read judged.tcptop --once -f 'recv_q>1GB' >"$tmp/out" 2>"$tmp/why") &&
		[ ! -s "$tmp/why" ]
}
check "figures that every recording has just find nothing" queues
empty() { # empty LANG FILE FILTER KEYS WORDS
	(cd "$tmp" && "$B/tcptop" --no-config --lang "$1" --read "$2" --size 100x24 --filter "$3" \
		--keys <(echo "$4") --dump text) >"$tmp/why" 2>&1
	grep -qF "$5" "$tmp/why"
}
check "the empty list of the screen says so" empty en judged.tcptop 'rtt_us>1ms' '' \
	'this recording does not have what the filter asks for: rtt_us>1ms   Esc clears the filter'
check "the same in Korean" empty ko judged.tcptop 'rtt_us>1ms' '' \
	'이 기록에 필터가 찾는 값이 없음: rtt_us>1ms   Esc 필터 해제'
check "of an import" empty en netstat.txt 'rtt_us>1ms' '' \
	'the imported output does not have what the filter asks for: rtt_us>1ms   Esc clears the filter'
check "while it is typed" empty en judged.tcptop '' '/ "rtt_us>1"' \
	'this recording does not have what the filter asks for: rtt_us>1'
check "sockets that are only bound" empty en judged.tcptop 'state:bound' '' \
	'sockets that are only bound are not in this recording: state:bound   Esc clears the filter'
check "a filter on something else matches nothing" empty en judged.tcptop 'port:9' '' 'no socket matches: port:9'

for lang in en ko; do
	printed=$(doctor --read judged.tcptop --lang $lang)
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$printed" >"$top/tests/view/printed/hour-$lang.txt"
	diff -u "$top/tests/view/printed/hour-$lang.txt" - <<<"$printed" >"$tmp/why"
	check "printed in $lang" test $? = 0
done
wide() { ! doctor --read judged.tcptop --lang en | awk 'length > 80' | grep . >"$tmp/why"; }
check "within 80 columns" wide
echo "1..$n"
