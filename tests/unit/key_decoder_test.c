/* SPDX-License-Identifier: MIT */
/* The keyboard's bytes become the right events: whatever way they are cut, whatever is around
 * them, and for bytes that mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/term/key_decoder.h"

/* Feed `bytes` in pieces of `piece`; the events' keys as numbers separated by blanks. */
static void decode(const char *bytes, size_t len, size_t piece, char *out, size_t size)
{
    struct key_decoder d = {.len = 0};
    struct input in;
    size_t at = 0, used = 0;
    out[0] = '\0';
    for (;;) {
        const size_t n = len - at < piece ? len - at : piece;
        size_t room;
        unsigned char *space = key_decoder_space(&d, &room);
        assert_true(room >= n);
        memcpy(space, bytes + at, n);
        key_decoder_added(&d, n);
        at += n;
        while (key_decoder_next(&d, at < len, &in)) {
            const char *gap = used ? " " : "";
            if (in.key == KEY_CODE_MOUSE)
                used += (size_t)snprintf(out + used, size - used, "%smouse@%d,%d,%d", gap,
                                         in.mouse.x, in.mouse.y, (int)in.mouse.what);
            else if (in.key == KEY_CODE_PASTE_BEGIN || in.key == KEY_CODE_PASTE_END)
                used += (size_t)snprintf(out + used, size - used, "%s%s", gap,
                                         in.key == KEY_CODE_PASTE_BEGIN ? "paste" : "end");
            else
                used += (size_t)snprintf(out + used, size - used, "%s%x", gap, in.key);
        }
        if (at == len)
            return;
    }
}

static void check(const char *bytes, const char *expected)
{
    char got[512];
    for (size_t piece = 1; piece <= strlen(bytes); piece++) {
        decode(bytes, strlen(bytes), piece, got, sizeof got);
        assert_string_equal(got, expected);
    }
}

static void check_key(const char *bytes, keycode key)
{
    char expected[16];
    snprintf(expected, sizeof expected, "%x", key);
    check(bytes, expected);
}

static void test_characters(void **state)
{
    (void)state;
    check("a~ 3", "61 7e 20 33");
    check("\n\r\b\177\t", "d d 7f 7f 9");
    check("\x03\x1a", "3 1a");
    check("한\xe3\x85\x82", "d55c 3142"); /* Hangul syllable, letter */
    check("\xff\xc3(\xed\xa0\x80", "28"); /* no UTF-8 anywhere but the parenthesis */
    check("\xc2\x9b\x41", "41");          /* C1 is no key */
    check("\xf0\x9f\x98\x80", "1f600");
}

static void test_keys(void **state)
{
    (void)state;
    check_key("\033[A", KEY_CODE_UP);
    check_key("\033OB", KEY_CODE_DOWN);
    check_key("\033[1;5C", KEY_CODE_RIGHT);
    check_key("\033[H", KEY_CODE_HOME);
    check_key("\033[7~", KEY_CODE_HOME);
    check_key("\033[4~", KEY_CODE_END);
    check_key("\033[5~", KEY_CODE_PGUP);
    check_key("\033[6;2~", KEY_CODE_PGDN);
    check_key("\033[Z", KEY_CODE_BACKTAB);
    check_key("\033OP", KEY_CODE_F0 + 1);
    check_key("\033[[C", KEY_CODE_F0 + 3);
    check_key("\033[1;2R", KEY_CODE_F0 + 3);
    check_key("\033[24~", KEY_CODE_F12);
    check_key("\033[3~", KEY_CODE_DELETE);
}

static void test_escape(void **state)
{
    (void)state;
    check("\033", "1b");
    check("\033\033[A", "1b 110001");
    check("\033q", "1b 71");
    struct key_decoder d = {.len = 0};
    struct input in;
    size_t room;
    *key_decoder_space(&d, &room) = 27;
    key_decoder_added(&d, 1);
    assert_false(key_decoder_next(&d, true, &in)); /* it may yet become an arrow */
    assert_true(key_decoder_undecided(&d));
    assert_true(key_decoder_next(&d, false, &in)); /* it was the key */
    assert_int_equal(in.key, KEY_CODE_ESC);
    assert_false(key_decoder_undecided(&d));
}

static void test_mouse(void **state)
{
    (void)state;
    check("\033[<0;11;3Mx", "mouse@10,2,0 78");
    check("\033[<64;1;1M\033[<65;200;50M", "mouse@0,0,1 mouse@199,49,2");
    check("\033[<0;11;3m\033[<35;4;4M", ""); /* release, motion */
    check("\033[<0;11M\033[<0;1;2;3M", "");
    check("\033[M +#x", "mouse@10,2,0 78"); /* X10 */
    check("\033[M`!!\033[Ma!q", "mouse@0,0,1 mouse@0,80,2");
    check("\033[M#Kq\033[M@yD\033[M   ", ""); /* release, motion, no place */
}

static void test_paste(void **state)
{
    (void)state;
    check("\033[200~3000\033[201~", "paste 33 30 30 30 end");
}

static void test_unknown_sequences_are_swallowed(void **state)
{
    (void)state;
    check("\033[?1;2c3", "33");
    check("\033[99~\033[1;2;3;4;5;6;7;8x4", "34");
    check("\033[99999999999999999999~5", "35");
    check("\033[12\033[A", "110001"); /* broken off by the next */
    check("\033[1\0016", "1 36");
}

static void test_answer_among_keys(void **state)
{
    (void)state;
    static const char bytes[] = "3\033[A\033[1;3R0";
    struct key_decoder d = {.answer_due = true};
    struct input in;
    size_t room;
    memcpy(key_decoder_space(&d, &room), bytes, strlen(bytes));
    key_decoder_added(&d, 7);
    assert_false(key_decoder_take_answer(&d)); /* not all there yet */
    key_decoder_added(&d, strlen(bytes) - 7);
    assert_true(key_decoder_take_answer(&d));
    assert_int_equal(d.answer_column, 3);
    static const keycode expected[] = {'3', KEY_CODE_UP, '0'};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(key_decoder_next(&d, true, &in));
        assert_int_equal(in.key, expected[i]);
    }
    assert_false(key_decoder_next(&d, true, &in));
}

static void test_late_answer_is_no_key(void **state)
{
    (void)state;
    static const char bytes[] = "\033[1;2R\033[1;2R";
    struct key_decoder d = {.answer_due = true};
    struct input in;
    size_t room;
    memcpy(key_decoder_space(&d, &room), bytes, strlen(bytes));
    key_decoder_added(&d, strlen(bytes));
    assert_true(key_decoder_next(&d, true, &in)); /* only the second is Shift-F3 */
    assert_int_equal(in.key, KEY_CODE_F0 + 3);
    assert_false(key_decoder_next(&d, true, &in));
}

/* Any bytes at all: every one is taken, and the buffer never stays full. */
static void test_noise(void **state)
{
    (void)state;
    struct key_decoder d = {.len = 0};
    struct input in;
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        size_t room;
        unsigned char *space = key_decoder_space(&d, &room);
        assert_true(room > 0);
        const size_t n = room < 97 ? room : 97;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            space[i] = seed >> 30 ? (unsigned char)(seed >> 20)
                                  : (unsigned char)"\033[;<OM0"[seed >> 24 & 7];
        }
        key_decoder_added(&d, n);
        while (key_decoder_next(&d, true, &in))
            assert_true(in.key != KEY_CODE_NONE && in.key <= KEY_CODE_PASTE_END);
    }
    while (key_decoder_next(&d, false, &in))
        continue;
    assert_true(d.len < 80);
}

static void feed(struct key_decoder *d, const char *bytes)
{
    size_t room;
    memcpy(key_decoder_space(d, &room), bytes, strlen(bytes));
    key_decoder_added(d, strlen(bytes));
}

/* The keys that are left, as text. */
static const char *keys_left(struct key_decoder *d)
{
    static char text[64];
    struct input in;
    size_t n = 0;
    while (key_decoder_next(d, false, &in) && n < sizeof text - 1)
        text[n++] = in.key == KEY_CODE_ESC ? '!' : (char)in.key;
    text[n] = '\0';
    return text;
}

static void test_ground_among_keys(void **state)
{
    (void)state;
    struct key_decoder d = {.color_due = true};
    feed(&d, "a\033]11;rgb:ffff/80/0\033\\b\033[1;2Rc");
    assert_true(key_decoder_take_color(&d));
    assert_int_equal(d.color[0], 0xffff);
    assert_int_equal(d.color[1], 0x8080);
    assert_int_equal(d.color[2], 0);
    assert_true(key_decoder_take_answer(&d));
    assert_string_equal(keys_left(&d), "abc");
}

static void test_a_late_ground_is_no_key(void **state)
{
    (void)state;
    struct key_decoder d = {.color_due = true};
    struct input in;
    feed(&d, "\033]11;rgb:1e1e/1e1e/");
    assert_false(key_decoder_take_color(&d));
    assert_false(key_decoder_next(&d, true, &in)); /* its end has yet to come */
    feed(&d, "1e1e\ax");
    assert_string_equal(keys_left(&d), "x");
    assert_true(d.color_known && d.color[0] == 0x1e1e);
    d = (struct key_decoder){.color_due = true};
    feed(&d, "\033]11;rgb:zz/0/0\ax"); /* no colour, and no keys either */
    assert_string_equal(keys_left(&d), "x");
    assert_false(d.color_known);
    feed(&d, "\033]y"); /* asked no more: Alt-] */
    assert_string_equal(keys_left(&d), "!]y");
    d = (struct key_decoder){.color_due = true};
    feed(&d, "\033]y"); /* nor is this an answer */
    assert_string_equal(keys_left(&d), "!]y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_unknown_sequences_are_swallowed),
        cmocka_unit_test(test_answer_among_keys),
        cmocka_unit_test(test_late_answer_is_no_key),
        cmocka_unit_test(test_ground_among_keys),
        cmocka_unit_test(test_a_late_ground_is_no_key),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
