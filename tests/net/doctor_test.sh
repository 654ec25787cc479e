#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The doctor finds trouble that is made with real sockets, each in a namespace of its own, with the
# evidence that is known here; and does not find what only looks like it. On an idle host it says
# what it looked at. The forecast of used-up ports is compared with when they are used up.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/scene.sh
. tests/lib/kernel.sh

older() { # older SCENE RULE SECONDS: the age is a lower bound, and no less than that
	finding "$1" "$2" '"at_least":\["oldest_s"\]' &&
		between "$(grep "\"rule\":\"$2\"" "$tmp/$1.json" | grep -oE '"oldest_s":[0-9.]+' | cut -d: -f2)" "$3" 200
}
watched() { # watched SCENE RULE: no more than was watched is claimed
	between "$(grep "\"rule\":\"$2\"" "$tmp/$1.json" | grep -oE '"window_s":[0-9.]+' | cut -d: -f2)" 0.5 \
		"$(grep -oE '"seconds":[0-9.]+' "$tmp/$1.json" | awk -F: '{ print $2 + 0.1 }')"
}
open_again() { # it only slows the sender
	finding moving zero_window '"limited":1' && ! grep -q '"shut":' "$tmp/moving.json"
}
only_one() { # only_one SCENE RULE PATTERN…: one such warning, and with all that
	finding "$@" && [ "$(grep "\"rule\":\"$2\"" "$tmp/$1.json" | grep -vc '"severity":"info"')" = 1 ]
}
figure() { grep -oE "\"$2\":[0-9.]+" "$tmp/$1.json" | head -n 1 | cut -d: -f2; }
between() { awk -v x="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(x >= low && x <= high) }'; }
foretold() { # in how many seconds the ports would be used up, and when they were
	local left time took
	left=$(figure ports exhausted_in_s)
	time=$(grep -oE '"time":"[^"]*"' "$tmp/ports.json" | cut -d'"' -f4) # of the last sample
	took=$(awk -v time="$(date -d "$time" +%s.%N)" '/exhausted/ { print $2 - time }' "$tmp/ports.out")
	echo "# foretold ${left:-nothing} s, took ${took:-nothing} s"
	[ -n "$left" ] && [ -n "$took" ] && between "$left" "$(awk "BEGIN { print $took * 0.8 }")" \
		"$(awk "BEGIN { print $took * 1.2 }")"
}
exhausted() { grep -q 'exhausted .* 1$' "$tmp/ports.out"; }

scene idle '' - 0 0
scene leak '' leak 50 3.5 'close_wait_age = 3'
after='ss -tnH state close-wait | wc -l >"$tmp/$name.ss"' scene old-leak '' leak 50 61
scene young '' leak 50 0
scene few '' leak 15 3.5 'close_wait_age = 3'
scene half-closed '' half-closed 50 3.5 'close_wait_age = 3'
scene unaccepted '' unaccepted 50 3.5 'close_wait_age = 3'
scene queue '' full-queue 10 1
after='"$B/tcptop" --no-config --lang en --explain LISTEN >"$tmp/$name.explained"' scene stuck '' hung 3 2
scene brief-queue '' brief-queue 10 0
scene half-open '' half-open 40 0
scene half-open-beside '' half-open-beside 60 0
scene deferred '' deferred 20 0
scene ports 'echo 40000 40999 >/proc/sys/net/ipv4/ip_local_port_range' use-ports 25 3
scene wide-ports '' use-ports 25 1
scene table 'echo 50 >/proc/sys/net/ipv4/tcp_max_tw_buckets' linger 60 0
scene room 'echo 50 >/proc/sys/net/ipv4/tcp_max_tw_buckets' linger 20 0
scene unanswered '' unanswered 3 5
scene shut '' shut-window 2 6
scene slow '' slow-window 1 0
scene moving '' moving 1 1
scene paced '' paced 1 0
scene shut-orphan '' shut-orphan 3 6 'fin_wait1_age = 4'
scene no-cookies '' no-cookies 20 1
scene long-orphaned 'echo 70 >/proc/sys/net/ipv4/tcp_fin_timeout' orphaned 30 0 'fin_wait2_orphans = 20'
scene kept '' kept 5 3.5 'fin_wait2_age = 3'
scene orphaned '' orphaned 30 0 'fin_wait2_orphans = 20'
scene few-orphans '' orphaned 10 0 'fin_wait2_orphans = 20'
# One segment at a time, so that as many are lost as are meant to be.
lossy='ip link set lo mtu 1500 gso_max_segs 1'
scene lossy "$lossy" lossy 50 1 'flow_retrans_share = 2' 'retransmission_segs = 300'
scene lossless "$lossy" lossy 0 1 'retransmission_segs = 300'
few_ports='echo 40000 40399 >/proc/sys/net/ipv4/ip_local_port_range'
scene bound "$few_ports" bound 380 0
scene few-bound "$few_ports" bound 150 0
scene wide-bound '' bound 1500 0
no_cookies='echo 0 >/proc/sys/net/ipv4/tcp_syncookies; echo 16 >/proc/sys/net/ipv4/tcp_max_syn_backlog'
scene shed "$no_cookies" shed 60 3
scene cookies 'echo 16 >/proc/sys/net/ipv4/tcp_max_syn_backlog' shed 60 3
scene overflowing "$no_cookies" full-queue 10 3
scene itself '' itself 1 0
explain='"$B/tcptop" --no-config --lang en --explain ESTABLISHED >"$tmp/$name.explained"'
after=$explain samples=8 scene growing '' growing 1 0 'growing_window = 3'
samples=8 scene growing-load '' growing-load 1 0 'growing_window = 3'
paths='ip addr add 127.0.0.2/8 dev lo; ip mptcp limits set subflows 1 add_addr_accepted 1
	ip mptcp endpoint add 127.0.0.2 dev lo subflow'
mptcp=
if unshare -n sh -c "ip link set lo up && $paths" 2>/dev/null; then
	mptcp=yes
	samples=8 scene growing-paths "$paths" growing-paths 1 0 'growing_window = 3'
fi
after=$explain samples=8 scene pool '' pool 60 0 'growing_window = 3'
for job in $(jobs -p); do wait "$job"; done

pid() { local said; read -r said <"$tmp/$1.pid" && echo "$said"; }
check 'idle: exit 0' idle exits idle 0
check 'idle: it says what it looked at' idle none idle close_wait
check 'idle: and what it did not' idle grep -q '"not_looked_at":{.*"resets":"needs samples' "$tmp/idle.json"
check 'a leak of 50 in one process' leak finding leak close_wait '"leaked":50' "\"pid\":$(pid leak)," \
	'"process":"trouble"' '"with_peer":50|"peer_addr":"127.0.0.1"' '"file_limit":[0-9]+'
check '… exit 1' leak exits leak 1
# On a busy host one of them was gone after a minute; all that ss lists are leaked, and nearly all are there.
check 'nearly all of an old leak are there' old-leak between "$(cat "$tmp/old-leak.ss")" 45 50
check 'one that is older than we are, by the defaults, at once' old-leak finding old-leak close_wait \
	"\"leaked\":$(cat "$tmp/old-leak.ss"),\"close_wait\":$(cat "$tmp/old-leak.ss")," "\"pid\":$(pid old-leak)," '"age_limit_s":60'
check 'young ones are none' young none young close_wait
check 'nor are a few' few none few close_wait
check 'nor half-closed ones with data flowing' half-closed none half-closed close_wait
check 'nor those not accepted yet' unaccepted none unaccepted close_wait
check 'a full accept queue' queue finding queue accept_queue '"local_port":3000' '"queue":4' '"backlog":3'
check 'not one that is emptied again' brief-queue none brief-queue accept_queue
check 'cookies that were wanted and not sent are none' no-cookies none no-cookies syn_backlog
check '… but the accept queue is full' no-cookies finding no-cookies accept_queue '"queue":9' '"backlog":8'
check '… and the time that was watched is named' no-cookies watched no-cookies accept_queue
check 'a full SYN backlog, with its process' half-open finding half-open syn_backlog '"local_port":3000' \
	'"backlog":8' '"severity":"(warning|critical)"' '"cookies":[1-9]' "\"pid\":$(pid half-open),"
check '… not the listener of its port that holds more requests' half-open-beside only_one half-open-beside \
	syn_backlog '"local_addr":"127.0.0.1"' '"backlog":8'
check 'clients that are deferred are no more than a note' deferred finding deferred syn_backlog '"severity":"info"'
check '… exit 0' deferred exits deferred 0
check 'ephemeral ports used up soon' ports finding ports ephemeral '"available":1000' '"remote_port":3000' \
	'"tcp_tw_reuse":0' '"exhausted_in_s":[1-9]'
check '… as they then were' ports exhausted
check '… at about the time that was foretold' ports foretold
check 'not with the usual range' wide-ports none wide-ports ephemeral
check 'a full TIME_WAIT table' table finding table tw_table '"tcp_max_tw_buckets":50' '"overflows":[1-9]|"time_wait":(4[5-9]|5)'
check 'not one with room' room none room tw_table
not_called_normal() { grep 'UNKNOWN\|WARNING' "$tmp/stuck.explained" && ! grep NORMAL "$tmp/stuck.explained"; }
check 'a listener that may not accept is not called normal meanwhile' stuck not_called_normal
check 'attempts without an answer' unanswered finding unanswered syn_sent '"stuck":3' '"remote_port":3000'
check '… which are older than we are, at least' unanswered older unanswered syn_sent 8
check 'a peer that does not read, and who sends' shut finding shut zero_window '"shut":2' \
	'"remote_addr":"127.0.0.1"' "\"pid\":$(pid shut),"
check '… which is a process here' shut finding shut slow_reader "\"pid\":$(pid shut),"
# Of one that a busy machine kept from reading the finding is true.
reads_in_time() { none slow zero_window || awk '$1 == "shut" && $2 > 80 { n++ } END { exit !n }' "$tmp/slow.out"; }
check 'not one that reads slowly' slow reads_in_time
check 'a window that opens again and again is not shut' moving open_again
check '… and whoever reads slowly does read' moving none moving slow_reader
check 'nor a writer that writes less than its buffer holds' paced none paced send_buffer
check 'orphans held up by a shut window' shut-orphan finding shut-orphan fin_wait1 '"stuck":3' '"remote_addr":"127.0.0.1"'
check '… for as long as the probes prove' shut-orphan older shut-orphan fin_wait1 6
check 'FIN_WAIT2 that a process keeps is a note' kept finding kept fin_wait2 '"severity":"info"' \
	"\"pid\":$(pid kept)," '"owned":5'
check 'orphans in FIN_WAIT2' orphaned finding orphaned fin_wait2 '"severity":"warning"' '"orphans":30'
check '… which last for twice the excess over 60 s' long-orphaned finding long-orphaned fin_wait2 '"orphan_limit_s":20'
check 'not a few of them' few-orphans none few-orphans fin_wait2
check 'retransmissions of the host' lossy finding lossy retransmission '"severity":"(critical|warning)"'
check '… and of the connection' lossy finding lossy flow_retrans '"remote_addr":"127.0.0.1"' \
	"\"pid\":$(pid lossy),"
if kernel_lists_bound; then
	check 'ports that bind() has used up' bound finding bound bound '"severity":"critical"' '"bound":380' \
		'"available":400' "\"pid\":$(pid bound)," '"of_process":380' '"local_addr":"127.0.0.1"'
	check 'not a few of them' few-bound none few-bound bound
	check 'nor many of a range that is large' wide-bound none wide-bound bound
else
	check 'ports that bind() has used up cannot be seen here' bound grep -q '"not_looked_at":{.*"bound":"the kernel lists them' "$tmp/bound.json"
fi
check 'SYNs that tcp_max_syn_backlog dropped' shed finding shed syn_drops '"local_port":3000' \
	'"dropped":[1-9]' '"syn_recv":1[2-6]' '"tcp_max_syn_backlog":16' '"backlog":4096' "\"pid\":$(pid shed),"
check 'none are with cookies' cookies none cookies syn_drops
check 'nor those of a full accept queue' overflowing none overflowing syn_drops
check '… which is told as such' overflowing finding overflowing accept_queue '"local_port":3000'
check 'a socket connected to itself' itself finding itself self_connect "\"pid\":$(pid itself)," \
	'"local_addr":"127.0.0.1","local_port":3000,.*"remote_addr":"127.0.0.1","remote_port":3000'
check 'others of the loopback are not' shut none shut self_connect
check 'connections that a process opens and never closes' growing finding growing growing \
	"\"pid\":$(pid growing)," '"grown_by":[2-9][0-9]' '"peer_port":3000' '"severity":"warning"'
open_for() { grep 'UNKNOWN' "$tmp/$1.explained" && grep -q 'connections whose number only grows' <(tr -s '\n ' ' ' <"$tmp/$1.explained"); }
check '… within the half minute that this takes they are not called normal' growing open_for growing
check '… as those that stay are' pool grep -w 'NORMAL' "$tmp/pool.explained"
check 'not those of a load test' growing-load none growing-load growing
unused_paths() { # many are unused, and the doctor says that it does not judge them
	! finding growing-paths growing >/dev/null &&
		grep -q '"not_looked_at":{.*"growing":"not of MPTCP' "$tmp/growing-paths.json"
}
[ -z "$mptcp" ] || check 'nor unused paths of connections in use' growing-paths unused_paths
check 'nor of a pool that fills and stays' pool none pool growing
check 'not without loss' lossless none lossless retransmission
echo "1..$n"
exit $failed
