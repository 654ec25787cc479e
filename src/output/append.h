/* SPDX-License-Identifier: MIT */
/* Functions that write into the buffer of a sink directly, since a dump has millions of cells. */
#ifndef TCPTOP_SRC_OUTPUT_APPEND_H
#define TCPTOP_SRC_OUTPUT_APPEND_H

#include <stdint.h>
#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/model/value.h"
#include "tcptop/output/output.h"

/* Bytes that sink_room() always has: the longest value as JSON, every byte escaped, and more. */
#define APPEND_MAX 512
_Static_assert(APPEND_MAX > 6 * sizeof(((struct value *)0)->text) + 64, "a value fits");

/** Where the next at most APPEND_MAX bytes go; sink_took() says where they ended. */
static inline char *sink_room(struct sink *s)
{
    if (s->cap - s->len < APPEND_MAX) {
        sink_flush(s);
    }
    return s->buffer + s->len;
}

static inline void sink_took(struct sink *s, const char *end)
{
    s->len = (size_t)(end - s->buffer);
}

static inline char *put_bytes(char *p, const void *bytes, size_t len)
{
    memcpy(p, bytes, len);
    return p + len;
}

static inline char *append_uint(char *p, uint64_t n)
{
    return p + fmt_digits(p, n);
}

#endif
