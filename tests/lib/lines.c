/* SPDX-License-Identifier: MIT */
/* See lines.h. */
#include "lib/lines.h"

#include "tcptop/base/str.h"

static struct str text;

const char *line_text(const struct canvas *c, int y)
{
    str_clear(&text);
    for (int x = 0; x < c->w; x++)
        str_add(&text, canvas_at(c, x, y)->text);
    return str_text(&text);
}

const char *line_words(const struct canvas *c, int y)
{
    line_text(c, y);
    while (text.len && text.data[text.len - 1] == ' ')
        str_truncate(&text, text.len - 1);
    return str_text(&text);
}
