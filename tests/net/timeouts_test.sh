#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The time after which connect() fails, as the pane says it by the sysctls, is the one after which the
# kernel lets it fail: with few retries, and with a longest wait that is set.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$tmp"' EXIT
if ! unshare -n true 2>/dev/null; then
	echo "ok 1 - timeouts # SKIP no namespace of its own for each case here"
	echo 1..1
	exit 0
fi

attempt() { # attempt NAME SYSCTL=VALUE…: what the pane says goes to NAME.said, what happens to NAME.was
	export B tmp name=$1
	shift
	# shellcheck disable=SC2016 # for the shell in the namespace
	unshare -n bash -c '
		ip link set lo up
		for set; do
			{ echo "${set#*=}" >"/proc/sys/net/ipv4/${set%%=*}"; } 2>/dev/null || exit
		done
		"$B/tcptop" --no-config --lang en --explain SYN_SENT >"$tmp/$name.said" 2>/dev/null
		"$B/tests/data/trouble" give-up 3000 </dev/null >"$tmp/$name.was"' - "$@" &
}
n=0 failed=0
agrees() { # agrees NAME: no sooner than it is said, and no later than a timer is late on a busy host
	local said was
	n=$((n + 1))
	said=$(tr '\n\240\302' '   ' <"$tmp/$1.said" 2>/dev/null | tr -s ' ' | grep -oE 'connect\(\) fails with ETIMEDOUT after [0-9]+ s' | tr -dc '0-9')
	was=$(grep -oE '[0-9.]+$' "$tmp/$1.was" 2>/dev/null)
	if [ -z "$was" ]; then
		echo "ok $n - $1 # SKIP the kernel has no such setting"
	elif awk -v said="${said:-0}" -v was="$was" 'BEGIN { exit !(said > 0 && was >= said && was < said + 3) }'; then
		echo "ok $n - $1: said $said s, was $was s"
	else
		failed=1
		echo "not ok $n - $1: said ${said:-nothing}, was $was s"
	fi
}

attempt 'one retry' tcp_syn_retries=1
attempt 'two retries' tcp_syn_retries=2
attempt 'a longest wait of a second' tcp_rto_max_ms=1000 tcp_syn_retries=4
wait
agrees 'one retry'
agrees 'two retries'
agrees 'a longest wait of a second'
echo "1..$n"
exit $failed
