/* SPDX-License-Identifier: MIT */
/* What the first keys do: where the cursor is, what digits and Enter show, who has a port, keys
 * that mean nothing, letters in menus, a filter that is still being typed, columns without room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/owned.h"
#include "lib/stage.h"
#include "tcptop/lesson/lesson.h"
#include "tcptop/model/findings.h"

static struct stage st;

static int tear_down(void **state)
{
    (void)state;
    stage_close(&st);
    return 0;
}

static void the_list_has_the_focus(void **state)
{
    (void)state;
    stage_open(&st, 80, 24, -1);
    for (unsigned i = 0; i < 40; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 100 + i, 40000 + i);
    stage_sample(&st);
    assert_string_equal(probe_focus(st.session), "table");
    assert_int_equal(probe_cursor(st.session), 0);
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_ESTABLISHED);
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_ESTABLISHED);
    stage_keys(&st, "Down Down");
    assert_int_equal(probe_cursor(st.session), 2);
    stage_keys(&st, "Tab PgDn"); /* pages are the list's, whatever has the focus */
    assert_string_equal(probe_focus(st.session), "states");
    assert_true(probe_cursor(st.session) > 5);
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_ESTABLISHED);
    stage_keys(&st, "Up");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_SYN_RECV);
}

/* The finding of the samples to come: about a state. */
static void find(unsigned state)
{
    struct findings *f = findings_new(1);
    assert_non_null(f);
    f->n = f->warnings = 1;
    f->worst = SEVERITY_WARNING;
    f->states = STATE_BIT(state);
    f->list[0] =
        (struct finding){.key = 1, .severity = SEVERITY_WARNING, .marks = STATE_BIT(state)};
    findings_free(st.last->findings);
    st.last->findings = f;
}

static void a_warning_preselects_its_state(void **state)
{
    (void)state;
    stage_open(&st, 80, 24, -1);
    stage_add(&st, TCP_STATE_ESTABLISHED, 100, 40000);
    stage_add(&st, TCP_STATE_LISTEN, 22, 0);
    stage_sample(&st);
    find(TCP_STATE_LISTEN);
    stage_keys(&st, "Down Up"); /* any event */
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_LISTEN);
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_ESTABLISHED);
    stage_keys(&st, "Tab");
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_LISTEN);
    stage_keys(&st, "Home Down Tab Tab"); /* a choice of one's own stays */
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_SYN_SENT);
    stage_keys(&st, "Tab Down");
    assert_int_equal(probe_state_list_state(st.session), TCP_STATE_SYN_SENT);
}

static void enter_behind_digits_does_nothing_else(void **state)
{
    (void)state;
    stage_open_ports(&st);
    stage_type(&st, "3000");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_filter(st.session), "port:3000");
    assert_string_equal(probe_digits(st.session), "");
    assert_string_equal(probe_overlay(st.session), "none");
    stage_keys(&st, "Enter"); /* the next one is a key like any other */
    assert_string_equal(probe_overlay(st.session), "details");
    stage_keys(&st, "Esc Tab");
    stage_type(&st, "30");
    stage_wait(&st, 5000); /* a slow hand */
    assert_string_equal(probe_digits(st.session), "");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_filter(st.session), "port:30");
    stage_keys(&st, "Enter"); /* of the list of states */
    assert_string_equal(probe_filter(st.session), "port:30 state:ESTABLISHED");
}

static void who_has_the_port_stands_first(void **state)
{
    (void)state;
    stage_open(&st, 120, 34, -1);
    for (unsigned i = 0; i < 5; i++)
        stage_add(&st, TCP_STATE_TIME_WAIT, 3000, 5000 + i);
    stage_add(&st, TCP_STATE_LISTEN, 3000, 0);
    stage_sample(&st);
    assert_int_equal(probe_state_at(st.session, 0), TCP_STATE_TIME_WAIT); /* by the order */
    stage_type(&st, "3000");
    stage_keys(&st, "Enter");
    assert_int_equal(probe_state_at(st.session, 0), TCP_STATE_LISTEN);
    assert_true(stage_shows(&st, "SOCKETS  6 of 6   port 3000: process not visible"));
    assert_int_equal(probe_cursor(st.session), 1); /* what the port is full of */
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_TIME_WAIT);
    stage_sample(&st);
    assert_int_equal(probe_cursor(st.session), 1);
    stage_keys(&st, "Up");
    assert_int_equal(probe_cursor(st.session), 0);
    stage_keys(&st, "G");
    assert_int_equal(probe_cursor(st.session), 5);
    stage_keys(&st, "Home");
    assert_int_equal(probe_cursor(st.session), 0);
    stage_keys(&st, "o"); /* which takes the row of the listener away, not what is known of it */
    assert_int_equal(probe_rows(st.session), 5);
    assert_true(stage_shows(&st, "port 3000: process not visible"));
    stage_keys(&st, "Esc");
    assert_false(stage_shows(&st, "port 3000"));
}

/* As long as the search for processes goes on, nobody can say that one is not visible. */
static void the_process_of_a_port_is_looked_for(void **state)
{
    struct owner_lookup *lookup = owner_lookup_new();

    (void)state;
    stage_open_ports(&st);
    stage_add(&st, TCP_STATE_LISTEN, 4000, 0);
    stage_sample(&st);
    owned_assign(lookup, st.last); /* nothing was searched yet */
    for (unsigned i = 0; i < st.n; i++)
        st.last->owner[i] = OWNER_UNKNOWN;
    stage_type(&st, "4000");
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "port 4000: looking for processes"));
    text_use(LANG_KO);
    assert_true(stage_shows(&st, "포트 4000: 프로세스 찾는 중"));
    text_use(LANG_EN);
    for (unsigned i = 0; i < st.n; i++)
        st.last->owner[i] = OWNER_NOBODY;
    assert_true(stage_shows(&st, "port 4000: process not visible"));
    owner_lookup_free(lookup);
}

static void a_port_that_is_only_bound_says_so(void **state)
{
    (void)state;
    stage_open_ports(&st);
    stage_add(&st, TCP_STATE_CLOSE, 4000, 0);
    st.conn[st.n - 1].flags |= CONN_BOUND;
    stage_sample(&st);
    stage_type(&st, "4000");
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "port 4000: process not visible, only bound"));
    stage_type(&st, "30"); /* nobody holds that one: it is a client's */
    stage_keys(&st, "Enter");
    assert_false(stage_shows(&st, "port 30: "));
}

static void keys_that_mean_nothing_say_so(void **state)
{
    (void)state;
    stage_open_twenty(&st);
    stage_keys(&st, "u");
    assert_true(stage_says(&st, "u: no such key   ? help"));
    stage_keys(&st, "F7");
    assert_true(stage_says(&st, "F7: no such key   ? help"));
    stage_keys(&st, "Backspace");
    assert_string_equal(probe_message(st.session), "");
    stage_keys(&st, "F");
    assert_true(stage_says(&st, "follow off"));
    stage_keys(&st, "F");
    assert_true(stage_says(&st, "follow on"));
}

static void letters_choose_in_menus(void **state)
{
    (void)state;
    stage_open_twenty(&st);
    stage_keys(&st, "s r");
    const unsigned first = probe_menu(st.session);
    assert_true(columns[first].id[0] == 'r' || text(columns[first].title)[0] == 'R');
    stage_wait(&st, 2000);
    stage_keys(&st, "r"); /* the next one */
    assert_int_not_equal(probe_menu(st.session), first);
    stage_wait(&st, 2000);
    stage_type(&st, "rtt"); /* one word */
    assert_int_equal(probe_menu(st.session), COL_RTT);
    stage_keys(&st, "j"); /* begins no line */
    assert_int_equal(probe_menu(st.session), COL_RTT + 1);
    stage_wait(&st, 2000);
    stage_type(&st, "send");
    stage_keys(&st, "Enter");
    assert_int_equal(probe_sort_column(st.session), COL_SEND_Q);
    stage_keys(&st, "t");
    stage_type(&st, "stat");
    stage_keys(&st, "Enter");
    assert_int_equal(probe_group_by(st.session), COL_STATE);
}

static void rows_wait_while_a_word_is_unfinished(void **state)
{
    (void)state;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    static const char typed[] = "state:tw";
    for (size_t i = 0; typed[i]; i++) {
        const char letter[2] = {typed[i], '\0'};
        assert_int_equal(probe_rows(st.session), 5);
        stage_type(&st, letter);
    }
    assert_int_equal(probe_rows(st.session), 1);
    stage_keys(&st, "Enter /  ^u");
    stage_type(&st, "sta"); /* Enter means it as it stands */
    assert_int_equal(probe_rows(st.session), 5);
    stage_keys(&st, "Enter");
    assert_int_equal(probe_rows(st.session), 3); /* in ESTABLISHED is "sta" */
}

static void tab_lists_what_may_follow(void **state)
{
    (void)state;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "state:cl");
    stage_keys(&st, "Tab");
    assert_string_equal(probe_line(st.session), "state:CLOS");
    assert_true(stage_says(&st, "Tab completes: CLOSE_WAIT CLOSING CLOSE"));
    stage_type(&st, "x");
    assert_true(stage_says(&st, "expected a state"));
    stage_keys(&st, "^u");
    stage_type(&st, "st");
    stage_keys(&st, "Tab"); /* a name alone is no condition yet */
    assert_string_equal(probe_line(st.session), "state");
    assert_true(stage_says(&st, "an operator and a value must follow"));
}

static void a_whole_condition_says_how_to_add_one(void **state)
{
    (void)state;
    stage_open_ports(&st);
    stage_keys(&st, "/");
    stage_type(&st, "port:30");
    assert_true(stage_says(&st, "and (both must hold), or (one is enough)"));
    stage_type(&st, " and");
    assert_true(stage_says(&st, "a condition must follow"));
    static const char *const whole[] = {"rtt>1ms", "age>5min", "expires>1.5s"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        stage_keys(&st, "^u");
        stage_type(&st, whole[i]);
        assert_string_equal(probe_filter(st.session), whole[i]); /* the rows follow */
        assert_true(stage_says(&st, i == 2 ? "Tab completes: sec"
                                           : "and (both must hold), or (one is enough)"));
    }
    stage_keys(&st, "^u");
    stage_type(&st, "age>5mi"); /* a unit will come of it */
    assert_string_equal(probe_filter(st.session), "age>5m");
    assert_true(stage_says(&st, "Tab completes: min"));
    stage_keys(&st, "^u");
    stage_type(&st, "port:30");
    stage_type(&st, " ");
    assert_true(stage_says(&st, "Tab completes: and or port"));
    stage_type(&st, "or port:300");
    assert_true(stage_says(&st, "and (both must hold), or (one is enough)"));
    assert_int_equal(probe_rows(st.session), 2);
}

static void an_export_has_a_name_already(void **state)
{
    (void)state;
    stage_open_twenty(&st);
    stage_keys(&st, "x");
    assert_string_equal(probe_prompt(st.session), "export");
    assert_memory_equal(probe_line(st.session), "tcptop", 6);
    assert_non_null(strstr(probe_line(st.session), ".csv"));
}

/* Each column that is chosen is shown, or one line says what shows it. */
static void chosen_columns_are_shown_or_told(void **state)
{
    (void)state;
    static const enum column_id chosen[] = {COL_RECV_Q, COL_SEND_Q, COL_RTT, COL_TX,
                                            COL_RX,     COL_CWND,   COL_AGE, COL_PROTO};
    stage_open_twenty(&st);
    stage_keys(&st, "f");
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        for (unsigned n = 0; n < COL_COUNT && probe_menu(st.session) != chosen[i]; n++)
            stage_keys(&st, "Down");
        stage_keys(&st, probe_is_ticked(st.session, chosen[i]) ? "Home" : "Space Home");
    }
    stage_keys(&st, "Enter");
    assert_true(stage_says(&st, "columns without room: "));
    assert_true(stage_says(&st, "→ shows the next ones"));
    bool seen[sizeof chosen / sizeof *chosen] = {false};
    for (int step = 0; step < 20; step++) {
        for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
            seen[i] |= stage_shows(&st, text(columns[chosen[i]].title));
        stage_keys(&st, "Right");
    }
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        if (!seen[i])
            fail_msg("%s is never shown", columns[chosen[i]].id);
}

/* The pane names the lesson of every state but one, which no socket can be held in. */
static void every_lesson_that_is_named_is_there(void **state)
{
    (void)state;
    stage_open(&st, 80, 24, -1);
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++)
        assert_int_equal(lesson_script(state_list_order[i]) != NULL,
                         state_list_order[i] != TCP_STATE_CLOSE);
    assert_non_null(lesson_script(TCP_STATE_BOUND_INACTIVE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_list_has_the_focus, tear_down),
        cmocka_unit_test_teardown(a_warning_preselects_its_state, tear_down),
        cmocka_unit_test_teardown(enter_behind_digits_does_nothing_else, tear_down),
        cmocka_unit_test_teardown(who_has_the_port_stands_first, tear_down),
        cmocka_unit_test_teardown(the_process_of_a_port_is_looked_for, tear_down),
        cmocka_unit_test_teardown(a_port_that_is_only_bound_says_so, tear_down),
        cmocka_unit_test_teardown(keys_that_mean_nothing_say_so, tear_down),
        cmocka_unit_test_teardown(letters_choose_in_menus, tear_down),
        cmocka_unit_test_teardown(rows_wait_while_a_word_is_unfinished, tear_down),
        cmocka_unit_test_teardown(tab_lists_what_may_follow, tear_down),
        cmocka_unit_test_teardown(a_whole_condition_says_how_to_add_one, tear_down),
        cmocka_unit_test_teardown(an_export_has_a_name_already, tear_down),
        cmocka_unit_test_teardown(every_lesson_that_is_named_is_there, tear_down),
        cmocka_unit_test_teardown(chosen_columns_are_shown_or_told, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
