/* From the map to the rows of a sample. Most rows have inherited their word and cost nothing here:
 * looked up are those that are new, and those of a group that an inode went from to another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "owner_internal.h"
#include "tcptop/base/array.h"
#include "tcptop/base/utf8.h"

/* One assignment under way. */
struct assign {
    struct owner_map *map;
    struct sample *s;
    const struct sample *prev;
    uint64_t before; /* generation of the table of `prev` */
    uint32_t uid;    /* the last one noted */
    bool noted;
};

/* The place of a user among the known ones, or where it would be. */
static uint32_t user_place(const struct owner_map *map, uint32_t uid)
{
    uint32_t lo = 0, hi = map->n_users;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (map->user[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Ask for the user's name, once. Without memory it is asked for again with the next row. */
static void note_user(struct owner_map *map, uint32_t uid)
{
    uint32_t at = user_place(map, uid);

    if (at < map->n_users && map->user[at].uid == uid)
        return;
    struct owner_user *user =
        array_room(map->user, map->n_users, &map->cap_users, 16, sizeof *user);
    if (!user)
        return;
    map->user = user;
    memmove(&map->user[at + 1], &map->user[at], (map->n_users - at) * sizeof *map->user);
    map->user[at] = (struct owner_user){.uid = uid};
    map->n_users++;
    map->unnamed++;
}

bool owner_map_wants_user(const struct owner_map *map, uint32_t *uid)
{
    for (uint32_t i = 0; map->unnamed && i < map->n_users; i++) {
        if (!map->user[i].name[0]) {
            *uid = map->user[i].uid;
            return true;
        }
    }
    return false;
}

void owner_map_name_user(struct owner_map *map, uint32_t uid, const char *name)
{
    note_user(map, uid);

    uint32_t at = user_place(map, uid);
    struct owner_user *user = &map->user[at];

    if (at == map->n_users || user->uid != uid) /* no memory */
        return;
    map->unnamed -= !user->name[0];
    utf8_sanitise_into(user->name, sizeof user->name, name, strlen(name));
    if (!user->name[0])
        snprintf(user->name, sizeof user->name, "%u", uid);
    owner_users_unref(map->users);
    map->users = NULL;
    map->changed = true;
}

/* The named users as tables share them; NULL: out of memory. */
static struct owner_users *make_users(struct owner_map *map)
{
    struct owner_user *named = malloc((map->n_users ? map->n_users : 1) * sizeof *named);
    uint32_t n = 0;

    for (uint32_t i = 0; named && i < map->n_users; i++) {
        if (map->user[i].name[0])
            named[n++] = map->user[i];
    }
    if (named && !map->users)
        map->users = owner_users_new(named, n);
    free(named);
    return map->users;
}

/* A table of the groups as they are now. False: out of memory. */
static bool make_table(struct owner_map *map)
{
    struct owner_table *t = owner_table_new(map->n_groups);

    if (!t)
        return false;
    for (uint32_t i = OWNER_FIRST; i < map->n_groups; i++) {
        if (!map->group[i].holder)
            continue;
        if (group_make(map, i)) {
            owner_table_unref(t);
            return false;
        }
        t->group[i] = owner_group_ref(map->group[i].made);
    }
    for (uint32_t i = 0; i < map->n_holders; i++) {
        if (map->holder[i].owner)
            note_user(map, map->holder[i].owner->uid);
    }
    if (map->users || make_users(map))
        t->users = owner_users_ref(map->users);
    t->generation = map->generation;
    t->lacks = map->lacks;
    owner_table_unref(map->table);
    map->table = t;
    return true;
}

static bool update_table(struct owner_map *map)
{
    if (map->table && !map->changed)
        return true;
    if (!make_table(map))
        return false;
    for (uint32_t i = OWNER_FIRST; i < map->n_groups; i++) {
        struct group *g = &map->group[i];
        if (g->holder && !g->listed) {
            g->listed = true;
            map->dead += g->inodes == 0;
        }
    }
    map->generation++;
    map->changed = false;
    return true;
}

/* The group of an inode, also of one that has let it go; OWNER_UNKNOWN: none. */
static uint32_t group_of(const struct owner_map *map, uint32_t inode)
{
    const struct entry *e = inodes_find(&map->inodes, inode);

    return e && !(e->value & ENTRY_NOBODY) ? e->value & ENTRY_NUMBER : OWNER_UNKNOWN;
}

/* An inode that is not in the map: to be looked for. */
static uint32_t ask(struct owner_map *map, uint32_t inode)
{
    if (inodes_reserve(&map->inodes, 1) == 0)
        inodes_add(&map->inodes, inode)->value = ENTRY_NOBODY | (map->pass & ENTRY_NUMBER);
    map->fresh++;
    return OWNER_UNKNOWN;
}

static void note_row_user(struct assign *a, const struct conn *c)
{
    if (c->flags & CONN_NO_OWNER || (a->noted && a->uid == c->uid))
        return;
    note_user(a->map, c->uid);
    a->uid = c->uid;
    a->noted = true;
}

/* The word of a live row with an inode, by the map. */
static uint32_t look_up(struct assign *a, const struct conn *c)
{
    struct owner_map *map = a->map;
    struct entry *e = inodes_find(&map->inodes, c->inode);

    note_row_user(a, c);
    if (!e)
        return ask(map, c->inode);
    if (!(e->value & ENTRY_NOBODY))
        return e->value & ENTRY_LEFT ? (e->value & ENTRY_NUMBER) | OWNER_FORMER : e->value;
    if (e->value & ENTRY_SEARCHED) {
        e->value = ENTRY_NOBODY | ENTRY_SEARCHED | (map->pass & ENTRY_NUMBER);
        return OWNER_NOBODY;
    }
    if ((e->value & ENTRY_NUMBER) > (map->begun_pass & ENTRY_NUMBER))
        map->fresh++;
    else
        map->missed++;
    return OWNER_UNKNOWN;
}

/* The word of a row without a file, by what was told. */
static uint32_t former_word(const struct owner_map *map, const struct conn *c)
{
    uint32_t group = c->flags & CONN_NO_COOKIE ? OWNER_UNKNOWN : former_find(map, c->cookie);

    return group == OWNER_UNKNOWN ? OWNER_UNKNOWN : group | OWNER_FORMER;
}

/* The word of a live row that inherited `word`. */
static uint32_t live_word(struct assign *a, uint32_t row, uint32_t word)
{
    const struct owner_map *map = a->map;
    uint32_t number = word & OWNER_GROUP;
    const struct conn *c = &a->s->conn[row];

    if (number == OWNER_NOBODY && map->nobody_touched <= a->before)
        return word;
    if (number >= OWNER_FIRST && map->group[number].touched <= a->before)
        return word;
    if (c->inode)
        return look_up(a, c);
    return number < OWNER_FIRST ? former_word(map, c) : word;
}

static uint32_t word_of(struct assign *a, uint32_t row, uint32_t word)
{
    uint32_t found;

    if (word & OWNER_PENDING) {
        found = group_of(a->map, a->prev->conn[word & OWNER_GROUP].inode);
        return found ? found | OWNER_FORMER : OWNER_UNKNOWN;
    }
    if (row < a->s->n_live)
        return live_word(a, row, word);
    if ((word & OWNER_GROUP) < OWNER_FIRST) /* has gone; the map may tell by now who had it */
        return group_of(a->map, a->s->conn[row].inode);
    return word;
}

/* Which numbers the rows of `s` have, so that the others can be used again. */
static void see_rows(struct owner_map *map, const struct sample *s)
{
    uint32_t rows = sample_rows(s);

    for (uint32_t row = 0; row < rows; row++)
        map->group[s->owner[row] & OWNER_GROUP].seen = map->pass;
}

void owner_map_assign(struct owner_map *map, struct sample *next, const struct sample *prev)
{
    struct assign a = {.map = map, .s = next, .prev = prev};
    uint32_t rows = sample_rows(next);

    if (!next->owner || !update_table(map)) {
        next->owner = NULL;
        return;
    }
    map->pass++;
    map->fresh = map->missed = 0;
    if (next->owners) /* again */
        a.before = next->owners->generation;
    else if (prev && prev->owners)
        a.before = prev->owners->generation;
    owner_table_unref(next->owners);
    next->owners = owner_table_ref(map->table);
    next->ownerless = 0;
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t word = word_of(&a, row, next->owner[row]);
        next->owner[row] = word;
        next->ownerless += word == OWNER_NOBODY && row < next->n_live;
    }
    if (map->dead) {
        see_rows(map, next);
        group_reap(map);
    }
}
