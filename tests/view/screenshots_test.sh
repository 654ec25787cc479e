#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves that the pictures in screenshots/ are what the program draws now.
cd "$(dirname "$0")/../.." || exit 1
if output=$(bash tests/view/screenshots.sh "${B:-build}" check 2>&1); then
	echo "ok 1 - screenshots are up to date"
else
	echo "not ok 1 - screenshots are stale: make screenshots, then look at them"
	printf '%s\n' "$output" | sed 's/^/# /'
fi
echo 1..1
