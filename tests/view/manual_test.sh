#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The pages of the manual have what the program has, no more and no less, in both languages: options,
# keys, columns, rules, thresholds, keys of the configuration, environment. Each example is a command
# line that the program takes.
#
# The pages are those of the build, made by `make man` of config/man and of the program's tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
n=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
check() { # check NAME COMMAND…: the command prints nothing on the failure of nothing
	n=$((n + 1))
	if "${@:2}" >"$work/said" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/said"
	fi
}
same() { # same PAGE LIST: what was written to $work/program and $work/page
	diff "$work/program" "$work/page" >"$work/diff" && [ -s "$work/page" ] && return
	sed -nE "s|^< |$1 lacks: |p; s|^> |$1 has, and the program lacks: |p" "$work/diff"
	[ -s "$work/page" ] || echo "$1 has no $2 at all"
	echo "make man NO_DEPS=1 renews the pages of the build; the parts that tables make stand in src/manual.c"
	return 1
}
section() { # section PAGE TITLE…: the lines of the section that has one of these titles
	awk -v titles="$(printf '|%s' "${@:2}")|" '/^\.Sh / { on = index(titles, "|" substr($0, 5) "|") } on' "$1"
}
plain() { sed -E 's/\\&//g; s/\\e/\\/g; s/\\\(ha/^/g; s/\\-/-/g; s/ , / /g'; }
ini() { # ini SECTION: lines "KEY VALUE" of the shipped configuration
	awk -v section="[$1]" '/^\[/ { on = $0 == section } on && /^#[a-z_0-9]+ =/' config/tcptop.ini |
		sed -E 's/^#([a-z_0-9]+) = ?/\1 /; s/"//g'
}

options() {
	"$B/tcptop" --no-config --help --lang "$2" |
		sed -nE 's/^  ((-.)(, )?|    )(--[a-z-]+)?(( [A-Z][^ ]*)?) .*$/\2 \4\5/p' |
		sed -E 's/^ //; s/ $//' | grep '^-' | sort >"$work/program"
	section "$1" OPTIONS 옵션 | sed -nE 's/^\.It (Fl .*)$/\1/p' |
		sed -E 's/ , / /g; s/ ?Fl (.)/ -\1/g; s/^ //; s/ Ar / /; s/\.\.\./…/' | sort >"$work/page"
	same "$1" options
}
commands() {
	ini keys | sed 's/ *$//' | sort >"$work/program"
	section "$1" KEYS 키 | plain |
		awk '/^\.It Ic / { keys = substr($0, 8) } /^\.Ic [a-z_]+ \.$/ { print $2 " " keys }' |
		sort >"$work/page"
	same "$1" keys
}
columns() {
	sed -nE 's/^COLUMN\([A-Z0-9_]+, "([a-z_0-9]+)".*/\1/p' include/tcptop/query/columns.def | sort >"$work/program"
	section "$1" COLUMNS 열 | sed -nE 's/^\.It Cm (.*)/\1/p' | sort >"$work/page"
	same "$1" columns
}
rules() {
	sed -nE 's/^RULE\([A-Z0-9_]+, ([a-z_0-9]+),.*/\1/p' include/tcptop/doctor/rules.def | sort >"$work/program"
	section "$1" DOCTOR 진단 | sed -nE 's/^\.It Cm (.*)/\1/p' | sort >"$work/page"
	same "$1" rules
}
thresholds() {
	ini doctor | grep -v '^info_every ' | sort >"$work/program"
	section "$1" DOCTOR 진단 | sed -nE 's/^\.Ic ([a-z_0-9]+) No = (.*) [.,]$/\1 \2/p' | sort >"$work/page"
	same "$1" thresholds
}
environment() {
	local name
	for name in $(grep -rhE '(getenv|get_number|found_in)\(' src | grep -oE '"[A-Z_]{2,}"' | tr -d '"' | sort -u); do
		section "$1" ENVIRONMENT '환경 변수' | grep -qE "^\.It Ev .*\b$name\b" || { echo "$1 lacks $name" && return 1; }
	done
}
settings() {
	local section
	for section in general columns colors keys doctor; do
		ini $section | sed -E "s/ .*//; s/^/$section./"
	done | sort >"$work/program"
	awk '/^\.Ss \[/ { gsub(/[^a-z]/, "", $2); section = $2 } /^\.It Ic / && section { print section "." $3 }' "$1" |
		sort >"$work/page"
	same "$1" keys
}
sections() { # each section of the English page is there, in the same order, by its number
	grep -q "^\.Sh " "$1" && [ "$(grep -c '^\.Sh ' "$1")" = "$(grep -c '^\.Sh ' "$2")" ] || { grep -h '^\.Sh ' "$1" "$2" && return 1; }
}
examples() {
	local line bad=0
	while IFS= read -r line; do
		line=${line#sudo }
		line=${line//\\(aq/\'}
		eval "\"$B/tcptop\" --no-config ${line#tcptop } --version" >/dev/null 2>"$work/why" </dev/null ||
			{ echo "$line: $(cat "$work/why")" && bad=1; }
	done < <(section "$1" EXAMPLES 예 | sed -E ':a; /\\e$/ { N; s/\\e\n\.Dl (\\ )*//; ta; }' |
		sed -nE 's/^\.Dl ((sudo )?tcptop .*)/\1/p') # lines that go on are one command
	[ "$(section "$1" EXAMPLES 예 | grep -c '^\.Dl')" -ge 10 ] || bad=1
	return $bad
}
complete_korean() { # nothing is left in English
	"$B/manual" ko "config/man/ko/$1" 2>&1 >/dev/null | grep . && return 1
	return 0
}
plain_korean() { # words that the glossary forbids
	local word bad=0
	while IFS= read -r word; do
		grep -nF -- "$word" "config/man/ko/$1" && bad=1
	done < <(sed -nE 's/^NEVER\("(.*)"\)$/\1/p' include/tcptop/text/messages/glossary.def)
	return $bad
}
refuses() { # refuses TEXT: a page that names what is not there
	cp config/man/tcptop.1 "$work/wrong.1"
	printf '%s\n' "$@" >>"$work/wrong.1"
	! "$B/manual" en "$work/wrong.1" >/dev/null
}
renders() {
	mandoc -T utf8 "$1" >"$work/rendered" 2>&1 && ! grep -q '@PREFIX@' "$work/rendered" &&
		[ "$(wc -l <"$work/rendered")" -gt 100 ]
}

for page in tcptop.1 ko/tcptop.1; do
	language=en
	[ $page = tcptop.1 ] || language=ko
	check "$page: the options of --help" options "$B/man/$page" $language
	check "$page: the commands with their default keys" commands "$B/man/$page"
	check "$page: the columns" columns "$B/man/$page"
	check "$page: the rules of the doctor" rules "$B/man/$page"
	check "$page: their thresholds with the defaults" thresholds "$B/man/$page"
	check "$page: the variables of the environment that are read" environment "$B/man/$page"
	check "$page: the program takes each example" examples "$B/man/$page"
done
check "tcptop.ini.5: the keys of the configuration" settings "$B/man/tcptop.ini.5"
check "ko/tcptop.ini.5: the keys of the configuration" settings "$B/man/ko/tcptop.ini.5"
for page in tcptop.1 tcptop.ini.5; do
	check "$page: as many sections in both languages" sections "$B/man/$page" "$B/man/ko/$page"
	check "ko/$page: all of it is Korean" complete_korean $page
	check "ko/$page: in plain words" plain_korean $page
done
check "a page that tells of an option which is not there is refused" \
	refuses '.\" @about option --no-such-option' 'It does nothing.' '.\" @end'
check "a page with a part which is not there is refused" refuses '.\" @no-such-part'
for page in tcptop.1 tcptop.ini.5 ko/tcptop.1 ko/tcptop.ini.5; do
	if command -v mandoc >/dev/null; then
		check "$page: mandoc shows it" renders "$B/man/$page"
	else
		n=$((n + 1))
		echo "ok $n - $page: mandoc shows it # SKIP mandoc is not installed"
	fi
done
echo "1..$n"
