/* The join of two consecutive samples, in linear time: pairs, ends that were told, fates. */
#include "tcptop/model/diff.h"

#include <stdlib.h>

#include "diff_internal.h"
#include "figures.h"
#include "tcptop/base/clock.h"

struct delta *delta_new(void)
{
    return calloc(1, sizeof(struct delta));
}

void delta_free(struct delta *d)
{
    if (!d)
        return;
    u32_list_fini(&d->old);
    u32_list_fini(&d->new);
    slots_fini(&d->slots);
    endings_fini(&d->endings);
    dedupe_fini(&d->dedupe);
    free(d);
}

static bool lacks_cookies(const struct snapshot *s)
{
    return s->n_live && s->conn[0].flags & CONN_NO_COOKIE;
}

/* What the kernel told of ends; it names them by cookies. */
static int join_endings(struct join *join)
{
    struct delta *d = join->d;
    int rc;

    if (join->by_tuple) {
        snapshot_unref(join->next->ended);
        join->next->ended = NULL;
        join->next->deaths_told = false;
    }
    rc = endings_begin(&d->endings, join->next);
    if (rc)
        return rc;
    endings_meet_old(&d->endings, join->next, join->prev, d->old.at, d->old.n);
    return endings_meet_live(&d->endings, join->next);
}

static void add_deaths(struct deaths *to, const struct deaths *d)
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
    int rc = join->rated ? snapshot_reserve_rates(join->next, 0, join->next->n_live) : 0;

    if (!rc)
        rc = join_pairs(join);
    if (!rc)
        rc = join_endings(join);
    return rc ? rc : join_fates(join);
}

int delta_join(struct delta *d, struct snapshot *next, const struct snapshot *prev,
               uint32_t fade_ds)
{
    struct join join = {.d = d, .next = next, .prev = prev, .fade_ds = fade_ds};
    int rc = next->sieved ? 0 : dedupe_rows(&d->dedupe, next);

    if (!rc && next->needs & NEED_OWNER)
        rc = snapshot_reserve_owner(next, next->n_live);
    if (!prev) {
        d->whole_seen = false;
    } else {
        int64_t elapsed_ms = (next->mono_ns - prev->mono_ns) / NS_PER_MS;
        join.elapsed_ms = elapsed_ms > 0 ? (uint64_t)elapsed_ms : 0;
        join.by_tuple = lacks_cookies(prev) || lacks_cookies(next);
        join.rated = figures_are_rated(next, prev);
        next->closed_total = prev->closed_total;
        next->edges = prev->edges;
        rc = rc ? rc : join_rows(&join);
    }
    endings_finish(&d->endings, next);
    if (prev) {
        next->deaths_total = prev->deaths_total;
        add_deaths(&next->deaths_total, &next->deaths);
    }
    snapshot_unref(next->ended);
    next->ended = NULL;
    next->count_only = NULL;
    if (next->status == SAMPLE_COMPLETE)
        d->whole_seen = true;
    return rc;
}
