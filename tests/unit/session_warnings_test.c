/* SPDX-License-Identifier: MIT */
/* The list of what the doctor found: header, list and pane tell warnings and notes by the same
 * numbers, and a copied warning reads as on the screen, with blanks that a shell knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/stage.h"
#include "tcptop/doctor/doctor.h"

/* A screen where that many warnings and notes hold and one has ended. */
static void found(struct stage *st, int w, int h, uint32_t warnings, uint32_t notes)
{
    struct findings *f = findings_new(warnings + notes + 1);

    assert_non_null(f);
    stage_open(st, w, h, -1);
    stage_sample(st);
    f->n = warnings + notes;
    f->n_ended = 1;
    f->warnings = warnings;
    f->worst = warnings ? SEVERITY_WARNING : SEVERITY_INFO;
    for (uint32_t i = 0; i < f->n + 1; i++) {
        f->list[i].key = i + 1;
        f->list[i].rule = i < warnings ? RULE_CLOSE_WAIT : RULE_LAST_ACK;
        f->list[i].severity = i < warnings ? SEVERITY_WARNING : SEVERITY_INFO;
        f->list[i].valid = 0xff;
        f->list[i].value[0] = 1024;
        strcpy(f->list[i].who.name, "java");
    }
    st->last->findings = f;
}

static void one_number_everywhere(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 200, 50, 2, 1);
    assert_true(stage_shows(&st, "! 2 warnings"));
    assert_true(stage_shows(&st, "WARNINGS  2, 1 note ─"));
    int x, y;
    stage_find(&st, "! 2 warnings", &x, &y);
    stage_mouse(&st, x + 5, y, MOUSE_CLICK); /* as the key does */
    assert_true(stage_shows(&st, " 2 now, 1 note, 1 ended"));
    stage_keys(&st, "L");
    assert_true(stage_shows(&st, "! 경고 2건"));
    assert_true(stage_shows(&st, " 현재 2건, 참고 1건, 해소 1건"));
    stage_close(&st);
}

/* What the last look did not find any more is not counted with what holds. */
static void until_just_now(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 200, 50, 2, 0);
    struct findings *f = st.last->findings;
    f->list[1].passing = true;
    f->warnings = f->passing = 1;
    stage_keys(&st, "!");
    assert_true(stage_shows(&st, "! 1 warning "));
    assert_true(stage_shows(&st, " 1 now, 1 until just now, 1 ended"));
    f->list[0].passing = true;
    f->warnings = 0;
    f->passing = 2;
    assert_false(stage_shows(&st, "! 1 warning"));
    assert_true(stage_shows(&st, "2 warnings until just now"));
    stage_keys(&st, "! L");
    assert_true(stage_shows(&st, "조금 전까지 경고 2건"));
    stage_close(&st);
}

/* Keys are offered where there is somewhere to go. */
static void nowhere_to_go(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 200, 50, 0, 0);
    stage_keys(&st, "!");
    assert_true(stage_shows(&st, " 0 now, 1 ended"));
    assert_true(stage_shows(&st, "Esc back"));
    assert_false(stage_shows(&st, "↑ ↓"));
    session_resize(st.session, 60, 8);
    assert_true(stage_shows(&st, "↑ ↓ scroll"));
    stage_close(&st);
    found(&st, 200, 50, 2, 0);
    stage_keys(&st, "!");
    assert_true(stage_shows(&st, "↑ ↓ previous, next"));
    stage_close(&st);
}

/* Where the title has no room for the counts it still says which lines are shown. */
static void cut_with_a_mark(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 40, 12, 3, 0);
    stage_keys(&st, "!");
    assert_false(stage_shows(&st, "3 now"));
    assert_true(stage_shows(&st, " 1-9 / "));
    stage_close(&st);
}

/* What is critical is told apart from other warnings in the line that is always there. */
static void critical(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 200, 50, 3, 0);
    st.last->findings->list[0].severity = st.last->findings->worst = SEVERITY_CRITICAL;
    assert_true(stage_shows(&st, "!! 1 critical, 2 warnings"));
    stage_keys(&st, "L");
    assert_true(stage_shows(&st, "!! 심각 1건, 경고 2건"));
    stage_close(&st);
}

/* How long a warning holds is told in whole: it may be compared with what it says itself. */
static void for_how_long(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 100, 50, 1, 0);
    st.last->findings->list[0].since_ns = st.last->mono_ns - 85 * NS_PER_S;
    stage_keys(&st, "!");
    assert_true(stage_shows(&st, "(85 s)"));
    st.last->findings->list[0].since_ns = st.last->mono_ns - 175 * NS_PER_S;
    assert_true(stage_shows(&st, "(2 min 55 s)"));
    stage_close(&st);
}

static void notes_alone(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 200, 50, 0, 2);
    assert_true(stage_shows(&st, "not all checked")); /* in one sample */
    assert_true(stage_shows(&st, "WARNINGS  2 notes ─"));
    stage_keys(&st, "!");
    assert_true(stage_shows(&st, " 0 now, 2 notes, 1 ended"));
    stage_close(&st);
}

/* Where the verdict of a state is UNKNOWN the header gives no all-clear, in whatever words the
 * reason is given: live and recorded alike. */
static void unchecked(void **state)
{
    struct stage st;

    (void)state;
    stage_open(&st, 200, 50, -1);
    stage_sample(&st);
    assert_int_equal(history_init(&st.last->history, 2), 0);
    for (int i = 0; i < 2; i++)
        history_add(&st.last->history, &(struct point){.seq = (uint64_t)i + 1});
    st.last->findings = findings_new(1);
    assert_non_null(st.last->findings);
    uint8_t *skip = st.last->findings->skip;
    memset(skip, LOOKED, sizeof st.last->findings->skip);
    assert_true(stage_shows(&st, " no warnings  "));
    skip[RULE_TW_TABLE] = SKIP_UNRECORDED;
    skip[RULE_RESETS] = SKIP_MINUTE;
    assert_true(stage_shows(&st, " no warnings, 2 rules not checked"));
    skip[RULE_TW_TABLE] = LOOKED; /* what is left is about no state */
    assert_true(stage_shows(&st, " no warnings  "));
    skip[RULE_RESETS] = SKIP_UNRECORDED;
    skip[RULE_BOUND] = SKIP_UNRECORDED; /* nor is this one, where such sockets are not listed */
    assert_true(stage_shows(&st, " no warnings  "));
    skip[RULE_BOUND] = SKIP_BOUND;
    assert_true(stage_shows(&st, " no warnings  "));
    skip[RULE_ACCEPT_STALLED] = SKIP_UNDECIDED; /* the next samples decide */
    assert_true(stage_shows(&st, " no warnings, 3 rules not checked"));
    st.last->findings->spared[RULE_ACCEPT_STALLED] = STATE_BIT(TCP_STATE_LISTEN);
    assert_true(stage_shows(&st, " no warnings  "));
    stage_close(&st);
}

static void warnings_alone(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 80, 24, 3, 0);
    assert_true(stage_shows(&st, "! 3 warnings"));
    stage_keys(&st, "!");
    assert_true(stage_shows(&st, " 3 now, 1 ended"));
    stage_close(&st);
}

static void copied(void **state)
{
    struct stage st;

    (void)state;
    found(&st, 80, 24, 1, 0);
    stage_keys(&st, "! c");
    const char *words = session_copy(st.session);
    assert_non_null(words);
    assert_ptr_equal(strstr(words, "CLOSE_WAIT leak likely: "), words);
    assert_non_null(strstr(words, "\nSeen: "));
    assert_non_null(strstr(words, "\nCheck: ss -tnpoe state close-wait"));
    assert_null(strstr(words, "\u00a0"));
    assert_null(strstr(words, ": \n")); /* no label without words */
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_everywhere),
        cmocka_unit_test(until_just_now),
        cmocka_unit_test(nowhere_to_go),
        cmocka_unit_test(cut_with_a_mark),
        cmocka_unit_test(critical),
        cmocka_unit_test(for_how_long),
        cmocka_unit_test(notes_alone),
        cmocka_unit_test(unchecked),
        cmocka_unit_test(warnings_alone),
        cmocka_unit_test(copied),
    };
    return cmocka_run_group_tests_name("session_warnings", tests, NULL, NULL);
}
