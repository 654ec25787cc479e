# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts of net/: one line of TAP for each check. What fails shows the end of $tmp/err.
n=0 failed=0

# shellcheck disable=SC2154 # tmp is the folder of the script
check() { # check NAME COMMAND…
	local name=$1 code
	shift
	"$@"
	code=$?
	n=$((n + 1))
	if [ $code = 0 ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$tmp/err" | tail -n 5
		failed=1
	fi
}
finish() {
	echo "1..$n"
	exit $failed
}
