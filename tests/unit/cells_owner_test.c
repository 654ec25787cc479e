/* SPDX-License-Identifier: MIT */
/* The columns of owners: values, texts, order and filter, for one process, several that share a
 * socket, former ones, and none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/str.h"
#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"
#include "tcptop/query/rows.h"

enum { WEB, SHARED, FORMER, NOBODY, LONG, ROWS }; /* rows by their inodes, 1001 … */

static struct owner_lookup *lookup;
static struct sample *s;
static char long_line[700];

#define TEN "가가가가가가가가가가"

static int set_up(void **state)
{
    (void)state;
    lookup = owner_lookup_new();
    s = sample_make(NULL);
    memset(long_line, 'x', sizeof long_line - 1);
    for (int i = 0; i < ROWS; i++)
        sample_row(s, "10.0.2.15:443", "10.0.5.8:8443", TCP_STATE_ESTABLISHED);
    owned_put(lookup, 1184, 33, (const char *const[]){"nginx", "nginx -g x", "nginx.service"},
              (const uint32_t[]){1001, 1003, 0});
    owned_put(lookup, 800, 0, (const char *const[]){"sshd", "", ""}, (const uint32_t[]){1002, 0});
    owned_put(lookup, 1, 0, (const char *const[]){"systemd", "/sbin/init", "init.scope"},
              (const uint32_t[]){1002, 0});
    owned_put(lookup, 9, 7, (const char *const[]){"java", long_line, "a" TEN TEN TEN},
              (const uint32_t[]){1005, 0});
    s->conn[NOBODY].inode = 0;
    owned_assign(lookup, s);
    s->owner[FORMER] |= OWNER_FORMER;
    s->conn[FORMER].inode = 0;
    user_names_set(lookup->users, 7, "anna");
    user_names_set(lookup->users, 33, "www-data");
    owned_assign(lookup, s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sample_unref(s);
    owner_lookup_free(lookup);
    return 0;
}

static const char *shown(uint32_t row, enum column_id id)
{
    static struct str text;

    str_clear(&text);
    column_format(id, s, row, &text);
    return str_text(&text);
}

static const char *raw(uint32_t row, enum column_id id)
{
    static char text[80];
    struct value v;

    columns[id].get(s, row, &v);
    if (v.type == VALUE_NUMBER)
        snprintf(text, sizeof text, "%llu", (unsigned long long)v.number);
    else
        snprintf(text, sizeof text, "%s", v.type == VALUE_TEXT ? v.text : "absent");
    return text;
}

static void values(void **state)
{
    static const struct {
        uint32_t row;
        enum column_id id;
        const char *raw, *shown;
    } list[] = {
        {WEB, COL_PID, "1184", "1184"},
        {WEB, COL_PIDS, "1184", "1184"},
        {WEB, COL_PROCESS, "nginx", "nginx"},
        {WEB, COL_OWNER, "current", "current"},
        {WEB, COL_CMDLINE, "nginx -g x", "nginx -g x"},
        {WEB, COL_CGROUP, "nginx.service", "nginx.service"},
        {WEB, COL_USER, "anna", "anna"}, /* of the socket, not of the process */
        {SHARED, COL_PID, "1", "1 +1"},
        {SHARED, COL_PIDS, "1,800", "1,800"},
        {SHARED, COL_PROCESS, "systemd", "systemd"},
        {FORMER, COL_PID, "1184", "1184"},
        {FORMER, COL_PROCESS, "nginx", "(nginx)"},
        {FORMER, COL_OWNER, "former", "former"},
        {FORMER, COL_USER, "www-data", "www-data"}, /* the process's */
        {NOBODY, COL_PID, "absent", "–"},
        {NOBODY, COL_PIDS, "absent", "–"},
        {NOBODY, COL_PROCESS, "absent", "–"},
        {NOBODY, COL_OWNER, "waiting", "waiting"}, /* for accept() */
        {NOBODY, COL_CMDLINE, "absent", "–"},
        {NOBODY, COL_CGROUP, "absent", "–"},
        {NOBODY, COL_USER, "absent", "–"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        assert_string_equal(raw(list[i].row, list[i].id), list[i].raw);
        assert_string_equal(shown(list[i].row, list[i].id), list[i].shown);
    }
    assert_string_equal(columns[COL_CMDLINE].whole(s, LONG), long_line);
    assert_string_equal(raw(LONG, COL_CGROUP), "a" TEN TEN); /* no half of a character */
    assert_true(strlen(shown(LONG, COL_CMDLINE)) < 150);
    assert_string_equal(columns[COL_PIDS].whole(s, SHARED), "1,800");
    assert_null(columns[COL_PIDS].whole(s, NOBODY));
}

static const char *fitted(uint32_t row, int width)
{
    static struct str text;

    str_clear(&text);
    column_process_fit(s, row, width, &text);
    return str_text(&text);
}

static void a_cell_has_name_and_pid_where_both_fit(void **state)
{
    (void)state;
    assert_string_equal(fitted(WEB, 10), "nginx 1184");
    assert_string_equal(fitted(WEB, 9), "nginx");
    assert_string_equal(fitted(SHARED, 12), "systemd 1 +1");
    assert_string_equal(fitted(SHARED, 11), "systemd 1");
    assert_string_equal(fitted(SHARED, 8), "systemd");
    assert_string_equal(fitted(FORMER, 30), "(nginx)");
    assert_string_equal(fitted(NOBODY, 30), "–");
}

static uint32_t passing(const char *filter)
{
    struct predicate p = {0};
    uint32_t rows = 0;

    if (filter_parse(filter, &p, NULL))
        fail_msg("'%s' is refused", filter);
    for (uint32_t row = 0; row < ROWS; row++)
        rows |= (uint32_t)predicate_match(&p, s, row) << row;
    predicate_fini(&p);
    return rows;
}

/* Every process that shares the socket counts. */
static void filters_look_at_each(void **state)
{
    (void)state;
    assert_int_equal(passing("process:nginx"), 1 << WEB | 1 << FORMER);
    assert_int_equal(passing("process:sshd"), 1 << SHARED);
    assert_int_equal(passing("process:SYSTEM"), 1 << SHARED);
    assert_int_equal(passing("process=system"), 0);
    assert_int_equal(passing("pid:800"), 1 << SHARED);
    assert_int_equal(passing("pid:1,1184"), 1 << WEB | 1 << SHARED | 1 << FORMER);
    assert_int_equal(passing("pid!=800"), 1 << WEB | 1 << FORMER | 1 << LONG);
    assert_int_equal(passing("not pid:800"), 1 << WEB | 1 << FORMER | 1 << LONG | 1 << NOBODY);
    assert_int_equal(passing("pid:-"), 1 << NOBODY);
    assert_int_equal(passing("pids>1000"), 1 << WEB | 1 << FORMER);
    assert_int_equal(passing("owner:former"), 1 << FORMER);
    assert_int_equal(passing("user:www-data"), 1 << FORMER);
    assert_int_equal(passing("cgroup:nginx"), 1 << WEB | 1 << FORMER);
    assert_int_equal(passing("cmdline:init"), 1 << SHARED);
    assert_int_equal(passing("nginx"), 1 << WEB | 1 << FORMER); /* a bare word */
}

static void names_order_wholly(void **state)
{
    struct rows rows = {0};

    (void)state;
    assert_int_equal(
        rows_build(&rows, s, NULL, &(struct sort){.column = COL_PROCESS, .descending = false}, 0),
        0);
    assert_int_equal(rows.row[0], LONG); /* java, nginx twice, systemd, none */
    assert_int_equal(rows.row[3], SHARED);
    assert_int_equal(rows.row[4], NOBODY);
    assert_int_equal(
        rows_build(&rows, s, NULL, &(struct sort){.column = COL_PROCESS, .descending = true}, 0),
        0);
    assert_int_equal(rows.row[0], SHARED);
    assert_int_equal(rows.row[4], NOBODY);
    assert_int_equal(
        rows_build(&rows, s, NULL, &(struct sort){.column = COL_USER, .descending = true}, 0), 0);
    assert_int_equal(rows.row[0], FORMER); /* www-data, then anna */
    rows_fini(&rows);
}

/* Three rows of groups and no process: one holds, one has let go, one waits in a queue; a process
 * is known of the two rows after them, and nothing of the last one. */
static struct sample *grouped_sample(void)
{
    static const char *const names[] = {"", "nginx.service", "docker 3f2a09c1d2e4",
                                        "docker 3f2a09c1aaaa"};
    struct sample *g = sample_make(NULL);
    struct cgroup_table *t = cgroups_new(4);

    for (uint32_t i = 0; i < 6; i++)
        sample_row(g, "10.0.2.15:443", "10.0.5.8:8443", TCP_STATE_ESTABLISHED)->inode = 5000 + i;
    for (uint32_t i = 1; i < 4; i++) {
        t->cgroup[i] = (struct cgroup){.id = i, .looked_for = true};
        strcpy(t->cgroup[i].name, names[i]);
    }
    g->conn[0].cgroup = 1;
    g->conn[1].cgroup = 2;
    g->conn[1].inode = 0;
    g->conn[1].state = TCP_STATE_TIME_WAIT;
    g->conn[2].cgroup = 3;
    g->conn[2].inode = 0; /* not accepted */
    g->conn[3].cgroup = 1;
    g->conn[3].inode = 1001;
    g->conn[4].inode = 1002;
    g->cgroups = t;
    owned_assign(lookup, g);
    return g;
}

static const char *cell_of(const struct sample *g, uint32_t row, enum column_id id)
{
    static struct str text;

    str_clear(&text);
    column_format(id, g, row, &text);
    return str_text(&text);
}

static const char *owner_of(const struct sample *g, uint32_t row)
{
    static struct value v;

    columns[COL_OWNER].get(g, row, &v);
    return v.type == VALUE_TEXT ? v.text : "absent";
}

/* Where no process is known the service stands in its place; the group that the kernel tells goes
 * before that of the process. */
static void the_group_stands_for_a_hidden_process(void **state)
{
    static const struct {
        const char *process, *owner, *cgroup;
    } expected[] = {
        {"[nginx.service]", "current", "nginx.service"},
        {"([docker 3f2a09c1d2e4])", "former", "docker 3f2a09c1d2e4"},
        {"[docker 3f2a09c1aaaa]", "waiting", "docker 3f2a09c1aaaa"},
        {"nginx", "current", "nginx.service"},
        {"systemd", "current", "init.scope"},
        {"–", "absent", "–"},
    };
    struct sample *g = grouped_sample();
    struct predicate p = {0};
    struct rows rows = {0};

    (void)state;
    for (uint32_t row = 0; row < 6; row++) {
        assert_string_equal(cell_of(g, row, COL_PROCESS), expected[row].process);
        assert_string_equal(cell_of(g, row, COL_CGROUP), expected[row].cgroup);
        assert_string_equal(owner_of(g, row), expected[row].owner);
    }
    assert_int_equal(filter_parse("service:nginx", &p, NULL), 0);
    for (uint32_t row = 0; row < 6; row++)
        assert_int_equal(predicate_match(&p, g, row), row == 0 || row == 3);
    predicate_fini(&p);
    assert_int_equal(filter_parse("docker", &p, NULL), 0); /* a bare word */
    for (uint32_t row = 0; row < 6; row++)
        assert_int_equal(predicate_match(&p, g, row), row == 1 || row == 2);
    predicate_fini(&p);
    assert_int_equal(rows_build(&rows, g, NULL, &(struct sort){.column = COL_CGROUP}, 0), 0);
    assert_int_equal(rows.row[0], 2); /* docker 3f2a09c1aaaa, …d2e4, nginx twice, then init.scope */
    assert_int_equal(rows.row[1], 1);
    assert_int_equal(rows.row[4], 4);
    assert_int_equal(rows.row[5], 5);
    assert_int_equal(rows_build(&rows, g, NULL, &(struct sort){.column = COL_PROCESS}, 0), 0);
    assert_int_equal(rows.row[0], 3); /* nginx, systemd, then what stands for others */
    assert_int_equal(rows.row[1], 4);
    assert_int_equal(rows.row[2], 2);
    assert_int_equal(rows.row[5], 5);
    rows_fini(&rows);
    sample_unref(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(the_group_stands_for_a_hidden_process),
        cmocka_unit_test(a_cell_has_name_and_pid_where_both_fit),
        cmocka_unit_test(filters_look_at_each),
        cmocka_unit_test(names_order_wholly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
