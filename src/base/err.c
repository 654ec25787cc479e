/* SPDX-License-Identifier: MIT */
/* Error messages: one line, whole characters, no matter how long the cause was. */
#include "tcptop/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/utf8.h"

/* vsnprintf() cuts at a byte; take back the part of a character it may have left. */
static void cut_at_character(char *text)
{
    size_t len = strlen(text);
    size_t back = 1;
    while (back < 4 && back < len && ((unsigned char)text[len - back] & 0xc0) == 0x80) {
        back++;
    }
    uint32_t cp = 0;
    if (len > 0 && (utf8_decode(text + len - back, back, &cp) != back || cp == UTF8_BAD)) {
        text[len - back] = '\0';
    }
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
    if (!err) {
        return code;
    }
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    if (wanted < 0) {
        err->msg[0] = '\0';
    } else if ((size_t)wanted >= sizeof(err->msg)) {
        cut_at_character(err->msg);
    }
    for (char *p = err->msg; (p = strchr(p, '\n')) != NULL;) {
        *p = ' ';
    }
    return code;
}

const char *err_name(int errnum)
{
    return strerror(errnum < 0 ? -errnum : errnum);
}
