/* Overlays: help, details, the menus of sorts, columns and groups; and sorting itself. */
#include <string.h>

#include "session_internal.h"
#include "tcptop/query/select.h"

void sort_by(struct session *s, enum column_id column)
{
    struct sort *sort = &s->ui.sort;
    bool again = sort->column == column;
    sort->descending = again ? !sort->descending : columns[column].flags & COLUMN_LARGEST;
    sort->column = column;
    session_rebuild(s, true);
}

bool sorts_groups(const struct session *s)
{
    uint32_t group;
    return s->ui.group_by >= 0 && s->list->grouped &&
           (s->list->rows.n == 0 || group_under_cursor(s, &group));
}

void sort_groups_by(struct session *s, unsigned figure)
{
    struct group_sort *sort = &s->ui.group_sort;
    bool again = sort->figure == figure;
    sort->descending = again ? !sort->descending : figure != GROUP_KEY;
    sort->figure = (uint8_t)figure;
    session_rebuild(s, true);
}

static void step_groups(struct session *s, int sign)
{
    struct view v = session_view(s);
    uint8_t drawn[GROUP_SUM + GROUP_SUMS];
    int n = view_group_figures(&v, drawn), at = 0;
    while (at < n && drawn[at] != s->ui.group_sort.figure)
        at++;
    if (at == n)
        at = sign > 0 ? n - 1 : 0;
    if (n > 1)
        sort_groups_by(s, drawn[(at + (sign > 0 ? 1 : n - 1)) % n]);
}

void sort_step(struct session *s, int sign)
{
    if (sorts_groups(s)) {
        step_groups(s, sign);
        return;
    }
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    size_t n = view_columns(&v, drawn), at = 0;
    if (n == 0)
        return;
    while (at < n && drawn[at] != s->ui.sort.column)
        at++;
    if (at == n)
        at = sign > 0 ? n - 1 : 0;
    enum column_id next = drawn[(at + (sign > 0 ? 1 : n - 1)) % n];
    if (next != s->ui.sort.column)
        sort_by(s, next);
}

static bool listed(const struct ui *ui, unsigned id)
{
    for (uint32_t i = 0; i < ui->n_menu; i++)
        if (ui->menu[i] == id)
            return true;
    return false;
}

/* The chooser lists the columns of now first, in their order, ticked; then the others. */
static void fill_menu(struct session *s, enum ui_overlay overlay)
{
    struct ui *ui = &s->ui;
    enum column_id first[COL_COUNT];
    size_t n = 0;
    if (overlay == OVERLAY_COLUMNS && ui->n_chosen) {
        n = ui->n_chosen;
        memcpy(first, ui->chosen, n * sizeof(first[0]));
    } else if (overlay == OVERLAY_COLUMNS) {
        struct view v = session_view(s);
        n = view_columns(&v, first);
    }
    memset(ui->chosen_edit, 0, sizeof(ui->chosen_edit));
    ui->n_menu = 0;
    for (size_t i = 0; i < n; i++) {
        ui->menu[ui->n_menu++] = first[i];
        ui->chosen_edit[first[i]] = true;
    }
    for (enum column_id id = 0; id < COL_COUNT; id++)
        if ((columns[id].flags & COLUMN_SCREEN) && !listed(ui, id))
            ui->menu[ui->n_menu++] = id;
}

/* No groups, what is most asked for, then other columns that rows have in common. */
static void fill_group_menu(struct ui *ui)
{
    static const enum column_id first[] = {COL_PROCESS, COL_REMOTE_ADDR, COL_LOCAL_PORT,
                                           COL_STATE,   COL_NETNS,       COL_CGROUP};
    ui->n_menu = 0;
    ui->menu[ui->n_menu++] = COL_COUNT;
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        ui->menu[ui->n_menu++] = first[i];
    for (unsigned id = 0; id < COL_COUNT; id++)
        if ((columns[id].flags & COLUMN_GROUP) && !listed(ui, id))
            ui->menu[ui->n_menu++] = id;
    ui->overlay_cursor = 1;
    for (uint32_t i = 1; i < ui->n_menu; i++)
        if ((int)ui->menu[i] == ui->group_by)
            ui->overlay_cursor = i;
}

static void fill_group_sort_menu(struct ui *ui)
{
    struct grouping how = ui_grouping(ui);
    ui->n_menu = GROUP_SUM + how.n_sums;
    for (unsigned figure = 0; figure < ui->n_menu; figure++)
        ui->menu[figure] = figure;
    ui->overlay_cursor = how.sort.figure;
}

static void show_details(struct session *s)
{
    s->ui.details = s->ui.selected;
    s->ui.details_row = s->selected_row;
    session_place_details(s);
}

void overlay_open(struct session *s, enum ui_overlay overlay)
{
    struct ui *ui = &s->ui;
    ui->overlay_top = ui->overlay_cursor = 0;
    if (overlay == OVERLAY_NAMESPACES && !netns_menu_open(s))
        return;
    if (overlay == OVERLAY_DETAILS) {
        if (!table_bind(s) || ui->on_group)
            return;
        show_details(s);
    } else if (overlay == OVERLAY_SORT || overlay == OVERLAY_COLUMNS) {
        fill_menu(s, overlay);
        for (uint32_t i = 0; i < ui->n_menu && overlay == OVERLAY_SORT; i++)
            if (ui->menu[i] == ui->sort.column)
                ui->overlay_cursor = i;
    }
    if (overlay == OVERLAY_GROUP)
        fill_group_menu(ui);
    if (overlay == OVERLAY_GROUP_SORT)
        fill_group_sort_menu(ui);
    ui->overlay = overlay;
    if (overlay == OVERLAY_SORT || overlay == OVERLAY_GROUP)
        overlay_move(s, MOVE_LINE, 0); /* to where the cursor is seen */
    netns_menu_follow(s);
    warnings_follow(s);
}

bool overlay_close(struct session *s)
{
    if (s->ui.overlay != OVERLAY_NONE) {
        s->ui.overlay = OVERLAY_NONE;
        return true;
    }
    if (!pane_is_overlay(s))
        return false;
    s->ui.pane = PANE_NORMAL;
    return true;
}

static uint32_t clamped(uint32_t from, int64_t step, uint32_t last)
{
    int64_t to = (int64_t)from + step;
    return to < 0 ? 0 : to > last ? last : (uint32_t)to;
}

/* Scroll what has no cursor of its own. */
static void scroll_by(struct session *s, int64_t lines)
{
    struct view v = session_view(s);
    uint32_t all, shown;
    view_overlay_extent(&v, &all, &shown);
    s->ui.overlay_top = clamped(s->ui.overlay_top, lines, all > shown ? all - shown : 0);
}

static void move_menu(struct ui *ui, int64_t lines, uint32_t shown)
{
    ui->overlay_cursor = clamped(ui->overlay_cursor, lines, ui->n_menu ? ui->n_menu - 1 : 0);
    if (ui->overlay_cursor < ui->overlay_top)
        ui->overlay_top = ui->overlay_cursor;
    if (shown && ui->overlay_cursor - ui->overlay_top >= shown)
        ui->overlay_top = ui->overlay_cursor - shown + 1;
}

/* In the details the rows go by. */
static void next_details(struct session *s, enum move_unit unit, int sign)
{
    uint32_t before = s->ui.cursor;
    table_move(s, unit, sign);
    if (table_bind(s) && !s->ui.on_group)
        show_details(s);
    else
        table_select(s, before); /* groups have no details */
}

void overlay_move(struct session *s, enum move_unit unit, int sign)
{
    if (s->ui.overlay == OVERLAY_DIAGRAM) {
        diagram_move(s, unit, sign);
        return;
    }
    struct view v = session_view(s);
    uint32_t lines, shown;
    view_overlay_extent(&v, &lines, &shown);
    int64_t step = unit == MOVE_LINE   ? 1
                   : unit == MOVE_HALF ? (shown + 1) / 2
                   : unit == MOVE_PAGE ? shown
                                       : lines;
    if (s->ui.overlay == OVERLAY_WARNINGS)
        warnings_move(s, unit, sign);
    else if (s->ui.overlay == OVERLAY_DETAILS)
        next_details(s, unit, sign);
    else if (s->ui.overlay == OVERLAY_HELP)
        scroll_by(s, sign * step);
    else
        move_menu(&s->ui, sign * step, shown);
    if (s->ui.overlay == OVERLAY_NAMESPACES)
        netns_menu_moved(s);
}

void overlay_scroll(struct session *s, int sign)
{
    if (s->ui.overlay == OVERLAY_DETAILS)
        scroll_by(s, sign);
    else
        overlay_move(s, MOVE_HALF, sign);
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

static void accept_columns(struct session *s)
{
    struct ui *ui = &s->ui;
    ui->n_chosen = 0;
    for (uint32_t i = 0; i < ui->n_menu; i++)
        if (ui->chosen_edit[ui->menu[i]])
            ui->chosen[ui->n_chosen++] = ui->menu[i];
    ui->column_scroll = 0;
    table_forget_widths(s);
    if (ui->group_by >= 0) /* other sums */
        session_rebuild(s, true);
    str_fini(&s->exit_message);
    if (ui->n_chosen) {
        compose_exit_message(s);
        session_say(s, MSG_SESSION_COLUMNS, NULL);
    }
}

void overlay_accept(struct session *s)
{
    struct ui *ui = &s->ui;
    enum ui_overlay overlay = ui->overlay;
    if (overlay == OVERLAY_NAMESPACES)
        netns_menu_accept(s);
    if (overlay == OVERLAY_WARNINGS) {
        warnings_accept(s);
        return;
    }
    if (overlay == OVERLAY_HELP || overlay == OVERLAY_DETAILS || overlay == OVERLAY_NONE ||
        overlay == OVERLAY_NAMESPACES)
        return;
    ui->overlay = OVERLAY_NONE;
    unsigned chosen = ui->overlay_cursor < ui->n_menu ? ui->menu[ui->overlay_cursor] : COL_COUNT;
    if (overlay == OVERLAY_COLUMNS)
        accept_columns(s);
    else if (overlay == OVERLAY_GROUP)
        group_choose_by(s, chosen < COL_COUNT ? (int)chosen : -1);
    else if (overlay == OVERLAY_GROUP_SORT)
        sort_groups_by(s, chosen);
    else if (chosen < COL_COUNT)
        sort_by(s, (enum column_id)chosen);
}

/* Take the column under the cursor along, one place up or down. */
static void carry(struct ui *ui, int sign)
{
    uint32_t at = ui->overlay_cursor, to = clamped(at, sign, ui->n_menu - 1);
    unsigned id = ui->menu[at];
    ui->menu[at] = ui->menu[to];
    ui->menu[to] = id;
}

/* In the details: the command of another tool that selects the connection. */
static bool copy_command(struct session *s, keycode key)
{
    if (s->ui.overlay != OVERLAY_DETAILS || (key != 's' && key != 't'))
        return false;
    str_clear(&s->copy);
    if (key == 's')
        select_ss_command(&s->ui.details, &s->copy);
    else
        select_tcpdump_command(&s->ui.details, &s->copy);
    s->copy_ready = !str_failed(&s->copy);
    session_say(s, s->copy_ready ? MSG_SESSION_COPIED_COMMAND : MSG_SESSION_NO_MEMORY,
                str_text(&s->copy), NULL);
    return true;
}

bool menu_key(struct session *s, keycode key)
{
    struct ui *ui = &s->ui;
    if (copy_command(s, key))
        return true;
    if (ui->overlay != OVERLAY_COLUMNS || ui->overlay_cursor >= ui->n_menu)
        return false;
    int sign = (key == '>') - (key == '<');
    if (key == ' ') {
        bool *ticked = &ui->chosen_edit[ui->menu[ui->overlay_cursor]];
        *ticked = !*ticked;
    } else if (sign) {
        carry(ui, sign);
        overlay_move(s, MOVE_LINE, sign);
    } else {
        return false;
    }
    return true;
}
