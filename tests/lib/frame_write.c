/* SPDX-License-Identifier: MIT */
/* Writes recordings as frame.h describes them, for tests of what reads them. */
#include "lib/frame_write.h"

#include <stdlib.h>
#include <string.h>

#include "lib/sample.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/sample_fields.h"

#define FIELD_MAX 65528u /* bytes of a list, so that 4 and 8 divide it */

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
    if (value->len)
        sample_fields_put(out, tag, value->data, value->len);
    out->failed |= str_failed(value);
}

/* One more number of a list; a full field goes out. */
static void add_number(struct str *out, unsigned tag, struct str *list, uint64_t number,
                       size_t bytes)
{
    bytes_put(list, number, bytes);
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

    bytes_put(&value, o->pid, 4);
    bytes_put(&value, o->uid, 4);
    bytes_put(&value, o->start_ticks, 8);
    str_add_bytes(&value, o->process, strlen(o->process) + 1);
    str_add_bytes(&value, o->cmdline, strlen(o->cmdline) + 1);
    str_add_bytes(&value, o->cgroup, strlen(o->cgroup) + 1);
    add_field(out, SAMPLE_TAG_PROCESS, &value);
    str_fini(&value);
}

/* What the process of `n` memberships holds, or held. */
static void write_rows(struct str *out, const struct sample *s, const struct by_group *b,
                       const struct membership *m, size_t n, bool former)
{
    unsigned tag = former ? SAMPLE_TAG_FORMER : SAMPLE_TAG_HELD;
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
        add_number(out, SAMPLE_TAG_NOBODY, &list, s->conn[b->row[at]].inode, 4);
    end_list(out, SAMPLE_TAG_NOBODY, &list);
}

static void write_users(struct str *out, const struct owner_users *users)
{
    for (uint32_t i = 0; users && i < users->n; i++) {
        struct str value = STR_INIT;
        bytes_put(&value, users->user[i].uid, 4);
        str_add(&value, users->user[i].name);
        add_field(out, SAMPLE_TAG_USER, &value);
        str_fini(&value);
    }
}

static void write_owners(struct str *out, const struct sample *s)
{
    struct by_group b = {NULL, NULL};
    struct membership *members = NULL;
    struct str lacks = STR_INIT;
    size_t n;

    if (!s->owner || !s->owners || !(s->needs & NEED_OWNER))
        return;
    bytes_put(&lacks, s->owners->lacks, 4);
    add_field(out, SAMPLE_TAG_LACKS, &lacks);
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

void frame_begin(struct str *out)
{
    str_add_bytes(out, FRAME_MAGIC, FRAME_MAGIC_BYTES);
}

static void write_header(struct str *out, const struct sample *s)
{
    const char *why = reason_words(&s->reason);

    sample_fields_write(out, s);
    sample_fields_put(out, SAMPLE_TAG_REASON_TEXT, why, strlen(why));
    sample_fields_write_host(out, &s->host);
    write_owners(out, s);
}

void frame_write(struct str *out, const struct sample *s, const void *messages, size_t len)
{
    struct str header = STR_INIT, prelude = STR_INIT;

    write_header(&header, s);
    str_add(&prelude, "FRAM");
    bytes_put(&prelude, FRAME_VERSION, 4);
    bytes_put(&prelude, header.len, 4);
    bytes_put(&prelude, len, 8);
    bytes_put(&prelude, hash_crc32(0, prelude.data, prelude.len), 4);
    if (str_failed(&header) || str_failed(&prelude)) {
        out->failed = true;
    } else {
        str_add_bytes(out, prelude.data, prelude.len);
        str_add_bytes(out, header.data, header.len);
        str_add_bytes(out, messages, len);
        bytes_put(out, hash_crc32(hash_crc32(0, header.data, header.len), messages, len), 4);
    }
    str_fini(&prelude);
    str_fini(&header);
}
