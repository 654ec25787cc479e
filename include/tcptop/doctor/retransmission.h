/* SPDX-License-Identifier: MIT */
/* How much of a host's data was lost on the way. */
#ifndef TCPTOP_DOCTOR_RETRANSMISSION_H
#define TCPTOP_DOCTOR_RETRANSMISSION_H

#include <stdint.h>

/* How many segments a host sent, and sent again, over some time. */
struct retransmission {
    uint64_t sent;     /* data segments, each counted once (TCPOrigDataSent) */
    uint64_t segments; /* sent again, SYNs among them (RetransSegs) */
    uint64_t syns;     /* SYNs sent again, which are no data (TCPSynRetrans) */
    uint64_t needless; /* which the receiver reported it had already (TCPDSACKRecv) */
};

/** Data segments that were sent again, needlessly or not. */
static inline uint64_t retransmission_again(const struct retransmission *r)
{
    return r->segments > r->syns ? r->segments - r->syns : 0;
}

/** Per cent of the data segments sent that were lost and sent again. What the receiver reported
 *  twice was late, not lost. */
static inline double retransmission_share(const struct retransmission *r)
{
    uint64_t again = retransmission_again(r);
    uint64_t lost = again > r->needless ? again - r->needless : 0;

    return r->sent ? (double)lost * 100 / (double)r->sent : 0;
}

#endif
