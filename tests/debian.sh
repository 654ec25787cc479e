#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run the README's `make test` in a bare root of another release of Debian.
#
# debian.sh SUITE [PATTERN]: makes a root of SUITE (bookworm, trixie) with debootstrap, copies this
# checkout into it and runs `make test` there, only the tests whose path holds PATTERN when one is
# given (tests/unit). CFLAGS are those of make, if they are set. The root is kept and used again, with
# its packages and its build directory: $ROOT says where, build/SUITE if it does not. Delete it to
# begin with a bare one. The last line is "N passed, N failed, N skipped". The exit code is that of
# make, or 77 when there can be no such root here, with the reason as the last line.
#
# The packages come from the repositories that apt is configured with on this machine.
set -euo pipefail
if [ $# -lt 1 ]; then
	echo 'usage: tests/debian.sh SUITE [PATTERN]' >&2
	exit 2
fi
suite=$1 pattern=${2:-}
root=$(realpath -m "${ROOT:-$(dirname "$0")/../build/$suite}")
cd "$(dirname "$0")/.."

skip() { # skip WHY
	echo "$suite: skipped: $1"
	exit 77
}

. tests/lib/debian_root.sh

# Everything is mounted in a mount namespace of this process alone: the kernel unmounts it when the
# last process in there ends, whatever happens to this script.
if [ "${IN_OWN_MOUNTS:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || skip 'only root can make one'
	unshare -m true 2>/dev/null || skip 'no mount namespaces here (unshare failed)'
	debian_make "$suite" "$root"
	IN_OWN_MOUNTS=yes ROOT=$root exec unshare -m bash "$PWD/tests/debian.sh" "$@"
fi

debian_mount "$root"

# The build directory stays, and so does the time of each file that is as it was, so that the next
# run compiles only what has changed.
new=$root/tcptop.new old=$root/tcptop
rm -rf "$new"
mkdir -p "$new" "$old/build"
tar -c --exclude=./.git --exclude='./build*' . | tar -x -m --no-same-owner -C "$new"
while IFS= read -r -d '' file; do
	! cmp -s "$old/$file" "$new/$file" || touch -r "$old/$file" "$new/$file"
done < <(cd "$new" && find . -type f -print0)
mv "$old/build" "$new/build"
rm -rf "$old"
mv "$new" "$old"

debian_in "$root" PATTERN="$pattern" ${CFLAGS:+CFLAGS="$CFLAGS"} sh -c '
	cd /tcptop
	command -v make >/dev/null || { apt-get update -qq && apt-get install -y -qq make; } >/dev/null
	make test TESTS="$PATTERN"'
