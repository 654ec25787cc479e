/* The table's cursor: parked on the first line, or bound to a connection that keeps its screen line
 * while the list moves under it. */

#include "session_internal.h"

uint32_t table_position(const struct session *s, const struct conn *c, uint32_t hint, uint32_t *row)
{
    uint32_t found = sample_find(s->list->sample, c, hint);
    if (row)
        *row = found;
    return found == UINT32_MAX ? UINT32_MAX : rows_position(&s->list->rows, found);
}

static uint32_t capacity(const struct session *s, uint32_t top)
{
    struct view v = session_view(s);
    return view_table_capacity(&v, top);
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
    s->ui.top = s->ui.cursor = 0;
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
    int now = view_row_line(&v, ui->cursor);
    while (ui->top < ui->cursor && (now < 0 || now > line)) {
        ui->top++;
        now = view_row_line(&v, ui->cursor);
    }
    while (ui->top > 0 && now >= 0 && now < line) {
        ui->top--;
        now = view_row_line(&v, ui->cursor);
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
    conn_format_local(c, &local);
    conn_format_remote(c, &remote);
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
        ui->top = ui->cursor = 0;
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
    while (ui->top < ui->cursor && ui->cursor - ui->top >= capacity(s, ui->top))
        ui->top++;
}

/* No blank lines below the last row while rows are hidden above. */
static void fill_page(struct session *s)
{
    struct ui *ui = &s->ui;
    while (ui->top > 0 && ui->top - 1 + capacity(s, ui->top - 1) >= s->list->rows.n)
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
        view_choose_widths(ui, &v);
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
        return;
    }
    if (s->list->rows.n == 0 || (!ui->bound && sign < 0))
        return;
    if (unit == MOVE_END && row_view_is_partial(s->list)) {
        s->on_full_list = to_end;
        return;
    }
    uint32_t page = capacity(s, ui->top);
    uint32_t step = unit == MOVE_LINE   ? 1
                    : unit == MOVE_PAGE ? page
                    : unit == MOVE_HALF ? (page + 1) / 2
                                        : s->list->rows.n;
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
    uint32_t shown = capacity(s, ui->top);
    uint32_t last = shown ? ui->top + shown - 1 : ui->top;
    if (ui->cursor < ui->top || ui->cursor > last)
        table_select(s, ui->cursor < ui->top ? ui->top : last);
}

const struct conn *table_subject(struct session *s)
{
    if (s->ui.overlay == OVERLAY_DETAILS)
        return &s->ui.details;
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

void table_text(const struct session *s, const struct conn *c, struct str *out)
{
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    uint32_t hint = c == &s->ui.details ? s->ui.details_row : s->selected_row;
    uint32_t row = sample_find(s->list->sample, c, hint);
    if (row != UINT32_MAX) {
        struct naming naming = session_naming(s);
        table_row_text(s->list->sample, &naming, drawn, view_columns(&v, drawn), row, out);
        return;
    }
    conn_format_local(c, out);
    str_add(out, "  ");
    conn_format_remote(c, out);
}
