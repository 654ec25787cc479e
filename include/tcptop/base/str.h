/* SPDX-License-Identifier: MIT */
/* A growable string. Out of memory is remembered in the string instead of being checked at every
 * call: the text then stops growing and str_failed() says so. */
#ifndef TCPTOP_BASE_STR_H
#define TCPTOP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
    char *data; /* NUL-terminated once anything was added, NULL before; owned */
    size_t len; /* bytes without the NUL */
    size_t cap;
    bool failed;
};

#define STR_INIT ((struct str){0})

/** Free the buffer and make the string empty again. NULL is accepted. */
void str_fini(struct str *s);

/** Forget the contents, keep the buffer. Also forgets a failure. */
void str_clear(struct str *s);

/** The text, "" when empty; valid until the next change. */
const char *str_text(const struct str *s);

void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t len);
void str_add_char(struct str *s, char c);
void str_add_many(struct str *s, char c, size_t count);
void str_add_uint(struct str *s, unsigned long long n); /* in decimal */
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Cut to `len` bytes; longer stays as it is. */
void str_truncate(struct str *s, size_t len);

/** True when memory ran out since the last str_clear(): the text is incomplete. */
bool str_failed(const struct str *s);

#endif
