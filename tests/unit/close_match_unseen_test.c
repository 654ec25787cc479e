/* SPDX-License-Identifier: MIT */
/* Ends of what no sample had as it was told: lived between two dumps, seen only as the remnant or
 * the request that it left or came of, told of long after, without a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/closed_events.h"
#include "lib/figures.h"
#include "lib/sample.h"

/* Opened and ended between two dumps. */
static void one_that_no_sample_had(void **state)
{
    struct run *r = *state;
    struct sample *s;
    uint32_t at;

    told_two(r);
    told_sample(r, 2);
    told_end(r, 77, 1000, 2000);
    told_end(r, 78, 10, 20);
    s = told_join(r);
    at = told_row_of(s, 77);
    assert_true(told_is(s, 77, ROW_CLOSED));
    assert_true(s->conn[at].flags & CONN_UNSEEN);
    assert_true(s->conn[at].flags & CONN_NO_OWNER);
    assert_int_equal(s->conn[at].state, TCP_STATE_CLOSE);
    assert_int_equal(s->conn[at].sport, 77);
    assert_int_equal(told_figure(s, 77, METRICS_bytes_received), 2000);
    assert_true(told_row_of(s, 78) < at); /* the newest first */
    assert_int_equal(s->n_closed, 2);
    assert_int_equal(s->closed_total, 0);
    assert_int_equal(s->close_stats.unseen, 2);
    assert_int_equal(s->close_stats.closed, 2);
    assert_int_equal(s->close_stats.unseen_acked, 1010);
    assert_int_equal(s->close_stats.unseen_received, 2020);
    for (int i = 0; i < 6; i++) { /* it fades once, and is not counted again */
        told_sample(r, 2);
        s = told_join(r);
        assert_int_equal(s->close_stats.unseen, 0);
    }
    assert_int_equal(s->n_closed, 0);
    assert_int_equal(s->close_stats_total.unseen, 2);
}

/* Never seen before it was in TIME_WAIT: the remnant has a cookie of its own. */
static void timewait_of_an_unseen_one_is_known_by_its_ends(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 2);
    told_row(r, 501, TCP_STATE_TIME_WAIT);
    told_row(r, 601, TCP_STATE_FIN_WAIT2); /* an orphan whose peer does not close */
    r->next->conn[3].timer = TIMER_TIMEWAIT;
    told_end(r, 80, 1, 1)->sport = 501; /* an earlier connection between the same ends */
    told_end(r, 81, 2, 2)->sport = 501;
    told_end(r, 82, 4, 4)->sport = 601;
    s = told_join(r);
    assert_true(told_is(s, 501, ROW_LIVE));
    assert_true(told_is(s, 601, ROW_LIVE));
    assert_int_equal(s->close_stats.ended, 3);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_int_equal(s->close_stats.unseen_acked, 1); /* the last one left the remnant */
    assert_true(told_is(s, 80, ROW_CLOSED));
}

/* The kernel tells from a queue: on a busy host long after the sample that had the remnant first.
 */
static void timewait_is_told_of_late(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    for (int i = 0; i < 3; i++) {
        told_sample(r, 2);
        told_row(r, 501, TCP_STATE_TIME_WAIT);
        told_join(r);
    }
    told_sample(r, 2);
    told_row(r, 501, TCP_STATE_TIME_WAIT);
    told_end(r, 81, 2, 2)->sport = 501;
    s = told_join(r);
    assert_int_equal(s->close_stats.ended, 1);
    assert_int_equal(s->close_stats.unseen, 0);
    told_sample(r, 2); /* each remnant is of one socket only */
    told_row(r, 501, TCP_STATE_TIME_WAIT);
    told_end(r, 80, 1, 1)->sport = 501;
    s = told_join(r);
    assert_int_equal(s->close_stats.unseen, 1);
}

/* A new connection took the remnant's place before the kernel told of either (tcp_tw_reuse). Late
 * or very late, whoever is told of first: two sockets ended, two remnants, nothing was unseen. */
static void remnant_makes_way_before_it_is_told_of(void **state)
{
    struct run *r = *state;

    for (unsigned late = 0; late < 6; late++) {
        told_two(r);
        told_sample(r, 2);
        told_row(r, 501, TCP_STATE_TIME_WAIT);
        told_join(r);
        for (unsigned i = 0; i <= late + 2; i++) {
            told_sample(r, 2);
            told_row(r, 502, TCP_STATE_TIME_WAIT);
            r->next->conn[2].sport = 501;
            if (i == late)
                told_end(r, 80, 1, 1)->sport = 501;
            if (i == late / 2)
                told_end(r, 81, 2, 2)->sport = 501;
            told_join(r);
        }
        assert_int_equal(r->next->close_stats_total.ended, 2);
        assert_int_equal(r->next->close_stats_total.unseen, 0);
        assert_int_equal(r->next->close_stats_total.closed, 1); /* the first remnant */
        told_teardown(state);
        told_setup(state);
    }
}

/* The dump after the event missed the remnant, which then shows up: it is not counted as a
 * connection that no sample had any more, and once when it goes. */
static void remnant_that_a_dump_missed_shows_up(void **state)
{
    struct run *r = *state;

    told_two(r);
    told_sample(r, 2);
    told_end(r, 80, 7, 9)->sport = 501;
    assert_int_equal(told_join(r)->close_stats.unseen, 1);
    told_sample(r, 2);
    told_row(r, 501, TCP_STATE_TIME_WAIT);
    told_end(r, 78, 10, 10);
    told_end(r, 79, 10, 10);
    assert_int_equal(told_join(r)->close_stats.unseen, 1); /* two, less the one */
    for (int i = 0; i < 3; i++) {
        told_sample(r, 2);
        told_join(r);
    }
    assert_int_equal(r->next->close_stats_total.unseen, 2);
    assert_int_equal(r->next->close_stats_total.unseen_acked, 20);
    assert_int_equal(r->next->close_stats_total.closed, 3);
}

/* The socket had a cookie, which the remnant has copied: the row that was listed as closed is the
 * remnant, and is counted neither as closed nor as unseen any more. */
static void remnant_with_the_cookie_of_its_event_shows_up(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 2);
    told_end(r, 80, 7, 9);
    assert_int_equal(told_join(r)->close_stats.unseen, 1);
    told_sample(r, 2);
    told_row(r, 80, TCP_STATE_TIME_WAIT);
    told_end(r, 78, 10, 20);
    told_end(r, 79, 10, 20);
    s = told_join(r);
    assert_true(told_is(s, 80, ROW_LIVE));
    assert_int_equal(s->closed_total, 0);
    assert_int_equal(s->close_stats_total.ended, 3);
    assert_int_equal(s->close_stats_total.closed, 2);
    assert_int_equal(s->close_stats_total.unseen, 2);
    assert_int_equal(s->close_stats_total.unseen_acked, 20);
    assert_int_equal(s->close_stats_total.unseen_received, 40);
    for (int i = 0; i < 3; i++) { /* it is counted once when it goes */
        told_sample(r, 2);
        s = told_join(r);
    }
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->close_stats_total.closed, 3);
    assert_int_equal(s->close_stats_total.unseen, 2);
}

/* Missed twice, closed, faded, forgotten, and only then told of. */
static void closed_row_is_told_of_late(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    for (int i = 0; i < 9; i++) {
        told_sample(r, 1);
        s = told_join(r);
    }
    assert_int_equal(told_row_of(s, 2), NONE);
    told_sample(r, 1);
    told_end(r, 2, 9, 9);
    told_end(r, 77, 1, 1);
    s = told_join(r);
    assert_int_equal(s->close_stats.ended, 2);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_int_equal(s->close_stats_total.closed, 2);
    assert_int_equal(told_row_of(s, 2), NONE);
}

/* The socket that came of a request was told of by a cookie of its own, at once or late. */
static void request_is_told_of_by_its_ends(void **state)
{
    struct run *r = *state;
    struct sample *s;

    for (unsigned late = 0; late < 5; late++) {
        told_two(r);
        told_row(r, 700, TCP_STATE_SYN_RECV);
        told_row(r, 701, TCP_STATE_SYN_RECV);
        for (unsigned i = 0; i <= 5; i++) {
            told_sample(r, 2);
            if (i == late) {
                told_end(r, 80, 1, 1)->sport = 700;
                told_end(r, 81, 2, 2)->sport = 700; /* a request is of one socket only */
                told_end(r, 82, 4, 4)->sport = 900;
            }
            s = told_join(r);
        }
        assert_int_equal(s->closed_total, 2);
        assert_int_equal(s->close_stats_total.ended, 3);
        assert_int_equal(s->close_stats_total.unseen, 2);
        assert_int_equal(s->close_stats_total.closed, 2 + 2);
        told_teardown(state);
        told_setup(state);
    }
}

/* Between the same ends a minute later there may be another connection. */
static void request_is_not_told_of_for_ever(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_row(r, 700, TCP_STATE_SYN_RECV);
    for (unsigned i = 0; i < 62; i++) {
        told_sample(r, 1);
        s = told_join(r);
    }
    told_sample(r, 1);
    told_end(r, 80, 1, 1)->sport = 700;
    s = told_join(r);
    assert_int_equal(s->close_stats.unseen, 1);
}

/* The dump had passed the place where the remnant then was: only the next one has it. */
static void told_during_the_dump(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 2);
    told_end(r, 70, 1, 1);
    builder_of(r->next)->events_before_dump = 1;
    told_end(r, 80, 2, 2)->sport = 501;
    told_end(r, 81, 4, 4);
    s = told_join(r);
    assert_int_equal(s->close_stats.ended, 3);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_true(told_is(s, 70, ROW_CLOSED));
    assert_int_equal(told_row_of(s, 81), NONE);
    told_sample(r, 2);
    told_row(r, 501, TCP_STATE_TIME_WAIT);
    s = told_join(r);
    assert_int_equal(s->close_stats.ended, 0);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_int_equal(s->close_stats.unseen_acked, 4);
    assert_true(told_is(s, 81, ROW_CLOSED));
    assert_true(s->conn[told_row_of(s, 81)].flags & CONN_UNSEEN);
    assert_int_equal(told_figure(s, 81, METRICS_bytes_received), 4);
    told_sample(r, 2); /* it waited for one sample, no longer */
    s = told_join(r);
    assert_int_equal(s->close_stats_total.unseen, 2);
}

/* The same ends, open again: that is another connection. */
static void an_open_row_between_the_same_ends_is_another(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 2);
    told_row(r, 501, TCP_STATE_ESTABLISHED);
    told_end(r, 80, 1, 1)->sport = 501;
    s = told_join(r);
    assert_int_equal(s->close_stats.unseen, 1);
}

static void nameless_end_is_believed_only_by_its_cookie(void **state)
{
    struct run *r = *state;
    struct sample *s;
    struct tcp_metrics *metrics;

    told_sample(r, 0)->needs = NEED_TCP_INFO;
    told_row(r, 1, TCP_STATE_ESTABLISHED);
    told_row(r, 2, TCP_STATE_ESTABLISHED);
    metrics = &r->next->metrics[1];
    figure_set(metrics, METRICS_bytes_acked, 333);
    told_join(r);
    told_sample(r, 1);
    told_nameless(r, 2);
    told_nameless(r, 90); /* refused, reset, or never connected: who can tell */
    s = told_join(r);
    assert_true(told_is(s, 2, ROW_CLOSED));
    assert_int_equal(s->conn[told_row_of(s, 2)].src[0], 10);
    assert_int_equal(s->conn[told_row_of(s, 2)].wqueue, 0);
    assert_int_equal(told_figure(s, 2, METRICS_bytes_acked), 333); /* the last that was sampled */
    assert_int_equal(told_row_of(s, 90), NONE);
    assert_int_equal(s->close_stats.ended, 1);
    assert_int_equal(s->close_stats.unseen, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_setup, told_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_that_no_sample_had),
        TEST(timewait_of_an_unseen_one_is_known_by_its_ends),
        TEST(timewait_is_told_of_late),
        TEST(remnant_makes_way_before_it_is_told_of),
        TEST(remnant_that_a_dump_missed_shows_up),
        TEST(remnant_with_the_cookie_of_its_event_shows_up),
        TEST(closed_row_is_told_of_late),
        TEST(request_is_told_of_by_its_ends),
        TEST(request_is_not_told_of_for_ever),
        TEST(told_during_the_dump),
        TEST(an_open_row_between_the_same_ends_is_another),
        TEST(nameless_end_is_believed_only_by_its_cookie),
    };
    return cmocka_run_group_tests_name("endings_unseen", tests, NULL, NULL);
}
