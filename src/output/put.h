/* Writing into the sink's buffer by hand: a dump has millions of cells, and printf() takes longer
 * for one than the kernel took to list the connection. */
#ifndef TCPTOP_OUTPUT_PUT_H
#define TCPTOP_OUTPUT_PUT_H

#include <stdint.h>
#include <string.h>

#include "tcptop/model/value.h"
#include "tcptop/output/output.h"

/* Bytes that sink_room() always has: the longest value as JSON, every byte escaped, and more. */
#define PUT_MAX 512
_Static_assert(PUT_MAX > 6 * sizeof(((struct value *)0)->text) + 64, "a value fits");

/** Where the next at most PUT_MAX bytes go; sink_took() says where they ended. */
static inline char *sink_room(struct sink *s)
{
    if (s->cap - s->len < PUT_MAX) {
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

/** Decimal digits, at most 20. */
static inline char *put_uint(char *p, uint64_t n)
{
    char digits[20];
    size_t len = 0;
    do {
        digits[sizeof(digits) - ++len] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return put_bytes(p, digits + sizeof(digits) - len, len);
}

#endif
