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
    stage_keys(&st, "Tab");
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
    assert_int_equal(st.ui->overlay, OVERLAY_GROUP);
    while (st.ui->menu[st.ui->overlay_cursor] != by)
        stage_keys(&st, "Down");
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->overlay, OVERLAY_NONE);
}

/* The lines of the list: groups as "443", rows below them as "1001". */
static const char *lines(void)
{
    static char text[256];
    struct str out = STR_INIT;
    const struct row_view *l = st.session->list;
    for (uint32_t i = 0; i < l->rows.n; i++) {
        uint32_t line = l->rows.row[i];
        str_add(&out, i ? " " : "");
        if (line_is_group(line))
            groups_format(&l->groups, l->sample, line_group(line), &out);
        else
            str_addf(&out, "%u", l->sample->conn[line].sport);
    }
    snprintf(text, sizeof text, "%s", str_text(&out));
    str_fini(&out);
    return text;
}

/* The selected group's number, 0 when a connection or nothing is selected. */
static unsigned selected_group(void)
{
    return st.ui->bound && st.ui->on_group ? (unsigned)st.ui->group.number : 0;
}

static void the_menu_chooses(void **state)
{
    (void)state;
    stage_keys(&st, "F5");
    assert_int_equal(st.ui->overlay, OVERLAY_GROUP);
    assert_int_equal(st.ui->menu[0], COL_COUNT);
    assert_int_equal(st.ui->overlay_cursor, 1);
    stage_keys(&st, "Esc");
    assert_int_equal(st.ui->group_by, -1);
    group_by(COL_REMOTE_PORT);
    assert_string_equal(lines(), "443 80 22");
    assert_true(stage_shows(&st, "CONNECTIONS  6   3 groups by FPort"));
    assert_true(stage_shows(&st, "ESTAB 2 TWAIT 1"));
    assert_int_equal(selected_group(), 0); /* the cursor is parked */
    group_by(COL_STATE);
    assert_string_equal(lines(), "ESTABLISHED CLOSE_WAIT TIME_WAIT");
    stage_keys(&st, "t Home Enter");
    assert_int_equal(st.ui->group_by, -1);
    assert_int_equal(st.session->list->rows.n, 6);
}

static void the_group_under_the_cursor_stays_there(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down");
    assert_int_equal(selected_group(), 80);
    assert_int_equal(stage_line(&st), 1);
    for (unsigned i = 0; i < 3; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 2000 + i, 22);
    stage_sample(&st);
    assert_string_equal(lines(), "22 443 80");
    assert_int_equal(selected_group(), 80);
    assert_int_equal(st.ui->cursor, 2);
    stage_keys(&st, "Home");
    assert_false(st.ui->bound);
    stage_sample(&st);
    assert_int_equal(st.ui->cursor, 0);
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
    for (int i = 0; i < 8 && !st.ui->message[0]; i++)
        stage_sample(&st);
    assert_non_null(strstr(st.ui->message, "the group is gone"));
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
    assert_int_equal(stage_port(&st), 1002);
    assert_int_equal(selected_group(), 0);
    stage_add(&st, TCP_STATE_CLOSE_WAIT, 1000, 443);
    stage_sample(&st);
    assert_string_equal(lines(), "443 1000 1001 1006 1003 80 1002 1005 22");
    assert_int_equal(stage_port(&st), 1002);
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
    assert_int_equal(stage_port(&st), 1002);
    stage_change(&st, 1002, TCP_STATE_TIME_WAIT);
    stage_sample(&st);
    assert_string_equal(lines(), "ESTABLISHED 1001 1005 1006 TIME_WAIT CLOSE_WAIT");
    assert_non_null(strstr(st.ui->message, "is in another group now"));
    assert_int_equal(stage_port(&st), 1005);
}

static void rows_below_have_details_and_pins(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Down Right Down Enter");
    assert_int_equal(st.ui->overlay, OVERLAY_DETAILS);
    assert_int_equal(st.ui->details.sport, 1002);
    stage_keys(&st, "Down");
    assert_int_equal(st.ui->details.sport, 1005);
    stage_keys(&st, "Down"); /* the next line is a group: the details stay */
    assert_int_equal(st.ui->overlay, OVERLAY_DETAILS);
    assert_int_equal(st.ui->details.sport, 1005);
    stage_sample(&st);
    assert_int_equal(st.ui->details.sport, 1005);
    stage_keys(&st, "Esc Space");
    assert_int_equal(st.ui->n_pinned, 1);
    assert_string_equal(lines(), "443 80 1002 1005 22");
    stage_sample(&st);
    assert_int_equal(st.ui->n_pinned, 1);
    stage_keys(&st, "Esc");
    assert_int_equal(st.ui->pinned_rows, 1);
    assert_int_equal(stage_port_at(&st, 0), 1005);
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
    assert_string_equal(st.ui->filter, "(lport>1002 or state:cw) remote_port:22");
    assert_int_equal(st.ui->group_by, -1);
    assert_string_equal(lines(), "1004");
    assert_true(stage_shows(&st, "back to the groups"));
    group_by(COL_STATE); /* deeper */
    stage_keys(&st, "Enter");
    assert_string_equal(st.ui->filter, "(lport>1002 or state:cw) remote_port:22 state:CLOSE_WAIT");
    stage_keys(&st, "Esc");
    assert_string_equal(st.ui->filter, "(lport>1002 or state:cw) remote_port:22");
    assert_int_equal(st.ui->group_by, COL_STATE);
    stage_keys(&st, "Esc");
    assert_string_equal(st.ui->filter, "lport>1002 or state:cw");
    assert_int_equal(st.ui->group_by, COL_REMOTE_PORT);
    assert_int_equal(selected_group(), 22);
    assert_int_equal(st.ui->cursor, 1);
    stage_keys(&st, "Esc"); /* then the filter, then the groups */
    assert_string_equal(st.ui->filter, "");
    assert_int_equal(st.ui->group_by, COL_REMOTE_PORT);
    stage_keys(&st, "Esc");
    assert_int_equal(st.ui->group_by, -1);
    assert_non_null(strstr(st.ui->message, "t groups again"));
    stage_keys(&st, "Esc");
}

static void the_unfolded_are_unfolded_on_return(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_keys(&st, "Right Down Down Down Down Enter");
    assert_string_equal(st.ui->filter, "remote_port:80");
    group_by(COL_LOCAL_PORT);
    stage_keys(&st, "Right Esc");
    assert_string_equal(lines(), "443 1001 1006 1003 80 22");
    assert_int_equal(selected_group(), 80);
    assert_int_equal(stage_line(&st), 4);
}

static void what_is_not_known_is_a_group_too(void **state)
{
    (void)state;
    st.conn[2].flags = CONN_NO_OWNER;
    stage_sample(&st);
    group_by(COL_UID);
    assert_string_equal(lines(), "0 –");
    stage_keys(&st, "Down Enter");
    assert_string_equal(st.ui->filter, "uid:-");
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
    assert_int_equal(st.ui->group_sort.figure, GROUP_KEY);
    stage_keys(&st, "I");
    assert_string_equal(lines(), "443 80 22");
    stage_keys(&st, "s");
    assert_int_equal(st.ui->overlay, OVERLAY_GROUP_SORT);
    assert_int_equal(st.ui->overlay_cursor, GROUP_KEY);
    assert_true(stage_shows(&st, "SORT GROUPS BY"));
    stage_keys(&st, "Down Enter");
    assert_int_equal(st.ui->group_sort.figure, GROUP_COUNT);
    assert_string_equal(lines(), "443 80 22");
    /* on a row the same keys are about rows */
    stage_keys(&st, "Home Right Down s");
    assert_int_equal(st.ui->overlay, OVERLAY_SORT);
    stage_keys(&st, "Esc r");
    assert_string_equal(lines(), "443 1003 1006 1001 80 22");
}

static void heads_are_those_of_the_line_under_the_cursor(void **state)
{
    (void)state;
    struct layout l;
    group_by(COL_REMOTE_PORT);
    assert_true(stage_shows(&st, "Count ▾"));
    struct view v = session_view(st.session);
    layout_compute(&l, st.ui);
    int x = 0, y = l.table.y + 1;
    while (x < 80 && view_group_head_at(&v, x, y) != GROUP_CHANGE)
        x++;
    stage_mouse(&st, x, y, MOUSE_CLICK);
    assert_int_equal(st.ui->group_sort.figure, GROUP_CHANGE);
    stage_mouse(&st, x, y + 2, MOUSE_CLICK);
    assert_int_equal(selected_group(), 80);
    stage_keys(&st, "Home Right Down");
    assert_true(stage_shows(&st, "Foreign Address"));
    assert_false(stage_shows(&st, "Count"));
    v = session_view(st.session);
    assert_int_equal(view_group_head_at(&v, x, y), -1);
}

static void changes_begin_anew_with_another_question(void **state)
{
    (void)state;
    group_by(COL_REMOTE_PORT);
    stage_add(&st, TCP_STATE_ESTABLISHED, 1007, 22);
    stage_sample(&st);
    int64_t change;
    const struct groups *g = &st.session->list->groups;
    uint32_t i = groups_find(g, &(struct value){.type = VALUE_NUMBER, .number = 22});
    assert_true(groups_change(g, i, &change));
    assert_int_equal(change, 1);
    stage_keys(&st, "r"); /* another order is the same question */
    g = &st.session->list->groups;
    i = groups_find(g, &(struct value){.type = VALUE_NUMBER, .number = 22});
    assert_true(groups_change(g, i, &change));
    assert_int_equal(change, 1);
    stage_keys(&st, "e");
    g = &st.session->list->groups;
    i = groups_find(g, &(struct value){.type = VALUE_NUMBER, .number = 22});
    assert_false(groups_change(g, i, &change));
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
    assert_int_equal(stage_port(&st), 1003);
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
    assert_non_null(strstr(st.ui->message, "rows written: 3"));
    assert_int_equal(strncmp(text, "remote_port,total,LISTEN,", 25), 0);
    assert_non_null(strstr(text, "\n443,3,0,0,0,2,0,0,0,0,0,1,,,,\n80,2,"));
}

static void only_what_is_shown_is_sampled(void **state)
{
    (void)state;
    struct request req;
    bool now;
    st.ui->n_chosen = 3;
    st.ui->chosen[0] = COL_LOCAL;
    st.ui->chosen[1] = COL_STATE;
    st.ui->chosen[2] = COL_RTT;
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_TCP_INFO);
    group_by(COL_STATE);
    session_request(st.session, &req, &now);
    assert_false(req.needs & NEED_TCP_INFO); /* no round-trip time of a group */
    stage_keys(&st, "Right");
    session_request(st.session, &req, &now);
    assert_true(req.needs & NEED_TCP_INFO);
    stage_keys(&st, "Left f Home"); /* the chooser: tick what can be summed */
    while (st.ui->menu[st.ui->overlay_cursor] != COL_BYTES_ACKED)
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
    assert_int_equal(st.ui->n_unfolded, GROUPS_UNFOLDED_MAX);
    assert_string_equal(st.ui->message, "");
    stage_keys(&st, "Right");
    assert_non_null(strstr(st.ui->message, "fold one first"));
    for (unsigned i = 0; i < OPENED_MAX; i++) {
        group_by(COL_STATE);
        stage_keys(&st, "Enter");
        assert_int_equal(st.ui->opened, i + 1);
    }
    group_by(COL_STATE);
    stage_keys(&st, "Enter");
    assert_non_null(strstr(st.ui->message, "go back first"));
    for (unsigned i = 0; i < OPENED_MAX; i++)
        stage_keys(&st, "Esc");
    assert_int_equal(st.ui->opened, 0);
    assert_string_equal(st.ui->filter, "");
}

static void started_with_groups(void **state)
{
    (void)state;
    struct settings settings = st.settings;
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
    st.session->defer_from = 1;
    st.session->first_rows = 2;
    people();
    stage_sample(&st);
    while (!st.session->list->sample)
        stage_let_work(&st);
    assert_string_equal(lines(), "1004 1001"); /* the first rows */
    group_by(COL_REMOTE_PORT);
    assert_string_equal(lines(), "1004 1001"); /* they stand */
    assert_true(stage_shows(&st, "updating"));
    while (st.ui->updating)
        stage_let_work(&st);
    assert_string_equal(lines(), "443 80 22");
    assert_false(row_view_is_partial(st.session->list));
    stage_keys(&st, "Down Right");
    while (st.ui->updating)
        stage_let_work(&st);
    assert_string_equal(lines(), "443 80 1002 1005 22");
    assert_int_equal(selected_group(), 80);
    stage_keys(&st, "Enter");
    stage_keys(&st, "Esc"); /* before any answer */
    while (st.ui->updating)
        stage_let_work(&st);
    assert_string_equal(lines(), "443 80 1002 1005 22");
    assert_int_equal(selected_group(), 80);
    assert_string_equal(st.ui->filter, "");
    /* groups that stand although they were taken off are only looked at */
    stage_keys(&st, "Esc s");
    assert_true(st.session->list->grouped);
    assert_int_equal(st.ui->overlay, OVERLAY_SORT);
    assert_true(stage_shows(&st, "SORT BY"));
    stage_keys(&st, "Esc Enter Left Space");
    assert_int_equal(st.ui->opened, 0);
    assert_int_equal(st.ui->n_unfolded, 0);
    while (st.ui->updating)
        stage_let_work(&st);
    assert_false(st.session->list->grouped);
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
        TEST(heads_are_those_of_the_line_under_the_cursor),
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
