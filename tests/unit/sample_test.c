/* SPDX-License-Identifier: MIT */
/* Samples grow, are shared by many threads, recycled, and give the memory of a peak back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/model_build.h"
#include "lib/own_allocator.h"
#include "lib/sample.h"
#include "tcptop/text/text.h"

#define THREADS 4
#define ROUNDS  2000

static void fill(struct sample *s, uint32_t rows)
{
    for (uint32_t i = 0; i < rows; i++)
        assert_non_null(model_add(s, i + 1, TCP_STATE_ESTABLISHED));
}

static void rows_are_added_and_counted(void **state)
{
    struct sample *s = sample_make(NULL);
    struct tcp_metrics *metrics;

    (void)state;
    assert_non_null(s);
    fill(s, 1000);
    model_add(s, 5000, TCP_STATE_CLOSE)->flags = CONN_BOUND;
    model_add(s, 5001, TCP_STATE_CLOSE);
    model_add(s, 5002, 99);
    model_add(s, 5003, TCP_STATE_LISTEN);
    sample_drop_last(builder_of(s));
    sample_count(s);
    assert_int_equal(s->total, 1003);
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], 1000);
    assert_int_equal(s->count[TCP_STATE_CLOSE], 1);
    assert_int_equal(s->count[TCP_STATE_BOUND_INACTIVE], 1);
    assert_int_equal(s->count[TCP_STATE_LISTEN], 0);
    assert_non_null(sample_add(builder_of(s), &metrics));
    assert_null(metrics);
    assert_null(sample_metrics(s, 0));
    sample_unref(s);
    sample_unref(NULL);
}

static long page_faults(void)
{
    struct rusage u;

    assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
    return u.ru_minflt;
}

/* A copy touches each page of the new array for the first time. */
static void large_arrays_grow_without_a_copy(void **state)
{
    enum { ROWS = 600000 };

    (void)state;
    if (!OWN_ALLOCATOR)
        skip();
    struct sample *s = sample_make(NULL);
    assert_non_null(s);
    assert_int_equal(sample_reserve(builder_of(s), ROWS), 0);
    fill(s, ROWS);
    long before = page_faults();
    assert_int_equal(sample_reserve(builder_of(s), ROWS + ROWS / 4), 0);
    assert_true(page_faults() - before < 1000);
    assert_int_equal(s->conn[ROWS - 1].cookie, ROWS);
    sample_unref(s);
}

static void metrics_row(struct sample *s, uint64_t cookie, uint32_t rtt_us, const char *congestion)
{
    struct tcp_metrics *metrics;
    struct conn *c = sample_add(builder_of(s), &metrics);

    assert_true(c && metrics);
    c->cookie = cookie;
    metrics->rtt_us = rtt_us;
    metrics->valid = 1u << METRICS_rtt_us;
    metrics->congestion = sample_add_congestion(builder_of(s), congestion, strlen(congestion));
}

static void expect_rtt(const struct sample *s, uint32_t row, uint64_t rtt_us,
                       const char *congestion)
{
    uint64_t value;

    assert_true(tcp_metrics_get(sample_metrics(s, row), METRICS_rtt_us, &value));
    assert_int_equal(value, rtt_us);
    assert_string_equal(sample_congestion(s, row), congestion);
}

/* Rows keep their namespace and what is known of them; what is not known of some is not made up. */
static void samples_are_put_together(void **state)
{
    struct sample *s = sample_make(NULL), *with = sample_make(NULL), *without = sample_make(NULL);
    uint64_t value;

    (void)state;
    assert_true(s && with && without);
    fill(s, 3);
    with->needs = NEED_TCP_INFO;
    with->netns_id = 7;
    metrics_row(with, 100, 11, "cubic");
    metrics_row(with, 101, 12, "bbr");
    without->netns_id = 8;
    fill(without, 500);
    assert_int_equal(sample_append(builder_of(s), builder_of(with)), 0);
    assert_int_equal(sample_append(builder_of(s), builder_of(without)), 0);
    assert_int_equal(s->n_live, 505);
    assert_int_equal(s->conn[2].netns, 0);
    assert_int_equal(s->conn[3].netns, 7);
    assert_int_equal(s->conn[504].netns, 8);
    assert_int_equal(s->conn[4].cookie, 101);
    assert_int_equal(s->conn[504].cookie, 500);
    assert_int_equal(s->times[504].born_ds, 0);
    expect_rtt(s, 3, 11, "cubic");
    expect_rtt(s, 4, 12, "bbr");
    assert_false(tcp_metrics_get(sample_metrics(s, 0), METRICS_rtt_us, &value));
    assert_false(tcp_metrics_get(sample_metrics(s, 504), METRICS_rtt_us, &value));
    sample_unref(without);

    without = sample_make(NULL); /* whose names have other numbers */
    assert_non_null(without);
    without->needs = NEED_TCP_INFO;
    metrics_row(without, 1, 21, "reno");
    metrics_row(without, 2, 22, "cubic");
    assert_int_equal(sample_append(builder_of(s), builder_of(without)), 0);
    expect_rtt(s, 505, 21, "reno");
    expect_rtt(s, 506, 22, "cubic");
    expect_rtt(s, 3, 11, "cubic");
    sample_unref(without);
    sample_unref(with);
    sample_unref(s);
}

/* Rows that come first keep what is known of them, whatever numbers their names have. */
static void rows_are_put_before_others(void **state)
{
    struct sample *s = sample_make(NULL), *first = sample_make(NULL);
    uint64_t value;

    (void)state;
    s->needs = first->needs = NEED_TCP_INFO;
    metrics_row(s, 1, 11, "cubic");
    s->conn[0].cgroup = cgroups_number(&builder_of(s)->cgroup_ids, 70) & CGROUP_MASK;
    metrics_row(first, 100, 12, "bbr");
    metrics_row(first, 101, 13, "cubic");
    first->conn[0].cgroup = cgroups_number(&builder_of(first)->cgroup_ids, 80) & CGROUP_MASK;
    first->conn[1].cgroup = cgroups_number(&builder_of(first)->cgroup_ids, 70) & CGROUP_MASK;
    assert_int_equal(sample_prepend(builder_of(s), builder_of(first)), 0);
    assert_int_equal(first->n_live, 0);
    assert_int_equal(s->n_live, 3);
    assert_int_equal(s->conn[0].cookie, 100);
    assert_int_equal(s->conn[2].cookie, 1);
    expect_rtt(s, 0, 12, "bbr");
    expect_rtt(s, 1, 13, "cubic");
    expect_rtt(s, 2, 11, "cubic");
    assert_int_equal(s->conn[1].cgroup, s->conn[2].cgroup);
    assert_int_equal(builder_of(s)->cgroup_ids.id[s->conn[0].cgroup], 80);
    sample_unref(first);
    first = sample_make(NULL); /* nothing is known of its rows */
    fill(first, 400);
    assert_int_equal(sample_prepend(builder_of(s), builder_of(first)), 0);
    assert_int_equal(s->n_live, 403);
    assert_false(tcp_metrics_get(sample_metrics(s, 0), METRICS_rtt_us, &value));
    expect_rtt(s, 402, 11, "cubic");
    sample_unref(first);
    first = sample_make(NULL);
    assert_int_equal(sample_prepend(builder_of(s), builder_of(first)), 0);
    assert_int_equal(s->n_live, 403);
    sample_unref(first);
    sample_unref(s);
}

/* Whatever the hint is; of two that are alike the live one. */
static void found_from_any_hint(void **state)
{
    static const uint32_t hints[] = {0, 1, 698, 699, 700, 900, 949, 950, 999, 1000, UINT32_MAX};
    struct sample *s = sample_make(NULL);

    (void)state;
    assert_int_equal(sample_find(s, &(struct conn){.cookie = 1}, 0), UINT32_MAX);
    fill(s, 1000);
    s->n_live = 900;
    s->n_missing = 50;
    s->n_closed = 50;
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        for (uint32_t row = 0; row < 1000; row += 37)
            assert_int_equal(sample_find(s, &s->conn[row], hints[i]), row);
        assert_int_equal(sample_find(s, &(struct conn){.cookie = 7000}, hints[i]), UINT32_MAX);
    }
    s->conn[10].flags = CONN_NO_COOKIE;
    s->conn[960] = s->conn[10];
    assert_int_equal(sample_find(s, &s->conn[960], 960), 10);
    s->conn[0].flags = CONN_NO_COOKIE;
    s->conn[970] = s->conn[0];
    s->conn[970].flags = 0;
    assert_int_equal(sample_find(s, &s->conn[970], 970), 0);
    sample_unref(s);
}

static void figures_only_when_asked(void **state)
{
    struct sample_pool *pool = sample_pool_new();
    struct sample *s = sample_make(pool);
    struct tcp_metrics *metrics = NULL;

    (void)state;
    fill(s, 3);
    s->needs = NEED_TCP_INFO;
    assert_non_null(sample_add(builder_of(s), &metrics));
    assert_non_null(metrics);
    metrics->valid = 1;
    assert_ptr_equal(sample_metrics(s, 3), metrics);
    assert_int_equal(s->metrics[0].valid, 0); /* added before it was asked */
    assert_int_equal(s->metrics[3].valid, 1);
    assert_null(sample_metrics(s, 4));
    sample_unref(s);
    s = sample_make(pool); /* the recycled one says nothing of figures */
    fill(s, 4);
    assert_null(s->metrics);
    assert_null(sample_metrics(s, 3));
    sample_unref(s);
    sample_pool_free(pool);
}

static void arrays_go_to_the_next_sample(void **state)
{
    struct sample_pool *pool = sample_pool_new();
    struct sample *s = sample_make(pool), *again;
    struct conn *c;

    (void)state;
    fill(s, 10000);
    s->n_closed = 3;
    sample_say(s, "x");
    c = s->conn;
    sample_unref(s);
    again = sample_make(pool);
    assert_ptr_equal(again->conn, c);
    assert_int_equal(sample_rows(again), 0);
    assert_string_equal(reason_words(&again->reason), "");
    c = sample_add(builder_of(again), NULL); /* and their rows start as zero */
    assert_memory_equal(c, &(struct conn){0}, sizeof *c);
    sample_pool_free(pool); /* the pool outlives its owner */
    sample_unref(again);
}

static void a_peak_is_given_back(void **state)
{
    struct sample_pool *pool = sample_pool_new();
    struct sample *s;
    uint32_t peak, samples = 0;

    (void)state;
    s = sample_make(pool);
    s->needs = NEED_TCP_INFO;
    fill(s, 100000);
    peak = builder_of(s)->row_cap;
    do {
        sample_unref(s);
        s = sample_make(pool);
        fill(s, 10);
        samples++;
    } while (samples < 100 && (builder_of(s)->row_cap == peak || builder_of(s)->metrics_cap));
    assert_in_range(samples, 2, 20); /* not at once: the next sample may be large again */
    assert_true(builder_of(s)->row_cap < 1000);
    sample_unref(s);
    sample_pool_free(pool);
}

static void names_of_congestion_controls(void **state)
{
    struct sample *s = sample_make(NULL);
    uint8_t cubic = sample_add_congestion(builder_of(s), "cubic", 6), bbr, long_name;

    (void)state;
    bbr = sample_add_congestion(builder_of(s), "bbr", 3); /* with or without its NUL */
    assert_int_not_equal(cubic, bbr);
    assert_int_equal(sample_add_congestion(builder_of(s), "cubic", 5), cubic);
    assert_int_equal(sample_add_congestion(builder_of(s), "bbr\0x", 5), bbr);
    assert_int_equal(sample_add_congestion(builder_of(s), "", 1), 0);
    assert_int_equal(sample_add_congestion(builder_of(s), "cubi", 4), 3); /* no other's beginning */
    long_name = sample_add_congestion(builder_of(s), "a_name_of_more_than_15", 22);
    assert_string_equal(s->congestion[long_name - 1], "a_name_of_more_");
    assert_int_equal(sample_add_congestion(builder_of(s), "a_name_of_more_than_16", 22), long_name);
    assert_int_equal(sample_add_congestion(builder_of(s), "\x1b[2J", 4), 5);
    assert_null(strchr(s->congestion[4], '\x1b'));
    assert_int_equal(sample_add_congestion(builder_of(s), "\x1b[2J", 4), 5);
    for (char name[] = "a"; name[0] <= 'z'; name[0]++)
        sample_add_congestion(builder_of(s), name, 2);
    assert_int_equal(s->n_congestion, CONGESTION_MAX);
    assert_int_equal(sample_add_congestion(builder_of(s), "z", 1), 0);
    assert_int_equal(sample_add_congestion(builder_of(s), "bbr", 4), bbr);
    sample_unref(s);
}

/* Each half numbers the names as they come. */
static void halves_agree_on_names(void **state)
{
    static const char *const names[2][3] = {{"cubic", "bbr", "cubic"}, {"reno", "cubic", NULL}};
    struct sample *s = sample_make(NULL);
    struct sample_builder half[2];

    (void)state;
    s->needs = NEED_TCP_INFO;
    assert_int_equal(sample_split(builder_of(s), 4096, half), 0);
    for (int h = 0; h < 2; h++) {
        for (int i = 0; i < 3; i++) {
            struct tcp_metrics *metrics;
            assert_non_null(sample_add(&half[h], &metrics));
            if (names[h][i])
                metrics->congestion = sample_add_congestion(&half[h], names[h][i], 16);
        }
    }
    sample_unite(builder_of(s), half);
    uint32_t seen = 0;
    for (uint32_t row = 0; row < 3; row++)
        assert_string_equal(sample_congestion(s, row), names[0][row]);
    for (uint32_t row = 3; row < 6; row++) {
        const char *name = sample_congestion(s, row);
        seen += !name ? 100 : !strcmp(name, "reno") ? 10 : !strcmp(name, "cubic");
    }
    assert_int_equal(seen, 111);
    sample_unref(s);
}

static _Atomic(struct sample *) shared[THREADS];

/* Takes what it is handed, reads it, gives it back. */
static void *reader(void *arg)
{
    _Atomic(struct sample *) *place = arg;

    for (int i = 0; i < ROUNDS; i++) {
        struct sample *s;
        uint64_t sum = 0;
        while (!(s = atomic_exchange(place, NULL)))
            sched_yield();
        for (uint32_t row = 0; row < s->n_live; row++)
            sum += s->conn[row].cookie;
        assert_int_equal(sum, (uint64_t)s->n_live * (s->n_live + 1) / 2);
        sample_unref(s);
    }
    return NULL;
}

static void many_threads_share(void **state)
{
    struct sample_pool *pool = sample_pool_new();
    pthread_t threads[THREADS];

    (void)state;
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, reader, &shared[t]), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct sample *s = sample_make(pool);
        fill(s, (uint32_t)i % 50);
        for (int t = 1; t < THREADS; t++) /* one reference each, before the first is handed out */
            sample_ref(s);
        for (int t = 0; t < THREADS; t++) {
            struct sample *none = NULL;
            while (!atomic_compare_exchange_strong(&shared[t], &none, s)) {
                none = NULL;
                sched_yield();
            }
        }
    }
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    sample_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_added_and_counted),
        cmocka_unit_test(large_arrays_grow_without_a_copy),
        cmocka_unit_test(figures_only_when_asked),
        cmocka_unit_test(arrays_go_to_the_next_sample),
        cmocka_unit_test(a_peak_is_given_back),
        cmocka_unit_test(names_of_congestion_controls),
        cmocka_unit_test(halves_agree_on_names),
        cmocka_unit_test(many_threads_share),
        cmocka_unit_test(samples_are_put_together),
        cmocka_unit_test(rows_are_put_before_others),
        cmocka_unit_test(found_from_any_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
