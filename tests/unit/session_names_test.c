/* SPDX-License-Identifier: MIT */
/* Names in the table: in the place of addresses and ports where they are known, cut themselves but
 * never an address or a port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/stage.h"
#include "tcptop/base/clock.h"

/* The table's first row as drawn. */
static const char *row(struct stage *st)
{
    return stage_text(st, probe_screen_line(st->session, 0));
}

static void know(struct stage *st, const struct name_key *k, const char *name)
{
    struct name_answer a = {.key = *k, .outcome = NAME_FOUND};
    snprintf(a.name, sizeof(a.name), "%s", name);
    names_want(probe_names(st->session), k, st->now_ns);
    names_put(probe_names(st->session), &a, st->now_ns);
}

/* 10.0.0.1:100 to 192.0.2.1:40000, the names switched on by hand: nobody is asked here. */
static void open_named(struct stage *st, bool hosts, bool services)
{
    stage_open_twenty(st);
    probe_names(st->session);
    probe_set_names(st->session, hosts, services);
}

static void host(struct stage *st, bool remote, const char *name)
{
    struct name_key k;
    assert_true(names_key_address(&k, &st->conn[0], remote));
    know(st, &k, name);
}

static void names_in_their_places(void **state)
{
    (void)state;
    struct stage st;
    struct name_key k;
    open_named(&st, true, false);
    assert_non_null(strstr(row(&st), "10.0.0.1:100    192.0.2.1:40000 "));
    host(&st, true, "far.example");
    assert_non_null(strstr(row(&st), "10.0.0.1:100    far"));
    host(&st, false, "me");
    assert_non_null(strstr(row(&st), "me:100          far"));
    probe_set_names(st.session, false, false);
    assert_non_null(strstr(row(&st), "10.0.0.1:100    192.0.2.1:40000 "));
    probe_set_names(st.session, false, true);
    names_key_service(&k, &st.conn[0], false);
    know(&st, &k, "http");
    assert_non_null(strstr(row(&st), "10.0.0.1:http   192.0.2.1:40000 "));
    know(&st, &k, "a-name-that-has-no-room");
    assert_non_null(strstr(row(&st), "10.0.0.1:100    192.0.2.1:40000 "));
    stage_close(&st);
}

/* Of the column of peers, chosen anew. */
static int width_with_names(struct stage *st)
{
    probe_forget_widths(st->session);
    stage_wait(st, 1);
    return probe_remote_width(st->session);
}

static void a_long_name_is_cut_before_its_port(void **state)
{
    (void)state;
    struct stage st;
    open_named(&st, true, false);
    assert_int_equal(width_with_names(&st), 15); /* none is known */
    host(&st, true, "localhost");
    assert_int_equal(width_with_names(&st), 15); /* no wider than it has to be */
    host(&st, true, "far.example");
    assert_int_equal(width_with_names(&st), 21);
    host(&st, true, "ec2-203-0-113-25.compute-1.amazonaws.example");
    assert_int_equal(width_with_names(&st), 31);
    assert_non_null(strstr(row(&st), "ec2-203-0-113-25.compute…:40000 "));
    host(&st, true, "가나다라마바사아자차카타파하.한국");
    assert_non_null(strstr(row(&st), "가나다라마바사아자차카타…:40000"));
    stage_close(&st);
}

/* --dump: nobody tells it of answers, so they are waited for, and no longer than is allowed. */
static void without_a_live_screen_names_are_waited_for(void **state)
{
    (void)state;
    struct stage st;
    struct name_key k;
    stage_open_twenty(&st);
    assert_true(names_key_address(&k, &st.conn[0], true));
    probe_start_resolver(st.session, "127.0.0.1:1"); /* nobody answers there */
    stage_keys(&st, "n");
    assert_true(probe_host_names(st.session));
    assert_true(names_want(probe_names(st.session), &k, st.now_ns)); /* it was not asked for yet */
    names_unasked(probe_names(st.session), &k);
    session_await_names(st.session, clock_mono_ns() + 20 * NS_PER_MS);
    assert_false(names_want(probe_names(st.session), &k, st.now_ns));
    assert_non_null(strstr(row(&st), "10.0.0.1:100    192.0.2.1:40000 "));
    stage_keys(&st, "n");
    assert_false(probe_has_resolver(st.session));
    stage_close(&st);
}

/* The number is never lost, and what the screen shows is there. */
static void copied_with_number_and_name(void **state)
{
    (void)state;
    struct stage st;
    struct name_key k;
    open_named(&st, true, true);
    host(&st, true, "far.example");
    stage_keys(&st, "c");
    assert_non_null(
        strstr(session_copy(st.session), "10.0.0.1:100  192.0.2.1:40000 (far.example:40000)  "));
    names_key_service(&k, &st.conn[0], false);
    know(&st, &k, "http");
    stage_keys(&st, "c");
    assert_non_null(strstr(session_copy(st.session),
                           "10.0.0.1:100 (10.0.0.1:http)  192.0.2.1:40000 "
                           "(far.example:40000)  "));
    probe_set_names(st.session, false, false);
    stage_keys(&st, "c");
    assert_null(strchr(session_copy(st.session), '('));
    stage_close(&st);
}

static void found_by_name_and_by_number(void **state)
{
    static const struct {
        const char *needle;
        unsigned port;
    } cases[] = {
        {"FAR.example", 150},
        {"example:40005", 150},
        {"192.0.2.8:40007", 170},
    };
    (void)state;
    struct stage st;
    struct name_key k;
    open_named(&st, true, false);
    for (unsigned i = 0; i < st.n; i++)
        st.conn[i].dst[3] = (uint8_t)(i + 1);
    stage_sample(&st);
    assert_true(names_key_address(&k, &st.conn[5], true));
    know(&st, &k, "far.example");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        stage_keys(&st, "g F3 ^u");
        stage_type(&st, cases[i].needle);
        stage_keys(&st, "Enter");
        assert_int_equal(probe_port(st.session), cases[i].port);
        stage_keys(&st, "Esc");
    }
    stage_close(&st);
}

static void the_details_show_them(void **state)
{
    (void)state;
    struct stage st;
    open_named(&st, true, false);
    host(&st, true, "far.example");
    stage_keys(&st, "Enter");
    assert_true(stage_shows(&st, "Names        10.0.0.1:100   far.example:40000"));
    probe_set_names(st.session, false, false);
    assert_false(stage_shows(&st, "Names "));
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_their_places),
        cmocka_unit_test(a_long_name_is_cut_before_its_port),
        cmocka_unit_test(copied_with_number_and_name),
        cmocka_unit_test(found_by_name_and_by_number),
        cmocka_unit_test(the_details_show_them),
        cmocka_unit_test(without_a_live_screen_names_are_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
