/* Which keys occur most often: exact while there is room, lower bounds beyond it. */
#ifndef TCPTOP_EXPLAIN_LEADERS_H
#define TCPTOP_EXPLAIN_LEADERS_H

#include <stdbool.h>
#include <stdint.h>

#define LEADERS_MAX 65536u /* keys that are counted at a time */

struct leader {
    uint64_t key;   /* equal keys are taken for the same thing */
    uint32_t count; /* 0: free */
    uint32_t row;   /* the first that had it */
};

struct leaders {
    struct leader *slot; /* open addressing, cap is a power of two; owned */
    uint32_t n, cap, max;
    uint32_t forgotten; /* counts may be too small by so many; 0: they are exact, and so is n */
    bool failed;        /* out of memory: what is there says nothing */
};

/** At most `max` keys (a power of two; LEADERS_MAX but for tests). */
void leaders_init(struct leaders *l, uint32_t max);
void leaders_fini(struct leaders *l);

void leaders_count(struct leaders *l, uint64_t key, uint32_t row);

/** The `n` keys with the highest counts, the highest first, of equal ones the first seen; returns
 *  how many there are. */
unsigned leaders_top(const struct leaders *l, struct leader *top, unsigned n);

#endif
