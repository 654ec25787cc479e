/* The order of groups, and the lines that they and their rows make. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "groups_internal.h"
#include "order.h"

/* A group with what it is sorted by. */
struct place {
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

static int compare_keys(const struct placing *p, const struct place *a, const struct place *b)
{
    const struct group *x = &p->g->group[a->group], *y = &p->g->group[b->group];
    if (x->type != y->type) /* the rows without a value come last either way */
        return x->type == VALUE_NONE ? 1 : y->type == VALUE_NONE ? -1 : x->type - y->type;
    int by_key = x->type == VALUE_NONE ? 0
                 : p->by_text          ? strcmp(p->g->arena + x->number, p->g->arena + y->number)
                                       : order_compare(&p->order, &a->key, &b->key);
    return p->descending ? -by_key : by_key;
}

static int compare(const void *a, const void *b, void *context)
{
    const struct place *x = a, *y = b;
    if (x->figure != y->figure)
        return x->figure < y->figure ? -1 : 1;
    return compare_keys(context, x, y);
}

int groups_order(struct groups *g, const struct sample *s, const struct group_sort *sort)
{
    struct placing p = {
        .g = g,
        .by_text = columns[g->how.by].kind == KIND_TEXT,
        .descending = sort->figure == GROUP_KEY && sort->descending,
    };
    size_t n = g->n ? g->n : 1;
    struct place *places = malloc(n * sizeof *places);
    uint32_t *order = malloc(n * sizeof *order);
    if (!places || !order) {
        free(places);
        free(order);
        return -ENOMEM;
    }
    order_init(&p.order, s, &(struct sort){g->how.by, false}, 0);
    for (uint32_t i = 0; i < g->n; i++)
        places[i] = (struct place){figure_of(g, i, sort), order_item(&p.order, g->group[i].row), i};
    qsort_r(places, g->n, sizeof *places, compare, &p);
    for (uint32_t i = 0; i < g->n; i++)
        order[i] = places[i].group;
    free(places);
    free(g->order);
    g->order = order;
    return 0;
}

/* The rows of the unfolded groups, found anew: nothing is kept for the rows of the others. */
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
    value_getter get = columns[g->how.by].get;
    for (uint32_t row = 0; n && row < rows; row++) {
        struct value v;
        uint32_t u = 0;
        if (!predicate_match(p, o->s, row))
            continue;
        get(o->s, row, &v);
        while (u < n && !value_same(&v, &unfolded[u]))
            u++;
        if (u == n)
            continue;
        struct order_item item = order_item(o, row);
        int r = add_member(m, u, &item);
        if (r)
            return r;
    }
    return 0;
}

/* Put the members of the u-th unfolded group behind the lines so far, in their order. */
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
    order_sort(o, items, items + count, count);
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
    order_init(&order, s, sort, mark_ds);
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
    *r = (struct rows){line, n, g->matched, g->matched_live};
    return 0;
}
