#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Closing real connections from the screen: the question reads them back and takes only a typed `y`
# after a pause; noise, pastes, Enter and a second K close nothing; a row that changed, missing
# rights, a recording and --readonly are told apart.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
. tests/ss.sh
in_own_namespace
# Only what stays as it is for as long as this takes: orphans are given up, deferred ones accepted.
coproc HELD { "$B/tests/data/states" 3000 8001 8003 8004 8005 8010 8016 8017 8018; }
hold=${HELD[1]}
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]

sockets() { ss_tcp -tanH "$@" | wc -l; }
are() { [ "$(sockets "${@:2}")" = "$1" ]; } # are N SS-FILTER…
only_table() { live 80x24 "-4 -f $1 ${2:-}" && sees 'SOCKETS'; }

row() { # row STATE: its two ends, here and there, once it is on the screen
	read -r here there < <(screen | grep "^▸.* $1 " |
		grep -oE '127\.0\.0\.1:[0-9]+ .*(127\.0\.0\.1:[0-9]+|0\.0\.0\.0:\*)')
}

# K on each of the states that people want to end.
for case in 'TIME_WAIT lport:3000' 'ESTABLISHED lport:8003' 'CLOSE_WAIT rport:8010' 'LISTEN lport:8016'; do
	state=${case% *} filter=${case#* }
	only_table "'$filter state:$state'"
	until_true row "$state"
	before=$(sockets -4 src "$here" dst "${there%:\*}")
	who=$(ss -tanpH -4 src "$here" dst "${there%:\*}" | grep -oE 'pid=[0-9]+' | sort -u)
	case $state in
	TIME_WAIT) who= ;; # made before anybody looked
	*) who=", states ${who#pid=}" && sees "$here .* states [0-9]" ;;
	esac
	keys K
	to=" to ${there//\*/\\*}"
	[ "$state" != LISTEN ] || to= # it has no other end
	check "$state: the question reads it back, and who has it" sees "^ Close $here$to, $state$who\?"
	check "and says how to answer" sees '^ y closes it, any other key cancels'
	check "and y ends it" answer "^ closed: $here ${there//\*/\\*}" keys y
	check "in the kernel" are $((before - 1)) -4 src "$here" dst "${there%:\*}"
	keys C-c
	code 0
done

# A y within 300 ms of K, by this clock. Where it took longer another connection is asked about.
# shellcheck disable=SC2034 # open until the shell ends
exec {guest}<>/dev/tcp/127.0.0.1/8003
too_early() {
	local begin
	only_table "'lport:8003 state:es'" && sees '127.0.0.1:8003 ' || return 1
	begin=${EPOCHREALTIME/./}
	mux send-keys K \; run-shell -d 0.1 \; send-keys y
	[ $((${EPOCHREALTIME/./} - begin)) -ge 250000 ] || return 0
	keys C-c
	code 0
	# shellcheck disable=SC2034 # open until the shell ends
	exec {guest}<>/dev/tcp/127.0.0.1/8003
	return 1
}
check "y 100 ms after K" until_true too_early
pause
check "is not heard: the question stands" shows '^ Close 127.0.0.1:8003'
check "and the connection, too" [ "$(sockets -4 state established sport = 8003)" -ge 1 ]
keys C-c
code 0

# One connection that survives everything but a pause and a y.
only_table "'lport:8004 state:es'"
sees '127.0.0.1:8004 '
one='-4 state established sport = 8004'
refuse() { # refuse NAME COMMAND…: the question stands, and what that types is the wrong answer
	check "$1: not closed" answer '^ not closed: 127.0.0.1:8004' "${@:2}"
	# shellcheck disable=SC2086 # a filter of words
	check "so it is still there" are 1 $one
}
paste() { # paste OPTIONS: of what is in the file
	mux load-buffer "$tmp/y" \; paste-buffer "$@" -d
}
keys K y
check "K and y at once: the question stands" sees '^ Close 127.0.0.1:8004'
refuse Enter keys Enter
keys K
refuse "a second K" keys K
keys K
printf y >"$tmp/y"
refuse "a bracketed paste of y" paste -p
printf 'KyKyKy\n' >"$tmp/y"
paste -r
check "a bare paste of K and y: the question stands" sees '^ Close 127.0.0.1:8004'
refuse "the Hangul letter on the key of y" keys ㅛ
keys K
resize 40 12
check "40 columns: both addresses are whole" sees '^ 127.0.0.1:[0-9]{4,5}, ESTABLISHED, states'
check "on two lines" sees '^ Close 127.0.0.1:8004 to *$'
resize 10 4
sees '^tcptop' # drawn at that size: else two changes of it may be taken for one
check "without room the question goes" loses Close
resize 80 24
keys y
check "and y means nothing" sees '^[▹▸].*127.0.0.1:8004'
keys L K
check "the question in Korean" sees '^ 이 소켓을 닫으시겠습니까\? 로컬 127.0.0.1:8004, 외부 127.0.0.1:[0-9]+,'
check "closes too" answer '^ 닫았습니다: 127.0.0.1:8004' keys y
# shellcheck disable=SC2086
check "in the kernel" are 0 $one
keys C-c
code 0

# Without the right to.
drop='setpriv --bounding-set -net_admin --inh-caps -net_admin'
if command -v setpriv >/dev/null && $drop true 2>/dev/null; then
	start 80x24 "$drop $tcptop --no-config -4 -f 'lport:8005 state:es' 2>$tmp/err"
	sees '127.0.0.1:8005 '
	check "without the capability it is named" answer '^ not closed: this needs CAP_NET_ADMIN' keys K
	check "and nothing has happened" are 1 -4 state established sport = 8005
	keys C-c
	code 0
else
	n=$((n + 1))
	echo "ok $n - without the capability it is named # SKIP setpriv cannot drop it here"
fi

only_table "'lport:8005 state:es'" --readonly
sees '127.0.0.1:8005 '
keys K
check "--readonly: K says so" sees '^ --readonly: nothing is closed'
keys '?'
check "help is there" sees '━ HELP'
check "but not this key" loses 'K F9|close socket'
keys q q
check "that ends" code 0

"$B/tests/data/scenes" devbox >"$tmp/frames"
live 80x24 "--read $tmp/frames"
sees REPLAY
keys K
check "a recording is not this host" sees '^ this is a recording'
keys C-c
code 0

# Noise at a screen of real connections.
live 100x30
sees SOCKETS
before=$(ss -tanH state established | sort)
head -c $noise /dev/urandom | LC_ALL=C tr -d '\003\004\032\034\033qQxX\200-\377' >"$tmp/noise"
printf 'K\ny\nKKyy\n' >>"$tmp/noise"
mux load-buffer "$tmp/noise"
mux paste-buffer -r -d
# shellcheck disable=SC2034 # of lib.sh
patience=600 # a sanitizer, or a busy host, takes its time over each key
resize 101 30
# All that was typed has been read, since a prompt holds what is typed now. A question that stands
# hears nothing until input has been quiet; as commands the two signs mean nothing.
answers() {
	keys Escape
	pause
	keys Escape
	pause
	keys / %%
	pause
	shows '%%$' || [ -e "$at/exit" ]
}
settled() { until_true answers && [ ! -e "$at/exit" ] && keys Escape Escape && pause; }
check "noise, K and y in it, leaves a screen" settled
check "and every connection as it was" [ "$(ss -tanH state established | sort)" = "$before" ]
{ printf '\033[200~'; head -c 100000 "$tmp/noise"; printf 'K\ny\033[201~'; } >"$tmp/pasted"
mux load-buffer "$tmp/pasted"
mux paste-buffer -r -d
check "a bracketed paste leaves it, too" settled
check "and them" [ "$(ss -tanH state established | sort)" = "$before" ]
keys C-c
check "and ^C ends it" code 0

# What is asked about goes while the question stands.
only_table "'lport:8003 state:es'"
keys C-c
code 0
only_table "'rport:8005 state:es'"
sees '127.0.0.1:8005 '
keys K
check "a question" sees '^ Close 127.0.0.1:[0-9]+ to 127.0.0.1:8005'
exec {hold}>&-
gone() { are 0 -4 state established dport = 8005; }
check "its connection ends meanwhile" until_true gone
check "which is told, and nothing else" answer '^ (already gone|not closed): 127.*8005' keys y
keys C-c
check "the end" code 0
finish
