/* SPDX-License-Identifier: MIT */
/* Which keys occur most often, counted in bounded memory: exact while there is room for every key,
 * lower bounds beyond it. */
#ifndef TCPTOP_BASE_TOP_K_H
#define TCPTOP_BASE_TOP_K_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/hash_table.h"

struct top_k_item {
    const void *key; /* as long as the struct top_k is not changed */
    uint32_t count;  /* the key occurred at least so often, and at most `at_least_by` more often */
    uint32_t row;    /* of the first time that is counted */
};

/* Counted keys. With N occurrences in all, `at_least_by` is at most N / (max + 1), so a key that
 * occurs more often than that is among them. */
struct top_k {
    struct hash_table counts; /* counts.n: different keys; their whole number if at_least_by is 0 */
    uint32_t max;
    uint32_t at_least_by; /* counts may be too small by so many; 0: they are exact */
    bool failed;          /* memory was out: what is there says nothing */
};

/** Start with no key. Keys are compared as in hash_table_init(); `max` of them are counted at a
 *  time. */
void top_k_init(struct top_k *t, size_t key_size, uint32_t max);

/** Free the memory. */
void top_k_fini(struct top_k *t);

/** Count the key once more. `row` is remembered with a key that is new. Takes constant time on
 *  average. Sets `failed` when memory is out. */
void top_k_count(struct top_k *t, const void *key, uint32_t row);

/** Fill `best` with the `n` keys that have the highest counts, the highest first, of equal ones the
 *  one with the lowest row first. Returns how many there are; 0 if `failed`. */
unsigned top_k_best(const struct top_k *t, struct top_k_item *best, unsigned n);

#endif
