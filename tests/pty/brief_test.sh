#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# On the screen: connections that no sample could meet are closed rows that fade, with what they
# sent and received in the details; the header tells closes per second; a program that was stopped
# says once how many events it lost, and counts closes as "at least" from then on.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
ip link set lo up
brief() { "$B/tests/data/brief" "$@" >/dev/null; }

# The server is on port 8080 and closes last: its end has gone before anyone looks.
live 260x50 '--lang en -f lport:8080' # wide: what closes is the first to leave the header
check "it opens" sees 'no socket matches'
brief 3 300 50 0 8080
check "an unseen connection is a closed row" sees '^.-tcp +127\.0\.0\.1:8080 +127\.1\.0\.1:[0-9]+ +CLOSE '
check "it fades" loses '^.-tcp +127\.0\.0\.1:8080'
check "closes are in the header" sees 'closed [0-9.,]+/s'
keys C-c
check "it ends" code 0

mkdir -p "$XDG_CONFIG_HOME/tcptop"
printf '[general]\nfade = 60 s\n' >"$XDG_CONFIG_HOME/tcptop/tcptop.ini"
start 120x34 "$tcptop --lang en -d 60 -f lport:8080 2>$tmp/err" # no sample meets what lives meanwhile
check "with a longer fade" sees 'no socket matches'
# The first sample is soon followed by one with what else the screen shows, which must not meet the
# connection either: a sample of a later second has come after it.
sleep 1
keys C-l
sees 'last [1-9][0-9]* s '
brief 1 300 50 0 8080
keys C-l
check "the row is there" sees '127\.0\.0\.1:8080 .* CLOSE '
keys Enter
check "its details" sees 'Opened and closed between two samples'
check "what it received" sees 'Received +301 B'
check "what it sent" sees 'Sent +50 B'
check "its queues are not known" sees 'Recv-Q +–'
keys C-c
check "it ends again" code 0

# The kernel's own count, of the sockets that belong to a multicast group of sock_diag.
dropped() { awk '$2 == 4 && $4 !~ /^0+$/ { n += $9 } END { exit n == 0 }' /proc/net/netlink; }
live 260x50 '--lang en'
check "it opens once more" sees 'no sockets in this namespace|closed|TIME_WAIT +[0-9]'
check "and is told of the ends of connections" sees 'closed 0\.0/s'
pid=$(cat "$at/pid")
kill -STOP "$pid"
brief 20000 300 50
check "while it is stopped the kernel drops events" until_true dropped
kill -CONT "$pid"
check "the footer tells" sees '^ [0-9,]+ close events lost   there are more closed connections than counted'
check "rates are lower bounds" sees 'closed at least [0-9,.]+/s'
check "it is told once" loses 'events lost'
keys q
check "it quits" code 0
finish
