#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run the tests of networking on the kernels that Debian ships, in a virtual machine of qemu.
#
# kernels.sh [SUITE…]: the cloud kernel of each suite of Debian; by default those of bullseye (5.10),
# bookworm (6.1) and trixie (6.12). As root. KERNEL_TESTS are the patterns of tests/run.sh, by default
# tests/net and those on terminals that concern the kernel. What is needed is kept below $ROOT
# (/var/tmp/tcptop-kernels): `root`, a root of bookworm with this tree built in it, which all kernels
# run, and the unpacked kernels. Without KVM the processor is emulated, which takes many times as
# long. A line for each kernel: "RELEASE: N passed, N failed, N skipped", or why it was skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
base=$(realpath -m "${ROOT:-/var/tmp/tcptop-kernels}")
[ $# -gt 0 ] || set -- bullseye bookworm trixie
. tests/lib/debian_root.sh
skip() { echo "kernels: skipped: $1" && exit 77; }
if [ "${IN_OWN_MOUNTS:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || skip 'only root can make a root'
	unshare -m true 2>/dev/null || skip 'no mount namespaces here (unshare failed)'
	command -v qemu-system-x86_64 >/dev/null && command -v cpio >/dev/null ||
		{ [ "${NO_DEPS:-}" != 1 ] && echo 'installing: qemu-system-x86 cpio' &&
			apt-get install -y -qq --no-install-recommends qemu-system-x86 cpio >/dev/null; } ||
		skip 'qemu-system-x86 or cpio is missing, and cannot be installed'
	mkdir -p "$base"
	debian_make bookworm "$base/root"
	IN_OWN_MOUNTS=yes ROOT=$base exec unshare -m bash "$PWD/tests/kernels.sh" "$@"
fi
root=$base/root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# This tree in the root, with its tests.
build() {
	mkdir -p "$root/tcptop/build"
	find "$root/tcptop" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
	tar -c --exclude=./.git --exclude='./build*' . | tar -x --no-same-owner -C "$root/tcptop"
	debian_in "$root" sh -ec '
		cd /tcptop
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends make kmod; } >/dev/null
		make -s deps-test && make -s -j2 tests-built'
}

# The kernel of a suite, unpacked in $base/kernel-SUITE.
fetch() { # fetch SUITE
	local suite=$1
	[ ! -d "$base/kernel-$suite" ] || return 0
	(
		skip() { echo "$suite: skipped: $1" && exit 77; }
		debian_make "$suite" "$base/bare-$suite"
		debian_mount "$base/bare-$suite"
		# shellcheck disable=SC2016 # for the shell in there
		debian_in "$base/bare-$suite" sh -ec '
			cd /tmp && apt-get update -qq
			apt-get download -qq "$(apt-cache depends linux-image-cloud-amd64 |
				sed -n "s/.*Depends: \(linux-image-[0-9].*\)/\1/p" | head -n 1)"
			rm -rf kernel && dpkg-deb -x linux-image-*.deb kernel
			[ -d kernel/usr/lib ] || { mkdir -p kernel/usr && mv kernel/lib kernel/usr/lib; }' &&
			mv "$base/bare-$suite/tmp/kernel" "$base/kernel-$suite"
	)
}

# What the first process of the machine does.
first_process() {
	cat <<-'EOT'
		#!/bin/bash
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm
		mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev
		mkdir -p /dev/pts /dev/shm && mount -t devpts dev /dev/pts && mount -t tmpfs tmp /dev/shm
		mount -t tmpfs tmp /tmp && mount -t tmpfs run /run && mount -t cgroup2 none /sys/fs/cgroup
		chmod 1777 /tmp
		ln -s /proc/self/fd /dev/fd && ln -s fd/0 /dev/stdin && ln -s fd/1 /dev/stdout && ln -s fd/2 /dev/stderr
		depmod
		hostname machine && ip link set lo up
		ulimit -n 65536 # as systemd would
		cd /tcptop
		echo "KERNEL $(uname -r)"
		TEST_TIMEOUT=3000 NO_DEPS=1 bash tests/run.sh build $(cat /patterns) 2>&1
		echo "KERNEL ends"
		echo o >/proc/sysrq-trigger
		sleep 100
	EOT
}

# One file system in memory: the root without what only building needs, and the kernel's modules.
image() { # image SUITE
	first_process >"$root/first"
	chmod 755 "$root/first"
	echo "${KERNEL_TESTS:-tests/net}" >"$root/patterns"
	{
		(cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./usr/lib/gcc -o -path ./usr/include \
			-o -path ./usr/share/doc -o -path ./usr/share/man -o -path ./usr/share/locale -o -path ./usr/libexec/gcc \
			-o -path ./var/cache -o -path ./var/lib/apt -o -name '*.o' -o -name '*.a' -o -name '*.d' \) -prune -o -print0 |
			cpio --null -o -H newc --quiet)
		(cd "$root" && find ./proc ./sys ./dev -maxdepth 0 -print0 | cpio --null -o -H newc --quiet)
		(cd "$base/kernel-$1" && find usr/lib/modules -print0 | cpio --null -o -H newc --quiet)
	} >"$work/image"
}

machine() { # machine ACCELERATOR LOG: until it switches itself off
	# Linux 5.10 takes the clock of an emulated processor for unstable, and reads a slow one then.
	timeout 7200 qemu-system-x86_64 -machine "q35,accel=$1" -cpu max -smp 2 -m 3072 -nographic -no-reboot -net none \
		-kernel "$kernel" -initrd "$work/image" -append 'console=ttyS0 quiet panic=-1 tsc=reliable rdinit=/first' \
		</dev/null >"$2" 2>&1
}
# A KVM that does not begin to run the tests within a minute is none: inside another virtual machine
# it may only pretend.
with_kvm() { # with_kvm LOG
	local log=$1 end=$((SECONDS + 60)) job
	[ -e /dev/kvm ] || return 1
	machine kvm "$log" &
	job=$!
	until grep -qs 'KERNEL [0-9]' "$log"; do
		if [ $SECONDS -ge $end ] || ! kill -0 $job 2>/dev/null; then
			pkill -P $job 2>/dev/null
			wait $job
			return 1
		fi
		sleep 1
	done
	wait $job
	return 0
}
boot() { # boot SUITE
	local kernel log=$work/log release line
	kernel=$(echo "$base/kernel-$1"/boot/vmlinuz-*)
	with_kvm "$log" || machine tcg "$log"
	# The firmware of the machine moves the cursor before the first line.
	tr -d '\r' <"$log" | sed -n 's/^.*KERNEL /KERNEL /; /^KERNEL /,$p' >"$work/said"
	grep -vE '^KERNEL|^slowest|^ +[0-9.]+ +[0-9]+ tests' "$work/said" | sed "s/^/    $1: /"
	release=$(sed -n 's/^KERNEL \([0-9].*\)/\1/p' "$work/said")
	[ -n "$release" ] || { tail -n 20 "$log" | sed "s/^/    $1: /" && echo "$1: it does not boot" && return 1; }
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$work/said")
	echo "$release ($1): ${line:-it ended before the tests had}"
	[[ $line = *', 0 failed,'* ]]
}

debian_mount "$root"
build || { echo 'kernels: it does not build' && exit 1; }
bad=0
for suite; do
	fetch "$suite" || continue
	image "$suite" && boot "$suite" || bad=1
done
exit $bad
