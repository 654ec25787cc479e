/* SPDX-License-Identifier: MIT */
/* A line as its program printed it, out of what terminals, web pages and logs have made of it. */
#include <ctype.h>
#include <string.h>

#include "import_reader.h"
#include "tcptop/base/utf8.h"

/* The length of the sequence that begins with an escape (ECMA-48, 5.3 to 5.6 and ECMA-35, 13). */
static size_t escape_len(const char *text, size_t len)
{
    size_t at = 1;

    if (at < len && text[at] == '[') { /* parameters, and the letter that ends it */
        for (at++; at < len && (text[at] < '@' || text[at] > '~'); at++)
            ;
    } else if (at < len && strchr("]PX^_", text[at]) && text[at]) { /* up to a bell, or to ESC \ */
        for (at++; at < len && text[at] != '\a' && text[at] != '\x1b'; at++)
            ;
        at += at < len && text[at] == '\x1b';
    } else { /* signs between, as in ESC ( B */
        while (at < len && text[at] >= ' ' && text[at] <= '/')
            at++;
    }
    return at < len ? at + 1 : len;
}

/* Remove what moves a terminal's cursor or changes its colours: script(1) keeps it. */
static size_t without_escapes(char *text, size_t len)
{
    size_t to = 0;

    for (size_t at = 0; at < len;) {
        if (text[at] == '\x1b')
            at += escape_len(text + at, len - at);
        else
            text[to++] = text[at++];
    }
    return to;
}

/* Blanks and hyphens that web pages and word processors have in the place of ordinary ones, the
 * bars between the panes of a terminal, and signs without a width. */
static size_t with_plain_signs(char *text, size_t len)
{
    size_t to = 0;

    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t n = utf8_decode(text + at, len - at, &cp);
        if (cp == 0xa0 || cp == 0x3000 || cp == 0x202f || (cp >= 0x2000 && cp <= 0x200a) ||
            cp == 0x2502 || cp == 0x2503) {
            text[to++] = ' ';
        } else if ((cp >= 0x2010 && cp <= 0x2013) || cp == 0x2212) {
            text[to++] = '-';
        } else if (cp != 0xfeff && cp != 0x200b) {
            memmove(text + to, text + at, n);
            to += n;
        }
        at += n;
    }
    return to;
}

/* The length of a tag that web pages have around and within text, such as "<br>"; 0: it is none. */
static size_t tag_len(const char *text, size_t len)
{
    static const char *const names[] = {"br", "p",  "pre",  "code", "table", "tbody", "tr",
                                        "td", "th", "span", "div",  "li",    "tt"};
    const char *end = memchr(text, '>', len);
    size_t from = len > 1 && text[1] == '/' ? 2 : 1, name = 0;

    while (from + name < len && isalpha((unsigned char)text[from + name]))
        name++;
    if (!end || from + name == len || !strchr(" />", text[from + name]))
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (import_text_is_caseless(&(struct import_field){text + from, name}, names[i]))
            return (size_t)(end - text) + 1;
    return 0;
}

/* The length of a sign that web pages write by its name; 0: it is none. */
static size_t entity_len(const char *text, size_t len, char *sign)
{
    static const struct {
        const char *name;
        char sign;
    } entities[] = {{"&gt;", '>'},   {"&lt;", '<'},  {"&amp;", '&'},  {"&quot;", '"'},
                    {"&#39;", '\''}, {"&#34;", '"'}, {"&nbsp;", ' '}, {"&#160;", ' '}};

    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (import_text_starts(text, len, entities[i].name)) {
            *sign = entities[i].sign;
            return strlen(entities[i].name);
        }
    }
    return 0;
}

/* The text of a piece of a web page, or of a string in a log, whose quotation marks are escaped. */
static size_t without_markup(char *text, size_t len)
{
    size_t to = 0;

    for (size_t at = 0; at < len;) {
        char sign = ' ';
        size_t n = 0;
        if (text[at] == '<')
            n = tag_len(text + at, len - at);
        else if (text[at] == '&')
            n = entity_len(text + at, len - at, &sign);
        else if (text[at] == '\\' && at + 1 < len && text[at + 1] == '"')
            at++;
        text[to++] = n ? sign : text[at];
        at += n ? n : 1;
    }
    return to;
}

/* Is the whole line one string? A line of CSV has several. */
static bool is_string(const char *text, size_t len)
{
    while (len && strchr(" \t\r,", text[len - 1]) && text[len - 1])
        len--;
    return len > 2 && text[0] == '"' && text[len - 1] == '"' && !memmem(text, len, "\",\"", 3) &&
           !memmem(text, len, "\";\"", 3);
}

/* Could there be one of these? All begin with one of three bytes. */
static bool has_odd_signs(const char *text, size_t len)
{
    return memchr(text, '\xc2', len) || memchr(text, '\xe2', len) || memchr(text, '\xe3', len) ||
           memchr(text, '\xef', len);
}

const char *import_plain_escapes(char *copy, const char *text, size_t *len)
{
    if (!memchr(text, '\x1b', *len))
        return text;
    memcpy(copy, text, *len);
    *len = without_escapes(copy, *len);
    return copy;
}

const char *import_plain_text(char *copy, const char *text, size_t *len)
{
    const bool odd = has_odd_signs(text, *len);

    if (is_string(text, *len)) {
        while (text[--*len] != '"')
            ;
        text++, --*len;
    }
    if (!odd && !memchr(text, '<', *len) && !memchr(text, '&', *len) && !memchr(text, '\\', *len))
        return text;
    memmove(copy, text, *len);
    *len = without_markup(copy, *len);
    if (odd)
        *len = with_plain_signs(copy, *len);
    return copy;
}
