#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Details of real connections on the live screen: figures and traces come with the samples, the other
# end on this host is told with its state, who opened it, and s and t copy what ss and tcpdump take;
# after the end the overlay stands and says when.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
ip link set lo up
coproc TALK { exec "$B/tests/data/talk" 300000; }
read -r -t 60 port client <&"${TALK[0]}"
coproc HALF { exec "$B/tests/data/talk" half-closed; } 2>/dev/null
read -r -t 60 half half_client <&"${HALF[0]}"
check "the connections stand" [ -n "${half_client:-}" ]

live 80x24 "-d 0.3 -f 'lport:$client'"
check "a row" sees "^▸.*:$client "
keys Enter
check "Enter opens the details" sees '━ SOCKET ━'
check "this host opened it: a listener is at the other end" sees "127.0.0.1:$client → 127.0.0.1:$port"
check "TX is what is sent" sees '^ TX/s .*(2[6-9][0-9]|3[0-3][0-9]) kB *$'
check "the trace is drawn" sees '^ TX/s +[▁▂▃▄▅▆▇]'
check "the other end is here" sees 'Other end +ESTABLISHED for'
check "the time with data to send" sees 'Sending +[0-9]+% of [0-9]+ s *$'
keys End
check "and what of it went by waiting" sees 'Waited for +peer window [0-9]+%, buffer [0-9]+% *$'
keys Home
keys s
check "s copies the command of ss" sees "copied: ss -tanpi 'src 127.0.0.1:$client and dst 127.0.0.1:$port'"
check "which selects it" [ "$(ss -Htan "src 127.0.0.1:$client and dst 127.0.0.1:$port" | wc -l)" = 1 ]
keys t
check "t copies that of tcpdump" sees "copied: tcpdump -ni any 'tcp and host 127.0.0.1 and 127.0.0.1 and port $client"
keys L
check "in Korean too" sees '상대 소켓 +ESTABLISHED'
keys L
ss -K "src 127.0.0.1:$client and dst 127.0.0.1:$port" >/dev/null
check "after the end it stands, with its time" sees "127.0.0.1:$client .*127.0.0.1:$port +closed [0-9:]{8}"
check "and the last figures" sees '^ Process .*RTT +[0-9.]+ [mu]s'
keys q
keys q

live 80x24 "-d 0.3 -f 'lport:$half'"
check "a row in CLOSE_WAIT" sees "^▸.*:$half .*CLOSE_WAIT"
keys /
keys C-u
keys "lport:$half and state:cw"
keys Enter
keys Enter
check "both states in one view: CLOSE_WAIT here" sees "127.0.0.1:$half ← 127.0.0.1:$half_client .*CLOSE_WAIT"
check "FIN_WAIT2 there" sees 'Other end +FIN_WAIT2 for'
check "the FIN is no data that came" sees 'Received +0 B \+ FIN *$'
keys q
keys q
finish
