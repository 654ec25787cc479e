/* SPDX-License-Identifier: MIT */
/* Rates in the join: only when asked for, from the second sample with figures on; by cookie,
 * through every way in which rows find each other; kept by rows that went; and their memory given
 * back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/figures.h"
#include "lib/model_build.h"
#include "lib/run.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"

#define RATES (NEED_TCP_INFO | NEED_RATES)

/* A row that has had `bytes` acknowledged and received twice as many. */
static struct conn *add(struct sample *s, uint64_t cookie, uint64_t bytes)
{
    struct conn *c = model_add(s, cookie, TCP_STATE_ESTABLISHED);
    struct tcp_metrics *f = s->metrics ? &s->metrics[s->n_live - 1] : NULL;

    if (f) {
        figure_set(f, METRICS_bytes_acked, bytes);
        figure_set(f, METRICS_bytes_received, 2 * bytes);
        for (enum tcp_metric field = METRICS_busy_us; field <= METRICS_sndbuf_limited_us; field++)
            figure_set(f, field, bytes);
    }
    return c;
}

static uint32_t row_of(const struct sample *s, uint64_t cookie)
{
    return sample_find(s, &(struct conn){.cookie = cookie}, 0);
}

static uint64_t tx(const struct run *r, uint64_t cookie)
{
    return r->next->rate[row_of(r->next, cookie)].tx_bytes_s;
}

static void only_when_asked(void **state)
{
    struct run r = run_start(5);

    (void)state;
    add(run_fresh(&r, NEED_TCP_INFO), 1, 100);
    run_join(&r);
    add(run_fresh(&r, NEED_TCP_INFO), 1, 200);
    run_join(&r);
    assert_null(r.next->rate);
    add(run_fresh(&r, RATES), 1, 300);
    run_join(&r);
    assert_int_equal(tx(&r, 1), 200);
    assert_int_equal(r.next->rate[0].rx_bytes_s, 400);
    add(run_fresh(&r, NEED_TCP_INFO), 1, 400); /* and no longer */
    run_join(&r);
    assert_null(r.next->rate);
    run_end(&r);
}

static void nothing_at_first_sight(void **state)
{
    struct run r = run_start(5);

    (void)state;
    add(run_fresh(&r, RATES), 1, 100);
    run_join(&r);
    assert_null(r.next->rate);
    add(run_fresh(&r, RATES), 1, 200);
    add(r.next, 2, 5000);
    run_join(&r);
    assert_int_equal(tx(&r, 1), 200);
    assert_int_equal(tx(&r, 2), RATE_UNKNOWN);
    add(run_fresh(&r, 0), 1, 0); /* a sample without figures, as from /proc */
    run_join(&r);
    add(run_fresh(&r, RATES), 1, 300);
    run_join(&r);
    assert_null(r.next->rate);
    run_end(&r);
}

static void limits_come_along(void **state)
{
    struct run r = run_start(5);

    (void)state;
    add(run_fresh(&r, RATES), 1, 100);
    run_join(&r);
    assert_int_equal(r.next->metrics[0].limit, LIMIT_UNKNOWN);
    add(run_fresh(&r, RATES), 1, 100 + NS_PER_S / NS_PER_US / 2);
    run_join(&r);
    assert_int_equal(r.next->metrics[0].limit, LIMIT_RECEIVER);
    add(run_fresh(&r, NEED_TCP_INFO), 1, 100 + NS_PER_S / NS_PER_US);
    run_join(&r);
    assert_int_equal(r.next->metrics[0].limit, LIMIT_UNKNOWN);
    run_end(&r);
}

/* By order, by hash, with births and gaps between. */
static void whoever_finds_its_row(void **state)
{
    struct run r = run_start(5);
    uint64_t cookie;

    (void)state;
    run_fresh(&r, RATES);
    for (cookie = 1; cookie <= 1000; cookie++)
        add(r.next, cookie, 1000 * cookie);
    run_join(&r);
    run_fresh(&r, RATES);
    for (cookie = 1000; cookie >= 1; cookie -= 3) {
        add(r.next, cookie, 1001 * cookie);
        add(r.next, 100000 + cookie, 7);
        if (cookie < 3)
            break;
    }
    run_join(&r);
    for (cookie = 1000; cookie > 3; cookie -= 3) {
        assert_int_equal(tx(&r, cookie), 2 * cookie);
        assert_int_equal(tx(&r, 100000 + cookie), RATE_UNKNOWN);
    }
    assert_int_equal(tx(&r, 2), RATE_UNKNOWN); /* missing */
    run_end(&r);
}

static void the_cookie_must_be_the_same(void **state)
{
    struct run r = run_start(5);

    (void)state;
    add(run_fresh(&r, RATES), 1, 100)->flags = CONN_NO_COOKIE;
    run_join(&r);
    add(run_fresh(&r, RATES), 1, 200)->flags = CONN_NO_COOKIE;
    run_join(&r);
    assert_int_equal(r.next->rate[0].tx_bytes_s, RATE_UNKNOWN);
    run_end(&r);
}

static void rows_that_went_keep_their_rates(void **state)
{
    struct run r = run_start(5);

    (void)state;
    for (int i = 1; i <= 2; i++) {
        add(run_fresh(&r, RATES), 1, 100u * (unsigned)i);
        add(r.next, 2, 300u * (unsigned)i);
        run_join(&r);
    }
    for (int i = 3; i <= 5; i++) { /* missing, closed, fading */
        add(run_fresh(&r, RATES), 1, 100u * (unsigned)i);
        run_join(&r);
        assert_int_equal(tx(&r, 2), 600);
    }
    assert_int_equal(sample_row_kind(r.next, row_of(r.next, 2)), ROW_CLOSED);
    add(run_fresh(&r, RATES), 1, 600);
    add(r.next, 2, 5000); /* back: nothing is known of the time between */
    run_join(&r);
    assert_int_equal(tx(&r, 2), RATE_UNKNOWN);
    run_end(&r);
}

static void a_peak_of_rates_is_given_back(void **state)
{
    struct run r = run_start(5);

    (void)state;
    for (int i = 1; i <= 2; i++) {
        run_fresh(&r, RATES);
        for (uint64_t cookie = 1; cookie <= 50000; cookie++)
            add(r.next, cookie, (uint64_t)i);
        run_join(&r);
    }
    assert_true(builder_of(r.next)->rate_cap >= 50000);
    for (int i = 3; i < 40; i++) {
        add(run_fresh(&r, NEED_TCP_INFO), 1, (uint64_t)i);
        run_join(&r);
    }
    assert_int_equal(builder_of(r.next)->rate_cap, 0);
    assert_int_equal(builder_of(r.prev)->rate_cap, 0);
    run_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_when_asked),
        cmocka_unit_test(nothing_at_first_sight),
        cmocka_unit_test(limits_come_along),
        cmocka_unit_test(whoever_finds_its_row),
        cmocka_unit_test(the_cookie_must_be_the_same),
        cmocka_unit_test(rows_that_went_keep_their_rates),
        cmocka_unit_test(a_peak_of_rates_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
