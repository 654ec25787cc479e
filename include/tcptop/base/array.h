/* SPDX-License-Identifier: MIT */
/* Arrays that grow at their end. The caller keeps how many elements there are and how many there is
 * room for; a list of plain numbers, which several need, keeps both. */
#ifndef TCPTOP_BASE_ARRAY_H
#define TCPTOP_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/** More room for an array that has room for `*cap` elements of `size` bytes: `first` of them where
 *  there was none, else twice as much. Returns the array, which may have moved; NULL when memory is
 *  out, and then all is as it was. */
void *array_grow(void *array, uint32_t *cap, uint32_t first, size_t size);

/** The same where there is no room behind `n` elements, the array as it is where there is. */
static inline void *array_room(void *array, uint32_t n, uint32_t *cap, uint32_t first, size_t size)
{
    return n < *cap ? array : array_grow(array, cap, first, size);
}

/* Numbers: rows of a sample, inodes. Starts as zero. */
struct u32_list {
    uint32_t *at; /* owned */
    uint32_t n, cap;
};

/** Returns 0 or -ENOMEM. */
int array_u32_add(struct u32_list *list, uint32_t number);

/** `n` numbers, which the caller has yet to set, in the place of those that were there. Returns 0
 * or -ENOMEM. */
int array_u32_room(struct u32_list *list, uint32_t n);

/** Empty. Its memory is kept, but for that of a rush that has passed. */
void array_u32_clear(struct u32_list *list);

void array_u32_fini(struct u32_list *list);

#endif
