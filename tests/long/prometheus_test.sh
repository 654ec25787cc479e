#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A real Prometheus, with node_exporter's textfile collector, scrapes a host both ways; trouble that is
# made with real sockets raises its alerts and no others, and they end with it; every query of the
# dashboard has an answer.
#
# Everything is in a network namespace of its own. Alerts wait for seconds in the place of minutes,
# since both are read from the rules that are shipped. Skipped where prometheus is not installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/own_host.sh
needs prometheus prometheus-node-exporter systemd-socket-activate curl
patience=120
# One segment at a time, so that as many are lost as are meant to be.
ip link set lo up mtu 1500 gso_max_segs 1 || exit 1
echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse
printf '[doctor]\nclose_wait_age = 3\nretransmission_segs = 300\n' >"$tmp/tcptop.ini"
mkdir "$tmp/textfile"
run "$B/tcptop" --config "$tmp/tcptop.ini" --batch --format prometheus --output "$tmp/textfile/tcptop.prom" 1
run systemd-socket-activate --accept --inetd -l 127.0.0.1:9797 "$B/tcptop" --config "$tmp/tcptop.ini" --answer-http 100ms 3
run prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.tcpstat \
	--collector.textfile.directory="$tmp/textfile" --web.listen-address=127.0.0.1:9100
sed -E 's/for: [0-9]+[ms]/for: 3s/; s/\[5m\]/[15s]/g; s/\[1h\] offset 5m/[1m] offset 15s/g
	s/(data_segments_sent_total\[15s\]\)) \* 60 >= 1000/\1 * 60 >= 300/' \
	config/prometheus/tcptop.rules.yml >"$tmp/rules.yml"
cat >"$tmp/prometheus.yml" <<-END
	global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}
	rule_files: [rules.yml]
	scrape_configs:
	  - {job_name: file, static_configs: [{targets: ["127.0.0.1:9100"]}]}
	  - {job_name: http, static_configs: [{targets: ["127.0.0.1:9797"]}]}
END
run prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" --web.listen-address=127.0.0.1:9090

ask() { curl -sfG --max-time 20 http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1"; }
answers() { ask "$1" | grep -q '"result":\[{'; }
both() { answers 'up{job="file"} == 1 and on () tcptop_connections{job="file"}' && answers 'up{job="http"} == 1 and on () tcptop_connections{job="http"}'; }
check 'both ways are scraped' until_true both
no_error() { curl -sf http://127.0.0.1:9100/metrics | grep -x 'node_textfile_scrape_error 0'; }
check 'the textfile collector takes the file' no_error
same() { # same STATE: some, as many by both ways as by node_exporter's own reading
	local job
	for job in file http; do
		answers "sum(tcptop_connections{job=\"$job\",state=\"${1^^}\"}) == on () sum(node_tcp_connection_states{state=\"$1\"}) > 0" || return
	done
}
check 'listening sockets are those of node_exporter' until_true same listen

queries() { # each query of the dashboard has an answer
	local query bad=0
	while IFS= read -r query; do
		query=$(printf '%b' "${query//\\\"/\"}")
		query=${query//\$__rate_interval/15s}
		# limits that the kernel has for the whole host are not shown in a namespace
		[[ $query =~ orphans_limit|memory_limit_pages ]] && [ ! -e /proc/sys/net/ipv4/tcp_mem ] && continue
		answers "${query//\$instance/.*}" || { echo "no answer: $query" && bad=1; }
	done < <(sed -nE 's/^ *"expr": "(.*)",$/\1/p' config/grafana/tcptop.json)
	return $bad
}
firing() { curl -sf http://127.0.0.1:9090/api/v1/alerts | grep -oE '"alertname":"[A-Za-z0-9]+"[^{}]*\}[^{}]*\{[^{}]*\},"state":"firing"' | sed -E 's/.*"alertname":"([A-Za-z0-9]+)".*/\1/' | sort -u; }
only() { # only PATTERN: no alert that does not match it
	! firing | grep -vxE "$1" | grep .
}
quiet() { [ -z "$(firing)" ]; }
fires() { firing | grep -qx "$1"; }

# trouble SCENE N SETUP ALERT OTHERS: the alert comes, at most with those that follow from it
trouble() {
	local scene=$1
	eval "$3"
	mkfifo "$tmp/$scene.in"
	exec 8<>"$tmp/$scene.in"
	"$B/tests/data/trouble" "$scene" 3000 "$2" <"$tmp/$scene.in" >"$tmp/$scene.out" 2>&1 8>&- &
	local pid=$!
	pids+=("$pid")
	until_true grep -qE 'ready' "$tmp/$scene.out"
	check "$scene raises $4" until_true fires "$4"
	check "$scene raises nothing else" only "$4${5:+|$5}"
	[ "$scene" != leak ] || check 'sockets in CLOSE_WAIT are those of node_exporter' until_true same close_wait
	[ "$scene" != full-queue ] || check 'every query of the dashboard has an answer' until_true queries
	kill "$pid"
	wait "$pid" 2>/dev/null
	exec 8>&-
	check "$scene is over, and its alerts" until_true quiet
}
check 'nothing fires on an idle host' until_true quiet
trouble leak 50 '' TcptopCloseWaitLeak ''
trouble full-queue 10 '' TcptopAcceptQueueFull 'TcptopAcceptQueueOverflows|TcptopAcceptStalled|TcptopSynSent|TcptopSynBacklog|TcptopSynDrops'
trouble lossy 50 '' TcptopRetransmission 'TcptopRetransmissionHigh|TcptopFlowRetransmission'
trouble use-ports 25 'echo 40000 40999 >/proc/sys/net/ipv4/ip_local_port_range' TcptopEphemeralPorts 'TcptopEphemeralPortsGone|TcptopEphemeralPortsSoon|TcptopTimeWaitTable'
finish
