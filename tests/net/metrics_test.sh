#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What Prometheus is told of a real host: the numbers of ss, nstat and --json; a file that is replaced
# as a whole; one request of HTTP for each process, whoever asks and however.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh
if ! ip link set lo up; then
	echo "ok 1 - metrics # SKIP no loopback device here"
	echo 1..1
	exit 0
fi
tmp=$(mktemp -d) || exit 1
mkfifo "$tmp/hold"
exec 3<>"$tmp/hold"
trap 'exec 3>&-; jobs -p | xargs -r kill 2>/dev/null; wait 2>/dev/null; rm -rf "$tmp"' EXIT
. tests/lib/check_output.sh
tcptop() { "$B/tcptop" --no-config "$@"; }
for scene in 'kept 7001 5' 'full-queue 7002 30'; do
	: >"$tmp/ready"
	# shellcheck disable=SC2086 # three words
	"$B/tests/data/trouble" $scene 3>&- <"$tmp/hold" >"$tmp/ready" &
	until_true grep -qs ready "$tmp/ready"
done

# Numbers are compared while they stand still: clients repeat their SYNs.
value() { sed -nE "s/^$1 ([0-9.e+]+)\$/\1/p" "$tmp/metrics"; } # value PATTERN-OF-THE-SERIES
of_ss() { ss -Htan | awk '{ n[$1]++ } END { for (s in n) print s, n[s] }' | sort; }
of_tcptop() {
	sed -nE 's/^tcptop_connections\{state="([A-Z_0-9]+)"\} ([1-9][0-9]*)$/\1 \2/p' "$tmp/metrics" |
		sed 's/^ESTABLISHED/ESTAB/; s/_/-/g; s/WAIT\([12]\)/WAIT-\1/' | grep -v '^BOUND' | sort
}
like_ss() {
	local before
	before=$(of_ss)
	tcptop --format prometheus >"$tmp/metrics" || return
	[ "$before" = "$(of_ss)" ] || return 1
	[ -n "$before" ] && diff <(echo "$before") <(of_tcptop)
}
check 'states are those of ss' until_true like_ss
like_json() {
	local json
	json=$(tcptop --once --json --summary) && tcptop --format prometheus >"$tmp/metrics" || return
	grep -oE '"[A-Z_0-9]+":[0-9]+' <<<"$json" | tr -d '"' | sort >"$tmp/json"
	sed -nE 's/^tcptop_connections\{state="([A-Z_0-9]+)"\} ([0-9]+)$/\1:\2/p' "$tmp/metrics" |
		grep -v '^BOUND' | sort | diff "$tmp/json" -
}
check 'and those of --json' until_true like_json
kernel() { # kernel FILE SECTION NAME
	awk -v section="$2:" -v name="$3" '$1 == section { if (!n) { for (i in h) delete h[i]
		for (i = 2; i <= NF; i++) h[i] = $i; n = 1 } else { for (i = 2; i <= NF; i++) if (h[i] == name) print $i; n = 0 } }' "/proc/self/net/$1"
}
like_counters() {
	local before after series
	counters() { echo "$(kernel snmp Tcp ActiveOpens) $(kernel snmp Tcp RetransSegs) $(kernel netstat TcpExt ListenOverflows) $(kernel netstat TcpExt TCPOrigDataSent)"; }
	before=$(counters)
	tcptop --format prometheus >"$tmp/metrics" || return
	after=$(counters)
	[ "$before" = "$after" ] || return 1
	series="$(value tcptop_active_opens_total) $(value tcptop_segments_retransmitted_total) $(value tcptop_listen_overflows_total) $(value tcptop_data_segments_sent_total)"
	echo "$before, $series"
	[ "$before" = "$series" ] && [ "${before%% *}" -gt 0 ]
}
check 'counters are those of the kernel' until_true like_counters
like_listener() {
	local before
	listener() { ss -Htlnm 'sport = :7002' | tr '\n' ' ' | sed -E 's/^[A-Z]+ +([0-9]+) +([0-9]+) .*,d([0-9]+)\).*/\1 \2 \3/'; }
	before=$(listener)
	tcptop --format prometheus >"$tmp/metrics" || return
	[ "$before" = "$(listener)" ] || return 1
	labels='\{address="127\.0\.0\.1",port="7002"\}'
	echo "$before, $(grep 7002 "$tmp/metrics")"
	[ "$before" = "$(value "tcptop_listener_queue$labels") $(value "tcptop_listener_queue_limit$labels") $(value "tcptop_listener_drops_total$labels")" ] &&
		[[ $before != *" 0" ]]
}
check 'queue, limit and drops of a listener are those of ss' until_true like_listener

# Way one: a file.
"$B/tcptop" --no-config --batch --format prometheus --output "$tmp/tcptop.prom" 0.2 2>"$tmp/batch.err" 3>&- &
batch=$!
check 'a batch writes a file' until_true test -s "$tmp/tcptop.prom"
whole() { # every time it is opened it begins and ends as a whole one does, and goes on
	local i text last=0
	for i in $(seq 60); do
		text=$(cat "$tmp/tcptop.prom") || return
		[[ $text == '# HELP tcptop_build_info '* && $text == *$'\n''tcptop_findings_truncated '* ]] || { echo "$text"; return 1; }
	done
	last=$(value_in_file tcptop_samples_total)
	more() { [ "$(value_in_file tcptop_samples_total)" -gt "$last" ]; }
	until_true more
}
value_in_file() { sed -nE "s/^$1 ([0-9]+)\$/\1/p" "$tmp/tcptop.prom"; }
check 'the file is whole whenever it is read' whole
check 'everybody may read it' test "$(stat -c %a "$tmp/tcptop.prom")" = "$(printf %o $((0666 & ~0$(umask))))"
check 'a resident process counts ends' until_true grep -q '^tcptop_connections_ended_total [0-9]' "$tmp/tcptop.prom"
found() { grep -qE '^tcptop_finding\{rule="accept_queue",severity="(warning|critical)"\} [1-9]' "$tmp/tcptop.prom"; }
check 'a full accept queue is a finding' until_true found
kill $batch
wait $batch 2>/dev/null
check 'nothing else is left beside the file' test "$(find "$tmp" -name '.tcptop*' | wc -l)" = 0
ln -s "$tmp/elsewhere" "$tmp/link.prom"
replaces_link() { tcptop --format prometheus --output "$tmp/link.prom" && [ ! -L "$tmp/link.prom" ] && [ ! -e "$tmp/elsewhere" ]; }
check 'a symbolic link is replaced, not followed' replaces_link
refused() {
	! tcptop --format prometheus --output "$tmp/none/x.prom" 2>"$tmp/err" && grep -q "none/x.prom" "$tmp/err"
}
check 'a file that cannot be written is said' refused

# Way two: a request on standard input.
answer() { printf "$1" | timeout 20 "$B/tcptop" --no-config --answer-http >"$tmp/answer" 2>"$tmp/err"; }
status() { # status CODE REQUEST: exit code 0 in any case
	answer "$2" || { echo "exit code $?"; return 1; }
	head -n 1 "$tmp/answer"
	[ "$(head -n 1 "$tmp/answer" | tr -d '\r')" = "HTTP/1.1 $1" ]
}
crlf='\r\n'
check 'GET /metrics is answered' status '200 OK' "GET /metrics HTTP/1.1${crlf}Host: x$crlf$crlf"
length() { # Content-Length is that of the body
	local said
	said=$(sed -nE 's/^Content-Length: ([0-9]+)\r$/\1/p' "$tmp/answer")
	[ "$said" -gt 1000 ] && [ "$(sed '1,/^\r$/d' "$tmp/answer" | wc -c)" = "$said" ]
}
check 'with its length' length
plain() { grep -q '^Content-Type: text/plain; version=0.0.4' "$tmp/answer" && ! grep -q '^# EOF' "$tmp/answer"; }
check 'as text' plain
open() {
	status '200 OK' "GET /metrics?x=1 HTTP/1.0${crlf}accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5$crlf$crlf" &&
		grep -q '^Content-Type: application/openmetrics-text; version=1.0.0' "$tmp/answer" && [ "$(tail -n 1 "$tmp/answer")" = '# EOF' ]
}
check 'as OpenMetrics, where that is accepted' open
head_only() { status '200 OK' "HEAD /metrics HTTP/1.1$crlf$crlf" && [ -z "$(sed '1,/^\r$/d' "$tmp/answer")" ] && grep -q '^Content-Length: [1-9]' "$tmp/answer"; }
check 'HEAD has no body' head_only
check 'lines may end in a newline alone' status '200 OK' 'GET /metrics HTTP/1.1\n\n'
for path in / /metrics/ /metricsx //metrics /metrics%%00 '*'; do
	check "$path is not found" status '404 Not Found' "GET $path HTTP/1.1$crlf$crlf"
done
for method in POST PUT DELETE OPTIONS TRACE; do
	check "$method is not allowed" status '405 Method Not Allowed' "$method /metrics HTTP/1.1$crlf$crlf"
done
check 'which says what is' grep -q '^Allow: GET, HEAD' "$tmp/answer"
wrong() { # wrong NAME REQUEST
	check "$1 is a bad request" status '400 Bad Request' "$2"
}
wrong 'garbage' 'garbage\n\n'
wrong 'an empty line' "$crlf$crlf"
wrong 'HTTP/2' "PRI * HTTP/2.0$crlf${crlf}SM$crlf$crlf"
wrong 'another version' "GET /metrics HTTP/2.0$crlf$crlf"
wrong 'no version' "GET /metrics$crlf$crlf"
wrong 'a method in small letters' "get /metrics HTTP/1.1$crlf$crlf"
wrong 'two blanks' "GET  /metrics HTTP/1.1$crlf$crlf"
wrong 'a control character' "GET /metrics\\001 HTTP/1.1$crlf$crlf"
wrong 'a NUL' "GET /metr\\000ics HTTP/1.1$crlf$crlf"
wrong 'a header without a name' "GET /metrics HTTP/1.1$crlf: x$crlf$crlf"
wrong 'a header without a colon' "GET /metrics HTTP/1.1${crlf}Host$crlf$crlf"
wrong 'half a request' 'GET /metr'
wrong 'TLS' '\026\003\001\002\000\001\000\001\374\003\003\n\n'
too_long() {
	{ printf 'GET /metrics HTTP/1.1\r\n'; yes 'X-Long: 0123456789' | head -c 20000; } |
		timeout 20 "$B/tcptop" --no-config --answer-http >"$tmp/answer" 2>/dev/null
	grep -q '^HTTP/1.1 400 ' "$tmp/answer"
}
check 'a request that is too long is refused' too_long
silent() { timeout 20 "$B/tcptop" --no-config --answer-http </dev/null >"$tmp/answer" && [ ! -s "$tmp/answer" ]; }
check 'who asks nothing gets nothing' silent
slow() { # the other end stays open longer than it may, and says half
	{ printf 'GET /metrics HTTP/1.1\r\nHo' && sleep 7; } | timeout 60 "$B/tcptop" --no-config --answer-http >"$tmp/answer"
	grep -q '^HTTP/1.1 408 ' "$tmp/answer"
}

# On a socket, as systemd gives it.
if command -v systemd-socket-activate >/dev/null && command -v curl >/dev/null; then
	systemd-socket-activate --accept --inetd -l 127.0.0.1:9797 "$B/tcptop" --no-config --answer-http 100ms 2 2>"$tmp/activate" 3>&- &
	activate=$!
	asks() { curl -sf --max-time 20 http://127.0.0.1:9797/metrics >"$tmp/metrics"; }
	check 'a socket is answered' until_true asks
	check 'with the state of that socket' grep -qE '^tcptop_connections\{state="ESTABLISHED"\} [1-9]' "$tmp/metrics"
	posts() { # the answer comes although the request has a body that nobody reads
		head -c 50000 /dev/zero | curl -s --max-time 20 --data-binary @- -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9797/metrics | grep -qx 405
	}
	check 'an error reaches a client that is still sending' posts
	crowd() { # many at once that ask badly or not at all, and one that asks well
		local i sockets=()
		for i in $(seq 100); do
			exec {fd}<>/dev/tcp/127.0.0.1/9797 || return
			sockets+=("$fd")
			case $((i % 3)) in
			0) printf 'GET /metrics HTTP/1.1\r\n' >&"$fd" ;;
			1) printf '\000\001\002' >&"$fd" ;;
			esac
		done
		until_true asks || return
		for fd in "${sockets[@]}"; do exec {fd}>&-; done
		gone() { ! pgrep -P "$activate"; }
		until_true gone
	}
	check 'a hundred clients that wait do not hinder one that asks, and leave nothing' crowd
else
	skip 'a socket is answered' 'systemd-socket-activate or curl is not installed'
fi
check 'half a request is answered in time' slow
if command -v promtool >/dev/null; then
	lints() { tcptop --format "$1" | promtool check metrics && asked=$(tcptop --format "$1" 2>/dev/null | promtool check metrics 2>&1) && [ -z "$asked" ]; }
	check 'promtool has nothing to say of the text' lints prometheus
else
	skip 'promtool has nothing to say of the text' 'promtool is not installed'
fi
echo "1..$n"
