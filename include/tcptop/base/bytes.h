/* SPDX-License-Identifier: MIT */
/* Numbers as recordings hold them, the same on every machine: little-endian of a given size, and
 * varints: seven bits a byte, the lowest first, the eighth bit set in every byte but the last. */
#ifndef TCPTOP_BASE_BYTES_H
#define TCPTOP_BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tcptop/base/str.h"

#define BYTES_VARINT_MAX 10 /* bytes of the longest varint */

/** The little-endian number of `size` (at most 8) bytes at `p`. */
static inline uint64_t bytes_get(const uint8_t *p, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

/** Write `value` as `size` bytes, the lowest first. */
static inline void bytes_set(uint8_t *p, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/** The same with the highest byte first. */
static inline uint64_t bytes_get_be(const uint8_t *p, size_t size)
{
    uint64_t value = 0, eight;
    uint32_t four;

    if (size == sizeof four)
        return memcpy(&four, p, sizeof four), be32toh(four);
    if (size == sizeof eight)
        return memcpy(&eight, p, sizeof eight), be64toh(eight);
    for (size_t i = 0; i < size; i++)
        value = value << 8 | p[i];
    return value;
}

static inline void bytes_set_be(uint8_t *p, uint64_t value, size_t size)
{
    const uint32_t four = htobe32((uint32_t)value);
    const uint64_t eight = htobe64(value);

    if (size == sizeof four) {
        memcpy(p, &four, sizeof four);
        return;
    }
    if (size == sizeof eight) {
        memcpy(p, &eight, sizeof eight);
        return;
    }
    for (size_t i = size; i-- > 0; value >>= 8)
        p[i] = (uint8_t)value;
}

/** Append them, the lowest first. */
static inline void bytes_put(struct str *out, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    bytes_set(bytes, value, size);
    str_add_bytes(out, bytes, size);
}

/** Write a varint to `p`, which has room for BYTES_VARINT_MAX. Returns its length. */
static inline size_t bytes_set_varint(uint8_t *p, uint64_t value)
{
    size_t n = 0;

    for (; value > 0x7f; value >>= 7)
        p[n++] = (uint8_t)(value | 0x80);
    p[n++] = (uint8_t)value;
    return n;
}

static inline void bytes_put_varint(struct str *out, uint64_t value)
{
    uint8_t bytes[BYTES_VARINT_MAX];

    str_add_bytes(out, bytes, bytes_set_varint(bytes, value));
}

/** Take a varint from the `*len` bytes at `*p` and move both behind it. Returns false when it does
 *  not end there or is longer than BYTES_VARINT_MAX. */
static inline bool bytes_take_varint(const uint8_t **p, size_t *len, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < BYTES_VARINT_MAX && *len; i++) {
        uint8_t byte = *(*p)++;

        --*len;
        *value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/** A difference as a number that is small when the difference is: 0, -1, 1, -2, 2 … */
static inline uint64_t bytes_zigzag(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t bytes_unzigzag(uint64_t zigzag)
{
    return zigzag >> 1 ^ (0 - (zigzag & 1));
}

#endif
