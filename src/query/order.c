/* Order of rows: the column's key, the column's own comparison, then local port, local address,
 * foreign port, foreign address, and the cookie.
 *
 * Many rows are sorted by an in-place radix sort from the key's highest byte down (American flag
 * sort); where a bucket is small, or the bytes have run out, comparison takes over. */
#include "order.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "address.h"
#include "cells.h"

#define BUCKETS 256
#define SMALL   32 /* rows that are compared rather than counted */

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
static uint64_t tie_key(const struct conn *c)
{
    struct end local = end_local(c);
    uint64_t address = end_key(&local) >> 16;
    if (c->family == AF_INET)
        address |= c->dport >> 1;
    return (uint64_t)c->sport << 48 | address;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_ties(const struct order *o, uint32_t a, uint32_t b)
{
    const struct conn *x = &o->s->conn[a], *y = &o->s->conn[b];
    int order = compare_numbers(x->sport, y->sport);
    if (!order)
        order = compare_local_addr(o->s, a, b);
    if (!order)
        order = compare_numbers(x->dport, y->dport);
    if (!order)
        order = compare_remote_addr(o->s, a, b);
    if (!order)
        order = compare_numbers(x->cookie, y->cookie);
    return order ? order : compare_numbers(a, b);
}

int order_compare(const struct order *o, const struct order_item *a, const struct order_item *b)
{
    int order = compare_numbers(key_of(a), key_of(b));
    if (order)
        return order;
    if (o->column->compare && key_of(a) != KEY_ABSENT) {
        order = o->column->compare(o->s, a->row, b->row);
        if (order)
            return o->descending ? -order : order;
    }
    return compare_ties(o, a->row, b->row);
}

static int compare_items(const void *a, const void *b, void *order)
{
    return order_compare(order, a, b);
}

/* Few rows, nearly always told apart by their keys: an insertion sort. */
static void sort_few(const struct order *o, struct order_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct order_item item = items[i];
        size_t at = i;
        for (; at > 0 && order_compare(o, &item, &items[at - 1]) < 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void sort_by_comparing(const struct order *o, struct order_item *items, size_t n)
{
    struct order by = *o; /* qsort_r hands it on without const */
    if (n > SMALL)
        qsort_r(items, n, sizeof *items, compare_items, &by);
    else
        sort_few(o, items, n);
}

/* Rows with equal keys: does the column itself tell any of them apart? */
static bool column_differs(const struct order *o, const struct order_item *items, size_t n)
{
    if (!o->column->compare || key_of(items) == KEY_ABSENT)
        return false;
    for (size_t i = 1; i < n; i++) {
        if (o->column->compare(o->s, items[0].row, items[i].row) != 0)
            return true;
    }
    return false;
}

/* Rows with equal keys get the key of the order among equals. */
static void rekey(const struct order *o, struct order_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        items[i] = pack(tie_key(&o->s->conn[items[i].row]), items[i].row);
}

static unsigned digit(const struct order_item *i, int shift)
{
    return (key_of(i) >> shift) & (BUCKETS - 1);
}

/* Put every item into its bucket by swapping; `end` gets where each bucket ends. */
static void distribute(struct order_item *items, const uint32_t *count, uint32_t *end, int shift)
{
    uint32_t next[BUCKETS], at = 0;
    for (int b = 0; b < BUCKETS; b++) {
        next[b] = at;
        at += count[b];
        end[b] = at;
    }
    for (unsigned b = 0; b < BUCKETS; b++) {
        while (next[b] < end[b]) {
            struct order_item item = items[next[b]];
            for (unsigned home = digit(&item, shift); home != b; home = digit(&item, shift)) {
                struct order_item evicted = items[next[home]];
                items[next[home]++] = item;
                item = evicted;
            }
            items[next[b]++] = item;
        }
    }
}

/* `shift`: of the byte to sort by; every higher byte is equal. `ties`: the keys are those of the
 * order among equals already. */
static void sort_range(const struct order *o, struct order_item *items, size_t n, int shift,
                       bool ties)
{
    uint32_t count[BUCKETS], end[BUCKETS];
    while (n > SMALL) {
        if (shift < 0) {
            if (ties || column_differs(o, items, n))
                break;
            rekey(o, items, n);
            ties = true;
            shift = 56;
        }
        for (int b = 0; b < BUCKETS; b++)
            count[b] = 0;
        for (size_t i = 0; i < n; i++)
            count[digit(&items[i], shift)]++;
        if (count[digit(items, shift)] < n) {
            distribute(items, count, end, shift);
            for (int b = 0; b < BUCKETS; b++)
                sort_range(o, items + (end[b] - count[b]), count[b], shift - 8, ties);
            return;
        }
        shift -= 8;
    }
    sort_by_comparing(o, items, n);
}

void order_sort(const struct order *o, struct order_item *items, size_t n)
{
    sort_range(o, items, n, 56, false);
}
