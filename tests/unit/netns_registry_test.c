/* SPDX-License-Identifier: MIT */
/* How often namespaces are looked for: by the CPU time that a look takes, which on a busy host is
 * less than the time that passes meanwhile. */
#include "tcptop/base/clock.h"
#include "tcptop/source/namespaces.h"

static int64_t mono_ns, cpu_ns, look_takes_ns, look_costs_ns;
static int looks;

static int64_t fake_mono_ns(void)
{
    return mono_ns;
}

static int64_t fake_cpu_ns(void)
{
    return cpu_ns;
}

static int fake_look(struct namespaces *n)
{
    n->own = 7;
    mono_ns += look_takes_ns;
    cpu_ns += look_costs_ns;
    looks++;
    return 0;
}

#define clock_mono_ns       fake_mono_ns
#define clock_thread_cpu_ns fake_cpu_ns
#define namespaces_look     fake_look
#include "../../src/source/netns_registry.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Seconds from one look to the next. */
static int64_t pause_s(int64_t takes_ms, int64_t costs_ms)
{
    struct netns_registry l = {.list = NULL};

    mono_ns = NS_PER_S;
    look_takes_ns = takes_ms * NS_PER_MS;
    look_costs_ns = costs_ms * NS_PER_MS;
    looks = 0;
    assert_int_equal(netns_registry_look(&l), 1);
    int64_t from = NS_PER_S;
    while (netns_registry_look(&l) == 0)
        mono_ns += NS_PER_MS;
    assert_int_equal(looks, 2);
    int64_t pause = (mono_ns - look_takes_ns - from) / NS_PER_S;
    netns_registry_fini(&l);
    return pause;
}

static void pause_is_of_the_cost(void **state)
{
    (void)state;
    assert_int_equal(pause_s(1, 1), 3);      /* a cheap one: every 3 s */
    assert_int_equal(pause_s(100, 100), 10); /* a hundredth of a core */
    assert_int_equal(pause_s(2000, 50), 5);  /* most of the two seconds was of others */
    assert_int_equal(pause_s(2000, 2), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pause_is_of_the_cost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
