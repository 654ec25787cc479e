/* SPDX-License-Identifier: MIT */
/* Processes, groups of them and tables of groups: made once, shared, freed with the last reader. */
#include "tcptop/model/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PID_DIGITS 11 /* with the comma */

static void take(atomic_uint *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

/* Give one reference back; true when it was the last. */
static bool drop(atomic_uint *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static const char *place(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *placed = *at;

    memcpy(placed, text, size);
    *at += size;
    return placed;
}

struct owner *owner_new(const struct owner_facts *f)
{
    size_t size = strlen(f->process) + strlen(f->cmdline) + strlen(f->cgroup) + 3;
    struct owner *o = malloc(sizeof *o + size);

    if (!o)
        return NULL;
    char *at = o->texts;
    o->pid = f->pid;
    o->uid = f->uid;
    o->start_ticks = f->start_ticks;
    o->process = place(&at, f->process);
    o->cmdline = place(&at, f->cmdline);
    o->cgroup = place(&at, f->cgroup);
    atomic_init(&o->refs, 1);
    return o;
}

struct owner *owner_ref(struct owner *o)
{
    take(&o->refs);
    return o;
}

void owner_unref(struct owner *o)
{
    if (o && drop(&o->refs))
        free(o);
}

int owner_compare(const struct owner *a, const struct owner *b)
{
    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    return (a->start_ticks > b->start_ticks) - (a->start_ticks < b->start_ticks);
}

bool owner_is_as(const struct owner *o, const struct owner_facts *f)
{
    return o->uid == f->uid && strcmp(o->process, f->process) == 0 &&
           strcmp(o->cmdline, f->cmdline) == 0 && strcmp(o->cgroup, f->cgroup) == 0;
}

static int by_identity(const void *a, const void *b)
{
    return owner_compare(*(struct owner *const *)a, *(struct owner *const *)b);
}

struct owner_group *owner_group_new(struct owner *const *members, uint32_t n)
{
    size_t head = sizeof(struct owner_group) + n * sizeof(struct owner *);
    struct owner_group *g = malloc(head + (size_t)n * PID_DIGITS);

    if (!g)
        return NULL;
    char *pids = (char *)g + head, *at = pids;
    g->n = n;
    g->pids = pids;
    for (uint32_t i = 0; i < n; i++)
        g->member[i] = owner_ref(members[i]);
    qsort(g->member, n, sizeof(struct owner *), by_identity);
    for (uint32_t i = 0; i < n; i++)
        at += sprintf(at, "%s%u", i ? "," : "", g->member[i]->pid);
    atomic_init(&g->refs, 1);
    return g;
}

struct owner_group *owner_group_ref(struct owner_group *g)
{
    take(&g->refs);
    return g;
}

void owner_group_unref(struct owner_group *g)
{
    if (!g || !drop(&g->refs))
        return;
    for (uint32_t i = 0; i < g->n; i++)
        owner_unref(g->member[i]);
    free(g);
}

int owner_group_compare(const struct owner_group *g, struct owner *const *members, uint32_t n)
{
    for (uint32_t i = 0; i < g->n && i < n; i++) {
        int order = owner_compare(g->member[i], members[i]);
        if (order)
            return order;
    }
    return (g->n > n) - (g->n < n);
}

bool owner_group_equal(const struct owner_group *a, const struct owner_group *b)
{
    bool same = a->n == b->n;

    for (uint32_t i = 0; same && a != b && i < a->n; i++) {
        const struct owner *o = b->member[i];
        const struct owner_facts facts = {o->pid,     o->uid,     o->start_ticks,
                                          o->process, o->cmdline, o->cgroup};
        same = owner_compare(a->member[i], o) == 0 && owner_is_as(a->member[i], &facts);
    }
    return same;
}

static int by_name(const void *a, const void *b)
{
    const struct owner_user *x = *(struct owner_user *const *)a,
                            *y = *(struct owner_user *const *)b;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->uid > y->uid) - (x->uid < y->uid);
}

struct owner_users *owner_users_new(const struct owner_user *users, uint32_t n)
{
    struct owner_users *u = malloc(sizeof *u + n * sizeof *users);
    struct owner_user **order = malloc((n ? n : 1) * sizeof(struct owner_user *));

    if (!u || !order) {
        free(u);
        free(order);
        return NULL;
    }
    u->n = n;
    atomic_init(&u->refs, 1);
    for (uint32_t i = 0; i < n; i++) {
        u->user[i] = users[i];
        order[i] = &u->user[i];
    }
    qsort(order, n, sizeof(struct owner_user *), by_name);
    for (uint32_t i = 0; i < n; i++)
        order[i]->rank = i;
    free(order);
    return u;
}

struct owner_users *owner_users_ref(struct owner_users *u)
{
    take(&u->refs);
    return u;
}

void owner_users_unref(struct owner_users *u)
{
    if (u && drop(&u->refs))
        free(u);
}

struct owner_table *owner_table_new(uint32_t n)
{
    struct owner_table *t = calloc(1, sizeof *t + n * sizeof(struct owner_group *));

    if (!t)
        return NULL;
    t->n = n;
    atomic_init(&t->refs, 1);
    return t;
}

/* Readers hold tables as const; the count of references and the ranks are what they change. */
static struct owner_table *shared(const struct owner_table *t)
{
    return (struct owner_table *)(uintptr_t)t;
}

struct owner_table *owner_table_ref(const struct owner_table *t)
{
    take(&shared(t)->refs);
    return shared(t);
}

void owner_table_unref(const struct owner_table *counted)
{
    struct owner_table *t = shared(counted);

    if (!t || !drop(&t->refs))
        return;
    for (uint32_t i = 0; i < t->n; i++)
        owner_group_unref(t->group[i]);
    for (unsigned i = 0; i < OWNER_ORDERS; i++)
        free(atomic_load_explicit(&t->ranks[i], memory_order_relaxed));
    owner_users_unref(t->users);
    free(t);
}

static const char *text_of(const struct owner_group *g, enum owner_order order)
{
    const struct owner *o = g->member[0];

    return order == OWNER_BY_PROCESS   ? o->process
           : order == OWNER_BY_CMDLINE ? o->cmdline
                                       : o->cgroup;
}

struct ranked {
    const char *text;
    uint32_t pid, number;
};

static int by_text(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    if (!order)
        order = (x->pid > y->pid) - (x->pid < y->pid);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static uint32_t *make_ranks(const struct owner_table *t, enum owner_order order)
{
    uint32_t *rank = calloc(t->n, sizeof *rank), n = 0;
    struct ranked *list = malloc(t->n * sizeof *list);

    for (uint32_t i = 0; rank && list && i < t->n; i++) {
        const struct owner_group *g = t->group[i];
        if (g)
            list[n++] = (struct ranked){text_of(g, order), g->member[0]->pid, i};
    }
    if (rank && list) {
        qsort(list, n, sizeof *list, by_text);
        for (uint32_t i = 0; i < n; i++)
            rank[list[i].number] = i;
    }
    if (!list) {
        free(rank);
        rank = NULL;
    }
    free(list);
    return rank;
}

uint32_t owner_table_rank(const struct owner_table *t, enum owner_order order, uint32_t number)
{
    _Atomic(uint32_t *) *at = &shared(t)->ranks[order];
    uint32_t *rank = atomic_load_explicit(at, memory_order_acquire);

    if (number >= t->n)
        return 0;
    if (!rank) {
        uint32_t *made = make_ranks(t, order);
        if (!made)
            return number; /* an order, if not the wanted one */
        if (atomic_compare_exchange_strong(at, &rank, made))
            rank = made;
        else
            free(made); /* another thread was faster */
    }
    return rank[number];
}

const struct owner_user *owner_table_user(const struct owner_table *t, uint32_t uid)
{
    uint32_t lo = 0, hi = t && t->users ? t->users->n : 0;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->users->user[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return t && t->users && lo < t->users->n && t->users->user[lo].uid == uid ? &t->users->user[lo]
                                                                              : NULL;
}
