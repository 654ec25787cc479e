/* Groups of rows by the value of a column: one pass over the rows and a hash table of the groups
 * met so far. */
#include "tcptop/query/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "groups_internal.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/str.h"

#define FIRST_CAP 64

void groups_fini(struct groups *g)
{
    free(g->group);
    free(g->order);
    free(g->sum);
    free(g->arena);
    free(g->past.count);
    *g = (struct groups){.n = 0};
}

static void add_sum(struct grouping *how, enum column_id id)
{
    if (columns[id].flags & COLUMN_SUM && how->n_sums < GROUP_SUMS)
        how->sum[how->n_sums++] = id;
}

void grouping_sum(struct grouping *how, const enum column_id *chosen, size_t n, bool by_default)
{
    how->n_sums = 0;
    for (size_t i = 0; i < n; i++)
        add_sum(how, chosen[i]);
    for (int id = 0; id < COL_COUNT && n == 0 && by_default; id++)
        if (columns[id].order)
            add_sum(how, (enum column_id)id);
}

uint64_t value_hash(const struct value *v)
{
    switch (v->type) {
    case VALUE_NUMBER:
        return v->number; /* the table hashes it */
    case VALUE_TEXT:
        return hash_bytes(v->text, strlen(v->text), hash_secret()->seed);
    case VALUE_NONE:
        break;
    }
    return 0;
}

bool value_same(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    return a->type == VALUE_NONE     ? true
           : a->type == VALUE_NUMBER ? a->number == b->number
                                     : strcmp(a->text, b->text) == 0;
}

static bool has_value(const struct groups *g, uint32_t i, const struct value *v)
{
    const struct group *group = &g->group[i];
    if (group->type != v->type)
        return false;
    return v->type == VALUE_NONE     ? true
           : v->type == VALUE_NUMBER ? group->number == v->number
                                     : strcmp(g->arena + group->number, v->text) == 0;
}

void groups_value(const struct groups *g, uint32_t i, struct value *v)
{
    const struct group *group = &g->group[i];
    *v = (struct value){.type = (enum value_type)group->type};
    if (v->type == VALUE_NUMBER)
        v->number = group->number;
    else if (v->type == VALUE_TEXT)
        strcpy(v->text, g->arena + group->number); /* came out of one as large */
}

uint32_t groups_find(const struct groups *g, const struct value *v)
{
    uint64_t hash = value_hash(v);
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->group[i].hash == hash && has_value(g, i, v))
            return i;
    }
    return GROUP_NONE;
}

int grouper_reserve(struct grouper *b)
{
    if (b->g.n + b->g.n_gone < b->cap)
        return 0;
    uint32_t cap = b->cap ? b->cap * 2 : FIRST_CAP;
    struct group *larger = realloc(b->g.group, cap * sizeof *larger);
    if (!larger)
        return -ENOMEM;
    b->g.group = larger;
    if (b->g.how.n_sums) {
        uint64_t *sums = realloc(b->g.sum, cap * b->g.how.n_sums * sizeof *sums);
        if (!sums)
            return -ENOMEM;
        b->g.sum = sums;
    }
    b->cap = cap;
    return 0;
}

int grouper_text(struct grouper *b, const char *text, uint64_t *at)
{
    size_t size = strlen(text) + 1;
    if (b->arena_len + size > b->arena_cap) {
        size_t cap = b->arena_cap ? b->arena_cap * 2 : 1024;
        char *larger = realloc(b->g.arena, cap);
        if (!larger)
            return -ENOMEM;
        b->g.arena = larger;
        b->arena_cap = cap;
    }
    memcpy(b->g.arena + b->arena_len, text, size);
    *at = b->arena_len;
    b->arena_len += size;
    return 0;
}

static int add_group(struct grouper *b, const struct value *v, uint64_t hash, uint32_t row)
{
    int r = grouper_reserve(b);
    uint32_t *index;
    if (r)
        return r;
    struct group *group = &b->g.group[b->g.n];
    *group = (struct group){.hash = hash,
                            .number = v->number,
                            .row = row,
                            .past = GROUP_NONE,
                            .type = (uint8_t)v->type};
    if (v->type == VALUE_TEXT && (r = grouper_text(b, v->text, &group->number)))
        return r;
    for (unsigned i = 0; i < b->g.how.n_sums; i++)
        b->g.sum[(size_t)b->g.n * b->g.how.n_sums + i] = UINT64_MAX;
    index = hash_table_add_another(&b->by_hash, &hash);
    if (!index)
        return -ENOMEM;
    *index = b->g.n++;
    return 0;
}

uint32_t grouper_find(const struct grouper *b, const struct value *v, uint64_t hash)
{
    const uint32_t *index;
    uint32_t at = 0;
    while ((index = hash_table_each(&b->by_hash, &hash, &at)) != NULL) {
        if (has_value(&b->g, *index, v))
            return *index;
    }
    return GROUP_NONE;
}

static void add_sums(struct grouper *b, uint32_t i, uint32_t row)
{
    uint64_t *sum = &b->g.sum[(size_t)i * b->g.how.n_sums];
    for (unsigned k = 0; k < b->g.how.n_sums; k++) {
        struct value v;
        columns[b->g.how.sum[k]].get(b->s, row, &v);
        if (v.type != VALUE_NUMBER)
            continue;
        uint64_t before = sum[k] == UINT64_MAX ? 0 : sum[k];
        bool fits = before <= INT64_MAX && v.number <= INT64_MAX - before;
        sum[k] = fits ? before + v.number : INT64_MAX;
    }
}

static void count_row(struct grouper *b, uint32_t i, uint32_t row)
{
    struct group *group = &b->g.group[i];
    const struct conn *c = &b->s->conn[row];
    unsigned state = c->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : c->state;
    uint32_t born_ds = b->s->times ? b->s->times[row].born_ds : 0;

    group->state[state < TCP_STATE_COUNT ? state : 0]++;
    if (group->count++ == 0 || born_ds < group->born_ds)
        group->born_ds = born_ds;
    if (b->g.how.n_sums)
        add_sums(b, i, row);
}

/* Live rows come first, so the first row of a group is a live one where there is any. */
static int take_rows(struct grouper *b, const struct predicate *p)
{
    uint32_t rows = sample_rows(b->s);
    value_getter get = columns[b->g.how.by].get;
    for (uint32_t row = 0; row < rows; row++) {
        struct value v;
        if (!predicate_match(p, b->s, row))
            continue;
        get(b->s, row, &v);
        uint64_t hash = value_hash(&v);
        uint32_t i = grouper_find(b, &v, hash);
        if (i == GROUP_NONE) {
            i = b->g.n;
            int r = add_group(b, &v, hash, row);
            if (r)
                return r;
        }
        b->g.matched++;
        if (row < b->s->n_live) {
            b->g.matched_live++;
            count_row(b, i, row);
        }
    }
    return 0;
}

int groups_build(struct groups *g, const struct sample *s, const struct predicate *p,
                 const struct grouping *how, const struct groups *before)
{
    struct grouper b = {.s = s, .g = {.how = *how}};
    hash_table_init(&b.by_hash, sizeof(uint64_t), sizeof(uint32_t));
    int r = take_rows(&b, p);
    if (!r)
        r = grouper_remember(&b, before);
    if (!r)
        r = groups_order(&b.g, s, &how->sort);
    hash_table_fini(&b.by_hash);
    if (r) {
        groups_fini(&b.g);
        return r;
    }
    groups_fini(g);
    *g = b.g;
    return 0;
}

bool groups_sum(const struct groups *g, uint32_t group, unsigned i, uint64_t *sum)
{
    *sum = g->sum[(size_t)group * g->how.n_sums + i];
    return *sum != UINT64_MAX;
}

const char *groups_format_sum(const struct groups *g, uint32_t group, unsigned i, char *out)
{
    uint64_t sum;
    if (!groups_sum(g, group, i, &sum))
        return FMT_NONE;
    return columns[g->how.sum[i]].kind == KIND_BYTES ? fmt_bytes(out, FMT_SIZE, sum)
                                                     : fmt_count_fit(out, FMT_SIZE, sum, 8);
}

void groups_format(const struct groups *g, const struct sample *s, uint32_t i, struct str *out)
{
    if (g->group[i].type == VALUE_NONE)
        str_add(out, FMT_NONE);
    else
        column_format(g->how.by, s, g->group[i].row, out);
}
