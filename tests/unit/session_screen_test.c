/* SPDX-License-Identifier: MIT */
/* The parts of the screen: focus, strip, pane, overlays, and what a click means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/stage.h"

static void tab_goes_round_the_parts_that_are_there(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 80, 24, -1);
    stage_sample(&st);
    assert_string_equal(probe_focus(st.session), "table"); /* where it begins */
    stage_keys(&st, "Tab");
    assert_string_equal(probe_focus(st.session), "states"); /* the brief pane shows all it has */
    stage_keys(&st, "S-Tab");
    assert_string_equal(probe_focus(st.session), "table");
    session_resize(st.session, 20, 6); /* no room for chips */
    stage_keys(&st, "Tab");
    assert_string_equal(probe_focus(st.session), "table");
    stage_close(&st);
}

static void pane_gets_the_focus_when_it_hides_lines(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 100, 30, -1);
    stage_add(&st, TCP_STATE_TIME_WAIT, 100, 200);
    stage_sample(&st);
    stage_keys(&st, "Tab");
    assert_string_equal(probe_focus(st.session), "pane");
    assert_string_equal(probe_subject(st.session), "table");
    stage_keys(&st, "Down");
    assert_int_equal(probe_pane_top(st.session, TCP_STATE_TIME_WAIT), 1);
    stage_keys(&st, "Up Up");
    assert_int_equal(probe_pane_top(st.session, TCP_STATE_TIME_WAIT), 0);
    stage_keys(&st, "]");
    assert_true(probe_pane_top(st.session, TCP_STATE_TIME_WAIT) > 1);
    session_resize(st.session, 80, 24);
    assert_string_equal(probe_focus(st.session), "table");
    stage_close(&st);
}

static void overlay_pane_scrolls_and_closes(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "w Down Down");
    assert_int_equal(probe_pane_top(st.session, TCP_STATE_ESTABLISHED), 2);
    assert_false(probe_is_bound(st.session));
    stage_keys(&st, "Esc");
    assert_string_equal(probe_pane(st.session), "normal");
    stage_keys(&st, "w q");
    assert_string_equal(probe_pane(st.session), "normal");
    assert_false(session_quit(st.session));
    stage_close(&st);
}

static void state_list_moves_and_chooses_states(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 80, 24, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_add(&st, TCP_STATE_TIME_WAIT, 3000, 5000);
    stage_sample(&st);
    stage_keys(&st, "Tab Enter"); /* the state of the first row is chosen */
    assert_string_equal(probe_filter(st.session), "state:TIME_WAIT");
    assert_int_equal(probe_rows(st.session), 1);
    stage_keys(&st, "Home");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_LISTEN);
    stage_keys(&st, "Enter");
    assert_string_equal(probe_filter(st.session), "state:LISTEN");
    stage_keys(&st, "Right");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_FIN_WAIT1);
    stage_keys(&st, "End");
    assert_int_equal(probe_state_list_state(st.session), 0);
    stage_keys(&st, "Enter");
    assert_string_equal(probe_filter(st.session), "");
    session_resize(st.session, 120, 34); /* one column has no place for "all" */
    assert_int_not_equal(probe_state_list_state(st.session), 0);
    stage_close(&st);
}

static void details_say_whose_queue_a_connection_waits_in(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 80, 24, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_add(&st, TCP_STATE_ESTABLISHED, 22, 5000);
    stage_add(&st, TCP_STATE_ESTABLISHED, 23, 5001);
    st.conn[0].inode = 9;
    st.conn[1].inode = st.conn[2].inode = 0; /* nobody listens on the port of the second one */
    stage_sample(&st);
    stage_keys(&st, "Home Enter");
    unsigned seen = 0;
    for (int i = 0; i < 3; i++) {
        bool waits = stage_shows(&st, "waits for accept()");
        assert_int_equal(waits, stage_shows(&st, "10.0.0.1:22 ") && stage_shows(&st, ":5000 "));
        seen += waits;
        stage_keys(&st, "Right");
    }
    assert_int_equal(seen, 1);
    stage_close(&st);
}

static void chips_pass_over_states_that_nobody_is_in(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 60, 20, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_add(&st, TCP_STATE_TIME_WAIT, 3000, 5000);
    stage_sample(&st);
    stage_keys(&st, "Tab Left");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_LISTEN);
    stage_keys(&st, "Right");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_TIME_WAIT);
    stage_keys(&st, "Right");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_TIME_WAIT);
    stage_close(&st);
}

static void overlays_scroll_within_their_lines(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    session_resize(st.session, 40, 10);
    stage_keys(&st, "? Down");
    assert_int_equal(probe_overlay_top(st.session), 1);
    stage_keys(&st, "End ]");
    assert_int_equal(probe_overlay_top(st.session), probe_overlay_end(st.session));
    stage_keys(&st, "Home");
    assert_int_equal(probe_overlay_top(st.session), 0);
    stage_keys(&st, "Esc Enter ]");
    assert_string_equal(probe_overlay(st.session), "details");
    assert_int_equal(probe_overlay_top(st.session), 4); /* half of what is shown */
    stage_keys(&st, "Up");
    assert_int_equal(probe_overlay_top(st.session), 3);
    assert_int_equal(probe_details(st.session)->sport, 100);
    stage_keys(&st, "Esc s");
    assert_true(probe_overlay_cursor(st.session) >= probe_overlay_top(st.session));
    stage_keys(&st, "End");
    assert_int_equal(probe_overlay_cursor(st.session), probe_menu_lines(st.session) - 1);
    assert_true(probe_overlay_top(st.session) > 0);
    stage_close(&st);
}

/* A closed row that still fades takes a line of the table, but no place among what is counted. */
static void details_count_the_living(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_remove(&st, 100);
    stage_samples(&st, 2);
    assert_int_equal(probe_rows(st.session), 20);
    stage_keys(&st, "End Enter");
    assert_non_null(strstr(stage_text(&st, 1), "19 of 19"));
    stage_close(&st);
}

static void details_stay_after_the_end(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Enter");
    assert_string_equal(probe_overlay(st.session), "details");
    assert_int_equal(probe_details(st.session)->sport, 100);
    stage_keys(&st, "Right");
    assert_int_equal(probe_details(st.session)->sport, 110);
    stage_remove(&st, 110);
    stage_samples(&st, 8);
    assert_string_equal(probe_overlay(st.session), "details");
    assert_int_equal(probe_details(st.session)->sport, 110);
    stage_keys(&st, "c");
    assert_string_equal(session_copy(st.session), "10.0.0.1:110  192.0.2.1:40001");
    stage_keys(&st, "Esc");
    assert_string_equal(probe_overlay(st.session), "none");
    stage_close(&st);
}

/* In the details s and t copy what ss and tcpdump select the connection by. */
static void details_copy_commands(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Enter s");
    assert_string_equal(probe_overlay(st.session), "details");
    const char *copied = session_copy(st.session);
    assert_non_null(copied);
    assert_non_null(strstr(copied, "ss -tanpi 'src 10.0.0.1:100 and dst 192.0.2.1:"));
    stage_keys(&st, "t");
    copied = session_copy(st.session);
    assert_non_null(copied);
    assert_non_null(strstr(copied, "tcpdump -ni any 'tcp and host 10.0.0.1 and 192.0.2.1"));
    assert_null(session_copy(st.session));
    stage_keys(&st, "Esc s"); /* elsewhere s is the menu */
    assert_string_equal(probe_overlay(st.session), "sort");
    stage_close(&st);
}

static void figures_first_seen_are_sampled_at_once(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    struct request req;
    bool now;
    assert_true(session_request(st.session, &req, &now));
    assert_false(now);
    assert_false(req.needs & NEED_TCP_INFO);
    stage_keys(&st, "Enter");
    assert_true(session_request(st.session, &req, &now));
    assert_true(now);
    assert_true(req.needs & NEED_TCP_INFO);
    assert_int_equal(req.n_watched, 1);
    assert_true(conn_same(&req.watched[0], probe_details(st.session)));
    stage_keys(&st, "Esc"); /* it goes on being followed, so that it has its history */
    assert_true(session_request(st.session, &req, &now));
    assert_false(now);
    assert_true(req.needs & NEED_TCP_INFO);
    for (unsigned i = 0; i < 6; i++) /* the last four are */
        stage_keys(&st, "Down Enter Esc");
    session_request(st.session, &req, &now);
    assert_int_equal(req.n_watched, 4);
    for (uint32_t i = 0; i < req.n_watched; i++)
        assert_true(req.watched[i].sport >= 130);
    stage_close(&st);
}

/* A state is broken down while the pane has room for the table, that state alone, and with it the
 * owners are asked for. */
static void only_what_the_pane_shows_is_broken_down(void **state)
{
    (void)state;
    struct stage st;
    struct request req;
    bool now;
    stage_open_twenty(&st); /* 80 x 24: the pane is brief */
    assert_int_equal(probe_breakdown_state(st.session), 0);
    stage_keys(&st, "w"); /* over the body */
    assert_int_equal(probe_breakdown_state(st.session), TCP_STATE_ESTABLISHED);
    assert_int_equal(probe_breakdown_rows(st.session), 20);
    assert_ptr_equal(probe_breakdown_sample(st.session), st.last);
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_OWNER);
    stage_change(&st, 100, TCP_STATE_CLOSE_WAIT);
    stage_sample(&st); /* it comes first, and the parked cursor follows the top */
    assert_int_equal(probe_breakdown_state(st.session), TCP_STATE_CLOSE_WAIT);
    assert_int_equal(probe_breakdown_rows(st.session), 1);
    stage_keys(&st, "w w"); /* brief again */
    assert_int_equal(probe_breakdown_state(st.session), 0);
    session_resize(st.session, 120, 34);
    for (int i = 0; i < 12 && probe_state_list_state(st.session) != TCP_STATE_CLOSE_WAIT; i++)
        stage_keys(&st, "Up");
    assert_int_equal(probe_breakdown_state(st.session), TCP_STATE_CLOSE_WAIT);
    assert_int_equal(probe_breakdown_rows(st.session), 1);
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_TCP_INFO); /* the time since the peer's FIN */
    stage_keys(&st, "w w");                 /* none */
    assert_int_equal(probe_breakdown_state(st.session), 0);
    stage_close(&st);
}

static void clicks_and_the_wheel_mean_what_is_drawn(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    int x, first, state_list;
    stage_find(&st, "10.0.0.1:100 ", &x, &first);
    stage_mouse(&st, 10, first + 4, MOUSE_CLICK);
    assert_int_equal(probe_port(st.session), 140);
    stage_mouse(&st, 10, first, MOUSE_WHEEL_DOWN);
    assert_int_equal(probe_top(st.session), 3);
    assert_int_equal(probe_port(st.session), 140);
    stage_mouse(&st, 10, first, MOUSE_WHEEL_DOWN);
    assert_int_equal(probe_port(st.session), 160);
    stage_find(&st, "LISTEN", &x, &state_list);
    stage_mouse(&st, x, state_list, MOUSE_CLICK);
    assert_string_equal(probe_focus(st.session), "states");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_LISTEN);
    int head;
    stage_find(&st, "Remote Address", &x, &head);
    stage_mouse(&st, x, head, MOUSE_CLICK);
    assert_int_equal(probe_sort_column(st.session), COL_REMOTE);
    stage_close(&st);
}

static void click_on(struct stage *st, const char *words)
{
    int x, y;

    stage_find(st, words, &x, &y);
    stage_mouse(st, x, y, MOUSE_CLICK);
}

static void what_names_a_key_is_a_button(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    session_resize(st.session, 120, 34);
    click_on(&st, "? help");
    assert_string_equal(probe_overlay(st.session), "help");
    click_on(&st, "Esc back");
    assert_string_equal(probe_overlay(st.session), "none");
    click_on(&st, "L 한국어");
    assert_int_equal(text_language(), LANG_KO);
    click_on(&st, "L English");
    assert_int_equal(text_language(), LANG_EN);
    click_on(&st, "s sort");
    assert_string_equal(probe_overlay(st.session), "sort");
    stage_keys(&st, "Esc");
    click_on(&st, "p pause");
    assert_true(probe_paused(st.session));
    int x, y;
    stage_find(&st, "p resume", &x, &y);
    stage_keys(&st, "F"); /* a message stands where the keys were */
    assert_true(stage_says(&st, "follow off"));
    stage_mouse(&st, x, y, MOUSE_CLICK);
    assert_true(probe_paused(st.session));
    stage_mouse(&st, x, y, MOUSE_CLICK);
    assert_false(probe_paused(st.session));
    stage_close(&st);
}

static void a_double_click_opens(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    int x, y;
    stage_find(&st, "10.0.0.1:140 ", &x, &y);
    stage_mouse(&st, x, y, MOUSE_CLICK);
    stage_wait(&st, 1000); /* too late for a second one */
    stage_mouse(&st, x, y, MOUSE_CLICK);
    stage_mouse(&st, x + 1, y, MOUSE_CLICK); /* another cell */
    assert_string_equal(probe_overlay(st.session), "none");
    stage_mouse(&st, x + 1, y, MOUSE_CLICK);
    assert_string_equal(probe_overlay(st.session), "details");
    assert_int_equal(probe_details(st.session)->sport, 140);
    stage_keys(&st, "Esc");
    click_on(&st, "LISTEN");
    assert_string_equal(probe_filter(st.session), "");
    click_on(&st, "LISTEN");
    assert_string_equal(probe_filter(st.session), "state:LISTEN");
    stage_close(&st);
}

static void v_puts_talkers_first(void **state)
{
    (void)state;
    struct stage st;
    int x, y, now_y;
    stage_open_twenty(&st);
    stage_keys(&st, "End v");
    stage_find(&st, "▸", &x, &y); /* on the first row, whichever that is by now */
    stage_keys(&st, "Up");
    stage_find(&st, "▸", &x, &now_y);
    assert_int_equal(now_y, y);
    assert_int_equal(probe_sort_column(st.session), COL_RATE);
    assert_true(probe_sort_descending(st.session));
    assert_true(stage_shows(&st, "TX+RX/s▾"));
    struct request req;
    bool now;
    session_request(st.session, &req, &now);
    assert_int_equal(req.needs & NEED_RATES, NEED_RATES);
    stage_keys(&st, "t Home Down Down Down Enter"); /* of groups it is the sum */
    assert_true(probe_is_grouped(st.session));
    stage_keys(&st, "v");
    assert_true(stage_shows(&st, "TX/s ▾"));
    assert_true(probe_group_figure(st.session) >= GROUP_SUM);
    stage_close(&st);
}

/* Without the focus in the table, too, the pane is about what `l` and `e` leave. */
static void the_pane_follows_l_and_e(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    stage_keys(&st, "Tab");
    assert_string_equal(probe_subject(st.session), "states");
    stage_keys(&st, "l");
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_LISTEN);
    stage_keys(&st, "e");
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_ESTABLISHED);
    stage_close(&st);
}

static void lost_events_are_told_once(void **state)
{
    (void)state;
    struct stage st;
    stage_open_twenty(&st);
    st.lost = 212;
    stage_sample(&st);
    assert_true(stage_says(&st, "212 close events lost"));
    stage_keys(&st, "Down"); /* a key takes it away */
    stage_sample(&st);
    assert_string_equal(probe_message(st.session), "");
    st.lost = 1500; /* a storm: not at every sample, but all of them */
    stage_samples(&st, 10);
    assert_string_equal(probe_message(st.session), "");
    st.lost = 2212;
    for (int i = 0; i < 60 && !probe_message(st.session)[0]; i++)
        stage_sample(&st);
    assert_true(stage_says(&st, "2,000 close events lost"));
    stage_samples(&st, 100);
    assert_string_equal(probe_message(st.session), "");
    stage_close(&st);
}

/* The details of a listener tell what it dropped; of one that was not asked about, nothing. */
static void details_tell_what_a_listener_dropped(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 80, 24, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_sample(&st);
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "0 waiting"));
    assert_true(stage_shows(&st, "Dropped      –"));
    drops_add(&st.last->drops, st.last->conn[0].cookie, st.last->conn[0].netns, 34);
    assert_true(stage_shows(&st, "Dropped      34"));
    assert_false(stage_shows(&st, "in the last"));
    st.last->drops.at[0].compared = true;
    st.last->drops.at[0].grown = 17;
    st.last->drops.span_ns = NS_PER_S;
    assert_true(stage_shows(&st, "Dropped      34, 17 in the last 1.0 s"));
    stage_close(&st);
}

/* Who is connected to a listener, what listens beside it, and that nothing is wrong with it. */
static void details_tell_who_connects_to_a_listener(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 120, 34, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_sample(&st);
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "Listens on   this address only"));
    assert_true(stage_shows(&st, "Accept queue 0 waiting"));
    assert_false(stage_shows(&st, "Clients"));
    assert_false(stage_shows(&st, "Same port"));
    for (unsigned i = 0; i < 12; i++) {
        stage_add(&st, i < 2 ? TCP_STATE_ESTABLISHED : TCP_STATE_TIME_WAIT, 22, 1000 + i);
        if (i >= 3) /* nine more addresses of one connection each */
            st.conn[st.n - 1].dst[3] = (uint8_t)(i + 10);
    }
    stage_add(&st, TCP_STATE_ESTABLISHED, 23, 1000); /* of no concern */
    stage_sample(&st);
    assert_true(stage_shows(&st, "Connections  ESTABLISHED 2 TIME_WAIT 10"));
    assert_true(stage_shows(&st, "Clients      192.0.2.1        3  ESTABLISHED 2 TIME_WAIT 1"));
    assert_true(stage_shows(&st, "and 3 more addresses")); /* the last of eight lines */
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    st.conn[st.n - 1].src[0] = 127;
    stage_sample(&st);
    assert_true(stage_shows(&st, "Same port    127.0.0.1:22"));
    stage_close(&st);
}

/* On a busy host a sample takes far longer than the CPU time that it costs: the header tells the
 * interval in force, and cost and share by the same clock. */
static void header_tells_the_cost_by_one_clock(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 160, 24, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_sample(&st);
    st.last->asked_interval_ms = 1000;
    st.last->interval_ms = 2200;
    st.last->cost_ns = NS_PER_S * 21 / 10;
    st.last->cpu_ns = 440 * NS_PER_MS;
    assert_true(stage_shows(&st, "every 2.2 s (asked 1.0 s)"));
    assert_true(stage_shows(&st, "CPU 440 ms, 20%"));
    stage_close(&st);
}

/* Of two tempos both are said, at every width; wide enough, both states whose rows are older. */
static void header_tells_both_tempos(void **state)
{
    static const struct {
        int w;
        const char *says[LANG_COUNT];
    } at[] = {
        {160,
         {"every 1.0 s, ESTABLISHED and TIME_WAIT every 8.5 s",
          "간격 1.0초, ESTABLISHED·TIME_WAIT 8.5초"}},
        {100, {"every 1.0 s, ESTABLISHED every 8.5 s", "간격 1.0초, ESTABLISHED 8.5초"}},
        {80, {"every 1.0 s, ESTABLISHED every 8.5 s", "간격 1.0초, ESTABLISHED 8.5초"}},
        {64, {"every 1.0 s/8.5 s", "간격 1.0초, ESTABLISHED 8.5초"}},
        {50, {"1.0 s/8.5 s", "1.0초/8.5초"}},
    };
    (void)state;
    for (unsigned lang = 0; lang < LANG_COUNT; lang++) {
        for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
            struct stage st;
            stage_open(&st, at[i].w, 24, -1);
            text_use((enum language)lang);
            stage_add(&st, TCP_STATE_LISTEN, 22, 0);
            stage_sample(&st);
            assert_false(stage_shows(&st, "8.5"));
            st.last->full_interval_ms = 8500;
            assert_true(stage_shows(&st, at[i].says[lang]));
            st.last->interval_ms = 1400;
            st.last->asked_interval_ms = 1000;
            assert_true(
                at[i].w < 160 || lang ||
                stage_shows(&st, "every 1.4 s (asked 1.0 s), ESTABLISHED and TIME_WAIT every"));
            stage_close(&st);
        }
    }
    text_use(LANG_EN);
}

/* What a full sample costs is spread over the time until the next one. */
static void header_spreads_the_cost_of_a_full_sample(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 160, 24, -1);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_sample(&st);
    st.last->full_interval_ms = 8000;
    st.last->cpu_ns = 880 * NS_PER_MS;
    assert_true(stage_shows(&st, "CPU 880 ms, 11%"));
    st.last->left_out = BRIEF_LEFT_OUT;
    st.last->cpu_ns = 120 * NS_PER_MS;
    assert_true(stage_shows(&st, "CPU 120 ms, 12%"));
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tab_goes_round_the_parts_that_are_there),
        cmocka_unit_test(pane_gets_the_focus_when_it_hides_lines),
        cmocka_unit_test(overlay_pane_scrolls_and_closes),
        cmocka_unit_test(state_list_moves_and_chooses_states),
        cmocka_unit_test(details_say_whose_queue_a_connection_waits_in),
        cmocka_unit_test(chips_pass_over_states_that_nobody_is_in),
        cmocka_unit_test(overlays_scroll_within_their_lines),
        cmocka_unit_test(details_count_the_living),
        cmocka_unit_test(details_stay_after_the_end),
        cmocka_unit_test(details_copy_commands),
        cmocka_unit_test(figures_first_seen_are_sampled_at_once),
        cmocka_unit_test(only_what_the_pane_shows_is_broken_down),
        cmocka_unit_test(clicks_and_the_wheel_mean_what_is_drawn),
        cmocka_unit_test(what_names_a_key_is_a_button),
        cmocka_unit_test(a_double_click_opens),
        cmocka_unit_test(v_puts_talkers_first),
        cmocka_unit_test(the_pane_follows_l_and_e),
        cmocka_unit_test(lost_events_are_told_once),
        cmocka_unit_test(details_tell_what_a_listener_dropped),
        cmocka_unit_test(details_tell_who_connects_to_a_listener),
        cmocka_unit_test(header_tells_the_cost_by_one_clock),
        cmocka_unit_test(header_tells_both_tempos),
        cmocka_unit_test(header_spreads_the_cost_of_a_full_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
