# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: one line of TAP for each check. What a command that fails has printed is shown before it,
# and is in $tmp/said.
n=0 failed=0

# shellcheck disable=SC2154 # tmp is the folder of the script
check() { # check NAME COMMAND…
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >"$tmp/said" 2>&1; then
		echo "ok $n - $name"
	else
		failed=1
		tail -n 30 "$tmp/said" | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}
skip() { # skip NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}
finish() {
	echo "1..$n"
	exit $failed
}
