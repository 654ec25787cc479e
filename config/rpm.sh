#!/bin/sh
# SPDX-License-Identifier: MIT
# rpm.sh DIRECTORY VERSION: build the source and binary packages of rpm of this tree in DIRECTORY,
# made anew. What building needs is not looked for among rpm's packages, so that this also works on
# Debian. RPM_OPTIONS (--nocheck: the tests are those of `make test`) are for rpmbuild. rpmlint must
# find no error.
set -eu
cd "$(dirname "$0")/.."
tree=$PWD
version=$2
rm -rf "$1"
mkdir -p "$1/SOURCES" "$1/SPECS" "$1/tcptop-$version"
cd "$1"
umask 022
(cd "$tree" && tar -c --exclude=./.git --exclude='./build*' --exclude=./config/debian --exclude='*.swp' .) |
	tar -x --no-same-owner -C "tcptop-$version"
sed -i "s/^VERSION := .*/VERSION := $version/" "tcptop-$version/Makefile"
tar -cz --owner=0 --group=0 --numeric-owner -f "SOURCES/tcptop-$version.tar.gz" "tcptop-$version"
rm -rf "tcptop-$version"
sed "s/@VERSION@/$version/g" "$tree/config/rpm/tcptop.spec" >SPECS/tcptop.spec
# shellcheck disable=SC2086 # a list of options
rpmbuild -ba --nodeps ${RPM_OPTIONS---nocheck} --define "_topdir $PWD" SPECS/tcptop.spec >build.log 2>&1 || {
	tail -n 40 build.log
	exit 1
}
rpmlint --config "$tree/config/rpm/rpmlint.toml" SPECS RPMS SRPMS
find "$PWD" -name '*.rpm'
