#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# On the screen: who holds a socket is there long before the second sample, also in the details; the
# TIME_WAIT of a process that has ended names it as a former one; a user without rights sees the own
# sockets named, "–" at the others, and one line on what is missing.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
ip link set lo up
coproc HELD { exec "$B/tests/data/states"; }
hold=${HELD[1]} held=$HELD_PID
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]

# An interval of a minute: whoever waits for the next sample waits in vain.
live 120x34 "-d 60 -4 -f lport:8004 --columns local,remote,state,timer_left,process"
check "the process is named at once" sees "127\.0\.0\.1:8004 .* ESTABLISHED .* states $held *(│|$)"
keys Enter
check "and in the details" sees "Process +states $held"
check "with its user" sees "User +$(id -un)"
keys C-c
check "it ends" code 0

live 120x34 "-4 -f 'state:es,tw lport:8003-8005' --columns local,remote,state,timer_left,process"
sees "127\.0\.0\.1:8004 .* states $held"
check "nothing has a former owner yet" loses '\(states\)'
exec {hold}>&-
wait "$held" 2>/dev/null
check "the process is gone" [ ! -e "/proc/$held" ]
check "its TIME_WAIT names it as the former one" sees '127\.0\.0\.1:800[345] .* TIME_WAIT .* \(states\)'
check "no row has it as the present one" loses "127\.0\.0\.1:.* states $held"
keys C-c
check "it ends again" code 0

# A user without rights, in a place where that user finds the program.
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all'
if ! $nobody true 2>/dev/null; then
	n=$((n + 1))
	echo "ok $n - without rights # SKIP setpriv cannot become another user here"
	finish
fi
coproc ROOT { exec "$B/tests/data/states" 8004 8016; }
read -r -t 60 ready <&"${ROOT[0]}"
chmod 755 "$tmp"
cp "$tcptop" "$tmp/tcptop"
$nobody bash -c 'exec 3<>/dev/tcp/127.0.0.1/8016 && echo there && exec sleep 600' >"$tmp/there" &
own=$!
until_true grep -q there "$tmp/there"
start 120x34 "$nobody $tmp/tcptop --no-config -4 -f 'port:8016 or lport:8004' --columns local,remote,state,timer_left,process 2>$tmp/err"
check "the own one is named" sees "127\.0\.0\.1:8016 +ESTABLISHED .* sleep $own"
check "the others are not" sees '127\.0\.0\.1:8004 .* ESTABLISHED .* – *(│|$)'
check "one line says what is missing" sees '^ the process of [0-9]+ rows? is not visible: run with sudo to see it \(CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH\)'
check "once" loses 'process is not visible'
keys 8 0 0 4
sees 'port:8004'
keys Enter Enter
check "the details of one say why no process is named" sees 'Process +not visible without sudo'
keys C-c
check "it ends without rights" code 0
kill "$own"
finish
