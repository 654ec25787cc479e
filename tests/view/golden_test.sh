#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves that each screen looks as it did when a person last looked at it: scene, keys and size give
# the text of golden/NAME.txt. UPDATE=1 rewrites them; then look at the difference.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/view/scenes.sh
directory=tests/view/golden
new=$scratch/new
mkdir "$new"
names=() running=0 cores=$(nproc)

record web-01 devbox api-07
blocks api-07

# As many at a time as there are cores.
golden() { # golden NAME SCENE SIZE LANG 'KEYS' [OPTION…]
	local name=$1-$3-$4
	[ $((++running)) -le "$cores" ] || wait -n
	names+=("$name")
	{ draw "${@:2}" || echo 'tcptop failed'; } >"$new/$name.txt" &
}

down() { # down N: so many times the key
	printf 'Down %.0s' $(seq "$1")
}

# The frames of the design, as far as the columns reach.
golden overview web-01 120x34 en ''
golden port-3000 devbox 120x34 ko '"3000" wait:3000' --sort left
golden overview web-01 80x24 en ''
golden port-3000 devbox 120x34 en '"3000" wait:3000' --sort left
golden port-3000 devbox 80x24 ko '"3000" wait:3000' --sort left
golden port-3000 devbox 80x24 en '"3000" wait:3000' --sort left
golden port-3000 devbox 200x50 en '"3000" wait:3000' --sort left
golden port-3000 devbox 200x50 ko '"3000" wait:3000' --sort left
golden leak api-07-blocks 200x50 en '' --sort tx_bytes_s
golden overview web-01 40x10 en "$(down 2)"
golden overview web-01 60x20 en ''
golden overview web-01 100x30 en ''
# The field is typed last: while it is a word alone, it filters too.
golden prompt-error web-01 80x24 en '/ " >100x" Left Left Left Left Left "rtt"' --filter state:es
golden help web-01 80x24 en '?'
golden details web-01 80x24 en "$(down 10) Enter"
golden ascii web-01 80x24 en '' --glyphs ascii

# What the doctor found: where nothing is wrong, one warning, several, and where there is no room.
golden warnings api-07 80x24 en '!'
golden warnings api-07-blocks 80x24 ko '!'
golden warnings api-07-blocks 200x50 en '! Down'
golden warnings api-07-blocks 40x10 ko '! Down'
golden warnings-end api-07-blocks 80x24 en '! G PgDn'
golden warnings-nothing devbox 80x24 en '!'
golden warnings-nothing devbox 80x24 ko '!'
golden warnings-ports api-07-blocks 80x24 en '! Enter'
golden warnings-rows api-07-blocks 80x24 en '! Down Enter'
golden warnings-chips api-07-blocks 60x20 en ''
golden warnings-ascii api-07-blocks 80x24 en '!' --glyphs ascii

# The same in the other language, and other sizes.
golden overview web-01 120x34 ko ''
golden overview web-01 100x30 ko ''
golden overview web-01 60x20 ko ''
golden overview web-01 40x10 ko ''
golden overview web-01 20x5 en ''
golden overview web-01 20x8 en ''
golden overview web-01 1x1 en ''
golden overview web-01 19x4 en ''
golden overview web-01 19x4 ko ''
golden tall web-01 90x45 en ''
golden tall devbox 60x44 ko ''
golden leak api-07-blocks 200x50 ko ''
golden ascii devbox 120x34 ko '"3000" wait:3000' --sort left --glyphs ascii

# Focus, selection, rows of two lines.
golden table web-01 120x34 en "$(down 9)"
golden table web-01 80x24 ko "$(down 12)"
golden pane web-01 120x34 en "$(down 7) Tab"
golden two-lines api-07-blocks 80x24 en "$(down 3)" --sort send_q:desc
golden two-lines api-07-blocks 24x12 en 'Down' --sort send_q:desc
golden columns-scrolled web-01 80x24 en 'Right Right'
golden columns-order web-01 120x34 en '' --columns local,process,remote,recv_q,state,send_q
golden only-state web-01 80x24 en 'Tab Enter'
golden nothing web-01 80x24 en '' --filter port:9
golden nothing web-01 80x24 ko '' --filter port:9

# Groups: started with, chosen from the menu, unfolded, opened, with sums, and where there is little room.
golden groups web-01 80x24 en "$(down 2)" --group-by remote_addr
golden groups web-01 120x34 en "$(down 2)" --group-by remote_addr
golden groups web-01 80x24 ko "Down" --group-by state
golden groups devbox 120x34 ko "Down" --group-by local_port
golden groups web-01 60x20 en "Down" --group-by uid
golden groups web-01 40x10 ko "Down Right" --group-by state
golden groups web-01 24x12 en "Down" --group-by remote_addr
golden groups-menu web-01 80x24 en 't'
golden groups-menu web-01 120x34 ko 't'
golden groups-unfolded api-07-blocks 80x24 en 'Down Right'  --group-by remote_addr
golden groups-unfolded api-07-blocks 120x34 ko "Down Right $(down 3)" --group-by remote_addr
golden groups-open api-07-blocks 80x24 ko 'Down Enter' --group-by remote_addr
golden groups-sorted api-07-blocks 120x34 en 's' --group-by uid --columns local,remote,state,bytes_acked
golden groups-ascii web-01 80x24 en 'Right' --group-by uid --glyphs ascii
golden groups-nothing web-01 80x24 en '' --filter port:9 --group-by state

# The state diagram, whole, in a box, and the part with the chosen box.
golden diagram web-01 80x24 en 'D'
golden diagram web-01 80x24 ko 'D Up Left'
golden diagram web-01 120x34 en 'D Right'
golden diagram api-07-blocks 200x50 ko 'D Up'
golden diagram web-01 60x20 en 'D Up'
golden diagram web-01 40x10 ko 'D Left'
golden diagram-ascii web-01 80x24 en 'D' --glyphs ascii
golden diagram-enter web-01 80x24 en 'D Left Enter'
golden diagram-explain devbox 80x24 ko 'D w'

# Who has them: process, user, unit or container, command line; grouped by process; what was typed.
all=local,remote,state,process,user,cgroup,cmdline
golden owners web-01 120x34 ko '' --columns "$all"
golden owners web-01 200x50 en '' --columns "$all"
golden owners devbox 200x50 ko '' --columns "$all"
golden owners devbox 80x24 en '' --columns local,state,process,cgroup --sort cgroup
golden processes web-01 80x24 en 'Down Right' --group-by process
golden processes web-01 80x24 ko '' --group-by process
golden processes web-01 120x34 en 'Down Down' --group-by process
golden processes devbox 120x34 ko 'Down' --group-by process
golden processes api-07-blocks 200x50 en '' --group-by process
golden processes api-07-blocks 200x50 ko '' --group-by process
golden containers api-07-blocks 80x24 ko '' --group-by cgroup
golden containers web-01 120x34 en '' --group-by cgroup
golden one-process api-07-blocks 120x34 en '' --filter process:java --sort local
golden one-process web-01 80x24 ko '' --filter 'owner:former'

# A row that one dump has missed: list, title, pane and details say the same of it.
for lang in en ko; do
	golden missed web-01 120x34 $lang '/ "40334" Enter'
	golden missed-details web-01 80x24 $lang '/ "40334" Enter Enter'
done

# The pane at its other widths; its whole Korean text by scrolling.
golden pane-wide devbox 120x34 ko 'w'
golden pane-none web-01 120x34 en 'w w'
golden pane-none web-01 80x24 en 'w w'
golden pane-none web-01 200x50 en 'w w'
golden pane-over-1 devbox 80x24 ko 'w'
golden pane-over-2 devbox 80x24 ko 'w ]'
golden pane-over-3 devbox 80x24 ko 'w ] ]'
golden pane-over-4 devbox 80x24 ko 'w ] ] ]'
golden pane-over devbox 40x10 ko 'w'
golden pane-half web-01 100x30 en 'w'

# Prompts.
golden prompt web-01 80x24 en '/ "sta"'
golden prompt-and web-01 80x24 en '/ "port:443"'
golden prompt-and web-01 80x24 ko '/ "port:443"'
golden prompt-error web-01 80x24 ko '/ "주소 rtt>100x"'
golden prompt-error web-01 40x10 en '/ "state:es and rport:443 rtt>100x"'
golden digits devbox 80x24 ko '"300"'
golden find web-01 80x24 en 'F3 "5432"'

# Overlays.
golden help web-01 80x24 ko '?'
golden help-end web-01 80x24 en '? End'
golden help web-01 120x34 ko '?'
golden help web-01 200x50 en '?'
golden help web-01 40x10 en '?'
golden details web-01 120x34 en "$(down 10) Enter"
golden details web-01 80x24 ko "$(down 10) Enter"
golden details web-01 120x34 ko "$(down 10) Enter"
golden details-time-wait devbox 80x24 ko '"3000" Enter Enter' --sort left
golden details-shared web-01 80x24 en 'End Enter' --sort left:desc --filter lport:443,80
golden details-shared web-01 120x34 ko 'End Enter' --sort left:desc --filter lport:443,80
golden details-former web-01 120x34 en 'Down Enter' --filter owner:former
golden details-end web-01 80x24 en 'Enter ] ] ] ] ]' --filter lport:47122
golden details-listen devbox 80x24 en '"3000" Home Enter' --sort left
golden sort-menu web-01 80x24 en 's'
golden sort-menu web-01 120x34 ko 's'
golden namespaces namespaces 80x24 en '@'
golden namespaces namespaces 120x34 ko '@ Down Down' all
golden namespaces namespaces 40x10 en '@ End' blue
golden namespaces-closed namespaces 80x24 en '@ End Up Enter'
golden namespaces-closed namespaces 80x24 ko '@ End Up Enter'
golden all-namespaces namespaces 120x34 en '' all
golden all-namespaces namespaces 80x24 ko '' all
golden one-namespace namespaces 80x24 en '' blue
golden closing namespaces 80x24 en 'Down Down Down K'
golden closing namespaces 80x24 ko 'Down Down Down K'
golden closing namespaces 120x34 en 'Down Down Down K'
golden closing namespaces 120x34 ko 'Down K' blue
golden column-chooser web-01 80x24 en 'f'
golden column-chooser web-01 120x34 ko 'f'
golden paused web-01 80x24 en 'p wait:48000'
golden paused web-01 120x34 ko 'p wait:48000'
golden message web-01 80x24 en 'Tab Enter Esc'

# The output of other programs: of Windows with prose behind it, and with cut addresses.
golden import seed_win_ko 80x24 ko ''
golden import seed_win_ko 120x34 ko ''
golden import seed_win_ko 120x34 en ''
golden import seed_win_ko 40x10 ko ''
golden import-details seed_win_ko 80x24 ko 'Enter'
golden import-warnings seed_win_ko 80x24 ko '!'
golden import-cut linux_netstat_tanp 80x24 en ''
golden import-long linux_ss_ta_names 80x24 ko '' --glyphs ascii

# Back in time, and the recording as a whole.
for lang in en ko; do
	golden timeline api-07-blocks 80x24 $lang 'T'
	golden timeline api-07-blocks 120x34 $lang 'T { } , , ,'
	golden timeline api-07-blocks 200x50 $lang 'T Down Down M'
	golden timeline api-07-blocks 40x10 $lang 'T Left'
	golden past api-07-blocks 80x24 $lang ', , ,'
done
# What has changed since a moment that was noted.
for lang in en ko; do
	golden diff api-07-blocks 80x24 $lang '{ y } y'
	golden diff api-07-blocks 120x34 $lang '{ y } y'
	golden diff-end api-07-blocks 80x24 $lang '{ y } y G'
done
golden diff api-07-blocks 40x10 ko '{ y } y'
golden diff api-07-blocks 200x50 en '{ y } y G'
golden diff-filtered api-07-blocks 80x24 en '{ y } y' --filter state:cw
golden diff-ascii api-07-blocks 80x24 en '{ y } y' --glyphs ascii
golden diff-from-end api-07-blocks 80x24 en 'y { y G'
golden diff-noted api-07-blocks 80x24 ko '{ y'
golden timeline-ascii api-07-blocks 80x24 en 'T Home' --glyphs ascii
golden past api-07-blocks 120x34 en 'b "14:02:30" Enter'
golden past-prompt api-07-blocks 80x24 en 'b "noon" Enter'

wait
if [ -n "${UPDATE:-}" ]; then
	rm -f "$directory"/*.txt
	cp "$new"/*.txt "$directory"
fi
differing=$(diff -rq "$directory" "$new")
declare -A made=()
n=0
for name in "${names[@]}"; do
	n=$((n + 1))
	if [ -n "${made[$name]:-}" ]; then
		echo "not ok $n - $name: two of this name"
	elif [[ $differing == *"/$name.txt"* || $differing == *": $name.txt"* ]]; then
		echo "not ok $n - $name"
		diff -u "$directory/$name.txt" "$new/$name.txt" 2>&1 | sed 's/^/# /'
	else
		echo "ok $n - $name"
	fi
	made[$name]=1
done
n=$((n + 1))
left=$(grep "^Only in $directory" <<<"$differing")
[ -z "$left" ] && echo "ok $n - each golden screen is drawn" || echo "not ok $n - each golden screen is drawn: $left"
echo "1..$n"
