/* SPDX-License-Identifier: MIT */
/* `K`: the question hears nothing until input has been quiet, takes only `y`, and acts on the
 * connection that was drawn; what it cannot close it says; read-only it is not there at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/owned.h"
#include "lib/stage.h"

#define QUIET_MS 300

/* The kernel of the test: what it was told to end, and what it answers. */
static struct {
    unsigned calls;
    struct conn last;
    uint64_t inode; /* of the namespace */
    struct destroyed answer;
} kernel;

static struct destroyed end(const struct conn *c, const struct destroy_place *place)
{
    kernel.inode = place ? place->inode : 0;
    kernel.calls++;
    kernel.last = *c;
    return kernel.answer;
}

/* On the stage's second row, 10.0.0.1:110 to 192.0.2.1:40001. */
static void open_stage(struct stage *st)
{
    memset(&kernel, 0, sizeof(kernel));
    stage_open_twenty(st);
    session_use_destroy(st->session, end, true);
    stage_keys(st, "Down");
}

static void ask(struct stage *st)
{
    stage_keys(st, "K");
    assert_string_equal(probe_prompt(st->session), "close");
    stage_wait(st, QUIET_MS);
}

static void y_closes_it(void **state)
{
    (void)state;
    struct stage st;
    struct request req;
    bool now;
    open_stage(&st);
    session_request(st.session, &req, &now);
    ask(&st);
    stage_keys(&st, "y");
    assert_int_equal(kernel.calls, 1);
    assert_int_equal(kernel.last.sport, 110);
    assert_string_equal(probe_prompt(st.session), "none");
    assert_string_equal(probe_message(st.session), "closed: 10.0.0.1:110 192.0.2.1:40001");
    assert_true(session_request(st.session, &req, &now));
    assert_true(now); /* the screen shows what has become of it */
    stage_close(&st);
}

static void every_other_key_refuses(void **state)
{
    static const char *const keys[] = {"Enter", "K",    "F9",    "Y",   "n",    "Esc",      "Space",
                                       "Tab",   "Down", "Right", "End", "PgUp", "^y",       "^u",
                                       "q",     "1",    "/",     "?",   "F10",  "Backspace"};

    (void)state;
    struct stage st;
    open_stage(&st);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        ask(&st);
        stage_keys(&st, keys[i]);
        assert_string_equal(probe_prompt(st.session), "none");
        assert_string_equal(probe_message(st.session), "not closed: 10.0.0.1:110 192.0.2.1:40001");
        assert_string_equal(probe_overlay(st.session), "none");
        assert_int_equal(probe_port(st.session), 110);
        stage_keys(&st, "y"); /* too late */
        stage_wait(&st, QUIET_MS);
        stage_keys(&st, "y");
    }
    /* ㅛ is typed with the key of y, ㅏ with that of k */
    ask(&st);
    stage_type(&st, "ㅛ");
    assert_string_equal(probe_prompt(st.session), "none");
    stage_type(&st, "ㅏ");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_int_equal(kernel.calls, 0);
    stage_close(&st);
}

static void it_hears_nothing_before_input_is_quiet(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    stage_keys(&st, "K y K Enter y");
    assert_string_equal(probe_prompt(st.session), "close");
    for (int i = 0; i < 20; i++) { /* a key held down */
        stage_wait(&st, QUIET_MS - 1);
        stage_keys(&st, "y");
    }
    assert_string_equal(probe_prompt(st.session), "close");
    assert_int_equal(kernel.calls, 0);
    stage_mouse(&st, 3, 3, MOUSE_CLICK);
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), QUIET_MS);
    stage_wait(&st, QUIET_MS);
    assert_int_equal(session_timeout_ms(st.session, st.now_ns), -1);
    stage_keys(&st, "y");
    assert_int_equal(kernel.calls, 1);
    stage_close(&st);
}

/* Time alone is no quiet: what waits in the terminal may have been typed long ago. */
static void time_that_passed_unread_is_not_quiet(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    stage_keys(&st, "K");
    st.now_ns += 10 * NS_PER_S;
    session_tick(st.session, st.now_ns);
    stage_keys(&st, "y");
    assert_string_equal(probe_prompt(st.session), "close");
    assert_int_equal(kernel.calls, 0);
    stage_close(&st);
}

static void paste(struct stage *st, const char *text)
{
    struct input begin = {.key = KEY_CODE_PASTE_BEGIN}, endpoint_ = {.key = KEY_CODE_PASTE_END};
    session_input(st->session, &begin, st->now_ns);
    stage_type(st, text);
    session_input(st->session, &endpoint_, st->now_ns);
}

static void a_paste_never_confirms(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    paste(&st, "K");
    assert_string_equal(probe_prompt(st.session), "none");
    stage_keys(&st, "K");
    paste(&st, "y"); /* not quiet yet: not heard */
    assert_string_equal(probe_prompt(st.session), "close");
    stage_wait(&st, QUIET_MS);
    paste(&st, "y");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_string_equal(probe_message(st.session), "not closed: 10.0.0.1:110 192.0.2.1:40001");
    assert_int_equal(kernel.calls, 0);
    stage_close(&st);
}

static void it_acts_on_what_was_drawn(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    ask(&st);
    stage_remove(&st, 110); /* goes, fades, and its place is taken */
    stage_samples(&st, 8);
    assert_int_not_equal(probe_port(st.session), 110);
    kernel.answer.outcome = DESTROY_GONE;
    stage_wait(&st, QUIET_MS);
    stage_keys(&st, "y");
    assert_int_equal(kernel.calls, 1);
    assert_int_equal(kernel.last.sport, 110);
    assert_string_equal(probe_message(st.session), "already gone: 10.0.0.1:110 192.0.2.1:40001");
    stage_close(&st);
}

static void the_state_that_was_seen_counts(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    ask(&st);
    stage_change(&st, 110, TCP_STATE_CLOSE_WAIT);
    stage_sample(&st);
    kernel.answer = (struct destroyed){.outcome = DESTROY_STATE, .state = TCP_STATE_CLOSE_WAIT};
    stage_keys(&st, "y");
    assert_int_equal(kernel.last.state, TCP_STATE_ESTABLISHED);
    assert_string_equal(probe_message(st.session),
                        "not closed: 10.0.0.1:110 192.0.2.1:40001 is now CLOSE_WAIT");
    stage_close(&st);
}

static void answers_are_told_apart(void **state)
{
    static const struct {
        struct destroyed answer;
        const char *en, *ko;
    } cases[] = {
        {{.outcome = DESTROY_OWNER}, "owner", "소유자"},
        {{.outcome = DESTROY_DENIED}, "CAP_NET_ADMIN", "CAP_NET_ADMIN"},
        {{.outcome = DESTROY_UNSUPPORTED}, "INET_DIAG_DESTROY", "INET_DIAG_DESTROY"},
        {{.outcome = DESTROY_GONE}, "already gone", "이미 닫힌 소켓입니다"},
        {{.outcome = DESTROY_FAILED, .error = -5}, "Input/output error", "Input/output error"},
    };

    (void)state;
    struct stage st;
    open_stage(&st);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kernel.answer = cases[i].answer;
        for (int l = 0; l < LANG_COUNT; l++) {
            text_use((enum language)l);
            ask(&st);
            stage_keys(&st, "y");
            assert_non_null(
                strstr(probe_message(st.session), l == LANG_EN ? cases[i].en : cases[i].ko));
        }
    }
    text_use(LANG_EN);
    stage_close(&st);
}

static void obstacles_are_named(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    session_use_destroy(st.session, NULL, true);
    stage_keys(&st, "K");
    assert_true(stage_says(&st, "live screen"));
    session_use_destroy(st.session, end, true);
    st.conn[1].flags = CONN_NO_COOKIE;
    stage_sample(&st);
    stage_keys(&st, "g Down K");
    assert_true(stage_says(&st, "/proc/net/tcp"));
    st.conn[1].flags = 0;
    st.conn[1].netns = 3;
    stage_sample(&st);
    stage_keys(&st, "g Down K");
    assert_true(stage_says(&st, "namespace"));
    assert_string_equal(probe_prompt(st.session), "none");
    stage_remove(&st, 120);
    stage_samples(&st, 2);
    stage_keys(&st, "g");
    while (probe_port(st.session) != 120)
        stage_keys(&st, "Down");
    stage_keys(&st, "K");
    assert_true(stage_says(&st, "already gone"));
    assert_string_equal(probe_prompt(st.session), "none");
    stage_close(&st);
}

/* Without the right to close sockets nothing is asked: the answer would be a promise. */
static void without_the_right(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    session_use_destroy(st.session, end, false);
    stage_keys(&st, "K");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_true(stage_says(&st, "this needs CAP_NET_ADMIN"));
    assert_int_equal(kernel.calls, 0);
    stage_close(&st);
}

static void another_namespace_is_named(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    struct netns_table *t = netns_table_new(2);
    t->list[0] = (struct netns){.name = "net:[1]", .inode = 1, .own = true};
    t->list[1] = (struct netns){.name = "blue", .inode = 77, .id = 3, .shown = true};
    netns_table_sort(t);
    st.conn[1].netns = 3;
    stage_sample(&st);
    st.last->namespaces = t; /* the session lists the same sample */
    stage_keys(&st, "g");
    while (probe_port(st.session) != 110)
        stage_keys(&st, "Down");
    ask(&st);
    assert_true(stage_shows(&st, "to 192.0.2.1:40001, ESTABLISHED, blue?"));
    kernel.answer = (struct destroyed){.outcome = DESTROY_NO_ENTRY, .error = -1};
    stage_keys(&st, "y");
    assert_int_equal(kernel.inode, 77);
    assert_true(stage_says(&st, "namespace blue"));
    stage_close(&st);
}

static void hold(struct stage *st, struct owner_lookup *lookup, uint32_t pid, const char *name)
{
    owned_put(lookup, pid, 0, (const char *const[]){name, "", ""},
              (const uint32_t[]){st->conn[1].inode, 0});
    owned_assign(lookup, st->last); /* the session lists the same sample */
}

static void the_process_is_named(void **state)
{
    (void)state;
    struct stage st;
    struct owner_lookup *lookup = owner_lookup_new();
    open_stage(&st);
    hold(&st, lookup, 2841, "java");
    stage_keys(&st, "K");
    assert_true(stage_shows(&st, "to 192.0.2.1:40001, ESTABLISHED, java 2841?"));
    text_use(LANG_KO);
    assert_true(stage_shows(&st, "이 소켓을 닫으시겠습니까? 로컬 "));
    assert_true(stage_shows(&st, "외부 192.0.2.1:40001,"));
    assert_true(stage_shows(&st, "ESTABLISHED, java 2841"));
    text_use(LANG_EN);
    stage_wait(&st, QUIET_MS);
    stage_keys(&st, "n");
    hold(&st, lookup, 2842, "worker");
    ask(&st);
    assert_true(stage_shows(&st, "ESTABLISHED, java 2841 +1?"));
    stage_keys(&st, "n");
    owned_remove(lookup, 2841);
    owned_remove(lookup, 2842);
    owned_assign(lookup, st.last);
    st.last->owner[1] |= OWNER_FORMER;
    ask(&st);
    assert_true(stage_shows(&st, "ESTABLISHED, (worker)?"));
    owner_lookup_free(lookup);
    stage_close(&st);
}

static void one_that_changed_hands_is_left_alone(void **state)
{
    (void)state;
    struct stage st;
    struct owner_lookup *lookup = owner_lookup_new();
    open_stage(&st);
    hold(&st, lookup, 2841, "java");
    ask(&st);
    stage_sample(&st); /* nobody is known now: the kernel says whether it is the same */
    stage_keys(&st, "y");
    assert_int_equal(kernel.calls, 1);
    hold(&st, lookup, 2841, "java");
    ask(&st);
    stage_sample(&st);
    owned_remove(lookup, 2841);
    hold(&st, lookup, 2999, "java");
    stage_keys(&st, "y");
    assert_int_equal(kernel.calls, 1);
    assert_string_equal(probe_message(st.session),
                        "not closed: the owner of 10.0.0.1:110 192.0.2.1:40001 has changed");
    owner_lookup_free(lookup);
    stage_close(&st);
}

static void a_recording_is_not_this_host(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    st.last->backend = BACKEND_FRAME;
    stage_keys(&st, "K");
    assert_true(stage_says(&st, "recording"));
    assert_string_equal(probe_prompt(st.session), "none");
    stage_close(&st);
}

static void read_only_it_does_not_exist(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    stage_keys(&st, "? PgDn");
    assert_true(stage_shows(&st, "close socket (asks)"));
    stage_keys(&st, "q Enter");
    assert_true(stage_shows(&st, "K close socket"));
    stage_keys(&st, "q");
    st.settings.readonly = true;
    stage_keys(&st, "K");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_string_equal(probe_message(st.session), "--readonly: nothing is closed");
    stage_keys(&st, "? PgDn");
    assert_false(stage_shows(&st, "close socket"));
    stage_keys(&st, "q Enter");
    assert_false(stage_shows(&st, "close socket"));
    stage_close(&st);
}

static void only_a_selected_row_is_asked_about(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    stage_keys(&st, "s K");
    assert_string_equal(probe_prompt(st.session), "none");
    stage_keys(&st, "Esc ? K");
    assert_string_equal(probe_prompt(st.session), "none");
    stage_keys(&st, "Esc w"); /* 80x24: the words cover the table */
    stage_keys(&st, "K");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_true(stage_says(&st, "close what covers the table first"));
    stage_keys(&st, "Esc Enter K"); /* of the details */
    assert_string_equal(probe_prompt(st.session), "close");
    assert_int_equal(probe_closing_port(st.session), 110);
    stage_close(&st);
}

static void control_c_still_quits(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    stage_keys(&st, "K ^C");
    assert_true(session_quit(st.session));
    assert_int_equal(kernel.calls, 0);
    stage_close(&st);
}

/* A kernel, or a walk through /proc, that takes its time. */
static struct {
    pthread_mutex_t gate;
    pthread_t screen;      /* the thread that draws */
    atomic_bool on_screen; /* the call came from that one */
} slow = {.gate = PTHREAD_MUTEX_INITIALIZER};

static struct destroyed end_slowly(const struct conn *c, const struct destroy_place *place)
{
    slow.on_screen = pthread_equal(slow.screen, pthread_self());
    if (!slow.on_screen) {
        pthread_mutex_lock(&slow.gate);
        pthread_mutex_unlock(&slow.gate);
    }
    return end(c, place);
}

static void keys_answer_while_it_is_closed(void **state)
{
    (void)state;
    struct stage st;
    int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    memset(&kernel, 0, sizeof(kernel));
    stage_open(&st, 80, 24, wake_fd);
    for (unsigned i = 0; i < 20; i++)
        stage_add(&st, TCP_STATE_ESTABLISHED, 100 + 10 * i, 40000 + i);
    stage_sample(&st);
    session_use_destroy(st.session, end_slowly, true);
    slow.screen = pthread_self();
    stage_keys(&st, "Down");
    ask(&st);
    pthread_mutex_lock(&slow.gate);
    stage_keys(&st, "y");
    assert_false(slow.on_screen);
    stage_keys(&st, "Down Down");
    assert_int_equal(probe_port(st.session), 130);
    assert_string_equal(probe_message(st.session), "");
    stage_keys(&st, "K"); /* about another one meanwhile */
    pthread_mutex_unlock(&slow.gate);
    while (!probe_message(st.session)[0])
        stage_let_work(&st);
    assert_false(slow.on_screen);
    assert_int_equal(kernel.last.sport, 110);
    assert_string_equal(probe_message(st.session), "closed: 10.0.0.1:110 192.0.2.1:40001");
    assert_string_equal(probe_prompt(st.session), "close");
    assert_int_equal((int)probe_closing_port(st.session), 130);
    stage_close(&st);
    close(wake_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(y_closes_it),
        cmocka_unit_test(without_the_right),
        cmocka_unit_test(every_other_key_refuses),
        cmocka_unit_test(it_hears_nothing_before_input_is_quiet),
        cmocka_unit_test(time_that_passed_unread_is_not_quiet),
        cmocka_unit_test(a_paste_never_confirms),
        cmocka_unit_test(it_acts_on_what_was_drawn),
        cmocka_unit_test(the_state_that_was_seen_counts),
        cmocka_unit_test(answers_are_told_apart),
        cmocka_unit_test(obstacles_are_named),
        cmocka_unit_test(another_namespace_is_named),
        cmocka_unit_test(the_process_is_named),
        cmocka_unit_test(one_that_changed_hands_is_left_alone),
        cmocka_unit_test(a_recording_is_not_this_host),
        cmocka_unit_test(read_only_it_does_not_exist),
        cmocka_unit_test(only_a_selected_row_is_asked_about),
        cmocka_unit_test(control_c_still_quits),
        cmocka_unit_test(keys_answer_while_it_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
