#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs that answer once take turns, in both directions, since a machine drifts more than they
# differ.
#
# rounds.sh SCENE FIRST UNTIL: rounds FIRST … $ROUNDS - 1, but no new one that would not be over
# UNTIL seconds after the sockets were made. Called by loaded.sh; adds to $WORK/records.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/record.sh
scene=$1 first=$2 until=$3

# name|command; a program that is not installed is recorded as missing. tcptop names owners unless told
# otherwise, which is another amount of work: $PROGRAMS says which of both to measure.
columns=proto,local_addr,local_port,remote_addr,remote_port,state,timer,expires_ms,recv_q,send_q,uid
columns+=,inode,cookie,ifindex,netns
plain=local,remote,state,timer,recv_q,send_q
judged=process,drops,rtt_us,retr_permille
programs="floor|$B/tests/bench/floor
tcptop --once --limit 50, no owners|$B/tcptop --no-config --once --limit 50 --columns $plain
tcptop --once, no owners|$B/tcptop --no-config --once --columns $plain
tcptop --once --json, no owners|$B/tcptop --no-config --once --json --columns $columns
ss -tan|ss -tan
netstat -tan|netstat -tan
cat /proc/net/tcp{,6}|cat /proc/net/tcp /proc/net/tcp6"
[ "${PROGRAMS:-}" != owners ] || programs="floor|$B/tests/bench/floor
tcptop --once --json|$B/tcptop --no-config --once --json
tcptop --once|$B/tcptop --no-config --once
tcptop --once --columns …,process|$B/tcptop --no-config --once --columns local,remote,state,pid,process
ss -tanp|ss -tanp
lsof -nP -iTCP|lsof -nP -iTCP
netstat -tanp|netstat -tanp"
[ "${PROGRAMS:-}" != scrape ] || programs="floor|$B/tests/bench/floor
tcptop --once, the columns of the metrics|$B/tcptop --no-config --once --limit 50 --columns $plain,$judged
tcptop --format prometheus|$B/tcptop --no-config --format prometheus
tcptop, an answer as a process of its own|bash tests/bench/answer.sh
node_exporter, tcpstat alone|bash tests/bench/exporter.sh"
# Another tcptop has the same programs, called "before".
if [ -n "${AGAINST:-}" ]; then
	programs=$(grep -E '^(floor|tcptop)' <<<"$programs")
	programs+=$'\n'$(sed -n "s|^tcptop|before|; s|$B/tcptop|$AGAINST|; /^before/p" <<<"$programs")
fi

gauge() { # gauge NAME: a number of the TCP line of sockstat, the namespace's own
	awk -v name="$1" '$1 == "TCP:" { for (i = 2; i < NF; i += 2) if ($i == name) print $(i + 1) }' \
		/proc/net/sockstat
}
standing() { # nearly all that should be there are: entries in TIME_WAIT may be refused or expire
	[ $(($(gauge inuse) + $(gauge tw))) -ge $((${SAID%% *} / 100 * 99)) ]
}

run() { # run ROUND NAME COMMAND…
	local round=$1 name=$2 wall user system kib status
	shift 2
	if ! command -v "$1" >/dev/null; then
		missing "$scene" "$name" "$1 is not installed"
		return
	fi
	read -r wall user system kib status < <("$B/tests/bench/measure" "$WORK/out" "$@" 2>"$WORK/err")
	if [ "${status:-1}" != 0 ]; then
		missing "$scene" "$name" "exit ${status:-?} $(head -c 200 "$WORK/err" | head -1)"
		return
	fi
	record "$scene" "$round" "$name" wall "$wall"
	record "$scene" "$round" "$name" user "$user"
	record "$scene" "$round" "$name" sys "$system"
	record "$scene" "$round" "$name" cpu $((user + system))
	record "$scene" "$round" "$name" rss "$kib"
}

in_turn() { # in_turn ROUND: forwards, then backwards
	if [ $(($1 % 2)) = 0 ]; then echo "$programs"; else tac <<<"$programs"; fi
}

took=0
for ((round = first; round < ROUNDS; round++)); do
	start=$EPOCHSECONDS
	[ "$round" = "$first" ] || [ $((start - BEGAN + took)) -le "$until" ] || break
	if ! standing; then
		missing "$scene" - "only $(gauge inuse) in use, $(gauge tw) in TIME_WAIT"
		break
	fi
	while IFS='|' read -r name command; do
		# shellcheck disable=SC2086 # the command is words
		run "$round" "$name" $command
	done < <(in_turn "$round")
	took=$((EPOCHSECONDS - start + 1))
done
echo "$round" >"$WORK/rounds" # are done
note "$scene" "$SAID; table of $(cat /proc/sys/net/ipv4/tcp_ehash_entries) entries;" \
	"at the end in use $(gauge inuse), TIME_WAIT $(gauge tw)"
rm -f "$WORK/out"
