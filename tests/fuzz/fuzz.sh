#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run the fuzzers under libFuzzer with the address and undefined-behaviour sanitizers.
#
# fuzz.sh [NAME…]: those of tests/fuzz/NAME_fuzz.c, all of them without a name, each for
# FUZZ_SECONDS (30). Found inputs stay in build/fuzz/corpus/NAME and are the start of the next run;
# an input that breaks something is left in build/fuzz/broken/.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${FUZZ_SECONDS:-30}
names=("$@")
if [ ${#names[@]} = 0 ]; then
	for file in tests/fuzz/*_fuzz.c; do
		name=${file##*/}
		names+=("${name%_fuzz.c}")
	done
fi
command -v clang >/dev/null || { echo "fuzz: clang is missing" >&2; exit 1; }

export ASAN_OPTIONS=${ASAN_OPTIONS:-allocator_may_return_null=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
mkdir -p build/fuzz/broken
bad=0
for name in "${names[@]}"; do
	program=build/fuzz/tests/fuzz/${name}_fuzz
	make --no-print-directory -s B=build/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined \
		CFLAGS='-O1 -g -DLIBFUZZER' LDFLAGS=-fsanitize=fuzzer "$program" >/dev/null || exit 1
	export FUZZ_CORPUS=build/fuzz/corpus/$name
	mkdir -p "$FUZZ_CORPUS"
	log=build/fuzz/$name.log
	if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="build/fuzz/broken/$name-" "$FUZZ_CORPUS" >"$log" 2>&1; then
		echo "fuzz: $name: $(grep -E '^(Done|#.*DONE)' "$log" | tail -n 1)"
	else
		echo "fuzz: $name: BROKEN, see $log"
		tail -n 30 "$log"
		bad=1
	fi
done
exit $bad
