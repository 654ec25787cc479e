/* SPDX-License-Identifier: MIT */
/* The pane's text as a whole: the two texts that set the tone, line by line in both languages; what
 * a sample that is missing, partial or of a variant changes; the brief form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/hosts.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/explain.h"
#include "tcptop/model/predicate.h"

static const char TIME_WAIT_EN[] = "The end that closed first waits here for 60 s;\n"
                                   "then the entry goes by itself.\n"
                                   "ESTABLISHED─close→FIN_WAIT1─ACK→FIN_WAIT2\n"
                                   "        214               0             3\n"
                                   "       gone←60 s─[TIME_WAIT]←FIN────┘\n"
                                   "                         71\n"
                                   "HERE NOW\n"
                                   "  71 closed first here in the last 60 s, flat\n"
                                   "  58 by a server here: no ephemeral port used\n"
                                   "  13 by clients: 9 of 28,232 ports to one peer\n"
                                   "  NORMAL  The count follows the closing rate.\n"
                                   "WHAT TO DO\n"
                                   "  Nothing. If ephemeral ports run short, reuse\n"
                                   "  connections (keep-alive, pools).\n"
                                   "WHY\n"
                                   "  If the last ACK is lost, the peer repeats\n"
                                   "  its FIN and is answered from here.\n"
                                   "  Late segments cannot reach a new connection\n"
                                   "  between the same addresses and ports.\n"
                                   "UNTIL\n"
                                   "  60 s, fixed in Linux, no sysctl; a repeated\n"
                                   "  FIN restarts it.\n"
                                   "  Sooner: an acceptable new SYN, or connect()\n"
                                   "  here (tcp_tw_reuse = 2: loopback only).\n"
                                   "MYTHS\n"
                                   "  tcp_fin_timeout shortens it: no, FIN_WAIT2.\n"
                                   "  tcp_tw_recycle fixes it: removed in 4.12.\n"
                                   "  A server restart frees them: no owner left.\n"
                                   "  SO_LINGER 0 helps: it sends RST, loses data.\n"
                                   "  It lasts 2MSL: in Linux a constant of 60 s.\n"
                                   "Source: RFC 9293 3.3.2, 3.6.1; RFC 1337; Linux\n"
                                   "TCP_TIMEWAIT_LEN\n";

static const char TIME_WAIT_KO[] = "연결을 먼저 닫은 쪽이 60초 동안 머무는\n"
                                   "상태입니다. 시간이 지나면 저절로 사라집니다.\n"
                                   "ESTABLISHED─close→FIN_WAIT1─ACK→FIN_WAIT2\n"
                                   "         21               0             0\n"
                                   "       소멸←60초─[TIME_WAIT]←FIN────┘\n"
                                   "                         16\n"
                                   "지금 이 호스트\n"
                                   "  최근 60초 안에 먼저 닫은 연결 16개\n"
                                   "  서버가 먼저 닫음: 로컬 포트 3000\n"
                                   "  임시 포트 사용 0개, 남은 시간 12~49초\n"
                                   "  정상  닫은 만큼 생기고 60초 뒤 사라집니다.\n"
                                   "할 일\n"
                                   "  없습니다. 임시 포트가 모자랄 때만 연결\n"
                                   "  재사용(keep-alive, 연결 풀)을 검토합니다.\n"
                                   "이유\n"
                                   "  마지막 ACK가 사라지면 상대가 FIN을 다시\n"
                                   "  보내고, 여기서 다시 답합니다.\n"
                                   "  늦게 온 옛 세그먼트가 주소와 포트가 같은 새\n"
                                   "  연결에 섞이지 않게 합니다.\n"
                                   "유지 시간\n"
                                   "  리눅스는 60초 고정, 바꾸는 sysctl 없음.\n"
                                   "  FIN이 다시 오면 60초를 새로 셉니다.\n"
                                   "  더 일찍 끝나는 경우: 상대의 유효한 새 SYN,\n"
                                   "  connect() 재사용(tcp_tw_reuse = 2: 루프백만)\n"
                                   "흔한 오해\n"
                                   "  tcp_fin_timeout으로 줄인다: FIN_WAIT2용\n"
                                   "  tcp_tw_recycle을 켠다: 리눅스 4.12에서 삭제\n"
                                   "  서버를 재시작한다: 이미 주인이 없는 소켓\n"
                                   "  SO_LINGER 0을 쓴다: RST로 데이터를 잃음\n"
                                   "  2MSL 동안 남는다: 리눅스는 상수 60초\n"
                                   "근거: RFC 9293 3.3.2, 3.6.1; RFC 1337; Linux\n"
                                   "TCP_TIMEWAIT_LEN\n";

static const char CLOSE_WAIT_EN[] = "The peer has closed; this end waits for its\n"
                                    "own process to close. The kernel never ends\n"
                                    "this state by itself.\n"
                                    "ESTABLISHED─FIN→[CLOSE_WAIT]─close→LAST_ACK\n"
                                    "      2,918             412               1\n"
                                    "HERE NOW\n"
                                    "  412, +1.8/s over the last 60 s\n"
                                    "  371 with Recv-Q 1: FIN not read yet\n"
                                    "  41 with Recv-Q 0: read, but not closed\n"
                                    "  NORMAL  No rule found anything wrong.\n"
                                    "WHAT TO DO\n"
                                    "  Find where the process does not call close()\n"
                                    "  after the peer is done.\n"
                                    "  A restart is a stopgap; no sysctl helps.\n"
                                    "NO LEAK IF\n"
                                    "  A pool keeps ended connections until reuse.\n"
                                    "  A half-close is meant; data still flows out.\n"
                                    "  Inode 0: not accepted yet; accept() is slow.\n"
                                    "WHY\n"
                                    "  FIN ends only the peer's direction. This end\n"
                                    "  may still send, so only the process knows\n"
                                    "  when it is done.\n"
                                    "UNTIL\n"
                                    "  No limit, no kernel timer. Ends by close(),\n"
                                    "  shutdown() or exit of the process, RST,\n"
                                    "  failed keepalive, or ss -K.\n"
                                    "MYTHS\n"
                                    "  Only a reboot clears it: process exit does.\n"
                                    "  tcp_fin_timeout shortens it: no, FIN_WAIT2.\n"
                                    "Source: RFC 9293 3.3.2, Fig. 5; Recv-Q as\n"
                                    "observed on Linux 6.18\n";

static const char CLOSE_WAIT_KO[] = "상대가 먼저 닫았고, 이쪽 프로세스가 닫기를\n"
                                    "기다리는 상태입니다. 커널이 스스로 끝내지\n"
                                    "않습니다.\n"
                                    "ESTABLISHED─FIN→[CLOSE_WAIT]─close→LAST_ACK\n"
                                    "      2,918             412               1\n"
                                    "지금 이 호스트\n"
                                    "  412개, 최근 60초 동안 초당 +1.8개\n"
                                    "  수신 큐 1이 371개: FIN을 아직 읽지 않음\n"
                                    "  수신 큐 0이 41개: 끝까지 읽고 닫지 않음\n"
                                    "  정상  점검 규칙에 걸린 것이 없습니다.\n"
                                    "할 일\n"
                                    "  상대가 닫은 뒤 close()를 부르지 않는 코드를\n"
                                    "  찾습니다.\n"
                                    "  재시작하면 사라지지만 임시방편이며,\n"
                                    "  sysctl로는 줄지 않습니다.\n"
                                    "누수가 아닌 경우\n"
                                    "  끝난 연결을 다음 사용 때까지 두는 연결 풀\n"
                                    "  의도한 반닫기(half-close): 송신은 계속됨\n"
                                    "  inode 0: 아직 accept() 전(accept()가 느림)\n"
                                    "이유\n"
                                    "  FIN은 상대가 보내는 방향만 끝냅니다. 이쪽은\n"
                                    "  더 보낼 수 있으므로 언제 끝낼지는 프로세스만\n"
                                    "  압니다.\n"
                                    "유지 시간\n"
                                    "  제한도 커널 타이머도 없습니다. 프로세스의\n"
                                    "  close(), shutdown(), 종료나 RST, keepalive\n"
                                    "  실패, ss -K로 끝납니다.\n"
                                    "흔한 오해\n"
                                    "  재부팅해야 사라진다: 프로세스 종료로 충분\n"
                                    "  tcp_fin_timeout으로 줄인다: FIN_WAIT2용\n"
                                    "근거: RFC 9293 3.3.2, 그림 5; 수신 큐는\n"
                                    "Linux 6.18에서 확인\n";

/* The lines without roles, blanks at their ends cut. */
static const char *plain(const struct explain_text *t, struct str *out)
{
    str_clear(out);
    for (uint32_t i = 0; i < t->n_lines; i++) {
        for (uint32_t r = 0; r < t->lines[i].count; r++)
            str_add(out, t->runs[t->lines[i].first + r].text);
        while (out->len && out->data[out->len - 1] == ' ')
            str_truncate(out, out->len - 1);
        str_add_char(out, '\n');
    }
    return str_text(out);
}

static void expect_layout(struct sample *s, unsigned state, enum language language, int height,
                          const char *expected)
{
    struct explain_subject subject = {.state = state, .sample = s, .row = UINT32_MAX};
    struct explain_text t;
    struct str out = STR_INIT;

    text_use(language);
    assert_int_equal(explain_layout(&t, &subject, 46, height, true), 0);
    assert_string_equal(plain(&t, &out), expected);
    explain_fini(&t);
    str_fini(&out);
    sample_unref(s);
    text_use(LANG_EN);
}

static void the_tone(void **state)
{
    (void)state;
    expect_layout(host_web01(), TCP_STATE_TIME_WAIT, LANG_EN, 31, TIME_WAIT_EN);
    expect_layout(host_devbox(), TCP_STATE_TIME_WAIT, LANG_KO, 31, TIME_WAIT_KO);
    expect_layout(host_api07(), TCP_STATE_CLOSE_WAIT, LANG_EN, 31, CLOSE_WAIT_EN);
    expect_layout(host_api07(), TCP_STATE_CLOSE_WAIT, LANG_KO, 31, CLOSE_WAIT_KO);
}

static void no_sample(void **state)
{
    (void)state;
    const struct explain_subject subject = {
        .state = TCP_STATE_TIME_WAIT, .sample = NULL, .row = UINT32_MAX};
    struct explain_text t;
    struct str out = STR_INIT;

    assert_int_equal(explain_layout(&t, &subject, 46, 0, true), 0);
    plain(&t, &out);
    assert_null(strstr(str_text(&out), "HERE NOW"));
    assert_null(strstr(str_text(&out), " = "));
    assert_non_null(strstr(str_text(&out), "here (tcp_tw_reuse).")); /* and no meaning of it */
    assert_non_null(strstr(str_text(&out), "\n\nWHAT TO DO\n"));     /* no height: with gaps */
    explain_fini(&t);
    str_fini(&out);
}

/* Gaps exist where the whole then fits, and always where the indent is gone. */
static void gaps(void **state)
{
    (void)state;
    struct sample *s = host_web01();
    const struct explain_subject subject = {
        .state = TCP_STATE_TIME_WAIT, .sample = s, .row = UINT32_MAX};
    static const struct {
        int width, height;
        bool map;
        uint32_t lines;
    } cases[] = {
        {46, 31, true, 32}, {46, 39, true, 39},  {46, 38, true, 32},
        {46, 0, true, 39},  {46, 31, false, 28},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct explain_text t;
        explain_layout(&t, &subject, cases[i].width, cases[i].height, cases[i].map);
        assert_int_equal(t.n_lines, cases[i].lines);
        explain_fini(&t);
    }
    sample_unref(s);
}

static void narrow(void **state)
{
    (void)state;
    struct sample *s = host_web01();
    const struct explain_subject subject = {
        .state = TCP_STATE_TIME_WAIT, .sample = s, .row = UINT32_MAX};
    struct str out = STR_INIT;
    struct explain_text t;

    explain_layout(&t, &subject, 43, 10, true);
    assert_non_null(strstr(plain(&t, &out), "[TIME_WAIT]"));
    explain_fini(&t);
    explain_layout(&t, &subject, 42, 10, true);
    assert_null(strstr(plain(&t, &out), "[TIME_WAIT]"));
    assert_non_null(strstr(str_text(&out), "\n  58 by"));
    assert_null(strstr(str_text(&out), "\n\n"));
    explain_fini(&t);
    explain_layout(&t, &subject, 31, 10, true);
    assert_non_null(strstr(plain(&t, &out), "\n58 by"));
    assert_non_null(strstr(str_text(&out), "\n\nWHAT TO DO\n"));
    explain_fini(&t);
    str_fini(&out);
    sample_unref(s);
}

/* No line is wider than asked, in any state, language, width. */
static void fits(void **state)
{
    (void)state;
    struct sample *s = host_web01();

    for (int l = 0; l < LANG_COUNT; l++)
        for (unsigned st = 1; st <= TCP_STATE_BOUND_INACTIVE; st++)
            for (int width = 24; width <= 100; width++) {
                const struct explain_subject subject = {
                    .state = st, .sample = s, .row = UINT32_MAX};
                struct explain_text t;
                text_use((enum language)l);
                assert_int_equal(explain_layout(&t, &subject, width, 30, true), 0);
                for (uint32_t i = 0; i < t.n_lines; i++) {
                    int w = 0;
                    for (uint32_t r = 0; r < t.lines[i].count; r++)
                        w += utf8_width(t.runs[t.lines[i].first + r].text);
                    assert_in_range(w, 0, width);
                }
                explain_fini(&t);
            }
    text_use(LANG_EN);
    sample_unref(s);
}

/* The role in which `text` appears first. */
static int role_of(const struct explain_text *t, const char *text)
{
    for (uint32_t i = 0; i < t->n_runs; i++)
        if (strcmp(t->runs[i].text, text) == 0)
            return (int)t->runs[i].role;
    return -1;
}

static void roles(void **state)
{
    (void)state;
    struct sample *s = host_web01();
    const struct explain_subject subject = {
        .state = TCP_STATE_TIME_WAIT, .sample = s, .row = UINT32_MAX};
    struct explain_text t;

    explain_layout(&t, &subject, 46, 31, true);
    assert_int_equal(role_of(&t, "HERE NOW"), ROLE_HEAD);
    assert_int_equal(role_of(&t, "NORMAL"), ROLE_OK);
    assert_int_equal(role_of(&t, "28,232"), ROLE_LIVE);
    assert_int_equal(role_of(&t, "214"), ROLE_LIVE); /* in the map */
    assert_int_equal(role_of(&t, "2"), ROLE_LIVE);   /* behind tcp_tw_reuse */
    assert_int_equal(role_of(&t, "TCP_TIMEWAIT_LEN"), ROLE_DIM);
    for (uint32_t i = 0; i < t.n_runs; i++) /* constants are not of this host */
        assert_false(t.runs[i].role == ROLE_LIVE && strstr(t.runs[i].text, "60"));
    explain_fini(&t);
    sample_unref(s);
}

static void expect_brief(struct sample *s, unsigned state, enum language language, int width,
                         const char *expected)
{
    const struct explain_subject subject = {.state = state, .sample = s, .row = UINT32_MAX};
    struct str out = STR_INIT;
    struct explain_text t;

    text_use(language);
    assert_int_equal(explain_brief(&t, &subject, width), 0);
    assert_string_equal(plain(&t, &out), expected);
    explain_fini(&t);
    str_fini(&out);
    sample_unref(s);
    text_use(LANG_EN);
}

/* Set so wide that no sentence is broken. */
static void expect_says(const struct explain_subject *subject, const char *words, bool said)
{
    struct str out = STR_INIT;
    struct explain_text t;

    assert_int_equal(explain_layout(&t, subject, 400, 0, true), 0);
    plain(&t, &out);
    if ((strstr(str_text(&out), words) != NULL) != said)
        fail_msg("%s in:\n%s", said ? words : "should not be there", str_text(&out));
    explain_fini(&t);
    str_fini(&out);
}

/* What the doctor found has the last word: on the state, and on the connections it is about. */
static void by_finding(void **state)
{
    (void)state;
    struct sample *s = host_api07();
    struct findings *found = findings_new(1);
    struct explain_subject subject = {
        .state = TCP_STATE_CLOSE_WAIT, .sample = s, .row = UINT32_MAX};
    uint32_t row = 0;

    assert_non_null(found);
    found->n = found->warnings = 1;
    found->list[0] = (struct finding){
        .rule = RULE_CLOSE_WAIT,
        .severity = SEVERITY_CRITICAL,
        .subject = SUBJECT_PROCESS,
        .valid = 7,
        .value = {301, 409, 60},
        .who = {.pid = 2841, .name = "java"},
        .scope = {.states = STATE_BIT(TCP_STATE_CLOSE_WAIT),
                  .by = SCOPE_DPORT,
                  .ends = {.dport = 1}},
        .marks = STATE_BIT(TCP_STATE_CLOSE_WAIT),
    };
    findings_free(s->findings);
    s->findings = found;
    finding_compile(found);
    expect_says(&subject,
                "PROBLEM  CLOSE_WAIT leak likely: java (2841). 301 of 409 connections in "
                "CLOSE_WAIT for over 60 s, no decrease in three samples.",
                true);
    expect_says(&subject, "Find the missing close(); a restart is a stopgap.", true);
    while (s->conn[row].state != TCP_STATE_CLOSE_WAIT)
        row++;
    subject.row = row; /* no such port */
    expect_says(&subject, "PROBLEM", false);
    expect_says(&subject,
                "NORMAL  Nothing was found about this one. In this state: CLOSE_WAIT leak likely: "
                "java (2841).",
                true);
    s->findings->list[0].scope.ends.dport = s->conn[row].dport;
    predicate_fini(found->rows);
    free(found->rows);
    finding_compile(found);
    expect_says(&subject, "PROBLEM  CLOSE_WAIT leak likely", true);
    subject =
        (struct explain_subject){.state = TCP_STATE_TIME_WAIT, .sample = s, .row = UINT32_MAX};
    expect_says(&subject, "PROBLEM", false);
    found->list[0].severity = SEVERITY_INFO;
    subject.state = TCP_STATE_CLOSE_WAIT;
    expect_says(&subject, "INFO  CLOSE_WAIT leak likely", true);
    found->list[0].marks = 0;
    expect_says(&subject, "NORMAL  No rule found anything wrong.", true);
    found->skip[RULE_CLOSE_WAIT] = SKIP_FIGURES; /* what is not known is not called normal */
    expect_says(&subject, "UNKNOWN  Not looked at: sockets leaked in CLOSE_WAIT (no tcp_info).",
                true);
    expect_says(&subject, "NORMAL", false);
    s->findings = NULL;
    expect_says(&subject, "UNKNOWN  Not looked at: sockets leaked in CLOSE_WAIT, peers", true);
    findings_free(found);
    sample_unref(s);
}

static void brief(void **state)
{
    (void)state;
    expect_brief(host_web01(), TCP_STATE_TIME_WAIT, LANG_EN, 78,
                 "The end that closed first waits here for 60 s; then the entry goes by itself.\n"
                 "NORMAL  71 closed first here in the last 60 s, flat. To do: nothing.\n");
    expect_brief(host_devbox(), TCP_STATE_TIME_WAIT, LANG_KO, 78,
                 "연결을 먼저 닫은 쪽이 60초 동안 머무는 상태입니다.\n"
                 "정상  최근 60초 안에 먼저 닫은 연결 16개. 할 일 없음.\n");
    expect_brief(host_web01(), TCP_STATE_TIME_WAIT, LANG_EN, 58,
                 "NORMAL  71 closed first here in the last 60 s, flat.\n"
                 "To do: nothing.\n");
    expect_brief(host_api07(), TCP_STATE_CLOSE_WAIT, LANG_EN, 78,
                 "The peer has closed; this end waits for its own process to close.\n"
                 "NORMAL  412, +1.8/s over the last 60 s. To do: nothing.\n");
    expect_brief(NULL, TCP_STATE_CLOSE_WAIT, LANG_EN, 78,
                 "The peer has closed; this end waits for its own process to close.\n");
    expect_brief(NULL, TCP_STATE_TIME_WAIT, LANG_EN, 40,
                 "The end that closed first waits here for\n"
                 "60 s; then the entry goes by itself.\n");
}

/* Beside a listener that is full, two lines about another one do not accuse it. */
static void brief_of_another(void **state)
{
    (void)state;
    struct sample *s = host_new();
    struct explain_subject subject = {.state = TCP_STATE_LISTEN, .sample = s, .row = 1};
    struct str out = STR_INIT;
    struct explain_text t;

    host_add(s, 1,
             (struct conn){.state = TCP_STATE_LISTEN, .sport = 5432, .rqueue = 129, .wqueue = 128});
    host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 3000, .wqueue = 128});
    host_finish(s, TCP_STATE_LISTEN, 2);
    findings_free(s->findings);
    s->findings = findings_new(1);
    s->findings->n = 1;
    s->findings->list[0] = (struct finding){
        .rule = RULE_ACCEPT_QUEUE,
        .severity = SEVERITY_WARNING,
        .subject = SUBJECT_LISTENER,
        .scope = {.states = STATE_BIT(TCP_STATE_LISTEN), .by = SCOPE_SPORT, .ends = s->conn[0]},
        .marks = STATE_BIT(TCP_STATE_LISTEN),
    };
    finding_compile(s->findings);
    explain_brief(&t, &subject, 78);
    assert_non_null(
        strstr(plain(&t, &out), "NORMAL  this one: 0 of 128 in the accept queue. To do: nothing."));
    explain_fini(&t);
    subject.row = 0;
    explain_brief(&t, &subject, 78);
    assert_non_null(strstr(plain(&t, &out), "WATCH  Accept queue full: 0.0.0.0:5432."));
    explain_fini(&t);
    str_fini(&out);
    sample_unref(s);
}

/* The selected connection's kind chooses the words, and only in its own state. */
static void variants(void **state)
{
    (void)state;
    struct sample *s = host_new();
    struct str out = STR_INIT;
    struct explain_text t;

    host_add(s, 1, (struct conn){.state = TCP_STATE_FIN_WAIT1, .sport = 443});
    host_add(s, 1, (struct conn){.state = TCP_STATE_FIN_WAIT1, .sport = 443, .inode = 4});
    host_finish(s, TCP_STATE_FIN_WAIT1, 2);
    struct explain_subject subject = {.state = TCP_STATE_FIN_WAIT1, .sample = s, .row = 0};
    explain_layout(&t, &subject, 78, 0, false);
    assert_memory_equal(plain(&t, &out), "The process has let go;", 23);
    explain_fini(&t);
    subject.row = 1;
    explain_layout(&t, &subject, 78, 0, false);
    assert_memory_equal(plain(&t, &out), "This end has closed;", 20);
    explain_fini(&t);
    subject = (struct explain_subject){.state = TCP_STATE_LAST_ACK, .sample = s, .row = 0};
    explain_layout(&t, &subject, 78, 0, false);
    assert_memory_equal(plain(&t, &out), "The peer closed first", 21);
    explain_fini(&t);
    str_fini(&out);
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tone),
        cmocka_unit_test(no_sample),
        cmocka_unit_test(gaps),
        cmocka_unit_test(narrow),
        cmocka_unit_test(fits),
        cmocka_unit_test(roles),
        cmocka_unit_test(by_finding),
        cmocka_unit_test(brief),
        cmocka_unit_test(brief_of_another),
        cmocka_unit_test(variants),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
