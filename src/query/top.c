/* The first rows of an order, while they come. */
#include "tcptop/query/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

/* Rows that have stayed keep their places; those that came move into the places of those that
 * left. */
static void close_gaps(struct top *t, struct sample_builder *b)
{
    uint32_t free_place = 0;

    memset(t->taken, 0, t->n * sizeof *t->taken);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->heap[i].row < t->n)
            t->taken[t->heap[i].row] = 1;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->heap[i].row < t->n)
            continue;
        while (t->taken[free_place])
            free_place++;
        sample_move(b, free_place, t->heap[i].row);
        t->heap[i].row = free_place++;
    }
}

/* Offer a row; most are behind the last of the first ones already. Returns whether it is kept. */
static bool offer(struct top *t, const struct order *o, uint32_t row)
{
    uint64_t key = order_key(o, row);
    struct order_item item;

    if (t->n == t->limit && (t->n == 0 || key > order_item_key(&t->heap[0])))
        return false;
    item = order_pack(key, row);
    return order_offer(o, t->heap, &t->n, t->limit, &item);
}

static void consume(struct row_stream *v, struct sample_builder *b, uint32_t held)
{
    struct top *t = (struct top *)v;
    struct sample *s = &b->sample;
    bool all_pass = t->filter->n_steps == 0, kept = false;
    struct order order;

    if (held == 0)
        t->n = 0;
    order_init(&order, s, t->sort, 0);
    for (uint32_t row = held; row < s->n_live; row++) {
        if (!all_pass && !predicate_match(t->filter, s, row))
            continue;
        sample_count_row(s, &s->conn[row]);
        s->total++;
        kept |= offer(t, &order, row);
    }
    if (kept)
        close_gaps(t, b);
    s->n_live = t->n;
}

int top_init(struct top *t, const struct predicate *filter, const struct sort *sort, uint32_t limit)
{
    *t = (struct top){
        .filter = filter,
        .sort = sort,
        .limit = limit,
        .heap = malloc((limit ? limit : 1) * sizeof *t->heap),
        .taken = malloc(limit ? limit : 1),
    };
    if (row_stream_init(&t->row_stream, consume, limit / 4) == 0 && t->heap && t->taken)
        return 0;
    top_fini(t);
    return -ENOMEM;
}

void top_fini(struct top *t)
{
    row_stream_fini(&t->row_stream);
    free(t->heap);
    free(t->taken);
    t->heap = NULL;
    t->taken = NULL;
}
