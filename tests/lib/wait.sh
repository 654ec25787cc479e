# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced. Waiting for an event: look, sleep a little, look again.
patience=60 # seconds that a condition may take to come true

# until_true COMMAND…: try it until it succeeds; fails when it has not after $patience seconds
until_true() {
	local end=$((SECONDS + patience))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.03
	done
}
