/* SPDX-License-Identifier: MIT */
/* Lists are made here, by the thread that draws or by the worker. */
#include "row_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct row_view *row_view_new(void)
{
    struct row_view *l = calloc(1, sizeof(*l));
    if (l)
        atomic_init(&l->refs, 1);
    return l;
}

struct row_view *row_view_ref(struct row_view *l)
{
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}

void row_view_unref(struct row_view *l)
{
    if (!l || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
        return;
    sample_unref(l->sample);
    rows_fini(&l->rows);
    groups_fini(&l->groups);
    free(l);
}

void row_view_job_fini(struct row_view_job *job)
{
    sample_unref(job->sample);
    row_view_unref(job->before);
    predicate_fini(&job->predicate);
    *job = (struct row_view_job){.sample = NULL};
}

/* Move sample row `at` behind the first `*first` rows, and count it to them. Beyond the rows listed
 * it takes the place of the last one. */
static void put_first(struct row_view *l, uint32_t at, uint32_t *first)
{
    uint32_t *row = l->rows.row;
    uint32_t position = rows_position(&l->rows, at);
    if (position == UINT32_MAX)
        position = l->rows.n - 1;
    if (position < *first)
        return;
    memmove(&row[*first + 1], &row[*first], (position - *first) * sizeof(*row));
    row[(*first)++] = at;
}

/* The first rows are the pinned ones that are there; a pin goes with its connection. */
static void pins_first(struct row_view *l, const struct row_view_job *job)
{
    for (uint32_t i = 0; i < job->n_pinned; i++) {
        uint32_t at = sample_find(l->sample, &job->pinned[i], 0);
        if (at == UINT32_MAX)
            continue;
        l->pinned[l->n_pinned++] = l->sample->conn[at];
        if (!l->grouped && predicate_match(&job->predicate, l->sample, at))
            put_first(l, at, &l->pinned_rows);
    }
}

static void find_holders(struct ui_port_holders *h, const struct sample *s, uint16_t port)
{
    *h = (struct ui_port_holders){.bound_only = true};
    for (uint32_t i = 0; i < s->n_live && h->n < UI_HOLDERS_MAX; i++) {
        const struct conn *c = &s->conn[i];
        bool listens = c->state == TCP_STATE_LISTEN;
        if (c->sport != port || conn_port_unknown(c, false) ||
            !(listens || (h->bound_only && c->flags & CONN_BOUND)))
            continue;
        if (listens && h->bound_only)
            *h = (struct ui_port_holders){.n = 0};
        h->row[h->n++] = i;
    }
}

/* Who has the port that is asked for is the first thing to know of it. */
static void holders_first(struct row_view *l, const struct row_view_job *job)
{
    uint32_t first = l->pinned_rows;
    if (!job->port)
        return;
    find_holders(&l->holders, l->sample, job->port);
    for (uint32_t i = 0; i < l->holders.n && !l->grouped; i++)
        if (predicate_match(&job->predicate, l->sample, l->holders.row[i]))
            put_first(l, l->holders.row[i], &first);
    l->holder_rows = first - l->pinned_rows;
}

/* Counts are compared with those of the same question only. */
static int make_groups(struct row_view *l, const struct row_view_job *job)
{
    bool same = job->before && job->before->grouped && job->before->question == job->question;
    int r = groups_build(&l->groups, l->sample, &job->predicate, &job->grouping,
                         same ? &job->before->groups : NULL);
    l->grouped = r == 0;
    return r ? r
             : groups_lines(&l->rows, &l->groups, l->sample, &job->predicate, &job->sort,
                            job->mark_ds, job->unfolded, job->n_unfolded);
}

static int make_rows(struct row_view *l, const struct row_view_job *job)
{
    l->question = job->question;
    return job->grouped ? make_groups(l, job)
                        : rows_build_top(&l->rows, l->sample, &job->predicate, &job->sort,
                                         job->mark_ds, job->limit);
}

int row_view_make(struct row_view **out, const struct row_view_job *job)
{
    struct row_view *l = row_view_new();
    if (!l)
        return -ENOMEM;
    l->sample = sample_ref(job->sample);
    int r = make_rows(l, job);
    if (r < 0) {
        row_view_unref(l);
        return r;
    }
    pins_first(l, job);
    holders_first(l, job);
    l->lacks = predicate_lacks(&job->predicate, l->sample);
    if (job->before && job->before->sample == job->sample)
        l->summary = job->before->summary;
    else if (!job->before || !job->before->sample ||
             !sample_summary_renew(&l->summary, l->sample, &job->before->summary,
                                   job->before->sample))
        sample_summary_make(&l->summary, l->sample);
    *out = l;
    return 0;
}
