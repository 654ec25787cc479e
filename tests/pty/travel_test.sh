#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# On the live screen: back to what is kept, played on from there, and back to the newest sample; two
# moments are compared while samples come. A recording whose end is damaged opens at what can be read.
# shellcheck source=tests/pty/lib.sh
. "$(dirname "$0")/lib.sh"
in_own_namespace
ip link set lo up
seconds() { screen | head -n 1 | grep -oE '[0-9]{2}:[0-9]{2}:[0-9]{2}' | head -n 1; }
moved_on() { [ "$(seconds)" != "$1" ]; } # moved_on TIME: it is not the time in the header any more

live 110x40 '--lang en -d 0.3'
check "it opens" sees SOCKETS
# As much is kept as a busy machine may take for what follows, before the play has reached the newest.
sees 'last (1[5-9]|[2-5][0-9]) s'
keys , , ,
check ", goes back" sees '  PAST +[0-9]{2}:[0-9]{2}:[0-9]{2}'
keys '{'
check "p is said to play" sees '^ .*p play.*P live'
keys p
check "it plays" sees '^ .*p pause.*P live'
then=$(seconds)
check "and the samples go by" until_true moved_on "$then"
check "they are still of the past" sees '  PAST '
keys P
check "P leads back to the newest" loses '  PAST '
keys P
check "and leaves it there" sees 'this is the last sample'
check "without a pause" loses 'PAUSED'

keys y
check "y notes the moment" sees '[0-9:]+ is noted   at another moment press y'
coproc HELD { exec "$B/tests/data/states" 8003; }
# shellcheck disable=SC2034 # closing it lets the sockets go
hold=${HELD[1]}
read -r -t 60 _ <&"${HELD[0]}"
sees '127\.0\.0\.1:8003 ' # the moment is another one
keys y
check "at another one it lists what has changed" sees 'only in A 0, only in B [1-9][0-9]*, state changed 0'
check "each connection that is new" sees ' \+ ESTABLISHED +127\.0\.0\.1:8003 '
exec {hold}>&-
check "the list follows" sees 'only in A 0, only in B 0|\+ TIME_WAIT'
keys q
check "q closes it" loses '━ CHANGES'
keys C-c
check "it ends" code 0
check "with the terminal as it was" restored

# An hour, the last minute of which begins with damage: the sample that is read last is that before it.
"$B/tests/data/hour" "$tmp/hour" bare >/dev/null || exit 1
damage() { # damage BYTE: a copy with fifty bytes of it gone
	cp "$tmp/hour" "$tmp/damaged" &&
		dd if=/dev/zero of="$tmp/damaged" bs=1 seek="$1" count=50 conv=notrunc status=none
}
ends() { [[ $("$tcptop" --no-config --read "$tmp/damaged" --once --summary --json 2>/dev/null) == *"T$1"* ]]; }
byte=$(($(stat -c %s "$tmp/hour") - 3000)) # later than the last minute begins
for ((tries = 40; tries > 0; tries--)); do
	byte=$((byte - 50))
	damage $byte
	! ends 13:58:59 || break
done
live 110x40 "--lang en --read $tmp/damaged"
check "a recording with a damaged end opens before it" sees 'REPLAY +13:58:59'
check "and says where it is damaged" sees 'damaged at byte [0-9,]+'
keys q
code 0 || code 3
"$tcptop" --no-config --write "$tmp/short" 0.05 2
size=$(stat -c %s "$tmp/short")
dd if=/dev/zero of="$tmp/short" bs=1 seek=150 count=$((size - 300)) conv=notrunc status=none
live 110x40 "--lang en --read $tmp/short"
check "one without a whole sample is refused" code 1
check "and it is said why" grep -qE 'is damaged at byte [0-9,]+, and no sample in it is whole' "$tmp/err"
finish
