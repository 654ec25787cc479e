#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Recording real sockets: what is read back is what was there; whatever ends the recorder, its file
# plays to the last whole block; files are made, refused, rotated and removed as asked.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/lib/wait.sh
tmp=$(mktemp -d)
# shellcheck source=tests/lib/check.sh
. tests/lib/check.sh
unset SUDO_UID SUDO_GID
export LC_ALL=C.UTF-8 TZ=UTC
tcptop() { "$B/tcptop" --no-config "$@" 2>"$tmp/err"; }
record() { # record ARGUMENTS…: in the background; its id is $!
	"$B/tcptop" --no-config --write "$@" 2>"$tmp/record.err" &
}
# The rows of a sample, without what moves between two looks.
rows() { tcptop --json "$@" | grep '"connection"' | sed -E 's/"sample":[0-9]+,//' | sort; }
samples() { tcptop --read "$1" --batch --summary --json | grep -c '"summary"'; }
has_samples() { [ "$(samples "$1")" -ge "${2:-1}" ]; }
says() { grep -q "$1" "$tmp/err"; }

coproc HELD { exec "$B/tests/data/states" 8003 8004 8005; }
# shellcheck disable=SC2034 # the trap closes it, and the sockets go
hold=${HELD[1]}
trap 'exec {hold}>&-; kill $(jobs -p) 2>/dev/null; umount "$tmp/small" 2>/dev/null; rm -rf "$tmp"' EXIT
read -r -t 60 ready <&"${HELD[0]}"
[ "${ready:-}" = ready ] || { echo "not ok 1 - the sockets stand"; exit 1; }

# What is read is what was there ---------------------------------------------------------------------

columns=proto,local_addr,local_port,remote_addr,remote_port,state,uid,inode,cookie,recv_q,send_q
same_rows() {
	tcptop --write "$tmp/one" 0.05 3 || return 1
	[ -n "$(rows --once --columns $columns)" ] &&
		[ "$(rows --once --columns $columns)" = "$(rows --read "$tmp/one" --columns $columns)" ]
}
check "the rows read are those that were there" same_rows
n_samples=3
same_owners() { # the first samples may come before all processes were looked at: more with each try
	n_samples=$((n_samples * 2))
	tcptop --write "$tmp/owned" --force 0.05 $n_samples && [ -n "$(rows --once --columns inode,process,pid | grep pid)" ] &&
		[ "$(rows --once --columns inode,process,pid,user)" = "$(rows --read "$tmp/owned" --columns inode,process,pid,user)" ]
}
check "and so are their processes" until_true same_owners
by_itself() { [ "$(stat -c %a "$tmp/one")" = 600 ] && [ "$(samples "$tmp/one")" = 3 ]; }
check "three samples, in a file that is its owner's alone" by_itself
through_pipe() {
	[ "$("$B/tcptop" --no-config --write - 0.05 3 | "$B/tcptop" --no-config --read - --batch --summary --json |
		grep -c summary)" = 3 ]
}
check "a pipe carries them as well" through_pipe
reader_gone() {
	timeout 60 "$B/tcptop" --no-config --write - 0.01 2>"$tmp/err" | head -c 100 >/dev/null
	[ "${PIPESTATUS[0]}" = 0 ] && [ ! -s "$tmp/err" ]
}
check "the reader of a pipe goes away: so does the recorder" reader_gone

# Redaction ------------------------------------------------------------------------------------------

addresses() { tcptop --json "$@" | grep -oE '"(local|remote)_addr":"[^"]*"' | sort -u; }
others_than() { ! addresses --read "$1" | grep -vE '"(127\.|::1|0\.0\.0\.0|::")' | grep -qFf <(addresses --once); }
# The host's name is neither in what is read nor in the bytes, in which a short one may stand by chance.
nameless() { # nameless FILE
	local name
	name=$(hostname)
	! tcptop --read "$1" --batch --summary --json | grep -qF "\"host\":\"$name\"" &&
		{ [ ${#name} -lt 6 ] || ! grep -qaF "$name" "$1"; }
}
redacted() {
	tcptop --write "$tmp/redacted" --redact 0.05 2 || return 1
	[ "$(rows --once --columns local_port,state,inode)" = "$(rows --read "$tmp/redacted" --columns local_port,state,inode)" ] &&
		others_than "$tmp/redacted" && nameless "$tmp/redacted"
}
check "--redact keeps ports and states, and no address that is not of the loopback" redacted
converted() {
	tcptop --read "$tmp/one" --write "$tmp/converted" --redact && [ "$(samples "$tmp/converted")" = 3 ] &&
		! nameless "$tmp/one" && nameless "$tmp/converted"
}
check "a recording can be redacted afterwards" converted

# Targets --------------------------------------------------------------------------------------------

refuses() { # refuses WORDS ARGUMENTS…
	local words=$1
	shift
	tcptop "$@" 0.05 1
	[ $? = 1 ] && says "$words"
}
check "an existing file is refused" refuses 'exists' --write "$tmp/one"
check "and is left as it was" by_itself
ln -s "$tmp/behind" "$tmp/link"
check "a symbolic link is refused" refuses 'symbolic link' --write "$tmp/link"
check "--force writes over a file" tcptop --write "$tmp/one" --force 0.05 1
check "a directory that is not there is named" refuses 'No such file' --write "$tmp/none/"
record "$tmp/busy" 0.05
busy=$!
check "it is recorded" until_true has_samples "$tmp/busy" 2
check "a file that another writes is refused with --force too" refuses 'another tcptop' --write "$tmp/busy" --force
kill -TERM $busy
wait $busy
check "SIGTERM ends it with 0" test $? = 0
ended() { [ "$(tail -c 56 "$1" | head -c 6 | od -An -tx1 | tr -d ' ')" = 895443420107 ]; }
check "and the file with an index and an end" ended "$tmp/busy"
for signal in INT HUP; do
	record "$tmp/$signal" 0.05
	ends=$!
	until_true has_samples "$tmp/$signal"
	kill -$signal $ends
	wait $ends
	check "SIG$signal too" ended "$tmp/$signal"
done

# Killed ---------------------------------------------------------------------------------------------

kills=${KILLS:-10} # long/killed_test.sh has more
killed() {
	local i pid code whole=0
	for ((i = 0; i < kills; i++)); do
		rm -f "$tmp/killed"
		record "$tmp/killed" 0.01
		pid=$!
		until_true has_samples "$tmp/killed"
		sleep 0.0$((RANDOM % 90 + 10))
		kill -9 $pid
		wait $pid 2>/dev/null
		tcptop --read "$tmp/killed" --batch --summary --json >"$tmp/played"
		code=$?
		grep -q summary "$tmp/played" || return 1
		[ $code = 0 ] && whole=$((whole + 1))
		[ $code = 0 ] || { [ $code = 3 ] && [ "$(grep -c damaged "$tmp/err")" = 1 ]; } || return 1
	done
	echo "# $whole of $kills files ended with a whole block"
}
check "killed at $kills moments, each file plays" killed

# No room --------------------------------------------------------------------------------------------

mkdir "$tmp/small"
if mount -t tmpfs -o size=16k none "$tmp/small" 2>/dev/null; then
	full() {
		timeout 120 "$B/tcptop" --no-config --write "$tmp/small/full" 0.01 2>"$tmp/err"
		[ $? = 1 ] && says 'recording stopped' && says 'No space' && has_samples "$tmp/small/full" 2 &&
			tcptop --read "$tmp/small/full" --once >/dev/null
	}
	check "a full disk stops it, says so, and leaves a whole file" full
	rm -f "$tmp/small/full"
	goes_on() { grep -q 'recording continues' "$tmp/record.err"; }
	stands() { grep -q 'until the next file' "$tmp/record.err"; }
	record "$tmp/small/" --keep 8s 0.01
	ends=$!
	check "in a directory it waits for the next file" until_true stands
	rm -f "$tmp"/small/*
	check "and goes on with that once there is room" until_true goes_on
	kill $ends
	wait $ends
	check "which was partial" test $? = 3
	umount "$tmp/small"
else
	echo "# no tmpfs can be mounted here: a full disk is not tried"
fi
limited() {
	(ulimit -f 8; exec "$B/tcptop" --no-config --write "$tmp/limited" 0.01 2>"$tmp/err")
	[ $? = 1 ] && says 'File too large' && tcptop --read "$tmp/limited" --once >/dev/null
}
check "so does a limit of the size of files" limited

# Directories ----------------------------------------------------------------------------------------

mkdir "$tmp/dir" "$tmp/two"
files() { find "$1" -name '*.tcptop' | wc -l; }
files_are() { [ "$(files "$1")" -ge "$2" ]; }
touch "$tmp/dir/20200101T000000Z-abcdef.tcptop.bak" "$tmp/dir/mine.tcptop.txt"
cp "$tmp/busy" "$tmp/dir/20200101T000000Z-abcdef.tcptop"
touch -d '2 days ago' "$tmp/dir/20200101T000000Z-abcdef.tcptop"
record "$tmp/dir/" --keep 6s 0.05
ends=$!
check "a directory gets file after file" until_true files_are "$tmp/dir" 3
gone() { [ ! -e "$tmp/dir/20200101T000000Z-abcdef.tcptop" ]; }
check "what is older than --keep goes" gone
kill $ends
wait $ends
others() { [ -e "$tmp/dir/20200101T000000Z-abcdef.tcptop.bak" ] && [ -e "$tmp/dir/mine.tcptop.txt" ]; }
check "files that are not of a recorder stay" others
in_order() {
	tcptop --read "$tmp/dir" --batch --summary --json | grep -oE '"time":"[^"]*"' >"$tmp/times"
	[ "$(wc -l <"$tmp/times")" -ge "$(files "$tmp/dir")" ] && sort -c "$tmp/times" && return
	sed 's/^/# /' "$tmp/times" | tail -n 40
	find "$tmp/dir" -type f -printf '# %f %s bytes\n'
	return 1
}
check "it is read as one recording, in order" in_order
at_time() {
	local t
	t=$(sed -n 15p "$tmp/times" | cut -d'"' -f4)
	t=@$(date -d "$t" +%s.%N | cut -c1-14)
	[ "$(tcptop --read "$tmp/dir" --at "$t" --once --summary --json | grep -o '"time":"[^"]*"')" = \
		"$(sed -n 15p "$tmp/times")" ] &&
		[ "$(tcptop --read "$tmp/dir" --at "$t" --batch --summary --json | grep -c summary)" = 1 ]
}
check "--at finds a moment in it" at_time
record "$tmp/two/" 0.05
ends=$!
until_true files_are "$tmp/two" 1
record "$tmp/two/" 0.05
other=$!
check "two recorders have a file each" until_true files_are "$tmp/two" 2
overlap() {
	local file
	for file in "$tmp"/two/*; do has_samples "$file" 3 || return 1; done
}
until_true overlap
kill $ends $other
wait $ends $other
told_apart() {
	tcptop --read "$tmp/two" --batch --summary --json | grep -oE '"time":"[^"]*"' >"$tmp/times"
	sort -c "$tmp/times" && says 'another tcptop'
}
check "reading both plays one of them and says so" told_apart
finish
