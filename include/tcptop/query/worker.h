/* The query thread: filters and orders large snapshots while the old order stands on the screen. */
#ifndef TCPTOP_QUERY_WORKER_H
#define TCPTOP_QUERY_WORKER_H

#include "tcptop/query/rows.h"

/* Below this many rows the UI thread does it itself at once. */
#define WORKER_THRESHOLD 20000u

/* A finished job: the order, and the snapshot it belongs to. Shared, immutable. */
struct answer {
    struct snapshot *snapshot; /* holds a reference */
    struct rows rows;          /* empty when it failed */
    uint64_t ticket;           /* of the job it answers */
    int error;                 /* 0, -ENOMEM, or -EINVAL: the filter no longer parses */
};
void answer_free(struct answer *a); /* NULL is accepted */

struct worker;
/** `wake_fd`: eventfd, gets 1 per answer. Returns 0 or -errno. */
int worker_start(struct worker **w, int wake_fd);

/** Ask for rows of `s`; a job not yet begun is replaced. The filter text (NULL: none) is parsed
 * again on the worker, so no predicate is shared. Returns the job's ticket, 0 when out of memory.
 */
uint64_t worker_ask(struct worker *w, const struct snapshot *s, const char *filter,
                    const struct sort *sort, uint32_t mark_ds);

/** The newest answer, taken over by the caller; NULL when there is none. */
struct answer *worker_take(struct worker *w);

/** Finish the job under way, drop the rest, free everything. NULL is accepted. */
void worker_stop(struct worker *w);

#endif
