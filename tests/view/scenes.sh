# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How golden screens and screenshots draw a scene; sourced. Its files are in $scratch, which goes at
# the end of the shell.
#
# draw SCENE SIZE LANG 'KEYS' [OPTION…]: the program's frame on standard output, as text or as $DUMP.
# A scene may also be the output of another program, by its name in tests/data/imports.
# record SCENE…: makes the recordings first; the largest has 160 MB, so that each is made once.
TCPTOP=${TCPTOP:-$B/tcptop}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
exec {nowhere}>/dev/null

record() {
	local scene
	for scene; do
		"$B/tests/data/scenes" "$scene" >"$scratch/$scene.frames" || exit 1
	done
}

# blocks SCENE…: the same as recordings of blocks, in which one can move, and which are read in a
# moment; their names are SCENE-blocks.
blocks() {
	local scene
	for scene; do
		"$TCPTOP" --no-config --read "$scratch/$scene.frames" --write "$scratch/$scene-blocks.frames" || exit 1
	done
}

draw() {
	local scene=$1 size=$2 lang=$3 keys=$4
	shift 4
	if [ "$scene" = namespaces ]; then # which no recording holds
		TZ=UTC "$B/tests/data/namespaces" "$size" "$lang" "$keys" "$@"
		return
	fi
	local file=$scratch/$scene.frames errors=2
	[ -e "$file" ] || file=tests/data/imports/$scene.txt errors=$nowhere # which lines were skipped
	TZ=UTC LC_ALL=C.UTF-8 COLORFGBG='' "$TCPTOP" --no-config --read "$file" --size "$size" \
		--lang "$lang" --keys <(printf '%s\n' "$keys") --dump "${DUMP:-text}" "$@" \
		2>&"$errors" || [ "$file:$?" = "tests/data/imports/$scene.txt:3" ] # a text may have lines that are none of it
}
