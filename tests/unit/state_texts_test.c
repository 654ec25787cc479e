/* SPDX-License-Identifier: MIT */
/* The catalogue of the states: complete in both languages, the same values in both, within the
 * widths that the screen gives, only glyphs that every terminal draws, no particle after a value,
 * no myth told as truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tcptop/base/canvas.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/explain.h"
#include "tcptop/explain/state_map.h"
#include "tcptop/explain/state_texts.h"
#include "tcptop/model/state.h"

#define LINE_MIN 24 /* the narrowest pane */

static const unsigned states[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13};
#define STATES (sizeof(states) / sizeof(states[0]))

static const enum conn_kind kinds[] = {CONN_PLAIN, CONN_REQUEST_SOCKET, CONN_ORPHAN,
                                       CONN_NOT_ACCEPTED, CONN_BOUND_ONLY};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Every text of the catalogue, variants included. */
static void each_text(void (*check)(unsigned state, enum section section, enum language language,
                                    const char *text))
{
    for (size_t s = 0; s < STATES; s++)
        for (size_t k = 0; k < KINDS; k++)
            for (int section = 0; section < SECTION_COUNT; section++)
                for (int l = 0; l < LANG_COUNT; l++)
                    check(states[s], (enum section)section, (enum language)l,
                          state_texts_get(states[s], kinds[k], (enum section)section,
                                          (enum language)l));
}

/* Every text of the pages: paragraphs, beliefs, answers, each with the one of the other language.
 */
static void each_of_the_pages(void (*check)(unsigned state, enum language language,
                                            const char *text, const char *other))
{
    for (size_t s = 0; s < STATES; s++)
        for (int i = 0; i < LANG_COUNT; i++) {
            const enum language l = (enum language)i, o = l ? LANG_EN : LANG_KO;
            const char *text, *answer, *other;
            for (unsigned n = 0; (text = state_texts_paragraph(states[s], n, l)); n++)
                check(states[s], l, text, state_texts_paragraph(states[s], n, o));
            for (unsigned n = 0; (text = state_texts_belief(states[s], n, l, &answer)); n++) {
                check(states[s], l, text, state_texts_belief(states[s], n, o, &other));
                check(states[s], l, answer, other);
            }
        }
}

static void check_present(unsigned state, enum section section, enum language language,
                          const char *text)
{
    if (section != SECTION_ALARM && !*text)
        fail_msg("%s: section %d is empty in %s", state_name(state), section,
                 text_language_code(language));
}

static void complete(void **unused)
{
    (void)unused;
    each_text(check_present);
    for (size_t s = 0; s < STATES; s++)
        assert_int_equal(!*state_texts_get(states[s], CONN_PLAIN, SECTION_ALARM, LANG_EN),
                         !*state_texts_get(states[s], CONN_PLAIN, SECTION_ALARM, LANG_KO));
    for (unsigned state = 0; state < 300; state += 12) /* 0, 12 and beyond are no states */
        assert_string_equal(state_texts_get(state, CONN_PLAIN, SECTION_LEAD, LANG_EN), "");
}

static void variants(void **unused)
{
    static const struct {
        unsigned state;
        enum conn_kind kind;
    } expected[] = {
        {TCP_STATE_SYN_RECV, CONN_REQUEST_SOCKET}, {TCP_STATE_FIN_WAIT1, CONN_ORPHAN},
        {TCP_STATE_FIN_WAIT2, CONN_ORPHAN},        {TCP_STATE_CLOSING, CONN_ORPHAN},
        {TCP_STATE_LAST_ACK, CONN_ORPHAN},         {TCP_STATE_ESTABLISHED, CONN_NOT_ACCEPTED},
        {TCP_STATE_CLOSE_WAIT, CONN_NOT_ACCEPTED},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        for (int l = 0; l < LANG_COUNT; l++)
            assert_string_not_equal(
                state_texts_get(expected[i].state, expected[i].kind, SECTION_LEAD,
                                (enum language)l),
                state_texts_get(expected[i].state, CONN_PLAIN, SECTION_LEAD, (enum language)l));
    assert_ptr_equal(state_texts_get(TCP_STATE_LISTEN, CONN_ORPHAN, SECTION_LEAD, LANG_EN),
                     state_texts_get(TCP_STATE_LISTEN, CONN_PLAIN, SECTION_LEAD, LANG_EN));
}

/* Names of values are known and stand in both languages; a part in [ ] is closed before the next.
 */
static void check_values(unsigned state, enum language language, const char *text,
                         const char *other)
{
    (void)language;
    for (const char *p = text; (p = strchr(p, '{')); p++) {
        size_t len = strcspn(p + 1, "}");
        char name[64];
        assert_true(len > 0 && len < sizeof(name) - 3 && p[1 + len] == '}');
        assert_true(expand_knows(p + 1, len));
        snprintf(name, sizeof(name), "{%.*s}", (int)len, p + 1);
        if (!strstr(other, name))
            fail_msg("%s: %s is in one language only", state_name(state), name);
    }
    int open = 0;
    for (const char *p = text; *p; p++) {
        open += (*p == '[') - (*p == ']');
        assert_in_range(open, 0, 1);
    }
    assert_int_equal(open, 0);
}

static void check_placeholders(unsigned state, enum section section, enum language language,
                               const char *text)
{
    if (section != SECTION_MAP) /* its brackets mark the state */
        check_values(state, language, text,
                     state_texts_get(state, CONN_PLAIN, section, language ? LANG_EN : LANG_KO));
}

static void same_values(void **unused)
{
    (void)unused;
    each_text(check_placeholders);
    each_of_the_pages(check_values);
}

static int first_sentence_width(const char *text)
{
    char tied[EXPAND_SIZE];
    const char *end = strstr(expand_ties(tied, text), ". ");

    return utf8_width_n(tied, end ? (size_t)(end - tied) + 1 : strlen(tied));
}

static void check_width(unsigned state, enum section section, enum language language,
                        const char *text)
{
    if (section == SECTION_LEAD && first_sentence_width(text) > 78)
        fail_msg("%s: %d columns: %s", state_name(state), first_sentence_width(text), text);
    if (section == SECTION_STATE_LIST)
        assert_in_range(utf8_width(text), 1, language == LANG_EN ? 30 : 13);
}

static void widths(void **unused)
{
    (void)unused;
    each_text(check_width);
    assert_string_equal(explain_gloss(TCP_STATE_TIME_WAIT, LANG_KO), "종료 후 대기");
    assert_string_equal(explain_gloss(TCP_STATE_TIME_WAIT, LANG_EN), "");
    assert_string_equal(explain_meaning(TCP_STATE_CLOSE_WAIT, LANG_EN),
                        "peer closed, this end has not");
    assert_string_equal(explain_meaning(TCP_STATE_CLOSE_WAIT, LANG_KO), "");
}

/* No pane is so narrow that a token has to be cut where it should not. */
static void check_tokens(unsigned state, enum section section, enum language language,
                         const char *text)
{
    (void)language;
    if (section == SECTION_MAP)
        return;
    while (*text) {
        size_t len = strcspn(text, " ^\n(,/:.");
        int signs = 0; /* of what is filled in, which are not drawn */
        for (size_t i = 0; i < len; i++)
            signs += strchr("{}[]", text[i]) != NULL;
        if (utf8_width_n(text, len) - signs > LINE_MIN - 1)
            fail_msg("%s: too long: %.*s", state_name(state), (int)len, text);
        text += len + (text[len] != '\0');
    }
}

static void check_page_tokens(unsigned state, enum language language, const char *text,
                              const char *other)
{
    (void)other;
    check_tokens(state, SECTION_WHY, language, text);
}

static void tokens(void **unused)
{
    (void)unused;
    each_text(check_tokens);
    each_of_the_pages(check_page_tokens);
}

static void check_map(unsigned state, enum section section, enum language language,
                      const char *text)
{
    char own[32];

    (void)language;
    if (section != SECTION_MAP)
        return;
    snprintf(own, sizeof(own), "[%s]", state_name(state));
    assert_non_null(strstr(text, own));
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        assert_in_range(utf8_width_n(text, (size_t)(end - text)), 1, MAP_COLUMNS);
    }
}

static void maps(void **unused)
{
    (void)unused;
    each_text(check_map);
}

static void check_glyphs(unsigned state, enum section section, enum language language,
                         const char *text)
{
    size_t len = strlen(text), n;
    uint32_t cp;

    (void)section;
    (void)language;
    for (size_t i = 0; i < len; i += n) {
        char one[5] = "";
        n = utf8_decode(text + i, len - i, &cp);
        memcpy(one, text + i, n);
        bool ascii = cp < 0x80 && (cp >= ' ' || cp == '\n');
        bool hangul = cp >= 0xac00 && cp <= 0xd7a3;
        if (!ascii && !hangul && strcmp(canvas_glyph_ascii(one), one) == 0)
            fail_msg("%s: U+%04X has no ASCII twin", state_name(state), cp);
    }
}

static void check_page_glyphs(unsigned state, enum language language, const char *text,
                              const char *other)
{
    (void)other;
    check_glyphs(state, SECTION_WHY, language, text);
}

static void glyphs(void **unused)
{
    (void)unused;
    each_text(check_glyphs);
    each_of_the_pages(check_page_glyphs);
}

/* Particles whose form depends on the final sound: a value that is filled in may end in any. */
static const char *const particles[] = {"은", "는", "이", "가", "을",
                                        "를", "과", "와", "로", "으로"};

static bool particle_follows_value(const char *text)
{
    for (const char *p = text; (p = strchr(p, '}')); p++)
        for (size_t i = 0; i < sizeof(particles) / sizeof(particles[0]); i++)
            if (strncmp(p + 1, particles[i], strlen(particles[i])) == 0)
                return true;
    return false;
}

/* Wrong forms behind tokens that are read out in one way only. */
static const char *const wrong[] = {"FIN를",
                                    "FIN가",
                                    "FIN는",
                                    "SYN를",
                                    "SYN가",
                                    "ACK을",
                                    "ACK이 ",
                                    "ACK은",
                                    "RST으로",
                                    "RST을",
                                    "TIME_WAIT은",
                                    "TIME_WAIT이 ",
                                    "CLOSE_WAIT을",
                                    "sysctl가",
                                    "sysctl를",
                                    "inode이",
                                    "tcp_fin_timeout는",
                                    "tcp_fin_timeout로",
                                    "LISTEN는",
                                    "Linux을",
                                    "keepalive은",
                                    "close()을",
                                    "accept()을"};

static void check_particles(unsigned state, enum section section, enum language language,
                            const char *text)
{
    (void)section;
    if (language != LANG_KO)
        return;
    if (particle_follows_value(text))
        fail_msg("%s: a particle follows a value: %s", state_name(state), text);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (strstr(text, wrong[i]))
            fail_msg("%s: %s", state_name(state), wrong[i]);
}

static void check_page_particles(unsigned state, enum language language, const char *text,
                                 const char *other)
{
    (void)other;
    check_particles(state, SECTION_WHY, language, text);
}

static void korean_particles(void **unused)
{
    (void)unused;
    assert_true(particle_follows_value("포트 {1}을"));
    assert_false(particle_follows_value("연결 {1}개를, {2}에서"));
    each_text(check_particles);
    each_of_the_pages(check_page_particles);
    for (int id = 0; id < MSG_COUNT; id++)
        if (particle_follows_value(text_in(LANG_KO, (enum msg)id)))
            fail_msg("%s: a particle follows a value", text_ident((enum msg)id));
}

/* Sentences are 합니다 sentences. */
static void check_close_match(unsigned state, enum section section, enum language language,
                              const char *text)
{
    static const char polite[] = "다.";

    if (language != LANG_KO ||
        (section != SECTION_LEAD && section != SECTION_DO && section != SECTION_WHY))
        return;
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        if ((size_t)(end - text) < strlen(polite) ||
            memcmp(end - strlen(polite), polite, strlen(polite)) != 0)
            fail_msg("%s: %.*s", state_name(state), (int)(end - text), text);
    }
}

static void korean_close_match(void **unused)
{
    (void)unused;
    each_text(check_close_match);
}

/* A page is prose of whole sentences, long enough to explain and short enough to be read; what is
 * believed is a sentence too, so that "No" answers it. */
static void check_sentence(unsigned state, enum language language, const char *text,
                           const char *other)
{
    const char *end = language == LANG_KO ? "다" : "", *aside = strrchr(text, '(');
    size_t len = strlen(text);

    assert_true(len > 0 && text[len - 1] == '.');
    if (aside && strcmp(text + len - 2, ").") == 0)
        len = (size_t)(aside - text) + 1; /* said of the sentence before it */
    if (len <= strlen(end) || strncmp(text + len - 1 - strlen(end), end, strlen(end)) != 0)
        fail_msg("%s: %s", state_name(state), text);
    if (strchr(text, '\n') || utf8_width(text) > 640)
        fail_msg("%s: too long for a paragraph: %s", state_name(state), text);
    assert_non_null(other);
    assert_true(*other);
}

static void pages(void **unused)
{
    (void)unused;
    each_of_the_pages(check_sentence);
    for (size_t s = 0; s < STATES; s++) {
        const char *answer, *last = NULL;
        unsigned paragraphs = 0, beliefs = 0;
        for (; state_texts_paragraph(states[s], paragraphs, LANG_EN); paragraphs++)
            last = state_texts_paragraph(states[s], paragraphs, LANG_EN);
        while (state_texts_belief(states[s], beliefs, LANG_EN, &answer))
            beliefs++;
        assert_in_range(paragraphs, 3, PAGE_PARAGRAPHS);
        assert_in_range(beliefs, 2, PAGE_BELIEFS);
        assert_non_null(strstr(last, "On the screen,")); /* what was learned can be seen here */
        assert_non_null(strstr(state_texts_paragraph(states[s], paragraphs - 1, LANG_KO), "화면"));
    }
    assert_null(state_texts_paragraph(0, 0, LANG_EN));
    assert_null(state_texts_paragraph(TCP_STATE_COUNT, 0, LANG_EN));
    assert_null(state_texts_paragraph(TCP_STATE_LISTEN, PAGE_PARAGRAPHS, LANG_EN));
}

/* What people ask about a state is answered on its page, in both languages. */
static void questions(void **unused)
{
    static const struct {
        unsigned state;
        const char *words[LANG_COUNT];
    } answered[] = {
        {TCP_STATE_TIME_WAIT, {"last ACK", "마지막 ACK"}},
        {TCP_STATE_TIME_WAIT, {"old segments", "옛 세그먼트"}},
        {TCP_STATE_TIME_WAIT, {"2MSL", "2MSL"}},
        {TCP_STATE_TIME_WAIT, {"Linux waits a fixed 60^s", "리눅스는 60초 고정"}},
        {TCP_STATE_TIME_WAIT, {"its timer removes the entry", "타이머로 정리"}},
        {TCP_STATE_TIME_WAIT, {"This is normal", "정상이며"}},
        {TCP_STATE_TIME_WAIT, {"256 bytes", "약 256바이트"}},
        {TCP_STATE_TIME_WAIT, {"SO_REUSEADDR", "SO_REUSEADDR"}},
        {TCP_STATE_TIME_WAIT, {"Address already in use", "Address already in use"}},
        {TCP_STATE_TIME_WAIT, {"tcp_tw_reuse^=^1", "tcp_tw_reuse^=^1"}},
        {TCP_STATE_TIME_WAIT, {"conntrack", "conntrack"}},
        {TCP_STATE_LISTEN, {"127.0.0.1", "127.0.0.1"}},
        {TCP_STATE_LISTEN, {"0.0.0.0", "0.0.0.0"}},
        {TCP_STATE_LISTEN, {"IPV6_V6ONLY", "IPV6_V6ONLY"}},
        {TCP_STATE_LISTEN, {"tcp_abort_on_overflow", "tcp_abort_on_overflow"}},
        {TCP_STATE_SYN_RECV, {"client is ESTABLISHED already", "클라이언트 쪽은 이미 ESTABLISHED"}},
        {TCP_STATE_SYN_SENT, {"EHOSTUNREACH", "EHOSTUNREACH"}},
        {TCP_STATE_SYN_SENT, {"ARP", "ARP"}},
        {TCP_STATE_ESTABLISHED, {"NAT", "NAT"}},
        {TCP_STATE_ESTABLISHED, {"SO_KEEPALIVE", "SO_KEEPALIVE"}},
        {TCP_STATE_ESTABLISHED, {"TCP_USER_TIMEOUT", "TCP_USER_TIMEOUT"}},
        {TCP_STATE_FIN_WAIT1, {"tcp_max_orphans", "tcp_max_orphans"}},
        {TCP_STATE_LAST_ACK, {"tcp_max_orphans", "tcp_max_orphans"}},
        {TCP_STATE_FIN_WAIT2, {"TCP_LINGER2", "TCP_LINGER2"}},
        {TCP_STATE_CLOSE_WAIT, {"EPIPE", "EPIPE"}},
        {TCP_STATE_BOUND_INACTIVE, {"IP_BIND_ADDRESS_NO_PORT", "IP_BIND_ADDRESS_NO_PORT"}},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(answered) / sizeof(answered[0]); i++)
        for (int l = 0; l < LANG_COUNT; l++) {
            const char *text;
            bool said = false;
            for (unsigned n = 0;
                 (text = state_texts_paragraph(answered[i].state, n, (enum language)l)); n++) {
                char tied[2048] = "";
                snprintf(tied, sizeof tied, "%s", text);
                for (char *p = tied; !strchr(answered[i].words[l], '^') && (p = strchr(p, '^'));)
                    *p = ' ';
                said |= strstr(tied, answered[i].words[l]) != NULL;
            }
            if (!said)
                fail_msg("%s does not say %s", state_name(answered[i].state), answered[i].words[l]);
        }
}

/* What is commonly believed may be named under MYTHS only. */
static void check_myths(unsigned state, enum section section, enum language language,
                        const char *text)
{
    static const char *const only_as_myths[] = {
        "tcp_tw_recycle", "SO_LINGER", "reboot", "재부팅", "2MSL", "4 min", "tcp_max_syn"};

    (void)language;
    if (section == SECTION_MYTHS) {
        for (const char *end; *text; text = *end ? end + 1 : end) {
            end = strchrnul(text, '\n');
            assert_int_equal(*text, '"'); /* what is believed is quoted, what is true is not */
            const char *answer = memmem(text, (size_t)(end - text), "\": ", 3);
            assert_non_null(answer);
            assert_null(memchr(answer + 1, '"', (size_t)(end - answer - 1)));
        }
        return;
    }
    for (size_t i = 0; i < sizeof(only_as_myths) / sizeof(only_as_myths[0]); i++)
        if (strstr(text, only_as_myths[i]))
            fail_msg("%s tells %s as truth", state_name(state), only_as_myths[i]);
    if (state != TCP_STATE_FIN_WAIT2)
        assert_null(strstr(text, "tcp_fin_timeout"));
    if (state == TCP_STATE_TIME_WAIT && section == SECTION_UNTIL)
        assert_non_null(strstr(text, "60"));
}

static void myths(void **unused)
{
    (void)unused;
    each_text(check_myths);
}

/* Verdicts fit on a line of 80 columns, whatever their numbers. */
static void verdict_widths(void **unused)
{
    (void)unused;
    for (int id = 0; id < MSG_COUNT; id++) {
        if (strncmp(text_ident((enum msg)id), "VERDICT_", 8) != 0)
            continue;
        for (int l = 0; l < LANG_COUNT; l++) {
            struct str s = STR_INIT;
            char tied[EXPAND_SIZE];
            text_fill_template(&s, expand_ties(tied, text_in((enum language)l, (enum msg)id)),
                               "1,234,567", "60초", NULL);
            int word = utf8_width(text_in((enum language)l, MSG_SEVERITY_UNKNOWN)) + 2;
            if (word + utf8_width(str_text(&s)) > 78)
                fail_msg("%s: %s", text_ident((enum msg)id), str_text(&s));
            str_fini(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete),
        cmocka_unit_test(variants),
        cmocka_unit_test(same_values),
        cmocka_unit_test(widths),
        cmocka_unit_test(tokens),
        cmocka_unit_test(maps),
        cmocka_unit_test(glyphs),
        cmocka_unit_test(korean_particles),
        cmocka_unit_test(korean_close_match),
        cmocka_unit_test(pages),
        cmocka_unit_test(questions),
        cmocka_unit_test(myths),
        cmocka_unit_test(verdict_widths),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
