/* SPDX-License-Identifier: MIT */
/* Korean of one vocabulary: each term of the glossary is used, nothing stands in its place, no
 * phrase is translated word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "tcptop/explain/state_texts.h"
#include "tcptop/model/state.h"
#include "tcptop/text/text.h"

#define WRONG_MAX 6

static const struct term {
    const char *english, *korean, *wrong[WRONG_MAX];
} terms[] = {
#define TERM(en, ko, ...) {en, ko, {__VA_ARGS__}},
#define NEVER(phrase)
#include "tcptop/text/messages/glossary.def"
#undef TERM
#undef NEVER
};

static const char *const never[] = {
#define TERM(en, ko, ...)
#define NEVER(phrase) phrase,
#include "tcptop/text/messages/glossary.def"
#undef TERM
#undef NEVER
};

#define TERMS  (sizeof terms / sizeof terms[0])
#define NEVERS (sizeof never / sizeof never[0])

/* The text with number `i`, "" where there is none; NULL behind the last. */
static const char *korean(unsigned i)
{
    const unsigned words = TCP_STATE_COUNT * (CONN_BOUND_ONLY + 1) * SECTION_COUNT;

    if (i < MSG_COUNT)
        return text_in(LANG_KO, (enum msg)i);
    i -= MSG_COUNT;
    if (i >= words)
        return NULL;
    return state_texts_get(i % TCP_STATE_COUNT,
                           (enum conn_kind)(i / TCP_STATE_COUNT % (CONN_BOUND_ONLY + 1)),
                           (enum section)(i / TCP_STATE_COUNT / (CONN_BOUND_ONLY + 1)), LANG_KO);
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
        for (unsigned i = 0; !used && (text = korean(i)); i++)
            used = has(text, terms[t].korean);
        if (!used)
            fail_msg("nothing says %s for %s", terms[t].korean, terms[t].english);
    }
}

static void nothing_else_is(void **unused)
{
    const char *text;

    (void)unused;
    for (unsigned i = 0; (text = korean(i)); i++)
        if (wrong_word(text))
            fail_msg("%s in: %s", wrong_word(text), text);
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
        cmocka_unit_test(terms_are_used),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(it_can_fail),
        cmocka_unit_test(terms_agree),
    };
    return cmocka_run_group_tests_name("glossary", tests, NULL, NULL);
}
