#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Kernels that tell less: each has its rows, what it does not tell is called unknown and not none, and
# one line says what is missing. An old release is what setarch pretends; hosts without sock_diag are
# a /proc of their own and a refused socket.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
# shellcheck source=tests/lib/check.sh
. tests/lib/check.sh
coproc HELD { exec "$B/tests/data/states" 8002 8003; } # BOUND_INACTIVE and ESTABLISHED
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
trap 'exec {hold}>&-; rm -rf "$tmp"' EXIT
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok 1 - the sockets stand"; exit 1; }

skip() { # skip NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}
run() { # run CODE OPTION…: by "${as[@]}"; with this exit code
	local status
	"${as[@]}" "$B/tcptop" --no-config "${@:2}" >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ $status = "$1" ] || { echo "# exit code $status"; false; }
}
silent() { [ ! -s "$tmp/err" ]; }
one_line() { [ "$(grep -c '' "$tmp/err")" = 1 ] && grep -q "^tcptop: .*$1" "$tmp/err"; }
prints() { grep -q -- "$1" "$tmp/out"; }
lacks() { ! prints "$@"; }

# A release that no kernel has had since 2011: none of what later ones brought may be claimed.
as=(setarch "$(uname -m)" --uname-2.6)
if [[ $("${as[@]}" uname -r 2>"$tmp/err") = 2.6.* ]]; then
	rows() { run 0 --once --json && silent && prints '"local_port":8003' && lacks 8002 && lacks BOUND_INACTIVE; }
	check "an old release: the rows, complete" rows
	bound() { run 3 --once --json -f state:bound_inactive && one_line 'Linux 6\.8' && prints '"complete":false,"reason":"sockets that'; }
	check "BOUND_INACTIVE asked for: not listed, instead of none" bound
	korean() { run 3 --once --lang ko -f state:bound_inactive && one_line '6\.8부터'; }
	check "the same in Korean" korean
	port() { run 0 --once --json -P 8002 && silent && prints '"complete":true'; }
	check "a port asked for is no question about them alone" port
	closed() { run 0 --batch --json --summary 0.1 2 && silent && lacks '"closed"' && lacks died_unseen; }
	check "connections that closed are not counted, instead of 0" closed
	judged() { run 0 --doctor --json -d 0.1 && prints '"not_looked_at":{.*"bound":"the kernel lists them from Linux 6\.8 on"'; }
	check "the doctor says what it could not look at" judged
	explained() { run 3 --explain BOUND_INACTIVE && one_line 'Linux 6\.8' && prints UNKNOWN; }
	check "the state is explained, and UNKNOWN" explained
else
	skip "an old release" "setarch cannot pretend one here"
fi
as=(env)
counted() { run 0 --batch --json --summary 0.1 2 && prints '"closed":0'; }
check "this kernel counts them" counted

# Hosts without sock_diag, and with no more in /proc than these have.
if grep -qE '__[at]san_init' "$B/tcptop"; then
	skip "hosts without sock_diag" "a sanitizer needs /proc"
elif ! command -v strace >/dev/null || ! strace -qq -o /dev/null true 2>/dev/null; then
	skip "hosts without sock_diag" "strace cannot trace here"
elif ! unshare -m true 2>/dev/null; then
	skip "hosts without sock_diag" "nothing can be mounted here"
else
	mkdir -p "$tmp/proc/thread-self/net"
	# shellcheck disable=SC2016 # the inner shell expands
	as=(strace -f -qq -o "$tmp/trace" -e inject=socket:error=EPROTONOSUPPORT unshare -m
		sh -c 'mount --bind "$1" /proc && shift && exec "$@"' sh "$tmp/proc")
	table=$tmp/proc/thread-self/net/tcp
	: >"$table"
	: >"${table}6"
	wsl() { run 1 --once --json && one_line 'Protocol not supported.*/proc/net/tcp: Operation not supported' && [ ! -s "$tmp/out" ]; }
	check "WSL 1, whose tables are empty files: a failure, not an empty table" wsl
	rm "${table}6"
	printf '%s\n' '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode' \
		'   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 2 (nil) 0 0 0 0 -1' \
		'   2: 00000000:1F90 00000000:C350 01 00000000:00000000 00:00000000 00000000     0        0 8 2 (nil) 0 0 0 0 -1' >"$table"
	gvisor() { run 3 --once --json --columns local_port,state && one_line 'read from /proc/net/tcp.*Protocol not supported' && [ "$(grep -c '"local_port":8080' "$tmp/out")" = 2 ]; }
	check "gVisor, which has no IPv6 here: its rows, and where they are from" gvisor
	judged() { ! run 0 --doctor -d 0.1 && prints 'sock_diag' && lacks '^OK'; }
	check "the doctor does not call it OK" judged
fi
finish
