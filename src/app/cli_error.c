/* SPDX-License-Identifier: MIT */
/* How app speaks to a person outside the screen: one line on stderr. */
#include "cli_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/program.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/import_words.h"
#include "tcptop/explain/reason_text.h"

int cli_error_usage(struct err *err, enum msg id, const char *a, const char *b)
{
    char clean_a[128] = "", clean_b[192] = "";
    if (a)
        utf8_sanitise_into(clean_a, sizeof clean_a, a, strlen(a));
    if (b)
        utf8_sanitise_into(clean_b, sizeof clean_b, b, strlen(b));
    struct str line = STR_INIT;
    text_fill(&line, id, clean_a, clean_b, NULL);
    err_set(err, -EINVAL, "%s", str_text(&line));
    str_fini(&line);
    return -EINVAL;
}

int cli_error_reason(struct err *err, int rc, const struct sample_reason *why)
{
    char line[REASON_TEXT_SIZE];
    return err_set(err, rc, "%s", reason_text(line, why, text_language()));
}

void cli_error(const char *message)
{
    char clean[1024]; /* three bytes for each one of an err that is not text */
    utf8_sanitise_into(clean, sizeof clean, message, strlen(message));
    fprintf(stderr, TCPTOP_NAME ": %s\n", clean);
}

/* The line, which is empty afterwards. */
static void tell(struct str *line)
{
    cli_error(str_text(line));
    str_clear(line);
}

void cli_error_import(const struct import *i)
{
    struct str line = STR_INIT;
    import_words_source(i, &line);
    if (line.len) /* a heading alone does not tell the program */
        str_add(&line, ": ");
    import_words_counts(i, &line);
    tell(&line);
    for (int why = 0; why < IMPORT_SKIPPED_COUNT; why++)
        if (import_words_skipped(i, (enum import_skipped_for)why, &line))
            tell(&line);
    for (unsigned n = 0; import_words_note(i, n, &line); n++)
        tell(&line);
    str_fini(&line);
}
