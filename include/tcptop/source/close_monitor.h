/* SPDX-License-Identifier: MIT */
/* Receives the kernel's notification for each TCP socket that is destroyed, on its own thread, so
 * that connections shorter than the sampling interval are counted and none is missed while a long
 * dump is received: SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY of NETLINK_SOCK_DIAG,
 * Linux 4.2 (linux/sock_diag.h, net/core/sock_diag.c). No privileges are needed; with CAP_NET_ADMIN
 * the socket's buffer is larger. Notifications that do not fit into the buffer, or would cost more
 * CPU time than allowed, are lost; the lost ones are counted.
 *
 * All functions are to be called from one thread, the one that samples. */
#ifndef TCPTOP_SOURCE_CLOSE_MONITOR_H
#define TCPTOP_SOURCE_CLOSE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample_builder.h"

/* Events kept between two samples; further ones wait in the socket's buffer. */
#define CLOSE_MONITOR_KEPT 65536u

struct close_monitor;

/** Start the thread. `share` of one core is the CPU time that it may use. Returns 0 or -errno. */
int close_monitor_new(struct close_monitor **w, double share);
void close_monitor_free(struct close_monitor *w); /* NULL is accepted */

/** Receive from the namespace that the calling thread is in; its rows get `netns` as their
 *  conn.netns. Returns 0, -ENOMEM, -EMFILE (also when few descriptors would be left), or the -errno
 *  with which the kernel refuses. After a failure close_events_known is false until
 *  close_monitor_remove(). */
int close_monitor_add(struct close_monitor *w, uint16_t netns);

/** False: the namespace was not added, or its socket failed. */
bool close_monitor_receives(struct close_monitor *w, uint16_t netns);

/** Stop receiving from the namespace. Events received until now stay for the next take. */
void close_monitor_remove(struct close_monitor *w, uint16_t netns);

/** Call before a dump starts. Sockets reported closed before this call are certainly absent from
 *  the dump. */
void close_monitor_mark(struct close_monitor *w);

/** Hand the events received since the last call to `b`: b->close_events (NULL when there are none),
 * how many of them came before the mark, the number lost, and sample.close_events_known, which is
 * false when not every namespace was listened to all the time. */
void close_monitor_take(struct close_monitor *w, struct sample_builder *b);

/* How the sampling of one namespace uses a monitor. Starts as zero. */
struct close_monitor_join {
    struct close_monitor *monitor; /* NULL: none */
    bool shared;                   /* with other namespaces; else this namespace owns it */
    uint16_t netns;
    int64_t retry_ns; /* when it may be tried again */
    bool refused;     /* the kernel does not support it */
};

/** Call before a dump, in the namespace. Has events received by `shared` (which must outlive the
 *  join) or, when it is NULL, by a monitor of its own; with `share` 0 none are received any more. A
 *  failure is not reported: close_events_known stays false then. */
void close_monitor_join_open(struct close_monitor_join *join, struct close_monitor *shared,
                             double share, uint16_t netns);

/** Call after the dump: does close_monitor_take() unless the monitor is shared. */
void close_monitor_join_take(struct close_monitor_join *join, struct sample_builder *b);
void close_monitor_join_close(struct close_monitor_join *join);

#endif
