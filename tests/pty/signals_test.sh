#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# However it ends, the terminal is as before: every signal, a crash, suspension; and a terminal that
# goes away ends it at once, also under nohup, which a batch survives.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"

ends_by() { # ends_by SIGNAL CODE
	live 100x30
	check "$1: running" sees SOCKETS
	kill -"$1" "$(cat "$at/pid")"
	check "$1 ends it with $2" code "$2"
	check "$1 leaves the terminal as it was" restored
}
ends_by HUP 129
ends_by INT 0
ends_by QUIT 131
ends_by TERM 143
# Those that end a process by default, also from a timer, a limit of CPU time, a power failure.
for sig in ALRM:142 VTALRM:154 PROF:155 XCPU:152 XFSZ:153 USR1:138 USR2:140 IO:157 PWR:158 \
	STKFLT:144 RTMIN:162 RTMAX:192; do ends_by "${sig%:*}" "${sig#*:}"; done
start 100x30 "bash -c 'trap \"\" USR1; exec $tcptop --no-config'"
check "with USR1 ignored: running" sees SOCKETS
kill -USR1 "$(cat "$at/pid")"
keys '?'
check "it goes on" sees MOVE
keys C-c
check "until it is told to end by a key" code 0
start 100x30 "prlimit --cpu=1:600 $tcptop --no-config -d 0.01"
check "one second of processor time is over: 152" code 152
check "and the terminal is as it was" restored
ulimit -c 0
# The thread sanitizer takes these for faults of the program and runs the handler at once, also in the
# middle of its own work, where the handler's calls may break it.
case $B in
*/tsan) ;;
*) for sig in ABRT:134 BUS:135 FPE:136 SEGV:139; do ends_by "${sig%:*}" "${sig#*:}"; done ;;
esac

# A recording that does not come, and one that does not go on: nothing is on the screen yet.
mkfifo "$tmp/pipe"
exec {pipe}<>"$tmp/pipe"
reads() { readlink "/proc/$(cat "$at/pid")/fd/"* 2>/dev/null | grep -qx "$tmp/pipe"; }
for first in '' tcptopF1; do
	live 100x30 "--read $tmp/pipe"
	printf %s "$first" >&"$pipe"
	check "a pipe without an end after '$first': reading" until_true reads
	kill "$(cat "$at/pid")"
	check "TERM ends it with 143" code 143
	check "and the terminal is as it was" restored
done
exec {pipe}>&-

# ^Z and fg need a shell with job control.
new_terminal
mux new-session -d -x 120 -y 30 "PS1='PROMPT> ' bash --norc --noprofile -i" \; \
	set -g window-size manual
check "an interactive shell" sees 'PROMPT>'
keys "stty -a > $at/before; $tcptop --no-config" Enter
check "running in it" sees 'SOCKETS'
keys '?' C-z
check "^Z suspends, also while a frame is drawn" sees 'Stopped'
keys "stty -a > $at/suspended" Enter
modes() { grep -oE '[ -](echo|icanon|isig|opost) ' "$at/$1"; }
settings_kept() { [ -s "$at/suspended" ] && [ "$(modes before)" = "$(modes suspended)" ]; }
check "with the terminal given back" until_true settings_kept
resize 80 24
keys 'fg' Enter
check "fg brings it back at the new size" sees '^ [a-z0-9-]+ +[0-9,]+ sockets? '
keys q '?'
check "and it listens" sees 'MOVE'
keys C-c
check "then ends" loses 'MOVE'
keys "echo; echo over" Enter
check "and the prompt is there" sees '^over'

# The terminal is closed under it.
gone() { ! kill -0 "$(cat "$at/pid")" 2>/dev/null; }
live 100x30
sees SOCKETS
mux kill-server
check "a closed terminal ends it" until_true gone
start 100x30 "bash -c 'trap \"\" HUP; exec $tcptop --no-config'"
check "with hang-ups ignored: running" sees SOCKETS
mux kill-server
check "a closed terminal ends it too" until_true gone

start 100x30 "nohup $tcptop --no-config -b -d 0.05 --summary >$tmp/batch 2>$tmp/err"
more() { [ "$(grep -sc "^total" "$tmp/batch" || true)" -gt "$1" ] 2>/dev/null; }
check "nohup tcptop -b prints" until_true more 2
mux kill-server
seen=$(grep -c '^total' "$tmp/batch")
check "and goes on without its terminal" until_true more $((seen + 2))
kill "$(cat "$at/pid")"
check "until it is told to end" until_true gone
finish
