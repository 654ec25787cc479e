#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One Prometheus and HOSTS (100) hosts, each a network namespace with an address of its own that
# answers by HTTP, for FAULT_SECONDS (default 120): no scrape fails, and fleet rules count all hosts.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/namespace.sh
skip_all() {
	echo "ok 1 - a fleet # SKIP $1"
	echo 1..1
	exit 0
}
if [ -z "${IN_NAMESPACE:-}" ]; then
	[ ${#in_namespace[@]} != 0 ] || skip_all 'no namespaces here'
	IN_NAMESPACE=1 exec "${in_namespace[@]}" bash "$0"
fi
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh
for tool in prometheus systemd-socket-activate curl; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
[ -n "${OWN_MOUNTS:-}" ] || skip_all 'no mount namespace here'
hosts=${HOSTS:-100} seconds=${FAULT_SECONDS:-120}
tmp=$(mktemp -d) || exit 1
pids=()
end_all() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap end_all EXIT
n=0 failed=0
check() { # check NAME COMMAND…
	n=$((n + 1))
	if "${@:2}" >"$tmp/said" 2>&1; then
		echo "ok $n - $1"
	else
		failed=1
		echo "not ok $n - $1"
		head -n 30 "$tmp/said" | sed 's/^/# /'
	fi
}

# The names of the namespaces are seen here alone.
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns || skip_all 'nothing can be mounted here'
ip link set lo up
ip link add fleet type bridge 2>/dev/null || skip_all 'the kernel has no bridges'
ip addr add 10.9.0.1/16 dev fleet && ip link set fleet up
targets=()
for i in $(seq "$hosts"); do
	ip netns add "host$i" && ip link add "to$i" type veth peer name eth0 netns "host$i" &&
		ip link set "to$i" master fleet up && ip -n "host$i" link set lo up &&
		ip -n "host$i" addr add "10.9.1.$i/16" dev eth0 && ip -n "host$i" link set eth0 up ||
		skip_all "a namespace cannot be connected here"
	ip netns exec "host$i" systemd-socket-activate --accept --inetd -l "10.9.1.$i:9797" \
		"$B/tcptop" --no-config --answer-http 100ms 2 >>"$tmp/log" 2>&1 &
	pids+=($!)
	targets+=("\"10.9.1.$i:9797\"")
done
cp config/prometheus/tcptop.rules.yml "$tmp/rules.yml"
cat >"$tmp/prometheus.yml" <<-END
	global: {scrape_interval: 15s, evaluation_interval: 15s}
	rule_files: [rules.yml]
	scrape_configs:
	  - {job_name: tcptop, static_configs: [{targets: [$(IFS=, && echo "${targets[*]}")]}]}
END
prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" --web.listen-address=127.0.0.1:9090 >>"$tmp/log" 2>&1 &
pids+=($!)
value() { # value QUERY: of its only series
	curl -sfG --max-time 20 http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" |
		sed -nE 's/.*"value":\[[0-9.]+,"([^"]*)"\].*/\1/p'
}
is() { [ "$(value "$1")" = "$2" ]; }
check "all of $hosts hosts are scraped" until_true is 'count(up == 1)' "$hosts"
sleep "$seconds" # what lasts so long is what is tested
check "none has failed in $seconds s" is "count(min_over_time(up[${seconds}s]) == 1)" "$hosts"
check 'fleet rules count the hosts' is 'cluster_state:tcptop_connections:sum{state="LISTEN"}' "$hosts"
few() { # as many as the table promises, at most
	local most
	most=$("$B/tcptop" --no-config --explain-metrics | sed -nE 's/.*at most ([0-9]+) series.*/\1/p')
	[ "$(value 'max(count by (instance) ({__name__=~"tcptop_.*"}))')" -le "$most" ]
}
check 'no host has more series than it may' few
echo "# series: $(value 'count({__name__=~"tcptop_.*"})'); longest scrape: $(value 'max(max_over_time(scrape_duration_seconds[10m]))') s; average: $(value 'avg(avg_over_time(scrape_duration_seconds[10m]))') s"
echo "1..$n"
exit $failed
