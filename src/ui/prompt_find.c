/* SPDX-License-Identifier: MIT */
/* F3: the next row whose cells contain what was typed. A million rows take half a second: the
 * worker looks, a part at a time. */
#include <stdlib.h>
#include <string.h>

#include "prompt.h"
#include "session_rows.h"
#include "table_cursor.h"

#define STEP_ROWS 16384u

struct find {
    struct task task;      /* first: they are cast */
    struct row_view *list; /* a reference */
    struct naming naming;
    struct names *names; /* those it means, a copy: the others belong to the screen; owned */
    enum column_id columns[COL_COUNT];
    size_t n_columns;
    char needle[UI_FILTER_MAX];
    uint32_t from;   /* position of the first row to look at */
    uint32_t looked; /* rows so far */
    uint32_t found;  /* position, UINT32_MAX: none yet */
};

static void line_text(const struct find *f, uint32_t line, struct str *text)
{
    if (groups_line_is_group(line) && f->list->grouped)
        groups_format(&f->list->groups, f->list->sample, groups_line_group(line), text);
    else
        table_row_text(f->list->sample, &f->naming, f->columns, f->n_columns, line, text);
}

static bool find_step(struct task *task)
{
    struct find *f = (struct find *)task;
    const struct rows *rows = &f->list->rows;
    struct str text = STR_INIT;
    for (uint32_t i = 0; i < STEP_ROWS && f->looked < rows->n && f->found == UINT32_MAX; i++) {
        uint32_t position = (f->from + f->looked++) % rows->n;
        str_clear(&text);
        line_text(f, rows->row[position], &text);
        if (strcasestr(str_text(&text), f->needle))
            f->found = position;
    }
    str_fini(&text);
    return f->found != UINT32_MAX || f->looked == rows->n || task->cancelled;
}

/* The list may be another by now. */
static uint32_t position_now(const struct session *s, const struct find *f)
{
    if (f->list == s->list || f->found == UINT32_MAX)
        return f->found;
    uint32_t row = f->list->rows.row[f->found];
    if (groups_line_is_group(row)) {
        struct value v;
        groups_value(&f->list->groups, groups_line_group(row), &v);
        row = s->list->grouped ? groups_find(&s->list->groups, &v) : GROUP_NONE;
        return row == GROUP_NONE ? UINT32_MAX : rows_position(&s->list->rows, row | ROW_GROUP);
    }
    return table_position(s, &f->list->sample->conn[row], row, NULL);
}

static void find_on_done(struct task *task, struct session *s)
{
    uint32_t position = position_now(s, (struct find *)task);
    s->find_task = NULL;
    s->ui.searching = false;
    if (position == UINT32_MAX) {
        prompt_wrong(s, text(MSG_SESSION_NOT_FOUND));
        return;
    }
    table_select(s, position);
    session_focus(s, FOCUS_TABLE);
}

static void find_free(struct task *task)
{
    struct find *f = (struct find *)task;
    row_view_unref(f->list);
    names_free(f->names);
    free(f);
}

static struct find *find_new(const struct session *s, uint32_t from)
{
    struct view v = session_view(s);
    struct find *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->task = (struct task){.step = find_step, .on_done = find_on_done, .free = find_free};
    f->list = row_view_ref(s->list);
    f->n_columns = table_columns(&v, f->columns);
    f->naming = endpoint_naming(s);
    f->naming.names = f->names = names_copy(f->naming.names); /* without memory numbers are found */
    memcpy(f->needle, s->ui.line.text, sizeof(f->needle));
    f->from = from;
    f->found = UINT32_MAX;
    return f;
}

void prompt_find_cancel(struct session *s)
{
    if (s->find_task)
        s->find_task->cancelled = true;
    s->find_task = NULL;
    s->on_full_list = NULL;
    s->ui.searching = false;
}

/* Look on from the cursor's row, or from the next one: at once, or when the rows are all there. */
static void find(struct session *s, bool here, void (*again)(struct session *s))
{
    struct ui *ui = &s->ui;
    prompt_find_cancel(s);
    ui->line_bad = false;
    if (!ui->line.len || !s->list->rows.n)
        return;
    ui->searching = true;
    if (row_view_is_partial(s->list)) {
        s->on_full_list = again;
        return;
    }
    struct find *f = find_new(s, ui->cursor + !here);
    if (!f) {
        ui->searching = false;
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    s->find_task = &f->task;
    session_run(s, &f->task, f->list->sample);
}

static void find_here(struct session *s)
{
    find(s, true, find_here);
}

static void find_next(struct session *s)
{
    find(s, false, find_next);
}

static unsigned open(struct session *s)
{
    prompt_line_set(&s->ui.line, s->find);
    find_next(s);
    return REACT_NOTHING;
}

static unsigned command(struct session *s, enum command_id command)
{
    if (command != COMMAND_FIND)
        return REACT_NOT_MINE;
    find_next(s);
    return REACT_NOTHING;
}

static unsigned changed(struct session *s)
{
    memcpy(s->find, s->ui.line.text, sizeof(s->find));
    find_here(s);
    return REACT_NOTHING;
}

static unsigned accept(struct session *s)
{
    (void)s;
    return REACT_CLOSE;
}

const struct prompt_ops prompt_find = {
    .opened_by = COMMAND_FIND,
    .label = MSG_VIEW_PROMPT_FIND,
    .hint = MSG_VIEW_HINT_FIND,
    .open = open,
    .command = command,
    .changed = changed,
    .accept = accept,
    .closed = prompt_find_cancel,
};
