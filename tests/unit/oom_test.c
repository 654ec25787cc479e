/* SPDX-License-Identifier: MIT */
/* Sampling without memory: whichever allocation fails, the last sample stays, the failure has a
 * name, and the next sample works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fake_source.h"
#include "lib/own_allocator.h"
#include "lib/sample.h"
#include "tcptop/owner/index.h"
#include "tcptop/source/sample_pipeline.h"

#if OWN_ALLOCATOR

static long countdown = -1; /* allocations that still work; negative: all */

static bool denied(void)
{
    if (countdown < 0)
        return false;
    return countdown == 0 || countdown-- == 0;
}

void *malloc(size_t size)
{
    return denied() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return denied() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return denied() ? NULL : __libc_realloc(p, size);
}

static struct fake fake;
static const struct request request = {.interval_ms = 1000, .fade_ds = 50};

/* A sample_pipeline with one sample of three rows; NULL when there was no memory for it. */
static struct sample_pipeline *start(const struct sample **last, long allowed)
{
    struct sample_pipeline *st;

    fake_init(&fake);
    countdown = allowed;
    st = sample_pipeline_new(&fake.source, 60);
    countdown = -1;
    *last = NULL;
    if (st)
        assert_int_equal(sample_pipeline_next(st, &request, last, NULL), 0);
    return st;
}

/* After the failure: the last sample is what it was, and the next one knows all. */
static void goes_on(struct sample_pipeline *st, const struct sample **last,
                    const struct sample *before)
{
    const struct sample *failed;

    assert_ptr_equal(*last, before);
    assert_int_equal(before->total, 3);
    failed = sample_pipeline_failure(
        st, &request, &(struct sample_reason){.code = REASON_ERROR, .error = ENOMEM});
    assert_int_equal(failed->status, SAMPLE_FAILED);
    sample_unref(failed);
    assert_int_equal(sample_pipeline_next(st, &request, last, NULL), 0);
    assert_int_equal((*last)->total, 700);
    assert_int_equal((*last)->born, 697);
}

/* A larger sample with `allowed` allocations; true when that was enough. */
static bool sample_with(long allowed)
{
    const struct sample *last, *before;
    struct sample_pipeline *st = start(&last, -1);
    int rc;

    assert_non_null(st);
    before = last;
    fake.rows = 700;
    countdown = allowed;
    rc = sample_pipeline_next(st, &request, &last, NULL);
    countdown = -1;
    if (rc) {
        assert_int_equal(rc, -ENOMEM);
        goes_on(st, &last, before);
    }
    sample_unref(last);
    sample_pipeline_free(st);
    return !rc;
}

static void every_allocation_may_fail(void **state)
{
    long allowed = 0;

    (void)state;
    while (!sample_with(allowed))
        allowed++;
    assert_in_range(allowed, 4, 100); /* it did fail at several places */
}

static void no_sample_pipeline_no_leak(void **state)
{
    const struct sample *last;
    struct sample_pipeline *st;
    long allowed = 0;

    (void)state;
    while (!(st = start(&last, allowed))) {
        assert_true(fake.closed); /* it took the source over all the same */
        allowed++;
    }
    assert_in_range(allowed, 3, 20);
    sample_unref(last);
    sample_pipeline_free(st);
}

/* What was found of one process is still there when what another one holds has no room. */
static void found_processes_stay(void **state)
{
    enum { FEW = 60, MANY = 1000 };
    uint32_t inode[MANY];
    bool fits = false;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++)
        inode[i] = i + 1;
    for (long allowed = 0; !fits; allowed++) {
        struct owner *one = owner_new(&(struct owner_facts){1, 0, 1, "one", "", ""});
        struct owner *two = owner_new(&(struct owner_facts){2, 0, 1, "two", "", ""});
        struct owner_changes changes = {0};
        assert_int_equal(owner_changes_put(&changes, one, inode, FEW), 0);
        void *behind = malloc(16); /* so that nothing grows where it is */
        countdown = allowed;
        fits = owner_changes_put(&changes, two, inode + FEW, MANY - FEW) == 0;
        countdown = -1;
        assert_true(fits || allowed < 4);
        struct owner_index *index = owner_index_new(NULL, &changes, OWNER_ALL);
        assert_non_null(index);
        for (uint32_t i = 0; i < MANY; i++)
            assert_true((owner_index_find(index, inode[i]) != OWNER_UNKNOWN) == (fits || i < FEW));
        owner_index_unref(index);
        free(behind);
        owner_unref(one);
        owner_unref(two);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(no_sample_pipeline_no_leak),
        cmocka_unit_test(found_processes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    puts("1..1\nok 1 - every allocation may fail # SKIP the allocator is not ours");
    return 0;
}

#endif
