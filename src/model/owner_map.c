/* Processes and what they hold: put in by whoever looks, taken out when they let it go. */
#include "tcptop/model/owner_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "owner_internal.h"

#define FIRST_PLACES 64u

static uint32_t *new_chains(void)
{
    uint32_t *heads = malloc(CHAINS * sizeof *heads);

    if (heads)
        memset(heads, 0xff, CHAINS * sizeof *heads); /* NONE */
    return heads;
}

struct owner_map *owner_map_new(void)
{
    struct owner_map *map = calloc(1, sizeof *map);

    if (!map)
        return NULL;
    map->by_pid = new_chains();
    map->by_members = new_chains();
    map->holder = malloc(FIRST_PLACES * sizeof *map->holder);
    map->group = calloc(FIRST_PLACES, sizeof *map->group);
    if (!map->by_pid || !map->by_members || !map->holder || !map->group) {
        owner_map_free(map);
        return NULL;
    }
    map->cap_holders = map->cap_groups = FIRST_PLACES;
    map->n_groups = OWNER_FIRST;
    map->free_holder = map->free_group = map->last.with = NONE;
    map->generation = 1;
    map->changed = true;
    return map;
}

void owner_map_free(struct owner_map *map)
{
    if (!map)
        return;
    for (uint32_t i = 0; i < map->n_holders; i++) {
        owner_unref(map->holder[i].owner);
        free(map->holder[i].inodes);
    }
    for (uint32_t i = 0; i < map->n_groups; i++) {
        owner_group_unref(map->group[i].made);
        free(map->group[i].holder);
    }
    owner_table_unref(map->table);
    owner_users_unref(map->users);
    inodes_fini(&map->inodes);
    free(map->holder);
    free(map->group);
    free(map->by_pid);
    free(map->by_members);
    free(map->scratch);
    free(map->former);
    free(map->user);
    free(map);
}

void owner_map_lacks(struct owner_map *map, uint32_t lacks)
{
    map->changed |= map->lacks != lacks;
    map->lacks = lacks;
}

static uint32_t *pid_chain(struct owner_map *map, uint32_t pid)
{
    return &map->by_pid[pid & (CHAINS - 1)];
}

uint32_t holder_find(struct owner_map *map, uint32_t pid)
{
    uint32_t at = *pid_chain(map, pid);

    while (at != NONE && map->holder[at].owner->pid != pid)
        at = map->holder[at].next;
    return at;
}

void holder_release(struct owner_map *map, uint32_t holder)
{
    struct holder *h = &map->holder[holder];

    if (h->alive || h->groups)
        return;
    owner_unref(h->owner);
    *h = (struct holder){.next = map->free_holder};
    map->free_holder = holder;
}

/* A place for a new process; NONE: out of memory. */
static uint32_t holder_new(struct owner_map *map, const struct owner_facts *facts)
{
    struct owner *owner = owner_new(facts);
    uint32_t at = map->free_holder;

    if (!owner)
        return NONE;
    if (at != NONE) {
        map->free_holder = map->holder[at].next;
    } else {
        if (map->n_holders == map->cap_holders) {
            uint32_t cap = map->cap_holders * 2;
            struct holder *larger = realloc(map->holder, cap * sizeof *larger);
            if (!larger) {
                owner_unref(owner);
                return NONE;
            }
            map->holder = larger;
            map->cap_holders = cap;
        }
        at = map->n_holders++;
    }
    map->holder[at] =
        (struct holder){.owner = owner, .next = *pid_chain(map, facts->pid), .alive = true};
    *pid_chain(map, facts->pid) = at;
    return at;
}

static bool same_texts(const struct owner *o, const struct owner_facts *f)
{
    return o->uid == f->uid && strcmp(o->process, f->process) == 0 &&
           strcmp(o->cmdline, f->cmdline) == 0 && strcmp(o->cgroup, f->cgroup) == 0;
}

/* The process may have another name since (exec), or another user. */
static int holder_update(struct owner_map *map, uint32_t holder, const struct owner_facts *facts)
{
    struct holder *h = &map->holder[holder];
    struct owner *owner;

    if (same_texts(h->owner, facts))
        return 0;
    owner = owner_new(facts);
    if (!owner)
        return -ENOMEM;
    owner_unref(h->owner);
    h->owner = owner;
    group_remake(map, holder);
    return 0;
}

/* An entry goes from one group to another. */
static void move(struct owner_map *map, struct entry *e, uint32_t from, uint32_t to)
{
    group_take(map, to);
    group_leave(map, from);
    e->value = to;
}

static void let_go(struct owner_map *map, uint32_t inode, uint32_t holder)
{
    struct entry *e = inodes_find(&map->inodes, inode);
    uint32_t without;

    if (!e || e->value & (ENTRY_NOBODY | ENTRY_LEFT))
        return;
    without = group_without(map, e->value, holder);
    if (without == OWNER_UNKNOWN || without == NONE)
        e->value |= ENTRY_LEFT;
    else if (without != e->value)
        move(map, e, e->value, without);
}

/* The entry of an inode that somebody holds now for the first time. */
static bool first_holder(struct owner_map *map, struct entry *e, uint32_t inode, uint32_t holder)
{
    uint32_t alone = group_with(map, OWNER_UNKNOWN, holder);

    if (alone == NONE)
        return false;
    if (!e) {
        e = inodes_add(&map->inodes, inode);
    } else if (e->value & ENTRY_SEARCHED) {
        map->nobody_touched = map->generation;
        map->changed = true;
    }
    group_take(map, alone);
    e->value = alone;
    return true;
}

/* False: out of memory. There is room for an entry. */
static bool hold(struct owner_map *map, uint32_t inode, uint32_t holder)
{
    struct entry *e = inodes_find(&map->inodes, inode);
    uint32_t before, with;

    if (!e || e->value & ENTRY_NOBODY)
        return first_holder(map, e, inode, holder);
    before = e->value & ENTRY_NUMBER;
    with = group_with(map, e->value & ENTRY_LEFT ? OWNER_UNKNOWN : before, holder);
    if (with == NONE)
        return false;
    if (with != before) {
        move(map, e, before, with);
    } else if (e->value & ENTRY_LEFT) { /* has it again */
        e->value = before;
        group_touch(map, before);
    }
    return true;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* A copy in ascending order, each once. NULL: out of memory. */
static uint32_t *sorted(const uint32_t *inodes, uint32_t n, uint32_t *unique)
{
    uint32_t *list = malloc((n ? n : 1) * sizeof *list), kept = 0;

    if (!list)
        return NULL;
    if (n) /* else there may be no list */
        memcpy(list, inodes, n * sizeof *list);
    qsort(list, n, sizeof *list, ascending);
    for (uint32_t i = 0; i < n; i++) {
        if (list[i] && (kept == 0 || list[i] != list[kept - 1]))
            list[kept++] = list[i];
    }
    *unique = kept;
    return list;
}

/* What the process holds is `list` now. Returns 0, or -ENOMEM: some are missing. */
static int exchange(struct owner_map *map, uint32_t holder, uint32_t *list, uint32_t n)
{
    struct holder *h = &map->holder[holder];
    uint32_t *old = h->inodes, n_old = h->n, at = 0, kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        for (; at < n_old && old[at] < list[i]; at++)
            let_go(map, old[at], holder);
        bool had = at < n_old && old[at] == list[i];
        at += had;
        if (had || hold(map, list[i], holder))
            list[kept++] = list[i];
    }
    for (; at < n_old; at++)
        let_go(map, old[at], holder);
    free(old);
    map->holder[holder].inodes = list;
    map->holder[holder].n = kept;
    return kept == n ? 0 : -ENOMEM;
}

int owner_map_put(struct owner_map *map, const struct owner_facts *facts, const uint32_t *inodes,
                  uint32_t n)
{
    uint32_t holder = holder_find(map, facts->pid), unique = 0, *list;

    if (holder != NONE && map->holder[holder].owner->start_ticks != facts->start_ticks) {
        owner_map_remove(map, facts->pid);
        holder = NONE;
    }
    list = inodes_reserve(&map->inodes, n) ? NULL : sorted(inodes, n, &unique);
    if (holder == NONE && list)
        holder = holder_new(map, facts);
    else if (list && holder_update(map, holder, facts))
        holder = NONE;
    if (!list || holder == NONE) {
        free(list);
        return -ENOMEM;
    }
    map->holder[holder].put = true;
    return exchange(map, holder, list, unique);
}

void owner_map_remove(struct owner_map *map, uint32_t pid)
{
    uint32_t holder = holder_find(map, pid), *at = pid_chain(map, pid);
    struct holder *h;

    if (holder == NONE)
        return;
    h = &map->holder[holder];
    for (uint32_t i = 0; i < h->n; i++)
        let_go(map, h->inodes[i], holder);
    free(h->inodes);
    h->inodes = NULL;
    h->n = 0;
    while (*at != holder)
        at = &map->holder[*at].next;
    *at = h->next;
    h->alive = false;
    holder_release(map, holder);
}

uint32_t owner_map_fresh(const struct owner_map *map)
{
    return map->fresh;
}

uint32_t owner_map_missed(const struct owner_map *map)
{
    return map->missed;
}

uint64_t owner_map_begin(struct owner_map *map)
{
    map->fresh = map->missed = 0;
    map->begun_pass = map->pass;
    return map->pass;
}

/* What a complete search that began at `since` says about an entry; false: it can go. */
static bool still_of_use(struct owner_map *map, struct entry *e, uint64_t since)
{
    uint32_t met = e->value & ENTRY_NUMBER;

    if (!(e->value & ENTRY_NOBODY)) {
        if (!(e->value & ENTRY_LEFT))
            return true;
        group_leave(map, met);
        return false;
    }
    if (e->value & ENTRY_SEARCHED)
        return met > map->searched_pass;
    if (met > since)
        return true;
    e->value |= ENTRY_SEARCHED;
    return true;
}

void owner_map_searched(struct owner_map *map, uint64_t since)
{
    for (uint32_t i = 0; i < map->inodes.cap;) {
        struct entry *e = &map->inodes.entry[i];
        if (e->inode && !still_of_use(map, e, since))
            inodes_remove(&map->inodes, e); /* another may be here now */
        else
            i++;
    }
    map->searched_pass = map->pass;
    map->nobody_touched = map->generation;
    map->changed = true;
}
