#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A finding names the process, what is wrong with it and what to do about that, and the cause before
# what follows from it; a server that does not accept is found, one that accepts slowly is not. Where
# processes cannot be seen that is said. With real sockets and processes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/scene.sh

# In the namespace: how many rows the finding's own filter passes.
# shellcheck disable=SC2016 # for the shell in the namespace
after='filter=$(grep -oE "\"filter\":\"[^\"]*" "$tmp/$name.json" | head -n 1 | cut -d\" -f4)
"$B/tcptop" --no-config --once --json -f "$filter" >"$tmp/$name.rows" 2>>"$tmp/$name.err"
"$B/tcptop" --no-config --once --json >"$tmp/$name.all" 2>>"$tmp/$name.err"'

scene hung '' hung 12 0 'accept_stalled_age = 3'
scene hung-briefly '' hung 12 0 'accept_stalled_age = 60'
scene slow-accept '' slow-accept 12 0 'accept_stalled_age = 3'
scene hung-beside-busy '' hung-beside-busy 40 0 'accept_stalled_age = 3'
scene one-stopped '' one-stopped 60 2
scene prefork-stopped '' prefork-stopped 40 2
scene prefork-works '' prefork-works 40 2
scene waits '' waits 10 2
scene no-files '' no-files 100 0
scene full '' full-queue 10 6 'accept_stalled_age = 3600'
scene unanswered '' unanswered 3 5
scene held 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range' hold-ports 70 0
scene closed 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range' linger 70 0
scene no-stamps 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range
	echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse; echo 0 >/proc/sys/net/ipv4/tcp_timestamps' linger 70 0
for job in $(jobs -p); do wait "$job"; done

pid() { local said; read -r said <"$tmp/$1.pid" && echo "$said"; }
worker() { sed -n 's/^worker //p' "$tmp/$1.out" | sed -n "$2p"; }
rows() { grep -c '"type":"connection"' "$tmp/$1.rows"; }
passes() { [ "$(rows "$1")" = "$2" ] || { echo "# $(rows "$1") rows"; return 1; }; }
before() { # before SCENE RULE RULE: the findings come in that order
	local order
	order=$(grep -oE '"type":"finding","rule":"[a-z_0-9]*' "$tmp/$1.json" | cut -d'"' -f8 | tr '\n' ' ')
	case $order in *"$2 "*"$3 "*) ;; *) echo "# $order"; return 1 ;; esac
}
silent_of_waiting() { grep -q '"owner":"current"' "$tmp/$1.all" && ! grep -q '"owner":"waiting"' "$tmp/$1.all"; }
silent() { ! finding "$@" >/dev/null; }

check 'a server that does not accept, with its process' hung finding hung accept_stalled \
	"\"pid\":$(pid hung),\"process\":\"trouble\"" '"descriptors":[0-9]+,"descriptor_limit":[0-9]+' \
	'"queue":12' '"clients_gone":5' '"stalled_s":[3-9]' '"local_port":3000'
check '… its filter passes its listener' hung passes hung 1
check '… and is no accept queue that is full' hung none hung accept_queue
check 'one that was not watched for long enough is none' hung-briefly silent hung-briefly accept_stalled
check 'one that accepts slowly, while as many come, is none' slow-accept none slow-accept accept_stalled
one_of_two() {
	finding hung-beside-busy accept_stalled '"queue":[1-9]' &&
		[ "$(grep -c '"rule":"accept_stalled"' "$tmp/hung-beside-busy.json")" = 1 ]
}
check 'nor is a busy one beside one that does not accept' hung-beside-busy one_of_two
check 'connections in a queue say that they wait' hung \
	grep -qE '"state":"CLOSE_WAIT".*"owner":"waiting"' "$tmp/hung.all"
check 'those that were accepted do not' held silent_of_waiting held
check 'of two workers the one that is stopped is named' one-stopped finding one-stopped accept_queue \
	"\"pid\":$(worker one-stopped 1),\"process\":\"trouble\"" '"process_state":"stopped"' \
	"\"do\":\"[^\"]*kill -CONT $(worker one-stopped 1)"
check '… and its filter passes its listener only' one-stopped passes one-stopped 1
check '… as does its check' one-stopped finding one-stopped accept_queue \
	"grep -w ino:$(grep -oE '"inode":[0-9]+' "$tmp/one-stopped.json" | head -n 1 | cut -d: -f2)"
check 'of a server all whose workers are stopped one of these is named' prefork-stopped \
	finding prefork-stopped accept_queue "\"pid\":$(worker prefork-stopped 1)," '"other_processes":2' \
	'"process_state":"stopped"' '"do":"[^"]*kill -CONT'
check 'one whose other worker accepts is none' prefork-works none prefork-works accept_queue
# The process waits for a few seconds only, which a build that is slowed tenfold may miss.
if ! grep -aq __tsan_init "$B/tcptop"; then
	check 'a process in state D is named as such' waits finding waits accept_queue \
		"\"pid\":$(worker waits 1)," '"process_state":"waiting"' '"do":"[^"]*waits for in the kernel'
fi
check 'a process without descriptors' no-files finding no-files accept_queue \
	"\"pid\":$(worker no-files 1)," '"descriptors":3[2-9],"descriptor_limit":32' '"do":"[^"]*LimitNOFILE'
check 'a process that only does not accept gets other advice' full finding full accept_queue \
	"\"pid\":$(pid full)," '"stalled_s":' '"do":"find out what the process waits for' '"leads_to":'
check '… what follows from its full queue is named as that' full finding full syn_sent \
	'"severity":"info"' '"title":"Consequence: ' '"follows_from":"accept_queue"' \
	"\"cause\":\"[^\"]*127.0.0.1:3000, trouble \($(pid full)\)" '"do":"remove the cause"'
check '… and stands behind it' full before full accept_queue syn_sent
check 'attempts without an answer for another reason follow from nothing' unanswered \
	finding unanswered syn_sent '"severity":"warning"' '"do":"check the route and the firewalls' \
	"\"pid\":$(pid unanswered),"
check 'ports of open connections: the process, and to share them' held finding held ephemeral \
	"\"pid\":$(pid held)," '"do":"the connections stay open'
check 'ports in TIME_WAIT: to let connect() take them over' closed finding closed ephemeral \
	'"do":"[^"]*tcp_tw_reuse = 1'
check '… which takes timestamps' no-stamps finding no-stamps ephemeral '"do":"[^"]*tcp_timestamps = 1'

# Hidden owners: a network namespace whose sockets are of processes outside of the pid namespace.
hidden() { # hidden NAME PREFIX… : tcptop there, with a filter and with a column of processes
	local name=$1
	shift
	nsenter -t "$(pid outside)" -n "$@" sh -c '"$0" --no-config --once --json -f process:trouble >"$1.filter" 2>"$1.say"
		echo $? >"$1.filter.rc"
		"$0" --no-config --once --columns local,process >"$1.column" 2>/dev/null; echo $? >"$1.column.rc"
		"$0" --no-config --once >/dev/null 2>&1; echo $? >"$1.plain.rc"' "$B/tcptop" "$tmp/$name"
}
rc() { [ "$(cat "$tmp/$1.rc")" = "$2" ] || { echo "# exit $(cat "$tmp/$1.rc")"; return 1; }; }
: >"$tmp/outside.out"
mkfifo "$tmp/outside.in"
exec 9<>"$tmp/outside.in"
unshare -n sh -c 'ip link set lo up; exec "$0" hold-ports 3000 3' "$B/tests/data/trouble" \
	<"$tmp/outside.in" >"$tmp/outside.out" 2>&1 9>&- &
echo $! >"$tmp/outside.pid"
until_true grep -q ready "$tmp/outside.out"
hidden seen
check 'where processes are seen all is complete' seen grep -q '"complete":true' "$tmp/seen.filter"
check '… exit 0' seen rc seen.filter 0
if hidden apart unshare -pf --mount-proc 2>/dev/null && [ -s "$tmp/apart.filter.rc" ]; then
	check 'in another pid namespace a filter by process is not complete' apart \
		grep -q '"complete":false.*pid namespace' "$tmp/apart.filter"
	check '… exit 3' apart rc apart.filter 3
	check '… one line says why' apart [ "$(grep -c 'pid namespace' "$tmp/apart.say")" = 1 ]
	check '… of a column, too' apart rc apart.column 3
	check 'what needs no process is complete there' apart rc apart.plain 0
fi
# The address sanitizer cannot start without /proc.
if ! grep -aq __asan_init "$B/tcptop" && hidden none unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh 2>/dev/null; then
	check 'without /proc: exit 3' none rc none.filter 3
	check '… one line says why' none [ "$(grep -c '/proc' "$tmp/none.say")" = 1 ]
fi
echo "1..$n"
exit $failed
