/* Which row of this sample is which of the sample before.
 *
 * The kernel walks its table in the same order each time: the next record is looked for at the
 * previous sample's next position. The few rows that are left over on both sides meet in a hash
 * table, by their cookies; then remnants whose cookie is not their socket's, and sockets whose
 * cookie is not their request's, by their ends. What still has no partner is new on this side,
 * missing or closed on the other. */
#include <errno.h>

#include "diff_internal.h"
#include "figures.h"
#include "tcptop/base/hash.h"

#define LOOK_AHEAD 16u /* rows that may have gone between two neighbours */

/* The owners of row `i`, which was row `j`. A socket without a file keeps those that it had, as
 * former ones; if they were not known yet, its inode of then may tell by now. */
static uint32_t inherit_owner(const struct join *join, uint32_t i, uint32_t j)
{
    const struct sample *prev = join->prev;
    uint32_t word = prev->owner ? prev->owner[j] : OWNER_UNKNOWN;

    if (join->next->conn[i].inode) /* nobody followed who holds one that was not there */
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
    if (sample_row_kind(join->prev, j) == ROW_CLOSED) { /* taken for dead too early */
        times->changed_ds = times->born_ds;
        join->next->closed_total--;
    }
    c->was_state = before->was_state;
    c->flags |= before->flags & CONN_END_TOLD;
    if (join->next->owner)
        join->next->owner[i] = inherit_owner(join, i, j);
    if (c->state != before->state) {
        c->was_state = before->state;
        times->changed_ds = join->next->now_ds;
        join->next->changed++;
        transitions_change(&join->next->transitions, before->state, c->state);
    }
    if (join->rated)
        rates_compute(join->next, i, join->prev, j);
}

/* Row `i` has no past. Its birth is known unless nobody could have seen it before. */
static void newborn(struct join *join, uint32_t i)
{
    struct sample *next = join->next;
    bool bound_unasked = join_is_bound(&next->conn[i]) && !(join->prev->needs & NEED_BOUND);

    if (!join->d->whole_seen || bound_unasked)
        return;
    next->times[i].born_ds = next->times[i].changed_ds = next->now_ds ? next->now_ds : 1;
    next->born++;
    transitions_change(&next->transitions, 0, next->conn[i].state);
}

/* Pair rows by the order of the dump. What finds no partner goes to the lists. */
static int join_by_order(struct join *join)
{
    const struct sample *prev = join->prev;
    struct diff *d = join->d;
    uint32_t expected = 0;

    array_u32_clear(&d->old);
    array_u32_clear(&d->new);
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
        for (; expected < j; expected++) {
            if (array_u32_add(&d->old, expected))
                return -ENOMEM;
        }
        inherit(join, i, expected++);
    }
    for (; expected < sample_rows(prev); expected++) {
        if (array_u32_add(&d->old, expected))
            return -ENOMEM;
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
        inherit(join, i, row);
        old->at[at] = NO_ROW;
        return true;
    }
    return false;
}

/* Pair the rest by hash. */
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

/* May the row of the sample before go on under another cookie? */
static bool may_leave(const struct join *join, uint32_t row)
{
    const struct conn *c = &join->prev->conn[row];

    return sample_row_kind(join->prev, row) != ROW_CLOSED && !conn_is_timewait(c) && c->dport;
}

/* Of a request comes a socket, of either a remnant. */
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

/* A socket gets its cookie when it is first dumped, its remnant a copy of what the socket had
 * when the remnant was made (inet_twsk_alloc), and it that of its request. Dumped in between, a
 * connection goes on under another cookie. */
static int join_by_ends(struct join *join)
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

int join_pairs(struct join *join)
{
    struct u32_list *new = &join->d->new;
    int rc = join_by_order(join);

    if (!rc && new->n)
        rc = join_by_hash(join);
    if (!rc && new->n && !join->by_tuple)
        rc = join_by_ends(join);
    for (uint32_t at = 0; !rc && at < new->n; at++) {
        if (new->at[at] != NO_ROW)
            newborn(join, new->at[at]);
    }
    return rc;
}
