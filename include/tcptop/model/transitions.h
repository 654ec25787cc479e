/* The transitions of the state diagram, and how often they were seen: from what samples say of
 * connections before and after. */
#ifndef TCPTOP_MODEL_TRANSITIONS_H
#define TCPTOP_MODEL_TRANSITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/state.h"

/* EDGE(ident, from, to); CLOSED, where a connection comes from and goes to, is 0. RFC 9293 figure 5
 * without resets, and Linux's end of FIN_WAIT2 by time (net/ipv4/tcp.c, tcp_fin_timeout). */
#define STATE_EDGES(EDGE)                                                                          \
    EDGE(SYN, LISTEN, SYN_RECV)                                                                    \
    EDGE(CONNECT, CLOSED, SYN_SENT)                                                                \
    EDGE(BOTH_OPEN, SYN_SENT, SYN_RECV)                                                            \
    EDGE(ACCEPTED, SYN_RECV, ESTABLISHED)                                                          \
    EDGE(ANSWERED, SYN_SENT, ESTABLISHED)                                                          \
    EDGE(CLOSE_HERE, ESTABLISHED, FIN_WAIT1)                                                       \
    EDGE(CLOSE_THERE, ESTABLISHED, CLOSE_WAIT)                                                     \
    EDGE(BOTH_CLOSE, FIN_WAIT1, CLOSING)                                                           \
    EDGE(FIN_ACKED, FIN_WAIT1, FIN_WAIT2)                                                          \
    EDGE(CLOSING_ACKED, CLOSING, TIME_WAIT)                                                        \
    EDGE(FIN_CAME, FIN_WAIT2, TIME_WAIT)                                                           \
    EDGE(CLOSE_AFTER, CLOSE_WAIT, LAST_ACK)                                                        \
    EDGE(ORPHAN_OVER, FIN_WAIT2, CLOSED)                                                           \
    EDGE(WAIT_OVER, TIME_WAIT, CLOSED)                                                             \
    EDGE(LAST_ACKED, LAST_ACK, CLOSED)

enum state_edge {
#define EDGE(ident, from, to) EDGE_##ident,
    STATE_EDGES(EDGE)
#undef EDGE
        EDGE_COUNT
};

/* Since the first sample; each at least so often, since what comes and goes between two samples is
 * not seen. */
struct edges {
    uint32_t seen[EDGE_COUNT];
};

/** A connection was in state `from` and is in `to`: what lies between on the usual way was passed.
 *  `from` 0: no sample had it before, so how it was opened is not known beyond ESTABLISHED. Ways
 *  that do not exist count nothing. */
void edges_change(struct edges *e, unsigned from, unsigned to);

/** A connection that was in `state` has gone; `by_time`: its timer had run out. What may have been
 *  a reset counts nothing. */
void edges_end(struct edges *e, unsigned state, bool by_time);

#endif
