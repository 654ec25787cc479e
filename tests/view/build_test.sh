#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How the Makefile treats compilers: flags that one refuses are not given to it, objects follow a
# change of flags and nothing else, and a missing package is named before anything is compiled.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MAKELEVEL CFLAGS WERROR SANITIZE COVERAGE NO_DEPS B
n=0 failed=0
check() { # check NAME COMMAND…
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n - $1"
	else
		tail -n 20 "$tmp/log" | sed 's/^/# /'
		echo "not ok $n - $1"
		failed=1
	fi
}
export OBJECT=$tmp/build/src/base/clock.o TMP=$tmp
build() { # build VARIABLE=VALUE…: one object, its compiler calls listed in $tmp/calls
	: >"$tmp/calls"
	make B="$tmp/build" CC="$tmp/compiler" "$@" "$OBJECT" >"$tmp/log" 2>&1
}
compiled() { grep -q -- "-o $OBJECT" "$tmp/calls"; }
probed() { grep -q -- '-o /dev/null' "$tmp/calls"; }

# A compiler that refuses what $tmp/refused says, as one for another processor would.
cat >"$tmp/compiler" <<'END'
#!/bin/sh
echo "$*" >>"$TMP/calls"
for argument; do
	grep -qxF -e "$argument" "$TMP/refused" && echo "unknown: $argument" >&2 && exit 1
done
exec cc "$@"
END
chmod +x "$tmp/compiler"
echo -fcf-protection >"$tmp/refused"

refused_flag() { build && compiled && ! grep -- "-o $OBJECT" "$tmp/calls" | grep -q -- -fcf-protection; }
known_flag() { grep -- "-o $OBJECT" "$tmp/calls" | grep -q -- -fstack-protector-strong; }
check 'a flag that the compiler refuses is not given to it' refused_flag
check 'a flag that it knows is' known_flag

nothing_to_do() { build && ! compiled && ! probed; }
check 'nothing is compiled or tried again when nothing changed' nothing_to_do

changed_flags() { build CFLAGS='-O1 -g' && compiled && ! probed && build CFLAGS='-O1 -g' && ! compiled; }
check 'objects follow the flags, once' changed_flags
sanitized() { build SANITIZE=undefined && compiled && build && compiled; }
check 'and the sanitizer, and back' sanitized

another_compiler() {
	sed -i 's/^exec cc/exec gcc/; 2i[ "$1" != -v ] || echo another' "$tmp/compiler"
	: >"$tmp/refused"
	build && probed && compiled && grep -- "-o $OBJECT" "$tmp/calls" | grep -q -- -fcf-protection
}
case $(cc -dumpmachine) in
x86_64-* | i?86-*) check 'another compiler is asked anew' another_compiler ;;
*) check 'another compiler is asked anew # SKIP no flag that only some know' true ;;
esac

missing() { # a header that is not there
	cat >"$tmp/compiler" <<'END'
#!/bin/sh
echo "$*" >>"$TMP/calls"
case "$*" in
*' -E -') sed 's/libmnl/no-such-&/' | cc "$@"; exit ;;
esac
exec cc "$@"
END
	rm -rf "$tmp/build"
	! build && ! compiled && grep -q 'libmnl-dev' "$tmp/log" && ! grep -q 'libc-ares-dev' "$tmp/log"
}
check 'a missing package is named before anything is compiled' missing
how() { grep -q 'install.* libmnl-dev' "$tmp/log"; }
check 'and with it the command that installs it' how
echo "1..$n"
exit $failed
