#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The recorder under what its systemd unit allows, where systemd itself does not run: the unit's
# command, as its user, with its capabilities, its file system and its filters of system calls, each
# as the unit has it. It starts, records, tells processes of other users, ends by SIGTERM, and what
# it wrote is read by another program.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh
unit=config/tcptop-record.service
user=61234 # of the range from which systemd takes one
skip() {
	echo "1..0 # SKIP $*"
	exit 0
}
[ "$(id -u)" = 0 ] && [ -n "${OWN_MOUNTS:-}" ] || skip "no mount namespace, or not root"
for needed in setpriv systemd-analyze nsenter; do
	command -v $needed >/dev/null || skip "$needed is missing"
done
setpriv --reuid=$user --regid=$user --clear-groups true 2>/dev/null || skip "no other users here"
! grep -qE '__[at]san_init' "$B/tcptop" || skip "a sanitizer needs more than the unit allows"

tmp=$(mktemp -d)
chmod 755 "$tmp"
# shellcheck source=tests/lib/check.sh
. tests/lib/check.sh
ip link set lo up
coproc HELD { exec "$B/tests/data/states" 8003; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
service=
trap 'exec {hold}>&-; kill $service $(jobs -p) 2>/dev/null; umount "$tmp"/node/* 2>/dev/null; rm -rf "$tmp"' EXIT
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok 1 - the sockets stand"; exit 1; }

# What the unit says ------------------------------------------------------------------------------------

of() { sed -n "s/^$1=//p" "$unit"; } # of KEY: its value
says() { [ "$(of "$1")" = "$2" ]; }
# What is done by hand below is what the unit has: a key that changes must change here, too.
known() {
	local key value
	while read -r key value; do
		says "$key" "$value" || { echo "# $key=$(of "$key"), not $value" && return 1; }
	done <<-END
		DynamicUser yes
		AmbientCapabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_NET_ADMIN
		CapabilityBoundingSet CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_NET_ADMIN
		NoNewPrivileges yes
		ProtectSystem strict
		ProtectHome read-only
		ProtectKernelTunables yes
		ProtectControlGroups yes
		PrivateTmp yes
		PrivateDevices yes
		RestrictNamespaces yes
		RestrictRealtime yes
		RestrictSUIDSGID yes
		RestrictAddressFamilies AF_NETLINK AF_UNIX AF_INET AF_INET6
		LockPersonality yes
		MemoryDenyWriteExecute yes
		SystemCallArchitectures native
		SystemCallFilter @system-service
		SystemCallErrorNumber EPERM
		LogsDirectory tcptop
		UMask 0077
	END
}
touch "$tmp/err"
check "the unit has the restrictions that are tried here" known

calls() { # calls GROUP: the names of the system calls in it
	local call
	systemd-analyze syscall-filter "$1" | while read -r call; do
		case $call in
		"$1" | '#'* | '') ;;
		@*) calls "$call" ;;
		*) echo "$call" ;;
		esac
	done
}
# The numbers that they have here.
calls "$(of SystemCallFilter)" | sed 's/.*/#ifdef __NR_&\nNUMBER __NR_&\n#endif/; 1i #include <sys/syscall.h>' |
	${CC:-cc} -E -P -x c - | sed -n 's/^NUMBER //p' >"$tmp/calls"
check "the system calls of the unit are known here" [ "$(wc -l <"$tmp/calls")" -gt 200 ]

# The service -------------------------------------------------------------------------------------------

# Its file system: /var/log/tcptop is a link into the private folder that it may write, as systemd
# makes it for a dynamic user; all else is read-only, /tmp and /dev are its own.
cat >"$tmp/service" <<-END
	set -e
	mount --make-rprivate /
	mount --bind "$tmp/log" /var/log
	mount --bind /var/log/private/tcptop /var/log/private/tcptop
	mount --bind "$tmp/dev" /dev
	for node in null zero full random urandom; do mount --bind "$tmp/node/\$node" /dev/\$node; done
	mount --bind /proc/sys /proc/sys
	cut -d ' ' -f 5 /proc/self/mountinfo | while read -r place; do
		case \$place in
		/proc | /var/log/private/tcptop | /dev/*) ;;
		*) mount -o remount,bind,ro "\$place" 2>/dev/null || [ "\$place" != / ] ;;
		esac
	done
	mount -t tmpfs tmpfs /tmp
	cd /
	umask $(of UMask)
	ulimit -n $(of LimitNOFILE)
	exec env -i PATH=/usr/bin:/bin setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs \
		--inh-caps=-all,+sys_ptrace,+dac_read_search,+net_admin \
		--ambient-caps=-all,+sys_ptrace,+dac_read_search,+net_admin \
		--bounding-set=-all,+sys_ptrace,+dac_read_search,+net_admin \
		/var/log/bin/sandboxed /var/log/bin/calls $(of ExecStart | sed 's|@PREFIX@/bin/|/var/log/bin/|')
END
mkdir -p "$tmp/log/private/tcptop" "$tmp/log/bin" "$tmp/dev" "$tmp/node"
cp "$B/tcptop" "$B/tests/data/sandboxed" "$tmp/calls" "$tmp/log/bin"
chmod 755 "$tmp/log" "$tmp/log/private" "$tmp/log/bin" "$tmp/log/bin"/*
ln -s private/tcptop "$tmp/log/tcptop"
chown $user:$user "$tmp/log/private/tcptop"
chmod "$(of LogsDirectoryMode)" "$tmp/log/private/tcptop"
for node in null zero full random urandom; do
	touch "$tmp/dev/$node" "$tmp/node/$node"
	mount --bind "/dev/$node" "$tmp/node/$node"
done
unshare -m bash "$tmp/service" >"$tmp/out" 2>"$tmp/err" </dev/null &
service=$!

recorded() { "$B/tcptop" --no-config --read "$tmp/log/tcptop" "$@" 2>"$tmp/read"; }
records() { recorded --once -f lport:8003 | grep -q ESTABLISHED; }
check "it starts and records" until_true records
names() { recorded --once -f lport:8003 --columns local,process | grep -q ' states'; }
check "with the names of other users' processes" until_true names
confined() {
	local status=/proc/$service/status
	grep -qx "Uid:	$user	$user	$user	$user" $status && grep -qx 'NoNewPrivs:	1' $status &&
		grep -qx 'Seccomp:	2' $status && ! nsenter -t "$service" -m touch /usr/touched /var/log/touched 2>/dev/null
}
check "confined as the unit says" confined
grown() { [ "$(recorded --batch --json --summary | grep -c '"type":"summary"')" -ge 3 ]; }
check "sample after sample" until_true grown
kill "$service"
wait "$service"
check "SIGTERM ends it with 0" [ $? = 0 ]
check "it has nothing to say" [ ! -s "$tmp/err" ]
whole() { recorded --batch --summary >/dev/null && [ ! -s "$tmp/read" ]; }
check "what it wrote is whole" whole
private() { [ -z "$(find "$tmp/log/private/tcptop" -type f ! -perm 600)" ]; }
check "and its user's alone" private
exposure() { # of 10; a unit that nobody has looked at has 9 and more
	local said
	said=$(systemd-analyze security --offline=true "$tmp/tcptop-record.service" 2>&1 | tail -n 1) &&
		echo "# $said" && grep -q ' OK ' <<<"$said"
}
sed 's|@PREFIX@|/usr|' "$unit" >"$tmp/tcptop-record.service"
if systemd-analyze security --help 2>&1 | grep -q -- --offline; then
	check "systemd calls its exposure OK" exposure
fi
finish
