/* SPDX-License-Identifier: MIT */
/* Most rows have inherited their word from the sample before and cost no search: looked up are
 * those that are new, and those of a group that a socket has left since. Numbers of groups are
 * those of the index; behind them a sample's table has the groups that only its rows still name, as
 * former owners or because they have gone. */
#include "tcptop/owner/lookup.h"

#include <errno.h>
#include <stdlib.h>

struct owner_lookup *owner_lookup_new(void)
{
    struct owner_lookup *lookup = calloc(1, sizeof *lookup);

    if (!lookup)
        return NULL;
    lookup->users = user_names_new();
    if (lookup->users)
        return lookup;
    free(lookup);
    return NULL;
}

void owner_lookup_free(struct owner_lookup *lookup)
{
    if (!lookup)
        return;
    owner_index_unref(lookup->index);
    owner_table_unref(lookup->table);
    user_names_free(lookup->users);
    free(lookup);
}

int owner_lookup_update(struct owner_lookup *lookup, struct owner_changes *changes,
                        enum owner_scope scope)
{
    struct owner_index *index = owner_index_new(lookup->index, changes, scope);

    if (!index)
        return -ENOMEM;
    owner_index_unref(lookup->index);
    lookup->index = index;
    return 0;
}

/* One sample under way. */
struct assign {
    struct owner_lookup *lookup;
    const struct owner_index *index; /* NULL: none yet */
    struct sample *s;
    const struct sample *prev;
    const struct owner_table *from; /* what the inherited words mean; NULL: nothing */
    uint32_t *number; /* of each group in `from`: in the new table; 0: not needed yet */
    uint32_t *kept;   /* groups of `from` that come behind those of the index */
    uint32_t n_index, n_kept;
    bool same_table; /* the sample before has the table that this one needs: words stay */
    uint32_t uid;    /* the last one whose name was asked for */
    bool named;
};

/* The new number of a group of the table before. */
static uint32_t new_number(struct assign *a, uint32_t old)
{
    if (old >= a->from->n || !a->from->group[old])
        return OWNER_UNKNOWN;
    if (a->number[old] == OWNER_UNKNOWN)
        a->number[old] = owner_index_group(a->index, a->from->group[old]);
    if (a->number[old] == OWNER_UNKNOWN) {
        a->kept[a->n_kept] = old;
        a->number[old] = a->n_index + a->n_kept++;
    }
    return a->number[old];
}

static void want_user(struct assign *a, const struct conn *c)
{
    if (c->flags & CONN_NO_OWNER || (a->named && a->uid == c->uid))
        return;
    user_names_want(a->lookup->users, c->uid);
    a->uid = c->uid;
    a->named = true;
}

/* The word of a live row that the index does not have; `asked`: the sample that first asked. */
static uint32_t ask(struct owner_lookup *l, uint64_t asked)
{
    if (!l->asks)
        return OWNER_UNKNOWN;
    if (asked <= l->searched)
        return OWNER_NOBODY;
    if (asked > l->begun)
        l->fresh++;
    else if (asked <= l->ended)
        l->missed++;
    return OWNER_ASKED | (asked & OWNER_GROUP);
}

/* The number of the sample in a word: the last one with these low bits. */
static uint64_t asked_sample(const struct owner_lookup *l, uint32_t word)
{
    return l->sample - ((l->sample - word) & OWNER_GROUP);
}

/* The word of a live row with an inode, which has inherited `word`. */
static uint32_t look_up(struct assign *a, const struct conn *c, uint32_t word)
{
    uint32_t found = owner_index_find(a->index, c->inode);

    want_user(a, c);
    if (found != OWNER_UNKNOWN)
        return found;
    if (word == OWNER_NOBODY)
        return a->lookup->asks ? OWNER_NOBODY : OWNER_UNKNOWN;
    return ask(a->lookup, word & OWNER_ASKED ? asked_sample(a->lookup, word) : a->lookup->sample);
}

/* Does the word that a live row has inherited still hold? One of a group does until a socket has
 * left that group, one of nobody until there is another index. `number`: the group now. */
static bool still_holds(const struct assign *a, uint32_t number)
{
    uint64_t generation = a->index ? a->index->generation : 0;

    if (!a->from || number == OWNER_UNKNOWN)
        return false;
    if (a->from->generation == generation)
        return true;
    return number >= OWNER_FIRST && number < a->n_index &&
           a->index->lost[number] <= a->from->generation;
}

/* An inherited word with the number that its group has now; OWNER_UNKNOWN where it names none. */
static uint32_t renumbered(struct assign *a, uint32_t word)
{
    uint32_t old = owner_word_group(word);

    if (a->same_table || old < OWNER_FIRST)
        return old < OWNER_FIRST ? old : word;
    uint32_t number = a->from ? new_number(a, old) : OWNER_UNKNOWN;
    return number == OWNER_UNKNOWN ? OWNER_UNKNOWN : number | (word & OWNER_FORMER);
}

/* The word of an inode that is held no more. */
static uint32_t former_of(const struct assign *a, uint32_t inode)
{
    uint32_t found = owner_index_find(a->index, inode);

    return found >= OWNER_FIRST ? found | OWNER_FORMER : OWNER_UNKNOWN;
}

static uint32_t word_of(struct assign *a, uint32_t row, uint32_t word)
{
    const struct conn *c = &a->s->conn[row];
    uint32_t now;

    if (word & OWNER_PENDING)
        return former_of(a, a->prev->conn[word & OWNER_GROUP].inode);
    now = renumbered(a, word);
    if (row >= a->s->n_live) { /* has gone; the index may tell by now who had it */
        if (owner_word_group(now) >= OWNER_FIRST)
            return now;
        return owner_index_find(a->index, c->inode) & ~OWNER_FORMER;
    }
    if (c->inode)
        return still_holds(a, now & OWNER_GROUP) ? now : look_up(a, c, word);
    if (now >= OWNER_FIRST || c->flags & CONN_NO_COOKIE)
        return now;
    return owner_index_former(a->index, c->cookie);
}

/* Are the groups, the names and the rights those that the table of the sample before has? */
static bool is_same_table(const struct assign *a, const struct owner_users *users)
{
    const struct owner_table *t = a->from;

    return t && t == a->lookup->table && t->users == users && t->lacks == a->lookup->lacks &&
           t->generation == (a->index ? a->index->generation : 0);
}

static void add_group(struct assign *a, struct owner_table *t, uint32_t number,
                      struct owner_group *group)
{
    t->group[number] = owner_group_ref(group);
    for (uint32_t i = 0; i < group->n; i++)
        user_names_want(a->lookup->users, group->member[i]->uid);
}

/* The table that the new words refer to; takes the reference to `users`. NULL: out of memory. */
static struct owner_table *make_table(struct assign *a, struct owner_users *users)
{
    struct owner_table *t = owner_table_new(a->n_index + a->n_kept);

    if (!t) {
        owner_users_unref(users);
        return NULL;
    }
    t->generation = a->index ? a->index->generation : 0;
    t->lacks = a->lookup->lacks;
    t->users = users;
    for (uint32_t i = OWNER_FIRST; i < a->n_index; i++)
        add_group(a, t, i, a->index->group[i]);
    for (uint32_t i = 0; i < a->n_kept; i++)
        add_group(a, t, a->n_index + i, a->from->group[a->kept[i]]);
    return t;
}

static void assign_rows(struct assign *a)
{
    struct sample *s = a->s;
    uint32_t rows = sample_rows(s);

    a->lookup->fresh = a->lookup->missed = 0;
    s->ownerless = 0;
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t word = word_of(a, row, s->owner[row]);
        s->owner[row] = word;
        s->ownerless += word == OWNER_NOBODY && row < s->n_live;
    }
}

/* Where words and table are to be made anew. Returns the table; NULL: out of memory. */
static struct owner_table *renumber_rows(struct assign *a, struct owner_users *users)
{
    uint32_t n = a->from ? a->from->n : 0;
    struct owner_table *t = NULL;

    a->number = calloc(n + 1, sizeof *a->number);
    a->kept = malloc((n + 1) * sizeof *a->kept);
    if (a->number && a->kept) {
        assign_rows(a);
        t = make_table(a, users);
    } else {
        owner_users_unref(users);
    }
    free(a->number);
    free(a->kept);
    return t;
}

void owner_lookup_assign(struct owner_lookup *lookup, struct sample *next,
                         const struct sample *prev)
{
    struct assign a = {.lookup = lookup, .index = lookup->index, .s = next, .prev = prev};
    struct owner_users *users;
    struct owner_table *t;

    if (!next->owner)
        return;
    users = user_names_known(lookup->users);
    a.from = next->owners ? next->owners : prev ? prev->owners : NULL;
    a.n_index = a.index ? a.index->n_groups : OWNER_FIRST;
    a.same_table = is_same_table(&a, users);
    if (a.same_table) {
        owner_users_unref(users);
        assign_rows(&a);
        t = owner_table_ref(a.from);
    } else {
        t = renumber_rows(&a, users);
    }
    if (!t) {
        next->owner = NULL;
        return;
    }
    owner_table_unref(next->owners);
    next->owners = t;
    owner_table_unref(lookup->table);
    lookup->table = owner_table_ref(t);
}
