#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Limits of the process and sizes of the terminal: what can work under them does, everything else is
# refused in one line that names the limit, with the terminal as it was; a running screen that gets
# an absurd size ends the same way, and no size costs memory without bound.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
sanitized=no
grep -qE '__[at]san_init' "$tcptop" && sanitized=yes

works() { shows '^ (tcptop|[a-z0-9-]+) .*[0-9]:[0-9]{2}'; }
says_why() { shows 'out of memory'; }
either() { works || says_why || test -e "$at/exit"; }
# limited COMMAND: the live screen after COMMAND, which sets the limit
limited() { start 100x30 "bash -c '$1; exec $tcptop --no-config' 2>$tmp/err"; }
one_line() { [ "$(grep -c '' "$tmp/err")" = 1 ] && grep -qE -- "^tcptop: .*$1" "$tmp/err"; }
refused() { code 1 && restored && one_line "$1"; }
# works_or CAUSE: there is a screen that ends as it began, or one line with the cause on it or after it
works_or() {
	until_true either
	if works || says_why; then
		keys q
		code 0 && restored
	else
		refused "$1"
	fi
}

limited "ulimit -f 1"
check "ulimit -f 1: no screen, and why" refused 'ulimit -f'
if ! grep -q __tsan_init "$tcptop"; then # the thread sanitizer itself writes a file at the start
	start 100x30 "bash -c 'ulimit -f 0; exec $tcptop --no-config'" # its stderr is no file, that could not grow
	check "ulimit -f 0: no screen" code 1
	check "ulimit -f 0: and why" sees '^tcptop: .*ulimit -f'
fi
limited "ulimit -f 10000"
check "ulimit -f 10000 is enough" sees SOCKETS
keys q
check "and it ends as it began" code 0
said() { grep -qE -- "$1" "$tmp/said"; }
if ! grep -q __tsan_init "$tcptop"; then
	{ (ulimit -f 0 && exec "$tcptop" --no-config --once >"$tmp/out"); echo "code $?"; } 2>&1 | cat >"$tmp/said"
	check "a file that may not grow: code 1" said '^code 1$'
	check "which is a write error with its cause" said '^tcptop: write error: File too large'
	printf '[general]\ninterval = 2\n' >"$tmp/some.ini"
	(ulimit -f 0 && exec "$tcptop" --config "$tmp/some.ini" --once) 2>&1 | cat >"$tmp/said"
	check "a configuration takes a memory file, and says so" said 'memory file: File too large'
fi

if [ $sanitized = yes ]; then
	n=$((n + 1))
	echo "ok $n - limits of memory and threads # SKIP a sanitizer needs more"
else
	limited "ulimit -s 64"
	check "a stack of 64 KiB: no screen, and why" refused '64 KiB.*ulimit -s'
	limited "ulimit -S -s 64"
	check "a stack of 64 KiB that may grow is enough" sees SOCKETS
	keys q
	check "and so it ends" code 0
	(ulimit -s 64 && exec "$tcptop" --no-config --once >"$tmp/out" 2>"$tmp/err")
	check "a stack of 64 KiB has room for one sample" [ $? = 0 ]
	for kib in 12000 20000 40000; do
		limited "ulimit -v $kib"
		check "$kib KiB of addresses: a screen, or why not" works_or 'memory'
	done
	(ulimit -v 20000 && exec "$tcptop" --no-config --once >"$tmp/out" 2>"$tmp/err")
	check "one sample has room in 20 MB" [ $? = 0 ]
	if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
		chmod 755 "$tmp"
		cp "$tcptop" "$tmp/tcptop"
		start 100x30 "setpriv --reuid 65534 --regid 65534 --clear-groups \
			prlimit --nproc=0 $tmp/tcptop --no-config 2>$tmp/err"
		check "no threads: no screen, and why" refused 'ulimit -u'
		setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --nproc=0 \
			"$tmp/tcptop" --no-config --once >"$tmp/out" 2>"$tmp/err"
		check "one sample needs none" [ $? = 0 ]
	else
		n=$((n + 1))
		echo "ok $n - no threads # SKIP setpriv cannot become another user here"
	fi
fi

# What the kernel says of the size counts, whatever tmux draws.
for size in 65535x24 24x65535 32767x32767 65535x65535; do
	start 100x30 "bash -c 'stty cols ${size%x*} rows ${size#*x}; exec $tcptop --no-config 2>$tmp/err'"
	check "$size: too large" code 1
	check "$size: in one line" one_line "$size"
done
sized() { stty -F "$(mux display -p '#{pane_tty}')" cols "$1" rows "$2"; }
peak() { awk '/^VmHWM/ { print $2 }' "/proc/$(cat "$at/pid")/status"; }
for size in 65535x65535 32767x32767 65535x24; do
	live 100x30
	sees SOCKETS
	sized "${size%x*}" "${size#*x}"
	check "it becomes $size: the end" code 1
	check "it becomes $size: in one line" one_line "[0-9]{5}" # stty changes one side, then the other
	check "it becomes $size: the screen is given back" until_true given_back
done
live 100x30
sees SOCKETS
sized 1000 500
drawn() { [ "$(screen | grep -c .)" -gt 20 ]; }
check "1000 columns of 500 rows: it goes on" until_true drawn
[ $sanitized = yes ] || check "in bounded memory" [ "$(peak)" -lt 400000 ]
sized 100 30
keys C-c
check "and ends" code 0
finish
