#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whichever allocation finds no memory, the real program says so in one line and with a documented
# exit code, or goes on; it never crashes, and the terminal is as it was. MEMORY_LAST is the last
# allocation that fails (default 130).
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"

# The shim takes the place of glibc's allocator, which a sanitizer has done already.
if grep -qE '__[at]san_init' "$tcptop" ||
	! ${CC:-cc} -shared -fPIC -o "$tmp/nomem.so" tests/pty/nomem.c 2>/dev/null ||
	! LD_PRELOAD=$tmp/nomem.so "$tcptop" --version >/dev/null 2>&1; then
	echo "ok 1 - ${0##*/} # SKIP the allocator cannot be replaced here"
	exit 0
fi
"$B/tests/data/scenes" web-01 >"$tmp/frames"
last=${MEMORY_LAST:-130}
printf '[general]\ninterval = 2\n[columns]\nshow = local, remote, state\n[keys]\nquit = Q\n' >"$tmp/some.ini"

# printed NAME OPTION…: every allocation in turn fails; code 0, or one line and code 1, or 3 when
# something could be printed.
printed() {
	local name=$1 at status line lines bad='' failures=0
	shift
	for ((at = 1; at <= last; at++)); do
		: >"$tmp/mark"
		NOMEM_AT=$at NOMEM_MARK=$tmp/mark NOMEM_SECONDS=120 LD_PRELOAD=$tmp/nomem.so "$tcptop" "$@" \
			>"$tmp/out" 2>"$tmp/err"
		status=$?
		[ ! -e "$tmp/mark" ] || break # it makes fewer
		lines=0
		while IFS= read -r line; do
			[[ $line != 'tcptop: '*memory* ]] || lines=$((lines + 1))
		done <"$tmp/err"
		[ $status = 0 ] || failures=$((failures + 1))
		case $status$lines in 00 | 11 | 31) ;; *) bad+=" $at:$status:$lines" ;; esac
	done
	[ $failures -gt 5 ] || bad+=" only $failures failures"
	[ -z "$bad" ] || echo "# allocation:code:lines$bad"
	[ -z "$bad" ]
	verdict "$name without memory" $?
}
printed "text" --no-config --once
printed "the first rows" --no-config --once --limit 3
printed "JSON with a filter" --no-config --once --json -f port:80
printed "a recording" --no-config --once --read "$tmp/frames"
printed "words" --no-config --explain close-wait
printed "groups" --no-config --once --group-by state --read "$tmp/frames"
printed "groups as JSON" --no-config --once --json --group-by state --read "$tmp/frames"
printed "a configuration" --config "$tmp/some.ini" --once
printed "a drawn screen" --no-config --dump text --read "$tmp/frames"

# Address space for all rows, but not for picking the first of them.
same_rows() { # this host's listeners may change between the two
	[ "$(ulimit -v 100000 && "$tcptop" --no-config --once -l --limit 1 2>&1)" = \
		"$("$tcptop" --no-config --once -l --limit 1)" ]
}
check "the first rows where address space is short" until_true same_rows

# each LAST OPTION…: the live screen with each allocation up to LAST failing; 200 later it is told
# to end. What curses says itself is tried once more: other threads may allocate between its rehearsal
# in a child and the real thing. One line per run goes to $tmp/runs: code, lines on stderr, "kept" when the settings are;
# and one to $tmp/causeless for each that fails without saying why.
each() {
	local last=$1
	shift
	: >"$tmp/runs"
	: >"$tmp/causeless"
	cat >"$tmp/each" <<-EOF
		before=\$(stty -a)
		for ((n = 1; n <= $last; n++)); do
			for try in 1 2; do
				NOMEM_AT=\$n NOMEM_TERM=200 NOMEM_SECONDS=120 LD_PRELOAD=$tmp/nomem.so \
					$tcptop --no-config -d 0.01 $* 2>$tmp/err
				code=\$?
				mapfile -t said <$tmp/err
				named=no
				for line in "\${said[@]}"; do [[ \$line != 'tcptop: '* ]] || named=yes; done
				[ \$code\$named = 1no ] || break
			done
			[ "\$(stty -a)" = "\$before" ] && kept=kept || kept=changed
			echo "\$code \${#said[@]} \$kept \$n" >>$tmp/runs
			for line in "\${said[@]}"; do
				[[ \$line =~ ^'tcptop: '.*[a-z] ]] || echo "\$line" >>$tmp/causeless
			done
		done
	EOF
	start 100x30 "bash $tmp/each"
	patience=$((600 + 3 * last)) ended
}
all_end() { # all_end NAME COUNT: what each() has found
	check "$1 ends each time" [ "$(grep -c '' "$tmp/runs")" = "$2" ]
	check "as told, or with one line" [ -z "$(grep -vE '^(143 0|1 1) ' "$tmp/runs")" ]
	check "that names the cause" [ ! -s "$tmp/causeless" ]
	check "with the terminal's settings" [ -z "$(grep -v kept "$tmp/runs")" ]
	check "and the shell's screen" restored
}
each "$last"
all_end "the live screen" "$last"
for _ in {1..40}; do tail -c +9 "$tmp/frames"; done | cat "$tmp/frames" - >"$tmp/long"
each "$last" --read "$tmp/long"
all_end "a recording" "$last"
finish
