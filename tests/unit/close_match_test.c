/* SPDX-License-Identifier: MIT */
/* Ends of sockets that samples had, joined with the next ones in every order: told before or after
 * the row was missed, for a row still there, for one in TIME_WAIT, twice, among very many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/closed_events.h"
#include "lib/sample.h"
#include "tcptop/model/predicate.h"

static void known_one_is_closed_at_its_first_miss(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    told_end(r, 2, 500, 70);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_int_equal(s->n_missing, 0);
    assert_int_equal(s->conn[told_row_of(s, 2)].state, TCP_STATE_ESTABLISHED); /* its last values */
    assert_int_equal(s->times[told_row_of(s, 2)].changed_ds, s->now_ds);
    assert_int_equal(told_figure(s, 2, METRICS_bytes_acked), 500);
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->close_stats.ended, 1);
    assert_int_equal(s->close_stats.closed, 1);
    assert_int_equal(s->close_stats.unseen, 0);
    told_sample(r, 1); /* it fades, with its figures */
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_int_equal(told_figure(s, 2, METRICS_bytes_received), 70);
    assert_int_equal(s->close_stats.ended, 0);
    assert_int_equal(s->close_stats_total.ended, 1);
}

static void told_before_the_row_is_missed(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 2); /* the dump met it just before it ended */
    told_end(r, 2, 500, 70);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_LIVE));
    assert_int_equal(s->close_stats.ended, 1);
    told_sample(r, 1);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_int_equal(told_figure(s, 2, METRICS_bytes_acked), 500);
    assert_int_equal(s->close_stats_total.ended, 1);
    assert_int_equal(s->close_stats_total.unseen, 0);
}

static void told_after_the_row_was_missed(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    assert_true(told_is(told_join(r), 2, ROW_MISSING));
    told_sample(r, 1);
    told_end(r, 2, 9, 9);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_int_equal(s->close_stats_total.closed, 1);
    assert_int_equal(s->close_stats_total.unseen, 0);
}

static void told_after_the_row_was_presumed(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    for (int misses = 0; misses < 2; misses++) {
        told_sample(r, 1);
        told_join(r);
    }
    assert_true(told_is(r->next, 2, ROW_CLOSED));
    told_sample(r, 1);
    told_end(r, 2, 9, 9);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_int_equal(s->n_closed, 1);
    assert_int_equal(told_figure(s, 2, METRICS_bytes_acked), 9);
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->close_stats_total.unseen, 0);
}

static void told_twice_counts_once(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    told_end(r, 2, 5, 5);
    told_end(r, 2, 5, 5);
    told_end(r, 77, 1, 1);
    told_end(r, 77, 1, 1);
    s = told_join(r);
    assert_int_equal(s->n_closed, 2);
    assert_int_equal(s->close_stats.ended, 2);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_int_equal(s->close_stats.unseen_acked, 1);
}

/* The end that closed first: its row goes on, with the cookie if a sample had it before. */
static void seen_one_goes_on_in_time_wait(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    told_row(r, 2, TCP_STATE_TIME_WAIT);
    told_end(r, 2, 5, 5);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_LIVE));
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->close_stats.ended, 1);
    assert_int_equal(s->close_stats.closed, 0);
    told_sample(r, 1); /* nor is one miss of the remnant a death */
    assert_true(told_is(told_join(r), 2, ROW_MISSING));
}

/* The end told late, when the row is in TIME_WAIT already and this dump misses it. */
static void late_end_does_not_kill_the_timewait(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    told_row(r, 2, TCP_STATE_TIME_WAIT);
    r->next->conn[1].timer = TIMER_TIMEWAIT;
    r->next->conn[1].expires_ms = 59000;
    told_join(r);
    told_sample(r, 1);
    told_end(r, 2, 5, 5);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_MISSING));
    assert_int_equal(s->close_stats.unseen, 0);
}

static void listener_dies_at_once_and_is_no_connection(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_sample(r, 0);
    told_row(r, 5, TCP_STATE_LISTEN);
    r->next->conn[0].dport = 0;
    told_join(r);
    told_sample(r, 0);
    told_nameless(r, 5);
    s = told_join(r);
    assert_true(told_is(s, 5, ROW_CLOSED));
    assert_int_equal(s->close_stats.ended, 0);
    assert_int_equal(s->close_stats.closed, 1);
}

static void partial_sample_believes_an_end(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 0)->status = SAMPLE_PARTIAL;
    told_end(r, 2, 5, 5);
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_true(told_is(s, 1, ROW_MISSING));
}

static void rows_kept_are_bounded_all_are_counted(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    for (uint64_t i = 0; i < 40000; i++)
        told_end(r, 1000 + i, 3, 1);
    told_end(r, 2, 5, 5); /* a row dies among them */
    s = told_join(r);
    assert_int_equal(s->n_closed, SAMPLE_CLOSED_MAX);
    assert_true(told_is(s, 2, ROW_CLOSED)); /* which has its place first */
    assert_int_equal(s->close_stats.ended, 40001);
    assert_int_equal(s->close_stats.unseen, 40000);
    assert_int_equal(s->close_stats.unseen_acked, 120000);
    assert_true(told_is(s, 40999, ROW_CLOSED));
    assert_int_equal(told_row_of(s, 1000), NONE);
}

static void rows_without_cookies_are_left_alone(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 0);
    told_row(r, 0, TCP_STATE_ESTABLISHED);
    r->next->conn[0].flags = CONN_NO_COOKIE;
    told_end(r, 77, 1, 1);
    s = told_join(r);
    assert_false(s->close_events_known);
    assert_int_equal(s->close_stats.unseen, 0);
}

static void only_what_passes_is_counted(void **state)
{
    struct run *r = *state;
    struct predicate p = {0};
    struct filter_term t = {.kind = TERM_PORT, .side = SIDE_LOCAL, .lo = 77, .hi = 77};
    struct sample *s;

    assert_int_equal(predicate_term(&p, &t), 0);
    told_two(r);
    builder_of(told_sample(r, 1))->count_only = &p;
    told_end(r, 2, 5, 5);
    told_end(r, 77, 1, 2);
    told_end(r, 78, 1, 2);
    s = told_join(r);
    assert_int_equal(s->close_stats.closed, 1);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_int_equal(s->close_stats.unseen_received, 2);
    assert_int_equal(s->close_stats.ended, 3);
    predicate_fini(&p);
}

/* What is told with the first sample is of a time that nobody asked about. */
static void first_sample_counts_nothing(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_sample(r, 1);
    told_end(r, 77, 1, 1);
    s = told_join(r);
    assert_int_equal(s->close_stats_total.ended, 0);
    assert_int_equal(s->n_closed, 0);
}

/* Other connections, other namespaces: the same cookie there is another socket. */
static void namespaces_are_told_apart(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 1);
    told_end(r, 2, 1, 1)->netns = 3;
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_MISSING));
    assert_int_equal(s->close_stats.unseen, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_setup, told_teardown)
    const struct CMUnitTest tests[] = {
        TEST(known_one_is_closed_at_its_first_miss),
        TEST(told_before_the_row_is_missed),
        TEST(told_after_the_row_was_missed),
        TEST(told_after_the_row_was_presumed),
        TEST(told_twice_counts_once),
        TEST(seen_one_goes_on_in_time_wait),
        TEST(late_end_does_not_kill_the_timewait),
        TEST(listener_dies_at_once_and_is_no_connection),
        TEST(partial_sample_believes_an_end),
        TEST(rows_kept_are_bounded_all_are_counted),
        TEST(rows_without_cookies_are_left_alone),
        TEST(only_what_passes_is_counted),
        TEST(first_sample_counts_nothing),
        TEST(namespaces_are_told_apart),
    };
    return cmocka_run_group_tests_name("endings", tests, NULL, NULL);
}
