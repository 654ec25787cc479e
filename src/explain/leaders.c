/* Counting with a bounded table (Misra and Gries 1982): when it is full, each key loses one, and
 * those at 0 make room. */
#include "tcptop/explain/leaders.h"

#include <stdlib.h>

#include "tcptop/base/hash.h"

#define FIRST_CAP 64u

void leaders_init(struct leaders *l, uint32_t max)
{
    *l = (struct leaders){.max = max};
}

void leaders_fini(struct leaders *l)
{
    free(l->slot);
    *l = (struct leaders){.max = l->max};
}

/* Where the key is, or would be. */
static struct leader *find(const struct leaders *l, uint64_t key)
{
    uint32_t at = (uint32_t)hash_u64(key) & (l->cap - 1);

    while (l->slot[at].count && l->slot[at].key != key)
        at = (at + 1) & (l->cap - 1);
    return &l->slot[at];
}

/* Into a table of `cap` slots; each count is lowered by `less`. */
static bool rebuild(struct leaders *l, uint32_t cap, uint32_t less)
{
    struct leaders next = {.cap = cap, .slot = calloc(cap, sizeof *next.slot)};

    if (!next.slot) {
        l->failed = true;
        return false;
    }
    for (uint32_t i = 0; i < l->cap; i++) {
        struct leader leader = l->slot[i];
        if (leader.count <= less)
            continue;
        leader.count -= less;
        *find(&next, leader.key) = leader;
        next.n++;
    }
    free(l->slot);
    l->slot = next.slot;
    l->cap = cap;
    l->n = next.n;
    l->forgotten += less;
    return true;
}

void leaders_count(struct leaders *l, uint64_t key, uint32_t row)
{
    struct leader *leader;

    if (l->failed || (!l->cap && !rebuild(l, FIRST_CAP, 0)))
        return;
    leader = find(l, key);
    if (leader->count) {
        leader->count++;
        return;
    }
    if (l->n >= l->max) { /* the newcomer goes with those that it takes one from */
        rebuild(l, l->cap, 1);
        return;
    }
    *leader = (struct leader){.key = key, .count = 1, .row = row};
    if (++l->n > l->cap / 2)
        rebuild(l, l->cap * 2, 0);
}

static bool is_before(const struct leader *a, const struct leader *b)
{
    return a->count != b->count ? a->count > b->count : a->row < b->row;
}

unsigned leaders_top(const struct leaders *l, struct leader *top, unsigned n)
{
    unsigned found = 0;

    for (uint32_t i = 0; i < l->cap && !l->failed; i++) {
        unsigned at = found;
        if (!l->slot[i].count)
            continue;
        while (at > 0 && is_before(&l->slot[i], &top[at - 1]))
            at--;
        if (at == n)
            continue;
        found += found < n;
        for (unsigned j = found - 1; j > at; j--)
            top[j] = top[j - 1];
        top[at] = l->slot[i];
    }
    return found;
}
