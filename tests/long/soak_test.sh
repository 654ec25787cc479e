#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# FAULT_SECONDS (default 120) of a screen that is refreshed every 10 ms while connections come and
# go: memory, descriptors and threads of the second half are those of the first.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/../pty/lib.sh"
in_own_namespace
ip link set lo up
seconds=${FAULT_SECONDS:-120}
sanitized=no
grep -qE '__[at]san_init' "$tcptop" && sanitized=yes

coproc HELD { exec "$B/tests/data/states" 8003; }
hold=${HELD[1]}
read -r -t 60 ready <&"${HELD[0]}"
check "sockets stand" [ "${ready:-}" = ready ]
# The history fills in its first seconds, 0.6 KiB for each sample: a short one is full soon.
printf '[general]\nhistory = 10\n' >"$tmp/short.ini"
start 120x34 "$tcptop --config $tmp/short.ini -d 0.01 2>$tmp/err"
check "a screen every 10 ms" sees '^[━─] STATES'
pid=$(cat "$at/pid")
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; }
entries() { find "/proc/$pid/$1" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
# For a time keys are pressed that open and close what the screen has.
press() { # press SECONDS
	local end=$((SECONDS + $1))
	while [ $SECONDS -lt $end ]; do
		keys s
		sleep 0.2
		keys Escape '?'
		sleep 0.2
		keys q '!'
		sleep 0.2
		keys Escape
	done
}
press $((seconds / 2))
first=$(memory) files=$(entries fd) tasks=$(entries task)
press $((seconds - seconds / 2))
check "it is there" kill -0 "$pid"
last=$(memory)
# 1 KB a minute is what an hour may cost; a short run has a floor of half a megabyte for pages that
# are touched late.
allowed=$((first + 512 + seconds / 60))
echo "# $seconds s: KiB $first $last, descriptors $files $(entries fd), threads $tasks $(entries task)"
if [ $sanitized = no ]; then
	check "memory: no more than in the first half" [ "$last" -le $allowed ]
fi
check "descriptors: no more than in the first half" [ "$(entries fd)" -le $((files + 2)) ]
check "threads: no more than in the first half" [ "$(entries task)" -le $((tasks + 1)) ]
keys C-c
check "it ends" code 0
check "as it began" restored
exec {hold}>&-
finish
