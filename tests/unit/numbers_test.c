/* SPDX-License-Identifier: MIT */
/* IN NUMBERS: the table says what was counted, "–" where nothing was, and has the same lines at
 * every sample; in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/hosts.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/explain/breakdown.h"
#include "tcptop/explain/live_value.h"
#include "tcptop/explain/numbers.h"
#include "tcptop/explain/sample_summary.h"
#include "tcptop/explain/typeset.h"

static const unsigned states[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13};
#define STATES (sizeof(states) / sizeof(states[0]))

/* The table with marks dropped, NBSP as blanks, tabs as ": ". */
static void table(char out[4096], const struct sample *s, unsigned state, uint32_t row,
                  bool broken_down)
{
    struct str text = STR_INIT;
    struct breakdown b = {.state = 0};
    struct sample_summary v;
    const struct explain_subject subject = {
        .state = state, .sample = s, .row = row, .summary = &v, .breakdown = &b};
    char *to = out;

    sample_summary_make(&v, s);
    if (broken_down)
        assert_int_equal(breakdown_make(&b, s, &v, state), 0);
    numbers_add(&text, &subject);
    assert_false(str_failed(&text));
    for (const char *from = str_text(&text); *from; from++) {
        if (*from == '\t') {
            *to++ = ':';
            *to++ = ' ';
        } else if (strncmp(from, "\u00a0", 2) == 0) {
            *to++ = ' ';
            from++;
        } else if ((unsigned char)*from >= '\n') {
            *to++ = *from;
        }
    }
    *to = '\0';
    str_fini(&text);
}

static void expect(const struct sample *s, unsigned state, uint32_t row, const char *expected)
{
    char out[4096];

    table(out, s, state, row, true);
    assert_string_equal(out, expected);
}

/* Give the last minute transitions: `n` through each edge of the diagram. */
static void transitions(struct sample *s, uint32_t n)
{
    for (uint32_t i = 0; i < s->history.len; i++)
        for (unsigned transition = 0; transition < TRANSITION_COUNT; transition++)
            s->history.points[i].transitions.seen[transition] = i ? n : 0;
}

static void time_wait(void **unused)
{
    struct sample *s = host_web01();

    (void)unused;
    transitions(s, 60);
    host_sysctl_set(s, SYSCTL_MAX_TW_BUCKETS, 65536);
    s->host.gauge[GAUGE_TW] = 74; /* with the orphans in FIN_WAIT2 */
    s->host.gauge_valid = 1u << GAUGE_TW;
    expect(s, TCP_STATE_TIME_WAIT, UINT32_MAX,
           "Share: 71 of 302 sockets, 24%\n"
           "Trend: little changed over the last 60 s: +1\n"
           "Per second: 2.0 entered, 1.0 left over the last 60 s\n"
           "Time left: all in 58 s\n"
           "Forecast: 2.00 closed/s x 60 s: about 120\n"
           "Ephemeral: 9 of 28,232 from 10.0.2.15 to 1.0.0.0:8443\n"
           "Table: 74 of 65,536, 0.1%, orphans in FIN_WAIT2 included\n"
           "Processes: –\n"
           "Peers: client 0.0.0.0 (58), 1.0.0.0:8443 (9), 2.0.0.0:8443 (4)\n"
           "Ports: local 443 (58), remote 8443 (13)\n"
           "Kernel: tcp_tw_reuse = 2: loopback only, tcp_max_tw_buckets = 65536, "
           "ip_local_port_range = 32768–60999");
    sample_unref(s);

    s = host_devbox();
    transitions(s, 8);
    text_use(LANG_KO);
    expect(s, TCP_STATE_TIME_WAIT, 32,
           "이 연결: 이 상태로 60초 이상\n"
           "비율: 전체 48개 중 16개, 33%\n"
           "추세: 최근 60초 동안 분당 16개 증가\n"
           "초당: 최근 60초 동안 진입 0.3개, 이탈 0.1개\n"
           "남은 시간: 처음 12초, 마지막 49초 뒤\n"
           "예상: 초당 0.27개 종료 x 60초: 약 16개\n"
           "임시 포트: 16,384개 중 TIME_WAIT가 0개 차지\n"
           "테이블: –\n"
           "프로세스: –\n"
           "상대: 0.0.0.0(16개)\n"
           "포트: 로컬 3000(16개)\n"
           "커널 설정: tcp_tw_reuse = 2: 루프백만, ip_local_port_range = 49152–65535");
    text_use(LANG_EN);
    sample_unref(s);
}

static void close_wait(void **unused)
{
    struct sample *s = host_api07();

    (void)unused;
    host_sysctl_set(s, SYSCTL_KEEPALIVE_TIME, 7200);
    expect(s, TCP_STATE_CLOSE_WAIT, UINT32_MAX,
           "Share: 412 of 3,331 sockets, 12%\n"
           "Trend: growing 108/min over the last 60 s\n"
           "Per second: –\n"
           "Age: oldest at least 60 s; 412 older than 10 s, 412 older than 60 s\n"
           "Forecast: at this rate 1,492 in 10 min\n"
           "Recv-Q: no data unread, 371 with only the FIN\n"
           "Send-Q: all data acknowledged\n"
           "Descriptors: –\n"
           "Processes: –\n"
           "Peers: 0.0.0.0:8443 (412)\n"
           "Ports: remote 8443 (412)\n"
           "Kernel: tcp_keepalive_time = 7200");
    sample_unref(s);
}

static void opening(void **unused)
{
    struct sample *s = host_new();
    struct conn c = {.state = TCP_STATE_SYN_SENT,
                     .timer = TIMER_RETRANSMIT,
                     .dst = {203, 0, 113, 9},
                     .dport = 443,
                     .expires_ms = 700,
                     .inode = 1};

    (void)unused;
    host_sysctl_set(s, SYSCTL_SYN_RETRIES, 6);
    host_sysctl_set(s, SYSCTL_SYN_LINEAR_TIMEOUTS, 4);
    host_add(s, 1, c);
    c.retrans = 8;
    host_add(s, 1, c);
    host_finish(s, TCP_STATE_SYN_SENT, 0);
    expect(s, TCP_STATE_SYN_SENT, 0,
           "This one: in this state for at least 60 s, given up in 2 min 10 s\n"
           "Share: 2 of 2 sockets, 100%\n"
           "Trend: growing 2.0/min over the last 60 s\n"
           "Per second: –\n"
           "Age: oldest at least 60 s; 2 older than 10 s, 2 older than 60 s\n"
           "Forecast: first given up in 96 s, last in 2 min 10 s (tcp_syn_retries)\n"
           "Retries: 1 with none, 1 with 6 and more\n"
           "Processes: –\n"
           "Peers: 203.0.113.9:443 (2)\n"
           "Ports: remote 443 (2)\n"
           "Kernel: tcp_syn_retries = 6, tcp_syn_linear_timeouts = 4");
    sample_unref(s);
}

/* What comes and goes between two samples is in the rate where the kernel counts it. */
static void openings(void **unused)
{
    struct sample *s = host_new();
    char out[4096];

    (void)unused;
    s->host.counter[COUNTER_ACTIVE_OPENS] = 17280;
    s->host.counter[COUNTER_PASSIVE_OPENS] = 1020;
    s->host.counter_valid = UINT32_C(1) << COUNTER_ACTIVE_OPENS | UINT32_C(1)
                                                                      << COUNTER_PASSIVE_OPENS;
    host_add(s, 1, (struct conn){.state = TCP_STATE_SYN_SENT, .inode = 1});
    host_add(s, 1, (struct conn){.state = TCP_STATE_SYN_RECV});
    host_finish(s, TCP_STATE_SYN_SENT, 0);
    table(out, s, TCP_STATE_SYN_SENT, UINT32_MAX, true);
    assert_non_null(strstr(out, "Per second: 288 entered over the last 60 s\n"));
    transitions(s, 12);
    table(out, s, TCP_STATE_SYN_SENT, UINT32_MAX, true);
    assert_non_null(strstr(out, "Per second: 288 entered, at least 0.4 left over the last 60 s\n"));
    table(out, s, TCP_STATE_SYN_RECV, UINT32_MAX, true);
    assert_non_null(
        strstr(out, "Per second: at least 17 entered, at least 17 left over the last 60 s\n"));
    text_use(LANG_KO);
    table(out, s, TCP_STATE_SYN_SENT, UINT32_MAX, true);
    assert_non_null(strstr(out, "초당: 최근 60초 동안 진입 288개, 이탈 0.4개 이상\n"));
    text_use(LANG_EN);
    sample_unref(s);
}

/* Whose they are: of an imported row perhaps a PID and no name; for those that wait for accept()
 * there is no process. */
static void whose(void **unused)
{
    static const char *const nameless[] = {"", "", ""};
    struct owner_lookup *lookup = owner_lookup_new();
    struct sample *s = host_new();
    char out[4096];

    (void)unused;
    host_add(s, 1, (struct conn){.state = TCP_STATE_ESTABLISHED, .inode = 11, .sport = 80});
    host_add(s, 1, (struct conn){.state = TCP_STATE_ESTABLISHED, .inode = 12, .sport = 80});
    host_add(s, 3, (struct conn){.state = TCP_STATE_ESTABLISHED, .sport = 80});
    host_finish(s, TCP_STATE_ESTABLISHED, 5);
    owned_put(lookup, 9032, 0, nameless, (const uint32_t[]){11, 0});
    owned_assign(lookup, s);
    table(out, s, TCP_STATE_ESTABLISHED, UINT32_MAX, true);
    assert_non_null(strstr(out, "Processes: PID 9032 (1), 3 not accepted yet, 1 not known\n"));
    text_use(LANG_KO);
    table(out, s, TCP_STATE_ESTABLISHED, UINT32_MAX, true);
    assert_non_null(strstr(out, "프로세스: PID 9032(1개), accept() 전 3개, 알 수 없음 1개\n"));
    text_use(LANG_EN);
    sample_unref(s);
    owner_lookup_free(lookup);
}

/* Ports beside those that are named are counted. */
static void queues(void **unused)
{
    struct sample *s = host_new();
    char out[4096];

    (void)unused;
    for (uint16_t port = 80; port < 85; port++)
        host_add(s, 1,
                 (struct conn){.state = TCP_STATE_LISTEN,
                               .sport = port,
                               .rqueue = port == 84 ? 3 : 0,
                               .wqueue = port == 84 ? 2 : 128,
                               .inode = port});
    host_finish(s, TCP_STATE_LISTEN, 5);
    table(out, s, TCP_STATE_LISTEN, UINT32_MAX, true);
    assert_non_null(strstr(out, "Queues: port 84: 3, limit 2 (full), port 80: 0 of 128, "
                                "port 81: 0 of 128, 2 more\n"));
    sample_unref(s);
}

static unsigned lines_of(const char *text)
{
    unsigned n = *text != '\0';

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* The same labels in every sample, one with rows and one without, broken down or not yet, watched
 * for a minute or only once. */
static void same_lines(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < STATES; i++) {
        struct sample *none = host_new(), *some = host_new();
        char a[4096], b[4096], c[4096];
        some->needs = none->needs = NEED_BOUND;
        host_add(some, 5, (struct conn){.state = (uint8_t)states[i], .inode = 1, .sport = 80});
        if (states[i] == TCP_STATE_BOUND_INACTIVE) {
            for (uint32_t row = 0; row < some->n_live; row++)
                some->conn[row] = (struct conn){
                    .state = TCP_STATE_CLOSE, .family = 2, .flags = CONN_BOUND, .sport = 80};
        }
        host_finish(some, states[i], 0);
        sample_count(none);
        table(a, none, states[i], UINT32_MAX, false);
        table(b, some, states[i], UINT32_MAX, true);
        table(c, some, states[i], UINT32_MAX, false);
        assert_true(lines_of(a) > 0);
        assert_int_equal(lines_of(a), lines_of(b));
        assert_int_equal(lines_of(a), lines_of(c));
        sample_unref(none);
        sample_unref(some);
    }
}

/* Nothing is told where nothing was sampled, or nobody wants a table. */
static void absent(void **unused)
{
    struct sample *s = host_web01();
    struct breakdown b = {.state = 0};
    struct str out = STR_INIT;
    struct explain_subject subject = {.state = TCP_STATE_TIME_WAIT, .sample = s, .row = UINT32_MAX};

    (void)unused;
    numbers_add(&out, &subject);
    subject.breakdown = &b;
    subject.sample = NULL;
    numbers_add(&out, &subject);
    subject.sample = s;
    subject.state = TCP_STATE_BOUND_INACTIVE; /* not asked for */
    numbers_add(&out, &subject);
    subject.state = TCP_STATE_TIME_WAIT;
    s->status = SAMPLE_FAILED;
    numbers_add(&out, &subject);
    assert_int_equal(out.len, 0);
    str_fini(&out);
    sample_unref(s);
}

/* What was watched for less than a second is not called "0 s". */
static void windows(void **unused)
{
    static const struct {
        double seconds;
        const char *words;
    } rows[] = {{0.02, "0.1 s"}, {0.1, "0.1 s"},  {0.5, "0.5 s"}, {0.9996, "1 s"},
                {1.4, "1 s"},    {59.97, "60 s"}, {90, "90 s"}};
    char words[LIVE_SIZE];

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        live_window(words, rows[i].seconds);
        typeset_untie(words);
        assert_string_equal(words, rows[i].words);
    }
}

/* Rows that a brief sample carries are older than its counts, and the table says so. */
static void carried_rows_say_their_age(void **unused)
{
    struct sample *s = host_web01();
    char out[4096];

    (void)unused;
    s->left_out = BRIEF_LEFT_OUT;
    s->n_carried = s->n_live; /* all, for once */
    s->mono_ns = 100 * NS_PER_S;
    s->carried_ns = 92 * NS_PER_S;
    s->count[TCP_STATE_TIME_WAIT] = 80;
    table(out, s, TCP_STATE_TIME_WAIT, UINT32_MAX, true);
    assert_non_null(
        strstr(out, "Rows: 71 listed 8.0 s ago, counted by the kernel since\nShare: 80 of"));
    table(out, s, TCP_STATE_CLOSE_WAIT, UINT32_MAX, true);
    assert_null(strstr(out, "listed"));
    text_use(LANG_KO);
    table(out, s, TCP_STATE_TIME_WAIT, UINT32_MAX, true);
    assert_non_null(strstr(out, "행: 8.0초 전에 나열한 71개, 이후 개수는 커널 카운터\n"));
    text_use(LANG_EN);
    sample_unref(s);
    s = host_devbox();
    s->left_out = BRIEF_LEFT_OUT;
    s->n_carried = s->n_live;
    s->carried_ns = s->mono_ns - 3 * NS_PER_S;
    table(out, s, TCP_STATE_TIME_WAIT, 32, true);
    assert_non_null(strstr(out, "This one: in this state for at least 60 s, seen 3.0 s ago\n"));
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_wait),  cmocka_unit_test(close_wait),
        cmocka_unit_test(opening),    cmocka_unit_test(openings),
        cmocka_unit_test(whose),      cmocka_unit_test(queues),
        cmocka_unit_test(same_lines), cmocka_unit_test(absent),
        cmocka_unit_test(windows),    cmocka_unit_test(carried_rows_say_their_age),
    };
    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
