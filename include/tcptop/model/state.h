/* SPDX-License-Identifier: MIT */
/* The TCP states as Linux numbers them, and every name people know them by. */
#ifndef TCPTOP_MODEL_STATE_H
#define TCPTOP_MODEL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* include/net/tcp_states.h of the kernel. 12, TCP_NEW_SYN_RECV, is reported as 3 by sock_diag and
 * /proc. 13 exists since Linux 6.8 and only as a question: its records come back as state 7. */
enum tcp_state {
    TCP_STATE_ESTABLISHED = 1,
    TCP_STATE_SYN_SENT = 2,
    TCP_STATE_SYN_RECV = 3,
    TCP_STATE_FIN_WAIT1 = 4,
    TCP_STATE_FIN_WAIT2 = 5,
    TCP_STATE_TIME_WAIT = 6,
    TCP_STATE_CLOSE = 7,
    TCP_STATE_CLOSE_WAIT = 8,
    TCP_STATE_LAST_ACK = 9,
    TCP_STATE_LISTEN = 10,
    TCP_STATE_CLOSING = 11,
    TCP_STATE_NEW_SYN_RECV = 12,
    TCP_STATE_BOUND_INACTIVE = 13,
    TCP_STATE_COUNT /* array size; index 0 and 12 stay unused */
};

#define STATE_BIT(s) (UINT32_C(1) << (s))

/** What the kernel lists without being asked for bound-only sockets: states 1 to 12. */
#define STATE_MASK_LISTED UINT32_C(0x1ffe)

/* The order of the list of states: opening, open, closed by the peer, closed here. */
#define STATE_LIST_COUNT 11
extern const uint8_t state_list_order[STATE_LIST_COUNT];

/** netstat's spelling, the one tcptop prints: "TIME_WAIT". "?" for an unknown number. */
const char *state_name(unsigned state);

/** At most 7 columns, for narrow tables and chips: "TWAIT". */
const char *state_short_name(unsigned state);

/** The filter's two letters in upper case: "TW". */
const char *state_code(unsigned state);

/** Rank in the default sort, most in need of attention first: CLOSE_WAIT 0 … LISTEN 9. */
unsigned state_attention(unsigned state);

/** Parse any spelling (Linux, ss, Windows, RFC 9293, short, code; any case, '-' and '_' alike) of
 *  `len` bytes. Returns the state, 0 when it is none. */
unsigned state_parse(const char *text, size_t len);

/** The state whose name is nearest to a mistyped one, 0 when none is near. */
unsigned state_nearest(const char *name);

#endif
