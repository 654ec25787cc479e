#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the static analysers think, for a person to read: clang-tidy, cppcheck, gcc -fanalyzer. Not a
# gate: each of them is sometimes wrong. Those that are not installed are named and left out. Not
# asked for is what would drown the rest: the functions of Annex K, which glibc has not, and a word
# for every snprintf() whose length does not matter.
set -u
cd "$(dirname "$0")/.." || exit 1
checks='bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions'
checks+=',cert-*,-cert-err33-c,clang-analyzer-*'
checks+=',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
flags=(-std=gnu17 -Iinclude -D_GNU_SOURCE '-DTCPTOP_VERSION="0"')
sources=$(find src -name '*.c')

section() {
	echo "== $1"
	command -v "$2" >/dev/null || { echo "$2 is not installed"; return 1; }
}
# shellcheck disable=SC2086 # a list of paths without blanks
{
	section 'clang-tidy' clang-tidy &&
		clang-tidy --quiet --checks="$checks" $sources -- "${flags[@]}" 2>/dev/null
	section 'cppcheck' cppcheck &&
		cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr \
			--suppress=missingIncludeSystem -Iinclude -D_GNU_SOURCE $sources
	section 'gcc -fanalyzer' gcc &&
		for source in $sources; do
			gcc "${flags[@]}" -fanalyzer -O1 -c -o /dev/null "$source"
		done
}
exit 0
