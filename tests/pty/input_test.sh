#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What comes in and what goes out: noise and pastes do no harm, a frame without news costs no byte,
# tmux may be left and come back to at another size, keys are heard while samples come.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
"$B/tests/data/scenes" devbox >"$tmp/frames"

# Keys that end it or ask for a file's name are taken out of the noise; all else may come.
live 100x30 "--read $tmp/frames"
check "a recording stands" sees REPLAY
head -c $noise /dev/urandom | LC_ALL=C tr -d '\003\004\032\034\033qQxX\200-\377' >"$tmp/noise"
printf 'K y\n' >>"$tmp/noise"
mux load-buffer "$tmp/noise"
mux paste-buffer -r -d
patience=600 # a sanitizer, or a busy host, takes its time over each key
resize 101 30
check "noise, K and y in it, leaves a screen" sees REPLAY
keys Escape C-c
check "that still ends at ^C" code 0
patience=60
check "and wrote no file" [ "$(find "$at" -type f | wc -l)" = 5 ]

live 100x30 "--read $tmp/frames"
sees REPLAY
printf '3000\nq\003K\032' >"$tmp/text"
mux load-buffer "$tmp/text"
mux paste-buffer -p -r -d
mux set -s set-clipboard on
keys c
copied() { mux show-buffer 2>/dev/null | grep -qE '^(tcp6?  )?[0-9[].*:[0-9]+  .*:[0-9*]+  [A-Z_0-9]+'; }
check "c puts the row on the clipboard" until_true copied
keys Escape '?'
check "a bracketed paste is no command" sees MOVE
check "and no filter" loses port.3000
keys C-c
check "a typed ^C is" code 0

if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer does not work under strace
	start 100x30 "strace -f -qq -s 9 -e trace=write,read -o $tmp/trace $tcptop --no-config \
		--read $tmp/frames 2>$tmp/err"
	check "under strace" sees REPLAY
	# Y is bound to nothing: a frame is drawn, and nothing in it is new. The first frames may still
	# be drawn when the first Y is read, so more follow until one was silent before the next.
	keys_read() { [ "$(grep -cE 'read.*"Y"' "$tmp/trace")" = "$1" ]; }
	silent() { # silent N: nothing was written between the last two of N keys
		grep -E 'read.*"Y"|write\(' "$tmp/trace" | grep -v eventfd |
			awk -v n="$1" '/"Y"/ { read++; next } read == n - 1 { written = 1 } END { exit written }'
	}
	sent=0
	silent_key() {
		local tries
		for ((tries = 0; tries < 20; tries++)); do
			keys Y
			sent=$((sent + 1))
			until_true keys_read $sent || return 1
			[ $sent -lt 2 ] || ! silent $sent || return 0
		done
		grep -E 'read\(|write\(' "$tmp/trace" | tail -n 20
		return 1
	}
	check "a key that does nothing costs no byte" silent_key
	keys C-c
	check "^C ends it there too" code 0
else
	n=$((n + 1))
	echo "ok $n - a key that does nothing costs no byte # SKIP strace cannot trace here"
fi

# A client of tmux on a terminal of its own leaves, and another comes at another size.
live 120x34 '-d 0.05'
check "a fast screen" sees SOCKETS
resize 60 20
check "left alone and made smaller" sees '^ [a-z0-9-]+ .*[0-9]:[0-9]{2}'
resize 120 34
check "and larger again" sees '^[━─] STATES'
keys -N 20 '?' q
keys q
check "keys are heard while samples come" code 0
finish
