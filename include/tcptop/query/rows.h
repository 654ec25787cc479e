/* SPDX-License-Identifier: MIT */
/* The rows of a sample that pass a filter, in order: what the table shows. Immutable. */
#ifndef TCPTOP_QUERY_ROWS_H
#define TCPTOP_QUERY_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/predicate.h"
#include "tcptop/model/row_stream.h"
#include "tcptop/query/column.h"

#define SORT_FURTHER 3 /* columns by which rows are ordered that are equal in the first one */

struct sort_key {
    enum column_id column;
    bool descending;
};

struct sort {
    enum column_id column;
    bool descending;
    uint8_t n_further;
    struct sort_key further[SORT_FURTHER];
};

/** What a sample must contain for the order: NEED_…, of all its columns. */
uint32_t rows_sort_needs(const struct sort *sort);

/* The order of rows: the column's own (reversed when descending; absent values last either way),
 * then always ascending local port, local address, remote port, remote address, cookie. So
 * COL_LOCAL_PORT is the order that scripts get, and COL_STATE, whose own order is attention, local
 * port, remote address, is the screen's. With further columns it orders by attention alone, so
 * that they have something to order. */
struct rows {
    uint32_t *row; /* indices into the sample; owned */
    uint32_t n;
    uint32_t matched;        /* rows that pass; more than n where only the first were asked for */
    uint32_t matched_live;   /* of them live: "48 connections, 17 shown" counts these */
    uint32_t matched_missed; /* of them missing from the last sample; the rest has closed */
};

/** Filter and sort; what `r` (initialised to zero) held before is freed. While a change of state is
 * marked, for `mark_ds` tenths of a second and at least in the sample that saw it, COL_STATE places
 * the row by its old state; 0: never. Missing and closed rows take part. Returns 0 or -ENOMEM
 * (then `r` is unchanged). */
int rows_build(struct rows *r, const struct sample *s, const struct predicate *p,
               const struct sort *sort, uint32_t mark_ds);

/** The same, but only the first `limit` rows (0: all), without sorting the rest. */
int rows_build_top(struct rows *r, const struct sample *s, const struct predicate *p,
                   const struct sort *sort, uint32_t mark_ds, uint32_t limit);

/** The same of live rows alone. */
int rows_build_live(struct rows *r, const struct sample *s, const struct predicate *p,
                    const struct sort *sort, uint32_t limit);

void rows_fini(struct rows *r);

/** Position of sample row `row` in the list, UINT32_MAX when it is not there. */
uint32_t rows_position(const struct rows *r, uint32_t row);

#define ROWS_TOP_MAX 16384u /* more are better sorted when all are there */

struct rows_top {
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
int rows_top_init(struct rows_top *t, const struct predicate *filter, const struct sort *sort,
                  uint32_t limit);
void rows_top_fini(struct rows_top *t);

#endif
