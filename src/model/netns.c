/* SPDX-License-Identifier: MIT */
/* The table of namespaces of one sample. */
#include "tcptop/model/netns.h"

#include <stdlib.h>
#include <string.h>

#include "tcptop/model/sample.h"

struct netns_table *netns_table_new(uint32_t n)
{
    size_t list = sizeof(struct netns_table) + n * sizeof(struct netns);
    struct netns_table *t = calloc(1, list + n * sizeof *t->by_id);

    if (!t)
        return NULL;
    atomic_init(&t->refs, 1);
    t->n = n;
    t->by_id = (uint16_t *)((char *)t + list);
    return t;
}

struct netns_table *netns_table_ref(struct netns_table *t)
{
    if (t)
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void netns_table_unref(struct netns_table *t)
{
    if (t && atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
        free(t);
}

static int compare_for_people(const void *a, const void *b)
{
    const struct netns *x = a, *y = b;

    if (x->gone != y->gone)
        return x->gone - y->gone;
    if (x->own != y->own)
        return y->own - x->own;
    return strcmp(x->name, y->name);
}

static int compare_ids(const void *a, const void *b, void *list)
{
    const struct netns *x = (const struct netns *)list + *(const uint16_t *)a;
    const struct netns *y = (const struct netns *)list + *(const uint16_t *)b;

    return x->id - y->id;
}

void netns_table_sort(struct netns_table *t)
{
    qsort(t->list, t->n, sizeof *t->list, compare_for_people);
    for (uint32_t i = 0; i < t->n; i++)
        t->by_id[i] = (uint16_t)i;
    qsort_r(t->by_id, t->n, sizeof *t->by_id, compare_ids, t->list);
}

const struct netns *netns_find(const struct netns_table *t, uint16_t id)
{
    uint32_t from = 0, to = t ? t->n : 0;

    while (from < to) {
        uint32_t middle = (from + to) / 2;
        const struct netns *ns = &t->list[t->by_id[middle]];

        if (ns->id == id)
            return ns;
        if (ns->id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

/* Counters and gauges are sums: known only where every one is. orphan, alloc and mem are the whole
 * host's in each of them (sockstat_seq_show): those are told once. */
static void add_figures(struct host *h, const struct host *one)
{
    h->counter_valid &= one->counter_valid;
    h->gauge_valid &= one->gauge_valid;
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        h->counter[i] += one->counter[i];
    h->gauge[GAUGE_INUSE] += one->gauge[GAUGE_INUSE];
    h->gauge[GAUGE_TW] += one->gauge[GAUGE_TW];
}

/* A setting that some lack is the host's own (tcp_max_orphans exists once). `*unlike`: those that
 * differ. */
static void agree_on_sysctls(struct host *h, const struct host *one, uint32_t *unlike)
{
    for (unsigned i = 0; i < SYSCTL_COUNT; i++) {
        uint32_t bit = UINT32_C(1) << i;

        if (!(one->sysctl_valid & bit))
            continue;
        if (h->sysctl_valid & bit && h->sysctl[i] != one->sysctl[i])
            *unlike |= bit;
        h->sysctl[i] = one->sysctl[i];
        h->sysctl_valid |= bit;
    }
}

void netns_host(const struct netns_table *t, struct host *h)
{
    uint32_t unlike = 0;
    bool first = true;

    *h = (struct host){.counter_valid = 0};
    for (uint32_t i = 0; i < t->n; i++) {
        const struct netns *ns = &t->list[i];

        if (!ns->shown)
            continue;
        if (first) {
            *h = ns->host;
            first = false;
            continue;
        }
        add_figures(h, &ns->host);
        agree_on_sysctls(h, &ns->host, &unlike);
    }
    h->sysctl_valid &= ~unlike;
}
