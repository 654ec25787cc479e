#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Draw screenshots/*.svg from the scenes and scripted keys.
#
# screenshots.sh BUILD write|check: check compares with what is there and names the stale ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "$1" && pwd) || exit 1
action=${2:-check}
export DUMP=svg
. tests/view/scenes.sh
record web-01 devbox api-07
blocks api-07
new=$scratch/new
mkdir "$new" || exit 1
failed=0

picture() { # picture NAME SCENE SIZE LANG 'KEYS' [OPTION…]
	local name=$1
	shift
	draw "$@" >"$new/$name.svg" || { echo "$name: tcptop failed"; failed=1; }
}

picture overview web-01 120x34 en '' --color always
picture time-wait-ko devbox 120x34 ko '"3000" wait:3000' --sort left --color always
picture time-wait-en devbox 120x34 en '"3000" wait:3000' --sort left --color always
picture close-wait-en api-07 120x40 en '' --color always
picture filter-error web-01 100x30 en '/ " >100x" Left Left Left Left Left "rtt"' \
	--filter state:es --color always
picture help web-01 120x34 en '?' --color always
picture small web-01 80x24 en '' --color always
picture light web-01 120x34 en '' --theme light --color always
picture mono devbox 100x30 ko '"3000" wait:3000 Down Down' --sort left --color never
picture import-ko seed_win_ko 120x34 ko '' --color always
picture timeline api-07-blocks 120x34 en 'T { , ,' --color always
picture timeline-ko api-07-blocks 120x34 ko 'T { , ,' --color always
picture changes api-07-blocks 120x34 en '{ y } y' --color always

mkdir -p screenshots
if [ "$action" = write ]; then
	rm -f screenshots/*.svg
	cp "$new"/*.svg screenshots/
elif ! difference=$(diff -rq "$new" screenshots); then
	printf '%s\n' "$difference"
	failed=1
fi
exit $failed
