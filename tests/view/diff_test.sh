#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What --diff prints of two moments is as a person last read it, in both languages and as JSON;
# UPDATE=1 rewrites printed/diff-*.txt. Recordings, outputs of other programs, both mixed; what cannot
# be compared is refused in one line.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/view/scenes.sh
data=tests/data/diffs tmp=$scratch
export LC_ALL=C.UTF-8 TZ=UTC
n=0 failed=0
verdict() { # verdict NAME STATUS
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failed=1
	fi
}
check() { # check NAME COMMAND…
	local name=$1
	shift
	"$@"
	verdict "$name" $?
}
diff_of() { "$B/tcptop" --no-config --read "$@" 2>"$tmp/err"; }

printed() { # printed NAME CODE ARGUMENTS…: what it prints stands in printed/diff-NAME.txt
	local name=$1 code=$2 difference
	shift 2
	diff_of "$@" | sed -E 's/"version":"[^"]*"/"version":""/' >"$tmp/out"
	[ "${PIPESTATUS[0]}" = "$code" ] || { echo "# not exit code $code"; return 1; }
	[ -z "${UPDATE:-}" ] || cp "$tmp/out" "tests/view/printed/diff-$name.txt"
	difference=$(diff -u "tests/view/printed/diff-$name.txt" "$tmp/out") && return 0
	printf '%s\n' "$difference" | sed 's/^/# /'
	return 1
}
for lang in en ko; do
	check "two outputs of netstat in $lang" printed "netstat-$lang" 0 \
		$data/netstat-old.txt --diff $data/netstat-new.txt --lang $lang
	check "netstat and ss, which tells less, in $lang" printed "ss-$lang" 0 \
		$data/netstat-old.txt --diff $data/ss.txt --lang $lang
done
check "as JSON" printed json 0 $data/netstat-old.txt --diff $data/netstat-new.txt --format json
check "the same in Korean" printed json 0 $data/netstat-old.txt --diff $data/netstat-new.txt --format json --lang ko
check "filtered" printed filtered 0 $data/netstat-old.txt --diff $data/netstat-new.txt -f state:cw
check "limited" printed limited 0 $data/netstat-old.txt --diff $data/netstat-new.txt --limit 1
check "in ASCII" printed ascii 0 $data/netstat-old.txt --diff $data/netstat-new.txt --glyphs ascii
from_pipe() { printed netstat-pipe 0 $data/netstat-old.txt --diff - <$data/netstat-new.txt; }
check "one side from standard input" from_pipe

# A recording of four minutes, compared with itself at two moments.
record api-07
blocks api-07
cp "$recordings/api-07-blocks.frames" "$tmp/recording"
at() { # at N: the time of the N-th sample
	"$B/tcptop" --no-config --read "$tmp/recording" --batch --summary --json |
		sed -nE "$1"'s/.*"time":"([^"]*)".*/\1/p' | sed -E 's/\.[0-9]+Z/Z/'
}
total() { "$B/tcptop" --no-config --read "$tmp/recording" --once --summary --json --at "$1" | sed -E 's/.*"total":([0-9]+).*/\1/'; }
value() { sed -nE "s/.*\"type\":\"diff\",.*\"$1\":([0-9]+).*/\1/p" "$tmp/out"; }
first=$(at 10) second=$(at 50)
moments() {
	diff_of "$tmp/recording" --at "$first" --diff-at "$second" --format json >"$tmp/out" || return 1
	[ $(($(value only_a) + $(value changed) + $(value same))) = "$(total "$first")" ] &&
		[ $(($(value only_b) + $(value changed) + $(value same))) = "$(total "$second")" ] &&
		[ "$(value only_b)" -gt 0 ] && grep -q '"by_cookie":true' "$tmp/out"
}
check "two moments of one recording, told apart by cookies" moments
lists_them() {
	[ "$(grep -c '"what":"only_a"' "$tmp/out")" = "$(value only_a)" ] &&
		[ "$(grep -c '"what":"only_b"' "$tmp/out")" = "$(value only_b)" ] &&
		[ "$(grep -c '"what":"changed"' "$tmp/out")" = "$(value changed)" ]
}
check "with each connection that differs" lists_them
itself() { diff_of "$tmp/recording" --diff "$tmp/recording" --format json >"$tmp/out" && [ "$(wc -l <"$tmp/out")" = 1 ]; }
check "with itself there is no difference" itself
mixed() { diff_of "$tmp/recording" --diff $data/ss.txt >"$tmp/out"; [ $? = 0 ] && grep -q 'B does not tell processes' "$tmp/out"; }
check "a recording and the output of ss" mixed
head -c $(($(stat -c %s "$tmp/recording") - 40)) "$tmp/recording" >"$tmp/cut"
cut_one() { diff_of "$tmp/cut" --diff "$tmp/recording" >"$tmp/out"; [ $? = 3 ] && grep -q 'damaged at byte .*: no samples after' "$tmp/err"; }
check "a side that cannot be read to its end: said, exit code 3" cut_one
whole_samples() { ! grep -q 'not complete' "$tmp/out"; }
check "its last sample is whole all the same" whole_samples
redacted() {
	rm -f "$tmp/tokens"
	"$B/tcptop" --no-config --read "$tmp/recording" --write "$tmp/tokens" --redact
	refused 1 "$tmp/recording" --diff "$tmp/tokens"
}
refused() { # refused CODE ARGUMENTS…
	local code=$1
	shift
	diff_of "$@" >"$tmp/out"
	[ $? = "$code" ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" = 1 ]
}
check "tokens of another recording: refused" redacted
check "but not with themselves" diff_of "$tmp/tokens" --at "$first" --diff-at "$second" >/dev/null
record web-01
blocks web-01
other_host() {
	diff_of "$tmp/recording" --diff "$recordings/web-01-blocks.frames" --lang en >"$tmp/out"
	grep -q 'Cookies of different hosts cannot be compared' "$tmp/out" && ! grep -q 'have no cookies' "$tmp/out"
}
check "of two hosts: why their cookies do not count" other_host
marked() { "$B/tcptop" --no-config --lang en --read "$1" --size 120x24 --keys /dev/null --dump text | head -1 | grep -q 'REDACTED'; }
check "the screen says that they are tokens" marked "$tmp/tokens"
unmarked() { ! marked "$tmp/recording"; }
check "and not where they are none" unmarked
check "a file that is not there: exit code 1" refused 1 $data/ss.txt --diff "$tmp/none"
check "text has no moments: exit code 1" refused 1 $data/ss.txt --at 14:03 --diff-at 14:04
for_nothing() { "$B/tcptop" --no-config --diff $data/ss.txt >"$tmp/out" 2>"$tmp/err"; [ $? = 2 ]; }
check "--diff without --read: usage" for_nothing
check "--diff-at without another moment: usage" refused 2 "$tmp/recording" --diff-at "$second"
check "standard input twice: usage" refused 2 - --diff -
for option in --doctor --once --summary '--format csv' '--columns state' '--group-by state' '--sort state' \
	'--begin 14:03' '--write x' '-b'; do
	# shellcheck disable=SC2086 # words
	check "not with $option" refused 2 $data/ss.txt --diff $data/ss.txt $option
done
echo "1..$n"
exit $failed
