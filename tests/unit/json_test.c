/* SPDX-License-Identifier: MIT */
/* jansson accepts every line; values are raw, unknown ones absent, hostile names harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "lib/capture.h"
#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/model/predicate.h"
#include "tcptop/text/text.h"

static struct sample *s;
static struct rows rows;
static enum column_id all[COL_COUNT];
static struct print print;

static int set_up(void **state)
{
    (void)state;
    s = sample_make(NULL);
    for (enum column_id id = 0; id < COL_COUNT; id++) {
        all[id] = id;
    }
    s->wall_ns = INT64_C(1795356202) * 1000000000;
    rows = (struct rows){0};
    print = (struct print){.format = FORMAT_JSON,
                           .sample = s,
                           .rows = &rows,
                           .columns = all,
                           .n_columns = COL_COUNT,
                           .sample_number = 3};
    return s ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rows_fini(&rows);
    sample_unref(s);
    return 0;
}

/* Print and parse: an array of the lines' objects. */
static json_t *printed(void)
{
    const struct sort sort = {.column = COL_LOCAL_PORT, .descending = false};
    sample_count(s);
    assert_int_equal(rows_build(&rows, s, print.filter, &sort, 0), 0);
    print_sample(capture_begin(), &print);
    json_t *lines = json_array();
    for (const char *line = capture_end(); *line; line = strchr(line, '\n') + 1) {
        json_error_t error;
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
        if (!object || !strchr(line, '\n') || error.position > (int)strcspn(line, "\n")) {
            fail_msg("%s: %s", error.text, line);
        }
        json_array_append_new(lines, object);
    }
    return lines;
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void a_connection(void **state)
{
    (void)state;
    struct conn *c = sample_row(s, "10.0.2.15:443", "[::1]:51422", TCP_STATE_ESTABLISHED);
    c->family = 2; /* AF_INET: the peer as 0.0.0.0 form is not what is tested here */
    memset(c->dst, 0, sizeof(c->dst));
    c->dst[0] = 203;
    c->dst[3] = 77;
    c->rqueue = 12;
    c->timer = TIMER_RETRANSMIT;
    c->expires_ms = 212;
    c->cookie = 0xdeadbeef01;
    json_t *lines = printed();
    assert_int_equal(json_array_size(lines), 2);
    const json_t *o = json_array_get(lines, 0);
    assert_string_equal(string_of(o, "type"), "connection");
    assert_int_equal(number_of(o, "sample"), 3);
    assert_string_equal(string_of(o, "proto"), "tcp");
    assert_string_equal(string_of(o, "local_addr"), "10.0.2.15");
    assert_int_equal(number_of(o, "local_port"), 443);
    assert_string_equal(string_of(o, "remote_addr"), "203.0.0.77");
    assert_int_equal(number_of(o, "remote_port"), 51422);
    assert_string_equal(string_of(o, "state"), "ESTABLISHED");
    assert_string_equal(string_of(o, "timer"), "on");
    assert_int_equal(number_of(o, "expires_ms"), 212);
    assert_int_equal(number_of(o, "recv_q"), 12);
    assert_int_equal(number_of(o, "uid"), 7);
    assert_string_equal(string_of(o, "cookie"), "deadbeef01");
    /* what was not sampled and what is only for the screen is not there */
    assert_null(json_object_get(o, "rtt_us"));
    assert_null(json_object_get(o, "netns"));
    assert_null(json_object_get(o, "local"));
    assert_null(json_object_get(o, "left"));
    json_decref(lines);
}

static void unknown_is_absent(void **state)
{
    (void)state;
    struct conn *c = sample_row(s, "[::]:80", "[::]:0", TCP_STATE_LISTEN);
    c->flags = CONN_NO_COOKIE | CONN_NO_OWNER | CONN_NO_BACKLOG;
    json_t *lines = printed();
    const json_t *o = json_array_get(lines, 0);
    assert_string_equal(string_of(o, "local_addr"), "::");
    assert_int_equal(number_of(o, "remote_port"), 0);
    static const char *const absent[] = {"cookie", "uid",        "inode",
                                         "send_q", "expires_ms", "ifindex"};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_null(json_object_get(o, absent[i]));
    }
    json_decref(lines);
}

static void huge_numbers(void **state)
{
    (void)state;
    s->needs = NEED_TCP_INFO;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    struct tcp_metrics metrics = {0};
    for (int i = 0; i < TCP_METRIC_COUNT; i++) {
        figure_set(&metrics, (enum tcp_metric)i, INT64_MAX);
    }
    s->metrics = &metrics;
    s->conn[0].rqueue = UINT32_MAX;
    json_t *lines = printed();
    s->metrics = NULL;
    const json_t *o = json_array_get(lines, 0);
    assert_true(number_of(o, "bytes_acked") == INT64_MAX);
    assert_true(number_of(o, "recv_q") == UINT32_MAX);
    json_decref(lines);
}

/* Numbers that only a forged recording holds: jansson refuses a line with one. */
static void numbers_beyond_readers(void **state)
{
    (void)state;
    s->needs = NEED_TCP_INFO;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    struct tcp_metrics metrics = {0};
    for (int i = 0; i < TCP_METRIC_COUNT; i++) {
        figure_set(&metrics, (enum tcp_metric)i, UINT64_MAX - 1);
    }
    s->metrics = &metrics;
    json_t *lines = printed();
    s->metrics = NULL;
    const json_t *o = json_array_get(lines, 0);
    assert_null(json_object_get(o, "bytes_acked"));
    assert_int_equal(number_of(o, "local_port"), 1);
    json_decref(lines);
}

/* Whatever language the screen has. */
static void the_reason_is_english(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    s->rejected = 1234;
    sample_set_rejected(s);
    text_use(LANG_KO);
    json_t *lines = printed();
    text_use(LANG_EN);
    assert_string_equal(string_of(json_array_get(lines, 1), "reason"),
                        "1,234 damaged records left out");
    json_decref(lines);
}

static void hostile_names(void **state)
{
    (void)state;
    static const char name[] = "a\"b\\c\n\x01\x1f/é한\x7f\xef\xbf\xbd";
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    memcpy(s->netns, name, sizeof(name));
    memcpy(s->host.name, name, sizeof(name));
    sample_say(s, name);
    json_t *lines = printed();
    const json_t *summary = json_array_get(lines, 1);
    assert_string_equal(string_of(json_array_get(lines, 0), "netns"), name);
    assert_string_equal(string_of(summary, "netns"), name);
    assert_string_equal(string_of(summary, "host"), name);
    assert_string_equal(string_of(summary, "reason"), reason_words(&s->reason));
    json_decref(lines);
}

static void the_longest_value_fits(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    memset(s->netns, '\x01', sizeof(s->netns) - 1);
    for (int i = 0; i < 300; i++) { /* so that values meet the end of the buffer everywhere */
        sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    }
    json_t *lines = printed();
    assert_int_equal(json_array_size(lines), 302);
    assert_int_equal(strlen(string_of(json_array_get(lines, 300), "netns")), sizeof(s->netns) - 1);
    json_decref(lines);
}

static void string_escapes(void **state)
{
    (void)state;
    json_print_string(capture_begin(), "\x1b\"\\\t한");
    assert_string_equal(capture_end(), "\"\\u001b\\\"\\\\\\u0009한\"");
}

static void summary(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:1", "10.0.0.2:3", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:1", "10.0.0.2:4", TCP_STATE_SYN_RECV);
    strcpy(s->host.name, "web-01");
    print.summary = true;
    json_t *lines = printed();
    assert_int_equal(json_array_size(lines), 1);
    const json_t *o = json_array_get(lines, 0), *states = json_object_get(o, "states");
    assert_string_equal(string_of(o, "type"), "summary");
    assert_int_equal(number_of(o, "total"), 3);
    assert_int_equal(number_of(states, "TIME_WAIT"), 2);
    assert_int_equal(number_of(states, "SYN_RECV"), 1);
    assert_int_equal(number_of(states, "LISTEN"), 0);
    assert_null(json_object_get(states, "CLOSE")); /* the kernel does not list them */
    assert_null(json_object_get(states, "BOUND_INACTIVE"));
    assert_int_equal(json_object_size(states), 10);
    assert_true(json_is_true(json_object_get(o, "complete")));
    assert_null(json_object_get(o, "reason"));
    assert_string_equal(string_of(o, "time"), "2026-11-22T14:03:22.000Z");
    assert_string_equal(string_of(o, "host"), "web-01");
    assert_string_equal(string_of(o, "version"), TCPTOP_VERSION);
    json_decref(lines);
}

static void bound_sockets_when_asked(void **state)
{
    (void)state;
    s->needs = NEED_BOUND;
    sample_row(s, "10.0.0.1:1", "0.0.0.0:0", TCP_STATE_CLOSE)->flags = CONN_BOUND;
    json_t *lines = printed();
    const json_t *states = json_object_get(json_array_get(lines, 1), "states");
    assert_int_equal(number_of(states, "BOUND_INACTIVE"), 1);
    assert_null(json_object_get(states, "CLOSE"));
    json_decref(lines);
}

static void partial_and_failed(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_TIME_WAIT);
    s->status = SAMPLE_PARTIAL;
    sample_say(s, "interrupted");
    json_t *lines = printed();
    const json_t *o = json_array_get(lines, 1);
    assert_true(json_is_false(json_object_get(o, "complete")));
    assert_string_equal(string_of(o, "reason"), "interrupted");
    assert_int_equal(number_of(o, "total"), 1);
    json_decref(lines);

    s->status = SAMPLE_FAILED;
    s->n_live = 0;
    s->wall_ns = 0;
    lines = printed();
    o = json_array_get(lines, 0);
    assert_true(json_is_false(json_object_get(o, "complete")));
    assert_null(json_object_get(o, "total")); /* nothing was counted: not 0 */
    assert_null(json_object_get(o, "states"));
    assert_null(json_object_get(o, "time"));
    json_decref(lines);
}

/* Counts are of what passes the filter, also where --limit cut the rows. */
static void counts_follow_the_filter(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        sample_row(s, "10.0.0.1:1", "10.0.0.2:2", i < 3 ? TCP_STATE_TIME_WAIT : TCP_STATE_LISTEN);
    }
    s->needs = NEED_BOUND;
    sample_row(s, "10.0.0.1:1", "0.0.0.0:0", TCP_STATE_CLOSE)->flags = CONN_BOUND;
    struct predicate filter = {0};
    const struct filter_term term = {.kind = TERM_STATE,
                                     .states = STATE_BIT(TCP_STATE_TIME_WAIT) |
                                               STATE_BIT(TCP_STATE_BOUND_INACTIVE) |
                                               STATE_BIT(TCP_STATE_CLOSE)};
    assert_int_equal(predicate_term(&filter, &term), 0);
    print.filter = &filter;
    json_t *lines = printed();
    rows.n = 1;
    print_sample(capture_begin(), &print);
    assert_non_null(strstr(capture_end(), "\"total\":4,"));
    const json_t *o = json_array_get(lines, 4), *states = json_object_get(o, "states");
    assert_int_equal(json_array_size(lines), 5);
    assert_int_equal(number_of(o, "total"), 4);
    assert_int_equal(number_of(states, "LISTEN"), 0);
    assert_int_equal(number_of(states, "TIME_WAIT"), 3);
    assert_int_equal(number_of(states, "BOUND_INACTIVE"), 1);
    assert_null(json_object_get(states, "CLOSE"));
    json_decref(lines);
    predicate_fini(&filter);
}

static void only_live_rows(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    }
    sample_mark_rows(s, 2, 3);
    json_t *lines = printed();
    assert_int_equal(json_array_size(lines), 3);
    assert_int_equal(number_of(json_array_get(lines, 2), "total"), 2);
    json_decref(lines);
}

/* Closed rows come with their last figures, whatever columns were asked for. */
static void closed_ones_where_asked(void **state)
{
    (void)state;
    static const enum column_id few[] = {COL_LOCAL_PORT, COL_RECV_Q, COL_RTT};
    struct tcp_metrics figures = {.valid = 1u << METRICS_bytes_received |
                                           1u << METRICS_bytes_acked | 1u << METRICS_rtt_us |
                                           1u << METRICS_min_rtt_us | 1u << METRICS_cwnd_segs,
                                  .bytes_received = 301,
                                  .bytes_acked = 302,
                                  .rtt_us = 77,
                                  .min_rtt_us = 70,
                                  .cwnd_segs = 10};
    print.columns = few;
    print.n_columns = 3;
    sample_row(s, "10.0.0.1:1", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    struct conn known = *sample_row(s, "10.0.0.1:5", "10.0.0.2:2", TCP_STATE_CLOSE_WAIT);
    sample_drop_last(builder_of(s));
    struct conn unseen = known;
    unseen.flags = CONN_UNSEEN | CONN_NO_OWNER;
    unseen.sport = 6;
    assert_int_equal(sample_reserve(builder_of(s), 3), 0);
    sample_add_closed(builder_of(s), &known, (struct row_times){1, 2}, NULL);
    sample_add_closed(builder_of(s), &unseen, (struct row_times){2, 2}, &figures);
    json_t *lines = printed();
    assert_int_equal(json_array_size(lines), 2); /* nobody asked */
    json_decref(lines);
    print.close_stats = true;
    lines = printed();
    assert_int_equal(json_array_size(lines), 4);
    const json_t *o = json_array_get(lines, 1);
    assert_string_equal(string_of(o, "type"), "closed");
    assert_int_equal(number_of(o, "sample"), 3);
    assert_int_equal(number_of(o, "local_port"), 5);
    assert_int_equal(number_of(o, "recv_q"), 0);
    assert_null(json_object_get(o, "unseen"));
    assert_null(json_object_get(o, "bytes_received"));
    o = json_array_get(lines, 2);
    assert_true(json_is_true(json_object_get(o, "unseen")));
    assert_int_equal(number_of(o, "local_port"), 6);
    assert_null(json_object_get(o, "recv_q")); /* no sample had it */
    assert_int_equal(number_of(o, "rtt_us"), 77);
    assert_int_equal(number_of(o, "bytes_received"), 301);
    assert_int_equal(number_of(o, "bytes_acked"), 302);
    assert_int_equal(number_of(o, "min_rtt_us"), 70);
    assert_null(json_object_get(o, "retr_permille"));                      /* not known */
    assert_null(json_object_get(o, "cwnd_segs"));                          /* not asked for */
    assert_null(json_object_get(json_array_get(lines, 3), "died_unseen")); /* nobody told */
    json_decref(lines);
}

static void close_stats_in_the_summary(void **state)
{
    (void)state;
    print.close_stats = print.summary = s->close_events_known = true;
    s->close_stats = (struct close_stats){.ended = 9,
                                          .closed = 7,
                                          .unseen = 5,
                                          .unseen_acked = UINT64_C(5000000000),
                                          .unseen_received = 11,
                                          .lost = 3};
    json_t *lines = printed();
    const json_t *o = json_array_get(lines, 0);
    assert_int_equal(json_array_size(lines), 1);
    assert_int_equal(number_of(o, "closed"), 7);
    assert_int_equal(number_of(o, "died_unseen"), 5);
    assert_int_equal(number_of(o, "died_unseen_bytes_acked"), 5000000000);
    assert_int_equal(number_of(o, "died_unseen_bytes_received"), 11);
    assert_int_equal(number_of(o, "events_lost"), 3);
    json_decref(lines);
    s->close_stats.lost_vaguely = true; /* a kernel that does not say how many */
    lines = printed();
    assert_null(json_object_get(json_array_get(lines, 0), "events_lost"));
    assert_int_equal(number_of(json_array_get(lines, 0), "events_lost_at_least"), 3);
    json_decref(lines);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection),
        TEST(unknown_is_absent),
        TEST(huge_numbers),
        TEST(numbers_beyond_readers),
        TEST(the_reason_is_english),
        TEST(hostile_names),
        TEST(the_longest_value_fits),
        TEST(string_escapes),
        TEST(summary),
        TEST(bound_sockets_when_asked),
        TEST(partial_and_failed),
        TEST(counts_follow_the_filter),
        TEST(only_live_rows),
        TEST(closed_ones_where_asked),
        TEST(close_stats_in_the_summary),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
