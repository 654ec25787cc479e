#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the footer says can be read: problems of the configuration reach the live screen, a key of two
# commands is told, Korean that cannot be shown is explained, and a name of hundreds of letters does
# not hide the cause of a failure.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"

ini=$tmp/a.ini
footer() { screen | tail -n 1; }
says() { footer | grep -qE -- "$1"; }
screen_of() { # screen_of INI [OPTIONS]: a live screen with that configuration
	# shellcheck disable=SC2059 # the text is the format
	printf "$1" >"$ini"
	start 100x30 "$tcptop --config $ini ${2:-} 2>$tmp/err"
}
screen_of '[keys]\nquit = x\nexport = x\n'
# The message stays for a few seconds only, which a build that is slowed tenfold may miss.
check "two commands on one key: the screen says so" until_true says "'x' is a key of both export and quit; it is used for quit"
keys x
check "which is true" code 0
check "stderr says it once" [ "$(grep -c "'x' is a key of both" "$tmp/err")" = 1 ]
screen_of '[keys]\nsort = q\n'
check "also where one has it by default" until_true says "'q' is a key of both sort and quit; it is used for sort"
keys q
check "and so it is" sees '━ SORT BY'
keys C-c
check "C-c ends it" code 0
screen_of '[keys]\nsort = q\nquit = s\n'
check "two that change places are no problem" sees SOCKETS
keys s
check "and both work" code 0
check "in silence" [ ! -s "$tmp/err" ]
screen_of '[general]\nintervall = 2\n[colors]\nwarn = pinkish\n'
check "a problem of the configuration is on the screen" until_true says "a.ini:2: unknown key, did you mean 'interval'"
check "with how many more there are" says '1 more at exit'
keys q
check "and the screen ends" code 0
check "stderr has both" [ "$(grep -c '' "$tmp/err")" = 2 ]
screen_of '[general]\nintervall = 2\n' '--lang ko'
check "in Korean, too" until_true says 'a.ini:2: .*interval'
keys q
code 0

start 100x30 "env LC_ALL=C $tcptop --no-config --lang ko 2>$tmp/err"
check "--lang ko without UTF-8: English, and why" until_true says 'Korean needs a locale with UTF-8'
keys q
check "that ends" code 0
check "stderr says why" grep -q '^tcptop: Korean needs' "$tmp/err"
printf '[general]\nlanguage = ko\n' >"$ini"
start 100x30 "env LC_ALL=C $tcptop --config $ini 2>$tmp/err"
check "the same from the configuration" until_true says 'Korean needs a locale with UTF-8'
keys q
code 0
start 100x30 "$tcptop --no-config --lang ko 2>$tmp/err"
check "with UTF-8 nothing is said" sees '^[━─] 상태'
keys q
code 0
check "on stderr neither" [ ! -s "$tmp/err" ]

long=$(printf '%0300d' 0)
export_to() {
	keys x
	sees "${2:-export to}"
	keys -l "$1"
	keys Enter
}
live 80x24
sees SOCKETS
export_to "$tmp/$long.csv"
check "export to a name of 300 letters: the cause" until_true says 'csv: File name too long'
export_to "/nonexistent/$(printf '%0150d' 0)/b.csv"
check "a long path to nowhere: the cause" until_true says 'b.csv: No such file'
keys Escape
mkdir -p "$tmp/${long:0:200}"
export_to "$tmp/${long:0:200}/c.csv"
check "a long path that is written: the number of rows" until_true says 'c.csv \(CSV\): rows written: [0-9]'
keys C-c
code 0
live 80x24 '--lang ko'
sees 소켓
export_to "$tmp/$long.csv" '내보낼 파일'
check "in Korean: the cause" until_true says 'csv: '
keys C-c
check "the end" code 0
finish
