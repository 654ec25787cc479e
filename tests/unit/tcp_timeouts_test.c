/* SPDX-License-Identifier: MIT */
/* How long the kernel tries, as it was observed: 131 s for a SYN, 63 s for a SYN,ACK, and what is
 * left of it from any retransmission on; and how long a connection has surely been stalled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/figures.h"
#include "tcptop/doctor/tcp_timeouts.h"

static void set(struct host *h, enum host_sysctl which, int64_t value)
{
    h->sysctl[which] = value;
    h->sysctl_valid |= 1u << which;
}

static uint64_t left(const struct host *h, unsigned state, uint8_t retrans, uint32_t expires_ms)
{
    const struct conn c = {.state = (uint8_t)state,
                           .timer = TIMER_RETRANSMIT,
                           .retrans = retrans,
                           .expires_ms = expires_ms};
    uint64_t ms;

    return tcp_timeouts_left(h, &c, &ms) ? ms : 0;
}

static void limits(void **unused)
{
    struct host h = {.sysctl_valid = 0};
    uint64_t seconds;

    (void)unused;
    assert_false(tcp_timeouts_syn(&h, &seconds));
    assert_false(tcp_timeouts_orphan(&h, &seconds));
    set(&h, SYSCTL_SYN_RETRIES, 6);
    assert_true(tcp_timeouts_syn(&h, &seconds));
    assert_int_equal(seconds, 127); /* a kernel without linear timeouts */
    set(&h, SYSCTL_SYN_LINEAR_TIMEOUTS, 4);
    tcp_timeouts_syn(&h, &seconds);
    assert_int_equal(seconds, 131);
    set(&h, SYSCTL_SYNACK_RETRIES, 5);
    tcp_timeouts_synack(&h, &seconds);
    assert_int_equal(seconds, 63);
    set(&h, SYSCTL_RETRIES2, 15);
    tcp_timeouts_data(&h, &seconds);
    assert_int_equal(seconds, 924);
    set(&h, SYSCTL_ORPHAN_RETRIES, 0);
    tcp_timeouts_orphan(&h, &seconds);
    assert_int_equal(seconds, 102);
}

/* connect() ends by the number of repeats or by the time that is allowed for them, whichever is
 * over first: 3.1, 7.1, 19.4 and 133.4 s were measured on Linux 6.18. */
static void few_retries(void **unused)
{
    static const unsigned ends_s[] = {1, 3, 7, 19, 35, 67, 131};
    struct host h = {.sysctl_valid = 0};
    uint64_t seconds;

    (void)unused;
    set(&h, SYSCTL_SYN_LINEAR_TIMEOUTS, 4);
    for (int retries = 1; retries <= 6; retries++) {
        set(&h, SYSCTL_SYN_RETRIES, retries);
        assert_true(tcp_timeouts_syn(&h, &seconds));
        assert_int_equal(seconds, ends_s[retries]);
        assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 0, 400), ends_s[retries] * 1000 - 600);
    }
    set(&h, SYSCTL_SYN_RETRIES, 2);
    assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 5, 1500), 1500); /* at 7 s all is over */
    assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 6, 1500), 0);
    set(&h, SYSCTL_SYN_LINEAR_TIMEOUTS, 0);
    tcp_timeouts_syn(&h, &seconds);
    assert_int_equal(seconds, 7);
}

/* tcp_rto_max_ms = 1000: connect() failed after 7.1 s, an orphan before a shut window was gone
 * after 2.7 s. tcp_rto_min_us changes no limit: the kernel's model begins with TCP_RTO_MIN. */
static void longest_wait(void **unused)
{
    struct host h = {.sysctl_valid = 0};
    uint64_t seconds;

    (void)unused;
    set(&h, SYSCTL_SYN_RETRIES, 6);
    set(&h, SYSCTL_SYN_LINEAR_TIMEOUTS, 4);
    set(&h, SYSCTL_RETRIES2, 15);
    set(&h, SYSCTL_ORPHAN_RETRIES, 0);
    set(&h, SYSCTL_RTO_MIN_US, 5000);
    tcp_timeouts_orphan(&h, &seconds);
    assert_int_equal(seconds, 102);
    tcp_timeouts_orphan_window(&h, &seconds);
    assert_int_equal(seconds, 324); /* at least: 340.6 s were measured */
    set(&h, SYSCTL_RETRIES2, 8);
    assert_false(tcp_timeouts_orphan_window(&h, &seconds)); /* it never waits long enough */
    set(&h, SYSCTL_RETRIES2, 15);
    set(&h, SYSCTL_RTO_MAX_MS, 1000);
    tcp_timeouts_syn(&h, &seconds);
    assert_int_equal(seconds, 7);
    tcp_timeouts_data(&h, &seconds);
    assert_int_equal(seconds, 14);
    tcp_timeouts_orphan(&h, &seconds);
    assert_int_equal(seconds, 7);
    tcp_timeouts_orphan_window(&h, &seconds);
    assert_int_equal(seconds, 2);
    assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 3, 500), 3500);
}

/* 60 s and less as it is set, 120 as well; in between the excess over 60 s twice: 20 s were
 * measured with 70, as a keepalive timer of 10 s and a timewait record of 10 s. */
static void fin_timeouts(void **unused)
{
    static const unsigned set_s[] = {5, 60, 61, 70, 90, 120, 200},
                          lasts_s[] = {5, 60, 2, 20, 60, 120, 280};
    struct host h = {.sysctl_valid = 0};
    struct conn c = {.state = TCP_STATE_FIN_WAIT2, .timer = TIMER_KEEPALIVE, .expires_ms = 4000};
    uint64_t value;

    (void)unused;
    assert_false(tcp_timeouts_fin_wait2(&h, &value));
    for (unsigned i = 0; i < sizeof set_s / sizeof *set_s; i++) {
        set(&h, SYSCTL_FIN_TIMEOUT, set_s[i]);
        assert_true(tcp_timeouts_fin_wait2(&h, &value));
        assert_int_equal(value, lasts_s[i]);
    }
    set(&h, SYSCTL_FIN_TIMEOUT, 70);
    assert_true(tcp_timeouts_left(&h, &c, &value));
    assert_int_equal(value, 14000);
    c.timer = TIMER_TIMEWAIT;
    assert_true(tcp_timeouts_left(&h, &c, &value));
    assert_int_equal(value, 4000);
    c.inode = 7; /* a process has it, and keepalive is on */
    c.timer = TIMER_KEEPALIVE;
    assert_false(tcp_timeouts_left(&h, &c, &value));
}

static uint64_t stalled(unsigned state, unsigned timer, uint8_t repeats, uint8_t backoff,
                        uint32_t rto_ms)
{
    const struct host h = {.sysctl_valid = 0};
    const struct conn c = {
        .state = (uint8_t)state, .timer = (uint8_t)timer, .retrans = repeats, .wqueue = 1};
    struct tcp_metrics m = {.valid = 0};

    figure_set(&m, METRICS_backoff, backoff);
    figure_set(&m, METRICS_rto_us, rto_ms * UINT64_C(1000));
    figure_set(&m, METRICS_last_data_sent_ms, 90000);
    return tcp_timeouts_stalled_ms(&h, &c, &m);
}

/* What repeats prove: the doublings that are in force, and the shortest wait for the others. */
static void proved_by_repeats(void **unused)
{
    const struct host h = {.sysctl_valid = 0};
    struct conn c = {
        .state = TCP_STATE_LAST_ACK, .timer = TIMER_RETRANSMIT, .retrans = 9, .wqueue = 1};
    struct tcp_metrics m = {.valid = 0};

    (void)unused;
    /* 9 repeats, each doubled: 0.2 + 0.4 + … + 51.2 s */
    assert_int_equal(stalled(TCP_STATE_LAST_ACK, TIMER_RETRANSMIT, 9, 9, 102400), 102200);
    /* every 3 s, since each doubling was taken back: 0.2 s and 8 times the shortest wait */
    assert_int_equal(stalled(TCP_STATE_LAST_ACK, TIMER_RETRANSMIT, 9, 1, 400), 1800);
    assert_int_equal(stalled(TCP_STATE_LAST_ACK, TIMER_RETRANSMIT, 9, 0, 200), 1800);
    /* a route with a shorter least wait: 10 + 20 + 40 ms */
    assert_int_equal(stalled(TCP_STATE_FIN_WAIT1, TIMER_RETRANSMIT, 3, 3, 80), 70);
    /* a SYN: 1 + 2 + 4 + 8 + 16 s, and four linear timeouts, which may be of half a second */
    assert_int_equal(stalled(TCP_STATE_SYN_SENT, TIMER_RETRANSMIT, 9, 5, 32000), 33000);
    /* no kernel has these, but a recording may */
    assert_int_equal(stalled(TCP_STATE_LAST_ACK, TIMER_RETRANSMIT, 255, 255, 102400), 0);
    /* a request also counts what the client's own repeats asked for */
    assert_int_equal(stalled(TCP_STATE_SYN_RECV, TIMER_RETRANSMIT, 9, 5, 32000), 0);
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, NULL), 1800);
    /* Linux 6.7 tells the time since the first timeout, while there was only one episode */
    figure_set(&m, METRICS_backoff, 1);
    figure_set(&m, METRICS_rto_us, 400000);
    figure_set(&m, METRICS_rto_time_ms, 24000);
    figure_set(&m, METRICS_rto_episodes, 1);
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, &m), 24200);
    figure_set(&m, METRICS_rto_episodes, 2);
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, &m), 1800);
    c.retrans = 0;
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, &m), 0);
}

/* What the probes of a shut window prove: not the timer's time left, nor their number. */
static void proved_by_probes(void **unused)
{
    const struct host h = {.sysctl_valid = 0};
    struct conn c = {
        .state = TCP_STATE_FIN_WAIT1, .timer = TIMER_PROBE, .wqueue = 9, .expires_ms = 60000};
    struct tcp_metrics m = {.valid = 0};

    (void)unused;
    assert_int_equal(stalled(TCP_STATE_FIN_WAIT1, TIMER_PROBE, 0, 8, 200), 51000);
    assert_int_equal(stalled(TCP_STATE_FIN_WAIT1, TIMER_PROBE, 1, 0, 200), 0);
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, NULL), 0);
    figure_set(&m, METRICS_backoff, 8); /* left from repeats: data was sent a moment ago */
    figure_set(&m, METRICS_last_data_sent_ms, 300);
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, &m), 300);
    c.wqueue = 0;
    assert_int_equal(tcp_timeouts_stalled_ms(&h, &c, &m), 0);
}

/* Retransmissions at 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s, the end at 131 s. */
static void what_is_left(void **unused)
{
    static const unsigned at_s[] = {0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131};
    struct host h = {.sysctl_valid = 0};

    (void)unused;
    assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 0, 1000), 0); /* no sysctl is known */
    set(&h, SYSCTL_SYN_RETRIES, 6);
    set(&h, SYSCTL_SYN_LINEAR_TIMEOUTS, 4);
    set(&h, SYSCTL_SYNACK_RETRIES, 5);
    for (uint8_t n = 0; n < 11; n++)
        assert_int_equal(left(&h, TCP_STATE_SYN_SENT, n, (at_s[n + 1] - at_s[n]) * 1000),
                         (131 - at_s[n]) * 1000);
    assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 10, 500), 500);
    assert_int_equal(left(&h, TCP_STATE_SYN_SENT, 11, 500), 0); /* more than the sysctls allow */
    assert_int_equal(left(&h, TCP_STATE_SYN_RECV, 0, 700), 62700);
    assert_int_equal(left(&h, TCP_STATE_SYN_RECV, 5, 700), 700);
    assert_int_equal(left(&h, TCP_STATE_SYN_RECV, 0, 1700), 0); /* kept back, or another RTO */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),           cmocka_unit_test(what_is_left),
        cmocka_unit_test(few_retries),      cmocka_unit_test(longest_wait),
        cmocka_unit_test(fin_timeouts),     cmocka_unit_test(proved_by_repeats),
        cmocka_unit_test(proved_by_probes),
    };
    return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
