#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Figures of real connections: rates are those that were sent, by the real time between two samples;
# totals are the bytes that were sent, but for SYN and FIN; what ss -ti says of the same connection
# we say; who limits it; the largest talker comes first; one sample alone has no rates.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tcptop=("$B/tcptop" --no-config)
n=0
if ! ip link set lo up; then
	echo "ok 1 - figures # SKIP no loopback here"
	exit 0
fi
check() { # check NAME COMMAND…
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
}
value() { grep -o "\"$1\":[^,}]*" <<<"$2" | head -1 | cut -d: -f2 | tr -d '"'; } # value COLUMN JSON
# On a busy host one period may have more of what is sent, or less: several are looked at.
often() { # often COMMAND…: once within a minute
	local end=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
	done
}
near() { # near VALUE WANTED PERCENT
	awk -v v="${1:-x}" -v w="$2" -v p="$3" 'BEGIN { exit !(v + 0 == v && v >= w - w * p / 100 && v <= w + w * p / 100) }'
}

coproc FAST { exec "$B/tests/data/talk" 400000; }
fast_in=${FAST[1]} fast_out=${FAST[0]}
read -r -t 60 port client <&"$fast_out"
[ -n "${client:-}" ] || { echo "not ok - the connection stands"; exit 1; }
all=tx_bytes_s,rx_bytes_s,rate_bytes_s,bytes_acked,bytes_received,bytes_sent,rtt_us,min_rtt_us
all+=,cwnd_segs,congestion,limited_by,retrans_segs,bytes_retrans,notsent_bytes
row() { "${tcptop[@]}" --once --json --columns "$all" -f "lport:$1 rport:$2" "${@:3}" | head -1; }

sends() { # sends RATE: within 10 %, in the time of one call
	begun=$(date +%s%N)
	sender=$(row "$client" "$port")
	took=$((($(date +%s%N) - begun) / 1000000))
	near "$(value tx_bytes_s "$sender")" "$1" 10
}
receives() { near "$(value rx_bytes_s "$(row "$port" "$client" -d 0.5)")" "$1" 10; }
found() { [ "$("${tcptop[@]}" --once --json -f "$1" | grep -c '"connection"')" = 1 ]; }
check "TX/s is what was sent" often sends 400000
check "one call takes two samples, a second apart" [ "$took" -ge 990 ]
check "nothing came back" [ "$(value rx_bytes_s "$sender")" = 0 ]
check "the sum of both" [ "$(value rate_bytes_s "$sender")" = "$(value tx_bytes_s "$sender")" ]
check "a program that sends now and then limits itself" [ "$(value limited_by "$sender")" = application ]
check "the other end receives it" often receives 400000
check "one sample has no rates" [ -z "$(value tx_bytes_s "$("${tcptop[@]}" --once --json | head -1)")" ]
check "a filter by rate finds it" often found 'tx>300k'

coproc SLOW { exec "$B/tests/data/talk" 20000; } 2>/dev/null
slow_out=${SLOW[0]}
read -r -t 60 _ slow_client <&"$slow_out"
first() { # the larger talker's two ends come first
	order=$("${tcptop[@]}" --once --json --sort talkers --columns local_port,remote_port --limit 4 |
		grep connection)
	[ "$(head -2 <<<"$order" | grep -cE "_port\":${client}[,}]")" = 2 ]
}
check "the larger talker's two ends come first" often first
check "then the smaller one's" [ "$(sed -n '3,4p' <<<"$order" | grep -cE "_port\":${slow_client}[,}]")" = 2 ]

echo stop >&"$fast_in"
read -r -t 60 sent <&"$fast_out"
arrives() { # all that was sent, and nothing more is
	sender=$(row "$client" "$port" -d 0.2)
	[ "$(value bytes_acked "$sender")" = $((sent + 1)) ] && [ "$(value tx_bytes_s "$sender")" = 0 ]
}
check "acknowledged: the bytes and the SYN" often arrives
receiver=$(row "$port" "$client" -d 0.1)
again=$(value bytes_retrans "$sender") # a slow host sends some once more
check "sent: the bytes" [ "$(value bytes_sent "$sender")" = $((sent + ${again:-0})) ]
check "received: the bytes" [ "$(value bytes_received "$receiver")" = "$sent" ]
check "it sends no more" [ "$(value tx_bytes_s "$sender")" = 0 ]
check "and nothing limits it" [ -z "$(value limited_by "$sender")" ]
ss=$(ss -Htinp "sport = :$client and dport = :$port" | tr '\n' ' ')
of_ss() { grep -oE "$1" <<<"$ss" | head -1 | grep -oE '[0-9.]+' | head -1; }
us() { awk -v ms="$1" 'BEGIN { printf "%.0f", ms * 1000 }'; }
check "cwnd as ss" [ "$(value cwnd_segs "$sender")" = "$(of_ss 'cwnd:[0-9]+')" ]
check "bytes as ss" [ "$(value bytes_acked "$sender")" = "$(of_ss 'bytes_acked:[0-9]+')" ]
check "round-trip time as ss" [ "$(value rtt_us "$sender")" = "$(us "$(of_ss ' rtt:[0-9.]+')")" ]
check "the shortest one too" [ "$(value min_rtt_us "$sender")" = "$(us "$(of_ss 'minrtt:[0-9.]+')")" ]
check "congestion control as ss" grep -qE " $(value congestion "$sender") " <<<"$ss"

coproc STALL { exec "$B/tests/data/talk" stall; } 2>/dev/null
stall_out=${STALL[0]}
read -r -t 60 port client <&"$stall_out"
stalls() {
	sender=$(row "$client" "$port")
	[ "$(value limited_by "$sender")" = receiver ] && [ "$(value tx_bytes_s "$sender")" = 0 ]
}
check "one that reads nothing limits who sends" often stalls
check "and nothing gets through" [ "$(value tx_bytes_s "$sender")" = 0 ]
check "a listener's backlog as ss has it" [ "$("${tcptop[@]}" --once --columns backlog_permille \
	-f "lport:$port state:listen" | tail -1 | tr -d ' ')" = "$(ss -Htln "sport = :$port" | awk '{ print $2 "/" $3 }')" ]
echo "1..$n"
