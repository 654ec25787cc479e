#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is on the screen while nothing comes: a sample that is late makes the last one STALE soon, not
# only once the kernel's answer has timed out; a terminal that takes nothing still ends, and finds the
# screen given back when it reads again.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace

# From the fortieth call on the kernel's answers hang for a minute.
if strace -qq -o /dev/null true 2>/dev/null; then
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
	start 100x30 "strace -f -qq -o $tmp/trace -e trace=recvmsg \
		-e inject=recvmsg:delay_enter=60000000:when=40+ $tcptop --no-config -d 0.5 2>$tmp/err"
	check "samples come" sees SOCKETS
	check "one that does not makes the screen stale" sees 'STALE [1-9] s'
	ages() { shows 'STALE ([4-9]|1[0-9]) s'; }
	check "its age goes on" until_true ages
	check "no failure was needed for that" hidden 'trying again'
	keys '?'
	check "keys are heard" sees MOVE
	keys C-c
	check "and it ends" sees '^THE SHELL BEFORE' # strace itself stays
	kill "$(cat "$at/pid")"
else
	n=$((n + 1))
	echo "ok $n - a late sample # SKIP strace cannot trace here"
fi
live 100x30 '-d 30'
check "a long interval" sees SOCKETS
keys '?'
sees MOVE
keys q
loses MOVE
check "is not late" hidden STALE
keys q
code 0

# tmux reads nothing while it is stopped.
live 120x34 '-d 0.01'
sees SOCKETS
server=$(mux display -p '#{pid}') pid=$(cat "$at/pid") pts=$(mux display -p '#{pane_tty}')
fill() { # write to the terminal, which ignores these bytes, until it takes no more, and at most a MB
	perl -e 'use Fcntl; sysopen(my $t, $ARGV[0], O_WRONLY | O_NONBLOCK | O_NOCTTY) or die;
		for my $size (4096, 64, 1) { for (1 .. 256) { syswrite($t, "\0" x $size) or last } }' "$1"
}
written() { awk '/^wchar/ { print $2 }' "/proc/$pid/task/$pid/io"; }
stuck() { # its writes fail: nothing was written for more than a second, in which the clock goes on
	local before
	fill "$pts" # what was taken before may have gone on to where it is read, which made room
	before=$(written)
	sleep 1.5
	[ "$(written)" = "$before" ]
}
kill -STOP "$server"
check "nobody reads: nothing more is written" until_true stuck
kill -TERM "$pid"
check "nobody reads: TERM ends it all the same" ended
check "with 143" code 143
check "and the settings are as they were" cmp -s "$at/before" "$at/after"
kill -CONT "$server"
check "read again, the screen is given back" restored

# The output is stopped by another program; q is heard, and starts it again.
live 100x30
sees SOCKETS
pts=$(mux display -p '#{pane_tty}')
perl -e 'use POSIX; open(my $t, "+<", $ARGV[0]) or die; POSIX::tcflow(fileno($t), POSIX::TCOOFF) or die' "$pts"
sleep 2
keys q
check "stopped output: q ends it" code 0
check "and the terminal is as it was" restored
finish
