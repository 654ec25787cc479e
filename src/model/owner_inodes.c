/* From inode to group: open addressing with linear probing. Sizes are not powers of two, since at a
 * million sockets that would waste as much as the table holds. */
#include <errno.h>
#include <stdlib.h>

#include "owner_internal.h"

#define FIRST_CAP  256u
#define FULL_PARTS 5u         /* at most four fifths are in use */
#define GROW_PARTS 2u         /* it grows by half */
#define LARGE      (1u << 16) /* … from here on by an eighth */
#define LARGE_GROW 8u
#define KNUTH      2654435769u

void inodes_fini(struct inode_table *t)
{
    free(t->entry);
    *t = (struct inode_table){0};
}

/* Where the search for an inode begins: they are given out in sequence, the product spreads them.
 */
static uint32_t home(const struct inode_table *t, uint32_t inode)
{
    return (uint32_t)((uint64_t)(inode * KNUTH) * t->cap >> 32);
}

static uint32_t after(const struct inode_table *t, uint32_t slot)
{
    return slot + 1 == t->cap ? 0 : slot + 1;
}

/* The inode's entry, or the free one where it would be. */
static struct entry *place(const struct inode_table *t, uint32_t inode)
{
    uint32_t slot = home(t, inode);

    while (t->entry[slot].inode && t->entry[slot].inode != inode)
        slot = after(t, slot);
    return &t->entry[slot];
}

struct entry *inodes_find(const struct inode_table *t, uint32_t inode)
{
    struct entry *e = t->cap && inode ? place(t, inode) : NULL;

    return e && e->inode ? e : NULL;
}

static int resize(struct inode_table *t, uint64_t cap)
{
    struct inode_table larger = {.cap = (uint32_t)cap, .n = t->n};

    if (cap > UINT32_MAX / 2)
        return -ENOMEM;
    larger.entry = calloc(larger.cap, sizeof *larger.entry);
    if (!larger.entry)
        return -ENOMEM;
    for (uint32_t i = 0; i < t->cap; i++) {
        if (t->entry[i].inode)
            *place(&larger, t->entry[i].inode) = t->entry[i];
    }
    free(t->entry);
    *t = larger;
    return 0;
}

int inodes_reserve(struct inode_table *t, uint32_t more)
{
    uint64_t need = (uint64_t)t->n + more, cap = t->cap ? t->cap : FIRST_CAP;

    while (need > cap - cap / FULL_PARTS)
        cap += cap / (cap < LARGE ? GROW_PARTS : LARGE_GROW);
    return cap == t->cap ? 0 : resize(t, cap);
}

struct entry *inodes_add(struct inode_table *t, uint32_t inode)
{
    struct entry *e = place(t, inode);

    e->inode = inode;
    t->n++;
    return e;
}

/* Is `slot` in the run from `from` to `to`, which may go over the end of the table? */
static bool between(uint32_t from, uint32_t slot, uint32_t to)
{
    return from <= to ? from < slot && slot <= to : from < slot || slot <= to;
}

/* Those that probed past the gap move into it. */
void inodes_remove(struct inode_table *t, struct entry *e)
{
    uint32_t gap = (uint32_t)(e - t->entry);

    for (uint32_t slot = after(t, gap); t->entry[slot].inode; slot = after(t, slot)) {
        if (between(gap, home(t, t->entry[slot].inode), slot))
            continue;
        t->entry[gap] = t->entry[slot];
        gap = slot;
    }
    t->entry[gap].inode = 0;
    t->n--;
}
