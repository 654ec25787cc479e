/* SPDX-License-Identifier: MIT */
/* A growable string that remembers running out of memory. */
#include "tcptop/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/fmt.h"

#ifndef STR_INITIAL
#define STR_INITIAL 64 /* the tests also build this file with 1 */
#endif

/* Room for `more` bytes and the NUL. */
static bool reserve(struct str *s, size_t more)
{
    if (s->failed || more > PTRDIFF_MAX - s->len - 1) {
        s->failed = true;
        return false;
    }
    size_t need = s->len + more + 1;
    if (need <= s->cap) {
        return true;
    }
    size_t cap = s->cap ? s->cap : STR_INITIAL;
    while (cap < need) {
        cap *= 2;
    }
    char *data = realloc(s->data, cap);
    if (!data) {
        s->failed = true;
        return false;
    }
    s->data = data;
    s->cap = cap;
    return true;
}

void str_fini(struct str *s)
{
    if (s) {
        free(s->data);
        *s = STR_INIT;
    }
}

void str_clear(struct str *s)
{
    s->len = 0;
    s->failed = false;
    if (s->data) {
        s->data[0] = '\0';
    }
}

const char *str_text(const struct str *s)
{
    return s->data ? s->data : "";
}

void str_add(struct str *s, const char *text)
{
    str_add_bytes(s, text, strlen(text));
}

void str_add_bytes(struct str *s, const void *bytes, size_t len)
{
    if (reserve(s, len)) {
        if (len > 0) {
            memcpy(s->data + s->len, bytes, len);
        }
        s->len += len;
        s->data[s->len] = '\0';
    }
}

void str_add_char(struct str *s, char c)
{
    str_add_many(s, c, 1);
}

void str_add_many(struct str *s, char c, size_t count)
{
    if (reserve(s, count)) {
        memset(s->data + s->len, c, count);
        s->len += count;
        s->data[s->len] = '\0';
    }
}

void str_add_uint(struct str *s, unsigned long long n)
{
    char digits[20];
    str_add_bytes(s, digits, fmt_digits(digits, n));
}

void str_addf(struct str *s, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int wanted = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (wanted < 0) {
        s->failed = true;
    } else if (reserve(s, (size_t)wanted)) {
        vsnprintf(s->data + s->len, (size_t)wanted + 1, fmt, again);
        s->len += (size_t)wanted;
    }
    va_end(again);
}

void str_truncate(struct str *s, size_t len)
{
    if (len < s->len) {
        s->len = len;
        s->data[len] = '\0';
    }
}

bool str_failed(const struct str *s)
{
    return s->failed;
}
