# SPDX-License-Identifier: MIT
# What the pty tests share: the real binary on a terminal of tmux, a way to wait for what it shows,
# and TAP. Sourced by bash; leaves the shell in the project's top directory.
# shellcheck shell=bash
set -u
# The header's words depend on the length of the host's name: a name of our own, where that may be.
if [ -z "${OWN_NAME:-}" ] && [ "$(id -u)" = 0 ] && unshare -u hostname tests 2>/dev/null; then
	OWN_NAME=1 exec unshare -u sh -c 'hostname tests; exec bash "$0"' "$0"
fi
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
tcptop=$B/tcptop
tmp=$(mktemp -d) || exit 1
unset TMUX TMUX_PANE LANG LC_MESSAGES LC_CTYPE NO_COLOR COLORFGBG
export LC_ALL=C.UTF-8 TZ=UTC HOME=$tmp XDG_CONFIG_HOME=$tmp/config
n=0 failed=0

if ! command -v tmux >/dev/null; then
	echo "ok 1 - ${0##*/} # SKIP tmux is missing"
	exit 0
fi
terminals=0 # each has its own server and files: what is about to end would meddle with the next
printf 'set -g status off\nset -g escape-time 0\n' >"$tmp/tmux.conf"
mux() { tmux -u -S "$at/socket" -f "$tmp/tmux.conf" "$@"; }
new_terminal() {
	mux kill-server 2>/dev/null
	terminals=$((terminals + 1))
	at=$tmp/terminal$terminals
	mkdir "$at"
}
at=$tmp
trap 'mux kill-server 2>/dev/null; rm -rf "$tmp"' EXIT

# in_own_namespace: goes on in a network namespace of its own, or skips the whole script
in_own_namespace() {
	[ -z "${IN_NAMESPACE:-}" ] || return 0
	. tests/namespace.sh
	if [ ${#in_namespace[@]} = 0 ]; then
		echo "ok 1 - ${0##*/} # SKIP no namespaces here"
		exit 0
	fi
	rm -rf "$tmp"
	IN_NAMESPACE=1 exec "${in_namespace[@]}" bash "$0"
}

verdict() { # verdict NAME STATUS: one line of TAP, the screen of a failure before it
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
		return
	fi
	failed=1
	# A terminal that a test has stopped does not answer, and who waits for it obeys no SIGTERM.
	timeout -s KILL 10 tmux -S "$at/socket" capture-pane -p 2>/dev/null | sed 's/^/# |/'
	echo "not ok $n - $1"
}
check() { # check NAME COMMAND…
	local name=$1
	shift
	"$@"
	verdict "$name" $?
}
finish() {
	echo "1..$n"
	exit $failed
}

# start WIDTHxHEIGHT COMMAND: a new terminal of that size runs COMMAND (text for bash). Before and
# after it the terminal's settings go to $at/before and $at/after, its exit code to $at/exit and
# the process's id to $at/pid.
start() {
	new_terminal
	echo "trap : HUP TERM INT QUIT TSTP
		cd $at
		echo THE SHELL BEFORE
		stty -a >$at/before
		(trap - HUP TERM INT QUIT TSTP; echo \$BASHPID >$at/pid; exec $2)
		code=\$?
		stty -a >$at/after
		echo \$code >$at/exit
		while :; do read -r _ || exit; done" >"$at/run"
	mux new-session -d -x "${1%x*}" -y "${1#*x}" "bash $at/run" \; set -g window-size manual
}
live() { start "$1" "$tcptop --no-config ${2:-} 2>$tmp/err"; }

keys() { mux send-keys "$@"; }
screen() { mux capture-pane -p 2>/dev/null; }
resize() { mux resize-window -x "$1" -y "$2"; }

# shellcheck disable=SC2034 # of the tests: bytes of it, fewer where each key takes long
noise=$([ "${B##*/}" = tsan ] && echo 60000 || echo 1000000)
. tests/lib/wait.sh # until_true
# shows REGEX: a line of the screen matches it, as grep -E would. It is asked often: one process each time.
shows() {
	local line text
	text=$(exec tmux -u -S "$at/socket" -f "$tmp/tmux.conf" capture-pane -p 2>/dev/null) || return 1
	while IFS= read -r line; do
		[[ ! $line =~ $1 ]] || return 0
	done <<<"$text"
	return 1
}
sees() { until_true shows "$1"; } # sees REGEX: it appears on the screen
hidden() { ! shows "$1"; }
loses() { until_true hidden "$1"; } # loses REGEX: it goes from the screen
ended() { until_true test -s "$at/exit"; }
code() { # code N: the program ends with N
	local said
	ended && read -r said <"$at/exit" && [ "$said" = "$1" ]
}

# at_once MS PREPARE COMMAND…: one of ten tries takes less. A busy machine may hold up one of them,
# not each. PREPARE, a function, comes before each try and is not measured.
at_once() {
	local try begin
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$2" || return 1
		begin=${EPOCHREALTIME/[.,]/}
		"${@:3}" || return 1
		[ $((${EPOCHREALTIME/[.,]/} - begin)) -ge $(($1 * 1000)) ] || return 0
		echo "# try $try took longer than $1 ms"
	done
	return 1
}

pause() { sleep 0.4; } # longer than a question whether to close ignores keys
# answer REGEX COMMAND…: type with COMMAND until REGEX is on the screen, since the question ignores
# what comes too early, and on a busy machine that may be any try
answer() {
	local end=$((SECONDS + patience))
	while [ $SECONDS -lt $end ]; do
		pause
		"${@:2}"
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			! shows "$1" || return 0
			sleep 0.1
		done
	done
	return 1
}

# restored: settings, screen and cursor are as the program found them
given_back() {
	shows '^THE SHELL BEFORE' &&
		[ "$(mux display -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag}')" = '0 1 0' ]
}
restored() { # tmux may still have to read the program's last words
	ended && cmp -s "$at/before" "$at/after" && until_true given_back
}
