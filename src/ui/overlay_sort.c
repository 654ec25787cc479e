/* SPDX-License-Identifier: MIT */
/* The menus of what rows, and groups, are sorted by. */
#include "group_rows.h"
#include "overlay_menu.h"
#include "table.h"
#include "table_cursor.h"

static unsigned open(struct session *s)
{
    struct ui *ui = &s->ui;

    if (group_sorts(s))
        return REACT_NOT_MINE;
    ui->n_menu = 0;
    for (unsigned id = 0; id < COL_COUNT; id++) {
        if (!(columns[id].flags & COLUMN_SCREEN))
            continue;
        if (id == ui->sort.column)
            ui->overlay_cursor = ui->n_menu;
        overlay_menu_add(ui, id);
    }
    overlay_menu_move_by(s, 0);
    return REACT_NOTHING;
}

static unsigned command(struct session *s, enum command_id command)
{
    const unsigned chosen = overlay_menu_chosen(&s->ui);

    if (command != COMMAND_OPEN)
        return overlay_menu_move(s, command);
    return REACT_CLOSE |
           (chosen < COL_COUNT ? table_sort_by(s, (enum column_id)chosen) : REACT_NOTHING);
}

static unsigned key(struct session *s, keycode key)
{
    return overlay_menu_type(s, key, overlay_menu_column);
}

static void draw_line(struct drawing *d, int x, int y, int end, uint32_t i)
{
    const struct sort *sort = &d->ui->sort;
    const unsigned id = d->ui->menu[i];

    overlay_menu_put(d, x, y, end,
                     overlay_menu_sort_sign(sort->column == id, table_sorts_down(sort)),
                     text(columns[id].title), columns[id].id);
}

static void draw(struct drawing *d)
{
    overlay_menu_draw(d, MSG_VIEW_MENU_SORT, draw_line);
}

const struct overlay_ops overlay_sort = {
    .opened_by = COMMAND_SORT,
    .open = open,
    .command = command,
    .key = key,
    .draw = draw,
    .extent = overlay_menu_extent,
    .footer = overlay_menu_footer,
};

static unsigned groups_open(struct session *s)
{
    struct ui *ui = &s->ui;
    const struct grouping how = ui_grouping(ui);

    if (!group_sorts(s))
        return REACT_NOT_MINE;
    ui->n_menu = GROUP_SUM + how.n_sums;
    for (unsigned figure = 0; figure < ui->n_menu; figure++)
        ui->menu[figure] = figure;
    ui->overlay_cursor = how.sort.figure;
    overlay_menu_move_by(s, 0);
    return REACT_NOTHING;
}

static unsigned groups_command(struct session *s, enum command_id command)
{
    if (command != COMMAND_OPEN)
        return overlay_menu_move(s, command);
    return REACT_CLOSE | group_sort_by(s, overlay_menu_chosen(&s->ui));
}

/* Without groups there is nothing left to sort. */
static unsigned groups_on_list(struct session *s)
{
    return s->ui.group_by < 0 ? REACT_CLOSE : REACT_NOTHING;
}

static const char *figure_id(const struct grouping *how, unsigned figure)
{
    return figure >= GROUP_SUM      ? columns[how->sum[figure - GROUP_SUM]].id
           : figure == GROUP_COUNT  ? "count"
           : figure == GROUP_CHANGE ? "change"
           : how->by < COL_COUNT    ? columns[how->by].id
                                    : "";
}

static const char *group_word(const struct session *s, uint32_t i, bool id)
{
    const struct grouping how = ui_grouping(&s->ui);

    return id ? figure_id(&how, s->ui.menu[i]) : group_title(&how, s->ui.menu[i]);
}

static unsigned groups_key(struct session *s, keycode key)
{
    return overlay_menu_type(s, key, group_word);
}

static void draw_group_line(struct drawing *d, int x, int y, int end, uint32_t i)
{
    const struct grouping how = ui_grouping(d->ui);
    const unsigned figure = d->ui->menu[i];

    overlay_menu_put(d, x, y, end,
                     overlay_menu_sort_sign(how.sort.figure == figure, how.sort.descending),
                     group_title(&how, figure), figure_id(&how, figure));
}

static void groups_draw(struct drawing *d)
{
    overlay_menu_draw(d, MSG_VIEW_MENU_GROUP_SORT, draw_group_line);
}

const struct overlay_ops overlay_group_sort = {
    .opened_by = COMMAND_SORT,
    .open = groups_open,
    .command = groups_command,
    .key = groups_key,
    .on_list = groups_on_list,
    .draw = groups_draw,
    .extent = overlay_menu_extent,
    .footer = overlay_menu_footer,
};
