#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Build tcptop for other architectures on a Debian machine, without a warning, and run its unit
# tests there.
#
# arches.sh [ARCH…]: i386, arm64, s390x by default; also armhf, ppc64el and others that have a cross
# compiler in Debian; riscv64 with ARCHES_SUITE=trixie, the first Debian that has it. As root. A root
# with the compilers and the libraries of all of them is made once by debootstrap in $ARCHES_ROOT
# (/var/tmp/tcptop-arches, with the suite if one is given) and kept; nothing is installed on the
# machine itself. What the processor cannot run, qemu-user runs. One line for each architecture:
# "ARCH: N passed, N failed, N skipped", or why it was skipped. CFLAGS (-O2) as for make, JOBS compilers run.
set -u
cd "$(dirname "$0")/.." || exit 1
suite=${ARCHES_SUITE:-bookworm}
root=${ARCHES_ROOT:-/var/tmp/tcptop-arches${ARCHES_SUITE:+-$ARCHES_SUITE}}
[ $# -gt 0 ] || set -- i386 arm64 s390x

# The name of the compiler, then what runs its programs.
tools_of() { # tools_of ARCH
	case $1 in
	amd64) echo x86_64-linux-gnu qemu-x86_64-static ;;
	i386) echo i686-linux-gnu qemu-i386-static ;;
	arm64) echo aarch64-linux-gnu qemu-aarch64-static ;;
	armhf) echo arm-linux-gnueabihf qemu-arm-static ;;
	ppc64el) echo powerpc64le-linux-gnu qemu-ppc64le-static ;;
	mips64el) echo mips64el-linux-gnuabi64 qemu-mips64el-static ;;
	riscv64 | s390x) echo "$1-linux-gnu qemu-$1-static" ;;
	*) return 1 ;;
	esac
}

if [ "$1" = --inside ]; then # in the root, with mounts of its own: run the tests of ARCH
	arch=$2 emulator=$3 passed=0 failed=0 skipped=0
	export LC_ALL=C.UTF-8 TZ=UTC CMOCKA_MESSAGE_OUTPUT=TAP
	HOME=$(mktemp -d) && export HOME
	trap 'rm -rf "$HOME"' EXIT
	command=()
	"build/$arch/tests/unit/hash_test" >/dev/null 2>&1 || command=("$emulator")
	for test in tests/unit/*_test.c; do # not what an earlier checkout left in the build
		test=build/$arch/${test%.c}
		output=$(timeout -k 5 "${TEST_TIMEOUT:-900}" "${command[@]}" "$test" 2>&1 </dev/null | tr -d '\0'
			exit "${PIPESTATUS[0]}")
		status=$?
		s=$(grep -cE '^(not )?ok .*# SKIP' <<<"$output") # cmocka writes "not ok" for skipped ones
		p=$(grep -E '^ok ' <<<"$output" | grep -cv '# SKIP')
		f=$(grep -E '^not ok ' <<<"$output" | grep -cv '# SKIP')
		if [ "$f" = 0 ] && { [ $status != 0 ] || [ $((p + s)) = 0 ]; }; then f=1; fi
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
		[ "$f" = 0 ] || grep -v '^ok ' <<<"$output" | sed "s|^|    $arch ${test##*/}: |" | head -n 20
	done
	echo "$arch: $passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ] && [ $passed -gt 0 ]
	exit
fi

skip() { # skip ARCH WHY
	echo "$1: skipped: $2"
}

inside() { # inside COMMAND…: in the root; the mounts are gone with the command
	unshare -m bash -c 'root=$1 && shift && mount -t proc proc "$root/proc" &&
		{ mountpoint -q "$root/dev/pts" || mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"; } &&
		mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx" &&
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
			TEST_TIMEOUT="${TEST_TIMEOUT:-900}" sh -c "cd /tcptop && exec \"\$@\"" sh "$@"' bash "$root" "$@"
}

make_root() { # the root itself, without any compiler
	[ ! -e "$root/ready" ] || return 0
	[ "$(id -u)" = 0 ] || { why='a root is made by root only' && return 1; }
	command -v debootstrap >/dev/null || { why='debootstrap is missing' && return 1; }
	[ -z "$(ls -A "$root" 2>/dev/null)" ] || { why="$root is neither empty nor one of its roots" && return 1; }
	mkdir -p "$root" || { why="cannot write to $root" && return 1; }
	unshare -m debootstrap --variant=minbase --include=make,bash,netbase,qemu-user-static "$suite" "$root" \
		>"$root.log" 2>&1 || {
		why="debootstrap failed, see $root.log"
		[ ! -e "$root/debootstrap" ] || rm -rf "$root"
		return 1
	}
	mkdir -p "$root/tcptop" && touch "$root/ready"
}

# They are installed again once the list has changed.
install_arch() { # install_arch ARCH TRIPLET: its compiler and libraries
	local list="binutils gcc-${2//_/-} libc6-dev:$1" package
	for package in $(sed -nE '/^Build-Depends/,/^[A-Z].*-Version/s/^ (lib[a-z0-9-]+-dev).*/\1/p' config/debian/control); do
		list+=" $package:$1"
	done
	[ "$(cat "$root/ready-$1" 2>/dev/null)" != "$list" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	{ inside dpkg --add-architecture "$1" && inside apt-get update -qq &&
		inside apt-get install -y -qq --no-install-recommends $list; } >"$root.log" 2>&1 ||
		{ why="its packages cannot be installed, see $root.log" && return 1; }
	echo "$list" >"$root/ready-$1"
}

build_and_run() { # build_and_run ARCH TRIPLET EMULATOR
	local targets log
	targets=$(for test in tests/unit/*_test.c; do echo "build/$1/${test%.c}"; done)
	# shellcheck disable=SC2086 # a list of words
	log=$(inside make --no-print-directory -k -j"${JOBS:-$(nproc)}" B="build/$1" CC="$2-gcc" AR="$2-ar" \
		WERROR=-Werror CFLAGS="${CFLAGS:--O2}" NO_DEPS=1 "build/$1/tcptop" $targets 2>&1 >/dev/null) || {
		grep -v "not remade because of errors" <<<"${log:0:40000}" | head -n 40 | sed "s|^|    $1: |"
		echo "$1: 0 passed, 1 failed, 0 skipped (it does not build)"
		return 1
	}
	inside bash tests/arches.sh --inside "$1" "$3"
}

bad=0 why=
for arch; do
	tools=$(tools_of "$arch") || { skip "$arch" 'Debian has no cross compiler for it' && continue; }
	read -r triplet emulator <<<"$tools"
	{ make_root && install_arch "$arch" "$triplet"; } || { skip "$arch" "$why" && continue; }
	# What an earlier checkout left there, but for what was built, would be found by the compiler.
	find "$root/tcptop" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
	tar -c --exclude='./build*' --exclude=./.git . | tar -x -C "$root/tcptop" ||
		{ skip "$arch" "cannot write to $root" && continue; }
	build_and_run "$arch" "$triplet" "$emulator" || bad=1
done
exit $bad
