/* Hears of the ends of sockets from the kernel, on a thread of its own, so that none is missed
 * while a long dump is received: SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY of
 * NETLINK_SOCK_DIAG, Linux 4.2 (linux/sock_diag.h, net/core/sock_diag.c). No privileges are needed;
 * with CAP_NET_ADMIN the socket's buffer is larger. What does not fit there, or would cost more
 * than was allowed, is lost, and counted as lost.
 *
 * All functions but the thread's own are for one thread, the one that samples. */
#ifndef TCPTOP_SOURCE_CLOSE_MONITOR_H
#define TCPTOP_SOURCE_CLOSE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

#define CLOSE_MONITOR_KEPT                                                                         \
    65536u /* ends kept between two samples; further ones stay in the socket                       \
            */

struct close_monitor;

/** Start the thread; `share` of one core is what hearing of deaths may cost. Returns 0 or -errno.
 */
int close_monitor_new(struct close_monitor **w, double share);
void close_monitor_free(struct close_monitor *w); /* NULL is accepted */

/** Hear of the namespace the calling thread is in; its rows have `netns` as their index. Returns 0,
 *  -ENOMEM, -EMFILE (also when few descriptors would be left), or what the kernel refuses it by.
 *  When it failed, `close_events_known` stays false until it is removed. */
int close_monitor_add(struct close_monitor *w, uint16_t netns);

/** False: it was not added, or its socket failed. */
bool close_monitor_hears(struct close_monitor *w, uint16_t netns);

/** No longer hear of it. What it told until now is still handed over. */
void close_monitor_remove(struct close_monitor *w, uint16_t netns);

/** A dump begins: what was told until now it cannot miss. */
void close_monitor_mark(struct close_monitor *w);

/** Hand over what was told since the last call: s->ended (NULL when nothing was) with how much
 *  of it before the mark, `lost`, and  `close_events_known`, false when it was not heard of all the
 * time, or not everywhere. */
void close_monitor_take(struct close_monitor *w, struct sample *s);

/* What one namespace's sampling has to do with it. Starts as zero. */
struct close_monitor_join {
    struct close_monitor *watch; /* NULL: none */
    bool shared;                 /* with other namespaces; else it is this one's */
    uint16_t netns;
    int64_t retry_ns; /* when it may be tried again */
    bool refused;     /* the kernel has no such thing */
};

/** Before a dump, in the namespace: have it heard of, by `shared` (which lasts until the post is
 *  closed) or a watch of its own (NULL), or no longer (`share` 0). Fails silently: then deaths are
 *  known as without it. */
void close_monitor_join_open(struct close_monitor_join *post, struct close_monitor *shared,
                             double share, uint16_t netns);

/** After the dump: as close_monitor_take(), unless it is shared. */
void close_monitor_join_take(struct close_monitor_join *post, struct sample *s);
void close_monitor_join_close(struct close_monitor_join *post);

#endif
