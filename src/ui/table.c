/* The connections: title line, column heads, rows with cursor and mark. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define MARKED_MOST 3 /* more than one row in so many marked: the marks lose their colours */

static bool has_title(const struct drawing *d)
{
    return d->l.kind != LAYOUT_TINY;
}

int table_lines(const struct drawing *d, const struct table_page *p, uint32_t position)
{
    uint32_t line = d->rows->row[position];

    return drawing_is_group(d, position) ? group_lines(d, &p->groups, line_group(line))
                                         : fit_row_lines(&p->fit, &d->s->conn[line]);
}

void table_page(const struct drawing *d, struct table_page *p)
{
    const struct rect *r = &d->l.table;
    int left;

    *p = (struct table_page){.top = d->ui->top};
    fit_make(&p->fit, d);
    p->head_y = r->y + (has_title(d) ? 1 : 0);
    p->first_y = p->head_y + 1;
    p->lines = r->y + r->h - p->first_y;
    left = p->lines;
    if (d->groups)
        group_fit_make(&p->groups, d);
    while (left > 0 && p->top + p->drawn < d->n_rows) {
        left -= table_lines(d, p, p->top + p->drawn);
        if (left < 0 && p->drawn > 0)
            break;
        p->drawn++;
    }
}

/* Is what happened at `when_ds` still marked? At least in the sample that saw it. */
static bool is_fresh(const struct drawing *d, uint32_t when_ds)
{
    return d->s->now_ds == when_ds || d->s->now_ds - when_ds < d->ui->fade_ds;
}

/* A group is marked when all of it is new, or has closed. */
static char group_mark(const struct drawing *d, uint32_t i)
{
    const struct group *group = &d->groups->group[i];

    if (group->count == 0)
        return '-';
    return group->born_ds && is_fresh(d, group->born_ds) ? '+' : ' ';
}

/* Marks of a row, as long as they last. */
static char mark_of(const struct drawing *d, uint32_t position)
{
    const struct sample *s = d->s;
    uint32_t row = d->rows->row[position];
    const struct row_times *times;

    if (drawing_is_group(d, position))
        return group_mark(d, line_group(row));
    times = s->times ? &s->times[row] : NULL;
    if (sample_row_kind(s, row) == ROW_CLOSED)
        return '-';
    if (drawing_row_severity(d, row) > SEVERITY_INFO)
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
    else if (id == COL_STATE && f->level != FIT_FULL && !(c->flags & CONN_BOUND))
        str_add(out, state_short_name(c->state));
    else if (id == COL_PROCESS)
        process_fit(d->s, row, column->w, out);
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
        return mark == '*' ? ROLE_CHANGED : state_role(c->state);
    return strcmp(text, FMT_NONE) ? ROLE_TEXT : ROLE_DIM;
}

/* The foreign address from line `y` on, broken after ':' where it is wider than the screen. */
static void draw_remote_alone(struct drawing *d, const struct fit *f, int y, int end_y,
                              enum role role, const char *text)
{
    int x = fit_remote_x(f), room = f->room + f->indent - x;

    for (; *text && y < end_y; y++) {
        size_t n = fit_address_line(text, room);
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
    const struct fit_column *local = fit_find(f, COL_LOCAL), *remote = fit_find(f, COL_REMOTE);
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
            put_name(d->c, x, at->y, w, role, str_text(&text));
        else
            canvas_put(d->c, x, at->y, w, role, str_text(&text));
    }
    if (alone) {
        str_clear(&text);
        column_format(COL_REMOTE, d->s, at->row, &text);
        endpoint_name(d, c, true, f->room - fit_remote_x(f), &text);
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
    if (drawing_is_group(d, at->position))
        draw_group(d, &p->groups, at->y, line_group(at->row), row_role);
    else
        draw_cells(d, &p->fit, at, row_role, colored ? mark : ' ');
    bool keeps = colored || mark == '-' || mark == '!';
    canvas_put(d->c, x + 1, at->y, 1, keeps ? mark_role(mark) : ROLE_TEXT, gutter);
    if (!cursor)
        return;
    canvas_put(d->c, x, at->y, 1, ROLE_TEXT, focused ? "▸" : "▹");
    for (int y = at->y; y < at->y + at->lines && y < at->end_y; y++)
        draw_cursor(d->c, x, y, table_room(d), focused);
}

static void draw_rows(struct drawing *d, const struct table_page *p)
{
    bool colored = marks_colored(d, p);
    int y = p->first_y, end_y = p->first_y + p->lines;

    for (uint32_t i = 0; i < p->drawn; i++) {
        uint32_t position = p->top + i, row = d->rows->row[position];
        int lines = table_lines(d, p, position);
        struct row_place at = {position, row, y, lines, end_y};

        draw_row(d, p, &at, colored);
        y += lines;
    }
}

static const char *sort_mark(const struct drawing *d)
{
    /* the state's order is by attention, the most first: that points down */
    bool down = d->ui->sort.descending != (d->ui->sort.column == COL_STATE);

    return down ? "▾" : "▴";
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

static void draw_heads(struct drawing *d, const struct table_page *p)
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
        canvas_put(d->c, x, p->head_y, w, ROLE_TITLE, head);
    }
}

/* "   12 groups by State", "" where there are none. */
static void groups_words(char out[FILL_SIZE], const struct drawing *d)
{
    char number[FMT_SIZE], words[FILL_SIZE];

    out[0] = '\0';
    if (!d->groups)
        return;
    fmt_count(number, sizeof number, d->groups->n);
    fill(words, d->groups->n == 1 ? MSG_VIEW_GROUP_ONE : MSG_VIEW_GROUPS, number,
         text(columns[d->groups->how.by].title), NULL);
    snprintf(out, FILL_SIZE, "   %.*s", FILL_SIZE - 4, words);
}

static void draw_table_title(struct drawing *d, const struct table_page *p)
{
    char all[FMT_SIZE] = FMT_NONE, matched[FMT_SIZE], more[3 * FILL_SIZE + UI_FILTER_MAX];
    char count[FILL_SIZE], view[FILL_SIZE] = "", groups[FILL_SIZE];
    const char *filter = d->ui->filter;

    if (d->s)
        fmt_count(all, sizeof all, d->s->total);
    if (*filter && d->rows) {
        if (d->ui->updating)
            copy_text(matched, sizeof matched, FMT_NONE);
        else
            fmt_count(matched, sizeof matched, d->rows->matched_live);
        fill(count, MSG_VIEW_SHOWN_OF, matched, all, NULL);
    } else {
        fill(count, MSG_VIEW_SHOWN_ALL, all, NULL, NULL);
    }
    groups_words(groups, d);
    snprintf(more, sizeof more, "%s%s%s%s%s%s%s%s", count, *filter ? "   " : "", filter, groups,
             d->ui->follow ? "" : "   ", d->ui->follow ? "" : text(MSG_VIEW_FOLLOW_OFF),
             d->ui->updating ? "   " : "", d->ui->updating ? text(MSG_VIEW_UPDATING) : "");
    if (p->drawn)
        snprintf(view, sizeof view, "%u-%u", p->top + 1, p->top + p->drawn);
    draw_title(d->c, &d->l.table, d->ui->focus == FOCUS_TABLE, text(MSG_VIEW_TABLE), more, view);
}

/* Why there is nothing to see. */
static void draw_empty(struct drawing *d, const struct table_page *p)
{
    char reason[FILL_SIZE], key[24];

    if (!d->s) {
        snprintf(reason, sizeof reason, "%s", text(MSG_VIEW_NO_SAMPLE));
    } else if (d->ui->filter[0] && d->ui->prompt == PROMPT_FILTER) {
        fill(reason, MSG_VIEW_NO_MATCH_YET, d->ui->filter, NULL, NULL);
    } else if (d->ui->filter[0]) {
        first_key(d->v, COMMAND_BACK, key);
        fill(reason, MSG_VIEW_NO_MATCH, d->ui->filter, key, NULL);
    } else {
        bool several = d->s->namespaces && d->s->namespaces->several;
        snprintf(reason, sizeof reason, "%s",
                 text(several ? MSG_VIEW_NO_SOCKETS_AT_ALL : MSG_VIEW_NO_SOCKETS));
    }
    if (p->lines > 0)
        canvas_put(d->c, d->l.table.x + GUTTER, p->first_y, p->fit.room - GUTTER, ROLE_DIM, reason);
}

void draw_table(struct drawing *d)
{
    struct table_page p;

    if (d->l.table.h <= 0)
        return;
    table_page(d, &p);
    if (has_title(d))
        draw_table_title(d, &p);
    if (p.head_y < d->l.table.y + d->l.table.h && group_heads(d))
        draw_group_heads(d, &p.groups, p.head_y);
    else if (p.head_y < d->l.table.y + d->l.table.h)
        draw_heads(d, &p);
    if (d->n_rows == 0)
        draw_empty(d, &p);
    else
        draw_rows(d, &p);
}
