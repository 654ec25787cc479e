/* SPDX-License-Identifier: MIT */
/* Findings of one sample after the other are episodes: with begin, end and worst moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/found.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/episodes.h"
#include "tcptop/model/sample.h"

static struct episodes all;

static int finish(void **state)
{
    (void)state;
    episodes_fini(&all);
    return 0;
}

/* The doctor looked at second `t`, and this is what it found. */
static void look_at(int t, uint32_t view, const struct finding *f, uint32_t n)
{
    struct sample *s = found_sample(t, n);

    s->netns_view = view;
    for (uint32_t i = 0; i < n; i++)
        s->findings->list[i] = f[i];
    assert_int_equal(episodes_add(&all, s), 0);
    sample_unref(s);
}

/* What the doctor says of a finding at some time. */
struct seen {
    uint64_t key;
    uint8_t severity;
    double figure;
    int since, last; /* s; the second: seen to hold last */
};

static void look(int t, uint32_t view, const struct seen *seen, uint32_t n)
{
    struct finding f[2];

    assert_in_range(n, 0, 2);
    for (uint32_t i = 0; i < n; i++)
        f[i] = (struct finding){.key = seen[i].key,
                                .severity = seen[i].severity,
                                .valid = 2,
                                .value = {0, seen[i].figure},
                                .since_ns = (FOUND_MONO_S + seen[i].since) * NS_PER_S,
                                .since_wall_ns = (FOUND_WALL_S + seen[i].since) * NS_PER_S,
                                .seen_ns = (FOUND_MONO_S + seen[i].last) * NS_PER_S};
    look_at(t, view, f, n);
}

static void expect(uint32_t i, uint64_t key, const int times[3], bool holds)
{
    assert_true(i < all.n);
    const struct episode *e = &all.list[i];

    assert_true(e->worst.key == key);
    assert_int_equal(e->begin_ns / NS_PER_S - FOUND_MONO_S, times[0]);
    assert_int_equal(e->begin_wall_ns / NS_PER_S - FOUND_WALL_S, times[0]);
    assert_int_equal(e->worst_ns / NS_PER_S - FOUND_MONO_S, times[1]);
    assert_int_equal(e->worst_wall_ns / NS_PER_S - FOUND_WALL_S, times[1]);
    assert_int_equal(e->end_ns / NS_PER_S - FOUND_MONO_S, times[2]);
    assert_int_equal(e->end_wall_ns / NS_PER_S - FOUND_WALL_S, times[2]);
    assert_int_equal(e->holds, holds);
}

static void one_ends_when_it_was_seen_last(void **state)
{
    (void)state;
    look(1, 0, &(struct seen){7, SEVERITY_WARNING, 20, 1, 1}, 1);
    look(2, 0, &(struct seen){7, SEVERITY_WARNING, 30, 1, 2}, 1);
    look(3, 0, &(struct seen){7, SEVERITY_WARNING, 25, 1, 3}, 1);
    look(4, 0, &(struct seen){7, SEVERITY_WARNING, 25, 1, 3}, 1); /* not seen, not ended yet */
    expect(0, 7, (const int[]){1, 2, 3}, true);
    assert_int_equal(all.list[0].news, EPISODE_SAME);
    look(5, 0, NULL, 0);
    expect(0, 7, (const int[]){1, 2, 3}, false);
    assert_int_equal(all.list[0].news, EPISODE_ENDED);
    assert_int_equal(episodes_measure(&all.list[0].worst), 1);
}

static void graver_is_worse_than_more(void **state)
{
    (void)state;
    look(1, 0, &(struct seen){7, SEVERITY_WARNING, 90, 1, 1}, 1);
    look(2, 0, &(struct seen){7, SEVERITY_CRITICAL, 50, 1, 2}, 1);
    assert_int_equal(all.list[0].news, EPISODE_GRAVER);
    look(3, 0, &(struct seen){7, SEVERITY_WARNING, 99, 1, 3}, 1);
    expect(0, 7, (const int[]){1, 2, 3}, true);
    assert_int_equal(all.list[0].worst.severity, SEVERITY_CRITICAL);
}

/* Looks at one finding with a count and an age; `cause`: it follows from something. */
static void look_at_age(int t, uint8_t severity, double count, double age, uint8_t advice,
                        uint64_t cause)
{
    const struct finding f = {.key = 7,
                              .severity = severity,
                              .valid = age > 0 ? 3 : 1,
                              .ages = 2,
                              .value = {count, age},
                              .advice = advice,
                              .cause = {.key = cause},
                              .since_ns = (FOUND_MONO_S + 1) * NS_PER_S,
                              .since_wall_ns = (FOUND_WALL_S + 1) * NS_PER_S,
                              .seen_ns = (FOUND_MONO_S + t) * NS_PER_S};

    look_at(t, 0, &f, 1);
}

/* Of moments with the same count the one at which it had lasted longest is told of, since it says
 * most: here for how long nothing was accepted, and what is to be done about that. */
static void of_equal_moments_the_oldest_is_worst(void **state)
{
    (void)state;
    look_at_age(1, SEVERITY_WARNING, 3, 0, 0, 0);
    look_at_age(2, SEVERITY_WARNING, 3, 2, 1, 0);
    look_at_age(3, SEVERITY_WARNING, 3, 18, 2, 0);
    look_at_age(4, SEVERITY_WARNING, 3, 5, 3, 0);
    look_at_age(5, SEVERITY_WARNING, 2, 90, 3, 0);
    expect(0, 7, (const int[]){1, 3, 5}, true);
    assert_int_equal(all.list[0].worst.advice, 2);
}

/* What to do may become known later. */
static void advice_is_taken_when_it_is_known(void **state)
{
    (void)state;
    look_at_age(1, SEVERITY_WARNING, 3, 0, 0, 0);
    look_at_age(2, SEVERITY_WARNING, 3, 0, 4, 0);
    look_at_age(3, SEVERITY_WARNING, 3, 0, 5, 0);
    expect(0, 7, (const int[]){1, 2, 3}, true);
    assert_int_equal(all.list[0].worst.advice, 4);
}

/* That it follows from something else is known only once that is found, and then it was no trouble
 * of its own before. When it goes on without its cause it is. */
static void a_cause_is_found_later(void **state)
{
    (void)state;
    look_at_age(1, SEVERITY_WARNING, 3, 5, 0, 0);
    look_at_age(2, SEVERITY_INFO, 2, 6, 0, 9);
    expect(0, 7, (const int[]){1, 2, 2}, true);
    assert_int_equal(all.list[0].worst.severity, SEVERITY_INFO);
    assert_true(all.list[0].worst.cause.key == 9);
    look_at_age(3, SEVERITY_WARNING, 3, 7, 0, 0);
    expect(0, 7, (const int[]){1, 3, 3}, true);
    assert_int_equal(all.list[0].worst.severity, SEVERITY_WARNING);
}

static void one_that_comes_again_is_another(void **state)
{
    (void)state;
    const struct seen two[] = {{7, SEVERITY_WARNING, 1, 1, 1}, {8, SEVERITY_INFO, 1, 1, 1}};

    look(1, 0, two, 2);
    look(2, 0, two + 1, 1);
    look(3, 0, (const struct seen[]){{7, SEVERITY_WARNING, 1, 3, 3}, two[1]}, 2);
    assert_int_equal(all.n, 3);
    assert_int_equal(all.n_open, 2);
    look(4, 0, &(struct seen){7, SEVERITY_WARNING, 1, 3, 4}, 1);
    episodes_sort(&all);
    expect(0, 7, (const int[]){1, 1, 1}, false);
    expect(1, 8, (const int[]){1, 1, 1}, false);
    expect(2, 7, (const int[]){3, 3, 4}, true);
}

static void those_of_another_recorder_do_not_go_on(void **state)
{
    (void)state;
    look(1, 1, &(struct seen){7, SEVERITY_WARNING, 1, 1, 1}, 1);
    look(9, 2, &(struct seen){7, SEVERITY_WARNING, 1, 9, 9}, 1);
    episodes_sort(&all);
    assert_int_equal(all.n, 2);
    expect(0, 7, (const int[]){1, 1, 1}, true); /* nobody saw it end */
    expect(1, 7, (const int[]){9, 9, 9}, true);
}

static void what_is_told_replaces_what_was(void **state)
{
    (void)state;
    struct episode e = {.worst = {.key = 7}, .begin_ns = 5, .end_ns = 6, .holds = true};

    assert_int_equal(episodes_put(&all, &e), 0);
    e.end_ns = 8;
    e.holds = false;
    assert_int_equal(episodes_put(&all, &e), 0);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.n_open, 0);
    e.begin_ns = 9;
    e.holds = true;
    assert_int_equal(episodes_put(&all, &e), 0);
    e.begin_ns = 12; /* that the one before has ended was lost */
    assert_int_equal(episodes_put(&all, &e), 0);
    assert_int_equal(all.n, 3);
    episodes_drop_ended(&all);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.list[0].begin_ns, 12);
}

/* Ones that go on beside each other are found by their keys, whichever of them end before. */
static void many_end_in_any_order(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct episode e = {.begin_ns = 1, .holds = true};

    for (uint32_t i = 0; i < MANY; i++) {
        e.worst.key = i;
        assert_int_equal(episodes_put(&all, &e), 0);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        e.worst.key = i * 77 % MANY;
        e.end_ns = (int64_t)e.worst.key + 10;
        e.holds = i % 3; /* every third one ends */
        assert_int_equal(episodes_put(&all, &e), 0);
    }
    assert_int_equal(all.n, MANY);
    assert_int_equal(all.n_open, MANY - (MANY + 2) / 3);
    for (uint32_t i = 0; i < all.n; i++) {
        assert_int_equal(all.list[i].holds, i < all.n_open);
        assert_int_equal(all.list[i].end_ns, all.list[i].worst.key + 10);
    }
    episodes_cut(&all);
    e = (struct episode){.worst = {.key = 77}, .begin_ns = 1, .holds = true};
    assert_int_equal(episodes_put(&all, &e), 0);
    assert_int_equal(all.n, MANY + 1);
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    struct episode e = {.worst = {.key = 1}};

    for (uint32_t i = 0; i < EPISODES_MAX + 5; i++) {
        e.worst.key = i + 1;
        assert_int_equal(episodes_put(&all, &e), 0);
    }
    assert_int_equal(all.n, EPISODES_MAX);
    assert_int_equal(all.lost, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_ends_when_it_was_seen_last, finish),
        cmocka_unit_test_teardown(graver_is_worse_than_more, finish),
        cmocka_unit_test_teardown(of_equal_moments_the_oldest_is_worst, finish),
        cmocka_unit_test_teardown(advice_is_taken_when_it_is_known, finish),
        cmocka_unit_test_teardown(a_cause_is_found_later, finish),
        cmocka_unit_test_teardown(one_that_comes_again_is_another, finish),
        cmocka_unit_test_teardown(those_of_another_recorder_do_not_go_on, finish),
        cmocka_unit_test_teardown(what_is_told_replaces_what_was, finish),
        cmocka_unit_test_teardown(many_end_in_any_order, finish),
        cmocka_unit_test_teardown(a_list_has_an_end, finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
