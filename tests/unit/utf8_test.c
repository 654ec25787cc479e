/* SPDX-License-Identifier: MIT */
/* Decoding refuses every malformed form; widths; fitting; nothing unsafe leaves the sanitiser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tcptop/base/utf8.h"

static void round_trip(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff) {
            continue;
        }
        char bytes[4];
        size_t n = utf8_encode(cp, bytes);
        uint32_t back = 0;
        assert_int_equal(utf8_decode(bytes, n, &back), n);
        assert_int_equal(back, cp);
        for (size_t cut = 1; cut < n; cut++) {
            assert_int_equal(utf8_decode(bytes, cut, &back), 1);
            assert_int_equal(back, UTF8_BAD);
        }
    }
}

static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\x80", "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xc3(",    "\xe2\x82(",        "\xf0\x8f\xbf\xbf",
        "\xf5\x80",     "\xfe",         "\xff\xff", "\xf4\x90\x80\x80", "\xf0\x9f\x92(",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t cp = 0;
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &cp), 1);
        assert_int_equal(cp, UTF8_BAD);
    }
    uint32_t cp = 7;
    assert_int_equal(utf8_decode("", 0, &cp), 0);
}

static void widths(void **state)
{
    (void)state;
    static const struct {
        uint32_t cp;
        int width;
    } rows[] = {
        {0, 0},       {'\n', 0},    {0x1b, 0},    {' ', 1},     {'~', 1},     {0x7f, 0},
        {0x9b, 0},    {0xa0, 1},    {0xad, 1},    {0xe9, 1},    {0x301, 0},   {0x488, 0},
        {0x5d0, 1},   {0x1100, 2},  {0x1160, 0},  {0x1161, 0},  {0x11a8, 0},  {0x11ff, 0},
        {0x200b, 0},  {0x2013, 1},  {0x2500, 1},  {0x2585, 1},  {0x25b8, 1},  {0x3000, 2},
        {0x302a, 0},  {0x303f, 1},  {0x3042, 2},  {0x3131, 2},  {0x4e00, 2},  {0xa4cf, 1},
        {0xa960, 2},  {0xac00, 2},  {0xd7a3, 2},  {0xd7b0, 0},  {0xd7fb, 0},  {0xf900, 2},
        {0xfe0f, 0},  {0xff01, 2},  {0xff61, 1},  {0xffe6, 2},  {0xfffd, 1},  {0x1f600, 2},
        {0x1f6dc, 2}, {0x1fae8, 2}, {0x20000, 2}, {0x3fffd, 2}, {0x11f02, 1}, {0xe0001, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (utf8_cp_width(rows[i].cp) != rows[i].width) {
            fail_msg("U+%04X is not %d wide", rows[i].cp, rows[i].width);
        }
    }
    assert_int_equal(utf8_width("연결 48개"), 9);
    assert_int_equal(utf8_width("\u1112\u1161\u11ab\u1100\u1173\u11af"), 4); /* 한글, decomposed */
    assert_int_equal(utf8_width("e\u0301"), 1);
    assert_int_equal(utf8_width("a\xff"
                                "b"),
                     3);
    assert_int_equal(utf8_width_n("가나다", 3), 2);
}

static void fits(void **state)
{
    (void)state;
    int used = -1;
    assert_int_equal(utf8_fit("가나다", 9, 5, &used), 6);
    assert_int_equal(used, 4);
    assert_int_equal(utf8_fit("abc", 3, 3, &used), 3);
    assert_int_equal(utf8_fit("abc", 3, 0, &used), 0);
    assert_int_equal(used, 0);
    assert_int_equal(utf8_fit("ae\u0301b", 5, 2, &used), 4); /* the accent goes with its e */
    assert_int_equal(used, 2);
    assert_int_equal(utf8_fit("abc", 3, -1, NULL), 0);
}

static void check_sanitised(const char *in, size_t len, const char *expected)
{
    char out[200];
    utf8_sanitise_into(out, sizeof(out), in, len);
    assert_string_equal(out, expected);
}

#define SANITISED(in, expected) check_sanitised(in, sizeof(in) - 1, expected)
#define R                       "\xef\xbf\xbd"

static void sanitised(void **state)
{
    (void)state;
    SANITISED("nginx: worker", "nginx: worker");
    SANITISED("한글 서버", "한글 서버");
    SANITISED("\x1b[2J", R "[2J");
    SANITISED("a\nb\tc\0d\x7f", "a" R "b" R "c" R "d" R);
    SANITISED("\xc2\x9b"
              "31m",
              R "31m");                                       /* C1 CSI */
    SANITISED("a\u202e\u2066b", "a" R R "b");                 /* bidi */
    SANITISED("a\u200b\u200d\ufeff\u00adb", "a" R R R R "b"); /* invisible */
    SANITISED("a\u2028\u2029", "a" R R);
    SANITISED("\u3164\u115f\uffa0", R R R); /* Hangul fillers look like blanks */
    SANITISED("x\ufe0f\u034f", "x" R R);
    SANITISED("\U000e0041", R); /* a tag */
    SANITISED("\xff\xed\xa0\x80", R R R R);
    SANITISED("e\u0301", "e\u0301"); /* a mark on a base stays */
    SANITISED("\u0301e", R "e");     /* without one it would fall on its neighbour */
    SANITISED("\n\u0301", R R);
}

static void sanitised_is_always_safe(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff) {
            continue;
        }
        char in[5] = "a", out[16];
        size_t n = utf8_encode(cp, in + 1);
        utf8_sanitise_into(out, sizeof(out), in, n + 1);
        int width = utf8_width(out);
        /* visible, or a mark drawn on the base: never a control, never an invisible blank */
        assert_true(width == 2 || width == 3 || (width == 1 && utf8_cp_width(cp) == 0));
        assert_true(cp >= 0x20 || strcmp(out, "a" R) == 0);
    }
}

static void sanitised_into_little_room(void **state)
{
    (void)state;
    char out[8];
    memset(out, 'X', sizeof(out));
    utf8_sanitise_into(out, 0, "abc", 3);
    assert_int_equal(out[0], 'X');
    utf8_sanitise_into(out, 1, "abc", 3);
    assert_string_equal(out, "");
    utf8_sanitise_into(out, 6, "가나", 6);
    assert_string_equal(out, "가");
    utf8_sanitise_into(out, 7, "가나", 6);
    assert_string_equal(out, "가나");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(malformed),
        cmocka_unit_test(widths),
        cmocka_unit_test(fits),
        cmocka_unit_test(sanitised),
        cmocka_unit_test(sanitised_is_always_safe),
        cmocka_unit_test(sanitised_into_little_room),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
