/* Roles as SGR sequences (ECMA-48, with the 256-colour extension of xterm). */
#include "escape.h"

#include <stdio.h>

/* `base` is 30 for the foreground, 40 for the background. */
static int color(char *out, size_t size, int base, int index)
{
    if (index < 0) {
        return 0;
    }
    if (index < 8) {
        return snprintf(out, size, ";%d", base + index);
    }
    return snprintf(out, size, ";%d;5;%d", base + 8, index);
}

const char *escape_role(char out[ESCAPE_SIZE], const struct theme *theme, enum role role)
{
    static const char *const attributes[] = {"",   ";1",   ";2",   ";1;2",
                                             ";7", ";1;7", ";2;7", ";1;2;7"};
    const struct style *style = &theme->style[role];
    if (style->fg < 0 && style->bg < 0 && style->attributes == 0) {
        return NULL;
    }
    size_t n = (size_t)snprintf(out, ESCAPE_SIZE, "\x1b[0%s", attributes[style->attributes & 7]);
    n += (size_t)color(out + n, ESCAPE_SIZE - n, 30, style->fg);
    n += (size_t)color(out + n, ESCAPE_SIZE - n, 40, style->bg);
    snprintf(out + n, ESCAPE_SIZE - n, "m");
    return out;
}
