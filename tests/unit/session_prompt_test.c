/* What is typed: digits on a clock of the test's own, the filter prompt with its errors, recall and
 * completion, find, interval, export; and the texts that choices leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/stage.h"

/* Ports 22 (listening), 30, 300, 3000 and 3000 again in TIME_WAIT. */
static void open_ports(struct stage *st)
{
    stage_open(st, 80, 24, -1);
    stage_add(st, TCP_STATE_LISTEN, 22, 0);
    stage_add(st, TCP_STATE_ESTABLISHED, 30, 40001);
    stage_add(st, TCP_STATE_ESTABLISHED, 300, 40002);
    stage_add(st, TCP_STATE_ESTABLISHED, 3000, 40003);
    stage_add(st, TCP_STATE_TIME_WAIT, 3000, 40004);
    stage_sample(st);
}

static void digits_follow_after_250_ms(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_type(&st, "300");
    assert_string_equal(st.ui->digits, "300");
    assert_true(st.ui->digits_pending);
    assert_string_equal(st.ui->filter, "");
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), 250);
    stage_wait(&st, 249);
    assert_string_equal(st.ui->filter, "");
    stage_wait(&st, 1);
    assert_string_equal(st.ui->filter, "port:300");
    assert_false(st.ui->digits_pending);
    assert_int_equal(st.session->rows.n, 1);
    stage_close(&st);
}

static void digits_append_for_two_seconds(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_type(&st, "300");
    stage_wait(&st, 1999);
    stage_type(&st, "0");
    assert_string_equal(st.ui->digits, "3000");
    stage_wait(&st, 2000);
    assert_string_equal(st.ui->digits, "");
    assert_string_equal(st.ui->filter, "port:3000");
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), -1);
    stage_type(&st, "3");
    assert_string_equal(st.ui->digits, "3");
    stage_close(&st);
}

static void any_other_key_ends_the_digits_and_acts(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_type(&st, "3000");
    stage_keys(&st, "Tab");
    assert_string_equal(st.ui->filter, "port:3000");
    assert_string_equal(st.ui->digits, "");
    assert_int_equal(st.ui->focus, FOCUS_TABLE);
    stage_close(&st);
}

static void a_port_without_sockets_waits_with_the_rows_before_it(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_type(&st, "3");
    stage_wait(&st, 300);
    assert_string_equal(st.ui->filter, "");
    assert_true(st.ui->digits_pending);
    assert_int_equal(st.session->rows.n, 5);
    stage_add(&st, TCP_STATE_LISTEN, 3, 0); /* meanwhile some socket takes it */
    stage_sample(&st);
    assert_string_equal(st.ui->filter, "port:3");
    assert_int_equal(st.session->rows.n, 1);
    stage_wait(&st, 2000);
    stage_type(&st, "4");
    stage_wait(&st, 2000); /* typing is over: the table says that nothing matches */
    assert_string_equal(st.ui->filter, "port:4");
    assert_int_equal(st.session->rows.n, 0);
    stage_close(&st);
}

static void backspace_and_what_is_no_port(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_type(&st, "0");
    assert_string_equal(st.ui->digits, "");
    stage_type(&st, "65536");
    assert_string_equal(st.ui->digits, "6553");
    stage_keys(&st, "Backspace Backspace Backspace Backspace");
    assert_string_equal(st.ui->digits, "");
    assert_string_equal(st.ui->filter, "");
    stage_keys(&st, "/");
    stage_type(&st, "state:es");
    stage_keys(&st, "Enter 3 0");
    stage_wait(&st, 300);
    assert_string_equal(st.ui->filter, "state:es port:30");
    stage_keys(&st, "Backspace Backspace");
    assert_string_equal(st.ui->filter, "state:es");
    stage_close(&st);
}

static void digits_keep_the_selection_where_they_can(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "Tab Down Down");
    assert_int_equal(stage_port(&st), 3000);
    stage_type(&st, "3000");
    stage_wait(&st, 250);
    assert_true(st.ui->bound);
    assert_int_equal(stage_port(&st), 3000);
    stage_close(&st);
}

static void one_choice_replaces_the_last_of_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        enum choice_kind kind;
        const char *term, *result;
    } rows[] = {
        {"", CHOICE_PORT, "port:3000", "port:3000"},
        {"port:80", CHOICE_PORT, "port:3000", "port:3000"},
        {"80", CHOICE_PORT, "port:3000", "port:3000"},
        {"state:tw", CHOICE_PORT, "port:3000", "state:tw port:3000"},
        {"state:tw  port:80 nginx", CHOICE_PORT, "port:1", "state:tw nginx port:1"},
        {"port:80,81", CHOICE_PORT, "port:1", "port:80,81 port:1"},
        {"port:80 state:tw", CHOICE_STATE, "state:li", "port:80 state:li"},
        {"!state:li,es port:80", CHOICE_STATE, "state:tw", "port:80 state:tw"},
        {"port:80 state:tw", CHOICE_STATE, "", "port:80"},
        {"state:tw", CHOICE_STATE, "", ""},
        {"port:80 or port:81", CHOICE_PORT, "port:1", "(port:80 or port:81) port:1"},
        {"(port:80 or port:81) port:1", CHOICE_PORT, "port:2", "(port:80 or port:81) port:2"},
        {"(a) or (b)", CHOICE_STATE, "state:tw", "((a) or (b)) state:tw"},
        {"state established", CHOICE_STATE, "state:tw", "(state established) state:tw"},
        {"state established", CHOICE_STATE, "", "state established"},
        {"sport = 80", CHOICE_PORT, "port:1", "(sport = 80) port:1"},
        {"rtt_us > 100", CHOICE_PORT, "port:1", "(rtt_us > 100) port:1"},
        {"\"a or b\"", CHOICE_PORT, "port:1", "\"a or b\" port:1"},
        {"a|b", CHOICE_PORT, "port:1", "(a|b) port:1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[UI_FILTER_MAX];
        assert_true(choice_replace(out, rows[i].filter, rows[i].kind, rows[i].term));
        assert_string_equal(out, rows[i].result);
    }
    char out[UI_FILTER_MAX], full[UI_FILTER_MAX];
    memset(full, 'a', sizeof(full) - 1);
    full[sizeof(full) - 1] = '\0';
    assert_false(choice_replace(out, full, CHOICE_PORT, "port:1"));
}

static void quick_filters_say_how_to_leave_them(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "l");
    assert_int_equal(st.session->rows.n, 1);
    assert_string_equal(st.ui->message, "LISTEN only   a shows all");
    stage_keys(&st, "e");
    assert_int_equal(st.session->rows.n, 3);
    stage_keys(&st, "o");
    assert_int_equal(st.session->rows.n, 1);
    stage_keys(&st, "a");
    assert_int_equal(st.session->rows.n, 5);
    stage_close(&st);
}

static void filter_is_live_and_the_last_good_one_stays(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "state:es");
    assert_int_equal(st.session->rows.n, 3);
    stage_type(&st, " rtt_us>100x");
    assert_true(st.ui->line_bad);
    assert_int_equal(st.ui->error.at, strlen("state:es rtt_us>100"));
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->prompt, PROMPT_FILTER);
    stage_keys(&st, "^w");
    assert_false(st.ui->line_bad);
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->prompt, PROMPT_NONE);
    assert_string_equal(st.ui->filter, "state:es");
    stage_close(&st);
}

static void escape_restores_and_up_recalls(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "port:30");
    stage_keys(&st, "Enter /");
    stage_type(&st, "00");
    assert_int_equal(st.session->rows.n, 2);
    stage_keys(&st, "Esc");
    assert_string_equal(st.ui->filter, "port:30");
    stage_keys(&st, "Esc");
    assert_string_equal(st.ui->filter, "");
    assert_string_equal(st.ui->message, "filter cleared   / ↑ brings it back");
    stage_keys(&st, "/ Up");
    assert_string_equal(st.ui->filter, "port:30");
    stage_keys(&st, "Down");
    assert_string_equal(st.ui->line.text, "");
    stage_keys(&st, "Up Enter");
    assert_string_equal(st.ui->filter, "port:30");
    stage_close(&st);
}

static void tab_completes_as_far_as_candidates_agree(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "por");
    stage_keys(&st, "Tab");
    assert_memory_equal(st.ui->line.text, "port", 4);
    stage_close(&st);
}

static void line_editing(void **state)
{
    (void)state;
    struct ui_line line;
    bool changed;
    line_set(&line, "ab 한글");
    assert_int_equal(line.cursor, 9);
    assert_true(line_edit(&line, KEY_CODE_LEFT, &changed));
    assert_false(changed);
    assert_int_equal(line.cursor, 6);
    line_edit(&line, KEY_CODE_BACKSPACE, &changed);
    assert_true(changed);
    assert_string_equal(line.text, "ab 글");
    line_edit(&line, KEY_CODE_DELETE, &changed);
    assert_string_equal(line.text, "ab ");
    line_edit(&line, 23, &changed); /* ^w */
    assert_string_equal(line.text, "");
    assert_true(line_insert(&line, 'e'));
    assert_true(line_insert(&line, 0x301)); /* the accent belongs to the e */
    line_edit(&line, KEY_CODE_LEFT, &changed);
    assert_int_equal(line.cursor, 0);
    line_edit(&line, KEY_CODE_RIGHT, &changed);
    assert_int_equal(line.cursor, 3);
    line_edit(&line, 1, &changed); /* ^a */
    line_insert(&line, 'x');
    line_edit(&line, 5, &changed); /* ^e */
    assert_int_equal(line.cursor, 4);
    assert_false(line_insert(&line, 0x1b));
    assert_false(line_insert(&line, 0x202e));
    assert_false(line_insert(&line, 0x9b));
    assert_false(line_insert(&line, KEY_CODE_F0 + 5));
    line_edit(&line, 21, &changed); /* ^u */
    assert_int_equal(line.len, 0);
    unsigned room = 0;
    while (line_insert(&line, 0xac00))
        room++;
    assert_int_equal(room, (UI_FILTER_MAX - 1) / 3);
}

static void a_paste_goes_into_prompts_only(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    struct input begin = {.key = KEY_CODE_PASTE_BEGIN}, end = {.key = KEY_CODE_PASTE_END};
    session_input(st.session, &begin, st.now_ns);
    stage_type(&st, "3000qx\x03");
    session_input(st.session, &end, st.now_ns);
    assert_false(session_quit(st.session));
    assert_string_equal(st.ui->digits, "");
    assert_int_equal(st.ui->prompt, PROMPT_NONE);
    stage_keys(&st, "/");
    session_input(st.session, &begin, st.now_ns);
    stage_type(&st, "port:30\r");
    assert_string_equal(st.ui->filter, "");
    session_input(st.session, &end, st.now_ns);
    assert_string_equal(st.ui->line.text, "port:30 ");
    assert_int_equal(st.ui->prompt, PROMPT_FILTER);
    assert_int_equal(st.session->rows.n, 1);
    session_input(st.session, &begin, st.now_ns); /* whose end is lost */
    stage_wait(&st, 1000);
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->prompt, PROMPT_NONE);
    stage_close(&st);
}

static void hangul_keys_are_commands_outside_prompts(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "Tab");
    stage_type(&st, "ㅓ");
    assert_int_equal(st.ui->cursor, 1);
    stage_type(&st, "아"); /* d, then k */
    assert_int_equal(st.ui->prompt, PROMPT_INTERVAL);
    assert_int_equal(st.ui->line.len, 0);
    assert_int_equal(st.ui->cursor, 1);
    stage_keys(&st, "Esc /");
    stage_type(&st, "한");
    assert_string_equal(st.ui->line.text, "한");
    stage_keys(&st, "Esc");
    stage_type(&st, "ㅂ");
    assert_true(session_quit(st.session));
    stage_close(&st);
}

static void find_goes_to_the_next_row(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "F3");
    stage_type(&st, "10.0.0.1:30");
    assert_int_equal(stage_port(&st), 30);
    assert_int_equal(st.ui->focus, FOCUS_TABLE);
    stage_keys(&st, "F3");
    assert_int_equal(stage_port(&st), 300);
    stage_keys(&st, "Enter F3");
    assert_int_equal(stage_port(&st), 3000);
    stage_type(&st, "x");
    assert_true(st.ui->line_bad);
    assert_int_equal(stage_port(&st), 3000);
    assert_int_equal(st.session->rows.n, 5);
    stage_close(&st);
}

static void interval_by_steps_and_by_hand(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    struct request req;
    bool now;
    session_request(st.session, &req, &now);
    assert_false(session_request(st.session, &req, &now));
    stage_keys(&st, "+");
    assert_true(session_request(st.session, &req, &now));
    assert_int_equal(req.interval_ms, 2000);
    assert_false(now);
    assert_string_equal(st.ui->message, "interval 2.0 s");
    stage_keys(&st, "- - -");
    assert_int_equal(st.session->interval_ms, 200);
    stage_keys(&st, "- - -");
    assert_int_equal(st.session->interval_ms, 100);
    stage_keys(&st, "d");
    stage_type(&st, "soon");
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->prompt, PROMPT_INTERVAL);
    assert_true(st.ui->line_bad);
    stage_keys(&st, "^u");
    stage_type(&st, "1.5");
    stage_keys(&st, "Enter -");
    assert_int_equal(st.session->interval_ms, 1000);
    stage_keys(&st, "^L");
    assert_true(session_request(st.session, &req, &now));
    assert_true(now);
    assert_true(session_redraw_wanted(st.session));
    assert_false(session_redraw_wanted(st.session));
    stage_close(&st);
}

static void export_to(struct stage *st, const char *path)
{
    stage_keys(st, "x");
    stage_type(st, path);
    stage_keys(st, "Enter");
    assert_int_equal(st->ui->prompt, PROMPT_NONE);
}

static void export_never_overwrites(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    char dir[] = "/tmp/session_test.XXXXXX", path[64], link[64], text[4096] = "";
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/rows.csv", dir);
    snprintf(link, sizeof(link), "%s/link.csv", dir);
    stage_keys(&st, "e");
    export_to(&st, path);
    assert_non_null(strstr(st.ui->message, "3 rows written"));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    unsigned lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    assert_int_equal(lines, 4);
    stage_keys(&st, "a");
    export_to(&st, path);
    assert_non_null(strstr(st.ui->message, "File exists"));
    struct stat now;
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(now.st_size, len);
    assert_int_equal(symlink("elsewhere", link), 0);
    export_to(&st, link);
    assert_non_null(strstr(st.ui->message, "File exists"));
    export_to(&st, "/dev/full");
    assert_int_equal(access("/dev/full", F_OK), 0);
    unlink(path);
    unlink(link);
    assert_int_equal(rmdir(dir), 0);
    stage_close(&st);
}

static void copy_gives_the_row_as_text(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    assert_null(session_copy(st.session));
    stage_keys(&st, "c");
    assert_true(st.ui->bound);
    const char *text = session_copy(st.session);
    assert_non_null(text);
    assert_non_null(strstr(text, "10.0.0.1:30  192.0.2.1:40001  ESTABLISHED"));
    assert_null(session_copy(st.session));
    stage_close(&st);
}

static void sort_menu_and_keys(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "> <");
    assert_int_equal(st.ui->sort.column, COL_STATE);
    stage_keys(&st, "s");
    assert_int_equal(st.ui->overlay, OVERLAY_SORT);
    assert_int_equal(st.ui->menu[st.ui->overlay_cursor], COL_STATE);
    stage_keys(&st, "Home");
    while (st.ui->menu[st.ui->overlay_cursor] != COL_RECV_Q)
        stage_keys(&st, "Down");
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->overlay, OVERLAY_NONE);
    assert_int_equal(st.ui->sort.column, COL_RECV_Q);
    assert_true(st.ui->sort.descending);
    stage_keys(&st, "I");
    assert_false(st.ui->sort.descending);
    stage_close(&st);
}

static void chooser_orders_columns_and_leaves_a_line(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    assert_null(session_farewell(st.session));
    stage_keys(&st, "f End");
    enum column_id last = st.ui->menu[st.ui->n_menu - 1];
    stage_keys(&st, "Space Home");
    while (st.ui->menu[st.ui->overlay_cursor] != COL_STATE)
        stage_keys(&st, "Down");
    while (st.ui->overlay_cursor > 0)
        stage_keys(&st, "<");
    stage_keys(&st, "Enter");
    assert_int_equal(st.ui->chosen[0], COL_STATE);
    assert_int_equal(st.ui->chosen[st.ui->n_chosen - 1], last);
    const char *line = session_farewell(st.session);
    assert_memory_equal(line, "[columns] show = state,", 23);
    enum column_id ids[COL_COUNT];
    struct err err;
    int n = column_parse_list(strchr(line, '=') + 2, ids, COL_COUNT, &err);
    assert_int_equal(n, st.ui->n_chosen);
    stage_close(&st);
}

static void escape_and_q_close_the_nearest_thing_first(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "e ? /");
    stage_type(&st, "q");
    assert_int_equal(st.ui->prompt, PROMPT_FILTER);
    stage_keys(&st, "Esc");
    assert_int_equal(st.ui->overlay, OVERLAY_HELP);
    stage_keys(&st, "Esc");
    assert_int_equal(st.ui->overlay, OVERLAY_NONE);
    assert_string_equal(st.ui->filter, "state:es");
    stage_keys(&st, "Esc ? q");
    assert_string_equal(st.ui->filter, "");
    assert_false(session_quit(st.session));
    stage_keys(&st, "q");
    assert_true(session_quit(st.session));
    stage_close(&st);

    open_ports(&st);
    stage_keys(&st, "/ ^C");
    assert_true(session_quit(st.session));
    stage_close(&st);
}

static void language_needs_utf8(void **state)
{
    (void)state;
    struct stage st;
    open_ports(&st);
    stage_keys(&st, "L");
    assert_int_equal(text_language(), LANG_KO);
    stage_keys(&st, "L");
    assert_int_equal(text_language(), LANG_EN);
    st.ui->utf8 = false;
    stage_keys(&st, "L");
    assert_int_equal(text_language(), LANG_EN);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_follow_after_250_ms),
        cmocka_unit_test(digits_append_for_two_seconds),
        cmocka_unit_test(any_other_key_ends_the_digits_and_acts),
        cmocka_unit_test(a_port_without_sockets_waits_with_the_rows_before_it),
        cmocka_unit_test(backspace_and_what_is_no_port),
        cmocka_unit_test(digits_keep_the_selection_where_they_can),
        cmocka_unit_test(one_choice_replaces_the_last_of_its_kind),
        cmocka_unit_test(quick_filters_say_how_to_leave_them),
        cmocka_unit_test(filter_is_live_and_the_last_good_one_stays),
        cmocka_unit_test(escape_restores_and_up_recalls),
        cmocka_unit_test(tab_completes_as_far_as_candidates_agree),
        cmocka_unit_test(line_editing),
        cmocka_unit_test(a_paste_goes_into_prompts_only),
        cmocka_unit_test(hangul_keys_are_commands_outside_prompts),
        cmocka_unit_test(find_goes_to_the_next_row),
        cmocka_unit_test(interval_by_steps_and_by_hand),
        cmocka_unit_test(export_never_overwrites),
        cmocka_unit_test(copy_gives_the_row_as_text),
        cmocka_unit_test(sort_menu_and_keys),
        cmocka_unit_test(chooser_orders_columns_and_leaves_a_line),
        cmocka_unit_test(escape_and_q_close_the_nearest_thing_first),
        cmocka_unit_test(language_needs_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
