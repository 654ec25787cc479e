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
declare -A program=(
	[tcptop]="$B/tcptop --no-config --lang en"
	[before]="${AGAINST:-} --no-config --lang en"
	[htop]="htop -d 10"
	[floor]="$B/tests/bench/floor $((seconds + 60))"
)
declare -A shown=([tcptop]=127. [before]=127. [htop]=Quit [floor]=bytes) # once it has started
names=(tcptop floor)
if [ -n "${AGAINST:-}" ]; then
	names+=(before)
elif command -v htop >/dev/null; then
	names+=(htop)
else
	missing idle htop "htop is not installed"
	missing start htop "htop is not installed"
fi

begin() { # begin NAME
	# shellcheck disable=SC2086 # the command is words
	screen_begin "$1" -- ${program[$1]}
}
starts() {
	local round name
	for ((round = 0; round < 3 * ROUNDS; round++)); do
		for name in "${names[@]}"; do
			[ "$name" != floor ] || continue
			begin "$name"
			record start "$round" "$name" wall "$(ask "$name" start "${shown[$name]}")"
			screen_end $name
		done
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
	for name in "${names[@]}"; do begin "$name"; done
	for name in "${names[@]}"; do ask "$name" start "${shown[$name]}" >/dev/null; done
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
