#!/usr/bin/env bash
# What the static analysers think, for a person to read: clang-tidy, cppcheck, gcc -fanalyzer. Not a
# gate: each of them is sometimes wrong. Those that are not installed are named and left out.
set -u
cd "$(dirname "$0")/.." || exit 1
flags=(-std=gnu17 -Iinclude -D_GNU_SOURCE '-DTCPTOP_VERSION="0"')
sources=$(find src -name '*.c')

section() {
	echo "== $1"
	command -v "$2" >/dev/null || { echo "$2 is not installed"; return 1; }
}
# shellcheck disable=SC2086 # a list of paths without blanks
{
	section 'clang-tidy' clang-tidy &&
		clang-tidy --quiet --checks='bugprone-*,-bugprone-easily-swappable-parameters,cert-*,clang-analyzer-*' \
			$sources -- "${flags[@]}" 2>/dev/null
	section 'cppcheck' cppcheck &&
		cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr \
			--suppress=missingIncludeSystem -Iinclude -D_GNU_SOURCE $sources
	section 'gcc -fanalyzer' gcc &&
		for source in $sources; do
			gcc "${flags[@]}" -fanalyzer -O1 -c -o /dev/null "$source"
		done
}
exit 0
