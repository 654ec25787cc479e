/* SPDX-License-Identifier: MIT */
#include "tcptop/owner/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"

#define FIRST_ROOM  64u
#define FEW_ENTRIES 32u /* are sorted by insertion */

/* Room for `more` elements behind `n`, as array_room() makes it for one. */
static void *room_for(void *array, uint32_t n, uint32_t *cap, uint32_t more, size_t size)
{
    uint64_t wanted = *cap ? *cap : FIRST_ROOM;

    while (wanted < (uint64_t)n + more)
        wanted *= 2;
    if (array && wanted == *cap)
        return array;
    if (wanted > UINT32_MAX)
        return NULL;
    void *larger = reallocarray(array, (size_t)wanted, size);
    if (larger)
        *cap = (uint32_t)wanted;
    return larger;
}

static int add_held(struct owner_changes *c, const uint32_t *inodes, uint32_t n, uint32_t place)
{
    struct owner_entry *held = room_for(c->held, c->n_held, &c->cap_held, n, sizeof *held);

    if (!held)
        return -ENOMEM;
    c->sorted = false;
    c->held = held;
    for (uint32_t i = 0; i < n; i++) {
        if (inodes[i])
            c->held[c->n_held++] = (struct owner_entry){inodes[i], place};
    }
    return 0;
}

static int add_process(struct owner_changes *c, uint32_t pid, struct owner *owner)
{
    struct owner_change *process =
        array_room(c->process, c->n, &c->cap, FIRST_ROOM, sizeof *process);

    if (!process)
        return -ENOMEM;
    c->sorted = false;
    c->process = process;
    c->process[c->n] =
        (struct owner_change){.pid = pid, .place = c->n, .owner = owner ? owner_ref(owner) : NULL};
    c->n++;
    return 0;
}

int owner_changes_put(struct owner_changes *c, struct owner *owner, const uint32_t *inodes,
                      uint32_t n)
{
    uint32_t had = c->n_held;
    int rc = add_held(c, inodes, n, c->n);

    if (!rc)
        rc = add_process(c, owner->pid, owner);
    if (rc)
        c->n_held = had;
    return rc;
}

int owner_changes_remove(struct owner_changes *c, uint32_t pid)
{
    return add_process(c, pid, NULL);
}

int owner_changes_former(struct owner_changes *c, const uint64_t *cookies, uint32_t n)
{
    struct owner_former *former =
        room_for(c->former, c->n_former, &c->cap_former, n, sizeof *former);

    if (!former)
        return -ENOMEM;
    c->sorted = false;
    c->former = former;
    for (uint32_t i = 0; i < n; i++)
        c->former[c->n_former++] = (struct owner_former){cookies[i], c->n - 1};
    return 0;
}

int owner_changes_nobody(struct owner_changes *c, const uint32_t *inodes, uint32_t n)
{
    return add_held(c, inodes, n, OWNER_NO_PROCESS);
}

void owner_changes_fini(struct owner_changes *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        owner_unref(c->process[i].owner);
    free(c->process);
    free(c->held);
    free(c->former);
    *c = (struct owner_changes){0};
}

static uint64_t key_of(struct owner_entry e)
{
    return (uint64_t)e.inode << 32 | e.value;
}

static void sort_few(struct owner_entry *e, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct owner_entry x = e[i];
        uint32_t at = i;
        for (; at > 0 && key_of(e[at - 1]) > key_of(x); at--)
            e[at] = e[at - 1];
        e[at] = x;
    }
}

/* By inode, then by place, from the byte at `shift` downwards, without further memory: each entry
 * is swapped into the part of the array that belongs to its byte, then the parts are sorted. */
static void sort_entries(struct owner_entry *e, uint32_t n, unsigned shift)
{
    uint32_t next[256] = {0}, end[256], at = 0;

    if (n <= FEW_ENTRIES) {
        sort_few(e, n);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        next[key_of(e[i]) >> shift & 0xff]++;
    for (unsigned byte = 0; byte < 256; byte++) {
        end[byte] = at + next[byte];
        next[byte] = at;
        at = end[byte];
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        while (next[byte] < end[byte]) {
            uint32_t from = next[byte], to = next[key_of(e[from]) >> shift & 0xff]++;
            struct owner_entry x = e[from];
            e[from] = e[to];
            e[to] = x;
        }
    }
    for (unsigned byte = 0; shift > 0 && byte < 256; byte++) {
        uint32_t begin = byte ? end[byte - 1] : 0;
        if (end[byte] - begin > 1)
            sort_entries(e + begin, end[byte] - begin, shift - 8);
    }
}

static bool are_sorted(const struct owner_entry *e, uint32_t n)
{
    uint32_t i = 1;

    while (i < n && key_of(e[i - 1]) <= key_of(e[i]))
        i++;
    return i >= n;
}

static int by_identity(const void *a, const void *b)
{
    const struct owner_change *x = a, *y = b;

    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    if (!x->owner || !y->owner)
        return (x->owner != NULL) - (y->owner != NULL);
    int order = owner_compare(x->owner, y->owner);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

int owner_changes_sort(struct owner_changes *c)
{
    uint32_t *rank, kept = 0;

    if (c->sorted)
        return 0;
    rank = malloc((c->n + 1) * sizeof *rank);
    if (!rank)
        return -ENOMEM;
    if (c->n)
        qsort(c->process, c->n, sizeof *c->process, by_identity);
    for (uint32_t i = 0; i < c->n; i++) {
        struct owner_change *p = &c->process[i], *last = kept ? &c->process[kept - 1] : NULL;
        if (last && last->owner && p->owner && owner_compare(last->owner, p->owner) == 0) {
            owner_unref(last->owner);
            *last = *p;
        } else {
            c->process[kept++] = *p;
        }
        rank[p->place] = kept - 1;
    }
    c->n = kept;
    for (uint32_t i = 0; i < kept; i++)
        c->process[i].place = i;
    for (uint32_t i = 0; i < c->n_held; i++) {
        if (c->held[i].value != OWNER_NO_PROCESS)
            c->held[i].value = rank[c->held[i].value];
    }
    for (uint32_t i = 0; i < c->n_former; i++)
        c->former[i].value = rank[c->former[i].value];
    free(rank);
    if (!are_sorted(c->held, c->n_held))
        sort_entries(c->held, c->n_held, 56);
    c->sorted = true;
    return 0;
}

const struct owner_change *owner_changes_of(const struct owner_changes *c, uint32_t pid)
{
    uint32_t lo = 0, hi = c->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->process[mid].pid < pid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c->n && c->process[lo].pid == pid ? &c->process[lo] : NULL;
}

struct owner *owner_changes_now(const struct owner_changes *c, const struct owner *was)
{
    const struct owner_change *p = owner_changes_of(c, was->pid), *end;

    if (!p)
        return NULL;
    end = c->process + c->n;
    while (p < end && p->pid == was->pid && (!p->owner || owner_compare(p->owner, was)))
        p++;
    return p < end && p->pid == was->pid ? p->owner : NULL;
}

struct owner_entry *owner_changes_room(struct owner_changes *c, uint32_t n)
{
    struct owner_entry *held = room_for(c->held, c->n_held, &c->cap_held, n, sizeof *held);

    if (!held)
        return NULL;
    c->held = held;
    if (n && c->n_held)
        memmove(held + n, held, c->n_held * sizeof *held);
    return held;
}
