/* SPDX-License-Identifier: MIT */
/* Groups: every column against a naive grouping, the filter term of each group against the rows it
 * passes, orders, the lines that they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/figures.h"
#include "lib/model_build.h"
#include "lib/owned.h"
#include "lib/ports.h"
#include "lib/sample.h"
#include "tcptop/base/str.h"
#include "tcptop/query/filter.h"
#include "tcptop/query/groups.h"

static uint64_t seed = 1;

/* Two of everything, absent values among them. */
static void throw_row(struct sample *s)
{
    char local[64], remote[64];
    static const char *const hosts[] = {"10.0.0.1", "10.0.0.200", "[2001:db8::1]", "[fe80::1]"};
    snprintf(local, sizeof local, "%s:%u", hosts[model_random(&seed, 2)],
             model_random(&seed, 3) * 443);
    snprintf(remote, sizeof remote, "%s:%u", hosts[model_random(&seed, 2)],
             1024 + model_random(&seed, 3));
    if (model_random(&seed, 2)) {
        snprintf(local, sizeof local, "%s:443", hosts[2 + model_random(&seed, 2)]);
        snprintf(remote, sizeof remote, "%s:2000", hosts[2 + model_random(&seed, 2)]);
    }
    struct conn *c = sample_row(s, local, remote, 1 + model_random(&seed, 11));
    c->timer = (uint8_t)model_random(&seed, 6);
    c->expires_ms = model_random(&seed, 3);
    c->rqueue = model_random(&seed, 3);
    c->wqueue = model_random(&seed, 3);
    c->uid = model_random(&seed, 3);
    c->inode = model_random(&seed, 3);
    c->ifindex = c->dst[0] == 0xfe || c->src[0] == 0xfe ? 1 + model_random(&seed, 2) : 0;
    c->retrans = (uint8_t)model_random(&seed, 3);
    c->flags = (uint8_t)(model_random(&seed, 2) ? 0 : model_random(&seed, 8));
    s->times[s->n_live - 1].born_ds = model_random(&seed, 4) * 100;
    struct tcp_metrics *metrics = &s->metrics[s->n_live - 1];
    for (int f = 0; f < TCP_METRIC_COUNT; f++) {
        uint64_t value = model_random(&seed, 4);
        if (model_random(&seed, 2))
            figure_set(metrics, (enum tcp_metric)f, value);
    }
}

static struct sample *random_sample(uint32_t n)
{
    struct sample *s = sample_make(NULL);
    s->needs = NEED_TCP_INFO;
    s->backend = BACKEND_FRAME; /* devices by number */
    s->now_ds = 1000;
    while (s->n_live < n)
        throw_row(s);
    sample_mark_rows(s, n - n / 4 - n / 8, n - n / 8);
    return s;
}

static bool row_has(const struct sample *s, uint32_t row, enum column_id by, const struct value *v)
{
    struct value own;
    columns[by].get(s, row, &own);
    return groups_same_value(&own, v);
}

/* All that a group says, counted anew. */
static void check_group(const struct groups *g, uint32_t i, const struct sample *s,
                        const struct predicate *p)
{
    struct value v;
    uint32_t count = 0, state[TCP_STATE_COUNT] = {0}, oldest = UINT32_MAX, rows = 0;
    uint64_t sum = 0, known = 0;
    groups_value(g, i, &v);
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        struct value q;
        if (!predicate_match(p, s, row) || !row_has(s, row, g->how.by, &v))
            continue;
        rows++;
        if (row >= s->n_live)
            continue;
        count++;
        state[s->conn[row].flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : s->conn[row].state]++;
        oldest = s->times[row].born_ds < oldest ? s->times[row].born_ds : oldest;
        columns[COL_SEND_Q].get(s, row, &q);
        if (q.type == VALUE_NUMBER) {
            sum += q.number;
            known++;
        }
    }
    assert_true(rows > 0);
    assert_int_equal(g->group[i].count, count);
    assert_memory_equal(g->group[i].state, state, sizeof state);
    assert_int_equal(g->group[i].born_ds, count ? oldest : 0);
    assert_true(row_has(s, g->group[i].row, g->how.by, &v));
    assert_int_equal(g->group[i].row<s->n_live, count> 0);
    assert_int_equal(groups_find(g, &v), i);
    uint64_t said;
    assert_int_equal(groups_sum(g, i, 0, &said), known > 0);
    if (known)
        assert_int_equal(said, sum);
}

/* What opens a group passes its rows and no others. */
static void check_term(const struct groups *g, uint32_t i, const struct sample *s)
{
    struct str text = STR_INIT;
    struct predicate p = {0};
    struct filter_error error = {0};
    struct value v;
    groups_value(g, i, &v);
    assert_true(groups_term(g->how.by, &v, &text));
    if (filter_parse(str_text(&text), &p, &error))
        fail_msg("%s: at %zu: %s", str_text(&text), error.at, error.what);
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        if (predicate_match(&p, s, row) != row_has(s, row, g->how.by, &v))
            fail_msg("%s: row %u", str_text(&text), row);
    }
    predicate_fini(&p);
    str_fini(&text);
}

static bool speaks_of_devices(enum column_id id, const struct value *v)
{
    return (id == COL_IFINDEX && v->type == VALUE_NUMBER) || strchr(v->text, '%');
}

static void every_column(const struct sample *s, const struct predicate *p)
{
    for (int id = 0; id < COL_COUNT; id++) {
        struct groups g = {0};
        struct grouping how = {.by = (enum column_id)id,
                               .sum = {COL_SEND_Q},
                               .n_sums = 1,
                               .sort = {GROUP_COUNT, true}};
        uint32_t live = 0, matched = 0, seen = 0;
        if (!columns[id].get)
            continue;
        assert_int_equal(groups_build(&g, s, p, &how, NULL), 0);
        for (uint32_t i = 0; i < g.n; i++) {
            struct value v;
            check_group(&g, i, s, p);
            live += g.group[i].count;
            seen += g.order[i];
            groups_value(&g, i, &v);
            /* a device is one of this host's when it is typed */
            if (!speaks_of_devices(g.how.by, &v))
                check_term(&g, i, s);
        }
        assert_int_equal(seen, g.n ? g.n * (g.n - 1) / 2 : 0);
        for (uint32_t row = 0; row < sample_rows(s); row++)
            matched += predicate_match(p, s, row);
        assert_int_equal(g.matched, matched);
        assert_int_equal(g.matched_live, live);
        groups_fini(&g);
    }
}

static void as_counted_by_hand(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 2, 40, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct sample *s = random_sample(sizes[i]);
        struct predicate p = {0};
        every_column(s, NULL);
        assert_int_equal(filter_parse("lport:443 and not state:es", &p, NULL), 0);
        every_column(s, &p);
        predicate_fini(&p);
        sample_unref(s);
    }
}

static const char *keys(const struct groups *g, const struct sample *s)
{
    static char list[512];
    struct str out = STR_INIT;
    for (uint32_t i = 0; i < g->n; i++) {
        str_add(&out, i ? " " : "");
        groups_format(g, s, g->order[i], &out);
    }
    snprintf(list, sizeof list, "%s", str_text(&out));
    str_fini(&out);
    return list;
}

static const char *ordered(const struct sample *s, enum column_id by, unsigned figure,
                           bool descending)
{
    static char list[512];
    struct groups g = {0};
    struct grouping how = {
        .by = by, .sum = {COL_SEND_Q}, .n_sums = 1, .sort = {(uint8_t)figure, descending}};
    assert_int_equal(groups_build(&g, s, NULL, &how, NULL), 0);
    snprintf(list, sizeof list, "%s", keys(&g, s));
    groups_fini(&g);
    return list;
}

static void orders(void **state)
{
    (void)state;
    struct sample *s = PORTS(1, {443, 3}, {22, 1}, {80, 3}, {3000, 5}, {5000, 1});
    assert_string_equal(ordered(s, COL_LOCAL_PORT, GROUP_COUNT, true), "3000 80 443 22 5000");
    assert_string_equal(ordered(s, COL_LOCAL_PORT, GROUP_COUNT, false), "22 5000 80 443 3000");
    assert_string_equal(ordered(s, COL_LOCAL_PORT, GROUP_KEY, false), "22 80 443 3000 5000");
    assert_string_equal(ordered(s, COL_LOCAL_PORT, GROUP_KEY, true), "5000 3000 443 80 22");
    for (uint32_t row = 0; row < s->n_live; row++) {
        struct conn *c = &s->conn[row];
        c->wqueue = c->sport == 22 ? 900 : c->sport == 80 ? 100 : 0;
        if (c->sport == 443)
            c->flags = CONN_NO_BACKLOG;
    }
    assert_string_equal(ordered(s, COL_LOCAL_PORT, GROUP_SUM, true), "22 80 3000 5000 443");
    assert_string_equal(ordered(s, COL_LOCAL_PORT, GROUP_SUM, false), "3000 5000 80 22 443");
    sample_unref(s);
}

static void values_have_the_order_of_their_column(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    sample_row(s, "[2001:db8::1]:1", "[2001:db8::9]:1", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:1", "10.0.0.20:1", TCP_STATE_LISTEN);
    sample_row(s, "10.0.0.1:2", "10.0.0.3:1", TCP_STATE_CLOSE_WAIT);
    sample_row(s, "9.0.0.1:3", "192.0.2.1:1", TCP_STATE_ESTABLISHED);
    s->conn[0].flags = s->conn[3].flags = CONN_NO_OWNER;
    s->conn[1].uid = 1000;
    assert_string_equal(ordered(s, COL_REMOTE_ADDR, GROUP_KEY, false),
                        "10.0.0.3 10.0.0.20 192.0.2.1 2001:db8::9");
    assert_string_equal(ordered(s, COL_STATE, GROUP_KEY, false),
                        "CLOSE_WAIT ESTABLISHED TIME_WAIT LISTEN");
    assert_string_equal(ordered(s, COL_UID, GROUP_KEY, false), "7 1000 –");
    assert_string_equal(ordered(s, COL_UID, GROUP_KEY, true), "1000 7 –");
    assert_string_equal(ordered(s, COL_UID, GROUP_COUNT, true), "– 7 1000");
    sample_unref(s);
}

static void lines_of_unfolded_groups(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    sample_row(s, "10.0.0.1:80", "10.0.0.9:5", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:22", "10.0.0.9:7", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.9:3", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:22", "10.0.0.9:6", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:22", "10.0.0.9:9", TCP_STATE_TIME_WAIT);
    struct groups g = {0};
    struct rows r = {0};
    struct sort sort = {.column = COL_REMOTE_PORT, .descending = true};
    struct predicate p = {0};
    struct value unfolded[] = {{.type = VALUE_NUMBER, .number = 80},
                               {.type = VALUE_NUMBER, .number = 4},
                               {.type = VALUE_NUMBER, .number = 22}};
    assert_int_equal(filter_parse("not state:tw", &p, NULL), 0);
    assert_int_equal(groups_build(&g, s, NULL, &by_port, NULL), 0);
    assert_int_equal(groups_lines(&r, &g, s, NULL, &sort, 0, NULL, 0), 0);
    uint32_t port_22 = ports_find(&g, 22) | ROW_GROUP, port_80 = ports_find(&g, 80) | ROW_GROUP;
    assert_int_equal(r.n, 2);
    assert_memory_equal(r.row, ((uint32_t[]){port_22, port_80}), 2 * sizeof *r.row);
    assert_int_equal(r.matched, 5);
    assert_int_equal(groups_lines(&r, &g, s, NULL, &sort, 0, unfolded, 3), 0);
    assert_int_equal(r.n, 7);
    assert_memory_equal(r.row, ((uint32_t[]){port_22, 4, 1, 3, port_80, 0, 2}), 7 * sizeof *r.row);
    assert_true(groups_line_is_group(r.row[0]) && !groups_line_is_group(r.row[1]));
    assert_int_equal(groups_build(&g, s, &p, &by_port, NULL), 0);
    assert_int_equal(groups_lines(&r, &g, s, &p, &sort, 0, unfolded, 2), 0);
    port_22 = ports_find(&g, 22) | ROW_GROUP, port_80 = ports_find(&g, 80) | ROW_GROUP;
    assert_int_equal(r.n, 4);
    assert_memory_equal(r.row, ((uint32_t[]){port_22, port_80, 0, 2}), 4 * sizeof *r.row);
    assert_int_equal(rows_position(&r, 2), 3);
    predicate_fini(&p);
    rows_fini(&r);
    groups_fini(&g);
    sample_unref(s);
}

static void terms_of_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *term;
    } list[] = {
        {"blue", "netns=blue"},         {"two words", "netns=\"two words\""},
        {"-", "netns=\"-\""},           {"–", "netns=\"–\""},
        {"a\"b", "netns='a\"b'"},       {"", "netns=\"\""},
        {"네트워크", "netns=네트워크"}, {"a\"'b", NULL},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct sample *s = random_sample(3);
        struct str term = STR_INIT;
        struct predicate p = {0};
        struct value v = {.type = VALUE_TEXT};
        snprintf(v.text, sizeof v.text, "%s", list[i].text);
        assert_int_equal(groups_term(COL_NETNS, &v, &term), list[i].term != NULL);
        if (list[i].term) {
            assert_string_equal(str_text(&term), list[i].term);
            assert_int_equal(filter_parse(str_text(&term), &p, NULL), 0);
            snprintf(s->netns, sizeof s->netns, "%s", list[i].text);
            assert_int_equal(predicate_match(&p, s, 0), list[i].text[0] != '\0');
        }
        predicate_fini(&p);
        str_fini(&term);
        sample_unref(s);
    }
}

/* A peer is one, whether by an IPv4 socket or by an IPv6 one. */
static void mapped_addresses(void **state)
{
    struct sample *s = sample_make(NULL);
    struct groups g = {.n = 0};
    struct str text = STR_INIT;
    struct predicate p = {0};

    (void)state;
    (void)sample_row(s, "10.0.0.1:1", "192.0.2.9:80", TCP_STATE_ESTABLISHED);
    (void)sample_row(s, "[::ffff:10.0.0.1]:2", "[::ffff:192.0.2.9]:80", TCP_STATE_ESTABLISHED);
    (void)sample_row(s, "[::1]:3", "[2001:db8::9]:80", TCP_STATE_ESTABLISHED);
    sample_mark_rows(s, 3, 0);
    for (int i = 0; i < 2; i++) {
        const struct grouping how = {.by = i ? COL_LOCAL_ADDR : COL_REMOTE_ADDR,
                                     .sort = {.figure = GROUP_COUNT, .descending = true}};
        assert_int_equal(groups_build(&g, s, NULL, &how, NULL), 0);
        assert_int_equal(g.n, 2);
        assert_int_equal(g.group[g.order[0]].count, 2);
        str_clear(&text);
        groups_format(&g, s, g.order[0], &text);
        assert_string_equal(str_text(&text), i ? "10.0.0.1" : "192.0.2.9");
    }
    struct value v;
    groups_value(&g, g.order[0], &v);
    str_clear(&text);
    assert_true(groups_term(COL_LOCAL_ADDR, &v, &text));
    assert_int_equal(filter_parse(str_text(&text), &p, NULL), 0);
    assert_true(predicate_match(&p, s, 0) && predicate_match(&p, s, 1));
    assert_false(predicate_match(&p, s, 2));
    predicate_fini(&p);
    str_fini(&text);
    groups_fini(&g);
    sample_unref(s);
}

/* Of netstat on Windows the pid is told and no name: each such process is a group, and rows without
 * any process are another. What opens a group passes its rows alone. */
static void nameless_processes_are_told_apart_by_pid(void **state)
{
    static const char *const nameless[3] = {"", "", ""}, *const nginx[3] = {"nginx", "", ""},
                             *const seven[3] = {"7", "", ""};
    static const struct {
        const char *term;
        unsigned rows; /* bits */
    } list[] = {{"process=7", 1 << 5},
                {"process=nginx", 3 << 3},
                {"pid:7 process:-", 1 << 1},
                {"pid:1040 process:-", 1 << 0 | 1 << 2},
                {"pid:-", 1 << 6}};
    struct owner_lookup *lookup = owner_lookup_new();
    struct sample *s = sample_make(NULL);
    struct groups g = {.n = 0};
    struct value v;

    (void)state;
    assert_non_null(lookup);
    owned_put(lookup, 1040, 0, nameless, (const uint32_t[]){1, 3, 0});
    owned_put(lookup, 7, 0, nameless, (const uint32_t[]){2, 0});
    owned_put(lookup, 9, 0, nginx, (const uint32_t[]){4, 0});
    owned_put(lookup, 10, 0, nginx, (const uint32_t[]){5, 0});
    owned_put(lookup, 11, 0, seven, (const uint32_t[]){6, 0});
    for (uint32_t inode = 1; inode <= 7; inode++)
        sample_row(s, "10.0.0.1:80", "10.0.0.9:5", TCP_STATE_ESTABLISHED)->inode = inode;
    owned_assign(lookup, s);
    const struct grouping how = {.by = COL_PROCESS, .sort = {GROUP_KEY, false}};
    assert_int_equal(groups_build(&g, s, NULL, &how, NULL), 0);
    assert_string_equal(keys(&g, s), "7 nginx 7 1040 –");
    for (uint32_t i = 0; i < g.n; i++) {
        struct str term = STR_INIT;
        struct predicate p = {0};
        groups_value(&g, g.order[i], &v);
        assert_int_equal(groups_find(&g, &v), g.order[i]);
        assert_true(groups_term(COL_PROCESS, &v, &term));
        assert_string_equal(str_text(&term), list[i].term);
        assert_int_equal(filter_parse(str_text(&term), &p, NULL), 0);
        for (uint32_t row = 0; row < s->n_live; row++)
            assert_int_equal(predicate_match(&p, s, row), list[i].rows >> row & 1);
        assert_int_equal(g.group[g.order[i]].count, __builtin_popcount(list[i].rows));
        predicate_fini(&p);
        str_fini(&term);
    }
    assert_string_equal(ordered(s, COL_PROCESS, GROUP_KEY, true), "nginx 7 1040 7 –");
    groups_fini(&g);
    owner_lookup_free(lookup);
    sample_unref(s);
}

/* A group is warned of as its rows are: of one of them a warning holds, which is no note. */
static void a_group_has_the_warnings_of_its_rows(void **state)
{
    (void)state;
    struct filter_error error;
    struct groups g = {.n = 0};
    struct grouping how = {.by = COL_REMOTE_PORT, .sort = {GROUP_KEY, false}};
    struct sample *s = sample_make(NULL);
    sample_row(s, "10.0.0.1:40000", "10.0.0.9:443", TCP_STATE_CLOSE_WAIT);
    sample_row(s, "10.0.0.1:40001", "10.0.0.8:443", TCP_STATE_CLOSE_WAIT);
    sample_row(s, "10.0.0.1:40002", "10.0.0.8:80", TCP_STATE_CLOSE_WAIT);
    sample_row(s, "10.0.0.1:40003", "10.0.0.9:80", TCP_STATE_ESTABLISHED);
    struct findings *f = findings_new(1);
    assert_non_null(f);
    f->n = 1;
    f->list[0] =
        (struct finding){.severity = SEVERITY_WARNING, .marks = STATE_BIT(TCP_STATE_CLOSE_WAIT)};
    f->rows = calloc(1, sizeof *f->rows);
    assert_int_equal(filter_parse("dst:10.0.0.9", &f->rows[0], &error), 0);
    s->findings = f;
    assert_int_equal(groups_build(&g, s, NULL, &how, NULL), 0);
    assert_int_equal(g.n, 2);
    assert_int_equal(g.group[g.order[0]].number, 80);
    assert_false(g.group[g.order[0]].warned); /* the one to .9 is in another state */
    assert_true(g.group[g.order[1]].warned);
    f->list[0].severity = SEVERITY_INFO;
    assert_int_equal(groups_build(&g, s, NULL, &how, NULL), 0);
    assert_false(g.group[g.order[1]].warned);
    groups_fini(&g);
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_counted_by_hand),
        cmocka_unit_test(orders),
        cmocka_unit_test(values_have_the_order_of_their_column),
        cmocka_unit_test(lines_of_unfolded_groups),
        cmocka_unit_test(terms_of_texts),
        cmocka_unit_test(mapped_addresses),
        cmocka_unit_test(nameless_processes_are_told_apart_by_pid),
        cmocka_unit_test(a_group_has_the_warnings_of_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
