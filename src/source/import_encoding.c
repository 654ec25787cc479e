/* SPDX-License-Identifier: MIT */
/* Encodings of imported text: UTF-16, and the code pages in which consoles of Windows print. Rows
 * are ASCII in all of them; what is not are headings, states in German and names of programs. */
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "import_reader.h"
#include "tcptop/base/utf8.h"

/* Words that only the right code page makes of a heading, a title or a state. */
static const struct {
    const char *page;
    const char *words[8];
} pages[] = {
    {"CP949", {"프로토콜", "주소", "활성 연결", "상태", "소유권 정보", NULL}},
    {"CP932", {"プロトコル", "アドレス", "アクティブ", "状態", "所有権", NULL}},
    {"CP850", {"ABHÖREN", "Dirección", "Endereço", "ligações", "Conexões", "État", "é", NULL}},
    {"CP1252", {"ABHÖREN", "Dirección", "Endereço", "Ligações", "Conexões", "État", "é", NULL}},
};
#define PAGES     (sizeof pages / sizeof pages[0])
#define PAGE_SIZE 12

bool import_encoding_is_utf8(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t n = utf8_decode(bytes + at, len - at, &cp);
        if (cp == UTF8_BAD)
            return false;
        at += n;
    }
    return true;
}

/* Convert from the page. False when it cannot be: `*missing` when there is no converter. */
static bool convert(const char *page, const char *bytes, size_t len, struct str *out, bool *missing)
{
    iconv_t cd = iconv_open("UTF-8", page);
    char buffer[1024], *in = (char *)(uintptr_t)bytes;
    bool whole = true;

    *missing = cd == (iconv_t)-1; // NOLINT(performance-no-int-to-ptr)
    if (*missing)
        return false;
    while (len && whole) {
        char *to = buffer;
        size_t room = sizeof buffer, left = len;
        (void)iconv(cd, &in, &len, &to, &room);
        str_add_bytes(out, buffer, sizeof buffer - room);
        whole = len < left; /* else these bytes are none of the page's */
    }
    (void)iconv_close(cd);
    return whole;
}

static bool has_word(const char *text, size_t page)
{
    for (size_t i = 0; pages[page].words[i]; i++)
        if (strstr(text, pages[page].words[i]))
            return true;
    return false;
}

bool import_encoding_line(char *page, char *missing, const char *bytes, size_t len, struct str *out)
{
    bool none;

    for (size_t i = 0; i < PAGES; i++) {
        str_clear(out);
        bool whole = convert(pages[i].page, bytes, len, out, &none);
        if (none && !missing[0])
            snprintf(missing, 16, "%s", pages[i].page);
        if (!whole || !has_word(str_text(out), i))
            continue;
        snprintf(page, PAGE_SIZE, "%s", pages[i].page);
        missing[0] = '\0';
        return true;
    }
    str_clear(out);
    return page[0] && convert(page, bytes, len, out, &none);
}

int import_encoding_utf16(const uint8_t *bytes, size_t len)
{
    if (len < 2)
        return 0;
    if (bytes[0] == 0xff && bytes[1] == 0xfe)
        return 1;
    if (bytes[0] == 0xfe && bytes[1] == 0xff)
        return 2;
    /* without a mark: every second byte of ASCII is 0, which other text has none of */
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < len; i++)
        zeros[i & 1] += !bytes[i];
    if (len < 8 || zeros[0] + zeros[1] < 3)
        return 0;
    return zeros[1] > 4 * zeros[0] ? 1 : zeros[0] > 4 * zeros[1] ? 2 : 0;
}

void import_encoding_add(struct str *out, const uint8_t *bytes, size_t units, bool big,
                         uint32_t *high)
{
    char text[4];

    for (size_t i = 0; i < units; i++) {
        uint32_t unit = big ? (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1]
                            : (uint32_t)bytes[2 * i + 1] << 8 | bytes[2 * i];
        bool low = unit >= 0xdc00 && unit < 0xe000;
        if (unit == 0xfeff)
            continue;
        if (*high && low)
            unit = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
        else if (*high)
            str_add(out, "\xef\xbf\xbd");
        *high = 0;
        if (unit >= 0xd800 && unit < 0xdc00) {
            *high = unit;
            continue;
        }
        if (unit >= 0xdc00 && unit < 0xe000)
            unit = 0xfffd;
        str_add_bytes(out, text, utf8_encode(unit, text));
    }
}
