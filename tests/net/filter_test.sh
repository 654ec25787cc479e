#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every expression of tests/data/ss-filters.txt gives the same rows here as in ss, where real
# sockets stand in every state: state, addresses and ports, row for row. What ss refuses, or what
# only ss has, is told to tcptop as well.
set -u -f # -f: * is an address here
. tests/ss.sh
columns=state,local_addr,local_port,remote_addr,remote_port
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

coproc STATES { exec "$B/tests/data/states"; }
# The program's input is this shell's end of the pipe: it ends when the shell does.
read -r ready <&"${STATES[0]}" || ready=
if [ "$ready" != ready ]; then
	echo "not ok 1 - the sockets stand"
	exit 1
fi

# answers N…: what ss and then tcptop say of each of these expressions, behind a line that says whose
# answer follows, and to which.
answers() {
	local i
	for i; do
		echo "= $i ss"
		# shellcheck disable=SC2086 # words, as one types them
		ss_tcp -Htan ${expressions[i]}
		echo "= $i ours"
		"$B/tcptop" --once --format csv --columns $columns -f "${expressions[i]}"
	done
}

# compared: the answers on standard input as rows "STATE ADDRESS PORT ADDRESS PORT"; ss leaves the state
# out where the filter fixes it. Prints "N ROWS" for each expression with the same rows in both, "N -"
# for each with others, behind lines that say which these are.
compared() {
	awk '
		function name(state) {
			if (state == "ESTAB") return "ESTABLISHED"
			if (state == "UNCONN") return "CLOSE"
			gsub("-", "_", state)
			sub("WAIT_", "WAIT", state)
			return state
		}
		function end(text, port) {
			port = text
			sub(".*:", "", port)
			sub(":[^:]*$", "", text)
			sub("%.*", "", text)
			gsub("[][]", "", text)
			return (text == "*" ? "::" : text) " " (port == "*" ? 0 : port)
		}
		function judge(row, differs) {
			for (row in surplus)
				if (surplus[row]) {
					printf "# %s: %s %d\n", n, row, surplus[row]
					differs = 1
				}
			print n, differs ? "-" : rows
		}
		$1 == "=" && $3 == "ss" {
			if (n != "") judge()
			n = $2
			rows = stateless = 0
			split("", surplus)
		}
		$1 == "=" { ours = $3 == "ours"; header = ours; next }
		header { header = 0; next }
		NF == 0 { next }
		ours {
			rows++
			gsub(/%[^,]*|\r$/, "")
			gsub(/,/, " ")
			if (stateless) sub(/^[A-Z_0-9]*/, "-")
			surplus[$0]--
			next
		}
		{
			stateless = NF < 5
			surplus[(stateless ? "-" : name($1)) " " end($(NF - 1)) " " end($NF)]++
		}
		END { judge() }'
}

# One round asks all expressions. The next ones ask again what has differed in the one before, if the
# table of connections has changed meanwhile: what differs while it is the same is wrong.
mapfile -t expressions < <(grep -v '^#' tests/data/ss-filters.txt)
wrong=("${!expressions[@]}") equal=0 rows=0
for _ in 1 2 3 4 5; do
	before=$(ss_tcp -Htan)
	answers "${wrong[@]}" | compared >"$tmp/compared"
	after=$(ss_tcp -Htan)
	wrong=()
	while read -r number count _; do
		case $number:$count in
		'#':*) ;;
		*:-) wrong+=("$number") ;;
		*) equal=$((equal + 1)) rows=$((rows + count)) ;;
		esac
	done <"$tmp/compared"
	[ ${#wrong[@]} != 0 ] && [ "$before" != "$after" ] || break
done
grep '^#' "$tmp/compared"
for i in "${wrong[@]}"; do echo "not ok - ${expressions[i]}"; done
[ $equal -ge 200 ] && [ $rows -ge 5000 ] && [ ${#wrong[@]} = 0 ] || echo -n "not "
echo "ok 1 - $equal expressions, $rows rows as in ss"

status=0
while IFS= read -r expression; do
	"$B/tcptop" --once --format csv -f "$expression" >/dev/null 2>&1
	[ $? = 2 ] || { echo "# accepted: $expression"; status=1; }
done <<'END'
sport = nosuchservice
src 127.0.0.0/33
state nosuchstate
dev nosuchdevice
sport = 3000 and
( sport = 3000
not
autobound
fwmark = 1
cgroup /user
END
[ $status = 0 ] || echo -n "not "
echo "ok 2 - what is wrong, or what only ss has, is refused with code 2"
