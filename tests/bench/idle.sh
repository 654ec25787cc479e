#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What it costs to leave the live screen open, and how soon it is there, beside htop.
#
# idle.sh SECONDS: among 100 ESTABLISHED sockets, called by loaded.sh; adds to $WORK/records. The
# programs run at the same time, each in its own terminal; SECONDS are as many parts as ROUNDS.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/record.sh
scene=idle seconds=$1
export HTOPRC=$WORK/htoprc # neither read nor left behind
tcptop=("$B/tcptop" --no-config --lang en)
htop=(htop -d 10)
names=(tcptop floor)
if command -v htop >/dev/null; then
	names+=(htop)
else
	missing idle htop "htop is not installed"
	missing start htop "htop is not installed"
fi

starts() {
	local round
	for ((round = 0; round < 3 * ROUNDS; round++)); do
		screen_begin tcptop -- "${tcptop[@]}"
		record start "$round" tcptop wall "$(ask tcptop start 127.)"
		screen_end tcptop
		[ ${#names[@]} = 3 ] || continue
		screen_begin htop -- "${htop[@]}"
		record start "$round" htop wall "$(ask htop start Quit)"
		screen_end htop
	done
}

part() { # part ROUND: what it took since the last one
	local name cpu bytes kib
	for name in "${names[@]}"; do
		read -r cpu bytes kib < <(ask "$name" cost)
		[ -n "${kib:-}" ] || continue
		if [ "$1" -ge 0 ]; then
			record $scene "$1" "$name" cpu $((cpu - ${cpu_before[$name]}))
			record $scene "$1" "$name" bytes $((bytes - ${bytes_before[$name]}))
			record $scene "$1" "$name" rss "$kib"
		fi
		cpu_before[$name]=$cpu bytes_before[$name]=$bytes
	done
}
idle() {
	local -A cpu_before bytes_before
	local round name
	screen_begin tcptop -- "${tcptop[@]}"
	screen_begin floor -- "$B/tests/bench/floor" $((seconds + 60))
	[ ${#names[@]} = 2 ] || screen_begin htop -- "${htop[@]}"
	ask tcptop start 127. >/dev/null
	ask floor start bytes >/dev/null
	[ ${#names[@]} = 2 ] || ask htop start Quit >/dev/null
	sleep 3 # what is only done once is done
	part -1
	for ((round = 0; round < ROUNDS; round++)); do
		sleep $((seconds / ROUNDS))
		part $round
	done
	for name in "${names[@]}"; do screen_end "$name"; done
}

note idle "$SAID; table of $(cat /proc/sys/net/ipv4/tcp_ehash_entries) entries; each second for" \
	"$seconds s, in terminals of 120x34"
starts
idle
