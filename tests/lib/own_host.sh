# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts of long/ in the root of the project: they go on in network and mount namespaces
# of their own, or skip everything. $tmp is a folder; what run() starts ends with the script.
. tests/namespace.sh
skip_all() { # skip_all WHY
	echo "ok 1 - ${0##*/} # SKIP $1"
	echo 1..1
	exit 0
}
if [ -z "${IN_NAMESPACE:-}" ]; then
	[ ${#in_namespace[@]} != 0 ] || skip_all 'no namespaces here'
	IN_NAMESPACE=1 exec "${in_namespace[@]}" bash "$0"
fi
needs() { # needs PROGRAM…
	local program
	for program; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}
B=$(cd "${B:-build}" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
pids=()
end_all() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap end_all EXIT
run() { # run COMMAND…: in the background; `pid` is its process, and $tmp/log has what it says
	"$@" >>"$tmp/log" 2>&1 </dev/null &
	pid=$!
	pids+=("$pid")
}
. tests/lib/wait.sh
. tests/lib/check_output.sh
