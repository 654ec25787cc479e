#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves that the output of other programs in tests/data/imports is read as a person has checked it:
# NAME.txt gives the rows, the lines of each kind and the exit code of NAME.expected. UPDATE=1
# rewrites them; then look at the difference.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
directory=tests/data/imports
columns=proto,local_addr,local_port,remote_addr,remote_port,state,timer,expires_ms,recv_q,send_q,uid
columns+=,inode,cookie,ifindex,netns,pid,pids,process,owner
n=0
getent services ssh http https domain >/dev/null || { echo "1..0 # SKIP no names of services"; exit 0; }

# What tcptop makes of a file: its rows, what it says of the lines, its exit code.
answer() {
	local code
	"$B/tcptop" --no-config --read "$1" --once --format csv --columns "$columns" 2>/dev/null
	code=$?
	"$B/tcptop" --no-config --read "$1" --once --format json --summary 2>/dev/null |
		sed -E 's/.*("total":[0-9]+).*("complete":[a-z]+).*("import":.*),"version".*/\1 \2 \3/'
	echo "exit $code"
}

for file in "$directory"/*.txt; do
	name=${file##*/}
	name=${name%.txt}
	n=$((n + 1))
	[ -z "${UPDATE:-}" ] || answer "$file" >"$directory/$name.expected"
	if difference=$(answer "$file" | diff -u "$directory/$name.expected" - 2>&1); then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		printf '%s\n' "$difference" | sed 's/^/# /'
	fi
done

# The name says nothing about the format, and neither does a pipe.
n=$((n + 1))
if difference=$("$B/tcptop" --no-config --read - --once --format csv --columns "$columns" 2>/dev/null \
	<"$directory/linux_ss_tanpi.txt" |
	diff - <(grep -v -e '^"total"' -e '^exit ' "$directory/linux_ss_tanpi.expected")); then
	echo "ok $n - a pipe gives the same rows"
else
	echo "not ok $n - a pipe gives the same rows"
	printf '%s\n' "$difference" | sed 's/^/# /'
fi
echo "1..$n"
