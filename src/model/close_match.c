/* SPDX-License-Identifier: MIT */
/* Matches sockets that the kernel reported closed with rows: by cookie, and timewait records that
 * no sample had as a socket by their endpoints. */
#include "close_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/hash.h"
#include "tcptop/model/predicate.h"

#define WAITING_MAX  65536u
#define PRESUMED_MAX 4096u
#define LEDGER_MAX   65536u
#define LEDGER_WAYS  4u   /* so many places are for ends that fall together; both powers of two */
#define REQUEST_DS   600u /* for so long a request socket may be matched by its endpoints */
#define LEDGER_DS    600u /* and so long what is still to come of two ends is known */

enum close_event_mark {
    CLOSE_EVENT_OPEN,  /* no row matches it so far */
    CLOSE_EVENT_TAKEN, /* a row matches, or it was reported twice */
    CLOSE_EVENT_WAITS, /* its row is live in this sample: it waits for the next */
};

void close_match_fini(struct close_match *e)
{
    sample_discard(e->waiting);
    free(e->mark);
    free(e->presumed);
    free(e->ledger);
    slots_fini(&e->by_cookie);
    slots_fini(&e->by_endpoints);
    *e = (struct close_match){0};
}

static const struct sample *holder(const struct close_match *e, uint32_t *close_event)
{
    if (*close_event < e->n_waiting)
        return &e->waiting->sample;
    *close_event -= e->n_waiting;
    return e->events;
}

static const struct conn *conn_of(const struct close_match *e, uint32_t close_event)
{
    const struct sample *s = holder(e, &close_event);

    return &s->conn[close_event];
}

/* Does it name a connection? */
static bool is_named(const struct conn *c)
{
    return c->dport != 0;
}

const struct tcp_metrics *close_match_metrics(const struct close_match *e, uint32_t close_event)
{
    const struct sample *s = holder(e, &close_event);
    const struct tcp_metrics *metrics = sample_metrics(s, close_event);

    return is_named(&s->conn[close_event]) && metrics && metrics->valid ? metrics : NULL;
}

static uint32_t find(const struct close_match *e, const struct conn *c)
{
    uint64_t at = conn_hash(c);
    uint32_t k;

    if (!e->n || c->flags & CONN_NO_COOKIE)
        return CLOSE_EVENT_NONE;
    while ((k = slots_next(&e->by_cookie, &at)) != CLOSE_EVENT_NONE) {
        if (conn_same(conn_of(e, k), c))
            break;
    }
    return k;
}

uint32_t close_match_find(const struct close_match *e, const struct conn *c)
{
    return conn_is_timewait(c) ? CLOSE_EVENT_NONE : find(e, c);
}

static int reserve(struct close_match *e)
{
    if (e->n > e->cap || e->n < e->cap / 16) {
        free(e->mark);
        e->mark = malloc(e->n);
        e->cap = e->mark ? e->n : 0;
    }
    if (!e->mark)
        return -ENOMEM;
    memset(e->mark, CLOSE_EVENT_OPEN, e->n);
    return slots_clear(&e->by_cookie, e->n);
}

int close_match_begin(struct close_match *e, struct sample_builder *b)
{
    struct sample *next = &b->sample;

    e->has_endpoints = false;
    e->events = b->close_events;
    e->n_waiting = e->waiting ? e->waiting->sample.n_live : 0;
    e->n_before = b->events_before_dump;
    e->n = e->n_waiting + (e->events ? e->events->n_live : 0);
    if (!e->n)
        return 0;
    if (reserve(e)) {
        e->n = 0;
        return -ENOMEM;
    }
    for (uint32_t k = 0; k < e->n; k++) {
        const struct conn *c = conn_of(e, k);
        if (find(e, c) != CLOSE_EVENT_NONE) {
            e->mark[k] = CLOSE_EVENT_TAKEN;
            continue;
        }
        slots_add(&e->by_cookie, conn_hash(c), k);
        if (k >= e->n_waiting && is_named(c))
            next->close_stats.ended++;
    }
    return 0;
}

/* Event `k` is of the row `c`. An event without addresses counts if the row has some. */
static void take(struct close_match *e, struct sample *next, uint32_t k, const struct conn *c,
                 enum close_event_mark mark)
{
    if (e->mark[k] == CLOSE_EVENT_OPEN && k >= e->n_waiting && !is_named(conn_of(e, k)) &&
        is_named(c))
        next->close_stats.ended++;
    if (mark == CLOSE_EVENT_WAITS && k < e->n_waiting) /* has waited long enough */
        mark = CLOSE_EVENT_TAKEN;
    e->mark[k] = (uint8_t)mark;
}

/* What a place in the ledger is looked up for: to be read, or to note an event or a record. */
enum ledger_use { LEDGER_FIND, LEDGER_EVENT, LEDGER_RECORD };

static bool is_fresh(const struct ends_ledger *l, uint32_t now_ds)
{
    return now_ds - l->at_ds < LEDGER_DS;
}

/* How much is lost with a place that others take. 0: nothing is to come of it, 1: a record, which
 * most events do not leave, 2: the event of a record, which comes in the end. */
static int worth(const struct ends_ledger *l, uint32_t now_ds)
{
    return !is_fresh(l, now_ds) || l->balance == 0 ? 0 : l->balance < 0 ? 1 : 2;
}

/* The place of these ends in the ledger; NULL: there is none. Where all places are taken, the one
 * that is worth least and oldest is given up, but for an event none that awaits one. */
static struct ends_ledger *ledger_of(struct close_match *e, const struct conn *c, uint32_t now_ds,
                                     enum ledger_use use)
{
    uint64_t ends = conn_tuple_hash(c, hash_secret()->seed);
    struct ends_ledger *least = NULL;

    if (!e->ledger && use != LEDGER_FIND)
        e->ledger = calloc(LEDGER_MAX, sizeof *e->ledger);
    if (!e->ledger)
        return NULL;
    for (unsigned way = 0; way < LEDGER_WAYS; way++) {
        struct ends_ledger *l = &e->ledger[(ends & (LEDGER_MAX - LEDGER_WAYS)) + way];
        if (l->ends == ends && is_fresh(l, now_ds))
            return l;
        int more = least ? worth(l, now_ds) - worth(least, now_ds) : -1;
        if (more < 0 || (more == 0 && now_ds - l->at_ds > now_ds - least->at_ds))
            least = l;
    }
    if (use == LEDGER_FIND || (use == LEDGER_EVENT && worth(least, now_ds) == 2))
        return NULL;
    *least = (struct ends_ledger){.ends = ends, .at_ds = now_ds};
    return least;
}

void close_match_missing(struct close_match *e, struct sample *next, const struct sample *prev,
                         const uint32_t *rows, uint32_t n)
{
    for (uint32_t i = 0; i < n && (e->n || next->close_events_known); i++) {
        if (rows[i] == CLOSE_EVENT_NONE)
            continue;
        const struct conn *c = &prev->conn[rows[i]];
        uint32_t k = find(e, c);
        if (k != CLOSE_EVENT_NONE)
            take(e, next, k, c, CLOSE_EVENT_TAKEN);
        else if (conn_is_request(c) && sample_row_kind(prev, rows[i]) == ROW_LIVE)
            close_match_presume(e, c, next->now_ds);
    }
}

static bool any_open(const struct close_match *e)
{
    return e->n && memchr(e->mark, CLOSE_EVENT_OPEN, e->n);
}

static int index_by_endpoints(struct close_match *e)
{
    if (slots_clear(&e->by_endpoints, e->n))
        return -ENOMEM;
    for (uint32_t k = 0; k < e->n; k++) {
        if (e->mark[k] == CLOSE_EVENT_OPEN && is_named(conn_of(e, k)))
            slots_add(&e->by_endpoints, conn_tuple_hash(conn_of(e, k), hash_secret()->seed), k);
    }
    return 0;
}

/* Match a timewait record whose socket no sample had. Of several connections that had these
 * endpoints one after the other, the last one left the record. */
static void match_timewait(struct close_match *e, struct conn *c)
{
    uint64_t at = conn_tuple_hash(c, hash_secret()->seed);
    uint32_t k, last = CLOSE_EVENT_NONE;

    while ((k = slots_next(&e->by_endpoints, &at)) != CLOSE_EVENT_NONE) {
        if (e->mark[k] == CLOSE_EVENT_OPEN && conn_same_endpoints(conn_of(e, k), c) &&
            (last == CLOSE_EVENT_NONE || k > last))
            last = k;
    }
    if (last == CLOSE_EVENT_NONE)
        return;
    e->mark[last] = CLOSE_EVENT_TAKEN;
    c->flags |= CONN_CLOSE_REPORTED;
}

/* Match the events of timewait records that were closed before. */
static void match_expected(struct close_match *e, uint32_t now_ds)
{
    for (uint32_t k = 0; e->ledger && k < e->n; k++) {
        struct ends_ledger *l;
        if (e->mark[k] != CLOSE_EVENT_OPEN || !is_named(conn_of(e, k)))
            continue;
        l = ledger_of(e, conn_of(e, k), now_ds, LEDGER_FIND);
        if (!l || l->balance <= 0)
            continue;
        l->balance--;
        e->mark[k] = CLOSE_EVENT_TAKEN;
    }
}

bool close_match_gone(struct close_match *e, const struct conn *c)
{
    struct conn record = *c;

    if (c->socket_cookie)
        return find(e, c) != CLOSE_EVENT_NONE;
    if (!e->has_endpoints)
        return false;
    match_timewait(e, &record);
    return record.flags & CONN_CLOSE_REPORTED;
}

void close_match_expect(struct close_match *e, const struct conn *c, uint32_t now_ds)
{
    struct ends_ledger *l = c->socket_cookie ? NULL : ledger_of(e, c, now_ds, LEDGER_RECORD);

    if (c->socket_cookie)
        close_match_presume(e, c, now_ds);
    if (!l)
        return;
    l->balance++;
    l->at_ds = now_ds;
}

void close_match_appeared(struct close_match *e, struct conn *c, uint32_t now_ds)
{
    struct ends_ledger *l = ledger_of(e, c, now_ds, LEDGER_FIND);

    if (!l || l->balance >= 0)
        return;
    l->balance++;
    c->flags |= CONN_CLOSE_REPORTED;
    e->owed.closed++;
    e->owed.unseen++;
    e->owed.unseen_acked += l->acked;
    e->owed.unseen_received += l->received;
}

void close_match_returned(struct close_match *e, const struct conn *c,
                          const struct tcp_metrics *metrics, uint32_t now_ds)
{
    struct ends_ledger *l;
    uint64_t acked = 0, received = 0;

    e->owed.closed++;
    if (!(c->flags & CONN_UNSEEN))
        return;
    (void)tcp_metrics_get(metrics, METRICS_bytes_acked, &acked);
    (void)tcp_metrics_get(metrics, METRICS_bytes_received, &received);
    e->owed.unseen++;
    e->owed.unseen_acked += acked;
    e->owed.unseen_received += received;
    l = ledger_of(e, c, now_ds, LEDGER_FIND);
    if (!l || l->balance >= 0)
        return;
    l->balance++; /* the record that the event left is this one */
    l->at_ds = now_ds;
}

/* A row with the cookie of an event. */
static void match_cookie(struct close_match *e, struct sample *next, struct conn *c)
{
    bool timewait = conn_is_timewait(c);
    uint32_t k = find(e, c);

    if (k == CLOSE_EVENT_NONE)
        return;
    take(e, next, k, c, timewait ? CLOSE_EVENT_TAKEN : CLOSE_EVENT_WAITS);
    c->flags |= timewait ? CONN_CLOSE_REPORTED : 0;
}

/* The event of a request socket that was missed: one with the same endpoints that no row matches.
 */
static uint32_t find_of_request(const struct close_match *e, const struct presumed *g)
{
    uint64_t at = g->ends;
    uint32_t k;

    while ((k = slots_next(&e->by_endpoints, &at)) != CLOSE_EVENT_NONE) {
        if (e->mark[k] == CLOSE_EVENT_OPEN &&
            conn_tuple_hash(conn_of(e, k), hash_secret()->seed) == g->ends)
            break;
    }
    return k;
}

/* Match sockets that were taken for closed before and are reported only now. */
static void match_presumed(struct close_match *e, uint32_t now_ds)
{
    uint32_t n = e->n_presumed < PRESUMED_MAX ? e->n_presumed : PRESUMED_MAX;

    if (!any_open(e))
        return;
    for (uint32_t i = 0; i < n; i++) {
        struct presumed *g = &e->presumed[i];
        uint32_t k = find(e, &(struct conn){.cookie = g->cookie, .netns = g->netns});
        if (k == CLOSE_EVENT_NONE && g->request && now_ds - g->at_ds < REQUEST_DS)
            k = find_of_request(e, g);
        if (k == CLOSE_EVENT_NONE)
            continue;
        e->mark[k] = CLOSE_EVENT_TAKEN;
        g->request = false;
    }
}

void close_match_presume(struct close_match *e, const struct conn *c, uint32_t now_ds)
{
    if (!e->presumed)
        e->presumed = malloc(PRESUMED_MAX * sizeof *e->presumed);
    if (!e->presumed || c->flags & CONN_NO_COOKIE)
        return;
    bool request = conn_is_request(c);
    e->presumed[e->n_presumed++ % PRESUMED_MAX] =
        (struct presumed){.cookie = c->cookie,
                          .ends = request ? conn_tuple_hash(c, hash_secret()->seed) : 0,
                          .at_ds = now_ds,
                          .netns = c->netns,
                          .request = request};
}

static void match_record(struct close_match *e, struct conn *c)
{
    if (conn_is_timewait(c) && !(c->flags & CONN_CLOSE_REPORTED) && !c->socket_cookie)
        match_timewait(e, c);
}

const struct sample *close_match_waiting(const struct close_match *e)
{
    return e->waiting ? &e->waiting->sample : NULL;
}

int close_match_live(struct close_match *e, struct sample *next, const struct u32_list *carried)
{
    if (!any_open(e))
        return 0;
    if (index_by_endpoints(e))
        return -ENOMEM;
    e->has_endpoints = true;
    for (uint32_t row = 0; sample_is_dumped(next, row); row++)
        match_cookie(e, next, &next->conn[row]);
    for (uint32_t i = 0; i < carried->n; i++)
        match_cookie(e, next, &next->conn[carried->at[i]]);
    for (uint32_t row = 0; sample_is_dumped(next, row); row++)
        match_record(e, &next->conn[row]);
    for (uint32_t i = 0; i < carried->n; i++)
        match_record(e, &next->conn[carried->at[i]]);
    match_presumed(e, next->now_ds);
    match_expected(e, next->now_ds);
    return 0;
}

/* Whether a row has it is not known yet, since it was reported during the dump. An event that has
 * waited is decided. */
static bool is_undecided(const struct close_match *e, uint32_t k)
{
    return e->mark[k] == CLOSE_EVENT_OPEN && is_named(conn_of(e, k)) && k >= e->n_waiting &&
           k - e->n_waiting >= e->n_before;
}

static bool is_unseen(const struct close_match *e, uint32_t k)
{
    const struct conn *c = conn_of(e, k);

    return e->mark[k] == CLOSE_EVENT_OPEN && is_named(c) &&
           (k < e->n_waiting ? c->flags & CONN_UNSEEN : k - e->n_waiting < e->n_before);
}

uint32_t close_match_unseen_rows(const struct close_match *e)
{
    uint32_t rows = 0;

    for (uint32_t k = 0; k < e->n && rows < SAMPLE_CLOSED_MAX; k++)
        rows += is_unseen(e, k);
    return rows;
}

static void count_unseen(struct close_match *e, struct sample *next, const struct conn *c,
                         const struct tcp_metrics *metrics)
{
    struct ends_ledger *l = ledger_of(e, c, next->now_ds, LEDGER_EVENT);
    struct close_stats *d = &next->close_stats;
    uint64_t acked = 0, received = 0;

    (void)tcp_metrics_get(metrics, METRICS_bytes_acked, &acked);
    (void)tcp_metrics_get(metrics, METRICS_bytes_received, &received);
    d->closed++;
    d->unseen++;
    d->unseen_acked += acked;
    d->unseen_received += received;
    if (!l)
        return;
    l->balance--;
    l->at_ds = next->now_ds;
    l->acked = acked;
    l->received = received;
}

void close_match_add_unseen(struct close_match *e, struct sample_builder *b)
{
    struct sample *next = &b->sample;
    struct row_times times = {.born_ds = next->now_ds, .changed_ds = next->now_ds};

    for (uint32_t k = e->n; k-- > 0;) {
        const struct tcp_metrics *metrics = close_match_metrics(e, k);
        const struct sample *s;
        uint32_t row = k;
        struct conn c;
        if (!is_unseen(e, k))
            continue;
        s = holder(e, &row);
        if (predicate_match(b->count_only, s, row))
            count_unseen(e, next, &s->conn[row], metrics);
        c = s->conn[row];
        c.flags |= CONN_UNSEEN | CONN_NO_OWNER;
        if (next->left_out || b->gathered) /* its record may be in TIME_WAIT */
            continue;
        if (next->n_closed < SAMPLE_CLOSED_MAX)
            sample_add_closed(b, &c, times, metrics);
    }
}

/* Copy an event to those that wait. False when there is no room. */
static bool keep(struct close_match *e, uint32_t events, bool undecided)
{
    const struct tcp_metrics *figures = sample_metrics(e->events, events);
    struct tcp_metrics *metrics;
    struct conn *c;

    if (!e->waiting && !(e->waiting = sample_builder_new(NULL)))
        return false;
    if (e->waiting->sample.n_live >= WAITING_MAX)
        return false;
    e->waiting->sample.needs = NEED_TCP_INFO;
    c = sample_add(e->waiting, &metrics);
    if (!c)
        return false;
    *c = e->events->conn[events];
    c->flags |= undecided ? CONN_UNSEEN : 0;
    if (figures)
        *metrics = *figures;
    return true;
}

static void take_back(uint64_t *owed, uint64_t *counted)
{
    uint64_t taken = *owed < *counted ? *owed : *counted;

    *owed -= taken;
    *counted -= taken;
}

void close_match_finish(struct close_match *e, struct sample *next)
{
    struct close_stats *d = &next->close_stats;

    take_back(&e->owed.closed, &d->closed);
    take_back(&e->owed.unseen, &d->unseen);
    take_back(&e->owed.unseen_acked, &d->unseen_acked);
    take_back(&e->owed.unseen_received, &d->unseen_received);
    if (e->waiting)
        sample_drop_all(e->waiting);
    for (uint32_t k = e->n_waiting; k < e->n; k++) {
        bool undecided = is_undecided(e, k);
        if ((undecided || e->mark[k] == CLOSE_EVENT_WAITS) &&
            !keep(e, k - e->n_waiting, undecided) && undecided)
            next->close_stats.lost++;
    }
    e->events = NULL;
    e->n = e->n_waiting = 0;
}
