#!/usr/bin/env bash
# What a sample costs, against the kernel's own dump (the floor) and against ss, as Markdown.
#
# bench.sh BUILD [SIZE]...: for each size (100k when none is given; 10k 300k 1M …) that many
# ESTABLISHED and then that many TIME_WAIT sockets, each in a namespace with a hash table of its own.
# The programs take turns, ROUNDS (5) times; figures are medians, ratios are medians of the ratios
# within a round, since a machine drifts more than the programs differ; on a busy one trust CPU.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(cd "$1" && pwd) || exit 1
shift
[ $# -gt 0 ] || set -- 100k
ROUNDS=${ROUNDS:-5}
export LC_ALL=C.UTF-8

# name | command; its output goes to a file. The first is the floor, the second ss. What is not
# installed is left out.
programs() {
	cat <<-TABLE
		floor|$B/tests/bench/floor
		ss -tan|ss -tan
		tcptop --once --limit 50|$B/tcptop --no-config --once --limit 50
		tcptop --once (text)|$B/tcptop --no-config --once
		tcptop --once --json|$B/tcptop --no-config --once --json
		netstat -tan|netstat -tan
		cat /proc/net/tcp{,6}|cat /proc/net/tcp /proc/net/tcp6
	TABLE
}

number() { # 100k → 100000
	sed -e 's/k$/000/' -e 's/M$/000000/' <<<"$1"
}

gauge() { # gauge NAME: a number of the TCP line of sockstat, the namespace's own
	awk -v name="$1" '$1 == "TCP:" { for (i = 2; i < NF; i += 2) if ($i == name) print $(i + 1) }' \
		/proc/net/sockstat
}

setting() { # setting NAME VALUE: where this kernel and this user have it
	{ echo "$2" >"/proc/sys/net/$1"; } 2>/dev/null
}

# Inside: load KIND N in the background; its standard input ends with this script.
load() {
	mkfifo "$work/hold.$$"
	"$B/tests/bench/load" "$1" "$2" <"$work/hold.$$" >"$work/said" &
	exec 9>"$work/hold.$$"
	while ! [ -s "$work/said" ]; do
		kill -0 $! 2>/dev/null || { echo "bench: the load failed" >&2; exit 1; }
		sleep 0.1
	done
}

run_all() { # run_all ROUND: one line per program: round | name | wall user sys rss exit
	local name command cost
	while IFS='|' read -r name command; do
		read -ra command <<<"$command"
		command -v "${command[0]}" >/dev/null || continue
		cost=$("$B/tests/bench/measure" "$work/out" "${command[@]}" 2>"$work/err" 9>&-)
		[ "${cost##* }" = 0 ] || echo "bench: $name: exit ${cost##* } $(head -1 "$work/err")" >&2
		echo "$1|$name|$cost"
	done < <(if [ $(($1 % 2)) = 0 ]; then programs; else programs | tac; fi)
}

# Inside: rounds until there are enough, or until the first TIME_WAIT are about to expire.
rounds() { # rounds KIND SIZE FIRST
	local round took=0 began
	ip link set lo up || exit 1
	setting ipv4/ip_local_port_range '1024 65535'
	setting ipv4/tcp_max_tw_buckets 4000000
	setting ipv4/tcp_tw_reuse 0
	SECONDS=0
	load "$1" "$(number "$2")"
	for ((round = $3; round < ROUNDS && (SECONDS + took < 50 || round == $3); round++)); do
		began=$SECONDS
		run_all $round >>"$work/costs"
		took=$((SECONDS - began + 1))
	done
	echo "$(cat "$work/said"), table of $(cat /proc/sys/net/ipv4/tcp_ehash_entries) entries;" \
		"in use $(gauge inuse), TIME_WAIT $(gauge tw)" >"$work/note"
}
if [ -n "${BENCH_INSIDE:-}" ]; then
	work=$BENCH_INSIDE
	rounds "$@"
	exit
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unshare=(unshare -nm)
[ "$(id -u)" = 0 ] || unshare=(unshare -Urnm)
"${unshare[@]}" true 2>/dev/null || {
	echo "bench: no namespaces here (unshare failed)" >&2
	exit 1
}
entries=$(cat /proc/sys/net/ipv4/tcp_ehash_entries 2>/dev/null) || entries=262144

# A namespace whose setting gives the one within it a table of its own, as large as the host's; a
# negative number of entries says that the table is the host's after all.
inside() { # inside KIND SIZE FIRST
	# shellcheck disable=SC2016 # expanded inside
	BENCH_INSIDE=$work ENTRIES=${entries#-} "${unshare[@]}" sh -c '
		echo "$ENTRIES" 2>/dev/null >/proc/sys/net/ipv4/tcp_child_ehash_entries
		exec unshare -n bash "$0" "$@"' tests/bench/bench.sh "$B" "$@"
}

table() { # stdin: the lines of run_all
	awk -F'|' '
	function median(list, n,   sorted, i, j, x) {
		for (i = 1; i <= n; i++) {
			x = list[i]
			for (j = i - 1; j > 0 && sorted[j] > x; j--)
				sorted[j + 1] = sorted[j]
			sorted[j + 1] = x
		}
		return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
	}
	function column(name, field, over,   list, n, round) {
		n = 0
		for (round in rounds)
			if ((round, name) in cost)
				list[++n] = value(round, name, field) / (over ? value(round, over, field) : 1)
		return median(list, n)
	}
	function value(round, name, field,   parts) {
		split(cost[round, name], parts, " ")
		return field == "cpu" ? parts[2] + parts[3] : parts[field]
	}
	{ cost[$1, $2] = $3; rounds[$1] = 1; seen[$2] = 1 }
	END {
		print "| program | wall ms | user ms | sys ms | RSS MB | wall / floor | wall / ss | CPU / floor | CPU / ss |"
		print "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
		while ((getline line < order) > 0) {
			split(line, row, "|")
			if (!(row[1] in seen))
				continue
			printf "| %s | %.1f | %.1f | %.1f | %.1f | %.2f | %.2f | %.2f | %.2f |\n", row[1],
				column(row[1], 1) / 1000, column(row[1], 2) / 1000, column(row[1], 3) / 1000,
				column(row[1], 4) / 1024, column(row[1], 1, "floor"), column(row[1], 1, "ss -tan"),
				column(row[1], "cpu", "floor"), column(row[1], "cpu", "ss -tan")
		}
	}' order="$work/order" -
}

measure() { # measure KIND SIZE
	local first=0 before
	: >"$work/costs"
	while [ $first -lt "$ROUNDS" ]; do
		before=$first
		inside "$1" "$2" $first || exit 1
		first=$(cut -d'|' -f1 "$work/costs" | sort -un | wc -l)
		[ "$first" -gt $before ] || exit 1
	done
	printf '\n### %s %s\n\n%s\n\n' "$2" "$1" "$(cat "$work/note")"
	table <"$work/costs"
}

programs >"$work/order"
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r)," \
	"load $(cut -d' ' -f1 /proc/loadavg), as $(id -un); medians of $ROUNDS rounds"
for size in "$@"; do
	measure ESTABLISHED "$size"
	measure TIME_WAIT "$size"
done
