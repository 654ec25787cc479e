#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a recording of real sockets costs: `history.sh BUILD [SOCKETS [SECONDS]]` records so many
# ESTABLISHED ones (1000) with ten connections a second that come and go beside them, a sample each
# second for SECONDS (60), and prints bytes an hour beside those of `ss -tanpoe | gzip` each second and
# of atop where it is installed, the CPU time of writing in relation to that of taking samples, and
# what reading costs. In a network namespace of its own.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare -n bash "$0" "$@"
sockets=${2:-1000} seconds=${3:-60}
tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT
ip link set lo up
coproc LOAD { exec "$B/tests/bench/load" ESTABLISHED "$sockets"; }
read -r -t 120 -u "${LOAD[0]}" _ || exit 1
"$B/tests/data/brief" $((seconds * 10 + 100)) 200 2000 10 >/dev/null 2>&1 &
an_hour() { # an_hour NAME BYTES: of so many seconds
	awk -v name="$1" -v n="$2" -v s="$seconds" \
		'BEGIN { printf "%-9s %.0f bytes a sample, %.2f MB an hour\n", name, n / s, n / s * 3600 / 1e6 }'
}
cpu_ms() { # of a process that has ended, by `times` of the shell that waited
	"$@" 2>/dev/null
	times >"$tmp/times"
	awk 'NR == 2 { n = split($0, t, /[ms ]+/); print int((t[1] * 60 + t[2] + t[3] * 60 + t[4]) * 1000) }' "$tmp/times"
}

(for ((i = 0; i < seconds; i++)); do
	ss -tanpoe | gzip -c
	sleep 1
done) >"$tmp/ss.gz" &
compared=$!
if command -v atop >/dev/null; then atop -w "$tmp/atop" 1 "$seconds" & fi
written=$(cpu_ms "$B/tcptop" --no-config --write "$tmp/file" 1 "$seconds")
once=$(cpu_ms "$B/tcptop" --no-config --write "$tmp/once" 1 1) # to start, and the first sample
wait $compared
an_hour tcptop "$(stat -c %s "$tmp/file")"
an_hour 'ss|gzip' "$(stat -c %s "$tmp/ss.gz")"
if [ -s "$tmp/atop" ]; then an_hour atop "$(stat -c %s "$tmp/atop")"; else echo "atop      is not installed"; fi
"$B/tests/bench/recording" --of "$tmp/file" | tee "$tmp/of"
awk -v all="$written" -v once="$once" -v n="$((seconds - 1))" '/^taken/ {
	each = (all - once) * 1000 / n
	printf "writing   %.0f us of CPU a sample in all, %.0f %% more than taking it; %d ms to start\n", each, (each / $2 - 1) * 100, once
}' "$tmp/of"
eval "exec ${LOAD[1]}>&-"
