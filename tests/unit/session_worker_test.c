/* SPDX-License-Identifier: MIT */
/* A session whose samples are large: the worker lists, finds and writes, what was listed before
 * stands meanwhile and says so, and answers that are no longer wanted change nothing. Meant for
 * TSan as well. */
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

#include "lib/diag_build.h"
#include "lib/frame_write.h"
#include "lib/sample.h"
#include "lib/stage.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/sampler.h"

#define FIRST 12 /* rows listed while the view stays at the top */
#define ALL   40

static struct stage st;
static int wake_fd;

/* Forty connections, ports 100, 110 …; every sample is a large one. */
static int set_up(void **state)
{
    (void)state;
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    stage_open(&st, 80, 24, wake_fd);
    probe_set_large(st.session, 1, FIRST);
    for (unsigned i = 0; i < ALL; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 100 + 10 * i, 40000 + i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close(&st);
    close(wake_fd);
    return 0;
}

#define UNTIL(condition)                                                                           \
    while (!(condition))                                                                           \
    stage_let_work(&st)

static bool shows_newest(void)
{
    return probe_shown(st.session) == st.last;
}

static bool shows_all(void)
{
    return shows_newest() && !probe_is_partial(st.session);
}

static void bind_first_row(void)
{
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "Down");
    UNTIL(shows_all());
}

static void the_first_rows_will_do_at_the_top(void **state)
{
    (void)state;
    stage_sample(&st);
    assert_null(probe_shown(st.session));
    assert_true(stage_shows(&st, "no sample yet"));
    UNTIL(shows_newest());
    assert_int_equal(probe_rows(st.session), FIRST);
    assert_int_equal(probe_matched(st.session), ALL);
    assert_int_equal(probe_surveyed(st.session, TCP_STATE_ESTABLISHED), ALL);
    assert_int_equal(probe_port_at(st.session, FIRST - 1), 100 + 10 * (FIRST - 1));
    assert_true(stage_shows(&st, "SOCKETS  40"));
    assert_false(stage_shows(&st, "updating"));
}

/* The worker breaks the pane's state down; the numbers of the sample before stand meanwhile, and
 * those of a state that nobody looks at any more are not taken. */
static void the_pane_s_state_is_broken_down(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    assert_int_equal(probe_breakdown_state(st.session), 0); /* brief */
    session_resize(st.session, 120, 34);
    assert_true(probe_breakdown_awaited(st.session) && probe_breakdown_state(st.session) == 0);
    UNTIL(probe_breakdown_sample(st.session) == st.last);
    assert_int_equal(probe_breakdown_state(st.session), TCP_STATE_ESTABLISHED);
    assert_int_equal(probe_breakdown_rows(st.session), ALL);
    const struct sample *before = probe_breakdown_sample(st.session);
    stage_remove(&st, 100);
    stage_sample(&st);
    assert_ptr_equal(probe_breakdown_sample(st.session), before);
    UNTIL(shows_newest() && probe_breakdown_sample(st.session) == st.last);
    assert_int_equal(probe_breakdown_rows(st.session), ALL - 1);

    stage_keys(&st, "Tab Tab Home"); /* by the pane to the strip, on LISTEN */
    assert_true(probe_breakdown_awaited(st.session) && probe_breakdown_state(st.session) == 0);
    stage_keys(&st, "w w"); /* no pane: nobody waits for it any more */
    assert_false(probe_breakdown_awaited(st.session));
    stage_keys(&st, "Tab w");
    UNTIL(probe_breakdown_state(st.session));
    assert_int_equal(probe_breakdown_state(st.session), TCP_STATE_ESTABLISHED);
    assert_int_equal(probe_breakdown_rows(st.session), ALL - 1);
}

static void a_bound_row_wants_the_whole_order(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "Down Down");
    assert_int_equal(probe_port(st.session), 120);
    assert_false(stage_shows(&st, "updating")); /* the user sees what was asked for */
    UNTIL(shows_all());
    assert_int_equal(probe_port(st.session), 120);
    assert_int_equal(probe_cursor_line(st.session), 2);
    stage_add(&st, TCP_STATE_ESTABLISHED, 50, 1);
    stage_sample(&st);
    UNTIL(shows_newest());
    assert_int_equal(probe_rows(st.session), ALL + 1);
    assert_int_equal(probe_port(st.session), 120);
    assert_int_equal(probe_cursor_line(st.session), 2);
    stage_keys(&st, "Home");
    stage_sample(&st);
    UNTIL(shows_newest());
    assert_int_equal(probe_rows(st.session), FIRST);
    assert_int_equal(probe_port_at(st.session, 0), 50);
}

/* A listing of the first rows that comes late must not lose a row selected far below. */
static void late_first_rows_are_not_taken(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "Down");
    UNTIL(shows_all());
    stage_keys(&st, "Home");
    stage_sample(&st); /* asks for the first rows only */
    stage_keys(&st, "G");
    assert_int_equal(probe_port(st.session), 490);
    UNTIL(shows_all());
    assert_int_equal(probe_port(st.session), 490);
    assert_int_equal(probe_cursor(st.session), ALL - 1);
    assert_string_equal(probe_message(st.session), "");
}

static void the_end_waits_for_the_whole_order(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "G");
    assert_int_equal(probe_cursor(st.session), 0);
    assert_true(stage_shows(&st, "updating"));
    UNTIL(shows_all());
    assert_int_equal(probe_port(st.session), 490);
    assert_false(stage_shows(&st, "updating"));
    assert_true(stage_shows(&st, "31-40"));
    stage_keys(&st, "Home");
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "G Home"); /* thought better of it */
    stage_sample(&st);
    UNTIL(shows_newest());
    assert_int_equal(probe_cursor(st.session), 0);
    assert_false(probe_is_bound(st.session));
}

static void the_old_order_stands_and_says_so(void **state)
{
    (void)state;
    bind_first_row();
    stage_keys(&st, "Down Down Down");
    const void *before = probe_list(st.session);
    stage_keys(&st, "r e");
    assert_ptr_equal(probe_list(st.session), before);
    assert_true(stage_shows(&st, "– of 40   state:ESTABLISHED   updating"));
    assert_int_equal(probe_port(st.session), 140);
    UNTIL(!probe_updating(st.session));
    assert_true(stage_shows(&st, "40 of 40   state:ESTABLISHED "));
    assert_int_equal(probe_port_at(st.session, 0), 490);
    assert_int_equal(probe_port(st.session), 140);
    assert_true(probe_list(st.session) != before);
}

/* Each `r` makes the answers before it void; the last one counts. */
static void outdated_answers_are_dropped(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "s");
    for (unsigned i = 0; i < COL_COUNT && probe_menu(st.session) != COL_LOCAL; i++)
        stage_keys(&st, "Up");
    stage_keys(&st, "Enter");
    assert_int_equal(probe_sort_column(st.session), COL_LOCAL);
    for (unsigned i = 0; i < 31; i++)
        stage_keys(&st, "r");
    uint64_t valid = probe_valid_job(st.session);
    UNTIL(!probe_updating(st.session));
    assert_int_equal(probe_valid_job(st.session), valid);
    assert_true(probe_sort_descending(st.session));
    assert_int_equal(probe_port_at(st.session, 0), 490);
}

/* Samples come faster than listings: each listing is of the newest sample there was when it was
 * begun, and those passed over are given back. */
static void no_sample_starves_the_worker(void **state)
{
    (void)state;
    uint64_t seen = 0;
    const struct sample *first;
    stage_sample(&st);
    first = sample_ref(st.last);
    for (unsigned i = 0; i < 300; i++) {
        stage_sample(&st);
        if (i % 7 == 0)
            session_tick(st.session, st.now_ns);
        uint64_t seq = probe_shown(st.session) ? probe_shown(st.session)->seq : 0;
        assert_true(seq >= seen);
        seen = seq;
    }
    UNTIL(shows_newest());
    assert_int_equal(atomic_load(&builder_of((struct sample *)(uintptr_t)first)->refs), 1);
    sample_unref(first);
}

static void pause_stands_still(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    const struct sample *shown = probe_shown(st.session);
    stage_sample(&st);
    stage_keys(&st, "p");
    stage_sample(&st);
    stage_let_work(&st);
    assert_ptr_equal(probe_shown(st.session), shown);
    stage_keys(&st, "G"); /* the order of what stands still may be asked for */
    UNTIL(!probe_is_partial(st.session));
    assert_ptr_equal(probe_shown(st.session), shown);
    assert_int_equal(probe_port(st.session), 490);
    stage_keys(&st, "p");
    UNTIL(shows_newest());
    assert_int_equal(probe_port(st.session), 490);
}

static void digits_follow_ports_that_are_there(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_type(&st, "4");
    stage_wait(&st, 300);
    assert_true(probe_digits_tried(st.session)); /* no socket has port 4 */
    stage_type(&st, "90");
    stage_wait(&st, 300);
    assert_string_equal(probe_filter(st.session), "port:490");
    UNTIL(!probe_updating(st.session));
    assert_int_equal(probe_rows(st.session), 1);
    stage_keys(&st, "Esc");
    UNTIL(!probe_updating(st.session));
    stage_type(&st, "77");
    stage_wait(&st, 300);
    assert_true(probe_digits_tried(st.session));
    stage_add(&st, TCP_STATE_LISTEN, 77, 0);
    stage_sample(&st);
    UNTIL(probe_filter(st.session)[0]);
    assert_string_equal(probe_filter(st.session), "port:77");
}

static void pinned_rows_stand_first(void **state)
{
    (void)state;
    bind_first_row();
    stage_keys(&st, "G Space Up Space");
    UNTIL(!probe_updating(st.session));
    assert_int_equal(probe_port(st.session), 480);
    stage_keys(&st, "Home"); /* both are beyond the first rows now */
    stage_sample(&st);
    UNTIL(shows_newest());
    assert_int_equal(probe_rows(st.session), FIRST);
    assert_int_equal(probe_port_at(st.session, 0), 490);
    assert_int_equal(probe_port_at(st.session, 1), 480);
    assert_int_equal(probe_port_at(st.session, 2), 100);
    stage_remove(&st, 490);
    for (unsigned i = 0; i < 20 && probe_pinned(st.session) == 2; i++) {
        stage_sample(&st);
        UNTIL(shows_newest());
    }
    assert_int_equal(probe_pinned(st.session), 1);
    assert_int_equal(probe_port_at(st.session, 0), 480);
}

static void details_go_with_their_connection(void **state)
{
    (void)state;
    bind_first_row();
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "2 of 40"));
    stage_add(&st, TCP_STATE_ESTABLISHED, 50, 1);
    stage_change(&st, 110, TCP_STATE_FIN_WAIT2);
    stage_sample(&st);
    assert_true(stage_shows(&st, "2 of 40"));
    UNTIL(shows_newest());
    assert_true(stage_shows(&st, "3 of 41"));
    assert_true(stage_shows(&st, "FIN_WAIT2 for"));
    stage_remove(&st, 110);
    for (unsigned i = 0; i < 10; i++)
        stage_sample(&st);
    UNTIL(shows_newest());
    assert_true(probe_details_gone(st.session));
    assert_true(stage_shows(&st, "10.0.0.1:110"));
}

static void find_looks_through_all_rows(void **state)
{
    (void)state;
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "F3");
    stage_type(&st, ":47");
    assert_true(stage_shows(&st, "searching"));
    UNTIL(!probe_searching(st.session));
    assert_int_equal(probe_port(st.session), 470);
    assert_int_equal(probe_line_error(st.session), -1);
    stage_sample(&st); /* the place of what is found is that in the newest rows */
    stage_keys(&st, "F3");
    UNTIL(!probe_searching(st.session) && shows_newest());
    assert_int_equal(probe_port(st.session), 470);
    stage_type(&st, "x");
    UNTIL(!probe_searching(st.session));
    assert_true(probe_line_error(st.session) >= 0);
    stage_keys(&st, "Backspace Esc"); /* nobody waits for it any more */
    assert_false(probe_searching(st.session));
    stage_keys(&st, "Home");
    stage_sample(&st);
    UNTIL(shows_newest());
    assert_int_equal(probe_cursor(st.session), 0);
    assert_false(probe_is_bound(st.session));
}

static void export_is_written_by_the_worker(void **state)
{
    (void)state;
    char path[] = "/tmp/tcptop-export-XXXXXX", line[512];
    int fd = mkstemp(path), lines = 0;
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    stage_sample(&st);
    UNTIL(shows_newest());
    stage_keys(&st, "x");
    stage_type(&st, path);
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "writing"));
    UNTIL(strstr(probe_message(st.session), "rows written: 40"));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        lines++;
    fclose(file);
    unlink(path);
    assert_int_equal(lines, 1 + ALL);
}

/* Two samples, of one connection and of two. */
static void write_recording(const char *path)
{
    struct str out = STR_INIT;
    frame_begin(&out);
    for (uint16_t i = 1; i <= 2; i++) {
        struct sample *s = sample_make(NULL);
        struct str messages = STR_INIT;
        for (uint16_t k = 1; k <= i; k++) {
            struct conn c = build_plain(TCP_STATE_ESTABLISHED, k, 1, k);
            build_conn(&messages, &c, NULL, 0);
        }
        build_done(&messages, 0);
        s->mono_ns = i;
        frame_write(&out, s, messages.data, messages.len);
        str_fini(&messages);
        sample_unref(s);
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(out.data, 1, out.len, file), out.len);
    fclose(file);
    str_fini(&out);
}

static struct sample_pipeline *open_recording(const void *path, uint32_t history_len)
{
    struct source *src;
    struct sample_reason err;
    assert_int_equal(recording_open(&src, path, &err), 0);
    return sample_pipeline_new(src, history_len);
}

/* Beside the screen, however small it is; only the last wish counts, and a pipe is not read twice.
 */
static void a_recording_is_played_again(void **state)
{
    (void)state;
    char path[] = "/tmp/tcptop-replay-XXXXXX";
    const struct request req = {.fade_ds = 30};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_recording(path);
    probe_set_large(st.session, UINT32_MAX, 50);
    st.settings.read_path = path;
    st.settings.open_recording = open_recording;
    st.settings.context = path;
    session_replay(st.session, &req, 60);
    const void *first = probe_replay(st.session);
    assert_non_null(first); /* it is under way */
    assert_null(probe_shown(st.session));
    session_replay(st.session, &req, 60);
    assert_true(probe_replay(st.session) && probe_replay(st.session) != first);
    UNTIL(!probe_replay(st.session));
    assert_int_equal(probe_rows(st.session), 2);
    assert_int_equal(probe_shown(st.session)->seq, 2);
    st.settings.read_path = "/dev/null";
    session_replay(st.session, &req, 60);
    UNTIL(!probe_replay(st.session));
    assert_int_equal(probe_shown(st.session)->seq, 2);
    unlink(path);
    st.settings.read_path = NULL;
}

/* Whatever is under way: nothing leaks, nothing hangs. */
static void the_end_may_come_at_any_time(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        stage_sample(&st);
        if (i % 3 == 0)
            UNTIL(shows_newest());
        stage_keys(&st, i % 2 ? "Down r F3" : "p G p e");
        if (i % 2)
            stage_type(&st, ":49");
        tear_down(NULL);
        set_up(NULL);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_rows_will_do_at_the_top),
        TEST(the_pane_s_state_is_broken_down),
        TEST(a_bound_row_wants_the_whole_order),
        TEST(late_first_rows_are_not_taken),
        TEST(the_end_waits_for_the_whole_order),
        TEST(the_old_order_stands_and_says_so),
        TEST(outdated_answers_are_dropped),
        TEST(no_sample_starves_the_worker),
        TEST(pause_stands_still),
        TEST(digits_follow_ports_that_are_there),
        TEST(pinned_rows_stand_first),
        TEST(details_go_with_their_connection),
        TEST(find_looks_through_all_rows),
        TEST(export_is_written_by_the_worker),
        TEST(a_recording_is_played_again),
        TEST(the_end_may_come_at_any_time),
    };
    return cmocka_run_group_tests_name("session_worker", tests, NULL, NULL);
}
