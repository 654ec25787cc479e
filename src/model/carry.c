/* SPDX-License-Identifier: MIT */
/* One pass over the rows of the sample before. Two filters of bits tell nearly every row apart that
 * no row of the dump and no event is like; runs of such rows are copied at once. */
#include "carry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/hash.h"

#define NO_ROW UINT32_MAX
#define BITS   (CARRY_WORDS * 64u) /* a power of two */

/* What the rows are compared with: rows of the dump, then events. */
struct others {
    const struct sample *part[3]; /* NULL: none */
    uint32_t n[3];
};

static struct others others_of(const struct sample *dump, const struct sample *events,
                               const struct sample *waiting)
{
    return (struct others){
        .part = {dump, events, waiting},
        .n = {dump->n_live, events ? events->n_live : 0, waiting ? waiting->n_live : 0},
    };
}

void carry_fini(struct carry *k)
{
    slots_fini(&k->by_cookie);
    slots_fini(&k->by_endpoints);
    free(k->cookies);
    free(k->ports);
    array_u32_fini(&k->doubtful);
    *k = (struct carry){.cookies = NULL};
}

static const struct conn *other(const struct others *o, uint32_t at)
{
    unsigned part = 0;

    while (at >= o->n[part])
        at -= o->n[part++];
    return &o->part[part]->conn[at];
}

/* Places in the filters: the same cookie has the same one, as have the same ends. */
static uint32_t cookie_bit(const struct conn *c)
{
    return (uint32_t)(c->cookie * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (BITS - 1);
}

static uint32_t port_bit(const struct conn *c)
{
    uint32_t ports = (uint32_t)c->sport << 16 | c->dport, peer;

    memcpy(&peer, c->dst, sizeof peer);
    return ((ports + peer * UINT32_C(0x85ebca6b)) * UINT32_C(0x9e3779b1) >> 8) & (BITS - 1);
}

static void set(uint64_t *bits, uint32_t at)
{
    bits[at / 64] |= UINT64_C(1) << at % 64;
}

static bool is_set(const uint64_t *bits, uint32_t at)
{
    return bits[at / 64] >> at % 64 & 1;
}

static int index_others(struct carry *k, const struct others *o)
{
    uint32_t n = o->n[0] + o->n[1] + o->n[2];

    if (!k->cookies)
        k->cookies = malloc(CARRY_WORDS * sizeof *k->cookies);
    if (!k->ports)
        k->ports = malloc(CARRY_WORDS * sizeof *k->ports);
    if (!k->cookies || !k->ports || slots_clear(&k->by_cookie, n) ||
        slots_clear(&k->by_endpoints, n))
        return -ENOMEM;
    memset(k->cookies, 0, CARRY_WORDS * sizeof *k->cookies);
    memset(k->ports, 0, CARRY_WORDS * sizeof *k->ports);
    for (uint32_t at = 0; at < n; at++) {
        const struct conn *c = other(o, at);
        set(k->cookies, cookie_bit(c));
        set(k->ports, port_bit(c));
        slots_add(&k->by_cookie, conn_hash(c), at);
        slots_add(&k->by_endpoints, conn_tuple_hash(c, hash_secret()->seed), at);
    }
    return 0;
}

/* The first of the others that is the same by `same`. */
static uint32_t find(const struct slots *slots, uint64_t hash, const struct others *o,
                     const struct conn *c, bool (*same)(const struct conn *, const struct conn *))
{
    uint32_t at;

    while ((at = slots_next(slots, &hash)) != NO_ROW && !same(other(o, at), c))
        ;
    return at;
}

enum carry_verdict { CARRIED, DOUBTFUL, LEFT };

static enum carry_verdict judge(const struct carry *k, const struct others *o, const struct conn *c)
{
    uint32_t same = find(&k->by_cookie, conn_hash(c), o, c, conn_same);
    uint32_t ends =
        find(&k->by_endpoints, conn_tuple_hash(c, hash_secret()->seed), o, c, conn_same_endpoints);
    bool timewait = conn_is_timewait(c);

    if ((same != NO_ROW && same < o->n[0]) || (ends != NO_ROW && ends < o->n[0]))
        return LEFT;
    if (same != NO_ROW)
        return timewait ? DOUBTFUL : LEFT;
    return timewait && ends != NO_ROW ? DOUBTFUL : CARRIED;
}

/* Rows `from` to `to` of `prev` are the next live rows. */
static void copy(struct sample *next, const struct sample *prev, uint32_t from, uint32_t to)
{
    uint32_t n = to - from, at = next->n_live;

    if (!n) /* a sample without rows has no arrays */
        return;
    memcpy(&next->conn[at], &prev->conn[from], n * sizeof *next->conn);
    memcpy(&next->times[at], &prev->times[from], n * sizeof *next->times);
    if (next->metrics && prev->metrics)
        memcpy(&next->metrics[at], &prev->metrics[from], n * sizeof *next->metrics);
    for (uint32_t i = 0; i < n && next->metrics && !prev->metrics; i++)
        tcp_metrics_clear(&next->metrics[at + i]);
    next->n_live += n;
    next->n_carried += n;
}

/* What becomes of a row in a state that was left out. */
static enum carry_verdict verdict_of(const struct carry *k, const struct others *o,
                                     const struct conn *c)
{
    if (!is_set(k->cookies, cookie_bit(c)) && !is_set(k->ports, port_bit(c)))
        return CARRIED;
    return judge(k, o, c);
}

int carry_rows(struct carry *k, struct sample_builder *b, const struct sample *prev,
               const struct sample *events, const struct sample *waiting, struct u32_list *old)
{
    struct sample *next = &b->sample;
    const struct others o = others_of(next, events, waiting);
    uint32_t from = 0; /* rows since then are carried and not copied yet */

    array_u32_clear(old);
    array_u32_clear(&k->doubtful);
    if (index_others(k, &o) || sample_reserve(b, next->n_live + prev->n_live) ||
        (prev->metrics && next->needs & NEED_TCP_INFO && sample_reserve_metrics(b)))
        return -ENOMEM;
    for (uint32_t row = 0; row < prev->n_live; row++) {
        const struct conn *c = &prev->conn[row];
        enum carry_verdict verdict =
            next->left_out & STATE_BIT(c->state) ? verdict_of(k, &o, c) : LEFT;
        if (verdict == CARRIED)
            continue;
        if (verdict == DOUBTFUL) {
            if (array_u32_add(&k->doubtful, next->n_live + row - from))
                return -ENOMEM;
            continue;
        }
        copy(next, prev, from, row);
        from = row + 1;
        if (array_u32_add(old, row))
            return -ENOMEM;
    }
    copy(next, prev, from, prev->n_live);
    for (uint32_t row = prev->n_live; row < sample_rows(prev); row++)
        if (array_u32_add(old, row))
            return -ENOMEM;
    next->carried_ns = prev->left_out ? prev->carried_ns : prev->mono_ns;
    next->has_mptcp |= prev->has_mptcp;
    return 0;
}

int carry_prune(struct carry *k, struct sample_builder *rows, const struct sample_builder *b,
                const struct sample *events, const struct sample *waiting)
{
    const struct others o = others_of(&b->sample, events, waiting);
    struct sample *s = &rows->sample;

    if (index_others(k, &o))
        return -ENOMEM;
    for (uint32_t row = 0; row < s->n_live;) {
        if (verdict_of(k, &o, &s->conn[row]) != LEFT) {
            row++;
            continue;
        }
        sample_move(rows, row, s->n_live - 1);
        sample_drop_last(rows);
    }
    return 0;
}
