#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run every test and close with "N passed, N failed, N skipped".
#
# run.sh BUILD [PATTERN…]: the compiled tests of BUILD/tests/{unit,fuzz,net} and the scripts of
# tests/{view,net,pty}, those whose path holds any PATTERN; the scripts of tests/long only where a
# PATTERN names that folder. All speak TAP; a test that cannot run says "ok - NAME # SKIP why". net/
# runs in a namespace of its own, as root or as an ordinary user.
#
# TEST_JOBS tests run at the same time (default: three times the number of cores, since most of those in
# net/ and pty/ wait). Each has a home and a folder for temporary files of its own, and its output is
# printed in one piece when it has ended. TEST_TIMEOUT seconds after its start a test is killed
# (default 900). Those whose path holds a word of TEST_WITHOUT are left out, and where
# TEST_THREADS is set, compiled tests that cannot start a thread. TEST_LINES lines of a failure are shown
# (default 60). Where TEST_KEEP names a folder, what each test said, every line of it, is kept
# there as NAME.tap, and the seconds of each, and those of the processor, in the file times.
#
# Where TEST_AGAIN is a number, up to so many files that failed are run once more, alone, when all
# others have ended: a test of real sockets and terminals may fail because the machine was busy. What
# they said first stays printed, and those that pass then are named as unsteady. Where more have
# failed, or a sanitizer has reported something, there is no second run. A check that fails leaves
# behind what its test would have freed: leaks that are reported beside it are no reason against a
# second run, which reports them again if they are others.
set -u
cd "$(dirname "$0")/.." || exit 1
B=$(cd "$1" && pwd) || exit 1
patterns=("${@:2}")
[ ${#patterns[@]} -gt 0 ] || patterns=('')
jobs_wanted=${TEST_JOBS:-$((3 * $(nproc)))}
export B LC_ALL=C.UTF-8 TZ=UTC
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:exitcode=99}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:exitcode=99}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:exitcode=99}
unset NO_COLOR LANG LANGUAGE COLORFGBG XDG_CONFIG_HOME TCPTOP_CONFIG
work=$(mktemp -d) || exit 1 # holds one folder for each test
chmod 755 "$work"           # tests that become another user start programs from there
mkdir "$work/recordings"
export TEST_RECORDINGS=$work/recordings # what tests/view/scenes.sh makes once for all
# kill_group FOLDER: end what the test of that folder left running
kill_group() {
	local group
	read -r group <"$1/group" && kill -KILL -- "-$group"
} 2>/dev/null
clean_up() {
	local folder
	for folder in "${running[@]}"; do kill_group "$folder"; done
	wait
	chmod -R u+rwx "$work" 2>/dev/null
	rm -rf "$work"
}
declare -A running=() # by the process id of run_one: the folder of the test
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

. tests/namespace.sh

passed=0 failed=0 skipped=0
failures=()      # folders of the tests that failed
unsteady=()      # names of those that passed in their second run
has_report=false # has a sanitizer reported something?

# run_one FOLDER COMMAND…: leave output, exit status and times of the command in files there
run_one() {
	local folder=$1 group begin=${EPOCHREALTIME/[.,]/} status
	shift
	HOME=$folder/home TMPDIR=$folder/tmp timeout -k 5 "${TEST_TIMEOUT:-900}" "$@" \
		>"$folder/output" 2>&1 </dev/null &
	group=$! # timeout makes itself the leader of a group
	echo $group >"$folder/group"
	wait $group
	status=$?
	kill_group "$folder"
	rm -rf "${folder:?}/tmp" "${folder:?}/home"
	echo "$status $((${EPOCHREALTIME/[.,]/} - begin))" >"$folder/status"
	times >"$folder/times" # the second line: of the children, as 0m1.234s of the user and the system
}

# reports CHECKS <OUTPUT: has a sanitizer reported what a second run may not pass over? CHECKS: how
# many checks failed
reports() {
	local lines
	lines=$(grep -E '(ERROR|WARNING): [A-Za-z]+Sanitizer|: runtime error: ')
	[ "$1" = 0 ] || lines=$(grep -v ': LeakSanitizer: ' <<<"$lines")
	[ -n "$lines" ]
}

# report FOLDER: count and print what the test of that folder said
report() {
	local folder=$1 name output status time cpu=0 p=0 f=0 s=0 checks line part parts
	local skips=() others=()
	read -r name <"$folder/name"
	read -r status time <"$folder/status"
	{ read -r _ && read -ra parts; } <"$folder/times"
	for part in "${parts[@]}"; do # 1m2.345s, in milliseconds
		line=${part##*m}
		line=${line//[.s]/}
		cpu=$((cpu + ${part%m*} * 60000 + 10#$line))
	done
	cpu=$((cpu / 1000))
	printf '%6d.%02d %5d %s\n' $((time / 1000000)) $((time / 10000 % 100)) "$cpu" "$name" \
		>>"$work/times"
	# Bytes of zero are left out. cmocka writes "not ok" for skipped ones.
	mapfile -d '' -t parts <"$folder/output"
	printf -v output %s "${parts[@]}"
	while [[ $output == *$'\n' ]]; do output=${output%$'\n'}; done
	while IFS= read -r line; do
		case $line in
		'ok '*'# SKIP'* | 'not ok '*'# SKIP'*) s=$((s + 1)) skips+=("    ok${line#*ok}") ;;
		'ok '*) p=$((p + 1)) ;;
		'not ok '*) f=$((f + 1)) others+=("    $line") ;;
		*) others+=("    $line") ;;
		esac
	done <<<"$output"
	if [ -n "${TEST_KEEP:-}" ]; then
		mkdir -p "$TEST_KEEP/${name%/*}"
		printf '%s\n# exit code %s\n' "$output" "$status" >"$TEST_KEEP/$name.tap"
	fi
	checks=$f
	if [ "$f" = 0 ] && { [ "$status" != 0 ] || [ $((p + s)) = 0 ]; }; then f=1; fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$f" = 0 ]; then
		printf '%-40s %3d passed' "$name" "$p"
		[ "$s" = 0 ] || printf ', %d skipped' "$s"
		printf '\n'
		[ "$s" = 0 ] || printf '%s\n' "${skips[@]}"
	else
		printf '%-40s FAILED (exit %d)\n' "$name" "$status"
		printf '%s\n' "${others[@]:0:${TEST_LINES:-60}}"
		# A test that was killed hung after the last thing that it said.
		case $status in 124 | 137) echo "    its last line: ${output##*$'\n'}" ;; esac
		failures+=("$folder")
		echo "$p $f $s" >"$folder/counts"
		! reports "$checks" <<<"$output" || has_report=true
	fi
}

# report_next: wait until any of the running tests has ended, and report it
report_next() {
	local ended folder
	wait -n -p ended "${!running[@]}"
	folder=${running[$ended]}
	unset "running[$ended]"
	report "$folder"
}

starts_threads() { # starts_threads PATH: can it? A script starts the program, which does
	case $1 in *.sh) return 0 ;; esac
	nm -D --undefined-only "$1" | grep -q pthread_create
}

is_wanted() { # is_wanted PATH
	local pattern
	[ -z "${TEST_THREADS:-}" ] || starts_threads "$1" || return 1
	for pattern in ${TEST_WITHOUT:-}; do
		[ -n "${1##*"$pattern"*}" ] || return 1
	done
	for pattern in "${patterns[@]}"; do
		case $1 in
		tests/long/*) [ -z "${pattern##tests/long*}" ] && [ -n "$pattern" ] || continue ;;
		esac
		[ -n "${1##*"$pattern"*}" ] || return 0
	done
	return 1
}

# start PATH: run the test in the background
started=0
start() {
	local path=$1 name=${1#"$B"/} command=("$1")
	case $path in *.sh) command=(bash "$path") ;; esac
	case $name in
	tests/net/*)
		if [ ${#in_namespace[@]} = 0 ]; then
			echo "$name: skipped: no namespaces here (unshare failed)"
			skipped=$((skipped + 1))
			return
		fi
		command=("${in_namespace[@]}" "${command[@]}")
		;;
	esac
	started=$((started + 1))
	mkdir -m 755 "$work/$started" "$work/$started/home" "$work/$started/tmp" || exit 1
	echo "$name" >"$work/$started/name"
	echo "$path" >"$work/$started/path"
	run_one "$work/$started" "${command[@]}" &
	running[$!]=$work/$started
}

# once_more FOLDER: run the test of that folder again, instead of what it has said so far
once_more() {
	local p f s name
	read -r p f s <"$1/counts"
	passed=$((passed - p)) failed=$((failed - f)) skipped=$((skipped - s))
	read -r name <"$1/name"
	[ -z "${TEST_KEEP:-}" ] || mv "$TEST_KEEP/$name.tap" "$TEST_KEEP/$name.first.tap"
	f=${#failures[@]}
	start "$(cat "$1/path")"
	report_next
	[ ${#failures[@]} -gt "$f" ] || unsteady+=("$name")
}

# Those that take long begin first, so that none of them is left running alone at the end: these take
# longest of all, then come whole folders.
longest=(pty/memory view/golden pty/lessons pty/privileges net/doctor net/remote view/imports pty/environment
	net/filter pty/port_3000)
longest=("${longest[@]/#/tests/}")
declare -A begun=()
for path in "${longest[@]/%/_test.sh}" tests/long/*_test.sh tests/pty/*_test.sh tests/view/*_test.sh tests/net/*_test.sh "$B"/tests/net/* \
	"$B"/tests/unit/* "$B"/tests/fuzz/*; do
	case $path in *.o | *.d | *.gcno | *.gcda) continue ;; esac
	[ -f "$path" ] && [ -z "${begun[$path]:-}" ] && is_wanted "$path" || continue
	begun[$path]=1
	name=${path#"$B"/}
	# A program whose source is gone is left from an earlier build.
	case $path in *.sh) ;; *) [ -f "$name.c" ] || continue ;; esac
	[ ${#running[@]} -lt "$jobs_wanted" ] || report_next
	start "$path"
done
while [ ${#running[@]} -gt 0 ]; do report_next; done

if [ ${#failures[@]} -gt 0 ] && [ ${#failures[@]} -le "${TEST_AGAIN:-0}" ] && ! $has_report; then
	echo 'once more, alone:'
	first=("${failures[@]}")
	failures=()
	for folder in "${first[@]}"; do once_more "$folder"; done
fi

if [ "$started" -gt 1 ]; then
	echo 'slowest, with their seconds and those of the processor:'
	sort -rn "$work/times" | tee ${TEST_KEEP:+"$TEST_KEEP/times"} | head -n 10
fi
for folder in "${failures[@]}"; do echo "failed: $(cat "$folder/name")"; done
[ ${#unsteady[@]} = 0 ] || printf 'unsteady, failed and then passed alone: %s\n' "${unsteady[@]}"
[ -z "${TEST_WITHOUT:-}" ] || echo "not run: $TEST_WITHOUT"
[ -z "${TEST_THREADS:-}" ] || echo 'not run: compiled tests that cannot start a thread'
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
