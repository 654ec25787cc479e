/* SPDX-License-Identifier: MIT */
/* Counters, gauges and sysctls are found by name in what kernels of several ages print; what is not
 * there, or is no number, stays unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tcptop/source/host_stats.h"

static void expect_counter(const struct host *h, enum host_counter which, uint64_t value)
{
    uint64_t got;

    assert_true(host_counter(h, which, &got));
    assert_true(got == value);
}

static void counters(struct host *h, const char *file, const char *content)
{
    host_stats_counters(h, file, content, strlen(content));
}

static void by_name_in_any_order(void **state)
{
    (void)state;
    struct host h = {.counter_valid = 0};
    uint64_t value;

    counters(&h, "snmp",
             "Ip: Forwarding InSegs\nIp: 1 999\n"
             "Tcp: MaxConn OutRsts InSegs ActiveOpens\nTcp: -1 7 18446744073709551615 3\n"
             "Udp: InDatagrams\nUdp: 5\n");
    expect_counter(&h, COUNTER_OUT_RSTS, 7);
    expect_counter(&h, COUNTER_IN_SEGS, UINT64_MAX);
    expect_counter(&h, COUNTER_ACTIVE_OPENS, 3);
    assert_false(host_counter(&h, COUNTER_OUT_SEGS, &value));
    assert_false(host_counter(&h, COUNTER_TW, &value));
    counters(&h, "netstat", "TcpExt: TW TCPTimeouts\nTcpExt: 11 12\nIpExt: A\nIpExt: 1\n");
    expect_counter(&h, COUNTER_TW, 11);
    expect_counter(&h, COUNTER_TIMEOUTS, 12);
}

static void damage_is_unknown(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "",
        "\n\n\n",
        "Tcp:",
        "Tcp: InSegs\n",
        "Tcp: InSegs\nTcp:\n",
        "Tcp: InSegs\nUdp: 5\n",
        "Tcp: InSegs\nTcp: -5\n",
        "Tcp: InSegs\nTcp: 5x\n",
        "Tcp: InSegs\nTcp: 18446744073709551616\n",
        "UdpLite: InSegs\nUdpLite: 5\n",
        "Tcp InSegs\nTcp 5\n",
    };

    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct host h = {.counter_valid = 0};
        counters(&h, "snmp", contents[i]);
        assert_int_equal(h.counter_valid, 0);
    }
}

static void fewer_values_than_names(void **state)
{
    (void)state;
    struct host h = {.counter_valid = 0};

    counters(&h, "snmp", "Tcp: InSegs OutSegs\nTcp: 5\n");
    expect_counter(&h, COUNTER_IN_SEGS, 5);
    assert_int_equal(h.counter_valid, 1u << COUNTER_IN_SEGS);
}

static void gauges_of_tcp_only(void **state)
{
    (void)state;
    static const char content[] = "sockets: used 155\nTCP: inuse 5 orphan 0 tw 873 alloc 7 mem 2\n"
                                  "UDP: inuse 3 mem 9\nTCP6: inuse 44\n";
    struct host h = {.gauge_valid = 0};
    uint64_t value;

    host_stats_gauges(&h, content, strlen(content));
    assert_true(host_gauge(&h, GAUGE_INUSE, &value) && value == 5);
    assert_true(host_gauge(&h, GAUGE_ORPHAN, &value) && value == 0);
    assert_true(host_gauge(&h, GAUGE_TW, &value) && value == 873);
    assert_true(host_gauge(&h, GAUGE_ALLOC, &value) && value == 7);
    assert_true(host_gauge(&h, GAUGE_MEM_PAGES, &value) && value == 2);
}

static void gauges_that_are_missing(void **state)
{
    (void)state;
    static const char content[] = "TCP: inuse x orphan";
    struct host h = {.gauge_valid = 0};

    host_stats_gauges(&h, content, strlen(content));
    assert_int_equal(h.gauge_valid, 0);
}

static bool sysctl(const char *line, unsigned index, int64_t *value)
{
    return host_stats_sysctl(line, strlen(line), index, value);
}

static void numbers_of_a_sysctl(void **state)
{
    (void)state;
    int64_t value;

    assert_true(sysctl("60\n", 0, &value) && value == 60);
    assert_true(sysctl("-1\n", 0, &value) && value == -1);
    assert_true(sysctl("32768\t60999\n", 0, &value) && value == 32768);
    assert_true(sysctl("32768\t60999\n", 1, &value) && value == 60999);
    assert_false(sysctl("32768\t60999\n", 2, &value));
    assert_false(sysctl("", 0, &value));
    assert_false(sysctl("\n60", 0, &value));
    assert_false(sysctl("cubic\n", 0, &value));
    assert_false(sysctl("-\n", 0, &value));
}

/* The kernel that runs the test: read twice, through files that stay open. */
static int64_t ports(const char *list)
{
    int64_t count;

    return host_stats_ports(list, strlen(list), 1000, 1999, &count) ? count : -1;
}

static void reserved_ports(void **state)
{
    (void)state;
    assert_int_equal(ports("\n"), 0);
    assert_int_equal(ports("1000\n"), 1);
    assert_int_equal(ports("999,1000,1500-1509,1999,2000\n"), 12);
    assert_int_equal(ports("1-65535\n"), 1000);
    assert_int_equal(ports("3000-4000\n"), 0);
    assert_int_equal(ports("1500-1400\n"), -1);
    assert_int_equal(ports("1000,,1001\n"), -1);
    assert_int_equal(ports("1000-\n"), -1);
    assert_int_equal(ports("70000\n"), -1);
    assert_int_equal(ports("x\n"), -1);
}

static void this_host(void **state)
{
    (void)state;
    struct host_stats *f = host_stats_new();
    struct host first, second;
    struct utsname u;
    uint64_t value;

    if (access("/proc/thread-self/net/snmp", R_OK) != 0) {
        host_stats_free(f);
        skip();
    }
    assert_non_null(f);
    host_stats_read(f, &first);
    host_stats_read(f, &second);
    host_stats_free(f);
    assert_int_equal(uname(&u), 0);
    assert_string_equal(first.kernel, u.release);
    assert_true(host_counter(&first, COUNTER_IN_SEGS, &value));
    assert_true(host_counter(&first, COUNTER_LISTEN_OVERFLOWS, &value));
    assert_true(host_gauge(&first, GAUGE_INUSE, &value));
    assert_int_equal(second.counter_valid, first.counter_valid);
    assert_int_equal(second.gauge_valid, first.gauge_valid);
    assert_int_equal(second.sysctl_valid, first.sysctl_valid);
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        assert_true(second.counter[i] >= first.counter[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name_in_any_order),    cmocka_unit_test(damage_is_unknown),
        cmocka_unit_test(fewer_values_than_names), cmocka_unit_test(gauges_of_tcp_only),
        cmocka_unit_test(gauges_that_are_missing), cmocka_unit_test(numbers_of_a_sysctl),
        cmocka_unit_test(reserved_ports),          cmocka_unit_test(this_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
