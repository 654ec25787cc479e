/* SPDX-License-Identifier: MIT */
/* The menu of columns to group by: no groups, what is most asked for, then other columns that rows
 * have in common. */
#include "group_rows.h"
#include "overlay_menu.h"

static unsigned open(struct session *s)
{
    static const enum column_id first[] = {COL_PROCESS, COL_REMOTE_ADDR, COL_LOCAL_PORT,
                                           COL_STATE,   COL_NETNS,       COL_CGROUP};
    struct ui *ui = &s->ui;

    ui->n_menu = 0;
    overlay_menu_add(ui, COL_COUNT);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        overlay_menu_add(ui, first[i]);
    for (unsigned id = 0; id < COL_COUNT; id++)
        if (columns[id].flags & COLUMN_GROUP)
            overlay_menu_add(ui, id);
    ui->overlay_cursor = 1;
    for (uint32_t i = 1; i < ui->n_menu; i++)
        if ((int)ui->menu[i] == ui->group_by)
            ui->overlay_cursor = i;
    overlay_menu_move_by(s, 0);
    return REACT_NOTHING;
}

static unsigned command(struct session *s, enum command_id command)
{
    const unsigned chosen = overlay_menu_chosen(&s->ui);

    if (command != COMMAND_OPEN)
        return overlay_menu_move(s, command);
    return REACT_CLOSE | group_choose_by(s, chosen < COL_COUNT ? (int)chosen : -1);
}

static unsigned key(struct session *s, keycode key)
{
    return overlay_menu_type(s, key, overlay_menu_column);
}

static void draw_line(struct drawing *d, int x, int y, int end, uint32_t i)
{
    const unsigned id = d->ui->menu[i];
    const int by = id < COL_COUNT ? (int)id : -1;

    overlay_menu_put(d, x, y, end, by == d->ui->group_by ? "[x] " : "[ ] ",
                     text(by < 0 ? MSG_VIEW_NO_GROUPS : columns[id].title),
                     by < 0 ? "" : columns[id].id);
}

static void draw(struct drawing *d)
{
    overlay_menu_draw(d, MSG_VIEW_MENU_GROUP, draw_line);
}

const struct overlay_ops overlay_group = {
    .opened_by = COMMAND_GROUP,
    .open = open,
    .command = command,
    .key = key,
    .draw = draw,
    .extent = overlay_menu_extent,
    .footer = overlay_menu_footer,
};
