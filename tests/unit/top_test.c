/* SPDX-License-Identifier: MIT */
/* The first rows of an order, judged while they come: the same as when all are there, in every
 * order and however many are wanted; what passes is counted; a cookie that came twice is noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/query/filter.h"
#include "tcptop/query/rows.h"

#define ROWS 3000

static struct sample *fresh(void)
{
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    s->needs = NEED_TCP_INFO;
    return s;
}

/* Few distinct values, so that ties are the rule. */
static void add(struct sample *s, uint64_t *seed, uint64_t cookie)
{
    struct tcp_metrics *metrics;
    struct conn *c = sample_add(builder_of(s), &metrics);

    assert_non_null(c);
    c->family = AF_INET;
    c->cookie = cookie;
    c->src[0] = c->dst[0] = 10;
    c->dst[3] = (uint8_t)model_random(seed, 5);
    c->sport = (uint16_t)(1 + model_random(seed, 50));
    c->dport = (uint16_t)(1 + model_random(seed, 60000));
    c->state = (uint8_t)(1 + model_random(seed, 11));
    c->rqueue = model_random(seed, 3);
    metrics->valid = model_random(seed, 2) << METRICS_rtt_us;
    metrics->rtt_us = model_random(seed, 40);
}

static struct sample *whole_sample(void)
{
    struct sample *s = fresh();
    uint64_t seed = 7;

    for (uint64_t cookie = 1; cookie <= ROWS; cookie++)
        add(s, &seed, cookie);
    sample_count(s);
    return s;
}

/* The same rows as they would come from a dump. */
static struct sample *through(struct rows_top *t)
{
    struct sample *s = fresh();
    uint64_t seed = 7;

    row_stream_begin(&t->row_stream, builder_of(s));
    for (uint64_t cookie = 1; cookie <= ROWS; cookie++) {
        if (row_stream_is_full(&t->row_stream, s))
            row_stream_flush(&t->row_stream, builder_of(s));
        add(s, &seed, cookie);
        assert_in_range(s->n_live, 0, t->limit + t->row_stream.every);
    }
    row_stream_flush(&t->row_stream, builder_of(s));
    return s;
}

static void expect_same(const struct sample *whole, const struct sample *s,
                        const struct predicate *p, const struct sort *sort, uint32_t limit)
{
    struct rows all = {0}, first = {0};

    assert_int_equal(rows_build(&all, whole, p, sort, 0), 0);
    assert_int_equal(rows_build(&first, s, p, sort, 0), 0);
    assert_int_equal(first.n, all.n < limit ? all.n : limit);
    for (uint32_t i = 0; i < first.n; i++) {
        uint32_t here = first.row[i], there = all.row[i];
        assert_memory_equal(&s->conn[here], &whole->conn[there], sizeof *s->conn);
        assert_int_equal(s->metrics[here].valid, whole->metrics[there].valid);
        assert_int_equal(s->metrics[here].rtt_us, whole->metrics[there].rtt_us);
    }
    assert_int_equal(s->total, all.n);
    rows_fini(&all);
    rows_fini(&first);
}

static void in_every_order(void **state)
{
    (void)state;
    static const uint32_t limits[] = {1, 50, 700, ROWS - 1, ROWS, 2 * ROWS};
    const struct predicate all = {0};
    struct sample *whole = whole_sample();

    for (int column = 0; column < COL_COUNT; column++) {
        for (size_t i = 0; i < 2 * sizeof limits / sizeof *limits; i++) {
            struct sort sort = {.column = (enum column_id)column, .descending = i % 2};
            struct rows_top t;
            assert_int_equal(rows_top_init(&t, &all, &sort, limits[i / 2]), 0);
            struct sample *s = through(&t);
            expect_same(whole, s, NULL, &sort, limits[i / 2]);
            assert_memory_equal(s->count, whole->count, sizeof s->count);
            assert_false(t.row_stream.doubtful);
            sample_unref(s);
            rows_top_fini(&t);
        }
    }
    sample_unref(whole);
}

static void what_passes(void **state)
{
    (void)state;
    static const char *const filters[] = {"lport:7", "state:es,tw rtt_us>20us", "lport:1000"};
    const struct sort sort = {.column = COL_RTT, .descending = true};
    struct sample *whole = whole_sample();

    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct predicate p = {0};
        struct filter_error error;
        struct rows_top t;
        assert_int_equal(filter_parse(filters[i], &p, &error), 0);
        assert_int_equal(rows_top_init(&t, &p, &sort, 20), 0);
        struct sample *s = through(&t);
        expect_same(whole, s, &p, &sort, 20);
        if (i == 1)
            assert_int_equal(s->count[TCP_STATE_LISTEN], 0);
        sample_unref(s);
        rows_top_fini(&t);
        predicate_fini(&p);
    }
    sample_unref(whole);
}

static void only_counted(void **state)
{
    (void)state;
    const struct predicate all = {0};
    const struct sort sort = {.column = COL_STATE, .descending = false};
    struct sample *whole = whole_sample();
    struct rows_top t;

    assert_int_equal(rows_top_init(&t, &all, &sort, 0), 0);
    for (int again = 0; again < 2; again++) { /* a dump that begins again counts from nothing */
        struct sample *s = through(&t);
        assert_int_equal(s->n_live, 0);
        assert_int_equal(s->total, ROWS);
        assert_memory_equal(s->count, whole->count, sizeof s->count);
        assert_false(t.row_stream.doubtful);
        sample_unref(s);
    }
    rows_top_fini(&t);
    sample_unref(whole);
}

static void twice(void **state)
{
    (void)state;
    const struct predicate all = {0};
    const struct sort sort = {.column = COL_STATE, .descending = false};
    uint64_t seed = 1;
    struct rows_top t;

    assert_int_equal(rows_top_init(&t, &all, &sort, 5), 0);
    struct sample *s = fresh();
    for (int without_cookies = 0; without_cookies < 2; without_cookies++) {
        row_stream_begin(&t.row_stream, builder_of(s));
        s->n_live = 0;
        for (uint64_t i = 0; i < 100; i++) {
            add(s, &seed, i == 90 ? 3 : i + 1); /* long after the first one left */
            if (without_cookies)
                s->conn[s->n_live - 1].flags = CONN_NO_COOKIE;
            if (row_stream_is_full(&t.row_stream, s))
                row_stream_flush(&t.row_stream, builder_of(s));
        }
        row_stream_flush(&t.row_stream, builder_of(s));
        assert_int_equal(t.row_stream.doubtful, !without_cookies);
    }
    sample_unref(s);
    rows_top_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_every_order),
        cmocka_unit_test(what_passes),
        cmocka_unit_test(only_counted),
        cmocka_unit_test(twice),
    };
    return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
