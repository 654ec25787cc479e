/* SPDX-License-Identifier: MIT */
/* The table of namespaces: its order, finding by id, what is true of several hosts at once; and
 * what a sample says about the namespace of a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/sample.h"
#include "tcptop/model/sample.h"
#include "tcptop/query/column.h"

static struct netns *set(struct netns_table *t, uint32_t i, const char *name, unsigned id)
{
    struct netns *ns = &t->list[i];

    strcpy(ns->name, name);
    ns->id = (uint16_t)id;
    ns->own = id == 0;
    ns->shown = true;
    return ns;
}

static void test_order_and_ids(void **state)
{
    struct netns_table *t = netns_table_new(5);

    (void)state;
    assert_non_null(t);
    set(t, 0, "red", 65535);
    set(t, 1, "aaa", 3)->gone = true;
    set(t, 2, "zone", 0);
    set(t, 3, "blue", 700);
    set(t, 4, "green", 1);
    netns_table_sort(t);
    assert_string_equal(t->list[0].name, "zone"); /* the own one */
    assert_string_equal(t->list[1].name, "blue");
    assert_string_equal(t->list[2].name, "green");
    assert_string_equal(t->list[3].name, "red");
    assert_string_equal(t->list[4].name, "aaa"); /* gone */
    assert_string_equal(netns_find(t, 65535)->name, "red");
    assert_string_equal(netns_find(t, 0)->name, "zone");
    assert_string_equal(netns_find(t, 1)->name, "green");
    assert_string_equal(netns_find(t, 3)->name, "aaa");
    assert_string_equal(netns_find(t, 700)->name, "blue");
    assert_null(netns_find(t, 2));
    assert_null(netns_find(t, 701));
    assert_null(netns_find(NULL, 0));
    assert_ptr_equal(netns_table_ref(t), t);
    netns_table_unref(t);
    netns_table_unref(t);
    netns_table_unref(NULL);
    assert_null(netns_table_ref(NULL));
}

static void count(struct host *h, enum host_counter which, uint64_t value)
{
    h->counter[which] = value;
    h->counter_valid |= 1u << which;
}

static void gauge(struct host *h, enum host_gauge which, uint64_t value)
{
    h->gauge[which] = value;
    h->gauge_valid |= 1u << which;
}

static void sysctl(struct host *h, enum host_sysctl which, int64_t value)
{
    h->sysctl[which] = value;
    h->sysctl_valid |= 1u << which;
}

static void test_what_is_true_of_all(void **state)
{
    struct netns_table *t = netns_table_new(3);
    struct host h;
    uint64_t n;
    int64_t value;

    (void)state;
    assert_non_null(t);
    for (unsigned i = 0; i < 3; i++) {
        struct host *one = &set(t, i, (char[]){(char)('a' + i), '\0'}, i)->host;
        strcpy(one->name, "web-01");
        count(one, COUNTER_OUT_SEGS, 10 + i);
        gauge(one, GAUGE_INUSE, 5);
        gauge(one, GAUGE_ORPHAN, 7);
        sysctl(one, SYSCTL_FIN_TIMEOUT, 60);
        sysctl(one, SYSCTL_TW_REUSE, i == 1 ? 1 : 2);
    }
    count(&t->list[0].host, COUNTER_TW, 3);
    sysctl(&t->list[0].host, SYSCTL_MAX_ORPHANS, 65536);
    t->list[2].shown = false;
    count(&t->list[2].host, COUNTER_OUT_SEGS, 1000000);
    netns_table_sort(t);
    netns_host(t, &h);
    assert_string_equal(h.name, "web-01");
    assert_true(host_counter(&h, COUNTER_OUT_SEGS, &n));
    assert_int_equal(n, 21);                        /* of those that are shown */
    assert_false(host_counter(&h, COUNTER_TW, &n)); /* one does not say */
    assert_true(host_gauge(&h, GAUGE_INUSE, &n));
    assert_int_equal(n, 10);
    assert_true(host_gauge(&h, GAUGE_ORPHAN, &n));
    assert_int_equal(n, 7); /* the host's, in each of them */
    assert_true(host_sysctl(&h, SYSCTL_FIN_TIMEOUT, &value));
    assert_int_equal(value, 60);
    assert_false(host_sysctl(&h, SYSCTL_TW_REUSE, &value));   /* they differ */
    assert_true(host_sysctl(&h, SYSCTL_MAX_ORPHANS, &value)); /* there is only one */
    assert_int_equal(value, 65536);
    netns_table_unref(t);
}

static void expect_name(const struct sample *s, uint32_t row, const char *name)
{
    struct value v;

    columns[COL_NETNS].get(s, row, &v);
    if (!name) {
        assert_int_equal(v.type, VALUE_NONE);
        assert_true(column_key(COL_NETNS, s, row) == UINT64_MAX);
        return;
    }
    assert_int_equal(v.type, VALUE_TEXT);
    assert_string_equal(v.text, name);
}

static void test_rows(void **state)
{
    struct sample *s = sample_make(NULL);
    struct netns_table *t = netns_table_new(2);

    (void)state;
    assert_true(s && t);
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:3", "10.0.0.2:4", TCP_STATE_ESTABLISHED)->netns = 9;
    sample_row(s, "10.0.0.1:5", "10.0.0.2:6", TCP_STATE_ESTABLISHED)->netns = 10;
    expect_name(s, 0, NULL);
    assert_true(sample_is_own_netns(s, &s->conn[0]));
    assert_ptr_equal(sample_host(s, &s->conn[1]), &s->host);

    set(t, 0, "init", 0);
    set(t, 1, "blue", 9);
    netns_table_sort(t);
    s->namespaces = t;
    expect_name(s, 0, NULL); /* only the list was asked for */
    expect_name(s, 1, "blue");
    t->several = true;
    expect_name(s, 0, "init");
    expect_name(s, 1, "blue");
    expect_name(s, 2, NULL); /* long gone */
    assert_true(column_key(COL_NETNS, s, 0) < column_key(COL_NETNS, s, 1));
    assert_true(sample_is_own_netns(s, &s->conn[0]));
    assert_false(sample_is_own_netns(s, &s->conn[1]));
    assert_false(sample_is_own_netns(s, &s->conn[2]));
    assert_ptr_equal(sample_host(s, &s->conn[1]), &t->list[1].host);
    assert_ptr_equal(sample_host(s, &s->conn[2]), &s->host);
    assert_true(sample_is_whole(s));
    t->missing = 1;
    assert_false(sample_is_whole(s));
    t->several = false; /* nobody asked for the others */
    assert_true(sample_is_whole(s));
    s->status = SAMPLE_PARTIAL;
    assert_false(sample_is_whole(s));
    netns_table_ref(t);
    sample_unref(s);
    assert_int_equal(t->refs, 1);
    netns_table_unref(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_ids),
        cmocka_unit_test(test_what_is_true_of_all),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
