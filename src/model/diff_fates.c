/* What becomes of rows that this sample has not: missing, closed, fading, gone. */
#include "diff_internal.h"
#include "figures.h"
#include "tcptop/model/predicate.h"

#define CARRIED_MAX 65536u /* missing rows carried on through a run of partial samples */

/* Row `to`, which this sample has not, keeps its owners and its last figures, and so its place
 * in an order. */
static void keep_besides(struct join *join, uint32_t to, uint32_t row)
{
    rates_keep(join->next, to, join->prev, row);
    if (join->next->owner && join->prev->owner)
        join->next->owner[to] = join->prev->owner[row];
}

enum fate { FATE_MISSING, FATE_DIED, FATE_FADING, FATE_GONE };

/* What becomes of a row that this sample has not. */
static enum fate fate_of(const struct join *join, uint32_t row)
{
    const struct sample *next = join->next, *prev = join->prev;
    const struct conn *c = &prev->conn[row];
    enum row_kind kind = sample_row_kind(prev, row);

    if (kind != ROW_CLOSED && close_match_find(&join->d->close_match, c) != CLOSE_EVENT_NONE)
        return FATE_DIED;
    if (kind == ROW_CLOSED)
        return next->now_ds - prev->times[row].changed_ds < join->fade_ds ? FATE_FADING : FATE_GONE;
    if (join_is_bound(c) && !(next->needs & NEED_BOUND))
        return FATE_GONE;
    if (next->status != SAMPLE_COMPLETE)
        return FATE_MISSING;
    if (kind == ROW_MISSING)
        return prev->status == SAMPLE_COMPLETE ? FATE_DIED : FATE_MISSING;
    if (c->timer == TIMER_TIMEWAIT && c->expires_ms <= join->elapsed_ms)
        return FATE_DIED;
    return FATE_MISSING;
}

static void append_missing(struct join *join)
{
    struct sample *next = join->next;
    uint32_t carried = 0;

    for (uint32_t at = 0; at < join->d->old.n; at++) {
        uint32_t row = join->d->old.at[at], to = next->n_live + next->n_missing;
        if (row == NO_ROW || fate_of(join, row) != FATE_MISSING)
            continue;
        if (sample_row_kind(join->prev, row) == ROW_MISSING && carried++ >= CARRIED_MAX)
            continue;
        next->conn[to] = join->prev->conn[row];
        next->times[to] = join->prev->times[row];
        keep_besides(join, to, row);
        next->n_missing++;
    }
}

/* The last figures of a row: what was told of its end, or what the sample before had. */
static const struct tcp_metrics *last_metrics(const struct join *join, uint32_t row)
{
    const struct close_match *e = &join->d->close_match;
    uint32_t close_event = close_match_find(e, &join->prev->conn[row]);
    const struct tcp_metrics *events =
        close_event == CLOSE_EVENT_NONE ? NULL : close_match_metrics(e, close_event);

    return events ? events : sample_last_metrics(join->prev, row);
}

static void count_end(struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];

    transitions_end(&join->next->transitions, c->state,
                    c->timer == TIMER_TIMEWAIT && c->expires_ms <= join->elapsed_ms);
}

/* Does it close although its end, which is still to be told, was not? */
static bool is_presumed(const struct join *join, const struct conn *c)
{
    return join->next->close_events_known && !conn_is_timewait(c) && !conn_is_request(c) &&
           close_match_find(&join->d->close_match, c) == CLOSE_EVENT_NONE;
}

static void append_closed(struct join *join, enum fate fate)
{
    struct sample *next = join->next;

    for (uint32_t at = 0; at < join->d->old.n; at++) {
        uint32_t row = join->d->old.at[at];
        struct row_times times;
        if (row == NO_ROW || fate_of(join, row) != fate)
            continue;
        times = join->prev->times[row];
        if (fate == FATE_DIED) {
            next->closed_total++;
            count_end(join, row);
            next->close_stats.closed += predicate_match(next->count_only, join->prev, row);
            times.changed_ds = next->now_ds;
            if (is_presumed(join, &join->prev->conn[row]))
                close_match_presume(&join->d->close_match, &join->prev->conn[row], next->now_ds);
        }
        if (next->n_closed < SAMPLE_CLOSED_MAX) {
            keep_besides(join, sample_rows(next), row);
            sample_add_closed(next, &join->prev->conn[row], times, last_metrics(join, row));
        }
    }
}

int join_fates(struct join *join)
{
    struct close_match *e = &join->d->close_match;
    struct sample *next = join->next;
    uint32_t rows = next->n_live + join->d->old.n + close_match_unseen_rows(e);
    int rc = sample_reserve(next, rows);

    if (!rc && join->rated)
        rc = sample_reserve_rates(next, next->n_live, rows);
    if (!rc && next->owner)
        rc = sample_reserve_owner(next, rows);
    if (rc)
        return rc;
    append_missing(join);
    append_closed(join, FATE_DIED);
    close_match_add_unseen(e, next);
    append_closed(join, FATE_FADING);
    return 0;
}
