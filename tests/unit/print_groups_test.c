/* SPDX-License-Identifier: MIT */
/* Groups in text, CSV and JSON: each says the same, jansson takes every line, what is not known is
 * absent, what only fades on the screen is not printed, limits and orders hold. */
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

static struct sample *s;
static struct groups groups;
static struct grouping how;
static struct print print;

/* Ports 443 (three open, one in TIME_WAIT, which has no owner), 22 (listening, one closed). */
static int set_up(void **state)
{
    (void)state;
    s = sample_make(NULL);
    s->needs = NEED_TCP_INFO;
    sample_row(s, "10.0.2.15:443", "192.0.2.1:40001", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.2.15:443", "192.0.2.2:40002", TCP_STATE_ESTABLISHED);
    sample_row(s, "0.0.0.0:22", "0.0.0.0:0", TCP_STATE_LISTEN);
    sample_row(s, "10.0.2.15:443", "192.0.2.2:40003", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.2.15:443", "192.0.2.2:40004", TCP_STATE_TIME_WAIT)->flags = CONN_NO_OWNER;
    sample_row(s, "10.0.2.15:8080", "192.0.2.9:40005", TCP_STATE_ESTABLISHED);
    for (int i = 0; i < 2; i++) {
        figure_set(&s->metrics[i], METRICS_bytes_acked, 1500000);
    }
    sample_mark_rows(s, 5, 5);
    sample_count(s);
    how = (struct grouping){.by = COL_LOCAL_PORT, .sort = {GROUP_COUNT, true}};
    print = (struct print){.sample = s, .groups = &groups, .head = true, .sample_number = 2};
    groups = (struct groups){.n = 0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    groups_fini(&groups);
    sample_unref(s);
    return 0;
}

static const char *printed(enum format format)
{
    assert_int_equal(groups_build(&groups, s, NULL, &how, NULL), 0);
    print.format = format;
    print_sample(capture_begin(), &print);
    return capture_end();
}

static void as_text(void **state)
{
    (void)state;
    assert_string_equal(printed(FORMAT_TEXT), "LPort  Count  LISTEN  ESTABLISHED  TIME_WAIT\n"
                                              "  443      4       0            3          1\n"
                                              "   22      1       1            0          0\n");
    how.by = COL_UID;
    how.sum[how.n_sums++] = COL_BYTES_ACKED;
    assert_string_equal(printed(FORMAT_TEXT),
                        "UID  Count    Acked  LISTEN  ESTABLISHED  TIME_WAIT\n"
                        "  7      4  3.00 MB       1            3          0\n"
                        "  –      1        –       0            0          1\n");
    print.ascii = true;
    print.head = false;
    print.limit = 1;
    how.sort = (struct group_sort){GROUP_COUNT, false};
    assert_string_equal(printed(FORMAT_TEXT), "  -      1      -          1\n");
}

static void text_without_groups_is_its_heads(void **state)
{
    (void)state;
    sample_mark_rows(s, 0, 0);
    assert_string_equal(printed(FORMAT_TEXT), "LPort  Count\n");
}

static void as_csv(void **state)
{
    (void)state;
    assert_string_equal(printed(FORMAT_CSV),
                        "local_port,total,LISTEN,SYN_SENT,SYN_RECV,ESTABLISHED,CLOSE_WAIT,LAST_ACK,"
                        "FIN_WAIT1,FIN_WAIT2,CLOSING,TIME_WAIT,CLOSE,BOUND_INACTIVE\n"
                        "443,4,0,0,0,3,0,0,0,0,0,1,,\n"
                        "22,1,1,0,0,0,0,0,0,0,0,0,,\n");
    how.by = COL_UID;
    how.sum[how.n_sums++] = COL_BYTES_ACKED;
    print.head = false;
    assert_string_equal(printed(FORMAT_CSV), "7,4,1,0,0,3,0,0,0,0,0,0,,,3000000\n"
                                             ",1,0,0,0,0,0,0,0,0,0,1,,,\n");
    strcpy(s->netns, "a,\"b");
    how = (struct grouping){.by = COL_NETNS};
    assert_string_equal(printed(FORMAT_CSV), "\"a,\"\"b\",5,1,0,0,3,0,0,0,0,0,1,,\n");
}

/* The n-th line as jansson reads it. */
static json_t *json_line(const char *text, int n)
{
    json_error_t error;
    while (n-- > 0)
        text = strchr(text, '\n') + 1;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
    if (!object || error.position > (int)strcspn(text, "\n"))
        fail_msg("%s: %s", error.text, text);
    return object;
}

static json_int_t number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void as_json(void **state)
{
    (void)state;
    how.sum[how.n_sums++] = COL_BYTES_ACKED;
    const char *text = printed(FORMAT_JSON);
    json_t *first = json_line(text, 0), *second = json_line(text, 1), *last = json_line(text, 2);
    assert_string_equal(json_string_value(json_object_get(first, "type")), "group");
    assert_int_equal(number(first, "sample"), 2);
    assert_string_equal(json_string_value(json_object_get(first, "by")), "local_port");
    assert_int_equal(number(first, "key"), 443);
    assert_int_equal(number(first, "total"), 4);
    assert_int_equal(number(first, "bytes_acked"), 3000000);
    const json_t *states = json_object_get(first, "states");
    assert_int_equal(number(states, "ESTABLISHED"), 3);
    assert_int_equal(number(states, "TIME_WAIT"), 1);
    assert_int_equal(number(states, "SYN_SENT"), 0);
    assert_null(json_object_get(states, "CLOSE"));
    assert_int_equal(json_object_size(states), 10);
    assert_int_equal(number(second, "key"), 22);
    assert_null(json_object_get(second, "bytes_acked"));
    assert_string_equal(json_string_value(json_object_get(last, "type")), "summary");
    assert_int_equal(number(last, "total"), 5);
    json_decref(first);
    json_decref(second);
    json_decref(last);
}

static void json_of_texts_and_absent_keys(void **state)
{
    (void)state;
    how.by = COL_UID;
    json_t *second = json_line(printed(FORMAT_JSON), 1);
    assert_string_equal(json_string_value(json_object_get(second, "by")), "uid");
    assert_null(json_object_get(second, "key"));
    assert_int_equal(number(second, "total"), 1);
    json_decref(second);
    strcpy(s->netns, "a\"b\\");
    how.by = COL_NETNS;
    json_t *first = json_line(printed(FORMAT_JSON), 0);
    assert_string_equal(json_string_value(json_object_get(first, "key")), "a\"b\\");
    json_decref(first);
}

static void limits(void **state)
{
    (void)state;
    print.limit = 1;
    const char *text = printed(FORMAT_JSON);
    json_t *first = json_line(text, 0), *last = json_line(text, 1);
    assert_int_equal(number(first, "key"), 443);
    assert_string_equal(json_string_value(json_object_get(last, "type")), "summary");
    assert_int_equal(number(last, "total"), 5); /* of all */
    json_decref(first);
    json_decref(last);
    print.summary = true;
    last = json_line(printed(FORMAT_JSON), 0);
    assert_string_equal(json_string_value(json_object_get(last, "type")), "summary");
    json_decref(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_without_groups_is_its_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_csv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_of_texts_and_absent_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
