/* SPDX-License-Identifier: MIT */
/* The running kernel reaches its own version and older ones, and no later one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const char *release;

static int fake_uname(struct utsname *u)
{
    memset(u, 0, sizeof *u);
    return release ? (snprintf(u->release, sizeof u->release, "%s", release), 0) : -1;
}

#define uname(u) fake_uname(u)
#include "../../src/base/kernel_version.c"

static void versions_are_compared_by_numbers(void **state)
{
    (void)state;
    release = "6.12.9+deb13-cloud-amd64";
    assert_true(kernel_version_reaches(6, 12));
    assert_true(kernel_version_reaches(6, 2));
    assert_true(kernel_version_reaches(4, 20));
    assert_false(kernel_version_reaches(6, 13));
    assert_false(kernel_version_reaches(7, 0));
    release = "4.4.0-19041-Microsoft";
    assert_true(kernel_version_reaches(4, 2));
    assert_false(kernel_version_reaches(4, 10));
}

static void what_is_no_version_reaches_none(void **state)
{
    (void)state;
    static const char *const releases[] = {NULL, "", "linux", "6", "six.eight"};

    for (size_t i = 0; i < sizeof releases / sizeof releases[0]; i++) {
        release = releases[i];
        assert_false(kernel_version_reaches(2, 6));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_compared_by_numbers),
        cmocka_unit_test(what_is_no_version_reaches_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
