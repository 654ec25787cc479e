#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `make install` puts every file in its place below DESTDIR, keeps a configuration that is there, and
# `make uninstall` takes all of it away; under another name everything has that name.
#
# The program is the one of the build; pages, completions and the rest are made anew in a directory
# of the test.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd)
n=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
check() { # check NAME COMMAND…
	n=$((n + 1))
	if "${@:2}" >"$work/said" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/said"
	fi
}
make_in() { # make_in DIRECTORY NAME TARGET…: with the program of the build
	local build=$1 name=$2
	shift 2
	mkdir -p "$build"
	[ -e "$build/$name" ] || cp "$B/tcptop" "$build/$name"
	env -u MAKEFLAGS -u MAKELEVEL make -s NO_DEPS=1 B="$build" TOOLS="$B" NAME="$name" PREFIX=/usr \
		DESTDIR="$work/root" -o "$build/$name" "$@"
}
files() { (cd "$work/root" && find . -type f | sed 's/^\.//' | sort); }
places() { # places NAME: where the files of that name belong
	local name=$1
	sort <<-EOF
		/etc/$name.ini
		/usr/bin/$name
		/usr/lib/systemd/system/$name-http.socket
		/usr/lib/systemd/system/$name-http@.service
		/usr/lib/systemd/system/$name-metrics.service
		/usr/lib/systemd/system/$name-record.service
		/usr/share/applications/$name.desktop
		/usr/share/bash-completion/completions/$name
		/usr/share/doc/$name/FORMAT.md
		/usr/share/doc/$name/LICENSE
		/usr/share/doc/$name/README.md
		/usr/share/doc/$name/$name.ini
		/usr/share/$name/grafana/$name.json
		/usr/share/$name/prometheus/$name.rules.yml
		/usr/share/fish/vendor_completions.d/$name.fish
		/usr/share/man/ko/man1/$name.1
		/usr/share/man/ko/man5/$name.ini.5
		/usr/share/man/man1/$name.1
		/usr/share/man/man5/$name.ini.5
		/usr/share/zsh/site-functions/_$name
	EOF
}
installed() { diff <(places "$1") <(files); }
installs() { # installs BUILD NAME
	rm -rf "$work/root"
	make_in "$1" "$2" install && installed "$2"
}
runs() { [ "$("$work/root/usr/bin/tcptop" --version)" = "$("$B/tcptop" --version)" ]; }
modes() { # all can be read, only the program can be executed
	[ "$(find "$work/root" -type f -perm 755 -printf '%P\n')" = "usr/bin/$1" ] &&
		! find "$work/root" -type f ! -perm 644 ! -perm 755 | grep .
}
keeps() {
	echo 'readonly = yes' >"$work/root/etc/tcptop.ini"
	make_in "$work/build" tcptop install && grep -qx 'readonly = yes' "$work/root/etc/tcptop.ini" &&
		make_in "$work/build" tcptop uninstall && [ "$(files)" = /etc/tcptop.ini ]
}
uninstalls() { # uninstalls BUILD NAME
	make_in "$1" "$2" install && make_in "$1" "$2" uninstall && [ -z "$(files)" ]
}
paths() { ! grep -rn '@PREFIX@' "$work/root" && grep -q '^ExecStart=/usr/bin/tcptop ' "$work/root"/usr/lib/systemd/system/*; }
desktop() {
	desktop-file-validate "$work/root/usr/share/applications/tcptop.desktop" &&
		grep -q '^Comment\[ko\]=.*TCP' "$work/root/usr/share/applications/tcptop.desktop"
}
units() { # the program cannot be found here, since the tree is installed elsewhere
	local said
	said=$(systemd-analyze verify "$work/root/usr/lib/systemd/system"/* 2>&1 |
		grep 'tcptop-' | grep -vE "not executable|No such file|Command 'man")
	[ -z "$said" ] || { echo "$said" && return 1; }
}
spec() { # its %files are what is installed; the documentation and the licence stand there as folders
	sed -n '/^%files/,/^%changelog/p' config/rpm/tcptop.spec | sed -nE 's/^(%config\(noreplace\)|%lang\(ko\))? *(%\{.*)/\2/p' |
		sed -e 's/%{name}/tcptop/g; s/\*$//; s|%{_bindir}|/usr/bin|; s|%{_mandir}|%{_datadir}/man|; s|%{_docdir}|%{_datadir}/doc|' \
			-e 's|%{_datadir}|/usr/share|; s|%{_sysconfdir}|/etc|; s|%{unit_directory}|/usr/lib/systemd/system|' | sort |
		diff - <(places tcptop | sed 's|^/usr/share/doc/tcptop/.*|/usr/share/doc/tcptop|' | sort -u)
}
versions() {
	local version
	version=$(sed -n 's/^VERSION := //p' Makefile)
	grep -qx "pkgver=$version" config/arch/PKGBUILD && grep -qx "pkgver=$version" config/alpine/APKBUILD
}
renamed() { # nothing installed says the old name, but for what the project says of itself
	! LC_ALL=C grep -rnaE '(^|[^.[:alnum:]])tcptop\b' "$work/root" --exclude=other --exclude=README.md \
		--exclude=FORMAT.md --exclude=LICENSE
}
texts() { # the texts of a program of that name
	local file=$work/other/named/tcptop/text/messages/app.def
	make_in "$work/other" other "$file" && grep -q 'Usage: other ' "$file" &&
		! LC_ALL=C grep -rnaE '(^|[^.[:alnum:]])tcptop\b' "$work/other/named" | grep -v '#include'
}

check "every file is in its place" installs "$work/build" tcptop
check "the program runs from there" runs
check "all can be read, the program alone be executed" modes tcptop
check "paths are those of PREFIX" paths
if command -v desktop-file-validate >/dev/null; then
	check "the entry for menus is valid, and has Korean" desktop
else
	n=$((n + 1))
	echo "ok $n - the entry for menus is valid # SKIP desktop-file-validate is not installed"
fi
if command -v systemd-analyze >/dev/null; then
	check "systemd understands the units" units
else
	n=$((n + 1))
	echo "ok $n - systemd understands the units # SKIP systemd-analyze is not installed"
fi
check "the package of rpm holds the same" spec
check "the recipes of Arch and Alpine have this version" versions
check "a configuration that is there stays, also when the rest goes" keeps
rm -rf "$work/root"
check "uninstalled, nothing is left" uninstalls "$work/build" tcptop
check "under another name every file has that name" installs "$work/other" other
check "what is installed then says that name" renamed
check "so do the texts of the program" texts
check "uninstalled, nothing of that name is left" uninstalls "$work/other" other
echo "1..$n"
