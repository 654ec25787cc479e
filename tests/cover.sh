#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Line coverage of each source file after `make cover`, least covered first. cover.sh BUILD
#
# A line counts as covered where any program has run it, also a test that includes the source.
set -u
cd "$(dirname "$0")/.." || exit 1
find "$1" -name '*.gcda' | while read -r data; do
	gcov --stdout --object-directory "$(dirname "$data")" "$data" 2>/dev/null
done | awk -F: '
	$3 == "Source" { file = $4; sub(/^tests\/.*\/\.\.\/src\//, "src/", file); next }
	file !~ /^src\/.*\.c$/ || $1 ~ /-/ { next }
	!((file, $2 + 0) in lines) { lines[file, $2 + 0]; n[file]++ }
	$1 !~ /[#=]/ && !((file, $2 + 0) in covered) { covered[file, $2 + 0]; hit[file]++ }
	END { for (file in n) print 100 * hit[file] / n[file] "\t" n[file] "\t" hit[file] "\t" file }' |
	sort -n | awk -F'\t' '{ printf "%6.1f %%  of %5d  %s\n", $1, $2, $4; lines += $2; hit += $3 }
	END { if (lines) printf "%6.1f %%  of %5d  in all\n", 100 * hit / lines, lines }'
