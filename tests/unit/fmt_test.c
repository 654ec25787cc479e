/* SPDX-License-Identifier: MIT */
/* Every way a number is written on screen, at the edges where digits and units change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"

#define SAME(call, expected)                                                                       \
    do {                                                                                           \
        char out[FMT_SIZE];                                                                        \
        size_t size = sizeof(out);                                                                 \
        assert_string_equal(call, expected);                                                       \
    } while (0)

static void counts(void **state)
{
    (void)state;
    SAME(fmt_count(out, size, 0), "0");
    SAME(fmt_count(out, size, 999), "999");
    SAME(fmt_count(out, size, 1000), "1,000");
    SAME(fmt_count(out, size, 18204), "18,204");
    SAME(fmt_count(out, size, UINT64_MAX), "18,446,744,073,709,551,615");
    SAME(fmt_count_fit(out, size, 18204, 6), "18,204");
    SAME(fmt_count_fit(out, size, 18204, 5), "18.2k");
    SAME(fmt_count_fit(out, size, 1040000, 7), "1.04M");
    SAME(fmt_count_fit(out, size, 1040000, 9), "1,040,000");
    SAME(fmt_count_fit(out, size, 999950, 5), "1.00M");
    SAME(fmt_count_fit(out, size, 999400, 5), "999k");
    SAME(fmt_count_fit(out, size, 1040000, 4), "1.0M");
    SAME(fmt_count_fit(out, size, 1040000, 2), "1M");
    SAME(fmt_count_fit(out, size, UINT64_MAX, 7), "18.4E");
    SAME(fmt_change(out, size, 0, 7), "");
    SAME(fmt_change(out, size, 108, 5), "+108");
    SAME(fmt_change(out, size, -3, 5), "-3");
    SAME(fmt_change(out, size, 1287, 7), "+1,287");
    SAME(fmt_change(out, size, 12870, 5), "+13k");
    SAME(fmt_change(out, size, INT64_MIN, 7), "-9.22E");
}

static void durations(void **state)
{
    (void)state;
    SAME(fmt_duration(out, size, 0), "0.0 s");
    SAME(fmt_duration(out, size, 799), "0.7 s");
    SAME(fmt_duration(out, size, 9999), "9.9 s");
    SAME(fmt_duration(out, size, 10000), "10 s");
    SAME(fmt_duration(out, size, 99999), "99 s");
    SAME(fmt_duration(out, size, 100000), "1min");
    SAME(fmt_duration(out, size, 93 * 60000 + 59999), "93min");
    SAME(fmt_duration(out, size, 100 * 60000), "1 h");
    SAME(fmt_duration(out, size, UINT64_C(47) * 3600000), "47 h");
    SAME(fmt_duration(out, size, UINT64_C(300) * 3600000), "12 d");
    SAME(fmt_duration(out, size, UINT32_MAX), "49 d");
    for (uint64_t ms = 1; ms < UINT64_MAX / 3; ms *= 3) {
        char out[FMT_SIZE];
        assert_true(utf8_width(fmt_duration(out, sizeof(out), ms)) <= 5);
    }
    SAME(fmt_duration(out, size, UINT64_MAX), ">999y");
}

static void latencies(void **state)
{
    (void)state;
    SAME(fmt_latency(out, size, 0), "0 us");
    SAME(fmt_latency(out, size, 12), "12 us");
    SAME(fmt_latency(out, size, 99), "99 us");
    SAME(fmt_latency(out, size, 100), "0.10 ms");
    SAME(fmt_latency(out, size, 320), "0.32 ms");
    SAME(fmt_latency(out, size, 994), "0.99 ms");
    SAME(fmt_latency(out, size, 995), "1.0 ms");
    SAME(fmt_latency(out, size, 8500), "8.5 ms");
    SAME(fmt_latency(out, size, 20200), "20.2 ms");
    SAME(fmt_latency(out, size, 99949), "99.9 ms");
    SAME(fmt_latency(out, size, 99950), "100 ms");
    SAME(fmt_latency(out, size, 201000), "201 ms");
    SAME(fmt_latency(out, size, 999500), "1.00 s");
    SAME(fmt_latency(out, size, 1200000), "1.20 s");
    SAME(fmt_latency(out, size, 9995000), "10.0 s");
    SAME(fmt_latency(out, size, 120000000), "120 s");
    SAME(fmt_latency(out, size, UINT64_MAX), "18446744073710 s");
}

static void costs_and_intervals(void **state)
{
    (void)state;
    SAME(fmt_cost(out, size, 3 * NS_PER_MS), "3 ms");
    SAME(fmt_cost(out, size, 320000), "0.3 ms");
    SAME(fmt_cost(out, size, 960000), "1 ms");
    SAME(fmt_cost(out, size, 99499999), "99 ms");
    SAME(fmt_cost(out, size, 180 * NS_PER_MS), "180 ms");
    SAME(fmt_cost(out, size, 184 * NS_PER_MS), "180 ms");
    SAME(fmt_cost(out, size, 995 * NS_PER_MS), "1.0 s");
    SAME(fmt_cost(out, size, 1100 * NS_PER_MS), "1.1 s");
    SAME(fmt_cost(out, size, 12300 * NS_PER_MS), "12 s");
    SAME(fmt_cost(out, size, -1), "–");
    SAME(fmt_interval(out, size, 1000), "1.0 s");
    SAME(fmt_interval(out, size, 100), "0.1 s");
    SAME(fmt_interval(out, size, 250), "0.25 s");
    SAME(fmt_interval(out, size, 4400), "4.4 s");
    SAME(fmt_interval(out, size, 9949), "9.9 s");
    SAME(fmt_interval(out, size, 9950), "10 s");
    SAME(fmt_interval(out, size, 60000), "60 s");
}

static void sizes_shares_rates(void **state)
{
    (void)state;
    SAME(fmt_bytes(out, size, 0), "0 B");
    SAME(fmt_bytes(out, size, 507), "507 B");
    SAME(fmt_bytes(out, size, 1000), "1.00 kB");
    SAME(fmt_bytes(out, size, 82000), "82.0 kB");
    SAME(fmt_bytes(out, size, 1400000), "1.40 MB");
    SAME(fmt_bytes(out, size, 999999), "1.00 MB");
    SAME(fmt_bytes(out, size, UINT64_MAX), "18.4 EB");
    SAME(fmt_percent(out, size, 3, 1000), "0.3%");
    SAME(fmt_percent(out, size, 0, 5), "0.0%");
    SAME(fmt_percent(out, size, 1, 0), "–");
    SAME(fmt_percent(out, size, 5, 5), "100%");
    SAME(fmt_percent(out, size, 9999, 10000), "99.9%");
    SAME(fmt_percent(out, size, 25, 10), "250%");
    SAME(fmt_rate(out, size, 1.8), "1.8");
    SAME(fmt_rate(out, size, 9.96), "10");
    SAME(fmt_rate(out, size, 17.2), "17");
    SAME(fmt_rate(out, size, 1204), "1,204");
    SAME(fmt_rate(out, size, (double)NAN), "–");
    SAME(fmt_rate(out, size, (double)INFINITY), "–");
    SAME(fmt_rate(out, size, -1), "–");
    SAME(fmt_rate_least(out, size, 0.058), "0.05"); /* never more than it is */
    SAME(fmt_rate_least(out, size, 0.05), "0.05");
    SAME(fmt_rate_least(out, size, 1.99), "1.9");
    SAME(fmt_rate_least(out, size, 0.3), "0.3");
    SAME(fmt_rate_least(out, size, 1204.9), "1,204");
}

static void times(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    int64_t wall = INT64_C(1795356202) * NS_PER_S + 7 * NS_PER_MS; /* 2026-11-22 14:03:22 */
    SAME(fmt_clock(out, size, wall), "14:03:22");
    SAME(fmt_rfc3339(out, size, wall), "2026-11-22T14:03:22.007Z");
    SAME(fmt_rfc3339(out, size, -1), "1969-12-31T23:59:59.999Z");
    setenv("TZ", "KST-9", 1);
    tzset();
    SAME(fmt_clock(out, size, wall), "23:03:22");
    SAME(fmt_rfc3339(out, size, wall), "2026-11-22T14:03:22.007Z");
}

static void little_room(void **state)
{
    (void)state;
    char out[4];
    assert_string_equal(fmt_count(out, sizeof(out), 18204), "18,");
    assert_string_equal(fmt_duration(out, sizeof(out), 12000), "12 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(durations),
        cmocka_unit_test(latencies),
        cmocka_unit_test(costs_and_intervals),
        cmocka_unit_test(sizes_shares_rates),
        cmocka_unit_test(times),
        cmocka_unit_test(little_room),
    };
    return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
