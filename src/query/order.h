/* Sorting the rows of a snapshot by one column. The order is total: equal input, equal order. */
#ifndef TCPTOP_QUERY_ORDER_H
#define TCPTOP_QUERY_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/query/rows.h"

struct order {
    const struct snapshot *s;
    const struct column *column;
    bool descending;
    uint32_t mark_ds;
};

/* A row and its 64-bit key in two halves, which keeps a million of them at 12 bytes each. */
struct order_item {
    uint32_t hi, lo, row;
};

void order_init(struct order *o, const struct snapshot *s, const struct sort *sort,
                uint32_t mark_ds);

/** The row with its key in the order's direction. */
struct order_item order_item(const struct order *o, uint32_t row);

/** Negative, 0 (only for the same row), positive. */
int order_compare(const struct order *o, const struct order_item *a, const struct order_item *b);

/** Sort; `spare` is room for as many. */
void order_sort(const struct order *o, struct order_item *items, struct order_item *spare,
                uint32_t n);

#endif
