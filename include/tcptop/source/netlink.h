/* SPDX-License-Identifier: MIT */
/* The kernel's socket dump over NETLINK_SOCK_DIAG, in both kinds of request. The only user of
 * libmnl. net/ipv4/inet_diag.c. */
#ifndef TCPTOP_SOURCE_NETLINK_H
#define TCPTOP_SOURCE_NETLINK_H

#include "tcptop/source/diag.h"
#include "tcptop/source/kernel_filter.h"
#include "tcptop/source/source.h"

enum netlink_kind {
    NETLINK_LEGACY, /* TCPDIAG_GETSOCK: one walk of the table for IPv4 and IPv6 */
    NETLINK_FAMILY, /* SOCK_DIAG_BY_FAMILY: IPv4, then IPv6 */
};

struct netlink {
    struct mnl_socket *socket; /* NULL until needed and after every error */
    uint32_t seq;
    uint8_t *buffer;           /* owned */
    struct tap *tap;           /* may be NULL */
    const struct source *stop; /* whose cancellation ends a dump */
    struct diag answer;        /* to the last request, as far as it was read */
};

/** Returns 0 or -ENOMEM. The socket is opened by the first dump, in the namespace of its thread. */
int netlink_init(struct netlink *n, struct tap *tap, const struct source *stop);
void netlink_fini(struct netlink *n);

/** Dump what passes `filter` into the empty sample of `b`, whose `needs` say what to ask for.
 * Returns 0: complete, or PARTIAL with why (the table changed at every try, damaged records).
 * -errno: no rows. Any error closes the socket, so that no half-drained dump spoils the next one
 * (EPROTO). */
int netlink_take(struct netlink *n, enum netlink_kind kind, const struct kernel_filter *filter,
                 struct sample_builder *b);

/** The same by a legacy request, but break off once there are `enough` rows: a fair sample, since
 *  the kernel walks in the order of a hash (listening sockets come before). Returns 1 when it broke
 *  off, 0 when these are all, or -errno. */
int netlink_taste(struct netlink *n, const struct kernel_filter *filter, uint32_t enough,
                  struct sample_builder *b);

/** Begin a dump that is read piece by piece, as netlink_gather() asks: a legacy request for what
 *  passes `filter`, into the empty sample of `b`. It wants a struct netlink of its own, so that
 *  others can be taken meanwhile. Returns 0 or -errno. */
int netlink_gather_begin(struct netlink *n, const struct kernel_filter *filter,
                         struct sample_builder *b);

/** Read on, at least one batch of some hundred rows, until `until_ns` on the monotonic clock. The
 *  kernel makes a batch when the one before is read (net/netlink/af_netlink.c netlink_recvmsg()),
 * so after a pause the first batch is from before it, and no other. Returns 1: there is more, 0:
 * all rows are there, or -errno, also where records were damaged or the kernel says that the table
 *  changed; then nothing more can be read. */
int netlink_gather(struct netlink *n, int64_t until_ns);

/** Append the MPTCP connections of both families whose states `filter` names: their own states,
 * which are not those of their subflows, and the ends of their first subflow. Recordings do not get
 * them. Returns 0 or -errno (-ENOENT: the kernel has no MPTCP, or no answer about it). */
int netlink_take_mptcp(struct netlink *n, const struct kernel_filter *filter,
                       struct sample_builder *b);

/** True when this errno is the kernel saying "not here": no such family, module or right. */
bool netlink_refused(int error);

#endif
