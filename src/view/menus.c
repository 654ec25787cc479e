/* Menus over the left edge of the table: the sort column, the columns to show. */
#include <stdio.h>

#include "parts.h"
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

static void draw_item(struct drawing *d, const struct rect *r, int y, uint32_t i)
{
    enum column_id id = d->ui->menu[i];
    const char *before = "", *title = text(columns[id].title);
    int x = r->x + GUTTER, end = r->x + r->w - 2;

    canvas_fill(d->c, r->x, y, r->w, 1, ROLE_TEXT, " ");
    if (d->ui->overlay == OVERLAY_COLUMNS)
        before = d->ui->chosen_edit[id] ? "[x] " : "[ ] ";
    else
        before = d->ui->sort.column != id                      ? "  "
                 : d->ui->sort.descending != (id == COL_STATE) ? "▾ "
                                                               : "▴ ";
    x += canvas_put(d->c, x, y, end - x, ROLE_KEY, before);
    x += canvas_put(d->c, x, y, end - x, ROLE_TEXT, title);
    if (x + 1 + utf8_width(columns[id].id) <= end)
        canvas_put_right(d->c, x, y, end - x, ROLE_DIM, columns[id].id);
    if (i == d->ui->overlay_cursor) {
        canvas_put(d->c, r->x, y, 1, ROLE_TEXT, "▸");
        canvas_paint(d->c, r->x, y, r->w - 1, 1, ROLE_CURSOR);
    }
    canvas_put(d->c, r->x + r->w - 1, y, 1, ROLE_RULE, "│");
}

void draw_menu(struct drawing *d)
{
    struct rect r = menu_rect(d);
    uint32_t lines, shown, top;
    char right[FILL_SIZE];
    bool sort = d->ui->overlay == OVERLAY_SORT;

    menu_extent(d, &lines, &shown);
    top = menu_top(d, lines, shown);
    scroll_mark(right, sizeof right, top, shown, lines);
    draw_title(d->c, &r, true, text(sort ? MSG_VIEW_MENU_SORT : MSG_VIEW_MENU_COLUMNS), NULL,
               right);
    for (uint32_t i = 0; i < shown; i++)
        draw_item(d, &r, r.y + 1 + (int)i, top + i);
}
