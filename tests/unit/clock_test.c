/* SPDX-License-Identifier: MIT */
/* Each clock runs, in nanoseconds, and monotonic time never goes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "tcptop/base/clock.h"

static void clocks(void **state)
{
    (void)state;
    int64_t before = clock_mono_ns();
    assert_true(before > 0);
    assert_true(clock_mono_ns() >= before);
    int64_t s = time(NULL);
    assert_in_range(clock_wall_ns() / NS_PER_S, s, s + 60);
    int64_t cpu = clock_thread_cpu_ns();
    assert_true(cpu > 0);
    while (clock_thread_cpu_ns() == cpu) {
        /* the clock of this thread must move while it works */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clocks)};
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
