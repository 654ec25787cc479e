#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is shipped for Prometheus fits the program: the alerts are those of the doctor's table, every
# metric that alerts and dashboard ask for is told, and each alert fires for what it is made for and
# for nothing that only looks like it. The metrics of a recorded host are as a person last read them;
# UPDATE=1 rewrites printed/metrics-*.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
. tests/view/scenes.sh
record api-07
blocks api-07
# shellcheck disable=SC2034 # the folder that check() has
tmp=$scratch
. tests/lib/check_output.sh

generated() { "$B/alerts" | diff config/prometheus/tcptop.rules.yml - || { echo "make alerts renews it" && return 1; }; }
check 'the alerts are those of the table' generated
told() { # every metric that is asked for is one of those that are told, or recorded by a rule
	"$TCPTOP" --no-config --explain-metrics | sed -nE 's/^(tcptop_[a-z0-9_]+).*/\1/p' | sort -u >"$scratch/told"
	grep -ohE '\btcptop_[a-z0-9_]+' config/grafana/tcptop.json <(grep -E "expr:|summary:" config/prometheus/tcptop.rules.yml) |
		sort -u >"$scratch/asked"
	[ "$(wc -l <"$scratch/asked")" -gt 40 ] && comm -13 "$scratch/told" "$scratch/asked" >"$scratch/untold"
	[ ! -s "$scratch/untold" ] || { cat "$scratch/untold" && return 1; }
}
check 'alerts and dashboard ask for what is told' told
tested() { # each alert has its two tests
	sed -nE 's/^ +- alert: Tcptop(.*)/\1/p' config/prometheus/tcptop.rules.yml | sort >"$scratch/alerts"
	sed -nE 's/^  - name: ([A-Za-z0-9]+)$/\1/p' tests/data/prometheus/alerts.yml | sort | diff "$scratch/alerts" - &&
		sed -nE 's/^  - name: "([A-Za-z0-9]+), trap: .*/\1/p' tests/data/prometheus/alerts.yml | sort | diff "$scratch/alerts" -
}
check 'each alert has a test, and one of what only looks like it' tested
every_rule() {
	sed -nE 's/^RULE\([A-Z0-9_]+, ([a-z_0-9]+),.*/\1/p' include/tcptop/doctor/rules.def | sort >"$scratch/rules"
	sed -nE 's/^ +rule: ([a-z_0-9]+)$/\1/p' config/prometheus/tcptop.rules.yml | sort -u | diff "$scratch/rules" -
}
check 'each rule of the doctor has an alert' every_rule
no_gaps() { ! grep -nE '\{[0-9w]\}|[[^]|> 0' <(grep -E "summary:|description:|action:" config/prometheus/tcptop.rules.yml); }
check 'no text waits for a figure' no_gaps

metrics() { TZ=UTC LC_ALL=C.UTF-8 "$TCPTOP" --no-config --read "$recordings/api-07-blocks.frames" --format "$1"; }
as_read() { # as_read FORMAT
	[ -z "${UPDATE:-}" ] || metrics "$1" >"tests/view/printed/metrics-$1.txt"
	metrics "$1" | diff "tests/view/printed/metrics-$1.txt" -
}
for format in prometheus openmetrics; do
	check "the metrics of a recorded host, $format" as_read $format
done

if command -v promtool >/dev/null; then
	check 'promtool takes the rules' promtool check rules config/prometheus/tcptop.rules.yml
	sed "s|\[RULES\]|[$PWD/config/prometheus/tcptop.rules.yml]|" tests/data/prometheus/alerts.yml >"$scratch/alerts.yml"
	check 'promtool: each alert fires when it must, and only then' promtool test rules "$scratch/alerts.yml"
	lint() { # silent
		metrics "$1" | promtool check metrics >"$scratch/lint" 2>&1 && [ ! -s "$scratch/lint" ] || { cat "$scratch/lint" && return 1; }
	}
	check 'promtool has nothing to say of the metrics' lint prometheus
else
	skip 'promtool takes the rules' 'promtool is not installed'
	skip 'promtool: each alert fires when it must, and only then' 'promtool is not installed'
	skip 'promtool has nothing to say of the metrics' 'promtool is not installed'
fi
echo "1..$n"
