/* SPDX-License-Identifier: MIT */
/* Decodes UTF-8, measures how many columns a character takes, and replaces what must not reach a
 * terminal. */
#include "tcptop/base/utf8.h"

#include <string.h>

#include "utf8_tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool in_ranges(uint32_t cp, const struct utf8_range *ranges, size_t n)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (cp > ranges[mid].last) {
            lo = mid + 1;
        } else if (cp < ranges[mid].first) {
            hi = mid;
        } else {
            return true;
        }
    }
    return false;
}

/* Bytes that a lead byte announces, and the smallest character that needs so many. */
static size_t announced(unsigned char lead, uint32_t *bits, uint32_t *least)
{
    if (lead >= 0xc2 && lead <= 0xdf) {
        *bits = lead & 0x1fu;
        *least = 0x80;
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *bits = lead & 0x0fu;
        *least = 0x800;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *bits = lead & 0x07u;
        *least = 0x10000;
        return 4;
    }
    return 0;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *cp)
{
    if (len == 0) {
        return 0;
    }
    unsigned char lead = (unsigned char)text[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    uint32_t value = 0, least = 0;
    size_t n = announced(lead, &value, &least);
    *cp = UTF8_BAD;
    if (n == 0 || n > len) {
        return 1;
    }
    for (size_t i = 1; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c & 0xc0) != 0x80) {
            return 1;
        }
        value = value << 6 | (c & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 1;
    }
    *cp = value;
    return n;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

int utf8_cp_width(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
        return 0;
    }
    if (cp < 0x300) {
        return 1;
    }
    if (cp >= 0xac00 && cp <= 0xd7a3) { /* Hangul syllables, which Korean texts are made of */
        return 2;
    }
    if (in_ranges(cp, zero_ranges, COUNT(zero_ranges))) {
        return 0;
    }
    return in_ranges(cp, wide_ranges, COUNT(wide_ranges)) ? 2 : 1;
}

/* The bytes and columns of the first character. Most of them are ASCII: one byte, one column. */
static size_t measure(const char *text, size_t len, int *columns)
{
    uint32_t cp;

    if (text[0] >= ' ' && text[0] < 0x7f) {
        *columns = 1;
        return 1;
    }
    size_t n = utf8_decode(text, len, &cp);
    *columns = utf8_cp_width(cp);
    return n;
}

int utf8_width(const char *text)
{
    return utf8_width_n(text, strlen(text));
}

int utf8_width_n(const char *text, size_t len)
{
    int columns = 0;
    for (size_t at = 0; at < len;) {
        int width;
        at += measure(text + at, len - at, &width);
        columns += width;
    }
    return columns;
}

size_t utf8_fit(const char *text, size_t len, int columns, int *used)
{
    int taken = 0;
    size_t at = 0;
    while (at < len) {
        int width;
        size_t n = measure(text + at, len - at, &width);
        if (width > columns - taken) {
            break;
        }
        taken += width;
        at += n;
    }
    if (used) {
        *used = taken;
    }
    return at;
}

/* One character on its way through the sanitiser. A mark without a base would land on whatever is
 * drawn before the text, so it is replaced too. */
static size_t next_safe(const char *text, size_t len, bool *has_base, uint32_t *cp)
{
    size_t n = utf8_decode(text, len, cp);
    bool safe = *cp != UTF8_BAD && !in_ranges(*cp, unsafe_ranges, COUNT(unsafe_ranges)) &&
                (*has_base || utf8_cp_width(*cp) > 0);
    if (!safe) {
        *cp = 0xfffd;
    }
    *has_base = safe;
    return n;
}

void utf8_sanitise_into(char *out, size_t size, const void *bytes, size_t len)
{
    const char *text = bytes;
    bool has_base = false;
    size_t used = 0;
    for (size_t at = 0; at < len && size > 0;) {
        uint32_t cp = 0;
        at += next_safe(text + at, len - at, &has_base, &cp);
        char encoded[4];
        size_t n = utf8_encode(cp, encoded);
        if (n >= size - used) {
            break;
        }
        memcpy(out + used, encoded, n);
        used += n;
    }
    if (size > 0) {
        out[used] = '\0';
    }
}
