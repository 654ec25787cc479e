/* SPDX-License-Identifier: MIT */
/* The table of indices: it grows at once to what is needed, and shrinks after a rush. */
#include "slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 64u

int slots_clear(struct slots *s, uint32_t n)
{
    size_t cap = SLOTS_MIN;

    while (cap < UINT64_C(2) * n)
        cap *= 2;
    if (cap > s->cap || cap < s->cap / 16) {
        free(s->slot);
        s->slot = malloc(cap * sizeof *s->slot);
        s->cap = s->slot ? cap : 0;
    }
    if (!s->slot)
        return -ENOMEM;
    memset(s->slot, 0, s->cap * sizeof *s->slot);
    return 0;
}

void slots_fini(struct slots *s)
{
    free(s->slot);
    *s = (struct slots){0};
}

void slots_add(struct slots *s, uint64_t hash, uint32_t index)
{
    uint64_t mask = s->cap - 1, at = hash & mask;

    while (s->slot[at])
        at = (at + 1) & mask;
    s->slot[at] = index + 1;
}
