#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a recording of real sockets costs: `history.sh BUILD [SOCKETS [SECONDS [nginx]]]` records so
# many (1000) for SECONDS (60), a sample every INTERVAL seconds (1): ESTABLISHED ones, with ten
# connections a second that come and go beside them; with `nginx` those of nginx and wrk, where each
# connection asks about once a second, with `nginx-full` as fast as it can. Prints bytes an hour and
# CPU time of tcptop beside those of `ss -tanpoe | gzip` and of atop (another one: ATOP=), all at the
# same time; the CPU time of writing in relation to that of taking samples; what reading costs. With
# COMPARE=no without the two others, of which ss takes minutes a sample at a million sockets. In a
# network namespace of its own.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare -n bash "$0" "$@"
sockets=${2:-1000} seconds=${3:-60} traffic=${4:-} atop=${ATOP:-atop} interval=${INTERVAL:-1}
samples=$((seconds / interval))
tmp=$(mktemp -d)
trap 'kill $(jobs -p) $(cat "$tmp/nginx.pid" 2>/dev/null) 2>/dev/null; rm -rf "$tmp"' EXIT
ip link set lo up
if [[ $traffic = nginx* ]]; then
	cat >"$tmp/nginx.conf" <<-END
		user root;
		pid $tmp/nginx.pid;
		events { worker_connections $((sockets + 100)); }
		http { access_log off; keepalive_requests 1000; server { listen 127.0.0.1:8080; location / { return 200 "hello"; } } }
	END
	nginx -c "$tmp/nginx.conf" -e "$tmp/nginx.log" || exit 1
	echo 'function delay() return math.random(500, 1500) end' >"$tmp/pace.lua"
	[ "$traffic" != nginx-full ] || : >"$tmp/pace.lua"
	wrk -t 1 -c $((sockets / 2)) -d $((seconds + 20)) -s "$tmp/pace.lua" http://127.0.0.1:8080/ >/dev/null &
	sleep 2
else
	coproc LOAD { exec "$B/tests/bench/load" ESTABLISHED "$sockets"; }
	read -r -t 120 -u "${LOAD[0]}" _ || exit 1
	"$B/tests/data/brief" $((seconds * 10 + 100)) 200 2000 10 >/dev/null 2>&1 &
fi
cpu_ms() { # of the command, by `times` of the shell that waits for it
	"$@" 2>/dev/null
	times >"$tmp/times.$BASHPID"
	awk 'NR == 2 { n = split($0, t, /[ms ]+/); print int((t[1] * 60 + t[2] + t[3] * 60 + t[4]) * 1000) }' "$tmp/times.$BASHPID"
}
print_cost() { # print_cost NAME FILE MS: of so many seconds
	awk -v name="$1" -v n="$(stat -c %s "$2")" -v samples=$samples -v s="$seconds" -v ms="$3" 'BEGIN {
		printf "%-9s %.0f bytes a sample, %.2f MB an hour, %.2f ms of CPU a sample\n", name, n / samples, n / s * 3600 / 1e6, ms / samples
	}'
}
ss_each_second() {
	for ((i = 0; i < samples; i++)); do
		ss -tanpoe | gzip -c
		sleep "$interval"
	done >"$tmp/ss.gz"
}
echo "sockets   $(ss -tanH | wc -l)${traffic:+, of $traffic}"
compared=
if [ "${COMPARE:-yes}" = yes ]; then
	cpu_ms ss_each_second >"$tmp/ss.ms" &
	compared=$!
	cpu_ms "$atop" -w "$tmp/atop" "$interval" $samples >"$tmp/atop.ms" &
	compared+=" $!"
fi
written=$(cpu_ms "$B/tcptop" --no-config --write "$tmp/file" "$interval" $samples)
once=$(cpu_ms "$B/tcptop" --no-config --write "$tmp/once" 1 1) # to start, and the first sample
# shellcheck disable=SC2086 # two of them
[ -z "$compared" ] || wait $compared
print_cost tcptop "$tmp/file" "$written"
[ ! -e "$tmp/ss.ms" ] || print_cost 'ss|gzip' "$tmp/ss.gz" "$(cat "$tmp/ss.ms")"
if [ -s "$tmp/atop" ]; then print_cost atop "$tmp/atop" "$(cat "$tmp/atop.ms")"; else echo "atop      is not there"; fi
[ -z "${LOAD:-}" ] || eval "exec ${LOAD[1]}>&-" # the sockets are not needed for reading
"$B/tests/bench/recording" --of "$tmp/file" | tee "$tmp/of"
awk -v all="$written" -v once="$once" -v n="$((samples - 1))" '
	/^writing/ { writing = $2 }
	/^taken/ {
		printf "writing   %.1f %% of what taking a sample takes\n", writing / $2 * 100
		printf "in all    %.0f us of CPU a sample, with the doctor and the search for processes; %d ms to start\n", (all - once) * 1000 / n, once
	}' "$tmp/of"
