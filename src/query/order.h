/* Sorting the rows of a sample by one column. The order is total: equal input, equal order. */
#ifndef TCPTOP_SRC_QUERY_ORDER_H
#define TCPTOP_SRC_QUERY_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/query/rows.h"

struct order {
    const struct sample *s;
    enum column_id id;
    bool descending;
    uint32_t mark_ds;
};

/* A row and its 64-bit key in two halves, which keeps a million of them at 12 bytes each. */
struct order_item {
    uint32_t hi, lo, row;
};

void order_init(struct order *o, const struct sample *s, const struct sort *sort, uint32_t mark_ds);

/** The row's key in the order's direction. */
uint64_t order_key(const struct order *o, uint32_t row);

static inline struct order_item order_pack(uint64_t key, uint32_t row)
{
    return (struct order_item){(uint32_t)(key >> 32), (uint32_t)key, row};
}

/** The row with its key. */
static inline struct order_item order_item(const struct order *o, uint32_t row)
{
    return order_pack(order_key(o, row), row);
}

static inline uint64_t order_item_key(const struct order_item *i)
{
    return (uint64_t)i->hi << 32 | i->lo;
}

/** Negative, 0 (only for the same row), positive. */
int order_compare(const struct order *o, const struct order_item *a, const struct order_item *b);

/** Sort; `spare` is room for as many. */
void order_sort(const struct order *o, struct order_item *items, struct order_item *spare,
                uint32_t n);

/** Put the item into the heap of `*n` if it is among the first `limit` (not 0) so far; the last of
 *  those is on top. Returns whether it was. */
bool order_offer(const struct order *o, struct order_item *heap, uint32_t *n, uint32_t limit,
                 const struct order_item *item);

#endif
