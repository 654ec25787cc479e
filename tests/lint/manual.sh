#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Check with mandoc the pages of the manual that were built in BUILD: `manual.sh [BUILD]`.
#
# Which other pages are installed here makes no difference. Of a Korean page warnings count, but no
# questions of style, since mandoc takes each syllable for eight bytes and the bracket behind it for
# punctuation; its first sections are given their English titles, which alone mandoc knows.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
command -v mandoc >/dev/null || { echo 'lint: mandoc is missing' && exit 1; }
for page in tcptop.1 tcptop.ini.5; do
	[ -s "$build/man/$page" ] || echo "$build/man/$page is not there"
	mandoc -T lint "$build/man/$page" 2>/dev/null | grep -v 'referenced manual not found'
	sed -E 's/^\.Sh 이름/.Sh NAME/; s/^\.Sh 개요/.Sh SYNOPSIS/; s/^\.Sh 설명/.Sh DESCRIPTION/' "$build/man/ko/$page" |
		mandoc -K utf-8 -T lint -W warning 2>/dev/null | sed "s|<stdin>|ko/$page|"
done | sed 's/^/lint: /' | grep . && exit 1
exit 0
