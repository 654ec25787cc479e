/* SPDX-License-Identifier: MIT */
/* The ring of the last samples' counts, and what can be said from it. */
#include "tcptop/model/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/clock.h"

int history_init(struct history *h, uint32_t cap)
{
    *h = (struct history){0};
    if (cap <= HISTORY_SHOWN)
        cap = HISTORY_SHOWN + 1;
    if (cap > HISTORY_MAX)
        cap = HISTORY_MAX;
    h->points = calloc(cap, sizeof *h->points);
    if (!h->points)
        return -ENOMEM;
    h->cap = cap;
    return 0;
}

void history_fini(struct history *h)
{
    free(h->points);
    *h = (struct history){0};
}

void history_add(struct history *h, const struct point *p)
{
    uint32_t slot = (h->head + h->len) % h->cap;

    h->points[slot] = *p;
    if (h->len < h->cap)
        h->len++;
    else
        h->head = (h->head + 1) % h->cap;
}

/* Is `to` what `from` was some points ago? Then add those; a copy would cost as many times more. */
static bool catch_up(struct history *to, const struct history *from)
{
    const struct point *last = history_at(to, 0), *now = history_at(from, 0), *same;

    if (to->cap != from->cap || !last || !now || last->seq > now->seq)
        return false;
    same = now->seq - last->seq < from->len ? history_at(from, (uint32_t)(now->seq - last->seq))
                                            : NULL;
    if (!same || same->seq != last->seq || same->mono_ns != last->mono_ns)
        return false;
    for (uint32_t back = (uint32_t)(now->seq - last->seq); back > 0; back--)
        history_add(to, history_at(from, back - 1));
    return true;
}

int history_copy(struct history *to, const struct history *from)
{
    uint32_t first = from->cap - from->head; /* points before the ring's end */

    if (catch_up(to, from))
        return 0;
    if (to->cap < from->cap) {
        struct point *points = realloc(to->points, from->cap * sizeof *points);
        if (!points)
            return -ENOMEM;
        to->points = points;
        to->cap = from->cap;
    }
    if (first > from->len)
        first = from->len;
    if (from->len) {
        memcpy(to->points, from->points + from->head, first * sizeof *to->points);
        memcpy(to->points + first, from->points, (from->len - first) * sizeof *to->points);
    }
    to->head = 0;
    to->len = from->len;
    return 0;
}

const struct point *history_at(const struct history *h, uint32_t back)
{
    return back < h->len ? &h->points[(h->head + h->len - 1 - back) % h->cap] : NULL;
}

double history_span_s(const struct history *h, uint32_t n)
{
    const struct point *newest = history_at(h, 0);
    const struct point *oldest = history_at(h, (n < h->len ? n : h->len) - 1);

    if (!newest || !oldest)
        return 0;
    return (double)(newest->mono_ns - oldest->mono_ns) / (double)NS_PER_S;
}

/* The count of `state`, 0 for the total; false where the point does not know it. */
static bool point_count(const struct point *p, unsigned state, uint32_t *count)
{
    if (p->status == POINT_MISSED || state >= TCP_STATE_COUNT)
        return false;
    if (state == TCP_STATE_BOUND_INACTIVE && !p->bound_asked)
        return false;
    *count = state ? p->count[state] : p->total;
    return true;
}

uint32_t history_max(const struct history *h, unsigned state, uint32_t n)
{
    uint32_t max = 0, count;
    const struct point *p;

    for (uint32_t back = 0; back < n && (p = history_at(h, back)); back++) {
        if (point_count(p, state, &count) && count > max)
            max = count;
    }
    return max;
}

bool history_change(const struct history *h, unsigned state, uint32_t n, int64_t *change,
                    double *seconds)
{
    uint32_t count, newest = 0, oldest = 0, known = 0;
    int64_t newest_ns = 0, oldest_ns = 0;
    const struct point *p;

    for (uint32_t back = 0; back < n && (p = history_at(h, back)); back++) {
        /* A partial count is a lower bound: a difference from it would be a guess. */
        if (p->status != POINT_MEASURED || !point_count(p, state, &count))
            continue;
        if (known++ == 0) {
            newest = count;
            newest_ns = p->mono_ns;
        }
        oldest = count;
        oldest_ns = p->mono_ns;
    }
    *change = (int64_t)newest - (int64_t)oldest;
    if (seconds)
        *seconds = (double)(newest_ns - oldest_ns) / (double)NS_PER_S;
    return known >= 2;
}

bool history_growth(const struct history *h, enum host_counter which, uint32_t n, uint64_t *by,
                    double *seconds)
{
    const struct point *newest = NULL, *oldest = NULL, *p;

    for (uint32_t back = 0; back < n && (p = history_at(h, back)); back++) {
        if (p->status == POINT_MISSED || !(p->counter_valid >> which & 1))
            continue;
        if (newest && p->netns_set != newest->netns_set)
            continue;
        if (oldest && p->counter[which] > oldest->counter[which])
            return false;
        newest = newest ? newest : p;
        oldest = p;
    }
    if (!newest || newest->mono_ns <= oldest->mono_ns)
        return false;
    *by = newest->counter[which] - oldest->counter[which];
    *seconds = (double)(newest->mono_ns - oldest->mono_ns) / (double)NS_PER_S;
    return true;
}

bool history_rate(const struct history *h, enum host_counter which, uint32_t n, double *per_s)
{
    uint64_t by;
    double seconds;

    if (!history_growth(h, which, n, &by, &seconds))
        return false;
    *per_s = (double)by / seconds;
    return true;
}

bool history_transitions(const struct history *h, double seconds, struct transition_span *span)
{
    const struct point *p, *last = NULL;

    *span = (struct transition_span){.whole = true};
    for (uint32_t back = 0; (p = history_at(h, back)); back++) {
        if (p->status == POINT_MISSED) {
            span->whole = false;
            continue;
        }
        bool two = span->oldest != span->newest;
        if (two && (double)(span->newest->mono_ns - p->mono_ns) > seconds * (double)NS_PER_S)
            break;
        span->whole = span->whole && p->status == POINT_MEASURED;
        span->newest = span->newest ? span->newest : p;
        if (last && last->mono_ns - p->mono_ns > span->longest_ns)
            span->longest_ns = last->mono_ns - p->mono_ns;
        span->oldest = last = p;
    }
    if (!last || span->newest->mono_ns <= span->oldest->mono_ns)
        return false;
    span->seconds = (double)(span->newest->mono_ns - span->oldest->mono_ns) / (double)NS_PER_S;
    return true;
}

/* Openings are counted by the kernel, each of them. */
static bool counted_rate(const struct history *h, const struct transition_span *span,
                         enum state_transition transition, double *per_s)
{
    uint32_t n = 0;

    if (transition != TRANSITION_CONNECT && transition != TRANSITION_ACCEPTED)
        return false;
    while (history_at(h, n) && history_at(h, n)->seq >= span->oldest->seq)
        n++;
    return history_rate(
        h, transition == TRANSITION_CONNECT ? COUNTER_ACTIVE_OPENS : COUNTER_PASSIVE_OPENS, n,
        per_s);
}

/* A SYN comes and goes between two samples, but each handshake that the kernel has counted as
 * finished began with one. */
double history_transition_rate(const struct history *h, const struct transition_span *span,
                               enum state_transition transition, bool *exact)
{
    double per_s, finished;

    *exact = counted_rate(h, span, transition, &per_s);
    if (*exact)
        return per_s;
    per_s = (double)(span->newest->transitions.seen[transition] -
                     span->oldest->transitions.seen[transition]) /
            span->seconds;
    if (transition == TRANSITION_SYN && counted_rate(h, span, TRANSITION_ACCEPTED, &finished) &&
        finished > per_s)
        return finished;
    return per_s;
}

bool history_close_stats(const struct history *h, uint32_t n, struct close_stats *close_stats,
                         double *seconds)
{
    const struct point *newest = NULL, *oldest = NULL, *p;

    /* A missed sample tells of nothing; the next one does of the time since the one before. */
    for (uint32_t back = 0; back <= n && (p = history_at(h, back)); back++) {
        if (p->status == POINT_MISSED)
            continue;
        newest = newest ? newest : p;
        oldest = p;
        if (!p->close_events_known)
            break;
    }
    if (!newest || !newest->close_events_known || newest->mono_ns <= oldest->mono_ns)
        return false;
    *seconds = (double)(newest->mono_ns - oldest->mono_ns) / (double)NS_PER_S;
    *close_stats = (struct close_stats){
        .ended = newest->close_stats.ended - oldest->close_stats.ended,
        .closed = newest->close_stats.closed - oldest->close_stats.closed,
        .unseen = newest->close_stats.unseen - oldest->close_stats.unseen,
        .unseen_acked = newest->close_stats.unseen_acked - oldest->close_stats.unseen_acked,
        .unseen_received =
            newest->close_stats.unseen_received - oldest->close_stats.unseen_received,
        .lost = newest->close_stats.lost - oldest->close_stats.lost,
        .lost_vaguely =
            newest->close_stats.lost_vaguely && newest->close_stats.lost > oldest->close_stats.lost,
    };
    return true;
}
