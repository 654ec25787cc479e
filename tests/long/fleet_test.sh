#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One Prometheus and HOSTS (100) hosts, each a network namespace with an address of its own that
# answers by HTTP, for FAULT_SECONDS (default 120): no scrape fails, fleet rules count all hosts and
# name the one that is in trouble, and no process is left over.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/own_host.sh
needs prometheus systemd-socket-activate curl
[ -n "${OWN_MOUNTS:-}" ] || skip_all 'no mount namespace here'

hosts=${HOSTS:-100} seconds=${FAULT_SECONDS:-120}
# The names of the namespaces are seen here alone.
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns || skip_all 'nothing can be mounted here'
ip link set lo up
ip link add fleet type bridge 2>/dev/null || skip_all 'the kernel has no bridges'
ip addr add 10.9.0.1/16 dev fleet && ip link set fleet up
targets=() listening=()
for i in $(seq "$hosts"); do
	ip netns add "host$i" && ip link add "to$i" type veth peer name eth0 netns "host$i" &&
		ip link set "to$i" master fleet up && ip -n "host$i" link set lo up &&
		ip -n "host$i" addr add "10.9.1.$i/16" dev eth0 && ip -n "host$i" link set eth0 up ||
		skip_all "a namespace cannot be connected here"
	run ip netns exec "host$i" systemd-socket-activate --accept --inetd -l "10.9.1.$i:9797" \
		"$B/tcptop" --no-config --answer-http 100ms 2
	listening+=("$pid")
	targets+=("\"10.9.1.$i:9797\"")
done
cp config/prometheus/tcptop.rules.yml "$tmp/rules.yml"
cat >"$tmp/prometheus.yml" <<-END
	global: {scrape_interval: 15s, evaluation_interval: 15s}
	rule_files: [rules.yml]
	scrape_configs:
	  - {job_name: tcptop, static_configs: [{targets: [$(IFS=, && echo "${targets[*]}")]}]}
END
run prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" --web.listen-address=127.0.0.1:9090
ask() { curl -sfG --max-time 20 http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1"; }
value() { # value QUERY: of its only series
	ask "$1" | sed -nE 's/.*"value":\[[0-9.]+,"([^"]*)"\].*/\1/p'
}
is() { [ "$(value "$1")" = "$2" ]; }
check "all of $hosts hosts are scraped" until_true is 'count(up == 1)' "$hosts"
sleep "$seconds" # what lasts so long is what is tested
check "none has failed in $seconds s" is "count(min_over_time(up[${seconds}s]) == 1)" "$hosts"
echo "# $(value "sum(count_over_time(up[${seconds}s]))") scrapes"
check 'fleet rules count the hosts' is 'cluster_state:tcptop_connections:sum{state="LISTEN"}' "$hosts"
check 'nothing is found where nothing is wrong' is 'count(instance:tcptop_findings:sum == 0)' "$hosts"
mkfifo "$tmp/hold"
exec {hold}<>"$tmp/hold"
ip netns exec host1 "$B/tests/data/trouble" full-queue 7002 30 <"$tmp/hold" >>"$tmp/log" 2>&1 {hold}>&- &
pids+=($!)
worst() {
	is 'cluster_rule:tcptop_hosts:count{rule="accept_queue"}' 1 &&
		[ "$(labels 'topk(1, instance:tcptop_findings:sum) > 0')" = 10.9.1.1:9797 ]
}
labels() { ask "$1" | sed -nE 's/.*"instance":"([^"]*)".*/\1/p'; }
check 'the one host that is in trouble is named' until_true worst
few() { # as many as the table promises, at most
	local most
	most=$("$B/tcptop" --no-config --explain-metrics | sed -nE 's/,//g; s/.*at most ([0-9]+) series.*/\1/p')
	[ "$(value 'max(count by (instance) ({__name__=~"tcptop_.*"}))')" -le "$most" ]
}
check 'no host has more series than it may' few
echo "# series: $(value 'count({__name__=~"tcptop_.*"})'); longest scrape: $(value 'max(max_over_time(scrape_duration_seconds[10m]))') s; average: $(value 'avg(avg_over_time(scrape_duration_seconds[10m]))') s"
kill "$pid" # Prometheus asks no more
alone() { # no answer is still being made
	local one
	for one in "${listening[@]}"; do ! pgrep -P "$one" || return; done
}
check 'no process is left over' until_true alone
finish
