#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The completions of bash, zsh and fish, run by these shells, offer the program's options, no more and
# no less, and values that the program takes.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TERM=xterm
unset LC_MESSAGES

ask_bash() {
	bash --norc --noprofile -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		_tcptop
		printf "%s\n" "${COMPREPLY[@]}"' bash "$B/shells/tcptop.bash" "$1"
}
ask_fish() {
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$B/shells/tcptop.fish" "$1" | cut -f 1
}
# zsh completes only on a terminal. What it would offer is written down by a compadd of ours.
cat >"$work/asked.zsh" <<'EOF'
PROMPT=
fpath=($shells $fpath)
autoload -Uz compinit
compinit -u -D
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-[OAD]\ * ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits
	builtin compadd -A hits "$@"
	(( $#hits )) && print -rl -- $IPREFIX${^hits} >>$out
	builtin compadd "$@"
}
finish() { print >$out.done }
comppostfuncs=(finish)
print >$out.ready
EOF
cat >"$work/ask.zsh" <<'EOF'
zmodload zsh/zpty
export shells=$1 out=$3
zpty asked zsh -f -i
zpty -w asked "source ${(q)4}"
await() { repeat 600; do [[ -e $1 ]] && return; sleep 0.05; done; return 1 }
await $out.ready || exit 1
zpty -w -n asked "$2"$'\t'
await $out.done
zpty -d asked
EOF
ask_zsh() {
	rm -f "$work"/out*
	zsh -f "$work/ask.zsh" "$B/shells" "$1" "$work/out" "$work/asked.zsh" || return
	cat "$work/out" 2>/dev/null
}

check() { # check NAME COMMAND…: a line of TAP that has no number yet
	if ! command -v "$shell" >/dev/null; then
		echo "ok - $shell: $1 # SKIP $shell is not installed"
	elif "${@:2}" >"$work/$shell.said" 2>&1; then
		echo "ok - $shell: $1"
	else
		echo "not ok - $shell: $1"
		sed 's/^/# /' "$work/$shell.said"
	fi
}
"$B/tcptop" --no-config --help --lang en | grep -oE '^  (-., |    )--[a-z-]+|^  -[^ ,-]' | grep -oE -- '--[a-z-]+|-[^ ,-]$|-[^-],' |
	tr -d ', ' | sort -u >"$work/help"
grep -- '^--' "$work/help" >"$work/long"
# The options that take one of some words, and these, as the program names them when it gets another.
while IFS= read -r option; do
	"$B/tcptop" --no-config --lang en "$option=?" --version 2>&1 |
		sed -nE "s/^tcptop: ($option): '\?' is not one of /\1 /p" | tr -d ,
done <"$work/long" >"$work/choices"
grep -q '^--format text ' "$work/choices" || { echo "Bail out! the program does not name its formats" && exit 1; }
all_options() {
	"ask_$shell" 'tcptop --' | sed 's/[=+]$//' | grep -- '^--' | sort -u >"$work/$shell.offered"
	diff "$work/long" "$work/$shell.offered" ||
		{ echo "< lacks, > has too many; make completions NO_DEPS=1 renews those of the build" && return 1; }
}
offers() { # offers LINE WORD…: these words among others
	local word
	"ask_$shell" "$1" >"$work/$shell.offered"
	for word in "${@:2}"; do
		grep -qxF -- "$word" "$work/$shell.offered" && continue
		echo "'$1' does not offer $word, but:" && head -n 20 "$work/$shell.offered"
		return 1
	done
}
offers_all() { # offers_all LINE WORD…: these and no others
	printf '%s\n' "${@:2}" | sort >"$work/$shell.wanted"
	"ask_$shell" "$1" | sort -u >"$work/$shell.offered"
	diff "$work/$shell.wanted" "$work/$shell.offered"
}
takes() { # takes OPTION LINE [MORE…]: the program takes every word that LINE offers as its argument
	local word bad=1
	"ask_$shell" "$2" >"$work/$shell.offered"
	while IFS= read -r word; do
		bad=0
		"$B/tcptop" --no-config "$1" "$word" "${@:3}" --version >/dev/null 2>"$work/$shell.why" && continue
		cat "$work/$shell.why"
		return 1
	done <"$work/$shell.offered"
	return $bad
}
columns=$(sed -nE 's/^COLUMN\([A-Z0-9_]+, "([a-z_0-9]+)".*/\1/p' include/tcptop/query/columns.def)

check_all() {
	behind=state,rtt_us:
	[ $shell != bash ] || behind= # which replaces only what is behind the colon
	check "every option of --help and no other" all_options
	while read -r option words; do
		# shellcheck disable=SC2086 # a list of words
		check "the words of $option" offers_all "tcptop $option " $words
	done <"$work/choices"
	# shellcheck disable=SC2086 # a list of words
	check "every column" offers_all 'tcptop --columns ' $columns
	check "a second column behind a comma" offers 'tcptop --columns state,rtt' state,rtt_us
	check "the order of a column" offers_all 'tcptop --sort state,rtt_us:' "${behind}asc" "${behind}desc"
	check "states" takes --explain 'tcptop --explain '
	check "lessons" takes --learn 'tcptop --learn '
	check "columns to group by" takes --group-by 'tcptop --group-by '
	check "units of time" takes --interval 'tcptop --interval 20'
	check "units of age" takes --keep 'tcptop --keep 7' --write x/
	check "units of size" takes --max-size 'tcptop --max-size 2000000' --write x/
	check "namespaces" offers 'tcptop --netns ' init all
	check "processes" offers 'tcptop --pid ' $$
	check "the words of a filter" offers "tcptop -f '" lport: state: not
	check "the states of a filter" offers "tcptop -f 'state:CL" state:CLOSE_WAIT
	check "a unit of a filter" offers "tcptop -f 'not rtt>5" 'not rtt>5ms' 'not rtt>5us'
}
# Each shell is another process that mostly waits, so they are asked at the same time.
for shell in bash zsh fish; do check_all >"$work/$shell.tap" & done
wait
cat "$work"/{bash,zsh,fish}.tap | awk '/^(not )?ok / { sub(/ok -/, "ok " ++n " -") } 1; END { print "1.." n }'
