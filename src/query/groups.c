/* SPDX-License-Identifier: MIT */
/* Groups the rows of a sample by the value of a column, in one pass with a hash table; compares the
 * counts with those of earlier samples; sorts the groups; and lists them with the rows of those
 * that are unfolded. */
#include "tcptop/query/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rows_order.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/base/str.h"

#define FIRST_CAP 64

/* Groups while they are built. */
struct grouper {
    const struct sample *s;
    struct groups g;
    uint32_t cap;              /* of g.group and g.sum, in groups */
    struct hash_table by_hash; /* of each group's value: its index, a uint32_t */
    size_t arena_len, arena_cap;
};

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

void groups_choose_sums(struct grouping *how, const enum column_id *chosen, size_t n,
                        bool by_default)
{
    how->n_sums = 0;
    for (size_t i = 0; i < n; i++)
        add_sum(how, chosen[i]);
    for (int id = 0; id < COL_COUNT && n == 0 && by_default; id++)
        if (columns[id].rank)
            add_sum(how, (enum column_id)id);
}

static uint64_t value_hash(const struct value *v)
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

/* The value by which a row is grouped. A host is one peer, whether the socket is IPv4's or IPv6's:
 * ::ffff:10.0.0.1 counts as 10.0.0.1. A process without a name, as an import may have it, is told
 * from others by its pid: then the value is that number. */
static void value_of(enum column_id by, const struct sample *s, uint32_t row, struct value *v)
{
    static const char mapped[] = "::ffff:";
    columns[by].get(s, row, v);
    if (by == COL_PROCESS && v->type == VALUE_NONE)
        columns[COL_PID].get(s, row, v);
    if (columns[by].kind == KIND_ADDRESS && v->type == VALUE_TEXT && strchr(v->text, '.') &&
        strncmp(v->text, mapped, strlen(mapped)) == 0)
        memmove(v->text, v->text + strlen(mapped), strlen(v->text + strlen(mapped)) + 1);
}

/* Is it the pid of a process whose name is not known? */
static bool is_nameless(enum column_id by, enum value_type type)
{
    return by == COL_PROCESS && type == VALUE_NUMBER;
}

bool groups_same_value(const struct value *a, const struct value *b)
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

/* Room for one more group. Returns 0 or -ENOMEM, as all here. */
static int grouper_reserve(struct grouper *b)
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

/* Copy a text into the arena; `*at` gets the place where it begins. */
static int grouper_text(struct grouper *b, const char *text, uint64_t *at)
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

static uint32_t grouper_find(const struct grouper *b, const struct value *v, uint64_t hash)
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
    if (!group->warned) {
        const struct finding *f = finding_about(b->s, conn_counts_as(c), row);
        group->warned = f && !f->passing && f->severity > SEVERITY_INFO;
    }
    if (group->count++ == 0 || born_ds < group->born_ds)
        group->born_ds = born_ds;
    if (b->g.how.n_sums)
        add_sums(b, i, row);
}

/* Live rows come first in a sample, so the first row of a group is live if any of it is. */
static int take_rows(struct grouper *b, const struct predicate *p)
{
    uint32_t rows = sample_rows(b->s);
    for (uint32_t row = 0; row < rows; row++) {
        struct value v;
        if (!predicate_match(p, b->s, row))
            continue;
        value_of(b->g.how.by, b->s, row, &v);
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
    else if (is_nameless(g->how.by, (enum value_type)g->group[i].type))
        str_add_uint(out, g->group[i].number); /* as the cell of its rows */
    else if (columns[g->how.by].kind == KIND_ADDRESS)
        str_add(out, g->arena + g->group[i].number);
    else
        column_format(g->how.by, s, g->group[i].row, out);
}

/* The order of groups, and the lines that they and their rows make. */

/* A group with what it is sorted by. */
struct group_place {
    uint64_t figure;
    struct order_item key; /* of its row in the order of the column; not of texts */
    uint32_t group;
};

struct placing {
    const struct groups *g;
    struct order order;
    bool by_text, descending;
};

static uint64_t change_word(int64_t change)
{
    return (uint64_t)change ^ UINT64_C(1) << 63;
}

/* Smaller comes first; absent is UINT64_MAX. */
static uint64_t figure_of(const struct groups *g, uint32_t i, const struct group_sort *sort)
{
    uint64_t figure = KEY_ABSENT;
    int64_t change;
    switch (sort->figure) {
    case GROUP_KEY:
        return 0;
    case GROUP_COUNT:
        figure = g->group[i].count;
        break;
    case GROUP_CHANGE:
        if (groups_change(g, i, &change))
            figure = change_word(change);
        break;
    default:
        if (!groups_sum(g, i, sort->figure - GROUP_SUM, &figure))
            figure = KEY_ABSENT;
    }
    return sort->descending ? KEY_ABSENT - 1 - figure : figure; /* absent wraps round to itself */
}

static int compare_keys(const struct placing *p, const struct group_place *a,
                        const struct group_place *b)
{
    const struct group *x = &p->g->group[a->group], *y = &p->g->group[b->group];
    if (x->type != y->type) /* names, then numbers; rows without a value come last either way */
        return y->type - x->type;
    int by_key = 0;
    if (x->type == VALUE_NUMBER)
        by_key = (x->number > y->number) - (x->number < y->number);
    else if (x->type == VALUE_TEXT)
        by_key = p->by_text ? strcmp(p->g->arena + x->number, p->g->arena + y->number)
                            : rows_order_compare(&p->order, &a->key, &b->key);
    return p->descending ? -by_key : by_key;
}

static int compare_places(const void *a, const void *b, void *context)
{
    const struct group_place *x = a, *y = b;
    if (x->figure != y->figure)
        return x->figure < y->figure ? -1 : 1;
    return compare_keys(context, x, y);
}

/* Make g->order anew. */
static int groups_order(struct groups *g, const struct sample *s, const struct group_sort *sort)
{
    struct placing p = {
        .g = g,
        .by_text = columns[g->how.by].kind == KIND_TEXT,
        .descending = sort->figure == GROUP_KEY && sort->descending,
    };
    size_t n = g->n ? g->n : 1;
    struct group_place *places = malloc(n * sizeof *places);
    uint32_t *order = malloc(n * sizeof *order);
    if (!places || !order) {
        free(places);
        free(order);
        return -ENOMEM;
    }
    rows_order_init(&p.order, s, &(struct sort){.column = g->how.by, .descending = false}, 0);
    for (uint32_t i = 0; i < g->n; i++)
        places[i] = (struct group_place){figure_of(g, i, sort),
                                         rows_order_item(&p.order, g->group[i].row), i};
    qsort_r(places, g->n, sizeof *places, compare_places, &p);
    for (uint32_t i = 0; i < g->n; i++)
        order[i] = places[i].group;
    free(places);
    free(g->order);
    g->order = order;
    return 0;
}

/* The rows of the unfolded groups. They are searched for each time, so that nothing has to be
 * stored for the rows of groups that are folded. */
struct members {
    struct order_item *item; /* n of them, those of one group together once they are sorted */
    uint32_t *group;         /* of each */
    uint32_t n, cap;
};

static int add_member(struct members *m, uint32_t group, const struct order_item *item)
{
    if (m->n == m->cap) {
        uint32_t cap = m->cap ? m->cap * 2 : 256;
        struct order_item *items = realloc(m->item, cap * sizeof *items);
        if (items)
            m->item = items;
        uint32_t *groups = items ? realloc(m->group, cap * sizeof *groups) : NULL;
        if (!groups)
            return -ENOMEM;
        m->group = groups;
        m->cap = cap;
    }
    m->item[m->n] = *item;
    m->group[m->n++] = group;
    return 0;
}

static int find_members(struct members *m, const struct order *o, const struct groups *g,
                        const struct predicate *p, const struct value *unfolded, uint32_t n)
{
    uint32_t rows = sample_rows(o->s);
    for (uint32_t row = 0; n && row < rows; row++) {
        struct value v;
        uint32_t u = 0;
        if (!predicate_match(p, o->s, row))
            continue;
        value_of(g->how.by, o->s, row, &v);
        while (u < n && !groups_same_value(&v, &unfolded[u]))
            u++;
        if (u == n)
            continue;
        struct order_item item = rows_order_item(o, row);
        int r = add_member(m, u, &item);
        if (r)
            return r;
    }
    return 0;
}

/* Append the rows of the u-th unfolded group, sorted, to the lines. */
static int put_members(const struct members *m, uint32_t u, const struct order *o, uint32_t *line,
                       uint32_t *n)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->n; i++)
        count += m->group[i] == u;
    struct order_item *items = malloc(2 * (size_t)(count ? count : 1) * sizeof *items);
    if (!items)
        return -ENOMEM;
    count = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        if (m->group[i] == u)
            items[count++] = m->item[i];
    }
    rows_order_sort(o, items, items + count, count);
    for (uint32_t i = 0; i < count; i++)
        line[(*n)++] = items[i].row;
    free(items);
    return 0;
}

static int put_lines(const struct groups *g, const struct members *m, const struct order *o,
                     const struct value *unfolded, uint32_t n_unfolded, uint32_t *line)
{
    uint32_t at[GROUPS_UNFOLDED_MAX], n = 0;
    for (uint32_t u = 0; u < n_unfolded; u++)
        at[u] = groups_find(g, &unfolded[u]);
    for (uint32_t i = 0; i < g->n; i++) {
        line[n++] = g->order[i] | ROW_GROUP;
        for (uint32_t u = 0; u < n_unfolded; u++) {
            int r = at[u] == g->order[i] ? put_members(m, u, o, line, &n) : 0;
            if (r)
                return r;
        }
    }
    return 0;
}

int groups_lines(struct rows *r, const struct groups *g, const struct sample *s,
                 const struct predicate *p, const struct sort *sort, uint32_t mark_ds,
                 const struct value *unfolded, uint32_t n_unfolded)
{
    struct members m = {.n = 0};
    struct order order;
    rows_order_init(&order, s, sort, mark_ds);
    int result = find_members(&m, &order, g, p, unfolded, n_unfolded);
    uint32_t n = g->n + m.n;
    uint32_t *line = result ? NULL : malloc((n ? n : 1) * sizeof *line);
    if (!result)
        result = line ? put_lines(g, &m, &order, unfolded, n_unfolded, line) : -ENOMEM;
    free(m.item);
    free(m.group);
    if (result) {
        free(line);
        return result;
    }
    free(r->row);
    *r = (struct rows){.row = line, .n = n, .matched = g->matched, .matched_live = g->matched_live};
    return 0;
}

/* The counts of groups in the last samples, from which the change is computed.
 *
 * A group without rows is kept until the last sample in which it had some leaves the window, so
 * that one that comes back is compared with its former count. Of more than REMEMBERED groups only
 * the largest are kept. */

#define REMEMBERED 4096u /* groups, 240 bytes each */
#define UNKNOWN    UINT32_MAX
#define WINDOW     (UINT64_MAX >> (64 - HISTORY_SHOWN))

_Static_assert(HISTORY_SHOWN <= 64, "a bit per sample");

static uint32_t *counts_of(const struct group_past *past, uint32_t slot)
{
    return past->count + (size_t)slot * HISTORY_SHOWN;
}

/* The index of the count from `back` samples ago. */
static unsigned past_index(const struct group_past *past, unsigned back)
{
    return (unsigned)((past->seq + HISTORY_SHOWN - back) % HISTORY_SHOWN);
}

/* Give the group a history. It is a copy of `from`; if that is NULL the group had no rows in the
 * samples of which every group is remembered. */
static void give_place(struct grouper *b, uint32_t group, const uint32_t *from)
{
    struct group_past *past = &b->g.past;
    uint32_t *to = counts_of(past, past->n);
    for (unsigned back = 0; back < HISTORY_SHOWN; back++) {
        unsigned at = past_index(past, back);
        to[at] = from ? from[at] : past->whole >> back & 1 ? 0 : UNKNOWN;
    }
    if (past->known & 1)
        to[past_index(past, 0)] = b->g.group[group].count;
    b->g.group[group].past = past->n++;
}

/* One bit for each sample of the window in which the group had rows. */
static uint64_t with_rows(const struct group_past *past, const uint32_t *counts)
{
    uint64_t samples = 0;
    for (unsigned back = 1; back < HISTORY_SHOWN; back++) {
        uint32_t count = counts[past_index(past, back)];
        if (past->known >> back & 1 && count != UNKNOWN && count > 0)
            samples |= UINT64_C(1) << back;
    }
    return samples;
}

/* Add a group that has no rows now but is remembered. */
static int add_gone(struct grouper *b, const struct groups *before, uint32_t old)
{
    int r = grouper_reserve(b);
    if (r)
        return r;
    uint32_t i = b->g.n + b->g.n_gone;
    const struct group *was = &before->group[old];
    b->g.group[i] = (struct group){
        .hash = was->hash, .number = was->number, .row = GROUP_NONE, .type = was->type};
    if (was->type == VALUE_TEXT)
        r = grouper_text(b, before->arena + was->number, &b->g.group[i].number);
    if (!r) {
        b->g.n_gone++;
        give_place(b, i, counts_of(&before->past, was->past));
    }
    return r;
}

/* Find the group of this sample that has the value of the remembered group `old`. */
static uint32_t find_again(const struct grouper *b, const struct groups *before, uint32_t old)
{
    struct value v;
    groups_value(before, old, &v);
    return grouper_find(b, &v, before->group[old].hash);
}

static void take_over_living(struct grouper *b, const struct groups *before)
{
    for (uint32_t old = 0; old < before->n + before->n_gone; old++) {
        uint32_t slot = before->group[old].past;
        uint32_t now = slot == GROUP_NONE ? GROUP_NONE : find_again(b, before, old);
        if (now != GROUP_NONE)
            give_place(b, now, counts_of(&before->past, slot));
    }
}

/* Keep remembered groups that have no rows now. If there is no room for one, the samples in which
 * it had rows are no longer marked as whole. */
static int take_over_gone(struct grouper *b, const struct groups *before)
{
    for (uint32_t old = 0; old < before->n + before->n_gone; old++) {
        uint32_t slot = before->group[old].past;
        if (slot == GROUP_NONE || find_again(b, before, old) != GROUP_NONE)
            continue;
        uint64_t samples = with_rows(&b->g.past, counts_of(&before->past, slot));
        if (samples && b->g.past.n == REMEMBERED) {
            b->g.past.whole &= ~samples;
        } else if (samples) {
            int r = add_gone(b, before, old);
            if (r)
                return r;
        }
    }
    return 0;
}

/* Give new groups a history; only the largest if there is not room for all. */
static int take_new(struct grouper *b)
{
    struct groups *g = &b->g;
    bool some = g->n > REMEMBERED;
    int r = some ? groups_order(g, b->s, &(struct group_sort){GROUP_COUNT, true}) : 0;
    if (r)
        return r;
    uint64_t now = g->past.known & 1;
    for (uint32_t k = 0; k < g->n; k++) {
        uint32_t i = some ? g->order[k] : k;
        if (g->group[i].past != GROUP_NONE)
            continue;
        if (g->past.n < REMEMBERED)
            give_place(b, i, NULL);
        else
            now = 0;
    }
    g->past.whole |= now;
    return 0;
}

/* Shift the bits of `before` by the number of samples that have passed since. */
static void shift_samples(struct group_past *past, const struct group_past *before)
{
    if (past->seq < before->seq || past->seq - before->seq >= HISTORY_SHOWN)
        return;
    uint64_t older = WINDOW & ~UINT64_C(1), shift = past->seq - before->seq;
    past->known |= before->known << shift & older;
    past->whole = before->whole << shift & older;
    for (unsigned back = 1; back < HISTORY_SHOWN; back++)
        past->mono_ns[past_index(past, back)] = before->mono_ns[past_index(past, back)];
}

/* Take over what is remembered of the groups `before` (may be NULL) and add this sample to it. */
static int grouper_remember(struct grouper *b, const struct groups *before)
{
    struct group_past *past = &b->g.past;
    past->seq = b->s->seq;
    past->known = b->s->status == SAMPLE_COMPLETE;
    past->mono_ns[past_index(past, 0)] = b->s->mono_ns;
    if (before)
        shift_samples(past, &before->past);
    if (!(past->known & ~UINT64_C(1)))
        before = NULL;
    uint64_t most = (uint64_t)b->g.n + (before ? before->past.n : 0);
    most = most < REMEMBERED ? most : REMEMBERED;
    past->count = malloc((size_t)(most ? most : 1) * HISTORY_SHOWN * sizeof *past->count);
    if (!past->count)
        return -ENOMEM;
    if (before)
        take_over_living(b, before);
    int r = take_new(b);
    return r || !before ? r : take_over_gone(b, before);
}

bool groups_change(const struct groups *g, uint32_t group, int64_t *change)
{
    const struct group_past *past = &g->past;
    if (g->group[group].past == GROUP_NONE || !(past->known & 1))
        return false;
    const uint32_t *counts = counts_of(past, g->group[group].past);
    for (unsigned back = HISTORY_SHOWN - 1; back > 0; back--) {
        uint32_t then = counts[past_index(past, back)];
        if (!(past->known >> back & 1) || then == UNKNOWN)
            continue;
        *change = (int64_t)counts[past_index(past, 0)] - (int64_t)then;
        return true;
    }
    return false;
}

double groups_change_seconds(const struct groups *g)
{
    const struct group_past *past = &g->past;
    unsigned back = HISTORY_SHOWN - 1;

    if (!(past->known & 1))
        return -1;
    while (back > 0 && !(past->known >> back & 1))
        back--;
    return (double)(past->mono_ns[past_index(past, 0)] - past->mono_ns[past_index(past, back)]) /
           (double)NS_PER_S;
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

/* A group as a term of the filter language. Opening a group sets this filter. */

/* Does the parser of the filter read the text as one word without quotes? */
static bool is_plain(const char *text)
{
    return text[0] && text[strcspn(text, " \t\r\n()|&\"',<>=!")] == '\0' &&
           strcmp(text, "-") != 0 && strcmp(text, "–") != 0;
}

static bool add_equal_text(struct str *out, const char *id, const char *text)
{
    const char *quote = is_plain(text) ? "" : strchr(text, '"') ? "'" : "\"";
    if (*quote && strchr(text, *quote))
        return false;
    str_addf(out, "%s=%s%s%s", id, quote, text, quote);
    return true;
}

bool groups_term(enum column_id by, const struct value *v, struct str *out)
{
    const char *id = columns[by].id;
    switch (v->type) {
    case VALUE_NONE: /* a process without a name still has a pid */
        str_addf(out, "%s:-", by == COL_PROCESS ? columns[COL_PID].id : id);
        return true;
    case VALUE_NUMBER:
        if (is_nameless(by, v->type)) /* the same pid may have a name in other rows */
            str_addf(out, "%s:%llu %s:-", columns[COL_PID].id, (unsigned long long)v->number, id);
        else
            str_addf(out, "%s:%llu", id, (unsigned long long)v->number);
        return true;
    case VALUE_TEXT:
        break;
    }
    if (columns[by].kind == KIND_TEXT)
        return add_equal_text(out, id, v->text);
    str_addf(out, "%s:%s", id, v->text);
    return true;
}
