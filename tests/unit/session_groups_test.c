/* SPDX-License-Identifier: MIT */
/* Groups on the screen: the menu, the group under the cursor stays there, unfolding and folding,
 * opening as a filter and going back, orders, the end of a group, what is copied, found and
 * written; and the same by the worker while the old view stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/stage.h"

#define DEEPEST 8 /* groups opened one in the other */

static struct stage st;

/* Six connections to three ports of the peer: 443 three times, 80 twice, 22 once. */
static void people(void)
{
    stage_add(&st, TCP_STATE_ESTABLISHED, 1001, 443);
    stage_add(&st, TCP_STATE_ESTABLISHED, 1002, 80);
    stage_add(&st, TCP_STATE_TIME_WAIT, 1003, 443);
    stage_add(&st, TCP_STATE_CLOSE_WAIT, 1004, 22);
    stage_add(&st, TCP_STATE_ESTABLISHED, 1005, 80);
    stage_add(&st, TCP_STATE_ESTABLISHED, 1006, 443);
}

static int set_up(void **state)
{
    (void)state;
    stage_open(&st, 80, 24, -1);
    people();
    stage_sample(&st);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close(&st);
    return 0;
}

/* By the menu, as a person does it. */
static void group_by(enum column_id by)
{
    stage_keys(&st, "t Home");
    assert_string_equal(probe_overlay(st.session), "group");
    while (probe_menu(st.session) != by)
        stage_keys(&st, "Down");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_overlay(st.session), "none");
}

static const char *lines(void)
{
    return probe_lines(st.session);
}

static unsigned selected_group(void)
{
    return probe_group(st.session);
}

static void the_menu_chooses(void **state)
{
    (void)state;
    stage_keys(&st, "F5");
    assert_string_equal(probe_overlay(st.session), "group");
    assert_int_equal(probe_menu_at(st.session, 0), COL_COUNT);
    assert_int_equal(probe_overlay_cursor(st.session), 1);
    stage_keys(&st, "Esc");
    assert_int_equal(probe_group_by(st.session), -1);
    group_by(COL_REMOTE_PORT);
    assert_string_equal(lines(), "443 80 22");
    assert_true(stage_shows(&st, "SOCKETS  6   3 groups by RPort, change from now on"));
    assert_true(stage_shows(&st, "ESTABLISHED 2 TIME_WAIT 1"));
    assert_int_equal(selected_group(), 0); /* the cursor is parked */
    group_by(COL_STATE);
    assert_string_equal(lines(), "ESTABLISHED CLOSE_WAIT TIME_WAIT");
    stage_keys(&st, "t Home Enter");
    assert_int_equal(probe_group_by(st.session), -1);
    assert_int_equal(probe_rows(st.session), 6);
}

static void the_group_under_the_cursor_stays_there(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down");
    assert_int_equal(selected_group(), 80);
    assert_int_equal(probe_cursor_line(st.session), 1);
    for (unsigned i = 0; i < 3; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 2000 + i, 22);
    stage_sample(&st);
    assert_string_equal(lines(), "22 443 80");
    assert_int_equal(selected_group(), 80);
    assert_int_equal(probe_cursor(st.session), 2);
    stage_keys(&st, "Home");
    assert_false(probe_is_bound(st.session));
    stage_sample(&st);
    assert_int_equal(probe_cursor(st.session), 0);
}

static void a_group_that_ends_fades_and_makes_way(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down");
    stage_remove(&st, 1002);
    stage_remove(&st, 1005);
    stage_samples(&st, 2);
    assert_string_equal(lines(), "443 22 80"); /* its rows fade, it has none */
    assert_int_equal(selected_group(), 80);
    stage_samples(&st, 5);
    assert_string_equal(lines(), "443 22");
    assert_int_equal(selected_group(), 22);
    stage_sample(&st);
    assert_int_equal(selected_group(), 22);
}

static void its_end_is_said(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down Down");
    stage_remove(&st, 1004);
    for (int i = 0; i < 8 && !probe_message(st.session)[0]; i++)
        stage_sample(&st);
    assert_true(stage_says(&st, "the group is gone"));
    assert_int_equal(selected_group(), 80);
}

static void unfold_and_fold(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down Right");
    assert_string_equal(lines(), "443 80 1002 1005 22");
    assert_int_equal(selected_group(), 80);
    stage_keys(&st, "Right");
    assert_string_equal(lines(), "443 80 1002 1005 22");
    stage_keys(&st, "Up Space"); /* the line above grows: the cursor's stays */
    assert_string_equal(lines(), "443 1001 1006 1003 80 1002 1005 22");
    stage_keys(&st, "Down Down Down Down Down");
    assert_int_equal(probe_port(st.session), 1002);
    assert_int_equal(selected_group(), 0);
    stage_add(&st, TCP_STATE_CLOSE_WAIT, 1000, 443);
    stage_sample(&st);
    assert_string_equal(lines(), "443 1000 1001 1006 1003 80 1002 1005 22");
    assert_int_equal(probe_port(st.session), 1002);
    stage_keys(&st, "Left"); /* to its group */
    assert_int_equal(selected_group(), 80);
    stage_keys(&st, "Left"); /* which folds */
    assert_string_equal(lines(), "443 1000 1001 1006 1003 80 22");
    assert_int_equal(selected_group(), 80);
    stage_keys(&st, "Home Space");
    assert_string_equal(lines(), "443 80 22");
    group_by(COL_STATE);
    stage_keys(&st, "Home Right");
    assert_string_equal(lines(), "ESTABLISHED 1001 1002 1005 1006 CLOSE_WAIT TIME_WAIT");
}

static void a_row_that_moves_to_a_folded_group(void **state)
{
    (void)state;
    group_by(COL_STATE);
    stage_keys(&st, "Right Down Down");
    assert_int_equal(probe_port(st.session), 1002);
    stage_change(&st, 1002, TCP_STATE_TIME_WAIT);
    stage_sample(&st);
    assert_string_equal(lines(), "ESTABLISHED 1001 1005 1006 TIME_WAIT CLOSE_WAIT");
    assert_true(stage_says(&st, "is in another group now"));
    assert_int_equal(probe_port(st.session), 1005);
}

static void rows_below_have_details_and_pins(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down Right Down Enter");
    assert_string_equal(probe_overlay(st.session), "details");
    assert_int_equal(probe_details(st.session)->sport, 1002);
    stage_keys(&st, "Right");
    assert_int_equal(probe_details(st.session)->sport, 1005);
    stage_keys(&st, "Right"); /* the next line is a group: the details stay */
    assert_string_equal(probe_overlay(st.session), "details");
    assert_int_equal(probe_details(st.session)->sport, 1005);
    stage_sample(&st);
    assert_int_equal(probe_details(st.session)->sport, 1005);
    stage_keys(&st, "Esc Space");
    assert_int_equal(probe_pinned(st.session), 1);
    assert_string_equal(lines(), "443 80 1002 1005 22");
    stage_sample(&st);
    assert_int_equal(probe_pinned(st.session), 1);
    stage_keys(&st, "Esc");
    assert_int_equal(probe_pinned_rows(st.session), 1);
    assert_int_equal(probe_port_at(st.session, 0), 1005);
}

static void open_as_a_filter_and_go_back(void **state)
{
    (void)state;
    stage_keys(&st, "/");
    stage_type(&st, "lport>1002 or state:cw");
    stage_keys(&st, "Enter");
    group_by(COL_REMOTE_PORT);
    assert_string_equal(lines(), "443 22 80");
    stage_keys(&st, "Down Down Right Left Up Enter");
    assert_string_equal(probe_filter(st.session), "(lport>1002 or state:cw) remote_port:22");
    assert_int_equal(probe_group_by(st.session), -1);
    assert_string_equal(lines(), "1004");
    assert_true(stage_shows(&st, "back to the groups"));
    group_by(COL_STATE); /* deeper */
    stage_keys(&st, "Enter");
    assert_string_equal(probe_filter(st.session),
                        "(lport>1002 or state:cw) remote_port:22 state:CLOSE_WAIT");
    stage_keys(&st, "Esc");
    assert_string_equal(probe_filter(st.session), "(lport>1002 or state:cw) remote_port:22");
    assert_int_equal(probe_group_by(st.session), COL_STATE);
    stage_keys(&st, "Esc");
    assert_string_equal(probe_filter(st.session), "lport>1002 or state:cw");
    assert_int_equal(probe_group_by(st.session), COL_REMOTE_PORT);
    assert_int_equal(selected_group(), 22);
    assert_int_equal(probe_cursor(st.session), 1);
    stage_keys(&st, "Esc"); /* then the filter, then the groups */
    assert_string_equal(probe_filter(st.session), "");
    assert_int_equal(probe_group_by(st.session), COL_REMOTE_PORT);
    stage_keys(&st, "Esc");
    assert_int_equal(probe_group_by(st.session), -1);
    assert_true(stage_says(&st, "t groups again"));
    stage_keys(&st, "Esc");
}

static void the_unfolded_are_unfolded_on_return(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Right Down Down Down Down Enter");
    assert_string_equal(probe_filter(st.session), "remote_port:80");
    group_by(COL_LOCAL_PORT);
    stage_keys(&st, "Right Esc");
    assert_string_equal(lines(), "443 1001 1006 1003 80 22");
    assert_int_equal(selected_group(), 80);
    assert_int_equal(probe_cursor_line(st.session), 4);
}

static void what_is_not_known_is_a_group_too(void **state)
{
    (void)state;
    st.conn[2].flags = CONN_NO_OWNER;
    stage_sample(&st);
    group_by(COL_UID);
    assert_string_equal(lines(), "0 –");
    stage_keys(&st, "Down Enter");
    assert_string_equal(probe_filter(st.session), "uid:-");
    assert_string_equal(lines(), "1003");
}

static void orders(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "r");
    assert_string_equal(lines(), "22 80 443");
    stage_keys(&st, "<"); /* by the value */
    assert_string_equal(lines(), "22 80 443");
    assert_int_equal(probe_group_figure(st.session), GROUP_KEY);
    stage_keys(&st, "I");
    assert_string_equal(lines(), "443 80 22");
    stage_keys(&st, "s");
    assert_string_equal(probe_overlay(st.session), "group sort");
    assert_int_equal(probe_overlay_cursor(st.session), GROUP_KEY);
    assert_true(stage_shows(&st, "SORT GROUPS BY"));
    stage_keys(&st, "Down Enter");
    assert_int_equal(probe_group_figure(st.session), GROUP_COUNT);
    assert_string_equal(lines(), "443 80 22");
    /* on a row the same keys are about rows */
    stage_keys(&st, "Home Right Down s");
    assert_string_equal(probe_overlay(st.session), "sort");
    stage_keys(&st, "Esc r");
    assert_string_equal(lines(), "443 1003 1006 1001 80 22");
}

static void the_pane_is_about_what_most_of_a_group_is_in(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_ESTABLISHED);
    stage_keys(&st, "Down Up");
    assert_int_equal(selected_group(), 443);
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_ESTABLISHED);
    stage_keys(&st, "Down Down");
    assert_int_equal(selected_group(), 22);
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_CLOSE_WAIT);
    stage_keys(&st, "Tab"); /* the list of states */
    assert_int_equal(probe_pane_state(st.session), probe_state_list_state(st.session));
}

static void groups_have_heads_and_so_have_their_rows(void **state)
{
    (void)state;
    int x, y, count_x;
    group_by(COL_REMOTE_PORT);
    stage_find(&st, "Count ▾", &count_x, &y);
    stage_find(&st, "▾  change", &x, &y); /* the title has the word, too */
    x += 3;
    stage_mouse(&st, x, y, MOUSE_CLICK);
    assert_int_equal(probe_group_figure(st.session), GROUP_CHANGE);
    stage_mouse(&st, x, y + 2, MOUSE_CLICK);
    assert_int_equal(selected_group(), 80);
    assert_false(stage_shows(&st, "Remote Address"));
    stage_keys(&st, "Home Right");
    assert_true(stage_shows(&st, "Count"));
    stage_keys(&st, "Down"); /* the heads stay where they are, whatever is under the cursor */
    assert_true(stage_shows(&st, "Count"));
    int remote_x, rows_y;
    stage_find(&st, "Remote Address", &remote_x, &rows_y);
    assert_int_equal(rows_y, y + 2); /* below the group */
    assert_non_null(strstr(stage_text(&st, rows_y + 1), "10.0.0.1:100"));
    stage_mouse(&st, count_x, y, MOUSE_CLICK);
    assert_int_equal(probe_group_figure(st.session), GROUP_COUNT);
    stage_find(&st, "Remote Address", &remote_x, &rows_y); /* the groups stand in another order */
    stage_mouse(&st, remote_x, rows_y, MOUSE_CLICK);
    assert_int_equal(probe_sort_column(st.session), COL_REMOTE);
}

static void changes_begin_anew_with_another_question(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_add(&st, TCP_STATE_ESTABLISHED, 1007, 22);
    stage_sample(&st);
    int64_t change;
    assert_true(probe_group_change(st.session, 22, &change));
    assert_int_equal(change, 1);
    stage_keys(&st, "r"); /* another order is the same question */
    assert_true(probe_group_change(st.session, 22, &change));
    assert_int_equal(change, 1);
    stage_keys(&st, "e");
    assert_false(probe_group_change(st.session, 22, &change));
}

static void copied_and_found(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "c");
    assert_string_equal(session_copy(st.session), "443  3  ESTABLISHED 2  TIME_WAIT 1");
    stage_keys(&st, "F3");
    stage_type(&st, "22");
    stage_keys(&st, "Enter");
    assert_int_equal(selected_group(), 22);
    stage_keys(&st, "Home Right F3 ^u");
    stage_type(&st, ":1003");
    stage_keys(&st, "Enter");
    assert_int_equal(probe_port(st.session), 1003);
}

static void export_writes_the_groups(void **state)
{
    (void)state;
    char dir[] = "/tmp/session_groups.XXXXXX", path[64], text[1024] = "";
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/groups.csv", dir);
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Right x");
    stage_type(&st, path);
    stage_keys(&st, "Enter");
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    rmdir(dir);
    assert_true(stage_says(&st, "rows written: 3"));
    assert_int_equal(strncmp(text, "remote_port,total,LISTEN,", 25), 0);
    assert_non_null(strstr(text, "\n443,3,0,0,0,2,0,0,0,0,0,1,,,,\n80,2,"));
}

static void only_what_is_shown_is_sampled(void **state)
{
    (void)state;
    struct request req;
    bool now;
    probe_set_columns(st.session, (const enum column_id[]){COL_LOCAL, COL_STATE, COL_RTT}, 3);
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_TCP_INFO);
    group_by(COL_STATE);
    session_request(st.session, &req, &now);
    assert_false(req.needs & NEED_TCP_INFO); /* no round-trip time of a group */
    stage_keys(&st, "Right");
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_TCP_INFO);
    stage_keys(&st, "Left f Home"); /* the chooser: tick what can be summed */
    while (probe_menu(st.session) != COL_BYTES_ACKED)
        stage_keys(&st, "Down");
    stage_keys(&st, "Space Enter");
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_TCP_INFO); /* a sum, drawn */
}

static void limits_are_said(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 3000 + i, 5000 + i);
    stage_sample(&st);
    group_by(COL_LOCAL_PORT);
    for (unsigned i = 0; i < GROUPS_UNFOLDED_MAX; i++)
        stage_keys(&st, "Right Down Down");
    assert_int_equal(probe_unfolded(st.session), GROUPS_UNFOLDED_MAX);
    assert_string_equal(probe_message(st.session), "");
    stage_keys(&st, "Right");
    assert_true(stage_says(&st, "fold one first"));
    for (unsigned i = 0; i < DEEPEST; i++) {
        group_by(COL_STATE);
        stage_keys(&st, "Enter");
        assert_int_equal(probe_opened(st.session), i + 1);
    }
    group_by(COL_STATE);
    stage_keys(&st, "Enter");
    assert_true(stage_says(&st, "go back first"));
    for (unsigned i = 0; i < DEEPEST; i++)
        stage_keys(&st, "Esc");
    assert_int_equal(probe_opened(st.session), 0);
    assert_string_equal(probe_filter(st.session), "");
}

static void started_with_groups(void **state)
{
    (void)state;
    struct ui_settings settings = st.settings;
    struct session *session;
    settings.group_by = COL_REMOTE_PORT;
    settings.group_sort = (struct group_sort){GROUP_KEY, false};
    assert_int_equal(session_new(&session, &settings, -1, true, false), 0);
    session_sample(session, sample_ref(st.last), st.now_ns);
    struct session *before = st.session;
    st.session = session;
    assert_string_equal(lines(), "22 80 443");
    st.session = before;
    session_free(session);
}

/* Every sample is a large one. */
static int wake_fd;

static void by_the_worker(void **state)
{
    (void)state;
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    stage_open(&st, 80, 24, wake_fd);
    probe_set_large(st.session, 1, 2);
    people();
    stage_sample(&st);
    while (!probe_shown(st.session))
        stage_let_work(&st);
    assert_string_equal(lines(), "1004 1001"); /* the first rows */
    group_by(COL_REMOTE_PORT);
    assert_string_equal(lines(), "1004 1001"); /* they stand */
    assert_true(stage_shows(&st, "updating"));
    while (probe_updating(st.session))
        stage_let_work(&st);
    assert_string_equal(lines(), "443 80 22");
    assert_false(probe_is_partial(st.session));
    stage_keys(&st, "Down Right");
    while (probe_updating(st.session))
        stage_let_work(&st);
    assert_string_equal(lines(), "443 80 1002 1005 22");
    assert_int_equal(selected_group(), 80);
    stage_keys(&st, "Enter");
    stage_keys(&st, "Esc"); /* before any answer */
    while (probe_updating(st.session))
        stage_let_work(&st);
    assert_string_equal(lines(), "443 80 1002 1005 22");
    assert_int_equal(selected_group(), 80);
    assert_string_equal(probe_filter(st.session), "");
    /* groups that stand although they were taken off are only looked at */
    stage_keys(&st, "Esc s");
    assert_true(probe_is_grouped(st.session));
    assert_string_equal(probe_overlay(st.session), "sort");
    assert_true(stage_shows(&st, "SORT BY"));
    stage_keys(&st, "Esc Enter Left Space");
    assert_int_equal(probe_opened(st.session), 0);
    assert_int_equal(probe_unfolded(st.session), 0);
    while (probe_updating(st.session))
        stage_let_work(&st);
    assert_false(probe_is_grouped(st.session));
    stage_close(&st);
    close(wake_fd);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_menu_chooses),
        TEST(the_group_under_the_cursor_stays_there),
        TEST(a_group_that_ends_fades_and_makes_way),
        TEST(its_end_is_said),
        TEST(unfold_and_fold),
        TEST(a_row_that_moves_to_a_folded_group),
        TEST(rows_below_have_details_and_pins),
        TEST(open_as_a_filter_and_go_back),
        TEST(the_unfolded_are_unfolded_on_return),
        TEST(what_is_not_known_is_a_group_too),
        TEST(orders),
        TEST(the_pane_is_about_what_most_of_a_group_is_in),
        TEST(groups_have_heads_and_so_have_their_rows),
        TEST(changes_begin_anew_with_another_question),
        TEST(copied_and_found),
        TEST(export_writes_the_groups),
        TEST(only_what_is_shown_is_sampled),
        TEST(limits_are_said),
        TEST(started_with_groups),
        cmocka_unit_test(by_the_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
