#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sockets that look alike are told apart: by their device, by whether a listener on [::] takes IPv4,
# by whether they are only bound, by MPTCP; and a peer is one however its address is written.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/lib/wait.sh
. tests/lib/kernel.sh
ip link set lo up
if ! ip link add kA type veth peer name kB 2>/dev/null; then
	echo "ok 1 - kinds of sockets # SKIP no veth here"
	echo 1..1
	exit 0
fi
ip link set kA up
ip link set kB up
coproc HELD { exec "$B/tests/data/kinds" kA kB; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
trap 'exec {hold}>&-' EXIT
read -r -t 60 ready <&"${HELD[0]}"
case ${ready:-} in ready*) ;; *) echo "not ok 1 - the sockets stand"; exit 1 ;; esac

n=0 failed=0
check() { # check NAME COMMAND…
	n=$((n + 1))
	if "${@:2}"; then echo "ok $n - $1"; else failed=1; echo "not ok $n - $1"; fi
}
once() { "$B/tcptop" --no-config --once "$@"; }
shows() { # shows PATTERN OPTION…
	local shown
	shown=$(once "${@:2}" 2>&1)
	grep -qE -- "$1" <<<"$shown" || { sed 's/^/# /' <<<"$shown"; return 1; }
}
lacks() { ! shows "$@" >/dev/null; }
rows() { # rows N OPTION…
	[ "$(once --format csv "${@:2}" | sed 1d | grep -c .)" = "$1" ] || { once "${@:2}" | sed 's/^/# /'; return 1; }
}
locals() { once --columns local -l | sed 1d | sort; } # in the order of ss
as_in_ss() { diff <(ss -Htln | awk '{ print $4 }' | sort) <(locals) | sed 's/^/# /'; [ "${PIPESTATUS[0]}" = 0 ]; }

check 'listeners have the local address that ss shows' as_in_ss
check 'a device is named' shows '0\.0\.0\.0%kA:18022' -P 18022
check '… and finds its socket alone' rows 1 -f 'dev = kB'
check '… in its column, too' shows '^ *kB$' --columns ifindex -f 'dev = kB'
check 'a listener that takes IPv4 is one of IPv4' shows '\*:18301' -4 -l
check '… also where ports are asked for' shows '\*:18301' -4 -P 18301
check '… not one that does not' lacks 18302 -4 -l
check '… and both are of IPv6' rows 2 -6 -l
check 'JSON tells which' shows '"local_port":18301.*"v6only":0' --json -l
check '… and of the other' shows '"local_port":18302.*"v6only":1' --json -l
check 'no word of it with IPv4' lacks v6only --json -4 -f 'lport:18022'
if kernel_lists_bound; then
	check 'a port that is only bound is found by its number' shows '0\.0\.0\.0:18085 .*BOUND_INACTIVE' -P 18085
	check '… by the state that it shows' rows 1 -f 'state:bound_inactive'
	check '… and by the one that the kernel calls it' rows 1 -f 'state:close'
	check '… has that name as a group' shows '"by":"state","key":"BOUND_INACTIVE","total":1' --json --group-by state -f 'state:close'
else
	check 'a port that is only bound is not listed by this kernel' lacks 18085 -P 18085
fi
check 'a port that is only bound is not listed unasked' lacks 18085
check 'a peer is one, mapped into IPv6 or not' shows '"key":"127\.0\.0\.1","total":4' --json \
	--group-by remote_addr -f 'port:18400 !state:listen'
if [ "$ready" = 'ready mptcp' ]; then
	check 'subflows of MPTCP are marked' shows '^mptcp .*:18041 ' -f 'port:18041 state:es'
	check '… with the state of their connection: the server has not closed' rows 2 -f 'lport:18041 mptcp:CLOSE_WAIT'
	check '… the client has' rows 2 -f 'rport:18041 mptcp:FIN_WAIT2'
	check '… as many as ss has' rows "$(ss -HMan state close-wait | grep -c .)" -f 'mptcp:CLOSE_WAIT'
	check '… nothing else' rows 4 -f 'not mptcp:- not state:listen'
	check '… found by their protocol' rows 4 -f 'proto:mptcp not state:listen'
	check '… and only those' rows 0 -f 'proto:mptcp mptcp:-'
	doctor() { "$B/tcptop" --no-config --doctor --json | grep -q '"not_looked_at":{.*"close_wait":"not of MPTCP'; }
	check 'the doctor says that it has not looked at those' doctor
fi
echo "1..$n"
exit $failed
