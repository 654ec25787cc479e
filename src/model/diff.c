/* The join of two consecutive samples, in linear time: pairs, ends that were told, fates. */
#include "tcptop/model/diff.h"

#include <stdlib.h>

#include "diff_internal.h"
#include "figures.h"
#include "tcptop/base/clock.h"

struct diff *diff_new(void)
{
    return calloc(1, sizeof(struct diff));
}

void diff_free(struct diff *d)
{
    if (!d)
        return;
    array_u32_fini(&d->old);
    array_u32_fini(&d->new);
    slots_fini(&d->slots);
    close_match_fini(&d->close_match);
    dedupe_fini(&d->dedupe);
    free(d);
}

static bool lacks_cookies(const struct sample *s)
{
    return s->n_live && s->conn[0].flags & CONN_NO_COOKIE;
}

/* What the kernel told of ends; it names them by cookies. */
static int join_close_match(struct join *join)
{
    struct diff *d = join->d;
    int rc;

    if (join->by_tuple) {
        sample_unref(join->next->ended);
        join->next->ended = NULL;
        join->next->close_events_known = false;
    }
    rc = close_match_begin(&d->close_match, join->next);
    if (rc)
        return rc;
    close_match_missing(&d->close_match, join->next, join->prev, d->old.at, d->old.n);
    return close_match_live(&d->close_match, join->next);
}

static void add_close_stats(struct close_stats *to, const struct close_stats *d)
{
    to->ended += d->ended;
    to->closed += d->closed;
    to->unseen += d->unseen;
    to->unseen_acked += d->unseen_acked;
    to->unseen_received += d->unseen_received;
    to->lost += d->lost;
    to->lost_vaguely |= d->lost_vaguely;
}

static int join_rows(struct join *join)
{
    int rc = join->rated ? sample_reserve_rates(join->next, 0, join->next->n_live) : 0;

    if (!rc)
        rc = join_pairs(join);
    if (!rc)
        rc = join_close_match(join);
    return rc ? rc : join_fates(join);
}

int diff_join(struct diff *d, struct sample *next, const struct sample *prev, uint32_t fade_ds)
{
    struct join join = {.d = d, .next = next, .prev = prev, .fade_ds = fade_ds};
    int rc = next->streamed ? 0 : dedupe_rows(&d->dedupe, next);

    if (!rc && next->needs & NEED_OWNER)
        rc = sample_reserve_owner(next, next->n_live);
    if (!prev) {
        d->whole_seen = false;
    } else {
        int64_t elapsed_ms = (next->mono_ns - prev->mono_ns) / NS_PER_MS;
        join.elapsed_ms = elapsed_ms > 0 ? (uint64_t)elapsed_ms : 0;
        join.by_tuple = lacks_cookies(prev) || lacks_cookies(next);
        join.rated = rates_are_possible(next, prev);
        next->closed_total = prev->closed_total;
        next->transitions = prev->transitions;
        rc = rc ? rc : join_rows(&join);
    }
    close_match_finish(&d->close_match, next);
    if (prev) {
        next->close_stats_total = prev->close_stats_total;
        add_close_stats(&next->close_stats_total, &next->close_stats);
    }
    sample_unref(next->ended);
    next->ended = NULL;
    next->count_only = NULL;
    if (next->status == SAMPLE_COMPLETE)
        d->whole_seen = true;
    return rc;
}
