#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How the screen looks in real terminals: xterm, urxvt and st in a virtual X server, on black and on
# white, with 8, 16 and 256 colours, in both languages.
#
# terminals.sh BUILD FOLDER: leaves a picture of each in FOLDER, for a person to look at, and measures
# the contrast of every character with its ground in the picture: at least 4.5, and 3 for what has the
# colour of the lines, which is dimmed. Speaks TAP; exit code 77 when a program is missing.
set -uo pipefail
[ $# = 2 ] || { echo 'usage: tests/view/terminals.sh BUILD FOLDER' >&2 && exit 2; }
# shellcheck disable=SC2034 # for scenes.sh
B=$(realpath "$1")
mkdir -p "$2" && pictures=$(realpath "$2") || exit 2
cd "$(dirname "$0")/../.." || exit 1
for program in Xvfb xterm urxvt st xwd xwininfo xwdtopnm pnmtopng fc-list; do
	command -v $program >/dev/null ||
		{ echo "terminals: skipped: $program is missing (xvfb xterm rxvt-unicode stterm x11-apps x11-utils netpbm fontconfig)" && exit 77; }
done
for font in 'DejaVu Sans Mono' NanumGothicCoding; do
	fc-list ":family=$font" | grep . >/dev/null ||
		{ echo "terminals: skipped: the font $font is missing (fonts-dejavu-core fonts-nanum-coding)" && exit 77; }
done
. tests/view/scenes.sh
work=${scratch:?}
n=0 failed=0
record web-01
blocks web-01
exec 3< <(exec Xvfb -displayfd 1 -screen 0 1400x900x24 2>/dev/null)
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
read -r -t 30 -u 3 display || exit 1
export DISPLAY=:$display LC_ALL=C.UTF-8 TZ=UTC
unset COLORFGBG

# worst COLUMN: of a picture, the cell with the least contrast of those below what they should have, or
# nothing. Of a cell's colours the ground is the one that has most of it, and the ink the one that
# differs most from that. Dimmed are the lines, left of the title, and a history that does not change,
# as the one of LISTEN, which begins at that column.
worst() {
	awk -v columns=120 -v lines=34 -v flat="$1" '
		function light(c) { return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ^ 2.4 }
		function luminance(c, part) {
			split(c, part, " ")
			return 0.2126 * light(part[1] / 255) + 0.7152 * light(part[2] / 255) + 0.0722 * light(part[3] / 255)
		}
		function contrast(a, b, x, y) {
			x = luminance(a) + 0.05; y = luminance(b) + 0.05
			return x > y ? x / y : y / x
		}
		{ for (i = 1; i <= NF; i++) value[++count] = $i }
		END {
			width = value[2]; w = int(width / columns); h = int(value[3] / lines)
			left = int((width - w * columns) / 2); top = int((value[3] - h * lines) / 2)
			for (row = 0; row < lines; row++) for (column = 0; column < columns; column++) {
				delete pixels
				most = 0; best = 1; other = ""
				for (y = top + row * h; y < top + row * h + h; y++) for (x = left + column * w; x < left + column * w + w; x++) {
					at = 5 + 3 * (y * width + x)
					pixels[value[at] " " value[at + 1] " " value[at + 2]]++
				}
				for (color in pixels) if (pixels[color] > most) { most = pixels[color]; ground = color }
				for (color in pixels) {
					key = color "/" ground
					if (!(key in known)) known[key] = contrast(color, ground)
					if (known[key] > best) { best = known[key]; other = color }
				}
				if (other == "") continue
				cells++
				if ((row == 1 && column == 0) || (row == 2 && column == flat)) dimmed[other]
				if (best < (other in dimmed ? 3 : 4.5) && (bad == "" || best < least)) {
					least = best; bad = sprintf("%.2f line %d column %d", best, row + 1, column + 1)
				}
			}
			print cells < 1000 ? "only " cells + 0 " cells with text" : bad
		}'
}

# The only one that there is.
window() { xwininfo -root -tree 2>/dev/null | awk '$1 ~ /^0x/ { print $1; exit }'; }

# looks TERMINAL TERM GROUND INK LANGUAGE
looks() {
	local terminal=$1 term=$2 ground=$3 ink=$4 lang=$5 name=$1-$2-$3-$5 job before='' now='' bad i flat=32
	local command=("$TCPTOP" --no-config --read "$recordings/web-01-blocks.frames" --lang "$lang")
	local font='DejaVu Sans Mono:pixelsize=16:antialias=false'
	[ "$lang" = en ] || flat=46
	case $terminal in
	xterm) command=(xterm -b 0 -bw 0 +sb -geometry 120x34+0+0 -fa "$font" -fd "NanumGothicCoding:pixelsize=16:antialias=false" -bg "$ground" -fg "$ink" -tn "$term" -e "${command[@]}") ;;
	urxvt) command=(urxvt -b 0 +sb -geometry 120x34+0+0 -fn "xft:$font" -bg "$ground" -fg "$ink" -tn "$term" -e "${command[@]}") ;;
	st) command=(st -g 120x34+0+0 -f "$font" -T "$name" -n "$name" -t "$term" -e "${command[@]}") ;;
	esac
	"${command[@]}" 2>/dev/null &
	job=$!
	for ((i = 0; i < 100; i++)); do # until it stays as it is
		sleep 0.3
		xwd -silent -id "$(window)" >"$work/window" 2>/dev/null || continue
		before=$now
		now=$(cksum <"$work/window")
		[ "$now" != "$before" ] || [ $i -lt 5 ] || break
	done
	kill $job
	wait $job 2>/dev/null
	n=$((n + 1))
	xwdtopnm "$work/window" 2>/dev/null >"$work/picture" &&
		pnmtopng <"$work/picture" 2>/dev/null >"$pictures/$name.png" &&
		bad=$(pnmtoplainpnm "$work/picture" | worst "$flat") || bad='no picture'
	if [ -z "$bad" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name: $bad" && failed=1
	fi
}

for lang in en ko; do
	for colors in 'white black' 'black white'; do
		for term in xterm xterm-16color xterm-256color; do
			# shellcheck disable=SC2086 # two words
			looks xterm $term $colors $lang
		done
		# shellcheck disable=SC2086
		looks urxvt rxvt-unicode-256color $colors $lang
	done
	looks st st-256color black white $lang # its colours are fixed when it is built
done
echo "1..$n"
exit $failed
