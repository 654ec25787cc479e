#!/usr/bin/env bash
# Run every test and close with "N passed, N failed, N skipped".
#
# run.sh BUILD [PATTERN]: the compiled tests of BUILD/tests/{unit,fuzz,net} and the scripts of
# tests/{view,net,pty,fuzz}, those whose path holds PATTERN. All speak TAP; a test that cannot run
# says "ok - NAME # SKIP why". net/ runs in a namespace of its own, as root or as an ordinary user.
set -u
cd "$(dirname "$0")/.." || exit 1
B=$(cd "$1" && pwd) || exit 1
pattern=${2:-}
export B LC_ALL=C.UTF-8 TZ=UTC
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:exitcode=99}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:exitcode=99}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:exitcode=99}
unset NO_COLOR LANG LANGUAGE COLORFGBG XDG_CONFIG_HOME TCPTOP_CONFIG
HOME=$(mktemp -d) || exit 1
export HOME
trap 'rm -rf "$HOME"' EXIT

. tests/namespace.sh

passed=0 failed=0 skipped=0
failures=()

run_one() { # run_one NAME COMMAND…
	local name=$1 output status group p f s
	shift
	timeout -k 5 "${TEST_TIMEOUT:-300}" "$@" >"$HOME/output" 2>&1 </dev/null &
	group=$! # which timeout makes; what a test that failed has left behind goes with it
	wait $group
	status=$?
	kill -KILL -- -$group 2>/dev/null
	output=$(tr -d '\0' <"$HOME/output")
	s=$(grep -cE '^(not )?ok .*# SKIP' <<<"$output") # cmocka writes "not ok" for skipped ones
	p=$(grep -E '^ok ' <<<"$output" | grep -cv '# SKIP')
	f=$(grep -E '^not ok ' <<<"$output" | grep -cv '# SKIP')
	if [ $f = 0 ] && { [ $status != 0 ] || [ $((p + s)) = 0 ]; }; then f=1; fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$f" = 0 ]; then
		printf '%-40s %3d passed' "$name" $p
		[ "$s" = 0 ] || printf ', %d skipped' "$s"
		printf '\n'
		grep -E '^(not )?ok .*# SKIP' <<<"$output" | sed -E 's/^(not )?ok/    ok/'
	else
		printf '%-40s FAILED (exit %d)\n' "$name" $status
		grep -vE '^ok ' <<<"$output" | sed 's/^/    /' | head -n "${TEST_LINES:-60}"
		failures+=("$name")
	fi
}

for path in "$B"/tests/unit/* tests/view/*_test.sh "$B"/tests/net/* tests/net/*_test.sh \
	tests/pty/*_test.sh "$B"/tests/fuzz/*; do
	case $path in *.o | *.d | *.gcno | *.gcda) continue ;; esac
	[ -f "$path" ] && [ -z "${path##*"$pattern"*}" ] || continue
	name=${path#"$B"/}
	command=("$path")
	case $path in *.sh) command=(bash "$path") ;; esac
	case $name in
	tests/net/*)
		if [ ${#in_namespace[@]} = 0 ]; then
			echo "$name: skipped: no namespaces here (unshare failed)"
			skipped=$((skipped + 1))
			continue
		fi
		command=("${in_namespace[@]}" "${command[@]}")
		;;
	esac
	run_one "$name" "${command[@]}"
done

[ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
