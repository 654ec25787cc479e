/* The table's cursor: parked on the first line, or bound to a connection that keeps its screen line
 * while the list moves under it. */
#include <string.h>

#include "session_internal.h"

static const struct conn *conn_at(const struct session *s, uint32_t position)
{
    return &s->shown->conn[s->rows.row[position]];
}

static uint32_t position_of(const struct session *s, const struct conn *c)
{
    uint32_t row = snapshot_find(s->shown, c);
    return row == UINT32_MAX ? UINT32_MAX : rows_position(&s->rows, row);
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
    s->ui.top = s->ui.cursor = 0;
}

bool table_bind(struct session *s)
{
    if (s->rows.n == 0)
        return false;
    table_select(s, s->ui.cursor);
    return true;
}

void table_select(struct session *s, uint32_t position)
{
    if (s->rows.n == 0)
        return;
    s->ui.cursor = position < s->rows.n ? position : s->rows.n - 1;
    s->ui.selected = *conn_at(s, s->ui.cursor);
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

/* What became of the selected row, in the footer. */
static void say_lost(struct session *s)
{
    const struct conn *c = &s->ui.selected;
    struct str local = STR_INIT, remote = STR_INIT;
    conn_format_local(c, &local);
    conn_format_remote(c, &remote);
    enum msg id = s->rows.n == 0                             ? MSG_SESSION_WAS_LAST
                  : snapshot_find(s->shown, c) == UINT32_MAX ? MSG_SESSION_GONE
                                                             : MSG_SESSION_FILTERED_OUT;
    session_say(s, id, str_text(&local), str_text(&remote), NULL);
    str_fini(&local);
    str_fini(&remote);
}

/* The row that was selected is not among the rows any more. */
static void selection_lost(struct session *s, bool by_user)
{
    if (by_user) {
        table_park(s);
        s->selection_waiting = true;
        return;
    }
    say_lost(s);
    if (s->rows.n)
        table_select(s, s->ui.cursor);
    else
        table_park(s);
}

void table_place(struct session *s, bool by_user, uint32_t offset, int line)
{
    struct ui *ui = &s->ui;
    bool wanted = ui->bound || (by_user && s->selection_waiting);
    if (!wanted) {
        ui->top = ui->cursor = 0;
        return;
    }
    if (ui->bound && !ui->follow && !by_user && s->rows.n) {
        table_select(s, ui->cursor);
        return;
    }
    uint32_t position = position_of(s, &ui->selected);
    if (position == UINT32_MAX) {
        selection_lost(s, by_user);
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
    while (ui->top > 0 && ui->top - 1 + capacity(s, ui->top - 1) >= s->rows.n)
        ui->top--;
}

void table_settle(struct session *s)
{
    struct ui *ui = &s->ui;
    if (!s->shown)
        return;
    if (ui->top >= s->rows.n)
        ui->top = s->rows.n ? s->rows.n - 1 : 0;
    if (s->rows.n && (ui->local_width == 0 || ui->remote_width == 0)) {
        struct view v = session_view(s);
        view_choose_widths(ui, &v);
    }
    reveal_cursor(s);
    fill_page(s);
}

void table_move(struct session *s, enum move_unit unit, int sign)
{
    struct ui *ui = &s->ui;
    if (unit == MOVE_END && sign < 0) {
        table_park(s);
        return;
    }
    if (s->rows.n == 0 || (!ui->bound && sign < 0))
        return;
    uint32_t page = capacity(s, ui->top);
    uint32_t step = unit == MOVE_LINE   ? 1
                    : unit == MOVE_PAGE ? page
                    : unit == MOVE_HALF ? (page + 1) / 2
                                        : s->rows.n;
    if (unit == MOVE_PAGE || unit == MOVE_HALF)
        ui->top = sign > 0 ? ui->top + step : ui->top > step ? ui->top - step : 0;
    if (sign < 0)
        table_select(s, ui->cursor > step ? ui->cursor - step : 0);
    else
        table_select(s, s->rows.n - ui->cursor > step ? ui->cursor + step : s->rows.n - 1);
}

void table_scroll(struct session *s, int rows)
{
    struct ui *ui = &s->ui;
    if (s->rows.n == 0)
        return;
    uint32_t step = (uint32_t)(rows < 0 ? -rows : rows);
    if (rows < 0)
        ui->top = ui->top > step ? ui->top - step : 0;
    else
        ui->top = s->rows.n - ui->top > step ? ui->top + step : s->rows.n - 1;
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
    return table_bind(s) ? &s->ui.selected : NULL;
}

static void row_text(const struct session *s, const enum column_id *drawn, size_t n, uint32_t row,
                     struct str *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            str_add(out, "  ");
        columns[drawn[i]].format(s->shown, row, out);
    }
}

void table_text(const struct session *s, const struct conn *c, struct str *out)
{
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    uint32_t row = snapshot_find(s->shown, c);
    if (row != UINT32_MAX) {
        row_text(s, drawn, view_columns(&v, drawn), row, out);
        return;
    }
    conn_format_local(c, out);
    str_add(out, "  ");
    conn_format_remote(c, out);
}

uint32_t table_find(const struct session *s, const char *needle, uint32_t from)
{
    struct view v = session_view(s);
    enum column_id drawn[COL_COUNT];
    size_t n = view_columns(&v, drawn);
    struct str row = STR_INIT;
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 1; i <= s->rows.n && found == UINT32_MAX; i++) {
        uint32_t position = (from + i) % s->rows.n;
        str_clear(&row);
        row_text(s, drawn, n, s->rows.row[position], &row);
        if (strcasestr(str_text(&row), needle))
            found = position;
    }
    str_fini(&row);
    return found;
}
