/* SPDX-License-Identifier: MIT */
/* A hash table with keys of one size and their values side by side in one block of memory: open
 * addressing with linear probing, at most two thirds full, nothing allocated per entry.
 *
 * Where a key lies depends on a random number of this process, so whoever chooses keys (a remote
 * address, a recording) cannot choose them so that they collide. The order of hash_table_next() is
 * therefore another one in each run: sort before anything of it is shown.
 *
 * A table belongs to one thread at a time. */
#ifndef TCPTOP_BASE_HASH_TABLE_H
#define TCPTOP_BASE_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tcptop/base/hash.h"

/* Only to be touched by hash_table.c, but for `n`. */
struct hash_table {
    unsigned char *entries; /* `cap` places: key, value, tag; owned; NULL: no memory so far */
    uint32_t n;             /* places in use */
    uint32_t cap;           /* power of two, or 0 */
    uint32_t shift;         /* a tag shifted right by it is an index */
    uint32_t key_size, value_at, tag_at, entry_size;
    uint64_t seed, odd; /* of the hash */
};

/** Make an empty table without memory. Keys are compared byte by byte, so a struct must not have
 *  padding, or must be cleared first. Keys and values are aligned to 8 bytes. `value_size` may be
 *  0: a set. */
void hash_table_init(struct hash_table *t, size_t key_size, size_t value_size);

/** Free the memory. The table is empty and may be used again. */
void hash_table_fini(struct hash_table *t);

/** Remove all entries. Memory is kept for the next round, but for a large block of which less than
 *  one sixteenth was in use. */
void hash_table_clear(struct hash_table *t);

/** Make room: until the table has `n` entries no call allocates or moves any. Returns 0 or -ENOMEM
 *  (the table is unchanged). */
int hash_table_reserve(struct hash_table *t, uint32_t n);

/** Returns the value of `key`, NULL when it is not there. Pointers to values and keys are valid
 *  until an entry is added or removed. */
static inline void *hash_table_find(const struct hash_table *t, const void *key);

/** Returns the value of `key`. A new entry is made when there is none, and its value is all zero;
 *  `added` (may be NULL) tells. Returns NULL when memory is out, and the table is unchanged. */
void *hash_table_add(struct hash_table *t, const void *key, bool *added);

/** As hash_table_add(), but always makes a new entry, also next to others with the same key. For
 * keys that are hashes of what the caller then compares. Takes as long as there are entries with
 * that key. */
void *hash_table_add_another(struct hash_table *t, const void *key);

/** Returns the values of all entries with that key, one per call in the order in which they were
 *  added, NULL after the last one. `*at` is 0 before the first call. */
static inline void *hash_table_each(const struct hash_table *t, const void *key, uint32_t *at);

/** Remove the entry of `key`; false when there was none. */
bool hash_table_remove(struct hash_table *t, const void *key);

/** Returns the value of each entry, one per call, NULL after the last one. `*at` is 0 before the
 *  first call. */
void *hash_table_next(const struct hash_table *t, uint32_t *at);

/** Remove the entry that hash_table_next() returned last, and go on. Entries may then be met twice.
 */
void hash_table_remove_last(struct hash_table *t, uint32_t *at);

/** The key of a value that one of the functions above returned. */
static inline const void *hash_table_key(const struct hash_table *t, const void *value)
{
    return (const unsigned char *)value - t->value_at;
}

/* Inline, since a search is made for each of a million rows. ----------------------------------- */

#define HASH_TABLE_NONE UINT32_MAX

static inline unsigned char *hash_table_place(const struct hash_table *t, uint32_t i)
{
    return t->entries + (size_t)i * t->entry_size;
}

static inline uint32_t hash_table_after(const struct hash_table *t, uint32_t i)
{
    return (i + 1) & (t->cap - 1);
}

static inline uint32_t hash_table_tag_at(const struct hash_table *t, const unsigned char *place)
{
    uint32_t tag;

    memcpy(&tag, place + t->tag_at, sizeof tag);
    return tag;
}

/* The tag of a key. */
static inline uint32_t hash_table_tag(const struct hash_table *t, const void *key)
{
    uint64_t word;

    if (t->key_size == sizeof word) {
        memcpy(&word, key, sizeof word);
        word = (word ^ t->seed) * UINT64_C(0x94d049bb133111eb); /* different ones stay different */
        word ^= word >> 32;
    } else {
        word = hash_bytes(key, t->key_size, t->seed);
    }
    return (uint32_t)(word * t->odd >> 32) | 1;
}

static inline bool hash_table_has_key(const struct hash_table *t, const unsigned char *place,
                                      const void *key)
{
    uint64_t a, b;

    if (t->key_size != sizeof a)
        return memcmp(place, key, t->key_size) == 0;
    memcpy(&a, place, sizeof a);
    memcpy(&b, key, sizeof b);
    return a == b;
}

/* The first place from `i` on that has the key; HASH_TABLE_NONE when a free one comes first. */
static inline uint32_t hash_table_search(const struct hash_table *t, uint32_t i, const void *key,
                                         uint32_t tag)
{
    const unsigned char *place = hash_table_place(t, i);

    for (uint32_t there; (there = hash_table_tag_at(t, place)) != 0;) {
        if (there == tag && hash_table_has_key(t, place, key))
            return i;
        i = hash_table_after(t, i);
        place = i ? place + t->entry_size : t->entries;
    }
    return HASH_TABLE_NONE;
}

static inline void *hash_table_each(const struct hash_table *t, const void *key, uint32_t *at)
{
    uint32_t tag, i;

    if (!t->n)
        return NULL;
    tag = hash_table_tag(t, key);
    i = hash_table_search(t, *at ? *at & (t->cap - 1) : tag >> t->shift, key, tag);
    if (i == HASH_TABLE_NONE)
        return NULL;
    *at = i + 1;
    return hash_table_place(t, i) + t->value_at;
}

static inline void *hash_table_find(const struct hash_table *t, const void *key)
{
    uint32_t at = 0;

    return hash_table_each(t, key, &at);
}

#endif
