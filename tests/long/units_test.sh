#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The units of systemd as they are shipped, started by a real systemd with all that shuts them in: they
# write, answer and record what they would as root. Whoever asks badly, never, a thousand at once, or
# reads no answer costs no more processes than the socket's unit allows, and nothing of it stays.
#
# systemd is process 1 of namespaces of its own, in which every file of this host can be read only and
# /tmp, /var, /run and the homes are empty: it is not started before that has been seen to be so.
# shellcheck disable=SC2317 # functions that are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
systemd=/lib/systemd/systemd
if [ "${1:-}" = prepare ]; then # prepare IN RESULT: the files of IN are in /mnt/in, RESULT is /mnt/result
	set -e
	mount --make-rprivate /
	awk '{ print $2 }' /proc/mounts | while read -r at; do
		case $at in /proc*) ;; *) mount -o remount,bind,ro "$at" 2>/dev/null || : ;; esac
	done
	mount -t proc proc /proc
	ip link set lo up
	# An answer is more than the kernel keeps for a client that does not read.
	echo 4096 4096 4096 >/proc/sys/net/ipv4/tcp_rmem
	echo 4096 4096 4096 >/proc/sys/net/ipv4/tcp_wmem
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/in /mnt/result
	chmod 755 /mnt
	cp -a "$2/." /mnt/in
	mount --bind "$3" /mnt/result
	mount -o remount,bind,rw /mnt/result
	cp -a /etc /mnt/etc
	mount --bind /mnt/etc /etc
	rm -rf /etc/systemd/system/*.wants /etc/fstab
	cd /usr/lib/systemd/system 2>/dev/null || cd /lib/systemd/system
	for unit in systemd-tmpfiles-*.service systemd-udev*.service systemd-udevd*.socket systemd-sysctl.service \
		systemd-modules-load.service systemd-sysusers.service systemd-random-seed.service systemd-update-utmp.service \
		systemd-remount-fs.service systemd-firstboot.service systemd-machine-id-commit.service systemd-repart.service \
		systemd-binfmt.service kmod-static-nodes.service ./*.mount ./*.automount; do
		ln -sf /dev/null "/etc/systemd/system/${unit#./}"
	done
	[ -d /sys/fs/cgroup ]
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t tmpfs tmpfs /dev
	for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
		read -r name major minor <<<"$node"
		mknod -m 666 "/dev/$name" c "$major" "$minor"
	done
	mkdir /dev/pts /dev/shm /dev/mqueue
	mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
	ln -s pts/ptmx /dev/ptmx
	ln -s /proc/self/fd /dev/fd
	ln -s null /dev/console
	for at in /tmp /var /run /home /root; do mount -t tmpfs tmpfs "$at"; done
	mkdir -p /var/tmp /var/log /var/lib /var/cache /run/systemd/system
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
	for at in /tmp /var/tmp /var/lib /run /home /root; do
		[ "$(stat -f -c %T "$at")" = tmpfs ] || exit 1
		[ -z "$(find "$at" -type f -print -quit)" ] || exit 1
	done
	awk '$6 ~ /^rw/ && $5 !~ "^/(mnt|etc|dev|proc|tmp|var|run|home|root|sys/fs/cgroup)(/|$)" { print; bad = 1 } END { exit bad }' \
		/proc/self/mountinfo
	if touch /usr/tcptop-units-test 2>/dev/null; then exit 1; fi
	cp /mnt/in/*.socket /mnt/in/*.service /run/systemd/system
	export container=tcptop
	exec $systemd --system --unit=units-test.service --log-target=journal --show-status=0
fi

if [ "${1:-}" != inside ]; then
	. tests/lib/own_host.sh
	[ "$(id -u)" = 0 ] || skip_all 'only root can start a systemd'
	[ -n "${OWN_MOUNTS:-}" ] || skip_all 'no mount namespace here'
	[ -x $systemd ] || skip_all 'systemd is not installed'
	needs systemctl curl ss pgrep
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	cgroup=$cgroups$(sed -n 's/^0:://p' /proc/self/cgroup)/tcptop-units-$$
	{ [ -n "$cgroups" ] && mkdir "$cgroup" 2>/dev/null; } || skip_all 'no control group of version 2 can be made here'
	trap 'end_all; find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null' EXIT
	mkdir -p "$tmp/in/bin" "$tmp/in/tests/long" "$tmp/result"
	chmod 755 "$tmp/in"
	cp "$B/tcptop" "$tmp/in/bin"
	cp -r tests/lib tests/namespace.sh "$tmp/in/tests"
	cp tests/long/units_test.sh "$tmp/in/tests/long"
	for unit in config/tcptop-*.socket config/tcptop-*.service; do
		sed 's|@PREFIX@|/mnt/in|' "$unit" >"$tmp/in/${unit##*/}"
	done
	cat >"$tmp/in/units-test.service" <<-END
		[Unit]
		DefaultDependencies=no
		[Service]
		ExecStart=/usr/bin/env bash /mnt/in/tests/long/units_test.sh inside
		StandardOutput=append:/mnt/result/out
		StandardError=append:/mnt/result/err
	END
	(
		echo $BASHPID >"$cgroup/cgroup.procs"
		exec timeout -s KILL 1200 unshare -mpnCiu --fork --kill-child \
			bash "$PWD/tests/long/units_test.sh" prepare "$tmp/in" "$tmp/result"
	) </dev/null >"$tmp/log" 2>&1
	[ -e "$tmp/result/out" ] || skip_all "no systemd can be started here: $(tail -n 1 "$tmp/log")"
	cat "$tmp/result/out"
	if ! grep -q '^1\.\.' "$tmp/result/out"; then # whatever was to come has not been tried
		sed 's/^/# /' "$tmp/result/err"
		echo 'not ok 1000 - it came to its end'
		exit 1
	fi
	! grep -q '^not ok' "$tmp/result/out"
	exit
fi

tmp=/mnt/result
. tests/lib/wait.sh
. tests/lib/check_output.sh
most=$(sed -n 's/^MaxConnections=//p' /mnt/in/tcptop-http.socket)
asks() { curl -sf --max-time 20 http://127.0.0.1:9797/metrics >"$tmp/answer"; }
value() { sed -nE "s/^$2 ([0-9.e+]+)\$/\1/p" "$1"; } # value FILE SERIES
sum() { awk -v name="$2" 'index($0, name) == 1 { n += $NF } END { print n + 0 }' "$1"; } # sum FILE METRIC

systemctl start tcptop-http.socket
check 'the socket is answered' until_true asks
as_root() { # nothing is missing that root's own sees, names of processes among them
	/mnt/in/bin/tcptop --no-config --answer-http 500ms 3 <<<$'GET /metrics HTTP/1.1\n' >"$tmp/root"
	[ "$(value "$1" tcptop_sample_complete)" = 1 ] &&
		[ "$(sum "$tmp/root" tcptop_rule_checked)" -gt 10 ] &&
		diff <(grep -E '^tcptop_rule_checked' "$tmp/root") <(grep -E '^tcptop_rule_checked' "$1")
}
check 'the answer has all that root sees' as_root "$tmp/answer"
systemctl start tcptop-metrics
file=/run/tcptop/tcptop.prom
more() { [ "$(value $file tcptop_samples_total)" -ge 3 ]; }
check 'the file is replaced again and again' until_true more
check 'it has all that root sees' as_root $file
check 'anybody may read it' setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all head -n 1 $file
check 'the kernel reports ends of connections to it' grep -q '^tcptop_connections_ended_total [0-9]' $file
systemctl stop tcptop-metrics
systemctl start tcptop-record
recorded() { # as the manual and the alerts say it below sudo
	SUDO_UID=1000 SUDO_GID=1000 env -u SUDO_UID /mnt/in/bin/tcptop --no-config --read /var/log/tcptop --batch --summary --json | grep -q '"summary"'
}
check 'root reads what was recorded' until_true recorded
names() { /mnt/in/bin/tcptop --no-config --read /var/log/tcptop --once -f lport:9797 --columns local,process | grep -q systemd; }
check 'with the names of the processes' until_true names
shared() {
	[ -z "$(find -L /var/log/tcptop -type f ! \( -perm 640 -group adm \))" ] &&
		[ "$(stat -Lc '%a %U %G' /var/log/tcptop)" = '2750 root adm' ]
}
check 'its files are for root and the group adm' shared
as_user() { # as_user GROUP: nobody, in that group beside its own
	setpriv --reuid 65534 --regid 65534 --groups "$1" --inh-caps=-all --bounding-set=-all \
		/mnt/in/bin/tcptop --no-config --read /var/log/tcptop --batch --summary --json | grep -q '"summary"'
}
check 'a member of adm reads them without further rights' as_user adm
check 'nobody else does' eval '! as_user 65534'
systemctl stop tcptop-record
whole() { [ -z "$(/mnt/in/bin/tcptop --no-config --read /var/log/tcptop --batch --summary 2>&1 >/dev/null)" ]; }
check 'what it wrote is whole' whole
for unit in tcptop-metrics tcptop-record; do
	check "$unit ended as it should" grep -qx 'success' <(systemctl show -P Result $unit)
done

# crowd N REQUEST: so many clients at once that say that, and wait
clients=()
crowd() {
	local i fd
	for ((i = 0; i < $1; i++)); do
		exec {fd}<>/dev/tcp/127.0.0.1/9797 || return
		clients+=("$fd")
		# shellcheck disable=SC2059 # the request has escapes
		printf "$2" >&"$fd"
	done
}
leave() {
	for fd in "${clients[@]}"; do exec {fd}>&-; done
	clients=()
}
# The kernel's sockets of the server that have something left to do.
held() { ss -Htan state established state fin-wait-1 state close-wait state last-ack 'sport = :9797' | wc -l; }
bounded() { # never more processes than the unit allows, and at last none, though the clients stay
	local top=0 now end=$((SECONDS + patience))
	while now=$(pgrep -cf -- '--answer-http'); [ "$now" != 0 ] || [ "$top" = 0 ]; do
		[ "$now" -le "$top" ] || top=$now
		[ $SECONDS -lt $end ] || { echo "$now after $patience s" && return 1; }
	done
	echo "$top at once"
	[ "$top" -le "$most" ]
}
forgotten() { [ "$(held)" = 0 ]; }
trap '' PIPE
for kind in 'say nothing|' 'ask by half|GET /metrics HTTP/1.1\r\nHo' 'send garbage|\026\003\001\000\n\n' \
	'ask and read no answer|GET /metrics HTTP/1.1\r\n\r\n'; do
	crowd 1000 "${kind#*|}" 2>/dev/null
	check "a thousand clients that ${kind%|*}: at most $most processes, and an end" bounded
	sed 's/^/# /' "$tmp/said"
	check 'the kernel keeps nothing for them' until_true forgotten
	check 'who asks then is answered' until_true asks
	leave
done
check 'no unit has failed' test -z "$(systemctl --failed --no-legend 'tcptop*')"
trap "systemctl exit" EXIT
finish
