/* SPDX-License-Identifier: MIT */
/* What a screen keeps in memory comes back sample by sample, lets its oldest go from a complete
 * sample on, and can be saved as a recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/changing_host.h"
#include "tcptop/source/past.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/source/survey.h"

#define SAMPLES_MAX 400

static const struct sample *live[SAMPLES_MAX];
static uint32_t n_live;
static const struct survey_range always = {INT64_MIN, INT64_MAX};

static struct past *keep(const struct changing_host *how, uint64_t max_bytes)
{
    const struct past_options options = {.max_bytes = max_bytes, .share = 1e9};
    const struct request req = {.fade_ds = 30, .keep_close_events = true};
    struct sample_pipeline *p = sample_pipeline_new(changing_host_open(how), 60);
    const struct sample *s = NULL;
    struct past *past;

    assert_non_null(p);
    assert_int_equal(past_open(&past, &options), 0);
    n_live = 0;
    while (sample_pipeline_next(p, &req, &s, NULL) == 0) {
        past_add(past, s);
        past_settle(past);
        live[n_live++] = sample_ref(s);
    }
    sample_unref(s);
    sample_pipeline_free(p);
    return past;
}

static void forget(struct past *past)
{
    past_close(past);
    while (n_live)
        sample_unref(live[--n_live]);
}

/* Play on from where `src` stands to its end: these are the last samples. Returns how many. */
static uint32_t play(struct source *src, bool metrics)
{
    const struct request req = {.fade_ds = 30};
    struct sample_pipeline *p = sample_pipeline_new(src, 60);
    const struct sample *s = NULL;
    uint32_t n = 0;

    while (sample_pipeline_next(p, &req, &s, NULL) == 0) {
        uint32_t at = (uint32_t)s->seq - 1;
        assert_true(at < n_live);
        if (n_live > 0 && at == n) /* from the first on: as if it had been watched */
            changing_host_compare(live[at], s, metrics);
        assert_true(s->mono_ns == live[at]->mono_ns);
        assert_int_equal(s->n_live, live[at]->n_live);
        n++;
    }
    assert_non_null(s);
    assert_true(s->seq == live[n_live - 1]->seq);
    sample_unref(s);
    sample_pipeline_free(p);
    return n;
}

static void samples_come_back(void **state)
{
    (void)state;
    const struct changing_host how = {
        .rows = 300, .samples = 70, .churn = 20, .metrics = true, .ends = true};
    struct past *past = keep(&how, 32u << 20);
    struct source *src;

    assert_int_equal(past_source(past, &src), 0);
    assert_int_equal(play(src, true), 70);
    forget(past);
}

static void the_oldest_go(void **state)
{
    (void)state;
    const struct changing_host how = {.rows = 200, .samples = 400, .churn = 300};
    struct past *past = keep(&how, 40u << 10);
    const struct recording_span *span;
    struct source *src;
    uint32_t n;

    assert_int_equal(past_source(past, &src), 0);
    assert_int_equal(recording_spans(src, &span, &n), 0);
    assert_true(n >= 2);
    assert_true(span[0].seq > 1);
    assert_true(span[n - 1].seq + span[n - 1].samples - 1 == 400);
    assert_int_equal(recording_go(src, &span[0]), 0);
    uint64_t first = span[0].seq;
    assert_int_equal(play(src, false), 400 - first + 1);
    forget(past);
}

/* A span that is let go while it is read is told apart from a damaged one. */
static void what_has_gone_is_said_to_have_gone(void **state)
{
    (void)state;
    const struct changing_host how = {.rows = 200, .samples = 400, .churn = 300};
    struct past *past = keep(&how, 40u << 10);
    const struct recording_content *content;
    struct recording_span gone = {.at = 0};
    struct source *src;

    assert_int_equal(past_source(past, &src), 0);
    assert_int_equal(recording_look(src, &gone, &content), -ESTALE);
    source_close(src);
    forget(past);
}

/* One sample is more than the memory that it may take: nothing is kept, and nothing breaks. */
static void too_little_memory_keeps_nothing(void **state)
{
    (void)state;
    const struct changing_host how = {.rows = 2000, .samples = 5, .churn = 300};
    struct past *past = keep(&how, 4096);
    struct survey *survey;
    struct source *src;

    assert_int_equal(past_source(past, &src), 0);
    assert_int_equal(survey_spans(&survey, src, &always), -ENODATA);
    source_close(src);
    forget(past);
}

static void it_can_be_saved(void **state)
{
    (void)state;
    const struct changing_host how = {
        .rows = 300, .samples = 70, .churn = 20, .metrics = true, .ends = true};
    struct past *past = keep(&how, 32u << 20);
    char path[] = "/tmp/tcptop-past-XXXXXX";
    int fd = mkstemp(path);
    uint32_t n, samples;
    const struct recording_span *span;
    struct source *src;
    struct sample_reason why;

    assert_true(fd >= 0);
    assert_int_equal(past_save(past, fd, &samples), 0);
    assert_int_equal(samples, 70);
    assert_int_equal(close(fd), 0);
    assert_int_equal(recording_open(&src, path, &why), 0);
    assert_int_equal(recording_spans(src, &span, &n), 0);
    assert_int_equal(n, 2);
    for (uint32_t i = 0; i < n; i++)
        assert_true(span[i].counted && span[i].most_total > 0);
    assert_int_equal(play(src, true), 70);
    unlink(path);
    forget(past);
}

static int no_rule(const char *name)
{
    (void)name;
    return -1;
}

/* The survey of a short recording has every sample's counts. */
static void the_survey_counts(void **state)
{
    (void)state;
    const struct changing_host how = {.rows = 50, .samples = 90, .churn = 100};
    struct past *past = keep(&how, 32u << 20);
    struct survey *survey;
    struct source *src;

    assert_int_equal(past_source(past, &src), 0);
    assert_int_equal(survey_spans(&survey, src, &always), 0);
    assert_int_equal(survey_complete(survey, src, no_rule, NULL, NULL), 0);
    assert_int_equal(survey->samples, 90);
    assert_int_equal(survey->n_stretches, 90);
    for (uint32_t i = 0; i < 90; i++) {
        assert_int_equal(survey->stretch[i].most_total, live[i]->total);
        assert_true(survey->stretch[i].begin_ns == live[i]->mono_ns - live[0]->mono_ns);
        for (unsigned k = 0; k < TCP_STATE_COUNT; k++)
            assert_int_equal(survey->stretch[i].most[k], live[i]->count[k]);
    }
    survey_free(survey);
    source_close(src);
    forget(past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_back),
        cmocka_unit_test(the_oldest_go),
        cmocka_unit_test(what_has_gone_is_said_to_have_gone),
        cmocka_unit_test(too_little_memory_keeps_nothing),
        cmocka_unit_test(it_can_be_saved),
        cmocka_unit_test(the_survey_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
