#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `tcptop --once --json` equals `ss -tan` row for row on a real socket in every state: addresses,
# ports, states, queues, owners, timers within the time between the two; as root and as an ordinary
# user, live, from /proc, and replayed from what `ss -tan -D` wrote.
set -u
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
cd "$(dirname "$0")/../.." || exit 1
. tests/ss.sh
B=${B:-build}
tcptop=("$B/tcptop" --no-config)
tmp=$(mktemp -d) || exit 1
chmod 755 "$tmp"
coproc HELD { "$B/tests/data/states"; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
trap 'exec {hold}>&-; rm -rf "$tmp"' EXIT
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok - the sockets stand"; exit 1; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

columns=proto,local_addr,local_port,remote_addr,remote_port,state,timer,expires_ms,recv_q,send_q
columns+=,retrans,uid,inode,cookie,ifindex

verdict() { # verdict NAME PASSED: one line of TAP, the log of a failure before it
	if [ "$2" = 0 ]; then
		echo "ok - $1"
	else
		head -n 12 "$tmp/log" | sed "s/^/# /"
		echo "not ok - $1"
	fi
}

# same NAME MODE SS… -- TCPTOP…: both commands one after the other, then the comparison; a socket's
# time may run out between them, so several pairs of looks are taken
same() {
	local name=$1 mode=$2 begin end ss=() try
	shift 2
	while [ "$1" != -- ]; do
		ss+=("$1")
		shift
	done
	shift
	for try in 1 2 3 4 5; do
		begin=$(now_ms)
		echo "look $try" >"$tmp/log"
		"${ss[@]}" >"$tmp/ss" 2>>"$tmp/log" && "$@" >"$tmp/json" 2>>"$tmp/log" && end=$(now_ms) &&
			"$B/tests/data/compare" "$tmp/ss" "$tmp/json" $((end - begin + 20)) "$mode" \
				>>"$tmp/log" 2>&1 && break
	done
	verdict "$name" $?
}

states=$("${tcptop[@]}" --once --json | grep -o '"state":"[A-Z_0-9]*"' | sort -u | wc -l)
: >"$tmp/log"
[ "$states" = 10 ]
verdict "ten states are listed" $?

same "ss and tcptop tell the same" live \
	ss_tcp -tanoeHO -- "${tcptop[@]}" --once --json --columns $columns
same "so do the columns that nobody asked for" live \
	ss_tcp -tanoeHO -- "${tcptop[@]}" --once --json

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && setpriv --reuid 65534 true 2>/dev/null; then
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	same "and to an ordinary user" live \
		"${nobody[@]}" ss -tanoeHO "${no_bound[@]}" -- "${nobody[@]}" "${tcptop[@]}" --once --json --columns $columns
else
	echo "ok - and to an ordinary user # SKIP not root, so all of this ran as one"
fi

replayed() {
	"${tcptop[@]}" --once --json --columns $columns --read "$tmp/raw"
	echo $? >"$tmp/status"
}
raw() {
	ss -tanoeHO
	ss -tan -D "$tmp/raw"
}
same "and what ss wrote with -D replays" live raw -- replayed
[ "$(cat "$tmp/status")" = 0 ]
verdict "completely, so with exit code 0" $?
"${tcptop[@]}" --once --json --columns $columns --read - <"$tmp/raw" >"$tmp/json2" 2>"$tmp/log"
grep -v '"type":"summary"' "$tmp/json" >"$tmp/a"
grep -v '"type":"summary"' "$tmp/json2" | diff "$tmp/a" - >"$tmp/log"
verdict "also from standard input" $?

if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	same "and /proc, but for what it does not know" proc ss_tcp -tanoeHO -- \
		sh -c 'strace -f -qq -o /dev/null -e inject=socket:error=EACCES "$@"; [ $? = 3 ]' sh \
		"${tcptop[@]}" --once --json --columns $columns
else
	echo "ok - and /proc, but for what it does not know # SKIP strace cannot trace here"
fi

echo 1..8
