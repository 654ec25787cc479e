/* SPDX-License-Identifier: MIT */
/* The hash table against a plain array, with keys of several sizes; a million keys; keys that were
 * chosen to collide; every allocation that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/model_build.h"
#include "lib/own_allocator.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/hash_table.h"

#if OWN_ALLOCATOR
static long countdown = -1; /* allocations that still work; negative: all */
static unsigned long allocations;

void *calloc(size_t n, size_t size)
{
    allocations++;
    if (countdown == 0)
        return NULL;
    countdown -= countdown > 0;
    return __libc_calloc(n, size);
}
#endif

#define KEYS    1000u
#define MILLION 1000000u

/* Where the bytes of a number are in a key of `size` bytes, the lowest first in either byte order.
 */
static size_t first_byte(size_t size)
{
    return size > 4 ? size - 4 : 0;
}

/* Key number `i` of `size` bytes; the numbers of one byte are not all different. */
static const void *key_of(unsigned char key[64], size_t size, uint32_t i)
{
    memset(key, 0, 64);
    for (size_t byte = 0; byte < 4 && byte < size; byte++)
        key[first_byte(size) + byte] = (unsigned char)(i >> 8 * byte);
    return key;
}

static uint32_t number_of(const unsigned char *key, size_t size)
{
    uint32_t i = 0;

    for (size_t byte = 0; byte < 4 && byte < size; byte++)
        i |= (uint32_t)key[first_byte(size) + byte] << 8 * byte;
    return i;
}

static void same_as(const struct hash_table *t, size_t size, const uint32_t *there, uint32_t keys)
{
    unsigned char key[64];
    uint32_t n = 0, met = 0, at = 0;
    const uint32_t *value;

    for (uint32_t i = 0; i < keys; i++) {
        value = hash_table_find(t, key_of(key, size, i));
        assert_int_equal(value ? *value : 0, there[i]);
        n += there[i] != 0;
    }
    assert_int_equal(t->n, n);
    while ((value = hash_table_next(t, &at)) != NULL) {
        uint32_t i = number_of(hash_table_key(t, value), size);
        assert_true(i < keys);
        assert_int_equal(*value, there[i]);
        met++;
    }
    assert_int_equal(met, n);
    assert_null(hash_table_next(t, &at)); /* stays at the end */
}

/* Added, found and removed at random, as an array of values says. */
static void as_an_array(size_t size, uint32_t keys)
{
    uint32_t there[KEYS] = {0};
    unsigned char key[64];
    struct hash_table t;
    uint64_t seed = size;

    hash_table_init(&t, size, sizeof(uint32_t));
    for (uint32_t step = 1; step < 30000; step++) {
        uint32_t i = model_random(&seed, keys);
        bool filling = step / 5000 % 2 == 0, added;
        if (model_random(&seed, 10) < (filling ? 3u : 7u)) {
            assert_int_equal(hash_table_remove(&t, key_of(key, size, i)), there[i] != 0);
            there[i] = 0;
        } else {
            uint32_t *value = hash_table_add(&t, key_of(key, size, i), &added);
            assert_int_equal(added, there[i] == 0);
            assert_int_equal(*value, there[i]); /* of a new one 0, also where one lay before */
            assert_int_equal((uintptr_t)value % 8, 0);
            there[i] = *value = step;
        }
        if (step % 1000 == 0)
            same_as(&t, size, there, keys);
    }
    hash_table_clear(&t);
    memset(there, 0, sizeof there);
    same_as(&t, size, there, keys);
    hash_table_fini(&t);
    assert_null(hash_table_find(&t, key_of(key, size, 1)));
    assert_non_null(hash_table_add(&t, key_of(key, size, 1), NULL)); /* is empty, and works */
    hash_table_fini(&t);
}

static void keys_of_any_size(void **state)
{
    (void)state;
    as_an_array(1, 256);
    as_an_array(2, KEYS);
    as_an_array(8, KEYS);
    as_an_array(17, KEYS);
    as_an_array(44, KEYS);
}

/* A set: entries without a value. */
static void a_set(void **state)
{
    struct hash_table t;
    uint64_t key;
    bool added;

    (void)state;
    hash_table_init(&t, sizeof key, 0);
    for (key = 0; key < 1000; key++) {
        assert_non_null(hash_table_add(&t, &key, &added));
        assert_true(added);
    }
    for (key = 0; key < 2000; key++) {
        assert_int_equal(hash_table_find(&t, &key) != NULL, key < 1000);
    }
    hash_table_fini(&t);
}

/* Equal keys: each entry is found, in the order of adding, also after growth. */
static void equal_keys(void **state)
{
    struct hash_table t;
    uint32_t *value, n = 0, at = 0;

    (void)state;
    hash_table_init(&t, sizeof(uint64_t), sizeof *value);
    for (uint32_t i = 0; i < 600; i++) {
        uint64_t key = i % 3;
        value = hash_table_add_another(&t, &key);
        assert_non_null(value);
        *value = i;
    }
    assert_int_equal(t.n, 600);
    for (uint64_t key = 0; key < 4; key++) {
        for (n = at = 0; (value = hash_table_each(&t, &key, &at)) != NULL; n++)
            assert_int_equal(*value, key + 3 * n);
        assert_int_equal(n, key < 3 ? 200 : 0);
    }
    hash_table_fini(&t);
}

/* Removed while passing over all: those that are to stay do, those that are to go are met. */
static void removed_on_the_way(void **state)
{
    struct hash_table t;

    (void)state;
    for (uint32_t n = 1; n < 300; n++) {
        uint32_t *value, at = 0;
        hash_table_init(&t, sizeof(uint64_t), sizeof *value);
        for (uint64_t key = 0; key < n; key++) {
            value = hash_table_add(&t, &key, NULL);
            *value = (uint32_t)key;
        }
        while ((value = hash_table_next(&t, &at)) != NULL) {
            if (*value % 3 != 0)
                hash_table_remove_last(&t, &at);
        }
        assert_int_equal(t.n, (n + 2) / 3);
        for (uint64_t key = 0; key < n; key++)
            assert_int_equal(hash_table_find(&t, &key) != NULL, key % 3 == 0);
        hash_table_fini(&t);
    }
}

/* The most entries that a search may have to pass. */
static uint32_t longest_run(const struct hash_table *t)
{
    uint32_t run = 0, most = 0;

    for (uint32_t i = 0; i < t->cap; i++) {
        uint32_t tag;
        memcpy(&tag, t->entries + (size_t)i * t->entry_size + t->tag_at, sizeof tag);
        run = tag ? run + 1 : 0;
        most = run > most ? run : most;
    }
    return most;
}

static void a_million(void **state)
{
    struct hash_table t;
    uint64_t key;

    (void)state;
    hash_table_init(&t, sizeof key, sizeof(uint32_t));
    for (key = 0; key < MILLION; key++)
        *(uint32_t *)hash_table_add(&t, &key, NULL) = (uint32_t)key + 1;
    assert_int_equal(t.n, MILLION);
    assert_true(t.cap <= 2097152 && t.entry_size == 16);
    assert_true(longest_run(&t) < 1000);
    for (key = 0; key < MILLION; key++) {
        const uint32_t *value = hash_table_find(&t, &key);
        assert_true(value && *value == key + 1);
    }
    for (; key < 2 * MILLION; key++)
        assert_null(hash_table_find(&t, &key));
    hash_table_fini(&t);
}

static uint64_t inverse(uint64_t odd)
{
    uint64_t x = odd;

    for (int i = 0; i < 6; i++) /* Newton: each round doubles the bits that are right */
        x *= 2 - odd * x;
    return x;
}

/* The number with that hash. */
static uint64_t unhash(uint64_t h)
{
    h ^= h >> 31 ^ h >> 62;
    h *= inverse(UINT64_C(0x94d049bb133111eb));
    h ^= h >> 27 ^ h >> 54;
    h *= inverse(UINT64_C(0xbf58476d1ce4e5b9));
    return h ^ h >> 30 ^ h >> 60;
}

/* Keys whose hashes agree in the lower or the upper half, so that they would all meet in a table
 * that used those bits as they are, and texts of two words that have the same hash altogether. */
static void chosen_keys(void **state)
{
    struct hash_table by_low, by_high, by_all;

    (void)state;
    hash_table_init(&by_low, sizeof(uint64_t), 0);
    hash_table_init(&by_high, sizeof(uint64_t), 0);
    hash_table_init(&by_all, 2 * sizeof(uint64_t), 0);
    uint64_t start = hash_u64(16 * UINT64_C(0x9e3779b97f4a7c15));
    uint64_t same = hash_bytes((uint64_t[]){0, hash_u64(start)}, 16, 0);
    for (uint64_t i = 1; i <= 50000; i++) {
        uint64_t low = unhash(i << 32), high = unhash(i);
        uint64_t words[2] = {i, hash_u64(start ^ i)};
        assert_int_equal(hash_u64(high), i);
        assert_true(hash_bytes(words, sizeof words, 0) == same);
        assert_non_null(hash_table_add(&by_low, &low, NULL));
        assert_non_null(hash_table_add(&by_high, &high, NULL));
        assert_non_null(hash_table_add(&by_all, words, NULL));
    }
    assert_int_equal(by_low.n + by_high.n + by_all.n, 150000);
    assert_true(longest_run(&by_low) < 500);
    assert_true(longest_run(&by_high) < 500);
    assert_true(longest_run(&by_all) < 500);
    hash_table_fini(&by_low);
    hash_table_fini(&by_high);
    hash_table_fini(&by_all);
}

/* One table filled in the order of another, larger one. */
static void filled_from_another(void **state)
{
    struct hash_table from, to;
    const void *value;
    uint32_t at = 0;

    (void)state;
    hash_table_init(&from, sizeof(uint64_t), 0);
    hash_table_init(&to, sizeof(uint64_t), 0);
    for (uint64_t key = 0; key < 40000; key++)
        assert_non_null(hash_table_add(&from, &key, NULL));
    while (to.n < 10000 && (value = hash_table_next(&from, &at)) != NULL)
        assert_non_null(hash_table_add(&to, hash_table_key(&from, value), NULL));
    assert_int_equal(to.n, 10000);
    assert_true(longest_run(&to) < 500);
    hash_table_fini(&from);
    hash_table_fini(&to);
}

/* A small table keeps its memory; one that was large once gives it back. */
static void memory_is_kept(void **state)
{
    struct hash_table t;

    (void)state;
    hash_table_init(&t, sizeof(uint64_t), 0);
    assert_int_equal(hash_table_reserve(&t, 100000), 0);
    const unsigned char *before = t.entries;
    for (uint64_t key = 0; key < 100000; key++)
        assert_non_null(hash_table_add(&t, &key, NULL));
    assert_ptr_equal(t.entries, before);
    hash_table_clear(&t);
    assert_ptr_equal(t.entries, before); /* was full: is kept */
    hash_table_clear(&t);
    assert_null(t.entries); /* was empty: is given back */
    for (uint64_t key = 0; key < 100; key++)
        assert_non_null(hash_table_add(&t, &key, NULL));
    hash_table_clear(&t);
    hash_table_clear(&t);
    assert_non_null(t.entries);
    hash_table_fini(&t);
}

static void beyond_counting(void **state)
{
    struct hash_table t;

    (void)state;
    hash_table_init(&t, sizeof(uint64_t), 0);
    assert_int_equal(hash_table_reserve(&t, UINT32_MAX), -ENOMEM);
    assert_null(t.entries);
}

/* Whichever allocation fails, what is there stays, and the next call works. */
static void out_of_memory(void **state)
{
    (void)state;
#if OWN_ALLOCATOR
    struct hash_table t;

    hash_table_init(&t, sizeof(uint64_t), sizeof(uint64_t));
    for (uint64_t key = 0; key < 5000; key++) {
        unsigned long before = allocations;
        uint32_t n = t.n;
        countdown = 0;
        uint64_t *value = hash_table_add(&t, &key, NULL);
        countdown = -1;
        assert_int_equal(value == NULL, allocations > before);
        if (!value) {
            assert_int_equal(t.n, n);
            for (uint64_t old = 0; old < key; old++) {
                const uint64_t *there = hash_table_find(&t, &old);
                assert_true(there && *there == old * 3);
            }
            value = hash_table_add(&t, &key, NULL);
        }
        assert_non_null(value);
        *value = key * 3;
    }
    assert_true(allocations > 10);
    countdown = 0;
    assert_int_equal(hash_table_reserve(&t, MILLION), -ENOMEM);
    countdown = -1;
    assert_int_equal(t.n, 5000);
    hash_table_fini(&t);
#else
    skip(); /* the allocator is the sanitizer's */
#endif
}

static struct hash_secret of_children[2];

/* The secrets of two processes, which are asked before this one has made its own. */
static void ask_children(void)
{
    for (int i = 0; i < 2; i++) {
        int ends[2], status;
        if (pipe(ends) < 0)
            return;
        pid_t child = fork();
        if (child == 0) {
            bool told = write(ends[1], hash_secret(), sizeof of_children[i]) ==
                        (ssize_t)sizeof of_children[i];
            _exit(told ? 0 : 1);
        }
        close(ends[1]);
        if (read(ends[0], &of_children[i], sizeof of_children[i]) !=
                (ssize_t)sizeof of_children[i] ||
            waitpid(child, &status, 0) != child || status != 0)
            of_children[i] = (struct hash_secret){0};
        close(ends[0]);
    }
}

/* Another process has another secret, the same process always the same one. */
static void secret_of_the_process(void **state)
{
    const struct hash_secret *own = hash_secret();

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(of_children[i].odd & 1, 1);
        assert_true(of_children[i].seed != own->seed && of_children[i].odd != own->odd);
    }
    assert_true(of_children[0].seed != of_children[1].seed);
    assert_true(of_children[0].odd != of_children[1].odd);
    assert_ptr_equal(hash_secret(), own);
}

int main(void)
{
    ask_children();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_any_size),
        cmocka_unit_test(a_set),
        cmocka_unit_test(equal_keys),
        cmocka_unit_test(removed_on_the_way),
        cmocka_unit_test(a_million),
        cmocka_unit_test(chosen_keys),
        cmocka_unit_test(filled_from_another),
        cmocka_unit_test(memory_is_kept),
        cmocka_unit_test(beyond_counting),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(secret_of_the_process),
    };
    return cmocka_run_group_tests_name("hash_table", tests, NULL, NULL);
}
