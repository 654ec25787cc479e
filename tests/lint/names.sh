#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Check names: `names.sh [BUILD]` reads the source and the objects that were built of it in BUILD.
#
# 1. A struct, union or enum tag is defined once in the program. 2. No two sources have one name.
# 3. A global function begins with its module's word: the first word of its file's name, or of the
# name of a public header that declares it. A file of src/NAME may put the folder's word before its
# own. An s at the end of a word makes no difference.
set -u
cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C
build=${1:-build}
bad=0
complain() { echo "lint: $*"; bad=1; }

while read -r tag; do
	complain "$tag is defined twice:" "$(grep -rlE "^\s*(typedef )?$tag \{" src include | tr '\n' ' ')"
done < <(grep -rhoE '^\s*(typedef )?(struct|union|enum) \w+ \{' src include --include='*.[ch]' |
	sed -E 's/^\s*(typedef )?//; s/ \{//' | sort | uniq -d)

while read -r name; do
	complain "two sources have the name $name:" "$(find src -name "$name" | tr '\n' ' ')"
done < <(find src -name '*.c' | sed 's|.*/||' | sort | uniq -d)

objects=$(find src -name '*.c' | sort | while read -r source; do
	object=$build/${source%.c}.o
	[ -s "$object" ] && echo "$object"
done)
[ -n "$objects" ] || { complain "$build has no objects"; exit 1; }
# Lines HEADER-WORD FUNCTION: whatever stands before a parenthesis in a public header.
declared() {
	find include -name '*.h' -print0 | xargs -0 grep -oE '\b[a-z_][a-z0-9_]*\(' |
		sed -E 's|^.*/([a-z0-9]+)[^/]*:(.*)\($|\1 \2|' | sort -u
}
# shellcheck disable=SC2086 # a list of paths without blanks
odd=$(nm -A --defined-only $objects | awk -v build="$build/" '
	function bare(word) { sub(/s$/, "", word); return word }
	function first(name) { sub(/_.*/, "", name); return bare(name) }
	FNR == NR { header[bare($1), $2]; next }
	$2 == "T" && $3 != "main" {
		file = substr($1, length(build) + 1); sub(/\.o:.*/, ".c", file)
		count = split(file, part, "/"); module = part[count]; sub(/\.c$/, "", module)
		split($3, word, "_")
		if (bare(word[1]) == first(module) || (bare(word[1]), $3) in header) next
		if (bare(word[1]) == bare(part[count - 1]) && bare(word[2]) == first(module)) next
		print file, $3
	}' <(declared) - | sort -u)
while read -r file function; do
	[ -z "$file" ] || complain "$file: $function() does not begin with a word of its module"
done <<<"$odd"
exit $bad
