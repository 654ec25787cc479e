/* SPDX-License-Identifier: MIT */
/* The states of MPTCP connections, which a dump of TCP does not tell: there each subflow is a TCP
 * connection, and stays ESTABLISHED while the connection closes. */
#ifndef TCPTOP_SRC_SOURCE_MPTCP_H
#define TCPTOP_SRC_SOURCE_MPTCP_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/source/netlink.h"

struct mptcp {
    bool in_use;     /* there was one when the kernel was last asked */
    int64_t next_ns; /* monotonic: when it is asked again although there was none */
};

/** Mark the rows of `b`, one namespace's, that are subflows of an MPTCP connection, and note its
 * state with them. The kernel is asked in each sample while there are such connections,
 * else every ten seconds. What goes wrong leaves the rows as they are. */
void mptcp_mark(struct mptcp *m, struct netlink *n, struct sample_builder *b);

#endif
