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

# Of a part of the recording: since when, and the worst of the part.
part() {
	doctor --read $1.tcptop --json --end 13:12 | grep -m1 '"type":"finding"' >"$tmp/why"
	value() { date -d "$(sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p" "$tmp/why")" +%T; }
	[ "$(value until)" = 13:11:59 ] && [[ $(value worst_at) < 13:12:01 && $(value since) < 13:11:30 ]]
}
for file in judged bare; do
	check "of a part nothing is told of later, $file" part $file
done

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
check "the timeline tells the worst from now" timeline en '1 here; 3 in all, each at its worst' ', now a warning'
check "the same in Korean" timeline ko '이 시점 1건, 전체 3건(가장 심할 때)' ', 지금은 경고'

for lang in en ko; do
	printed=$(doctor --read judged.tcptop --lang $lang)
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$printed" >"$top/tests/view/printed/hour-$lang.txt"
	diff -u "$top/tests/view/printed/hour-$lang.txt" - <<<"$printed" >"$tmp/why"
	check "printed in $lang" test $? = 0
done
wide() { ! doctor --read judged.tcptop --lang en | awk 'length > 80' | grep . >"$tmp/why"; }
check "within 80 columns" wide
echo "1..$n"
