#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Build the program and the package in a bare root of Debian by the README's commands, and install
# the package in another one: what it brings works, an upgrade keeps the configuration, and a purge
# leaves nothing behind. In a third one autopkgtest runs the package's own test, and systemd and
# desktop-file-validate read what it brings for them.
#
# package.sh SUITE [PACKAGE]: bookworm, trixie; PACKAGE is one that was built already. As root. The roots
# are below $ROOT (/var/tmp/tcptop-package-SUITE): `bare`, kept for the next time; `build`, kept too, with
# what building needs; `run` and `try`, made anew from the bare one. The log of autopkgtest stays there
# as `autopkgtest.log`. Speaks TAP; exit code 77 when there can be no such root here, with the reason
# as last line.
set -uo pipefail
[ $# = 1 ] || [ $# = 2 ] || { echo 'usage: tests/package.sh SUITE [PACKAGE]' >&2 && exit 2; }
suite=$1
[ -z "${2:-}" ] || package=$(realpath "$2") || exit 2
base=$(realpath -m "${ROOT:-/var/tmp/tcptop-package-$suite}")
cd "$(dirname "$0")/.." || exit 1
. tests/lib/debian_root.sh
skip() { echo "$suite: skipped: $1" && exit 77; }
if [ "${IN_OWN_MOUNTS:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || skip 'only root can make one'
	unshare -m true 2>/dev/null || skip 'no mount namespaces here (unshare failed)'
	mkdir -p "$base"
	debian_make "$suite" "$base/bare"
	[ $# = 2 ] || [ -d "$base/build" ] || cp -a "$base/bare" "$base/build"
	for copy in run try; do
		rm -rf "${base:?}/$copy"
		cp -a "$base/bare" "$base/$copy"
	done
	IN_OWN_MOUNTS=yes ROOT=$base exec unshare -m bash "$PWD/tests/package.sh" "$suite" ${package:+"$package"}
fi
tmp=$base
. tests/lib/check_output.sh
run=$base/run
there() { debian_in "$run" "$@"; }
debian_mount "$run"
debian_mount "$base/try"
[ -n "${package:-}" ] || debian_mount "$base/build"

builds() {
	rm -rf "$base/build/tcptop"
	mkdir "$base/build/tcptop"
	tar -c --exclude=./.git --exclude='./build*' . | tar -x --no-same-owner -C "$base/build/tcptop"
	# shellcheck disable=SC2016 # for the shell in there
	debian_in "$base/build" sh -ec 'cd /tcptop && apt-get update -qq && apt-get install -y -qq make && make run ARGS=--once'
}
packs() {
	debian_in "$base/build" sh -ec 'cd /tcptop && make deb' && cp "$base/build"/tcptop/build/deb/tcptop_*.deb "$run/"
}
older() { # a package as this one, of version 0.9.0-1, whose configuration has another comment
	there sh -ec 'dpkg-deb -R /tcptop_[1-9]*.deb /older && sed -i "s/^Version: .*/Version: 0.9.0-1/" /older/DEBIAN/control &&
		echo "# of 0.9.0" >>/older/etc/tcptop.ini &&
		dpkg-deb --root-owner-group -b /older /tcptop_0.9.0-1.deb && rm -r /older'
}
# Everything but what apt, dpkg and man keep for themselves.
everything() { (cd "$run" && find . -xdev \( -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/log/apt \
	-o -path ./var/cache \) -prune -o -print | grep -vE '^\./(var/log/(dpkg|alternatives)\.log|etc/ld\.so\.cache|etc/resolv\.conf|root/\..*)$' | sort); }
install_package() { there sh -ec 'apt-get update -qq; apt-get install -y -qq --no-install-recommends "$1"' sh "$1"; }
page() { # page LANGUAGE PAGE WORD: man shows it in that language
	there env LC_ALL=C.UTF-8 MANWIDTH=80 man -L "$1" "$2" | col -b | grep "$3" >/dev/null
}
completes() {
	there bash -c '. /usr/share/bash-completion/completions/tcptop && COMP_LINE="tcptop --doc" COMP_POINT=12 && _tcptop &&
		[ "${COMPREPLY[*]}" = --doctor ]' &&
		[ -s "$run/usr/share/zsh/vendor-completions/_tcptop" ] &&
		[ -s "$run/usr/share/fish/vendor_completions.d/tcptop.fish" ]
}
works() { cp config/debian/tests/installed "$run/tmp/" && there env AUTOPKGTEST_TMP=/tmp /tmp/installed; }
units_are_off() {
	there sh -c 'cd /lib/systemd/system && ls tcptop-record.service tcptop-metrics.service tcptop-http.socket tcptop-http@.service &&
		! ls /etc/systemd/system/*/tcptop-*'
}
keeps() { # a configuration that the administrator changed
	echo '# mine' >>"$run/etc/tcptop.ini"
	there sh -c 'apt-get install -y -qq -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold /tcptop_[1-9]*.deb' &&
		grep -q '# mine' "$run/etc/tcptop.ini" &&
		[ "$(there dpkg-query -W -f '${Version}' tcptop)" != 0.9.0-1 ]
}
tries() { # what the package says of itself, in a root that has nothing else
	mkdir -p "$base/try/source"
	cp -r config/debian "$base/try/source/debian"
	cp "$run"/tcptop_[1-9]*.deb "$base/try/"
	sed -i "s/@VERSION@/$(dpkg-deb -f "$run"/tcptop_[1-9]*.deb Version | sed 's/-.*//')/" "$base/try/source/debian/changelog"
	debian_in "$base/try" sh -ec 'apt-get update -qq
		apt-get install -y -qq --no-install-recommends autopkgtest
		autopkgtest --no-built-binaries /tcptop_*.deb /source/ -- null' >"$base/autopkgtest.log" 2>&1 &&
		grep -E '^installed +PASS$' "$base/autopkgtest.log" || { tail -n 30 "$base/autopkgtest.log" && return 1; }
}
reads() { # nothing to say of the units and of the entry for menus
	debian_in "$base/try" sh -ec 'apt-get install -y -qq --no-install-recommends systemd desktop-file-utils >/dev/null
		desktop-file-validate /usr/share/applications/tcptop.desktop
		cd /lib/systemd/system
		said=$(systemd-analyze verify ./tcptop-record.service ./tcptop-metrics.service ./tcptop-http.socket ./tcptop-http@.service 2>&1)
		! echo "$said" | grep tcptop'
}
removed() { # the configuration stays until the package is purged
	there apt-get remove -y -qq tcptop && [ -e "$run/etc/tcptop.ini" ] && [ ! -e "$run/usr/bin/tcptop" ]
}
purged() {
	mkdir "$run/var/log/tcptop" # as the unit that records does
	touch "$run/var/log/tcptop/old.tcptop"
	there sh -ec 'apt-get purge -y -qq tcptop; apt-get autoremove -y -qq --purge' || return
	everything | diff "$base/before" -
}

if [ -n "${package:-}" ]; then
	cp "$package" "$run/"
else
	check "$suite: the README's first command builds and runs it in a bare root" builds
	check "$suite: make deb builds the package, lintian has nothing to say" packs
fi
there sh -ec 'apt-get update -qq; apt-get install -y -qq --no-install-recommends man-db bash-completion' >"$base/said" 2>&1 ||
	{ tail "$base/said" && exit 1; }
check "$suite: a package of an older version" older
everything >"$base/before"
check "$suite: the older one is installed" install_package /tcptop_0.9.0-1.deb
check "$suite: an upgrade keeps the configuration" keeps
check "$suite: the program works as it is installed" works
check "$suite: man tcptop" page en tcptop 'why\|COLUMNS'
check "$suite: man tcptop in Korean" page ko tcptop '종료 코드'
check "$suite: man tcptop.ini" page en tcptop.ini close_wait_age
check "$suite: man tcptop.ini in Korean" page ko tcptop.ini 누수
check "$suite: completions are there, that of bash completes" completes
check "$suite: the units are installed and off" units_are_off
check "$suite: autopkgtest passes" tries
check "$suite: systemd and desktop-file-validate have nothing to say" reads
check "$suite: removed, the configuration stays" removed
check "$suite: purged, nothing is left" purged
echo "1..$n"
exit $failed
