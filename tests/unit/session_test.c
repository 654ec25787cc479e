/* SPDX-License-Identifier: MIT */
/* The selection: a parked cursor, a bound connection that keeps its screen line, what happens when
 * it ends or is filtered away; pause, failed samples, pins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "lib/stage.h"

#define PAGE 10 /* rows of the table at 80×24 */

static void parked_cursor_follows_the_top(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_add(&st, TCP_STATE_ESTABLISHED, 50, 40100);
    stage_sample(&st);
    assert_false(probe_is_bound(st.session));
    assert_int_equal(probe_top(st.session), 0);
    assert_int_equal(probe_port(st.session), 50);
    stage_keys(&st, "Up");
    assert_false(probe_is_bound(st.session));
    stage_close(&st);
}

static void bound_row_keeps_its_line(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down");
    assert_int_equal(probe_port(st.session), 130);
    stage_add(&st, TCP_STATE_ESTABLISHED, 50, 40100);
    stage_add(&st, TCP_STATE_ESTABLISHED, 60, 40101);
    stage_sample(&st);
    assert_int_equal(probe_port(st.session), 130);
    assert_int_equal(probe_cursor_line(st.session), 3);
    assert_int_equal(probe_cursor(st.session), 5);
    stage_close(&st);
}

static int screen_line(const struct stage *st)
{
    return probe_screen_line(st->session, probe_cursor(st->session));
}

static void rows_of_two_lines_do_not_move_the_selection(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down Down Down");
    int line = screen_line(&st);
    stage_add(&st, TCP_STATE_ESTABLISHED, 125, 40100);
    struct conn *c = &st.conn[st.n - 1];
    c->family = AF_INET6; /* too long for the widths chosen at the first sample */
    memset(c->src, 0x21, sizeof(c->src));
    memset(c->dst, 0x22, sizeof(c->dst));
    stage_sample(&st);
    assert_int_equal(probe_port(st.session), 150);
    assert_int_equal(screen_line(&st), line);
    assert_int_equal(probe_cursor_line(st.session), 4);
    stage_remove(&st, 125);
    stage_samples(&st, 8);
    assert_int_equal(probe_port(st.session), 150);
    assert_int_equal(screen_line(&st), line);
    assert_int_equal(probe_cursor_line(st.session), 5);
    stage_close(&st);
}

static void at_the_ends_the_line_moves(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down");
    stage_remove(&st, 100);
    stage_remove(&st, 110);
    stage_samples(&st, 8);
    assert_int_equal(probe_port(st.session), 130);
    assert_int_equal(probe_cursor_line(st.session), 1);

    stage_keys(&st, "End Up");
    assert_int_equal(probe_port(st.session), 280);
    assert_int_equal(probe_cursor_line(st.session), PAGE - 2);
    stage_remove(&st, 290);
    stage_samples(&st, 8);
    assert_int_equal(probe_port(st.session), 280);
    assert_int_equal(probe_cursor_line(st.session), PAGE - 1);
    stage_close(&st);
}

static void closed_row_stays_until_it_has_faded(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down");
    stage_remove(&st, 130);
    stage_samples(&st, 2);
    assert_int_equal(probe_port(st.session), 130);
    assert_string_equal(probe_message(st.session), "");
    stage_samples(&st, 6);
    assert_int_equal(probe_port(st.session), 140);
    assert_int_equal(probe_cursor_line(st.session), 3);
    assert_true(probe_is_bound(st.session));
    stage_close(&st);
}

static void the_footer_says_that_it_has_gone(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down");
    stage_remove(&st, 130);
    for (unsigned i = 0; i < 10 && probe_port(st.session) == 130; i++)
        stage_sample(&st);
    assert_true(stage_says(&st, "10.0.0.1:130"));
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), 4000);
    stage_wait(&st, 4000);
    assert_string_equal(probe_message(st.session), "");
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), -1);
    stage_close(&st);
}

static void the_last_row_leaves_a_parked_cursor(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 80, 24, -1);
    stage_add(&st, TCP_STATE_ESTABLISHED, 100, 200);
    stage_sample(&st);
    stage_keys(&st, "Down");
    assert_true(probe_is_bound(st.session));
    stage_remove(&st, 100);
    for (unsigned i = 0; i < 10 && probe_rows(st.session); i++)
        stage_sample(&st);
    assert_false(probe_is_bound(st.session));
    assert_true(stage_says(&st, "was the last row"));
    stage_add(&st, TCP_STATE_ESTABLISHED, 110, 200);
    stage_sample(&st);
    assert_false(probe_is_bound(st.session));
    stage_close(&st);
}

static void without_follow_the_line_stays(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down F");
    stage_add(&st, TCP_STATE_ESTABLISHED, 50, 40100);
    stage_sample(&st);
    assert_int_equal(probe_cursor(st.session), 3);
    assert_int_equal(probe_port(st.session), 120);
    stage_keys(&st, "F");
    stage_add(&st, TCP_STATE_ESTABLISHED, 60, 40101);
    stage_sample(&st);
    assert_int_equal(probe_port(st.session), 120);
    stage_close(&st);
}

static void home_and_g_park(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "End");
    assert_int_equal(probe_port(st.session), 290);
    assert_int_equal(probe_top(st.session), 20 - PAGE);
    stage_keys(&st, "Home");
    assert_false(probe_is_bound(st.session));
    stage_keys(&st, "G g");
    assert_false(probe_is_bound(st.session));
    assert_int_equal(probe_top(st.session), 0);
    stage_close(&st);
}

static void pages_and_half_pages(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down PgDn");
    assert_int_equal(probe_cursor(st.session), 1 + PAGE);
    assert_int_equal(probe_cursor_line(st.session), 1);
    stage_keys(&st, "^b ^d");
    assert_int_equal(probe_cursor(st.session), 1 + PAGE / 2);
    stage_keys(&st, "^u");
    assert_int_equal(probe_cursor(st.session), 1);
    stage_keys(&st, "PgDn PgDn PgDn");
    assert_int_equal(probe_port(st.session), 290);
    stage_close(&st);
}

static void selection_survives_a_filter_that_hides_it(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down /");
    stage_type(&st, "lport:200");
    assert_int_equal(probe_rows(st.session), 1);
    assert_false(probe_is_bound(st.session));
    stage_keys(&st, "Esc");
    assert_true(probe_is_bound(st.session));
    assert_int_equal(probe_port(st.session), 130);
    stage_close(&st);
}

static void leaving_the_filter_is_said(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "e Down Down");
    stage_change(&st, 120, TCP_STATE_TIME_WAIT);
    stage_sample(&st);
    assert_int_equal(probe_port(st.session), 130);
    assert_true(stage_says(&st, "no longer passes the filter"));
    stage_close(&st);
}

static void pause_stands_still_while_sampling_goes_on(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "p");
    assert_true(probe_paused(st.session));
    stage_add(&st, TCP_STATE_ESTABLISHED, 50, 40100);
    stage_samples(&st, 2);
    assert_int_equal(probe_rows(st.session), 20);
    assert_ptr_equal(probe_newest(st.session), st.last);
    stage_keys(&st, "r");
    assert_int_equal(probe_port_at(st.session, 0), 290);
    stage_keys(&st, "p");
    assert_int_equal(probe_rows(st.session), 21);
    assert_ptr_equal(probe_shown(st.session), st.last);
    stage_close(&st);
}

static void failed_sample_leaves_the_last_one(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_fail(&st);
    assert_int_equal(probe_rows(st.session), 20);
    assert_int_equal(probe_newest(st.session)->status, SAMPLE_FAILED);
    stage_keys(&st, "r");
    assert_int_equal(probe_rows(st.session), 20);
    stage_close(&st);
}

static void pinned_rows_stand_first(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Down Down Down Space");
    assert_int_equal(probe_port_at(st.session, 0), 130);
    assert_int_equal(probe_port(st.session), 130);
    stage_keys(&st, "Down Space");
    assert_int_equal(probe_port_at(st.session, 1), 100);
    stage_sample(&st);
    assert_int_equal(probe_pinned_rows(st.session), 2);
    assert_int_equal(probe_port_at(st.session, 2), 110);
    stage_remove(&st, 130);
    stage_samples(&st, 8);
    assert_int_equal(probe_pinned(st.session), 1);
    assert_int_equal(probe_port_at(st.session, 0), 100);
    stage_keys(&st, "Home Space");
    assert_int_equal(probe_pinned(st.session), 0);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parked_cursor_follows_the_top),
        cmocka_unit_test(bound_row_keeps_its_line),
        cmocka_unit_test(rows_of_two_lines_do_not_move_the_selection),
        cmocka_unit_test(at_the_ends_the_line_moves),
        cmocka_unit_test(closed_row_stays_until_it_has_faded),
        cmocka_unit_test(the_footer_says_that_it_has_gone),
        cmocka_unit_test(the_last_row_leaves_a_parked_cursor),
        cmocka_unit_test(without_follow_the_line_stays),
        cmocka_unit_test(home_and_g_park),
        cmocka_unit_test(pages_and_half_pages),
        cmocka_unit_test(selection_survives_a_filter_that_hides_it),
        cmocka_unit_test(leaving_the_filter_is_said),
        cmocka_unit_test(pause_stands_still_while_sampling_goes_on),
        cmocka_unit_test(failed_sample_leaves_the_last_one),
        cmocka_unit_test(pinned_rows_stand_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
