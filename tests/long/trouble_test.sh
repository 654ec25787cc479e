#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trouble that takes more than a minute to be seen, made with real sockets, each in a namespace of its
# own: connections that are quiet without keepalive, and resets far above the usual rate; and what only
# looks like it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/scene.sh

scene quiet '' quiet 12 61 'keepalive_idle = 60'
scene quiet-alive '' quiet-alive 12 61 'keepalive_idle = 60'
samples=80 scene resets '' resets 64 0 'resets_rate = 20'
samples=80 scene reset-burst '' reset-burst 64 0 'resets_rate = 20'
for job in $(jobs -p); do wait "$job"; done

pid() { cat "$tmp/$1.pid"; }
quiet_for() { # as long as the scene waited at least, and no longer than it has lasted
	awk -v lasted="$(($(stat -c %Y "$tmp/quiet.json") - $(stat -c %Y "$tmp/quiet.pid") + 1))" \
		-v told="$(grep -oE '"longest_idle_s":[0-9.]+' "$tmp/quiet.json" | cut -d: -f2)" \
		'BEGIN { print "# " told " s of " lasted; exit !(told >= 60 && told <= lasted) }'
}
check 'connections that are quiet, without keepalive' quiet finding quiet keepalive '"severity":"info"' \
	"\"pid\":$(pid quiet)," '"connections":24'
check '… for as long as that has been so' quiet quiet_for
check 'not those with keepalive' quiet-alive none quiet-alive keepalive
check 'resets far above the usual rate' resets finding resets resets '"severity":"warning"' \
	'"ended_abruptly":[1-9][0-9]{2}' '"usual_per_s":[0-4][.]' '"abort_on_data":[1-9][0-9]{2}'
check 'not a burst of them' reset-burst none reset-burst resets
echo "1..$n"
exit $failed
