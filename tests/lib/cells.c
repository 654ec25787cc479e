/* SPDX-License-Identifier: MIT */
/* Cells as scripts and people read them. */
#include "lib/cells.h"

#include <stdio.h>
#include <string.h>

#include "tcptop/base/str.h"

const char *cell_shown(const struct sample *s, uint32_t row, enum column_id id)
{
    static struct str text;
    str_clear(&text);
    column_format(id, s, row, &text);
    return str_text(&text);
}

const char *cell_raw(const struct sample *s, uint32_t row, enum column_id id)
{
    static char text[80];
    struct value v;
    columns[id].get(s, row, &v);
    if (v.type == VALUE_NONE)
        return "absent";
    if (v.type == VALUE_TEXT)
        return strcpy(text, v.text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)v.number);
    return text;
}
