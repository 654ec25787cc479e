/* What somebody knows of a whole sample at once: all processes, what nobody holds, and who held
 * what has no file any more. */
#include <errno.h>
#include <stdlib.h>

#include "owner_internal.h"

uint32_t former_find(const struct owner_map *map, uint64_t cookie)
{
    uint32_t lo = 0, hi = map->n_former;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (map->former[mid].cookie < cookie)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < map->n_former && map->former[lo].cookie == cookie ? map->former[lo].owner
                                                                  : OWNER_UNKNOWN;
}

/* Forget the inodes that nobody holds, or, instead, those whose holders have let them go. */
static void forget(struct owner_map *map, bool left)
{
    for (uint32_t i = 0; i < map->inodes.cap;) {
        struct entry *e = &map->inodes.entry[i];
        bool nobody = e->value & ENTRY_NOBODY;

        if (!e->inode || nobody == left || !(nobody || e->value & ENTRY_LEFT)) {
            i++;
            continue;
        }
        if (left)
            group_leave(map, e->value & ENTRY_NUMBER);
        inodes_remove(&map->inodes, e); /* another may be here now */
    }
}

void owner_map_renew(struct owner_map *map)
{
    for (uint32_t i = 0; i < map->n_former; i++)
        group_leave(map, map->former[i].owner);
    map->n_former = 0;
    forget(map, false);
    for (uint32_t i = 0; i < map->n_holders; i++)
        map->holder[i].put = false;
    map->nobody_touched = map->generation;
    map->changed = true;
}

int owner_map_put_former(struct owner_map *map, uint32_t pid, const uint64_t *cookies, uint32_t n)
{
    uint32_t holder = holder_find(map, pid);

    if (holder == NONE)
        return 0;
    if (map->cap_former - map->n_former < n) {
        size_t cap = (size_t)map->n_former * 2 + n;
        struct former *larger = cap < NONE ? realloc(map->former, cap * sizeof *larger) : NULL;
        if (!larger)
            return -ENOMEM;
        map->former = larger;
        map->cap_former = (uint32_t)cap;
    }
    for (uint32_t i = 0; i < n; i++)
        map->former[map->n_former++] = (struct former){cookies[i], holder};
    return 0;
}

int owner_map_put_nobody(struct owner_map *map, const uint32_t *inodes, uint32_t n)
{
    if (inodes_reserve(&map->inodes, n))
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        if (inodes[i] && !inodes_find(&map->inodes, inodes[i]))
            inodes_add(&map->inodes, inodes[i])->value =
                ENTRY_NOBODY | ENTRY_SEARCHED | (map->pass & ENTRY_NUMBER);
    }
    return 0;
}

static int by_cookie(const void *a, const void *b)
{
    const struct former *x = a, *y = b;

    if (x->cookie != y->cookie)
        return x->cookie < y->cookie ? -1 : 1;
    return (x->owner > y->owner) - (x->owner < y->owner);
}

/* The group of the `n` holders of one cookie, taken; NONE: out of memory. */
static uint32_t group_of_all(struct owner_map *map, const struct former *f, uint32_t n)
{
    uint32_t group = OWNER_UNKNOWN;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t with = group_with(map, group, f[i].owner);
        if (with == group)
            continue; /* told twice */
        if (with != NONE)
            group_take(map, with);
        if (group != OWNER_UNKNOWN)
            group_leave(map, group);
        if (with == NONE)
            return NONE;
        group = with;
    }
    return group;
}

/* One entry for each cookie, with the group of those who held it. */
static int group_former(struct owner_map *map)
{
    uint32_t kept = 0, n;
    int rc = 0;

    if (map->n_former)
        qsort(map->former, map->n_former, sizeof *map->former, by_cookie);
    for (uint32_t i = 0; i < map->n_former; i += n) {
        uint64_t cookie = map->former[i].cookie;
        for (n = 1; i + n < map->n_former && map->former[i + n].cookie == cookie; n++)
            ;
        uint32_t group = group_of_all(map, &map->former[i], n);
        if (group == NONE)
            rc = -ENOMEM;
        else
            map->former[kept++] = (struct former){cookie, group};
    }
    map->n_former = kept;
    return rc;
}

int owner_map_renewed(struct owner_map *map)
{
    int rc = group_former(map);

    for (uint32_t i = 0; i < map->n_holders; i++) {
        if (map->holder[i].alive && !map->holder[i].put)
            owner_map_remove(map, map->holder[i].owner->pid);
    }
    forget(map, true);
    return rc;
}
