# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced, in a network namespace of the test's own whose loopback device is up: a real sshd on
# 127.0.0.1, keys, and an `ssh` first in the PATH that takes the configuration of the test. What the
# other host has as tcptop is $far/tcptop, which a test writes.
#
# shellcheck disable=SC2034 # whoever sources this uses it
# sshd_start DIRECTORY: 0, or 1 with the reason in $sshd_reason
sshd_start() {
	local at=$1 real
	sshd_reason=
	far=$at/far
	mkdir -p "$far" "$at/near" "$at/run"
	sshd_program=$(command -v sshd || echo /usr/sbin/sshd)
	real=$(command -v ssh)
	if [ ! -x "$sshd_program" ] || [ -z "$real" ]; then
		sshd_reason="there is no sshd"
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		sshd_reason="only root starts a sshd"
		return 1
	fi
	[ -d /run/sshd ] || mkdir -p /run/sshd 2>/dev/null
	ssh-keygen -q -t ed25519 -N '' -f "$at/host_key" && ssh-keygen -q -t ed25519 -N '' -f "$at/key" &&
		cp "$at/key.pub" "$at/authorized" || { sshd_reason="no keys can be made"; return 1; }
	cat >"$at/sshd_config" <<-END
		ListenAddress 127.0.0.1:2222
		HostKey $at/host_key
		AuthorizedKeysFile $at/authorized
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		StrictModes no
		PidFile none
		SetEnv PATH=$far:/usr/bin:/bin
	END
	cat >"$at/ssh_config" <<-END
		Host far unknown
		    HostName 127.0.0.1
		    Port 2222
		    User root
		    IdentityFile $at/key
		    IdentitiesOnly yes
		    IdentityAgent none
		Host far
		    StrictHostKeyChecking accept-new
		    UserKnownHostsFile $at/known
		    LogLevel ERROR
		Host unknown
		    StrictHostKeyChecking ask
		    UserKnownHostsFile $at/none
		Host nowhere
		    HostName 127.0.0.1
		    Port 9
	END
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$real" "$at/ssh_config" >"$at/near/ssh"
	chmod 755 "$at/near/ssh"
	PATH=$at/near:$PATH
	"$sshd_program" -D -e -f "$at/sshd_config" 2>"$at/sshd.err" &
	sshd_pid=$!
	if ! until_true sshd_answers "$at" || ! kill -0 "$sshd_pid" 2>/dev/null; then
		sshd_reason="sshd does not serve here: $(tail -n 1 "$at/sshd.err")"
		return 1
	fi
}
# True when it does, or when it has ended, which then is found out.
sshd_answers() {
	kill -0 "$sshd_pid" 2>/dev/null || return 0
	[ "$(ssh far echo yes 2>"$1/ssh.err")" = yes ]
}
# far_runs COMMAND…: what the other host has as tcptop, lines of sh
far_runs() {
	printf '%s\n' '#!/bin/sh' "$@" >"$far/tcptop.new"
	chmod 755 "$far/tcptop.new"
	mv "$far/tcptop.new" "$far/tcptop"
}
