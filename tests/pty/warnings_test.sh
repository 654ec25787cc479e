#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Warnings on the live screen: a real leak of 50 sockets is in the header within ten seconds, with
# the process in the list; its state and its rows are marked; Enter shows exactly these rows; once
# the process has gone the warning ends, and is listed as ended.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
ip link set lo up || {
	echo "ok 1 - ${0##*/} # SKIP no loopback device here"
	exit 0
}
printf '[doctor]\nclose_wait_age = 3\n' >"$tmp/leak.ini"

# By the clock of its samples: a busy machine looks at the screen late.
clock() { date -ud "1970-01-01 $(grep -oE '[0-9]{2}:[0-9]{2}:[0-9]{2}' <<<"$frame" | head -n 1)" +%s; }
told() { frame=$(screen) && grep -q "$1" <<<"$frame"; }
# A busy machine may also take a sample late: then it is tried again.
for try in 1 2 3 4 5; do
	live 80x24 "--config $tmp/leak.ini"
	sees 'no warnings'
	calm=$?
	coproc LEAK { exec "$B/tests/data/trouble" leak $((2999 + try)) 50; }
	leak=$LEAK_PID
	read -r -t 60 ready <&"${LEAK[0]}"
	until_true told ':[0-9][0-9]:'
	began=$(clock)
	until_true told '! 1 warning'
	warned=$?
	seconds=$((($(clock) - began + 86400) % 86400))
	[ $seconds -gt 10 ] && [ $try -lt 5 ] || break
	kill "$leak"
	wait "$leak" 2>/dev/null
done
check "nothing is wrong at first" [ $calm = 0 ]
check "fifty sockets leak" [ "${ready:-}" = ready ]
check "the header says so" [ $warned = 0 ]
check "… within ten seconds" [ $seconds -le 10 ]
check "the state is marked" sees '![CLOSE_WAIT ]+ +50 '
check "so are its rows" sees '^.!(tcp6? +)?[0-9[].*CLOSE_WAIT'
keys !
check "! lists what is wrong" sees '━ WARNINGS ━.* 1 now, 0 ended'
check "with the process" sees "^▸!  CLOSE_WAIT leak likely: trouble \([0-9]+\) +since [0-9][0-9]:[0-9][0-9]"
check "the evidence" sees 'Seen +50 of 50 connections in CLOSE_WAIT for over 3 s'
check "what to do" sees 'What to do +find the missing close\(\)'
check "and how to check" sees 'Check +ss -tnpoe state close-wait'
keys L
check "in Korean too" sees '^▸!  CLOSE_WAIT 누수 의심: trouble\([0-9]+\)'
keys L Enter
check "Enter shows these connections alone" sees 'SOCKETS  50 of [0-9,]+   pid:[0-9]+ inode>0 state:CLOSE_WAIT'
keys Escape
check "Esc takes that back" loses 'pid:[0-9]+ inode>0'
keys G ! p
check "paused, the list goes on" sees '━ WARNINGS ━'
keys p Escape
kill "$leak"
keys !
patience=120
check "once the process is gone the warning ends" sees ' 0 now, 1 ended'
check "and is listed as ended" sees '^ !  CLOSE_WAIT leak likely: trouble.* [0-9:]+ to [0-9:]+ *$'
keys Escape
check "the header is calm again" sees 'no warnings'
keys q
check "q quits" code 0
check "and the terminal is as before" restored
finish
