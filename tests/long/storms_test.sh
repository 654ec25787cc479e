#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Storms: a thousand sizes at random while help and prompts are open, and FAULT_SECONDS (default 120)
# of processes that come and go with their sockets: the screen lives, hears keys and ends as it began.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/../pty/lib.sh"
in_own_namespace
ip link set lo up
seconds=${FAULT_SECONDS:-120}

live 100x30 '-d 0.1'
check "a screen" sees SOCKETS
sizes=0
for round in 1 2 3 4 5 6 7 8 9 10; do
	case $((round % 4)) in
	0) keys '?' ;;
	1) keys / ;;
	2) keys s ;;
	3) keys Enter ;;
	esac
	for _ in {1..100}; do
		resize $((RANDOM % 300 + 1)) $((RANDOM % 120 + 1)) && sizes=$((sizes + 1))
	done
	keys Escape
	sleep 0.1
done
check "a storm of sizes: all were tried" [ "$sizes" = 1000 ]
resize 100 30
keys Escape Escape Escape
check "a storm of sizes: a whole frame" sees '^ [a-z0-9-].*[0-9]:[0-9]{2}:[0-9]{2}'
keys C-c
check "a storm of sizes: a clean end" code 0
check "a storm of sizes: the terminal is as it was" restored

live 120x34 '-d 0.1 --columns local,remote,state,process'
sees SOCKETS
pid=$(cat "$at/pid")
threads=$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)
end=$((SECONDS + seconds)) forked=0
while [ $SECONDS -lt $end ]; do
	for _ in {1..40}; do (:) & done
	timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9' 2>/dev/null
	wait
	forked=$((forked + 40))
done
echo "# $forked processes"
check "a storm of processes: the screen is there" kill -0 "$pid"
check "a storm of processes: no thread more" \
	[ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" -le $((threads + 1)) ]
keys '?'
check "a storm of processes: keys are heard" sees MOVE
keys C-c
check "a storm of processes: a clean end" code 0
finish
