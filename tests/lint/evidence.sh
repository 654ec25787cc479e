#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Check the table of evidence in src/doctor/README.md: each rule of rules.def has its row, in the same
# order, with a true case and a trap; each test that it names is there; and each symbol between
# backticks stands in the sources of the doctor too, most of them in the comments of the rules.
set -u
cd "$(dirname "$0")/../.." || exit 1
table=src/doctor/README.md
bad=0
complain() { echo "lint: $table: $*"; bad=1; }

rows=$(sed -n '/^|---/,/^$/p' "$table" | grep '^| ')
diff <(sed -nE 's/^RULE\([A-Z_0-9]+, ([a-z_0-9]+),.*/\1/p' include/tcptop/doctor/rules.def) \
	<(sed -E 's/^\| ([a-z_0-9]+) .*/\1/' <<<"$rows") >/dev/null ||
	complain "its rows are not the rules of rules.def in their order"

declare -A files=([states]=doctor_states_test [limits]=doctor_limits_test [transfer]=doctor_transfer_test
	[who]=doctor_who_test [judge]=one_judge_test)
is_there() { # is_there KIND/NAME
	local kind=${1%%/*} name=${1#*/}
	if [ "$kind" = net ] || [ "$kind" = long ]; then
		grep -qE "^[[:space:]]*([a-z]+=([^ ']|'[^']*')* )*scene $name " tests/"$kind"/{doctor,who,trouble}_test.sh 2>/dev/null
	else
		grep -q "^static void $name(" "tests/unit/${files[$kind]}.c"
	fi
}
while IFS='|' read -r _ rule evidence _ continuity true_case trap _; do
	for cell in "$true_case" "$trap"; do
		tests=$(grep -oE '\b(states|limits|transfer|who|judge|net|long)/[a-z0-9_-]+' <<<"$cell")
		[ -n "$tests" ] || complain "${rule// /} has no test in '$cell'"
		for name in $tests; do is_there "$name" || complain "${rule// /} names $name, which is not there"; done
	done
	# shellcheck disable=SC2016 # the backticks of the table
	for symbol in $(grep -oE '`[a-z_0-9]+`' <<<"$evidence $continuity $trap" | tr -d '`'); do
		grep -qwr -- "$symbol" src/doctor/*.[ch] include/tcptop/doctor include/tcptop/model/host.h ||
			complain "${rule// /} names $symbol, which no rule's comment has"
	done
done <<<"$rows"
exit $bad
