/* The rows of a snapshot that pass a filter, in order: what the table shows. Immutable. */
#ifndef TCPTOP_QUERY_ROWS_H
#define TCPTOP_QUERY_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/predicate.h"
#include "tcptop/query/column.h"

struct sort {
    enum column_id column;
    bool descending;
};

/* The default order of the screen: COL_STATE ascending is attention, then local port, then foreign
 * address. Rows marked as changed sort by their old state while the mark lasts. */
struct rows {
    uint32_t *row; /* indices into the snapshot; owned */
    uint32_t n;
    uint32_t matched_live; /* of them live: "48 connections, 17 shown" counts these */
};

/** Filter and sort. `mark_ds`: how long a change of state keeps the row's old place.
 *  `now_ds` is s->now_ds. Absent values sort last in both directions; the cookie breaks the last
 *  tie, so equal input gives equal order. Returns 0 or -ENOMEM. */
int rows_build(struct rows *r, const struct snapshot *s, const struct predicate *p,
               const struct sort *sort, uint32_t mark_ds);

/** The first `limit` rows in order without sorting the rest; for --limit. 0: all. */
int rows_build_top(struct rows *r, const struct snapshot *s, const struct predicate *p,
                   const struct sort *sort, uint32_t limit);

void rows_fini(struct rows *r);

/** Position of snapshot row `row` in the list, UINT32_MAX when it is not there. */
uint32_t rows_position(const struct rows *r, uint32_t row);

#endif
