#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What tcptop asks the kernel for: tcp_info only when a column, the order or the filter needs it, on
# the live screen also once in ten seconds for the rules about all connections; of the sockets only
# those that pass, where nothing else is printed; on the live screen all of them.
# shellcheck source=tests/pty/lib.sh
. "${0%/*}/lib.sh"
in_own_namespace
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
if ! strace -qq -o /dev/null true 2>/dev/null; then
	echo "ok 1 - requests # SKIP strace cannot trace here"
	exit 0
fi
ip link set lo up
trace=$tmp/trace
traced=(strace -f -ttt -qq -s 1000 -o "$trace" -e 'trace=sendto' "$tcptop" --no-config)

# asked REGEX: all requests were like this, and there was one
asked() {
	grep TCPDIAG_GETSOCK "$trace" >"$tmp/requests"
	[ -s "$tmp/requests" ] && ! grep -qvE -- "$1" "$tmp/requests"
}
no_info='idiag_ext=0,'
info='idiag_ext=(0x2|1<<\(INET_DIAG_INFO-1\)),'
all_states='1<<TCP_ESTABLISHED\|.*1<<TCP_LISTEN'
no_code='idiag_dbs=0\}\]?, [0-9]+,'

once() { # once REGEX ARGUMENT…: what one sample asked for
	local regex=$1
	shift
	"${traced[@]}" --once "$@" >"$tmp/out" && asked "$regex"
}
check 'one sample: no tcp_info, every state, no condition' once "$no_info.*$all_states.*$no_code"
check 'JSON: no tcp_info by default' once "$no_info" --json
check 'a column needs it' once "$info" --columns proto,rtt_us
check 'the order needs it' once "$info" --sort rtt_us
check 'the filter needs it' once "$info" --filter 'rtt_us>1ms'
check 'counts need nothing' once "$no_info.*$all_states.*$no_code" --summary
check 'counts of a filter need what passes' once "idiag_states=1<<TCP_LISTEN,.*$no_code" \
	--summary --json --state listen
check 'listening sockets only' once "idiag_states=1<<TCP_LISTEN,.*$no_code" -l
check 'a port is a condition' once "$all_states.*INET_DIAG_BC_S_GE" --port 3000
check 'an unknown part leaves the rest' once 'INET_DIAG_BC_S_GE' --filter 'lport:3000 recv_q:>0'
check 'an age needs every socket' once "$all_states.*$no_code" --columns age_s --port 3000

batch() {
	"${traced[@]}" --batch --interval 0.05 --filter 3000 1 3 >"$tmp/out" &&
		[ "$(grep -c TCPDIAG_GETSOCK "$trace")" = 3 ] && asked "$no_info.*INET_DIAG_BC_S_GE"
}
check 'batch: so each time' batch

three_requests() { [ -e "$trace" ] && [ "$(grep -c TCPDIAG_GETSOCK "$trace")" -ge 3 ]; }
seldom() { # seldom REGEX: a request like this comes once in ten seconds, others in between
	grep TCPDIAG_GETSOCK "$trace" >"$tmp/requests"
	grep -qvE -- "$1" "$tmp/requests" && grep -E -- "$1" "$tmp/requests" |
		awk 'NR > 1 && $2 - last < 9 { early = 1 } { last = $2 } END { exit early }'
}
on_screen() { # on_screen HOW REGEX ARGUMENT…: what a live screen of 80 columns asks for
	local how=$1 regex=$2
	shift 2
	rm -f "$trace"
	start 80x24 "${traced[*]@Q} --interval 0.1 $*" && until_true three_requests || return 1
	keys q
	ended && $how "$regex"
}
check 'live: hardly any tcp_info' on_screen seldom "$info"
check 'live: every state is counted, whatever the filter' \
	on_screen asked "$all_states.*$no_code" --filter 3000 --state listen
check 'live: a column needs it' on_screen asked "$info.*$all_states.*$no_code" \
	--columns proto,state,rtt_us
check 'live: the order needs it' on_screen asked "$info" --sort rtt_us
finish
