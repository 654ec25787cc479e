/* SPDX-License-Identifier: MIT */
/* The table of connections: column heads, rows with their marks; and its cursor, which stands on
 * the first line or follows a connection while the list moves under it. */
#include <stdio.h>
#include <string.h>

#include "group_rows.h"
#include "overlay.h"
#include "session_rows.h"
#include "table.h"
#include "table_columns.h"
#include "table_title.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define MARKED_MOST 3 /* more than one row in so many marked: the marks lose their colours */

static bool has_title(const struct drawing *d)
{
    return d->l.kind != LAYOUT_TINY;
}

int table_head_y(const struct drawing *d)
{
    return d->l.table.y + (has_title(d) ? 1 : 0);
}

/* What is on the page of the table. */
struct table_page {
    struct fit fit;
    struct group_fit groups;    /* where there are any */
    int head_y, first_y, lines; /* screen lines: column heads, first row, how many rows' lines */
    uint32_t top, drawn;        /* positions */
};

/* Screen lines that the line of the list at `position` takes. */
static int lines_of(const struct drawing *d, const struct table_page *p, uint32_t position)
{
    uint32_t line = d->rows->row[position];

    return group_is_line(d, position) ? group_lines(d, &p->groups, groups_line_group(line)) +
                                            (group_has_row_heads(d, position) ? 1 : 0)
                                      : table_columns_row_lines(d->s, &p->fit, &d->s->conn[line]);
}

static void make_page(const struct drawing *d, struct table_page *p)
{
    const struct rect *r = &d->l.table;
    int left;

    *p = (struct table_page){.top = d->ui->top};
    table_columns_fit(&p->fit, d);
    p->head_y = table_head_y(d);
    p->first_y = p->head_y + 1;
    p->lines = r->y + r->h - p->first_y;
    left = p->lines;
    if (d->groups)
        group_fit_make(&p->groups, d);
    while (left > 0 && p->top + p->drawn < d->n_rows) {
        left -= lines_of(d, p, p->top + p->drawn);
        if (left < 0 && p->drawn > 0)
            break;
        p->drawn++;
    }
}

/* Is what happened at `when_ds` still marked? At least in the sample that saw it. */
static bool is_fresh(const struct drawing *d, uint32_t when_ds)
{
    return d->s->now_ds == when_ds || d->s->now_ds - when_ds < ui_settings_fade_ds(d->v->settings);
}

/* A group is marked when all of it is new, or has closed, and when there is a warning about any. */
static char group_mark(const struct drawing *d, uint32_t i)
{
    const struct group *group = &d->groups->group[i];

    if (group->count == 0)
        return '-';
    if (group->warned)
        return '!';
    return group->born_ds && is_fresh(d, group->born_ds) ? '+' : ' ';
}

/* Marks of a row, as long as they last. */
static char mark_of(const struct drawing *d, uint32_t position)
{
    const struct sample *s = d->s;
    uint32_t row = d->rows->row[position];
    const struct row_times *times;

    if (group_is_line(d, position))
        return group_mark(d, groups_line_group(row));
    times = s->times ? &s->times[row] : NULL;
    if (sample_row_kind(s, row) == ROW_CLOSED)
        return '-';
    if (sample_row_kind(s, row) == ROW_MISSING)
        return '?';
    if (draw_row_severity(d, row) > SEVERITY_INFO)
        return '!';
    if (times && s->conn[row].was_state && times->changed_ds != times->born_ds &&
        is_fresh(d, times->changed_ds))
        return '*';
    if (times && times->born_ds && is_fresh(d, times->born_ds))
        return '+';
    return position < d->ui->pinned_rows ? '^' : ' ';
}

static enum role mark_role(char mark)
{
    switch (mark) {
    case '+':
        return ROLE_NEW;
    case '*':
        return ROLE_CHANGED;
    case '-':
        return ROLE_CLOSED;
    case '!':
        return ROLE_WARN;
    default:
        return ROLE_TEXT;
    }
}

/* Do the marks of the page keep their colours? A busy server must not flicker. */
static bool marks_colored(const struct drawing *d, const struct table_page *p)
{
    uint32_t marked = 0;

    for (uint32_t i = 0; i < p->drawn; i++) {
        char mark = mark_of(d, p->top + i);

        marked += mark != ' ' && mark != '^' && mark != '!';
    }
    return marked * MARKED_MOST <= p->drawn;
}

static void cell_text(const struct drawing *d, const struct fit *f, const struct fit_column *column,
                      uint32_t row, struct str *out)
{
    enum column_id id = column->id;
    const struct conn *c = &d->s->conn[row];

    str_clear(out);
    if (id == COL_LOCAL && f->level >= FIT_PORT)
        str_addf(out, "%u", c->sport);
    else if (id == COL_STATE && f->level != FIT_FULL)
        str_add(out, state_code(conn_counts_as(c)));
    else if (id == COL_STATE && c->flags & CONN_BOUND)
        str_add(out, state_short_name(conn_counts_as(c)));
    else if (id == COL_PROCESS)
        column_process_fit(d->s, row, column->w, out);
    else
        column_format(id, d->s, row, out);
}

/* The role of a cell in a row whose own role is `row_role`. */
static enum role cell_role(enum column_id id, const struct conn *c, enum role row_role, char mark,
                           const char *text)
{
    if (row_role != ROLE_TEXT)
        return row_role;
    if (id == COL_STATE)
        return mark == '*' ? ROLE_CHANGED : column_state_role(c->state);
    return strcmp(text, FMT_NONE) ? ROLE_TEXT : ROLE_DIM;
}

/* The remote address from line `y` on, broken after ':' where it is wider than the screen. The
 * arrow tells it from a row of its own. */
static void draw_remote_alone(struct drawing *d, const struct fit *f, int y, int end_y,
                              enum role role, const char *text)
{
    int x = table_columns_remote_x(f), room = f->room + f->indent - x;

    if (y < end_y)
        canvas_put(d->c, d->l.table.x + x - ARROW_W, y, ARROW_W, ROLE_DIM, "─→");
    for (; *text && y < end_y; y++) {
        size_t n = table_columns_break_address(text, room);
        char line[64];

        snprintf(line, sizeof line, "%.*s", (int)n, text);
        canvas_put(d->c, d->l.table.x + x, y, room, role, line);
        text += n;
    }
}

struct row_place {
    uint32_t position, row;
    int y, lines, end_y;
};

static void draw_cells(struct drawing *d, const struct fit *f, const struct row_place *at,
                       enum role row_role, char mark)
{
    const struct conn *c = &d->s->conn[at->row];
    const struct fit_column *local = table_columns_find(f, COL_LOCAL),
                            *remote = table_columns_find(f, COL_REMOTE);
    bool alone = at->lines > 1;
    struct str text = STR_INIT;

    for (int i = 0; i < f->n; i++) {
        const struct fit_column *column = &f->column[i];
        int x = d->l.table.x + column->x, w = column->w;
        bool right = columns[column->id].align == ALIGN_RIGHT;

        if (alone && column->id == COL_REMOTE)
            continue;
        if (alone && column->id == COL_LOCAL && f->level < FIT_PORT && remote == column + 1)
            w = remote->x + remote->w - local->x;
        if (column->id == COL_LOCAL && f->level >= FIT_PORT)
            right = true;
        cell_text(d, f, column, at->row, &text);
        if (column->id == COL_REMOTE || (column->id == COL_LOCAL && f->level < FIT_PORT))
            endpoint_name(d, c, column->id == COL_REMOTE, w, &text);
        enum role role = cell_role(column->id, c, row_role, mark, str_text(&text));
        if (right)
            canvas_put_right(d->c, x, at->y, w, role, str_text(&text));
        else if (columns[column->id].kind == KIND_TEXT)
            draw_name(d->c, x, at->y, w, role, str_text(&text));
        else
            canvas_put(d->c, x, at->y, w, role, str_text(&text));
    }
    if (alone) {
        str_clear(&text);
        column_format(COL_REMOTE, d->s, at->row, &text);
        endpoint_name(d, c, true, f->room - table_columns_remote_x(f), &text);
        draw_remote_alone(d, f, at->y + 1, at->end_y, row_role, str_text(&text));
    }
    str_fini(&text);
}

static void draw_row(struct drawing *d, const struct table_page *p, const struct row_place *at,
                     bool colored)
{
    char mark = mark_of(d, at->position), gutter[2] = {mark, '\0'};
    bool cursor = at->position == d->ui->cursor, focused = d->ui->focus == FOCUS_TABLE;
    enum role row_role = ROLE_TEXT;
    int x = d->l.table.x;

    if (d->ui->digits_pending)
        row_role = ROLE_DIM;
    else if (mark == '-' || (mark == '+' && colored))
        row_role = mark_role(mark);
    if (group_is_line(d, at->position))
        group_draw(d, &p->groups, at->y, groups_line_group(at->row), row_role);
    else
        draw_cells(d, &p->fit, at, row_role, colored ? mark : ' ');
    bool keeps = colored || mark == '-' || mark == '!';
    canvas_put(d->c, x + 1, at->y, 1, keeps ? mark_role(mark) : ROLE_TEXT, gutter);
    if (!cursor)
        return;
    canvas_put(d->c, x, at->y, 1, ROLE_TEXT, focused ? "▸" : "▹");
    const int end = at->y + at->lines - (group_has_row_heads(d, at->position) ? 1 : 0);
    for (int y = at->y; y < end && y < at->end_y; y++)
        draw_cursor(d->c, x, y, table_columns_room(d), focused);
}

static void draw_rows(struct drawing *d, const struct table_page *p)
{
    bool colored = marks_colored(d, p);
    int y = p->first_y, end_y = p->first_y + p->lines;

    for (uint32_t i = 0; i < p->drawn; i++) {
        uint32_t position = p->top + i, row = d->rows->row[position];
        int lines = lines_of(d, p, position);
        struct row_place at = {position, row, y, lines, end_y};

        draw_row(d, p, &at, colored);
        y += lines;
    }
}

bool table_sorts_down(const struct sort *sort)
{
    return sort->descending != (sort->column == COL_STATE);
}

static const char *sort_mark(const struct drawing *d)
{
    return table_sorts_down(&d->ui->sort) ? "▾" : "▴";
}

static bool right_aligned(const struct fit *f, enum column_id id)
{
    return columns[id].align == ALIGN_RIGHT || (id == COL_LOCAL && f->level >= FIT_PORT);
}

static const char *head_title(const struct fit *f, int i)
{
    bool port = f->column[i].id == COL_LOCAL && f->level >= FIT_PORT;

    return text(port ? MSG_VIEW_PORT : columns[f->column[i].id].title);
}

/* The blank between the title and its mark goes where they would touch a neighbour. */
static bool head_spaced(const struct fit *f, int i)
{
    const struct fit_column *column = &f->column[i];
    int over = utf8_width(head_title(f, i)) + 2 - column->w;
    bool slack = i > 0 && right_aligned(f, column->id) && !right_aligned(f, column[-1].id) &&
                 utf8_width(head_title(f, i - 1)) < column[-1].w;

    return over <= (slack ? 1 : 0);
}

static void draw_heads(struct drawing *d, const struct table_page *p, int y)
{
    for (int i = 0; i < p->fit.n; i++) {
        const struct fit_column *column = &p->fit.column[i];
        const char *title = head_title(&p->fit, i);
        int x = d->l.table.x + column->x, w;
        char head[FILL_SIZE];

        snprintf(head, sizeof head, "%s", title);
        if (column->id == d->ui->sort.column)
            snprintf(head, sizeof head, "%s%s%s", title, head_spaced(&p->fit, i) ? " " : "",
                     sort_mark(d));
        w = utf8_width(head);
        if (right_aligned(&p->fit, column->id))
            x += column->w - w;
        else if (w > column->w + 1)
            w = column->w;
        canvas_put(d->c, x, y, w, ROLE_TITLE, head);
    }
}

/* Each group that is unfolded has the heads of its rows below it. */
static void draw_row_heads(struct drawing *d, const struct table_page *p)
{
    int y = p->first_y;

    for (uint32_t position = p->top; position < p->top + p->drawn; position++) {
        y += lines_of(d, p, position);
        if (group_has_row_heads(d, position) && y <= p->first_y + p->lines)
            draw_heads(d, p, y - 1);
    }
}

/* Why there is nothing to see. */
static void draw_empty(struct drawing *d, const struct table_page *p)
{
    static const enum msg no_match[][2] = {
        /* of this host or a recording, and of imported output */
        [LACKS_NOTHING] = {MSG_VIEW_NO_MATCH, MSG_VIEW_NO_MATCH},
        [LACKS_FIGURES] = {MSG_VIEW_NO_VALUES, MSG_VIEW_NO_VALUES_LISTED},
        [LACKS_VALUES] = {MSG_VIEW_NO_VALUES, MSG_VIEW_NO_VALUES_LISTED},
        [LACKS_BOUND] = {MSG_VIEW_NO_BOUND, MSG_VIEW_NO_BOUND_LISTED},
    };
    char reason[FILL_SIZE], key[24];

    if (!d->s) {
        snprintf(reason, sizeof reason, "%s", text(MSG_VIEW_NO_SAMPLE));
    } else if (d->ui->filter[0]) {
        char what[FILL_SIZE];
        keymap_first_key(&d->v->settings->bindings, COMMAND_BACK, key);
        draw_fill(what, no_match[d->ui->lacks][d->s->import != NULL], d->ui->filter, NULL, NULL);
        if (d->ui->prompt == PROMPT_FILTER)
            draw_copy_text(reason, sizeof reason, what);
        else
            draw_fill(reason, MSG_VIEW_CLEARS_FILTER, what, key, NULL);
    } else {
        bool several = d->s->namespaces && d->s->namespaces->several;
        snprintf(reason, sizeof reason, "%s",
                 text(several        ? MSG_VIEW_NO_SOCKETS_AT_ALL
                      : d->s->import ? MSG_VIEW_NO_SOCKETS_LISTED
                                     : MSG_VIEW_NO_SOCKETS));
    }
    if (p->lines > 0)
        draw_name(d->c, d->l.table.x + GUTTER, p->first_y, p->fit.room - GUTTER, ROLE_DIM, reason);
}

void table_draw(struct drawing *d)
{
    struct table_page p;

    if (d->l.table.h <= 0)
        return;
    make_page(d, &p);
    if (has_title(d))
        table_title_draw(d, p.top, p.drawn);
    if (p.head_y < d->l.table.y + d->l.table.h && group_has_heads(d))
        group_draw_heads(d, &p.groups, p.head_y);
    else if (p.head_y < d->l.table.y + d->l.table.h)
        draw_heads(d, &p, p.head_y);
    if (d->n_rows == 0)
        draw_empty(d, &p);
    else
        draw_rows(d, &p);
    draw_row_heads(d, &p);
}

/* The position in the list of what is drawn at screen line `y`, or of `position` if that is drawn;
 * UINT32_MAX: neither. `*line`: its first screen line, or -1. */
static uint32_t row_at(const struct view *v, int y, uint32_t position, int *line)
{
    struct drawing d;
    struct table_page p;
    int at;

    draw_init(&d, NULL, v);
    *line = -1;
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return UINT32_MAX;
    make_page(&d, &p);
    at = p.first_y;
    for (uint32_t i = 0; i < p.drawn; i++) {
        int lines = lines_of(&d, &p, p.top + i);

        if ((y >= at && y < at + lines) || p.top + i == position) {
            *line = at;
            return p.top + i;
        }
        at += lines;
    }
    return UINT32_MAX;
}

uint32_t table_row_at(const struct view *v, int y)
{
    int line;

    return row_at(v, y, UINT32_MAX, &line);
}

int table_row_line(const struct view *v, uint32_t position)
{
    int line;

    row_at(v, -1, position, &line);
    return line;
}

uint32_t table_capacity(const struct view *v, uint32_t top)
{
    struct ui ui = *v->ui;
    struct view moved = *v;
    struct drawing d;
    struct table_page p;

    ui.top = top;
    moved.ui = &ui;
    draw_init(&d, NULL, &moved);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return 0;
    make_page(&d, &p);
    /* a page that the list does not fill could hold one row a line more */
    if (p.top + p.drawn >= d.n_rows && p.lines > 0) {
        int used = 0;

        for (uint32_t i = 0; i < p.drawn; i++)
            used += lines_of(&d, &p, p.top + i);
        return p.drawn + (used < p.lines ? (uint32_t)(p.lines - used) : 0);
    }
    return p.drawn;
}

size_t table_columns(const struct view *v, enum column_id drawn[COL_COUNT])
{
    struct drawing d;
    struct fit f;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return 0;
    table_columns_fit(&f, &d);
    for (int i = 0; i < f.n; i++)
        drawn[i] = f.column[i].id;
    return (size_t)f.n;
}

/* Is `y` the line of the heads below a group? */
static bool is_row_heads(const struct drawing *d, const struct table_page *p, int y)
{
    int end = p->first_y;

    for (uint32_t position = p->top; position < p->top + p->drawn; position++) {
        end += lines_of(d, p, position);
        if (group_has_row_heads(d, position) && y == end - 1)
            return true;
    }
    return false;
}

int table_head_at(const struct view *v, int x, int y)
{
    struct drawing d;
    struct table_page p;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return -1;
    make_page(&d, &p);
    if (y == p.head_y ? group_has_heads(&d) : !is_row_heads(&d, &p, y))
        return -1;
    for (int i = 0; i < p.fit.n; i++) {
        const struct fit_column *column = &p.fit.column[i];

        if (x >= d.l.table.x + column->x && x < d.l.table.x + column->x + column->w)
            return (int)column->id;
    }
    return -1;
}

void table_choose_widths(struct ui *ui, const struct view *v)
{
    struct drawing d;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.n_rows == 0)
        return;
    table_columns_choose(&d, &ui->local_width, &ui->remote_width);
    ui->process_width = table_columns_process(&d);
    ui->group_width = d.groups ? group_choose(&d) : 0;
}

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
