#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The menu of network namespaces on a real screen: it lists them with their sockets, Enter shows
# another one or all, those that come and go are followed there, an ordinary user is told what is
# closed, and a namespace that is left is let go.
# shellcheck source=tests/pty/lib.sh
. "${0%/*}/lib.sh"
in_own_namespace
if [ -z "${OWN_PROC:-}" ]; then
	if ! unshare -pmf --mount-proc mount -t tmpfs none /run 2>/dev/null; then
		echo "ok 1 - namespaces # SKIP no mount namespace, or no fresh /proc, to be had here"
		exit 0
	fi
	rm -rf "$tmp"
	OWN_PROC=1 exec unshare -pmf --mount-proc bash "$0"
fi
mount -t tmpfs none /run && mkdir /run/netns || exit 1
[ /var/run -ef /run ] || mount --bind /run /var/run || exit 1
ip link set lo up

hold() { # hold NAME PORT: sockets of a recipe there, for as long as the test runs
	ip netns add "$1" && ip netns exec "$1" "$B/tests/data/states" "$2" \
		< <(sleep 300) >"$tmp/ready.$1" 2>/dev/null &
	until_true grep -qs ready "$tmp/ready.$1"
}
hold blue 8003
hold green 8016
"$B/tests/data/states" 8004 < <(sleep 300) >"$tmp/ready" &
until_true grep -qs ready "$tmp/ready"

live 120x34 '-d 0.2'
check 'without a wish it is the own one' sees '^ (tcptop  )?[^ /]+   [0-9]+ sockets'
keys @
check 'the menu lists them' sees '^▸ \* init this one +6 │'
check 'with how many sockets each has' sees '^    blue +6 │'
check 'and all of them' sees '^    all +– │'
check 'what keys do there' sees 'Enter apply'
keys 3
check 'digits do nothing there' sees '^▸ \* init'
keys Escape
check 'Esc closes it' loses '━ NAMESPACES'
keys @
sees '━ NAMESPACES'
keys j
check 'j moves on' sees '^▸   blue'
keys Enter
check 'a message says so, and the way back' sees 'namespace blue   @ others'
check 'Enter shows that one' sees '^ (tcptop  )?[^ ]+/blue   6 sockets'
check 'its rows' sees '127.0.0.1:8003'
check 'not those of others' loses '127.0.0.1:8004'
check 'no row of the last one has closed' loses '^ -'
blue=$(stat -L -c %i /run/netns/blue)
pid=$(cat "$at/pid")
holds() { # by a file or a thread
	find "/proc/$pid/fd" /proc/"$pid"/task/*/ns -lname "net:\[$blue\]" 2>/dev/null | grep -q .
}
check 'it is held' holds
keys @
sees '^▸ \* blue'
keys g Enter
check 'what that costs is said' sees "each costs one more read of the kernel's table"
check 'all of them' sees '^ (tcptop  )?[^ ]+/all\(3\)   [0-9]+ sockets'
check 'a column names them' sees 'Namespace'
check 'rows of one' sees '127.0.0.1:8003.* blue'
check 'and of another' sees '127.0.0.1:8016.* green'
keys / netns:green Enter
check 'a filter by namespace' loses '127.0.0.1:8003'
keys Escape
sees '127.0.0.1:8003'
hold late 8003
check 'one that comes is shown' sees '/all\(4\)'
check 'with its rows' sees '127.0.0.1:8003.* late'
keys @
check 'and listed' sees '^    late +6 │'
keys G
sees '^▸   late'
hold kiwi 8003
check 'the cursor stays on its namespace' sees '^▸   late'
keys Escape
loses '━ NAMESPACES'
for process in $(ip netns pids late); do kill "$process"; done
ip netns del late
check 'one that goes is let go' sees '/all\(4\)'
keys @
sees '━ NAMESPACES'
check 'and listed no more' loses ' late '
keys g j
sees '^▸   init'
keys Enter
check 'back to the own one' sees '^ (tcptop  )?[^ /]+   6 sockets'
lets_go() { ! holds; }
check 'others are let go' until_true lets_go
keys p
sees PAUSED
keys @
sees '^    blue +6 │'
keys g j j Enter
check 'a choice ends a pause' sees '/blue   6 sockets'
keys q
check 'and it quits' code 0

live 80x24 '-d 0.2 --netns blue'
check '--netns starts with one' sees '^ [^ ]+/blue   6 sockets'
ip netns del blue
for process in $(pgrep -f 'states 8003'); do
	[ "$(stat -L -c %i "/proc/$process/ns/net" 2>/dev/null)" != "$blue" ] || kill "$process"
done
check 'that vanishes: the last sample stays' sees 'STALE'
check 'and why' sees 'the network namespace blue is gone; trying again'
keys q
ended

nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
if $nobody true 2>/dev/null; then
	chmod 755 "$tmp" "$at"
	start 80x24 "$nobody $tcptop --no-config -d 0.2"
	sees '6 sockets'
	keys @
	check 'an ordinary user: closed ones say so' sees '^    green +no permission │'
	keys G
	sees '^▸ .*no permission'
	keys Enter
	check 'choosing one names the missing right' sees 'cannot enter [^ ]+: CAP_SYS_ADMIN required'
	keys g Enter
	check 'all: the own one, marked as a part' sees '/all\(1\)   at least 6 sockets +PARTIAL'
	check 'and the line that says why' sees "only tcptop's own network namespace"
	keys q
	ended
else
	echo "ok $((++n)) - an ordinary user # SKIP one already"
fi
finish
