/* SPDX-License-Identifier: MIT */
/* The kernel's evaluation of a filter and our own agree on real sockets in every state: no row that
 * passes is left out, and where the translation says that it is exact, no other row comes. All
 * expressions of tests/data, some of tcptop's own words, and random filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/held.h"
#include "lib/own_table.h"
#include "lib/sample.h"
#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"
#include "tcptop/source/kernel_filter.h"
#include "tcptop/source/source.h"

#define RANDOM_FILTERS 500
#define TRIES          20 /* a timer may run out between two dumps */

static const char *program; /* argv[0] */
static struct held held;
static struct source *src;
static struct sample *whole;     /* everything, newly taken when something has changed */
static unsigned narrowed, exact; /* filters that the kernel took a part of, and all of */

/* A sample of what passes `only`, as the source gives it. */
static struct sample *take(const struct predicate *only)
{
    struct request req = {.needs = NEED_BOUND, .only = only};
    struct sample *s = sample_make(NULL);
    struct sample_reason err = {.code = REASON_NONE};

    assert_non_null(s);
    if (source_sample(src, &req, builder_of(s), &err) != 0)
        fail_msg("%s", reason_words(&err));
    assert_int_equal(s->backend, BACKEND_NETLINK);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    return s;
}

static int compare_cookies(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The cookies of the rows that pass `p` (NULL: of all), in order. */
static uint32_t cookies(const struct sample *s, const struct predicate *p, uint64_t *list)
{
    uint32_t n = 0;

    for (uint32_t row = 0; row < s->n_live; row++) {
        if (predicate_match(p, s, row))
            list[n++] = s->conn[row].cookie;
    }
    qsort(list, n, sizeof *list, compare_cookies);
    return n;
}

/* Do the rows of `pushed` that pass `q` equal those of `whole` that pass `p`? */
static bool same_rows(const struct predicate *p, const struct sample *pushed,
                      const struct predicate *q)
{
    static uint64_t a[1024], b[1024];

    assert_in_range(whole->n_live, 20, 1024);
    assert_in_range(pushed->n_live, 0, 1024);
    uint32_t n = cookies(whole, p, a), m = cookies(pushed, q, b);
    return n == m && memcmp(a, b, n * sizeof *a) == 0;
}

/* Both evaluations of `p`, once more when a socket has changed between the two dumps. */
static void expect_agreement(const struct predicate *p, const char *name)
{
    struct kernel_filter filter;
    bool none_lost = false, none_more = false;

    kernel_filter_compile(&filter, p);
    for (int i = 0; i < TRIES && !(none_lost && none_more); i++) {
        if (!whole || i > 0) {
            sample_unref(whole);
            whole = take(NULL);
        }
        struct sample *pushed = take(p);
        none_lost = same_rows(p, pushed, p);
        none_more = !filter.exact || same_rows(p, pushed, NULL);
        sample_unref(pushed);
    }
    if (!none_lost || !none_more)
        fail_msg("%s: %s", name, none_lost ? "more than passes" : "rows are missing");
    narrowed += filter.len || !(filter.states & STATE_BIT(TCP_STATE_ESTABLISHED)) ||
                !(filter.states & STATE_BIT(TCP_STATE_LISTEN));
    exact += filter.exact;
}

static void expect_expression(const char *expression)
{
    struct predicate p = {0};

    assert_int_equal(filter_parse(expression, &p, NULL), 0);
    expect_agreement(&p, expression);
    predicate_fini(&p);
}

static void expressions_of_ss(void **state)
{
    (void)state;
    FILE *file = fopen("tests/data/ss-filters.txt", "r");
    char line[256];
    unsigned n = 0;

    assert_non_null(file);
    narrowed = exact = 0;
    while (fgets(line, sizeof line, file)) {
        if (*line == '#')
            continue;
        line[strcspn(line, "\n")] = '\0';
        expect_expression(line);
        n++;
    }
    fclose(file);
    assert_true(n >= 200);
    assert_in_range(narrowed, n * 3 / 4, n);
    assert_in_range(exact, n * 9 / 10, n - 1); /* some mix states into an "or" */
}

static void words_of_our_own(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "3000",
        "8000-8010",
        "port:3000,8003 state:established,time_wait",
        "state:close",
        "not state:close",
        "state:bound_inactive",
        "not state:bound_inactive",
        "not state:closed",
        "state:syn_recv or 3000",
        "proto:tcp",
        "proto:tcp6",
        "proto!=tcp6 lport:>8000",
        "addr:127.0.0.0/8",
        "raddr:::1 or laddr:::1",
        "not addr:::ffff:0:0/96",
        "3000 recv_q:>0",
        "not (3000 recv_q:>0)",
        "3000 or uid:0",
        "not (3000 or uid:0)",
        "timer:timewait lport:3000",
        "127.0.0.1:3000",
        "state:listen (3000 or ::1)",
    };

    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        expect_expression(expressions[i]);
}

static uint32_t seed = 1;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void random_address(struct filter_term *t)
{
    static const uint8_t addresses[][16] = {
        {127, 0, 0, 1}, {10, 0, 0, 1}, {[15] = 1}, {0xfe, 0x80}, {[10] = 0xff, 0xff, 127, 0, 0, 1}};
    uint32_t which = pick(sizeof addresses / sizeof *addresses);

    memcpy(t->addr, addresses[which], sizeof t->addr);
    t->family = which < 2 ? AF_INET : AF_INET6;
    t->prefix_bits = (uint8_t)pick(which < 2 ? 33 : 129);
}

static void random_term(struct predicate *p)
{
    struct filter_term t = {.kind = (enum term_kind)pick(TERM_NUMBER + 1), .side = pick(3)};

    switch (t.kind) {
    case TERM_STATE:
        t.states = pick(UINT32_MAX) & pick(UINT32_MAX);
        break;
    case TERM_FAMILY:
        t.lo = pick(4) ? pick(2) ? AF_INET : AF_INET6 : AF_UNIX;
        break;
    case TERM_PORT:
        t.lo = pick(2) ? 8000 + pick(20) : pick(70000);
        t.hi = pick(2) ? t.lo : pick(70000);
        break;
    case TERM_ADDR:
        random_address(&t);
        break;
    case TERM_DEV:
        t.lo = pick(3);
        break;
    case TERM_NUMBER:
    case TERM_TEXT:
        t.kind = TERM_NUMBER;
        t.get = columns[COL_RECV_Q].get;
        t.hi = pick(2) ? 0 : UINT64_MAX;
        break;
    }
    assert_int_equal(predicate_term(p, &t), 0);
}

static void random_tree(struct predicate *p, unsigned depth)
{
    unsigned kind = depth ? pick(4) : 0;

    if (kind == 0) {
        random_term(p);
        return;
    }
    random_tree(p, depth - 1);
    if (kind < 3)
        random_tree(p, depth - 1);
    assert_int_equal(predicate_op(p, (enum pred_op[]){PRED_AND, PRED_AND, PRED_OR, PRED_NOT}[kind]),
                     0);
}

static void random_filters(void **state)
{
    (void)state;
    narrowed = exact = 0;
    for (int i = 0; i < RANDOM_FILTERS; i++) {
        struct predicate p = {0};
        char name[64];
        snprintf(name, sizeof name, "filter %d of seed %u", i, seed);
        random_tree(&p, 1 + pick(6));
        expect_agreement(&p, name);
        predicate_fini(&p);
    }
    assert_in_range(narrowed, RANDOM_FILTERS / 4, RANDOM_FILTERS);
    assert_in_range(exact, RANDOM_FILTERS / 4, RANDOM_FILTERS);
}

static int hold(void **state)
{
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    return own_table(1024) || held_start(&held, program, NULL) ||
           kernel_open_backend(&src, BACKEND_NETLINK, NULL, &err);
}

static int let_go(void **state)
{
    (void)state;
    sample_unref(whole);
    source_close(src);
    held_stop(&held);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_of_ss),
        cmocka_unit_test(words_of_our_own),
        cmocka_unit_test(random_filters),
    };

    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, hold, let_go);
}
