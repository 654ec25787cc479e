/* Menus over the left edge of the table: the sort column, the columns to show, groups, the
 * namespaces. */
#include <errno.h>

#include "parts.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define MENU_W     32
#define MENU_LEAST 4 /* a table with fewer lines gives its menu the whole body */

static struct rect menu_rect(const struct drawing *d)
{
    struct rect r = d->l.table;
    int last = d->ui->h - d->l.footer.h;

    r.x = 0;
    r.w = d->ui->w < MENU_W ? d->ui->w : MENU_W;
    if (r.h < MENU_LEAST)
        r.y = 1;
    r.h = r.h < MENU_LEAST ? last - 1 : r.h;
    if ((uint32_t)r.h > d->ui->n_menu + 1)
        r.h = (int)d->ui->n_menu + 1;
    return r;
}

void menu_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct rect r = menu_rect(d);

    *lines = d->ui->n_menu;
    *shown = r.h > 1 ? (uint32_t)r.h - 1 : 0;
}

/* The first line shown: where the ui scrolled to, but the cursor is always in view. */
static uint32_t menu_top(const struct drawing *d, uint32_t lines, uint32_t shown)
{
    uint32_t top = d->ui->overlay_top, cursor = d->ui->overlay_cursor;

    if (top > lines - shown)
        top = lines - shown;
    if (cursor < top)
        top = cursor;
    if (shown && cursor >= top + shown && cursor < lines)
        top = cursor - shown + 1;
    return top;
}

/* What a line of a menu says. */
struct item {
    const char *before, *title, *id;
};

static const char *sort_sign(bool here, bool down)
{
    return !here ? "  " : down ? "▾ " : "▴ ";
}

static struct item group_sort_item(const struct drawing *d, unsigned figure)
{
    struct grouping how = ui_grouping(d->ui);
    const char *id = figure == GROUP_COUNT    ? "count"
                     : figure == GROUP_CHANGE ? "change"
                     : how.by < COL_COUNT     ? columns[how.by].id
                                              : "";

    if (figure >= GROUP_SUM)
        id = columns[how.sum[figure - GROUP_SUM]].id;
    return (struct item){sort_sign(how.sort.figure == figure, how.sort.descending),
                         group_title(&how, figure), id};
}

static struct item item_of(const struct drawing *d, unsigned id)
{
    const struct ui *ui = d->ui;

    switch (ui->overlay) {
    case OVERLAY_COLUMNS:
        return (struct item){ui->chosen_edit[id] ? "[x] " : "[ ] ", text(columns[id].title),
                             columns[id].id};
    case OVERLAY_GROUP:
        if (id == COL_COUNT)
            return (struct item){ui->group_by < 0 ? "[x] " : "[ ] ", text(MSG_VIEW_NO_GROUPS), ""};
        return (struct item){ui->group_by == (int)id ? "[x] " : "[ ] ", text(columns[id].title),
                             columns[id].id};
    case OVERLAY_GROUP_SORT:
        return group_sort_item(d, id);
    case OVERLAY_NONE:
    case OVERLAY_HELP:
    case OVERLAY_DETAILS:
    case OVERLAY_WARNINGS:
    case OVERLAY_DIAGRAM:
    case OVERLAY_SORT:
    case OVERLAY_NAMESPACES:
        break;
    }
    return (struct item){sort_sign(ui->sort.column == id, ui->sort.descending != (id == COL_STATE)),
                         text(columns[id].title), columns[id].id};
}

static void draw_line_of(struct drawing *d, int x, int y, int end, uint32_t i)
{
    struct item item = item_of(d, d->ui->menu[i]);

    x += canvas_put(d->c, x, y, end - x, ROLE_KEY, item.before);
    x += canvas_put(d->c, x, y, end - x, ROLE_TEXT, item.title);
    if (x + 1 + utf8_width(item.id) <= end)
        canvas_put_right(d->c, x, y, end - x, ROLE_DIM, item.id);
}

const struct netns_table *view_namespaces(const struct view *v, uint32_t *n)
{
    const struct sample *s = v->newest ? v->newest : v->shown;
    const struct netns_table *t = s ? s->namespaces : NULL;

    *n = 0;
    while (t && *n < t->n && !t->list[*n].gone)
        ++*n;
    return t;
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
static void draw_namespace(struct drawing *d, int x, int y, int end, uint32_t i)
{
    uint32_t n;
    const struct netns_table *t = view_namespaces(d->v, &n);
    const struct netns *ns = t && i > 0 && i <= n ? &t->list[i - 1] : NULL;
    const char *name = ns ? ns->name : text(MSG_VIEW_NAMESPACES_ALL), *right;
    char count[FMT_SIZE] = FMT_NONE;
    bool current, closed = ns && (ns->error == -EPERM || ns->error == -EACCES);

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
    put_name(d->c, x, y, end - 1 - x, closed ? ROLE_DIM : ROLE_TEXT, name);
    x += utf8_width(name) + 1;
    if (ns && ns->own && x + utf8_width(text(MSG_VIEW_NAMESPACES_OWN)) < end)
        canvas_put(d->c, x, y, end - x, ROLE_DIM, text(MSG_VIEW_NAMESPACES_OWN));
}

static void draw_item(struct drawing *d, const struct rect *r, int y, uint32_t i)
{
    int x = r->x + GUTTER, end = r->x + r->w - 2;

    canvas_fill(d->c, r->x, y, r->w, 1, ROLE_TEXT, " ");
    if (d->ui->overlay == OVERLAY_NAMESPACES)
        draw_namespace(d, x, y, end, i);
    else
        draw_line_of(d, x, y, end, i);
    if (i == d->ui->overlay_cursor) {
        canvas_put(d->c, r->x, y, 1, ROLE_TEXT, "▸");
        canvas_paint(d->c, r->x, y, r->w - 1, 1, ROLE_CURSOR);
    }
    canvas_put(d->c, r->x + r->w - 1, y, 1, ROLE_RULE, "│");
}

static enum msg menu_title(enum ui_overlay overlay)
{
    return overlay == OVERLAY_SORT         ? MSG_VIEW_MENU_SORT
           : overlay == OVERLAY_NAMESPACES ? MSG_VIEW_MENU_NAMESPACES
           : overlay == OVERLAY_GROUP      ? MSG_VIEW_MENU_GROUP
           : overlay == OVERLAY_GROUP_SORT ? MSG_VIEW_MENU_GROUP_SORT
                                           : MSG_VIEW_MENU_COLUMNS;
}

void draw_menu(struct drawing *d)
{
    struct rect r = menu_rect(d);
    uint32_t lines, shown, top;
    char right[FILL_SIZE];

    menu_extent(d, &lines, &shown);
    top = menu_top(d, lines, shown);
    scroll_mark(right, sizeof right, top, shown, lines);
    draw_title(d->c, &r, true, text(menu_title(d->ui->overlay)), NULL, right);
    for (uint32_t i = 0; i < shown; i++)
        draw_item(d, &r, r.y + 1 + (int)i, top + i);
}
