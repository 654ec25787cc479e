# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced. Waiting for an event: look, sleep a little, look again.
patience=60 # seconds that a condition may take to come true
# A pipe that nobody writes into. To wait for it with a time limit is to sleep without a process of its
# own: starting one costs a busy machine more than the look itself.
exec {silence}<> <(:)

# until_true COMMAND…: try it until it succeeds; fails when it has not after $patience seconds
until_true() {
	local end=$((SECONDS + patience)) looks=0 moment
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		[ $((++looks)) -lt 10 ] && moment=0.03 || moment=0.1
		read -rt $moment -u "$silence"
	done
	return 0 # the loop's own status is that of the last read, which fails
}
