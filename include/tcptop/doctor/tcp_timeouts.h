/* SPDX-License-Identifier: MIT */
/* How long the kernel waits, repeats and goes on before it gives up, as its sysctls make it; and
 * how long a connection has surely been stalled, as the kernel's own counters show it. */
#ifndef TCPTOP_DOCTOR_TCP_TIMEOUTS_H
#define TCPTOP_DOCTOR_TCP_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"
#include "tcptop/model/host.h"
#include "tcptop/model/tcp_metrics.h"

/* Each gives seconds from the first try; false when a sysctl is not known. */

/** Until connect() fails for want of an answer. The kernel ends it at the first timeout at which
 *  either the repeats are used up or the time of as many doubled waits is over
 *  (net/ipv4/tcp_timer.c tcp_write_timeout, retransmits_timed_out). */
bool tcp_timeouts_syn(const struct host *h, uint64_t *seconds);

/** Until a request whose SYN,ACK is not answered is dropped (reqsk_timer_handler). */
bool tcp_timeouts_synack(const struct host *h, uint64_t *seconds);

/** Data without an acknowledgement, and a socket with an owner: at least so long. */
bool tcp_timeouts_data(const struct host *h, uint64_t *seconds);

/** The same of an orphan: at least so long. It is a time, not a number of repeats: the
 *  kernel compares times (retransmits_timed_out). */
bool tcp_timeouts_orphan(const struct host *h, uint64_t *seconds);

/** An orphan whose peer answers probes with a shut window: at least so long (tcp_probe_timer).
 * False also where it is never given up, as a socket with an owner never is. */
bool tcp_timeouts_orphan_window(const struct host *h, uint64_t *seconds);

/** An orphan in FIN_WAIT2 whose peer does not close. Up to 60 s it is tcp_fin_timeout; above, the
 *  kernel waits for the excess over 60 s twice, once by the keepalive timer and once as a timewait
 *  record (net/ipv4/tcp.c tcp_close, net/ipv4/tcp_timer.c tcp_keepalive_timer). */
bool tcp_timeouts_fin_wait2(const struct host *h, uint64_t *seconds);

/** Milliseconds until the kernel gives up this connection: in SYN_SENT or SYN_RECV by the sysctls,
 *  as its program may have set another number of repeats and may give up sooner; a timewait record
 *  by its timer; an orphan in FIN_WAIT2 with what comes after its timer. False when not known, also
 *  of a request that is kept back on purpose (TCP_DEFER_ACCEPT), as far as its timer shows it. */
bool tcp_timeouts_left(const struct host *h, const struct conn *c, uint64_t *ms);

/** Milliseconds for which, at least, the peer has acknowledged nothing new although something waits
 *  to be sent or acknowledged: what repeats and probes prove, 0 where they prove nothing. `m` (may
 *  be NULL) proves more.
 *
 *  The number of repeats alone proves little: when an ICMP error says that the path is gone the
 *  kernel takes its doubled wait back (RFC 6069, tcp_ld_RTO_revert), and what the own host drops is
 *  tried again after half a second. Each doubling that is still in force was waited for, and each
 *  other repeat took the shortest wait there is. From Linux 6.7 on the kernel tells the time since
 *  the first timeout itself (tcpi_total_rto_time). */
uint64_t tcp_timeouts_stalled_ms(const struct host *h, const struct conn *c,
                                 const struct tcp_metrics *m);

#endif
