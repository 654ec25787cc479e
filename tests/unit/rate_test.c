/* SPDX-License-Identifier: MIT */
/* What two samples of a connection say together: payload per second by the real time between, SYN
 * and FIN left out, counters that ran back; the word for who limits it, each in its own case and at
 * its border; the share that was sent again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/figures.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/rate.h"
#include "tcptop/model/state.h"

/* Two samples in ESTABLISHED, a second apart, with these bytes. */
struct two {
    struct tcp_metrics from, to;
    struct span span;
};

static void set_bytes(struct tcp_metrics *f, uint64_t acked, uint64_t received)
{
    figure_set(f, METRICS_bytes_acked, acked);
    figure_set(f, METRICS_bytes_received, received);
}

static void two(struct two *t, uint64_t acked, uint64_t received)
{
    *t = (struct two){.span = {.from_state = TCP_STATE_ESTABLISHED,
                               .to_state = TCP_STATE_ESTABLISHED,
                               .ns = NS_PER_S}};
    t->span.from = &t->from;
    t->span.to = &t->to;
    set_bytes(&t->from, 1000, 500);
    set_bytes(&t->to, 1000 + acked, 500 + received);
}

static void assert_rates(const struct two *t, uint64_t tx, uint64_t rx)
{
    struct rate r = rate_between(&t->span);

    assert_int_equal(r.tx_bytes_s, tx);
    assert_int_equal(r.rx_bytes_s, rx);
}

static void rates_go_by_the_real_time(void **state)
{
    struct two t;

    (void)state;
    two(&t, 3000, 100);
    assert_rates(&t, 3000, 100);
    t.span.ns = 30 * NS_PER_S; /* a stopped process */
    assert_rates(&t, 100, 3);
    t.span.ns = NS_PER_S / 2 + 1;
    assert_rates(&t, 6000, 200);
    t.span.ns = NS_PER_S * 3 / 2; /* rounded, not cut */
    assert_rates(&t, 2000, 67);
    two(&t, 0, 0);
    assert_rates(&t, 0, 0);
}

static void no_time_no_rate(void **state)
{
    struct two t;

    (void)state;
    two(&t, 3000, 100);
    t.span.ns = 0;
    assert_rates(&t, RATE_UNKNOWN, RATE_UNKNOWN);
    t.span.ns = -NS_PER_S;
    assert_rates(&t, RATE_UNKNOWN, RATE_UNKNOWN);
    two(&t, 3000, 100);
    t.to.bytes_acked = UINT64_MAX;
    t.span.ns = 1;
    assert_rates(&t, RATE_UNKNOWN, 100 * NS_PER_S); /* nor from nonsense */
}

static void each_counter_for_itself(void **state)
{
    struct two t;

    (void)state;
    two(&t, 3000, 100);
    t.to.bytes_acked = 999; /* ran back: connected anew by the same socket */
    assert_rates(&t, RATE_UNKNOWN, 100);
    two(&t, 3000, 100);
    t.from.valid &= ~(1u << METRICS_bytes_received); /* not told */
    assert_rates(&t, 3000, RATE_UNKNOWN);
    t.span.to = NULL;
    assert_rates(&t, RATE_UNKNOWN, RATE_UNKNOWN);
}

static void signs_are_no_payload(void **state)
{
    static const struct {
        unsigned from, to;
        uint64_t tx_signs, rx_signs;
    } changes[] = {
        {TCP_STATE_SYN_SENT, TCP_STATE_ESTABLISHED, 1, 0},
        {TCP_STATE_SYN_SENT, TCP_STATE_FIN_WAIT2, 2, 0},
        {TCP_STATE_SYN_RECV, TCP_STATE_ESTABLISHED, 0, 0},
        {TCP_STATE_ESTABLISHED, TCP_STATE_CLOSE_WAIT, 0, 1},
        {TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT1, 0, 0},
        {TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT2, 1, 0},
        {TCP_STATE_FIN_WAIT1, TCP_STATE_CLOSING, 0, 1},
        {TCP_STATE_CLOSE_WAIT, TCP_STATE_LAST_ACK, 0, 0},
        {TCP_STATE_FIN_WAIT2, TCP_STATE_FIN_WAIT2, 0, 0},
        {TCP_STATE_CLOSE_WAIT, TCP_STATE_ESTABLISHED, 0, 0}, /* cannot be */
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct two t;
        two(&t, 50 + changes[i].tx_signs, 70 + changes[i].rx_signs);
        t.span.from_state = changes[i].from;
        t.span.to_state = changes[i].to;
        assert_rates(&t, 50, 70);
    }
    struct two t; /* simultaneous open: the SYN is not acknowledged yet */
    two(&t, 0, 0);
    t.span.from_state = TCP_STATE_SYN_SENT;
    t.span.to_state = TCP_STATE_SYN_RECV;
    assert_rates(&t, 0, 0);
}

/* Milliseconds of a second. */
static enum send_limit limit(uint64_t busy, uint64_t receiver, uint64_t buffer, bool app)
{
    struct two t;

    two(&t, busy, 0);
    figure_set(&t.from, METRICS_busy_us, 7);
    figure_set(&t.from, METRICS_rwnd_limited_us, 5);
    figure_set(&t.from, METRICS_sndbuf_limited_us, 3);
    figure_set(&t.to, METRICS_busy_us, 7 + busy * 1000);
    figure_set(&t.to, METRICS_rwnd_limited_us, 5 + receiver * 1000);
    figure_set(&t.to, METRICS_sndbuf_limited_us, 3 + buffer * 1000);
    figure_set(&t.to, METRICS_app_limited, app);
    return rate_limit(&t.span);
}

static void who_limits(void **state)
{
    (void)state;
    assert_int_equal(limit(0, 0, 0, false), LIMIT_UNKNOWN); /* nothing was sent */
    assert_int_equal(limit(0, 0, 0, true), LIMIT_UNKNOWN);
    assert_int_equal(limit(1, 1, 0, false), LIMIT_APPLICATION);
    assert_int_equal(limit(499, 499, 0, false), LIMIT_APPLICATION);
    assert_int_equal(limit(500, 250, 0, false), LIMIT_RECEIVER);
    assert_int_equal(limit(1000, 1000, 0, true), LIMIT_RECEIVER);
    assert_int_equal(limit(1000, 500, 500, false), LIMIT_RECEIVER);
    assert_int_equal(limit(1000, 499, 0, false), LIMIT_PATH);
    assert_int_equal(limit(1000, 499, 300, false), LIMIT_SEND_BUFFER);
    assert_int_equal(limit(1000, 0, 299, false), LIMIT_PATH);
    assert_int_equal(limit(1000, 0, 299, true), LIMIT_APPLICATION);
    assert_int_equal(limit(1000, 0, 300, true), LIMIT_SEND_BUFFER);
    assert_int_equal(limit(1000, 0, 0, true), LIMIT_APPLICATION);
    assert_int_equal(limit(1000, 0, 0, false), LIMIT_PATH);
}

static void limits_that_nobody_knows(void **state)
{
    struct two t;

    (void)state;
    two(&t, 1000, 0); /* a kernel before 4.10 */
    assert_int_equal(rate_limit(&t.span), LIMIT_UNKNOWN);
    for (enum tcp_metric f = METRICS_busy_us; f <= METRICS_sndbuf_limited_us; f++) {
        figure_set(&t.from, f, 10);
        figure_set(&t.to, f, 10);
    }
    assert_int_equal(rate_limit(&t.span), LIMIT_APPLICATION); /* sent within a tick */
    t.to.busy_us = 9;
    assert_int_equal(rate_limit(&t.span), LIMIT_UNKNOWN);
    t.to.busy_us = 1000000;
    assert_int_equal(rate_limit(&t.span), LIMIT_PATH);
    t.span.ns = 0;
    assert_int_equal(rate_limit(&t.span), LIMIT_UNKNOWN);
    t.span.ns = NS_PER_S;
    t.span.from = NULL;
    assert_int_equal(rate_limit(&t.span), LIMIT_UNKNOWN);
}

static void share_sent_again(void **state)
{
    struct two t;
    uint64_t permille;

    (void)state;
    two(&t, 0, 0);
    assert_false(rate_again(&t.span, &permille));
    figure_set(&t.from, METRICS_bytes_sent, 5000);
    figure_set(&t.from, METRICS_bytes_retrans, 400);
    figure_set(&t.to, METRICS_bytes_sent, 5000);
    figure_set(&t.to, METRICS_bytes_retrans, 400);
    assert_false(rate_again(&t.span, &permille)); /* nothing sent */
    t.to.bytes_sent = 7000;
    assert_true(rate_again(&t.span, &permille));
    assert_int_equal(permille, 0);
    t.to.bytes_retrans = 500;
    assert_true(rate_again(&t.span, &permille));
    assert_int_equal(permille, 50);
    t.to.bytes_retrans = 2400;
    assert_true(rate_again(&t.span, &permille));
    assert_int_equal(permille, 1000);
    t.to.bytes_retrans = 2401; /* more than was sent */
    assert_false(rate_again(&t.span, &permille));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_go_by_the_real_time),
        cmocka_unit_test(no_time_no_rate),
        cmocka_unit_test(each_counter_for_itself),
        cmocka_unit_test(signs_are_no_payload),
        cmocka_unit_test(who_limits),
        cmocka_unit_test(limits_that_nobody_knows),
        cmocka_unit_test(share_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
