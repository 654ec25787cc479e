/* SPDX-License-Identifier: MIT */
/* Key codes and their names, shared by the terminal, the bindings, --keys and the config file. */
#ifndef TCPTOP_BASE_KEY_H
#define TCPTOP_BASE_KEY_H

#include <stddef.h>
#include <stdint.h>

/* A key is a Unicode scalar value, or one of these above the Unicode range. Control keys are their
 * C0 codes ('^f' is 6), Tab 9, Enter 13 (10 is turned into 13), Esc 27, Backspace 127 (8 too). */
typedef uint32_t keycode;

enum {
    KEY_CODE_NONE = 0,
    KEY_CODE_TAB = 9,
    KEY_CODE_ENTER = 13,
    KEY_CODE_ESC = 27,
    KEY_CODE_BACKSPACE = 127,
    KEY_CODE_SPECIAL = 0x110000,
    KEY_CODE_UP,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_PGUP,
    KEY_CODE_PGDN,
    KEY_CODE_INSERT,
    KEY_CODE_DELETE,
    KEY_CODE_BACKTAB, /* Shift-Tab */
    KEY_CODE_F0,      /* KEY_CODE_F0 + n is Fn, n = 1..12 */
    KEY_CODE_F12 = KEY_CODE_F0 + 12,
    KEY_CODE_MOUSE,       /* a mouse event, see struct input */
    KEY_CODE_PASTE_BEGIN, /* bracketed paste: text between the two goes to text prompts only */
    KEY_CODE_PASTE_END,
};

struct mouse {
    int x, y;
    enum { MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } what;
};

/* One event from the keyboard or the mouse. */
struct input {
    keycode key;
    struct mouse mouse; /* only with KEY_CODE_MOUSE */
};

/** The key's name as help and config write it: "a", "^f", "F2", "PgUp", "Tab", "Space", "↑".
 *  Writes at most `size` bytes into `out` and returns it. */
const char *key_name(keycode key, char *out, size_t size);

/** `keys` with the word of each arrow in its place, for terminals where an arrow would be drawn as
 *  another key: "↑ k" is "Up k", "← →" is "Left/Right". Writes at most `size` bytes into `out` and
 *  returns it. */
const char *key_words(const char *keys, char *out, size_t size);

/** Parse one name at the start of `text` ("^f", "F10", "PgUp", "Up", "Space", "Comma" or a
 *  single character); names are case-sensitive for single characters, else not. Returns the bytes
 *  taken, 0 when it is no key. */
size_t key_parse(const char *text, keycode *key);

/** The Latin key that a Hangul letter shares on the dubeolsik layout: ㅂ→q, ㅓ→j. A syllable gives
 *  its keys in order. Returns the number written to `out` (0 when `cp` is no Hangul). */
size_t key_from_hangul(uint32_t cp, keycode out[8]);

#endif
