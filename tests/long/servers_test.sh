#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Real servers that are well: nginx, haproxy, postgresql with pgbouncer, redis and node, each under a
# bounded load, with slow clients, idle pools and graceful reloads. The doctor looks when the load
# begins, while it lasts and when it has ended, as root and as an ordinary user, and says nothing.
#
# Servers that are missing are skipped; nothing is installed, and no service of this host is touched:
# the namespace, the ports, the data folders and the configurations are the test's own.
# shellcheck disable=SC2317 # functions that are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/own_host.sh
PATH=$PATH:/usr/sbin
chmod 755 "$tmp"
ip link set lo up || exit 1
user=() users=(root)
if [ "$(id -u)" != 0 ]; then
	users=("$(id -un)")
elif setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all)
	users+=(nobody)
fi

runs=0 found=0
ended() { kill "$@" 2>/dev/null; wait "$@" 2>/dev/null; }
have() { command -v "$1" >/dev/null; }
listens() { ss -Htln "sport = :$1" | grep -q .; }
up() { # up NAME PORT: it has started
	until_true listens "$2" && return
	tail -n 5 "$tmp/log" | sed 's/^/# /'
	n=$((n + 1)) failed=1
	echo "not ok $n - $1 starts"
	return 1
}

# silent WHAT [TRUE]: each user's doctor looks at the same time and finds nothing that is worse than
# a note, but for what matches TRUE
silent() {
	local who as true=${2:-nothing at all} looking=()
	for who in "${users[@]}"; do
		as=()
		[ "$who" != nobody ] || as=("${user[@]}")
		"${as[@]}" "$B/tcptop" --no-config --doctor --json >"$tmp/$who.json" 2>"$tmp/$who.err" &
		looking+=($!)
	done
	wait "${looking[@]}"
	for who in "${users[@]}"; do
		n=$((n + 1)) runs=$((runs + 1))
		if grep -q '"looked_at":\[".*\]' "$tmp/$who.json" &&
			! grep -E '"severity":"(warning|critical)"' "$tmp/$who.json" | grep -vE "$true" >"$tmp/findings"; then
			echo "ok $n - $1, as $who"
			continue
		fi
		failed=1 found=$((found + 1))
		head -c 1500 "$tmp/findings" "$tmp/$who.err" | sed 's/^/# /'
		echo "not ok $n - $1, as $who"
	done
}
# phases NAME LOAD…: before, at the begin, in the middle and at the end of the load
phases() {
	local name=$1 load
	shift
	run "$@"
	load=$pid
	silent "$name: the load begins"
	silent "$name: the load goes on"
	kill "$load" 2>/dev/null
	silent "$name: the load has been ended"
	wait "$load" 2>/dev/null
}
loop() { trap 'kill $! 2>/dev/null; exit' TERM; while :; do "$@" & wait $!; done; }
# hold N PORT: so many connections that are opened and stay
hold() {
	local fd
	for ((i = 0; i < $1; i++)); do exec {fd}<>"/dev/tcp/127.0.0.1/$2" && pool+=("$fd"); done
}
let_go() { for fd in "${pool[@]}"; do exec {fd}>&-; done; pool=(); }
# slowly PORT PATH: take a large answer at 50 kB/s, by the clock, so that a busy machine is no slower
slowly() {
	local begin due=0 taken=0
	exec 4<>"/dev/tcp/127.0.0.1/$1"
	printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&4
	begin=${EPOCHREALTIME/[.,]/}
	while IFS= read -r -N $((due - taken)) -u 4 _; do
		taken=$due
		sleep 0.1
		due=$(((${EPOCHREALTIME/[.,]/} - begin) / 20))
	done
}
pool=()

web_load() { # web_load NAME PORT
	if have wrk; then
		phases "$1, kept connections" loop wrk -t1 -c50 -d3 "http://127.0.0.1:$2/small"
	else
		skip "$1, kept connections" 'no wrk here'
	fi
	if have ab; then
		phases "$1, a connection for each request" loop ab -q -n 2000 -c 20 "http://127.0.0.1:$2/small"
	else
		skip "$1, a connection for each request" 'no ab here'
	fi
}
slow_clients() { # slow_clients NAME PORT
	local slow=()
	for _ in 1 2 3 4 5; do
		(slowly "$2" /large) &
		slow+=($!)
	done
	pids+=("${slow[@]}")
	# that the clients read slowly is true; that their windows are shut, or the server hangs, is not
	silent "$1: clients that read slowly" '"rule":"zero_window".*"evidence":{"limited":[0-9]'
	ended "${slow[@]}"
}

test_nginx() {
	have nginx || { skip nginx 'no nginx here'; return; }
	mkdir -p "$tmp/www"
	echo small >"$tmp/www/small"
	head -c 50000000 /dev/zero | tr '\0' x >"$tmp/www/large"
	cat >"$tmp/nginx.conf" <<-EOF
		daemon off;
		worker_processes 2;
		pid $tmp/nginx.pid;
		error_log $tmp/nginx.log;
		events { worker_connections 512; }
		http {
			access_log off;
			keepalive_timeout 300;
			server { listen 127.0.0.1:8080; listen [::1]:8080; root $tmp/www; }
		}
	EOF
	run nginx -p "$tmp" -c "$tmp/nginx.conf" -e "$tmp/nginx.log"
	up nginx 8080 || return
	silent 'nginx: idle'
	web_load nginx 8080
	hold 60 8080
	silent 'nginx: a pool of idle connections'
	nginx -p "$tmp" -c "$tmp/nginx.conf" -e "$tmp/nginx.log" -s reload
	silent 'nginx: a graceful reload, with connections held'
	let_go
	silent 'nginx: the pool is closed'
	slow_clients nginx 8080
}

test_haproxy() {
	if ! have haproxy || ! listens 8080; then
		skip haproxy 'no haproxy here, or no nginx behind it'
		return
	fi
	cat >"$tmp/haproxy.cfg" <<-EOF
		global
			maxconn 500
		defaults
			mode http
			timeout connect 5s
			timeout client 300s
			timeout server 300s
		frontend in
			bind 127.0.0.1:8081
			default_backend web
		backend web
			option httpchk GET /small
			server one 127.0.0.1:8080 check inter 500
	EOF
	run haproxy -W -db -p "$tmp/haproxy.pid" -f "$tmp/haproxy.cfg"
	local master=$pid
	up haproxy 8081 || return
	silent 'haproxy: idle, with health checks'
	web_load haproxy 8081
	hold 60 8081
	kill -USR2 "$master"
	silent 'haproxy: a graceful reload, with connections held'
	let_go
}

test_postgresql() {
	local bin as=() folder=$tmp/pg
	bin=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -n 1)
	{ [ -n "$bin" ] && have pgbench; } || { skip postgresql 'no postgresql, or no pgbench, here'; return; }
	bin=${bin%/*}
	mkdir -p "$folder"
	if [ "$(id -u)" = 0 ]; then # it refuses root, and a user without a name
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
		chown 65534 "$folder"
	fi
	export LC_ALL=C.UTF-8
	if ! "${as[@]}" env HOME="$folder" "$bin/initdb" -D "$folder/data" -U test -A trust >>"$tmp/log" 2>&1; then
		skip postgresql "initdb: $(tail -n 1 "$tmp/log")"
		return
	fi
	run "${as[@]}" "$bin/postgres" -D "$folder/data" -k "$folder" -h 127.0.0.1 -p 8432 -F
	up postgresql 8432 || return
	local to=(-h 127.0.0.1 -p 8432 -U test postgres)
	until_true psql "${to[@]}" -c 'select 1' >>"$tmp/log" 2>&1
	pgbench -i -q -s 1 "${to[@]}" >>"$tmp/log" 2>&1
	phases 'postgresql, kept connections' pgbench -S -c 20 -j 1 -R 400 -T 60 "${to[@]}"
	phases 'postgresql, a connection for each transaction' pgbench -S -C -c 4 -R 40 -T 60 "${to[@]}"
	test_pgbouncer "$folder" "${as[@]}"
}

test_pgbouncer() { # test_pgbouncer FOLDER AS…
	have pgbouncer || { skip pgbouncer 'no pgbouncer here'; return; }
	local folder=$1
	shift
	cat >"$folder/pgbouncer.ini" <<-EOF
		[databases]
		postgres = host=127.0.0.1 port=8432 user=test
		[pgbouncer]
		listen_addr = 127.0.0.1
		listen_port = 8433
		unix_socket_dir =
		auth_type = any
		pool_mode = transaction
		min_pool_size = 15
		default_pool_size = 20
		max_client_conn = 200
	EOF
	run "$@" pgbouncer "$folder/pgbouncer.ini"
	up pgbouncer 8433 || return
	phases 'pgbouncer, mostly idle' pgbench -n -S -c 40 -j 1 -R 20 -T 60 -h 127.0.0.1 -p 8433 -U test postgres
}

test_redis() {
	if ! have redis-server || ! have redis-benchmark; then
		skip redis 'no redis here'
		return
	fi
	mkdir -p "$tmp/redis"
	run redis-server --bind 127.0.0.1 --port 8379 --dir "$tmp/redis" --save '' --appendonly no
	up redis 8379 || return
	phases 'redis, kept connections' loop redis-benchmark -q -p 8379 -c 50 -n 50000 -P 4 -t set,get
	phases 'redis, a connection for each request' loop redis-benchmark -q -p 8379 -c 20 -n 2000 -k 0 -t get
	hold 60 8379
	silent 'redis: a pool of idle connections'
	let_go
}

test_node() {
	have node || { skip node 'no node here'; return; }
	run node -e '
		const http = require("http");
		http.createServer((q, a) => q.url === "/large" ? a.end("x".repeat(20000000)) : a.end("small"))
			.listen(8082, "::");'
	up node 8082 || return
	web_load node 8082
	slow_clients node 8082
}

for one in nginx haproxy postgresql redis node; do "test_$one"; done
echo "# $runs runs of the doctor, $found with findings"
finish
