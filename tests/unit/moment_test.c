/* SPDX-License-Identifier: MIT */
/* Times as people write them are the times they mean; what is none is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/moment.h"

#define NOON INT64_C(1764417600) /* 2025-11-29 12:00:00 UTC */

static int64_t resolved_ms(const char *text)
{
    struct moment m = {.kind = MOMENT_NONE};

    if (moment_parse(text, &m))
        fail_msg("%s was refused", text);
    int64_t ns = moment_resolve(&m, INT64_MIN, NOON * NS_PER_S);
    return ns / NS_PER_MS - NOON * 1000;
}

static int64_t resolved(const char *text)
{
    return resolved_ms(text) / 1000;
}

static void times_are_what_they_say(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(resolved("@1764417601"), 1);
    assert_int_equal(resolved("-5m"), -300);
    assert_int_equal(resolved("-90"), -90);
    assert_int_equal(resolved("11:59"), -60);
    assert_int_equal(resolved("12:00:00"), 0);
    assert_int_equal(resolved("12:00:01"), 1 - 86400); /* the last one before the end */
    assert_int_equal(resolved("2025-11-29 12:01"), 60);
    assert_int_equal(resolved("2025-11-29T12:00:05Z"), 5);
    assert_int_equal(resolved("2025-11-29"), -43200);
    assert_int_equal(resolved_ms("12:00:00.250") - resolved_ms("12:00:00"), 250 - 86400000);
    assert_int_equal(resolved_ms("2025-11-29T12:00:05.125Z"), 5125);
    assert_int_equal(resolved_ms("2025-11-29 12:00:05.1234567891"), 5123);
}

/* How many milliseconds have the same name. */
static int64_t unit_ms(const char *text)
{
    struct moment m;

    assert_int_equal(moment_parse(text, &m), 0);
    return (moment_resolve_end(&m, INT64_MIN, NOON * NS_PER_S) + 1 -
            moment_resolve(&m, INT64_MIN, NOON * NS_PER_S)) /
           NS_PER_MS;
}

static void a_second_is_meant_as_a_whole(void **state)
{
    (void)state;
    assert_int_equal(unit_ms("11:59"), 1000);
    assert_int_equal(unit_ms("11:59:00"), 1000);
    assert_int_equal(unit_ms("11:59:00.250"), 1);
    assert_int_equal(unit_ms("2025-11-29T12:00:05Z"), 1000);
    assert_int_equal(unit_ms("2025-11-29T12:00:05.0Z"), 1);
    assert_int_equal(unit_ms("@1764417601"), 1000);
    assert_int_equal(unit_ms("@1764417601.5"), 1);
    assert_int_equal(unit_ms("-5m"), 1);
}

static void local_times_are_local(void **state)
{
    (void)state;
    setenv("TZ", "KST-9", 1);
    tzset();
    assert_int_equal(resolved("20:59"), -60); /* 21:00 is noon in UTC */
    assert_int_equal(resolved("2025-11-29 21:00"), 0);
    assert_int_equal(resolved("2025-11-29 12:00Z"), 0);
}

/* Hours on from 2025-11-29 12:00 UTC that a time of day is, in a recording from `begin` to `end`.
 */
static double in_recording(const char *text, double begin, double end)
{
    const double hour = 3600.0 * (double)NS_PER_S;
    struct moment m = {.kind = MOMENT_NONE};

    if (moment_parse(text, &m))
        fail_msg("%s was refused", text);
    int64_t ns = moment_resolve(&m, NOON * NS_PER_S + (int64_t)(begin * hour),
                                NOON * NS_PER_S + (int64_t)(end * hour));
    return (double)(ns - NOON * NS_PER_S) / hour;
}

static void a_time_of_day_is_one_of_the_recordings_days(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    /* of 12:00 to 13:00: what is not in it is before or after it on that day */
    assert_true(in_recording("12:30", 0, 1) == 0.5);
    assert_true(in_recording("13:30", 0, 1) == 1.5);
    assert_true(in_recording("23:00", 0, 1) == 11);
    assert_true(in_recording("01:00", 0, 1) == -11);
    /* of 23:00 to 01:00: the nearer day */
    assert_true(in_recording("22:30", 11, 13) == 10.5);
    assert_true(in_recording("23:30", 11, 13) == 11.5);
    assert_true(in_recording("00:30", 11, 13) == 12.5);
    assert_true(in_recording("01:30", 11, 13) == 13.5);
    /* of two days: the last one in it */
    assert_true(in_recording("12:30", 0, 48) == 24.5);
    assert_true(in_recording("12:00", 0, 48) == 48);
}

static void what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "x",
                                      "24:00",
                                      "12:60",
                                      "12:00:61",
                                      "12",
                                      "@",
                                      "@x",
                                      "@-1",
                                      "-",
                                      "-5q",
                                      "--5",
                                      "12:00x",
                                      "12:00.5",
                                      "12:00:00.",
                                      "12:00:00.x",
                                      "2025-00-01",
                                      "2025-11-29 x",
                                      "2025-11-29 12:00ZZ",
                                      "@99999999999999999999",
                                      "1969-01-01"};
    struct moment m;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (moment_parse(bad[i], &m) == 0)
            fail_msg("'%s' was taken for a time", bad[i]);
    }
}

static void durations(void **state)
{
    (void)state;
    int64_t ns;

    assert_int_equal(moment_parse_duration("7d", &ns), 0);
    assert_int_equal(ns / NS_PER_S, 7 * 86400);
    assert_int_equal(moment_parse_duration("1.5s", &ns), 0);
    assert_int_equal(ns, 1500 * NS_PER_MS);
    assert_int_equal(moment_parse_duration("2 w", &ns), 0);
    assert_int_equal(ns / NS_PER_S, 14 * 86400);
    assert_int_not_equal(moment_parse_duration("9999999999w", &ns), 0);
    assert_int_not_equal(moment_parse_duration("1y", &ns), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_what_they_say),
        cmocka_unit_test(a_second_is_meant_as_a_whole),
        cmocka_unit_test(local_times_are_local),
        cmocka_unit_test(a_time_of_day_is_one_of_the_recordings_days),
        cmocka_unit_test(what_is_no_time),
        cmocka_unit_test(durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
