/* What becomes of rows that this sample has not: missing, closed, fading, gone. */
#include "diff_internal.h"
#include "figures.h"
#include "tcptop/model/predicate.h"

#define CARRIED_MAX 65536u /* missing rows carried on through a run of partial samples */

/* Row `to`, which this sample has not, keeps its owners and its last figures, and so its place
 * in an order. */
static void keep_besides(struct join *join, uint32_t to, uint32_t row)
{
    figures_keep(join->next, to, join->prev, row);
    if (join->next->owner && join->prev->owner)
        join->next->owner[to] = join->prev->owner[row];
}

enum fate { FATE_MISSING, FATE_DIED, FATE_FADING, FATE_GONE };

/* What becomes of a row that this sample has not. */
static enum fate fate_of(const struct join *join, uint32_t row)
{
    const struct snapshot *next = join->next, *prev = join->prev;
    const struct conn *c = &prev->conn[row];
    enum row_kind kind = snapshot_row_kind(prev, row);

    if (kind != ROW_CLOSED && endings_find(&join->d->endings, c) != ENDING_NONE)
        return FATE_DIED;
    if (kind == ROW_CLOSED)
        return next->now_ds - prev->life[row].changed_ds < join->fade_ds ? FATE_FADING : FATE_GONE;
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
    struct snapshot *next = join->next;
    uint32_t carried = 0;

    for (uint32_t at = 0; at < join->d->old.n; at++) {
        uint32_t row = join->d->old.at[at], to = next->n_live + next->n_missing;
        if (row == NO_ROW || fate_of(join, row) != FATE_MISSING)
            continue;
        if (snapshot_row_kind(join->prev, row) == ROW_MISSING && carried++ >= CARRIED_MAX)
            continue;
        next->conn[to] = join->prev->conn[row];
        next->life[to] = join->prev->life[row];
        keep_besides(join, to, row);
        next->n_missing++;
    }
}

/* The last figures of a row: what was told of its end, or what the sample before had. */
static const struct flow *last_flow(const struct join *join, uint32_t row)
{
    const struct endings *e = &join->d->endings;
    uint32_t ending = endings_find(e, &join->prev->conn[row]);
    const struct flow *told = ending == ENDING_NONE ? NULL : endings_flow(e, ending);

    return told ? told : snapshot_last_flow(join->prev, row);
}

static void count_end(struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];

    edges_end(&join->next->edges, c->state,
              c->timer == TIMER_TIMEWAIT && c->expires_ms <= join->elapsed_ms);
}

/* Does it close although its end, which is still to be told, was not? */
static bool is_given_up(const struct join *join, const struct conn *c)
{
    return join->next->deaths_told && !conn_is_remnant(c) && !conn_is_request(c) &&
           endings_find(&join->d->endings, c) == ENDING_NONE;
}

static void append_closed(struct join *join, enum fate fate)
{
    struct snapshot *next = join->next;

    for (uint32_t at = 0; at < join->d->old.n; at++) {
        uint32_t row = join->d->old.at[at];
        struct life life;
        if (row == NO_ROW || fate_of(join, row) != fate)
            continue;
        life = join->prev->life[row];
        if (fate == FATE_DIED) {
            next->closed_total++;
            count_end(join, row);
            next->deaths.closed += predicate_match(next->count_only, join->prev, row);
            life.changed_ds = next->now_ds;
            if (is_given_up(join, &join->prev->conn[row]))
                endings_give_up(&join->d->endings, &join->prev->conn[row], next->now_ds);
        }
        if (next->n_closed < SNAPSHOT_CLOSED_MAX) {
            keep_besides(join, snapshot_rows(next), row);
            snapshot_bury(next, &join->prev->conn[row], life, last_flow(join, row));
        }
    }
}

int join_fates(struct join *join)
{
    struct endings *e = &join->d->endings;
    struct snapshot *next = join->next;
    uint32_t rows = next->n_live + join->d->old.n + endings_unseen_rows(e);
    int rc = snapshot_reserve(next, rows);

    if (!rc && join->rated)
        rc = snapshot_reserve_rates(next, next->n_live, rows);
    if (!rc && next->owner)
        rc = snapshot_reserve_owner(next, rows);
    if (rc)
        return rc;
    append_missing(join);
    append_closed(join, FATE_DIED);
    endings_bury_unseen(e, next);
    append_closed(join, FATE_FADING);
    return 0;
}
