/* SPDX-License-Identifier: MIT */
/* Names of keys, and what a Hangul letter is on the keyboard. */
#include "tcptop/base/key.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tcptop/base/utf8.h"

/* The first name of a key is the one that is shown; the others are understood. */
static const struct {
    const char *name;
    keycode key;
} names[] = {
    {"Tab", KEY_CODE_TAB},
    {"S-Tab", KEY_CODE_BACKTAB},
    {"Shift-Tab", KEY_CODE_BACKTAB},
    {"Enter", KEY_CODE_ENTER},
    {"Return", KEY_CODE_ENTER},
    {"Esc", KEY_CODE_ESC},
    {"Escape", KEY_CODE_ESC},
    {"Backspace", KEY_CODE_BACKSPACE},
    {"Space", ' '},
    {"↑", KEY_CODE_UP},
    {"Up", KEY_CODE_UP},
    {"↓", KEY_CODE_DOWN},
    {"Down", KEY_CODE_DOWN},
    {"←", KEY_CODE_LEFT},
    {"Left", KEY_CODE_LEFT},
    {"→", KEY_CODE_RIGHT},
    {"Right", KEY_CODE_RIGHT},
    {"Home", KEY_CODE_HOME},
    {"End", KEY_CODE_END},
    {"PgUp", KEY_CODE_PGUP},
    {"PageUp", KEY_CODE_PGUP},
    {"PgDn", KEY_CODE_PGDN},
    {"PageDown", KEY_CODE_PGDN},
    {"Ins", KEY_CODE_INSERT},
    {"Insert", KEY_CODE_INSERT},
    {"Del", KEY_CODE_DELETE},
    {"Delete", KEY_CODE_DELETE},
    {"F1", KEY_CODE_F0 + 1},
    {"F2", KEY_CODE_F0 + 2},
    {"F3", KEY_CODE_F0 + 3},
    {"F4", KEY_CODE_F0 + 4},
    {"F5", KEY_CODE_F0 + 5},
    {"F6", KEY_CODE_F0 + 6},
    {"F7", KEY_CODE_F0 + 7},
    {"F8", KEY_CODE_F0 + 8},
    {"F9", KEY_CODE_F0 + 9},
    {"F10", KEY_CODE_F0 + 10},
    {"F11", KEY_CODE_F0 + 11},
    {"F12", KEY_CODE_F12},
    /* characters that mean something else where keys are listed */
    {",", ','},
    {"Comma", ','},
    {";", ';'},
    {"Semicolon", ';'},
    {"#", '#'},
    {"Hash", '#'},
    {"\"", '"'},
    {"Quote", '"'},
    {"\\", '\\'},
    {"Backslash", '\\'},
};

#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

const char *key_name(keycode key, char *out, size_t size)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i].key == key) {
            snprintf(out, size, "%s", names[i].name);
            return out;
        }
    }
    if (key > 0 && key < ' ') {
        snprintf(out, size, "^%c", (char)(key < 27 ? key + 'a' - 1 : key + '@'));
    } else if (key >= ' ' && key < KEY_CODE_SPECIAL) {
        char bytes[4];
        snprintf(out, size, "%.*s", (int)utf8_encode(key, bytes), bytes);
    } else {
        snprintf(out, size, "?");
    }
    return out;
}

/* The word of the arrow that `text` begins with, NULL where it begins with none. An arrow has the
 * row before that of its word. */
static const char *arrow_word(const char *text, size_t *len)
{
    for (size_t i = 0; i + 1 < NAME_COUNT; i++) {
        *len = strlen(names[i].name);
        if ((unsigned char)names[i].name[0] >= 0x80 && strncmp(text, names[i].name, *len) == 0) {
            return names[i + 1].name;
        }
    }
    return NULL;
}

const char *key_words(const char *keys, char *out, size_t size)
{
    bool arrow = false; /* before `keys` */
    size_t n = 0, len, ignored;

    out[0] = '\0';
    for (; *keys && n < size; keys += len) {
        const char *word = arrow_word(keys, &len);

        if (word) {
            n += (size_t)snprintf(out + n, size - n, "%s", word);
        } else {
            len = 1;
            bool between = arrow && *keys == ' ' && arrow_word(keys + 1, &ignored);
            n += (size_t)snprintf(out + n, size - n, "%c", between ? '/' : *keys);
        }
        arrow = word != NULL;
    }
    return out;
}

/* "^f": the control key, 0 when there is none. */
static keycode control_key(char c)
{
    if (c == '?') {
        return KEY_CODE_BACKSPACE;
    }
    if (c >= 'a' && c <= 'z') {
        c = (char)(c - 'a' + 'A');
    }
    if (c < 'A' || c > '_') {
        return KEY_CODE_NONE;
    }
    keycode key = (keycode)(c - '@');
    return key == 10 ? KEY_CODE_ENTER : key == 8 ? KEY_CODE_BACKSPACE : key;
}

size_t key_parse(const char *text, keycode *key)
{
    size_t word = strcspn(text, " \t\r\n,");
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (strlen(names[i].name) == word && strncasecmp(names[i].name, text, word) == 0) {
            *key = names[i].key;
            return word;
        }
    }
    if (text[0] == '^' && text[1] != '\0' && control_key(text[1]) != KEY_CODE_NONE) {
        *key = control_key(text[1]);
        return 2;
    }
    uint32_t cp = 0;
    size_t n = utf8_decode(text, strnlen(text, 4), &cp);
    if (n == 0 || cp == UTF8_BAD || utf8_cp_width(cp) == 0) {
        return 0;
    }
    *key = cp;
    return n;
}

/* The keys of the compatibility jamo U+3131 to U+3163; compound ones take two. */
static const char *const jamo_keys[] = {
    "r",  "R",  "rt", "s",  "sw", "sg", "e",  "E", "f",  "fr", "fa", "fq", "ft", /* ㄱ … ㄽ */
    "fx", "fv", "fg", "a",  "q",  "Q",  "qt", "t", "T",  "d",  "w",  "W",  "c",  "z", /* ㄾ … ㅋ */
    "x",  "v",  "g",  "k",  "o",  "i",  "O",  "j", "p",  "u",  "P",  "h",  "hk", "ho", /* ㅌ … ㅙ */
    "hl", "y",  "n",  "nj", "np", "nl", "b",  "m", "ml", "l", /* ㅚ … ㅣ */
};

/* Which compatibility jamo the 19 initials and 27 finals are, counted from U+3131; the 21 medials
 * are 30 to 50 in order. */
static const uint8_t initials[19] = {0,  1,  3,  6,  7,  8,  16, 17, 18, 20,
                                     21, 22, 23, 24, 25, 26, 27, 28, 29};
static const uint8_t finals[27] = {0,  1,  2,  3,  4,  5,  6,  8,  9,  10, 11, 12, 13, 14,
                                   15, 16, 17, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29};
#define MEDIAL_FIRST 30

static size_t put_jamo(keycode *out, size_t n, size_t jamo)
{
    for (const char *k = jamo_keys[jamo]; *k; k++) {
        out[n++] = (keycode)*k;
    }
    return n;
}

size_t key_from_hangul(uint32_t cp, keycode out[8])
{
    if (cp >= 0x3131 && cp <= 0x3163) {
        return put_jamo(out, 0, cp - 0x3131);
    }
    if (cp >= 0x1100 && cp <= 0x1112) {
        return put_jamo(out, 0, initials[cp - 0x1100]);
    }
    if (cp >= 0x1161 && cp <= 0x1175) {
        return put_jamo(out, 0, MEDIAL_FIRST + (cp - 0x1161));
    }
    if (cp >= 0x11a8 && cp <= 0x11c2) {
        return put_jamo(out, 0, finals[cp - 0x11a8]);
    }
    if (cp < 0xac00 || cp > 0xd7a3) {
        return 0;
    }
    uint32_t index = cp - 0xac00;
    size_t n = put_jamo(out, 0, initials[index / (21 * 28)]);
    n = put_jamo(out, n, MEDIAL_FIRST + index / 28 % 21);
    return index % 28 ? put_jamo(out, n, finals[index % 28 - 1]) : n;
}
