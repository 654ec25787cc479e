/* See run.h. */
#include "lib/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tcptop/base/clock.h"

struct run run_start(uint32_t step_ds)
{
    return (struct run){.pool = snapshot_pool_new(), .delta = delta_new(), .step_ds = step_ds};
}

void run_end(struct run *r)
{
    snapshot_unref(r->prev);
    snapshot_unref(r->next);
    delta_free(r->delta);
    snapshot_pool_free(r->pool);
}

struct snapshot *run_fresh(struct run *r, uint32_t needs)
{
    snapshot_unref(r->prev);
    r->prev = r->next;
    r->next = snapshot_new(r->pool);
    assert_non_null(r->next);
    r->next->needs = needs;
    r->next->now_ds = r->n++ * r->step_ds;
    r->next->mono_ns = (int64_t)r->n * r->step_ds * (NS_PER_S / 10);
    return r->next;
}

void run_join(struct run *r)
{
    assert_int_equal(delta_join(r->delta, r->next, r->prev, FADE_DS), 0);
}
