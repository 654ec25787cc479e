#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The packages are the same, byte for byte, whoever builds them: `make deb` is run twice, in two
# directories, at two times, with another zone, language, umask, user's home and number of jobs. Takes
# some minutes. The last line says which files were compared, or differ.
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d /var/tmp/tcptop-reproducible-XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/one" "$work/another/deeper" "$work/home"
for copy in "$work/one" "$work/another/deeper"; do
	tar -c --exclude=./.git --exclude='./build*' . | tar -x -C "$copy"
done
touch -d '2001-02-03' "$work/another/deeper"/*
(cd "$work/one" && TZ=UTC LC_ALL=C.UTF-8 make -s deb) >"$work/first.log" 2>&1 ||
	{ cat "$work/first.log" && exit 1; }
(cd "$work/another/deeper" && umask 027 && TZ=Asia/Seoul LC_ALL=C HOME=$work/home DEB_BUILD_OPTIONS='nocheck parallel=3' \
	faketime -f '+40d' make -s deb) >"$work/second.log" 2>&1 || { cat "$work/second.log" && exit 1; }
bad=0 compared=()
for file in "$work/one/build/deb"/*.{deb,dsc,tar.xz}; do
	name=${file##*/}
	if cmp "$file" "$work/another/deeper/build/deb/$name"; then compared+=("$name"); else bad=1; fi
	(cd "${file%/*}" && sha256sum "$name")
done
[ ${#compared[@]} -ge 4 ] || bad=1
[ $bad = 0 ] && echo "the same bytes: ${compared[*]}"
exit $bad
