/* SPDX-License-Identifier: MIT */
/* Text output: columns line up in both languages, nothing trails, unknown is a dash, colours only
 * when asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/capture.h"
#include "lib/sample.h"

static struct sample *s;
static uint32_t indices[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static struct rows rows = {.row = indices};
static struct theme theme;
static struct print print;
static const enum column_id ids[] = {COL_PROTO, COL_RECV_Q, COL_LOCAL,
                                     COL_STATE, COL_LEFT,   COL_REMOTE};

static int set_up(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    s = sample_make(NULL);
    sample_row(s, "10.0.2.15:443", "203.0.113.77:51422", TCP_STATE_ESTABLISHED)->rqueue = 12345;
    struct conn *c = sample_row(s, "[::1]:3000", "[::1]:63637", TCP_STATE_TIME_WAIT);
    c->timer = TIMER_TIMEWAIT;
    c->expires_ms = 12000;
    sample_row(s, "0.0.0.0:22", "0.0.0.0:0", TCP_STATE_LISTEN);
    sample_count(s);
    rows.n = 3;
    theme_init(&theme, DEPTH_16, BACKGROUND_DARK);
    print = (struct print){.format = FORMAT_TEXT,
                           .sample = s,
                           .rows = &rows,
                           .columns = ids,
                           .n_columns = 6,
                           .head = true,
                           .sample_number = 1,
                           .theme = &theme};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    text_use(LANG_EN);
    sample_unref(s);
    return 0;
}

static const char *printed(void)
{
    print_sample(capture_begin(), &print);
    return capture_end();
}

static void english(void **state)
{
    (void)state;
    assert_string_equal(printed(),
                        "Proto Recv-Q Local Address State       Timer Remote Address\n"
                        "tcp    12345 10.0.2.15:443 ESTABLISHED     – 203.0.113.77:51422\n"
                        "tcp6       0 [::1]:3000    TIME_WAIT    12 s [::1]:63637\n"
                        "tcp        0 0.0.0.0:22    LISTEN          – 0.0.0.0:*\n");
}

static void korean_without_utf8(void **state)
{
    (void)state;
    text_use(LANG_KO);
    print.ascii = true;
    assert_string_equal(printed(),
                        "프로토콜 수신 큐 로컬 주소     상태        타이머 외부 주소\n"
                        "tcp        12345 10.0.2.15:443 ESTABLISHED      - 203.0.113.77:51422\n"
                        "tcp6           0 [::1]:3000    TIME_WAIT     12초 [::1]:63637\n"
                        "tcp            0 0.0.0.0:22    LISTEN           - 0.0.0.0:*\n");
}

/* Where the screen shortens them the digits go on: other programs read this. */
static void large_numbers(void **state)
{
    (void)state;
    static const enum column_id queues[] = {COL_RECV_Q, COL_SEND_Q, COL_BACKLOG};
    print.columns = queues;
    print.n_columns = 3;
    print.head = false;
    rows.n = 1;
    s->conn[0].state = TCP_STATE_LISTEN;
    s->conn[0].rqueue = 123456789;
    s->conn[0].wqueue = 987654321;
    assert_string_equal(printed(), "123456789 987654321 123456789/987654321\n");
}

static void no_head_no_rows(void **state)
{
    (void)state;
    print.head = false;
    rows.n = 1;
    assert_string_equal(printed(),
                        "tcp    12345 10.0.2.15:443 ESTABLISHED     – 203.0.113.77:51422\n");
    rows.n = 0;
    assert_string_equal(printed(), "");
}

/* Cells and gaps longer than what is copied at once. */
static void wide_cells(void **state)
{
    (void)state;
    static const enum column_id wide[] = {COL_NETNS, COL_LOCAL, COL_NETNS};
    for (int i = 0; i < 20; i++) {
        strcat(s->netns, "한");
    }
    char v6[] = "[2001:db8:1111:2222:3333:4444:5555:6666]:51442";
    sample_row(s, v6, v6, TCP_STATE_ESTABLISHED);
    rows.n = 4;
    print.columns = wide;
    print.n_columns = 3;
    print.head = false;
    char expected[2000] = "";
    const char *const local[] = {"10.0.2.15:443", "[::1]:3000", "0.0.0.0:22", v6};
    for (int i = 0; i < 4; i++) {
        size_t len = strlen(expected);
        snprintf(expected + len, sizeof(expected) - len, "%s %-46s %s\n", s->netns, local[i],
                 s->netns);
    }
    assert_string_equal(printed(), expected);
}

static void colors(void **state)
{
    (void)state;
    assert_null(strchr(printed(), '\x1b'));
    print.color = true;
    print.head = false;
    rows.n = 3;
    const char *text = printed();
    assert_non_null(strstr(text, " \x1b[0;2mTIME_WAIT\x1b[0m   "));
    assert_non_null(strstr(text, " \x1b[0;36mLISTEN\x1b[0m      "));
    assert_non_null(strstr(text, " ESTABLISHED    "));
    theme.style[ROLE_ST_DONE] = (struct style){246, 160, STYLE_BOLD | STYLE_REVERSE};
    assert_non_null(strstr(printed(), "\x1b[0;1;7;38;5;246;48;5;160mTIME_WAIT\x1b[0m"));
}

static void summary(void **state)
{
    (void)state;
    print.summary = true;
    strcpy(s->host.name, "web-01");
    s->wall_ns = INT64_C(1795356202) * 1000000000;
    s->count[TCP_STATE_TIME_WAIT] = 18204;
    s->total = 18206;
    static const char states[] = "LISTEN                 1\nSYN_SENT               0\n"
                                 "SYN_RECV               0\nESTABLISHED            1\n"
                                 "CLOSE_WAIT             0\nLAST_ACK               0\n"
                                 "FIN_WAIT1              0\nFIN_WAIT2              0\n"
                                 "CLOSING                0\nTIME_WAIT         18,204\n"
                                 "CLOSE                  –\n";
    char expected[1000] = "web-01  14:03:22\n";
    strcat(expected, states);
    assert_string_equal(printed(), strcat(expected, "total             18,206\n"));
    s->host.name[0] = '\0';
    s->wall_ns = 0;
    assert_memory_equal(printed(), states, sizeof states - 1); /* no line that says nothing */
    s->total = UINT32_MAX;                                     /* wider than its column */
    assert_non_null(strstr(printed(), "\ntotal         4,294,967,295\n"));
    s->total = 18206;
    text_use(LANG_KO);
    s->status = SAMPLE_PARTIAL;
    assert_non_null(strstr(printed(), "\n전체(최소)        18,206\n"));
    s->status = SAMPLE_FAILED;
    assert_non_null(strstr(printed(), "\n전체                   –\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(english),         TEST(korean_without_utf8), TEST(large_numbers),
        TEST(no_head_no_rows), TEST(wide_cells),          TEST(colors),
        TEST(summary),
    };
    return cmocka_run_group_tests_name("print_text", tests, NULL, NULL);
}
