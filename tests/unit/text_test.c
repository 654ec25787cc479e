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

/* {one|many} goes with the number before it, wherever that came from. */
static void forms(void **state)
{
    (void)state;
    static const struct {
        const char *template, *value, *filled;
    } cases[] = {
        {"{1} entr{y|ies}", "1", "1 entry"},
        {"{1} entr{y|ies}", "0", "0 entries"},
        {"{1} entr{y|ies}", "21", "21 entries"},
        {"{1} entr{y|ies}", "1,001", "1,001 entries"},
        {"{1} entr{y|ies}", "1.0", "1.0 entries"},
        {"{1} entr{y|ies}",
         "\x01"
         "1\x05",
         "\x01"
         "1\x05 entry"},
        {"{1} entr{y|ies}", NULL, "– entries"},
        {"1 of {1} entr{y|ies}", NULL, "1 of – entries"},
        {"2 of {1} port{|s} {is|are} used", "1", "2 of 1 port is used"},
        {"no number: entr{y|ies}", "1", "no number: entries"},
        {"{1} { {} {| {x", "1", "1 { {} {| {x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str s = STR_INIT;
        text_fill_template(&s, cases[i].template, cases[i].value, NULL);
        assert_string_equal(str_text(&s), cases[i].filled);
        str_fini(&s);
    }
}

/* Words that may stand behind a 1 although they end in s. */
static bool is_no_plural(const char *word, size_t len)
{
    static const char *const words[] = {
        "is",     "was",     "has",     "its",       "this",    "less",   "needs",   "takes",
        "does",   "goes",    "exists",  "holds",     "shows",   "clears", "ends",    "leaks",
        "passes", "waits",   "process", "process's", "address", "as",     "neither", "brings",
        "ms",     "helps",   "costs",   "lets",      "runs",    "lists",  "sends",   "writes",
        "stands", "differs", "of",      "in",        "by",      "to",     "at",      "for",
        "from",   "with",    "within",  "works"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0) {
            return true;
        }
    }
    return len == 1; /* the unit of time */
}

/* A plural behind the number 1, one adjective between them or none; NULL: none. */
static const char *plural_of_one(const char *text)
{
    for (const char *p = text; (p = strchr(p, '1')); p++) {
        if ((p > text && strchr("0123456789.,:_=-", p[-1])) || strncmp(p, "1 ", 2) != 0) {
            continue;
        }
        const char *word = p + 2;
        for (int i = 0; i < 3; i++) {
            size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'");
            if (len && word[len - 1] == 's' && !is_no_plural(word, len)) {
                return p;
            }
            if (!len || word[len] != ' ' || is_no_plural(word, len)) {
                break;
            }
            word += len + 1;
        }
    }
    return NULL;
}

/* Has the message another one for the number 1? */
static bool has_one(enum msg id)
{
    char one[96];
    snprintf(one, sizeof one, "%s_ONE", text_ident(id));
    for (enum msg other = 0; other < MSG_COUNT; other++) {
        if (strcmp(text_ident(other), one) == 0) {
            return true;
        }
    }
    return false;
}

/* No English message with a count says "1 connections": each is filled with 1 everywhere. */
static void counts_of_one(void **state)
{
    (void)state;
    assert_non_null(plural_of_one("at least 1 connections"));
    assert_non_null(plural_of_one("1 damaged records left out"));
    assert_null(plural_of_one("1 connection, which is one of 11 ports"));
    for (enum msg id = 0; id < MSG_COUNT; id++) {
        /* The value is a key or a name; of series there is one form. */
        static const char *const keys[] = {
            "SESSION_NETNS_ONE", "SESSION_NETNS_ALL", "SESSION_NO_GROUPS", "SESSION_COLUMNS_PANE",
            "SESSION_THEME",     "CLOSE_PAST",        "METRICS_MOST"};
        bool of_key = has_one(id);
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            of_key |= strcmp(text_ident(id), keys[i]) == 0;
        }
        char template[2048];
        size_t n = 0;
        for (const char *p = text_in(LANG_EN, id); *p && n + 4 < sizeof template; p++) {
            if (p[0] == '{' && p[2] == '}') { /* the doctor's messages have {0} and {w}, too */
                memcpy(template + n, "{1}", 3);
                n += 3;
                p += 2;
            } else if (*p != '[' && *p != ']') {
                template[n++] = *p == '^' ? ' ' : *p;
            }
        }
        template[n] = '\0';
        struct str s = STR_INIT;
        text_fill_template(&s, template, "1", NULL);
        if (!of_key && plural_of_one(str_text(&s))) {
            fail_msg("%s: %s", text_ident(id), plural_of_one(str_text(&s)));
        }
        str_fini(&s);
    }
}

/* A second and more ends in the unit of the language; what is less keeps its symbol. */
static void times(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *en, *ko;
    } durations[] = {{700, "0.7 s", "0.7초"},
                     {52000, "52 s", "52초"},
                     {93 * 60000, "93min", "93분"},
                     {47 * 3600000ull, "47 h", "47시간"},
                     {12 * 86400000ull, "12 d", "12일"},
                     {3000 * 86400000ull, "8 y", "8년"},
                     {UINT64_MAX, ">999y", ">999y"}};
    char out[32];
    for (enum language l = LANG_EN; l <= LANG_KO; l++) {
        text_use(l);
        for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
            assert_string_equal(text_duration(out, sizeof out, durations[i].ms),
                                l == LANG_EN ? durations[i].en : durations[i].ko);
        }
        assert_string_equal(text_latency(out, sizeof out, 12), "12 us");
        assert_string_equal(text_latency(out, sizeof out, 8500), "8.5 ms");
        assert_string_equal(text_latency(out, sizeof out, 1200000),
                            l == LANG_EN ? "1.20 s" : "1.20초");
        assert_string_equal(text_interval(out, sizeof out, 1000), l == LANG_EN ? "1.0 s" : "1.0초");
        assert_string_equal(text_cost(out, sizeof out, 3000000), "3 ms");
        assert_string_equal(text_cost(out, sizeof out, 1100000000),
                            l == LANG_EN ? "1.1 s" : "1.1초");
        assert_string_equal(text_cost(out, sizeof out, -1), "–");
    }
    char small[5]; /* no room for the unit: the symbol stays */
    assert_string_equal(text_duration(small, sizeof small, 47 * 3600000ull), "47 h");
    text_use(LANG_EN);
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
        cmocka_unit_test(language),  cmocka_unit_test(filled),        cmocka_unit_test(forms),
        cmocka_unit_test(times),     cmocka_unit_test(counts_of_one), cmocka_unit_test(catalogue),
        cmocka_unit_test(help_fits), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
