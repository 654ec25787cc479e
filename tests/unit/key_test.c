/* SPDX-License-Identifier: MIT */
/* Names of keys read back as the same key; config spellings; Hangul gives its dubeolsik keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tcptop/base/key.h"
#include "tcptop/base/utf8.h"

static void names_read_back(void **state)
{
    (void)state;
    for (keycode key = 1; key < KEY_CODE_MOUSE; key++) {
        if (key == 8 || key == 10 || key == KEY_CODE_SPECIAL || key == KEY_CODE_F0 ||
            (key > 0x300 && key < KEY_CODE_SPECIAL) ||
            (key >= ' ' && utf8_cp_width(key) == 0 && key != KEY_CODE_BACKSPACE &&
             key < KEY_CODE_SPECIAL)) {
            continue;
        }
        char name[16];
        keycode back = 0;
        key_name(key, name, sizeof(name));
        assert_int_equal(key_parse(name, &back), strlen(name));
        assert_int_equal(back, key);
    }
}

static void names(void **state)
{
    (void)state;
    static const struct {
        keycode key;
        const char *name;
    } rows[] = {
        {'a', "a"},
        {'A', "A"},
        {6, "^f"},
        {28, "^\\"},
        {KEY_CODE_F0 + 2, "F2"},
        {KEY_CODE_F12, "F12"},
        {KEY_CODE_PGUP, "PgUp"},
        {KEY_CODE_TAB, "Tab"},
        {' ', "Space"},
        {KEY_CODE_UP, "↑"},
        {KEY_CODE_ESC, "Esc"},
        {KEY_CODE_BACKTAB, "S-Tab"},
        {0xac00, "가"},
        {KEY_CODE_MOUSE, "?"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[16];
        assert_string_equal(key_name(rows[i].key, name, sizeof(name)), rows[i].name);
    }
    char tiny[3];
    assert_string_equal(key_name(' ', tiny, sizeof(tiny)), "Sp");
}

static void parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        keycode key;
        size_t taken;
    } rows[] = {
        {"j k", 'j', 1},
        {"J", 'J', 1},
        {"PGUP", KEY_CODE_PGUP, 4},
        {"up,k", KEY_CODE_UP, 2},
        {"Upper", 'U', 1},
        {"F10 q", KEY_CODE_F0 + 10, 3},
        {"F", 'F', 1},
        {"F13", 'F', 1},
        {"^F", 6, 2},
        {"^f", 6, 2},
        {"^", '^', 1},
        {"^ x", '^', 1},
        {"^j", KEY_CODE_ENTER, 2},
        {"^H", KEY_CODE_BACKSPACE, 2},
        {"^?", KEY_CODE_BACKSPACE, 2},
        {"comma", ',', 5},
        {", x", ',', 1},
        {"Semicolon", ';', 9},
        {"Space", ' ', 5},
        {"↓ j", KEY_CODE_DOWN, 3},
        {"ㅓ", 0x3153, 3},
        {"Shift-Tab", KEY_CODE_BACKTAB, 9},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        keycode key = 0;
        assert_int_equal(key_parse(rows[i].text, &key), rows[i].taken);
        assert_int_equal(key, rows[i].key);
    }
    keycode key = 7;
    assert_int_equal(key_parse("", &key), 0);
    assert_int_equal(key_parse("\x01", &key), 0);
    assert_int_equal(key_parse("\xff", &key), 0);
    assert_int_equal(key_parse("\u0301", &key), 0);
    assert_int_equal(key, 7);
}

/* The keys of a Hangul text, character by character. */
static const char *typed(const char *text, char *out)
{
    size_t n = 0, len = strlen(text);
    for (size_t at = 0; at < len;) {
        uint32_t cp = 0;
        at += utf8_decode(text + at, len - at, &cp);
        keycode keys[8];
        size_t count = key_from_hangul(cp, keys);
        assert_true(count <= 5);
        for (size_t i = 0; i < count; i++) {
            out[n++] = (char)keys[i];
        }
    }
    out[n] = '\0';
    return out;
}

static void words_for_arrows(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *words;
    } rows[] = {
        {"↑", "Up"}, {"← →", "Left/Right"},      {"↑ k ↓ j", "Up k Down j"}, {"< > ^ v", "< > ^ v"},
        {"", ""},    {"PgUp PgDn", "PgUp PgDn"},
    };
    char out[16], small[6];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(key_words(rows[i].keys, out, sizeof(out)), rows[i].words);
    }
    assert_string_equal(key_words("← →", small, sizeof(small)), "Left/");
}

static void dubeolsik(void **state)
{
    (void)state;
    char out[256];
    assert_string_equal(typed("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", out), "qwertyuiop");
    assert_string_equal(typed("ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", out), "asdfghjkl");
    assert_string_equal(typed("ㅋㅌㅊㅍㅠㅜㅡ", out), "zxcvbnm");
    assert_string_equal(typed("ㅃㅉㄸㄲㅆㅒㅖ", out), "QWERTOP");
    assert_string_equal(typed("ㅘㅙㅚㅝㅞㅟㅢ", out), "hkhohlnjnpnlml");
    assert_string_equal(typed("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", out), "rtswsgfrfafqftfxfvfgqt");
    assert_string_equal(typed("안녕하세요", out), "dkssudgktpdy");
    assert_string_equal(typed("값 닭 삶 뷁 꽳 힣", out), "rkqtekfrtkfaqnpfrRhofgglg");
    assert_string_equal(typed("\u1112\u1161\u11ab\u11c2", out), "gksg"); /* conjoining */
    assert_string_equal(typed("aA3é中", out), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_read_back),  cmocka_unit_test(names),     cmocka_unit_test(parsed),
        cmocka_unit_test(words_for_arrows), cmocka_unit_test(dubeolsik),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
