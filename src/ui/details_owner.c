/* Details: who holds the socket. One process is said by the fields; where several share it each has
 * a line, with its user and its unit or container. */
#include <stdio.h>
#include <string.h>

#include "overlay_details.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"

#define HOLDERS_SHOWN 16 /* lines; the last one counts the others */
#define GAP           2

static const struct owner_group *group_of(const struct details *t, bool *former)
{
    return t->row == UINT32_MAX ? NULL : sample_owner(t->s, t->row, former);
}

static void name_holder(const struct owner *o, bool former, char out[DETAILS_VALUE])
{
    snprintf(out, DETAILS_VALUE, former ? "(%s %u)" : "%s %u", o->process, o->pid);
}

void details_process(const struct details *t, char out[DETAILS_VALUE])
{
    bool former;
    const struct owner_group *g = group_of(t, &former);
    size_t len;

    out[0] = '\0';
    if (!g)
        return;
    name_holder(g->member[0], former, out);
    len = strlen(out);
    if (g->n > 1)
        snprintf(out + len, DETAILS_VALUE - len, " +%u", g->n - 1);
}

const char *details_command(const struct details *t)
{
    const struct owner_group *g = group_of(t, NULL);

    return g ? g->member[0]->cmdline : "";
}

int details_holders(const struct details *t)
{
    const struct owner_group *g = group_of(t, NULL);

    if (!g || g->n < 2)
        return 0;
    return g->n <= HOLDERS_SHOWN ? (int)g->n : HOLDERS_SHOWN;
}

/* The widest name, or user, of those that are shown. */
static int widest(const struct details *t, const struct owner_group *g, bool former, bool user)
{
    char name[DETAILS_VALUE];
    int most = 0;

    for (uint32_t i = 0; i < g->n && i < HOLDERS_SHOWN; i++) {
        const struct owner_user *u = owner_table_user(t->s->owners, g->member[i]->uid);
        name_holder(g->member[i], former, name);
        int w = utf8_width(user ? u ? u->name : FMT_NONE : name);
        most = w > most ? w : most;
    }
    return most;
}

/* Text of at most `w` columns; returns where the next one stands. */
static int put_part(struct drawing *d, int x, int y, int w, int end, const char *value)
{
    int room = w < end - x ? w : end - x;

    details_put_cut(d, x, y, room, strcmp(value, FMT_NONE) ? ROLE_TEXT : ROLE_DIM, value);
    return x + w + GAP;
}

void details_holder(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    bool former;
    const struct owner_group *g = group_of(t, &former);
    const struct owner *o = g->member[i];
    const struct owner_user *user = owner_table_user(t->s->owners, o->uid);
    char value[DETAILS_VALUE], count[FMT_SIZE];
    int at = x + DETAILS_LABEL, end = x + w;

    if (i == 0)
        canvas_put(d->c, x, y, DETAILS_LABEL - 1, ROLE_DIM, text(MSG_VIEW_DETAIL_HOLDERS));
    if (i == HOLDERS_SHOWN - 1 && g->n > HOLDERS_SHOWN) {
        fmt_count(count, sizeof count, g->n - HOLDERS_SHOWN + 1);
        fill(value, MSG_VIEW_HOLDERS_MORE, count, NULL, NULL);
        details_put_cut(d, at, y, end - at, ROLE_DIM, value);
        return;
    }
    name_holder(o, former, value);
    at = put_part(d, at, y, widest(t, g, former, false), end, value);
    at = put_part(d, at, y, widest(t, g, former, true), end, user ? user->name : FMT_NONE);
    put_part(d, at, y, end - at, end, *o->cgroup ? o->cgroup : FMT_NONE);
}
