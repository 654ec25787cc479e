#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Line coverage of each source file after `make cover`, least covered first. cover.sh BUILD
set -u
cd "$(dirname "$0")/.." || exit 1
B=$1
find "$B/src" -name '*.gcda' | while read -r data; do
	gcov --no-output --object-directory "$(dirname "$data")" "$data" 2>/dev/null |
		awk -v want="$(sed -E "s|^$B/||; s|\.gcda$|.c|" <<<"$data")" '
			/^File / { file = $2; gsub(/\x27/, "", file) }
			/^Lines executed/ && file == want { sub(/.*:/, "", $2); print $2 "\t" $4 "\t" file; exit }'
done | sed 's/%//' | sort -n | awk -F'\t' '{ printf "%6.1f %%  of %5d  %s\n", $1, $2, $3; lines += $2; hit += $1 * $2 / 100 }
	END { if (lines) printf "%6.1f %%  of %5d  in all\n", 100 * hit / lines, lines }'
