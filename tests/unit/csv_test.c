/* SPDX-License-Identifier: MIT */
/* CSV: ids as head, raw values, empty for unknown, RFC 4180 quotes; the summary is a table over
 * time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/capture.h"
#include "lib/sample.h"

static struct sample *s;
static uint32_t indices[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static struct rows rows = {.row = indices};

static int set_up(void **state)
{
    (void)state;
    s = sample_make(NULL);
    return s ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sample_unref(s);
    return 0;
}

static const char *printed(const enum column_id *ids, size_t n, bool head, bool summary)
{
    sample_count(s);
    rows.n = sample_rows(s);
    const struct print print = {.format = FORMAT_CSV,
                                .sample = s,
                                .rows = &rows,
                                .columns = ids,
                                .n_columns = n,
                                .head = head,
                                .summary = summary,
                                .sample_number = 2};
    print_sample(capture_begin(), &print);
    return capture_end();
}

static void values(void **state)
{
    (void)state;
    static const enum column_id ids[] = {COL_LOCAL_ADDR, COL_LOCAL, COL_LOCAL_PORT, COL_STATE,
                                         COL_COOKIE,     COL_UID,   COL_NETNS,      COL_EXPIRES_MS};
    sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
    sample_row(s, "[::1]:3000", "[::1]:9", TCP_STATE_TIME_WAIT)->flags =
        CONN_NO_COOKIE | CONN_NO_OWNER;
    assert_string_equal(printed(ids, 8, true, false),
                        "local_addr,local_port,state,cookie,uid,netns,expires_ms\n"
                        "10.0.0.1,80,ESTABLISHED,1,7,,\n"
                        "::1,3000,TIME_WAIT,,,,\n");
    assert_string_equal(printed(ids, 3, false, false), "10.0.0.1,80\n::1,3000\n");
}

static void quoted(void **state)
{
    (void)state;
    static const enum column_id ids[] = {COL_NETNS, COL_LOCAL_PORT};
    sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
    strcpy(s->netns, "a,\"b\"\n");
    assert_string_equal(printed(ids, 2, false, false), "\"a,\"\"b\"\"\n\",80\n");
    memset(s->netns, '"', sizeof(s->netns) - 1);
    assert_int_equal(strlen(printed(ids, 1, false, false)), 2 * 63 + 3);
}

/* What a spreadsheet would run. */
static void no_formula(void **state)
{
    (void)state;
    static const enum column_id ids[] = {COL_NETNS, COL_LOCAL_PORT};
    static const char *const texts[][2] = {
        {"=1+1", "'=1+1,80\n"},         {"+1", "'+1,80\n"},         {"-bash", "'-bash,80\n"},
        {"@sum(1)", "'@sum(1),80\n"},   {"\tx", "'\tx,80\n"},       {"a=b", "a=b,80\n"},
        {"=a,b", "\"'=a,b\",80\n"},     {"\r=x", "\"'\r=x\",80\n"}, {"＝1+1", "'＝1+1,80\n"},
        {"＠sum(1)", "'＠sum(1),80\n"},
    };
    sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        strcpy(s->netns, texts[i][0]);
        assert_string_equal(printed(ids, 2, false, false), texts[i][1]);
    }
}

static void summary(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_LISTEN);
    s->wall_ns = INT64_C(1795356202) * 1000000000;
    assert_string_equal(
        printed(NULL, 0, true, true),
        "sample,time,complete,total,LISTEN,SYN_SENT,SYN_RECV,ESTABLISHED,CLOSE_WAIT,"
        "LAST_ACK,FIN_WAIT1,FIN_WAIT2,CLOSING,TIME_WAIT,CLOSE,BOUND_INACTIVE\n"
        "2,2026-11-22T14:03:22.000Z,true,1,1,0,0,0,0,0,0,0,0,0,,\n");
    s->status = SAMPLE_FAILED;
    s->wall_ns = 0;
    assert_string_equal(printed(NULL, 0, false, true), "2,,false,,,,,,,,,,,,,\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quoted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_formula, set_up, tear_down),
        cmocka_unit_test_setup_teardown(summary, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
