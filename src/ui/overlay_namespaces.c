/* SPDX-License-Identifier: MIT */
/* The menu of network namespaces: "all", then those that the newest sample lists. The cursor stays
 * on its namespace while samples come. */
#include <errno.h>
#include <string.h>

#include "overlay_menu.h"
#include "table_cursor.h"
#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "travel.h"

#define ALL "all"

/* The namespaces that are listed below "all", as the newest sample has them, NULL when it has not;
 * `*n`: how many, the first ones of the table. */
static const struct netns_table *listed(const struct view *v, uint32_t *n)
{
    const struct sample *s = v->newest ? v->newest : v->shown;
    const struct netns_table *t = s ? s->namespaces : NULL;

    *n = 0;
    while (t && *n < t->n && !t->list[*n].gone)
        ++*n;
    return t;
}

/* Where the menu's line for a namespace is, 0: "all", or it has gone. */
static uint32_t line_of(const struct netns_table *t, uint32_t n, uint64_t inode)
{
    for (uint32_t i = 0; i < n; i++)
        if (t->list[i].inode == inode)
            return i + 1;
    return 0;
}

/* The one whose rows are shown; 0: those of all. */
static uint64_t current(const struct netns_table *t, uint32_t n)
{
    for (uint32_t i = 0; i < n && !t->several; i++)
        if (t->list[i].shown)
            return t->list[i].inode;
    return 0;
}

static unsigned on_sample(struct session *s)
{
    struct ui *ui = &s->ui;
    struct view v = session_view(s);
    uint32_t n;
    const struct netns_table *t = listed(&v, &n);

    if (!t)
        return REACT_NOTHING;
    if (ui->n_menu <= 1) /* they were looked for */
        ui->menu_namespace = current(t, n);
    ui->n_menu = n + 1;
    ui->overlay_cursor = line_of(t, n, ui->menu_namespace);
    overlay_menu_move_by(s, 0);
    return REACT_NOTHING;
}

static unsigned open(struct session *s)
{
    if (s->lesson)
        session_say(s, MSG_LESSON_ONLY_HERE, NULL);
    else if (s->settings->read_path || s->settings->host)
        session_say(s, s->settings->host ? MSG_SESSION_NETNS_REMOTE : MSG_SESSION_NETNS_RECORDED,
                    NULL);
    else
        s->ui.n_menu = 1; /* that they are looked for, until a sample says which there are */
    return s->lesson || s->settings->read_path || s->settings->host ? REACT_NOT_MINE
                                                                    : REACT_NOTHING;
}

/* Rows, selection and widths of what was shown mean nothing there. `name` may be of the sample that
 * is shown, which goes. */
static unsigned choose(struct session *s, const char *name)
{
    char key[16];

    memset(s->namespaces, 0, sizeof(s->namespaces));
    memcpy(s->namespaces, name, strlen(name));
    name = s->namespaces;
    table_park(s);
    (void)travel_return(s);
    s->ui.paused = false;
    session_key(s, COMMAND_NAMESPACES, key);
    if (strcmp(name, ALL) == 0)
        session_say(s, MSG_SESSION_NETNS_ALL, key, NULL);
    else
        session_say(s, MSG_SESSION_NETNS_ONE, name, key, NULL);
    return REACT_CLOSE | REACT_WIDTHS | REACT_SAMPLE;
}

static unsigned accept(struct session *s)
{
    struct view v = session_view(s);
    uint32_t n, line = s->ui.overlay_cursor;
    const struct netns_table *t = listed(&v, &n);
    const struct netns *ns = t && line > 0 && line <= n ? &t->list[line - 1] : NULL;

    if (!t || line > n)
        return REACT_NOTHING;
    if (ns && ns->error) {
        bool rights = ns->error == -EPERM || ns->error == -EACCES;
        session_say(s, rights ? MSG_SESSION_NETNS_RIGHTS : MSG_SESSION_NETNS_CLOSED, ns->name,
                    text_error(ns->error), NULL);
        return REACT_NOTHING;
    }
    return choose(s, ns ? ns->name : ALL);
}

static const char *word(const struct session *s, uint32_t i, bool id)
{
    struct view v = session_view(s);
    uint32_t n;
    const struct netns_table *t = listed(&v, &n);

    return id ? "" : t && i > 0 && i <= n ? t->list[i - 1].name : text(MSG_VIEW_NAMESPACES_ALL);
}

static void keep_namespace(struct session *s)
{
    struct view v = session_view(s);
    uint32_t n, line = s->ui.overlay_cursor;
    const struct netns_table *t = listed(&v, &n);

    s->ui.menu_namespace = t && line > 0 && line <= n ? t->list[line - 1].inode : 0;
}

static unsigned key(struct session *s, keycode key)
{
    const unsigned reaction = overlay_menu_type(s, key, word);

    if (!(reaction & REACT_NOT_MINE))
        keep_namespace(s);
    return reaction;
}

static unsigned command(struct session *s, enum command_id command)
{
    if (command == COMMAND_OPEN)
        return accept(s);
    if (overlay_menu_move(s, command) & REACT_NOT_MINE)
        return REACT_NOT_MINE;
    keep_namespace(s);
    return REACT_NOTHING;
}

/* The sockets of all that are shown, where those are all. */
static void count_all(const struct netns_table *t, char out[FMT_SIZE])
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < t->n; i++)
        sum += t->list[i].shown ? t->list[i].sockets : 0;
    if (t->several && t->missing == 0)
        fmt_count(out, FMT_SIZE, sum);
}

/* "*" before what is shown now; at the right end how many sockets, or that it is closed to us. */
static void draw_line(struct drawing *d, int x, int y, int end, uint32_t i)
{
    uint32_t n;
    const struct netns_table *t = listed(d->v, &n);
    const struct netns *ns = t && i > 0 && i <= n ? &t->list[i - 1] : NULL;
    const char *name = ns ? ns->name : text(MSG_VIEW_NAMESPACES_ALL), *right;
    char count[FMT_SIZE] = FMT_NONE;
    bool current, closed = ns && (ns->error == -EPERM || ns->error == -EACCES);

    if (!t)
        canvas_put(d->c, x, y, end - x, ROLE_DIM, text(MSG_VIEW_NAMESPACES_SOUGHT));
    if (!t || i > n)
        return;
    current = ns ? !t->several && ns->shown : t->several;
    if (ns && ns->counted)
        fmt_count(count, sizeof count, ns->sockets);
    else if (!ns)
        count_all(t, count);
    right = closed ? text(MSG_VIEW_NAMESPACES_CLOSED) : count;
    x += canvas_put(d->c, x, y, end - x, ROLE_KEY, current ? "* " : "  ");
    end -= utf8_width(right);
    canvas_put(d->c, end, y, utf8_width(right), ROLE_DIM, right);
    draw_name(d->c, x, y, end - 1 - x, closed ? ROLE_DIM : ROLE_TEXT, name);
    x += utf8_width(name) + 1;
    if (ns && ns->own && x + utf8_width(text(MSG_VIEW_NAMESPACES_OWN)) < end)
        canvas_put(d->c, x, y, end - x, ROLE_DIM, text(MSG_VIEW_NAMESPACES_OWN));
}

static void draw(struct drawing *d)
{
    overlay_menu_draw(d, MSG_VIEW_NAMESPACES_COUNT, draw_line);
}

const struct overlay_ops overlay_namespaces = {
    .opened_by = COMMAND_NAMESPACES,
    .open = open,
    .command = command,
    .key = key,
    .on_sample = on_sample,
    .draw = draw,
    .extent = overlay_menu_extent,
    .footer = overlay_menu_footer,
    .lists_namespaces = true,
};
