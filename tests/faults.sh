#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Faults that break tools of this kind, in families, and which checks show that each is held.
#
# faults.sh BUILD [NUMBER…]: runs the tests that the families name, or those of these numbers, and
# says of each family whether it was held, fell short (a check failed, or is gone) or was not tried
# (why). The last line is "N families: N held, N fell short, N not tried". FAULT_SECONDS (default 120)
# is how long each of the long ones lasts, FAULT_KEEP a folder for what all tests said.
set -u
cd "$(dirname "$0")/.." || exit 1
B=$(cd "$1" && pwd) || exit 1
shift
export FAULT_SECONDS=${FAULT_SECONDS:-120}
keep=${FAULT_KEEP:-$(mktemp -d)} || exit 1
[ -n "${FAULT_KEEP:-}" ] || trap 'rm -rf "$keep"' EXIT

names=() needs=() untried=()
number=0
family() { number=$1 names[$1]=$2; } # family NUMBER WHAT
# by FILE [REGEX…]: held by that file's checks, of each REGEX at least one; without REGEX by all
by() {
	local regex
	[ $# -gt 1 ] || set -- "$1" ''
	for regex in "${@:2}"; do needs[number]+="tests/$1"$'\t'"$regex"$'\n'; done
}
nothing() { untried[number]=$1; } # nothing WHY: no test of the family is here

# The terminal.
family 1 "TERM empty, unset, unknown, dumb"
by pty/environment_test.sh 'TERM=dumb is' 'TERM unset' 'TERM empty' 'unknown TERM'
by unit/tty_test test_refused_types
family 2 "vt100, vt220, linux, ansi and others are usable"
by pty/environment_test.sh 'TERM=vt100 is' 'TERM=vt220 is' 'TERM=linux is' 'TERM=ansi is' 'TERM=.* ends as'
family 3 "NO_COLOR set and empty"
by pty/environment_test.sh NO_COLOR 'takes them away' 'brings them back'
by unit/settings_test test_color_order
family 4 "standard files: none, a file, a pipe that closes, a full disk"
by pty/environment_test.sh 'stdin is no terminal' 'stdout is no terminal' 'a reader that leaves' \
	'/dev/full' 'stdout closed' 'all three closed'
family 5 "the terminal goes away, also under nohup"
by pty/signals_test.sh 'a closed terminal ends it$' 'a closed terminal ends it too'
by unit/tty_test test_a_closed_terminal_is_noticed
family 6 "signals that end, and crashes, give the terminal back"
by pty/signals_test.sh '(HUP|INT|QUIT|TERM) leaves' '(SEGV|ABRT|BUS|FPE) leaves'
family 7 "sizes from 1×1 to 300×500, and storms of them"
by unit/tty_test test_sizes
by unit/view_draw_test test_every_kind_of_size
by pty/screen_test.sh 'a storm of sizes'
by long/storms_test.sh 'a storm of sizes'
family 8 "stop, another size, go on"
by pty/signals_test.sh '\^Z suspends' 'given back' 'fg brings it back'
family 9 "SIGSTOP: rates by the time that really passed"
by pty/surroundings_test.sh 'after a stop no samples'
by unit/rate_test rates_go_by_the_real_time
family 10 "^S, or a terminal that nobody reads: bounded memory"
by pty/endurance_test.sh 'a terminal that takes nothing' 'nor fills the memory'
by unit/tty_test test_a_stopped_terminal
family 11 "a megabyte of random bytes, and pastes"
by pty/input_test.sh noise 'a bracketed paste'
by pty/close_test.sh 'noise, K and y' 'a bracketed paste'
family 12 "tmux left and come back to at another size"
by pty/surroundings_test.sh 'a client of' 'one of 60x20'
by pty/input_test.sh 'left alone and made smaller'

# Text and locale.
family 13 "names of processes with ESC, newline, ), C1, U+202E, broken UTF-8"
by unit/utf8_test sanitised malformed
by unit/process_test names_in_stat command_lines
family 14 "LANG unset, C, POSIX, EUC-KR, unknown"
by pty/environment_test.sh 'LANG=C' 'LANG unset' 'LANG=POSIX' EUC-KR 'xx_YY'
family 15 "Hangul at the edge and under popups; wide ambiguous characters"
by pty/screen_test.sh 'over Hangul' 'in ko is the canvas'
by unit/tty_test test_sizes test_glyph_question
by unit/canvas_test overwriting_half
family 16 "both languages whole, and within 80 columns"
by unit/text_test catalogue
by view/languages_test.sh 'within 79 columns'

# Netlink.
family 17 "the socket is refused"
by net/faults_test.sh 'socket refused: exit code 3' 'socket refused: every row' 'request refused'
family 18 "recvmsg() is interrupted, once and for ever"
by net/faults_test.sh 'interrupted once' 'interrupted for ever'
family 19 "messages are lost amid the dump"
by net/faults_test.sh 'messages lost at once' 'messages lost amid the dump' 'messages always lost'
by unit/view_draw_test test_a_failed_sample_leaves_the_last_dim
family 20 "a dump without an end"
by net/faults_test.sh 'no answer at all'
by unit/netlink_test a_message_without_end_is_an_error
by pty/late_test.sh 'makes the screen stale' 'its age goes on'
family 21 "damaged messages: cut, empty, too long, of others, unknown family, state, timer"
by unit/diag_damage_test
by unit/netlink_test damaged_records_are_told strangers_do_not_count
family 22 "5,000 connections a second: no row twice"
by net/churn_test nothing_twice
family 23 "no inet_diag, no IPv6, an empty namespace"
by unit/netlink_test without_ipv6 without_inet_diag
by net/faults_test.sh 'no sock_diag' 'an empty namespace'
by net/source_test an_empty_table

# Processes and rights.
family 24 "a storm of processes"
by net/owners_test a_fork_storm
by long/storms_test.sh 'a storm of processes'
family 25 "a pid that is used again, and exec(), never show the old name"
by net/owners_test a_pid_used_again after_exec
by unit/owner_index_test a_pid_used_again a_new_name_shows
family 26 "hidepid=2"
by net/owners_test so_with_hidepid
by pty/owners_test.sh 'one line says what is missing' 'the others are not'
family 27 "few descriptors, and none left over after thousands of samples"
by pty/surroundings_test.sh 'eight descriptors are enough' 'a screen of eight' 'sixteen are enough'
by pty/environment_test.sh 'too few descriptors'
by net/owners_test hundreds_of_scans without_descriptors
by unit/owner_scanner_test it_rests_between_tries
by net/faults_test.sh 'without descriptors' 'without /proc'
by pty/endurance_test.sh 'holds no more'
family 28 "closing without the right, or a row that has changed"
by pty/close_test.sh 'without the capability' 'nothing has happened' 'its connection ends meanwhile'
by net/destroy_test a_row_that_changed without_the_capability

# Configuration.
family 29 "what is no configuration: directory, FIFO, device, binary, huge, empty"
by pty/environment_test.sh 'a missing file that was named' 'a directory is' 'a FIFO is' /dev/zero \
	'an empty file' 'byte order mark' '10 MB' 'bytes without sense' 'not repeated' 'nor its secrets'
by unit/ini_test not_a_file nothing_is_echoed nul_and_long_lines
family 30 "unknown, double, wrong keys: named, and the others live"
by pty/environment_test.sh 'an unknown key' 'looks like a key' 'a bad value' 'the other keys live'
by unit/ini_test unknown_names twice bad_values
family 31 "HOME unset or relative: never the current directory"
by pty/environment_test.sh 'never below the current'
by unit/ini_test found

# Recordings.
family 32 "recordings cut and changed at every byte"
by unit/frame_test cut_at_every_byte every_byte_flipped
by unit/recording_test frames_cut frames_with_every_byte frames_behind_damage
by unit/recorder_test cut_at_every_byte every_byte_flipped tails_play
family 33 "recordings of the future, foreign, empty, sparse, a FIFO"
by unit/frame_test other_versions
by unit/recording_test what_is_no_recording magic_alone sparse a_fifo_plays
by unit/recording_tiny_test a_fifo_without_a_writer
family 34 "a full disk while recording"
by net/record_test.sh 'a full disk stops it' 'once there is room' 'a limit of the size'
family 35 "what is written never replaces a file"
by unit/session_prompt_test export_never_overwrites
by net/record_test.sh 'an existing file' 'a symbolic link' 'another writes'
by unit/recorder_test what_exists two_recorders
family 36 "killed while recording"
by net/record_test.sh 'killed at'
by long/killed_test.sh 'a file plays' 'so does a directory'
family 37 "imported text: every line is taken or counted"
by unit/import_test

# Time and load.
family 38 "the clock jumps a day"
by pty/surroundings_test.sh 'the clock jumps' 'and nothing else does'
family 39 "a refresh of 10 ms for long"
by pty/endurance_test.sh 'holds no more'
by long/soak_test.sh memory descriptors threads
family 40 "each allocation fails in turn"
by pty/memory_test.sh
by long/memory_test.sh
by unit/oom_test
family 41 "many threads, and the end during a slow dump"
by pty/surroundings_test.sh 'a dump that hangs' 'keep it from ending'
by unit/sampler_test stop_leaves many_readers

# More.
family 42 "ALRM VTALRM PROF XCPU XFSZ USR1 USR2 IO PWR and others give the terminal back"
for sig in ALRM VTALRM PROF XCPU XFSZ USR1 USR2 IO PWR STKFLT RTMIN RTMAX; do
	by pty/signals_test.sh "$sig ends it" "$sig leaves"
done
by pty/signals_test.sh 'one second of processor time'
family 43 "files that may not grow (ulimit -f)"
by pty/limits_test.sh 'ulimit -f' 'a file that may not grow' 'write error' 'memory file'
by unit/tty_test test_causes
family 44 "output stopped, or nobody reads, then the end"
by pty/late_test.sh 'nobody reads' 'the screen is given back' 'stopped output'
by unit/tty_test test_a_stopped_terminal test_stopped_output test_a_crash_while_nobody_reads
family 45 "terminals of 65535 columns"
by pty/limits_test.sh '65535x24: in' '32767x32767: in' 'it becomes .*: in one' 'it becomes .*: the screen' \
	'in bounded memory'
by unit/tty_test test_sizes test_causes
family 46 "limits of stack, memory and processes"
by pty/limits_test.sh 'a stack of' 'KiB of addresses' 'room in 20 MB' 'no threads'
family 47 "sockets that differ only in device, VRF, protocol, options, zone"
by net/alike_test.sh
family 48 "the namespace that is watched is deleted"
by net/namespaces_test.sh 'is missed when it vanishes' 'one line has said so'
by pty/namespaces_test.sh 'that vanishes'
family 49 "Korean where characters are not UTF-8"
by pty/messages_test.sh 'lang ko without UTF-8' 'stderr says why' 'the same from the configuration'
family 50 "two commands on one key; problems of the configuration on the screen"
by pty/messages_test.sh 'two commands on one key' 'has it by default' 'is on the screen'
family 51 "an export to a name of 300 letters"
by pty/messages_test.sh '300 letters' 'in Korean: the cause'
family 52 "systemd, cron, watch, less, script, setsid, argc 0"
by pty/starts_test.sh cron 'argc 0' systemd watch 'less -R' script setsid

family 53 "another host over ssh: odd names, killed, cut off, without tcptop, hostile"
by net/remote_test.sh 'a host that begins with -' 'no shell has read it' 'ssh is killed' \
	'no tcptop there' 'nobody answers' 'something else is no recording' 'hostile words' 'a flood of words'
by pty/remote_test.sh 'the line is cut' 'not stale when it is back' 'ssh is killed' 'the terminal is given back'

# What is not true.
family 54 "a warning about servers that are well"
by long/servers_test.sh nginx haproxy postgresql pgbouncer redis node
family 55 "trouble that is not found, or found where there is none"
by net/doctor_test.sh
by net/who_test.sh
by net/drops_test.sh
by long/trouble_test.sh
family 56 "hostile recordings and files: drawn, printed, judged"
by unit/frame_test every_byte_flipped
by pty/privileges_test.sh 'root.s is refused'
family 57 "metrics: hostile clients, a service that is shut in"
by net/metrics_test.sh 'garbage is a bad request' 'half a request' 'a hundred clients' 'still sending'
by long/units_test.sh 'a thousand clients' 'the kernel keeps nothing' 'that root sees' 'root reads'
family 58 "alerts that do not come, or do not go; a host in trouble among many"
by view/prometheus_test.sh 'only then'
by long/prometheus_test.sh raises 'raises nothing else' 'is over'
by long/fleet_test.sh 'none has failed' 'in trouble is named'

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${!names[@]}")
for i in "${wanted[@]}"; do
	[ -n "${names[i]:-}" ] || { echo "faults.sh: no family $i" >&2; exit 2; }
done
mapfile -t files < <(for i in "${wanted[@]}"; do printf '%s' "${needs[i]:-}"; done | cut -f 1 | sort -u)
if [ ${#files[@]} -gt 0 ]; then
	TEST_KEEP=$keep TEST_TIMEOUT=${TEST_TIMEOUT:-3600} bash tests/run.sh "$B" "${files[@]}"
fi

# judge NUMBER: sets verdict to held, short or untried, and why
judge() {
	local file regex said ok=0 skips='' faults=''
	if [ -n "${untried[$1]:-}" ]; then
		verdict=untried why=${untried[$1]}
		return
	fi
	while IFS=$'\t' read -r file regex; do
		[ -n "$file" ] || continue
		said=$keep/$file.tap
		if [ ! -e "$said" ]; then
			faults+="; $file did not run"
			continue
		fi
		local found
		found=$(grep -E '^(not )?ok ' "$said" | grep -E -- "^(not )?ok [0-9]+ - .*(${regex:-.})")
		if grep -E '^not ok ' <<<"$found" | grep -qv '# SKIP'; then
			faults+="; $file: $(grep -E '^not ok ' <<<"$found" | grep -v '# SKIP' | head -n 1 |
				sed -E 's/^not ok [0-9]+ - //')"
		elif grep -E '^ok ' <<<"$found" | grep -qv '# SKIP'; then
			ok=$((ok + 1))
		elif [ -n "$found" ]; then
			skips+="; $(sed -n '1s/.*# SKIP *//p' <<<"$found")"
		elif ! grep -q '^not ok' "$said" && grep -qE '^ok 1 - [a-z_]+\.?[a-z]* # SKIP' "$said"; then
			skips+="; $(sed -n 's/^ok 1 .*# SKIP *//p' "$said")" # the whole file
		else
			faults+="; $file: no check '$regex'"
		fi
		if [ "$(tail -n 1 "$said")" != '# exit code 0' ] && ! grep -q '^not ok' "$said"; then
			faults+="; $file: $(tail -n 1 "$said" | cut -c 3-)"
		fi
	done <<<"${needs[$1]}"
	verdict=held why=${skips:2}
	[ "$ok" -gt 0 ] || verdict=untried
	[ -z "$faults" ] || verdict=short why=${faults:2}
}

held=0 short=0 none=0
for i in "${wanted[@]}"; do
	judge "$i"
	case $verdict in
	held) held=$((held + 1)) said='held' why=${why:+(skipped: $why)} ;;
	short) short=$((short + 1)) said='fell short' ;;
	untried) none=$((none + 1)) said='not tried' ;;
	esac
	printf '%3d  %-10s  %s%s\n' "$i" "$said" "${names[i]}" "${why:+  — $why}"
done
echo "${#wanted[@]} families: $held held, $short fell short, $none not tried"
[ $short = 0 ] && [ $held -gt 0 ]
