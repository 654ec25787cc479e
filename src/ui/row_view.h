/* SPDX-License-Identifier: MIT */
/* A sample as the screen shows it: its rows in order, pinned ones first, and its summary. Immutable
 * and shared: the thread that draws has one, the query worker may still search in it. */
#ifndef TCPTOP_SRC_UI_ROW_VIEW_H
#define TCPTOP_SRC_UI_ROW_VIEW_H

#include <stdatomic.h>

#include "tcptop/explain/sample_summary.h"
#include "tcptop/model/predicate.h"
#include "tcptop/query/groups.h"
#include "tcptop/ui/ui_state.h"

struct row_view {
    const struct sample *sample; /* a reference; NULL before the first sample */
    struct rows rows;            /* of groups: lines, see groups_lines() */
    bool grouped;
    struct groups groups; /* if so */
    uint64_t question;    /* of the job */
    struct sample_summary summary;
    struct conn pinned[UI_PINS_MAX]; /* those that are there, as they are now */
    uint32_t n_pinned, pinned_rows;  /* of them pass the filter: the first rows */
    struct ui_port_holders holders;  /* of the job's port; those that pass follow the pinned rows */
    uint32_t holder_rows;            /* so many do */
    enum predicate_lacks lacks; /* what the job's filter asks for and the sample does not have */
    atomic_uint refs;
};

/* What to list, and how. */
struct row_view_job {
    const struct sample *sample; /* a reference */
    struct predicate predicate;  /* owned */
    struct sort sort;
    uint32_t mark_ds; /* see rows_build() */
    uint32_t limit;   /* only so many rows; 0: the whole order */
    bool grouped;
    struct grouping grouping; /* if so; then there is no limit, and no row is first for a pin */
    struct value unfolded[GROUPS_UNFOLDED_MAX];
    uint32_t n_unfolded;
    uint64_t question; /* jobs with the same one have the same filter and column to group by */
    struct conn pinned[UI_PINS_MAX];
    uint32_t n_pinned;
    uint16_t port;           /* whose holders are wanted, 0: none */
    struct row_view *before; /* a reference; may be NULL. If it is of the same sample, its summary
                                is taken over */
};

/** No sample, no rows. NULL: out of memory. */
struct row_view *row_view_new(void);

/** Returns 0 or -ENOMEM. */
int row_view_make(struct row_view **l, const struct row_view_job *job);

/** Are there rows beyond those listed? */
static inline bool row_view_is_partial(const struct row_view *l)
{
    return !l->grouped && l->rows.n < l->rows.matched;
}

struct row_view *row_view_ref(struct row_view *l);
void row_view_unref(struct row_view *l); /* NULL is accepted */

/** Give back what the job holds; it is empty then. */
void row_view_job_fini(struct row_view_job *job);

#endif
