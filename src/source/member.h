/* SPDX-License-Identifier: MIT */
/* Unsigned members of structs by their place and size, as the tables of what is recorded name them.
 */
#ifndef TCPTOP_SRC_SOURCE_MEMBER_H
#define TCPTOP_SRC_SOURCE_MEMBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** The number of `size` bytes (1, 2, 4 or 8) at `at`, in this machine's byte order. */
static inline uint64_t member_get(const void *at, size_t size)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return memcpy(&two, at, 2), two;
    case 4:
        return memcpy(&four, at, 4), four;
    default:
        return memcpy(&eight, at, 8), eight;
    }
}

/** Store the lowest `size` bytes (1, 2, 4 or 8) of `value` there. */
static inline void member_set(void *at, size_t size, uint64_t value)
{
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;

    if (size == 1)
        *(uint8_t *)at = (uint8_t)value;
    else if (size == 2)
        memcpy(at, &two, 2);
    else if (size == 4)
        memcpy(at, &four, 4);
    else
        memcpy(at, &value, 8);
}

#endif
