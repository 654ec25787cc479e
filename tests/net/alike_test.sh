#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sockets that differ only in their device, VRF, protocol, options, mapping or zone are all there, as
# many as ss lists, and no two of their rows are the same.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
n=0
verdict() { # verdict NAME STATUS
	n=$((n + 1))
	if [ "$2" = 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
}
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}
ip link set lo up
ip link add one type veth peer name two 2>/dev/null # a pair of devices
for device in one two; do
	ip link set "$device" up && ip -6 addr add fe80::1/64 dev "$device" nodad
done 2>/dev/null
ip link add red type vrf table 10 2>/dev/null && ip link set red up
coproc HELD { exec "$B/tests/data/alike" 2>"$tmp/refused"; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
trap 'exec {hold}>&-; rm -rf "$tmp"' EXIT
declare -A without=()
while read -r -t 60 line <&"${HELD[0]}" && [ "$line" != ready ]; do without[${line#without }]=1; done
"$B/tcptop" --no-config --once --json -l >"$tmp/json"
verdict "listeners are listed" $?
rows() { grep '"type":"connection"' "$tmp/json"; }
[ "$(rows | grep -c .)" = "$(ss -Htln | grep -c .)" ]
verdict "as many as ss lists" $?
[ -z "$(rows | sort | uniq -d)" ]
verdict "no two rows are the same" $?

# row NAME PORT COUNT: so many rows have that port, if the kernel took the kind
row() {
	if [ -n "${without[$1]:-}" ]; then
		skip "$1" "$(grep "$1" "$tmp/refused")"
		return
	fi
	[ "$(rows | grep -c "\"local_port\":$2[,}]")" = "$3" ]
	verdict "$1" $?
}
row any 9001 1
row "device one" 9002 $((4 - ${without[device two]:-0} - ${without[device lo]:-0} - ${without[VRF]:-0}))
row VRF 9002 4
row MPTCP 9003 1
row MD5 9004 1
row "fast open" 9005 1
row mapped 9006 2
row "zone two" 9007 2
row "both families" 9008 1
row "IPv4 beside it" 9009 2
echo "1..$n"
