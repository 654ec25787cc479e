/* SPDX-License-Identifier: MIT */
/* What listeners dropped: from one sample to the next, when the counter wraps, by namespace, and
 * unknown where nothing can be compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/inet_diag.h>

#include "lib/diag_bench.h"
#include "lib/model_build.h"
#include "lib/run.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/query/column.h"

static void listener(struct sample *s, uint64_t cookie, uint16_t netns, uint32_t drops)
{
    struct conn *c = model_add(s, cookie, TCP_STATE_LISTEN);

    c->netns = netns;
    drops_add(&s->drops, cookie, netns, drops);
}

/* The value of a column; -1: not known. */
static int64_t value(const struct sample *s, uint32_t row, enum column_id id)
{
    struct value v;

    columns[id].get(s, row, &v);
    return v.type == VALUE_NUMBER ? (int64_t)v.number : -1;
}

static void growth_between_samples(void **state)
{
    struct run r = run_start(20); /* 2 s apart */
    struct sample *s;

    (void)state;
    s = run_fresh(&r, NEED_DROPS);
    listener(s, 9, 0, 100);
    listener(s, 5, 0, UINT32_MAX - 1);
    run_join(&r);
    assert_int_equal(value(s, 0, COL_DROPS), 100);
    assert_int_equal(value(s, 0, COL_DROPS_S), -1);
    s = run_fresh(&r, NEED_DROPS);
    listener(s, 7, 0, 3);                                        /* new */
    model_add(s, 8, TCP_STATE_LISTEN);                           /* not told */
    listener(s, 5, 0, 4);                                        /* has wrapped */
    listener(s, 9, 0, 101);                                      /* one in two seconds */
    model_add(s, 9, TCP_STATE_ESTABLISHED)->flags = CONN_UNSEEN; /* is no listener */
    listener(s, 9, 1, 50);                                       /* of another namespace */
    run_join(&r);
    assert_int_equal(value(s, 0, COL_DROPS), 3);
    assert_int_equal(value(s, 0, COL_DROPS_S), -1);
    assert_int_equal(value(s, 1, COL_DROPS), -1);
    assert_int_equal(value(s, 2, COL_DROPS), 4);
    assert_int_equal(value(s, 2, COL_DROPS_S), 3);
    assert_int_equal(value(s, 3, COL_DROPS_S), 1); /* rounded up */
    s = run_fresh(&r, 0);                          /* not asked for */
    model_add(s, 9, TCP_STATE_LISTEN);
    run_join(&r);
    assert_int_equal(value(s, 0, COL_DROPS), -1);
    s = run_fresh(&r, NEED_DROPS);
    listener(s, 9, 0, 200);
    run_join(&r);
    assert_int_equal(value(s, 0, COL_DROPS), 200);
    assert_int_equal(value(s, 0, COL_DROPS_S), -1);
    run_end(&r);
}

/* Only of listeners, only where the kernel sent all of the numbers. */
static void they_are_read(void **state)
{
    uint32_t memory[9] = {1, 2, 3, 4, 5, 6, 7, 8, 4711};
    struct conn c = build_plain(TCP_STATE_LISTEN, 80, 0, 7),
                other = build_plain(TCP_STATE_ESTABLISHED, 80, 50000, 8),
                older = build_plain(TCP_STATE_LISTEN, 81, 0, 9);
    struct diag_bench b;

    (void)state;
    bench_setup(&b, NEED_DROPS);
    build_conn_attr(&b.in, &c, INET_DIAG_SKMEMINFO, memory, sizeof memory);
    build_conn_attr(&b.in, &other, INET_DIAG_SKMEMINFO, memory, sizeof memory);
    build_conn_attr(&b.in, &older, INET_DIAG_SKMEMINFO, memory, sizeof memory - 4);
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    drops_join(b.s, NULL);
    assert_int_equal(b.s->drops.n, 1);
    assert_int_equal(value(b.s, 0, COL_DROPS), 4711);
    assert_int_equal(value(b.s, 1, COL_DROPS), -1);
    assert_int_equal(value(b.s, 2, COL_DROPS), -1);
    bench_fini(&b);
}

/* Both halves of a sample, and what is taken over from another one. */
static void halves_and_parts(void **state)
{
    struct sample *s = sample_make(NULL), *part = sample_make(NULL);
    struct sample_builder half[2];

    (void)state;
    assert_int_equal(sample_split(builder_of(s), 4096, half), 0);
    drops_add(&half[0].sample.drops, 3, 0, 30);
    drops_add(&half[1].sample.drops, 1, 0, 10);
    sample_unite(builder_of(s), half);
    listener(part, 2, 5, 20);
    assert_int_equal(sample_append(builder_of(s), builder_of(part)), 0);
    drops_join(s, NULL);
    assert_int_equal(s->drops.n, 3);
    assert_int_equal(s->drops.at[0].drops, 10);
    assert_int_equal(s->drops.at[2].drops, 20);
    assert_int_equal(value(s, 0, COL_DROPS), 20);
    sample_drop_all(builder_of(s));
    assert_int_equal(s->drops.n, 0);
    sample_unref(s);
    sample_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_between_samples),
        cmocka_unit_test(they_are_read),
        cmocka_unit_test(halves_and_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
