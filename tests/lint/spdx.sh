#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Check that each source, header, .def file and script names its licence in its first line, after `#!`.
#
# `spdx.sh write [PATH…]` puts the line where it is missing: everywhere, or below PATH.
set -u
cd "$(dirname "$0")/../.." || exit 1
line='SPDX-License-Identifier: MIT'
write=
[ "${1:-}" != write ] || { write=1; shift; }
bad=0

put() { # put FILE: its line comes first, or second after #!
	local comment="# $line" first copy
	[[ $1 != *.[ch] && $1 != *.def ]] || comment="/* $line */"
	copy=$(mktemp) || exit 1
	IFS= read -r first <"$1"
	if [[ $first == '#!'* ]]; then
		{ echo "$first"; echo "$comment"; sed 1d "$1"; }
	else
		{ echo "$comment"; cat "$1"; }
	fi >"$copy"
	cat "$copy" >"$1" # keeps its mode
	rm "$copy"
}
while IFS= read -r file; do
	first=$(sed -n '1{/^#!/n;p;q}' "$file")
	[[ $first != *"$line"* ]] || continue
	if [ "$write" ]; then put "$file"; else echo "lint: $file: its first line is not $line"; bad=1; fi
done < <(find "${@:-.}" \( -path ./build -o -path ./.git \) -prune -o -type f \( -name "*.[ch]" -o -name "*.def" \
	-o -name "*.sh" -o -name "*.awk" -o -name Makefile -o -path "*.ci/run" \) -print | sed "s,^\./,,")
exit $bad
