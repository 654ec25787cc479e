#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Check that every recipe for packages names each library that the Makefile links, and its version.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
complain() { echo "lint: $*"; bad=1; }
package_of() { # package_of -lNAME: a word that its packages have in their names everywhere
	case $1 in
	-lncursesw | -ltinfo) echo ncurses ;;
	-lmnl) echo libmnl ;;
	-lcares) echo c-ares ;;
	*) echo "${1#-l}" ;;
	esac
}
version=$(sed -n 's/^VERSION := //p' Makefile)
libraries=$(sed -nE 's/^(TEST_)?LIBS +:= //p' Makefile | tr ' ' '\n' | grep -vx -e -lm | sort -u)
[ -n "$version" ] && [ "$(wc -w <<<"$libraries")" -ge 8 ] || complain 'Makefile: no version, or no list of libraries'
for recipe in config/deps.sh config/debian/control config/rpm/tcptop.spec config/arch/PKGBUILD config/alpine/APKBUILD; do
	for library in $libraries; do
		grep -q -- "$(package_of "$library")" "$recipe" || complain "$recipe has nothing for $library"
	done
done
for recipe in config/arch/PKGBUILD config/alpine/APKBUILD; do
	grep -qx "pkgver=$version" "$recipe" || complain "$recipe is not about version $version"
done
exit $bad
