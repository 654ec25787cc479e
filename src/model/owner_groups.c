/* Groups of processes: each set of holders exists once, so that rows can name it by a number. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "owner_internal.h"
#include "tcptop/base/hash.h"

static uint64_t member_hash(uint32_t holder)
{
    return hash_u64(holder + UINT64_C(1));
}

static uint32_t *chain(struct owner_map *map, uint64_t hash)
{
    return &map->by_members[hash & (CHAINS - 1)];
}

bool group_has(const struct owner_map *map, uint32_t group, uint32_t holder)
{
    const struct group *g = &map->group[group];
    uint32_t lo = 0, hi = g->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (g->holder[mid] < holder)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < g->n && g->holder[lo] == holder;
}

static uint32_t *scratch(struct owner_map *map, uint32_t n)
{
    if (n > map->cap_scratch) {
        uint32_t *larger = realloc(map->scratch, 2 * n * sizeof *larger);
        if (!larger)
            return NULL;
        map->scratch = larger;
        map->cap_scratch = 2 * n;
    }
    return map->scratch;
}

/* A free number. */
static uint32_t number(struct owner_map *map)
{
    uint32_t group = map->free_group;

    if (group != NONE) {
        map->free_group = map->group[group].next;
        return group;
    }
    if (map->n_groups == map->cap_groups) {
        uint32_t cap = map->cap_groups * 2;
        struct group *larger =
            cap <= OWNER_GROUP ? realloc(map->group, cap * sizeof *larger) : NULL;
        if (!larger)
            return NONE;
        map->group = larger;
        map->cap_groups = cap;
    }
    return map->n_groups++;
}

static void forget_number(struct owner_map *map, uint32_t group)
{
    map->group[group] = (struct group){.next = map->free_group};
    map->free_group = group;
}

static uint32_t create(struct owner_map *map, const uint32_t *members, uint32_t n, uint64_t hash)
{
    uint32_t group = number(map), *copy = group == NONE ? NULL : malloc(n * sizeof *copy);

    if (group == NONE)
        return NONE;
    if (!copy) {
        forget_number(map, group);
        return NONE;
    }
    memcpy(copy, members, n * sizeof *copy);
    map->group[group] = (struct group){
        .holder = copy,
        .n = n,
        .next = *chain(map, hash),
        .hash = hash,
        .touched = map->generation, /* rows that had this number mean another group */
    };
    *chain(map, hash) = group;
    for (uint32_t i = 0; i < n; i++)
        map->holder[members[i]].groups++;
    return group;
}

/* The one group of these members, ascending. */
static uint32_t intern(struct owner_map *map, const uint32_t *members, uint32_t n, uint64_t hash)
{
    for (uint32_t at = *chain(map, hash); at != NONE; at = map->group[at].next) {
        const struct group *g = &map->group[at];
        if (g->hash == hash && g->n == n && memcmp(g->holder, members, n * sizeof *members) == 0)
            return at;
    }
    return create(map, members, n, hash);
}

uint32_t group_with(struct owner_map *map, uint32_t group, uint32_t holder)
{
    uint32_t n = group == OWNER_UNKNOWN ? 0 : map->group[group].n, at = 0, *members, with;

    if (n && group_has(map, group, holder))
        return group;
    if (map->last.group == group && map->last.holder == holder && map->last.with != NONE)
        return map->last.with;
    members = scratch(map, n + 1);
    if (!members)
        return NONE;
    for (; at < n && map->group[group].holder[at] < holder; at++)
        members[at] = map->group[group].holder[at];
    members[at] = holder;
    for (; at < n; at++)
        members[at + 1] = map->group[group].holder[at];
    with = intern(map, members, n + 1, (n ? map->group[group].hash : 0) + member_hash(holder));
    map->last.group = group;
    map->last.holder = holder;
    map->last.with = with;
    return with;
}

uint32_t group_without(struct owner_map *map, uint32_t group, uint32_t holder)
{
    const struct group *g = &map->group[group];
    uint32_t n = 0, *members;

    if (!group_has(map, group, holder))
        return group;
    if (g->n == 1)
        return OWNER_UNKNOWN;
    members = scratch(map, g->n);
    if (!members)
        return NONE;
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->holder[i] != holder)
            members[n++] = g->holder[i];
    }
    return intern(map, members, n, g->hash - member_hash(holder));
}

static void destroy(struct owner_map *map, uint32_t group)
{
    struct group *g = &map->group[group];
    uint32_t *at = chain(map, g->hash);

    while (*at != group)
        at = &map->group[*at].next;
    *at = g->next;
    for (uint32_t i = 0; i < g->n; i++) {
        map->holder[g->holder[i]].groups--;
        holder_release(map, g->holder[i]);
    }
    free(g->holder);
    owner_group_unref(g->made);
    forget_number(map, group);
    map->last.with = NONE;
}

void group_take(struct owner_map *map, uint32_t group)
{
    struct group *g = &map->group[group];

    if (g->inodes++ == 0 && g->listed)
        map->dead--;
    map->changed |= !g->listed;
}

void group_touch(struct owner_map *map, uint32_t group)
{
    map->group[group].touched = map->generation;
    map->changed = true;
}

void group_leave(struct owner_map *map, uint32_t group)
{
    struct group *g = &map->group[group];

    group_touch(map, group);
    if (--g->inodes > 0)
        return;
    if (g->listed)
        map->dead++;
    else
        destroy(map, group);
}

void group_remake(struct owner_map *map, uint32_t holder)
{
    for (uint32_t i = OWNER_FIRST; i < map->n_groups; i++) {
        struct group *g = &map->group[i];
        if (!g->holder || !g->made || !group_has(map, i, holder))
            continue;
        owner_group_unref(g->made);
        g->made = NULL;
        map->changed = true;
    }
}

void group_reap(struct owner_map *map)
{
    for (uint32_t i = OWNER_FIRST; i < map->n_groups && map->dead > 0; i++) {
        struct group *g = &map->group[i];
        if (!g->holder || g->inodes || !g->listed || g->seen == map->pass)
            continue;
        map->dead--;
        destroy(map, i);
    }
}

int group_make(struct owner_map *map, uint32_t group)
{
    struct group *g = &map->group[group];
    struct owner **members;

    if (g->made)
        return 0;
    members = malloc(g->n * sizeof(struct owner *));
    if (!members)
        return -ENOMEM;
    for (uint32_t i = 0; i < g->n; i++)
        members[i] = map->holder[g->holder[i]].owner;
    g->made = owner_group_new(members, g->n);
    free(members);
    return g->made ? 0 : -ENOMEM;
}
