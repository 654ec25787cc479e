# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # the caller uses what is set here
# For scripts of net/ that have the doctor look at scenes of tests/data/trouble, each in a namespace
# of its own. Sourced in the root of the project with `B` set; skips the script where there are none.
B=$(cd "${B:-build}" && pwd) || exit 1
. tests/lib/wait.sh
patience=200
export -f until_true
export patience silence
tmp=$(mktemp -d) || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$tmp"' EXIT
if ! ip link set lo up || ! unshare -n true 2>/dev/null; then
	echo "ok 1 - doctor # SKIP no namespace of its own for each scene here"
	echo 1..1
	exit 0
fi
n=0 failed=0

# scene NAME SETUP SCENE N WAIT [KEY=VALUE…]: the answer goes to $tmp/NAME.json; what `after` holds is
# run behind it
scene() {
	local name=$1 setup=$2 what=$3 count=$4 wait=$5
	shift 5
	printf '[doctor]\n' >"$tmp/$name.ini"
	printf '%s\n' "$@" >>"$tmp/$name.ini"
	mkfifo "$tmp/$name.in"
	export B tmp name setup what count wait after samples=${samples:-}
	# shellcheck disable=SC2016 # for the shell in the namespace
	unshare -n bash -c '
		ip link set lo up
		{ echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse; } 2>/dev/null
		eval "$setup"
		exec 8<>"$tmp/$name.in"
		if [ "$what" != - ]; then
			"$B/tests/data/trouble" "$what" 3000 "$count" <"$tmp/$name.in" >"$tmp/$name.out" 2>&1 8>&- &
			echo $! >"$tmp/$name.pid"
			until_true told "$name" ready || exit
		fi
		sleep "$wait"
		"$B/tcptop" --config "$tmp/$name.ini" --doctor --json ${samples:+1 $samples} >"$tmp/$name.json" 2>"$tmp/$name.err"
		echo $? >"$tmp/$name.rc"
		eval "${after:-}"
		if [ "$name" = ports ]; then
			until_true told "$name" exhausted
		fi
		[ "$what" = - ] || kill $!' 2>>"$tmp/$name.err" &
}

check() { # check NAME SCENE COMMAND…
	local name=$1 scene=$2
	shift 2
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		failed=1
		head -c 1500 "$tmp/$scene.err" "$tmp/$scene.json" 2>/dev/null | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}
lines_of() { mapfile -t lines <"$tmp/$1.json"; } # lines_of SCENE: of its answer, in $lines
finding() { # finding SCENE RULE PATTERN…: there is one with all that
	local lines line pattern found=() holds
	lines_of "$1"
	for line in "${lines[@]}"; do
		[[ $line != *"\"type\":\"finding\",\"rule\":\"$2\""* ]] || found+=("$line")
	done
	[ ${#found[@]} != 0 ] || return 1
	for pattern in "${@:3}"; do
		holds=no
		for line in "${found[@]}"; do [[ ! $line =~ $pattern ]] || holds=yes; done
		[ $holds = yes ] || { echo "# no $pattern"; return 1; }
	done
}
none() { # none SCENE RULE: looked at, and nothing found
	local lines line looked=1
	lines_of "$1"
	for line in "${lines[@]}"; do
		[[ $line != *"\"rule\":\"$2\""* ]] || return 1
		[[ $line != *'"looked_at":'*"\"$2\""* ]] || looked=0
	done
	return $looked
}
exits() { # exits SCENE CODE
	local said=nothing
	read -r said <"$tmp/$1.rc"
	[ "$said" = "$2" ] || { echo "# exit $said"; return 1; }
}
told() { # told SCENE WORD: its process has printed a line with that word
	local line
	while IFS= read -r line; do
		[[ $line != *"$2"* ]] || return 0
	done <"$tmp/$1.out"
	return 1
}
export -f told
