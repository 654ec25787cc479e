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
			until_true grep -q ready "$tmp/$name.out" || exit
		fi
		sleep "$wait"
		"$B/tcptop" --config "$tmp/$name.ini" --doctor --json ${samples:+1 $samples} >"$tmp/$name.json" 2>"$tmp/$name.err"
		echo $? >"$tmp/$name.rc"
		eval "${after:-}"
		if [ "$name" = ports ]; then
			until_true grep -q exhausted "$tmp/$name.out"
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
finding() { # finding SCENE RULE PATTERN…: there is one with all that
	local found
	found=$(grep "\"type\":\"finding\",\"rule\":\"$2\"" "$tmp/$1.json")
	[ -n "$found" ] || return 1
	for pattern in "${@:3}"; do grep -qE "$pattern" <<<"$found" || { echo "# no $pattern"; return 1; }; done
}
none() { # none SCENE RULE: looked at, and nothing found
	[ -s "$tmp/$1.json" ] && ! grep -q "\"rule\":\"$2\"" "$tmp/$1.json" &&
		grep -q "\"looked_at\":.*\"$2\"" "$tmp/$1.json"
}
exits() { [ "$(cat "$tmp/$1.rc" 2>/dev/null)" = "$2" ] || { echo "# exit $(cat "$tmp/$1.rc")"; return 1; }; }
