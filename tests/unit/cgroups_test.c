/* SPDX-License-Identifier: MIT */
/* Numbers for control groups: the same for the same id, from one sample to the next, in both halves
 * of a sample; free again where no row has them; and the order of their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model_build.h"
#include "lib/run.h"
#include "lib/sample.h"

/* The table that a sample gets of what was numbered; the names are those of the ids. */
static struct cgroup_table *table_of(const struct cgroup_ids *ids)
{
    struct cgroup_table *t = cgroups_new(ids->n);

    assert_non_null(t);
    for (uint32_t i = 1; i < ids->n; i++) {
        t->cgroup[i].id = ids->id[i];
        snprintf(t->cgroup[i].name, CGROUP_NAME, "%llu", (unsigned long long)ids->id[i]);
    }
    return t;
}

static void numbers_stay(void **state)
{
    struct cgroup_ids ids = {.id = NULL};

    (void)state;
    assert_int_equal(cgroups_number(&ids, 0), 0);
    assert_int_equal(cgroups_number(&ids, 500), 1);
    assert_int_equal(cgroups_number(&ids, 400), 2);
    assert_int_equal(cgroups_number(&ids, 500), 1);
    struct cgroup_table *t = table_of(&ids);
    cgroups_keep(&ids, t, NULL, 0);
    assert_false(ids.changed);
    assert_int_equal(cgroups_number(&ids, 400), 2);
    assert_false(ids.changed);
    assert_int_equal(cgroups_number(&ids, 300), 3);
    assert_true(ids.changed);
    assert_string_equal(cgroups_name(t, 2), "400");
    assert_null(cgroups_name(t, 0));
    assert_null(cgroups_name(t, 3));
    assert_null(cgroups_name(NULL, 1));
    cgroups_keep(&ids, NULL, NULL, 0);
    assert_int_equal(cgroups_number(&ids, 300), 1);
    cgroups_unref(t);
    cgroups_fini(&ids);
}

static void there_are_no_more_than_fit(void **state)
{
    struct cgroup_ids ids = {.id = NULL};

    (void)state;
    for (uint32_t i = 1; i < CGROUPS_MAX; i++)
        assert_int_equal(cgroups_number(&ids, i * UINT64_C(0x100000001)), i);
    assert_int_equal(cgroups_number(&ids, 7), 0);
    assert_int_equal(cgroups_number(&ids, 8), 0);
    assert_int_equal(cgroups_number(&ids, UINT64_C(0x100000001)), 1);
    cgroups_fini(&ids);
}

/* A host that starts a container for each request: what no row has any more makes room. */
static void what_is_not_used_makes_room(void **state)
{
    struct cgroup_ids ids = {.id = NULL};
    struct cgroup_table *t = NULL;
    struct conn rows[10] = {{.cgroup = 0}};

    (void)state;
    for (uint64_t round = 0; round < 10000; round++) {
        cgroups_keep(&ids, t, rows, 10);
        cgroups_unref(t);
        for (unsigned i = 0; i < 9; i++)
            rows[i].cgroup = cgroups_number(&ids, 1000 + round * 9 + i) & CGROUP_MASK;
        assert_true(rows[0].cgroup && rows[8].cgroup);
        if (round == 0)
            rows[9].cgroup = rows[0].cgroup; /* one that stays */
        t = table_of(&ids);
        assert_string_equal(cgroups_name(t, rows[9].cgroup), "1000");
    }
    assert_true(ids.n < 2000);
    cgroups_unref(t);
    cgroups_fini(&ids);
}

static void halves_agree(void **state)
{
    static const uint64_t ids[2][3] = {{10, 20, 30}, {30, 40, 20}};
    struct sample *s = sample_make(NULL);
    struct sample_builder half[2];

    (void)state;
    assert_int_equal(cgroups_number(&builder_of(s)->cgroup_ids, 40), 1); /* of the sample before */
    assert_int_equal(sample_split(builder_of(s), 4096, half), 0);
    for (int h = 0; h < 2; h++) {
        for (int i = 0; i < 3; i++) {
            struct conn *c = sample_add(&half[h], NULL);
            c->cgroup = cgroups_number(&half[h].cgroup_ids, ids[h][i]) & CGROUP_MASK;
            c->inode = (uint32_t)ids[h][i];
        }
    }
    sample_unite(builder_of(s), half);
    assert_int_equal(s->n_live, 6);
    for (uint32_t row = 0; row < 6; row++)
        assert_int_equal(builder_of(s)->cgroup_ids.id[s->conn[row].cgroup], s->conn[row].inode);
    sample_unref(s);
}

static void ranks_are_by_name(void **state)
{
    struct cgroup_table *t = cgroups_new(4);

    (void)state;
    strcpy(t->cgroup[1].name, "docker 3f2a09c1d2e4");
    strcpy(t->cgroup[2].name, "docker 3f2a09c1aaaa");
    strcpy(t->cgroup[3].name, "docker 3f2a09c1d2e4");
    assert_true(cgroups_rank(t, 2) < cgroups_rank(t, 1));
    assert_int_equal(cgroups_rank(t, 1), cgroups_rank(t, 3));
    assert_int_equal(cgroups_rank(t, 9), 0);
    cgroups_unref(t);
}

/* A record of TIME_WAIT, which the kernel tells no group of, keeps that of its socket; so do rows
 * that are missing and closed. */
static void timewait_keeps_the_group_of_its_socket(void **state)
{
    struct run r = run_start(10);

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct sample *s = run_fresh(&r, 0);
        if (r.prev)
            cgroups_keep(&builder_of(s)->cgroup_ids, r.prev->cgroups, r.prev->conn,
                         sample_rows(r.prev));
        uint32_t number = cgroups_number(&builder_of(s)->cgroup_ids, 77);
        if (i < 3)
            model_add(s, 1, i ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED)->cgroup =
                i ? 0 : number & CGROUP_MASK;
        run_join(&r);
        s->cgroups = table_of(&builder_of(s)->cgroup_ids);
        assert_int_equal(sample_rows(s), 1);
        assert_int_equal(sample_row_kind(s, 0), i < 3   ? ROW_LIVE
                                                : i < 4 ? ROW_MISSING
                                                        : ROW_CLOSED);
        assert_string_equal(sample_cgroup(s, 0), "77");
        assert_int_equal(conn_is_let_go(&s->conn[0]), i > 0);
    }
    run_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stay),
        cmocka_unit_test(there_are_no_more_than_fit),
        cmocka_unit_test(what_is_not_used_makes_room),
        cmocka_unit_test(halves_agree),
        cmocka_unit_test(ranks_are_by_name),
        cmocka_unit_test(timewait_keeps_the_group_of_its_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
