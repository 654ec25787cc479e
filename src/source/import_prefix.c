/* SPDX-License-Identifier: MIT */
/* What was put before each line of a table: its number, a time, the name of a file or of a program
 * that logged it. It is learnt where the names of the columns stand behind it, and taken from each
 * line that begins in the same shape: numbers may be others, and words, signs are the same. */
#include <ctype.h>
#include <string.h>

#include "import_reader.h"

enum { NUMBER = '9', WORD = 'a', BLANK = ' ' };

/* What a byte is in a shape; a sign is itself. */
static char kind_of(char c)
{
    if (isdigit((unsigned char)c))
        return NUMBER;
    if (isalpha((unsigned char)c) || (unsigned char)c >= 0x80)
        return WORD;
    return c == '\t' ? BLANK : c;
}

static bool is_run(char kind)
{
    return kind == NUMBER || kind == WORD || kind == BLANK;
}

static size_t run_len(const char *text, size_t len, char kind)
{
    size_t n = 0;

    while (n < len && kind_of(text[n]) == kind)
        n++;
    return n;
}

void import_prefix_learn(struct import_prefix *p, const char *text, size_t len)
{
    size_t n = 0, at = run_len(text, len, BLANK), end = len;

    p->shape[0] = '\0';
    while (end > at && kind_of(text[end - 1]) == BLANK)
        end--;
    while (at < end) {
        char kind = kind_of(text[at]);
        if (n + 1 >= sizeof p->shape)
            return;
        p->shape[n++] = kind;
        at += is_run(kind) ? run_len(text + at, end - at, kind) : 1;
    }
    p->blanks = len - end;
    p->shape[n] = '\0';
}

size_t import_prefix_len(const struct import_prefix *p, const char *text, size_t len)
{
    size_t at = run_len(text, len, BLANK);

    if (!p->shape[0])
        return 0;
    for (const char *shape = p->shape; *shape; shape++) {
        size_t n =
            is_run(*shape) ? run_len(text + at, len - at, *shape) : at < len && text[at] == *shape;
        if (!n)
            return 0;
        at += n;
    }
    for (size_t i = 0; i < p->blanks && at < len && kind_of(text[at]) == BLANK; i++)
        at++;
    return at;
}

size_t import_prefix_heading(const struct import_line *line, size_t from)
{
    static const char *const first[] = {
        "State",    "Netid",      "Proto", "COMMAND", "sl",           "PCB/ADDR",
        "Tcpcb",    "Socket",     "Local", "Address", "LocalAddress", "\"LocalAddress\"",
        "프로토콜", "プロトコル", "协议",  "協定",    "Протокол",     "Имя"};

    for (unsigned i = 0; i < line->n; i++) {
        const struct import_field *f = &line->field[i];
        for (size_t w = 0; w < sizeof first / sizeof first[0]; w++) {
            size_t n = strlen(first[w]), before = f->len - n;
            if (f->len < n || memcmp(f->at + before, first[w], n) != 0 ||
                (before && is_run(kind_of(f->at[before - 1]))))
                continue;
            size_t at = (size_t)(f->at - line->text) + before;
            if (at > from)
                return at;
        }
    }
    return 0;
}
