/* SPDX-License-Identifier: MIT */
/* Numbers of the other byte order, as a recording holds them that another machine wrote. */
#ifndef TCPTOP_BASE_BYTE_ORDER_H
#define TCPTOP_BASE_BYTE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/** Reverse the order of the `size` bytes of the number at `at`, aligned or not. */
static inline void swap_bytes(uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t first = at[i];

        at[i] = at[size - 1 - i];
        at[size - 1 - i] = first;
    }
}

#endif
