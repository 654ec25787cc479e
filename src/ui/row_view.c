/* Lists are made here, by the thread that draws or by the worker. */
#include "row_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listing *listing_new(void)
{
    struct listing *l = calloc(1, sizeof(*l));
    if (l)
        atomic_init(&l->refs, 1);
    return l;
}

struct listing *listing_ref(struct listing *l)
{
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}

void listing_unref(struct listing *l)
{
    if (!l || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
        return;
    snapshot_unref(l->snapshot);
    rows_fini(&l->rows);
    groups_fini(&l->groups);
    free(l);
}

void listing_job_fini(struct listing_job *job)
{
    snapshot_unref(job->snapshot);
    listing_unref(job->before);
    predicate_fini(&job->predicate);
    *job = (struct listing_job){.snapshot = NULL};
}

/* Move snapshot row `at` to the end of the pinned rows. Beyond the rows listed it takes the place
 * of the last one. */
static void put_first(struct listing *l, uint32_t at)
{
    uint32_t *row = l->rows.row;
    uint32_t position = rows_position(&l->rows, at), first = l->pinned_rows++;
    if (position == UINT32_MAX)
        position = l->rows.n - 1;
    memmove(&row[first + 1], &row[first], (position - first) * sizeof(*row));
    row[first] = at;
}

/* The first rows are the pinned ones that are there; a pin goes with its connection. */
static void pins_first(struct listing *l, const struct listing_job *job)
{
    for (uint32_t i = 0; i < job->n_pinned; i++) {
        uint32_t at = snapshot_find(l->snapshot, &job->pinned[i], 0);
        if (at == UINT32_MAX)
            continue;
        l->pinned[l->n_pinned++] = l->snapshot->conn[at];
        if (!l->grouped && predicate_match(&job->predicate, l->snapshot, at))
            put_first(l, at);
    }
}

/* Counts are compared with those of the same question only. */
static int make_groups(struct listing *l, const struct listing_job *job)
{
    bool same = job->before && job->before->grouped && job->before->question == job->question;
    int r = groups_build(&l->groups, l->snapshot, &job->predicate, &job->grouping,
                         same ? &job->before->groups : NULL);
    l->grouped = r == 0;
    return r ? r
             : groups_lines(&l->rows, &l->groups, l->snapshot, &job->predicate, &job->sort,
                            job->mark_ds, job->unfolded, job->n_unfolded);
}

static int make_rows(struct listing *l, const struct listing_job *job)
{
    l->question = job->question;
    return job->grouped ? make_groups(l, job)
                        : rows_build_top(&l->rows, l->snapshot, &job->predicate, &job->sort,
                                         job->mark_ds, job->limit);
}

int listing_make(struct listing **out, const struct listing_job *job)
{
    struct listing *l = listing_new();
    if (!l)
        return -ENOMEM;
    l->snapshot = snapshot_ref(job->snapshot);
    int r = make_rows(l, job);
    if (r < 0) {
        listing_unref(l);
        return r;
    }
    pins_first(l, job);
    if (job->before && job->before->snapshot == job->snapshot)
        l->survey = job->before->survey;
    else
        survey_make(&l->survey, l->snapshot);
    *out = l;
    return 0;
}
