/* SPDX-License-Identifier: MIT */
/* Groups in the table: a line says what its rows have in common, how many there are, how that
 * changed, sums, and the states as chips. Groups unfold in place and open as filters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_choice.h"
#include "group_rows.h"
#include "prompt.h"
#include "states.h"
#include "table.h"
#include "table_columns.h"
#include "table_cursor.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"

#define FOLD_W       2 /* before the value: ▾ where the group is unfolded */
#define COUNT_W      9
#define COUNT_W_TINY 6
#define CHANGE_W     7
#define SUM_W        8
#define STATES_LEAST 10 /* fewer columns show no chip worth it */
#define STATES_ROOM  20 /* names are cut, and sums left out, so that chips have as many */
#define NAME_LEAST   9
#define TINY_W       60

static const int steps[] = {11, 15, 21, 31, 39, 47};
#define STEPS ((int)(sizeof steps / sizeof *steps))

bool group_is_line(const struct drawing *d, uint32_t position)
{
    return d->groups && position < d->n_rows && groups_line_is_group(d->rows->row[position]);
}

uint32_t group_of_cursor(const struct drawing *d)
{
    return group_is_line(d, d->ui->cursor) ? groups_line_group(d->rows->row[d->ui->cursor])
                                           : GROUP_NONE;
}

bool group_has_heads(const struct drawing *d)
{
    return d->groups && (d->n_rows == 0 || group_is_line(d, d->ui->top));
}

bool group_has_row_heads(const struct drawing *d, uint32_t position)
{
    return group_is_line(d, position) &&
           group_unfolded(d, groups_line_group(d->rows->row[position]));
}

static enum column_id by(const struct drawing *d)
{
    return d->groups->how.by;
}

const char *group_title(const struct grouping *how, unsigned figure)
{
    switch (figure) {
    case GROUP_KEY:
        return how->by < COL_COUNT ? text(columns[how->by].title) : "";
    case GROUP_COUNT:
        return text(MSG_GROUP_COUNT);
    case GROUP_CHANGE:
        return text(MSG_VIEW_CHANGE);
    default:
        return text(columns[how->sum[figure - GROUP_SUM]].title);
    }
}

/* The title with the mark of the sort. */
static int title_width(const struct drawing *d)
{
    return utf8_width(text(columns[by(d)].title)) + 2;
}

/* The widest value of the page. */
static int widest(const struct drawing *d)
{
    struct str buffer = STR_INIT;
    int w = 0;

    for (uint32_t i = d->ui->top; i < d->n_rows && i < d->ui->top + (uint32_t)d->l.table.h; i++) {
        int own;

        if (!group_is_line(d, i))
            continue;
        str_clear(&buffer);
        groups_format(d->groups, d->s, groups_line_group(d->rows->row[i]), &buffer);
        own = utf8_width(str_text(&buffer));
        w = own > w ? own : w;
    }
    str_fini(&buffer);
    return w;
}

int group_choose(const struct drawing *d)
{
    int w = widest(d), least = title_width(d), i = 0;

    w = w > least ? w : least;
    while (i < STEPS - 1 && steps[i] < w)
        i++;
    return steps[i] < w || columns[by(d)].align == ALIGN_RIGHT ? w : steps[i];
}

static bool may_be_cut(const struct drawing *d)
{
    return columns[by(d)].kind == KIND_TEXT;
}

/* The value's column: as chosen, grown for a wider value, and a name no wider than leaves room for
 * the rest. */
static void fit_key(struct group_fit *f, const struct drawing *d)
{
    int w = widest(d), left = f->room - GUTTER - FOLD_W - 1 - f->count_w;
    int most = left - (1 + CHANGE_W) - (1 + STATES_ROOM);

    f->key_x = GUTTER + FOLD_W;
    f->key_w = d->ui->group_width ? d->ui->group_width : group_choose(d);
    f->key_w = f->key_w > w ? f->key_w : w;
    if (f->key_w > left && w <= left)
        f->key_w = left;
    if (may_be_cut(d) && f->key_w > most)
        f->key_w = most > NAME_LEAST ? most : left < NAME_LEAST ? left : NAME_LEAST;
    f->own_line = f->key_w > left;
}

/* As many of the chosen sums as leave room for the states; where none was chosen, both rates or
 * neither: they cost figures of every socket. */
static unsigned sums_that_fit(const struct drawing *d, int left)
{
    int spare = left - (by(d) == COL_STATE ? 0 : 2 + STATES_ROOM);
    unsigned n = d->groups->how.n_sums, fit = spare > 0 ? (unsigned)(spare / (1 + SUM_W)) : 0;

    if (fit >= n)
        return n;
    return d->ui->n_chosen ? fit : 0;
}

/* One form for the page: the same state has the same name in all lines. */
static int form_of_page(const struct drawing *d, int room)
{
    int form = 0;

    for (uint32_t i = d->ui->top; i < d->n_rows && i < d->ui->top + (uint32_t)d->l.table.h; i++) {
        if (!group_is_line(d, i))
            continue;
        const uint32_t group = groups_line_group(d->rows->row[i]);
        const int own = states_chips_form(d->groups->group[group].state, room);
        form = own > form ? own : form;
    }
    return form;
}

void group_fit_make(struct group_fit *f, const struct drawing *d)
{
    int x, left;

    *f = (struct group_fit){.room = table_columns_room(d)};
    f->count_w = f->room < TINY_W ? COUNT_W_TINY : COUNT_W;
    fit_key(f, d);
    f->count_x = f->own_line ? f->key_x : f->key_x + f->key_w + 1;
    x = f->count_x + f->count_w;
    left = f->room - x;
    if (left >= 1 + CHANGE_W) {
        f->change_x = x + 1;
        x += 1 + CHANGE_W;
        left -= 1 + CHANGE_W;
    }
    f->n_sums = sums_that_fit(d, left);
    for (unsigned i = 0; i < f->n_sums; i++) {
        f->sum_x[i] = x + 1;
        x += 1 + SUM_W;
        left -= 1 + SUM_W;
    }
    if (left >= 2 + STATES_LEAST && by(d) != COL_STATE) {
        f->states_x = x + 2;
        f->states_w = left - 2;
        f->states_form = form_of_page(d, f->states_w);
    }
}

/* The value in lines of its own, where it is wider than leaves room for the count. */
static int key_lines(const struct drawing *d, const struct group_fit *f, uint32_t group)
{
    struct str value = STR_INIT;
    int lines = 0, room = f->room - f->key_x;

    groups_format(d->groups, d->s, group, &value);
    for (const char *at = str_text(&value); *at; at += table_columns_break_address(at, room))
        lines++;
    str_fini(&value);
    return lines;
}

int group_lines(const struct drawing *d, const struct group_fit *f, uint32_t group)
{
    return f->own_line ? key_lines(d, f, group) + 1 : 1;
}

bool group_unfolded(const struct drawing *d, uint32_t group)
{
    struct value v;

    groups_value(d->groups, group, &v);
    for (uint32_t i = 0; i < d->ui->n_unfolded; i++) {
        if (groups_same_value(&v, &d->ui->unfolded[i]))
            return true;
    }
    return false;
}

/* `text` in at most `w` columns, with "…" where it was cut. */
static void cut_name(char out[FILL_SIZE], const char *text, int w)
{
    size_t n;

    draw_copy_text(out, FILL_SIZE, text);
    if (utf8_width(out) <= w)
        return;
    n = w > 0 ? utf8_fit(out, strlen(out), w - 1, NULL) : 0;
    snprintf(out + n, FILL_SIZE - n, "…");
}

static void draw_key(struct drawing *d, const struct group_fit *f, int y, uint32_t group,
                     enum role role)
{
    struct str value = STR_INIT;
    const char *at;
    char name[FILL_SIZE];
    int x = d->l.table.x + f->key_x;

    groups_format(d->groups, d->s, group, &value);
    at = str_text(&value);
    if (f->own_line) {
        for (; *at; y++) {
            size_t n = table_columns_break_address(at, f->room - f->key_x);

            snprintf(name, sizeof name, "%.*s", (int)n, at);
            canvas_put(d->c, x, y, f->room - f->key_x, role, name);
            at += n;
        }
    } else {
        if (role == ROLE_TEXT && d->groups->group[group].type == VALUE_NONE)
            role = ROLE_DIM;
        if (role == ROLE_TEXT && by(d) == COL_STATE)
            role = column_state_role(state_parse(at, strlen(at)));
        cut_name(name, at, f->key_w);
        if (columns[by(d)].align == ALIGN_RIGHT)
            canvas_put_right(d->c, x, y, f->key_w, role, name);
        else
            canvas_put(d->c, x, y, f->key_w, role, name);
    }
    str_fini(&value);
}

static void draw_figures(struct drawing *d, const struct group_fit *f, int y, uint32_t group,
                         enum role role)
{
    const struct group *g = &d->groups->group[group];
    int x = d->l.table.x;
    char number[FMT_SIZE];
    int64_t change;

    canvas_put_right(d->c, x + f->count_x, y, f->count_w, role,
                     fmt_count_fit(number, sizeof number, g->count, f->count_w));
    if (f->change_x) {
        bool known = groups_change(d->groups, group, &change);

        canvas_put_right(d->c, x + f->change_x, y, CHANGE_W, known ? role : ROLE_DIM,
                         known ? fmt_change(number, sizeof number, change, CHANGE_W) : FMT_NONE);
    }
    for (unsigned i = 0; i < f->n_sums; i++) {
        const char *sum = groups_format_sum(d->groups, group, i, number);

        canvas_put_right(d->c, x + f->sum_x[i], y, SUM_W, strcmp(sum, FMT_NONE) ? role : ROLE_DIM,
                         sum);
    }
    if (f->states_w)
        states_draw_chips(d->c, x + f->states_x, y, f->states_w, g->state, f->states_form, role);
}

void group_draw(struct drawing *d, const struct group_fit *f, int y, uint32_t group, enum role role)
{
    int figures_y = y + group_lines(d, f, group) - 1;

    if (group_unfolded(d, group))
        canvas_put(d->c, d->l.table.x + GUTTER, y, FOLD_W, ROLE_KEY, "▾");
    draw_key(d, f, y, group, role);
    draw_figures(d, f, figures_y, group, role);
}

/* Where a figure stands; w 0: it is not drawn. */
static void figure_place(const struct group_fit *f, unsigned figure, int *x, int *w)
{
    *x = *w = 0;
    switch (figure) {
    case GROUP_KEY:
        *x = f->key_x;
        *w = f->own_line ? 0 : f->key_w;
        break;
    case GROUP_COUNT:
        *x = f->count_x;
        *w = f->count_w;
        break;
    case GROUP_CHANGE:
        *x = f->change_x;
        *w = f->change_x ? CHANGE_W : 0;
        break;
    default:
        if (figure - GROUP_SUM < f->n_sums) {
            *x = f->sum_x[figure - GROUP_SUM];
            *w = SUM_W;
        }
    }
}

/* The figures that are drawn, left to right; returns how many. */
static int figures_drawn(const struct group_fit *f, uint8_t figures[GROUP_SUM + GROUP_SUMS])
{
    int n = 0, x, w;

    for (unsigned figure = GROUP_KEY; figure < GROUP_SUM + GROUP_SUMS; figure++) {
        figure_place(f, figure, &x, &w);
        if (w)
            figures[n++] = (uint8_t)figure;
    }
    return n;
}

/* The figure whose head is at column `x`, -1 when there is none. */
static int figure_at(const struct drawing *d, const struct group_fit *f, int x)
{
    for (unsigned figure = GROUP_KEY; figure < GROUP_SUM + GROUP_SUMS; figure++) {
        int from, w;

        figure_place(f, figure, &from, &w);
        if (x >= d->l.table.x + from && x < d->l.table.x + from + w)
            return (int)figure;
    }
    return -1;
}

void group_draw_heads(struct drawing *d, const struct group_fit *f, int y)
{
    const struct group_sort *sort = &d->ui->group_sort;
    int x, w;

    for (unsigned figure = GROUP_KEY; figure < GROUP_SUM + GROUP_SUMS; figure++) {
        char head[FILL_SIZE];
        const char *title, *mark = sort->descending ? "▾" : "▴";

        figure_place(f, figure, &x, &w);
        if (!w)
            continue;
        title = group_title(&d->groups->how, figure);
        if (sort->figure == figure)
            snprintf(head, sizeof head, "%s%s%s", title, utf8_width(title) + 2 <= w ? " " : "",
                     mark);
        else
            snprintf(head, sizeof head, "%s", title);
        if (figure != GROUP_KEY || columns[by(d)].align == ALIGN_RIGHT)
            canvas_put_right(d->c, d->l.table.x + x, y, w, ROLE_TITLE, head);
        else
            canvas_put(d->c, d->l.table.x + x, y, w, ROLE_TITLE, head);
    }
    if (f->states_w)
        canvas_put(d->c, d->l.table.x + f->states_x, y, f->states_w, ROLE_TITLE,
                   text(MSG_VIEW_GROUP_STATES));
}

int group_head_at(const struct view *v, int x, int y)
{
    struct drawing d;
    struct group_fit f;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0 || !group_has_heads(&d))
        return -1;
    group_fit_make(&f, &d);
    return y == table_head_y(&d) ? figure_at(&d, &f, x) : -1;
}

int group_figures(const struct view *v, uint8_t figures[GROUP_SUM + GROUP_SUMS])
{
    struct drawing d;
    struct group_fit f;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0 || !d.groups)
        return 0;
    group_fit_make(&f, &d);
    return figures_drawn(&f, figures);
}

bool group_under_cursor(const struct session *s, uint32_t *group)
{
    const struct row_view *l = s->list;
    if (!l->grouped || s->ui.cursor >= l->rows.n ||
        !groups_line_is_group(l->rows.row[s->ui.cursor]))
        return false;
    *group = groups_line_group(l->rows.row[s->ui.cursor]);
    return true;
}

void group_text(const struct session *s, uint32_t group, struct str *out)
{
    const struct groups *g = &s->list->groups;
    groups_format(g, s->list->sample, group, out);
    str_addf(out, "  %u", g->group[group].count);
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++) {
        unsigned state = state_list_order[i];
        if (g->group[group].state[state])
            str_addf(out, "  %s %u", state_name(state), g->group[group].state[state]);
    }
}

/* The lines are of another kind now: what was chosen and looked at among those of before means
 * nothing. Returns what must follow. */
static unsigned regroup(struct session *s, int by)
{
    s->ui.group_by = by;
    s->ui.n_unfolded = 0;
    s->question++;
    return REACT_WIDTHS;
}

unsigned group_choose_by(struct session *s, int by)
{
    unsigned reaction;

    if (by == s->ui.group_by)
        return REACT_NOTHING;
    reaction = regroup(s, by) | REACT_LIST;
    if (by >= 0) {
        table_park(s);
        session_focus(s, FOCUS_TABLE);
    }
    return reaction;
}

/* Are the groups shown those that were asked for? Others may stand until the worker has answered.
 */
static bool in_step(const struct session *s)
{
    return s->list->grouped && s->ui.group_by == (int)s->list->groups.how.by;
}

static int unfolded_at(const struct ui *ui, const struct value *v)
{
    for (uint32_t i = 0; i < ui->n_unfolded; i++) {
        if (groups_same_value(&ui->unfolded[i], v))
            return (int)i;
    }
    return -1;
}

static unsigned fold_group(struct session *s, uint32_t group, bool fold)
{
    struct ui *ui = &s->ui;
    struct value v;
    if (!in_step(s))
        return REACT_NOTHING;
    groups_value(&s->list->groups, group, &v);
    int at = unfolded_at(ui, &v);
    if (fold == (at < 0))
        return REACT_NOTHING;
    if (!fold && ui->n_unfolded == GROUPS_UNFOLDED_MAX) {
        session_say(s, MSG_SESSION_UNFOLDED_FULL, NULL);
        return REACT_NOTHING;
    }
    if (fold)
        memmove(&ui->unfolded[at], &ui->unfolded[at + 1],
                (--ui->n_unfolded - (uint32_t)at) * sizeof(ui->unfolded[0]));
    else
        ui->unfolded[ui->n_unfolded++] = v;
    table_bind(s); /* it stays under the cursor while rows come and go above it */
    return REACT_LIST;
}

unsigned group_toggle(struct session *s, uint32_t group)
{
    struct value v;
    groups_value(&s->list->groups, group, &v);
    return fold_group(s, group, unfolded_at(&s->ui, &v) >= 0);
}

unsigned group_sideways(struct session *s, int sign)
{
    uint32_t group, at = s->ui.cursor;
    if (group_under_cursor(s, &group))
        return fold_group(s, group, sign < 0);
    if (!s->list->grouped || sign > 0 || s->ui.column_scroll > 0 || at >= s->list->rows.n)
        return REACT_NOT_MINE;
    while (at > 0 && !groups_line_is_group(s->list->rows.row[at]))
        at--;
    table_select(s, at);
    return REACT_NOTHING;
}

/* Groups that were opened, to go back to: what the screen was like then. */
unsigned group_open(struct session *s, uint32_t group)
{
    struct ui *ui = &s->ui;
    struct str term = STR_INIT;
    char filter[UI_FILTER_MAX];
    struct value v;
    unsigned reaction = REACT_NOTHING;
    if (!in_step(s))
        return REACT_NOTHING;
    groups_value(&s->list->groups, group, &v);
    if (ui->opened == OPENED_MAX || !groups_term(s->list->groups.how.by, &v, &term)) {
        session_say(s, ui->opened == OPENED_MAX ? MSG_SESSION_OPENED_FULL : MSG_SESSION_NO_TERM,
                    NULL);
    } else if (str_failed(&term) ||
               !filter_choice_replace(filter, ui->filter, CHOICE_MORE, str_text(&term))) {
        session_say(s, MSG_SESSION_FILTER_TOO_LONG, NULL);
    } else {
        struct opened *o = &s->opened[ui->opened];
        *o = (struct opened){.group_by = ui->group_by,
                             .group = v,
                             .n_unfolded = ui->n_unfolded,
                             .offset = ui->cursor - ui->top};
        memcpy(o->filter, ui->filter, sizeof(o->filter));
        memcpy(o->unfolded, ui->unfolded, sizeof(o->unfolded));
        ui->opened++;
        reaction = regroup(s, -1);
        table_park(s);
        ui->on_group = false;
        if (prompt_filter_apply(s, filter, NULL, &reaction) < 0) {
            reaction |= group_back(s);
            session_say(s, MSG_SESSION_NO_TERM, NULL);
        }
    }
    str_fini(&term);
    return reaction;
}

unsigned group_back(struct session *s)
{
    struct ui *ui = &s->ui;
    unsigned reaction = REACT_LIST;
    if (ui->opened == 0)
        return REACT_NOT_MINE;
    const struct opened *o = &s->opened[--ui->opened];
    prompt_filter_remember(s, ui->filter);
    reaction |= regroup(s, o->group_by);
    ui->n_unfolded = o->n_unfolded;
    memcpy(ui->unfolded, o->unfolded, sizeof(ui->unfolded));
    table_park(s);
    ui->group = o->group;
    ui->on_group = s->selection_waiting = true;
    s->waiting_offset = o->offset;
    prompt_filter_apply(s, o->filter, NULL, &reaction);
    return reaction;
}

bool group_sorts(const struct session *s)
{
    uint32_t group;
    return s->ui.group_by >= 0 && s->list->grouped &&
           (s->list->rows.n == 0 || group_under_cursor(s, &group));
}

unsigned group_sort_by(struct session *s, unsigned figure)
{
    struct group_sort *sort = &s->ui.group_sort;
    bool again = sort->figure == figure;
    sort->descending = again ? !sort->descending : figure != GROUP_KEY;
    sort->figure = (uint8_t)figure;
    return REACT_LIST;
}

bool group_figure_of(const struct session *s, enum column_id column, unsigned *figure)
{
    const struct grouping how = ui_grouping(&s->ui);

    for (unsigned i = 0; i < how.n_sums; i++) {
        if (how.sum[i] != column)
            continue;
        *figure = GROUP_SUM + i;
        return true;
    }
    return false;
}

unsigned group_sort_step(struct session *s, int sign)
{
    struct view v = session_view(s);
    uint8_t drawn[GROUP_SUM + GROUP_SUMS];
    int n = group_figures(&v, drawn), at = 0;
    while (at < n && drawn[at] != s->ui.group_sort.figure)
        at++;
    if (at == n)
        at = sign > 0 ? n - 1 : 0;
    return n > 1 ? group_sort_by(s, drawn[(at + (sign > 0 ? 1 : n - 1)) % n]) : REACT_NOTHING;
}
