/* SPDX-License-Identifier: MIT */
/* See run.h. */
#include "lib/run.h"
#include "lib/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tcptop/base/clock.h"

struct run run_start(uint32_t step_ds)
{
    return (struct run){.pool = sample_pool_new(), .diff = diff_new(), .step_ds = step_ds};
}

void run_end(struct run *r)
{
    sample_unref(r->prev);
    sample_unref(r->next);
    diff_free(r->diff);
    sample_pool_free(r->pool);
}

struct sample *run_fresh(struct run *r, uint32_t needs)
{
    sample_unref(r->prev);
    r->prev = r->next;
    r->next = sample_make(r->pool);
    assert_non_null(r->next);
    r->next->needs = needs;
    r->next->now_ds = r->n++ * r->step_ds;
    r->next->mono_ns = (int64_t)r->n * r->step_ds * (NS_PER_S / 10);
    return r->next;
}

void run_join(struct run *r)
{
    assert_int_equal(diff_join(r->diff, builder_of(r->next), r->prev, FADE_DS), 0);
}
