/* SPDX-License-Identifier: MIT */
/* Samples grow, are shared by many threads, recycled, and give the memory of a peak back. */
#include "tcptop/text/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/text/text.h"
#include <cmocka.h>

#include "tcptop/text/text.h"
#include <pthread.h>
#include <string.h>

#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
#define THREADS 4
#include "tcptop/text/text.h"
#define ROUNDS 2000
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void fill(struct sample *s, uint32_t rows)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    for (uint32_t i = 0; i < rows; i++)
#include "tcptop/text/text.h"
        assert_non_null(model_add(s, i + 1, TCP_STATE_ESTABLISHED));
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void rows_are_added_and_counted(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample *s = sample_make(NULL);
#include "tcptop/text/text.h"
    struct tcp_metrics *metrics;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    assert_non_null(s);
#include "tcptop/text/text.h"
    fill(s, 1000);
#include "tcptop/text/text.h"
    model_add(s, 5000, TCP_STATE_CLOSE)->flags = CONN_BOUND;
#include "tcptop/text/text.h"
    model_add(s, 5001, TCP_STATE_CLOSE);
#include "tcptop/text/text.h"
    model_add(s, 5002, 99);
#include "tcptop/text/text.h"
    model_add(s, 5003, TCP_STATE_LISTEN);
#include "tcptop/text/text.h"
    sample_drop_last(builder_of(s));
#include "tcptop/text/text.h"
    sample_count(s);
#include "tcptop/text/text.h"
    assert_int_equal(s->total, 1003);
#include "tcptop/text/text.h"
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], 1000);
#include "tcptop/text/text.h"
    assert_int_equal(s->count[TCP_STATE_CLOSE], 1);
#include "tcptop/text/text.h"
    assert_int_equal(s->count[TCP_STATE_BOUND_INACTIVE], 1);
#include "tcptop/text/text.h"
    assert_int_equal(s->count[TCP_STATE_LISTEN], 0);
#include "tcptop/text/text.h"
    assert_non_null(sample_add(builder_of(s), &metrics));
#include "tcptop/text/text.h"
    assert_null(metrics);
#include "tcptop/text/text.h"
    assert_null(sample_metrics(s, 0));
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
    sample_unref(NULL);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void metrics_row(struct sample *s, uint64_t cookie, uint32_t rtt_us, const char *congestion)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct tcp_metrics *metrics;
#include "tcptop/text/text.h"
    struct conn *c = sample_add(builder_of(s), &metrics);
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    assert_true(c && metrics);
#include "tcptop/text/text.h"
    c->cookie = cookie;
#include "tcptop/text/text.h"
    metrics->rtt_us = rtt_us;
#include "tcptop/text/text.h"
    metrics->valid = 1u << METRICS_rtt_us;
#include "tcptop/text/text.h"
    metrics->congestion = sample_add_congestion(builder_of(s), congestion, strlen(congestion));
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void expect_rtt(const struct sample *s, uint32_t row, uint64_t rtt_us,
#include "tcptop/text/text.h"
                       const char *congestion)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    uint64_t value;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    assert_true(tcp_metrics_get(sample_metrics(s, row), METRICS_rtt_us, &value));
#include "tcptop/text/text.h"
    assert_int_equal(value, rtt_us);
#include "tcptop/text/text.h"
    assert_string_equal(sample_congestion(s, row), congestion);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* Rows keep their namespace and what is known of them; what is not known of some is not made up. */
#include "tcptop/text/text.h"
static void samples_are_put_together(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample *s = sample_make(NULL), *with = sample_make(NULL),
#include "tcptop/text/text.h"
                  *without = sample_make(NULL);
#include "tcptop/text/text.h"
    uint64_t value;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    assert_true(s && with && without);
#include "tcptop/text/text.h"
    fill(s, 3);
#include "tcptop/text/text.h"
    with->needs = NEED_TCP_INFO;
#include "tcptop/text/text.h"
    with->netns_id = 7;
#include "tcptop/text/text.h"
    metrics_row(with, 100, 11, "cubic");
#include "tcptop/text/text.h"
    metrics_row(with, 101, 12, "bbr");
#include "tcptop/text/text.h"
    without->netns_id = 8;
#include "tcptop/text/text.h"
    fill(without, 500);
#include "tcptop/text/text.h"
    assert_int_equal(sample_append(builder_of(s), builder_of(with)), 0);
#include "tcptop/text/text.h"
    assert_int_equal(sample_append(builder_of(s), builder_of(without)), 0);
#include "tcptop/text/text.h"
    assert_int_equal(s->n_live, 505);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[2].netns, 0);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[3].netns, 7);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[504].netns, 8);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[4].cookie, 101);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[504].cookie, 500);
#include "tcptop/text/text.h"
    assert_int_equal(s->times[504].born_ds, 0);
#include "tcptop/text/text.h"
    expect_rtt(s, 3, 11, "cubic");
#include "tcptop/text/text.h"
    expect_rtt(s, 4, 12, "bbr");
#include "tcptop/text/text.h"
    assert_false(tcp_metrics_get(sample_metrics(s, 0), METRICS_rtt_us, &value));
#include "tcptop/text/text.h"
    assert_false(tcp_metrics_get(sample_metrics(s, 504), METRICS_rtt_us, &value));
#include "tcptop/text/text.h"
    sample_unref(without);
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    without = sample_make(NULL); /* whose names have other numbers */
#include "tcptop/text/text.h"
    assert_non_null(without);
#include "tcptop/text/text.h"
    without->needs = NEED_TCP_INFO;
#include "tcptop/text/text.h"
    metrics_row(without, 1, 21, "reno");
#include "tcptop/text/text.h"
    metrics_row(without, 2, 22, "cubic");
#include "tcptop/text/text.h"
    assert_int_equal(sample_append(builder_of(s), builder_of(without)), 0);
#include "tcptop/text/text.h"
    expect_rtt(s, 505, 21, "reno");
#include "tcptop/text/text.h"
    expect_rtt(s, 506, 22, "cubic");
#include "tcptop/text/text.h"
    expect_rtt(s, 3, 11, "cubic");
#include "tcptop/text/text.h"
    sample_unref(without);
#include "tcptop/text/text.h"
    sample_unref(with);
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* Whatever the hint is; of two that are alike the live one. */
#include "tcptop/text/text.h"
static void found_from_any_hint(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    static const uint32_t hints[] = {0, 1, 698, 699, 700, 900, 949, 950, 999, 1000, UINT32_MAX};
#include "tcptop/text/text.h"
    struct sample *s = sample_make(NULL);
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    assert_int_equal(sample_find(s, &(struct conn){.cookie = 1}, 0), UINT32_MAX);
#include "tcptop/text/text.h"
    fill(s, 1000);
#include "tcptop/text/text.h"
    s->n_live = 900;
#include "tcptop/text/text.h"
    s->n_missing = 50;
#include "tcptop/text/text.h"
    s->n_closed = 50;
#include "tcptop/text/text.h"
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
#include "tcptop/text/text.h"
        for (uint32_t row = 0; row < 1000; row += 37)
#include "tcptop/text/text.h"
            assert_int_equal(sample_find(s, &s->conn[row], hints[i]), row);
#include "tcptop/text/text.h"
        assert_int_equal(sample_find(s, &(struct conn){.cookie = 7000}, hints[i]), UINT32_MAX);
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    s->conn[10].flags = CONN_NO_COOKIE;
#include "tcptop/text/text.h"
    s->conn[960] = s->conn[10];
#include "tcptop/text/text.h"
    assert_int_equal(sample_find(s, &s->conn[960], 960), 10);
#include "tcptop/text/text.h"
    s->conn[0].flags = CONN_NO_COOKIE;
#include "tcptop/text/text.h"
    s->conn[970] = s->conn[0];
#include "tcptop/text/text.h"
    s->conn[970].flags = 0;
#include "tcptop/text/text.h"
    assert_int_equal(sample_find(s, &s->conn[970], 970), 0);
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void figures_only_when_asked(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample_pool *pool = sample_pool_new();
#include "tcptop/text/text.h"
    struct sample *s = sample_make(pool);
#include "tcptop/text/text.h"
    struct tcp_metrics *metrics = NULL;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    fill(s, 3);
#include "tcptop/text/text.h"
    s->needs = NEED_TCP_INFO;
#include "tcptop/text/text.h"
    assert_non_null(sample_add(builder_of(s), &metrics));
#include "tcptop/text/text.h"
    assert_non_null(metrics);
#include "tcptop/text/text.h"
    metrics->valid = 1;
#include "tcptop/text/text.h"
    assert_ptr_equal(sample_metrics(s, 3), metrics);
#include "tcptop/text/text.h"
    assert_int_equal(s->metrics[0].valid, 0); /* added before it was asked */
#include "tcptop/text/text.h"
    assert_int_equal(s->metrics[3].valid, 1);
#include "tcptop/text/text.h"
    assert_null(sample_metrics(s, 4));
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
    s = sample_make(pool); /* the recycled one says nothing of figures */
#include "tcptop/text/text.h"
    fill(s, 4);
#include "tcptop/text/text.h"
    assert_null(s->metrics);
#include "tcptop/text/text.h"
    assert_null(sample_metrics(s, 3));
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
    sample_pool_free(pool);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void arrays_go_to_the_next_sample(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample_pool *pool = sample_pool_new();
#include "tcptop/text/text.h"
    struct sample *s = sample_make(pool), *again;
#include "tcptop/text/text.h"
    struct conn *c;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    fill(s, 10000);
#include "tcptop/text/text.h"
    s->n_closed = 3;
#include "tcptop/text/text.h"
    sample_say(s, "x");
#include "tcptop/text/text.h"
    c = s->conn;
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
    again = sample_make(pool);
#include "tcptop/text/text.h"
    assert_ptr_equal(again->conn, c);
#include "tcptop/text/text.h"
    assert_int_equal(sample_rows(again), 0);
#include "tcptop/text/text.h"
    assert_string_equal(reason_words(&again->reason), "");
#include "tcptop/text/text.h"
    c = sample_add(builder_of(again), NULL); /* and their rows start as zero */
#include "tcptop/text/text.h"
    assert_memory_equal(c, &(struct conn){0}, sizeof *c);
#include "tcptop/text/text.h"
    sample_pool_free(pool); /* the pool outlives its owner */
#include "tcptop/text/text.h"
    sample_unref(again);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void a_peak_is_given_back(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample_pool *pool = sample_pool_new();
#include "tcptop/text/text.h"
    struct sample *s;
#include "tcptop/text/text.h"
    uint32_t peak, samples = 0;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    s = sample_make(pool);
#include "tcptop/text/text.h"
    s->needs = NEED_TCP_INFO;
#include "tcptop/text/text.h"
    fill(s, 100000);
#include "tcptop/text/text.h"
    peak = builder_of(s)->row_cap;
#include "tcptop/text/text.h"
    do {
#include "tcptop/text/text.h"
        sample_unref(s);
#include "tcptop/text/text.h"
        s = sample_make(pool);
#include "tcptop/text/text.h"
        fill(s, 10);
#include "tcptop/text/text.h"
        samples++;
#include "tcptop/text/text.h"
    } while (samples < 100 && (builder_of(s)->row_cap == peak || builder_of(s)->metrics_cap));
#include "tcptop/text/text.h"
    assert_in_range(samples, 2, 20); /* not at once: the next sample may be large again */
#include "tcptop/text/text.h"
    assert_true(builder_of(s)->row_cap < 1000);
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
    sample_pool_free(pool);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void names_of_congestion_controls(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample *s = sample_make(NULL);
#include "tcptop/text/text.h"
    uint8_t cubic = sample_add_congestion(builder_of(s), "cubic", 6), bbr, long_name;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    bbr = sample_add_congestion(builder_of(s), "bbr", 3); /* with or without its NUL */
#include "tcptop/text/text.h"
    assert_int_not_equal(cubic, bbr);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "cubic", 5), cubic);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "bbr\0x", 5), bbr);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "", 1), 0);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "cubi", 4), 3); /* no other's beginning */
#include "tcptop/text/text.h"
    long_name = sample_add_congestion(builder_of(s), "a_name_of_more_than_15", 22);
#include "tcptop/text/text.h"
    assert_string_equal(s->congestion[long_name - 1], "a_name_of_more_");
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "a_name_of_more_than_16", 22), long_name);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "\x1b[2J", 4), 5);
#include "tcptop/text/text.h"
    assert_null(strchr(s->congestion[4], '\x1b'));
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "\x1b[2J", 4), 5);
#include "tcptop/text/text.h"
    for (char name[] = "a"; name[0] <= 'z'; name[0]++)
#include "tcptop/text/text.h"
        sample_add_congestion(builder_of(s), name, 2);
#include "tcptop/text/text.h"
    assert_int_equal(s->n_congestion, CONGESTION_MAX);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "z", 1), 0);
#include "tcptop/text/text.h"
    assert_int_equal(sample_add_congestion(builder_of(s), "bbr", 4), bbr);
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* Each half numbers the names as they come. */
#include "tcptop/text/text.h"
static void halves_agree_on_names(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    static const char *const names[2][3] = {{"cubic", "bbr", "cubic"}, {"reno", "cubic", NULL}};
#include "tcptop/text/text.h"
    struct sample *s = sample_make(NULL);
    struct sample_builder half[2];
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    s->needs = NEED_TCP_INFO;
#include "tcptop/text/text.h"
    assert_int_equal(sample_split(builder_of(s), 4096, half), 0);
#include "tcptop/text/text.h"
    for (int h = 0; h < 2; h++) {
#include "tcptop/text/text.h"
        for (int i = 0; i < 3; i++) {
#include "tcptop/text/text.h"
            struct tcp_metrics *metrics;
#include "tcptop/text/text.h"
            assert_non_null(sample_add(&half[h], &metrics));
#include "tcptop/text/text.h"
            if (names[h][i])
#include "tcptop/text/text.h"
                metrics->congestion = sample_add_congestion(&half[h], names[h][i], 16);
#include "tcptop/text/text.h"
        }
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    sample_unite(builder_of(s), half);
#include "tcptop/text/text.h"
    uint32_t seen = 0;
#include "tcptop/text/text.h"
    for (uint32_t row = 0; row < 3; row++)
#include "tcptop/text/text.h"
        assert_string_equal(sample_congestion(s, row), names[0][row]);
#include "tcptop/text/text.h"
    for (uint32_t row = 3; row < 6; row++) {
#include "tcptop/text/text.h"
        const char *name = sample_congestion(s, row);
#include "tcptop/text/text.h"
        seen += !name ? 100 : !strcmp(name, "reno") ? 10 : !strcmp(name, "cubic");
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    assert_int_equal(seen, 111);
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static _Atomic(struct sample *) shared[THREADS];
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* Takes what it is handed, reads it, gives it back. */
#include "tcptop/text/text.h"
static void *reader(void *arg)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    _Atomic(struct sample *) *place = arg;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    for (int i = 0; i < ROUNDS; i++) {
#include "tcptop/text/text.h"
        struct sample *s;
#include "tcptop/text/text.h"
        uint64_t sum = 0;
#include "tcptop/text/text.h"
        while (!(s = atomic_exchange(place, NULL)))
#include "tcptop/text/text.h"
            sched_yield();
#include "tcptop/text/text.h"
        for (uint32_t row = 0; row < s->n_live; row++)
#include "tcptop/text/text.h"
            sum += s->conn[row].cookie;
#include "tcptop/text/text.h"
        assert_int_equal(sum, (uint64_t)s->n_live * (s->n_live + 1) / 2);
#include "tcptop/text/text.h"
        sample_unref(s);
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    return NULL;
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void many_threads_share(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct sample_pool *pool = sample_pool_new();
#include "tcptop/text/text.h"
    pthread_t threads[THREADS];
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    for (int t = 0; t < THREADS; t++)
#include "tcptop/text/text.h"
        assert_int_equal(pthread_create(&threads[t], NULL, reader, &shared[t]), 0);
#include "tcptop/text/text.h"
    for (int i = 0; i < ROUNDS; i++) {
#include "tcptop/text/text.h"
        struct sample *s = sample_make(pool);
#include "tcptop/text/text.h"
        fill(s, (uint32_t)i % 50);
#include "tcptop/text/text.h"
        for (int t = 1; t < THREADS; t++) /* one reference each, before the first is handed out */
#include "tcptop/text/text.h"
            sample_ref(s);
#include "tcptop/text/text.h"
        for (int t = 0; t < THREADS; t++) {
#include "tcptop/text/text.h"
            struct sample *none = NULL;
#include "tcptop/text/text.h"
            while (!atomic_compare_exchange_strong(&shared[t], &none, s)) {
#include "tcptop/text/text.h"
                none = NULL;
#include "tcptop/text/text.h"
                sched_yield();
#include "tcptop/text/text.h"
            }
#include "tcptop/text/text.h"
        }
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    for (int t = 0; t < THREADS; t++)
#include "tcptop/text/text.h"
        pthread_join(threads[t], NULL);
#include "tcptop/text/text.h"
    sample_pool_free(pool);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
int main(void)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    const struct CMUnitTest tests[] = {
#include "tcptop/text/text.h"
        cmocka_unit_test(rows_are_added_and_counted),   cmocka_unit_test(figures_only_when_asked),
#include "tcptop/text/text.h"
        cmocka_unit_test(arrays_go_to_the_next_sample), cmocka_unit_test(a_peak_is_given_back),
#include "tcptop/text/text.h"
        cmocka_unit_test(names_of_congestion_controls), cmocka_unit_test(halves_agree_on_names),
#include "tcptop/text/text.h"
        cmocka_unit_test(many_threads_share),           cmocka_unit_test(samples_are_put_together),
#include "tcptop/text/text.h"
        cmocka_unit_test(found_from_any_hint),
#include "tcptop/text/text.h"
    };
#include "tcptop/text/text.h"
    return cmocka_run_group_tests(tests, NULL, NULL);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"
