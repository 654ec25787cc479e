/* SPDX-License-Identifier: MIT */
/* Computed from two samples of the same connection: bytes per second, and what limits its sending.
 */
#ifndef TCPTOP_MODEL_RATE_H
#define TCPTOP_MODEL_RATE_H

#include <stdint.h>

#include "tcptop/model/tcp_metrics.h"

#define RATE_UNKNOWN UINT64_MAX

/* Payload per second: what the peer acknowledged, what was received. */
struct rate {
    uint64_t tx_bytes_s, rx_bytes_s; /* RATE_UNKNOWN when not known */
};

/* A connection at two times. The figures may be NULL. */
struct span {
    const struct tcp_metrics *from, *to;
    unsigned from_state, to_state;
    int64_t ns; /* between them, by the monotonic clock */
};

/** Rates by the counters' growth and the real time between. A counter that ran back, since the
 *  socket was connected again, gives no rate. SYN and FIN, which the kernel counts as a byte each,
 *  are left out where the states show that they were sent. */
struct rate rate_between(const struct span *s);

/** APPLICATION: it had data to send less than half of the time, or too little to fill the window.
 *  Else, as parts of the time with data to send: RECEIVER: its window was shut for half of it or
 *  more; SEND_BUFFER: the buffer was full for 30 % or more; PATH: none of these, so the congestion
 *  window. UNKNOWN when nothing was sent. net/ipv4/tcp_output.c tcp_chrono_start(). */
enum send_limit rate_limit(const struct span *s);

/** Of 1000 bytes sent between, how many were sent again. False when nothing was, or not known. */
bool rate_again(const struct span *s, uint64_t *permille);

/** The growth of a counter; false when it is not known on both sides, or ran back. */
bool rate_growth(const struct span *s, enum tcp_metric field, uint64_t *growth);

#endif
