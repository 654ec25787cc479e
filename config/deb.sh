#!/bin/sh
# SPDX-License-Identifier: MIT
# deb.sh DIRECTORY VERSION: build Debian's source and binary package of this tree in DIRECTORY, made
# anew. The orig tarball holds the tree without config/debian, which becomes debian/; its times are
# those of the changelog, so the same tree gives the same bytes anywhere. DEB_BUILD_OPTIONS (nocheck:
# the tests are those of `make test`) is for dpkg-buildpackage. lintian must have nothing to say.
set -eu
cd "$(dirname "$0")/.."
tree=$PWD
version=$2
export DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS-nocheck}"
case " $DEB_BUILD_OPTIONS " in *' nocheck '*) export DEB_BUILD_PROFILES=nocheck ;; esac
rm -rf "$1"
mkdir -p "$1/tcptop-$version"
cd "$1"
umask 022
# What is no part of the tree stays behind: builds, and what git ignores.
(cd "$tree" && tar -c --exclude=./.git --exclude='./build*' --exclude=./config/debian --exclude='*.swp' .) |
	tar -x --no-same-owner -C "tcptop-$version"
sed -i "s/^VERSION := .*/VERSION := $version/" "tcptop-$version/Makefile"
cp -r "$tree/config/debian" debian
sed -i "s/@VERSION@/$version/g" debian/changelog
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l debian/changelog -S Timestamp)
export SOURCE_DATE_EPOCH
tar -c --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r-w,a+X --mtime="@$SOURCE_DATE_EPOCH" \
	"tcptop-$version" | xz -6 -T1 >"tcptop_$version.orig.tar.xz"
mv debian "tcptop-$version/"
(cd "tcptop-$version" && dpkg-buildpackage -us -uc >../build.log 2>&1) || {
	tail -n 40 build.log
	exit 1
}
# The rules are those of Debian, also on systems that are made from it.
LC_ALL=C.UTF-8 lintian --profile debian --fail-on error,warning --allow-root ./*.changes
ls "$PWD"/*.deb
