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
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/explain.h"
#include "tcptop/model/predicate.h"

static const char TIME_WAIT_EN[] = "The end that closed first stays here for 60 s;\n"
                                   "then it expires on its own.\n"
                                   "ESTABLISHED─close→FIN_WAIT1─ACK→FIN_WAIT2\n"
                                   "        214               0             3\n"
                                   "       gone←60 s─[TIME_WAIT]←FIN────┘\n"
                                   "                         71\n"
                                   "HERE NOW\n"
                                   "  71 closed first here in the last 60 s\n"
                                   "  58 by a server here: no ephemeral port used\n"
                                   "  13 by clients; 9 of 28,232 ports used to\n"
                                   "  1.0.0.0:8443 (9 in TIME_WAIT)\n"
                                   "  NORMAL  Neither ports nor the table run\n"
                                   "  short; each entry expires by itself.\n"
                                   "WHAT TO DO\n"
                                   "  Nothing. If ephemeral ports run short, reuse\n"
                                   "  connections (keep-alive, pools); on the\n"
                                   "  connecting side tcp_tw_reuse = 1 helps too\n"
                                   "  (connect() only, needs TCP timestamps at\n"
                                   "  both ends).\n"
                                   "  EADDRINUSE after a server restart: the\n"
                                   "  server sets SO_REUSEADDR before bind(), at\n"
                                   "  every start.\n"
                                   "WHY\n"
                                   "  If the last ACK is lost, the peer\n"
                                   "  retransmits its FIN and is answered again.\n"
                                   "  Late segments cannot reach a new connection\n"
                                   "  between the same addresses and ports.\n"
                                   "HOW LONG\n"
                                   "  60 s, fixed in Linux: no sysctl changes it,\n"
                                   "  a repeated FIN restarts it.\n"
                                   "  Sooner: an acceptable new SYN, an RST\n"
                                   "  (tcp_rfc1337; 1 ignores it), or connect()\n"
                                   "  here (tcp_tw_reuse = 2: loopback only).\n"
                                   "  One costs about 256 bytes of kernel memory,\n"
                                   "  no process and no descriptor. A firewall\n"
                                   "  that tracks connections (conntrack) has a\n"
                                   "  TIME_WAIT with a time of its own.\n"
                                   "MYTHS\n"
                                   "  \"Lower tcp_fin_timeout\": FIN_WAIT2 only.\n"
                                   "  \"Turn tcp_tw_recycle on\": removed in 4.12.\n"
                                   "  \"Restart the server\": the kernel keeps them.\n"
                                   "  \"Use SO_LINGER 0\": it sends RST, loses data.\n"
                                   "  \"It lasts 2MSL\": Linux uses a fixed 60 s.\n"
                                   "Source: RFC 9293 3.3.2, 3.6.1; RFC 1337;\n"
                                   "socket(7); Linux TCP_TIMEWAIT_LEN\n"
                                   "Step by step: tcptop --learn TIME_WAIT\n";

static const char TIME_WAIT_KO[] = "연결을 먼저 닫은 쪽이 60초 동안 머무는\n"
                                   "상태입니다. 시간이 지나면 저절로 사라집니다.\n"
                                   "ESTABLISHED─close→FIN_WAIT1─ACK→FIN_WAIT2\n"
                                   "         21               0             0\n"
                                   "       소멸←60초─[TIME_WAIT]←FIN────┘\n"
                                   "                         16\n"
                                   "지금 이 호스트\n"
                                   "  최근 60초 안에 이쪽에서 먼저 닫은 연결 16개\n"
                                   "  서버가 먼저 닫음: 로컬 포트 3000\n"
                                   "  임시 포트 사용 0개, 항목은 12~49초 뒤 사라짐\n"
                                   "  정상  포트와 테이블에 여유가 있고, 60초 뒤\n"
                                   "  저절로 사라집니다.\n"
                                   "할 일\n"
                                   "  없습니다. 임시 포트가 모자랄 때만 연결\n"
                                   "  재사용(keep-alive, 연결 풀)을 검토합니다.\n"
                                   "  클라이언트 쪽이면 tcp_tw_reuse = 1도\n"
                                   "  방법이며, connect()에만 적용되고 양쪽에 TCP\n"
                                   "  타임스탬프가 켜져 있어야 합니다.\n"
                                   "  서버를 재시작할 때 EADDRINUSE가 나면, 서버가\n"
                                   "  bind() 전에 SO_REUSEADDR를 켜도록 고칩니다.\n"
                                   "원리\n"
                                   "  마지막 ACK가 유실되면 상대가 FIN을\n"
                                   "  재전송하고, 여기서 다시 답합니다.\n"
                                   "  늦게 도착한 옛 세그먼트가 주소와 포트가 같은\n"
                                   "  새 연결에 섞이지 않게 합니다.\n"
                                   "유지 시간\n"
                                   "  리눅스는 60초 고정이며, 바꾸는 sysctl이\n"
                                   "  없습니다. FIN이 다시 오면 새로 셉니다.\n"
                                   "  더 일찍 끝나는 경우: 상대의 유효한 새 SYN,\n"
                                   "  RST(tcp_rfc1337, 1이면 무시), connect()\n"
                                   "  재사용(tcp_tw_reuse = 2: 루프백만)\n"
                                   "  항목 하나에 커널 메모리 약 256바이트가 들고,\n"
                                   "  프로세스도 디스크립터도 쓰지 않습니다.\n"
                                   "  연결을 추적하는 방화벽(conntrack)의\n"
                                   "  TIME_WAIT 시간은 이와 별개입니다.\n"
                                   "흔한 오해\n"
                                   "  \"tcp_fin_timeout으로 줄인다\": FIN_WAIT2 전용\n"
                                   "  \"tcp_tw_recycle을 켠다\": 4.12에서 제거됨\n"
                                   "  \"재시작하면 사라진다\": 커널이 60초 유지\n"
                                   "  \"SO_LINGER 0으로 없앤다\": RST로 데이터 유실\n"
                                   "  \"2MSL 동안 남는다\": 리눅스는 60초 고정\n"
                                   "출처: RFC 9293 3.3.2, 3.6.1; RFC 1337;\n"
                                   "socket(7); Linux TCP_TIMEWAIT_LEN\n"
                                   "단계별 실습: tcptop --learn TIME_WAIT\n";

static const char CLOSE_WAIT_EN[] = "The peer has closed; this end waits for its\n"
                                    "own process to close. The kernel sets no\n"
                                    "time limit.\n"
                                    "ESTABLISHED─FIN→[CLOSE_WAIT]─close→LAST_ACK\n"
                                    "      2,918             412               1\n"
                                    "HERE NOW\n"
                                    "  412 sockets, 108 more than 60 s ago\n"
                                    "  371 with Recv-Q 1: FIN not read yet\n"
                                    "  41 with Recv-Q 0: read to the end,\n"
                                    "  not closed\n"
                                    "  NORMAL  Too few or too young to be a leak,\n"
                                    "  by [doctor] in tcptop.ini.\n"
                                    "WHAT TO DO\n"
                                    "  Nothing for a few. If their number grows,\n"
                                    "  find where the process does not call close()\n"
                                    "  after the peer has closed: look at a thread\n"
                                    "  dump and at the settings of its pool.\n"
                                    "  A restart helps only for a while; no sysctl\n"
                                    "  does. If the peer has closed for good, it\n"
                                    "  answers data with RST, and the next write\n"
                                    "  fails (EPIPE).\n"
                                    "HARMLESS IF\n"
                                    "  A pool keeps ended connections until reuse.\n"
                                    "  An intentional half-close that still sends.\n"
                                    "  A row with inode 0 waits for accept():\n"
                                    "  see LISTEN.\n"
                                    "WHY\n"
                                    "  FIN ends only the peer's direction. This end\n"
                                    "  may still send, so only the process knows\n"
                                    "  when it is done.\n"
                                    "HOW LONG\n"
                                    "  No time limit. It ends when the process\n"
                                    "  calls close() or shutdown(SHUT_WR), or\n"
                                    "  exits; also by RST, failed keepalive,\n"
                                    "  retransmission that is given up, or ss -K.\n"
                                    "MYTHS\n"
                                    "  \"Only a reboot helps\": process exit does.\n"
                                    "  \"Lower tcp_fin_timeout\": FIN_WAIT2 only.\n"
                                    "Source: RFC 9293 3.3.2, Fig. 5; Recv-Q as\n"
                                    "observed on Linux 6.18\n"
                                    "Step by step: tcptop --learn CLOSE_WAIT\n";

static const char CLOSE_WAIT_KO[] = "상대가 먼저 닫았고, 이쪽 프로세스가 닫기를\n"
                                    "기다리는 상태입니다. 커널은 시간 제한을\n"
                                    "두지 않습니다.\n"
                                    "ESTABLISHED─FIN→[CLOSE_WAIT]─close→LAST_ACK\n"
                                    "      2,918             412               1\n"
                                    "지금 이 호스트\n"
                                    "  소켓 412개, 60초 전보다 108개 많음\n"
                                    "  수신 큐가 1인 연결 371개: FIN을\n"
                                    "  아직 읽지 않음\n"
                                    "  수신 큐가 0인 연결 41개: 읽었지만 닫지 않음\n"
                                    "  정상  누수로 볼 만큼 많거나 오래되지\n"
                                    "  않았습니다(설정의 close_wait_*).\n"
                                    "할 일\n"
                                    "  몇 개뿐이면 할 일이 없습니다. 늘면 상대가\n"
                                    "  닫은 뒤 close()를 호출하지 않는 코드를\n"
                                    "  찾습니다. 스레드 덤프와 연결 풀\n"
                                    "  설정을 확인합니다.\n"
                                    "  재시작은 임시방편이며, sysctl로는 줄지\n"
                                    "  않습니다. 상대가 완전히 닫았다면 보낸\n"
                                    "  데이터에 RST가 오고, 다음 쓰기는\n"
                                    "  EPIPE로 실패합니다.\n"
                                    "정상인 경우\n"
                                    "  끝난 연결을 다음 사용 때까지 두는 연결 풀\n"
                                    "  의도한 half-close(절반 닫기): 계속 보내는 중\n"
                                    "  inode 0인 행은 accept() 대기 중: LISTEN 참고\n"
                                    "원리\n"
                                    "  FIN은 상대의 송신 방향만 끝냅니다. 이쪽은 더\n"
                                    "  보낼 수 있고 끝낼 때를 아는 것은\n"
                                    "  프로세스뿐입니다.\n"
                                    "유지 시간\n"
                                    "  시간 제한이 없습니다. 프로세스가 close()나\n"
                                    "  shutdown(SHUT_WR)을 호출하거나 종료하면\n"
                                    "  끝나고, RST, keepalive 실패, 재전송 포기,\n"
                                    "  ss -K로도 끝납니다.\n"
                                    "흔한 오해\n"
                                    "  \"재부팅해야 사라진다\": 프로세스 종료로 충분\n"
                                    "  \"tcp_fin_timeout으로 줄인다\": FIN_WAIT2 전용\n"
                                    "출처: RFC 9293 3.3.2, 그림 5; 수신 큐는\n"
                                    "리눅스 6.18에서 확인\n"
                                    "단계별 실습: tcptop --learn CLOSE_WAIT\n";

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
    assert_null(strstr(str_text(&out), "tcp_rfc1337 = "));           /* no value of this host */
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
        {46, 31, true, 46}, {46, 54, true, 54},  {46, 53, true, 46},
        {46, 0, true, 54},  {46, 31, false, 42},
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
                for (int page = 0; page < 2; page++) {
                    assert_int_equal(page ? explain_page(&t, &subject, width)
                                          : explain_layout(&t, &subject, width, 30, true),
                                     0);
                    for (uint32_t i = 0; i < t.n_lines; i++) {
                        int w = 0;
                        for (uint32_t r = 0; r < t.lines[i].count; r++)
                            w += utf8_width(t.runs[t.lines[i].first + r].text);
                        assert_in_range(w, 0, width);
                    }
                    explain_fini(&t);
                }
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
    assert_int_equal(role_of(&t, "socket(7); Linux TCP_TIMEWAIT_LEN"), ROLE_DIM);
    for (uint32_t i = 0; i < t.n_runs; i++) /* constants are not of this host */
        assert_false(t.runs[i].role == ROLE_LIVE && strstr(t.runs[i].text, "60"));
    explain_fini(&t);
    sample_unref(s);
}

/* The page has the paragraphs in the place of WHY and HOW LONG, with a blank line between them; a
 * belief is quoted on a line of its own, and the answer below it begins with "No". */
static void the_page(void **state)
{
    (void)state;
    struct sample *s = host_web01();
    const struct explain_subject subject = {
        .state = TCP_STATE_CLOSING, .sample = s, .row = UINT32_MAX};
    struct explain_text t;
    struct str out = STR_INIT;

    assert_int_equal(explain_page(&t, &subject, 60), 0);
    plain(&t, &out);
    assert_non_null(strstr(str_text(&out), "[CLOSING]"));
    assert_non_null(strstr(str_text(&out), "HERE NOW\n"));
    assert_non_null(strstr(str_text(&out), "\n\nIN DETAIL\n  Both programs closed"));
    assert_non_null(strstr(str_text(&out), "is over.\n\n  Usually one end closes"));
    assert_non_null(strstr(str_text(&out), "\n\nMYTHS\n  \"It arises because an ACK was lost.\"\n"
                                           "    No: it arises because"));
    assert_null(strstr(str_text(&out), "\nWHY\n"));
    assert_null(strstr(str_text(&out), "\nHOW LONG\n"));
    assert_int_equal(role_of(&t, "\"It is an error.\""), ROLE_DIM);
    explain_fini(&t);
    text_use(LANG_KO);
    assert_int_equal(explain_page(&t, &subject, 60), 0);
    assert_non_null(strstr(plain(&t, &out), "\n\n흔한 오해\n  \"ACK가 유실되어 생긴다.\"\n"
                                            "    아닙니다. 양쪽이"));
    explain_fini(&t);
    text_use(LANG_EN);
    str_fini(&out);
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
                "CRITICAL  CLOSE_WAIT leak likely: java (2841). 301 of 409 connections in "
                "CLOSE_WAIT for over 60 s, no decrease in three samples.",
                true);
    expect_says(&subject, "Find the missing close(); a restart helps only for a while.", true);
    text_use(LANG_KO); /* where the name of a call begins the sentence */
    expect_says(&subject, "close() 호출이 빠진 코드를 찾습니다.", true);
    text_use(LANG_EN);
    while (s->conn[row].state != TCP_STATE_CLOSE_WAIT)
        row++;
    subject.row = row; /* no such port */
    expect_says(&subject, "CRITICAL", false);
    expect_says(
        &subject,
        "NORMAL  Nothing was found about this one. Others in this state: CLOSE_WAIT leak likely: "
        "java (2841).",
        true);
    s->findings->list[0].scope.ends.dport = s->conn[row].dport;
    predicate_fini(found->rows);
    free(found->rows);
    finding_compile(found);
    expect_says(&subject, "CRITICAL  CLOSE_WAIT leak likely", true);
    subject =
        (struct explain_subject){.state = TCP_STATE_TIME_WAIT, .sample = s, .row = UINT32_MAX};
    expect_says(&subject, "CRITICAL", false);
    found->list[0].severity = SEVERITY_INFO;
    subject.state = TCP_STATE_CLOSE_WAIT;
    expect_says(&subject, "NOTE  CLOSE_WAIT leak likely", true);
    found->list[0].marks = 0;
    expect_says(&subject, "NORMAL  Too few or too young to be a leak, by [doctor] in tcptop.ini.",
                true);
    found->skip[RULE_CLOSE_WAIT] = SKIP_FIGURES; /* what is not known is not called normal */
    expect_says(
        &subject,
        "UNKNOWN  Not checked: sockets leaked in CLOSE_WAIT (RTT and byte counts are missing).",
        true);
    expect_says(&subject, "NORMAL", false);
    s->findings = NULL;
    expect_says(&subject, "UNKNOWN  Not checked: sockets leaked in CLOSE_WAIT, peers", true);
    findings_free(found);
    sample_unref(s);
}

static void brief(void **state)
{
    (void)state;
    expect_brief(host_web01(), TCP_STATE_TIME_WAIT, LANG_EN, 78,
                 "The end that closed first stays here for 60 s; then it expires on its own.\n"
                 "NORMAL  71 closed first here in the last 60 s. To do: nothing.\n");
    expect_brief(host_devbox(), TCP_STATE_TIME_WAIT, LANG_KO, 78,
                 "연결을 먼저 닫은 쪽이 60초 동안 머무는 상태입니다.\n"
                 "정상  최근 60초 안에 이쪽에서 먼저 닫은 연결 16개. 할 일 없음.\n");
    expect_brief(host_web01(), TCP_STATE_TIME_WAIT, LANG_EN, 58,
                 "NORMAL  71 closed first here in the last 60 s.\n"
                 "To do: nothing.\n");
    expect_brief(host_api07(), TCP_STATE_CLOSE_WAIT, LANG_EN, 78,
                 "The peer has closed; this end waits for its own process to close.\n"
                 "NORMAL  412 sockets, 108 more than 60 s ago. To do: nothing unless they grow.\n");
    expect_brief(NULL, TCP_STATE_CLOSE_WAIT, LANG_EN, 78,
                 "The peer has closed; this end waits for its own process to close.\n");
    expect_brief(NULL, TCP_STATE_TIME_WAIT, LANG_EN, 40,
                 "The end that closed first stays here for\n"
                 "60 s; then it expires on its own.\n");
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
    assert_non_null(strstr(plain(&t, &out), "NORMAL  nothing found about it; others: "));
    assert_null(strstr(str_text(&out), "nothing to do")); /* since others need something */
    explain_fini(&t);
    subject.row = 0;
    explain_brief(&t, &subject, 78);
    assert_non_null(strstr(plain(&t, &out), "WARNING  Accept queue full: 0.0.0.0:5432."));
    explain_fini(&t);
    /* also where it is open whether there is more */
    s->findings->skip[RULE_ACCEPT_STALLED] = SKIP_UNDECIDED;
    subject.row = 1;
    explain_brief(&t, &subject, 78);
    assert_non_null(
        strstr(plain(&t, &out), "UNKNOWN  Others in this state: Accept queue full: 0.0.0.0:5432."));
    explain_fini(&t);
    expect_says(&subject, "suspected; only further samples can tell). Others in this state: Accept",
                true);
    s->findings->skip[RULE_ACCEPT_STALLED] = LOOKED;
    /* what the last look did not find any more is told with the time, and not of others */
    s->wall_ns = 60 * NS_PER_S;
    s->findings->list[0].passing = true;
    s->findings->list[0].seen_ns = s->mono_ns - 2 * NS_PER_S;
    expect_says(&subject, "Accept queue full", false);
    subject.row = 0;
    expect_says(&subject, "WARNING  No longer found, last seen at ", true);
    expect_says(&subject, ":58. Accept queue full: 0.0.0.0:5432. ", true);
    explain_brief(&t, &subject, 78);
    assert_non_null(strstr(plain(&t, &out), "WARNING  No longer found, last seen at "));
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
    assert_memory_equal(plain(&t, &out), "The process has closed it;", 26);
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
        cmocka_unit_test(the_tone),         cmocka_unit_test(no_sample),  cmocka_unit_test(gaps),
        cmocka_unit_test(narrow),           cmocka_unit_test(fits),       cmocka_unit_test(roles),
        cmocka_unit_test(the_page),         cmocka_unit_test(by_finding), cmocka_unit_test(brief),
        cmocka_unit_test(brief_of_another), cmocka_unit_test(variants),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
