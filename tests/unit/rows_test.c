/* SPDX-License-Identifier: MIT */
/* Filtered and sorted rows: every column in both directions, few rows and many, against a naive
 * sort of its own making; marks, missing and closed rows; the first N without sorting the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/query/filter.h"
#include "tcptop/query/rows.h"

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % sides;
}

/* Few distinct values, so that ties are the rule; some extreme ones. */
static void throw_row(struct sample *s)
{
    static const uint32_t sizes[] = {0, 0, 0, 1, 1460, UINT32_MAX};
    struct tcp_metrics *metrics;
    struct conn *c = sample_add(builder_of(s), &metrics);
    assert_non_null(c);
    c->family = dice(3) ? AF_INET : AF_INET6;
    size_t bytes = c->family == AF_INET ? 4 : 16;
    for (size_t i = 0; i < bytes; i++) {
        c->src[i] = dice(8) ? 0xff : (uint8_t)dice(2);
        c->dst[i] = dice(4) ? 0xff : (uint8_t)dice(2);
    }
    c->sport = dice(2) ? 443 : (uint16_t)(65535 - dice(3));
    c->dport = (uint16_t)(dice(2) ? dice(65536) : dice(3));
    c->state = (uint8_t)(1 + dice(11));
    c->was_state = (unsigned)(dice(3) ? 0 : 1 + dice(11)) & 15u;
    c->timer = (uint8_t)dice(6);
    c->expires_ms = dice(2) ? dice(60000) : sizes[dice(6)];
    c->rqueue = sizes[dice(6)];
    c->wqueue = sizes[dice(6)];
    c->inode = dice(3);
    c->uid = sizes[dice(6)];
    c->ifindex = dice(3);
    c->retrans = (uint8_t)dice(3);
    c->cookie = dice(20) ? s->n_live * UINT64_C(0x100000001) : UINT64_MAX;
    c->flags = (uint8_t)(dice(4) ? 0 : dice(8));
    s->times[s->n_live - 1] = (struct row_times){dice(5) * 100, 1000 - dice(60)};
    for (int f = 0; f < TCP_METRIC_COUNT; f++) {
        uint64_t value = dice(10) ? dice(4) : UINT64_MAX;
        if (dice(2))
            figure_set(metrics, (enum tcp_metric)f, value);
    }
}

static struct sample *random_sample(uint32_t n)
{
    struct sample *s = sample_make(NULL);
    s->needs = NEED_TCP_INFO | NEED_RATES;
    s->now_ds = 1000;
    if (dice(2))
        strcpy(s->netns, "blue");
    while (s->n_live < n)
        throw_row(s);
    assert_int_equal(sample_reserve_rates(builder_of(s), 0, n), 0);
    for (uint32_t row = 0; row < n; row++) {
        s->rate[row] = (struct rate){dice(4) ? dice(3) : RATE_UNKNOWN, dice(4) ? dice(3) : 1000};
        s->metrics[row].limit = (uint8_t)dice(LIMIT_COUNT);
    }
    sample_mark_rows(s, n - n / 4 - n / 8, n - n / 8);
    return s;
}

#define MARK_DS 30

/* The naive order, written from the contract. */
static const struct sample *naive_s;
static struct sample naive_last; /* the same; missing rows count as live */
static struct sort naive_sort;
static uint32_t naive_mark;

static int numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int addresses(const struct conn *a, const uint8_t *x, const struct conn *b, const uint8_t *y)
{
    if (a->family != b->family)
        return a->family == AF_INET ? -1 : 1;
    int order = memcmp(x, y, a->family == AF_INET ? 4 : 16);
    return (order > 0) - (order < 0);
}

static unsigned place(uint32_t row)
{
    const struct conn *c = &naive_s->conn[row];
    uint32_t since = naive_s->now_ds - naive_s->times[row].changed_ds;
    bool marked = naive_mark && c->was_state && (since == 0 || since < naive_mark) &&
                  sample_row_kind(naive_s, row) != ROW_CLOSED;
    return state_attention(marked ? c->was_state : c->state);
}

/* -2 and 2 say that one of the two is absent, an order that is never reversed. */
static int by_value(enum column_id id, uint32_t a, uint32_t b)
{
    struct value x, y;
    /* figures that a missing row had last keep its place */
    bool figure = columns[id].needs & (NEED_TCP_INFO | NEED_RATES) && id != COL_LIMITED_BY;
    const struct sample *s = figure ? &naive_last : naive_s;
    columns[id].get(s, a, &x);
    columns[id].get(s, b, &y);
    if (x.type == VALUE_NONE || y.type == VALUE_NONE)
        return 2 * ((x.type == VALUE_NONE) - (y.type == VALUE_NONE));
    if (x.type == VALUE_NUMBER)
        return numbers(x.number, y.number);
    int order = strcmp(x.text, y.text);
    return (order > 0) - (order < 0);
}

static int by_column(uint32_t a, uint32_t b)
{
    const struct conn *x = &naive_s->conn[a], *y = &naive_s->conn[b];
    int order;
    switch ((int)naive_sort.column) {
    case COL_LOCAL_ADDR:
        return addresses(x, x->src, y, y->src);
    case COL_REMOTE_ADDR:
        return addresses(x, x->dst, y, y->dst);
    case COL_LOCAL:
        order = addresses(x, x->src, y, y->src);
        return order ? order : numbers(x->sport, y->sport);
    case COL_REMOTE:
        order = addresses(x, x->dst, y, y->dst);
        return order ? order : numbers(x->dport, y->dport);
    case COL_STATE:
        order = numbers(place(a), place(b));
        if (!order)
            order = numbers(x->sport, y->sport);
        if (!order)
            order = addresses(x, x->dst, y, y->dst);
        return order ? order : numbers(x->dport, y->dport);
    case COL_LEFT:
        return by_value(COL_EXPIRES_MS, a, b);
    case COL_TIMER:
        order = by_value(COL_TIMER, a, b);
        return order == 1 || order == -1 ? numbers(x->timer, y->timer) : order;
    case COL_COOKIE:
        order = by_value(COL_COOKIE, a, b);
        return order == 1 || order == -1 ? numbers(x->cookie, y->cookie) : order;
    default:
        return by_value(naive_sort.column, a, b);
    }
}

static int naive_compare(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    const struct conn *x = &naive_s->conn[a], *y = &naive_s->conn[b];
    int order = by_column(a, b);
    if (order)
        return naive_sort.descending && order != 2 && order != -2 ? -order : order;
    order = numbers(x->sport, y->sport);
    if (!order)
        order = addresses(x, x->src, y, y->src);
    if (!order)
        order = numbers(x->dport, y->dport);
    if (!order)
        order = addresses(x, x->dst, y, y->dst);
    if (!order)
        order = numbers(x->cookie, y->cookie);
    return order ? order : numbers(a, b);
}

static uint32_t naive_rows(const struct sample *s, const struct predicate *p, struct sort sort,
                           uint32_t mark_ds, uint32_t *row)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < sample_rows(s); i++) {
        if (predicate_match(p, s, i))
            row[n++] = i;
    }
    naive_s = s;
    memcpy(&naive_last, s, sizeof naive_last);
    naive_last.n_live += naive_last.n_missing;
    naive_last.n_missing = 0;
    naive_sort = sort;
    naive_mark = mark_ds;
    qsort(row, n, sizeof *row, naive_compare);
    return n;
}

static void same(const struct rows *r, const uint32_t *row, uint32_t n, struct sort sort)
{
    if (r->n == n && memcmp(r->row, row, n * sizeof *row) == 0)
        return;
    for (uint32_t i = 0; i < n && i < r->n; i++) {
        if (r->row[i] != row[i])
            fail_msg("%s%s: at %u of %u row %u instead of %u", columns[sort.column].id,
                     sort.descending ? ":desc" : "", i, n, r->row[i], row[i]);
    }
    fail_msg("%u rows instead of %u", r->n, n);
}

/* One column, one direction: all rows, then the first few. */
static void check_order(const struct sample *s, const struct predicate *p, struct sort sort)
{
    static const uint32_t limits[] = {1, 2, 50, 1000000, 0};
    uint32_t total = sample_rows(s);
    uint32_t *row = malloc((total + 1) * sizeof *row);
    struct rows r = {0};
    uint32_t n = naive_rows(s, p, sort, MARK_DS, row);
    assert_int_equal(rows_build(&r, s, p, &sort, MARK_DS), 0);
    same(&r, row, n, sort);
    uint32_t live = 0;
    for (uint32_t i = 0; i < n; i++)
        live += row[i] < s->n_live;
    assert_int_equal(r.matched, n);
    assert_int_equal(r.matched_live, live);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        uint32_t mark_ds = i % 2 ? 0 : MARK_DS;
        naive_rows(s, p, sort, mark_ds, row);
        assert_int_equal(rows_build_top(&r, s, p, &sort, mark_ds, limits[i]), 0);
        same(&r, row, limits[i] && limits[i] < n ? limits[i] : n, sort);
        assert_int_equal(r.matched, n);
        assert_int_equal(r.matched_live, live);
    }
    rows_fini(&r);
    free(row);
}

static void every_column(uint32_t n, const struct predicate *p)
{
    struct sample *s = random_sample(n);
    for (int id = 0; id < COL_COUNT; id++) {
        check_order(s, p, (struct sort){.column = (enum column_id)id, .descending = false});
        check_order(s, p, (struct sort){.column = (enum column_id)id, .descending = true});
    }
    sample_unref(s);
}

static void few_rows(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 130, 300};
    for (seed = 1; seed < 4; seed++) {
        uint64_t keep = seed;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            every_column(sizes[i], NULL);
        seed = keep;
    }
}

static void many_rows(void **state)
{
    (void)state;
    seed = 7;
    every_column(6000, NULL);
}

static void filtered(void **state)
{
    (void)state;
    seed = 11;
    struct predicate p = {0};
    assert_int_equal(filter_parse("lport:443 and not state:es", &p, NULL), 0);
    every_column(1000, &p);
    predicate_fini(&p);
}

static void positions(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    sample_row(s, "10.0.0.1:90", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    struct predicate p = {0};
    struct rows r = {0};
    struct sort sort = {.column = COL_LOCAL_PORT, .descending = false};
    assert_int_equal(rows_build(&r, s, NULL, &sort, 0), 0);
    assert_int_equal(rows_position(&r, 0), 1);
    assert_int_equal(rows_position(&r, 1), 0);
    assert_int_equal(filter_parse("80", &p, NULL), 0);
    assert_int_equal(rows_build(&r, s, &p, &sort, 0), 0); /* what it held is freed */
    assert_int_equal(rows_position(&r, 1), 0);
    assert_int_equal(rows_position(&r, 0), UINT32_MAX);
    predicate_fini(&p);
    rows_fini(&r);
    assert_int_equal(r.n, 0);
    sample_unref(s);
}

/* The screen's order; a change keeps the old place until its mark ends. */
static void attention_and_marks(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    sample_row(s, "10.0.0.1:80", "10.0.0.9:1", TCP_STATE_LISTEN);
    sample_row(s, "10.0.0.1:80", "10.0.0.9:2", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.8:3", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:22", "10.0.0.9:4", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.9:5", TCP_STATE_CLOSE_WAIT);
    struct conn *c = sample_row(s, "10.0.0.1:1", "10.0.0.9:6", TCP_STATE_TIME_WAIT);
    c->was_state = TCP_STATE_ESTABLISHED;
    struct rows r = {0};
    struct sort sort = {.column = COL_STATE, .descending = false};
    s->now_ds = 100;
    s->times[5].changed_ds = 80;
    assert_int_equal(rows_build(&r, s, NULL, &sort, 30), 0);
    assert_memory_equal(r.row, ((uint32_t[]){4, 5, 3, 2, 1, 0}), 6 * sizeof *r.row);
    s->now_ds = 110;
    assert_int_equal(rows_build(&r, s, NULL, &sort, 30), 0);
    assert_memory_equal(r.row, ((uint32_t[]){4, 3, 2, 1, 5, 0}), 6 * sizeof *r.row);
    s->times[5].changed_ds = 110; /* seen in this very sample: marked however short marks are */
    assert_int_equal(rows_build(&r, s, NULL, &sort, 1), 0);
    assert_int_equal(r.row[1], 5);
    assert_int_equal(rows_build(&r, s, NULL, &sort, 0), 0);
    assert_int_equal(r.row[4], 5);
    rows_fini(&r);
    sample_unref(s);
}

/* Absent last whichever way; equal values in the order that scripts get. */
static void absent_last(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    sample_row(s, "10.0.0.1:3", "10.0.0.9:1", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:2", "10.0.0.9:1", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:1", "10.0.0.9:1", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:0", "10.0.0.9:1", TCP_STATE_TIME_WAIT);
    s->conn[0].timer = s->conn[1].timer = TIMER_TIMEWAIT;
    s->conn[1].expires_ms = 5;
    struct rows r = {0};
    assert_int_equal(
        rows_build(&r, s, NULL, &(struct sort){.column = COL_LEFT, .descending = false}, 0), 0);
    assert_memory_equal(r.row, ((uint32_t[]){0, 1, 3, 2}), 4 * sizeof *r.row);
    assert_int_equal(
        rows_build(&r, s, NULL, &(struct sort){.column = COL_LEFT, .descending = true}, 0), 0);
    assert_memory_equal(r.row, ((uint32_t[]){1, 0, 3, 2}), 4 * sizeof *r.row);
    rows_fini(&r);
    sample_unref(s);
}

/* What is printed: neither missing rows nor closed ones, and a limit counts none of them. */
static void live_rows_alone(void **state)
{
    (void)state;
    struct sample *s = random_sample(400);
    struct rows all = {0}, first = {0};
    const struct sort sort = {.column = COL_LOCAL_PORT, .descending = false};
    assert_int_equal(rows_build_live(&all, s, NULL, &sort, 0), 0);
    assert_int_equal(all.n, s->n_live);
    for (uint32_t i = 0; i < all.n; i++)
        assert_true(all.row[i] < s->n_live);
    assert_int_equal(rows_build_live(&first, s, NULL, &sort, 50), 0);
    assert_int_equal(first.n, 50);
    assert_memory_equal(first.row, all.row, 50 * sizeof *all.row);
    rows_fini(&all);
    rows_fini(&first);
    sample_unref(s);
}

static uint64_t key_of(const struct sample *s, enum column_id id, bool descending, uint32_t row)
{
    uint64_t key = id == COL_STATE ? state_attention(s->conn[row].state) : column_key(id, s, row);
    return descending && key != KEY_ABSENT ? KEY_ABSENT - 1 - key : key;
}

/* Rows that are equal in the first column are in the order of the second, and so on. */
static void several_columns(void **state)
{
    static const struct sort sorts[] = {
        {.column = COL_STATE, .n_further = 1, .further = {{COL_RTT, true}}},
        {.column = COL_STATE, .descending = true, .n_further = 1, .further = {{COL_RECV_Q, false}}},
        {.column = COL_RECV_Q,
         .descending = true,
         .n_further = 3,
         .further = {{COL_STATE, true}, {COL_IFINDEX, false}, {COL_EXPIRES_MS, true}}},
    };
    (void)state;
    struct sample *s = random_sample(3000);
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
        const struct sort *sort = &sorts[i];
        struct rows all = {0}, first = {0};
        assert_int_equal(rows_build(&all, s, NULL, sort, 0), 0);
        for (uint32_t n = 1; n < all.n; n++) {
            uint32_t a = all.row[n - 1], b = all.row[n];
            uint64_t x = key_of(s, sort->column, sort->descending, a);
            uint64_t y = key_of(s, sort->column, sort->descending, b);
            for (unsigned k = 0; x == y && k < sort->n_further; k++) {
                x = key_of(s, sort->further[k].column, sort->further[k].descending, a);
                y = key_of(s, sort->further[k].column, sort->further[k].descending, b);
            }
            assert_true(x <= y);
        }
        assert_int_equal(rows_build_top(&first, s, NULL, sort, 0, 100), 0);
        assert_memory_equal(first.row, all.row, 100 * sizeof *all.row);
        rows_fini(&all);
        rows_fini(&first);
    }
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rows),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(filtered),
        cmocka_unit_test(positions),
        cmocka_unit_test(attention_and_marks),
        cmocka_unit_test(absent_last),
        cmocka_unit_test(live_rows_alone),
        cmocka_unit_test(several_columns),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
