/* Counts of what the kernel tells of the ends of sockets (net/core/sock_diag.c
 * sock_diag_broadcast_destroy). A connection gives one such end for each of its sockets: two when
 * both are here. A socket that closed first ends when its TIME_WAIT begins. */
#ifndef TCPTOP_MODEL_CLOSE_STATS_H
#define TCPTOP_MODEL_CLOSE_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct close_stats {
    uint64_t ended;  /* sockets of connections, failed attempts included, whose end was told */
    uint64_t closed; /* rows that went, and what no sample had; not what goes on in TIME_WAIT */
    uint64_t unseen; /* of those, the ones that no sample had */
    uint64_t unseen_acked, unseen_received; /* their bytes, as METRICS_bytes_acked, _received */
    uint64_t lost;                          /* messages that did not reach us: each may be an end */
    bool lost_vaguely; /* there were more of them than `lost`: the kernel gave no number */
};

#endif
