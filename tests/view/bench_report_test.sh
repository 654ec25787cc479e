#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The verdicts of tests/bench on made-up records: met, met within 5 %, missed, not measured, and the
# exit code of each; and that its figures get into a README, once.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0
check() { # check NAME COMMAND…
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n - $1"
	else
		sed -n "/Budget/,\$s/^/# /p" "$tmp/report"
		echo "not ok $n - $1"
		failed=1
	fi
}

# records SHARE LINE OTHER: every line of the budget at half of its limit, LINE at SHARE of it; SHARE
# "-" leaves it out. The machine is twice as slow in every other round.
records() {
	awk -F'|' -v share="$1" -v line="$2" -v rounds="${3:-5}" '
	/^#/ { next }
	{ i++; of = i == line ? share : 0.5; split($2, limit, "/") }
	of == "-" { next }
	{
		for (round = 0; round < rounds; round++) {
			split($4, a, ";"); split($5, b, ";")
			slow = $5 == "" ? 1 : 1 + round % 2
			print a[1] "#" i "|" round "|" a[2] "|" a[3] "|" limit[1] * of * slow * ($5 == "" ? 1 : 1000)
			if ($5 != "")
				print b[1] "#" i "|" round "|" b[2] "|" b[3] "|" slow * 1000
		}
	}' tests/bench/budget >"$tmp/records"
	[ "$1" != - ] || echo "$(sed '/^#/d' tests/bench/budget | sed -n "$2p" | cut -d'|' -f4 | cut -d';' -f1)#$2|-|-|missing|too little memory" >>"$tmp/records"
}
# Lines share figures; here each has its own, so that one can be changed alone.
awk -F'|' -v OFS='|' '/^#/ { next } { i++; sub(/;/, "#" i ";", $4); if ($5 != "") sub(/;/, "#" i ";", $5); print }' \
	tests/bench/budget >"$tmp/budget"

judged() { # judged CODE TEXT: the report ends so and says so
	awk -F'|' -v cores="${cores:-2}" -v minute=1 -f tests/bench/report.awk "$tmp/budget" "$tmp/records" \
		>"$tmp/report" 2>&1
	[ $? = "$1" ] && grep -qF "$2" "$tmp/report"
}

records 0.5 1
check 'all met: 0' judged 0 '| 0.40 | ≤ 0.80 × floor | ok |'
check 'nothing is missed then' test "$(grep -cE 'missed|not measured' "$tmp/report")" = 0
records 1.04 3
check 'met within 5 %: 0' judged 0 '| ≤ 1.05 × floor | ok, within 5 % |'
records 1.06 9
check 'missed: 1' judged 1 '| 212 | ≤ 200 B a socket | **missed** |'
records - 9
check 'not measured: 3, with the reason' judged 3 'not measured: too little memory'
sed -i 's/^\(1M ESTABLISHED#1|[0-9]|tcptop[^|]*|wall|\).*/\19000/' "$tmp/records"
check 'missed and not measured: 1' judged 1 'not measured: too little memory'
records 0.5 1 4
check 'four rounds prove nothing: 3' judged 3 'not measured: only 4 rounds'
records 1.2 1
cores=1
check 'one core: the limit for it, and 3 since one line needs two' judged 3 '| 0.96 | ≤ 1.10 × floor | ok |'
unset cores

{
	printf 'Machine: a machine\n\nUser x, load 0 before, medians of 5 rounds.\n\n'
	sed -E 's/#[0-9]+//' "$tmp/records" >"$tmp/plain"
	awk -F'|' -v cores=2 -v minute=1 -f tests/bench/report.awk tests/bench/budget "$tmp/plain"
} >"$tmp/report"
printf 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n' >"$tmp/README"
bash tests/bench/readme.sh "$tmp/report" "$tmp/README"
cp "$tmp/README" "$tmp/once"
bash tests/bench/readme.sh "$tmp/report" "$tmp/README"
check 'README: figures stand between the marks' grep -q '^| `ss -tan` | [0-9.]* m\?s | .*|$' "$tmp/README"
check 'README: the machine is named' grep -q 'on a machine:$' "$tmp/README"
check 'README: what the screen costs as it comes' grep -q '^By itself it takes a brief sample .*: [0-9.]* ms of CPU$' "$tmp/README"
check 'README: what was there is replaced, the rest stays' \
	test "$(grep -cxE 'before|old|after' "$tmp/README")" = 2
check 'README: twice is as once' cmp -s "$tmp/once" "$tmp/README"
echo "1..$n"
exit $failed
