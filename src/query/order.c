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

#include "address.h"
#include "cells.h"

#define DIGITS sizeof(uint64_t)
#define SMALL  64 /* rows that are inserted rather than counted */

void order_init(struct order *o, const struct snapshot *s, const struct sort *sort,
                uint32_t mark_ds)
{
    *o = (struct order){
        .s = s,
        .column = &columns[sort->column],
        .descending = sort->descending,
        .mark_ds = mark_ds,
    };
}

/* The state that gives a row its place: the old one while the change is marked, so that the eye
 * can follow. A mark lasts at least one sample. */
static unsigned placing_state(const struct order *o, uint32_t row)
{
    const struct conn *c = &o->s->conn[row];
    if (!o->mark_ds || !c->was_state || snapshot_row_kind(o->s, row) == ROW_CLOSED)
        return c->state;
    uint32_t since = o->s->now_ds - o->s->life[row].changed_ds;
    return since == 0 || since < o->mark_ds ? c->was_state : c->state;
}

static struct order_item pack(uint64_t key, uint32_t row)
{
    return (struct order_item){(uint32_t)(key >> 32), (uint32_t)key, row};
}

static uint64_t key_of(const struct order_item *i)
{
    return (uint64_t)i->hi << 32 | i->lo;
}

struct order_item order_item(const struct order *o, uint32_t row)
{
    uint64_t key = o->column == &columns[COL_STATE]
                       ? state_order_key(&o->s->conn[row], placing_state(o, row))
                       : o->column->key(o->s, row);
    if (o->descending)
        key = KEY_ABSENT - 1 - key; /* absent wraps round to itself */
    return pack(key, row);
}

/* What the order among equals begins with: local port, local address, and of an IPv4 connection
 * most of the foreign port. */
static uint64_t tie_word(const struct conn *c)
{
    struct end local = end_local(c);
    uint64_t address = end_word(&local) >> 16;
    if (c->family == AF_INET)
        address |= c->dport >> 1;
    return (uint64_t)c->sport << 48 | address;
}

static uint64_t local_word(const struct conn *c)
{
    struct end local = end_local(c);
    return end_word(&local);
}

static uint64_t local_middle(const struct conn *c)
{
    struct end local = end_local(c);
    return end_word_middle(&local);
}

/* The local address's last byte, the foreign port, most of an IPv4 foreign address. */
static uint64_t both_ends(const struct conn *c)
{
    struct end local = end_local(c), remote = end_remote(c);
    return (uint64_t)end_word_last(&local) << 56 | (uint64_t)c->dport << 40 |
           end_word(&remote) >> 24;
}

static uint64_t remote_word(const struct conn *c)
{
    struct end remote = end_remote(c);
    return end_word(&remote);
}

static uint64_t remote_middle(const struct conn *c)
{
    struct end remote = end_remote(c);
    return end_word_middle(&remote);
}

static uint64_t remote_last(const struct conn *c)
{
    struct end remote = end_remote(c);
    return end_word_last(&remote);
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
    const order_word *own = absent ? NULL : o->column->words;
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
    uint64_t x = key_of(a), y = key_of(b), flip;
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
        deeper.absent = key_of(items) == KEY_ABSENT;
    bool more = word_at(r->o, deeper.absent, deeper.level++, &word, &flip);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &r->o->s->conn[items[i].row];
        items[i] = pack(more ? word(c) ^ flip : items[i].row, items[i].row);
    }
    sort_range(&deeper, items, spare, n);
}

static void insert_each(struct order_item *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct order_item item = items[i];
        uint32_t at = i;
        for (; at > 0 && key_of(&item) < key_of(&items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static unsigned digit(const struct order_item *i, unsigned d)
{
    return key_of(i) >> (8 * d) & 255;
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
        for (to = from + 1; to < n && key_of(&items[to]) == key_of(&items[from]); to++)
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
