/* SPDX-License-Identifier: MIT */
/* Counts of sockets that the kernel reported closed (net/core/sock_diag.c
 * sock_diag_broadcast_destroy). A connection has one such report for each of its sockets: two when
 * both are on this host. The socket of the end that closes first is reported when its TIME_WAIT
 * begins. */
#ifndef TCPTOP_MODEL_CLOSE_STATS_H
#define TCPTOP_MODEL_CLOSE_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct close_stats {
    uint64_t ended;  /* sockets of connections that were reported, failed attempts included */
    uint64_t closed; /* rows that were closed, and connections that no sample had; not those
                        that go on in TIME_WAIT */
    uint64_t unseen; /* of those: opened and closed between two samples */
    uint64_t unseen_acked, unseen_received; /* their bytes, as METRICS_bytes_acked, _received */
    uint64_t lost;     /* reports that were lost: each may be a closed socket */
    bool lost_vaguely; /* more were lost than `lost`: the kernel gave no number */
};

#endif
