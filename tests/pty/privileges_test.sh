#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The rights of the process in each mode, as /proc/PID/status tells them: capabilities, no_new_privs,
# the filter of system calls; as root, below sudo, as an ordinary user, with capabilities of the
# file. What each mode is for still works. Files are those of the caller: what the export writes, and
# what --config, --keys and --read may open; the host's `readonly` holds.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
processes=$((1 << 19 | 1 << 2)) net=$((1 << 12)) namespaces=$((1 << 21)) # linux/capability.h
all=$((processes | net | namespaces))
mine=$((0x$(awk '/^CapPrm/ {print $2}' /proc/self/status)))
if [ "$(id -u)" != 0 ] || [ $((mine & all)) != $all ] || ! grep -q '^Seccomp:' /proc/self/status; then
	echo "ok 1 - rights # SKIP only root has rights to give up, where the kernel has a filter"
	exit 0
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # LeakSanitizer traces, what has rights refuses
in_own_namespace
ip link set lo up
chmod 755 "$tmp"
cp "$tcptop" "$tmp/tcptop"
"$B/tests/data/scenes" web-01 >"$tmp/frames"
coproc HELD { exec "$B/tests/data/states"; }
held=$HELD_PID
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]

bounding=0

# has CAPABILITIES: each thread that has not ended may use these and no others, the main thread uses
# none, and each began as $uid, whoever called it: that is its effective user
has() {
	local pid status lines line field value rights threads=0
	local -A wanted=([CapInh]=0000000000000000 [CapAmb]=0000000000000000 [NoNewPrivs]=1 [Seccomp]=2)
	printf -v "wanted[CapPrm]" %016x "$1"
	printf -v "wanted[CapBnd]" %016x "$bounding"
	{ read -r pid <"$at/pid"; } 2>/dev/null || return 1
	for status in "/proc/$pid/task/"*/status; do
		{ mapfile -t lines <"$status"; } 2>/dev/null
		[ ${#lines[@]} != 0 ] || continue
		rights=0
		for line in "${lines[@]}"; do
			field=${line%%:*} value=${line#*:$'\t'}
			if [ -n "${wanted[$field]:-}" ]; then
				[ "$value" = "${wanted[$field]}" ] || return 1
				rights=$((rights + 1))
			elif [ "$field" = Uid ]; then
				[[ $value == *$'\t'"${uid:-0}"$'\t'*$'\t'* ]] || return 1
			elif [[ $field = CapEff && $status = */task/$pid/* ]]; then
				[ "$value" = 0000000000000000 ] || return 1
			fi
		done
		[ $rights = ${#wanted[@]} ] || return 1
		threads=$((threads + 1))
	done
	[ $threads != 0 ]
}
# in_mode NAME CAPABILITIES OPTIONS [SEEN]: on the screen
in_mode() {
	start 80x24 "${as:-} $tmp/tcptop --no-config $3 2>$tmp/err"
	check "$1: it works" sees "${4:-SOCKETS}"
	check "$1: only the rights in use" has "$2"
	keys C-c
	check "$1: it ends" code 0
}
# printing NAME CAPABILITIES OPTIONS: printed, again and again or at the end
printing() {
	start 80x24 "${as:-} $tmp/tcptop --no-config $3 >$tmp/out 2>$tmp/err"
	check "$1: only the rights in use" until_true has "$2" # once it has begun
	mux send-keys C-c
	ended
}
is_printed() { # is_printed TEXT OPTIONS…
	${as:-} "$tmp/tcptop" --no-config "${@:2}" >"$tmp/out" 2>"$tmp/err"
	grep -q -- "$1" "$tmp/out"
}
columns="--columns local_port,process -4 -f lport:8004"
owner="states $held"

in_mode live $all "$columns" "$owner"
in_mode 'all namespaces' $all '--netns all' 'SOCKETS'
in_mode names $all '--names both'
in_mode --readonly $((processes | namespaces)) "--readonly $columns" "$owner"
in_mode --read 0 "--read $tmp/frames" SOCKETS
in_mode --learn $((processes | net)) '--learn TIME_WAIT' 'TIME_WAIT'
in_mode '--learn --readonly' $processes '--readonly --learn TIME_WAIT' 'TIME_WAIT'
printing --doctor $processes '--doctor -d 60'
printing --once $processes '--once --sort talkers -d 60'
printing '--once --netns all' $((processes | namespaces)) '--once --netns all --sort talkers -d 60'
printing --batch $((processes | net)) '--batch --json -d 60'
printing --write $((processes | net)) "--write $tmp/recording -d 60"
printing '--write --netns all' $all "--write $tmp/recording-all --netns all -d 60"
# What ends at once is watched at its calls. gives_up NAME PERMITTED OPTIONS…
gives_up() {
	strace -f -e trace=capset,prctl -o "$tmp/calls" "$tmp/tcptop" --no-config "${@:3}" >/dev/null 2>&1 </dev/null
	check "$1: only the rights in use" \
		[ "$(sed -nE 's/.*capset\(.*permitted=([^,]*),.*/\1/p' "$tmp/calls" | tail -n 1)" = "$2" ]
	check "$1: and a filter" [ "$(grep -cE 'PR_SET_(NO_NEW_PRIVS, 1|SECCOMP, SECCOMP_MODE_FILTER).*= 0' "$tmp/calls")" = 2 ]
}
owners='1<<CAP_DAC_READ_SEARCH|1<<CAP_SYS_PTRACE'
printf 'q\n' >"$tmp/some-keys"
gives_up --explain "$owners" --explain TIME_WAIT
gives_up --dump "$owners" --dump text
gives_up '--dump --keys' "$owners|1<<CAP_SYS_ADMIN" --dump text --keys "$tmp/some-keys"
gives_up '--once --read' 0 --once --read "$tmp/frames"
gives_up '--doctor --read' 0 --doctor --read "$tmp/frames"
gives_up --diff 0 --read "$tmp/frames" --diff "$tmp/frames"
gives_up --help 0 --help
gives_up --version 0 --version
check "--once names owners" is_printed '"process":"states"' --once --json -f lport:8004
check "--doctor looks" is_printed samples --doctor 1 3
check "--netns all prints" is_printed netns --once --json --netns all

# The rights are used by who needs them, and only then: each effective set, one after the other.
strace -f -e trace=capset,/getdents -o "$tmp/calls" \
	"$tmp/tcptop" --no-config --once --json >/dev/null
effective() {
	sed -nE 's/.*capset\(.*effective=([^,]*),.*/\1/p; s/.*(getdents).*/\1/p' "$tmp/calls" | uniq | tail -n 3 |
		paste -sd' '
}
check "they are raised while /proc is read, and given back" [ "$(effective)" = \
	'1<<CAP_DAC_READ_SEARCH|1<<CAP_SYS_PTRACE getdents 0' ]

# Below sudo: the processes of others are named, the files are the caller's.
as='env SUDO_UID=65534 SUDO_GID=65534'
in_mode 'sudo' $all "$columns" "$owner"
mkdir -m 700 "$tmp/theirs" "$tmp/ours"
chown 65534:65534 "$tmp/theirs"
exporting() {
	keys Escape x
	sees 'export to'
	keys -l "$1"
	keys Enter
}
# export_to PATH SAYS: it says so, if not the first time: another message may take its place
export_to() {
	start 120x24 "$as $tmp/tcptop --no-config -4 2>$tmp/err"
	sees 'SOCKETS'
	check "export: $2" answer "$2" exporting "$1"
	keys C-c
	ended
}
export_to "$tmp/theirs/a.csv" 'rows written|File exists'
check "sudo: the export is the caller's, and only the caller's" \
	[ "$(stat -c '%u:%g %a' "$tmp/theirs/a.csv")" = '65534:65534 600' ]
export_to "$tmp/ours/b.csv" 'Permission denied'
check "sudo: nothing is written where the caller may not" [ ! -e "$tmp/ours/b.csv" ]
start 80x24 "$tmp/tcptop --no-config --readonly -4 2>$tmp/err"
sees 'SOCKETS'
check "--readonly: x says so" answer '^ --readonly: nothing is written' keys x
keys C-c
ended
printf '[general]\nsecretkey = 1\n' >"$tmp/ours/config"
cp "$tmp/frames" "$tmp/ours/frames"
echo 'topsecret' >"$tmp/ours/keys"
opened() { # opened ARGUMENTS…: it is not refused
	$as "$tmp/tcptop" --lang en "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	! grep -q 'Permission denied' "$tmp/err"
}
refused() { ! opened "$@" && ! grep -qE 'line|:[0-9]+:' "$tmp/err"; }
check "sudo: --config of root's is refused" refused --once --config "$tmp/ours/config"
check "sudo: --keys of root's is refused" refused --keys "$tmp/ours/keys" --no-config
check "sudo: --read of root's is refused" refused --once --no-config --read "$tmp/ours/frames"
cp "$tmp/ours/"* "$tmp/theirs/" && chown 65534 "$tmp/theirs/"*
check "sudo: --config of the caller's is read" opened --once --config "$tmp/theirs/config"
check "sudo: --keys of the caller's is read" opened --keys "$tmp/theirs/keys" --no-config
check "sudo: --read of the caller's is read" opened --once --no-config --read "$tmp/theirs/frames"
as='env SUDO_UID=1x SUDO_GID=65534'
check "sudo: what is no number is no caller" opened --once --no-config --read "$tmp/ours/frames"

# An ordinary user has nothing to give up, and is filtered all the same.
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all'
bounding=$((0x$(awk '/^CapBnd/ {print $2}' /proc/self/status)))
as=$nobody uid=65534
in_mode 'an ordinary user' 0 '' SOCKETS
in_mode 'an ordinary user --readonly' 0 '--readonly' SOCKETS
printing 'an ordinary user --doctor' 0 '--doctor -d 60'
if unshare -Urn true 2>/dev/null && $nobody unshare -Urn true 2>/dev/null; then
	bounding=0 # the user namespace is the lesson's own
	in_mode 'an ordinary user --learn' $((processes | net)) '--learn TIME_WAIT' 'TIME_WAIT'
	bounding=$((0x$(awk '/^CapBnd/ {print $2}' /proc/self/status)))
fi

# Capabilities of the file.
if ! setcap cap_sys_ptrace,cap_dac_read_search,cap_net_admin,cap_sys_admin+ep "$tmp/tcptop" 2>/dev/null ||
	! $nobody "$tmp/tcptop" --version >/dev/null 2>&1 || grep -qE '__[at]san_init' "$tcptop"; then
	n=$((n + 1))
	echo "ok $n - capabilities of the file # SKIP a file cannot have any here, or none that is sanitized"
	finish
fi
in_mode 'file capabilities' $all "$columns" "$owner"
in_mode 'file capabilities --readonly' $((processes | namespaces)) "--readonly $columns" "$owner"
in_mode 'file capabilities --read' 0 "--read $tmp/frames" SOCKETS
in_mode 'file capabilities --learn' $((processes | net)) '--learn TIME_WAIT' 'TIME_WAIT'
in_mode 'file capabilities, all namespaces' $all '--netns all' SOCKETS
printing 'file capabilities --doctor' $processes '--doctor -d 60'
check "file capabilities: owners" is_printed '"process":"states"' --once --json -f lport:8004
check "file capabilities: --config of root's is refused" refused --once --config "$tmp/ours/config"
check "file capabilities: --keys of root's is refused" refused --keys "$tmp/ours/keys" --no-config
check "file capabilities: --read of root's is refused" refused --once --no-config --read "$tmp/ours/frames"
chmod 755 "$tmp/theirs"
mkdir -p "$tmp/theirs/.config/tcptop"
printf '[general]\nnosuchkey = 1\n' | tee "$tmp/theirs/.config/tcptop/tcptop.ini" >"$tmp/theirs/tcptop.ini"
warned() { grep -q 'unknown key' "$tmp/err"; }
as="$nobody env -u XDG_CONFIG_HOME HOME=$tmp/theirs"
opened --once
check "file capabilities: HOME names no configuration" eval '! warned'

# The host's own configuration, in an /etc of our own.
cp -a /etc "$tmp/etc" && chmod 755 "$tmp/etc"
printf '[general]\nreadonly = yes\n' >"$tmp/etc/tcptop.ini"
own_etc="unshare -m bash -c 'mount --bind $tmp/etc /etc && exec \"\$@\"' sh"
if ! eval "$own_etc true" 2>/dev/null; then
	n=$((n + 1))
	echo "ok $n - the host's readonly # SKIP no mount namespace to be had here"
	finish
fi
holds() { # holds NAME SAYS PREFIX: K says so with --no-config
	start 80x24 "$own_etc $3 $tmp/tcptop --no-config -4 -f 'lport:8004 state:es' 2>$tmp/err"
	sees '127.0.0.1:8004'
	keys K
	check "$1" sees "$2"
	keys Escape C-c
	ended
}
holds "file capabilities: the host's readonly holds" '^ --readonly: nothing is closed' "$nobody"
setcap -r "$tmp/tcptop"
holds "sudo: the host's readonly holds" '^ --readonly: nothing is closed' \
	'env SUDO_UID=65534 SUDO_GID=65534'
holds "root: --no-config is root's to say" '^ Close 127.0.0.1:8004' ''
finish
