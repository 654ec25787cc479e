#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prove the rules that a reader would otherwise have to check: layers, libraries, warnings, format.
#
# 1. Includes point downwards only, by reading them. 2. Each library is included in its one place.
# 3. gcc and clang have no warning, with -Werror. 4. clang-format (of one version) has nothing to change.
# 5. shellcheck has nothing to say. 6. Every header stands alone. 7. Every message is said somewhere.
# 8. What lint/ has a script for: licence lines, names, and what comments and READMEs name. Each of
# those takes a second or so and can be run alone.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
complain() { echo "lint: $*"; bad=1; }

# Layers from the bottom; source and query do not know each other, text rests on base.
declare -A may=(
	[base]="base"
	[text]="text base"
	[config]="config text base"
	[model]="model base"
	[owner]="owner model text base"
	[source]="source owner model text base"
	[query]="query model text base"
	[doctor]="doctor query source owner model text base"
	[explain]="explain doctor query source owner model text base"
	[output]="output explain doctor query model text base"
	[term]="term output model text base"
	[lesson]="lesson query source owner model text base"
	[ui]="ui lesson output explain doctor query source owner model text config base"
	[app]="app ui lesson term output explain doctor query source owner model text config base"
)
check_includes() { # check_includes FILE LAYER
	local file=$1 layer=$2 used
	while read -r used; do
		[[ " ${may[$layer]} " == *" $used "* ]] || complain "$file: $layer must not include $used/"
	done < <(sed -nE 's|^ *# *include *"tcptop/([a-z]+)/.*|\1|p' "$file")
	grep -nE '^ *# *include *"' "$file" | grep -v '"tcptop/' | grep -vE '^[0-9]+: *# *include "[a-z0-9_]+\.(h|def)"' &&
		complain "$file: includes a path outside tcptop/"
}
for layer in "${!may[@]}"; do
	while IFS= read -r file; do
		check_includes "$file" "$layer"
	done < <(find "src/$layer" "include/tcptop/$layer" -name '*.[ch]' -o -name '*.def' 2>/dev/null)
done

only_in() { # only_in PATTERN DIRECTORY…: an include that belongs to one place
	local pattern=$1 hits
	shift
	hits=$(grep -rlE "# *include *<$pattern" src include | grep -vE "^($(IFS='|' && echo "$*"))" | tr '\n' ' ')
	[ -z "$hits" ] || complain "<$pattern belongs in $*, not in $hits"
}
only_in '(n?curses|ncursesw/|term\.h)' src/term/
only_in 'libmnl/' src/source/
only_in 'ares' src/source/
only_in 'iniparser' src/config/
only_in 'pthread\.h' src/owner/ src/source/ src/model/ src/ui/ src/base/ include/tcptop/base/thread.h

if grep -nE '\b(exit|_exit)\(' -r src --include=*.c | grep -v '^src/main.c' |
	grep -v 'lint: exits'; then
	complain "only main.c exits"
fi

# Meanwhile, since it takes one core only: a script may use what another one sets, so it reads all.
remarks=$(mktemp)
find . -path ./build -prune -o \( -name '*.sh' -o -path './.ci/run' \) -type f -print0 |
	xargs -0 shellcheck -S warning >"$remarks" 2>&1 &
shellcheck=$!

# gcc compiles all of it, since some of its warnings come with optimization; .ci/run then tests what
# was built here.
[[ ${CC:-} == "ccache "* ]] && cache="ccache " || cache=
compile() { # compile COMPILER TARGET COMMAND
	local log
	log=$(make --no-print-directory -j"$(nproc)" "$2" B="build/lint-$1" CC="$3" WERROR=-Werror \
		2>&1 >/dev/null) || complain "$1 -Werror: $log"
}
compile gcc tests-built "${cache}gcc"
compile clang clang-reads clang

# As many at a time as there are cores, here and below.
many() { xargs -0 -P "$(nproc)" "$@"; }
printf '%s\0' tests/lint/*.sh | many -I '{}' bash '{}' build/lint-gcc || bad=1

# shellcheck disable=SC2016 # for the shells that xargs starts
find include/tcptop -name '*.h' -print0 |
	many -n 80 sh -c 'clang-check "$0" "$@" -- -x c -std=gnu17 -D_GNU_SOURCE -Iinclude' ||
	complain "headers that do not stand alone"

# All sources at once: what comes of a header is read once.
said() {
	find src -name '*.c' -printf '#include "%p"\n' | ${CC:-cc} -w -std=gnu17 -I. -Iinclude -D_GNU_SOURCE -E -P -x c - |
		sed '/^enum msg {/,/^};/d' | grep -oE '\bMSG_\w+' | sort -u
}
unsaid=$(comm -23 <(sed -nE 's/^M\((\w+),.*/MSG_\1/p' include/tcptop/text/messages/*.def | sort) \
	<(said))
[ -z "$unsaid" ] || complain "messages that nothing says:" $unsaid

# Versions of clang-format lay some lines out in different ways, so only one of them is asked.
format_version=14
formatter=$(command -v clang-format-$format_version || echo clang-format)
if "$formatter" --version 2>/dev/null | grep -q "version $format_version\."; then
	find src include tests -name '*.[ch]' -print0 | many -n 20 "$formatter" --dry-run -Werror ||
		complain "clang-format: run $formatter -i on the above"
else
	echo "lint: the format is not checked: that takes clang-format $format_version, here is" \
		"$("$formatter" --version 2>/dev/null || echo none)"
fi
wait "$shellcheck" || { cat "$remarks"; complain "shellcheck"; }
rm -f "$remarks"

[ $bad = 0 ] && echo "lint: clean"
exit $bad
