#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What an answer to Prometheus costs where each has a process of its own: the request and the arguments
# are those of tcptop-http@.service.
#
# answer.sh: the answer on standard output.
set -u
arguments=$(sed -n 's|^ExecStart=.*/tcptop ||p' config/tcptop-http@.service)
# shellcheck disable=SC2086 # they are several words
printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n' | "$B/tcptop" $arguments
