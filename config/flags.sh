#!/bin/sh
# SPDX-License-Identifier: MIT
# flags.sh FILE COMPILER FLAG…: print those flags that the compiler knows. The answer is kept in
# FILE and asked for again only when the compiler or the list is another one.
file=$1 compiler=$2
shift 2
# shellcheck disable=SC2086 # the compiler may be several words
key=$($compiler -v 2>&1 | cksum)" $compiler $*"
if [ "$(sed -n 1p "$file" 2>/dev/null)" != "$key" ]; then
	known=
	takes() { # takes FLAG…: it compiles with them, and does not even warn
		echo 'int x;' | $compiler "$@" -Werror -x c -c -o /dev/null - 2>/dev/null
	}
	mkdir -p "$(dirname "$file")"
	takes || exit 0 # no compiler, nothing to keep
	for flag; do
		takes "$flag" && known="$known $flag"
	done
	printf '%s\n%s\n' "$key" "$known" >"$file"
fi
sed -n 2p "$file"
