/* SPDX-License-Identifier: MIT */
/* The table's cursor, which stands on the first line or follows a connection while the list moves
 * under it, and what keys do with the table. */
#include "table_cursor.h"

#include <string.h>

#include "endpoint_names.h"
#include "group_rows.h"
#include "overlay.h"
#include "session_rows.h"
#include "tcptop/query/column.h"

uint32_t table_position(const struct session *s, const struct conn *c, uint32_t hint, uint32_t *row)
{
    uint32_t found = sample_find(s->list->sample, c, hint);
    if (row)
        *row = found;
    return found == UINT32_MAX ? UINT32_MAX : rows_position(&s->list->rows, found);
}

static uint32_t rows_from(const struct session *s, uint32_t top)
{
    struct view v = session_view(s);
    return table_capacity(&v, top);
}

void table_forget_widths(struct session *s)
{
    s->ui.local_width = s->ui.remote_width = 0;
}

void table_park(struct session *s)
{
    s->ui.bound = false;
    s->selection_waiting = false;
    s->waiting_offset = 0;
    s->ui.top = 0;
    s->ui.cursor = s->ui.park_at;
}

bool table_bind(struct session *s)
{
    if (s->list->rows.n == 0)
        return false;
    table_select(s, s->ui.cursor);
    return true;
}

void table_select(struct session *s, uint32_t position)
{
    if (s->list->rows.n == 0)
        return;
    const struct rows *rows = &s->list->rows;
    uint32_t group;
    s->ui.cursor = position < rows->n ? position : rows->n - 1;
    s->ui.on_group = group_under_cursor(s, &group);
    if (s->ui.on_group) {
        groups_value(&s->list->groups, group, &s->ui.group);
    } else {
        s->selected_row = rows->row[s->ui.cursor];
        s->ui.selected = s->list->sample->conn[s->selected_row];
    }
    s->ui.bound = true;
    s->selection_waiting = false;
}

/* Rows of two lines may have come or gone above the cursor: find the top that puts it on `line`. */
static void keep_line(struct session *s, int line)
{
    struct ui *ui = &s->ui;
    struct view v = session_view(s);
    int now = table_row_line(&v, ui->cursor);
    while (ui->top < ui->cursor && (now < 0 || now > line)) {
        ui->top++;
        now = table_row_line(&v, ui->cursor);
    }
    while (ui->top > 0 && now >= 0 && now < line) {
        ui->top--;
        now = table_row_line(&v, ui->cursor);
        if (now < 0 || now > line) {
            ui->top++;
            break;
        }
    }
}

/* Position of what is selected, a group or a connection; UINT32_MAX when it is not in the list.
 * `*gone`: nor in the sample. */
static uint32_t selected_position(const struct session *s, bool *gone)
{
    const struct ui *ui = &s->ui;
    uint32_t row;
    if (ui->on_group) {
        uint32_t group = s->list->grouped ? groups_find(&s->list->groups, &ui->group) : GROUP_NONE;
        *gone = group == GROUP_NONE;
        return *gone ? UINT32_MAX : rows_position(&s->list->rows, group | ROW_GROUP);
    }
    uint32_t position = table_position(s, &ui->selected, s->selected_row, &row);
    *gone = row == UINT32_MAX;
    return position;
}

/* What became of the selected row, in the footer. */
static void say_lost(struct session *s, bool gone)
{
    const struct conn *c = &s->ui.selected;
    if (s->ui.on_group) {
        session_say(s, MSG_SESSION_GROUP_GONE, NULL);
        return;
    }
    struct str local = STR_INIT, remote = STR_INIT;
    column_format_local(s->list->sample, c, &local);
    column_format_remote(s->list->sample, c, &remote);
    enum msg id = s->list->rows.n == 0 ? MSG_SESSION_WAS_LAST
                  : gone               ? MSG_SESSION_GONE
                  : s->list->grouped   ? MSG_SESSION_OTHER_GROUP
                                       : MSG_SESSION_FILTERED_OUT;
    session_say(s, id, str_text(&local), str_text(&remote), NULL);
    str_fini(&local);
    str_fini(&remote);
}

/* The row that was selected is not among the rows any more. */
static void selection_lost(struct session *s, bool user_initiated, bool gone)
{
    if (user_initiated) {
        table_park(s);
        s->selection_waiting = true;
        return;
    }
    say_lost(s, gone);
    if (s->list->rows.n)
        table_select(s, s->ui.cursor);
    else
        table_park(s);
}

void table_place(struct session *s, bool user_initiated, uint32_t offset, int line)
{
    struct ui *ui = &s->ui;
    bool wanted = ui->bound || (user_initiated && s->selection_waiting);
    if (!wanted) {
        ui->top = 0;
        ui->cursor = ui->park_at;
        return;
    }
    if (ui->bound && !ui->follow && !user_initiated && s->list->rows.n) {
        table_select(s, ui->cursor);
        return;
    }
    bool gone;
    uint32_t position = selected_position(s, &gone);
    if (position == UINT32_MAX) {
        selection_lost(s, user_initiated, gone);
        return;
    }
    table_select(s, position);
    ui->top = position > offset ? position - offset : 0;
    if (line >= 0)
        keep_line(s, line);
}

/* The smallest change of `top` that draws the cursor. */
static void reveal_cursor(struct session *s)
{
    struct ui *ui = &s->ui;
    uint32_t screen = (uint32_t)ui->h;
    if (ui->cursor < ui->top)
        ui->top = ui->cursor;
    if (ui->cursor - ui->top >= screen)
        ui->top = ui->cursor - screen + 1;
    while (ui->top < ui->cursor && ui->cursor - ui->top >= rows_from(s, ui->top))
        ui->top++;
}

/* No blank lines below the last row while rows are hidden above. */
static void fill_page(struct session *s)
{
    struct ui *ui = &s->ui;
    while (ui->top > 0 && ui->top - 1 + rows_from(s, ui->top - 1) >= s->list->rows.n)
        ui->top--;
}

void table_settle(struct session *s)
{
    struct ui *ui = &s->ui;
    if (!s->list->sample)
        return;
    if (ui->top >= s->list->rows.n)
        ui->top = s->list->rows.n ? s->list->rows.n - 1 : 0;
    if (s->list->rows.n && (ui->local_width == 0 || ui->remote_width == 0)) {
        struct view v = session_view(s);
        table_choose_widths(ui, &v);
    }
    reveal_cursor(s);
    fill_page(s);
}

static void to_end(struct session *s)
{
    table_select(s, s->list->rows.n - 1);
}

void table_move(struct session *s, enum move_unit unit, int sign)
{
    struct ui *ui = &s->ui;
    s->on_full_list = NULL;
    if (unit == MOVE_END && sign < 0) {
        table_park(s);
        if (ui->park_at > 0) /* the first line is somebody's who is to stay there */
            table_select(s, 0);
        return;
    }
    if (s->list->rows.n == 0 || (!ui->bound && sign < 0 && ui->cursor == 0))
        return;
    if (unit == MOVE_END && row_view_is_partial(s->list)) {
        s->on_full_list = to_end;
        return;
    }
    uint32_t page = rows_from(s, ui->top);
    uint32_t step = (uint32_t)session_step(unit, s->list->rows.n, page);
    if (unit == MOVE_PAGE || unit == MOVE_HALF)
        ui->top = sign > 0 ? ui->top + step : ui->top > step ? ui->top - step : 0;
    if (sign < 0)
        table_select(s, ui->cursor > step ? ui->cursor - step : 0);
    else
        table_select(s,
                     s->list->rows.n - ui->cursor > step ? ui->cursor + step : s->list->rows.n - 1);
}

void table_scroll(struct session *s, int rows)
{
    struct ui *ui = &s->ui;
    if (s->list->rows.n == 0)
        return;
    uint32_t step = (uint32_t)(rows < 0 ? -rows : rows);
    if (rows < 0)
        ui->top = ui->top > step ? ui->top - step : 0;
    else
        ui->top = s->list->rows.n - ui->top > step ? ui->top + step : s->list->rows.n - 1;
    fill_page(s);
    uint32_t shown = rows_from(s, ui->top);
    uint32_t last = shown ? ui->top + shown - 1 : ui->top;
    if (ui->cursor < ui->top || ui->cursor > last)
        table_select(s, ui->cursor < ui->top ? ui->top : last);
}

const struct conn *table_subject(struct session *s)
{
    const struct conn *c = overlay_subject(&s->ui);

    if (c)
        return c;
    return table_bind(s) && !s->ui.on_group ? &s->ui.selected : NULL;
}

static void add_names(const struct naming *naming, const struct conn *c, bool remote,
                      struct str *out)
{
    size_t before = out->len;
    str_add(out, " (");
    if (endpoint_by_name(naming, c, remote, out))
        str_add_char(out, ')');
    else
        str_truncate(out, before);
}

void table_row_text(const struct sample *sample, const struct naming *naming,
                    const enum column_id *drawn, size_t n, uint32_t row, struct str *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            str_add(out, "  ");
        column_format(drawn[i], sample, row, out);
        if (naming->names && (drawn[i] == COL_LOCAL || drawn[i] == COL_REMOTE))
            add_names(naming, &sample->conn[row], drawn[i] == COL_REMOTE, out);
    }
}

/* A connection as its row has it; only its addresses once it has gone. */
static void add_row(const struct session *s, const struct conn *c, struct str *out)
{
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    uint32_t hint = c == &s->ui.details ? s->ui.details_row : s->selected_row;
    uint32_t row = sample_find(s->list->sample, c, hint);
    if (row != UINT32_MAX) {
        struct naming naming = endpoint_naming(s);
        table_row_text(s->list->sample, &naming, drawn, table_columns(&v, drawn), row, out);
        return;
    }
    column_format_local(s->list->sample, c, out);
    str_add(out, "  ");
    column_format_remote(s->list->sample, c, out);
}

unsigned table_sort_by(struct session *s, enum column_id column)
{
    struct sort *sort = &s->ui.sort;
    bool again = sort->column == column;
    sort->descending = again ? !sort->descending : columns[column].flags & COLUMN_LARGEST;
    sort->column = column;
    sort->n_further = 0;
    return REACT_LIST;
}

unsigned table_sort_step(struct session *s, int sign)
{
    if (group_sorts(s))
        return group_sort_step(s, sign);
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    size_t n = table_columns(&v, drawn), at = 0;
    if (n == 0)
        return REACT_NOTHING;
    while (at < n && drawn[at] != s->ui.sort.column)
        at++;
    if (at == n)
        at = sign > 0 ? n - 1 : 0;
    enum column_id next = drawn[(at + (sign > 0 ? 1 : n - 1)) % n];
    return next != s->ui.sort.column ? table_sort_by(s, next) : REACT_NOTHING;
}

static bool among(enum column_id id, const enum column_id *of, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (of[i] == id)
            return true;
    return false;
}

/* As many columns are hidden at the left as it takes to show another one; none where there is no
 * other. */
unsigned table_scroll_columns(struct session *s, int sign)
{
    struct ui *ui = &s->ui;
    if (sign < 0) {
        ui->column_scroll -= ui->column_scroll > 0;
        return REACT_NOTHING;
    }
    struct view v = session_view(s);
    enum column_id before[COL_COUNT], after[COL_COUNT];
    const unsigned from = ui->column_scroll;
    const size_t n = table_columns(&v, before);
    while (++ui->column_scroll < COL_COUNT) {
        size_t m = table_columns(&v, after);
        for (size_t i = 0; i < m; i++)
            if (!among(after[i], before, n))
                return REACT_NOTHING;
    }
    ui->column_scroll = from;
    return REACT_NOTHING;
}

unsigned table_hidden_columns(const struct session *s)
{
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    const size_t n = table_columns(&v, drawn);
    unsigned hidden = 0;
    for (unsigned i = 0; i < s->ui.n_chosen; i++)
        hidden += !among(s->ui.chosen[i], drawn, n);
    return hidden;
}

unsigned table_toggle_pin(struct session *s)
{
    struct ui *ui = &s->ui;
    const struct conn *c = table_subject(s);
    if (!c)
        return REACT_NOTHING;
    uint32_t i = 0;
    while (i < ui->n_pinned && !conn_same(&ui->pinned[i], c))
        i++;
    if (i < ui->n_pinned) {
        ui->n_pinned--;
        memmove(&ui->pinned[i], &ui->pinned[i + 1], (ui->n_pinned - i) * sizeof(ui->pinned[0]));
        session_say(s, MSG_SESSION_UNPINNED, NULL);
    } else if (i < UI_PINS_MAX) {
        ui->pinned[ui->n_pinned++] = *c;
        session_say(s, MSG_SESSION_PINNED, NULL);
    } else {
        session_say(s, MSG_SESSION_PINS_FULL, NULL);
        return REACT_NOTHING;
    }
    return REACT_LIST;
}

unsigned table_copy(struct session *s)
{
    const struct conn *c = table_subject(s);
    uint32_t group;

    str_clear(&s->copy);
    if (c)
        add_row(s, c, &s->copy);
    else if (group_under_cursor(s, &group))
        group_text(s, group, &s->copy);
    else
        return REACT_NOTHING;
    session_copy_now(s, MSG_SESSION_COPIED);
    return REACT_NOTHING;
}

unsigned table_command(struct session *s, enum command_id command)
{
    enum move_unit unit;
    uint32_t group;
    int sign;

    if (session_movement(command, &unit, &sign)) {
        s->ui.subject = FOCUS_TABLE;
        table_move(s, unit, sign);
        return REACT_NOTHING;
    }
    if (command == COMMAND_LEFT || command == COMMAND_RIGHT)
        return group_sideways(s, command == COMMAND_LEFT ? -1 : 1);
    if (command == COMMAND_OPEN && group_under_cursor(s, &group))
        return group_open(s, group);
    if (command == COMMAND_PIN && group_under_cursor(s, &group))
        return group_toggle(s, group);
    return REACT_NOT_MINE;
}
