#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The Korean screens of view/golden/ have no English but names: what glossary.def keeps, states and their
# short forms, columns, keys, and what the drawn hosts are called.
set -u
cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C
hosts='nginx java python3 firefox postgres minji app devbox sshd blue api net web www node vpn root user ssh
redis prometheus gunicorn cupsd audit wc systemd Windows postgresql master daemon session bedb16caf8 f5293aae0f p and fe80 vA'
keys='Tab PgUp PgDn Home End F1 F2 F3 F4 F5 F6 F9 F10'
states='LISTEN ESTABLISHED CLOSING CLOSE ESTAB CLOSED TWAIT CWAIT LACK SYNS SYNR FIN1 FIN2
LI SS SR ES CW LA F1 F2 CG TW CL'
columns=$(sed -n 's/^COLUMN([A-Z0-9_]*, "\([a-z0-9_]*\)".*/\1/p' include/tcptop/query/columns.def)
kept=$(sed -n 's/^KEEP("\(.*\)")$/\1/p' include/tcptop/text/messages/glossary.def)
# shellcheck disable=SC2086 # one word a line
printf '%s\n' $hosts $keys $states $columns $kept src dst host dport sport rtt | sort -u >"${TMPDIR:-/tmp}/kept.$$"
trap 'rm -f "${TMPDIR:-/tmp}/kept.$$"' EXIT

words() { # Latin words but single letters, calls, constants, options, parts of paths, and what a frame cuts
	grep -ohP '(?<![A-Za-z0-9_/.:@-])(?<!│)[A-Za-z][A-Za-z0-9]+(?![A-Za-z0-9_(])' "$@" | sort -u
}
screens=(tests/view/golden/*-ko.txt)
left=$(words "${screens[@]}" | grep -vxFf "${TMPDIR:-/tmp}/kept.$$")
if [ -z "$left" ]; then echo "ok 1 - ${#screens[@]} Korean screens: no English is left"; else
	echo "not ok 1 - ${#screens[@]} Korean screens: no English is left"
	printf '%s\n' "$left" | sed 's/^/# /'
fi
if [ "$(echo 'TIME_WAIT 2 problems' | words)" = problems ]; then
	echo "ok 2 - a word is found where there is one"
else echo "not ok 2 - a word is found where there is one"; fi
echo 1..2
