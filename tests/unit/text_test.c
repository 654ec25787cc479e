/* SPDX-License-Identifier: MIT */
/* Both languages are complete, name the same values and keep to the glyphs that every terminal
 * draws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/canvas.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/text/text.h"

static void language(void **state)
{
    (void)state;
    assert_int_equal(text_language(), LANG_EN);
    enum msg id = 0;
    assert_ptr_equal(text(id), text_in(LANG_EN, id));
    text_use(LANG_KO);
    assert_ptr_equal(text(id), text_in(LANG_KO, id));
    text_use(LANG_EN);
    assert_string_equal(text_language_code(LANG_KO), "ko");
    assert_int_equal(text_language_of_locale("ko_KR.UTF-8"), LANG_KO);
    assert_int_equal(text_language_of_locale("ko"), LANG_KO);
    assert_int_equal(text_language_of_locale("ko@x"), LANG_KO);
    assert_int_equal(text_language_of_locale("kok_IN"), LANG_EN);
    assert_int_equal(text_language_of_locale("C.UTF-8"), LANG_EN);
    assert_int_equal(text_language_of_locale(""), LANG_EN);
    assert_int_equal(text_language_of_locale(NULL), LANG_EN);
}

static void filled(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    text_fill_template(&s, "{2} of {1}: {1}{3}", "a", "b", NULL);
    assert_string_equal(str_text(&s), "b of a: a–");
    str_clear(&s);
    text_fill_template(&s, "{0} {} {12} {x} {", "a", NULL);
    assert_string_equal(str_text(&s), "{0} {} {12} {x} {");
    str_clear(&s);
    text_fill_template(&s, "{9}{1}", "1", "2", "3", "4", "5", "6", "7", "8", "{1}", NULL);
    assert_string_equal(str_text(&s), "{1}1"); /* values are not filled again */
    str_fini(&s);
}

/* One bit for each of {1} to {9} in the message. */
static unsigned placeholders(const char *message)
{
    unsigned bits = 0;
    for (const char *p = message; (p = strchr(p, '{')) != NULL; p++) {
        if (p[1] >= '1' && p[1] <= '9' && p[2] == '}') {
            bits |= 1u << (p[1] - '0');
        }
    }
    return bits;
}

/* East Asian Ambiguous punctuation that some terminals draw two columns wide: only what has an
 * ASCII twin may be used. Beyond Latin-1 all but Hangul, CJK and fullwidth forms is suspect. */
static bool glyph_allowed(uint32_t cp)
{
    char bytes[5] = {0};
    utf8_encode(cp, bytes);
    if (cp < 0x7f || cp == 0xa0 || canvas_glyph_ascii(bytes) != bytes) {
        return cp >= 0x20 || cp == '\n';
    }
    return (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0x3131 && cp <= 0x3163);
}

static void catalogue(void **state)
{
    (void)state;
    assert_true(MSG_COUNT > 0);
    for (enum msg id = 0; id < MSG_COUNT; id++) {
        for (enum language l = 0; l < LANG_COUNT; l++) {
            const char *message = text_in(l, id);
            if (message[0] == '\0') {
                fail_msg("%s is empty in %s", text_ident(id), text_language_code(l));
            }
            for (size_t at = 0, len = strlen(message); at < len;) {
                uint32_t cp = 0;
                at += utf8_decode(message + at, len - at, &cp);
                if (!glyph_allowed(cp)) {
                    fail_msg("%s in %s: U+%04X", text_ident(id), text_language_code(l), cp);
                }
            }
        }
        if (placeholders(text_in(LANG_EN, id)) != placeholders(text_in(LANG_KO, id))) {
            fail_msg("%s does not name the same values in both languages", text_ident(id));
        }
    }
}

/* The help screen has two columns on 80x24: so much room behind the keys. */
#define HELP_COLUMNS 23

static void help_fits(void **state)
{
    (void)state;
    for (enum msg id = 0; id < MSG_COUNT; id++) {
        if (strncmp(text_ident(id), "VIEW_HELP_", 10) != 0 &&
            strncmp(text_ident(id), "VIEW_MARK", 9) != 0) {
            continue;
        }
        for (enum language l = 0; l < LANG_COUNT; l++) {
            if (utf8_width(text_in(l, id)) > HELP_COLUMNS) {
                fail_msg("%s in %s is cut: %s", text_ident(id), text_language_code(l),
                         text_in(l, id));
            }
        }
    }
}

static void errors(void **state)
{
    (void)state;
    for (int e = 1; e < 130; e++) { /* in English, what the C library says */
        for (int sign = -1; sign <= 1; sign += 2) {
            char told[128]; /* strerror() reuses the memory of an unknown number */
            snprintf(told, sizeof told, "%s", text_error(sign * e));
            assert_string_equal(told, strerror(e));
        }
    }
    text_use(LANG_KO);
    assert_string_equal(text_error(-EACCES), "권한 없음");
    assert_string_equal(text_error_in(LANG_EN, EACCES), "Permission denied");
    assert_string_equal(text_error(EPROTO), strerror(EPROTO));
    text_use(LANG_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(language),  cmocka_unit_test(filled), cmocka_unit_test(catalogue),
        cmocka_unit_test(help_fits), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
