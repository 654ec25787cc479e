/* SPDX-License-Identifier: MIT */
/* The rows of a sample that pass a filter, in order; and the first of them, picked while a dump
 * brings them in.
 *
 * The order: the column's key, its further words, then local port, local address, remote port,
 * remote address, and the cookie. All of it is a row of 64-bit words, the first of which an item
 * carries. Many rows are sorted by counting digits from the last to the first (LSD radix sort), few
 * by insertion. Rows with equal words get their next one: each row is looked at once per word,
 * never by pairs, since looking at a row of a million is a cache miss. */
#include "tcptop/query/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoint.h"
#include "rows_order.h"

#define DIGITS sizeof(uint64_t)
#define SMALL  64 /* rows that are inserted rather than counted */

void rows_order_init(struct order *o, const struct sample *s, const struct sort *sort,
                     uint32_t mark_ds)
{
    *o = (struct order){.s = s, .sort = *sort, .mark_ds = mark_ds};
}

uint32_t rows_sort_needs(const struct sort *sort)
{
    uint32_t needs = columns[sort->column].needs;
    for (unsigned i = 0; i < sort->n_further; i++)
        needs |= columns[sort->further[i].column].needs;
    return needs;
}

/* The state that gives a row its place: the old one while the change is marked, so that the eye
 * can follow. A mark lasts at least one sample. */
static unsigned placing_state(const struct order *o, uint32_t row)
{
    const struct conn *c = &o->s->conn[row];
    if (!o->mark_ds || !c->was_state || sample_row_kind(o->s, row) == ROW_CLOSED)
        return c->state;
    uint32_t since = o->s->now_ds - o->s->times[row].changed_ds;
    return since == 0 || since < o->mark_ds ? c->was_state : c->state;
}

/* Of several columns the state's key is its attention alone: else no two rows were equal in it. */
static uint64_t state_key(const struct order *o, uint32_t row)
{
    unsigned state = placing_state(o, row);
    return o->sort.n_further ? state_attention(state) : column_state_key(&o->s->conn[row], state);
}

static uint64_t directed_key(const struct order *o, enum column_id id, bool descending,
                             uint32_t row)
{
    uint64_t key = id == COL_STATE ? state_key(o, row) : column_key(id, o->s, row);
    return descending ? KEY_ABSENT - 1 - key : key; /* absent wraps round to itself */
}

uint64_t rows_order_key(const struct order *o, uint32_t row)
{
    return directed_key(o, o->sort.column, o->sort.descending, row);
}

/* What the order among equals begins with: local port, local address, and of an IPv4 connection
 * most of the remote port. */
static uint64_t tie_word(const struct conn *c)
{
    uint64_t address = endpoint_local_word(c) >> 16;
    if (c->family == AF_INET)
        address |= c->dport >> 1;
    return (uint64_t)c->sport << 48 | address;
}

/* The local address's last byte, the remote port, most of an IPv4 remote address. */
static uint64_t both_ends(const struct conn *c)
{
    return endpoint_local_last(c) << 56 | (uint64_t)c->dport << 40 | endpoint_remote_word(c) >> 24;
}

static uint64_t cookie_word(const struct conn *c)
{
    return c->cookie;
}

static const order_word tie_words[] = {tie_word,
                                       endpoint_local_word,
                                       endpoint_local_middle,
                                       both_ends,
                                       endpoint_remote_word,
                                       endpoint_remote_middle,
                                       endpoint_remote_last,
                                       cookie_word};
#define TIE_WORDS (sizeof tie_words / sizeof tie_words[0])

/* One step of the order among rows that are equal so far. */
struct order_level {
    order_word word;            /* of the record; NULL: the key of `further` */
    const struct sort_key *key; /* one of the order's */
    uint64_t flip;
};

/* The `*level`th word of a column, or none: then `*level` is less by those that it has. */
static bool own_word(const struct order *o, enum column_id id, bool descending, unsigned *level,
                     struct order_level *at)
{
    const order_word *own = id == COL_STATE && o->sort.n_further ? NULL : columns[id].words;
    while (own && *own && *level > 0) {
        own++;
        (*level)--;
    }
    if (!own || !*own)
        return false;
    *at = (struct order_level){.word = *own, .flip = descending ? UINT64_MAX : 0};
    return true;
}

/* How rows with one key are ordered: by the words of the column, unless the key is absent, by the
 * key and the words of each further column, then by those of ties. `level` counts from 0; false
 * beyond the last. */
static bool level_at(const struct order *o, bool absent, unsigned level, struct order_level *at)
{
    if (!absent && own_word(o, o->sort.column, o->sort.descending, &level, at))
        return true;
    for (unsigned i = 0; i < o->sort.n_further; i++) {
        const struct sort_key *key = &o->sort.further[i];
        if (level-- == 0) {
            *at = (struct order_level){.key = key};
            return true;
        }
        if (own_word(o, key->column, key->descending, &level, at))
            return true;
    }
    if (level >= TIE_WORDS)
        return false;
    *at = (struct order_level){.word = tie_words[level]};
    return true;
}

static uint64_t level_value(const struct order *o, const struct order_level *at, uint32_t row)
{
    return at->key ? directed_key(o, at->key->column, at->key->descending, row)
                   : at->word(&o->s->conn[row]) ^ at->flip;
}

int rows_order_compare(const struct order *o, const struct order_item *a,
                       const struct order_item *b)
{
    uint64_t x = rows_order_item_key(a), y = rows_order_item_key(b);
    bool absent = x == KEY_ABSENT;
    struct order_level at;
    for (unsigned level = 0; x == y && level_at(o, absent, level, &at); level++) {
        x = level_value(o, &at, a->row);
        y = level_value(o, &at, b->row);
    }
    if (x == y)
        return (a->row > b->row) - (a->row < b->row);
    return x < y ? -1 : 1;
}

/* Rows being sorted whose words before `level` are all equal. */
struct sort_range {
    const struct order *o;
    bool absent;    /* the key they share, where they do */
    unsigned level; /* of the next word; 0: the items still hold their keys */
};

static void sort_range(const struct sort_range *r, struct order_item *items,
                       struct order_item *spare, uint32_t n);

/* Sort items whose words are equal by their next word, or by row if there is none. */
static void sort_equals(const struct sort_range *r, struct order_item *items,
                        struct order_item *spare, uint32_t n)
{
    struct sort_range deeper = *r;
    struct order_level at;
    if (r->level == 0)
        deeper.absent = rows_order_item_key(items) == KEY_ABSENT;
    bool more = level_at(r->o, deeper.absent, deeper.level++, &at);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = items[i].row;
        items[i] = rows_order_pack(more ? level_value(r->o, &at, row) : row, row);
    }
    sort_range(&deeper, items, spare, n);
}

static void insert_each(struct order_item *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct order_item item = items[i];
        uint32_t at = i;
        for (; at > 0 && rows_order_item_key(&item) < rows_order_item_key(&items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static unsigned digit(const struct order_item *i, unsigned d)
{
    return rows_order_item_key(i) >> (8 * d) & 255;
}

/* Sort by each byte of the key, the last byte first. A byte that all items have in common is
 * skipped. */
static void sort_by_digits(struct order_item *items, struct order_item *spare, uint32_t n)
{
    uint32_t count[DIGITS][256] = {0};
    struct order_item *from = items, *to = spare;
    for (uint32_t i = 0; i < n; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            count[d][digit(&items[i], d)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        uint32_t *next = count[d], at = 0;
        if (next[digit(items, d)] == n)
            continue;
        for (unsigned b = 0; b < 256; b++) {
            uint32_t here = next[b];
            next[b] = at;
            at += here;
        }
        for (uint32_t i = 0; i < n; i++)
            to[next[digit(&from[i], d)]++] = from[i];
        struct order_item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

static void sort_range(const struct sort_range *r, struct order_item *items,
                       struct order_item *spare, uint32_t n)
{
    if (n <= SMALL)
        insert_each(items, n);
    else
        sort_by_digits(items, spare, n);
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1;
             to < n && rows_order_item_key(&items[to]) == rows_order_item_key(&items[from]); to++)
            ;
        if (to - from > 1)
            sort_equals(r, items + from, spare, to - from);
    }
}

void rows_order_sort(const struct order *o, struct order_item *items, struct order_item *spare,
                     uint32_t n)
{
    sort_range(&(struct sort_range){.o = o}, items, spare, n);
}

/* Restore the heap after its top, the last item in order, was replaced. */
static void sink(const struct order *o, struct order_item *heap, uint32_t n)
{
    struct order_item item = heap[0];
    uint32_t at = 0;
    for (uint32_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && rows_order_compare(o, &heap[child], &heap[child + 1]) < 0)
            child++;
        if (rows_order_compare(o, &heap[child], &item) <= 0)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

static void rise(const struct order *o, struct order_item *heap, uint32_t at)
{
    struct order_item item = heap[at];
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (rows_order_compare(o, &item, &heap[parent]) <= 0)
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = item;
}

/* Put the item into the heap of `*n` if it is among the first `limit` (not 0) so far; the last of
 * those is on top. Returns whether it was. */
static bool offer_item(const struct order *o, struct order_item *heap, uint32_t *n, uint32_t limit,
                       const struct order_item *item)
{
    if (*n < limit) {
        heap[*n] = *item;
        rise(o, heap, (*n)++);
        return true;
    }
    if (rows_order_compare(o, item, &heap[0]) >= 0)
        return false;
    heap[0] = *item;
    sink(o, heap, *n);
    return true;
}

void rows_fini(struct rows *r)
{
    free(r->row);
    *r = (struct rows){0};
}

/* Sort the items and keep their rows. The memory that sorting needs becomes that of the rows. */
static int take_sorted(struct rows *r, const struct order *o, struct order_item *items, uint32_t n,
                       const struct rows *counts)
{
    struct order_item *spare = malloc((n ? n : 1) * sizeof *spare);
    if (!spare)
        return -ENOMEM;
    rows_order_sort(o, items, spare, n);
    uint32_t *row = (uint32_t *)spare;
    for (uint32_t i = 0; i < n; i++)
        row[i] = items[i].row;
    uint32_t *fitting = realloc(row, (n ? n : 1) * sizeof *row);
    free(r->row);
    *r = *counts;
    r->row = fitting ? fitting : row;
    r->n = n;
    return 0;
}

/* One more row that passes the filter. */
static void count_matched(struct rows *counts, const struct sample *s, uint32_t row)
{
    const enum row_kind kind = sample_row_kind(s, row);

    counts->matched++;
    counts->matched_live += kind == ROW_LIVE;
    counts->matched_missed += kind == ROW_MISSING;
}

/* Of the first `total` rows of the sample. */
static int build(struct rows *r, const struct sample *s, const struct predicate *p,
                 const struct sort *sort, uint32_t mark_ds, uint32_t total)
{
    uint32_t n = 0;
    struct rows counts = {0};
    struct order_item *items = malloc((total ? total : 1) * sizeof *items);
    if (!items)
        return -ENOMEM;
    struct order order;
    rows_order_init(&order, s, sort, mark_ds);
    for (uint32_t row = 0; row < total; row++) {
        if (!predicate_match(p, s, row))
            continue;
        items[n++] = rows_order_item(&order, row);
        count_matched(&counts, s, row);
    }
    int result = take_sorted(r, &order, items, n, &counts);
    free(items);
    return result;
}

static int build_top(struct rows *r, const struct sample *s, const struct predicate *p,
                     const struct sort *sort, uint32_t mark_ds, uint32_t total, uint32_t limit)
{
    uint32_t n = 0;
    struct rows counts = {0};
    if (limit == 0 || limit >= total)
        return build(r, s, p, sort, mark_ds, total);
    struct order_item *heap = malloc(limit * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    struct order order;
    rows_order_init(&order, s, sort, mark_ds);
    for (uint32_t row = 0; row < total; row++) {
        if (!predicate_match(p, s, row))
            continue;
        struct order_item item = rows_order_item(&order, row);
        offer_item(&order, heap, &n, limit, &item);
        count_matched(&counts, s, row);
    }
    int result = take_sorted(r, &order, heap, n, &counts);
    free(heap);
    return result;
}

int rows_build(struct rows *r, const struct sample *s, const struct predicate *p,
               const struct sort *sort, uint32_t mark_ds)
{
    return build(r, s, p, sort, mark_ds, sample_rows(s));
}

int rows_build_top(struct rows *r, const struct sample *s, const struct predicate *p,
                   const struct sort *sort, uint32_t mark_ds, uint32_t limit)
{
    return build_top(r, s, p, sort, mark_ds, sample_rows(s), limit);
}

int rows_build_live(struct rows *r, const struct sample *s, const struct predicate *p,
                    const struct sort *sort, uint32_t limit)
{
    return build_top(r, s, p, sort, 0, s->n_live, limit);
}

uint32_t rows_position(const struct rows *r, uint32_t row)
{
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->row[i] == row)
            return i;
    }
    return UINT32_MAX;
}

/* Move the rows that were kept to the front of the sample: into the places of rows that are not. */
static void close_gaps(struct rows_top *t, struct sample_builder *b)
{
    uint32_t free_place = 0;

    memset(t->taken, 0, t->n * sizeof *t->taken);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->heap[i].row < t->n)
            t->taken[t->heap[i].row] = 1;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->heap[i].row < t->n)
            continue;
        while (t->taken[free_place])
            free_place++;
        sample_move(b, free_place, t->heap[i].row);
        t->heap[i].row = free_place++;
    }
}

/* Offer a row. Most come after the last of the rows kept so far and are refused by their key alone.
 * Returns whether it is kept. */
static bool offer(struct rows_top *t, const struct order *o, uint32_t row)
{
    uint64_t key = rows_order_key(o, row);
    struct order_item item;

    if (t->n == t->limit && (t->n == 0 || key > rows_order_item_key(&t->heap[0])))
        return false;
    item = rows_order_pack(key, row);
    return offer_item(o, t->heap, &t->n, t->limit, &item);
}

static void consume(struct row_stream *stream, struct sample_builder *b, uint32_t held)
{
    struct rows_top *t = (struct rows_top *)stream;
    struct sample *s = &b->sample;
    bool all_pass = t->filter->n_steps == 0, kept = false;
    struct order order;

    if (held == 0)
        t->n = 0;
    rows_order_init(&order, s, t->sort, 0);
    for (uint32_t row = held; row < s->n_live; row++) {
        if (!all_pass && !predicate_match(t->filter, s, row))
            continue;
        sample_count_row(s, &s->conn[row]);
        s->total++;
        kept |= offer(t, &order, row);
    }
    if (kept)
        close_gaps(t, b);
    s->n_live = t->n;
}

int rows_top_init(struct rows_top *t, const struct predicate *filter, const struct sort *sort,
                  uint32_t limit)
{
    *t = (struct rows_top){
        .filter = filter,
        .sort = sort,
        .limit = limit,
        .heap = malloc((limit ? limit : 1) * sizeof *t->heap),
        .taken = malloc(limit ? limit : 1),
    };
    if (row_stream_init(&t->row_stream, consume, limit / 4) == 0 && t->heap && t->taken)
        return 0;
    rows_top_fini(t);
    return -ENOMEM;
}

void rows_top_fini(struct rows_top *t)
{
    row_stream_fini(&t->row_stream);
    free(t->heap);
    free(t->taken);
    t->heap = NULL;
    t->taken = NULL;
}
