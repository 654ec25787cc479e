/* SPDX-License-Identifier: MIT */
/* An index is made in one pass over the entries of the one before and the sorted changes.
 *
 * Processes that were looked at again hold only what was found now, so each old group falls into
 * the members that nobody looked at, which stay, and the rest. Groups are kept as sorted lists of
 * members, each list once; a hash table is not needed, since there are about as many groups as
 * processes, and a million sockets only refer to them. The new entries are written over the
 * sorted changes, which are read faster than they are overwritten: so the memory of a complete scan
 * is two arrays, not three. */
#include "tcptop/owner/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"

#define NONE          UINT32_MAX
#define FIRST_ROOM    64u
#define RANGE_ENTRIES 4u /* as many in each range, on average */

/* A group of the new index. */
struct set {
    struct owner_group *group; /* a reference */
    uint32_t number;           /* OWNER_UNKNOWN: nothing refers to it, it does not get one */
    uint32_t before;           /* the number of the same processes before; OWNER_UNKNOWN: none */
    bool used, lost;           /* lost: a socket has left it */
};

/* An index in the making. Entries have `FIRST + place of their set` as values until sets get their
 * numbers. */
struct build {
    const struct owner_index *before;
    struct owner_changes *c;
    enum owner_scope scope;
    struct set *set;
    uint32_t *order; /* sets by the identities of their members */
    uint32_t n, cap, cap_order;
    uint32_t *kept;  /* of each old group: the set of members that were not looked at; or NONE */
    uint32_t *same;  /* of each old group: the set of the same processes; or NONE */
    uint32_t *after; /* of each old group, twice, without and with OWNER_FORMER: the word of its
                        entries that no process was found for now; OWNER_UNKNOWN: they go */
    uint32_t *alone; /* of each changed process: its set without others; NONE: not needed yet */
    struct owner **member;
    uint32_t n_member, cap_member;
    struct owner_entry *out;
    uint32_t n_out;
    bool failed; /* out of memory */
};

static void add_member(struct build *b, struct owner *owner)
{
    struct owner **member =
        array_room(b->member, b->n_member, &b->cap_member, FIRST_ROOM, sizeof(struct owner *));

    if (!member) {
        b->failed = true;
        return;
    }
    b->member = member;
    b->member[b->n_member++] = owner;
}

/* Where the set of the collected members is in the order, or would be. */
static uint32_t order_place(const struct build *b)
{
    uint32_t lo = 0, hi = b->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct owner_group *g = b->set[b->order[mid]].group;
        if (owner_group_compare(g, b->member, b->n_member) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The group of the collected members: that one, if it is of just these, or a new one. */
static struct owner_group *group_of_members(struct build *b, struct owner_group *old)
{
    size_t bytes = b->n_member * sizeof(struct owner *);

    if (old && old->n == b->n_member && memcmp(old->member, b->member, bytes) == 0)
        return owner_group_ref(old);
    return owner_group_new(b->member, b->n_member);
}

/* The set of the collected members, which is made where there is none. NONE: there are no members,
 * or memory is out. */
static uint32_t set_of_members(struct build *b, struct owner_group *old)
{
    uint32_t place = order_place(b);

    if (b->n_member == 0 || b->failed)
        return NONE;
    if (place < b->n &&
        owner_group_compare(b->set[b->order[place]].group, b->member, b->n_member) == 0)
        return b->order[place];
    struct set *set = array_room(b->set, b->n, &b->cap, FIRST_ROOM, sizeof *set);
    b->set = set ? set : b->set;
    uint32_t *order = array_room(b->order, b->n, &b->cap_order, FIRST_ROOM, sizeof *order);
    b->order = order ? order : b->order;
    struct owner_group *group = set && order ? group_of_members(b, old) : NULL;
    if (!group) {
        b->failed = true;
        return NONE;
    }
    memmove(&order[place + 1], &order[place], (b->n - place) * sizeof *order);
    order[place] = b->n;
    set[b->n] = (struct set){.group = group};
    return b->n++;
}

/* The members of an old group that were not looked at. */
static uint32_t kept_set(struct build *b, struct owner_group *old)
{
    b->n_member = 0;
    for (uint32_t i = 0; i < old->n && b->scope != OWNER_ALL; i++) {
        if (!owner_changes_of(b->c, old->member[i]->pid))
            add_member(b, old->member[i]);
    }
    return set_of_members(b, old);
}

/* The same processes as in an old group, as they are now; NONE: not all are there. */
static uint32_t same_set(struct build *b, struct owner_group *old)
{
    b->n_member = 0;
    for (uint32_t i = 0; i < old->n; i++) {
        struct owner *was = old->member[i], *now = owner_changes_now(b->c, was);
        if (!now && (b->scope == OWNER_ALL || owner_changes_of(b->c, was->pid)))
            return NONE;
        add_member(b, now ? now : was);
    }
    return set_of_members(b, old);
}

/* An old group as it was: of sockets that the last of its processes has let go. */
static uint32_t former_set(struct build *b, uint32_t number)
{
    struct owner_group *old = b->before->group[number];

    if (b->same[number] != NONE)
        return b->same[number];
    b->n_member = 0;
    for (uint32_t i = 0; i < old->n; i++)
        add_member(b, old->member[i]);
    return set_of_members(b, old);
}

/* The word of a set; OWNER_UNKNOWN of NONE. */
static uint32_t set_word(uint32_t set, uint32_t flags)
{
    return set == NONE ? OWNER_UNKNOWN : (set + OWNER_FIRST) | flags;
}

/* What becomes of the old groups. False: out of memory. */
static bool sort_groups(struct build *b)
{
    uint32_t n = b->before ? b->before->n_groups : 0;

    b->kept = malloc((n + 1) * sizeof *b->kept);
    b->same = malloc((n + 1) * sizeof *b->same);
    b->after = calloc(2 * ((size_t)n + 1), sizeof *b->after);
    b->alone = malloc((b->c->n + 1) * sizeof *b->alone);
    if (!b->kept || !b->same || !b->after || !b->alone)
        return false;
    memset(b->alone, 0xff, (b->c->n + 1) * sizeof *b->alone); /* NONE */
    for (uint32_t i = OWNER_FIRST; i < n; i++) {
        b->kept[i] = kept_set(b, b->before->group[i]);
        b->same[i] = same_set(b, b->before->group[i]);
        if (b->same[i] != NONE)
            b->set[b->same[i]].before = i;
        uint32_t former = b->scope == OWNER_SOME ? former_set(b, i) : NONE;
        b->after[2 * i + 1] = set_word(former, OWNER_FORMER);
        b->after[2 * i] = b->kept[i] == NONE ? b->after[2 * i + 1] : set_word(b->kept[i], 0);
    }
    return !b->failed;
}

/* What an old entry means if nothing is different. */
static uint32_t word_before(const struct build *b, const struct owner_entry *e)
{
    uint32_t number = e->value & OWNER_GROUP;

    return number < OWNER_FIRST ? e->value : set_word(b->same[number], e->value & OWNER_FORMER);
}

/* The word of an old entry that no process was found for now; OWNER_UNKNOWN: it goes. */
static uint32_t word_without(const struct build *b, const struct owner_entry *e)
{
    return b->after[2 * (e->value & OWNER_GROUP) + (e->value >> 31)];
}

static void add_members(struct build *b, uint32_t set)
{
    const struct owner_group *g = set == NONE ? NULL : b->set[set].group;

    for (uint32_t i = 0; g && i < g->n; i++)
        add_member(b, g->member[i]);
}

static int by_owner(const void *a, const void *b)
{
    return owner_compare(*(struct owner *const *)a, *(struct owner *const *)b);
}

/* The set of `n` processes by their places, which may come twice, with those of `kept`. */
static uint32_t joined_set(struct build *b, uint32_t kept, const struct owner_entry *p, uint32_t n)
{
    uint32_t *alone = kept == NONE && p[0].value == p[n - 1].value ? &b->alone[p->value] : NULL;

    if (alone && *alone != NONE)
        return *alone;
    b->n_member = 0;
    add_members(b, kept);
    for (uint32_t i = 0; i < n; i++) {
        if (p[i].value != OWNER_NO_PROCESS && (i == 0 || p[i].value != p[i - 1].value))
            add_member(b, b->c->process[p[i].value].owner);
    }
    if (kept != NONE && !b->failed)
        qsort(b->member, b->n_member, sizeof(struct owner *), by_owner);
    uint32_t set = set_of_members(b, NULL);
    if (alone)
        *alone = set;
    return set;
}

/* The word of an inode for which `n` > 0 processes were found; `e`: its old entry or NULL. */
static uint32_t word_with(struct build *b, const struct owner_entry *e, const struct owner_entry *p,
                          uint32_t n)
{
    uint32_t kept = NONE;

    if (e && !(e->value & OWNER_FORMER) && e->value >= OWNER_FIRST)
        kept = b->kept[e->value];
    if (p->value == OWNER_NO_PROCESS)
        return kept == NONE ? OWNER_NOBODY : set_word(kept, 0);
    return set_word(joined_set(b, kept, p, n), 0);
}

static void add_entry(struct build *b, uint32_t inode, uint32_t word)
{
    if (word == OWNER_UNKNOWN)
        return;
    if (word != OWNER_NOBODY)
        b->set[(word & OWNER_GROUP) - OWNER_FIRST].used = true;
    b->out[b->n_out++] = (struct owner_entry){inode, word};
}

static void note_lost(struct build *b, const struct owner_entry *e, uint32_t word)
{
    uint32_t number = e->value & OWNER_GROUP;

    if (number >= OWNER_FIRST && word != word_before(b, e) && b->same[number] != NONE)
        b->set[b->same[number]].lost = true;
}

/* Make room before the changes for the old entries that stay, so that what is written never
 * reaches what is to be read. False: out of memory. */
static bool make_room(struct build *b, uint32_t n_old, const struct owner_entry **changes)
{
    uint32_t stay = 0;

    for (uint32_t i = 0; i < n_old; i++)
        stay += word_without(b, &b->before->entry[i]) != OWNER_UNKNOWN;
    b->out = owner_changes_room(b->c, stay);
    if (!b->out)
        return false;
    *changes = b->out + stay;
    return true;
}

static bool merge(struct build *b)
{
    uint32_t n_old = b->before ? b->before->n_entries : 0, old = 0, at = 0, n;
    const struct owner_entry *p, *e;

    if (!make_room(b, n_old, &p))
        return false;
    while (old < n_old || at < b->c->n_held) {
        e = old < n_old ? &b->before->entry[old] : NULL;
        uint32_t inode = at < b->c->n_held ? p[at].inode : e->inode;
        if (e && e->inode > inode)
            e = NULL;
        else if (e)
            inode = e->inode;
        for (n = 0; at + n < b->c->n_held && p[at + n].inode == inode; n++)
            ;
        uint32_t word = n ? word_with(b, e, p + at, n) : word_without(b, e);
        if (b->failed)
            return false;
        if (e)
            note_lost(b, e, word);
        old += e != NULL;
        at += n;
        add_entry(b, inode, word);
    }
    return true;
}

static int by_cookie(const void *a, const void *b)
{
    const struct owner_former *x = a, *y = b;

    if (x->cookie != y->cookie)
        return x->cookie < y->cookie ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* One entry for each cookie, with the set of those who held it. */
static void merge_former(struct build *b)
{
    struct owner_former *f = b->c->former;
    uint32_t kept = 0, n;

    if (b->c->n_former)
        qsort(f, b->c->n_former, sizeof *f, by_cookie);
    for (uint32_t i = 0; i < b->c->n_former && !b->failed; i += n) {
        b->n_member = 0;
        for (n = 0; i + n < b->c->n_former && f[i + n].cookie == f[i].cookie; n++) {
            if (n == 0 || f[i + n].value != f[i + n - 1].value)
                add_member(b, b->c->process[f[i + n].value].owner);
        }
        uint32_t set = set_of_members(b, NULL);
        if (set != NONE) {
            b->set[set].used = true;
            f[kept++] = (struct owner_former){f[i].cookie, set_word(set, OWNER_FORMER)};
        }
    }
    b->c->n_former = kept;
}

static uint32_t final_word(const struct build *b, uint32_t word)
{
    if (word == OWNER_NOBODY)
        return word;
    return b->set[(word & OWNER_GROUP) - OWNER_FIRST].number | (word & OWNER_FORMER);
}

/* Sets that something refers to get their numbers, by identity. False: out of memory. */
static bool number_sets(struct build *b, struct owner_index *index)
{
    uint32_t n = OWNER_FIRST;

    index->group = calloc(b->n + OWNER_FIRST, sizeof(struct owner_group *));
    index->lost = calloc(b->n + OWNER_FIRST, sizeof *index->lost);
    if (!index->group || !index->lost)
        return false;
    for (uint32_t i = 0; i < b->n; i++) {
        struct set *set = &b->set[b->order[i]];
        if (!set->used)
            continue;
        index->group[n] = owner_group_ref(set->group);
        index->lost[n] =
            set->before && !set->lost ? b->before->lost[set->before] : index->generation;
        set->number = n++;
    }
    index->n_groups = n;
    return true;
}

static void take_entries(struct build *b, struct owner_index *index)
{
    struct owner_changes *c = b->c;

    for (uint32_t i = 0; i < b->n_out; i++)
        b->out[i].value = final_word(b, b->out[i].value);
    for (uint32_t i = 0; i < c->n_former; i++)
        c->former[i].value = final_word(b, c->former[i].value);
    index->n_entries = b->n_out;
    index->n_former = c->n_former;
    if (b->n_out) { /* smaller: cannot fail in a way that matters */
        struct owner_entry *smaller = realloc(b->out, b->n_out * sizeof *smaller);
        index->entry = smaller ? smaller : b->out;
    } else {
        free(b->out);
    }
    index->former = c->former;
    c->held = NULL;
    c->former = NULL;
}

static bool is_as_before(const struct owner_index *i, const struct owner_index *before)
{
    return before && i->n_groups == before->n_groups && i->n_entries == before->n_entries &&
           i->n_former + before->n_former == 0 &&
           memcmp(i->group, before->group, i->n_groups * sizeof(struct owner_group *)) == 0 &&
           (i->n_entries == 0 ||
            memcmp(i->entry, before->entry, i->n_entries * sizeof *i->entry) == 0);
}

/* Inodes are given out in sequence, with gaps: ranges of equal width have a few entries each.
 * False: out of memory. */
static bool divide_entries(struct owner_index *index)
{
    const struct owner_entry *e = index->entry;
    uint32_t n = index->n_entries, at = 0;

    if (n == 0)
        return true;
    while ((e[n - 1].inode - e[0].inode) >> index->range_bits > n / RANGE_ENTRIES)
        index->range_bits++;
    uint32_t ranges = ((e[n - 1].inode - e[0].inode) >> index->range_bits) + 1;
    index->range = malloc((ranges + 1) * sizeof *index->range);
    if (!index->range)
        return false;
    for (uint32_t i = 0; i <= ranges; i++) {
        while (at < n && (e[at].inode - e[0].inode) >> index->range_bits < i)
            at++;
        index->range[i] = at;
    }
    return true;
}

static struct owner_index *finish(struct build *b)
{
    struct owner_index *index = calloc(1, sizeof *index);

    if (!index)
        return NULL;
    atomic_init(&index->refs, 1);
    index->generation = (b->before ? b->before->generation : 0) + 1;
    if (!number_sets(b, index)) {
        owner_index_unref(index);
        return NULL;
    }
    take_entries(b, index);
    bool is_same = is_as_before(index, b->before);
    if (!is_same && divide_entries(index))
        return index;
    owner_index_unref(index);
    return is_same ? owner_index_ref(b->before) : NULL;
}

struct owner_index *owner_index_new(const struct owner_index *before, struct owner_changes *c,
                                    enum owner_scope scope)
{
    struct build b = {.before = before, .c = c, .scope = scope};
    struct owner_index *index = NULL;

    if (owner_changes_sort(c) == 0 && sort_groups(&b) && merge(&b)) {
        merge_former(&b);
        index = b.failed ? NULL : finish(&b);
    }
    for (uint32_t i = 0; i < b.n; i++)
        owner_group_unref(b.set[i].group);
    free(b.set);
    free(b.order);
    free(b.kept);
    free(b.same);
    free(b.after);
    free(b.alone);
    free(b.member);
    owner_changes_fini(c);
    return index;
}

/* Readers hold an index as const; the count of references is what they change. */
static struct owner_index *counted(const struct owner_index *index)
{
    return (struct owner_index *)(uintptr_t)index;
}

struct owner_index *owner_index_ref(const struct owner_index *index)
{
    atomic_fetch_add_explicit(&counted(index)->refs, 1, memory_order_relaxed);
    return counted(index);
}

void owner_index_unref(const struct owner_index *shared)
{
    struct owner_index *index = counted(shared);

    if (!index || atomic_fetch_sub_explicit(&index->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = OWNER_FIRST; i < index->n_groups; i++)
        owner_group_unref(index->group[i]);
    free(index->group);
    free(index->lost);
    free(index->entry);
    free(index->range);
    free(index->former);
    free(index);
}

uint32_t owner_index_find(const struct owner_index *index, uint32_t inode)
{
    uint32_t n = index ? index->n_entries : 0;
    const struct owner_entry *e = n ? index->entry : NULL;

    if (!e || inode < e[0].inode || inode > e[n - 1].inode)
        return OWNER_UNKNOWN;
    const uint32_t *range = &index->range[(inode - e[0].inode) >> index->range_bits];
    uint32_t lo = range[0], hi = range[1];
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (e[mid].inode < inode)
            lo = mid + 1;
        else
            hi = mid;
    }
    return e[lo].inode == inode ? e[lo].value : OWNER_UNKNOWN;
}

static int by_cookie_alone(const void *a, const void *b)
{
    const struct owner_former *x = a, *y = b;

    return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

uint32_t owner_index_former(const struct owner_index *index, uint64_t cookie)
{
    const struct owner_former wanted = {.cookie = cookie}, *found = NULL;

    if (index && index->n_former)
        found = bsearch(&wanted, index->former, index->n_former, sizeof wanted, by_cookie_alone);
    return found ? found->value : OWNER_UNKNOWN;
}

static int by_members(const void *a, const void *b)
{
    const struct owner_group *x = *(struct owner_group *const *)a,
                             *y = *(struct owner_group *const *)b;

    return owner_group_compare(x, y->member, y->n);
}

uint32_t owner_index_group(const struct owner_index *index, const struct owner_group *group)
{
    struct owner_group *const *found = NULL;

    if (index)
        found = bsearch(&group, index->group + OWNER_FIRST, index->n_groups - OWNER_FIRST,
                        sizeof *found, by_members);
    return found ? (uint32_t)(found - index->group) : OWNER_UNKNOWN;
}
