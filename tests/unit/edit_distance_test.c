/* SPDX-License-Identifier: MIT */
/* Distances that people's slips have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "tcptop/base/edit_distance.h"

static void distances(void **state)
{
    (void)state;
    assert_int_equal(edit_distance("interval", "interval"), 0);
    assert_int_equal(edit_distance("Interval", "intervaL"), 0);
    assert_int_equal(edit_distance("intervall", "interval"), 1);
    assert_int_equal(edit_distance("interal", "interval"), 1);
    assert_int_equal(edit_distance("imterval", "interval"), 1);
    assert_int_equal(edit_distance("itnerval", "interval"), 1);
    assert_int_equal(edit_distance("", "abc"), 3);
    assert_int_equal(edit_distance("abc", ""), 3);
    assert_int_equal(edit_distance("", ""), 0);
    assert_int_equal(edit_distance("kitten", "sitting"), 3);
    char name[65];
    memset(name, 'x', 64);
    name[64] = '\0';
    assert_int_equal(edit_distance(name, "x"), UINT_MAX);
    assert_int_equal(edit_distance(name + 1, name + 1), 0);
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(edit_distance_limit("fade"), 1);
    assert_int_equal(edit_distance_limit("interval"), 2);
    assert_int_equal(edit_distance_limit("close_wait_count"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(distances), cmocka_unit_test(limits)};
    return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
