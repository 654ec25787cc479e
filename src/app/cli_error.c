/* SPDX-License-Identifier: MIT */
/* How app speaks to a person outside the screen: one line on stderr. */
#include "cli_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
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
    fprintf(stderr, "tcptop: %s\n", clean);
}
