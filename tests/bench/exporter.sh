#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What node_exporter says of TCP states: it is started with that collector alone, asked once, and ended.
#
# exporter.sh: its lines of tcpstat on standard output. Its port is at an address of its own, since
# sockets of the benchmark may hold it at the usual one.
set -u
at=127.9.9.9:9100
prometheus-node-exporter --collector.disable-defaults --collector.tcpstat --web.listen-address=$at 2>/dev/null &
exporter=$!
for ((i = 0; i < 1000; i++)); do
	curl -s --max-time 10 -o /dev/null http://$at/ && break
	sleep 0.02
done
curl -sf --max-time 100 http://$at/metrics | grep '^node_tcp_connection_states'
status=${PIPESTATUS[0]}
kill $exporter
wait $exporter 2>/dev/null
exit "$status"
