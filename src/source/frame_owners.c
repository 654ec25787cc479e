/* The fields of a frame that say who held the sockets of its sample. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frame_internal.h"
#include "tcptop/base/utf8.h"

#define TAG_LACKS   48
#define TAG_PROCESS 49
#define TAG_HELD    50
#define TAG_FORMER  51
#define TAG_NOBODY  52
#define TAG_USER    53

#define PROCESS_HEAD 16     /* bytes before its texts */
#define FIELD_MAX    65528u /* bytes of a list, so that 4 and 8 divide it */

/* A process, and one of the groups that it belongs to. */
struct membership {
    const struct owner *owner;
    uint32_t group;
};

/* Live rows by the number of their group, as words of 4 bytes: those of number i are
 * row[first[i]] … row[first[i + 1] - 1]. */
struct by_group {
    uint32_t *first, *row; /* owned */
};

static void add_field(struct str *out, unsigned tag, const struct str *value)
{
    if (value->len == 0 || value->len > UINT16_MAX)
        return;
    put_le(out, tag, 2);
    put_le(out, value->len, 2);
    str_add_bytes(out, value->data, value->len);
    out->failed |= str_failed(value);
}

/* One more number of a list; a full field goes out. */
static void add_number(struct str *out, unsigned tag, struct str *list, uint64_t number,
                       size_t bytes)
{
    put_le(list, number, bytes);
    if (list->len < FIELD_MAX)
        return;
    add_field(out, tag, list);
    str_clear(list);
}

static void end_list(struct str *out, unsigned tag, struct str *list)
{
    add_field(out, tag, list);
    str_fini(list);
}

static uint32_t number_of(const struct sample *s, uint32_t row)
{
    uint32_t number = owner_word_group(s->owner[row]);

    return number < s->owners->n ? number : OWNER_UNKNOWN;
}

/* Counts first, then places. False: out of memory. */
static bool sort_rows(struct by_group *b, const struct sample *s)
{
    uint32_t n = s->owners->n < OWNER_FIRST ? OWNER_FIRST : s->owners->n;

    b->first = calloc((size_t)n + 2, sizeof *b->first);
    b->row = malloc(((size_t)s->n_live + 1) * sizeof *b->row);
    if (!b->first || !b->row)
        return false;
    for (uint32_t row = 0; row < s->n_live; row++)
        b->first[number_of(s, row) + 2]++;
    for (uint32_t i = 2; i < n + 2; i++)
        b->first[i] += b->first[i - 1];
    for (uint32_t row = 0; row < s->n_live; row++)
        b->row[b->first[number_of(s, row) + 1]++] = row;
    return true;
}

static int by_owner(const void *a, const void *b)
{
    const struct membership *x = a, *y = b;

    if (x->owner->pid != y->owner->pid)
        return x->owner->pid < y->owner->pid ? -1 : 1;
    if (x->owner->start_ticks != y->owner->start_ticks)
        return x->owner->start_ticks < y->owner->start_ticks ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Which processes the rows name, by pid, each with its groups. NULL: out of memory. */
static struct membership *list_members(const struct owner_table *t, const struct by_group *b,
                                       size_t *count)
{
    struct membership *list;
    size_t n = 0;

    for (uint32_t i = OWNER_FIRST; i < t->n; i++)
        n += t->group[i] && b->first[i + 1] > b->first[i] ? t->group[i]->n : 0;
    list = malloc((n + 1) * sizeof *list);
    *count = 0;
    for (uint32_t i = OWNER_FIRST; list && i < t->n; i++) {
        if (!t->group[i] || b->first[i + 1] == b->first[i])
            continue;
        for (uint32_t m = 0; m < t->group[i]->n; m++)
            list[(*count)++] = (struct membership){t->group[i]->member[m], i};
    }
    if (list)
        qsort(list, *count, sizeof *list, by_owner);
    return list;
}

static void write_process(struct str *out, const struct owner *o)
{
    struct str value = STR_INIT;

    put_le(&value, o->pid, 4);
    put_le(&value, o->uid, 4);
    put_le(&value, o->start_ticks, 8);
    str_add_bytes(&value, o->process, strlen(o->process) + 1);
    str_add_bytes(&value, o->cmdline, strlen(o->cmdline) + 1);
    str_add_bytes(&value, o->cgroup, strlen(o->cgroup) + 1);
    add_field(out, TAG_PROCESS, &value);
    str_fini(&value);
}

/* What the process of `n` memberships holds, or held. */
static void write_rows(struct str *out, const struct sample *s, const struct by_group *b,
                       const struct membership *m, size_t n, bool former)
{
    unsigned tag = former ? TAG_FORMER : TAG_HELD;
    struct str list = STR_INIT;

    for (size_t i = 0; i < n; i++) {
        for (uint32_t at = b->first[m[i].group]; at < b->first[m[i].group + 1]; at++) {
            const struct conn *c = &s->conn[b->row[at]];
            if (!!(s->owner[b->row[at]] & OWNER_FORMER) != former)
                continue;
            if (!former)
                add_number(out, tag, &list, c->inode, 4);
            else if (!(c->flags & CONN_NO_COOKIE))
                add_number(out, tag, &list, c->cookie, 8);
        }
    }
    end_list(out, tag, &list);
}

static void write_processes(struct str *out, const struct sample *s, const struct by_group *b,
                            const struct membership *m, size_t count)
{
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && m[i + n].owner->pid == m[i].owner->pid &&
                    m[i + n].owner->start_ticks == m[i].owner->start_ticks;
             n++)
            ;
        write_process(out, m[i].owner);
        write_rows(out, s, b, &m[i], n, false);
        write_rows(out, s, b, &m[i], n, true);
    }
}

static void write_nobody(struct str *out, const struct sample *s, const struct by_group *b)
{
    struct str list = STR_INIT;

    for (uint32_t at = b->first[OWNER_NOBODY]; at < b->first[OWNER_FIRST]; at++)
        add_number(out, TAG_NOBODY, &list, s->conn[b->row[at]].inode, 4);
    end_list(out, TAG_NOBODY, &list);
}

static void write_users(struct str *out, const struct owner_users *users)
{
    for (uint32_t i = 0; users && i < users->n; i++) {
        struct str value = STR_INIT;
        put_le(&value, users->user[i].uid, 4);
        str_add(&value, users->user[i].name);
        add_field(out, TAG_USER, &value);
        str_fini(&value);
    }
}

void frame_write_owners(struct str *out, const struct sample *s)
{
    struct by_group b = {NULL, NULL};
    struct membership *members = NULL;
    struct str lacks = STR_INIT;
    size_t n;

    if (!s->owner || !s->owners || !(s->needs & NEED_OWNER))
        return;
    put_le(&lacks, s->owners->lacks, 4);
    add_field(out, TAG_LACKS, &lacks);
    str_fini(&lacks);
    if (sort_rows(&b, s))
        members = list_members(s->owners, &b, &n);
    if (members) {
        write_processes(out, s, &b, members, n);
        write_nobody(out, s, &b);
        write_users(out, s->owners->users);
    } else {
        out->failed = true;
    }
    free(members);
    free(b.first);
    free(b.row);
}

void frame_owners_begin(struct frame_owners *o, struct owner_lookup *lookup)
{
    *o = (struct frame_owners){.lookup = lookup};
}

/* Add the whole numbers of a field to a list of the same. */
static void collect(struct frame_owners *o, struct frame_list *list, const uint8_t *value,
                    size_t len, size_t bytes)
{
    uint32_t more = (uint32_t)(len / bytes);

    if (list->cap - list->n < more) {
        uint32_t cap = list->cap * 2 + more;
        void *larger = realloc(list->value, cap * bytes);
        if (!larger) {
            o->error = -ENOMEM;
            return;
        }
        list->value = larger;
        list->cap = cap;
    }
    for (uint32_t i = 0; i < more; i++, list->n++) {
        if (bytes == sizeof(uint64_t))
            ((uint64_t *)list->value)[list->n] = get_le(value + i * bytes, bytes);
        else
            ((uint32_t *)list->value)[list->n] = (uint32_t)get_le(value + i * bytes, bytes);
    }
}

/* All is known of the last process. */
static void put_process(struct frame_owners *o)
{
    struct owner_facts facts = {o->pid, o->uid, o->start_ticks, o->name, o->cmdline, o->cgroup};
    struct owner *owner = o->pid && !o->error ? owner_new(&facts) : NULL;

    if (o->pid && !o->error)
        o->error =
            owner ? owner_changes_put(&o->changes, owner, o->held.value, o->held.n) : -ENOMEM;
    if (o->pid && !o->error)
        o->error = owner_changes_former(&o->changes, o->former.value, o->former.n);
    owner_unref(owner);
    o->pid = o->held.n = o->former.n = 0;
}

/* The text up to the next NUL, sanitised. False: there is none. */
static bool take_text(const uint8_t **at, size_t *left, char *out, size_t size)
{
    const uint8_t *end = *left ? memchr(*at, '\0', *left) : NULL;

    if (!end)
        return false;
    size_t len = (size_t)(end - *at);
    utf8_sanitise_into(out, size, *at, len);
    *at += len + 1;
    *left -= len + 1;
    return true;
}

static void read_process(struct frame_owners *o, const uint8_t *value, size_t len)
{
    const uint8_t *at = value + PROCESS_HEAD;
    size_t left = len - PROCESS_HEAD;

    if (!take_text(&at, &left, o->name, sizeof o->name) ||
        !take_text(&at, &left, o->cmdline, sizeof o->cmdline) ||
        !take_text(&at, &left, o->cgroup, sizeof o->cgroup))
        return;
    o->pid = (uint32_t)get_le(value, 4);
    o->uid = (uint32_t)get_le(value + 4, 4);
    o->start_ticks = get_le(value + 8, 8);
}

static void read_nobody(struct frame_owners *o, const uint8_t *value, size_t len)
{
    struct frame_list list = {NULL, 0, 0};

    collect(o, &list, value, len, 4);
    if (!o->error)
        o->error = owner_changes_nobody(&o->changes, list.value, list.n);
    free(list.value);
}

static void read_user(struct frame_owners *o, const uint8_t *value, size_t len)
{
    char name[sizeof(((struct owner_user *)0)->name)];

    if (len < 4)
        return;
    utf8_sanitise_into(name, sizeof name, value + 4, len - 4);
    user_names_set(o->lookup->users, (uint32_t)get_le(value, 4), name);
}

void frame_owners_field(struct frame_owners *o, unsigned tag, const uint8_t *value, size_t len)
{
    switch (tag) {
    case TAG_LACKS:
        if (len == 4)
            o->lookup->lacks = (uint32_t)get_le(value, 4) & (OWNER_LACK_PTRACE | OWNER_LACK_SEARCH);
        break;
    case TAG_PROCESS:
        put_process(o);
        if (len >= PROCESS_HEAD)
            read_process(o, value, len);
        break;
    case TAG_HELD:
        collect(o, &o->held, value, len, 4);
        break;
    case TAG_FORMER:
        collect(o, &o->former, value, len, 8);
        break;
    case TAG_NOBODY:
        read_nobody(o, value, len);
        break;
    case TAG_USER:
        read_user(o, value, len);
        break;
    default:
        break;
    }
}

int frame_owners_end(struct frame_owners *o)
{
    put_process(o);
    int rc = owner_lookup_update(o->lookup, &o->changes, OWNER_ALL);

    free(o->held.value);
    free(o->former.value);
    return o->error ? o->error : rc;
}
