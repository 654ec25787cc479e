/* SPDX-License-Identifier: MIT */
/* Counting with a bounded table (Misra and Gries 1982): a key for which there is no room takes one
 * from the count of every other key, and those that are left with 0 make room. */
#include "tcptop/base/top_k.h"

struct counter {
    uint32_t count, row;
};

void top_k_init(struct top_k *t, size_t key_size, uint32_t max)
{
    *t = (struct top_k){.max = max};
    hash_table_init(&t->counts, key_size, sizeof(struct counter));
}

void top_k_fini(struct top_k *t)
{
    hash_table_fini(&t->counts);
    t->at_least_by = 0;
    t->failed = false;
}

/* Where many keys occur once each, as a rule none is left. */
static void take_one_from_each(struct top_k *t)
{
    struct counter *c;
    bool any_left = false;

    for (uint32_t at = 0; (c = hash_table_next(&t->counts, &at)) != NULL;)
        any_left |= --c->count > 0;
    if (!any_left)
        hash_table_clear(&t->counts);
    for (uint32_t at = 0; (c = hash_table_next(&t->counts, &at)) != NULL;) {
        if (c->count == 0)
            hash_table_remove_last(&t->counts, &at);
    }
    t->at_least_by++;
}

void top_k_count(struct top_k *t, const void *key, uint32_t row)
{
    bool full = t->counts.n >= t->max;
    struct counter *c =
        full ? hash_table_find(&t->counts, key) : hash_table_add(&t->counts, key, NULL);

    if (!c && full)
        take_one_from_each(t);
    else if (!c)
        t->failed = true;
    else if (c->count++ == 0)
        c->row = row;
}

static bool is_before(const struct counter *c, const struct top_k_item *item)
{
    return c->count != item->count ? c->count > item->count : c->row < item->row;
}

unsigned top_k_best(const struct top_k *t, struct top_k_item *best, unsigned n)
{
    const struct counter *c;
    unsigned found = 0;

    for (uint32_t i = 0; !t->failed && (c = hash_table_next(&t->counts, &i)) != NULL;) {
        unsigned at = found;
        while (at > 0 && is_before(c, &best[at - 1]))
            at--;
        if (at == n)
            continue;
        found += found < n;
        for (unsigned j = found - 1; j > at; j--)
            best[j] = best[j - 1];
        best[at] = (struct top_k_item){hash_table_key(&t->counts, c), c->count, c->row};
    }
    return found;
}
