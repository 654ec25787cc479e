/* SPDX-License-Identifier: MIT */
/* The last samples as counts: what sparklines, changes and rates are made of. */
#ifndef TCPTOP_MODEL_HISTORY_H
#define TCPTOP_MODEL_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/close_stats.h"
#include "tcptop/model/host.h"
#include "tcptop/model/state.h"
#include "tcptop/model/transitions.h"

#define HISTORY_SHOWN 60   /* samples that a sparkline shows */
#define HISTORY_MAX   6000 /* a minute, the longest that is looked at, of samples each 10 ms */

enum point_status { POINT_MEASURED, POINT_PARTIAL, POINT_MISSED };

struct point {
    uint64_t seq; /* the sample's number; consecutive in a history, missed ones included */
    int64_t mono_ns;
    uint8_t status; /* enum point_status; MISSED: no count or counter is valid */
    uint32_t total;
    uint32_t count[TCP_STATE_COUNT]; /* BOUND_INACTIVE valid only when `bound_asked` */
    bool bound_asked;
    uint32_t counter_valid;
    uint64_t counter[COUNTER_COUNT];
    bool close_events_known;        /* see struct sample */
    struct close_stats close_stats; /* since the start */
    struct transitions transitions; /* since the start */
    uint64_t netns_set; /* counters are sums of the same namespaces where this is the same */
};

/* A ring: a plain value that can be copied with history_copy(). */
struct history {
    struct point *points;    /* owned */
    uint32_t cap, len, head; /* head: index of the oldest */
};

/** Room for `cap` points, but at least HISTORY_SHOWN and the one that their change counts from, and
 *  at most HISTORY_MAX. Returns 0 or -ENOMEM. */
int history_init(struct history *h, uint32_t cap);
void history_fini(struct history *h);

/** Forget the oldest when full, add `p`. */
void history_add(struct history *h, const struct point *p);

/** Make `to` (initialised or zero) equal to `from`, with room for as many; cheap where `to` is an
 *  older copy of it. Returns 0 or -ENOMEM (unchanged). */
int history_copy(struct history *to, const struct history *from);

/** The point `back` samples before the newest (0: the newest); NULL beyond the oldest. */
const struct point *history_at(const struct history *h, uint32_t back);

/** Seconds that the last `n` points really cover, by their times. */
double history_span_s(const struct history *h, uint32_t n);

/** Largest count of `state` (0: total) among the last `n` measured points. */
uint32_t history_max(const struct history *h, unsigned state, uint32_t n);

/** Newest count minus that of the first measured one of the last `n`, and the seconds (may be NULL)
 *  between them; false when there are fewer than two. */
bool history_change(const struct history *h, unsigned state, uint32_t n, int64_t *change,
                    double *seconds);

/* Two samples whose transitions are compared: the newest and the oldest of the last `seconds`, or
 * the one before it where samples are further apart. */
struct transition_span {
    const struct point *newest, *oldest;
    double seconds;     /* between them */
    bool whole;         /* every sample between was complete */
    int64_t longest_ns; /* between two samples */
};

/** False when there are not two samples to compare. */
bool history_transitions(const struct history *h, double seconds, struct transition_span *span);

/** How often the transition was passed, per second. `exact`: the kernel counts it (openings), so
 * that what came and went between two samples is in it; else at least so often. */
double history_transition_rate(const struct history *h, const struct transition_span *span,
                               enum state_transition transition, bool *exact);

/** How much a counter grew over the last `n` points, and the seconds between the first and the last
 *  of them that have it; false when that are not two. A counter that went backwards (namespace
 *  re-created, wrap) makes it unknown; points with sums of other namespaces than the newest has are
 *  passed over. */
bool history_growth(const struct history *h, enum host_counter which, uint32_t n, uint64_t *by,
                    double *seconds);

/** The same per second, by real times. */
bool history_rate(const struct history *h, enum host_counter which, uint32_t n, double *per_s);

/** Close statistics of the last `n` points, as far back as the kernel reported without a break, and
 * the seconds between the first and the last of these points. False when there are fewer than two.
 */
bool history_close_stats(const struct history *h, uint32_t n, struct close_stats *close_stats,
                         double *seconds);

#endif
