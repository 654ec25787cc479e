#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every surrounding gets an answer: terminal types, locales that are not installed, standard files
# that are closed, full or no terminal, configuration files of every kind. One line on stderr names
# the cause, the exit code is the documented one, and no escape byte reaches what is no terminal.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"

# run CODE WORDS COMMAND…: exit code, and WORDS (a regex; "" for silence) in stderr's one line
run() {
	local want=$1 words=$2 status lines
	shift 2
	timeout 60 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	lines=$(wc -l <"$tmp/err")
	if [ $status != "$want" ]; then
		echo "# exit code $status: $(head -c 300 "$tmp/err")"
		return 1
	fi
	if [ -z "$words" ]; then
		[ "$lines" = 0 ]
	else
		[ "$lines" = 1 ] && grep -qE -- "$words" "$tmp/err"
	fi
}
plain() { ! grep -q $'\033' "$tmp/out"; }
t=("$tcptop" --no-config)
once="$tcptop --no-config --once"

check "stdout is no terminal: one sample" run 0 '' "${t[@]}"
check "in plain text" plain
check "a summary is counted" run 0 '' "${t[@]}" --summary
check "and names its host" grep -q "^$(uname -n)  [0-9]" "$tmp/out"
check "--color always colours it" run 0 '' "${t[@]}" --color always
check "with escapes" grep -q $'\033' "$tmp/out"
check "/dev/full is a write error" run 1 'write error' bash -c "$once >/dev/full"
check "stdout closed is a write error" run 1 'write error' bash -c "$once >&-"
check "stderr closed is nothing" run 0 '' bash -c "$once 2>&-"
check "all three closed fail" run 1 '' bash -c "$once <&- >&- 2>&-"
check "a reader that leaves is silence" run 0 '' \
	bash -c "set -o pipefail; $tcptop --no-config -b -d 0.01 | head -n 1"
for mode in --once '--batch 1 1' '--explain time-wait' '--dump text'; do
	# shellcheck disable=SC2086 # several words
	check "$mode of no namespace fails" run 1 'no network namespace nosuch' "${t[@]}" $mode --netns nosuch
	# shellcheck disable=SC2086
	check "$mode of no file fails" run 1 '/nonexistent: No such file' "${t[@]}" $mode --read /nonexistent
done
check "the doctor cannot tell of no namespace" run 3 'namespace nosuch' "${t[@]}" --doctor --netns nosuch
check "nor of no file" run 3 '/nonexistent: No such' "${t[@]}" --doctor --read /nonexistent
check "the doctor stops for want of one" run 3 '' \
	bash -c "set -o pipefail; timeout 20 $tcptop --no-config --doctor -d 60 | true"
check "an unknown option is a usage error" run 2 '--frobnicate' "${t[@]}" --frobnicate
check "TERM ends a batch with 143" run 143 '' bash -c "$tcptop --no-config -b >$tmp/batch & p=\$!
	until [ -s $tmp/batch ]; do sleep 0.03; done; kill \$p; wait \$p"
check "a count ends it" run 0 '' "${t[@]}" -b 0.01 3 --json
check "after that many samples" [ "$(grep -c '"summary"' "$tmp/out")" = 3 ]

fails() { # fails ENVIRONMENT WORDS [OPTION]: the live screen refuses in one line
	start 80x24 "env $1 $tcptop --no-config ${3:-} 2>$tmp/err"
	code 1 && restored && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -qE -- "$2" "$tmp/err"
}
check "TERM=dumb is refused" fails TERM=dumb 'dumb.*--once'
check "TERM unset is refused" fails '-u TERM' 'TERM.*--once'
check "TERM empty is refused" fails TERM= 'TERM.*--once'
check "an unknown TERM is refused" fails TERM=nonsense 'nonsense.*--once'
check "too few descriptors: that is the cause" fails 'prlimit --nofile=8' 'Too many open files'
check "no namespace: no screen" fails "A=1" 'no network namespace nosuch' --netns=nosuch
check "no file: no screen" fails "A=1" '/nonexistent: No such file' --read=/nonexistent
for term in vt100 vt220 linux ansi xterm xterm-256color xterm-kitty foot screen; do
	start 130x30 "env TERM=$term $tcptop --no-config 2>$tmp/err"
	check "TERM=$term is usable" sees '^ tcptop .* sockets?'
	keys q
	check "TERM=$term ends as it began" code 0
done

start 100x30 "$tcptop --no-config </dev/null 2>$tmp/err"
check "stdin is no terminal: /dev/tty is read" sees SOCKETS
keys q
check "and its keys are heard" code 0
start 100x30 "setsid -w $tcptop --no-config </dev/null 2>$tmp/err"
check "without any terminal to read it fails" code 1
check "and says so" grep -q 'terminal.*--once' "$tmp/err"

name="in Turkish, where I is no capital i, names are found in any case"
if localedef -i tr_TR -f UTF-8 "$tmp/tr_TR.UTF-8" 2>/dev/null; then
	check "$name" run 0 '' env LOCPATH="$tmp" LC_ALL=tr_TR.UTF-8 "${t[@]}" -f 'TIMER:TIMEWAIT'
else
	n=$((n + 1))
	echo "ok $n - $name # SKIP no sources of locales here"
fi

locale_shows() { # locale_shows ENVIRONMENT REGEX
	start 120x34 "env -u LC_ALL $1 $tcptop --no-config 2>$tmp/err"
	sees "$2" && keys q && code 0
}
check "ko_KR.UTF-8, not installed: Korean" locale_shows LANG=ko_KR.UTF-8 '^[━─] 상태 '
check "LANG=C: English in ASCII" locale_shows LANG=C '^[=-] STATES [=-]'
check "LANG unset: the same" locale_shows '-u LANG' '^[=-] STATES [=-]'
check "LANG=POSIX: the same" locale_shows LANG=POSIX '^[=-] STATES [=-]'
check "ko_KR.EUC-KR: the same" locale_shows LANG=ko_KR.EUC-KR '^[=-] STATES [=-]'
check "xx_YY: the same" locale_shows LANG=xx_YY '^[=-] STATES [=-]'
check "xx_YY.UTF-8: English with lines" locale_shows LANG=xx_YY.UTF-8 '^[━─] STATES [━─]'
check "LC_ALL before LANG" locale_shows 'LANG=ko_KR.UTF-8 LC_ALL=C.UTF-8' '^[━─] STATES [━─]'
check "a Linux console has no Hangul" locale_shows 'TERM=linux LANG=ko_KR.UTF-8' '^[=-] STATES [=-]'
check "--once in LANG=C is ASCII" run 0 '' env LC_ALL=C "${t[@]}" --once
check "to the last byte" bash -c "! LC_ALL=C grep -q '[^ -~]' $tmp/out"
check "--explain in Korean" run 0 '' env LC_ALL=ko_KR.UTF-8 "${t[@]}" --explain time-wait
check "speaks Korean" grep -q '종료 후 대기' "$tmp/out"

colored() { mux capture-pane -pe | grep -qE $'\033\\[([0-9;]*;)?[34][0-8][;:m]'; }
uncolored() { ! colored; }
start 120x34 "env TERM=xterm-256color $tcptop --no-config 2>$tmp/err"
check "colours by default" sees '^[━─] STATES'
check "are there" until_true colored
start 120x34 "env TERM=xterm-256color NO_COLOR=1 $tcptop --no-config 2>$tmp/err"
check "NO_COLOR" sees '^[━─] STATES'
check "takes them away" uncolored
start 120x34 "env TERM=xterm-256color NO_COLOR=1 $tcptop --no-config --color always 2>$tmp/err"
check "--color always" sees '^[━─] STATES'
check "brings them back" until_true colored

ini=$tmp/a.ini
c=("$tcptop" --once --config "$ini")
# shellcheck disable=SC2059 # the text is the format
config() { printf "$1" >"$ini"; }
check "a missing file that was named is an error" run 2 nonexistent \
	"$tcptop" --once --config /nonexistent
mkdir "$tmp/dir" && mkfifo "$tmp/fifo"
printf '[colors]\nwarn = pinkish\n' >"$tmp/"$'\033[31mname'
check "a problem is told in a file with any name" run 0 pinkish "$tcptop" --once --config "$tmp/"$'\033[31mname'
check "without the escapes of it" eval '! grep -q '"$'\033'"' "$tmp/err"'
check "a directory is an error" run 2 dir "$tcptop" --once --config "$tmp/dir"
check "a FIFO is an error, not a wait" run 2 fifo "$tcptop" --once --config "$tmp/fifo"
check "/dev/zero is an error" run 2 zero "$tcptop" --once --config /dev/zero
config ''
check "an empty file is fine" run 0 '' "${c[@]}"
config '[general]\nintervall = 2\n'
check "an unknown key is named with its line" run 0 ":2: unknown key, did you mean 'interval'" "${c[@]}"
config 'root:hunter2=\n'
check "what is no configuration is not repeated" run 0 ':1: a key stands before' "${c[@]}"
check "nor its secrets" bash -c "! grep -q hunter2 $tmp/err"
config '[display:refresh]\n'
check "a section that looks like a key is no crash" run 0 'a.ini:1' "${c[@]}"
config '\xef\xbb\xbf[general]\nlanguage = ko\n'
check "a byte order mark is named" run 0 'a.ini:1' "${c[@]}"
check "and what follows holds" grep -q '로컬 주소' "$tmp/out"
config '[general]\nesc_delay = 12abc\n[keys]\nquit = Q\n'
check "a bad value is named" run 0 esc_delay "${c[@]}"
start 100x30 "$tcptop --config $ini 2>$tmp/err"
sees SOCKETS
keys Q
check "while the other keys live" code 0
head -c 10000000 /dev/zero | tr '\0' x >"$ini"
check "a line of 10 MB is refused" run 2 'a.ini' "${c[@]}"
head -c 3000 /dev/urandom >"$ini"
senseless() {
	timeout 60 "${c[@]}" >/dev/null 2>"$tmp/err"
	case $? in 0 | 2) plain ;; *) false ;; esac
}
check "bytes without sense: warnings or an error" senseless
mkdir -p "$tmp/here/tcptop" && printf '[general]\nbogus = 1\n' >"$tmp/here/tcptop/tcptop.ini"
check "XDG_CONFIG_HOME is looked into" run 0 "here/tcptop/tcptop.ini:2: unknown key" env XDG_CONFIG_HOME="$tmp/here" "$tcptop" --once
cd "$tmp" || exit 1
check "but never below the current directory" run 0 '' \
	env XDG_CONFIG_HOME=here HOME=here "$tcptop" --once
finish
