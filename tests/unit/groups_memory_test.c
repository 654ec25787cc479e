/* SPDX-License-Identifier: MIT */
/* A million rows in groups without an allocation per row: what is allocated for them in twelve
 * groups is no more than for a thousand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "lib/own_allocator.h"
#include "lib/ports.h"
#include "lib/sample.h"

#if OWN_ALLOCATOR
static unsigned long calls, bytes;

void *malloc(size_t size)
{
    calls++;
    bytes += size;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    calls++;
    bytes += n * size;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    calls++;
    bytes += size;
    return __libc_realloc(p, size);
}

#define MILLION 1000000u

static void a_million_rows(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    struct groups g = {0};
    assert_int_equal(sample_reserve(builder_of(s), MILLION), 0);
    for (uint32_t i = 0; i < MILLION; i++) {
        struct conn *c = sample_add(builder_of(s), NULL);
        c->family = AF_INET;
        c->state = (uint8_t)(1 + i % 11);
        memcpy(c->dst, &i, sizeof i);
        c->sport = (uint16_t)(i % 12);
    }
    calls = bytes = 0;
    assert_int_equal(groups_build(&g, s, NULL, &by_port, NULL), 0);
    assert_in_range(calls, 1, 20);
    assert_in_range(bytes, 1, 64 * 1024);
    assert_int_equal(g.n, 12);
    assert_int_equal(g.matched_live, MILLION);
    /* as many groups as rows: amortised growth, under 400 bytes each of which half is given back */
    calls = bytes = 0;
    struct grouping how = {.by = COL_REMOTE_ADDR, .sort = {GROUP_COUNT, true}};
    assert_int_equal(groups_build(&g, s, NULL, &how, NULL), 0);
    assert_int_equal(g.n, MILLION);
    assert_in_range(calls, 1, 100);
    assert_in_range(bytes, 1, 500ul * MILLION);
    groups_fini(&g);
    sample_unref(s);
}
#else
static void a_million_rows(void **state)
{
    (void)state;
    skip(); /* the allocator is the sanitizer's */
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_million_rows)};
    return cmocka_run_group_tests_name("groups_memory", tests, NULL, NULL);
}
