/* SPDX-License-Identifier: MIT */
/* The keyboard's byte sequences: UTF-8, ECMA-48 control sequences as xterm, rxvt, VT and the Linux
 * console send them, SGR and X10 mouse reports, bracketed paste. */
#include "key_decoder.h"

#include <stdio.h>
#include <string.h>

#include "tcptop/base/utf8.h"

#define ESC            27
#define PARAMETERS_MAX 4
#define X10_BYTES      6

/* CSI … letter, and SS3 letter. */
static const struct {
    char final;
    keycode key;
} letter_keys[] = {
    {'A', KEY_CODE_UP},     {'B', KEY_CODE_DOWN},   {'C', KEY_CODE_RIGHT},  {'D', KEY_CODE_LEFT},
    {'H', KEY_CODE_HOME},   {'F', KEY_CODE_END},    {'M', KEY_CODE_ENTER},  {'Z', KEY_CODE_BACKTAB},
    {'P', KEY_CODE_F0 + 1}, {'Q', KEY_CODE_F0 + 2}, {'R', KEY_CODE_F0 + 3}, {'S', KEY_CODE_F0 + 4},
};

/* CSI number ~. */
static const struct {
    int number;
    keycode key;
} number_keys[] = {
    {1, KEY_CODE_HOME},        {2, KEY_CODE_INSERT},   {3, KEY_CODE_DELETE},
    {4, KEY_CODE_END},         {5, KEY_CODE_PGUP},     {6, KEY_CODE_PGDN},
    {7, KEY_CODE_HOME},        {8, KEY_CODE_END},      {11, KEY_CODE_F0 + 1},
    {12, KEY_CODE_F0 + 2},     {13, KEY_CODE_F0 + 3},  {14, KEY_CODE_F0 + 4},
    {15, KEY_CODE_F0 + 5},     {17, KEY_CODE_F0 + 6},  {18, KEY_CODE_F0 + 7},
    {19, KEY_CODE_F0 + 8},     {20, KEY_CODE_F0 + 9},  {21, KEY_CODE_F0 + 10},
    {23, KEY_CODE_F0 + 11},    {24, KEY_CODE_F0 + 12}, {200, KEY_CODE_PASTE_BEGIN},
    {201, KEY_CODE_PASTE_END},
};

/* One control sequence as it stands in the bytes. */
struct sequence {
    size_t len; /* bytes it takes; 0: not complete yet */
    char lead;  /* '<' of a mouse report, '[' of a Linux function key, else 0 */
    char final; /* 0: broken off, no sequence after all */
    int parameter[PARAMETERS_MAX];
    int n_parameters;
};

unsigned char *key_decoder_space(struct key_decoder *d, size_t *size)
{
    *size = KEY_DECODER_BYTES - d->len;
    return d->bytes + d->len;
}

void key_decoder_added(struct key_decoder *d, size_t n)
{
    d->len += n;
}

static void drop(struct key_decoder *d, size_t at, size_t n)
{
    memmove(d->bytes + at, d->bytes + at + n, d->len - at - n);
    d->len -= n;
}

static void add_digit(struct sequence *s, int digit)
{
    if (!s->n_parameters)
        s->n_parameters = 1;
    if (s->n_parameters <= PARAMETERS_MAX && s->parameter[s->n_parameters - 1] < 10000)
        s->parameter[s->n_parameters - 1] = s->parameter[s->n_parameters - 1] * 10 + digit;
}

/* What begins with Esc [ at bytes[0]. A byte that no sequence may hold breaks it off before it. */
static struct sequence parse_csi(const unsigned char *bytes, size_t len)
{
    struct sequence s = {0};
    size_t at = 2;
    if (at < len && bytes[at] == '[') /* the Linux console's F1 to F5 */
        s.lead = (char)bytes[at++];
    for (; at < len; at++) {
        const unsigned char c = bytes[at];
        if (c >= '0' && c <= '9') {
            add_digit(&s, c - '0');
        } else if (c == ';' || c == ':') {
            s.n_parameters += s.n_parameters ? 1 : 2;
        } else if (c >= 0x3c && c <= 0x3f) {
            s.lead = (char)c;
        } else if (c < 0x20 || c > 0x7e) {
            s.len = at;
            return s;
        } else if (c >= 0x40) {
            s.final = (char)c;
            s.len = at + 1;
            return s;
        }
    }
    if (len > 64) /* no key is that long */
        s.len = len;
    return s;
}

static keycode letter_key(char final)
{
    for (size_t i = 0; i < sizeof letter_keys / sizeof letter_keys[0]; i++)
        if (letter_keys[i].final == final)
            return letter_keys[i].key;
    return KEY_CODE_NONE;
}

static keycode number_key(int number)
{
    for (size_t i = 0; i < sizeof number_keys / sizeof number_keys[0]; i++)
        if (number_keys[i].number == number)
            return number_keys[i].key;
    return KEY_CODE_NONE;
}

/* Presses of the left button and the wheel count; `x` and `y` begin at 1. */
static bool mouse_event(int button, int x, int y, struct input *in)
{
    switch (button) {
    case 0:
        in->mouse.what = MOUSE_CLICK;
        break;
    case 64:
        in->mouse.what = MOUSE_WHEEL_UP;
        break;
    case 65:
        in->mouse.what = MOUSE_WHEEL_DOWN;
        break;
    default:
        return false;
    }
    in->key = KEY_CODE_MOUSE;
    in->mouse.x = x - 1;
    in->mouse.y = y - 1;
    return true;
}

/* CSI M button x y, each of these a byte that is 32 larger than what it says: how a terminal
 * without SGR reports speaks of the mouse. Returns the bytes taken, 0 when more must come. */
static size_t decode_x10(const struct key_decoder *d, struct input *in)
{
    const unsigned char *value = d->bytes + 3;
    if (d->len < X10_BYTES)
        return 0;
    if (value[0] >= 32 && value[1] > 32 && value[2] > 32)
        mouse_event(value[0] - 32, value[1] - 32, value[2] - 32, in);
    return X10_BYTES;
}

static bool is_answer(const struct sequence *s)
{
    return s->final == 'R' && !s->lead && s->n_parameters == 2;
}

/* Does the sequence mean anything? Then it is in *in. */
static bool sequence_event(struct key_decoder *d, const struct sequence *s, struct input *in)
{
    if (d->answer_due && is_answer(s)) { /* late: taken for Shift-F3 otherwise */
        d->answer_due = false;
        return false;
    }
    if (s->lead == '<') /* CSI < button ; x ; y M; m when it is let go */
        return s->final == 'M' && s->n_parameters == 3 &&
               mouse_event(s->parameter[0], s->parameter[1], s->parameter[2], in);
    if (s->lead == '[' && s->final >= 'A' && s->final <= 'E')
        in->key = KEY_CODE_F0 + 1 + (keycode)(s->final - 'A');
    else if (!s->lead)
        in->key = s->final == '~' ? number_key(s->parameter[0]) : letter_key(s->final);
    return in->key != KEY_CODE_NONE;
}

#define COLOR_MAX 64 /* bytes of a report: no terminal sends more */

/* Reads "rgb:RRRR/GGGG/BBBB" with one to four hexadecimal digits each. */
static bool parse_color(const char *text, uint16_t color[3])
{
    unsigned value[3];
    int end[4] = {0};

    if (sscanf(text, "rgb:%n%4x%n/%4x%n/%4x%n", &end[0], &value[0], &end[1], &value[1], &end[2],
               &value[2], &end[3]) != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        const int digits = end[i + 1] - end[i] - (i > 0);
        const unsigned most = (1u << 4 * digits) - 1;
        color[i] = (uint16_t)(value[i] * UINT32_C(65535) / most);
    }
    return true;
}

/* "OSC 11 ; colour" at bytes[0], ended by BEL or ST. Returns its length; 0: it is none; COLOR_MAX
 * where its end has not come yet. */
static size_t parse_report(const unsigned char *bytes, size_t len, uint16_t color[3], bool *known)
{
    static const char begin[] = "\033]11;";
    char text[COLOR_MAX] = "";
    const size_t same = len < sizeof begin - 1 ? len : sizeof begin - 1;

    *known = false;
    if (memcmp(bytes, begin, same) != 0)
        return 0;
    for (size_t at = sizeof begin - 1; at < len && at < COLOR_MAX; at++) {
        const bool st = bytes[at] == ESC && at + 1 < len && bytes[at + 1] == '\\';
        if (bytes[at] != '\a' && !st)
            continue;
        memcpy(text, bytes + same, at - same);
        *known = parse_color(text, color);
        return at + (st ? 2 : 1);
    }
    return len < COLOR_MAX ? COLOR_MAX : 0;
}

/* Esc at the front. Returns the bytes taken, 0 when more must come. */
static size_t decode_escape(struct key_decoder *d, bool patient, struct input *in)
{
    const bool opens = d->len >= 2 && (d->bytes[1] == '[' || d->bytes[1] == 'O');
    if (d->len == 1 || (opens && d->len == 2)) {
        if (patient)
            return 0;
        in->key = KEY_CODE_ESC;
        return 1;
    }
    if (d->color_due && d->len > 1 && d->bytes[1] == ']') {
        const size_t report = parse_report(d->bytes, d->len, d->color, &d->color_known);
        d->color_due = !report || report == COLOR_MAX;
        if (report == COLOR_MAX && patient)
            return 0;
        if (report && report < COLOR_MAX)
            return report;
    }
    if (!opens) {
        in->key = KEY_CODE_ESC;
        return 1;
    }
    if (d->bytes[1] == 'O') {
        in->key = letter_key((char)d->bytes[2]);
        return 3;
    }
    if (d->bytes[2] == 'M')
        return decode_x10(d, in);
    const struct sequence s = parse_csi(d->bytes, d->len);
    if (s.final)
        sequence_event(d, &s, in);
    return s.len;
}

/* Bytes that a character beginning with `lead` has. */
static size_t utf8_length(unsigned char lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

/* Is the text a character that breaks off in its middle? */
static bool cut_character(const unsigned char *bytes, size_t len)
{
    if (utf8_length(bytes[0]) <= len)
        return false;
    for (size_t i = 1; i < len; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    return true;
}

static size_t decode_character(const struct key_decoder *d, struct input *in)
{
    uint32_t cp;
    if (cut_character(d->bytes, d->len))
        return 0;
    const size_t taken = utf8_decode((const char *)d->bytes, d->len, &cp);
    if (cp == '\n')
        cp = KEY_CODE_ENTER;
    else if (cp == '\b')
        cp = KEY_CODE_BACKSPACE;
    if (cp != UTF8_BAD && !(cp >= 0x80 && cp < 0xa0))
        in->key = cp;
    return taken;
}

bool key_decoder_next(struct key_decoder *d, bool patient, struct input *in)
{
    while (d->len) {
        *in = (struct input){KEY_CODE_NONE, {0}};
        const size_t taken =
            d->bytes[0] == ESC ? decode_escape(d, patient, in) : decode_character(d, in);
        if (!taken)
            return false;
        drop(d, 0, taken);
        if (in->key != KEY_CODE_NONE)
            return true;
    }
    return false;
}

bool key_decoder_undecided(const struct key_decoder *d)
{
    return d->len && d->len <= 2 && d->bytes[0] == ESC;
}

bool key_decoder_take_answer(struct key_decoder *d)
{
    for (size_t at = 0; at + 2 < d->len; at++) {
        if (d->bytes[at] != ESC || d->bytes[at + 1] != '[')
            continue;
        const struct sequence s = parse_csi(d->bytes + at, d->len - at);
        if (!is_answer(&s))
            continue;
        d->answer_column = s.parameter[1];
        d->answer_due = false;
        drop(d, at, s.len);
        return true;
    }
    return false;
}

bool key_decoder_take_color(struct key_decoder *d)
{
    for (size_t at = 0; at + 1 < d->len; at++) {
        if (d->bytes[at] != ESC || d->bytes[at + 1] != ']')
            continue;
        const size_t len = parse_report(d->bytes + at, d->len - at, d->color, &d->color_known);
        if (!len || len == COLOR_MAX)
            continue;
        d->color_due = false;
        drop(d, at, len);
        return d->color_known;
    }
    return false;
}
