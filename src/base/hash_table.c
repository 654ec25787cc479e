/* SPDX-License-Identifier: MIT */
/* The hash table. A place has room for a key, its value and a tag: 32 bits of the key's hash, of
 * which the lowest is set; 0 means that the place is free. The highest bits of the tag are the
 * index where the search for a key begins, so a table grows without hashing its keys again, and its
 * entries keep their order.
 *
 * The key is mixed with a secret, then multiplied by a secret odd number whose product's high bits
 * are used. For two different mixed words the odds that these meet are at most two in the size of
 * the table, whatever the words are (Dietzfelbinger and others, 1997: multiply-shift hashing). */
#include "tcptop/base/hash_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/hash.h"

#define CAP_MIN 16u
#define CAP_MAX (UINT32_C(1) << 31)
#define KEEP    65536u /* bytes; a block up to this size is never given back by hash_table_clear() */

static uint32_t round_up(size_t size, uint32_t to)
{
    return ((uint32_t)size + to - 1) & ~(to - 1);
}

void hash_table_init(struct hash_table *t, size_t key_size, size_t value_size)
{
    const struct hash_secret *secret = hash_secret();

    *t = (struct hash_table){.key_size = (uint32_t)key_size, .value_at = round_up(key_size, 8)};
    t->tag_at = round_up(t->value_at + value_size, 4);
    t->entry_size = round_up(t->tag_at + sizeof(uint32_t), 8);
    /* Another order in each table: else filling a small one from a large one would be slow. */
    t->seed = hash_u64(secret->seed ^ (uintptr_t)t);
    t->odd = secret->odd;
}

void hash_table_fini(struct hash_table *t)
{
    free(t->entries);
    t->entries = NULL;
    t->n = t->cap = 0;
}

void hash_table_clear(struct hash_table *t)
{
    size_t bytes = (size_t)t->cap * t->entry_size;

    if (t->n < t->cap / 16 && bytes > KEEP)
        hash_table_fini(t);
    else if (t->n)
        memset(t->entries, 0, bytes);
    t->n = 0;
}

static void set_tag(const struct hash_table *t, unsigned char *e, uint32_t tag)
{
    memcpy(e + t->tag_at, &tag, sizeof tag);
}

/* The first free place for the tag. */
static unsigned char *search_free(const struct hash_table *t, uint32_t tag)
{
    uint32_t i = tag >> t->shift;

    while (hash_table_tag_at(t, hash_table_place(t, i)))
        i = hash_table_after(t, i);
    return hash_table_place(t, i);
}

static bool has_room(uint32_t cap, uint64_t n)
{
    return n * 3 <= (uint64_t)cap * 2;
}

/* Begins behind a free place, so that entries with the same key, which may lie around the end, stay
 * in their order. */
static void move_entries(struct hash_table *to, const struct hash_table *from)
{
    uint32_t begin = 0;

    while (begin < from->cap && hash_table_tag_at(from, hash_table_place(from, begin)))
        begin++;
    for (uint32_t n = 0; n < from->cap; n++) {
        const unsigned char *e = hash_table_place(from, (begin + n) & (from->cap - 1));
        if (hash_table_tag_at(from, e))
            memcpy(search_free(to, hash_table_tag_at(from, e)), e, from->entry_size);
    }
}

int hash_table_reserve(struct hash_table *t, uint32_t n)
{
    struct hash_table larger = *t;

    if (has_room(t->cap, n))
        return 0;
    larger.cap = t->cap ? t->cap : CAP_MIN;
    while (!has_room(larger.cap, n) && larger.cap < CAP_MAX)
        larger.cap *= 2;
    if (!has_room(larger.cap, n))
        return -ENOMEM;
    larger.entries = calloc(larger.cap, larger.entry_size);
    if (!larger.entries)
        return -ENOMEM;
    larger.shift = 32;
    for (uint32_t cap = larger.cap; cap > 1; cap /= 2)
        larger.shift--;
    move_entries(&larger, t);
    free(t->entries);
    *t = larger;
    return 0;
}

static void *add(struct hash_table *t, const void *key, uint32_t tag)
{
    if (t->n == UINT32_MAX || hash_table_reserve(t, t->n + 1))
        return NULL;
    unsigned char *e = search_free(t, tag);
    memcpy(e, key, t->key_size);
    memset(e + t->value_at, 0, t->tag_at - t->value_at);
    set_tag(t, e, tag);
    t->n++;
    return e + t->value_at;
}

void *hash_table_add(struct hash_table *t, const void *key, bool *added)
{
    uint32_t tag = hash_table_tag(t, key);
    uint32_t i = t->n ? hash_table_search(t, tag >> t->shift, key, tag) : HASH_TABLE_NONE;

    if (added)
        *added = i == HASH_TABLE_NONE;
    return i == HASH_TABLE_NONE ? add(t, key, tag) : hash_table_place(t, i) + t->value_at;
}

void *hash_table_add_another(struct hash_table *t, const void *key)
{
    return add(t, key, hash_table_tag(t, key));
}

/* The entries behind the gap that were put there because it was taken move into it. */
static void remove_entry(struct hash_table *t, uint32_t gap)
{
    const uint32_t mask = t->cap - 1;
    uint32_t tag;

    for (uint32_t i = hash_table_after(t, gap);
         (tag = hash_table_tag_at(t, hash_table_place(t, i))) != 0; i = hash_table_after(t, i)) {
        uint32_t from_home = (i - (tag >> t->shift)) & mask;
        if (from_home < ((i - gap) & mask))
            continue;
        memcpy(hash_table_place(t, gap), hash_table_place(t, i), t->entry_size);
        gap = i;
    }
    set_tag(t, hash_table_place(t, gap), 0);
    t->n--;
}

bool hash_table_remove(struct hash_table *t, const void *key)
{
    uint32_t at = 0;

    if (!hash_table_each(t, key, &at))
        return false;
    remove_entry(t, at - 1);
    return true;
}

void *hash_table_next(const struct hash_table *t, uint32_t *at)
{
    for (uint32_t i = *at; i < t->cap && t->n; i++) {
        if (!hash_table_tag_at(t, hash_table_place(t, i)))
            continue;
        *at = i + 1;
        return hash_table_place(t, i) + t->value_at;
    }
    *at = t->cap;
    return NULL;
}

void hash_table_remove_last(struct hash_table *t, uint32_t *at)
{
    remove_entry(t, --*at);
}
