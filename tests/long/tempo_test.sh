#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Brief samples among 300,000 sockets while 5,000 connections a second come and go, against full dumps,
# and in the end against ss: counts, no row twice, nothing called closed that lives.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/own_host.sh
. tests/lib/own_host.sh
needs ss
export B WORK=$tmp ENTRIES=524288
# shellcheck disable=SC2317 # check calls it
storm() { # storm SECONDS
	bash tests/bench/loaded.sh ESTABLISHED 300000 bash -c '
		TEMPO_AMONG='"$1"' timeout 300 "$B/tests/net/tempo_test" || exit 1
		[ "$("$B/tcptop" --no-config --once --summary --json | grep -o "\"ESTABLISHED\":[0-9]*")" = \
			"\"ESTABLISHED\":$(ss -Htn state established | wc -l)" ]'
}
check "a storm among many sockets" storm 40
finish
