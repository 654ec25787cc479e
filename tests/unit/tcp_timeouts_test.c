/* SPDX-License-Identifier: MIT */
/* How long the kernel tries, as it was observed: 131 s for a SYN, 63 s for a SYN,ACK, and
 * what is left of it from any retransmission on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
    assert_true(tcp_timeouts_orphan_retries(&h, &seconds));
    assert_int_equal(seconds, 8);
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
        cmocka_unit_test(limits),
        cmocka_unit_test(what_is_left),
    };
    return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
