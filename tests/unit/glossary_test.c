/* SPDX-License-Identifier: MIT */
/* One vocabulary in each language: each term of the glossary is used, nothing stands in its place.
 * In Korean no phrase is translated word by word, and no word is left in English but names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/app/settings.h"
#include "tcptop/explain/state_texts.h"
#include "tcptop/model/state.h"
#include "tcptop/text/text.h"

#define WRONG_MAX 6

/* The file's four kinds of rows, one after the other. */
#define ENGLISH(...)
#define NEVER(...)
#define KEEP(...)
#define TERM(en, ko, ...) {en, ko, {__VA_ARGS__}},
static const struct term {
    const char *english, *korean, *wrong[WRONG_MAX];
} terms[] = {
#include "tcptop/text/messages/glossary.def"
};
#undef TERM
#define TERM(...)

#undef ENGLISH
#define ENGLISH(en, ...) {en, {__VA_ARGS__}},
static const struct english {
    const char *term, *wrong[WRONG_MAX];
} english[] = {
#include "tcptop/text/messages/glossary.def"
};
#undef ENGLISH
#define ENGLISH(...)

#undef NEVER
#define NEVER(phrase) phrase,
static const char *const never[] = {
#include "tcptop/text/messages/glossary.def"
};
#undef NEVER
#define NEVER(...)

#undef KEEP
#define KEEP(words) " " words " "
static const char kept[] =
#include "tcptop/text/messages/glossary.def"
    ;

#define TERMS  (sizeof terms / sizeof terms[0])
#define NEVERS (sizeof never / sizeof never[0])

/* The comment of a key of the configuration. */
static const char *key_comment(enum language language, unsigned i)
{
    size_t n;
    const struct option *rows = options_keys(&n);

    return i >= n ? NULL : language == LANG_KO ? rows[i].help_ko : rows[i].help;
}

/* Of the pages: paragraphs, beliefs, answers of each state. */
static const char *page(enum language language, unsigned i)
{
    const unsigned each = PAGE_PARAGRAPHS + 2 * PAGE_BELIEFS, state = i / each;
    const char *said, *answer;

    i %= each;
    if (i < PAGE_PARAGRAPHS) {
        said = state_texts_paragraph(state, i, language);
    } else {
        i -= PAGE_PARAGRAPHS;
        said = state_texts_belief(state, i / 2, language, &answer);
        said = said && i % 2 ? answer : said;
    }
    return said ? said : "";
}

/* The text with number `i`, "" where there is none; NULL behind the last. */
static const char *text_number(enum language language, unsigned i)
{
    const unsigned words = TCP_STATE_COUNT * (CONN_BOUND_ONLY + 1) * SECTION_COUNT;
    const unsigned pages = TCP_STATE_COUNT * (PAGE_PARAGRAPHS + 2 * PAGE_BELIEFS);

    if (i < MSG_COUNT)
        return text_in(language, (enum msg)i);
    i -= MSG_COUNT;
    if (i >= words + pages)
        return key_comment(language, i - words - pages);
    if (i >= words)
        return page(language, i - words);
    return state_texts_get(i % TCP_STATE_COUNT,
                           (enum conn_kind)(i / TCP_STATE_COUNT % (CONN_BOUND_ONLY + 1)),
                           (enum section)(i / TCP_STATE_COUNT / (CONN_BOUND_ONLY + 1)), language);
}

/* `what` in `text`, ties read as blanks. */
static bool has(const char *text, const char *what)
{
    for (; *text; text++) {
        size_t n = 0;
        while (what[n] && (text[n] == what[n] || (text[n] == '^' && what[n] == ' ')))
            n++;
        if (!what[n])
            return true;
    }
    return false;
}

/* The wrong word in a text, NULL when there is none. */
static const char *wrong_word(const char *text)
{
    for (size_t t = 0; t < TERMS; t++)
        for (size_t w = 0; w < WRONG_MAX && terms[t].wrong[w]; w++)
            if (has(text, terms[t].wrong[w]))
                return terms[t].wrong[w];
    for (size_t i = 0; i < NEVERS; i++)
        if (has(text, never[i]))
            return never[i];
    return NULL;
}

static void terms_are_used(void **unused)
{
    (void)unused;
    for (size_t t = 0; t < TERMS; t++) {
        bool used = false;
        const char *text;
        for (unsigned i = 0; !used && (text = text_number(LANG_KO, i)); i++)
            used = has(text, terms[t].korean);
        if (!used)
            fail_msg("nothing says %s for %s", terms[t].korean, terms[t].english);
    }
}

static void nothing_else_is(void **unused)
{
    const char *text;

    (void)unused;
    for (unsigned i = 0; (text = text_number(LANG_KO, i)); i++)
        if (wrong_word(text))
            fail_msg("%s in: %s", wrong_word(text), text);
}

/* English too. */
static const char *wrong_english(const char *text)
{
    for (size_t t = 0; t < sizeof english / sizeof english[0]; t++)
        for (size_t w = 0; w < WRONG_MAX && english[t].wrong[w]; w++)
            if (has(text, english[t].wrong[w]))
                return english[t].wrong[w];
    return NULL;
}

static void english_terms(void **unused)
{
    const char *text;

    (void)unused;
    for (size_t t = 0; t < sizeof english / sizeof english[0]; t++) {
        bool used = false;
        for (unsigned i = 0; !used && (text = text_number(LANG_EN, i)); i++)
            used = has(text, english[t].term);
        if (!used)
            fail_msg("nothing says %s", english[t].term);
        assert_null(wrong_english(english[t].term));
    }
    for (unsigned i = 0; (text = text_number(LANG_EN, i)); i++)
        if (wrong_english(text))
            fail_msg("%s in: %s", wrong_english(text), text);
    assert_string_equal(wrong_english("it is sent^again"), "sent again");
}

static bool is_state(const char *word)
{
    for (unsigned state = 1; state <= TCP_STATE_BOUND_INACTIVE; state++)
        if (strcmp(state_name(state), word) == 0)
            return true;
    return strcmp(word, "ESTAB") == 0;
}

/* A word in Latin letters that the Korean text should not have, copied to `word`. */
static bool foreign_word(const char *text, char word[64])
{
    for (const char *p = text; *p;) {
        const size_t len =
            strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        const char before = p > text ? p[-1] : ' ', behind = p[len];
        char blanked[66];
        if (*p == '{')
            p += strcspn(p, "}");
        if (!len || !isalpha((unsigned char)*p) || *p == '}') {
            p += len ? len : 1;
            continue;
        }
        snprintf(word, 64, "%.*s", (int)len, p);
        snprintf(blanked, sizeof blanked, " %s ", word);
        if (!strchr("-/.:@", before) && behind != '(' && !strchr(word, '_') && !is_state(word) &&
            !strstr(kept, blanked))
            return true;
        p += len;
    }
    return false;
}

static void no_english_is_left(void **unused)
{
    const char *text;
    char word[64];
    unsigned found = 0;

    (void)unused;
    for (unsigned i = 0; (text = text_number(LANG_KO, i)); i++)
        if (foreign_word(text, word) && ++found)
            print_error("%s in: %s\n", word, text);
    assert_int_equal(found, 0);
    assert_true(foreign_word("아직 loading 중", word));
    assert_string_equal(word, "loading");
    assert_true(foreign_word("done", word));
    assert_false(
        foreign_word("CLOSE_WAIT에서 accept() 대기, --once, {somaxconn}, /proc/net/tcp", word));
}

/* The test finds what it looks for. */
static void it_can_fail(void **unused)
{
    (void)unused;
    assert_string_equal(wrong_word("커넥션이 닫혔습니다"), "커넥션");
    assert_string_equal(wrong_word("수락^큐가 찼습니다"), "수락 큐");
    assert_string_equal(wrong_word("커널에 의해 닫힙니다"), "에 의해");
    assert_string_equal(wrong_word("포트를 확인하세요"), "하세요");
    assert_null(wrong_word("커널이 임시 포트를 고릅니다"));
}

/* No term is wrong by another entry. */
static void terms_agree(void **unused)
{
    (void)unused;
    for (size_t t = 0; t < TERMS; t++)
        if (wrong_word(terms[t].korean))
            fail_msg("%s is %s", terms[t].korean, wrong_word(terms[t].korean));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_are_used), cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(it_can_fail),    cmocka_unit_test(terms_agree),
        cmocka_unit_test(english_terms),  cmocka_unit_test(no_english_is_left),
    };
    return cmocka_run_group_tests_name("glossary", tests, NULL, NULL);
}
