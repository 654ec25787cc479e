#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves that the output of another program opens on the screen, from a file and from a pipe, with
# what it tells, and that its filters, groups and details work.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
dumps=$PWD/tests/data/imports

live 80x24 "--read $dumps/seed_win_ko.txt --lang ko"
check "the header has the program and its system" sees '가져옴 netstat, Windows +소켓 17개 +시각 없음'
check "the footer has the lines" sees '소켓 17행 읽음, 제외: 제목 1행, 그 밖의 7행'
check "the pane says who closed" sees '먼저 닫은 연결 16개'
keys l
check "l leaves the listener" sees '\[::1\]:3000 +\[::\]:\* +LISTEN'
keys a 3000
check "the port is a filter" sees '소켓 +17개 중 17개 +(port:3000|포트 3000)'
keys q
check "q ends it" code 0

start 80x24 "cat $dumps/linux_netstat_tanp.txt | $B/tcptop --no-config --read -"
check "a pipe is read" sees 'IMPORT netstat, Linux +23 sockets'
check "a cut address is marked" sees '2001:db8:aaaa:bbbb:c…:22'
keys q
check "q ends that too" code 0
finish
