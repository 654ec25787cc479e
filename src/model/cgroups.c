/* SPDX-License-Identifier: MIT */
/* Numbers for the ids of control groups, and the tables that say what the numbers mean. */
#include "tcptop/model/cgroups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/model/conn.h"

#define SWEEP_FROM 1024u /* numbers; smaller tables keep what is not used any more */

/* Tables ------------------------------------------------------------ */

struct cgroup_table *cgroups_new(uint32_t n)
{
    struct cgroup_table *t = calloc(1, sizeof *t + n * sizeof t->cgroup[0]);

    if (!t)
        return NULL;
    t->n = n;
    atomic_init(&t->refs, 1);
    return t;
}

/* Readers hold tables as const; the count of references and the ranks are what they change. */
static struct cgroup_table *shared(const struct cgroup_table *t)
{
    return (struct cgroup_table *)(uintptr_t)t;
}

struct cgroup_table *cgroups_ref(const struct cgroup_table *t)
{
    atomic_fetch_add_explicit(&shared(t)->refs, 1, memory_order_relaxed);
    return shared(t);
}

void cgroups_unref(const struct cgroup_table *counted)
{
    struct cgroup_table *t = shared(counted);

    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(atomic_load_explicit(&t->ranks, memory_order_relaxed));
    free(t);
}

static int by_name(const void *a, const void *b, void *context)
{
    const struct cgroup_table *t = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(t->cgroup[x].name, t->cgroup[y].name);

    return order ? order : (x > y) - (x < y);
}

/* Groups of one name have one rank. */
static uint32_t *make_ranks(struct cgroup_table *t)
{
    uint32_t *rank = malloc(t->n * sizeof *rank), *order = malloc(t->n * sizeof *order);

    for (uint32_t i = 0; rank && order && i < t->n; i++)
        order[i] = i;
    if (rank && order) {
        qsort_r(order, t->n, sizeof *order, by_name, t);
        for (uint32_t i = 0; i < t->n; i++) {
            bool same = i && strcmp(t->cgroup[order[i]].name, t->cgroup[order[i - 1]].name) == 0;
            rank[order[i]] = same ? rank[order[i - 1]] : i;
        }
    } else {
        free(rank);
        rank = NULL;
    }
    free(order);
    return rank;
}

uint32_t cgroups_rank(const struct cgroup_table *t, uint32_t number)
{
    uint32_t *rank = atomic_load_explicit(&shared(t)->ranks, memory_order_acquire);

    if (number >= t->n)
        return 0;
    if (!rank) {
        uint32_t *made = make_ranks(shared(t));
        if (!made)
            return number; /* an order, if not the wanted one */
        if (atomic_compare_exchange_strong(&shared(t)->ranks, &rank, made))
            rank = made;
        else
            free(made); /* another thread was faster */
    }
    return rank[number];
}

/* Numbers ------------------------------------------------------------ */

void cgroups_fini(struct cgroup_ids *ids)
{
    if (ids->id)
        hash_table_fini(&ids->number);
    free(ids->id);
    *ids = (struct cgroup_ids){.id = NULL};
}

/* Room for one more number. Returns 0 or -ENOMEM. */
static int reserve(struct cgroup_ids *ids)
{
    bool first = !ids->id;
    uint64_t *larger = array_room(ids->id, ids->n, &ids->cap, 64, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    ids->id = larger;
    if (first) {
        hash_table_init(&ids->number, sizeof(uint64_t), sizeof(uint32_t));
        ids->id[0] = 0;
        ids->n = ids->free = 1;
    }
    return 0;
}

/* Give the number, or leave it free where the id is 0. False: out of memory. */
static bool give(struct cgroup_ids *ids, uint32_t number, uint64_t id)
{
    uint32_t *entry = id ? hash_table_add(&ids->number, &id, NULL) : NULL;

    if (id && !entry)
        return false;
    if (entry)
        *entry = number;
    ids->id[number] = id;
    return true;
}

/* The lowest free number; 0: there is none. */
static uint32_t next_number(struct cgroup_ids *ids)
{
    while (ids->free < ids->n && ids->id[ids->free])
        ids->free++;
    if (ids->free < ids->n)
        return ids->free;
    return ids->n < CGROUPS_MAX ? ids->n : 0;
}

uint32_t cgroups_number_new(struct cgroup_ids *ids, uint64_t id)
{
    const uint32_t *found;
    uint32_t number;

    if (!id || ids->broken || reserve(ids))
        return 0;
    found = hash_table_find(&ids->number, &id);
    number = found ? *found : next_number(ids);
    if (!number || (!found && !give(ids, number, id)))
        return 0;
    if (!found) {
        ids->n = number == ids->n ? ids->n + 1 : ids->n;
        ids->changed = true;
    }
    ids->last_id = id;
    ids->last = number;
    return number;
}

/* Which numbers the rows have: one byte for each. NULL: all are to be taken for used. */
static uint8_t *used_by(const struct cgroup_table *t, const struct conn *rows, uint32_t n)
{
    uint8_t *used = t->n >= SWEEP_FROM ? calloc(1, t->n) : NULL;

    for (uint32_t row = 0; used && row < n; row++) {
        if (rows[row].cgroup < t->n)
            used[rows[row].cgroup] = 1;
    }
    return used;
}

void cgroups_keep(struct cgroup_ids *ids, const struct cgroup_table *t, const struct conn *rows,
                  uint32_t n)
{
    uint8_t *used = t ? used_by(t, rows, n) : NULL;

    if (ids->id)
        hash_table_clear(&ids->number);
    ids->n = ids->id ? 1 : 0;
    ids->free = 1;
    ids->last_id = 0;
    ids->changed = ids->broken = false;
    for (uint32_t i = 1; t && i < t->n && !ids->broken; i++) {
        bool kept = !used || used[i];

        ids->broken = reserve(ids) || !give(ids, i, kept ? t->cgroup[i].id : 0);
        ids->n = i + 1;
    }
    free(used);
}

void cgroups_renumber(struct cgroup_ids *to, const struct cgroup_ids *from, struct conn *rows,
                      uint32_t n)
{
    for (uint32_t row = 0; row < n && from->n; row++) {
        uint32_t number = rows[row].cgroup;

        if (number >= from->n)
            number = 0;
        rows[row].cgroup = (number ? cgroups_number(to, from->id[number]) : 0) & CGROUP_MASK;
    }
}
