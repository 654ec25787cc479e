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

#define DEATHWATCH_KEPT                                                                            \
    65536u /* ends kept between two samples; further ones stay in the socket                       \
            */

struct deathwatch;

/** Start the thread; `share` of one core is what hearing of deaths may cost. Returns 0 or -errno.
 */
int deathwatch_new(struct deathwatch **w, double share);
void deathwatch_free(struct deathwatch *w); /* NULL is accepted */

/** Hear of the namespace the calling thread is in; its rows have `netns` as their index. Returns 0,
 *  -ENOMEM, -EMFILE (also when few descriptors would be left), or what the kernel refuses it by.
 *  When it failed, `deaths_told` stays false until it is removed. */
int deathwatch_add(struct deathwatch *w, uint16_t netns);

/** False: it was not added, or its socket failed. */
bool deathwatch_hears(struct deathwatch *w, uint16_t netns);

/** No longer hear of it. What it told until now is still handed over. */
void deathwatch_remove(struct deathwatch *w, uint16_t netns);

/** A dump begins: what was told until now it cannot miss. */
void deathwatch_mark(struct deathwatch *w);

/** Hand over what was told since the last call: s->ended (NULL when nothing was) with how much
 *  of it before the mark, `lost`, and  `deaths_told`, false when it was not heard of all the time,
 * or not everywhere. */
void deathwatch_take(struct deathwatch *w, struct snapshot *s);

/* What one namespace's sampling has to do with it. Starts as zero. */
struct deathwatch_post {
    struct deathwatch *watch; /* NULL: none */
    bool shared;              /* with other namespaces; else it is this one's */
    uint16_t netns;
    int64_t retry_ns; /* when it may be tried again */
    bool refused;     /* the kernel has no such thing */
};

/** Before a dump, in the namespace: have it heard of, by `shared` (which lasts until the post is
 *  closed) or a watch of its own (NULL), or no longer (`share` 0). Fails silently: then deaths are
 *  known as without it. */
void deathwatch_post_open(struct deathwatch_post *post, struct deathwatch *shared, double share,
                          uint16_t netns);

/** After the dump: as deathwatch_take(), unless it is shared. */
void deathwatch_post_take(struct deathwatch_post *post, struct snapshot *s);
void deathwatch_post_close(struct deathwatch_post *post);

#endif
