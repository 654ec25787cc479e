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
declare -A there=() words=()
for kind in "${!files[@]}"; do
	while IFS= read -r name; do there[$kind/$name]=1; done \
		< <(sed -nE 's/^static void ([a-z0-9_]+)\(.*/\1/p' "tests/unit/${files[$kind]}.c")
done
for kind in net long; do
	while IFS= read -r name; do there[$kind/$name]=1; done < <(sed -nE \
		"s/^[[:space:]]*([a-z]+=([^ ']|'[^']*')* )*scene ([^ ]+) .*/\\3/p" tests/"$kind"/{doctor,who,trouble}_test.sh 2>/dev/null)
done
is_there() { [ -n "${there[$1]:-}" ]; } # is_there KIND/NAME
while IFS= read -r symbol; do words[$symbol]=1; done \
	< <(grep -ohrE '\w+' src/doctor/*.[ch] include/tcptop/doctor include/tcptop/model/host.h | sort -u)
while IFS='|' read -r _ rule evidence _ continuity true_case trap _; do
	for cell in "$true_case" "$trap"; do
		found=0
		while [[ $cell =~ (^|[^a-z0-9_])((states|limits|transfer|who|judge|net|long)/[a-z0-9_-]+)(.*) ]]; do
			name=${BASH_REMATCH[2]} cell=${BASH_REMATCH[4]} found=1
			is_there "$name" || complain "${rule// /} names $name, which is not there"
		done
		[ $found = 1 ] || complain "${rule// /} has no test in its row"
	done
	cell="$evidence $continuity $trap"
	while [[ $cell =~ '`'([a-z_0-9]+)'`'(.*) ]]; do
		symbol=${BASH_REMATCH[1]} cell=${BASH_REMATCH[2]}
		[ -n "${words[$symbol]:-}" ] || complain "${rule// /} names $symbol, which no rule's comment has"
	done
done <<<"$rows"
exit $bad
