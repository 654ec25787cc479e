/* SPDX-License-Identifier: MIT */
/* Wrapping. A Korean word (eojeol) is never split, a number never parts from its unit. */
#include "tcptop/explain/typeset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/utf8.h"

#define NBSP_LEN  (sizeof(NBSP) - 1)
#define TABLE_GAP 2  /* columns between labels and values */
#define LONELY    12 /* a last word of at most so many columns does not get a line of its own */

void typeset_untie(char *text)
{
    for (char *at = text; (at = strstr(at, NBSP)); at++) {
        *at = ' ';
        memmove(at + 1, at + NBSP_LEN, strlen(at + NBSP_LEN) + 1);
    }
}

void typeset_init(struct typeset *ts)
{
    *ts = (struct typeset){.width = 1};
}

void typeset_fini(struct typeset *ts)
{
    str_fini(&ts->bytes);
    free(ts->runs);
    free(ts->lines);
    typeset_init(ts);
}

/* Room for one more element; doubles. False and `failed` when memory is out. */
static bool grow(struct typeset *ts, void **array, uint32_t used, uint32_t *cap, size_t size)
{
    uint32_t wanted = *cap ? *cap * 2 : 32;
    void *bigger;

    if (used < *cap)
        return true;
    bigger = realloc(*array, wanted * size);
    if (!bigger) {
        ts->failed = true;
        return false;
    }
    *array = bigger;
    *cap = wanted;
    return true;
}

static void close_run(struct typeset *ts)
{
    if (ts->open)
        str_add_char(&ts->bytes, '\0');
    ts->open = false;
}

static void open_run(struct typeset *ts, enum role role)
{
    void *runs = ts->runs;

    close_run(ts);
    if (ts->n_lines == 0 || !grow(ts, &runs, ts->n_runs, &ts->cap_runs, sizeof(*ts->runs)))
        return;
    ts->runs = runs;
    ts->runs[ts->n_runs++] = (struct typeset_run){ts->bytes.len, role};
    ts->lines[ts->n_lines - 1].count++;
    ts->open = true;
}

void typeset_line(struct typeset *ts)
{
    void *lines = ts->lines;

    close_run(ts);
    if (!grow(ts, &lines, ts->n_lines, &ts->cap_lines, sizeof(*ts->lines)))
        return;
    ts->lines = lines;
    ts->lines[ts->n_lines++] = (struct explain_line){.first = ts->n_runs};
    ts->col = 0;
}

/* The mark's role, -1 when `c` is no mark. */
static int role_of_mark(const struct typeset *ts, char c)
{
    static const struct {
        char mark;
        enum role role;
    } marks[] = {
        {MARK_LIVE[0], ROLE_LIVE}, {MARK_OK[0], ROLE_OK},     {MARK_WARN[0], ROLE_WARN},
        {MARK_CRIT[0], ROLE_CRIT}, {MARK_HEAD[0], ROLE_HEAD},
    };

    if (c == MARK_END[0])
        return (int)ts->base;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (marks[i].mark == c)
            return (int)marks[i].role;
    return -1;
}

static bool is_nbsp(const char *text, size_t len)
{
    return len >= NBSP_LEN && memcmp(text, NBSP, NBSP_LEN) == 0;
}

/* Add text to the line; marks switch the role, NBSP becomes a blank. */
static void emit(struct typeset *ts, const char *text, size_t len)
{
    ts->col += utf8_width_n(text, len);
    for (size_t i = 0; i < len;) {
        int role = role_of_mark(ts, text[i]);
        if (role >= 0) {
            ts->role = (enum role)role;
            close_run(ts);
            i++;
            continue;
        }
        if (!ts->open)
            open_run(ts, ts->role);
        if (!ts->open)
            return;
        bool nbsp = is_nbsp(text + i, len - i);
        str_add_char(&ts->bytes, nbsp ? ' ' : text[i]);
        i += nbsp ? NBSP_LEN : 1;
    }
}

static void new_line(struct typeset *ts)
{
    typeset_line(ts);
    if (ts->indent <= 0)
        return;
    open_run(ts, ROLE_TEXT);
    if (ts->open)
        str_add_many(&ts->bytes, ' ', (size_t)ts->indent);
    close_run(ts);
}

/* How much of a too long token goes on this line: up to the last place where it may break. */
static size_t break_of(const char *token, size_t len, int columns)
{
    size_t fits = utf8_fit(token, len, columns, NULL);
    size_t at = fits;

    if (fits == len)
        return len;
    while (at > 0 && !strchr("(,/:.", token[at - 1]))
        at--;
    if (at > 0)
        return at;
    return fits > 0 ? fits : len;
}

static void emit_long(struct typeset *ts, const char *token, size_t len)
{
    while (len > 0) {
        size_t part = break_of(token, len, ts->width);
        emit(ts, token, part);
        token += part;
        len -= part;
        if (len > 0)
            new_line(ts);
    }
}

static void emit_tokens(struct typeset *ts, const char *text, size_t len, const char *blank);

/* One token behind what the line holds already, or on a line of its own. */
static void emit_token(struct typeset *ts, const char *token, size_t len, bool group)
{
    int columns = utf8_width_n(token, len);

    if (ts->col > 0 && ts->col + 1 + columns > ts->width && (columns <= ts->width || !group))
        new_line(ts);
    if (ts->col > 0 && !(group && columns > ts->width))
        emit(ts, " ", 1);
    if (columns <= ts->width)
        emit(ts, token, len);
    else if (group)
        emit_tokens(ts, token, len, NBSP);
    else
        emit_long(ts, token, len);
}

/* Would the line hold the token, but not the one short word that `rest` is? Then both go to the
 * next line, so that the word does not stand alone. */
static bool parts_from_last(const struct typeset *ts, const char *token, size_t len,
                            const char *rest, const char *end)
{
    int columns = utf8_width_n(token, len), last;

    if (rest >= end || memchr(rest, ' ', (size_t)(end - rest)))
        return false;
    last = utf8_width_n(rest, (size_t)(end - rest));
    return last <= LONELY && ts->col > 0 && ts->col + 1 + columns <= ts->width &&
           ts->col + 1 + columns + 1 + last > ts->width && columns + 1 + last <= ts->width;
}

/* Tokens between `blank`: a blank separates groups, NBSP the parts of a group that is wider than
 * the line. */
static void emit_tokens(struct typeset *ts, const char *text, size_t len, const char *blank)
{
    size_t blank_len = strlen(blank);
    const char *end = text + len;

    while (text < end) {
        const char *gap = memmem(text, (size_t)(end - text), blank, blank_len);
        const char *stop = gap ? gap : end, *rest = gap ? stop + blank_len : end;
        if (blank_len == 1 && parts_from_last(ts, text, (size_t)(stop - text), rest, end))
            new_line(ts);
        if (stop > text)
            emit_token(ts, text, (size_t)(stop - text), blank_len == 1);
        text = rest;
    }
}

void typeset_paragraphs(struct typeset *ts, const char *text, enum role base, int width, int indent)
{
    ts->width = width - indent > 0 ? width - indent : 1;
    ts->indent = indent;
    ts->base = base;
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        if (end == text)
            continue;
        new_line(ts);
        ts->role = base;
        emit_tokens(ts, text, (size_t)(end - text), " ");
    }
    close_run(ts);
}

/* The widest label of a table, with the gap behind it. */
static int label_columns(const char *text)
{
    int widest = 0;

    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        int width = utf8_width_n(text, strcspn(text, "\t\n"));
        widest = width > widest ? width : widest;
    }
    return widest + TABLE_GAP;
}

/* One line of a table; `column`: where the value begins, 0: right behind its label. */
static void set_entry(struct typeset *ts, const char *label, size_t label_len, const char *value,
                      size_t value_len, int column)
{
    new_line(ts);
    ts->role = ROLE_DIM;
    ts->base = ROLE_DIM;
    emit(ts, label, label_len);
    close_run(ts);
    ts->base = ts->role = ROLE_TEXT;
    if (column) {
        while (ts->col < column)
            emit(ts, " ", 1);
        ts->col = 0;
        ts->indent += column;
        ts->width -= column;
    } else {
        ts->indent += TABLE_GAP;
        ts->width -= TABLE_GAP;
    }
    emit_tokens(ts, value, value_len, " ");
    close_run(ts);
}

void typeset_table(struct typeset *ts, const char *text, int width, int indent)
{
    int column = label_columns(text), room = width - indent > 0 ? width - indent : 1;

    if (column * 2 > room)
        column = 0;
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        size_t label = strcspn(text, "\t\n");
        const char *value = text[label] == '\t' ? text + label + 1 : end;
        ts->width = room;
        ts->indent = indent;
        set_entry(ts, text, label, value, (size_t)(end - value), column);
    }
}

void typeset_verbatim(struct typeset *ts, const char *text)
{
    ts->base = ROLE_TEXT;
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        typeset_line(ts);
        ts->role = ROLE_TEXT;
        emit(ts, text, (size_t)(end - text));
    }
    close_run(ts);
}

int typeset_finish(struct typeset *ts, struct explain_text *t)
{
    *t = (struct explain_text){0};
    close_run(ts);
    if (!ts->failed && !str_failed(&ts->bytes))
        t->runs = calloc(ts->n_runs ? ts->n_runs : 1, sizeof(*t->runs));
    if (!t->runs) {
        typeset_fini(ts);
        return -ENOMEM;
    }
    t->bytes = ts->bytes.data;
    t->lines = ts->lines;
    t->n_lines = ts->n_lines;
    t->n_runs = ts->n_runs;
    for (uint32_t i = 0; i < ts->n_runs; i++)
        t->runs[i] = (struct explain_run){t->bytes + ts->runs[i].at, ts->runs[i].role};
    ts->bytes = STR_INIT;
    ts->lines = NULL;
    typeset_fini(ts);
    return 0;
}

void explain_fini(struct explain_text *t)
{
    free(t->lines);
    free(t->runs);
    free(t->bytes);
    *t = (struct explain_text){0};
}
