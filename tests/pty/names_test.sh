#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Names on the screen, from a DNS server and a list of services of the test's own: off until asked
# for, in the place of addresses and ports, harmless when hostile, and never waited for.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
printf 'nameserver 127.0.0.1\n' >"$tmp/resolv"
printf 'trial 8017/tcp\na-service-with-a-very-long-name-indeed 3000/tcp\n' >"$tmp/services"
printf '127.0.0.1 localhost\n' >"$tmp/hosts"
own_names() { # in mounts that nobody else sees
	[ -n "${OWN_MOUNTS:-}" ] && mount --bind "$tmp/resolv" /etc/resolv.conf &&
		mount --bind "$tmp/services" /etc/services && mount --bind "$tmp/hosts" /etc/hosts
}
if ! own_names 2>/dev/null; then
	echo "ok 1 - names # SKIP no mounts here"
	exit 0
fi
coproc HELD { "$B/tests/data/states"; }
read -r -t 60 ready <&"${HELD[0]}"
check "the sockets stand" [ "${ready:-}" = ready ]
"$B/tests/data/dns" >"$tmp/dns" &
dns=$!
trap 'kill $dns; mux kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
until_true grep -q ready "$tmp/dns"
exec 5<>/dev/tcp/127.0.0.7/8017 6<>/dev/tcp/127.0.0.51/8017 7<>/dev/tcp/127.0.0.200/8017 \
	8<>/dev/tcp/127.0.0.52/8017

live 120x34 "-4 -f 'rport:8017 state:es'"
check "numbers until names are asked for" sees ' 127\.0\.0\.7:8017 '
check "of hosts" loses 'example|localhost'
keys n
check "n says that DNS is asked" sees '^ host names on, asks DNS   n off'
check "the name comes" sees ' host-7\.example:8017 '
check "that of the hosts file too" sees ' localhost:[0-9]+ '
check "a name too long is cut, its port is not" sees 'aaaa….*8017|aaaa…:8017'
check "without an answer the address stays" sees ' 127\.0\.0\.200:8017 '
bare() { ! mux capture-pane -pe | LC_ALL=C grep -q $'\033\[31m\|\xe2\x80\xae\|\xc2\x9b'; }
check "a hostile name moves no cursor" bare
check "and its row is there" sees '8017 .*ESTABLISHED'
keys N
check "N names the services" sees '^ service names on   N off'
check "in the place of ports" sees ' host-7\.example:trial '
check "of rows without a name of the host too" sees ' 127\.0\.0\.200:trial '
keys F3 'host-7.exa' Enter
check "F3 finds a name" sees '^▸ .*host-7\.example:trial'
keys Enter
check "the details name both ends" sees '(Names|이름) .* host-7\.example:trial'
mux set -s set-clipboard on
keys c
copied() { mux show-buffer 2>/dev/null | grep -q ' 127\.0\.0\.7:8017 (host-7\.example:trial) '; }
check "a copy has the number and the name" until_true copied
keys q
keys n
check "n takes the hosts off" sees ' 127\.0\.0\.7:trial '
keys N
check "N the services" sees ' 127\.0\.0\.7:8017 '
keys C-c
check "^C ends it" code 0

live 80x24 "-4 -f lport:3000 --names services"
check "a service without room keeps its number" sees ' 127\.0\.0\.1:3000 '
keys C-c
code 0

# --dump waits for them, of its options and of its keys.
drawn() { # drawn REGEX KEYS OPTION…
	timeout 120 "$B/tcptop" --no-config -4 -f 'rport:8017 state:es' --size 120x34 --dump text --keys <(printf '%s' "$2") \
		"${@:3}" | grep -qE "$1"
}
check "--dump has the names that --names asks for" drawn ' host-7\.example:trial ' '' --names both
check "of services" drawn ' 127\.0\.0\.7:trial ' '' --names services
check "and those that keys ask for" drawn ' host-7\.example:trial ' 'n N'
check "which a key finds" drawn '^▸ .*host-7\.example:trial' 'n N F3 "host-7.exa" Enter'
check "else numbers" drawn ' 127\.0\.0\.7:8017 ' ''

# The server hangs: everything else goes on.
kill -STOP $dns
starts() {
	live 80x24 "-4 -f rport:8017 --names hosts" && sees ' 127\.0\.0\.7:8017 '
}
helps() { keys '?' && sees '━ HELP' && keys q && loses '━ HELP'; }
quits() { keys q && code 0; }
check "a screen that starts with names" starts
check "keys are heard while nobody answers" at_once 2000 true helps
check "and q ends it" quits
check "at once" at_once 800 starts quits
check "--dump draws what is known by then" drawn ' 127\.0\.0\.7:trial ' '' --names both
kill -CONT $dns

live 80x24 "-4 -f rport:8017 --names hosts -n"
sees ' 127\.0\.0\.7:8017 '
check "-n is numbers" loses example
keys L n
check "in Korean" sees '^ 호스트 이름 켬, DNS에 질의   n 끄기'
keys C-c
code 0
finish
