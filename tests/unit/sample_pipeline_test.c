/* SPDX-License-Identifier: MIT */
/* One sample after the other: numbered, timed, joined with the last good one, with its history; a
 * failure keeps the last and leaves a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/fake_source.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/sampler.h"
#include "tcptop/text/text.h"

static struct fake fake;
static const struct request request = {.interval_ms = 1000, .fade_ds = 50};

static struct sample_pipeline *start(void)
{
    struct sample_pipeline *st;

    fake_init(&fake);
    st = sample_pipeline_new(&fake.source, 60);
    assert_non_null(st);
    return st;
}

static void samples_are_numbered_and_joined(void **state)
{
    struct sample_pipeline *st = start();
    const struct sample *last = NULL, *first;
    struct request with_bound = request;

    (void)state;
    assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
    assert_int_equal(last->seq, 1);
    assert_int_equal(last->total, 3);
    assert_int_equal(last->history.len, 1);
    assert_int_equal(last->interval_ms, 1000);
    first = sample_ref(last);
    fake.rows = 5;
    with_bound.needs = NEED_BOUND;
    assert_int_equal(sample_pipeline_next(st, &with_bound, &last, NULL), 0);
    assert_int_equal(fake.needs, NEED_BOUND);
    assert_int_equal(last->needs, NEED_BOUND);
    assert_int_equal(last->seq, 2);
    assert_int_equal(last->born, 2);
    assert_int_equal(last->history.len, 2);
    assert_int_equal(history_at(&last->history, 0)->total, 5);
    assert_true(history_at(&last->history, 0)->bound_asked);
    assert_int_equal(first->history.len, 1); /* published ones never change */
    sample_unref(first);
    sample_unref(last);
    sample_pipeline_free(st);
    assert_true(fake.closed);
}

/* Rows of other namespaces are not new, those of the last sample have not closed, and its counts
 * are no history of these. */
static void other_namespaces_have_no_past(void **state)
{
    struct sample_pipeline *st = start();
    const struct sample *last = NULL, *failed;
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    fake.rows = 5;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
    assert_int_equal(last->history.len, 3);
    fake.view = 1;
    fake.fails = -EPERM; /* the wish cannot be granted: what was seen stands */
    assert_int_equal(sample_pipeline_next(st, &request, &last, &err), -EPERM);
    failed = sample_pipeline_failure(st, &request, &err);
    assert_non_null(failed);
    assert_int_equal(failed->history.len, 4);
    sample_unref(failed);
    fake.fails = 0;
    fake.rows = 2;
    assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
    assert_int_equal(last->history.len, 1);
    assert_int_equal(last->n_live, 2);
    assert_int_equal(sample_rows(last), 2);
    assert_int_equal(last->born, 0);
    assert_int_equal(last->times[0].born_ds, 0);
    fake.rows = 3;
    assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
    assert_int_equal(last->history.len, 2);
    assert_int_equal(last->born, 1);
    sample_unref(last);
    sample_pipeline_free(st);
}

static void a_failure_keeps_the_last_and_leaves_a_gap(void **state)
{
    struct sample_pipeline *st = start();
    const struct sample *last = NULL, *failed, *good;
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    assert_int_equal(sample_pipeline_next(st, &request, &last, &err), 0);
    good = last;
    fake.fails = -ENOBUFS;
    assert_int_equal(sample_pipeline_next(st, &request, &last, &err), -ENOBUFS);
    assert_ptr_equal(last, good);
    failed = sample_pipeline_failure(st, &request, &err);
    assert_non_null(failed);
    assert_int_equal(failed->status, SAMPLE_FAILED);
    assert_string_equal(reason_words(&failed->reason), "the fake fails");
    assert_int_equal(failed->seq, 2);
    assert_int_equal(sample_rows(failed), 0);
    assert_int_equal(history_at(&failed->history, 0)->status, POINT_MISSED);
    sample_unref(failed);
    fake.fails = 0;
    fake.rows = 2;
    assert_int_equal(sample_pipeline_next(st, &request, &last, &err), 0);
    assert_int_equal(last->seq, 3);
    assert_int_equal(last->born, 0); /* joined with the first, not with the failure */
    assert_int_equal(last->n_missing, 1);
    assert_int_equal(history_at(&last->history, 1)->status, POINT_MISSED);
    assert_int_equal(history_at(&last->history, 2)->status, POINT_MEASURED);
    sample_unref(last);
    sample_pipeline_free(st);
}

static void a_recording_keeps_its_own_facts(void **state)
{
    static const int64_t seconds[] = {1000, 1002, 500, 503}; /* two recordings, one file */
    static const uint32_t ages_ds[] = {0, 20, 20, 50};
    struct sample_pipeline *st = start();
    const struct sample *last = NULL;

    (void)state;
    fake.backend = BACKEND_FRAME;
    fake.cpu_ns = 77;
    for (int i = 0; i < 4; i++) {
        fake.mono_ns = seconds[i] * NS_PER_S;
        assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
        assert_int_equal(last->now_ds, ages_ds[i]);
        assert_int_equal(last->cpu_ns, 77);
        assert_int_equal(last->cost_ns, 77);
        assert_int_equal(last->interval_ms, 0);
    }
    fake.status = SAMPLE_FAILED; /* as it was recorded */
    fake.rows = 0;
    assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
    assert_int_equal(last->status, SAMPLE_FAILED);
    assert_int_equal(history_at(&last->history, 0)->status, POINT_MISSED);
    fake.status = SAMPLE_COMPLETE;
    fake.rows = 3;
    fake.mono_ns = 504 * NS_PER_S;
    assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), 0);
    assert_int_equal(last->born, 0); /* joined with the last one that had rows */
    fake.fails = -ENODATA;
    assert_int_equal(sample_pipeline_next(st, &request, &last, NULL), -ENODATA);
    assert_non_null(last);
    sample_unref(last);
    sample_pipeline_free(st);
}

/* The only sockets that are wanted are not listed: there are none of them, but perhaps only here.
 */
static void what_is_not_listed_is_said(void **state)
{
    struct sample_pipeline *st = start();
    const struct sample *last = NULL;
    struct request only_bound = request;

    (void)state;
    only_bound.needs = NEED_BOUND | NEED_ONLY_BOUND;
    assert_int_equal(sample_pipeline_next(st, &only_bound, &last, NULL), 0);
    assert_int_equal(fake.needs, NEED_BOUND);
    assert_int_equal(last->status, SAMPLE_COMPLETE);
    fake.lacks = NEED_BOUND;
    assert_int_equal(sample_pipeline_next(st, &only_bound, &last, NULL), 0);
    assert_int_equal(last->status, SAMPLE_PARTIAL);
    assert_int_equal(last->reason.code, REASON_NO_BOUND);
    only_bound.needs = NEED_BOUND;
    assert_int_equal(sample_pipeline_next(st, &only_bound, &last, NULL), 0);
    assert_int_equal(last->status, SAMPLE_COMPLETE);
    sample_unref(last);
    sample_pipeline_free(st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_numbered_and_joined),
        cmocka_unit_test(other_namespaces_have_no_past),
        cmocka_unit_test(a_failure_keeps_the_last_and_leaves_a_gap),
        cmocka_unit_test(a_recording_keeps_its_own_facts),
        cmocka_unit_test(what_is_not_listed_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
