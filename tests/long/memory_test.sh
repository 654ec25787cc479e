#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# As tests/pty/memory_test.sh, but each of the first seven hundred allocations fails in turn.
MEMORY_LAST=${MEMORY_LAST:-700} exec bash "$(dirname "$0")/../pty/memory_test.sh"
