/* SPDX-License-Identifier: MIT */
/* Who looks at a recording knows what its recorder found, which had seen more than was recorded: it
 * is told for as long as it held, with its figures at their worst, and not where other thresholds
 * were in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/found.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/source/recorder.h"
#include "tcptop/text/text.h"

#define KEY UINT64_C(77)

#define GROWING_FROM 6 /* the second from which the recorder could look */

static struct limits limits;
static struct sample_pipeline *pipeline;
static const struct sample *last;

static int set_up(void **state)
{
    rules_limits_init(&limits);
    return found_make_folder(state);
}

/* The sample of second `t`; with `connections` above 0 the recorder found that many which lose. */
static void record(struct recorder *r, int t, double connections, double share)
{
    struct sample *s = found_sample(t, connections > 0);

    sample_row(s, "10.0.0.1:443", "10.0.0.9:50000", TCP_STATE_ESTABLISHED)->cookie = 9;
    s->seq = (uint64_t)t;
    if (connections > 0) {
        struct finding *f = &s->findings->list[0];
        *f = (struct finding){.key = KEY,
                              .rule = RULE_FLOW_RETRANS,
                              .severity = SEVERITY_WARNING,
                              .subject = SUBJECT_PEER,
                              .marks = STATE_BIT(TCP_STATE_ESTABLISHED),
                              .scope = {.states = STATE_BIT(TCP_STATE_ESTABLISHED)},
                              .since_ns = (FOUND_MONO_S + 3) * NS_PER_S,
                              .since_wall_ns = (FOUND_WALL_S + 3) * NS_PER_S,
                              .seen_ns = s->mono_ns};
        f->value[FIGURE_FLOW_RETRANS_COUNT] = connections;
        f->value[FIGURE_FLOW_RETRANS_SHARE] = share;
        f->valid = 1u << FIGURE_FLOW_RETRANS_COUNT | 1u << FIGURE_FLOW_RETRANS_SHARE;
    }
    s->findings->skip[RULE_BOUND] = SKIP_BOUND;
    s->findings->skip[RULE_GROWING] = t < GROWING_FROM ? SKIP_SHORT : LOOKED;
    s->findings->skip[RULE_KEEPALIVE] = t < GROWING_FROM ? SKIP_YET : LOOKED;
    assert_int_equal(recorder_add(r, s), 0);
    sample_unref(s);
}

/* Ten samples; from the third to the seventh there is a warning, which is at its worst in the
 * fifth. */
static void make_recording(uint64_t judge)
{
    const struct recorder_options options = {
        .path = found_recording, .force = true, .judge = judge, .rule_name = found_rule_name};
    struct recorder *r;

    assert_int_equal(recorder_open(&r, &options), 0);
    for (int t = 1; t <= 10; t++)
        record(r, t, t >= 3 && t <= 7, t == 5 ? 40 : 10);
    assert_int_equal(recorder_close(r), 0);
}

static struct source *open_it(bool believe)
{
    struct doctor_notes notes;
    struct source *src;

    assert_int_equal(recording_open(&src, found_recording, NULL), 0);
    pipeline = sample_pipeline_new(src, 10);
    assert_non_null(pipeline);
    struct sample_observer *doctor = doctor_new(&limits, false, 1);
    assert_non_null(doctor);
    sample_pipeline_observe(pipeline, doctor);
    assert_int_equal(doctor_notes_read(&notes, src), 0);
    if (believe)
        assert_int_equal(doctor_believe(doctor, &notes), 0);
    doctor_notes_fini(&notes);
    return src; /* the pipeline's */
}

static const struct findings *next(void)
{
    const struct request req = {.needs = 0};

    assert_int_equal(sample_pipeline_next(pipeline, &req, &last, NULL), 0);
    assert_non_null(last->findings);
    return last->findings;
}

static void end(void)
{
    sample_unref(last);
    last = NULL;
    sample_pipeline_free(pipeline);
}

static void what_was_found_is_told_while_it_held(void **state)
{
    struct str seen = STR_INIT;

    (void)state;
    text_use(LANG_EN);
    make_recording(rules_digest(&limits));
    (void)open_it(true);
    for (int t = 1; t <= 10; t++) {
        const struct findings *f = next();
        const bool held = t >= 3 && t <= 7;
        assert_int_equal(f->n, held);
        assert_int_equal(f->warnings, held);
        assert_int_equal(f->states, held ? STATE_BIT(TCP_STATE_ESTABLISHED) : 0);
        assert_int_equal(f->n_ended, t > 7);
        if (!held)
            continue;
        assert_true(f->list[0].key == KEY);
        assert_true(f->list[0].since_ns == (FOUND_MONO_S + 3) * NS_PER_S);
        assert_true(f->list[0].told_wall_ns == (FOUND_WALL_S + 5) * NS_PER_S);
        assert_true(f->list[0].value[FIGURE_FLOW_RETRANS_SHARE] == 40);
    }
    end();
    (void)open_it(true);
    for (int t = 1; t <= 4; t++)
        (void)next();
    finding_part(&last->findings->list[0], PART_SEEN, &seen);
    assert_non_null(strstr(str_text(&seen), "found by the recorder; at its worst, at "));
    str_fini(&seen);
    end();
}

/* When it began and ended does not depend on where reading begins. */
static void what_has_ended_is_told_wherever_one_looks(void **state)
{
    (void)state;
    make_recording(rules_digest(&limits));
    for (int from = 1; from <= 9; from += 4) {
        struct source *src = open_it(true);
        assert_int_equal(recording_seek(src, (FOUND_WALL_S + from) * NS_PER_S), 0);
        for (int t = from; t <= 9; t++)
            (void)next();
        assert_int_equal(last->findings->n, 0);
        assert_int_equal(last->findings->n_ended, 1);
        const struct finding *f = &last->findings->list[0];
        assert_true(f->key == KEY && f->valid == 0);
        assert_true(f->since_wall_ns == (FOUND_WALL_S + 3) * NS_PER_S);
        assert_true(f->ended_wall_ns == (FOUND_WALL_S + 7) * NS_PER_S);
        end();
    }
}

/* Forty samples with a SYN that is repeated without an answer, until the sixth; the recorder's
 * doctor looks at them before their addresses are replaced. */
static void record_redacted(void)
{
    const struct recorder_options options = {.path = found_recording,
                                             .force = true,
                                             .redact = true,
                                             .judge = rules_digest(&limits),
                                             .rule_name = found_rule_name};
    struct sample_observer *doctor = doctor_new(&limits, true, 1);
    struct recorder *r;

    assert_non_null(doctor);
    assert_int_equal(recorder_open(&r, &options), 0);
    for (int t = 1; t <= 40; t++) {
        struct sample *s = sample_make(NULL);
        struct conn *c = sample_row(s, "10.0.0.1:50000", "203.0.113.9:443",
                                    t <= 6 ? TCP_STATE_SYN_SENT : TCP_STATE_ESTABLISHED);
        c->cookie = 9;
        c->retrans = t <= 6 ? 6 : 0;
        s->seq = (uint64_t)t;
        s->mono_ns = (FOUND_MONO_S + t) * NS_PER_S;
        s->wall_ns = (FOUND_WALL_S + t) * NS_PER_S;
        doctor->observe(doctor, s);
        assert_int_equal(s->findings->n, t < 21);
        assert_int_equal(recorder_add(r, s), 0);
        sample_unref(s);
    }
    assert_int_equal(recorder_close(r), 0);
    doctor->free(doctor);
}

static void one_whose_addresses_are_replaced_is_one(void **state)
{
    (void)state;
    record_redacted();
    (void)open_it(true);
    for (int t = 1; t <= 40; t++) {
        const struct findings *f = next();
        assert_int_equal(f->n, t < 21);
        assert_int_equal(f->n_ended, t >= 21);
    }
    end();
}

/* Six samples with a SYN that is repeated without an answer, of which the recorder knew that it
 * follows from something that is not recorded. */
static void record_with_cause(void)
{
    const struct recorder_options options = {.path = found_recording,
                                             .force = true,
                                             .judge = rules_digest(&limits),
                                             .rule_name = found_rule_name};
    struct sample_observer *doctor = doctor_new(&limits, true, 1);
    struct recorder *r;

    assert_non_null(doctor);
    assert_int_equal(recorder_open(&r, &options), 0);
    for (int t = 1; t <= 6; t++) {
        struct sample *s = sample_make(NULL);
        struct conn *c = sample_row(s, "10.0.0.1:50000", "203.0.113.9:443", TCP_STATE_SYN_SENT);
        c->cookie = 9;
        c->retrans = 6;
        s->seq = (uint64_t)t;
        s->mono_ns = (FOUND_MONO_S + t) * NS_PER_S;
        s->wall_ns = (FOUND_WALL_S + t) * NS_PER_S;
        doctor->observe(doctor, s);
        assert_int_equal(s->findings->n, 1);
        struct findings *both = findings_new(2);
        assert_non_null(both);
        both->n = 2;
        both->list[0] = both->list[1] = s->findings->list[0];
        both->list[0].severity = SEVERITY_INFO;
        both->list[0].cause = (struct finding_cause){.key = KEY, .rule = RULE_ACCEPT_QUEUE};
        both->list[1].key = KEY;
        both->list[1].rule = RULE_ACCEPT_QUEUE;
        both->list[1].subject = SUBJECT_LISTENER;
        findings_free(s->findings);
        s->findings = both;
        assert_int_equal(recorder_add(r, s), 0);
        sample_unref(s);
    }
    assert_int_equal(recorder_close(r), 0);
    doctor->free(doctor);
}

/* What is found again in the samples follows from what the recorder says. */
static void a_consequence_stays_one(void **state)
{
    (void)state;
    record_with_cause();
    (void)open_it(true);
    for (int t = 1; t <= 6; t++) {
        const struct findings *f = next();
        assert_int_equal(f->n, 2);
        assert_int_equal(f->warnings, 1);
        assert_int_equal(f->list[0].rule, RULE_ACCEPT_QUEUE);
        assert_int_equal(f->list[0].follow, 1);
        assert_int_equal(f->list[1].rule, RULE_SYN_SENT);
        assert_int_equal(f->list[1].severity, SEVERITY_INFO);
        assert_true(f->list[1].cause.key == KEY && f->list[1].told_wall_ns == 0);
    }
    end();
}

static void where_it_could_look_that_counts(void **state)
{
    (void)state;
    make_recording(rules_digest(&limits));
    (void)open_it(true);
    const struct findings *f = next();
    assert_int_equal(f->skip[RULE_FLOW_RETRANS], LOOKED); /* the recording has no tcp_info */
    assert_int_equal(f->skip[RULE_BOUND], SKIP_UNRECORDED);
    end();
    (void)open_it(false);
    f = next();
    assert_int_not_equal(f->skip[RULE_FLOW_RETRANS], LOOKED);
    assert_int_equal(f->skip[RULE_BOUND], SKIP_UNRECORDED);
    end();
}

/* … from when on it could: before, no more is said of a moment than that it took more samples. */
static void when_it_could_look_that_counts(void **state)
{
    (void)state;
    make_recording(rules_digest(&limits));
    (void)open_it(true);
    for (int t = 1; t <= 10; t++) {
        const struct findings *f = next();
        assert_int_equal(f->skip[RULE_GROWING], t < GROWING_FROM ? SKIP_SHORT : LOOKED);
        assert_int_equal(f->skip[RULE_KEEPALIVE], t < GROWING_FROM ? SKIP_SHORT : LOOKED);
        if (t < GROWING_FROM) { /* nothing grows */
            assert_true(f->spared[RULE_GROWING] >> TCP_STATE_ESTABLISHED & 1);
            assert_int_equal(f->spared[RULE_KEEPALIVE], 0);
        }
    }
    end();
}

static void other_thresholds_are_not_believed(void **state)
{
    (void)state;
    make_recording(rules_digest(&limits) + 1);
    (void)open_it(true);
    for (int t = 1; t <= 10; t++)
        assert_int_equal(next()->n, 0);
    assert_int_not_equal(last->findings->skip[RULE_FLOW_RETRANS], LOOKED);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_found_is_told_while_it_held),
        cmocka_unit_test(what_has_ended_is_told_wherever_one_looks),
        cmocka_unit_test(one_whose_addresses_are_replaced_is_one),
        cmocka_unit_test(a_consequence_stays_one),
        cmocka_unit_test(where_it_could_look_that_counts),
        cmocka_unit_test(when_it_could_look_that_counts),
        cmocka_unit_test(other_thresholds_are_not_believed),
    };

    return cmocka_run_group_tests(tests, set_up, found_remove_folder);
}
