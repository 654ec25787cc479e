#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The pane in numbers, of real sockets in every state: who holds them, their queues and limits, when
# the kernel gives up; the same by --explain; as the kernel and ss have it.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace

ulimit -n 345 # the limit of the process that holds them
mkfifo "$tmp/hold"
exec {hold}<>"$tmp/hold"
trap 'exec {hold}>&-; mux kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
# stand PORT…: sockets of these recipes stand until $hold is closed; process $! has them
stand() {
	(exec {hold}>&- && exec "$B/tests/data/states" "$@") <"$tmp/hold" >"$tmp/ready.$1" &
	until_true grep -qs ready "$tmp/ready.$1" || { echo "not ok 1 - the sockets stand"; exit 1; }
}
# Orphans of LAST_ACK and FIN_WAIT2 are kept for about a minute: they come when it is their turn.
stand 3000 80{01..10} 80{12..14} 80{16..18}
held=$!
count() { ss -tanH state "$1" | wc -l; }

live 200x80 '--lang en' # room for the words and the table behind them
sees 'LISTEN .* [1-9][0-9]*'
keys BTab Home # to the states
check "LISTEN: how full its queues are" sees 'Queues .*port 8001: 2 of 7'
check "by the process that holds them" sees "Processes +states $held \([0-9]+\)"
check "with the cap in force" sees "Kernel +somaxconn = $(cat /proc/sys/net/core/somaxconn)"
keys Down
check "SYN_SENT: when it gives up" sees 'Forecast +.*given up in .*\(tcp_syn_retries\)'
check "how often it has asked" sees 'Retries +[0-9]+ with'
check "and whom" sees 'Peers .*127\.0\.0\.1:8006 \(1\)'
keys Down Down Down
check "CLOSE_WAIT: all of them" sees "Share +$(count close-wait) of "
leaked=$(ss -tanpH state close-wait | grep -c "pid=$held,")
check "its process in the first lines" sees "$leaked in states \($held\)(, oldest|; the oldest of all) at least"
check "against its limit of open files" sees "Descriptors +$leaked of the 345 that states $held may open, "
check "what nobody took yet is not its" sees "Processes +states $held \($leaked\), 2 not accepted yet"
stand 8015
keys Down
check "LAST_ACK: what is not acknowledged" sees 'Send-Q +[0-9]+ with [0-9.]+ kB not acknowledged'
check "when an orphan is given up" sees 'orphans without an answer are given up after'
stand 8011
keys Down Down
check "FIN_WAIT2: only orphans have an end" sees 'Time left +[0-9]+ without a process: gone in [0-9.]+ s'
check "and those with an owner a process" sees "Processes +states $held "
keys Down Down
check "TIME_WAIT: the table and its limit" sees "Table +[0-9]+ of $(printf "%'d" "$(cat /proc/sys/net/ipv4/tcp_max_tw_buckets)" | sed -E ':a;s/^([0-9]+)([0-9]{3})/\1,\2/;ta')"
check "what comes in is counted, not guessed" sees 'Per second +[0-9.]+ entered, [0-9.]+ left'
keys q
check "it ends" code 0

"$tcptop" --no-config --lang en --explain CLOSE_WAIT >"$tmp/explained" 2>&1
grep -qE "Processes .*states $held \($leaked\)" "$tmp/explained"
verdict "--explain knows the process from a single sample" $?
! grep -q 'Trend' "$tmp/explained"
verdict "but no trend" $?
finish
