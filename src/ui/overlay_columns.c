/* SPDX-License-Identifier: MIT */
/* The chooser of columns: those of now first, in their order, ticked; then the others. */
#include <stdio.h>
#include <string.h>

#include "overlay_menu.h"
#include "table_cursor.h"

static unsigned open(struct session *s)
{
    struct ui *ui = &s->ui;
    struct view v = session_view(s);
    enum column_id first[COL_COUNT];
    size_t n = ui->n_chosen;

    memcpy(first, ui->chosen, n * sizeof(first[0]));
    if (n == 0)
        n = table_columns(&v, first);
    memset(ui->chosen_edit, 0, sizeof(ui->chosen_edit));
    ui->n_menu = 0;
    for (size_t i = 0; i < n; i++) {
        overlay_menu_add(ui, first[i]);
        ui->chosen_edit[first[i]] = true;
    }
    for (unsigned id = 0; id < COL_COUNT; id++)
        if (columns[id].flags & COLUMN_SCREEN)
            overlay_menu_add(ui, id);
    return REACT_NOTHING;
}

/* The lines for the configuration file, printed when the screen is left. */
static void compose_exit_message(struct session *s)
{
    str_clear(&s->exit_message);
    str_add(&s->exit_message, "[columns]\nshow = ");
    for (unsigned i = 0; i < s->ui.n_chosen; i++) {
        str_add(&s->exit_message, i ? "," : "");
        str_add(&s->exit_message, columns[s->ui.chosen[i]].id);
    }
    if (str_failed(&s->exit_message))
        str_fini(&s->exit_message);
}

/* That they are chosen; of those that do not fit, what shows them. */
static void say_chosen(struct session *s)
{
    struct layout l;
    char count[16], pane[16], right[16];

    table_forget_widths(s);
    snprintf(count, sizeof count, "%u", table_hidden_columns(s));
    layout_compute(&l, &s->ui);
    session_key(s, COMMAND_RIGHT, right);
    if (strcmp(count, "0") == 0)
        session_say(s, MSG_SESSION_COLUMNS, NULL);
    else if (layout_beside_table(&l))
        session_say(s, MSG_SESSION_COLUMNS_PANE, count, session_key(s, COMMAND_PANE, pane), right,
                    NULL);
    else
        session_say(s, MSG_SESSION_COLUMNS_HIDDEN, count, right, NULL);
}

static unsigned accept(struct session *s)
{
    struct ui *ui = &s->ui;

    ui->n_chosen = 0;
    for (uint32_t i = 0; i < ui->n_menu; i++)
        if (ui->chosen_edit[ui->menu[i]])
            ui->chosen[ui->n_chosen++] = ui->menu[i];
    ui->column_scroll = 0;
    str_fini(&s->exit_message);
    if (ui->n_chosen) {
        compose_exit_message(s);
        say_chosen(s);
    }
    return REACT_CLOSE | REACT_WIDTHS |
           (ui->group_by >= 0 ? REACT_LIST : REACT_NOTHING); /* groups have other sums */
}

static unsigned command(struct session *s, enum command_id command)
{
    return command == COMMAND_OPEN ? accept(s) : overlay_menu_move(s, command);
}

/* Take the column under the cursor along, one place up or down. */
static void carry(struct session *s, int sign)
{
    struct ui *ui = &s->ui;
    uint32_t at = ui->overlay_cursor, to = session_clamp(at, sign, ui->n_menu - 1);
    unsigned id = ui->menu[at];

    ui->menu[at] = ui->menu[to];
    ui->menu[to] = id;
    overlay_menu_move_by(s, sign);
}

static unsigned key(struct session *s, keycode key)
{
    const unsigned chosen = overlay_menu_chosen(&s->ui);

    if (chosen == COL_COUNT || (key != ' ' && key != '<' && key != '>'))
        return overlay_menu_type(s, key, overlay_menu_column);
    if (key == ' ')
        s->ui.chosen_edit[chosen] = !s->ui.chosen_edit[chosen];
    else
        carry(s, key == '<' ? -1 : 1);
    return REACT_NOTHING;
}

static void draw_line(struct drawing *d, int x, int y, int end, uint32_t i)
{
    const unsigned id = d->ui->menu[i];

    overlay_menu_put(d, x, y, end, d->ui->chosen_edit[id] ? "[x] " : "[ ] ",
                     text(columns[id].title), columns[id].id);
}

static void draw(struct drawing *d)
{
    overlay_menu_draw(d, MSG_VIEW_MENU_COLUMNS, draw_line);
}

static void footer(const struct drawing *d, struct key_items *k)
{
    (void)d;
    footer_add(k, COMMAND_PIN, MSG_VIEW_KEY_TICK, true, 0);
    footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_USE, true, 1);
    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 2);
    footer_add_keys(k, "< >", MSG_VIEW_KEY_ORDER, 3);
}

const struct overlay_ops overlay_columns = {
    .opened_by = COMMAND_COLUMNS,
    .open = open,
    .command = command,
    .key = key,
    .draw = draw,
    .extent = overlay_menu_extent,
    .footer = footer,
};
