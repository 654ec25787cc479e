/* SPDX-License-Identifier: MIT */
/* How groups change over samples with gaps: those that go and come back, those of a sample that is
 * not whole, more of them than are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/ports.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"

/* The groups after the next sample, and the change of a port's; INT64_MIN: not known. */
static void next(struct groups *g, struct sample *s)
{
    struct groups now = {0};
    s->mono_ns = 5000 * NS_PER_S + (int64_t)s->seq * NS_PER_S;
    assert_int_equal(groups_build(&now, s, NULL, &by_port, g->how.by ? g : NULL), 0);
    groups_fini(g);
    *g = now;
    sample_unref(s);
}

static int64_t change_of(const struct groups *g, unsigned port)
{
    uint32_t i = ports_find(g, port);
    int64_t change;
    assert_int_not_equal(i, GROUP_NONE);
    return groups_change(g, i, &change) ? change : INT64_MIN;
}

static void changes_since_the_first_sample_remembered(void **state)
{
    (void)state;
    struct groups g = {0};
    next(&g, PORTS(1, {80, 5}, {22, 1}));
    assert_int_equal(change_of(&g, 80), INT64_MIN);
    assert_true(groups_change_seconds(&g) == 0);
    next(&g, PORTS(2, {80, 7}, {22, 1}));
    assert_int_equal(change_of(&g, 80), 2);
    assert_int_equal(change_of(&g, 22), 0);
    next(&g, PORTS(4, {80, 4}, {443, 3})); /* one sample was not looked at; 22 has gone */
    assert_int_equal(change_of(&g, 80), -1);
    assert_int_equal(change_of(&g, 443), 3);
    assert_true(groups_change_seconds(&g) == 3);
    assert_int_equal(ports_find(&g, 22), GROUP_NONE);
    assert_int_equal(g.n_gone, 1);
    next(&g, PORTS(5, {80, 4}, {22, 4})); /* and is back */
    assert_int_equal(change_of(&g, 22), 3);
    assert_int_equal(g.n_gone, 1); /* 443 */
    for (uint64_t seq = 6; seq < 61; seq++)
        next(&g, PORTS(seq, {80, 10}));
    assert_int_equal(change_of(&g, 80), 5); /* the first is in the window still */
    next(&g, PORTS(61, {80, 10}));
    assert_int_equal(change_of(&g, 80), 3); /* now the second is the oldest */
    assert_true(groups_change_seconds(&g) == 59);
    for (uint64_t seq = 62; seq < 70; seq++)
        next(&g, PORTS(seq, {80, 10}));
    assert_int_equal(change_of(&g, 80), 0);
    assert_int_equal(g.n_gone, 0);
    groups_fini(&g);
}

static void what_a_partial_sample_counts_is_no_change(void **state)
{
    (void)state;
    struct groups g = {0};
    next(&g, PORTS(1, {80, 5}));
    struct sample *s = PORTS(2, {80, 2});
    s->status = SAMPLE_PARTIAL;
    next(&g, s);
    assert_int_equal(change_of(&g, 80), INT64_MIN);
    next(&g, PORTS(3, {80, 6}, {22, 1}));
    assert_int_equal(change_of(&g, 80), 1);
    assert_int_equal(change_of(&g, 22), 1);
    next(&g, PORTS(63, {80, 6})); /* all that was known is too old */
    assert_int_equal(change_of(&g, 80), INT64_MIN);
    groups_fini(&g);
}

/* The same sample listed anew, for another order, counts once. */
static void the_same_sample_again(void **state)
{
    (void)state;
    struct groups g = {0};
    next(&g, PORTS(1, {80, 5}));
    next(&g, PORTS(2, {80, 7}));
    next(&g, PORTS(2, {80, 7}));
    assert_int_equal(change_of(&g, 80), 2);
    next(&g, PORTS(1, {80, 5})); /* time has gone back: another recording */
    assert_int_equal(change_of(&g, 80), INT64_MIN);
    groups_fini(&g);
}

#define SEVERAL 6000 /* more than are remembered */

static struct sample *many_ports(uint64_t seq, unsigned first)
{
    struct sample *s = sample_make(NULL);
    s->seq = seq;
    for (unsigned i = 0; i < SEVERAL; i++) {
        struct conn *c = sample_row(s, "10.0.0.1:1", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
        c->sport = (uint16_t)(first + i);
        if (i % 100 == 0) /* some are large */
            *sample_add(builder_of(s), NULL) = *c;
    }
    return s;
}

static void of_too_many_the_largest_are_remembered(void **state)
{
    (void)state;
    struct groups g = {0};
    next(&g, many_ports(1, 0));
    next(&g, many_ports(2, 0));
    unsigned known = 0;
    for (unsigned port = 0; port < SEVERAL; port++) {
        int64_t change = change_of(&g, port);
        known += change != INT64_MIN;
        if (change != INT64_MIN || port % 100 == 0)
            assert_int_equal(change, 0);
    }
    assert_int_equal(known, 4096);
    /* Others come in their place: that they had no row before cannot be told any more. */
    next(&g, many_ports(3, 20000));
    for (unsigned port = 20000; port < 20000 + SEVERAL; port++)
        assert_int_equal(change_of(&g, port), INT64_MIN);
    groups_fini(&g);
}

/* Those that made room are not known to have had no row. */
static void what_was_forgotten_is_not_new(void **state)
{
    (void)state;
    struct groups g = {0};
    next(&g, PORTS(1, {60000, 5}));
    next(&g, many_ports(2, 0));
    next(&g, PORTS(3, {60000, 5}, {60001, 1}));
    assert_int_equal(change_of(&g, 60000), INT64_MIN);
    assert_int_equal(change_of(&g, 60001), INT64_MIN);
    next(&g, PORTS(4, {60000, 6}, {60002, 1}));
    assert_int_equal(change_of(&g, 60000), 1);
    assert_int_equal(change_of(&g, 60002), 1);
    groups_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_since_the_first_sample_remembered),
        cmocka_unit_test(what_a_partial_sample_counts_is_no_change),
        cmocka_unit_test(the_same_sample_again),
        cmocka_unit_test(of_too_many_the_largest_are_remembered),
        cmocka_unit_test(what_was_forgotten_is_not_new),
    };
    return cmocka_run_group_tests_name("groups_change", tests, NULL, NULL);
}
