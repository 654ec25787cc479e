/* SPDX-License-Identifier: MIT */
/* What was put before each line of a table: its number, a time, the name of a file or of a program
 * that logged it. It is learnt where the names of the columns or a row stand behind it, and taken
 * from each line that begins in the same shape: numbers may be others, and words, signs are the
 * same. Around the lines that it looked for, grep puts a hyphen in the place of its colons. */
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
    if (end - at >= sizeof p->text)
        return;
    import_text_copy(p->text, sizeof p->text, text + at, end - at);
    while (at < end) {
        char kind = kind_of(text[at]);
        p->shape[n++] = kind;
        at += is_run(kind) ? run_len(text + at, end - at, kind) : 1;
    }
    /* one blank belongs to it; where there are more, those of the table are among them */
    p->blanks = len - end > 1 ? len - end - 2 : len - end;
    p->shape[n] = '\0';
}

/* The same where grep printed a line because it stands near another, or the other way round. */
static size_t len_near(const struct import_prefix *p, const char *text, size_t len)
{
    const size_t n = strlen(p->text);
    size_t at = 0;

    for (size_t k = 0; k < n;) {
        const char sign = p->text[k], kind = kind_of(sign);
        const size_t run = kind == NUMBER ? run_len(p->text + k, n - k, kind) : 1;
        const size_t here = kind == NUMBER ? run_len(text + at, len - at, kind) : at < len;
        const bool either = sign == ':' || sign == '-';
        if (!here || (kind != NUMBER && text[at] != sign &&
                      !(either && (text[at] == ':' || text[at] == '-'))))
            return 0;
        k += run;
        at += here;
    }
    return at;
}

size_t import_prefix_len(const struct import_prefix *p, const char *text, size_t len)
{
    const size_t begin = run_len(text, len, BLANK);
    size_t at = begin;

    if (!p->shape[0])
        return 0;
    for (const char *shape = p->shape; *shape; shape++) {
        size_t n =
            is_run(*shape) ? run_len(text + at, len - at, *shape) : at < len && text[at] == *shape;
        if (!n)
            return len_near(p, text, len);
        at += n;
    }
    for (size_t i = 0; i < p->blanks && at < len && kind_of(text[at]) == BLANK; i++)
        at++;
    return at;
}

/* Does the field end with a name of a column that begins a table? Returns its length, 0: no. */
static size_t name_len(const struct import_field *f)
{
    for (unsigned i = 0; i < IMPORT_FORMAT_COUNT; i++)
        for (const char *const *name = import_reader_formats[i]->names; *name; name++) {
            const size_t n = strlen(*name);
            if (f->len >= n && memcmp(f->at + f->len - n, *name, n) == 0 &&
                (f->len == n || !is_run(kind_of(f->at[f->len - n - 1]))))
                return n;
        }
    return 0;
}

size_t import_prefix_names(const struct import_line *line, size_t from)
{
    for (unsigned i = 0; i < line->n; i++) {
        const struct import_field *f = &line->field[i];
        const size_t n = name_len(f), at = (size_t)(f->at + f->len - line->text) - n;
        if (n && at >= from)
            return at;
    }
    return line->len;
}
