/* A hash table of indices into whatever its user has: open addressing, the memory is kept. */
#ifndef TCPTOP_SRC_MODEL_SLOTS_H
#define TCPTOP_SRC_MODEL_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slots {
    uint32_t *slot; /* index + 1, 0 is free; owned */
    size_t cap;     /* power of two */
};

/** Empty, with room for `n` entries at half load. Returns 0 or -ENOMEM. */
int slots_clear(struct slots *s, uint32_t n);
void slots_fini(struct slots *s);

void slots_add(struct slots *s, uint64_t hash, uint32_t index);

/** The index at the probe's place, UINT32_MAX at its end; `*at` starts as the hash. */
static inline uint32_t slots_next(const struct slots *s, uint64_t *at)
{
    return s->slot[(*at)++ & (s->cap - 1)] - 1;
}

#endif
