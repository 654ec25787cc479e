/* SPDX-License-Identifier: MIT */
/* How long a connection has been in its state. */
#ifndef TCPTOP_DOCTOR_STATE_AGE_H
#define TCPTOP_DOCTOR_STATE_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

struct state_age {
    uint64_t ms;
    bool exact; /* the change was seen, between two samples; else it is at least so long */
};

/** The age of a live row. Where the row was in its state at the first sample, the time since then
 *  is a lower bound, and so is what the kernel's counters prove; the larger counts:
 *
 *  - SYN_SENT: how long the SYN has been repeated.
 *  - CLOSE_WAIT, FIN_WAIT2, CLOSING: the time since the last ACK came, since a segment of the peer
 *    began the state and each carries an ACK (tcpi_last_ack_recv).
 *  - FIN_WAIT1, LAST_ACK, CLOSING with nothing but the FIN unacknowledged: how long it has been
 *    repeated. With data in front of it the repeats may have begun before close(). */
struct state_age state_age_of(const struct sample *s, uint32_t row);

#endif
