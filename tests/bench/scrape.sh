#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What Prometheus costs among many sockets: a sample as metrics, and the states alone by node_exporter.
#
# scrape.sh SCENE: called by loaded.sh; adds to $WORK/records. Fails when a host has more series than
# --explain-metrics says, or when the states are not those that node_exporter counts.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/record.sh
PROGRAMS=scrape bash tests/bench/rounds.sh "$1" 0 600 || exit
tcptop() { "$B/tcptop" --no-config "$@"; }
states() { # of node_exporter, under the kernel's names
	bash tests/bench/exporter.sh | sed -nE 's/.*state="([a-z_0-9]+)"\} (.*)/\1 \2/p' |
		awk '{ printf "%s %d\n", toupper($1), $2 }' | grep -E '^(ESTABLISHED|LISTEN|CLOSE_WAIT|SYN_SENT) '
}
tcptop --format prometheus >"$WORK/metrics" || exit
series=$(grep -vc '^#' "$WORK/metrics")
most=$(tcptop --explain-metrics | sed -nE 's/,//g; s/.*at most ([0-9]+) series.*/\1/p')
said="$SAID; $series series of at most $most, $(wc -c <"$WORK/metrics") bytes"
if [ "$series" -gt "${most:-0}" ]; then
	echo "$series series, and at most $most are promised" >&2
	exit 1
fi
if command -v prometheus-node-exporter >/dev/null && command -v curl >/dev/null; then
	states >"$WORK/states"
	while read -r state number; do
		own=$(sed -nE "s/^tcptop_connections\{state=\"$state\"\} ([0-9]+)\$/\1/p" "$WORK/metrics")
		apart=$((number - ${own:-0}))
		if [ ${apart#-} -gt 4 ]; then # its listening socket, and both ends of what asked it
			echo "$state: $own, and $number by node_exporter" >&2
			exit 1
		fi
	done <"$WORK/states"
	[ -s "$WORK/states" ] && said+="; states as node_exporter counts them: $(tr '\n' ' ' <"$WORK/states")"
fi
note "$1" "$said"
