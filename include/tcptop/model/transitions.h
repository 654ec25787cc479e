/* SPDX-License-Identifier: MIT */
/* The transitions of the state diagram, and how often they were seen: found by comparing the state
 * of a connection in one sample with that in the next. */
#ifndef TCPTOP_MODEL_TRANSITIONS_H
#define TCPTOP_MODEL_TRANSITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/state.h"

/* TRANSITION(ident, from, to); CLOSED, where a connection comes from and goes to, is 0. RFC 9293
 * figure 5 without resets, and Linux's end of FIN_WAIT2 by time (net/ipv4/tcp.c, tcp_fin_timeout).
 */
#define STATE_TRANSITIONS(TRANSITION)                                                              \
    TRANSITION(SYN, LISTEN, SYN_RECV)                                                              \
    TRANSITION(CONNECT, CLOSED, SYN_SENT)                                                          \
    TRANSITION(BOTH_OPEN, SYN_SENT, SYN_RECV)                                                      \
    TRANSITION(ACCEPTED, SYN_RECV, ESTABLISHED)                                                    \
    TRANSITION(ANSWERED, SYN_SENT, ESTABLISHED)                                                    \
    TRANSITION(CLOSE_HERE, ESTABLISHED, FIN_WAIT1)                                                 \
    TRANSITION(CLOSE_THERE, ESTABLISHED, CLOSE_WAIT)                                               \
    TRANSITION(BOTH_CLOSE, FIN_WAIT1, CLOSING)                                                     \
    TRANSITION(FIN_ACKED, FIN_WAIT1, FIN_WAIT2)                                                    \
    TRANSITION(CLOSING_ACKED, CLOSING, TIME_WAIT)                                                  \
    TRANSITION(FIN_CAME, FIN_WAIT2, TIME_WAIT)                                                     \
    TRANSITION(CLOSE_AFTER, CLOSE_WAIT, LAST_ACK)                                                  \
    TRANSITION(ORPHAN_OVER, FIN_WAIT2, CLOSED)                                                     \
    TRANSITION(WAIT_OVER, TIME_WAIT, CLOSED)                                                       \
    TRANSITION(LAST_ACKED, LAST_ACK, CLOSED)

enum state_transition {
#define TRANSITION(ident, from, to) TRANSITION_##ident,
    STATE_TRANSITIONS(TRANSITION)
#undef TRANSITION
        TRANSITION_COUNT
};

/* Since the first sample; each at least so often, since what comes and goes between two samples is
 * not seen. */
struct transitions {
    uint32_t seen[TRANSITION_COUNT];
};

/** A connection was in state `from` and is in `to`: what lies between on the usual way was passed.
 *  `from` 0: no sample had it before, so how it was opened is not known beyond ESTABLISHED. Ways
 *  that do not exist count nothing. */
void transitions_change(struct transitions *t, unsigned from, unsigned to);

/** A connection that was in `state` has gone; `by_time`: its timer had run out. What may have been
 *  a reset counts nothing. */
void transitions_end(struct transitions *t, unsigned state, bool by_time);

#endif
