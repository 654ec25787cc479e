/* SPDX-License-Identifier: MIT */
/* Which keys occur most often: exact as long as there is room, lower bounds beyond it, ties by who
 * came first, and no answer where memory was out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/model_build.h"
#include "lib/own_allocator.h"
#include "tcptop/base/top_k.h"

#if OWN_ALLOCATOR
static long countdown = -1; /* allocations that still work; negative: all */

void *calloc(size_t n, size_t size)
{
    if (countdown == 0)
        return NULL;
    countdown -= countdown > 0;
    return __libc_calloc(n, size);
}
#endif

#define ROOM 65536u

static void count(struct top_k *t, uint64_t key, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        top_k_count(t, &key, (uint32_t)key);
}

static uint64_t key_of(const struct top_k_item *item)
{
    uint64_t key;

    memcpy(&key, item->key, sizeof key);
    return key;
}

static void exact(void **unused)
{
    struct top_k t;
    struct top_k_item best[3];

    (void)unused;
    top_k_init(&t, sizeof(uint64_t), ROOM);
    assert_int_equal(top_k_best(&t, best, 3), 0);
    for (unsigned key = 1000; key > 0; key--) /* the table grows several times */
        count(&t, key, key == 7 ? 50 : key == 900 ? 60 : 2);
    assert_int_equal(top_k_best(&t, best, 3), 3);
    assert_int_equal(key_of(&best[0]), 900);
    assert_int_equal(best[0].count, 60);
    assert_int_equal(key_of(&best[1]), 7);
    assert_int_equal(best[1].count, 50);
    assert_int_equal(best[2].row, 1); /* of equal ones the first row */
    assert_int_equal(t.counts.n, 1000);
    assert_int_equal(t.at_least_by, 0);
    assert_int_equal(top_k_best(&t, best, 1), 1);
    assert_int_equal(key_of(&best[0]), 900);
    top_k_fini(&t);
    count(&t, 0, 1); /* 0 is a key like any other */
    assert_int_equal(top_k_best(&t, best, 3), 1);
    top_k_fini(&t);
}

/* Far more keys than room: whoever has more than their share is still there, with at most as much
 * missing as it says. */
static void bounded(void **unused)
{
    struct top_k t;
    struct top_k_item best[3];

    (void)unused;
    top_k_init(&t, sizeof(uint64_t), 16);
    for (uint64_t key = 100; key < 1100; key++) {
        count(&t, key, 1);
        count(&t, 5, 1);
        if (key % 2)
            count(&t, 6, 1);
    }
    assert_int_equal(top_k_best(&t, best, 3), 3);
    assert_int_equal(key_of(&best[0]), 5);
    assert_int_equal(key_of(&best[1]), 6);
    assert_true(t.at_least_by > 0 && t.counts.n <= 16);
    assert_in_range(best[0].count, 1000 - t.at_least_by, 1000);
    assert_in_range(best[1].count, 500 - t.at_least_by, 500);
    top_k_fini(&t);
}

/* The promise of the header, for random numbers of which the small ones are more frequent. */
static void promise(void **unused)
{
    enum { KEYS = 300, TIMES = 20000 };
    uint64_t seed = 1;

    (void)unused;
    for (uint32_t max = 1; max < 64; max += 3) {
        uint32_t times[KEYS] = {0};
        struct top_k_item best[64];
        struct top_k t;
        top_k_init(&t, sizeof(uint64_t), max);
        for (unsigned i = 0; i < TIMES; i++) {
            uint32_t key = model_random(&seed, 1 + model_random(&seed, KEYS));
            times[key]++;
            count(&t, key, 1);
        }
        assert_true(t.at_least_by <= TIMES / (max + 1));
        unsigned n = top_k_best(&t, best, 64);
        assert_int_equal(n, t.counts.n);
        for (unsigned i = 0; i < n; i++) {
            uint64_t key = key_of(&best[i]);
            assert_in_range(best[i].count + t.at_least_by, times[key], UINT32_MAX);
            assert_in_range(best[i].count, 1, times[key]);
            assert_true(i == 0 || best[i - 1].count >= best[i].count);
            times[key] = 0;
        }
        for (unsigned key = 0; key < KEYS; key++) /* those that are not there */
            assert_true(times[key] <= t.at_least_by);
        top_k_fini(&t);
    }
}

static void out_of_memory(void **unused)
{
    (void)unused;
#if OWN_ALLOCATOR
    struct top_k_item best[3];
    struct top_k t;
    int failures = 0;

    for (long allowed = 0; allowed < 7; allowed++) {
        top_k_init(&t, sizeof(uint64_t), ROOM);
        countdown = allowed;
        for (uint64_t key = 0; key < 100; key++)
            count(&t, key, 2);
        countdown = -1;
        assert_int_equal(top_k_best(&t, best, 3), t.failed ? 0 : 3);
        failures += t.failed;
        top_k_fini(&t);
        assert_false(t.failed);
    }
    assert_int_equal(failures, 5); /* 16, 32, 64, 128 and 256 entries */
#else
    skip(); /* the allocator is the sanitizer's */
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact),
        cmocka_unit_test(bounded),
        cmocka_unit_test(promise),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("top_k", tests, NULL, NULL);
}
