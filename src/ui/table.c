/* SPDX-License-Identifier: MIT */
/* The table of connections as it is drawn: column heads, rows with their marks; and what is where.
 */
#include <stdio.h>
#include <string.h>

#include "endpoint_names.h"
#include "group_rows.h"
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
