#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Hours in seconds: samples as fast as they go cost no descriptor, no thread and no memory, and a
# terminal that takes nothing stops nothing and fills nothing.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
patience=200 # a slow machine stretches the interval: hundreds of samples take their time
sanitized=no
grep -qE '__[at]san_init' "$tcptop" && sanitized=yes
# What the process $1 holds: descriptors, threads, KiB of memory of its own. Pages of files do not
# count: the kernel takes them away and brings them back as it likes.
descriptors() { find "/proc/$1/fd" -type l 2>/dev/null | wc -l; }
threads() { find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l; }
memory() { awk '/^(RssAnon|VmSwap):/ { kib += $2 } END { print kib + 0 }' "/proc/$1/status"; }
note() { fds=$(descriptors "$1") tasks=$(threads "$1") kib=$(memory "$1") noted=$(wakes "$1"); }
wakes() { # of the sampling thread of process $1: each is a sample
	cat /proc/"$1"/task/*/status 2>/dev/null |
		awk '/^voluntary/ { n = $2 > n ? $2 : n } END { print n + 0 }'
}
# A thread may be there for a moment only, so their number is waited for.
no_more_threads() { [ "$(threads "$1")" -le "$tasks" ]; }
# As noted: a descriptor for each sample would be hundreds by now, 1 KiB for each half a megabyte.
constant() { # constant PID [KIB [PERMILLE]]: so much more memory is none, and as many KiB per 1,000 samples
	local now most gone=yes
	until_true no_more_threads "$1" || gone=no
	now=$(memory "$1") # before the samples are counted: those that come meanwhile are no excuse
	most=$((kib + ${2:-256} + ${3:-0} * ($(wakes "$1") - noted) / 1000))
	[ $gone = yes ] && [ "$(descriptors "$1")" -le $((fds + 5)) ] &&
		{ [ "$sanitized" = yes ] || [ "$now" -le $most ]; } && return
	echo "# descriptors $fds $(descriptors "$1"), threads $tasks $(threads "$1"), KiB $kib, $now, at most $most"
	return 1
}

"$tcptop" --no-config -b -d 0.01 --summary >"$tmp/batch" &
batch=$!
printed() { [ "$(grep -c '^total' "$tmp/batch" 2>/dev/null || true)" -ge "$1" ] 2>/dev/null; }
check "a batch" until_true printed 50
note $batch
check "of hundreds of samples" until_true printed 450
check "holds no more than at first" constant $batch
kill $batch

# Here the history fills: 0.6 KiB for each sample, for as long as it is. On a busy machine more samples
# come while nobody looks.
woken() { [ "$(wakes "$pid")" -ge "$1" ]; }
live 120x34 '-d 0.01'
check "a screen every 10 ms" sees '^[━─] STATES'
pid=$(cat "$at/pid")
until_true woken 100
# What is open for the first time takes memory: each has been on the screen before that is noted.
keys '?'
sees 'MOVE'
keys q
loses 'MOVE'
keys s
sees '━ SORT BY'
keys Escape
loses '━ SORT BY'
note "$pid"
check "goes on" until_true woken $(($(wakes "$pid") + 500))
check "and holds no more than at first" constant "$pid" 350 700

# tmux does not read while it is stopped: the screen's bytes have nowhere to go.
server=$(mux display -p '#{pid}')
kill -STOP "$server"
note "$pid"
until_true woken $(($(wakes "$pid") + 300))
goes_on=$?
constant "$pid" 350 700
is_bounded=$?
kill -CONT "$server" # before anything is said: where a check fails, tmux is asked for the screen
check "a terminal that takes nothing stops nothing" [ $goes_on = 0 ]
check "nor fills the memory" [ $is_bounded = 0 ]
keys '?'
check "read again, the screen is there" sees 'MOVE'
keys C-c
check "and ends" code 0
check "as it began" restored
finish
