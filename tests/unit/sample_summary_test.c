/* SPDX-License-Identifier: MIT */
/* The summary of a brief sample is made of that of the sample before and of the rows of its dump.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/closed_events.h"
#include "lib/sample.h"
#include "tcptop/explain/sample_summary.h"

static struct sample_summary whole, renewed, before;

/* Two established connections, two records that wait, a listener with a queue. */
static const struct sample *full(struct run *r)
{
    told_sample(r, 2);
    for (uint64_t cookie = 3; cookie <= 4; cookie++) {
        told_row(r, cookie, TCP_STATE_TIME_WAIT);
        r->next->conn[cookie - 1].timer = TIMER_TIMEWAIT;
        r->next->conn[cookie - 1].expires_ms = 30000;
    }
    told_row(r, 5, TCP_STATE_LISTEN);
    r->next->conn[4].rqueue = 3;
    return told_join(r);
}

static const struct sample *brief(struct run *r, uint32_t queue)
{
    told_sample(r, 0)->left_out = BRIEF_LEFT_OUT;
    told_row(r, 2, TCP_STATE_CLOSE_WAIT);
    told_row(r, 5, TCP_STATE_LISTEN);
    r->next->conn[1].rqueue = queue;
    return told_join(r);
}

static void it_says_what_a_whole_pass_says(void **state)
{
    struct run *r = *state;
    const struct sample *old = full(r), *s;

    sample_summary_make(&before, old);
    for (uint32_t queue = 7; queue < 9; queue++) {
        s = brief(r, queue);
        assert_true(sample_summary_renew(&renewed, s, &before, r->prev));
        sample_summary_make(&whole, s);
        for (unsigned at = 0; at < TCP_STATE_COUNT; at++) {
            const struct state_counts *a = &renewed.state_counts[at], *b = &whole.state_counts[at];
            assert_int_equal(a->rows, at == TCP_STATE_ESTABLISHED ? b->rows + 1 : b->rows);
            assert_int_equal(a->queued, b->queued);
            assert_int_equal(a->fullest, b->fullest);
            assert_int_equal(a->timed, b->timed);
        }
        assert_int_equal(renewed.state_counts[TCP_STATE_LISTEN].queued, queue);
        assert_memory_equal(&renewed.listening, &whole.listening, sizeof whole.listening);
        before = renewed;
    }
}

static void it_is_made_anew_where_rows_are_of_another_dump(void **state)
{
    struct run *r = *state;
    const struct sample *first = full(r), *s;

    sample_summary_make(&before, first);
    assert_false(sample_summary_renew(&renewed, first, &before, first));
    first = sample_ref(first);
    full(r);
    s = brief(r, 1);
    assert_false(sample_summary_renew(&renewed, s, &before, first));
    assert_true(sample_summary_renew(&renewed, s, &before, r->prev));
    sample_unref(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_says_what_a_whole_pass_says, told_setup, told_teardown),
        cmocka_unit_test_setup_teardown(it_is_made_anew_where_rows_are_of_another_dump, told_setup,
                                        told_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
