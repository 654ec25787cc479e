/* SPDX-License-Identifier: MIT */
/* What the doctor found while it was recorded comes back with begin, end and worst moment: over
 * several files and recorders, also of one that was killed, and without addresses where these were
 * to be left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/found.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/source/block.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/recording.h"

static struct recorder *recorder;
static uint64_t seq;

static void begin(const char *where, uint64_t judge, bool redact)
{
    const struct recorder_options options = {.path = where,
                                             .force = true,
                                             .judge = judge,
                                             .redact = redact,
                                             .rule_name = found_rule_name,
                                             .keep_ns = 400 * NS_PER_S};

    seq = 0;
    assert_int_equal(recorder_open(&recorder, &options), 0);
}

static void end(void)
{
    assert_int_equal(recorder_close(recorder), 0);
}

/* A finding that says all that one can. */
static struct finding leak(double leaked, unsigned severity)
{
    struct finding f = {
        .key = 77,
        .rule = RULE_CLOSE_WAIT,
        .severity = (uint8_t)severity,
        .subject = SUBJECT_PROCESS,
        .advice = ADVICE_FILES,
        .valid = 1u << FIGURE_CLOSE_WAIT_LEAKED | 1u << FIGURE_CLOSE_WAIT_OLDEST,
        .at_least = 1u << FIGURE_CLOSE_WAIT_OLDEST,
        .window_s = 12.5,
        .who = {.pid = 2841,
                .others = 2,
                .halt = HALT_TRACED,
                .files = 100,
                .files_max = 1024,
                .name = "java",
                .service = "shop.service",
                .uid = 33,
                .unseen = UNSEEN_NOBODY},
        .cause = {.key = 78,
                  .rule = RULE_SLOW_READER,
                  .who = {.pid = 9,
                          .name = "sleepy",
                          .service = "bed.service",
                          .uid = 34,
                          .unseen = UNSEEN_HIDDEN}},
        .follow = 5,
        .namespace = "blue",
        .has_peer = true,
        .peer_port = true,
        .scope = {.states = STATE_BIT(TCP_STATE_CLOSE_WAIT), .by = SCOPE_PID, .pid = 2841},
        .marks = 256,
        .absent_sysctls = 3,
    };

    f.value[FIGURE_CLOSE_WAIT_LEAKED] = leaked;
    f.value[FIGURE_CLOSE_WAIT_OLDEST] = 61.25;
    f.peer.family = f.scope.ends.family = f.cause.ends.family = AF_INET;
    inet_pton(AF_INET, "10.0.5.8", f.peer.dst);
    inet_pton(AF_INET, "10.0.5.9", f.scope.ends.src);
    inet_pton(AF_INET, "10.0.5.7", f.cause.ends.src);
    f.peer.dport = 8443;
    f.scope.ends.netns = 4;
    return f;
}

/* A sample at second `t` with the finding; NULL: without. */
static void add(int t, const struct finding *f, int since)
{
    struct sample *s = found_sample(t, f != NULL);

    s->seq = ++seq;
    if (f) {
        s->findings->list[0] = *f;
        s->findings->list[0].since_ns = (FOUND_MONO_S + since) * NS_PER_S;
        s->findings->list[0].since_wall_ns = (FOUND_WALL_S + since) * NS_PER_S;
        s->findings->list[0].seen_ns = s->mono_ns;
    }
    memset(s->findings->skip, t < 5 ? SKIP_YET : LOOKED, RULE_COUNT);
    s->findings->skip[RULE_MEMORY] = SKIP_COUNTERS;
    assert_int_equal(recorder_add(recorder, s), 0);
    sample_unref(s);
}

static struct source *found_in(const char *where, struct recording_findings *out)
{
    struct source *src = NULL;

    assert_int_equal(recording_open(&src, where, NULL), 0);
    assert_int_equal(recording_findings(src, rules_number, true, out), 0);
    return src;
}

static void expect(const struct episode *e, int from, int worst, int to, bool holds)
{
    assert_int_equal(e->begin_wall_ns / NS_PER_S - FOUND_WALL_S, from);
    assert_int_equal(e->begin_ns / NS_PER_S - FOUND_MONO_S, from);
    assert_int_equal(e->worst_wall_ns / NS_PER_S - FOUND_WALL_S, worst);
    assert_int_equal(e->worst_ns / NS_PER_S - FOUND_MONO_S, worst);
    assert_int_equal(e->end_wall_ns / NS_PER_S - FOUND_WALL_S, to);
    assert_int_equal(e->end_ns / NS_PER_S - FOUND_MONO_S, to);
    assert_int_equal(e->holds, holds);
}

static void all_of_a_finding_comes_back(void **state)
{
    (void)state;
    struct recording_findings found;

    begin(found_recording, 42, false);
    for (int t = 0; t < 130; t++) {
        struct finding f = leak(t == 70 ? 99.5 : 20, SEVERITY_WARNING);
        add(t, t >= 10 && t < 100 ? &f : NULL, 10);
    }
    end();
    struct source *src = found_in(found_recording, &found);
    assert_int_equal(found.n, 1);
    assert_true(found.judge == 42);
    assert_int_equal(found.samples, 130);
    assert_int_equal(found.reason.code, REASON_NONE);
    assert_int_equal(found.last_wall_ns / NS_PER_S - FOUND_WALL_S, 129);
    expect(found.list, 10, 70, 99, false);
    assert_false(found.list->at_least || found.list->lasts);
    assert_int_equal(found.skip[RULE_CLOSE_WAIT], LOOKED);
    assert_int_equal(found.skip[RULE_MEMORY], SKIP_COUNTERS);

    const struct finding *is = &found.list->worst;
    struct finding was = leak(99.5, SEVERITY_WARNING);
    was.since_ns = is->since_ns;
    was.since_wall_ns = is->since_wall_ns;
    was.seen_ns = is->seen_ns;
    assert_int_equal(is->since_ns / NS_PER_S - FOUND_MONO_S, 10);
    assert_memory_equal(is->value, was.value, sizeof was.value);
    assert_memory_equal(&is->peer, &was.peer, sizeof was.peer);
    assert_memory_equal(&is->scope.ends, &was.scope.ends, sizeof was.scope.ends);
    assert_memory_equal(&is->cause.ends, &was.cause.ends, sizeof was.cause.ends);
    assert_true(is->key == was.key && is->cause.key == was.cause.key);
    assert_int_equal(is->rule, was.rule);
    assert_int_equal(is->cause.rule, was.cause.rule);
    assert_int_equal(is->severity, was.severity);
    assert_int_equal(is->subject, was.subject);
    assert_int_equal(is->advice, was.advice);
    assert_int_equal(is->valid, was.valid);
    assert_int_equal(is->at_least, was.at_least);
    assert_true(fabs(is->window_s - was.window_s) < 1e-9);
    assert_int_equal(is->follow, was.follow);
    assert_int_equal(is->marks, was.marks);
    assert_int_equal(is->absent_sysctls, was.absent_sysctls);
    assert_true(is->has_peer && is->peer_port);
    assert_int_equal(is->scope.states, was.scope.states);
    assert_int_equal(is->scope.by, was.scope.by);
    assert_int_equal(is->scope.pid, was.scope.pid);
    assert_int_equal(is->who.pid, was.who.pid);
    assert_int_equal(is->who.others, was.who.others);
    assert_int_equal(is->who.halt, was.who.halt);
    assert_int_equal(is->who.files, was.who.files);
    assert_int_equal(is->who.files_max, was.who.files_max);
    assert_string_equal(is->who.name, "java");
    assert_string_equal(is->who.service, "shop.service");
    assert_int_equal(is->who.uid, was.who.uid);
    assert_int_equal(is->who.unseen, was.who.unseen);
    assert_int_equal(is->cause.who.uid, was.cause.who.uid);
    assert_int_equal(is->cause.who.unseen, was.cause.who.unseen);
    assert_string_equal(is->cause.who.service, "bed.service");
    assert_string_equal(is->cause.who.name, "sleepy");
    assert_int_equal(is->cause.who.pid, 9);
    assert_string_equal(is->namespace, "blue");
    source_close(src);
}

static void addresses_are_left_out(void **state)
{
    (void)state;
    struct recording_findings found;
    struct finding f = leak(20, SEVERITY_WARNING), *is;

    begin(found_recording, 42, true);
    add(0, &f, 0);
    end();
    struct source *src = found_in(found_recording, &found);
    assert_int_equal(found.n, 1);
    is = (struct finding *)(uintptr_t)&found.list->worst;
    assert_memory_not_equal(is->peer.dst, f.peer.dst, 4);
    assert_memory_not_equal(is->scope.ends.src, f.scope.ends.src, 4);
    assert_memory_not_equal(is->cause.ends.src, f.cause.ends.src, 4);
    assert_int_equal(is->peer.dport, 8443);
    source_close(src);
}

/* Each file of a directory stands for itself, and all of them together are one story. */
static void files_and_recorders_follow_each_other(void **state)
{
    (void)state;
    char command[256];
    struct recording_findings found;
    struct finding f = leak(20, SEVERITY_WARNING);
    static char name[sizeof found_folder + 8];

    snprintf(name, sizeof name, "%s/many", found_folder);
    snprintf(command, sizeof command, "rm -rf %s && mkdir %s", name, name);
    assert_int_equal(system(command), 0);
    begin(name, 42, false); /* a file each 100 s */
    for (int t = 0; t < 350; t++)
        add(t, t >= 50 ? &f : NULL, 50);
    end();
    begin(name, 42, false);
    for (int t = 400; t < 450; t++)
        add(t, t >= 410 && t < 420 ? &f : NULL, 410);
    end();
    struct source *src = found_in(name, &found);
    assert_int_equal(found.n, 2);
    expect(&found.list[0], 50, 50, 349, true);
    expect(&found.list[1], 410, 410, 419, false);
    assert_true(found.judge == 42);
    source_close(src);

    snprintf(command, sizeof command, "cd %s && rm $(ls | head -1)", name); /* as rotation does */
    assert_int_equal(system(command), 0);
    src = found_in(name, &found);
    assert_int_equal(found.n, 2);
    expect(&found.list[0], 50, 50, 349, true);
    assert_int_equal(recording_limit(src, (FOUND_WALL_S + 405) * NS_PER_S, INT64_MAX), 0);
    assert_int_equal(recording_findings(src, rules_number, true, &found), 0);
    assert_int_equal(found.n, 1);
    expect(&found.list[0], 410, 410, 419, false);
    assert_int_equal(found.samples, 45);
    source_close(src);
}

/* What could only be looked at later is not said of the time before. */
static void what_was_checked_by_then(void **state)
{
    (void)state;
    struct recording_findings found;

    begin(found_recording, 42, false);
    for (int t = 0; t < 20; t++) /* from second 5 on it has looked */
        add(t, NULL, 0);
    end();
    struct source *src = found_in(found_recording, &found);
    assert_int_equal(found.skip[RULE_GROWING], LOOKED);
    assert_true(found.looked_wall_ns[RULE_GROWING] == (FOUND_WALL_S + 5) * NS_PER_S);
    assert_int_equal(recording_limit(src, INT64_MIN, (FOUND_WALL_S + 4) * NS_PER_S), 0);
    assert_int_equal(recording_findings(src, rules_number, true, &found), 0);
    assert_int_equal(found.samples, 5);
    assert_int_equal(found.skip[RULE_GROWING], SKIP_YET);
    assert_int_equal(found.skip[RULE_MEMORY], SKIP_COUNTERS);
    assert_int_equal(recording_limit(src, INT64_MIN, (FOUND_WALL_S + 5) * NS_PER_S), 0);
    assert_int_equal(recording_findings(src, rules_number, true, &found), 0);
    assert_int_equal(found.skip[RULE_GROWING], LOOKED);
    source_close(src);
}

/* It said at least so much before it was killed. */
static void a_recorder_was_killed(void **state)
{
    (void)state;
    struct recording_findings found;
    struct finding f = leak(20, SEVERITY_WARNING), graver = leak(15, SEVERITY_CRITICAL);

    begin(found_recording, 42, false);
    for (int t = 0; t < 20; t++)
        add(t, t >= 15 ? &graver : t >= 5 ? &f : NULL, 5);
    char copy[128], command[300];
    snprintf(copy, sizeof copy, "%s/killed.tcptop", found_folder);
    snprintf(command, sizeof command, "cp %s %s", found_recording, copy);
    assert_int_equal(system(command), 0);
    end();
    struct source *src = found_in(copy, &found);
    assert_int_equal(found.n, 1);
    expect(found.list, 5, 15, 15, true);
    assert_int_equal(found.list->worst.severity, SEVERITY_CRITICAL);
    assert_true(found.list->at_least);
    assert_false(found.list->lasts); /* what came after that is not known */
    source_close(src);
    src = found_in(found_recording, &found); /* the same, ended as it should be */
    assert_int_equal(found.n, 1);
    assert_true(found.list->holds && found.list->lasts && !found.list->at_least);
    source_close(src);
}

static int no_rule(const char *name)
{
    (void)name;
    return -1;
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct recording_findings found;
    struct finding f = leak(20, SEVERITY_WARNING);
    struct source *src;

    begin(found_recording, 1, false);
    add(0, &f, 0);
    end();
    src = found_in(found_recording, &found);
    assert_int_equal(found.n, 1);
    assert_int_equal(recording_findings(src, no_rule, false, &found), 0);
    assert_int_equal(found.n, 0);
    source_close(src);
    f.value[FIGURE_CLOSE_WAIT_LEAKED] = (double)NAN;
    f.value[FIGURE_CLOSE_WAIT_OLDEST] = -1;
    begin(found_recording, 1, false);
    add(0, &f, 0);
    end();
    src = found_in(found_recording, &found);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.list->worst.valid, 0);
    source_close(src);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_finding_comes_back),
        cmocka_unit_test(addresses_are_left_out),
        cmocka_unit_test(files_and_recorders_follow_each_other),
        cmocka_unit_test(what_was_checked_by_then),
        cmocka_unit_test(a_recorder_was_killed),
        cmocka_unit_test(what_is_not_known_is_left_out),
    };

    return cmocka_run_group_tests(tests, found_make_folder, found_remove_folder);
}
