/* SPDX-License-Identifier: MIT */
/* The cache of names: what is asked when, what stands meanwhile, what goes when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/clock.h"
#include "tcptop/model/names.h"

static struct name_key key(unsigned n)
{
    struct name_key k = {.family = AF_INET};

    memcpy(k.bytes, &n, 4);
    return k;
}

static void put(struct names *n, unsigned i, enum name_outcome outcome, int64_t now)
{
    struct name_answer a = {.key = key(i), .outcome = outcome};

    snprintf(a.name, sizeof(a.name), "host-%u", i);
    names_put(n, &a, now);
}

static void asked_once_and_again_when_old(void **state)
{
    struct names *n = names_new(8);
    struct name_key k = key(1), other = key(2);
    int64_t s = NS_PER_S;

    (void)state;
    assert_null(names_find(n, &k));
    assert_true(names_want(n, &k, 1));
    assert_false(names_want(n, &k, 2));
    assert_true(names_want(n, &k, 60 * s)); /* no answer ever came */
    names_unasked(n, &k);
    assert_true(names_want(n, &k, 60 * s));
    put(n, 1, NAME_FOUND, 60 * s);
    assert_string_equal(names_find(n, &k), "host-1");
    assert_false(names_want(n, &k, 600 * s));
    assert_true(names_want(n, &k, 700 * s));
    assert_string_equal(names_find(n, &k), "host-1"); /* stands until its successor comes */
    put(n, 1, NAME_FAILED, 700 * s);
    assert_string_equal(names_find(n, &k), "host-1");
    assert_true(names_want(n, &k, 731 * s));
    put(n, 1, NAME_NONE, 731 * s);
    assert_null(names_find(n, &k));
    assert_false(names_want(n, &k, 800 * s));
    assert_true(names_want(n, &k, 860 * s));
    put(n, 2, NAME_FOUND, 860 * s); /* nobody wanted that */
    assert_null(names_find(n, &other));
    names_free(n);
}

static void the_least_recently_wanted_goes(void **state)
{
    enum { MAX = 1000 };
    struct names *n = names_new(MAX);

    (void)state;
    for (unsigned i = 1; i <= MAX; i++) {
        struct name_key k = key(i);
        assert_true(names_want(n, &k, 1));
        put(n, i, NAME_FOUND, 1);
    }
    for (unsigned i = 1; i <= MAX / 2; i++) {
        struct name_key k = key(i);
        assert_false(names_want(n, &k, 2));
    }
    for (unsigned i = MAX + 1; i <= MAX + MAX / 2; i++) {
        struct name_key k = key(i);
        assert_true(names_want(n, &k, 3));
        put(n, i, NAME_FOUND, 3);
    }
    for (unsigned i = 1; i <= MAX + MAX / 2; i++) {
        struct name_key k = key(i);
        const char *name = names_find(n, &k);
        assert_int_equal(name != NULL, i <= MAX / 2 || i > MAX);
        if (name)
            assert_int_equal(atoi(name + 5), i);
    }
    names_free(n);
    assert_null(names_find(NULL, &(struct name_key){0}));
}

static void what_has_a_name(void **state)
{
    struct conn c = {.family = AF_INET, .src = {10, 0, 0, 1}, .sport = 443};
    struct name_key k, mapped;

    (void)state;
    assert_true(names_key_address(&k, &c, false));
    assert_int_equal(k.family, AF_INET);
    assert_false(names_key_address(&mapped, &c, true)); /* the wildcard */
    assert_true(names_key_service(&mapped, &c, false));
    assert_false(names_key_service(&mapped, &c, true));
    c = (struct conn){.family = AF_INET6, .src = {[10] = 255, 255, 10, 0, 0, 1}};
    assert_true(names_key_address(&mapped, &c, false));
    assert_memory_equal(&k, &mapped, sizeof(k));
    c = (struct conn){.family = AF_INET6, .src = {0xfe, 0x80, [15] = 1}, .dst = {[15] = 1}};
    assert_false(names_key_address(&k, &c, false));
    assert_true(names_key_address(&k, &c, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked_once_and_again_when_old),
        cmocka_unit_test(the_least_recently_wanted_goes),
        cmocka_unit_test(what_has_a_name),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
