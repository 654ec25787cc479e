#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the kernel does to a tool like this one, injected with strace: refused sockets, interrupted
# and lost answers, answers without an end. Each ends in bounded time with the exit code and the one
# line on stderr that the manual promises; "no sockets" is told from "failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
coproc HELD { "$B/tests/data/states" 8001 8003 8004 8005 8008 8010 8012 8014 8017 8018; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
trap 'exec {hold}>&-; rm -rf "$tmp"' EXIT
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok - the sockets stand"; exit 1; }
n=0
if ! command -v strace >/dev/null || ! strace -qq -o /dev/null true 2>/dev/null; then
	echo "ok - faults of netlink # SKIP strace cannot trace here"
	echo 1..1
	exit 0
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
rows=$("$B/tcptop" --no-config --once --json | grep -c '"type":"connection"')

verdict() { # verdict NAME PASSED
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		head -n 12 "$tmp/err" | sed 's/^/# /'
		echo "not ok $n - $1"
	fi
}

# fault NAME CODE WORDS INJECTION…: every row is printed all the same; WORDS "": stderr is silent
fault() {
	local name=$1 code=$2 words=$3 inject=() spec status lines
	shift 3
	for spec in "$@"; do inject+=(-e "inject=$spec"); done
	timeout 120 strace -f -qq -o "$tmp/trace" "${inject[@]}" "$B/tcptop" --no-config --once --json \
		>"$tmp/out" 2>"$tmp/err"
	status=$?
	lines=$(grep -c '' "$tmp/err")
	[ "$status" = "$code" ]
	verdict "$name: exit code $code" $?
	[ "$(grep -c '"type":"connection"' "$tmp/out")" = "$rows" ]
	verdict "$name: every row" $?
	if [ -z "$words" ]; then
		[ "$lines" = 0 ]
	else
		[ "$lines" = 1 ] && grep -q "^tcptop: .*$words" "$tmp/err"
	fi
	verdict "$name: stderr" $?
	[ "$(sed -nE '/INJECTED/s/^([0-9]+ +)?(<\.\.\. )?([a-z]+).*/\3/p' "$tmp/trace" | sort -u | grep -c .)" = $# ]
	verdict "$name: was injected" $?
}

fault "socket refused" 3 "Permission denied" socket:error=EACCES
fault "no sock_diag in the kernel" 3 "Protocol not supported" socket:error=EPROTONOSUPPORT
fault "request refused" 3 "Operation not permitted" sendto:error=EPERM
fault "only the first request refused" 0 "" sendto:error=EPERM:when=1
fault "interrupted once" 0 "" recvmsg:error=EINTR:when=1
fault "interrupted for ever" 3 "Interrupted" recvmsg:error=EINTR
fault "waiting interrupted once" 0 "" recvmsg:error=EAGAIN:when=1 poll:error=EINTR:when=1
fault "messages lost at once" 3 "No buffer space" recvmsg:error=ENOBUFS:when=1
fault "messages lost amid the dump" 3 "No buffer space" recvmsg:error=ENOBUFS:when=2
fault "messages always lost" 3 "No buffer space" recvmsg:error=ENOBUFS
fault "a dump under way" 0 "" sendto:error=EPROTO:when=1
fault "no answer at all" 3 "timed out" sendto:retval=76
fault "an end of file for an answer" 3 "error" recvmsg:retval=0
fault "nothing to wait for" 3 "Bad file" recvmsg:error=EAGAIN poll:error=EBADF

# A /proc of nothing: the rows do not need it; without netlink too, that is a failure, not a table.
# shellcheck disable=SC2016 # the inner shell expands
if grep -qE '__[at]san_init' "$B/tcptop"; then # sanitizers cannot start without /proc
	hidden='exit 77'
else
	hidden='mount -t tmpfs none /proc || exit 77; exec "$@"'
fi
unshare -m sh -c "$hidden" sh "$B/tcptop" --no-config --once --json >"$tmp/out" 2>"$tmp/err"
status=$?
if [ $status = 77 ] || ! unshare -m true 2>/dev/null; then
	n=$((n + 1))
	echo "ok $n - without /proc # SKIP cannot mount here, or a sanitizer needs it"
else
	[ $status = 3 ] && [ "$(grep -c '"type":"connection"' "$tmp/out")" = "$rows" ] &&
		grep -q '"complete":false,"reason":"processes cannot' "$tmp/out" &&
		[ "$(grep -c 'processes cannot be looked up' "$tmp/err")" = 1 ]
	verdict "without /proc: every row, but not their processes" $?
	unshare -m sh -c "$hidden" sh "$B/tcptop" --no-config --once --json --columns state \
		>"$tmp/out" 2>"$tmp/err"
	[ $? = 0 ] && grep -q '"complete":true' "$tmp/out" && [ ! -s "$tmp/err" ]
	verdict "without /proc: netlink alone is complete where no process is asked for" $?
	unshare -m sh -c "$hidden" sh "$B/tcptop" --no-config --once --json -f process:nobody \
		>"$tmp/out" 2>"$tmp/err"
	[ $? = 3 ] && grep -q '"complete":false' "$tmp/out" && [ "$(grep -c '' "$tmp/err")" = 1 ]
	verdict "without /proc: a filter by process is not answered with nothing" $?
	unshare -m sh -c "$hidden" sh "$B/tcptop" --no-config --doctor -d 0.1 >"$tmp/out" 2>"$tmp/err"
	[ $? != 0 ] && grep -q 'processes cannot be looked up' "$tmp/out"
	verdict "without /proc: the doctor does not say OK" $?
	strace -f -qq -o "$tmp/trace" -e inject=socket:error=EACCES unshare -m sh -c "$hidden" sh \
		"$B/tcptop" --no-config --once --json >"$tmp/out" 2>"$tmp/err"
	[ $? = 1 ] && [ ! -s "$tmp/out" ] && [ "$(grep -c '' "$tmp/err")" = 1 ] &&
		grep -q 'Permission denied.*No such file' "$tmp/err"
	verdict "neither netlink nor /proc: a failure that names both causes" $?
fi
(ulimit -n 10 && exec "$B/tcptop" --no-config --once --json -f process:nobody) \
	>"$tmp/out" 2>"$tmp/err"
[ $? = 3 ] && grep -q '"complete":false' "$tmp/out" && grep -q 'Too many open files' "$tmp/err"
verdict "without descriptors: a filter by process is not answered with nothing" $?
unshare -n "$B/tcptop" --no-config --once --json >"$tmp/out" 2>"$tmp/err"
status=$?
[ $status = 0 ] && grep -q '"total":0' "$tmp/out" && grep -q '"complete":true' "$tmp/out"
verdict "an empty namespace: complete, total 0" $?
echo "1..$n"
