/* The join of two consecutive samples, in linear time.
 *
 * The kernel walks its table in the same order each time: the next record is looked for at the
 * previous sample's next position. The few rows that are left over on both sides meet in a hash
 * table. What then has no partner is new on this side, missing or closed on the other. */
#include "tcptop/model/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endings.h"
#include "figures.h"
#include "slots.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/dedupe.h"
#include "tcptop/model/predicate.h"

#define NONE        UINT32_MAX
#define LOOK_AHEAD  16u    /* rows that may have gone between two neighbours */
#define LIST_KEEP   65536u /* shorter lists keep their memory */
#define CARRIED_MAX 65536u /* missing rows carried on through a run of partial samples */

/* Row numbers; the memory is kept. */
struct list {
    uint32_t *row;
    uint32_t n, cap;
};

struct delta {
    struct dedupe dedupe;
    struct list old, new; /* rows of the previous and of this sample that found no partner yet */
    struct slots slots;   /* of `old` */
    struct endings endings;
    bool whole_seen; /* a complete sample was joined: an unknown row is new */
};

/* One join under way. */
struct join {
    struct delta *d;
    struct snapshot *next;
    const struct snapshot *prev;
    uint64_t elapsed_ms;
    uint32_t fade_ds;
    bool by_tuple; /* some rows have no cookie */
    bool rated;    /* see figures_are_rated() */
};

struct delta *delta_new(void)
{
    return calloc(1, sizeof(struct delta));
}

void delta_free(struct delta *d)
{
    if (!d)
        return;
    free(d->old.row);
    free(d->new.row);
    slots_fini(&d->slots);
    endings_fini(&d->endings);
    dedupe_fini(&d->dedupe);
    free(d);
}

static int list_add(struct list *list, uint32_t row)
{
    if (list->n == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 256;
        uint32_t *larger = realloc(list->row, cap * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        list->row = larger;
        list->cap = cap;
    }
    list->row[list->n++] = row;
    return 0;
}

/* Empty, and without the memory of a rush that has passed. */
static void list_clear(struct list *list)
{
    if (list->cap > LIST_KEEP && list->n < list->cap / 8) {
        free(list->row);
        *list = (struct list){0};
    }
    list->n = 0;
}

static bool is_bound(const struct conn *c)
{
    return c->flags & CONN_BOUND;
}

/* The owners of row `i`, which was row `j`. A socket without a file keeps those that it had, as
 * former ones; if they were not known yet, its inode of then may tell by now. */
static uint32_t inherit_owner(const struct join *join, uint32_t i, uint32_t j)
{
    const struct snapshot *prev = join->prev;
    uint32_t word = prev->owner ? prev->owner[j] : OWNER_UNKNOWN;

    if (join->next->conn[i].inode) /* nobody followed who holds one that was not there */
        return j < prev->n_live ? word : OWNER_UNKNOWN;
    if ((word & OWNER_GROUP) >= OWNER_FIRST)
        return word | OWNER_FORMER;
    return prev->conn[j].inode && j <= OWNER_GROUP ? OWNER_PENDING | j : OWNER_UNKNOWN;
}

/* Row `to`, which this sample has not, keeps its owners and its last figures, and so its place
 * in an order. */
static void keep_besides(struct join *join, uint32_t to, uint32_t row)
{
    figures_keep(join->next, to, join->prev, row);
    if (join->next->owner && join->prev->owner)
        join->next->owner[to] = join->prev->owner[row];
}

/* Row `i` of this sample is row `j` of the previous one. */
static void inherit(struct join *join, uint32_t i, uint32_t j)
{
    struct conn *c = &join->next->conn[i];
    struct life *life = &join->next->life[i];
    const struct conn *before = &join->prev->conn[j];

    *life = join->prev->life[j];
    if (snapshot_row_kind(join->prev, j) == ROW_CLOSED) { /* taken for dead too early */
        life->changed_ds = life->born_ds;
        join->next->closed_total--;
    }
    c->was_state = before->was_state;
    c->flags |= before->flags & CONN_END_TOLD;
    if (join->next->owner)
        join->next->owner[i] = inherit_owner(join, i, j);
    if (c->state != before->state) {
        c->was_state = before->state;
        life->changed_ds = join->next->now_ds;
        join->next->changed++;
        edges_change(&join->next->edges, before->state, c->state);
    }
    if (join->rated)
        figures_rate(join->next, i, join->prev, j);
}

/* Row `i` has no past. Its birth is known unless nobody could have seen it before. */
static void newborn(struct join *join, uint32_t i)
{
    struct snapshot *next = join->next;
    bool bound_unasked = is_bound(&next->conn[i]) && !(join->prev->needs & NEED_BOUND);

    if (!join->d->whole_seen || bound_unasked)
        return;
    next->life[i].born_ds = next->life[i].changed_ds = next->now_ds ? next->now_ds : 1;
    next->born++;
    edges_change(&next->edges, 0, next->conn[i].state);
}

/* Pair rows by the order of the dump. What finds no partner goes to the lists. */
static int join_by_order(struct join *join)
{
    const struct snapshot *prev = join->prev;
    struct delta *d = join->d;
    uint32_t expected = 0;

    list_clear(&d->old);
    list_clear(&d->new);
    for (uint32_t i = 0; i < join->next->n_live; i++) {
        const struct conn *c = &join->next->conn[i];
        uint32_t end = prev->n_live - expected > LOOK_AHEAD ? expected + LOOK_AHEAD : prev->n_live;
        uint32_t j = expected;
        while (j < end && !conn_same(c, &prev->conn[j]))
            j++;
        if (j == end) {
            if (list_add(&d->new, i))
                return -ENOMEM;
            continue;
        }
        for (; expected < j; expected++) {
            if (list_add(&d->old, expected))
                return -ENOMEM;
        }
        inherit(join, i, expected++);
    }
    for (; expected < snapshot_rows(prev); expected++) {
        if (list_add(&d->old, expected))
            return -ENOMEM;
    }
    return 0;
}

static uint64_t join_hash(const struct join *join, const struct conn *c)
{
    return join->by_tuple ? conn_tuple_hash(c) : conn_hash(c);
}

/* May a record be the old row? Without cookies the address of a closed row may be another
 * connection's by now. */
static bool may_return(const struct join *join, uint32_t old_row)
{
    return snapshot_row_kind(join->prev, old_row) != ROW_CLOSED || !join->by_tuple;
}

static bool adopt(struct join *join, uint32_t i)
{
    struct delta *d = join->d;
    const struct conn *c = &join->next->conn[i];
    uint64_t slot = join_hash(join, c);
    uint32_t at;

    while ((at = slots_next(&d->slots, &slot)) != NONE) {
        uint32_t row = d->old.row[at];
        if (row != NONE && conn_same(c, &join->prev->conn[row])) {
            inherit(join, i, row);
            d->old.row[at] = NONE;
            return true;
        }
    }
    return false;
}

/* Pair the rest by hash; what then has no partner is new. */
static int join_by_hash(struct join *join)
{
    struct delta *d = join->d;

    if (!d->new.n)
        return 0;
    if (slots_clear(&d->slots, d->old.n))
        return -ENOMEM;
    for (uint32_t at = 0; at < d->old.n; at++) {
        uint32_t row = d->old.row[at];
        if (may_return(join, row))
            slots_add(&d->slots, join_hash(join, &join->prev->conn[row]), at);
    }
    for (uint32_t at = 0; at < d->new.n; at++) {
        if (!adopt(join, d->new.row[at]))
            newborn(join, d->new.row[at]);
    }
    return 0;
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
    if (is_bound(c) && !(next->needs & NEED_BOUND))
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
        uint32_t row = join->d->old.row[at], to = next->n_live + next->n_missing;
        if (row == NONE || fate_of(join, row) != FATE_MISSING)
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

static void append_closed(struct join *join, enum fate fate)
{
    struct snapshot *next = join->next;

    for (uint32_t at = 0; at < join->d->old.n; at++) {
        uint32_t row = join->d->old.row[at];
        struct life life;
        if (row == NONE || fate_of(join, row) != fate)
            continue;
        life = join->prev->life[row];
        if (fate == FATE_DIED) {
            next->closed_total++;
            count_end(join, row);
            next->deaths.closed += predicate_match(next->count_only, join->prev, row);
            life.changed_ds = next->now_ds;
            if (next->deaths_told && !conn_is_remnant(&join->prev->conn[row]) &&
                endings_find(&join->d->endings, &join->prev->conn[row]) == ENDING_NONE)
                endings_give_up(&join->d->endings, &join->prev->conn[row]);
        }
        if (next->n_closed < SNAPSHOT_CLOSED_MAX) {
            keep_besides(join, snapshot_rows(next), row);
            snapshot_bury(next, &join->prev->conn[row], life, last_flow(join, row));
        }
    }
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
    endings_meet_old(&d->endings, join->next, join->prev, d->old.row, d->old.n);
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
    struct delta *d = join->d;
    struct snapshot *next = join->next;
    uint32_t rows = next->n_live;
    int rc = join->rated ? snapshot_reserve_rates(next, 0, rows) : 0;

    if (!rc)
        rc = join_by_order(join);
    if (!rc)
        rc = join_by_hash(join);
    if (!rc)
        rc = join_endings(join);
    rows += d->old.n + endings_unseen_rows(&d->endings);
    if (!rc)
        rc = snapshot_reserve(next, rows);
    if (!rc && join->rated)
        rc = snapshot_reserve_rates(next, next->n_live, rows);
    if (!rc && next->owner)
        rc = snapshot_reserve_owner(next, rows);
    if (rc)
        return rc;
    append_missing(join);
    append_closed(join, FATE_DIED);
    endings_bury_unseen(&d->endings, next);
    append_closed(join, FATE_FADING);
    return 0;
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
