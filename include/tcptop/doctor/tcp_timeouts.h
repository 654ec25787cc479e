/* SPDX-License-Identifier: MIT */
/* How long the kernel goes on before it gives up, as its sysctls make it. */
#ifndef TCPTOP_DOCTOR_TCP_TIMEOUTS_H
#define TCPTOP_DOCTOR_TCP_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"
#include "tcptop/model/host.h"

/* Each gives seconds from the first try; false when a sysctl is not known. */
bool tcp_timeouts_syn(const struct host *h, uint64_t *seconds);
bool tcp_timeouts_synack(const struct host *h, uint64_t *seconds);
bool tcp_timeouts_data(const struct host *h, uint64_t *seconds);   /* at least */
bool tcp_timeouts_orphan(const struct host *h, uint64_t *seconds); /* at least */

/** Repeats before an orphan is given up. */
bool tcp_timeouts_orphan_retries(const struct host *h, uint64_t *retries);

/** Milliseconds until the kernel gives up this connection in SYN_SENT or SYN_RECV, by the sysctls:
 *  its program may have set another number of repeats, and may give up sooner. False when not
 *  known, also of a request that is kept back on purpose (TCP_DEFER_ACCEPT), as far as its timer
 *  shows it. */
bool tcp_timeouts_left(const struct host *h, const struct conn *c, uint64_t *ms);

#endif
