# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How golden screens and screenshots draw a scene; sourced. Its files are in $scratch, which goes at
# the end of the shell.
#
# draw SCENE SIZE LANG 'KEYS' [OPTION…]: the program's frame on standard output, as text or as $DUMP.
# A scene may also be the output of another program, by its name in tests/data/imports.
# record SCENE…: makes the recordings first, in the folder $recordings. The largest has 160 MB and takes
# seconds, so it is made once for all tests that tests/run.sh runs, and each of them only reads it.
TCPTOP=${TCPTOP:-$B/tcptop}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
recordings=${TEST_RECORDINGS:-$scratch}
exec {nowhere}>/dev/null

# recorded FILE COMMAND…: FILE is there, or COMMAND makes it, with the name of a new file behind it
recorded() {
	local file=$1 lock
	[ ! -e "$file" ] || return 0
	exec {lock}>>"$file.lock" && flock "$lock" || exit 1
	if [ ! -e "$file" ]; then
		"${@:2}" "$file.part" && mv "$file.part" "$file" || exit 1
	fi
	exec {lock}>&-
}

record() {
	local scene
	for scene; do recorded "$recordings/$scene.frames" made "$scene"; done
}
made() { "$B/tests/data/scenes" "$1" >"$2"; }

# blocks SCENE…: the same as recordings of blocks, in which one can move, and which are read in a
# moment; their names are SCENE-blocks.
blocks() {
	local scene
	for scene; do
		recorded "$recordings/$scene-blocks.frames" \
			"$TCPTOP" --no-config --read "$recordings/$scene.frames" --write
	done
}

draw() {
	local scene=$1 size=$2 lang=$3 keys=$4
	shift 4
	if [ "$scene" = namespaces ]; then # which no recording holds
		TZ=UTC "$B/tests/data/namespaces" "$size" "$lang" "$keys" "$@"
		return
	fi
	local file=$recordings/$scene.frames errors=2
	[ -e "$file" ] || file=tests/data/imports/$scene.txt errors=$nowhere # which lines were skipped
	TZ=UTC LC_ALL=C.UTF-8 COLORFGBG='' "$TCPTOP" --no-config --read "$file" --size "$size" \
		--lang "$lang" --keys /dev/stdin --dump "${DUMP:-text}" "$@" <<<"$keys" \
		2>&"$errors" || [ "$file:$?" = "tests/data/imports/$scene.txt:3" ] # a text may have lines that are none of it
}
