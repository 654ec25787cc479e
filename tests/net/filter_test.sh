#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every expression of tests/data/ss-filters.txt gives the same rows here as in ss, where real
# sockets stand in every state: state, addresses and ports, row for row. What ss refuses, or what
# only ss has, is told to tcptop as well.
set -u -f # -f: * is an address here
. tests/ss.sh
columns=state,local_addr,local_port,remote_addr,remote_port

# A row is "STATE ADDRESS PORT ADDRESS PORT"; ss leaves the state out where the filter fixes it.
ss_rows() {
	# shellcheck disable=SC2086 # words, as one types them
	ss_tcp -Htan $1 | awk '
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
		{ print NF < 5 ? "-" : name($1), end($(NF - 1)), end($NF) }' | sort
}

our_rows() {
	"$B/tcptop" --once --format csv --columns $columns -f "$1" |
		sed -e 1d -e 's/%[^,]*//g' -e 's/\r$//' -e 's/,/ /g' | sort
}

# The same rows; a connection may change between the two looks, so ss looks before and after.
compare() {
	local before ours after
	for _ in 1 2 3 4 5; do
		before=$(ss_rows "$1")
		ours=$(our_rows "$1")
		after=$(ss_rows "$1")
		[[ $before == -* ]] && ours=$(sed 's/^[A-Z_0-9]*/-/' <<<"$ours" | sort)
		if [ "$before" = "$ours" ]; then
			rows=$((rows + $(grep -c . <<<"$ours")))
			return 0
		fi
		[ "$before" = "$after" ] && break
	done
	diff <(echo "$before") <(echo "$ours") | sed 's/^/# /'
	return 1
}

coproc STATES { exec "$B/tests/data/states"; }
# The program's input is this shell's end of the pipe: it ends when the shell does.
read -r ready <&"${STATES[0]}" || ready=
if [ "$ready" != ready ]; then
	echo "not ok 1 - the sockets stand"
	exit 1
fi

n=0 rows=0 failed=0
while IFS= read -r expression; do
	[[ $expression == '#'* ]] && continue
	n=$((n + 1))
	compare "$expression" || { echo "not ok - $expression"; failed=$((failed + 1)); }
done <tests/data/ss-filters.txt
[ $n -ge 200 ] && [ $rows -ge 5000 ] && [ $failed = 0 ] || echo -n "not "
echo "ok 1 - $n expressions, $rows rows as in ss"

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
