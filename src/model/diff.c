/* SPDX-License-Identifier: MIT */
/* The join of two consecutive samples, in linear time: pair the rows, match what the kernel
 * reported closed, decide what became of rows that have gone.
 *
 * The kernel walks its table in the same order each time: the next record is looked for at the
 * previous sample's next position. The few rows that are left over on both sides are paired by a
 * hash of their cookies; then TIME_WAIT records whose cookie is not their socket's, and sockets
 * whose cookie is not their request's, by their endpoints. A row without a partner is new on this
 * side, missing or closed on the other. */
#include "tcptop/model/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "close_match.h"
#include "slots.h"
#include "tcptop/base/array.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/hash.h"
#include "tcptop/model/dedupe.h"
#include "tcptop/model/predicate.h"

#define NO_ROW      UINT32_MAX
#define LOOK_AHEAD  16u    /* rows that may have gone between two neighbours */
#define CARRIED_MAX 65536u /* missing rows carried on through a run of partial samples */

struct diff {
    struct dedupe dedupe;
    struct u32_list old, new; /* rows of both samples that found no partner; NO_ROW: found one */
    struct slots slots;       /* of `old` */
    struct close_match close_match;
    struct carry carry;
    bool whole_seen; /* a complete sample was joined: a row without a partner is new */
};

/* One join under way. */
struct join {
    struct diff *d;
    struct sample_builder *builder; /* of `next` */
    struct sample *next;
    const struct sample *prev;
    uint32_t fade_ds;
    bool by_tuple; /* some rows have no cookie */
    bool rated;    /* both samples have metrics and rates were asked for */
};

/* Rates ------------------------------------------------------------ */

static bool can_be_rated(const struct sample *next, const struct sample *prev)
{
    return next->needs & NEED_RATES && prev->metrics && next->metrics;
}

/* Row `i` of `next` is row `j` of `prev`: the rates and the limit of its traffic in between. They
 * stay unknown for a row that was missing or closed in `prev`, which has no metrics there. */
static void compute_rates(struct sample *next, uint32_t i, const struct sample *prev, uint32_t j)
{
    struct span span = {
        .from = j < prev->n_live ? &prev->metrics[j] : NULL,
        .to = &next->metrics[i],
        .from_state = prev->conn[j].state,
        .to_state = next->conn[i].state,
        .ns = next->mono_ns - sample_seen_ns(prev, j),
    };

    if ((next->conn[i].flags | prev->conn[j].flags) & CONN_NO_COOKIE)
        return;
    next->rate[i] = rate_between(&span);
    next->metrics[i].limit = (uint8_t)rate_limit(&span);
}

/* Row `to` of `next`, which its dump had not, keeps the last rates and metrics of `row`, so that it
 * keeps its place in an order. The metrics of closed rows are kept by sample_add_closed(). */
static void keep_rates(struct sample *next, uint32_t to, const struct sample *prev, uint32_t row)
{
    const struct tcp_metrics *last = sample_last_metrics(prev, row);

    if (next->rate && prev->rate)
        next->rate[to] = prev->rate[row];
    if (!next->metrics)
        return;
    tcp_metrics_clear(&next->metrics[to]);
    if (last)
        next->metrics[to] = *last;
}

/* Pairs ------------------------------------------------------------ */

static bool is_bound(const struct conn *c)
{
    return c->flags & CONN_BOUND;
}

/* The owner word of row `i`, which was row `j`. A socket without a file keeps the owners that it
 * had, as former ones; if they were not known yet, the inode that it had may be known by now. */
static uint32_t inherit_owner(const struct join *join, uint32_t i, uint32_t j)
{
    const struct sample *prev = join->prev;
    uint32_t word = prev->owner ? prev->owner[j] : OWNER_UNKNOWN;

    if (join->next->conn[i].inode) /* owners of a missing row were not looked up */
        return j < prev->n_live && prev->conn[j].inode ? word : OWNER_UNKNOWN;
    if (owner_word_group(word) >= OWNER_FIRST)
        return word | OWNER_FORMER;
    return prev->conn[j].inode && j <= OWNER_GROUP ? OWNER_PENDING | j : OWNER_UNKNOWN;
}

/* Row `i` of this sample is row `j` of the previous one. */
static void inherit(struct join *join, uint32_t i, uint32_t j)
{
    struct conn *c = &join->next->conn[i];
    struct row_times *times = &join->next->times[i];
    const struct conn *before = &join->prev->conn[j];

    *times = join->prev->times[j];
    if (sample_row_kind(join->prev, j) == ROW_CLOSED) { /* it was taken for closed too early */
        times->changed_ds = times->born_ds;
        join->next->closed_total -= !(before->flags & CONN_UNSEEN);
        if (predicate_match(join->builder->count_only, join->prev, j))
            close_match_returned(&join->d->close_match, before, sample_last_metrics(join->prev, j),
                                 join->next->now_ds);
    }
    c->was_state = before->was_state;
    c->flags |= before->flags & (CONN_CLOSE_REPORTED | CONN_MPTCP);
    if (before->flags & CONN_UNSEEN) /* it was listed because it was reported */
        c->flags |= CONN_CLOSE_REPORTED;
    join->next->has_mptcp |= (c->flags & CONN_MPTCP) != 0;
    c->socket_cookie = conn_is_timewait(c) && c->cookie == before->cookie &&
                       (before->socket_cookie || !conn_is_timewait(before));
    if (!c->cgroup && join->prev->cgroups) /* a timewait record has none of its own */
        c->cgroup = before->cgroup;
    if (join->next->owner && !join->builder->owners_known)
        join->next->owner[i] = inherit_owner(join, i, j);
    if (c->state != before->state) {
        c->was_state = before->state & 15u;
        times->changed_ds = join->next->now_ds;
        join->next->changed++;
        transitions_change(&join->next->transitions, before->state, c->state);
    }
    if (join->rated)
        compute_rates(join->next, i, join->prev, j);
}

/* Row `i` has no past. It was born now, unless no sample could have shown it before. */
static void set_birth(struct join *join, uint32_t i)
{
    struct sample *next = join->next;
    bool bound_unasked = is_bound(&next->conn[i]) && !(join->prev->needs & NEED_BOUND);

    if (!join->d->whole_seen || bound_unasked)
        return;
    next->times[i].born_ds = next->times[i].changed_ds = next->now_ds ? next->now_ds : 1;
    next->born++;
    transitions_change(&next->transitions, 0, next->conn[i].state);
}

/* Rows of the sample before from `from` to `to` are left over. */
static int leave_over(struct diff *d, uint32_t from, uint32_t to)
{
    int rc = 0;

    for (; from < to && !rc; from++)
        rc = array_u32_add(&d->old, from);
    return rc;
}

/* Pair rows by the order of the dump. Those without a partner go to the lists. Carried rows of a
 * brief sample are in the order of a dump, too, the rows before them are of another one. */
static int join_by_order(struct join *join)
{
    const struct sample *prev = join->prev;
    struct diff *d = join->d;
    uint32_t expected = prev->n_carried ? prev->n_live - prev->n_carried : 0;

    array_u32_clear(&d->old);
    array_u32_clear(&d->new);
    if (leave_over(d, 0, expected))
        return -ENOMEM;
    for (uint32_t i = 0; i < join->next->n_live; i++) {
        const struct conn *c = &join->next->conn[i];
        uint32_t end = prev->n_live - expected > LOOK_AHEAD ? expected + LOOK_AHEAD : prev->n_live;
        uint32_t j = expected;
        while (j < end && !conn_same(c, &prev->conn[j]))
            j++;
        if (j == end) {
            if (array_u32_add(&d->new, i))
                return -ENOMEM;
            continue;
        }
        if (leave_over(d, expected, j))
            return -ENOMEM;
        inherit(join, i, j);
        expected = j + 1;
    }
    return leave_over(d, expected, sample_rows(prev));
}

/* The rows of the dump of a brief sample have all to be looked for: d->old has those of the sample
 * before that are not carried. Owners and rates of carried rows stay; their rates are those of the
 * time that was watched last. */
static int join_brief(struct join *join)
{
    struct sample *next = join->next;
    const struct sample *prev = join->prev;
    uint32_t dumped = next->n_live - next->n_carried, at = 0, end;
    struct u32_list *old = &join->d->old;

    array_u32_clear(&join->d->new);
    for (uint32_t i = 0; i < dumped; i++)
        if (array_u32_add(&join->d->new, i))
            return -ENOMEM;
    for (uint32_t row = 0, to = dumped; row < prev->n_live; row = end + 1) {
        end = at < old->n && old->at[at] < prev->n_live ? old->at[at++] : prev->n_live;
        if (next->owner && prev->owner)
            memcpy(&next->owner[to], &prev->owner[row], (end - row) * sizeof *next->owner);
        if (next->rate && prev->rate)
            memcpy(&next->rate[to], &prev->rate[row], (end - row) * sizeof *next->rate);
        to += end - row;
    }
    return 0;
}

static uint64_t join_hash(const struct join *join, const struct conn *c)
{
    return join->by_tuple ? conn_tuple_hash(c, hash_secret()->seed) : conn_hash(c);
}

/* May a record be the old row? Without cookies the address of a closed row may be another
 * connection's by now. */
static bool may_return(const struct join *join, uint32_t old_row)
{
    return sample_row_kind(join->prev, old_row) != ROW_CLOSED || !join->by_tuple;
}

/* Does it go on as the old row? How long closed rows stay is for who asks to choose, so it must not
 * matter here: of sockets that were only missed, one that was taken for closed in the sample before
 * does, since a dump may miss a row; one that was missed for longer is listed anew. A timewait
 * record tells its age itself. */
static bool goes_on(const struct join *join, uint32_t i, uint32_t old_row)
{
    return sample_row_kind(join->prev, old_row) != ROW_CLOSED ||
           join->prev->conn[old_row].flags & CONN_CLOSE_REPORTED ||
           conn_is_timewait(&join->next->conn[i]) ||
           join->prev->times[old_row].changed_ds == join->prev->now_ds;
}

/* Row `i` of this sample is the indexed row that is the same by `same`, if there is one. */
static bool adopt(struct join *join, uint32_t i, uint64_t hash,
                  bool (*same)(const struct conn *, const struct conn *))
{
    struct u32_list *old = &join->d->old;
    uint64_t slot = hash;
    uint32_t at;

    while ((at = slots_next(&join->d->slots, &slot)) != NO_ROW) {
        uint32_t row = old->at[at];
        if (row == NO_ROW || !same(&join->next->conn[i], &join->prev->conn[row]))
            continue;
        old->at[at] = NO_ROW;
        if (!goes_on(join, i, row))
            return false;
        inherit(join, i, row);
        return true;
    }
    return false;
}

/* Pair the rest by their cookies, or endpoints where some have no cookie. */
static int join_by_hash(struct join *join)
{
    struct diff *d = join->d;

    if (slots_clear(&d->slots, d->old.n))
        return -ENOMEM;
    for (uint32_t at = 0; at < d->old.n; at++) {
        uint32_t row = d->old.at[at];
        if (may_return(join, row))
            slots_add(&d->slots, join_hash(join, &join->prev->conn[row]), at);
    }
    for (uint32_t at = 0; at < d->new.n; at++) {
        uint32_t i = d->new.at[at];
        if (adopt(join, i, join_hash(join, &join->next->conn[i]), conn_same))
            d->new.at[at] = NO_ROW;
    }
    return 0;
}

/* May this row of the sample before go on under another cookie? */
static bool may_leave(const struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];

    return sample_row_kind(join->prev, row) != ROW_CLOSED && !conn_is_timewait(c) && c->dport;
}

/* A request becomes a socket, and either may become a TIME_WAIT record. */
static bool follows(const struct conn *c, const struct conn *before)
{
    return (conn_is_timewait(c) || (conn_is_request(before) && !conn_is_request(c))) &&
           conn_same_endpoints(c, before);
}

static bool any_new_timewait(const struct join *join)
{
    const struct u32_list *new = &join->d->new;

    for (uint32_t at = 0; at < new->n; at++) {
        if (new->at[at] != NO_ROW && conn_is_timewait(&join->next->conn[new->at[at]]))
            return true;
    }
    return false;
}

static bool any_old_request(const struct join *join)
{
    const struct u32_list *old = &join->d->old;

    for (uint32_t at = 0; at < old->n; at++) {
        if (old->at[at] != NO_ROW && conn_is_request(&join->prev->conn[old->at[at]]))
            return true;
    }
    return false;
}

/* A socket gets its cookie when it is first dumped. Its TIME_WAIT record copies the cookie that the
 * socket has when the record is made (inet_twsk_alloc), and the socket that of its request. When
 * one is dumped only after that copy, the connection goes on under another cookie. */
static int join_by_endpoints(struct join *join)
{
    struct diff *d = join->d;

    if (!any_new_timewait(join) && !any_old_request(join))
        return 0;
    if (slots_clear(&d->slots, d->old.n))
        return -ENOMEM;
    for (uint32_t at = 0; at < d->old.n; at++) {
        uint32_t row = d->old.at[at];
        if (row != NO_ROW && may_leave(join, row))
            slots_add(&d->slots, conn_tuple_hash(&join->prev->conn[row], hash_secret()->seed), at);
    }
    for (uint32_t at = 0; at < d->new.n; at++) {
        uint32_t i = d->new.at[at];
        if (i != NO_ROW &&
            adopt(join, i, conn_tuple_hash(&join->next->conn[i], hash_secret()->seed), follows))
            d->new.at[at] = NO_ROW;
    }
    return 0;
}

/* Find each live row of `next` in `prev`: a pair inherits, a row without a past is new. Rows of
 * `prev` without a partner stay in d->old. Returns 0 or -ENOMEM. */
static int join_pairs(struct join *join)
{
    struct u32_list *new = &join->d->new;
    int rc = join->next->left_out ? join_brief(join) : join_by_order(join);

    if (!rc && new->n)
        rc = join_by_hash(join);
    if (!rc && new->n && !join->by_tuple)
        rc = join_by_endpoints(join);
    for (uint32_t at = 0; !rc && at < new->n; at++) {
        if (new->at[at] != NO_ROW)
            set_birth(join, new->at[at]);
    }
    return rc;
}

/* Rows that have gone ------------------------------------------------------------ */

/* Row `to`, which this dump had not, keeps its owners, rates and last metrics. */
static void keep_values(struct join *join, uint32_t to, uint32_t row)
{
    keep_rates(join->next, to, join->prev, row);
    if (join->next->owner && join->prev->owner)
        join->next->owner[to] = join->prev->owner[row];
}

enum fate { FATE_MISSING, FATE_UNASKED, FATE_CLOSED, FATE_FADING, FATE_GONE };

/* May a connection that was in this state be in one that brief samples leave out? From these three
 * it can only close (RFC 9293, 3.3.2). */
static bool may_be_left_out(unsigned state)
{
    return state != TCP_STATE_LISTEN && state != TCP_STATE_CLOSE_WAIT &&
           state != TCP_STATE_LAST_ACK;
}

/* Has the kernel reported its socket closed? A timewait record is what is left of one. */
static bool is_reported(const struct join *join, const struct conn *c)
{
    return close_match_find(&join->d->close_match, c) != CLOSE_EVENT_NONE ||
           (!conn_is_timewait(c) && c->flags & CONN_CLOSE_REPORTED);
}

/* Has the time of a timewait record of the sample before run out? */
static bool has_run_out(const struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];
    int64_t elapsed_ns = join->next->mono_ns - sample_seen_ns(join->prev, row);

    return c->timer == TIMER_TIMEWAIT &&
           c->expires_ms <= (uint64_t)(elapsed_ns > 0 ? elapsed_ns : 0) / NS_PER_MS;
}

/* Rows that were gathered are of a while: may it be where they were looked for too early? */
static bool may_be_passed(const struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];
    bool bound_unasked = is_bound(c) && !(join->next->needs & NEED_BOUND);

    return join->builder->gathered && may_be_left_out(c->state) && !bound_unasked &&
           !has_run_out(join, row);
}

/* What became of a row that this sample has not. */
static enum fate fate_of(const struct join *join, uint32_t row)
{
    const struct sample *next = join->next, *prev = join->prev;
    const struct conn *c = &prev->conn[row];
    enum row_kind kind = sample_row_kind(prev, row);
    bool was_missed = kind == ROW_MISSING && row < prev->n_live + prev->n_missed;

    if (kind == ROW_CLOSED)
        return next->now_ds - prev->times[row].changed_ds < join->fade_ds ? FATE_FADING : FATE_GONE;
    if (next->left_out && may_be_left_out(c->state))
        return is_bound(c) && !(next->needs & NEED_BOUND) ? FATE_GONE
               : was_missed                               ? FATE_MISSING
                                                          : FATE_UNASKED;
    if (!was_missed && may_be_passed(join, row))
        return next->status == SAMPLE_COMPLETE ? FATE_MISSING : FATE_UNASKED;
    if (is_reported(join, c))
        return FATE_CLOSED;
    if (is_bound(c) && !(next->needs & NEED_BOUND))
        return FATE_GONE;
    if (next->status != SAMPLE_COMPLETE)
        return FATE_UNASKED;
    if (was_missed || (kind == ROW_LIVE && has_run_out(join, row)))
        return FATE_CLOSED;
    return FATE_MISSING;
}

/* Is it a timewait record whose socket the kernel has not reported closed, but will? It did so
 * before anyone listened where the first sample had the record already. */
static bool awaits_event(const struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];
    bool from_the_start = join->prev->times[row].born_ds == 0 && !c->was_state;

    return join->next->close_events_known && conn_is_timewait(c) &&
           !(c->flags & (CONN_CLOSE_REPORTED | CONN_NO_COOKIE)) && !from_the_start;
}

static void append_missing(struct join *join, enum fate fate)
{
    struct sample *next = join->next;
    uint32_t carried = 0;

    for (uint32_t at = 0; at < join->d->old.n; at++) {
        uint32_t row = join->d->old.at[at], to = next->n_live + next->n_missing;
        if (row == NO_ROW || fate_of(join, row) != fate)
            continue;
        if (sample_row_kind(join->prev, row) == ROW_MISSING && carried++ >= CARRIED_MAX)
            continue;
        next->conn[to] = join->prev->conn[row];
        next->times[to] = join->prev->times[row];
        if (awaits_event(join, row) && close_match_gone(&join->d->close_match, &next->conn[to]))
            next->conn[to].flags |= CONN_CLOSE_REPORTED;
        if (!conn_is_timewait(&next->conn[to]) && is_reported(join, &next->conn[to]))
            next->conn[to].flags |= CONN_CLOSE_REPORTED; /* its record may be in TIME_WAIT */
        keep_values(join, to, row);
        next->n_missing++;
        next->n_missed += fate == FATE_MISSING;
    }
}

/* The last metrics of a row: those reported when it was closed, or of the sample before. */
static const struct tcp_metrics *last_metrics(const struct join *join, uint32_t row)
{
    const struct close_match *e = &join->d->close_match;
    uint32_t close_event = close_match_find(e, &join->prev->conn[row]);
    const struct tcp_metrics *events =
        close_event == CLOSE_EVENT_NONE ? NULL : close_match_metrics(e, close_event);

    return events ? events : sample_last_metrics(join->prev, row);
}

static void count_transition_end(struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];

    transitions_end(&join->next->transitions, c->state, has_run_out(join, row));
}

/* Is it taken for closed although the kernel, which will report it, has not done so yet? */
static bool is_presumed(const struct join *join, const struct conn *c)
{
    return join->next->close_events_known && !conn_is_timewait(c) && !conn_is_request(c) &&
           close_match_find(&join->d->close_match, c) == CLOSE_EVENT_NONE;
}

/* The row is taken for closed: an event that comes later is of it. */
static void presume(struct join *join, const struct conn *c, uint32_t row)
{
    struct close_match *e = &join->d->close_match;

    if (is_presumed(join, c))
        close_match_presume(e, c, join->next->now_ds);
    else if (awaits_event(join, row) && !close_match_gone(e, c))
        close_match_expect(e, c, join->next->now_ds);
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
        if (fate == FATE_CLOSED) {
            next->closed_total++;
            count_transition_end(join, row);
            next->close_stats.closed += predicate_match(join->builder->count_only, join->prev, row);
            times.changed_ds = next->now_ds;
            presume(join, &join->prev->conn[row], row);
        }
        if (next->n_closed < SAMPLE_CLOSED_MAX) {
            keep_values(join, sample_rows(next), row);
            sample_add_closed(join->builder, &join->prev->conn[row], times,
                              last_metrics(join, row));
        }
    }
}

/* Append the rows of d->old as what became of them, and the connections that no sample had. Returns
 * 0 or -ENOMEM. */
static int join_fates(struct join *join)
{
    struct close_match *e = &join->d->close_match;
    struct sample *next = join->next;
    uint32_t rows = next->n_live + join->d->old.n + close_match_unseen_rows(e);
    int rc = sample_reserve(join->builder, rows);

    if (!rc && join->rated)
        rc = sample_reserve_rates(join->builder, next->n_live, rows);
    if (!rc && next->owner)
        rc = sample_reserve_owner(join->builder, rows);
    if (rc)
        return rc;
    append_missing(join, FATE_MISSING);
    append_missing(join, FATE_UNASKED);
    append_closed(join, FATE_CLOSED);
    close_match_add_unseen(e, join->builder);
    append_closed(join, FATE_FADING);
    return 0;
}

/* The join ------------------------------------------------------------ */

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
    carry_fini(&d->carry);
    dedupe_fini(&d->dedupe);
    free(d);
}

static bool lacks_cookies(const struct sample *s)
{
    return s->n_live && s->conn[0].flags & CONN_NO_COOKIE;
}

static void drop_close_events(struct sample_builder *b)
{
    sample_unref(b->close_events);
    b->close_events = NULL;
}

/* Match the sockets that the kernel reported closed, which it names by their cookies. */
static int join_close_match(struct join *join)
{
    struct diff *d = join->d;
    int rc;

    if (join->by_tuple) {
        drop_close_events(join->builder);
        join->next->close_events_known = false;
    }
    rc = close_match_begin(&d->close_match, join->builder);
    if (rc)
        return rc;
    close_match_missing(&d->close_match, join->next, join->prev, d->old.at, d->old.n);
    rc = close_match_live(&d->close_match, join->next, &d->carry.doubtful);
    for (uint32_t at = 0; !rc && at < d->new.n; at++) {
        struct conn *c = d->new.at[at] == NO_ROW ? NULL : &join->next->conn[d->new.at[at]];
        if (c && conn_is_timewait(c) && !(c->flags & CONN_CLOSE_REPORTED))
            close_match_appeared(&d->close_match, c, join->next->now_ds);
    }
    return rc;
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
    int rc = join->rated ? sample_reserve_rates(join->builder, 0, join->next->n_live) : 0;

    if (!rc)
        rc = join_pairs(join);
    if (!rc)
        rc = join_close_match(join);
    return rc ? rc : join_fates(join);
}

/* The part of a join that takes a sample before. */
static int join_with(struct diff *d, struct sample_builder *b, const struct sample *prev,
                     uint32_t fade_ds)
{
    struct sample *next = &b->sample;
    struct join join = {
        .d = d,
        .builder = b,
        .next = next,
        .prev = prev,
        .fade_ds = fade_ds,
        .by_tuple = lacks_cookies(prev) || lacks_cookies(next),
        .rated = can_be_rated(next, prev),
    };

    return join_rows(&join);
}

/* Rows that were gathered while brief samples were taken: what this brief one knows better goes
 * out; where they are all, they belong to it. Since they are those of a while, the counters are,
 * too. */
static int join_gathering(struct diff *d, struct sample_builder *b)
{
    struct sample *next = &b->sample;
    int rc = carry_prune(&d->carry, b->gathering, b, b->close_events,
                         close_match_waiting(&d->close_match));

    if (rc || !b->gathered)
        return rc;
    next->left_out = 0;
    next->has_mptcp |= b->gathering->sample.has_mptcp;
    next->counters.before = b->gathering->sample.counters.before;
    return sample_prepend(b, b->gathering);
}

int diff_join(struct diff *d, struct sample_builder *b, const struct sample *prev, uint32_t fade_ds)
{
    struct sample *next = &b->sample;
    int rc = b->gathering ? join_gathering(d, b) : 0;

    if (!rc && !next->streamed)
        rc = dedupe_rows(&d->dedupe, b);
    array_u32_clear(&d->carry.doubtful);
    if (!rc && next->left_out && prev)
        rc = carry_rows(&d->carry, b, prev, b->close_events, close_match_waiting(&d->close_match),
                        &d->old);
    if (!rc && next->needs & NEED_OWNER)
        rc = sample_reserve_owner(b, next->n_live);
    drops_join(next, prev);
    if (prev) {
        next->closed_total = prev->closed_total;
        next->transitions = prev->transitions;
        rc = rc ? rc : join_with(d, b, prev, fade_ds);
    } else {
        d->whole_seen = false;
    }
    close_match_finish(&d->close_match, next);
    if (prev) {
        next->close_stats_total = prev->close_stats_total;
        add_close_stats(&next->close_stats_total, &next->close_stats);
    }
    drop_close_events(b);
    if (next->status == SAMPLE_COMPLETE)
        d->whole_seen = true;
    return rc;
}
