#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lessons on a real screen: each is played to its end, every state is on the screen and in what ss
# lists in the lesson's namespace, by root and by an ordinary user; and however it ends, no process
# is left, neither one of the scene nor any other in that namespace.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"

live 80x24 '--learn LISTEN'
if code 1 && grep -q 'namespace' "$tmp/err"; then
	echo "ok 1 - lessons # SKIP no namespaces here: $(cat "$tmp/err")"
	exit 0
fi

enters=(nsenter -n) # as the one who owns the user namespace, where there is one
[ "$(id -u)" = 0 ] || enters=(nsenter -U --preserve-credentials -n)
pid() {
	local said
	read -r said <"$at/pid" && echo "$said"
}
# remember: set $inode to the lesson's namespace, which is kept open, since the kernel gives the
# number of one that is gone to the next that is made, which may be that of another test.
kept=
remember() {
	[ -z "$kept" ] || exec {kept}<&-
	exec {kept}<"/proc/$(pid)/ns/net"
	inode=$(stat -L -c %i "/dev/fd/$kept")
}
inside() { # inside COMMAND…: in the lesson's namespace
	"${enters[@]}" -t "$(pid)" -- "$@"
}
lists() { # lists N STATE: so ss tells (its names) in the lesson's namespace
	[ "$(inside ss -tanH | grep -c "^$2 ")" = "$1" ]
}
empty() { # empty INODE: no process is in that namespace
	! find /proc/[0-9]*/ns/net -maxdepth 0 -lname "net:\[$1\]" 2>/dev/null | grep -q .
}
learn() { # learn STATE OPTIONS…: its first step is there
	live 80x24 "--learn $*" && sees 'lesson, step 1 of'
}
next() { # next N: the N-th step is there
	keys "${key:-Space}"
	sees "lesson, step $1 of"
}
row() { # row STATE: its row is in the table
	sees "^.[ +*!](127\.0\.0\.1:[0-9]+ +){2}$1 |^.[ +*!]127\.0\.0\.1:3000 +0\.0\.0\.0:\* +$1 "
}

# STATE STEP ROWS SS-NAME: after that step the state has so many rows
while read -r state step rows name; do
	learn "$state"
	steps=$(screen | sed -nE 's/.*lesson, step 1 of ([0-9]).*/\1/p')
	for ((i = 2; i <= step; i++)); do next $i; done
	check "$state: in the table after step $step" row "$state"
	check "and in what ss lists" lists "$rows" "$name"
	check "the pane tells what was done" sees '^ DONE  '
	check "and where to look" sees '^ LOOK  '
	for ((; i <= steps; i++)); do next $i; done
	keys Space
	check "its last step is told" sees 'this was the last step   q ends the lesson'
	remember
	keys q
	check "q ends it" code 0
	check "and the terminal is as it was" restored
	check "and nobody is left in its namespace" empty "$inode"
done <<-EOF2
	LISTEN 1 1 LISTEN
	SYN_SENT 2 1 SYN-SENT
	SYN_RECV 2 1 SYN-RECV
	ESTABLISHED 1 2 ESTAB
	FIN_WAIT1 2 1 FIN-WAIT-1
	FIN_WAIT2 3 1 FIN-WAIT-2
	CLOSING 3 1 CLOSING
	TIME_WAIT 3 1 TIME-WAIT
	CLOSE_WAIT 3 1 CLOSE-WAIT
	LAST_ACK 3 1 LAST-ACK
EOF2

live 80x24 '--learn bound'
if inside ss -tanH state bound-inactive 2>/dev/null | grep -q . || sees 'step 1 of 3'; then
	check "BOUND_INACTIVE: its socket is a row" sees '127\.0\.0\.1:3000 +0\.0\.0\.0:\*'
	check "and the pane is about it" sees '^─ BOUND_INACTIVE  lesson, step 1'
	next 2
	check "a second bind() fails" sees 'EADDRINUSE'
	next 3
	row LISTEN
	check "then it listens" lists 1 LISTEN
else # the kernel does not tell: nothing is claimed
	check "BOUND_INACTIVE: not listed, not told" sees 'does not list the rows of this step'
fi
keys q
ended

# Process names, keys, languages, the namespace's own place.
learn TIME_WAIT '--color never'
check "the header says where this is" sees '^ [^ ]+/lesson +3 sockets'
check "the processes have names" sees 'ESTABLISHED .* server [0-9]+'
check "on both ends" sees 'ESTABLISHED .* client [0-9]+'
check "the footer has the key" sees '^ Space next step '
key=Enter
next 2
check "Enter is one, too" row FIN_WAIT2
unset key
keys Tab Enter
check "but means the details in the table" sees '━ SOCKET ━|127\.0\.0\.1:3000 (to|→)'
keys Escape
keys L
check "in Korean" sees '실습 2/4단계'
check "with all its words" sees '^ 한 일  .*확인할 곳|^ 한 일  서버가 먼저'
check "and keys" sees '^ Space 다음 단계'
keys L @
check "other namespaces are not to be seen" sees 'a lesson shows only its own namespace'
keys '?'
check "help begins with the key" sees 'Space Enter +lesson: next step'
keys q p
check "paused" sees PAUSED
next 3
check "a step ends the pause" loses PAUSED
# What ended is set up again: the client could come back anyway, but TIME_WAIT would not be ended.
until_true lists 1 TIME-WAIT
loses '^.-' # what has closed before is off the screen
keys Tab K
check "any user may close what is in there" sees '^ Close 127\.0\.0\.1:3000 to .*TIME_WAIT'
check "rows that ended are told" answer 'they were closed' keys y
next 4
check "the scene is set up, and the step taken" lists 2 ESTAB
for name in server client; do
	for process in $(pgrep -P "$(pid)"); do
		[ "$(cat "/proc/$process/comm")" != $name ] || kill -9 "$process"
	done
done
check "dead actors are noticed" sees 'starts the lesson again'
next 4
check "and replaced" until_true lists 2 ESTAB
resize 120 34
check "at 120x34 the words are in the pane beside" sees '│ DONE  The client connected again'
resize 40 10
check "at 40x10 they are a key away" loses 'DONE'
check "which the footer has" sees ' w explain'
keys w
check "namely w" sees 'DONE'
keys C-c
check "^C ends it" code 0

new_terminal
mux new-session -d -x 80 -y 24 "PS1='PROMPT> ' bash --norc --noprofile -i" \; \
	set -g window-size manual
sees 'PROMPT>'
keys "$tcptop --no-config --learn ESTABLISHED" Enter
sees 'lesson, step 1 of'
keys C-z
check "^Z suspends" sees 'Stopped'
keys fg Enter
sees 'lesson, step 1 of'
keys Space
check "fg goes on with the scene" sees 'lesson, step 2 of'
keys q
check "to its end" sees '^PROMPT> $|^PROMPT>$'

for signal in TERM:143 HUP:129 SEGV:139; do
	learn CLOSE_WAIT
	next 2
	remember
	kill -"${signal%:*}" "$(pid)"
	check "${signal%:*} ends it" code "${signal#*:}"
	check "with everybody in its namespace" until_true empty "$inode"
done
learn LAST_ACK
next 2
remember
actors=$(pgrep -P "$(pid)" | wc -l)
check "two processes play" [ "$actors" = 2 ]
kill -9 "$(pid)"
check "KILL" code 137
check "leaves nobody in its namespace" until_true empty "$inode"
start 80x24 "bash -c 'trap \"\" HUP; exec $tcptop --no-config --learn LISTEN'"
sees 'step 1 of'
remember
mux kill-server
check "nor does a terminal that goes away" until_true empty "$inode"

# The namespace itself: the other end of a link into it goes with it.
holds=
if [ "$(id -u)" = 0 ]; then
	unshare -n sleep 600 &
	holds=$!
	outside() { nsenter -n -t $holds ip "$@"; }
	apart() { [ "$(stat -L -c %i /proc/$holds/ns/net)" != "$(stat -L -c %i /proc/self/ns/net)" ]; }
	until_true apart
	links() { outside link add probe type veth peer name probe netns "$(pid)"; }
	unlinked() { ! outside link show probe >/dev/null 2>&1; }
fi
vanishes() { # vanishes STATE STEP HOW…: its namespace is no more
	local step=$2
	learn "$1"
	for ((i = 2; i <= step; i++)); do next $i; done
	links || return 1
	! unlinked || return 1
	shift 2
	"$@"
	ended && until_true unlinked
}
slay() { kill -9 "$(pid)"; }
if [ "$holds" ] && outside link add try type veth peer name try2 2>/dev/null; then
	check "with q goes the namespace, TIME_WAIT in it" vanishes TIME_WAIT 3 keys q
	check "with KILL, a full send queue in it" vanishes LAST_ACK 3 slay
	check "with KILL, an orphan in it" vanishes FIN_WAIT2 3 slay
	kill $holds
else
	[ -z "$holds" ] || kill $holds
	n=$((n + 1))
	echo "ok $n - with q goes the namespace # SKIP not root, or no links here"
fi

# An ordinary user, where users may make namespaces; and where nobody may.
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
if [ "$(id -u)" = 0 ] && $nobody unshare -Urn true 2>/dev/null; then
	new_terminal
	chmod 755 "$tmp" "$at"
	enters=(nsenter -U --preserve-credentials -n)
	start 80x24 "$nobody $tcptop --no-config --lang ko --learn CLOSE_WAIT"
	check "an ordinary user: a scene of their own" sees '실습 1/4단계'
	check "with the names of its processes" sees 'ESTABLISHED .* server [0-9]+'
	check "who runs as that user" [ "$(stat -c %u "/proc/$(pid)")" = 65534 ]
	keys Space
	sees '실습 2/4단계'
	keys Space
	sees '실습 3/4단계'
	check "in the state" lists 1 CLOSE-WAIT
	remember
	keys q
	check "q ends it" code 0
	check "and nobody is left there" empty "$inode"
else
	n=$((n + 1))
	echo "ok $n - an ordinary user: a scene of their own # SKIP not root, or users may not make namespaces"
fi
refused() { # refused WORDS COMMAND: one line, exit code 1, no screen
	start 80x24 "$2 $tcptop --no-config --learn LISTEN 2>$tmp/err"
	code 1 && restored && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -qE -- "$1" "$tmp/err"
}
limit='echo 0 >/proc/sys/user/max_net_namespaces'
if unshare -Ur sh -c "$limit" 2>/dev/null; then
	check "no more namespaces: one line says so" \
		refused 'limits in /proc/sys/user' "unshare -Ur sh -c '$limit; exec \"\$@\"' sh"
fi
if strace -f -o /dev/null -e trace=unshare -e inject=unshare:error=EPERM true 2>/dev/null; then
	check "no permission to make one: too" refused 'it cannot be created: Operation not permitted' \
		"env ASAN_OPTIONS=detect_leaks=0 strace -o /dev/null -e trace=unshare -e inject=unshare:error=EPERM"
fi
start 80x24 "bash -c '$tcptop --no-config --learn LISTEN | cat' 2>$tmp/err"
ended
check "without a terminal it says so" grep -q -- '--learn needs a terminal' "$tmp/err"
finish
