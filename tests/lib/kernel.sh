# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced. What the running kernel can tell, for tests that cannot have it of an older one.

# kernel_reaches MAJOR MINOR: is it Linux MAJOR.MINOR or a later one?
kernel_reaches() {
	local major minor
	IFS=. read -r major minor _ <<<"$(uname -r)"
	minor=${minor%%[!0-9]*}
	[ "$major" -gt "$1" ] || { [ "$major" = "$1" ] && [ "$minor" -ge "$2" ]; }
}

# kernel_lists_bound: does it list sockets in BOUND_INACTIVE?
kernel_lists_bound() { kernel_reaches 6 8; }
