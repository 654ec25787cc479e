#!/bin/sh
# Install what is missing, and only that: `deps.sh build` for building, `test` for the tests too,
# `lint` for the checks of the source as well. Uses apt where there is one; elsewhere names the packages and fails. NO_DEPS=1 only reports.
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
have "${CC:-cc}" || need 'gcc libc6-dev' gcc gcc 'gcc musl-dev' gcc
have ar || need binutils binutils binutils binutils binutils
have_header stdlib.h || need libc6-dev glibc-devel glibc musl-dev glibc-devel
have_header curses.h || need libncurses-dev ncurses-devel ncurses ncurses-dev ncurses-devel
have_header libmnl/libmnl.h || need libmnl-dev libmnl-devel libmnl libmnl-dev libmnl-devel
have_header ares.h || need libc-ares-dev c-ares-devel c-ares c-ares-dev c-ares-devel
have_header iniparser/iniparser.h || have_header iniparser.h ||
	need libiniparser-dev iniparser-devel iniparser iniparser-dev libiniparser-devel
have_header linux/inet_diag.h ||
	need linux-libc-dev kernel-headers linux-api-headers linux-headers linux-glibc-devel
if [ "$what" != build ]; then
	have_cmocka || need libcmocka-dev libcmocka-devel cmocka cmocka-dev libcmocka-devel
	have_header jansson.h || need libjansson-dev jansson-devel jansson jansson-dev libjansson-devel
	have bash || need bash bash bash bash bash
	have tmux || need tmux tmux tmux tmux tmux
	have ss || need iproute2 'iproute iproute-tc' iproute2 iproute2 iproute2
	have strace || need strace strace strace strace strace
	have unshare || need util-linux util-linux util-linux util-linux util-linux
	have ps || need procps procps-ng procps-ng procps procps
	have infocmp || need ncurses-bin ncurses ncurses ncurses ncurses-utils
	have setcap || need libcap2-bin libcap libcap libcap-utils libcap-progs
	have faketime || need faketime libfaketime libfaketime libfaketime libfaketime
	[ -e /etc/services ] || need netbase setup iana-etc musl-utils netcfg
fi
if [ "$what" = lint ]; then
	have clang || need clang clang clang clang clang
	have clang-format || need clang-format clang-tools-extra clang clang-extra-tools clang-tools
	have shellcheck || need shellcheck ShellCheck shellcheck shellcheck ShellCheck
fi
[ -n "$apt" ] || exit 0

if [ "${NO_DEPS:-}" = 1 ]; then
	echo "missing:$apt (NO_DEPS=1 forbids installing)" >&2
	exit 1
fi
if have apt-get; then
	sudo=''
	[ "$(id -u)" = 0 ] || sudo=sudo
	echo "installing:$apt"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # the lists are words
	$sudo apt-get install -y -qq --no-install-recommends $apt >/dev/null ||
		{ $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends $apt >/dev/null; }
	exit 0
fi
echo "missing; install them, then run this again:" >&2
for manager in dnf pacman apk zypper; do
	have $manager || continue
	case $manager in
	dnf) echo "  dnf install$dnf" ;;
	pacman) echo "  pacman -S$pacman" ;;
	apk) echo "  apk add$apk" ;;
	zypper) echo "  zypper install$zypper" ;;
	esac >&2
	exit 1
done
{
	echo "  dnf install$dnf"
	echo "  pacman -S$pacman"
	echo "  apk add$apk"
	echo "  zypper install$zypper"
} >&2
exit 1
