#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The live screen on real sockets in every state, in a terminal of tmux: digits, filter, sort,
# language, pane and help do what they say, and what the terminal shows is cell for cell the canvas.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
coproc HELD { "$B/tests/data/states"; }
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]

only_port() { # only_port N: every row of the table has it at one end
	local rows
	rows=$(screen | grep -E '^[ ▹▸].(tcp6? +)?[0-9[]' | grep -E '[0-9\]]:[0-9*]')
	[ -n "$rows" ] && ! grep -qvE "[0-9\]]:$1 " <<<"$rows"
}

live 120x34
check "a first frame with rows" sees '^▸.*(LISTEN|CLOSE_WAIT|SYN_SENT)'
keys 3000
check "typed digits become the title's filter" sees 'SOCKETS .*port.3000'
check "only rows of that port are left" until_true only_port 3000
check "the table has the focus from the start" sees '^▸.*:3000'
keys /
check "/ opens the prompt with the filter" sees 'port:3000 *$'
keys C-u
keys 'state:tw'
check "the filter follows as it is typed" sees 'SOCKETS .*state:tw'
keys Enter
check "the pane explains the row's state" sees '┬─ TIME_WAIT ─'
check "and says how long it lasts" sees '60 s'
check "and this host's own count" sees '[0-9]+ closed first here in the last'
check "and the row's own seconds left" sees 'this one: [0-9]+ s left'
keys L
check "L switches the words to Korean" sees '종료 후 대기'
check "which name 60초" sees '60초'
check "and the count" sees '먼저 닫은 연결 [0-9]+개'
keys L
check "L switches back" sees 'closed first here'
keys Escape
check "Esc takes the filter off" loses 'state:tw'
keys s
check "s opens the menu of columns" sees 'Recv-Q|Local Port'
keys Escape
keys '?'
check "? opens help" sees 'MOVE'
keys q
check "q closes help first" loses 'MOVE'
keys q
check "then q quits with 0" code 0
check "and the terminal is as before" restored

live 120x34
sees '^▸.*(LISTEN|CLOSE_WAIT|SYN_SENT)'
keys f
check "f opens the chooser of columns" sees 'Retr|RTT'
keys Space Enter q
check "which leaves its ini line behind" sees 'show = [a-z]'
check "on the shell's own screen" restored

live 80x24 "--lang ko -f state:tw"
check "80x24 in Korean" sees '종료 후 대기'
keys w
check "w shows the whole text" sees '할 일'
seen=$tmp/seen
turn() { # one step further, unless the text's last line is there
	screen >>"$seen"
	grep -q TCP_TIMEWAIT_LEN "$seen" || { keys ']'; false; }
}
check "scrolled to its last line" until_true turn
for heading in '자세한 설명' '흔한 오해' 출처; do
	check "'$heading' is passed on the way" grep -q "$heading" "$seen"
done
keys C-c
check "^C quits with 0 from anywhere" code 0

"$B/tests/data/scenes" devbox >"$tmp/frames"
canvas_shown() { screen | sed 's/ *$//' | cmp -s - "$tmp/canvas"; }
same_as_dump() { # same_as_dump SIZE OPTIONS: the terminal shows the canvas, cell for cell
	local options="--no-config --read $tmp/frames $2"
	# shellcheck disable=SC2086 # options are words
	"$tcptop" $options --size "$1" --dump text | sed 's/ *$//' >"$tmp/canvas"
	start "$1" "$tcptop $options 2>$tmp/err"
	until_true canvas_shown
}
for size in 120x34 80x24 200x50 60x20 40x10 21x5 19x4 2x3; do
	for lang in en ko; do
		check "$size in $lang is the canvas" same_as_dump $size "--lang $lang"
	done
done
# A menu covers halves of Hangul, and goes again.
for key in s '?'; do
	printf '%s' "$key" >"$tmp/keys"
	options="--no-config --read $tmp/frames --lang ko"
	# shellcheck disable=SC2086 # options are words
	"$tcptop" $options --size 79x24 --keys "$tmp/keys" --dump text | sed 's/ *$//' >"$tmp/canvas"
	start 79x24 "$tcptop $options 2>$tmp/err"
	sees '기록'
	keys "$key"
	check "over Hangul after $key: the canvas" until_true canvas_shown
	# shellcheck disable=SC2086
	"$tcptop" $options --size 79x24 --dump text | sed 's/ *$//' >"$tmp/canvas"
	keys Escape
	check "and without it again" until_true canvas_shown
done
check "ASCII glyphs with Korean words" same_as_dump 80x24 "--lang ko --glyphs ascii"

live 120x34
sees '^▸.*(LISTEN|CLOSE_WAIT|SYN_SENT)'
keys '?' /
for size in '1 1' '2 3' '1 300' '100 1' '500 300'; do
	# shellcheck disable=SC2086 # two words
	resize $size
done
RANDOM=1
for _ in $(seq 200); do resize $((RANDOM % 200 + 1)) $((RANDOM % 60 + 1)); done
resize 100 30
check "a storm of sizes ends in a whole frame" sees '^ [a-z0-9-].*[0-9]:[0-9]{2}:[0-9]{2}'
filled() { [ "$(screen | grep -c .)" -ge 25 ]; }
check "that fills the terminal" until_true filled
keys C-c
check "and in a clean end" code 0
finish
