/* SPDX-License-Identifier: MIT */
/* Sorts rows of a sample by one column. No two rows compare as equal, so the same sample gives the
 * same order. */
#ifndef TCPTOP_SRC_QUERY_ROWS_ORDER_H
#define TCPTOP_SRC_QUERY_ROWS_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/query/rows.h"

struct order {
    const struct sample *s;
    struct sort sort;
    uint32_t mark_ds;
};

/* A row and its 64-bit key. The key is in two halves so that an item takes 12 bytes, not 16: there
 * may be a million. */
struct order_item {
    uint32_t hi, lo, row;
};

void rows_order_init(struct order *o, const struct sample *s, const struct sort *sort,
                     uint32_t mark_ds);

/** The row's key in the order's direction. */
uint64_t rows_order_key(const struct order *o, uint32_t row);

static inline struct order_item rows_order_pack(uint64_t key, uint32_t row)
{
    return (struct order_item){(uint32_t)(key >> 32), (uint32_t)key, row};
}

/** The row with its key. */
static inline struct order_item rows_order_item(const struct order *o, uint32_t row)
{
    return rows_order_pack(rows_order_key(o, row), row);
}

static inline uint64_t rows_order_item_key(const struct order_item *i)
{
    return (uint64_t)i->hi << 32 | i->lo;
}

/** Compare as strcmp() does; 0 only for the same row. */
int rows_order_compare(const struct order *o, const struct order_item *a,
                       const struct order_item *b);

/** Sort `n` items; `spare` has room for as many. */
void rows_order_sort(const struct order *o, struct order_item *items, struct order_item *spare,
                     uint32_t n);

#endif
