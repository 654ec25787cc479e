/* SPDX-License-Identifier: MIT */
/* The listening sockets of a sample, summed up by address and port. */
#ifndef TCPTOP_SRC_OUTPUT_METRICS_LISTENERS_H
#define TCPTOP_SRC_OUTPUT_METRICS_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"
#include "tcptop/output/metrics.h"

/* Several sockets share an address and a port by SO_REUSEPORT, or by being bound to a device. */
struct listener_sum {
    struct conn ends; /* one of them: namespace, address, port */
    char address[CONN_ADDRESS_SIZE];
    char netns[NETNS_NAME]; /* "" where there is one */
    char service[CGROUP_NAME];
    bool queue_known, limit_known, drops_known;
    uint64_t queue, limit;
    uint64_t drops; /* what the sockets of now have dropped; of a resident process also what those
                       that have gone had, as far as samples saw it */
};

/* Starts as zero. */
struct listener_sums {
    struct listener_sum *list; /* owned */
    uint32_t n;
    uint32_t truncated; /* further ones */
};

/** Sum up the listeners of `s`, those outside the range of ephemeral ports first, then by port.
 *  `carry`: go on with the drops that were counted before; else `sums` begins anew. Returns 0 or
 *  -ENOMEM (then as it was). */
int metrics_listeners_take(struct listener_sums *sums, const struct sample *s, bool carry);
void metrics_listeners_fini(struct listener_sums *sums);

#endif
