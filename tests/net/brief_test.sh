#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 20,000 connections of under a millisecond each, or fewer on a busy host, come and go between the
# samples of the real program: all that have ended are counted, with their bytes, also as an ordinary
# user; stopped for a while it says how many events were lost; a filter counts what passes.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/lib/wait.sh
tmp=$(mktemp -d) || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
if ! ip link set lo up; then
	echo "ok 1 - brief connections # SKIP no loopback device here"
	echo 1..1
	exit 0
fi
n=0 failed=0

check() { # check NAME COMMAND…
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		failed=1
		grep -h '"summary"' "$tmp/out" | tail -n 5 | cut -c1-600 | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}
# An entry in TIME_WAIT that a new connection takes over would be one more end.
{ echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse; } 2>/dev/null
# On a busy host a FIN is sent again after 200 ms; who has closed answers with a RST, which would end
# TIME_WAIT at the other end (RFC 1337).
{ echo 1 >/proc/sys/net/ipv4/tcp_rfc1337; } 2>/dev/null
# Room for all of them in TIME_WAIT, where an end without room would be gone at once.
{ echo 262144 >/proc/sys/net/ipv4/tcp_max_tw_buckets; } 2>/dev/null
sum() { # sum KEY: of all summaries, 0 without any
	grep '"type":"summary"' "$tmp/out" | grep -oE "\"$1\":[0-9]+" | awk -F: '{ s += $2 } END { printf "%d", s }'
}
gets_to() { got=$(sum "$2") && [ "$got" -ge "$1" ]; } # gets_to NUMBER KEY
is() { # is NUMBER KEY: the sum gets there, and not beyond; the kernel tells in its own time
	until_true gets_to "$1" "$2"
	[ "$got" = "$1" ] || { echo "# $2 is $got, not $1"; return 1; }
}
within() { # within LOW HIGH KEY: the sum gets there
	until_true gets_to "$1" "$3"
	[ "$got" -ge "$1" ] && [ "$got" -le "$2" ] || { echo "# $3 is $got, not $1 to $2"; return 1; }
}
begun() { grep -q '"sample":1,' "$tmp/out" || ! kill -0 $pid 2>/dev/null; }
begin() { # begin COMMAND…: samples go to $tmp/out; returns after the first
	: >"$tmp/out"
	"$@" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	until_true begun && kill -0 $pid 2>/dev/null && return
	sed 's/^/# /' "$tmp/err"
	return 1
}
end() {
	kill $pid
	wait $pid 2>/dev/null
	pid=
}
batch=("$B/tcptop" --no-config --batch --json)

# Of each connection one end stays as TIME_WAIT for a minute, the other has gone. Those that a
# sample met alive were not unseen: few, since most time passes between two.
rate=0
case $B in */tsan) rate=4000 ;; esac # a second, where tcptop needs long for each
made() { # made N [PORT [UNREAD]]: no more than so many bytes wait for tcptop, however busy the host is
	"$B/tests/data/brief" "$1" 300 50 $rate "${2:-0}" "${3:-0}" >"$tmp/brief" &&
		sed 's/^/# /' "$tmp/brief"
}
busy() { # more wait for a processor than there are
	local load
	read -r load _ </proc/loadavg
	[ "${load%.*}" -ge "$(nproc)" ]
}
under_a_millisecond() { awk '{ exit !($6 < $1 / 10) }' "$tmp/brief"; }
# Ends that the kernel has no more. Where the host is busy it may end both of a connection, which
# leaves no entry in TIME_WAIT, or keep both as entries.
ended() { # ended MANY PORT
	left=$(ss -tanH state time-wait "( sport = :$2 or dport = :$2 )" | wc -l)
	echo $((2 * $1 - left))
}
# What the unseen ends of the server received: 300, and a FIN; they sent 50 and a FIN. MANY of them
# at most may be ends of clients, the other way round, or were ended before all had come: where both
# ends of a connection have gone, or one whose FIN was not acknowledged.
bytes() { # bytes MANY
	local acked received unseen
	unseen=$(sum died_unseen) received=$(sum died_unseen_bytes_received) acked=$(sum died_unseen_bytes_acked)
	[ "$received" -ge $((301 * (unseen - $1))) ] && [ "$received" -le $((301 * unseen)) ] &&
		[ "$acked" -ge $((51 * (unseen - $1))) ] && [ "$acked" -le $((51 * unseen + 250 * $1)) ] && return
	echo "# $unseen unseen ends received $received and were acknowledged $acked bytes, not 301 and 51 each"
	return 1
}
all_counted() { # all_counted WHO PORT UNREAD COMMAND-PREFIX…
	local who=$1 port=$2 unread=$3 many since made ends
	shift 3
	# Where the host is busy many of them may have had to wait, or TIME_WAIT of the first, which
	# ends once more, has run out before the last was counted: then fewer. By their port they are
	# told from earlier ones.
	for many in 20000 5000 2000; do
		begin "$@" "${batch[@]}" --summary -f "port:$port not state:listen" 0.2 || return 1
		since=$SECONDS
		made $many "$port" "$unread"
		made=$?
		until_true gets_to $((many * 99 / 100)) closed
		if [ $many = 2000 ] || { [ $((SECONDS - since)) -lt 50 ] && under_a_millisecond; }; then
			break
		fi
		end
		port=$((port + 1))
	done
	check "$who: $many connections are made" test $made = 0
	if under_a_millisecond || ! busy; then
		check "$who: nine of ten of under a millisecond" under_a_millisecond
	else
		n=$((n + 1))
		echo "ok $n - $who: nine of ten of under a millisecond # SKIP the host is too busy for that"
	fi
	ends=$(ended $many "$port")
	check "$who: of each connection hardly ever two ends are gone" test "$ends" -le $((many + many / 100))
	check "$who: all that have ended are counted" is "$ends" closed
	check "$who: hardly one was seen" within $((many * 19 / 20)) "$ends" died_unseen
	check "$who: with their bytes" bytes $((many / 100))
	check "$who: none was lost" is 0 events_lost
	end
}
# Half of what the kernel buffers for who may ask for more.
all_counted "as started" 7010 $((8 << 20))

# Another user, without any capability: the kernel buffers less for it, 208 KiB. Nothing is lost as
# long as it is not made to wait.
user=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all)
if "${user[@]}" "$B/tcptop" --version >/dev/null 2>&1; then
	all_counted "by an ordinary user" 7020 $((64 << 10)) "${user[@]}"
else
	n=$((n + 1))
	echo "ok $n - an ordinary user # SKIP this user cannot become one that runs the program"
fi

# The kernel's own count, of the sockets of tcptop that belong to a multicast group of sock_diag; one
# that is run elsewhere and shows all namespaces has such a socket here, too.
dropped() {
	awk -v own="$(readlink "/proc/$pid"/fd/* | sed -n 's/^socket:\[\(.*\)\]$/\1/p')" '
		BEGIN { n = split(own, list, "\n"); for (i = 1; i <= n; i++) is_own[list[i]] = 1 }
		$2 == 4 && $4 !~ /^0+$/ && $10 in is_own { sum += $9 }
		END { printf "%d", sum }' /proc/net/netlink
}
stopped() { # until all of the 40,000 ends are told that ever will be: the count stays for a while
	local end=$((SECONDS + 60)) before=-1 same=0
	kill -STOP $pid
	made 20000
	until [ $same = 10 ] || [ $SECONDS -ge $end ]; do
		[ "$(dropped)" -gt 0 ] && [ "$(dropped)" = "$before" ] && same=$((same + 1)) || same=0
		before=$(dropped)
		sleep 0.2
	done
	kill -CONT $pid
}
begin "${batch[@]}" --summary -f 'not state:listen' 0.2
check "stopped: connections are made" stopped
lost=$(dropped)
check "stopped: the kernel dropped some of what it told" test "$lost" -gt 0
check "stopped: so many events are said to be lost" is "$lost" events_lost
# what was kept is half of each kind
kept=$((40000 - lost))
check "stopped: what was not lost is counted" within $((kept / 2 - 500)) $((kept / 2 + 500)) died_unseen
end

# Two servers; only one is asked for.
begin "${batch[@]}" --columns local_port -f "lport:7001 not state:listen" 0.2
quietly() { "$@" >/dev/null; }
check "filter: connections to two ports" quietly "$B/tests/data/brief" 100 300 50 0 7001
check "filter: of another port" quietly "$B/tests/data/brief" 200 300 50 0 7002
check "filter: only what passes is counted" is 100 closed
records() { grep -c "\"type\":\"closed\".*\"local_port\":7001.*${1:-}" "$tmp/out"; }
recorded() { [ "$(records)" = 100 ]; }
rows() { # a record for each, with what was received by those that no sample met alive
	local unseen whole
	until_true recorded || { echo "# $(records) records"; return 1; }
	unseen=$(sum died_unseen) whole=$(records '"bytes_received":301}')
	[ "$whole" -ge "$unseen" ] && [ "$unseen" -gt 0 ] || { echo "# $whole with all bytes, $unseen unseen"; return 1; }
	! grep -q '"type":"closed".*"local_port":7002' "$tmp/out"
}
check "filter: each is a record with its bytes" rows
end
echo "1..$n"
exit $failed
