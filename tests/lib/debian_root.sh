# SPDX-License-Identifier: MIT
# Bare roots of Debian, for scripts that run something in one as root.
# shellcheck shell=bash
#
# debian_make SUITE ROOT: makes a root with debootstrap from the repositories that apt is configured
# with on this machine, unless ROOT is there. Where there can be none, `skip WHY` is called, a function
# of the caller that ends it.
debian_make() {
	local suite=$1 root=$2 uri part=$2.part
	[ ! -d "$root" ] || return 0
	command -v apt-get >/dev/null || skip 'only apt names repositories, and it is missing'
	if ! command -v debootstrap >/dev/null; then
		[ "${NO_DEPS:-}" != 1 ] || skip 'debootstrap is missing'
		echo 'installing: debootstrap'
		apt-get install -y -qq --no-install-recommends debootstrap >/dev/null ||
			skip 'debootstrap cannot be installed'
	fi
	echo "making a root of $suite in $root"
	while IFS= read -r uri; do
		rm -rf "$part"
		mkdir -p "$part"
		# What it mounts is unmounted when it ends, also when it is interrupted.
		if unshare -m debootstrap --variant=minbase "$suite" "$part" "$uri" >"$root.log" 2>&1; then
			mv "$part" "$root"
			return
		fi
	done < <(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Component: main' |
		sort -u)
	rm -rf "$part"
	skip "no repository of this machine gives a root of it, see $root.log"
}

# debian_mount ROOT: what programs expect to be mounted, in the mount namespace of the caller, which
# is one of its own: the kernel unmounts it when the last process in there ends.
debian_mount() {
	local directory
	mount --bind "$1" "$1" # a mount point, so that / can be remounted in there
	for directory in proc sys dev; do
		mount --rbind /$directory "$1/$directory"
	done
	cp -L /etc/resolv.conf "$1/etc/resolv.conf"
}

# debian_in ROOT COMMAND…: run it there, with a clean environment
debian_in() {
	local root=$1 name proxies=()
	shift
	for name in http_proxy https_proxy no_proxy; do
		[ -z "${!name:-}" ] || proxies+=("$name=${!name}")
	done
	chroot "$root" /usr/bin/env -i "${proxies[@]}" HOME=/root TERM=xterm DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
