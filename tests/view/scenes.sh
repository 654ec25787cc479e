# shellcheck shell=bash
# How golden screens and screenshots draw a scene; sourced.
#
# draw SCENE SIZE LANG 'KEYS' [OPTION…]: the program's frame on standard output, as text or as $DUMP.
# The recording goes through a pipe: the largest has 150 MB.
TCPTOP=${TCPTOP:-$B/tcptop}

draw() {
	local scene=$1 size=$2 lang=$3 keys=$4 file status
	shift 4
	if [ "$scene" = namespaces ]; then # which no recording holds
		TZ=UTC "$B/tests/data/namespaces" "$size" "$lang" "$keys" "$@"
		return
	fi
	file=$(mktemp) || return 1
	printf '%s\n' "$keys" >"$file"
	"$B/tests/data/scenes" "$scene" >"$file.frames" || return 1
	TZ=UTC LC_ALL=C.UTF-8 COLORFGBG='' "$TCPTOP" --no-config --read "$file.frames" --size "$size" --lang "$lang" --keys "$file" \
		--dump "${DUMP:-text}" "$@"
	status=$?
	rm -f "$file" "$file.frames"
	return $status
}
