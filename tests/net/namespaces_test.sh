#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several network namespaces: `tcptop --netns all --json` equals `ss -N` of each, one of them without
# any process and one created while it runs; one of them by name, process, inode and path; what is
# there but closed to an ordinary user; one that vanishes is let go; and from /proc as well.
set -u
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh

# A /proc that shows only what this test starts, and a /run of its own.
if [ -z "${OWN_PROC:-}" ]; then
	if ! unshare -pmf --mount-proc mount -t tmpfs none /run 2>/dev/null; then
		echo "ok 1 - namespaces # SKIP no mount namespace, or no fresh /proc, to be had here"
		exit 0
	fi
	OWN_PROC=1 exec unshare -pmf --mount-proc bash "$0"
fi
. tests/ss.sh
mount -t tmpfs none /run && mkdir /run/netns || exit 1
[ /var/run -ef /run ] || mount --bind /run /var/run || exit 1
tcptop=("$B/tcptop" --no-config)
tmp=$(mktemp -d) || exit 1
chmod 755 "$tmp"
trap 'exec 3>&-; kill $(jobs -p) 2>/dev/null; wait; rm -rf "$tmp"' EXIT
n=0
: >"$tmp/log"

verdict() { # verdict NAME STATUS: one line of TAP, the log of a failure before it
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		head -n 20 "$tmp/log" | sed 's/^/# /'
		echo "not ok $n - $1"
	fi
	: >"$tmp/log"
}
check() { # check NAME COMMAND…
	local name=$1
	shift
	"$@" >>"$tmp/log" 2>&1
	verdict "$name" $?
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
columns=proto,local_addr,local_port,remote_addr,remote_port,state,timer,expires_ms,recv_q,send_q
columns+=,retrans,uid,inode,cookie,ifindex,netns

# make NAME PORT…: a namespace of `ip netns` with sockets of the recipes of these ports, which stand
# until descriptor 3 is closed
mkfifo "$tmp/hold"
exec 3<>"$tmp/hold"
make() {
	local name=$1
	shift
	ip netns add "$name" || return 1
	# the reader has no writing end of its own
	ip netns exec "$name" bash -c 'exec 3>&-; exec "$@"' sh "$B/tests/data/states" "$@" \
		<"$tmp/hold" >"$tmp/ready.$name" &
	until_true grep -qs ready "$tmp/ready.$name"
}
# leave NAME: its process ends; what the kernel keeps of its sockets stays
deserted() { [ -z "$(ip netns pids "$1")" ]; }
leave() {
	local pid
	for pid in $(ip netns pids "$1"); do
		kill "$pid"
	done
	until_true deserted "$1"
}

# of NAMESPACE FILE: the rows of one namespace, loopback by its name: it has index 1 everywhere
of() {
	grep -F "\"netns\":\"$1\"" "$2" | grep '"type":"connection"' | sed 's/%1"/%lo"/g'
}
# equal NAMESPACE JSON BEGIN [proc]: to what ss says there, now
equal() {
	local where=(-N "$1") end
	[ "$1" != init ] || where=()
	ss "${where[@]}" -tanoeHO "${no_bound[@]}" >"$tmp/ss.$1" 2>"$tmp/ss.err" || { cat "$tmp/ss.err"; return 1; }
	end=$(now_ms)
	of "$1" "$2" >"$tmp/json.$1"
	{
		cat "$tmp/json.$1"
		echo "{\"type\":\"summary\",\"total\":$(wc -l <"$tmp/json.$1")}"
	} >"$tmp/compared"
	"$B/tests/data/compare" "$tmp/ss.$1" "$tmp/compared" $((end - $3 + 20)) "${4:-}"
}
all_equal() { # all_equal JSON BEGIN MODE NAMESPACE…: and there are no other rows
	local json=$1 begin=$2 mode=$3 name rows=0
	shift 3
	for name in "$@"; do
		equal "$name" "$json" "$begin" "$mode" || { echo "in $name"; return 1; }
		rows=$((rows + $(wc -l <"$tmp/json.$name")))
	done
	[ $rows = "$(grep -c '"type":"connection"' "$json")" ]
}
# A socket's time may run out between the two looks, so several pairs of looks are taken.
agree() { # agree MODE TAKE NAMESPACE…: what the function TAKE writes to $tmp/JSON, JSON named as it
	local mode=$1 take=$2 try begin
	shift 2
	for try in 1 2 3 4 5; do
		begin=$(now_ms)
		$take && all_equal "$tmp/$take" "$begin" "$mode" "$@" && return 0
		echo "in look $try"
	done
	return 1
}
summary() { # summary FILE TEXT: the last line of JSON says so
	tail -n 1 "$1" | grep -qF -- "$2" || { tail -n 1 "$1"; return 1; }
}

ip link set lo up
"$B/tests/data/states" 8003 8016 <"$tmp/hold" >"$tmp/ready" &
until_true grep -qs ready "$tmp/ready"
make blue || { echo "not ok 1 - a namespace is made"; exit 1; }
make idle 3000 8011 && leave idle
ip netns add empty

all() { "${tcptop[@]}" --once --json --netns all --columns $columns >"$tmp/all"; }
check 'all namespaces: exit code 0' all
check 'each as ss -N has it, one without a process' agree '' all init blue idle
check 'of them, one without a process has rows' test -s "$tmp/json.idle"
check 'the summary says how many' summary "$tmp/all" '"netns":"all","namespaces":4'
check 'and that they are complete' summary "$tmp/all" '"complete":true'
"${tcptop[@]}" --once --netns all | sed -n 1p >"$tmp/log"
check 'text has a column of them' grep -q 'Namespace *$' "$tmp/log"
"${tcptop[@]}" --once --json --netns all -f netns:blue >"$tmp/blue"
check 'a filter by namespace' test "$(of blue "$tmp/all" | wc -l)" = "$(grep -c '"type":"connection"' "$tmp/blue")"
"${tcptop[@]}" --once --json --netns all -f 'dev:lo' >"$tmp/lo"
check "an interface's name is one of tcptop's own namespace" test "$(of blue "$tmp/lo" | wc -l)" = 0
"${tcptop[@]}" --once --json --netns all -f 'dev:1' >"$tmp/lo"
check 'its number is of any' test "$(of blue "$tmp/lo" | wc -l)" != 0
"${tcptop[@]}" --once --json --netns all -f 'not dev:lo' >"$tmp/lo"
check 'and what is not it is all else' test "$(of blue "$tmp/lo" | wc -l)" = "$(of blue "$tmp/all" | wc -l)"

# Where sock_diag is refused, /proc of each.
if strace -qq -o /dev/null true 2>/dev/null; then
	proc() { # exit code 3
		strace -f -qq -o /dev/null -e inject=socket:error=EACCES "${tcptop[@]}" --once --json \
			--netns all --columns $columns >"$tmp/proc" 2>"$tmp/proc.err"
		[ $? = 3 ]
	}
	check 'without sock_diag: exit code 3' proc
	check 'the rows are those of /proc' agree proc proc init blue idle
	check 'and it is said once' test "$(wc -l <"$tmp/proc.err")" = 1
	strace -f -qq -o /dev/null -e inject=setns:error=EPERM "${tcptop[@]}" --once --json \
		--netns all >"$tmp/out" 2>"$tmp/refusal"
	check 'none can be entered: exit code 3' test $? = 3
	own=$("${tcptop[@]}" --once --json | grep -c '"type":"connection"')
	check "only tcptop's own rows then" test "$(grep -c '"type":"connection"' "$tmp/out")" = "$own"
	check 'and it says why' grep -q 'CAP_SYS_ADMIN' "$tmp/refusal"
	strace -f -qq -o /dev/null -e inject=setns:error=EPERM:when=2 "${tcptop[@]}" --once --json \
		--netns all >"$tmp/out" 2>"$tmp/refusal"
	check 'one of several cannot: exit code 3' test $? = 3
	check 'the others are there' grep -q '"netns":"idle"\|"netns":"blue"' "$tmp/out"
	check 'what is missing is not complete' summary "$tmp/out" '"complete":false'
else
	verdict 'namespaces by /proc # SKIP strace cannot trace here' 0
fi

# One of them.
one() { # one SPEC: the rows of blue, named so
	local spec=$1
	look() { "${tcptop[@]}" --once --json --netns "$spec" --columns $columns >"$tmp/look"; }
	agree '' look blue && summary "$tmp/look" '"netns":"blue"' &&
		summary "$tmp/look" '"complete":true'
}
for limit in '' '--limit 5'; do
	# shellcheck disable=SC2086 # words
	"${tcptop[@]}" --once --json --netns blue -f 'dev:lo or rport:65535' $limit >"$tmp/lo"
	check "an interface's name means none of another's $limit" summary "$tmp/lo" '"total":0'
done
inode=$(stat -L -c %i /run/netns/blue)
check 'one by its name' one blue
check 'by a process in it' one "$(ip netns pids blue | head -n 1)"
check 'by its inode' one "net:[$inode]"
check 'by its path' one /run/netns/blue
"${tcptop[@]}" --once --json --netns init >"$tmp/one" 2>>"$tmp/log"
check "that of process 1, here tcptop's own" summary "$tmp/one" '"complete":true'
check 'which bears no name then' test "$(grep -c netns "$tmp/one")" = 0
"${tcptop[@]}" --once --json --netns empty >"$tmp/one" 2>>"$tmp/log"
check 'an empty one is complete' summary "$tmp/one" '"total":0'

refused() { # refused SPEC REGEX: exit code 1 and one line
	local code
	"${tcptop[@]}" --once --netns "$1" >"$tmp/out" 2>"$tmp/refusal"
	code=$?
	cat "$tmp/refusal"
	[ $code = 1 ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/refusal")" = 1 ] &&
		grep -qE -- "$2" "$tmp/refusal"
}
check 'no such name: the nearest' refused blu 'no network namespace blu; did you mean blue?'
check 'no such name' refused nothinglikeit 'no network namespace nothinglikeit$'
check 'no such process' refused 4000000 'no process 4000000$'
check 'not a namespace' refused /proc/self/ns/mnt '/proc/self/ns/mnt is not a network namespace$'

# Namespaces that come and go while tcptop runs.
"${tcptop[@]}" --batch --json --netns all --columns $columns 0.5 \
	>"$tmp/stream" 2>"$tmp/stream.err" &
batch=$!
sees() { grep -qF "\"netns\":\"$1\"" "$tmp/stream"; }
check 'a batch of all' until_true sees blue
make late 8003 3000
check 'a namespace created meanwhile is found' until_true sees late
last_sample() { # its rows, complete, to stdout
	awk '/"type":"summary"/ { last = rows; rows = "" } !/"type":"summary"/ { rows = rows $0 "\n" }
		END { printf "%s", last }' "$tmp/stream"
}
late_equals() {
	last_sample >"$tmp/last"
	equal late "$tmp/last" $(($(now_ms) - 1500))
}
check 'and then as ss -N has it' until_true late_equals
identity() { stat -L -c %d:%i "$@" 2>/dev/null; } # of files: device and inode
late=$(identity /run/netns/late)
holds() { # holds PID IDENTITY: by a file or a thread; the link of a file may be any path to it
	identity /proc/"$1"/fd/* /proc/"$1"/task/*/ns/net | grep -qxF "$2"
}
check 'it is held while it is shown' until_true holds $batch "$late"
leave late
ip netns del late
lets_go() { ! holds $batch "$late"; }
check 'one that vanishes is let go' until_true lets_go
none_late() { last_sample >"$tmp/last"; ! grep -q '"netns":"late"' "$tmp/last"; }
check 'and its rows with it' until_true none_late
check 'the batch goes on' kill -0 $batch
kill $batch
wait $batch 2>/dev/null
check 'without a word on stderr' test ! -s "$tmp/stream.err"

ip netns add once
"${tcptop[@]}" --batch --json --netns once 0.5 >"$tmp/stream" 2>"$tmp/stream.err" &
batch=$!
check 'one alone' until_true sees once
once=$(identity /run/netns/once)
ip netns del once
says_gone() { grep -q 'the network namespace once is gone' "$tmp/stream.err"; }
check 'is missed when it vanishes' until_true says_gone
lets_go_of_once() { ! holds $batch "$once"; }
check 'and let go' until_true lets_go_of_once
: >"$tmp/stream"
make once 8003
back() { grep -q '"local_port":8003' "$tmp/stream"; }
check 'one that comes by the same name is shown' until_true back
check 'one line has said so, once' test "$(grep -c 'is gone' "$tmp/stream.err")" = 1
kill $batch
wait $batch 2>/dev/null
leave once
ip netns del once

# An ordinary user.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if "${nobody[@]}" true 2>/dev/null; then
	"${nobody[@]}" "${tcptop[@]}" --once --json --netns all >"$tmp/out" 2>"$tmp/refusal"
	check 'an ordinary user: exit code 3' test $? = 3
	missing="tcptop: only tcptop's own network namespace is shown: CAP_SYS_ADMIN required to enter others"
	check 'one line says which right is missing' test "$(grep -cxF "$missing" "$tmp/refusal")" = 1
	own=$("${nobody[@]}" "${tcptop[@]}" --once --json | grep -c '"type":"connection"')
	check "tcptop's own rows are there" test "$(grep -c '"netns":"init"' "$tmp/out")" = "$own"
	as_nobody() { # as_nobody SPEC REGEX
		local tcptop=("${nobody[@]}" "${tcptop[@]}")
		refused "$@"
	}
	check 'one by name is refused' as_nobody blue \
		'cannot enter the network namespace blue: Operation not permitted; CAP_SYS_ADMIN required'
	check 'one of a process of another user' as_nobody "$(ip netns pids blue | head -n 1)" 'CAP_SYS_ADMIN'
	"${nobody[@]}" "${tcptop[@]}" --once --json --netns init >"$tmp/out" 2>"$tmp/log"
	verdict "tcptop's own is known although process 1 hides its" $?
	if "${nobody[@]}" unshare -Urn true 2>/dev/null; then
		"${nobody[@]}" unshare -Urn bash -c '
			ip link set lo up
			unshare -n bash -c "read -r _" <&3 & child=$!
			until [ "$(readlink /proc/$child/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
			"$0" --no-config --once --json --netns $child' "$B/tcptop" >"$tmp/out" 2>"$tmp/log"
		verdict 'who owns a user namespace enters its children' $?
	else
		verdict 'who owns a user namespace enters its children # SKIP no user namespaces for users' 0
	fi
else
	verdict 'an ordinary user # SKIP one already' 0
fi
echo "1..$n"
