#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Put the figures of a report of bench.sh between the marks of README.md.
#
# readme.sh REPORT [README]: between <!-- bench --> and <!-- /bench -->.
set -u
report=$(realpath "$1") || exit 2
cd "$(dirname "$0")/../.." || exit 2
readme=${2:-README.md}
for mark in '<!-- bench -->' '<!-- /bench -->'; do
	grep -qxF "$mark" "$readme" || { echo "readme.sh: $readme has no line $mark" >&2; exit 1; }
done
new=$(mktemp) || exit 2
trap 'rm -f "$new"' EXIT

# The table has a column for each scene of the report and a row for each program of the first one.
figures() {
	awk -F' *[|] *' '
	/^Machine: / { machine = substr($0, 10) }
	/^User .* medians of/ { rounds = $0; sub(/.*medians of /, "", rounds); sub(/ .*/, "", rounds) }
	/^### / { scene = substr($0, 5); once = scene ~ /^[0-9]+[kM] [A-Z_]+$/; next }
	once && /^[|] `/ && $3 ~ /^[0-9.]+$/ {
		if (!(scene in column)) { column[scene] = ++columns; title[columns] = scene }
		if (!($2 in row)) { row[$2] = ++rows; name[rows] = $2 }
		wall[row[$2], column[scene]] = $3
	}
	scene ~ /processes$/ && /^[|] `/ && $3 ~ /^[0-9.]+$/ {
		if ($2 !~ /floor/) owners = owners (owners ? ", " : "") $2 " " long($3)
		many = scene
	}
	scene ~ /^The live screen as it comes/ { tempo[$2] = $3; next }
	scene ~ /^The live/ && /^[|] [a-zC]/ { live[$2] = $3; size = scene; gsub(/[^0-9kM]/, "", size) }
	scene ~ /^Left open/ && /^[|] (tcptop|htop) / {
		cpu[$2] = $3; bytes[$2] = $4; memory[$2] = $5; start[$2] = $6
	}
	function long(ms) { return ms >= 995 ? sprintf("%.2f s", ms / 1000) : sprintf("%.0f ms", ms) }
	function beside(figure, unit) {
		return figure["tcptop"] unit (figure["htop"] ~ /^[0-9]/ ? " (htop: " figure["htop"] unit ")" : "")
	}
	END {
		if (!columns)
			exit 1
		print "Time to the answer, medians of " rounds " interleaved rounds on " machine ":\n"
		printf "| |"
		for (c = 1; c <= columns; c++) printf " %s |", title[c]
		printf "\n|---|"
		for (c = 1; c <= columns; c++) printf "---:|"
		print ""
		for (r = 1; r <= rows; r++) {
			printf "| %s |", name[r] == "`floor`" ? "the floor" : name[r]
			for (c = 1; c <= columns; c++)
				printf " %s |", (r, c) in wall ? long(wall[r, c]) : "–"
			print ""
		}
		if (owners)
			print "\nWith the processes that hold them, " many ": " owners "."
		if ("memory" in live) {
			key = "key to repaint, median, p99, most"
			split(live[key], ms, ", ")
			print "\nThe live screen among " size " sockets: " live["CPU of one tick"] " of CPU for a sample (the floor takes " \
				live["CPU of the floor"] "), " live["memory"] " of memory,"
			print "a key is on the screen " ms[1] " ms after it was pressed while a sample is being taken (p99: " ms[2] " ms)."
		}
		if ("CPU of a second" in tempo) {
			print "\nBy itself it takes a brief sample there each second, and gathers a full one meanwhile: " \
				tempo["CPU of a second"] " of CPU"
			print "a second, " tempo["memory"] " of memory, since the rows of up to four samples are held. A socket that is left in"
			print "CLOSE_WAIT is on the screen after " tempo["a CLOSE_WAIT is on the screen, worst"] " at worst."
		}
		if ("tcptop" in cpu) {
			print "\nLeft open among 100 sockets, a sample each second: " beside(cpu, " ms") " of CPU a minute,"
			print beside(bytes, " bytes") " to the terminal, " beside(memory, " MB") " of memory. The first screen is"
			print "complete after " beside(start, " ms") "."
		}
	}' "$report"
}

figures=$(figures) || { echo "readme.sh: no figures in $1" >&2; exit 1; }
FIGURES=$figures awk '
	/^<!-- bench -->$/ { print; print ""; print ENVIRON["FIGURES"]; print ""; inside = 1 }
	/^<!-- \/bench -->$/ { inside = 0 }
	!inside { print }' "$readme" >"$new" && cat "$new" >"$readme"
