/* SPDX-License-Identifier: MIT */
/* The ring keeps the newest points in order; maxima, changes and rates come from measured points
 * and real times only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tcptop/base/clock.h"
#include "tcptop/model/history.h"

/* A point of second `at` with `n` ESTABLISHED and 10 `n` new connections so far. */
static struct point point(uint64_t at, uint32_t n)
{
    struct point p = {.seq = at, .mono_ns = (int64_t)at * NS_PER_S, .total = n + 1};

    p.count[TCP_STATE_ESTABLISHED] = n;
    p.count[TCP_STATE_BOUND_INACTIVE] = n;
    p.counter_valid = 1u << COUNTER_ACTIVE_OPENS;
    p.counter[COUNTER_ACTIVE_OPENS] = UINT64_C(10) * n;
    return p;
}

static void add(struct history *h, struct point p)
{
    history_add(h, &p);
}

static void keeps_the_newest(void **state)
{
    struct history h, copy = {0};

    (void)state;
    assert_int_equal(history_init(&h, 100), 0);
    assert_null(history_at(&h, 0));
    for (uint32_t i = 1; i <= 250; i++) {
        add(&h, point(i, i));
        assert_int_equal(history_at(&h, 0)->seq, i);
    }
    assert_int_equal(h.len, 100);
    assert_int_equal(history_at(&h, 99)->seq, 151);
    assert_null(history_at(&h, 100));
    assert_int_equal(history_copy(&copy, &h), 0);
    for (uint32_t back = 0; back < 100; back++)
        assert_int_equal(history_at(&copy, back)->seq, 250 - back);
    add(&copy, point(251, 0)); /* the copy is a ring of the same size */
    assert_int_equal(copy.len, 100);
    assert_int_equal(history_at(&copy, 99)->seq, 152);
    assert_int_equal(history_at(&h, 0)->seq, 250);
    history_fini(&copy);
    history_fini(&h);
    assert_int_equal(history_init(&h, 1), 0);
    assert_int_equal(h.cap, HISTORY_SHOWN + 1);
    history_fini(&h);
    assert_int_equal(history_init(&h, 3600 * 100), 0); /* an hour at 10 ms */
    assert_int_equal(h.cap, HISTORY_MAX);
    assert_true(h.cap * sizeof *h.points < 5 << 20);
    history_fini(&h);
}

static void check_equal(const struct history *a, const struct history *b)
{
    assert_int_equal(a->len, b->len);
    for (uint32_t back = 0; back < a->len; back++)
        assert_memory_equal(history_at(a, back), history_at(b, back), sizeof(struct point));
}

/* A copy that is some points behind, or of something else, becomes equal all the same. */
static void copies_catch_up(void **state)
{
    struct history h, other, copy = {0};

    (void)state;
    assert_int_equal(history_init(&h, 100), 0);
    assert_int_equal(history_init(&other, 100), 0);
    for (uint32_t i = 1; i <= 400; i++) {
        add(&h, point(i, i));
        struct point later = point(i, i + 1);
        later.mono_ns++;
        add(&other, later);
        if (i % 3 && i % 130) /* two behind, then more than the ring holds */
            continue;
        if (i > 150 && i < 300)
            continue;
        assert_int_equal(history_copy(&copy, &h), 0);
        check_equal(&copy, &h);
    }
    assert_int_equal(history_copy(&copy, &other), 0);
    check_equal(&copy, &other);
    history_fini(&copy);
    history_fini(&other);
    history_fini(&h);
}

static void maxima_and_changes(void **state)
{
    static const uint32_t counts[] = {5, 9, 3, 7};
    struct point missed = {.seq = 5, .mono_ns = 5 * NS_PER_S, .status = POINT_MISSED, .total = 77};
    struct point partial = point(6, 1);
    struct history h;
    double seconds;
    int64_t change;

    (void)state;
    assert_int_equal(history_init(&h, 60), 0);
    assert_false(history_change(&h, 1, 60, &change, NULL));
    assert_int_equal(history_max(&h, 1, 60), 0);
    for (uint32_t i = 0; i < 4; i++)
        add(&h, point(i + 1, counts[i]));
    assert_int_equal(history_max(&h, 1, 60), 9);
    assert_int_equal(history_max(&h, 1, 2), 7);
    assert_int_equal(history_max(&h, 0, 60), 10);
    assert_true(history_change(&h, 1, 60, &change, &seconds) && change == 2);
    assert_true(history_change(&h, 1, 3, &change, NULL) && change == -2);
    assert_false(history_change(&h, 1, 1, &change, NULL));
    assert_false(
        history_change(&h, TCP_STATE_BOUND_INACTIVE, 60, &change, NULL)); /* not asked for */
    assert_int_equal(history_max(&h, TCP_STATE_BOUND_INACTIVE, 60), 0);
    add(&h, missed);
    partial.status = POINT_PARTIAL;
    add(&h, partial);
    assert_int_equal(history_max(&h, 0, 60), 10);
    /* no guess from a part; the seconds are those between the samples that were compared */
    assert_true(history_change(&h, 1, 60, &change, &seconds) && change == 2);
    assert_true(seconds > 2.99 && seconds < 3.01);
    assert_false(history_change(&h, 1, 3, &change, NULL));
    history_fini(&h);
}

static void rates_by_real_times(void **state)
{
    struct history h;
    double rate;

    (void)state;
    assert_int_equal(history_init(&h, 60), 0);
    assert_int_equal((int)history_span_s(&h, 60), 0);
    add(&h, point(1, 0));
    assert_false(history_rate(&h, COUNTER_ACTIVE_OPENS, 60, &rate));
    add(&h, point(2, 1));
    assert_true(history_rate(&h, COUNTER_ACTIVE_OPENS, 60, &rate));
    assert_true(fabs(rate - 10) < 1e-9);
    add(&h, point(32, 31)); /* the process was stopped for half a minute */
    assert_true(history_rate(&h, COUNTER_ACTIVE_OPENS, 2, &rate));
    assert_true(fabs(rate - 10) < 1e-9);
    assert_true(fabs(history_span_s(&h, 2) - 30) < 1e-9);
    assert_true(fabs(history_span_s(&h, 60) - 31) < 1e-9);
    assert_int_equal((int)history_span_s(&h, 1), 0);
    assert_false(history_rate(&h, COUNTER_PASSIVE_OPENS, 60, &rate)); /* never read */
    add(&h, point(33, 30));                                           /* ran backwards */
    assert_false(history_rate(&h, COUNTER_ACTIVE_OPENS, 60, &rate));
    add(&h, point(34, 31));
    assert_true(history_rate(&h, COUNTER_ACTIVE_OPENS, 2, &rate));
    assert_false(history_rate(&h, COUNTER_ACTIVE_OPENS, 4, &rate)); /* inside the window too */
    add(&h, point(34, 32));                                         /* no time has passed */
    assert_false(history_rate(&h, COUNTER_ACTIVE_OPENS, 2, &rate));
    history_fini(&h);
}

/* A sum of more namespaces is larger, but nothing was opened for that. */
static void no_rates_between_different_sums(void **state)
{
    struct history h;
    double rate;
    struct point three = point(12, 1000);

    (void)state;
    assert_int_equal(history_init(&h, 60), 0);
    add(&h, point(10, 10));
    add(&h, point(11, 11));
    three.netns_set = 3;
    add(&h, three);
    assert_false(history_rate(&h, COUNTER_ACTIVE_OPENS, 60, &rate));
    three.mono_ns += 2 * NS_PER_S;
    three.counter[COUNTER_ACTIVE_OPENS] += 8;
    add(&h, three);
    assert_true(history_rate(&h, COUNTER_ACTIVE_OPENS, 60, &rate));
    assert_true(fabs(rate - 4) < 1e-9);
    add(&h, point(20, 15)); /* as at first: what came between does not count */
    assert_true(history_rate(&h, COUNTER_ACTIVE_OPENS, 60, &rate));
    assert_true(fabs(rate - 5.0) < 1e-9);
    history_fini(&h);
}

static struct point told(uint64_t at, uint64_t ended, uint64_t lost)
{
    struct point p = point(at, 1);

    p.close_events_known = true;
    p.close_stats = (struct close_stats){.ended = ended, .unseen = ended / 2, .lost = lost};
    return p;
}

/* As far back as ends were told without a break; a missed sample is none, the next makes up for it.
 */
static void close_stats_of_the_last_points(void **state)
{
    struct history h;
    struct close_stats d;
    struct point missed = {.seq = 4, .mono_ns = 4 * NS_PER_S, .status = POINT_MISSED};
    double seconds;

    (void)state;
    assert_int_equal(history_init(&h, 100), 0);
    assert_false(history_close_stats(&h, 60, &d, &seconds));
    add(&h, point(1, 1)); /* nothing is told of the time before */
    assert_false(history_close_stats(&h, 60, &d, &seconds));
    add(&h, told(2, 100, 0));
    assert_true(history_close_stats(&h, 60, &d, &seconds));
    assert_int_equal(d.ended, 100);
    assert_true(fabs(seconds - 1) < 1e-9);
    add(&h, told(3, 130, 7));
    add(&h, missed);
    add(&h, told(5, 200, 7));
    assert_true(history_close_stats(&h, 60, &d, &seconds));
    assert_int_equal(d.ended, 200);
    assert_int_equal(d.unseen, 100);
    assert_int_equal(d.lost, 7);
    assert_true(fabs(seconds - 4) < 1e-9);
    assert_true(history_close_stats(&h, 2, &d, &seconds)); /* of the last two points */
    assert_int_equal(d.ended, 70);
    assert_int_equal(d.lost, 0);
    add(&h, point(6, 1));
    assert_false(history_close_stats(&h, 60, &d, &seconds));
    add(&h, told(7, 210, 7));
    assert_true(history_close_stats(&h, 60, &d, &seconds));
    assert_true(fabs(seconds - 1) < 1e-9);
    history_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_newest),
        cmocka_unit_test(copies_catch_up),
        cmocka_unit_test(maxima_and_changes),
        cmocka_unit_test(rates_by_real_times),
        cmocka_unit_test(no_rates_between_different_sums),
        cmocka_unit_test(close_stats_of_the_last_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
