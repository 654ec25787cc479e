/* Order of rows: the column's key, its further words, then local port, local address, foreign port,
 * foreign address, and the cookie.
 *
 * All of it is a row of 64-bit words, the first of which an item carries. Many rows are sorted in
 * place by a radix sort from the first bit that differs (American flag sort), few by insertion.
 * Rows with equal words get their next one: each row is looked at once per word, never by pairs,
 * since looking at a row of a million is a cache miss. */
#include "order.h"

#include <string.h>
#include <sys/socket.h>

#include "endpoint.h"

#define DIGITS sizeof(uint64_t)
#define SMALL  64 /* rows that are inserted rather than counted */

void order_init(struct order *o, const struct sample *s, const struct sort *sort, uint32_t mark_ds)
{
    *o = (struct order){
        .s = s,
        .id = sort->column,
        .descending = sort->descending,
        .mark_ds = mark_ds,
    };
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

uint64_t order_key(const struct order *o, uint32_t row)
{
    uint64_t key = o->id == COL_STATE ? column_state_key(&o->s->conn[row], placing_state(o, row))
                                      : column_key(o->id, o->s, row);
    if (o->descending)
        key = KEY_ABSENT - 1 - key; /* absent wraps round to itself */
    return key;
}

/* What the order among equals begins with: local port, local address, and of an IPv4 connection
 * most of the foreign port. */
static uint64_t tie_word(const struct conn *c)
{
    struct endpoint local = endpoint_local(c);
    uint64_t address = endpoint_word(&local) >> 16;
    if (c->family == AF_INET)
        address |= c->dport >> 1;
    return (uint64_t)c->sport << 48 | address;
}

static uint64_t local_word(const struct conn *c)
{
    struct endpoint local = endpoint_local(c);
    return endpoint_word(&local);
}

static uint64_t local_middle(const struct conn *c)
{
    struct endpoint local = endpoint_local(c);
    return endpoint_word_middle(&local);
}

/* The local address's last byte, the foreign port, most of an IPv4 foreign address. */
static uint64_t both_ends(const struct conn *c)
{
    struct endpoint local = endpoint_local(c), remote = endpoint_remote(c);
    return (uint64_t)endpoint_word_last(&local) << 56 | (uint64_t)c->dport << 40 |
           endpoint_word(&remote) >> 24;
}

static uint64_t remote_word(const struct conn *c)
{
    struct endpoint remote = endpoint_remote(c);
    return endpoint_word(&remote);
}

static uint64_t remote_middle(const struct conn *c)
{
    struct endpoint remote = endpoint_remote(c);
    return endpoint_word_middle(&remote);
}

static uint64_t remote_last(const struct conn *c)
{
    struct endpoint remote = endpoint_remote(c);
    return endpoint_word_last(&remote);
}

static uint64_t cookie_word(const struct conn *c)
{
    return c->cookie;
}

static const order_word tie_words[] = {tie_word,    local_word,    local_middle, both_ends,
                                       remote_word, remote_middle, remote_last,  cookie_word};
#define TIE_WORDS (sizeof tie_words / sizeof tie_words[0])

/* The words of rows with one key: the column's, unless the key is absent, then those of ties.
 * `level` counts from 0; false beyond the last. */
static bool word_at(const struct order *o, bool absent, unsigned level, order_word *word,
                    uint64_t *flip)
{
    const order_word *own = absent ? NULL : columns[o->id].words;
    while (own && *own && level > 0) {
        own++;
        level--;
    }
    bool columns_own = own && *own;
    if (!columns_own && level >= TIE_WORDS)
        return false;
    *word = columns_own ? *own : tie_words[level];
    *flip = columns_own && o->descending ? UINT64_MAX : 0;
    return true;
}

int order_compare(const struct order *o, const struct order_item *a, const struct order_item *b)
{
    uint64_t x = order_item_key(a), y = order_item_key(b), flip;
    bool absent = x == KEY_ABSENT;
    order_word word;
    for (unsigned level = 0; x == y && word_at(o, absent, level, &word, &flip); level++) {
        x = word(&o->s->conn[a->row]) ^ flip;
        y = word(&o->s->conn[b->row]) ^ flip;
    }
    if (x == y)
        return (a->row > b->row) - (a->row < b->row);
    return x < y ? -1 : 1;
}

/* Rows being sorted whose words before `level` are all equal. */
struct range {
    const struct order *o;
    bool absent;    /* the key they share, where they do */
    unsigned level; /* of the next word; 0: the items still hold their keys */
};

static void sort_range(const struct range *r, struct order_item *items, struct order_item *spare,
                       uint32_t n);

/* Items with equal words: give them their next, or their row where there is none. */
static void sort_equals(const struct range *r, struct order_item *items, struct order_item *spare,
                        uint32_t n)
{
    struct range deeper = *r;
    order_word word = NULL;
    uint64_t flip = 0;
    if (r->level == 0)
        deeper.absent = order_item_key(items) == KEY_ABSENT;
    bool more = word_at(r->o, deeper.absent, deeper.level++, &word, &flip);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &r->o->s->conn[items[i].row];
        items[i] = order_pack(more ? word(c) ^ flip : items[i].row, items[i].row);
    }
    sort_range(&deeper, items, spare, n);
}

static void insert_each(struct order_item *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct order_item item = items[i];
        uint32_t at = i;
        for (; at > 0 && order_item_key(&item) < order_item_key(&items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static unsigned digit(const struct order_item *i, unsigned d)
{
    return order_item_key(i) >> (8 * d) & 255;
}

/* By one digit after the other, the last first; a digit that all have in common costs nothing. */
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

static void sort_range(const struct range *r, struct order_item *items, struct order_item *spare,
                       uint32_t n)
{
    if (n <= SMALL)
        insert_each(items, n);
    else
        sort_by_digits(items, spare, n);
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && order_item_key(&items[to]) == order_item_key(&items[from]);
             to++)
            ;
        if (to - from > 1)
            sort_equals(r, items + from, spare, to - from);
    }
}

void order_sort(const struct order *o, struct order_item *items, struct order_item *spare,
                uint32_t n)
{
    sort_range(&(struct range){.o = o}, items, spare, n);
}

/* Let the item at the top of the heap (the last in order) sink to its place. */
static void sink(const struct order *o, struct order_item *heap, uint32_t n)
{
    struct order_item item = heap[0];
    uint32_t at = 0;
    for (uint32_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && order_compare(o, &heap[child], &heap[child + 1]) < 0)
            child++;
        if (order_compare(o, &heap[child], &item) <= 0)
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
        if (order_compare(o, &item, &heap[parent]) <= 0)
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = item;
}

bool order_offer(const struct order *o, struct order_item *heap, uint32_t *n, uint32_t limit,
                 const struct order_item *item)
{
    if (*n < limit) {
        heap[*n] = *item;
        rise(o, heap, (*n)++);
        return true;
    }
    if (order_compare(o, item, &heap[0]) >= 0)
        return false;
    heap[0] = *item;
    sink(o, heap, *n);
    return true;
}
