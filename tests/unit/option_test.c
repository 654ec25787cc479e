/* SPDX-License-Identifier: MIT */
/* Values of the configuration are read strictly, in range, in any locale, and never echoed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "tcptop/config/ini.h"

static const struct option flag = {"general", "mouse", OPTION_BOOL, 0,  0,
                                   NULL,      "yes",   "",          "", NULL};
static const struct option number = {"general", "history", OPTION_NUMBER, 60, 3600, NULL, "300",
                                     "",        "",        NULL};
static const struct option decimal = {
    "general", "cpu_budget", OPTION_DECIMAL, 1, 100, NULL, "25", "", "", NULL};
static const struct option duration = {
    "general", "interval", OPTION_DURATION, 0.1, 60, NULL, "1 s", "", "", NULL};
static const struct option choice = {
    "general", "glyphs", OPTION_CHOICE, 0, 0, "auto unicode ascii", "auto", "", "", NULL};
static const struct option words = {"general", "filter", OPTION_TEXT, 0,  10,
                                    NULL,      "",       "",          "", NULL};

static void accepts(const struct option *row, const char *text, double expected)
{
    struct option_value value = {0};
    struct err err = {""};
    if (option_parse(row, text, &value, &err) != 0) {
        fail_msg("%s: %s", text, err.msg);
    }
    assert_true(value.set);
    assert_true(fabs(value.number - expected) < 1e-9);
}

static void refuses(const struct option *row, const char *text, const char *why)
{
    struct option_value value = {.number = 42, .text = "kept"};
    struct err err = {""};
    assert_int_equal(option_parse(row, text, &value, &err), -EINVAL);
    assert_string_equal(err.msg, why);
    assert_true(value.number == 42 && !value.set);
    assert_string_equal(value.text, "kept");
}

static void booleans(void **state)
{
    (void)state;
    accepts(&flag, "yes", 1);
    accepts(&flag, "TRUE", 1);
    accepts(&flag, "on", 1);
    accepts(&flag, "1", 1);
    accepts(&flag, "no", 0);
    accepts(&flag, "false", 0);
    accepts(&flag, "Off", 0);
    accepts(&flag, "0", 0);
    refuses(&flag, "", "mouse: must be yes or no");
    refuses(&flag, "y", "mouse: must be yes or no");
    refuses(&flag, "2", "mouse: must be yes or no");
}

static void numbers(void **state)
{
    (void)state;
    const char *why = "history: must be a whole number from 60 to 3600";
    accepts(&number, "60", 60);
    accepts(&number, "3600", 3600);
    accepts(&number, "0060", 60);
    static const char *const bad[] = {"59",   "3601",  "12abc", "",
                                      "60.0", "0x100", "1e2",   " 100",
                                      "-100", "+100",  "inf",   "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refuses(&number, bad[i], why);
    }
    accepts(&decimal, "2.5", 2.5);
    accepts(&decimal, "25", 25);
    refuses(&decimal, "2,5", "cpu_budget: must be a number from 1 to 100");
    refuses(&decimal, "2.", "cpu_budget: must be a number from 1 to 100");
    refuses(&decimal, ".5", "cpu_budget: must be a number from 1 to 100");
    refuses(&decimal, "nan", "cpu_budget: must be a number from 1 to 100");
    refuses(&decimal, "0.99999", "cpu_budget: must be a number from 1 to 100");
}

static void durations(void **state)
{
    (void)state;
    accepts(&duration, "250 ms", 0.25);
    accepts(&duration, "250ms", 0.25);
    accepts(&duration, "1 s", 1);
    accepts(&duration, "0.5", 0.5);
    accepts(&duration, "1 min", 60);
    accepts(&duration, "1 M", 60);
    accepts(&duration, "100000 us", 0.1);
    static const char *const bad[] = {"",      "s",     "0",     "61", "1 week",
                                      "99 ms", "2 min", "1 s s", "-1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refuses(&duration, bad[i],
                "interval: must be a time in seconds (or ms, s, min, h) from 0.1 to 60");
    }
}

static void choices(void **state)
{
    (void)state;
    accepts(&choice, "auto", 0);
    accepts(&choice, "ASCII", 2);
    struct option_value value;
    assert_int_equal(option_parse(&choice, "Unicode", &value, NULL), 0);
    assert_string_equal(value.text, "unicode");
    refuses(&choice, "asc", "glyphs: 'asc' is not one of auto, unicode, ascii");
    refuses(&choice, "auto unicode", "glyphs: 'auto unicode' is not one of auto, unicode, ascii");
    refuses(&choice, "", "glyphs: '' is not one of auto, unicode, ascii");
}

static void texts(void **state)
{
    (void)state;
    struct option_value value;
    assert_int_equal(option_parse(&words, "한글 a", &value, NULL), 0);
    assert_string_equal(value.text, "한글 a");
    accepts(&words, "", 0);
    refuses(&words, "12345678901", "filter: longer than 10 bytes");
    refuses(&words, "a\x1b[m", "filter: holds a control character or is not UTF-8");
    refuses(&words, "\xff", "filter: holds a control character or is not UTF-8");
    struct option roomy = words;
    roomy.max = 1e9; /* the value's own buffer still counts */
    char text[1100];
    memset(text, 'x', sizeof(text) - 1);
    text[1099] = '\0';
    refuses(&roomy, text, "filter: longer than 1023 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans), cmocka_unit_test(numbers), cmocka_unit_test(durations),
        cmocka_unit_test(choices),  cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
