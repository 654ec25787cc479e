/* SPDX-License-Identifier: MIT */
/* What is typed: the filter prompt with its errors, recall and completion, find, interval, export;
 * menus, and what Esc and q close first. */
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

#include "../../src/ui/prompt_line.h"
#include "lib/stage.h"
#include "tcptop/base/err.h"

static void filter_is_live_and_the_last_good_one_stays(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "state:es");
    assert_int_equal(probe_rows(st.session), 3);
    stage_type(&st, " rtt_us>100x");
    assert_true(probe_line_error(st.session) >= 0);
    assert_int_equal(probe_line_error(st.session), strlen("state:es rtt_us>100"));
    stage_keys(&st, "Enter");
    assert_string_equal(probe_prompt(st.session), "filter");
    stage_keys(&st, "^w");
    assert_int_equal(probe_line_error(st.session), -1);
    stage_keys(&st, "Enter");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_string_equal(probe_filter(st.session), "state:es");
    stage_close(&st);
}

static void escape_restores_and_up_recalls(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "port:30");
    stage_keys(&st, "Enter /");
    stage_type(&st, "00");
    assert_int_equal(probe_rows(st.session), 2);
    stage_keys(&st, "Esc");
    assert_string_equal(probe_filter(st.session), "port:30");
    stage_keys(&st, "Esc");
    assert_string_equal(probe_filter(st.session), "");
    assert_string_equal(probe_message(st.session), "filter cleared   / ↑ brings it back");
    stage_keys(&st, "/ Up");
    assert_string_equal(probe_filter(st.session), "port:30");
    stage_keys(&st, "Down");
    assert_string_equal(probe_line(st.session), "");
    stage_keys(&st, "Up Enter");
    assert_string_equal(probe_filter(st.session), "port:30");
    stage_close(&st);
}

static void tab_completes_as_far_as_candidates_agree(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "por");
    stage_keys(&st, "Tab");
    assert_memory_equal(probe_line(st.session), "port", 4);
    stage_close(&st);
}

static void line_editing(void **state)
{
    (void)state;
    struct ui_line line;
    bool changed;
    prompt_line_set(&line, "ab 한글");
    assert_int_equal(line.cursor, 9);
    assert_true(prompt_line_edit(&line, KEY_CODE_LEFT, &changed));
    assert_false(changed);
    assert_int_equal(line.cursor, 6);
    prompt_line_edit(&line, KEY_CODE_BACKSPACE, &changed);
    assert_true(changed);
    assert_string_equal(line.text, "ab 글");
    prompt_line_edit(&line, KEY_CODE_DELETE, &changed);
    assert_string_equal(line.text, "ab ");
    prompt_line_edit(&line, 23, &changed); /* ^w */
    assert_string_equal(line.text, "");
    assert_true(prompt_line_insert(&line, 'e'));
    assert_true(prompt_line_insert(&line, 0x301)); /* the accent belongs to the e */
    prompt_line_edit(&line, KEY_CODE_LEFT, &changed);
    assert_int_equal(line.cursor, 0);
    prompt_line_edit(&line, KEY_CODE_RIGHT, &changed);
    assert_int_equal(line.cursor, 3);
    prompt_line_edit(&line, 1, &changed); /* ^a */
    prompt_line_insert(&line, 'x');
    prompt_line_edit(&line, 5, &changed); /* ^e */
    assert_int_equal(line.cursor, 4);
    assert_false(prompt_line_insert(&line, 0x1b));
    assert_false(prompt_line_insert(&line, 0x202e));
    assert_false(prompt_line_insert(&line, 0x9b));
    assert_false(prompt_line_insert(&line, KEY_CODE_F0 + 5));
    prompt_line_edit(&line, 21, &changed); /* ^u */
    assert_int_equal(line.len, 0);
    unsigned room = 0;
    while (prompt_line_insert(&line, 0xac00))
        room++;
    assert_int_equal(room, (UI_FILTER_MAX - 1) / 3);
}

static void a_paste_goes_into_prompts_only(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    struct input begin = {.key = KEY_CODE_PASTE_BEGIN}, end = {.key = KEY_CODE_PASTE_END};
    session_input(st.session, &begin, st.now_ns);
    stage_type(&st, "3000qx\x03");
    session_input(st.session, &end, st.now_ns);
    assert_false(session_quit(st.session));
    assert_string_equal(probe_digits(st.session), "");
    assert_string_equal(probe_prompt(st.session), "none");
    stage_keys(&st, "/");
    session_input(st.session, &begin, st.now_ns);
    stage_type(&st, "port:30\r");
    assert_string_equal(probe_filter(st.session), "");
    session_input(st.session, &end, st.now_ns);
    assert_string_equal(probe_line(st.session), "port:30 ");
    assert_string_equal(probe_prompt(st.session), "filter");
    assert_int_equal(probe_rows(st.session), 1);
    session_input(st.session, &begin, st.now_ns); /* whose end is lost */
    stage_wait(&st, 1000);
    stage_keys(&st, "Enter");
    assert_string_equal(probe_prompt(st.session), "none");
    stage_close(&st);
}

static void hangul_keys_are_commands_outside_prompts(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_type(&st, "ㅓ");
    assert_int_equal(probe_cursor(st.session), 1);
    stage_type(&st, "아"); /* d, then k */
    assert_string_equal(probe_prompt(st.session), "interval");
    assert_string_equal(probe_line(st.session), "");
    assert_int_equal(probe_cursor(st.session), 1);
    stage_keys(&st, "Esc /");
    stage_type(&st, "한");
    assert_string_equal(probe_line(st.session), "한");
    stage_keys(&st, "Esc");
    stage_type(&st, "ㅂ");
    assert_true(session_quit(st.session));
    stage_close(&st);
}

static void find_goes_to_the_next_row(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "F3");
    stage_type(&st, "10.0.0.1:30");
    assert_int_equal(probe_port(st.session), 30);
    assert_string_equal(probe_focus(st.session), "table");
    stage_keys(&st, "F3");
    assert_int_equal(probe_port(st.session), 300);
    stage_keys(&st, "Enter F3");
    assert_int_equal(probe_port(st.session), 3000);
    stage_type(&st, "x");
    assert_true(probe_line_error(st.session) >= 0);
    assert_int_equal(probe_port(st.session), 3000);
    assert_int_equal(probe_rows(st.session), 5);
    stage_close(&st);
}

static void interval_by_steps_and_by_hand(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    struct request req;
    bool now;
    session_request(st.session, &req, &now);
    assert_false(session_request(st.session, &req, &now));
    stage_keys(&st, "+");
    assert_true(session_request(st.session, &req, &now));
    assert_int_equal(req.interval_ms, 2000);
    assert_false(now);
    assert_string_equal(probe_message(st.session), "interval 2.0 s");
    stage_keys(&st, "- - -");
    assert_int_equal(probe_interval_ms(st.session), 200);
    stage_keys(&st, "- - -");
    assert_int_equal(probe_interval_ms(st.session), 100);
    stage_keys(&st, "d");
    stage_type(&st, "soon");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_prompt(st.session), "interval");
    assert_true(probe_line_error(st.session) >= 0);
    assert_true(stage_shows(&st, "not a time from 0.01 to 3600 seconds; other units: ms, min, h"));
    /* the same range as the option and the configuration take: 10 ms to 1 h */
    stage_keys(&st, "^u");
    stage_type(&st, "9 ms");
    stage_keys(&st, "Enter");
    assert_true(probe_line_error(st.session) >= 0);
    stage_keys(&st, "^u");
    stage_type(&st, "10 ms");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_int_equal(probe_interval_ms(st.session), 10);
    stage_keys(&st, "d ^u");
    stage_type(&st, "1.5");
    stage_keys(&st, "Enter -");
    assert_int_equal(probe_interval_ms(st.session), 1000);
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
    assert_string_equal(probe_prompt(st->session), "none");
}

static void export_never_overwrites(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    char dir[] = "/tmp/session_test.XXXXXX", path[64], link[64], text[4096] = "";
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/rows.csv", dir);
    snprintf(link, sizeof(link), "%s/link.csv", dir);
    stage_keys(&st, "e");
    export_to(&st, path);
    assert_true(stage_says(&st, "rows written: 3"));
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
    assert_true(stage_says(&st, "File exists"));
    struct stat now;
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(now.st_size, len);
    assert_int_equal(symlink("elsewhere", link), 0);
    export_to(&st, link);
    assert_true(stage_says(&st, "File exists"));
    export_to(&st, "/dev/full");
    assert_int_equal(access("/dev/full", F_OK), 0);
    unlink(path);
    unlink(link);
    assert_int_equal(rmdir(dir), 0);
    stage_close(&st);
}

static void export_is_json_where_the_name_says_so(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    char dir[] = "/tmp/session_test.XXXXXX", path[64], line[1024] = "";
    unsigned lines = 0;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/rows.JSON", dir);
    stage_keys(&st, "e");
    export_to(&st, path);
    assert_true(stage_says(&st, "rows written: 3"));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    for (; fgets(line, sizeof(line), file); lines++)
        assert_memory_equal(line, "{\"type\":", 8);
    fclose(file);
    assert_int_equal(lines, 4);
    assert_non_null(strstr(line, "\"total\":3,"));
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
    stage_close(&st);
}

static void copy_gives_the_row_as_text(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    assert_null(session_copy(st.session));
    stage_keys(&st, "c");
    assert_true(probe_is_bound(st.session));
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
    stage_open_ports(&st);
    stage_keys(&st, "> <");
    assert_int_equal(probe_sort_column(st.session), COL_STATE);
    stage_keys(&st, "s");
    assert_string_equal(probe_overlay(st.session), "sort");
    assert_int_equal(probe_menu(st.session), COL_STATE);
    stage_keys(&st, "Home");
    while (probe_menu(st.session) != COL_RECV_Q)
        stage_keys(&st, "Down");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_int_equal(probe_sort_column(st.session), COL_RECV_Q);
    assert_true(probe_sort_descending(st.session));
    stage_keys(&st, "I");
    assert_false(probe_sort_descending(st.session));
    stage_close(&st);
}

static void chooser_orders_columns_and_leaves_its_lines(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    enum column_id chosen[COL_COUNT];
    assert_null(session_exit_message(st.session));
    stage_keys(&st, "f End");
    enum column_id last = probe_menu_at(st.session, probe_menu_lines(st.session) - 1);
    stage_keys(&st, "Space Home");
    while (probe_menu(st.session) != COL_STATE)
        stage_keys(&st, "Down");
    while (probe_overlay_cursor(st.session) > 0)
        stage_keys(&st, "<");
    stage_keys(&st, "Enter");
    unsigned n_chosen = probe_columns(st.session, chosen);
    assert_int_equal(chosen[0], COL_STATE);
    assert_int_equal(chosen[n_chosen - 1], last);
    const char *line = session_exit_message(st.session);
    assert_memory_equal(line, "[columns]\nshow = state,", 23);
    enum column_id ids[COL_COUNT];
    struct err err;
    int n = column_parse_list(strchr(line, '=') + 2, ids, COL_COUNT, &err);
    assert_int_equal(n, n_chosen);
    stage_close(&st);
}

static void escape_and_q_close_the_nearest_thing_first(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "e ? /");
    stage_type(&st, "q");
    assert_string_equal(probe_prompt(st.session), "filter");
    stage_keys(&st, "Esc");
    assert_string_equal(probe_overlay(st.session), "help");
    stage_keys(&st, "Esc");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_string_equal(probe_filter(st.session), "state:ESTABLISHED");
    stage_keys(&st, "Esc ? q");
    assert_string_equal(probe_filter(st.session), "");
    assert_false(session_quit(st.session));
    stage_keys(&st, "q");
    assert_true(session_quit(st.session));
    stage_close(&st);

    stage_open_ports(&st);
    stage_keys(&st, "/ ^C");
    assert_true(session_quit(st.session));
    stage_close(&st);
}

static void language_needs_utf8(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "L");
    assert_int_equal(text_language(), LANG_KO);
    stage_keys(&st, "L");
    assert_int_equal(text_language(), LANG_EN);
    probe_set_utf8(st.session, false);
    stage_keys(&st, "L");
    assert_int_equal(text_language(), LANG_EN);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter_is_live_and_the_last_good_one_stays),
        cmocka_unit_test(escape_restores_and_up_recalls),
        cmocka_unit_test(tab_completes_as_far_as_candidates_agree),
        cmocka_unit_test(line_editing),
        cmocka_unit_test(a_paste_goes_into_prompts_only),
        cmocka_unit_test(hangul_keys_are_commands_outside_prompts),
        cmocka_unit_test(find_goes_to_the_next_row),
        cmocka_unit_test(interval_by_steps_and_by_hand),
        cmocka_unit_test(export_never_overwrites),
        cmocka_unit_test(export_is_json_where_the_name_says_so),
        cmocka_unit_test(copy_gives_the_row_as_text),
        cmocka_unit_test(sort_menu_and_keys),
        cmocka_unit_test(chooser_orders_columns_and_leaves_its_lines),
        cmocka_unit_test(escape_and_q_close_the_nearest_thing_first),
        cmocka_unit_test(language_needs_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
