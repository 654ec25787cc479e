#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Another host through ssh, printed: a real sshd runs tcptop. What comes is what is there; whatever
# ends the connection is said in one line and in the exit code; nothing stays behind on either side.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh
# shellcheck source=tests/lib/sshd.sh
. tests/lib/sshd.sh
tmp=$(mktemp -d)
# shellcheck source=tests/lib/check.sh
. tests/lib/check.sh
unset SUDO_UID SUDO_GID DISPLAY
export LC_ALL=C.UTF-8 TZ=UTC
ip link set lo up
trap 'exec {hold}>&-; kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT
coproc HELD { exec "$B/tests/data/states" 8003 8004 8005; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok 1 - the sockets stand"; exit 1; }

far=$tmp/far
err=$tmp/err
here() { "$B/tcptop" --no-config "$@" 2>"$err"; }
says() { grep -qF -- "$1" "$err"; }
said_once() { [ "$(wc -l <"$err")" = 1 ] && says "$1"; }
ends_with() { # ends_with CODE COMMAND…
	local code=$1
	shift
	"$@" >"$tmp/out"
	[ $? = "$code" ]
}

# What is asked of ssh, without one ---------------------------------------------------------------------

refused() { ends_with 2 here "$@" && [ "$(wc -l <"$err")" = 1 ]; }
check "a host that begins with - is refused" refused --host "-oProxyCommand=touch $tmp/done"
check "as an operand, too" refused -- "-oProxyCommand=touch $tmp/done@far"
check "an empty one" refused --host ''
check "one with control characters" refused --host $'far\n'
check "two hosts" refused root@far --host far
check "not with --read" refused --host far --read "$tmp/out"
check "not with --netns" refused --host far --netns all
check "not with --learn" refused --host far --learn ESTABLISHED
mkdir -p "$tmp/fake"
cat >"$tmp/fake/ssh" <<END
#!/bin/sh
printf '%s\n' "\$@" >"$tmp/args"
grep -E '^Sig(Blk|Ign)|^Seccomp:|^NoNewPrivs' /proc/self/status >"$tmp/status"
ls /proc/self/fd >"$tmp/fds" # 3 is this folder
readlink /proc/self/fd/0 >"$tmp/stdin"
exec "$B/tcptop" --no-config --write -
END
chmod 755 "$tmp/fake/ssh"
fake() { PATH=$tmp/fake:$PATH here "$@"; }
words() { [ "$(cat "$tmp/args")" = "$(printf '%s\n' "$@")" ]; }
check "a host in one word, whatever is in it" ends_with 0 fake --host "far; touch $tmp/done; \$(touch $tmp/done)" --once -d 0.25
check "and what is asked for, behind it" words -T -- "far; touch $tmp/done; \$(touch $tmp/done)" \
	tcptop --write - --interval 0.250 --columns rtt_us
check "no shell has read it" [ ! -e "$tmp/done" ]
(
	trap '' TERM USR1
	exec 7</dev/null 9>/dev/null
	fake u@far --once -d 2 --columns local,cmdline >/dev/null
)
check "user and host stay together; command lines only where they are asked for" words -T -- u@far \
	tcptop --write - --interval 2.000 --columns rtt_us,cmdline
nothing_inherited() {
	sed 's/^/# /' "$tmp/status" "$tmp/fds" "$tmp/stdin"
	# Signals 32 and 33 are the C library's own: what make starts may find either of them ignored.
	[ "$(grep -cE '^Sig(Blk:[[:space:]]0+|Ign:[[:space:]]0{7}[01][08]0{7})$' "$tmp/status")" = 2 ] &&
		[ "$(tr '\n' ' ' <"$tmp/fds")" = "0 1 2 3 " ] &&
		[ "$(cat "$tmp/stdin")" = /dev/null ]
}
check "ssh has no descriptors, signals or input of tcptop's" nothing_inherited
unhindered() { ! grep -qE '^(NoNewPrivs|Seccomp):[[:space:]][1-9]' "$tmp/status"; }
check "and none of its restraints" unhindered
mkdir -m 777 "$tmp/open"
chmod 711 "$tmp"
printf '%s\n' '#!/bin/sh' "grep -E '^(Uid|Gid|CapPrm)' /proc/self/status >$tmp/open/ids" >"$tmp/open/ssh"
chmod 755 "$tmp/open/ssh"
below_sudo() {
	SUDO_UID=4321 SUDO_GID=4321 PATH=$tmp/open:$PATH here --host far --once
	[ "$(tr -s '\t\n' ' ' <"$tmp/open/ids")" = \
		"Uid: 4321 4321 4321 4321 Gid: 4321 4321 4321 4321 CapPrm: 0000000000000000 " ]
}
if [ "$(id -u)" = 0 ]; then
	check "below sudo ssh is the caller's alone" below_sudo
fi
check "no ssh here: one line" ends_with 1 env PATH="$tmp" "$B/tcptop" --no-config --host far --once 2>"$err"
check "which names it" said_once ssh

# With a real one ------------------------------------------------------------------------------------

if ! sshd_start "$tmp"; then
	n=$((n + 1))
	echo "ok $n - another host # SKIP $sshd_reason"
	echo "1..$n"
	exit $failed
fi
# Each ssh and each far tcptop leave their ids.
sed -i "s|^exec|echo \$\$ >>$tmp/near.pids; exec|" "$tmp/near/ssh"
runs_there="echo \$\$ >>$tmp/far.pids; exec $B/tcptop --no-config"
far_runs "$runs_there \"\$@\""

columns=proto,local_addr,local_port,remote_addr,remote_port,state,uid,inode,cookie,pid,process
rows() { here --json --columns $columns -f 'port:8003,8004,8005' "$@" | grep '"connection"' | sed -E 's/"sample":[0-9]+,//' | sort; }
same_rows() { [ -n "$(rows --once)" ] && [ "$(rows --once)" = "$(rows --once --host far)" ]; }
check "the rows are those of the other host, with their processes" same_rows
check "three samples" ends_with 0 here --host far --summary --json 0.05 3
three() { [ "$(grep -c '"summary"' "$tmp/out")" = 3 ]; }
check "and no more" three
with_metrics() { [ -n "$(here --host far --once --json --columns rtt_us -f 'state:established' | grep -E '"rtt_us":[0-9]')" ]; }
check "figures of tcp_info" with_metrics
check "--explain speaks of it" ends_with 0 here --host far --explain LISTEN
doctor() { here --host far --doctor 0.05 >"$tmp/out"; [ $? -lt 3 ] && grep -q "$(uname -n)" "$tmp/out"; }
check "--doctor looks at it" doctor
n_samples=3
recorded() { # the first samples may come before all processes were looked at: more with each try
	n_samples=$((n_samples * 2))
	here --host far --write "$tmp/file" --force 0.05 $n_samples &&
		[ "$(rows --read "$tmp/file" --once)" = "$(rows --once)" ]
}
check "--write records it here" until_true recorded
none_left() { # none_left FILE: no process of these ids
	local pid
	while read -r pid; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done <"$1"
}
check "no ssh is left" until_true none_left "$tmp/near.pids"
check "no tcptop is left there" until_true none_left "$tmp/far.pids"

# What ends it, and what it says ---------------------------------------------------------------------

: >"$tmp/near.pids"
rm -f "$tmp/out"
here --host far --batch -d 0.05 >"$tmp/out" &
job=$!
has_sample() { [ -s "$tmp/out" ] && [ -s "$tmp/near.pids" ]; }
until_true has_sample
kill -9 "$(tail -n 1 "$tmp/near.pids")"
wait $job
check "ssh is killed: exit code 1" [ $? = 1 ]
check "which is said" says "far: signal 9 has ended ssh"
check "and no tcptop stays there" until_true none_left "$tmp/far.pids"

: >"$tmp/near.pids"
far_runs "exec sleep 1000"
here --host far --once >"$tmp/out" &
job=$!
asks() { [ -s "$tmp/near.pids" ]; }
until_true asks
kill -TERM "$(pgrep -P $job tcptop || echo $job)"
wait $job
check "ended while it waits, it ends ssh" until_true none_left "$tmp/near.pids"

rm "$far/tcptop"
check "no tcptop there: exit code 1" ends_with 1 here --host far --once
check "in one line" said_once "far: tcptop is not there"
check "--doctor knows nothing then" ends_with 3 here --host far --doctor
check "nobody answers: exit code 1" ends_with 1 here --host nowhere --once
check "ssh's own words are told" says "nowhere: ssh: connect to host"
far_runs "echo 'tcptop: unknown option' >&2; exit 2"
check "tcptop there refuses: exit code 1" ends_with 1 here --host far --once
check "with its words" says "far: tcptop: unknown option"
check "and its exit code" says "exit code 2"
far_runs "echo Welcome to far; $runs_there \"\$@\""
check "what a login shell prints before is passed over" same_rows
far_runs "yes"
check "something else is no recording: exit code 1" ends_with 1 here --host far --once
check "which is said" said_once "is not a recording of tcptop"
far_runs "$B/tcptop --no-config \"\$@\" | $B/tests/data/forge program 'tcptop 99.7'"
check "another version is read" same_rows
check "and named" says "far: tcptop 99.7 runs there, tcptop"
far_runs "$B/tcptop --no-config \"\$@\" | $B/tests/data/forge version 7"
check "one that cannot be read: exit code 1" ends_with 1 here --host far --once
check "says so" said_once "far: tcptop there is newer"
far_runs "printf '\\033]0;owned\\007\\033[2J\\233\\342\\200\\256end\\n' >&2; $runs_there \"\$@\""
check "hostile words do no harm to the rows" same_rows
harmless() { says "end" && ! LC_ALL=C grep -q "$(printf '[\001-\011\013-\037\177]')" "$err"; }
check "nor to the terminal" harmless
far_runs "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa >&2 & $runs_there \"\$@\""
check "a flood of words does not hold up the rows" ends_with 0 here --host far --once
finish
