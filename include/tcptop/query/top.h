/* The first rows of an order, picked while a dump brings them in: what --once --limit prints. */
#ifndef TCPTOP_QUERY_TOP_H
#define TCPTOP_QUERY_TOP_H

#include "tcptop/model/row_stream.h"
#include "tcptop/query/rows.h"

#define TOP_LIMIT_MAX 16384u /* more are better sorted when all are there */

struct top {
    struct row_stream row_stream; /* first member */
    const struct predicate *filter;
    const struct sort *sort;
    uint32_t limit, n;
    struct order_item *heap; /* owned; the last in order of the first ones on top */
    uint8_t *taken;          /* owned; places of the first rows that are to stay */
};

/** Keep the first `limit` rows (0: none, they are only counted) that pass `filter`, which like
 *  `sort` must outlive it, and know no more of a row than its record and figures. Returns 0 or
 *  -ENOMEM. */
int top_init(struct top *t, const struct predicate *filter, const struct sort *sort,
             uint32_t limit);
void top_fini(struct top *t);

#endif
