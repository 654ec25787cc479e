/* SPDX-License-Identifier: MIT */
/* Digits on a clock of the test's own, quick filters, and the texts that choices leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../src/ui/filter_choice.h"
#include "lib/stage.h"

static void digits_follow_after_250_ms(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_type(&st, "300");
    assert_string_equal(probe_digits(st.session), "300");
    assert_true(probe_digits_pending(st.session));
    assert_string_equal(probe_filter(st.session), "");
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), 250);
    stage_wait(&st, 249);
    assert_string_equal(probe_filter(st.session), "");
    stage_wait(&st, 1);
    assert_string_equal(probe_filter(st.session), "port:300");
    assert_false(probe_digits_pending(st.session));
    assert_int_equal(probe_rows(st.session), 1);
    stage_close(&st);
}

static void digits_append_for_two_seconds(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_type(&st, "300");
    stage_wait(&st, 1999);
    stage_type(&st, "0");
    assert_string_equal(probe_digits(st.session), "3000");
    stage_wait(&st, 2000);
    assert_string_equal(probe_digits(st.session), "");
    assert_string_equal(probe_filter(st.session), "port:3000");
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), -1);
    stage_type(&st, "3");
    assert_string_equal(probe_digits(st.session), "3");
    stage_close(&st);
}

static void any_other_key_ends_the_digits_and_acts(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_type(&st, "3000");
    stage_keys(&st, "Tab");
    assert_string_equal(probe_filter(st.session), "port:3000");
    assert_string_equal(probe_digits(st.session), "");
    assert_string_equal(probe_focus(st.session), "states");
    stage_close(&st);
}

static void a_port_without_sockets_waits_with_the_rows_before_it(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_type(&st, "3");
    stage_wait(&st, 300);
    assert_string_equal(probe_filter(st.session), "");
    assert_true(probe_digits_pending(st.session));
    assert_int_equal(probe_rows(st.session), 5);
    assert_true(stage_shows(&st, "no listed socket has this port"));
    stage_add(&st, TCP_STATE_LISTEN, 3, 0); /* meanwhile some socket takes it */
    stage_sample(&st);
    assert_string_equal(probe_filter(st.session), "port:3");
    assert_int_equal(probe_rows(st.session), 1);
    assert_false(stage_shows(&st, "no listed socket has this port"));
    stage_wait(&st, 2000);
    stage_type(&st, "4");
    stage_wait(&st, 2000); /* typing is over: the table says that nothing matches */
    assert_string_equal(probe_filter(st.session), "port:4");
    assert_int_equal(probe_rows(st.session), 0);
    stage_close(&st);
}

static void backspace_and_what_is_no_port(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_type(&st, "0");
    assert_string_equal(probe_digits(st.session), "");
    stage_type(&st, "65536");
    assert_string_equal(probe_digits(st.session), "6553");
    assert_true(stage_shows(&st, "a port is at most 65535")); /* one more is left out, and said */
    stage_keys(&st, "Backspace");
    assert_false(stage_shows(&st, "a port is at most 65535"));
    stage_type(&st, "3");
    stage_keys(&st, "Backspace Backspace Backspace Backspace");
    assert_string_equal(probe_digits(st.session), "");
    assert_string_equal(probe_filter(st.session), "");
    stage_keys(&st, "/");
    stage_type(&st, "state:es");
    stage_keys(&st, "Enter 3 0");
    stage_wait(&st, 300);
    assert_string_equal(probe_filter(st.session), "state:es port:30");
    stage_keys(&st, "Backspace Backspace");
    assert_string_equal(probe_filter(st.session), "state:es");
    stage_close(&st);
}

static void digits_keep_the_selection_where_they_can(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "Down Down");
    assert_int_equal(probe_port(st.session), 3000);
    stage_type(&st, "3000");
    stage_wait(&st, 250);
    assert_true(probe_is_bound(st.session));
    assert_int_equal(probe_port(st.session), 3000);
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
        {"not state:LISTEN port:80", CHOICE_STATE, "state:tw", "port:80 state:tw"},
        {"port:80 not state:LISTEN,TIME_WAIT", CHOICE_PORT, "port:1",
         "not state:LISTEN,TIME_WAIT port:1"},
        {"not nginx", CHOICE_STATE, "state:tw", "(not nginx) state:tw"},
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
        assert_true(filter_choice_replace(out, rows[i].filter, rows[i].kind, rows[i].term));
        assert_string_equal(out, rows[i].result);
    }
    char out[UI_FILTER_MAX], full[UI_FILTER_MAX];
    memset(full, 'a', sizeof(full) - 1);
    full[sizeof(full) - 1] = '\0';
    assert_false(filter_choice_replace(out, full, CHOICE_PORT, "port:1"));
}

static void quick_filters_say_how_to_leave_them(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "l");
    assert_int_equal(probe_rows(st.session), 1);
    assert_string_equal(probe_message(st.session), "LISTEN only   a shows all");
    stage_keys(&st, "e");
    assert_int_equal(probe_rows(st.session), 3);
    stage_keys(&st, "o");
    assert_int_equal(probe_rows(st.session), 1);
    stage_keys(&st, "a");
    assert_int_equal(probe_rows(st.session), 5);
    stage_close(&st);
}

static void no_room_for_a_choice_is_said(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "port:30 !");
    while (strlen(probe_line(st.session)) < UI_FILTER_MAX - 4)
        stage_type(&st, "x");
    stage_keys(&st, "Enter");
    char before[UI_FILTER_MAX];
    memcpy(before, probe_filter(st.session), sizeof(before));
    assert_int_equal(strlen(before), UI_FILTER_MAX - 4);
    stage_keys(&st, "l");
    assert_true(stage_says(&st, "too long"));
    assert_string_equal(probe_filter(st.session), before);
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
        cmocka_unit_test(no_room_for_a_choice_is_said),
        cmocka_unit_test(quick_filters_say_how_to_leave_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
