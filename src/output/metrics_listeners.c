/* SPDX-License-Identifier: MIT */
/* Listeners for metrics.c: which there are, how full their queues are, what they dropped. */
#include "metrics_listeners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"

/* A row that listens, and its place among all. */
struct listening {
    const struct conn *c;
    uint32_t row;
    bool ephemeral; /* its port may have been chosen by the kernel */
};

static int compare_ends(const struct conn *a, const struct conn *b)
{
    if (a->sport != b->sport)
        return a->sport < b->sport ? -1 : 1;
    if (a->netns != b->netns)
        return a->netns < b->netns ? -1 : 1;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    if (conn_is_dual_stack(a) != conn_is_dual_stack(b))
        return conn_is_dual_stack(a) ? -1 : 1;
    return memcmp(a->src, b->src, sizeof a->src);
}

static int compare_listening(const void *a, const void *b)
{
    const struct listening *x = a, *y = b;

    if (x->ephemeral != y->ephemeral)
        return x->ephemeral ? 1 : -1;
    const int order = compare_ends(x->c, y->c);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* All rows that listen on a known port, in order. Returns 0 or -ENOMEM. */
static int find_listening(const struct sample *s, struct listening **list, uint32_t *n)
{
    uint32_t cap = 0;

    *list = NULL;
    *n = 0;
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *c = &s->conn[row];
        struct port_range range;
        if (c->state != TCP_STATE_LISTEN || conn_port_unknown(c, false))
            continue;
        struct listening *larger = array_room(*list, *n, &cap, 64, sizeof **list);
        if (!larger) {
            free(*list);
            return -ENOMEM;
        }
        *list = larger;
        const bool known = host_port_range(sample_host(s, c), &range);
        larger[(*n)++] = (struct listening){c, row, known && host_port_in_range(&range, c->sport)};
    }
    if (*n)
        qsort(*list, *n, sizeof **list, compare_listening);
    return 0;
}

static void name(struct listener_sum *sum, const struct sample *s, const struct listening *first)
{
    const char *service = sample_cgroup(s, first->row);
    const bool several = s->namespaces && s->namespaces->several;

    sum->ends = *first->c;
    if (conn_is_dual_stack(first->c))
        snprintf(sum->address, sizeof sum->address, "*");
    else
        conn_address(first->c, false, sum->address);
    snprintf(sum->netns, sizeof sum->netns, "%s", several ? sample_netns(s, first->c) : "");
    snprintf(sum->service, sizeof sum->service, "%s", service ? service : "");
}

/* What a socket adds to the drops. Without anything to compare with, what it dropped is already in
 * what was counted before. */
static uint64_t dropped(const struct sample *s, const struct drop_count *d, bool before)
{
    if (!before)
        return d->drops;
    if (d->compared)
        return d->grown;
    return s->drops.span_ns ? d->drops : 0; /* it listens since the sample before */
}

static void add(struct listener_sum *sum, const struct sample *s, const struct listening *one,
                bool before)
{
    const struct drop_count *d = drops_find(s, one->row);

    sum->queue_known &= !(one->c->unknown & CONN_UNKNOWN_RECV_Q);
    sum->queue += one->c->rqueue;
    sum->limit_known &= !(one->c->flags & CONN_NO_BACKLOG);
    sum->limit += one->c->wqueue;
    if (d) {
        sum->drops_known = true;
        sum->drops += dropped(s, d, before);
    }
}

static const struct listener_sum *find_before(const struct listener_sums *sums,
                                              const struct conn *c)
{
    for (uint32_t i = 0; i < sums->n; i++)
        if (sums->list[i].drops_known && compare_ends(&sums->list[i].ends, c) == 0)
            return &sums->list[i];
    return NULL;
}

int metrics_listeners_take(struct listener_sums *sums, const struct sample *s, bool carry)
{
    struct listening *rows;
    uint32_t n_rows;
    struct listener_sums next = {.list = calloc(METRICS_LISTENERS, sizeof *next.list)};

    if (!next.list || find_listening(s, &rows, &n_rows)) {
        free(next.list);
        return -ENOMEM;
    }
    for (uint32_t from = 0, to; from < n_rows; from = to) {
        for (to = from + 1; to < n_rows && compare_ends(rows[from].c, rows[to].c) == 0; to++)
            ;
        if (next.n == METRICS_LISTENERS) {
            next.truncated++;
            continue;
        }
        const struct listener_sum *before = carry ? find_before(sums, rows[from].c) : NULL;
        struct listener_sum *sum = &next.list[next.n++];
        name(sum, s, &rows[from]);
        sum->queue_known = sum->limit_known = true;
        sum->drops = before ? before->drops : 0;
        for (uint32_t i = from; i < to; i++)
            add(sum, s, &rows[i], before);
    }
    free(rows);
    metrics_listeners_fini(sums);
    *sums = next;
    return 0;
}

void metrics_listeners_fini(struct listener_sums *sums)
{
    free(sums->list);
    *sums = (struct listener_sums){0};
}
