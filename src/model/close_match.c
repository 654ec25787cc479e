/* Ends of sockets meet rows: by cookie, and remnants that were never seen before by address. */
#include "close_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/model/predicate.h"

#define WAITING_MAX  65536u
#define GIVEN_UP_MAX 4096u
#define REQUEST_DS   600u /* for so long a request socket may be told of by its ends */

enum ending_mark {
    ENDING_OPEN,  /* no row has it so far */
    ENDING_TAKEN, /* a row has, or it was told twice */
    ENDING_WAITS, /* its row is live in this sample */
};

void endings_fini(struct endings *e)
{
    snapshot_unref(e->waiting);
    free(e->mark);
    free(e->given_up);
    slots_fini(&e->by_cookie);
    slots_fini(&e->by_ends);
    *e = (struct endings){0};
}

static const struct snapshot *holder(const struct endings *e, uint32_t *ending)
{
    if (*ending < e->n_waiting)
        return e->waiting;
    *ending -= e->n_waiting;
    return e->told;
}

static const struct conn *conn_of(const struct endings *e, uint32_t ending)
{
    const struct snapshot *s = holder(e, &ending);

    return &s->conn[ending];
}

/* Does it name a connection? */
static bool is_named(const struct conn *c)
{
    return c->dport != 0;
}

const struct flow *endings_flow(const struct endings *e, uint32_t ending)
{
    const struct snapshot *s = holder(e, &ending);
    const struct flow *flow = snapshot_flow(s, ending);

    return is_named(&s->conn[ending]) && flow && flow->valid ? flow : NULL;
}

static uint32_t find(const struct endings *e, const struct conn *c)
{
    uint64_t at = conn_hash(c);
    uint32_t k;

    if (!e->n || c->flags & CONN_NO_COOKIE)
        return ENDING_NONE;
    while ((k = slots_next(&e->by_cookie, &at)) != ENDING_NONE) {
        if (conn_same(conn_of(e, k), c))
            break;
    }
    return k;
}

uint32_t endings_find(const struct endings *e, const struct conn *c)
{
    return conn_is_remnant(c) ? ENDING_NONE : find(e, c);
}

static int reserve(struct endings *e)
{
    if (e->n > e->cap || e->n < e->cap / 16) {
        free(e->mark);
        e->mark = malloc(e->n);
        e->cap = e->mark ? e->n : 0;
    }
    if (!e->mark)
        return -ENOMEM;
    memset(e->mark, ENDING_OPEN, e->n);
    return slots_clear(&e->by_cookie, e->n);
}

int endings_begin(struct endings *e, struct snapshot *next)
{
    e->told = next->ended;
    e->n_waiting = e->waiting ? e->waiting->n_live : 0;
    e->n_before = next->ended_before;
    e->n = e->n_waiting + (e->told ? e->told->n_live : 0);
    if (!e->n)
        return 0;
    if (reserve(e)) {
        e->n = 0;
        return -ENOMEM;
    }
    for (uint32_t k = 0; k < e->n; k++) {
        const struct conn *c = conn_of(e, k);
        if (find(e, c) != ENDING_NONE) {
            e->mark[k] = ENDING_TAKEN;
            continue;
        }
        slots_add(&e->by_cookie, conn_hash(c), k);
        if (k >= e->n_waiting && is_named(c))
            next->deaths.ended++;
    }
    return 0;
}

/* The row `c` is what ended. One that names nothing counts if the row does. */
static void take(struct endings *e, struct snapshot *next, uint32_t k, const struct conn *c,
                 enum ending_mark mark)
{
    if (e->mark[k] == ENDING_OPEN && k >= e->n_waiting && !is_named(conn_of(e, k)) && is_named(c))
        next->deaths.ended++;
    if (mark == ENDING_WAITS && k < e->n_waiting) /* has waited long enough */
        mark = ENDING_TAKEN;
    e->mark[k] = (uint8_t)mark;
}

void endings_meet_old(struct endings *e, struct snapshot *next, const struct snapshot *prev,
                      const uint32_t *rows, uint32_t n)
{
    for (uint32_t i = 0; i < n && (e->n || next->deaths_told); i++) {
        if (rows[i] == ENDING_NONE)
            continue;
        const struct conn *c = &prev->conn[rows[i]];
        uint32_t k = find(e, c);
        if (k != ENDING_NONE)
            take(e, next, k, c, ENDING_TAKEN);
        else if (conn_is_request(c) && snapshot_row_kind(prev, rows[i]) == ROW_LIVE)
            endings_give_up(e, c, next->now_ds);
    }
}

static bool any_open(const struct endings *e)
{
    return e->n && memchr(e->mark, ENDING_OPEN, e->n);
}

static int index_by_ends(struct endings *e)
{
    if (slots_clear(&e->by_ends, e->n))
        return -ENOMEM;
    for (uint32_t k = 0; k < e->n; k++) {
        if (e->mark[k] == ENDING_OPEN && is_named(conn_of(e, k)))
            slots_add(&e->by_ends, conn_tuple_hash(conn_of(e, k)), k);
    }
    return 0;
}

/* The socket of a remnant that no sample had as a socket. Of connections that had these ends one
 * after the other the last one left the remnant. */
static void meet_remnant(struct endings *e, struct conn *c)
{
    uint64_t at = conn_tuple_hash(c);
    uint32_t k, last = ENDING_NONE;

    while ((k = slots_next(&e->by_ends, &at)) != ENDING_NONE) {
        if (e->mark[k] == ENDING_OPEN && conn_same_ends(conn_of(e, k), c) &&
            (last == ENDING_NONE || k > last))
            last = k;
    }
    if (last == ENDING_NONE)
        return;
    e->mark[last] = ENDING_TAKEN;
    c->flags |= CONN_END_TOLD;
}

static void meet_row(struct endings *e, struct snapshot *next, struct conn *c)
{
    bool remnant = conn_is_remnant(c);
    uint32_t k = find(e, c);

    if (k != ENDING_NONE) {
        take(e, next, k, c, remnant ? ENDING_TAKEN : ENDING_WAITS);
        c->flags |= remnant ? CONN_END_TOLD : 0;
    } else if (remnant && !(c->flags & CONN_END_TOLD)) {
        meet_remnant(e, c);
    }
}

/* The end of a request socket that was missed: what is told between the same ends, and no row has.
 */
static uint32_t find_of_request(const struct endings *e, const struct given_up *g)
{
    uint64_t at = g->ends;
    uint32_t k;

    while ((k = slots_next(&e->by_ends, &at)) != ENDING_NONE) {
        if (e->mark[k] == ENDING_OPEN && conn_tuple_hash(conn_of(e, k)) == g->ends)
            break;
    }
    return k;
}

/* Sockets that were given up and are told of only now. */
static void meet_given_up(struct endings *e, uint32_t now_ds)
{
    uint32_t n = e->n_given_up < GIVEN_UP_MAX ? e->n_given_up : GIVEN_UP_MAX;

    if (!any_open(e))
        return;
    for (uint32_t i = 0; i < n; i++) {
        struct given_up *g = &e->given_up[i];
        uint32_t k = find(e, &(struct conn){.cookie = g->cookie, .netns = g->netns});
        if (k == ENDING_NONE && g->request && now_ds - g->at_ds < REQUEST_DS)
            k = find_of_request(e, g);
        if (k == ENDING_NONE)
            continue;
        e->mark[k] = ENDING_TAKEN;
        g->request = false;
    }
}

void endings_give_up(struct endings *e, const struct conn *c, uint32_t now_ds)
{
    if (!e->given_up)
        e->given_up = malloc(GIVEN_UP_MAX * sizeof *e->given_up);
    if (!e->given_up || c->flags & CONN_NO_COOKIE)
        return;
    bool request = conn_is_request(c);
    e->given_up[e->n_given_up++ % GIVEN_UP_MAX] =
        (struct given_up){.cookie = c->cookie,
                          .ends = request ? conn_tuple_hash(c) : 0,
                          .at_ds = now_ds,
                          .netns = c->netns,
                          .request = request};
}

int endings_meet_live(struct endings *e, struct snapshot *next)
{
    if (!any_open(e))
        return 0;
    if (index_by_ends(e))
        return -ENOMEM;
    for (uint32_t row = 0; row < next->n_live; row++)
        meet_row(e, next, &next->conn[row]);
    meet_given_up(e, next->now_ds);
    return 0;
}

/* No row has it. Of an end that was told during the dump that is not known yet; one that waits
 * either had a row, or was not known so before. */
static bool is_undecided(const struct endings *e, uint32_t k)
{
    return e->mark[k] == ENDING_OPEN && is_named(conn_of(e, k)) && k >= e->n_waiting &&
           k - e->n_waiting >= e->n_before;
}

static bool is_unseen(const struct endings *e, uint32_t k)
{
    const struct conn *c = conn_of(e, k);

    return e->mark[k] == ENDING_OPEN && is_named(c) &&
           (k < e->n_waiting ? c->flags & CONN_UNSEEN : k - e->n_waiting < e->n_before);
}

uint32_t endings_unseen_rows(const struct endings *e)
{
    uint32_t rows = 0;

    for (uint32_t k = 0; k < e->n && rows < SNAPSHOT_CLOSED_MAX; k++)
        rows += is_unseen(e, k);
    return rows;
}

static void count_unseen(struct snapshot *next, const struct flow *flow)
{
    struct deaths *d = &next->deaths;
    uint64_t bytes;

    d->closed++;
    d->unseen++;
    if (flow_get(flow, FLOW_bytes_acked, &bytes))
        d->unseen_acked += bytes;
    if (flow_get(flow, FLOW_bytes_received, &bytes))
        d->unseen_received += bytes;
}

void endings_bury_unseen(struct endings *e, struct snapshot *next)
{
    struct life life = {.born_ds = next->now_ds, .changed_ds = next->now_ds};

    for (uint32_t k = e->n; k-- > 0;) {
        const struct flow *flow = endings_flow(e, k);
        const struct snapshot *s;
        uint32_t row = k;
        struct conn c;
        if (!is_unseen(e, k))
            continue;
        s = holder(e, &row);
        if (predicate_match(next->count_only, s, row))
            count_unseen(next, flow);
        c = s->conn[row];
        c.flags |= CONN_UNSEEN | CONN_NO_OWNER;
        if (next->n_closed < SNAPSHOT_CLOSED_MAX)
            snapshot_bury(next, &c, life, flow);
    }
}

/* Copy a told end to those that wait. False: no room. */
static bool keep(struct endings *e, uint32_t told, bool undecided)
{
    const struct flow *figures = snapshot_flow(e->told, told);
    struct flow *flow;
    struct conn *c;

    if (!e->waiting && !(e->waiting = snapshot_new(NULL)))
        return false;
    if (e->waiting->n_live >= WAITING_MAX)
        return false;
    e->waiting->needs = NEED_FLOW;
    c = snapshot_add(e->waiting, &flow);
    if (!c)
        return false;
    *c = e->told->conn[told];
    c->flags |= undecided ? CONN_UNSEEN : 0;
    if (figures)
        *flow = *figures;
    return true;
}

void endings_finish(struct endings *e, struct snapshot *next)
{
    if (e->waiting)
        e->waiting->n_live = 0;
    for (uint32_t k = e->n_waiting; k < e->n; k++) {
        bool undecided = is_undecided(e, k);
        if ((undecided || e->mark[k] == ENDING_WAITS) && !keep(e, k - e->n_waiting, undecided) &&
            undecided)
            next->deaths.lost++;
    }
    e->told = NULL;
    e->n = e->n_waiting = 0;
}
