/* SPDX-License-Identifier: MIT */
/* The words about an import: counts of its lines, and which were skipped. */
#include "tcptop/explain/import_words.h"

#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/text/text.h"

#define RANGES_MOST 12u /* of line numbers that are listed; further ones are counted */

void import_words_source(const struct import *i, struct str *out)
{
    str_addf(out, "%s%s%s", i->tool, *i->system ? ", " : "", i->system);
}

static void add_count(struct str *out, enum msg words, uint64_t n)
{
    char count[FMT_SIZE];

    text_fill(out, words, fmt_count(count, sizeof count, n), NULL);
}

/* What there is none of is not listed. */
void import_words_counts(const struct import *i, struct str *out)
{
    struct str left_out = STR_INIT;

    add_count(out, MSG_IMPORT_READ, i->rows);
    if (i->continued)
        add_count(out, MSG_IMPORT_CONTINUED, i->continued);
    if (i->headings)
        add_count(&left_out, MSG_IMPORT_HEADINGS, i->headings);
    if (i->headings && i->skipped)
        str_add(&left_out, ", ");
    if (i->skipped)
        add_count(&left_out, MSG_IMPORT_OTHERS, i->skipped);
    if (left_out.len)
        text_fill(out, MSG_IMPORT_LEFT_OUT, str_text(&left_out), NULL);
    out->failed = out->failed || str_failed(&left_out);
    str_fini(&left_out);
}

/* Are the lines next to each other, in one file, skipped for one reason? */
static bool follows(const struct import_skipped_line *a, const struct import_skipped_line *b)
{
    return a->file == b->file && a->line + 1 == b->line;
}

/* The next listed line with that reason from `at` on; n_listed: none. */
static uint32_t next_of(const struct import *i, uint32_t at, enum import_skipped_for why)
{
    while (at < i->n_listed && i->listed[at].why != why)
        at++;
    return at;
}

/* "19, 22–24, 30". Returns how many lines that names. */
static uint32_t add_lines(const struct import *i, enum import_skipped_for why, struct str *out)
{
    uint32_t named = 0, ranges = 0, at = next_of(i, 0, why);

    while (at < i->n_listed && ranges++ < RANGES_MOST) {
        uint32_t first = at, last = at, next = next_of(i, at + 1, why);
        for (named++; next < i->n_listed && follows(&i->listed[last], &i->listed[next]); named++)
            last = next, next = next_of(i, next + 1, why);
        str_add(out, ranges > 1 ? ", " : "");
        if (i->n_files > 1)
            str_addf(out, "%s:", i->files[i->listed[first].file]);
        str_add_uint(out, i->listed[first].line);
        if (last != first)
            str_addf(out, "–%u", i->listed[last].line);
        at = next;
    }
    return named;
}

bool import_words_skipped(const struct import *i, enum import_skipped_for why, struct str *out)
{
    static const enum msg reasons[IMPORT_SKIPPED_COUNT] = {
        [IMPORT_SKIPPED_PROTOCOL] = MSG_IMPORT_PROTOCOL,
        [IMPORT_SKIPPED_NOTE] = MSG_IMPORT_NOTE,
        [IMPORT_SKIPPED_COMMAND] = MSG_IMPORT_COMMAND,
        [IMPORT_SKIPPED_TEXT] = MSG_IMPORT_TEXT,
        [IMPORT_SKIPPED_OMITTED] = MSG_IMPORT_OMITTED,
        [IMPORT_SKIPPED_UNREADABLE] = MSG_IMPORT_UNREADABLE,
        [IMPORT_SKIPPED_LONG] = MSG_IMPORT_LONG};
    struct str lines = STR_INIT;
    char more[FMT_SIZE];

    if (!i->skipped_for[why])
        return false;
    uint32_t named = add_lines(i, why, &lines);
    uint32_t left = i->skipped_for[why] - named;
    text_fill(out, left ? MSG_IMPORT_SKIPPED_MORE : MSG_IMPORT_SKIPPED, text(reasons[why]),
              str_text(&lines), fmt_count(more, sizeof more, left), NULL);
    str_fini(&lines);
    return true;
}

bool import_words_note(const struct import *i, unsigned n, struct str *out)
{
    char count[FMT_SIZE];

    if (i->cut && n-- == 0) {
        text_fill(out, MSG_IMPORT_CUT, fmt_count(count, sizeof count, i->cut), NULL);
        return true;
    }
    if (i->cut_rows && n-- == 0) {
        text_fill(out, MSG_IMPORT_CUT_ROWS, fmt_count(count, sizeof count, i->cut_rows), NULL);
        return true;
    }
    if (i->again && n-- == 0) {
        text_fill(out, MSG_IMPORT_AGAIN, fmt_count(count, sizeof count, i->again), NULL);
        return true;
    }
    if (*i->no_converter && n == 0) {
        text_fill(out, MSG_IMPORT_NO_CONVERTER, i->no_converter, NULL);
        return true;
    }
    return false;
}
