#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What tcptop costs, against the kernel's own dump (the floor), ss and htop, as a Markdown report.
#
# bench.sh BUILD [SIZE]…: programs that answer once among SIZE (100k 300k 1M; 10k …) ESTABLISHED and
# as many TIME_WAIT, metrics and the live screen among the most ESTABLISHED, and a minute of it among 100. Figures
# are medians of ROUNDS (5) rounds, ratios medians of the ratios within a round. On a busy machine
# trust CPU time. Exits 1 when a line of the budget is missed by more than 5 %, else 3 when one was
# not measured. PARTS="once owners scrape live tempo idle" and IDLE_SECONDS=60 choose less. With AGAINST=PROGRAM,
# another tcptop takes turns with this one in place of ss, netstat, lsof and htop, and the report ends
# with the ratios of both in place of the budget; exits 1 when one is over 1.03. The sockets are in
# network namespaces of their own, made without privilege where the kernel allows that, and go with
# them.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(cd "$1" && pwd) || exit 2
shift
[ $# -gt 0 ] || set -- 100k 300k 1M
ROUNDS=${ROUNDS:-5}
PARTS=${PARTS:-once owners scrape live tempo idle}
AGAINST=${AGAINST:+$(realpath "$AGAINST")}
export AGAINST B ROUNDS LC_ALL=C.UTF-8 TERM=xterm-256color
unset NO_COLOR COLORFGBG XDG_CONFIG_HOME

OWNERS="100k in 300 processes"
WORK=$(mktemp -d) || exit 2
export WORK
: >"$WORK/records"
child=
clean() {
	[ -z "$child" ] || kill -- "-$child" 2>/dev/null
	rm -rf "$WORK"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
. tests/bench/record.sh

ENTRIES=$(cat /proc/sys/net/ipv4/tcp_ehash_entries 2>/dev/null) || ENTRIES=262144
export ENTRIES=${ENTRIES#-} # negative: the namespace of this shell shares the host's
namespace=(unshare -n)
[ "$(id -u)" = 0 ] || namespace=(unshare -Urn)

tools() { # the others, as they call themselves
	for command in "ss -V" "netstat -V" "htop -V"; do
		command -v "${command%% *}" >/dev/null && $command 2>&1 | head -1
	done | paste -sd ";" - | sed "s/;/; /g"
}
meminfo() { # meminfo NAME: KiB
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}
number() { # 100k → 100000
	sed -e 's/k$/000/' -e 's/M$/000000/' <<<"$1"
}

# In a process group of its own, so that all of it can be ended.
among() { # among SCENE KIND N COMMAND…: false when it could not be; the reason is recorded
	local scene=$1
	shift
	echo "bench: $SECONDS s: $scene" >&2
	set -m
	"${namespace[@]}" bash tests/bench/loaded.sh "$@" </dev/null 2>"$WORK/failed" &
	child=$!
	set +m
	wait $child && child= && return
	child=
	missing "$scene" - "$(head -c 300 "$WORK/failed" | tail -1)"
	return 1
}

# A socket takes 2.9 KiB, an entry in TIME_WAIT a tenth; the live screen and the rest are added.
room_for() { # room_for SCENE KIND N
	local kib=$(($3 * 33 / 10)) free
	[ "$2" = ESTABLISHED ] || kib=$(($3 * 4 / 10))
	kib=$((kib + 300000))
	free=$(meminfo MemAvailable)
	[ "$free" -ge $kib ] && return
	missing "$1" - "needs $((kib / 1024)) MB of memory, $((free / 1024)) are free"
	return 1
}

wanted() { # wanted PART
	[[ " $PARTS " = *" $1 "* ]]
}

once() { # once SIZE KIND: entries in TIME_WAIT last a minute, so that they are made again and again
	local scene="$1 $2" n before=-1 until=600
	n=$(number "$1")
	[ "$2" = ESTABLISHED ] || until=52
	room_for "$scene" "$2" "$n" || return
	echo 0 >"$WORK/rounds"
	while [ "$(cat "$WORK/rounds")" -lt "$ROUNDS" ] && [ "$(cat "$WORK/rounds")" -gt "$before" ]; do
		before=$(cat "$WORK/rounds")
		among "$scene" "$2" "$n" bash tests/bench/rounds.sh "$scene" "$before" $until || return
	done
}

"${namespace[@]}" true 2>"$WORK/failed" || {
	echo "bench: no namespaces here: $(cat "$WORK/failed")" >&2
	exit 3
}
facts="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r)"
memory=$(($(meminfo MemTotal) / 1024))
load=$(cut -d' ' -f1 /proc/loadavg)
most=$(for size in "$@"; do number "$size"; done | sort -n | tail -1)
for size in "$@"; do
	if wanted once; then
		once "$size" ESTABLISHED
		once "$size" TIME_WAIT
	fi
	if wanted scrape && [ "$(number "$size")" = "$most" ] && room_for "$size ESTABLISHED, scraped" ESTABLISHED "$most"; then
		among "$size ESTABLISHED, scraped" ESTABLISHED "$most" bash tests/bench/scrape.sh "$size ESTABLISHED, scraped"
	fi
	if wanted live && [ "$(number "$size")" = "$most" ] && room_for "live $size" ESTABLISHED "$most"; then
		among "live $size" ESTABLISHED "$most" bash tests/bench/live.sh "$size" "$most"
	fi
	if wanted tempo && [ "$(number "$size")" = "$most" ] && room_for "tempo $size" ESTABLISHED "$most"; then
		among "tempo $size" ESTABLISHED "$most" bash tests/bench/tempo.sh "$size"
	fi
done
if wanted owners && room_for "$OWNERS" ESTABLISHED 100000; then
	PROCESSES=300 PROGRAMS=owners among "$OWNERS" ESTABLISHED 100000 \
		bash tests/bench/rounds.sh "$OWNERS" 0 600
fi
if wanted idle; then
	seconds=${IDLE_SECONDS:-60}
	among idle ESTABLISHED 100 bash tests/bench/idle.sh "$seconds"
fi

cat <<-TEXT
	## tcptop, measured

	Machine: $facts, $memory MB

	User $(id -un), load $load before, medians of $ROUNDS rounds. $(tools)
TEXT
awk -F'|' -v against="$AGAINST" -v cores="$(nproc)" -v minute="$(awk "BEGIN { print ${seconds:-60} / $ROUNDS / 60 }")" \
	-f tests/bench/report.awk tests/bench/budget "$WORK/records"
