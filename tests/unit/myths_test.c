/* SPDX-License-Identifier: MIT */
/* What is commonly believed of TCP and false is told as true nowhere: no sentence outside the MYTHS
 * sections says it, in either language, be it of the pane, of a finding or of a lesson.
 *
 * A myth is a sentence that holds one of some words together with others, unless it denies it.
 * Sources: RFC 9293; Linux 6.12; tcp(7); ip-sysctl.rst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "tcptop/explain/state_texts.h"
#include "tcptop/model/state.h"
#include "tcptop/text/text.h"

/* Words of one kind, separated by '|'; "": any sentence. */
static const struct myth {
    const char *name;
    const char *if_any, *and_any, *unless_any;
    const char *example[LANG_COUNT]; /* a sentence that tells it as true */
} myths[] = {
    {"Linux waits 60 s, no multiple of an MSL",
     "MSL",
     "",
     "RFC", /* that one asks for it */
     {"TIME_WAIT lasts for 2MSL.", "TIME_WAIT는 2MSL 동안 유지됩니다."}},
    {"TIME_WAIT is no four minutes here",
     "TIME_WAIT",
     "4^min|4 min|240^s|4분|240초",
     "",
     {"TIME_WAIT goes after 4^min.", "TIME_WAIT는 4분 뒤 사라집니다."}},
    {"tcp_fin_timeout is about orphans in FIN_WAIT2 alone",
     "tcp_fin_timeout",
     "TIME_WAIT|CLOSE_WAIT|FIN_WAIT1|LAST_ACK",
     "without TIME_WAIT|TIME_WAIT 없이",
     {"TIME_WAIT is set by tcp_fin_timeout.", "TIME_WAIT 시간은 tcp_fin_timeout이 정합니다."}},
    {"tcp_tw_recycle is gone since Linux 4.12",
     "tcp_tw_recycle",
     "",
     "",
     {"Set tcp_tw_recycle to 1.", "tcp_tw_recycle을 켭니다."}},
    {"tcp_tw_reuse is about outgoing connections",
     "tw_reuse",
     "accepts|accept more|incoming|server|서버|들어오는|받은",
     "",
     {"tcp_tw_reuse lets a server accept more.", "tcp_tw_reuse는 서버의 포트를 비웁니다."}},
    {"FIN_WAIT2 times out into nothing",
     "FIN_WAIT2|orphan|고아",
     "becomes TIME_WAIT|into TIME_WAIT|then TIME_WAIT|TIME_WAIT가 됩니다|TIME_WAIT로 바뀝니다",
     "its FIN|FIN이|FIN을|round trip|왕복|answer|FIN and",
     {"An orphan times out, then TIME_WAIT.", "고아 소켓은 시간이 지나면 TIME_WAIT가 됩니다."}},
    {"an open connection proves nothing about the peer",
     " alive|살아",
     "",
     "not prove|does not|증거는 아|않습니다|않고",
     {"An open connection shows that the peer is alive.", "열린 연결이면 상대가 살아 있습니다."}},
    {"keepalive is off unless the program sets it",
     "Keepalive|keepalive",
     "always on|on by default|기본으로 켜|늘 켜|항상 켜",
     "",
     {"Keepalive is always on.", "keepalive는 항상 켜져 있습니다."}},
    {"process exit ends CLOSE_WAIT, no reboot is needed",
     "reboot|재부팅",
     "",
     "",
     {"A reboot clears it.", "재부팅하면 사라집니다."}},
    {"CLOSE_WAIT has no timer",
     "CLOSE_WAIT",
     "times out|expires|시간 초과|만료",
     "never|no |않|없",
     {"CLOSE_WAIT expires by itself.", "CLOSE_WAIT는 시간이 지나면 만료됩니다."}},
    {"CLOSE_WAIT is helped by no sysctl",
     "CLOSE_WAIT",
     "sysctl -w|lower tcp_|raise tcp_|tcp_를 줄|sysctl을 바꾸",
     "no sysctl",
     {"For CLOSE_WAIT lower tcp_keepalive_time.", "CLOSE_WAIT가 많으면 sysctl을 바꾸면 됩니다."}},
    {"SO_LINGER 0 loses data and the protection of TIME_WAIT",
     "SO_LINGER",
     "",
     "returns at once|바로 반환", /* what close() does without it */
     {"Set SO_LINGER to 0.", "SO_LINGER를 0으로 둡니다."}},
    {"the backlog bounds requests, not tcp_max_syn_backlog",
     "tcp_max_syn_backlog",
     "",
     "tcp_syncookies|cookie|쿠키",
     {"Raise tcp_max_syn_backlog.", "tcp_max_syn_backlog를 올립니다."}},
    {"the kernel does the handshake, not accept()",
     "accept()",
     "completes the handshake|does the handshake|핸드셰이크를 끝내는 것은 accept|accept()가 "
     "핸드셰이크",
     "",
     {"accept() completes the handshake.", "accept()가 핸드셰이크를 끝냅니다."}},
    {"a listener does not become SYN_RECV",
     "LISTEN",
     "turns into SYN_RECV|becomes SYN_RECV|SYN_RECV로 바뀝니다|SYN_RECV가 됩니다",
     "",
     {"A SYN comes and LISTEN becomes SYN_RECV.", "SYN이 오면 LISTEN이 SYN_RECV로 바뀝니다."}},
    {"a closed port answers by RST, it does not leave SYN_SENT",
     "SYN_SENT|SYN repeats|SYN 재전송",
     "port is closed|포트가 닫혀",
     "RST",
     {"SYN_SENT stays: the port is closed.", "SYN_SENT가 남으면 상대 포트가 닫혀 있는 것입니다."}},
    {"CLOSING comes of a simultaneous close, not of a lost ACK",
     "CLOSING",
     "ACK was lost|ACK is lost|lost ACK|ACK가 유실|ACK를 잃",
     "prolong",
     {"CLOSING: the ACK was lost.", "CLOSING은 ACK가 유실돼 생깁니다."}},
    {"TIME_WAIT answers a repeated FIN, it repeats nothing by itself",
     "TIME_WAIT",
     "resends the last ACK|repeats the last ACK|sends the ACK again by itself|마지막 ACK를 다시 "
     "보내|"
     "마지막 ACK를 재전송",
     "",
     {"TIME_WAIT resends the last ACK.", "TIME_WAIT는 마지막 ACK를 재전송합니다."}},
    {"TIME_WAIT has no process to kill or restart",
     "TIME_WAIT",
     "kill |restart the|프로세스를 종료|재시작하면 사라",
     "no |not |없",
     {"To end TIME_WAIT, kill the server.", "TIME_WAIT는 서버를 재시작하면 사라집니다."}},
    {"LAST_ACK leads to no TIME_WAIT on this end",
     "LAST_ACK",
     "then TIME_WAIT|TIME_WAIT follows|TIME_WAIT가 됩니다|TIME_WAIT로",
     "peer|상대|not ",
     {"LAST_ACK, then TIME_WAIT.", "LAST_ACK 다음에는 TIME_WAIT가 됩니다."}},
    {"the end that closed first waits, client or server",
     "TIME_WAIT",
     "only at the client|only the client|always the client|클라이언트에서만|클라이언트만|항상 "
     "클라이언트",
     "",
     {"TIME_WAIT is only at the client.", "TIME_WAIT는 클라이언트에서만 생깁니다."}},
    {"few requests are no proof against a flood",
     "SYN_RECV",
     "so no flood|no flood, since|적으니 플러드",
     "cookies|쿠키",
     {"SYN_RECV is low, so no flood.", "SYN_RECV가 적으니 플러드가 아닙니다."}},
};

#define MYTHS (sizeof myths / sizeof myths[0])

/* Is one of the words in the `len` bytes? Ties are blanks. */
static bool any(const char *text, size_t len, const char *words)
{
    while (*words) {
        size_t n = strcspn(words, "|");
        for (size_t at = 0; at + n <= len; at++) {
            size_t i = 0;
            while (i < n && (text[at + i] == words[i] || (text[at + i] == '^' && words[i] == ' ')))
                i++;
            if (i == n)
                return true;
        }
        words += n + (words[n] == '|');
    }
    return false;
}

static bool tells(const char *sentence, size_t len, const struct myth *m)
{
    return any(sentence, len, m->if_any) && (!*m->and_any || any(sentence, len, m->and_any)) &&
           !any(sentence, len, m->unless_any);
}

/* The first myth that a sentence of the text tells, NULL: none. */
static const char *myth_in(const char *text)
{
    for (const char *end; *text; text = end) {
        for (end = text; *end && *end != '\n' && !(end[0] == '.' && (!end[1] || end[1] == ' '));)
            end++;
        for (size_t i = 0; i < MYTHS; i++)
            if (tells(text, (size_t)(end - text), &myths[i]))
                return myths[i].name;
        end += *end != '\0';
    }
    return NULL;
}

static void no_text_tells_one(void **unused)
{
    (void)unused;
    for (int l = 0; l < LANG_COUNT; l++)
        for (int id = 0; id < MSG_COUNT; id++) {
            const char *text = text_in((enum language)l, (enum msg)id);
            if (myth_in(text))
                fail_msg("%s: %s: %s", text_ident((enum msg)id), myth_in(text), text);
        }
}

static void no_state_tells_one(void **unused)
{
    (void)unused;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        for (int kind = 0; kind <= CONN_BOUND_ONLY; kind++)
            for (int section = 0; section < SECTION_COUNT; section++)
                for (int l = 0; l < LANG_COUNT && section != SECTION_MYTHS; l++) {
                    const char *text = state_texts_get(state, (enum conn_kind)kind,
                                                       (enum section)section, (enum language)l);
                    if (myth_in(text))
                        fail_msg("%s: %s: %s", state_name(state), myth_in(text), text);
                }
}

/* Nor a page, nor the answer to what is believed. */
static void no_page_tells_one(void **unused)
{
    (void)unused;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        for (int l = 0; l < LANG_COUNT; l++) {
            const char *text, *answer;
            for (unsigned n = 0; (text = state_texts_paragraph(state, n, (enum language)l)); n++)
                if (myth_in(text))
                    fail_msg("%s: %s: %s", state_name(state), myth_in(text), text);
            for (unsigned n = 0; state_texts_belief(state, n, (enum language)l, &answer); n++)
                if (myth_in(answer))
                    fail_msg("%s: %s: %s", state_name(state), myth_in(answer), answer);
        }
}

/* Each is found where it is told, in both languages. */
static void each_can_be_found(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < MYTHS; i++)
        for (int l = 0; l < LANG_COUNT; l++) {
            const char *text = myths[i].example[l];
            if (!tells(text, strlen(text), &myths[i]))
                fail_msg("not found: %s", text);
        }
    assert_null(myth_in("An orphan goes without TIME_WAIT ({tcp_fin_timeout})."));
    assert_null(myth_in("고아 소켓은 TIME_WAIT 없이 사라집니다(tcp_fin_timeout)."));
    assert_non_null(myth_in("True. TIME_WAIT lasts for 2MSL. True."));
}

/* Does the state's page have the word among what is believed, or in the answer? */
static bool page_denies(unsigned state, enum language language, const char *word)
{
    const char *said, *answer;

    for (unsigned n = 0; (said = state_texts_belief(state, n, language, &answer)); n++)
        if (strstr(said, word) || strstr(answer, word))
            return true;
    return false;
}

/* And denied where it belongs: the state that people believe it of has it among its myths. */
static void the_common_ones_are_denied(void **unused)
{
    static const struct {
        unsigned state;
        const char *word;
    } denied[] = {
        {TCP_STATE_TIME_WAIT, "tcp_fin_timeout"},  {TCP_STATE_TIME_WAIT, "tcp_tw_recycle"},
        {TCP_STATE_TIME_WAIT, "SO_LINGER"},        {TCP_STATE_TIME_WAIT, "2MSL"},
        {TCP_STATE_FIN_WAIT2, "TIME_WAIT"},        {TCP_STATE_CLOSE_WAIT, "tcp_fin_timeout"},
        {TCP_STATE_LISTEN, "tcp_max_syn_backlog"}, {TCP_STATE_ESTABLISHED, "eepalive"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++)
        for (int l = 0; l < LANG_COUNT; l++)
            if (!strstr(
                    state_texts_get(denied[i].state, CONN_PLAIN, SECTION_MYTHS, (enum language)l),
                    denied[i].word) ||
                !page_denies(denied[i].state, (enum language)l, denied[i].word))
                fail_msg("%s does not deny %s", state_name(denied[i].state), denied[i].word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_tells_one),          cmocka_unit_test(no_state_tells_one),
        cmocka_unit_test(no_page_tells_one),          cmocka_unit_test(each_can_be_found),
        cmocka_unit_test(the_common_ones_are_denied),
    };
    return cmocka_run_group_tests_name("myths", tests, NULL, NULL);
}
