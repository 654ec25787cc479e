/* SPDX-License-Identifier: MIT */
/* Names of users: in whatever order they are met all are there, by ascending number; each is asked
 * for until it has a name; the work grows with their number and not with its square, since a
 * recording may name any number of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "tcptop/owner/users.h"

static void in_any_order(void **state)
{
    static const uint32_t uid[] = {1000, 0, 65534, 33, 1000, UINT32_MAX, 1};
    struct user_names *names = user_names_new();
    struct owner_users *known;

    (void)state;
    for (size_t i = 0; i < sizeof uid / sizeof uid[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "user%zu", i);
        user_names_set(names, uid[i], name);
    }
    known = user_names_known(names);
    assert_int_equal(known->n, 6);
    for (uint32_t i = 1; i < known->n; i++)
        assert_true(known->user[i - 1].uid < known->user[i].uid);
    assert_string_equal(known->user[0].name, "user1");
    assert_string_equal(known->user[3].name, "user4"); /* the later name of 1000 */
    owner_users_unref(known);
    user_names_free(names);
}

static void asked_for_until_named(void **state)
{
    struct user_names *names = user_names_new();
    struct owner_users *known;
    uint32_t uid, all = 0;

    (void)state;
    assert_false(user_names_wanted(names, &uid));
    for (uint32_t i = 0; i < 5; i++)
        user_names_want(names, i * 7 % 5);
    user_names_set(names, 3, "known already");
    for (; user_names_wanted(names, &uid); all |= 1u << uid)
        user_names_set(names, uid, "");
    assert_int_equal(all, 0x17);
    user_names_want(names, 3);
    assert_false(user_names_wanted(names, &uid));
    known = user_names_known(names);
    assert_string_equal(known->user[3].name, "known already");
    assert_string_equal(known->user[4].name, "4");
    owner_users_unref(known);
    user_names_free(names);
}

/* Seconds of the processor to name so many users in descending order, as no host has them. */
static double seconds_for(uint32_t n)
{
    struct user_names *names = user_names_new();
    struct timespec from, to;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (uint32_t i = 0; i < n; i++)
        user_names_set(names, n - i, "x");
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    struct owner_users *known = user_names_known(names);
    assert_int_equal(known->n, n);
    assert_int_equal(known->user[0].uid, 1);
    owner_users_unref(known);
    user_names_free(names);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Sixteen times as many: 16 times the work, with some room; the square would be 256 times. */
static void no_square(void **state)
{
    double few = seconds_for(10000), many;

    (void)state;
    for (int i = 0; i < 4; i++) { /* the least disturbed */
        double again = seconds_for(10000);
        few = again < few ? again : few;
    }
    many = seconds_for(160000);
    print_message("# %.6f s for 10,000, %.6f s for 160,000\n", few, many);
    assert_true(many < few * 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_any_order),
        cmocka_unit_test(asked_for_until_named),
        cmocka_unit_test(no_square),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
