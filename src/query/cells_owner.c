/* Who holds a row's socket, or held it: values, texts and places in the order. Where several
 * processes share a socket the one with the lowest pid stands for all, and the filter looks at
 * each.
 */
#include <string.h>

#include "cells.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

#define TEXT_CELL 120 /* columns of the longest cell; scripts get all */
#define ELLIPSIS  "…"

static const struct owner *first_owner(const struct sample *s, uint32_t row)
{
    const struct owner_group *g = sample_owner(s, row, NULL);

    return g ? g->member[0] : NULL;
}

static void set_text(struct value *v, const char *text)
{
    size_t len = utf8_fit(text, strnlen(text, sizeof v->text - 1), sizeof v->text, NULL);

    v->type = *text ? VALUE_TEXT : VALUE_NONE;
    memcpy(v->text, text, len);
    v->text[len] = '\0';
}

static void add_text(struct str *out, const char *text)
{
    size_t len = strlen(text), fits;

    if (!*text)
        text = FMT_NONE, len = strlen(text);
    fits = utf8_fit(text, len, TEXT_CELL, NULL);
    str_add_bytes(out, text, fits);
    if (fits < len)
        str_add(out, ELLIPSIS);
}

/* Value and values of a text that every process has. */
#define OWNER_TEXT(name)                                                                           \
    void get_##name(const struct sample *s, uint32_t row, struct value *v)                         \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        set_text(v, o ? o->name : "");                                                             \
    }                                                                                              \
    bool each_##name(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p)     \
    {                                                                                              \
        const struct owner_group *g = sample_owner(s, row, NULL);                                  \
        if (!g || nth >= g->n)                                                                     \
            return false;                                                                          \
        p->text = g->member[nth]->name;                                                            \
        return true;                                                                               \
    }

OWNER_TEXT(process)
OWNER_TEXT(cmdline)
OWNER_TEXT(cgroup)

#define OWNER_WHOLE(name)                                                                          \
    const char *whole_##name(const struct sample *s, uint32_t row)                                 \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        return o && *o->name ? o->name : NULL;                                                     \
    }

OWNER_WHOLE(cmdline)
OWNER_WHOLE(cgroup)

#define OWNER_KEY(name, order)                                                                     \
    uint64_t key_##name(const struct sample *s, uint32_t row)                                      \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        if (!o || !*o->name)                                                                       \
            return KEY_ABSENT;                                                                     \
        return owner_table_rank(s->owners, order, s->owner[row] & OWNER_GROUP);                    \
    }

OWNER_KEY(process, OWNER_BY_PROCESS)
OWNER_KEY(cmdline, OWNER_BY_CMDLINE)
OWNER_KEY(cgroup, OWNER_BY_CGROUP)

/* The name as it is, in parentheses once nobody holds the socket any more. */
void format_process(const struct sample *s, uint32_t row, struct str *out)
{
    bool former;
    const struct owner_group *g = sample_owner(s, row, &former);

    if (!g)
        str_add(out, FMT_NONE);
    else
        str_addf(out, former ? "(%s)" : "%s", g->member[0]->process);
}

void process_fit(const struct sample *s, uint32_t row, int width, struct str *out)
{
    bool former;
    const struct owner_group *g = sample_owner(s, row, &former);
    size_t start = out->len;

    format_process(s, row, out);
    if (!g || former)
        return;
    size_t name_end = out->len;
    str_addf(out, " %u", g->member[0]->pid);
    size_t pid_end = out->len;
    if (utf8_width(str_text(out) + start) > width) {
        str_truncate(out, name_end);
        return;
    }
    if (g->n > 1)
        str_addf(out, " +%u", g->n - 1);
    if (utf8_width(str_text(out) + start) > width)
        str_truncate(out, pid_end);
}

#define OWNER_FORMAT(name)                                                                         \
    void format_##name(const struct sample *s, uint32_t row, struct str *out)                      \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        add_text(out, o ? o->name : "");                                                           \
    }

OWNER_FORMAT(cmdline)
OWNER_FORMAT(cgroup)

void get_pid(const struct sample *s, uint32_t row, struct value *v)
{
    const struct owner *o = first_owner(s, row);

    v->type = o ? VALUE_NUMBER : VALUE_NONE;
    v->number = o ? o->pid : 0;
}

bool each_pid(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p)
{
    const struct owner_group *g = sample_owner(s, row, NULL);

    if (!g || nth >= g->n)
        return false;
    p->number = g->member[nth]->pid;
    return true;
}

uint64_t key_pid(const struct sample *s, uint32_t row)
{
    const struct owner *o = first_owner(s, row);

    return o ? o->pid : KEY_ABSENT;
}

/* "1184", "1184 +3" where four share the socket. */
void format_pid(const struct sample *s, uint32_t row, struct str *out)
{
    const struct owner_group *g = sample_owner(s, row, NULL);

    if (!g)
        str_add(out, FMT_NONE);
    else if (g->n == 1)
        str_add_uint(out, g->member[0]->pid);
    else
        str_addf(out, "%u +%u", g->member[0]->pid, g->n - 1);
}

/* The pids as they stand, cut after a whole one where there are too many for `size` bytes. */
static size_t pids_fit(const char *pids, size_t size)
{
    size_t len = strlen(pids);

    if (len < size)
        return len;
    for (len = size - 1; len > 0 && pids[len] != ','; len--)
        ;
    return len;
}

void get_pids(const struct sample *s, uint32_t row, struct value *v)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    size_t len = g ? pids_fit(g->pids, sizeof v->text) : 0;

    v->type = g ? VALUE_TEXT : VALUE_NONE;
    memcpy(v->text, g ? g->pids : "", len);
    v->text[len] = '\0';
}

const char *whole_pids(const struct sample *s, uint32_t row)
{
    const struct owner_group *g = sample_owner(s, row, NULL);

    return g ? g->pids : NULL;
}

void format_pids(const struct sample *s, uint32_t row, struct str *out)
{
    const char *pids = whole_pids(s, row);
    size_t len = pids ? pids_fit(pids, TEXT_CELL) : 0;

    str_add_bytes(out, pids ? pids : FMT_NONE, pids ? len : strlen(FMT_NONE));
    if (pids && pids[len])
        str_add(out, "," ELLIPSIS);
}

static bool is_former(const struct sample *s, uint32_t row)
{
    bool former;

    return sample_owner(s, row, &former) && former;
}

void get_owner(const struct sample *s, uint32_t row, struct value *v)
{
    set_text(v, !sample_owner(s, row, NULL) ? "" : is_former(s, row) ? "former" : "current");
}

uint64_t key_owner(const struct sample *s, uint32_t row)
{
    return sample_owner(s, row, NULL) ? is_former(s, row) : KEY_ABSENT;
}

void format_owner(const struct sample *s, uint32_t row, struct str *out)
{
    struct value v;

    get_owner(s, row, &v);
    str_add(out, v.type == VALUE_TEXT ? v.text : FMT_NONE);
}

/* The user that the kernel tells for the socket; of one without a file, that of its former process.
 */
static const struct owner_user *user_of(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    const struct owner *o = first_owner(s, row);

    if (c->inode && !(c->flags & CONN_NO_OWNER))
        return owner_table_user(s->owners, c->uid);
    return o ? owner_table_user(s->owners, o->uid) : NULL;
}

void get_user(const struct sample *s, uint32_t row, struct value *v)
{
    const struct owner_user *user = user_of(s, row);

    set_text(v, user ? user->name : "");
}

uint64_t key_user(const struct sample *s, uint32_t row)
{
    const struct owner_user *user = user_of(s, row);

    return user ? user->rank : KEY_ABSENT;
}

void format_user(const struct sample *s, uint32_t row, struct str *out)
{
    const struct owner_user *user = user_of(s, row);

    add_text(out, user ? user->name : "");
}
