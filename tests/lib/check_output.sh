# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts of net/: one line of TAP for each check. What a command that fails has printed is
# shown before it, and is in $tmp/log.
n=0

# shellcheck disable=SC2154 # tmp is the folder of the script
check() { # check NAME COMMAND…
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >"$tmp/log" 2>&1; then
		echo "ok $n - $name"
	else
		head -n 30 "$tmp/log" | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}
