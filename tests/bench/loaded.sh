#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run a command among many sockets: in a network namespace of its own, with a hash table of its own.
#
# loaded.sh KIND N COMMAND…: N sockets in state KIND stand on loopback while COMMAND runs, and are
# gone when this ends, with COMMAND's status. Started in a namespace where it may change settings;
# $ENTRIES says how large the table is to be, $PROCESSES how many hold the sockets (as few as can).
# COMMAND finds in $BEGAN the second in which the first socket was made and in $SAID what was made.
set -u
if [ "${loaded_within:-}" != yes ]; then
	# The table of a new namespace is what the one around it says.
	{ echo "$ENTRIES" >/proc/sys/net/ipv4/tcp_child_ehash_entries; } 2>/dev/null
	loaded_within=yes exec unshare -n bash "$0" "$@"
fi
unset loaded_within
kind=$1 n=$2
shift 2

setting() { # setting NAME VALUE: where this kernel and this user have it
	{ echo "$2" >"/proc/sys/net/ipv4/$1"; } 2>/dev/null
}
setting ip_local_port_range '1024 65535'
setting tcp_max_tw_buckets 4000000
setting tcp_tw_reuse 0
ip link set lo up || exit 1

tmp=$(mktemp -d "$WORK/load.XXXXXX") || exit 1
mkfifo "$tmp/hold"
export BEGAN=$EPOCHSECONDS
"$B/tests/bench/load" "$kind" "$n" ${PROCESSES:+"$PROCESSES"} <"$tmp/hold" >"$tmp/said" &
load=$!
exec 9>"$tmp/hold" # the sockets stand until this is closed
until [ -s "$tmp/said" ]; do
	kill -0 $load 2>/dev/null || exit 1
	sleep 0.1
done
SAID=$(cat "$tmp/said")
export SAID
"$@" 9>&-
status=$?
exec 9>&-
wait $load
exit $status
