#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --group-by tells of real sockets in every state what counting the lines of ss tells: by state, by
# address and by port of either end, an IPv4 address mapped into IPv6 counting as such, with a filter too; and all formats tell the same.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/ss.sh
B=${B:-build}
tcptop=("$B/tcptop" --no-config)
coproc HELD { exec "$B/tests/data/states"; } # its input ends when this shell does, and the sockets go
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok - the sockets stand"; exit 1; }

# counted FIELD [ARGUMENT OF SS]…: "KEY TOTAL ESTABLISHED TIME_WAIT LISTEN" of each group
counted() {
	local field=$1
	shift
	ss_tcp -HtanO "$@" | awk -v field="$field" '
		function address(text) { sub(/:[^:]*$/, "", text); sub(/%.*/, "", text); gsub(/[][]/, "", text)
			if (text ~ /[.]/) sub(/^::ffff:/, "", text)
			return text == "*" ? "::" : text }
		function port(text) { sub(/.*:/, "", text); return text == "*" ? 0 : text }
		{
			state = $1 == "ESTAB" ? "ESTABLISHED" : $1
			gsub("-", "_", state)
			sub("WAIT_", "WAIT", state)
			key = field == "state" ? state : field == "local_addr" ? address($4) : \
				field == "local_port" ? port($4) : field == "remote_addr" ? address($5) : port($5)
			total[key]++
			count[key, state]++
		}
		END { for (key in total) print key, total[key], count[key, "ESTABLISHED"] + 0,
			count[key, "TIME_WAIT"] + 0, count[key, "LISTEN"] + 0 }' | sort
}

grouped() { # grouped COLUMN [OPTION]…: the same from us
	local column=$1
	shift
	"${tcptop[@]}" --once --format csv --group-by "$column" "$@" |
		awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
			{ sub(/%.*/, "", $1); print $1, $2, $at["ESTABLISHED"], $at["TIME_WAIT"], $at["LISTEN"] }' |
		sort
}

# A connection may change between the two looks, so ss looks before and after.
compare() { # compare NAME COLUMN 'SS ARGUMENTS' [OPTION]…
	local name=$1 column=$2 before ours after
	# shellcheck disable=SC2206 # words
	local ss=($3)
	shift 3
	for _ in 1 2 3 4 5; do
		before=$(counted "$column" "${ss[@]}")
		ours=$(grouped "$column" "$@")
		after=$(counted "$column" "${ss[@]}")
		if [ "$before" = "$ours" ] && [ "$(wc -l <<<"$ours")" -ge 2 ]; then
			echo "ok - $name"
			return
		fi
		[ "$before" = "$after" ] && break
	done
	diff <(echo "$before") <(echo "$ours") | sed 's/^/# /'
	echo "not ok - $name"
}

for column in state local_addr local_port remote_addr remote_port; do
	compare "by $column" $column ''
done
compare "with a filter" local_port 'state connected' -f 'state connected'
compare "with a filter by tcptop's words" state 'sport gt :1024' -f 'lport>1024'

# The three formats: keys and totals, in order.
read_json() { sed -n 's/.*"type":"group".*"key":"\{0,1\}\([^",]*\)"\{0,1\},"total":\([0-9]*\),.*/\1 \2/p'; }
same=1
for column in state remote_port; do
	for _ in 1 2 3; do
		csv=$("${tcptop[@]}" --once --format csv --group-by $column | awk -F, 'NR > 1 { print $1, $2 }')
		json=$("${tcptop[@]}" --once --json --group-by $column | read_json)
		words=$("${tcptop[@]}" --once --format text --group-by $column | awk 'NR > 1 { gsub(",", ""); print $1 == "*" ? 0 : $1, $2 }')
		[ "$csv" = "$json" ] && [ "$csv" = "$words" ] && continue 2
	done
	printf '%s\n--\n%s\n--\n%s\n' "$csv" "$json" "$words" | sed 's/^/# /'
	same=0
done
if [ "$same" = 1 ]; then echo "ok - all formats tell the same"; else echo "not ok - all formats tell the same"; fi

order=$("${tcptop[@]}" --once --format csv --group-by local_port | awk -F, 'NR > 1 { print $2 }')
if [ "$order" = "$(sort -rn <<<"$order")" ]; then echo "ok - the largest first"; else echo "not ok - the largest first"; fi
