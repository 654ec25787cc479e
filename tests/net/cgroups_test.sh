#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The service, container or session of each socket, told to an ordinary user to whom all processes
# are hidden: in control groups of every form, made by hand, it is what `ss -e` has for the same
# socket. TIME_WAIT keeps it, also when the group has gone. Without the tree of groups there is none.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh
skip() {
	echo "ok 1 - cgroups # SKIP $1"
	echo 1..1
	exit 0
}
tree=
for place in /sys/fs/cgroup /sys/fs/cgroup/unified; do
	[ "$(stat -fc %t $place 2>/dev/null)" = 63677270 ] && tree=$place
done
[ -n "$tree" ] || skip 'no control groups of version 2 are mounted here'
ip link set lo up || skip 'no loopback device here'
top=$tree/tcptop-test-$$
mkdir "$top" 2>/dev/null || skip 'no control group can be made here'
tmp=$(mktemp -d) || exit 1
chmod 755 "$tmp"
end_all() {
	exec 3>&-
	jobs -p | xargs -r kill 2>/dev/null
	wait 2>/dev/null
	find "$top" -depth -type d -exec rmdir {} \;
	rm -rf "$tmp"
}
trap end_all EXIT
user=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all)
if ! "${user[@]}" true 2>/dev/null || ! (echo $BASHPID >"$top/cgroup.procs") 2>/dev/null; then
	skip 'no process can be put into a control group, or be of another user, here'
fi
ss -tane >"$tmp/ss" 2>/dev/null
ss --help 2>&1 | grep -q -- --cgroup || skip 'this ss does not know control groups'

. tests/lib/check_output.sh

id=3f2a09c1d2e45b6a7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d
pod=4b2c1a5e_0f3d_4c2b_9a8e_1d2c3b4a5f60
forms() { # a line each: the path, what people call it
	cat <<-EOF
		system.slice/nginx.service	nginx.service
		system.slice/postgresql.service/main	postgresql.service
		system.slice/system-getty.slice/getty@tty1.service	getty@tty1.service
		system.slice/system-my\x2dapp.slice/my\x2dapp@1.service	my-app@1.service
		system.slice/cups.socket	cups.socket
		init.scope	init.scope
		user.slice/user-1000.slice/session-3.scope	session 3
		user.slice/user-1000.slice/user@1000.service/init.scope	user@1000.service
		user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-1234.scope	app-firefox-1234.scope
		system.slice/docker-$id.scope	docker 3f2a09c1d2e4
		docker/${id/3f2a/aaaa}	docker aaaa09c1d2e4
		machine.slice/libpod-${id/3f2a/bbbb}.scope/container	podman bbbb09c1d2e4
		user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id/3f2a/cccc}.scope	podman cccc09c1d2e4
		machine.slice/libpod-conmon-$id.scope	podman conmon 3f2a09c1d2e4
		kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$pod.slice/cri-containerd-${id/3f2a/dddd}.scope	kubernetes dddd09c1d2e4
		kubepods.slice/kubepods-pod$pod.slice/crio-${id/3f2a/eeee}.scope	kubernetes eeee09c1d2e4
		kubepods/besteffort/pod${pod//_/-}/${id/3f2a/ffff}	kubernetes ffff09c1d2e4
		system.slice/nerdctl-$id.scope	nerdctl 3f2a09c1d2e4
		lxc.payload.web/system.slice/nginx.service	lxc web
		machine.slice/machine-qemu\x2d1\x2dubuntu.scope/libvirt/emulator	machine qemu-1-ubuntu
		batch/job-17	job-17
	EOF
}

# In each group five sockets of a process of another user: a listener, and both ends of two
# connections that one end has half closed. They stand until descriptor 3 is closed.
mkfifo "$tmp/hold"
exec 3<>"$tmp/hold"
port=4000
while IFS=$'\t' read -r path name; do
	mkdir -p "$top/$path"
	port=$((port + 1))
	printf '%s\t%s\n' "/${top##*/}/$path" "$name" >>"$tmp/expected"
	(
		echo "$BASHPID" >"$top/$path/cgroup.procs" &&
			exec setpriv --reuid 65533 --regid 65533 --clear-groups \
				"$B/tests/data/trouble" kept $port 2 3>&- <"$tmp/hold" >"$tmp/ready.$port"
	) &
	[ $port = 4010 ] && ending=$!
	until_true grep -qs ready "$tmp/ready.$port"
done < <(forms)

# Each socket of ss with the name of its path, then the same of tcptop, by the cookie.
sockets() {
	ss -tane >"$tmp/ss"
	sed -nE 's/.* sk:([0-9a-f]+) .*cgroup:([^ ]+).*/\1\t\2/p' "$tmp/ss" |
		awk -F '\t' 'NR == FNR { name[$1] = $2; next } $2 in name { print $1 "\t" name[$2] }' \
			"$tmp/expected" - | sort >"$tmp/of_ss"
}
told() {
	"${user[@]}" "$B/tcptop" --no-config --once --json "$@" >"$tmp/json" 2>"$tmp/err"
	sed -nE 's/.*"cookie":"([0-9a-f]+)".*"cgroup":"([^"]*)".*/\1\t\2/p' "$tmp/json" | sort >"$tmp/told"
}
equal_to_ss() {
	sockets
	told
	echo "$(wc -l <"$tmp/of_ss") sockets of $(cut -f2 "$tmp/of_ss" | sort -u | wc -l) groups"
	[ "$(cut -f2 "$tmp/of_ss" | sort -u | wc -l)" = "$(wc -l <"$tmp/expected")" ] || return 1
	[ "$(wc -l <"$tmp/of_ss")" -ge $((5 * $(wc -l <"$tmp/expected"))) ] || return 1
	diff "$tmp/of_ss" "$tmp/told"
}
check 'every socket has the service that ss has' equal_to_ss

# shellcheck disable=SC2317
no_process() { ! grep -q '"process":' "$tmp/json"; }
check 'and all processes are hidden' no_process
stands_in() {
	"${user[@]}" "$B/tcptop" --no-config --once -l --columns local_port,process | grep -E '^ *4001 +\[nginx\.service\]$'
}
check 'the service stands in the column of the process' stands_in
grouped() {
	"${user[@]}" "$B/tcptop" --no-config --once --group-by service --json >"$tmp/groups"
	[ "$(grep -c '"type":"group"' "$tmp/groups")" = "$(wc -l <"$tmp/expected")" ] &&
		grep -q '"key":"docker 3f2a09c1d2e4","total":5' "$tmp/groups"
}
check 'rows are grouped by it' grouped
filtered() {
	told -f 'service:"podman bbbb"'
	[ "$(wc -l <"$tmp/told")" = 5 ] && [ "$(cut -f2 "$tmp/told" | sort -u)" = 'podman bbbb09c1d2e4' ]
}
check 'and filtered' filtered

# What the doctor finds names the service, where it may not look at the process. A sample tells of
# eight groups at most, the next one perhaps of others.
printf '[doctor]\nfin_wait2_age = 1\n' >"$tmp/doctor.ini"
chmod 644 "$tmp/doctor.ini"
# shellcheck disable=SC2317
diagnosed() {
	"${user[@]}" "$B/tcptop" --config "$tmp/doctor.ini" --doctor --json >"$tmp/doctor" 2>>"$tmp/err"
	grep '"rule":"fin_wait2"' "$tmp/doctor" >"$tmp/found"
	[ "$(grep -oE '"cgroup":"[^"]+"' "$tmp/found" | sort -u | wc -l)" = "$(wc -l <"$tmp/found")" ] &&
		[ "$(wc -l <"$tmp/found")" -ge 8 ] && ! grep -q '"pid":' "$tmp/found" &&
		! grep -qvE '"title":"[^"]*: [^"]* \(user 65533; its process is not visible here\)".*"uid":65533.*"owned":2' "$tmp/found"
}
check 'a finding names the service' diagnosed
# shellcheck disable=SC2317
its_filter() {
	local filter
	filter=$(grep -oE '"filter":".*"' "$tmp/found" | head -n 1 | cut -c 11- | sed 's/\\"/"/g; s/"$//')
	echo "$filter"
	told -f "$filter"
	[ "$(wc -l <"$tmp/told")" = 2 ]
}
check '… and its filter passes the sockets of that one' its_filter

# The process of a group ends, and so does the group: its connections are in TIME_WAIT.
"${user[@]}" "$B/tcptop" --no-config --batch --json -d 0.1 >>"$tmp/batch" 2>/dev/null &
watching=$!
until_true grep -q '"sample":2,' "$tmp/batch"
kill "$ending"
wait "$ending" 2>/dev/null
until_true rmdir "$top/system.slice/docker-$id.scope" 2>/dev/null
timewait() {
	tail -n 400 "$tmp/batch" | grep '"state":"TIME_WAIT"' | grep '"remote_port":4010' |
		grep -q '"owner":"former","cgroup":"docker 3f2a09c1d2e4"'
}
remembered() {
	until_true timewait || return 1
	: >"$tmp/batch" # what comes from now on is of a group that has gone
	until_true timewait
}
check 'TIME_WAIT keeps the service, also of a group that has gone' remembered
kill $watching
wait $watching 2>/dev/null

# shellcheck disable=SC2317
without_tree() {
	unshare -m sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' sh "${user[@]}" \
		"$B/tcptop" --no-config --once --json >"$tmp/json" &&
		grep -q '"local_port":4001' "$tmp/json" && ! grep -q '"cgroup":' "$tmp/json"
}
check 'without the tree no service is told' without_tree
echo "1..$n"
