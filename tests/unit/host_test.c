/* SPDX-License-Identifier: MIT */
/* Facts of a host are known by their bit only; names of sysctls are the last part of their path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptop/model/host.h"

static void only_what_is_valid(void **state)
{
    struct host h = {.counter_valid = 1u << COUNTER_TW, .sysctl_valid = 1u << SYSCTL_TW_REUSE};
    uint64_t n = 99;
    int64_t i = 99;

    (void)state;
    h.gauge_valid = 1u << GAUGE_TW;
    h.counter[COUNTER_TW] = 5;
    assert_true(host_counter(&h, COUNTER_TW, &n) && n == 5);
    assert_true(host_gauge(&h, GAUGE_TW, &n) && n == 0);
    assert_true(host_sysctl(&h, SYSCTL_TW_REUSE, &i) && i == 0);
    n = 99, i = 99;
    assert_false(host_counter(&h, COUNTER_ACTIVE_OPENS, &n));
    assert_false(host_gauge(&h, GAUGE_INUSE, &n));
    assert_false(host_sysctl(&h, SYSCTL_RFC1337, &i));
    assert_true(n == 99 && i == 99);
}

/* As a forged recording has them. */
static void impossible_figures_are_unknown(void **state)
{
    struct host h = {.counter_valid = UINT32_MAX, .gauge_valid = UINT32_MAX};
    uint64_t n;
    int64_t i;
    struct port_range range;

    (void)state;
    h.sysctl_valid = UINT32_MAX;
    h.counter[COUNTER_TW] = UINT64_MAX;
    h.counter[COUNTER_IN_SEGS] = INT64_MAX;
    h.gauge[GAUGE_MEM_PAGES] = UINT64_C(1) << 49;
    h.sysctl[SYSCTL_PORT_HIGH] = INT64_MAX;
    h.sysctl[SYSCTL_FIN_TIMEOUT] = (int64_t)INT32_MAX + 1;
    h.sysctl[SYSCTL_RETRIES2] = INT32_MAX;
    h.sysctl[SYSCTL_MEM_MAX] = INT64_C(1) << 40;
    host_drop_impossible(&h);
    assert_false(host_counter(&h, COUNTER_TW, &n));
    assert_true(host_counter(&h, COUNTER_IN_SEGS, &n));
    assert_false(host_gauge(&h, GAUGE_MEM_PAGES, &n));
    assert_false(host_port_range(&h, &range));
    assert_false(host_sysctl(&h, SYSCTL_FIN_TIMEOUT, &i));
    assert_true(host_sysctl(&h, SYSCTL_RETRIES2, &i));
    assert_true(host_sysctl(&h, SYSCTL_MEM_MAX, &i));
}

static void sysctl_names(void **state)
{
    (void)state;
    assert_string_equal(host_sysctl_name(SYSCTL_FIN_TIMEOUT), "tcp_fin_timeout");
    assert_string_equal(host_sysctl_name(SYSCTL_PORT_HIGH), "ip_local_port_range");
    assert_string_equal(host_sysctl_name(SYSCTL_SOMAXCONN), "somaxconn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_valid),
        cmocka_unit_test(impossible_figures_are_unknown),
        cmocka_unit_test(sysctl_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
