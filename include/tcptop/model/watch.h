/* SPDX-License-Identifier: MIT */
/* Connections that are followed closely, the pinned and the opened ones: their metrics in each of
 * the last samples, of a listener its accept queue and its drops, their changes of state, and their
 * other end where it is on this host too. */
#ifndef TCPTOP_MODEL_WATCH_H
#define TCPTOP_MODEL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"
#include "tcptop/model/history.h"
#include "tcptop/model/rate.h"
#include "tcptop/model/tcp_metrics.h"

struct sample;
struct sample_builder;

#define WATCH_MAX     17 /* at a time */
#define WATCH_CHANGES 6  /* of state that are remembered, the last ones */

struct watch_point {
    uint64_t seq; /* the sample's number; one that failed has no point */
    int64_t mono_ns;
    bool there; /* false: the connection was not in this dump */
    uint8_t state;
    struct tcp_metrics metrics;
    uint32_t queue;   /* of a listener: connections that wait for accept() */
    bool drops_known; /* of a listener; see drops.h: */
    uint32_t drops;   /* segments dropped since it listens, wraps */
};

struct watch_change {
    int64_t wall_ns; /* 0: before anyone looked */
    uint8_t state;
};

struct watch {
    struct conn conn;                          /* as it was last */
    uint32_t row;                              /* in this sample, UINT32_MAX when it has gone */
    int64_t closed_ns;                         /* wall; 0: it lives */
    struct watch_change change[WATCH_CHANGES]; /* the oldest first */
    uint32_t n_changes;

    struct conn peer;    /* the other end, as it was last */
    bool has_peer;       /* it is, or was, on this host */
    uint32_t peer_row;   /* UINT32_MAX when it has gone */
    uint64_t peer_asked; /* number of the sample in which it was looked for */

    struct watch_point point[HISTORY_SHOWN]; /* a ring */
    uint32_t head, len;
};

/** Fill sample.watch of `b`, which is joined and not yet published, with these connections, going
 * on from what `prev` (may be NULL) has of them. All rows are searched only for a connection that
 * has just gone, and now and then for its other end. Returns 0 or -ENOMEM. */
int watch_update(struct sample_builder *b, const struct sample *prev, const struct conn *conns,
                 uint32_t n);

/** What is known of a connection, NULL when it is not watched. */
const struct watch *watch_find(const struct sample *s, const struct conn *c);

/** The point `back` before the newest; NULL beyond the oldest. */
const struct watch_point *watch_at(const struct watch *w, uint32_t back);

/** From the point before to the point `back`; false when one of them has no figures. */
bool watch_span(const struct watch *w, uint32_t back, struct span *span);

/** From the oldest point with figures to the newest; false when those are not two. */
bool watch_whole(const struct watch *w, struct span *span);

/** Is `b` the other end of `a`: addresses and ports the other way round, IPv4 and v4-mapped alike?
 */
bool watch_is_peer(const struct conn *a, const struct conn *b);

#endif
