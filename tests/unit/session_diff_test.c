/* SPDX-License-Identifier: MIT */
/* What has changed since a moment that was noted: each connection that is new, gone or in another
 * state is listed once, the list follows what is shown and the filter, and a worker may make it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/stage.h"
#include "tcptop/text/text.h"

static struct stage st;
static int wake_fd = -1;

static int tear_down(void **state)
{
    (void)state;
    text_use(LANG_EN);
    stage_close(&st);
    if (wake_fd >= 0)
        close(wake_fd);
    wake_fd = -1;
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    stage_open_twenty(&st);
    return 0;
}

/* One goes, one comes, one changes: port 110, 500, 120. */
static void change(void)
{
    stage_remove(&st, 110);
    stage_add(&st, TCP_STATE_ESTABLISHED, 500, 80);
    stage_change(&st, 120, TCP_STATE_CLOSE_WAIT);
}

static void note_and_change(void)
{
    stage_sample(&st);
    stage_keys(&st, "y");
    change();
    stage_sample(&st);
    stage_keys(&st, "y");
    assert_string_equal(probe_overlay(st.session), "diff");
}

static void the_first_key_notes(void **state)
{
    (void)state;
    stage_open(&st, 80, 24, -1);
    stage_keys(&st, "y");
    assert_string_equal(probe_message(st.session), "no sample yet");
    stage_add(&st, TCP_STATE_ESTABLISHED, 100, 40000);
    stage_sample(&st);
    stage_keys(&st, "y");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_non_null(strstr(probe_message(st.session), "at another moment press y to compare"));
    stage_keys(&st, "y"); /* at the same moment there is nothing to compare */
    assert_string_equal(probe_overlay(st.session), "none");
}

static void what_changed_is_listed(void **state)
{
    (void)state;
    note_and_change();
    assert_true(stage_shows(&st, "only in A 1, only in B 1, state changed 1, same 18"));
    assert_true(stage_shows(&st, "+1       0       1  CLOSE_WAIT"));
    assert_true(stage_shows(&st, "1  ESTABLISHED → CLOSE_WAIT"));
    stage_keys(&st, "PgDn");
    assert_true(stage_shows(&st, "- ESTABLISHED  10.0.0.1:110  "));
    assert_true(stage_shows(&st, "+ ESTABLISHED  10.0.0.1:500  192.0.2.1:80"));
    assert_true(stage_shows(&st, "* ESTABLISHED → CLOSE_WAIT   10.0.0.1:120  "));
    stage_keys(&st, "G");
    assert_true(stage_shows(&st, "between the same ports"));
    stage_keys(&st, "Esc");
    assert_string_equal(probe_overlay(st.session), "none");
}

static void it_speaks_korean(void **state)
{
    (void)state;
    text_use(LANG_KO);
    note_and_change();
    assert_true(stage_shows(&st, "━ 변화"));
    assert_true(stage_shows(&st, "A에만 1개, B에만 1개, 상태 변화 1개, 동일 18개"));
}

static void the_list_follows(void **state)
{
    (void)state;
    note_and_change();
    stage_remove(&st, 130);
    stage_sample(&st);
    assert_true(stage_shows(&st, "only in A 2, only in B 1, state changed 1, same 17"));
    stage_keys(&st, "Esc");
    stage_remove(&st, 140);
    stage_sample(&st);
    stage_keys(&st, "y"); /* A is still the same moment */
    assert_true(stage_shows(&st, "only in A 3, only in B 1, state changed 1, same 16"));
}

static void the_same_key_begins_anew(void **state)
{
    (void)state;
    note_and_change();
    stage_keys(&st, "y");
    assert_string_equal(probe_overlay(st.session), "diff");
    assert_true(stage_shows(&st, "only in A 0, only in B 0, state changed 0, same 20"));
    stage_remove(&st, 500);
    stage_sample(&st);
    assert_true(stage_shows(&st, "only in A 1, only in B 0, state changed 0, same 19"));
}

static void what_the_filter_takes_is_left_out(void **state)
{
    (void)state;
    note_and_change();
    stage_keys(&st, "/");
    stage_type(&st, "lport:500");
    stage_keys(&st, "Enter");
    assert_string_equal(probe_overlay(st.session), "diff");
    assert_true(stage_shows(&st, "only in A 0, only in B 1, state changed 0, same 0"));
    assert_true(stage_shows(&st, "pass the filter are compared: lport:500"));
}

/* A small screen has the change and the state, no count of each side. */
static void it_fits_a_small_screen(void **state)
{
    (void)state;
    note_and_change();
    session_resize(st.session, 40, 24);
    assert_true(stage_shows(&st, "     +1  CLOSE_WAIT "));
    stage_keys(&st, "PgDn");
    assert_true(stage_shows(&st, "* CLOSE_WAIT   10.0.0.1:120"));
    session_resize(st.session, 20, 8);
    assert_true(stage_shows(&st, "━ CHANGES"));
}

/* The cursor stands on one after the other, and Enter shows the connections. */
static void enter_shows_the_connections(void **state)
{
    (void)state;
    note_and_change();
    stage_keys(&st, "Enter");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_non_null(strstr(probe_filter(st.session), "state:"));
    stage_keys(&st, "Esc y End Enter"); /* the last one: it has changed its state */
    assert_string_equal(probe_filter(st.session),
                        "laddr:10.0.0.1 lport:120 raddr:192.0.2.1 rport:40002");
    assert_int_equal(probe_rows(st.session), 1);
    assert_int_equal(probe_port_at(st.session, 0), 120);
    stage_keys(&st, "Esc y Home Down Down Down Down Up");
    assert_int_equal(probe_overlay_cursor(st.session), 3);
    assert_int_equal(probe_overlay_top(st.session), 0);
}

#define UNTIL(condition)                                                                           \
    while (!(condition))                                                                           \
    stage_let_work(&st)

/* A is noted anew while the comparison with the one before is under way: that is given up. */
static void the_worker_compares(void **state)
{
    (void)state;
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    stage_open(&st, 80, 24, wake_fd);
    probe_set_large(st.session, 1, 12);
    for (unsigned i = 0; i < 20; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 100 + 10 * i, 40000 + i);
    stage_sample(&st);
    UNTIL(probe_shown(st.session) == st.last);
    stage_keys(&st, "y");
    change();
    stage_sample(&st);
    UNTIL(probe_shown(st.session) == st.last);
    stage_keys(&st, "y");
    assert_true(stage_shows(&st, "comparing"));
    UNTIL(stage_shows(&st, "only in A 1, only in B 1, state changed 1, same 18"));
    stage_remove(&st, 130);
    stage_sample(&st);
    stage_keys(&st, "y");
    UNTIL(probe_shown(st.session) == st.last);
    UNTIL(stage_shows(&st, "only in A 1, only in B 0, state changed 0, same 19"));
    stage_keys(&st, "y"); /* the session ends with a comparison under way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_first_key_notes, tear_down),
        cmocka_unit_test_setup_teardown(what_changed_is_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_speaks_korean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_list_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_key_begins_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_filter_takes_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_fits_a_small_screen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(enter_shows_the_connections, set_up, tear_down),
        cmocka_unit_test_teardown(the_worker_compares, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
