/* Filter a sample and put what passes in order. */
#include "tcptop/query/rows.h"

#include <errno.h>
#include <stdlib.h>

#include "order.h"

void rows_fini(struct rows *r)
{
    free(r->row);
    *r = (struct rows){0};
}

/* Sort the items and keep their rows, in the memory that sorting needs anyway. */
static int take_sorted(struct rows *r, const struct order *o, struct order_item *items, uint32_t n,
                       uint32_t matched, uint32_t live)
{
    struct order_item *spare = malloc((n ? n : 1) * sizeof *spare);
    if (!spare)
        return -ENOMEM;
    order_sort(o, items, spare, n);
    uint32_t *row = (uint32_t *)spare;
    for (uint32_t i = 0; i < n; i++)
        row[i] = items[i].row;
    uint32_t *fitting = realloc(row, (n ? n : 1) * sizeof *row);
    free(r->row);
    *r = (struct rows){
        .row = fitting ? fitting : row, .n = n, .matched = matched, .matched_live = live};
    return 0;
}

/* Of the first `total` rows of the sample. */
static int build(struct rows *r, const struct sample *s, const struct predicate *p,
                 const struct sort *sort, uint32_t mark_ds, uint32_t total)
{
    uint32_t n = 0, live = 0;
    struct order_item *items = malloc((total ? total : 1) * sizeof *items);
    if (!items)
        return -ENOMEM;
    struct order order;
    order_init(&order, s, sort, mark_ds);
    for (uint32_t row = 0; row < total; row++) {
        if (!predicate_match(p, s, row))
            continue;
        items[n++] = order_item(&order, row);
        live += row < s->n_live;
    }
    int result = take_sorted(r, &order, items, n, n, live);
    free(items);
    return result;
}

static int build_top(struct rows *r, const struct sample *s, const struct predicate *p,
                     const struct sort *sort, uint32_t mark_ds, uint32_t total, uint32_t limit)
{
    uint32_t n = 0, matched = 0, live = 0;
    if (limit == 0 || limit >= total)
        return build(r, s, p, sort, mark_ds, total);
    struct order_item *heap = malloc(limit * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    struct order order;
    order_init(&order, s, sort, mark_ds);
    for (uint32_t row = 0; row < total; row++) {
        if (!predicate_match(p, s, row))
            continue;
        struct order_item item = order_item(&order, row);
        order_offer(&order, heap, &n, limit, &item);
        matched++;
        live += row < s->n_live;
    }
    int result = take_sorted(r, &order, heap, n, matched, live);
    free(heap);
    return result;
}

int rows_build(struct rows *r, const struct sample *s, const struct predicate *p,
               const struct sort *sort, uint32_t mark_ds)
{
    return build(r, s, p, sort, mark_ds, sample_rows(s));
}

int rows_build_top(struct rows *r, const struct sample *s, const struct predicate *p,
                   const struct sort *sort, uint32_t mark_ds, uint32_t limit)
{
    return build_top(r, s, p, sort, mark_ds, sample_rows(s), limit);
}

int rows_build_live(struct rows *r, const struct sample *s, const struct predicate *p,
                    const struct sort *sort, uint32_t limit)
{
    return build_top(r, s, p, sort, 0, s->n_live, limit);
}

uint32_t rows_position(const struct rows *r, uint32_t row)
{
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->row[i] == row)
            return i;
    }
    return UINT32_MAX;
}
