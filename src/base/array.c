/* SPDX-License-Identifier: MIT */
/* Arrays that grow at their end. */
#include "tcptop/base/array.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_NUMBERS 256u
#define KEEP          65536u /* a list that has room for no more than this keeps it */

void *array_grow(void *array, uint32_t *cap, uint32_t first, size_t size)
{
    if (*cap > UINT32_MAX / 2)
        return NULL;
    const uint32_t wanted = *cap ? *cap * 2 : first;
    void *larger = realloc(array, wanted * size);
    if (larger)
        *cap = wanted;
    return larger;
}

int array_u32_add(struct u32_list *list, uint32_t number)
{
    uint32_t *at = array_room(list->at, list->n, &list->cap, FIRST_NUMBERS, sizeof *at);
    if (!at)
        return -ENOMEM;
    list->at = at;
    list->at[list->n++] = number;
    return 0;
}

int array_u32_room(struct u32_list *list, uint32_t n)
{
    array_u32_clear(list);
    while (list->cap < n) {
        uint32_t *at = array_grow(list->at, &list->cap, FIRST_NUMBERS, sizeof *at);
        if (!at)
            return -ENOMEM;
        list->at = at;
    }
    list->n = n;
    return 0;
}

void array_u32_clear(struct u32_list *list)
{
    if (list->cap > KEEP && list->n < list->cap / 8)
        array_u32_fini(list);
    list->n = 0;
}

void array_u32_fini(struct u32_list *list)
{
    free(list->at);
    *list = (struct u32_list){0};
}
