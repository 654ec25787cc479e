#!/bin/sh
# SPDX-License-Identifier: MIT
# Install what is missing, and only that: `deps.sh build` for building, `unit` for building the tests
# too, `test` for running them, `lint` for the checks of the source as well, `deb` and `rpm` for the
# packages. Says what it installs, with apt where there is one; elsewhere names the packages and fails.
# NO_DEPS=1 only reports.
set -eu
what=${1:-build}

have_header() { # have_header FILE: the compiler finds it
	printf '#include <stdio.h>\n#include <%s>\n' "$1" | ${CC:-cc} -x c -E - >/dev/null 2>&1
}
have_cmocka() {
	printf '#include <stdarg.h>\n#include <stddef.h>\n#include <setjmp.h>\n#include <stdint.h>\n#include <cmocka.h>\n' |
		${CC:-cc} -x c -E - >/dev/null 2>&1
}
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/sbin/$1" ] || [ -x "/usr/sbin/$1" ]; }

# Each line: check, then the package for apt, dnf, pacman, apk, zypper.
apt='' dnf='' pacman='' apk='' zypper=''
need() {
	apt="$apt $1" dnf="$dnf $2" pacman="$pacman $3" apk="$apk $4" zypper="$zypper $5"
}
echo | ${CC:-cc} -E - >/dev/null 2>&1 || need 'gcc libc6-dev' gcc gcc 'gcc musl-dev' gcc
have ar || need binutils binutils binutils binutils binutils
have_header stdlib.h || need libc6-dev glibc-devel glibc musl-dev glibc-devel
have_header curses.h || need libncurses-dev ncurses-devel ncurses ncurses-dev ncurses-devel
have_header libmnl/libmnl.h || need libmnl-dev libmnl-devel libmnl libmnl-dev libmnl-devel
have_header ares.h || need libc-ares-dev c-ares-devel c-ares c-ares-dev c-ares-devel
have_header zstd.h || need libzstd-dev libzstd-devel zstd zstd-dev libzstd-devel
have_header iniparser/iniparser.h || have_header iniparser.h ||
	need libiniparser-dev iniparser-devel iniparser iniparser-dev libiniparser-devel
have_header linux/inet_diag.h ||
	need linux-libc-dev kernel-headers linux-api-headers linux-headers linux-glibc-devel
case $what in unit | test | lint)
	have_cmocka || need libcmocka-dev libcmocka-devel cmocka cmocka-dev libcmocka-devel
	have_header jansson.h || need libjansson-dev jansson-devel jansson jansson-dev libjansson-devel
	;;
esac
if [ "$what" = test ] || [ "$what" = lint ]; then
	have bash || need bash bash bash bash bash
	have tmux || need tmux tmux tmux tmux tmux
	have ss || need iproute2 'iproute iproute-tc' iproute2 iproute2 iproute2
	have strace || need strace strace strace strace strace
	have unshare || need util-linux util-linux util-linux util-linux util-linux
	have ps || need procps procps-ng procps-ng procps procps
	have less || need less less less less less
	have infocmp || need ncurses-bin ncurses ncurses ncurses ncurses-utils
	have setcap || need libcap2-bin libcap libcap libcap-utils libcap-progs
	# Not where installing it starts a server that listens: there its tests are skipped.
	[ -d /run/systemd/system ] || { have sshd && have ssh; } ||
		need 'openssh-server openssh-client' 'openssh-server openssh-clients' openssh openssh openssh
	have faketime || need faketime libfaketime libfaketime libfaketime libfaketime
	have mandoc || need mandoc mandoc mandoc mandoc mandoc
	have zsh || need zsh zsh zsh zsh zsh
	have fish || need fish fish fish fish fish
	have desktop-file-validate || need desktop-file-utils desktop-file-utils desktop-file-utils desktop-file-utils desktop-file-utils
	[ -e /etc/services ] || need netbase setup iana-etc musl-utils netcfg
fi
if [ "$what" = lint ]; then
	have clang || need clang clang clang clang clang
	have clang-check || need clang-tools clang-tools-extra clang clang-extra-tools clang-tools
	have clang-format || need clang-format clang-tools-extra clang clang-extra-tools clang-tools
	have shellcheck || need shellcheck ShellCheck shellcheck shellcheck ShellCheck
fi
if [ "$what" = deb ]; then # only Debian has these
	[ "$(dpkg-query -W -f '${db:Status-Status}' build-essential 2>/dev/null)" = installed ] ||
		need build-essential build-essential build-essential build-essential build-essential
	have dh || need debhelper debhelper debhelper debhelper debhelper
	have dpkg-buildpackage || need dpkg-dev dpkg-dev dpkg dpkg-dev dpkg
	have lintian || need lintian lintian lintian lintian lintian
	have xz || need xz-utils xz xz xz xz
fi
if [ "$what" = rpm ]; then
	have rpmbuild || need rpm rpm-build rpm-tools rpm rpm-build
	have rpmlint || need rpmlint rpmlint rpmlint rpmlint rpmlint
fi
[ -n "$apt" ] || exit 0

sudo=''
[ "$(id -u)" = 0 ] || sudo='sudo '
install_with() { # install_with MANAGER: the command that installs what is missing
	case $1 in
	apt-get) echo "${sudo}apt-get install --no-install-recommends$apt" ;;
	dnf) echo "${sudo}dnf install$dnf" ;;
	pacman) echo "${sudo}pacman -S$pacman" ;;
	apk) echo "${sudo}apk add$apk" ;;
	zypper) echo "${sudo}zypper install$zypper" ;;
	esac
}
managers=
for manager in apt-get dnf pacman apk zypper; do
	have $manager && managers=$manager && break
done

if [ "${NO_DEPS:-}" = 1 ] || [ "$managers" != apt-get ]; then
	echo "Packages are missing (their names on Debian:$apt). Install them with"
	for manager in ${managers:-apt-get dnf pacman apk zypper}; do
		echo "    $(install_with "$manager")"
	done
	case $managers/$what in
	apt-get/build) echo 'or with "make deps", which does the same; "make run" does that too and starts tcptop.' ;;
	apt-get/unit) echo 'or with "make deps-test", which installs what running the tests needs as well.' ;;
	*) echo 'and run make again.' ;;
	esac
	exit 1
fi >&2

echo "Missing packages are installed first: $(install_with apt-get)"
export DEBIAN_FRONTEND=noninteractive
quietly() { # apt-get does not ask, and speaks of errors only
	# shellcheck disable=SC2086 # the lists are words
	${sudo}apt-get install -y -qq --no-install-recommends $apt >/dev/null
}
quietly || { ${sudo}apt-get update -qq && quietly; }
