/* SPDX-License-Identifier: MIT */
/* Two samples compared: which connections only one has, which changed their state, how they are
 * summed up, and what is left out because one side does not know it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/model_build.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/explain/comparison_words.h"
#include "tcptop/query/comparison.h"
#include "tcptop/query/filter.h"

#define A COMPARISON_A
#define B COMPARISON_B

struct two {
    struct sample *a, *b;
    struct comparison c;
};

static struct two two_make(void)
{
    return (struct two){.a = sample_make(NULL), .b = sample_make(NULL)};
}

static void two_compare(struct two *t, bool cookies)
{
    assert_int_equal(comparison_make(&t->c, t->a, t->b, cookies, NULL), 0);
}

static void two_fini(struct two *t)
{
    comparison_fini(&t->c);
    sample_unref(t->a);
    sample_unref(t->b);
}

static void assert_sums(const struct comparison *c, uint32_t only_a, uint32_t only_b,
                        uint32_t changed, uint32_t same)
{
    assert_int_equal(c->only[A], only_a);
    assert_int_equal(c->only[B], only_b);
    assert_int_equal(c->changed, changed);
    assert_int_equal(c->same, same);
    assert_int_equal(c->n_rows, only_a + only_b + changed);
}

static void each_connection_is_one_of_four(void **state)
{
    struct two t = two_make();

    (void)state;
    sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:5432", TCP_STATE_ESTABLISHED); /* stays */
    sample_row(t.a, "10.0.0.1:4001", "10.0.3.7:5432", TCP_STATE_ESTABLISHED); /* changes */
    sample_row(t.a, "10.0.0.1:4002", "10.0.3.7:5432", TCP_STATE_ESTABLISHED); /* goes */
    sample_row(t.b, "10.0.0.1:4000", "10.0.3.7:5432", TCP_STATE_ESTABLISHED);
    sample_row(t.b, "10.0.0.1:4001", "10.0.3.7:5432", TCP_STATE_CLOSE_WAIT);
    sample_row(t.b, "10.0.0.1:4003", "10.0.3.7:5432", TCP_STATE_CLOSE_WAIT); /* comes */
    two_compare(&t, false);
    assert_sums(&t.c, 1, 1, 1, 1);
    assert_int_equal(t.c.row[0].row[A], 2);
    assert_int_equal(t.c.row[0].row[B], UINT32_MAX);
    assert_int_equal(t.c.row[1].row[B], 2);
    assert_int_equal(t.c.row[2].row[A], 1);
    assert_int_equal(t.c.row[2].row[B], 1);
    assert_int_equal(t.c.n_groups, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct comparison_group *g = &t.c.group[i];
        bool waits = g->key.state == TCP_STATE_CLOSE_WAIT;
        assert_int_equal(g->key.remote_port, 5432);
        assert_int_equal(g->key.local_port, 0);
        assert_int_equal(comparison_change(g), waits ? 2 : -2);
        assert_int_equal(g->only[A], !waits);
        assert_int_equal(g->only[B], waits);
    }
    assert_int_equal(t.c.n_moved, 1);
    assert_int_equal(t.c.moved[0].key.from, TCP_STATE_ESTABLISHED);
    assert_int_equal(t.c.moved[0].key.state, TCP_STATE_CLOSE_WAIT);
    assert_int_equal(t.c.moved[0].count[B], 1);
    two_fini(&t);
}

/* The same ports with other cookies are other connections, but the records that the kernel makes
 * anew are not. */
static void cookies_tell_connections_apart(void **state)
{
    (void)state;
    for (int cookies = 0; cookies < 2; cookies++) {
        struct two t = two_make();
        sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        sample_row(t.a, "10.0.0.1:4001", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        sample_row(t.a, "10.0.0.1:4002", "10.0.3.7:80", TCP_STATE_TIME_WAIT);
        sample_row(t.a, "10.0.0.1:80", "10.0.3.7:4003", TCP_STATE_SYN_RECV)->inode = 0;
        sample_row(t.b, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED)->cookie = 99;
        sample_row(t.b, "10.0.0.1:4001", "10.0.3.7:80", TCP_STATE_TIME_WAIT)->cookie = 98;
        sample_row(t.b, "10.0.0.1:4002", "10.0.3.7:80", TCP_STATE_ESTABLISHED)->cookie = 97;
        sample_row(t.b, "10.0.0.1:80", "10.0.3.7:4003", TCP_STATE_ESTABLISHED)->cookie = 96;
        two_compare(&t, cookies);
        assert_sums(&t.c, 1u + (unsigned)cookies, 1u + (unsigned)cookies, 2, !cookies);
        two_fini(&t);
    }
}

/* Listeners with one port are paired by their cookies first, whatever order they are in. */
static void listeners_that_share_a_port_are_paired(void **state)
{
    struct two t = two_make();

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        sample_row(t.a, "0.0.0.0:443", "0.0.0.0:0", TCP_STATE_LISTEN);
    for (unsigned i = 0; i < 2; i++)
        sample_row(t.b, "0.0.0.0:443", "0.0.0.0:0", TCP_STATE_LISTEN)->cookie = 3 - i;
    two_compare(&t, true);
    assert_sums(&t.c, 1, 0, 0, 2);
    assert_int_equal(t.c.row[0].row[A], 0); /* cookie 1 */
    assert_int_equal(t.c.n_groups, 1);
    assert_int_equal(t.c.group[0].key.local_port, 443);
    assert_int_equal(t.c.group[0].key.remote_port, 0);
    two_fini(&t);
}

static void an_address_is_one_however_it_is_written(void **state)
{
    struct two t = two_make();

    (void)state;
    sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
    sample_row(t.b, "[::ffff:10.0.0.1]:4000", "[::ffff:10.0.3.7]:80", TCP_STATE_ESTABLISHED)
        ->ifindex = 3;
    two_compare(&t, false);
    assert_sums(&t.c, 0, 0, 0, 1);
    two_fini(&t);
}

/* To a port on which something listens all of a host's connections are one group. */
static void peers_of_a_listener_are_grouped_by_its_port(void **state)
{
    struct two t = two_make();
    char remote[32];

    (void)state;
    sample_row(t.a, "0.0.0.0:443", "0.0.0.0:0", TCP_STATE_LISTEN);
    for (int i = 0; i < 5; i++) {
        snprintf(remote, sizeof remote, "10.0.3.7:%d", 50000 + i);
        sample_row(t.b, "10.0.0.1:443", remote, TCP_STATE_ESTABLISHED);
    }
    two_compare(&t, false);
    assert_int_equal(t.c.n_groups, 2);
    assert_int_equal(comparison_change(&t.c.group[0]), 5);
    assert_int_equal(t.c.group[0].key.local_port, 443);
    assert_int_equal(t.c.group[0].key.remote_port, 0);
    assert_int_equal(comparison_change(&t.c.group[1]), -1);
    two_fini(&t);
}

static void what_a_side_does_not_know_is_not_compared(void **state)
{
    struct two t = two_make();

    (void)state;
    t.a->import = import_new();
    assert_non_null(t.a->import);
    sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
    sample_row(t.a, "10.0.0.1:4001", "10.0.3.7:80", TCP_STATE_ESTABLISHED)->unknown =
        CONN_UNKNOWN_REMOTE_ADDR;
    struct conn *no_state = sample_row(t.a, "10.0.0.1:4002", "10.0.3.7:80", 1);
    no_state->state = 0;
    no_state->unknown = CONN_UNKNOWN_STATE;
    sample_row(t.b, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
    sample_row(t.b, "10.0.0.1:4002", "10.0.3.7:80", TCP_STATE_CLOSE_WAIT);
    sample_row(t.b, "0.0.0.0:443", "0.0.0.0:0", TCP_STATE_LISTEN);
    sample_row(t.b, "10.0.0.1:4003", "10.0.3.7:80", TCP_STATE_TIME_WAIT);
    two_compare(&t, false);
    assert_sums(&t.c, 0, 0, 0, 2);
    assert_int_equal(t.c.cut[A], 1);
    assert_true(t.c.unlisted[A] & STATE_BIT(TCP_STATE_LISTEN));
    assert_true(t.c.unlisted[A] & STATE_BIT(TCP_STATE_TIME_WAIT));
    assert_false(t.c.unlisted[B] & STATE_BIT(TCP_STATE_LISTEN));
    two_fini(&t);
}

/* Rows that a brief sample has from an earlier dump are said to be from then. */
static void carried_rows_are_said_to_be_older(void **state)
{
    struct two t = two_make();
    struct str notes = STR_INIT;

    (void)state;
    sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:5432", TCP_STATE_FIN_WAIT2);
    t.a->mono_ns = t.b->mono_ns = 20 * NS_PER_S;
    t.b->carried_ns = 17 * NS_PER_S;
    two_compare(&t, true);
    comparison_words_notes(&t.c, &notes);
    assert_null(strstr(str_text(&notes), "earlier"));
    t.b->left_out = BRIEF_LEFT_OUT;
    str_clear(&notes);
    comparison_words_notes(&t.c, &notes);
    assert_non_null(strstr(str_text(&notes), "B lists ESTABLISHED, TIME_WAIT as of 3 s earlier"));
    assert_non_null(strstr(str_text(&notes), "only in A"));
    str_fini(&notes);
    two_fini(&t);
}

/* The process of a connection that both have is known where one side knows it; where one side knows
 * none at all, processes make no groups. */
static void processes_are_compared_where_both_know_them(void **state)
{
    static const char *const java[3] = {"java", "", ""};

    (void)state;
    for (int both = 0; both < 2; both++) {
        struct two t = two_make();
        struct owner_lookup *lookup = owner_lookup_new();
        assert_non_null(lookup);
        owned_put(lookup, 7, 0, java, (const uint32_t[]){1001, 1002, 0});
        sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        if (both)
            owned_assign(lookup, t.a);
        sample_row(t.b, "10.0.0.1:4001", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        sample_row(t.b, "10.0.0.1:4002", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        owned_assign(lookup, t.b);
        two_compare(&t, false);
        assert_int_equal(t.c.knows_process[A], both);
        assert_true(t.c.knows_process[B]);
        assert_int_equal(t.c.n_groups, 1);
        assert_string_equal(t.c.group[0].key.process, both ? "java" : "");
        assert_int_equal(comparison_change(&t.c.group[0]), 1);
        owner_lookup_free(lookup);
        two_fini(&t);
    }
}

/* netstat and ss name a process differently: one connection with one pid is in one group. */
static void one_pid_has_one_name(void **state)
{
    static const char *const netstat[3] = {"python3", "", ""}, *const ss[3] = {"my srv", "", ""};

    (void)state;
    for (uint32_t pid = 7; pid <= 8; pid++) { /* in B; in A it is 7 */
        struct two t = two_make();
        struct owner_lookup *in_a = owner_lookup_new(), *in_b = owner_lookup_new();
        assert_true(in_a && in_b);
        owned_put(in_a, 7, 0, netstat, (const uint32_t[]){1001, 0});
        owned_put(in_b, pid, 0, ss, (const uint32_t[]){1001, 1002, 0});
        sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        owned_assign(in_a, t.a);
        sample_row(t.b, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        sample_row(t.b, "10.0.0.1:4001", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        owned_assign(in_b, t.b);
        two_compare(&t, false);
        assert_sums(&t.c, 0, 1, 0, 1);
        assert_int_equal(t.c.n_groups, pid == 7 ? 1 : 2);
        assert_string_equal(t.c.group[0].key.process, "my srv");
        assert_int_equal(comparison_change(&t.c.group[0]), pid == 7 ? 1 : 2);
        owner_lookup_free(in_a);
        owner_lookup_free(in_b);
        two_fini(&t);
    }
}

/* A connection passes the filter when it does on one side. */
static void a_filter_takes_whole_connections(void **state)
{
    struct predicate filter = {0};
    struct filter_error wrong;
    struct two t = two_make();

    (void)state;
    assert_int_equal(filter_parse("state:close_wait", &filter, &wrong), 0);
    sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
    sample_row(t.a, "10.0.0.1:4001", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
    sample_row(t.b, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_CLOSE_WAIT);
    assert_int_equal(comparison_make(&t.c, t.a, t.b, false, &filter), 0);
    assert_sums(&t.c, 0, 0, 1, 0);
    predicate_fini(&filter);
    two_fini(&t);
}

/* Whatever the rows are, each is counted once, and what is compared with itself is the same. */
static void every_row_is_counted_once(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct two t = two_make();
        for (int side = 0; side < 2; side++) {
            struct sample *s = side ? t.b : t.a;
            uint32_t n = model_random(&seed, 40);
            for (uint32_t i = 0; i < n; i++) {
                char local[32], remote[32];
                snprintf(local, sizeof local, "10.0.0.1:%u", 4000 + model_random(&seed, 4));
                snprintf(remote, sizeof remote, "10.0.0.2:%u", 80 + model_random(&seed, 2));
                sample_row(s, local, remote, 1 + model_random(&seed, 11))->cookie =
                    model_random(&seed, 20);
            }
        }
        two_compare(&t, round & 1);
        assert_int_equal(t.c.only[A] + t.c.changed + t.c.same, t.a->n_live);
        assert_int_equal(t.c.only[B] + t.c.changed + t.c.same, t.b->n_live);
        comparison_fini(&t.c);
        assert_int_equal(comparison_make(&t.c, t.a, t.a, round & 1, NULL), 0);
        assert_sums(&t.c, 0, 0, 0, t.a->n_live);
        two_fini(&t);
    }
}

/* Forged input may have a hundred thousand rows with the same ends: still each is counted once. */
static void many_rows_with_the_same_ends_take_no_time(void **state)
{
    struct two t = two_make();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        sample_row(t.a, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_ESTABLISHED);
        sample_row(t.b, "10.0.0.1:4000", "10.0.3.7:80", TCP_STATE_CLOSE_WAIT);
    }
    two_compare(&t, false);
    assert_sums(&t.c, 0, 0, 100000, 0);
    two_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_connection_is_one_of_four),
        cmocka_unit_test(cookies_tell_connections_apart),
        cmocka_unit_test(listeners_that_share_a_port_are_paired),
        cmocka_unit_test(an_address_is_one_however_it_is_written),
        cmocka_unit_test(peers_of_a_listener_are_grouped_by_its_port),
        cmocka_unit_test(what_a_side_does_not_know_is_not_compared),
        cmocka_unit_test(carried_rows_are_said_to_be_older),
        cmocka_unit_test(processes_are_compared_where_both_know_them),
        cmocka_unit_test(one_pid_has_one_name),
        cmocka_unit_test(a_filter_takes_whole_connections),
        cmocka_unit_test(every_row_is_counted_once),
        cmocka_unit_test(many_rows_with_the_same_ends_take_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
