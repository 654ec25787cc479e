/* SPDX-License-Identifier: MIT */
/* Findings begin, go on and end; words, filter and rows of a finding agree; figures are asked for
 * in time. That each rule finds what it is about is for doctor_states, doctor_limits and
 * doctor_transfers to prove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "lib/patient.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/query/filter.h"

/* Ends only when it did not hold for a while, and then is kept. */
static void close_event(void **state)
{
    (void)state;
    for (int t = 0; t < 3; t++)
        patient_look(patient_queue(t, 11, 0));
    int64_t since = patient_finding(RULE_ACCEPT_QUEUE).since_ns;
    for (int t = 3; t < 10; t++)
        patient_look(patient_queue(t, 0, 0));
    assert_non_null(patient_found(RULE_ACCEPT_QUEUE)); /* still */
    for (int t = 10; t < 13; t++)
        patient_look(patient_queue(t, 11, 0));
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).since_ns, since);
    assert_int_equal(patient.now->findings->n_ended, 0);
    for (int t = 13; t < 40; t++)
        patient_look(patient_queue(t, 0, 0));
    assert_null(patient_found(RULE_ACCEPT_QUEUE));
    assert_int_equal(patient.now->findings->n_ended, 1);
    assert_true(patient.now->findings->list[0].ended_wall_ns >
                patient.now->findings->list[0].since_wall_ns);
    struct sample *failed = patient_sample(40);
    failed->status = SAMPLE_FAILED;
    patient_look(failed);
    assert_int_equal(patient.now->findings->n_ended, 1); /* told with every sample */
    struct sample *other = patient_sample(41);
    other->netns_view = 7;
    patient_look(other);
    assert_int_equal(patient.now->findings->n_ended, 0); /* other namespaces, other findings */
}

/* The filter of a finding is one, and passes exactly the rows that it concerns: as it is typed, and
 * as the doctor has compiled it. */
static void rows_concerned(void **state)
{
    struct str text = STR_INIT;
    struct predicate p = {0};
    struct filter_error error;
    struct sample *s = NULL;

    (void)state;
    for (int t = 0; t < 3; t++) {
        s = patient_queue(t, 11, 0);
        sample_row(s, "10.0.0.1:81", "0.0.0.0:0", TCP_STATE_LISTEN)->wqueue = 5;
        patient_rows(s, 3, TCP_STATE_SYN_SENT, 60);
        patient_rows(s, 3, TCP_STATE_ESTABLISHED, 60);
        patient_look(s);
    }
    assert_int_equal(patient.now->findings->n, 2 + 2); /* a SYN_SENT for each port */
    for (uint32_t i = 0; i < patient.now->findings->n; i++) {
        const struct finding *f = &patient.now->findings->list[i];
        uint32_t concerned = 0;
        str_clear(&text);
        finding_filter(f, &text);
        assert_int_equal(filter_parse(str_text(&text), &p, &error), 0);
        for (uint32_t row = 0; row < s->n_live; row++) {
            assert_int_equal(predicate_match(&p, s, row), finding_concerns(s, i, row));
            concerned += finding_concerns(s, i, row);
        }
        assert_int_equal(concerned, 1);
        predicate_fini(&p);
        p = (struct predicate){0};
    }
    str_fini(&text);
}

/* Every rule has words in both languages for every figure it may have, and none it never has. */
static void words(void **state)
{
    struct finding f = {.valid = 0x7f};
    struct finding_words set;

    (void)state;
    for (unsigned language = 0; language < LANG_COUNT; language++) {
        text_use((enum language)language);
        for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
            f.rule = (uint8_t)rule;
            f.scope.ends.family = AF_INET;
            for (unsigned known = 0; known < 2; known++) {
                struct str out = STR_INIT;
                f.valid = known ? 0x7f : 0;
                for (unsigned part = 0; part < PART_KINDS; part++)
                    finding_part(&f, (enum finding_part)part, &out);
                assert_null(strpbrk(str_text(&out), "[]"));
                assert_null(strstr(str_text(&out), "{"));
                str_fini(&out);
                assert_int_equal(finding_set(&set, &f, 30), 0);
                finding_words_fini(&set);
            }
        }
    }
    text_use(LANG_EN);
}

/* "At least" is said of the whole measure, in both languages. */
static void measures_that_are_lower_bounds(void **state)
{
    struct finding f = {.rule = RULE_CLOSE_WAIT, .valid = 1u << FIGURE_CLOSE_WAIT_LEAKED};
    struct str out = STR_INIT;

    (void)state;
    f.value[FIGURE_CLOSE_WAIT_LEAKED] = 30;
    finding_measure(&f, FIGURE_CLOSE_WAIT_LEAKED, true, &out);
    assert_string_equal(str_text(&out), "at least 30 sockets");
    str_clear(&out);
    text_use(LANG_KO);
    finding_measure(&f, FIGURE_CLOSE_WAIT_LEAKED, true, &out);
    text_use(LANG_EN);
    assert_string_equal(str_text(&out), "소켓 30개\u00a0이상");
    str_fini(&out);
}

/* The first figure of a rule says how bad a finding is, also where it stands alone: a number says
 * what it counts. */
static void measures_say_what_they_count(void **state)
{
    (void)state;
    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        const struct rule_figure *first = rule_figure(rule, 0);
        assert_non_null(first);
        if (first->kind == KIND_OF_COUNT && !first->words)
            fail_msg("%s: %s is a COUNT, and not COUNT_OF something", rules[rule].name, first->key);
    }
}

/* One that two looks have not found any more may be over: it is told when it was seen last. One
 * look is not enough, so that what is there in every other sample stays on the screen. */
static void what_may_be_over(void **state)
{
    (void)state;
    for (int t = 0; t < 3; t++)
        patient_look(patient_queue(t, 11, 0));
    assert_false(patient_finding(RULE_ACCEPT_QUEUE).passing);
    patient_look(patient_queue(3, 0, 0));
    assert_false(patient_finding(RULE_ACCEPT_QUEUE).passing);
    assert_int_equal(patient.now->findings->warnings, 1);
    patient_look(patient_queue(4, 0, 0));
    assert_true(patient_finding(RULE_ACCEPT_QUEUE).passing);
    /* It is listed, and not counted as held. */
    assert_int_equal(patient.now->findings->warnings, 0);
    assert_int_equal(patient.now->findings->passing, 1);
    assert_int_equal(patient.now->findings->n, 1);
    assert_int_equal(patient.now->findings->states, 0);
    assert_true(patient_finding(RULE_ACCEPT_QUEUE).seen_ns < patient.now->mono_ns);
    for (int t = 5; t < 7; t++)
        patient_look(patient_queue(t, 11, 0));
    assert_false(patient_finding(RULE_ACCEPT_QUEUE).passing);
}

/* Figures are asked for now and then, all things by the eager one. */
static void needs(void **state)
{
    struct limits limits;

    (void)state;
    assert_int_equal(patient.doctor->needs(patient.doctor, NS_PER_S * 1000),
                     0); /* the first sample is quick */
    struct sample *s = patient_sample(0);
    s->needs = 0;
    patient_look(s);
    assert_int_equal(patient.doctor->needs(patient.doctor, NS_PER_S * 1001), NEED_TCP_INFO);
    patient_look(patient_sample(1));
    assert_int_equal(patient.doctor->needs(patient.doctor, NS_PER_S * 1002), 0);
    assert_int_equal(patient.doctor->needs(patient.doctor, NS_PER_S * 1011), NEED_TCP_INFO);
    rules_limits_init(&limits);
    struct sample_observer *eager = doctor_new(&limits, true, 0.25);
    assert_int_equal(eager->needs(eager, 0), NEED_TCP_INFO | NEED_OWNER | NEED_BOUND | NEED_DROPS);
    eager->free(eager);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(close_event),
        TEST(rows_concerned),
        TEST(measures_that_are_lower_bounds),
        TEST(measures_say_what_they_count),
        TEST(what_may_be_over),
        TEST(words),
        TEST(needs),
    };
    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
