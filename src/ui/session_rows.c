/* SPDX-License-Identifier: MIT */
/* From samples to listings: at once, or by the worker while the listing before stands. */
#include <string.h>

#include "overlay.h"
#include "pane.h"
#include "session_rows.h"
#include "table_cursor.h"

#define PARK_ROWS 100000u /* so many are looked at in each sample, to find one of a warning */

/* Does anything depend on more than the first rows? */
static bool wants_whole(const struct session *s)
{
    return s->ui.bound || s->ui.park_key || s->selection_waiting || s->on_full_list ||
           s->ui.prompt == PROMPT_FIND;
}

/* Where a parked cursor stands: behind the rows of who holds the port; on the first row that the
 * warning is about whose rows were asked for, as far as that is among the first ones. */
static uint32_t park_line(const struct ui *ui, const struct row_view *list)
{
    const struct findings *f = list->sample ? list->sample->findings : NULL;
    uint32_t first = list->holder_rows ? list->pinned_rows + list->holder_rows : 0;
    uint32_t i = 0, end = list->rows.n < PARK_ROWS ? list->rows.n : PARK_ROWS;

    while (f && i < f->n && f->list[i].key != ui->park_key)
        i++;
    for (uint32_t at = first; ui->park_key && !list->grouped && f && i < f->n && at < end; at++) {
        const uint32_t row = list->rows.row[at];
        if (row < list->sample->n_live &&
            f->list[i].marks >> conn_counts_as(&list->sample->conn[row]) & 1 &&
            finding_concerns(list->sample, i, row))
            return at;
    }
    return first < list->rows.n ? first : 0;
}

/* Show this listing from now on; takes the reference. */
static void adopt(struct session *s, struct row_view *list)
{
    struct ui *ui = &s->ui;
    struct view before = session_view(s);
    int line = ui->bound ? table_row_line(&before, ui->cursor) : -1;
    uint32_t offset = ui->bound ? ui->cursor - ui->top : s->waiting_offset;
    bool first = !s->list->sample;

    if (list->sample != s->list->sample)
        pane_forget(s);
    row_view_unref(s->list);
    s->list = list;
    ui->pinned_rows = list->pinned_rows;
    ui->holders = list->holders;
    ui->lacks = list->lacks;
    ui->park_at = park_line(ui, list);
    ui->n_pinned = list->n_pinned;
    memcpy(ui->pinned, list->pinned, sizeof(ui->pinned));
    if (first || s->user_initiated)
        table_forget_widths(s);
    table_place(s, s->user_initiated, offset, line);
    overlay_on_list(s);
    s->user_initiated = ui->updating = false;
    if (s->on_full_list && !row_view_is_partial(list)) {
        void (*then)(struct session *) = s->on_full_list;
        s->on_full_list = NULL;
        then(s);
    }
}

int session_job(const struct session *s, const struct sample *sample, struct row_view_job *job)
{
    const struct ui *ui = &s->ui;
    *job = (struct row_view_job){
        .sort = ui->sort,
        .mark_ds = ui_settings_fade_ds(s->settings),
        .n_pinned = ui->n_pinned,
        .port = ui->port,
        .grouped = ui->group_by >= 0,
        .n_unfolded = ui->n_unfolded,
        .question = s->question,
    };
    memcpy(job->pinned, ui->pinned, sizeof(job->pinned));
    if (job->grouped) {
        job->grouping = ui_grouping(ui);
        memcpy(job->unfolded, ui->unfolded, ui->n_unfolded * sizeof(ui->unfolded[0]));
    }
    int r = predicate_copy(&job->predicate, &s->predicate);
    if (r == 0) {
        job->sample = sample_ref(sample);
        job->before = row_view_ref(s->list);
    }
    return r;
}

static bool defers(const struct session *s, const struct sample *sample)
{
    return s->worker && sample_rows(sample) >= s->defer_from;
}

static void ask_worker(struct session *s, struct row_view_job *job, bool user_initiated)
{
    s->full_list_requested = wants_whole(s) || job->grouped;
    job->limit = s->full_list_requested ? 0 : s->first_rows;
    s->last_ticket = query_worker_ask(s->worker, job);
    if (user_initiated)
        s->valid_ticket = s->last_ticket;
    s->ui.updating = s->user_initiated || s->on_full_list;
}

void session_rebuild(struct session *s, bool user_initiated)
{
    const struct sample *target = s->ui.paused ? s->list->sample : s->good;
    struct row_view_job job;
    struct row_view *list;
    if (!target)
        return;
    s->user_initiated = s->user_initiated || user_initiated;
    int r = session_job(s, target, &job);
    if (r == 0 && defers(s, target)) {
        ask_worker(s, &job, user_initiated);
        return;
    }
    if (r == 0)
        r = row_view_make(&list, &job);
    row_view_job_fini(&job);
    if (r < 0) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    s->valid_ticket = s->last_ticket + 1;
    s->full_list_requested = true;
    adopt(s, list);
}

bool session_run(struct session *s, struct task *task, const struct sample *about)
{
    if (task->waits ? s->worker != NULL : defers(s, about)) {
        query_worker_run(s->worker, task);
        return true;
    }
    while (!task->step(task))
        ;
    task->on_done(task, s);
    task->free(task);
    return false;
}

static void take_answer(struct session *s, struct answer a)
{
    bool outdated = a.ticket < s->valid_ticket;
    if (a.error && !outdated)
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
    if (a.error)
        return;
    bool moved_on = s->ui.paused && a.row_view->sample != s->list->sample;
    bool too_short = row_view_is_partial(a.row_view) && wants_whole(s);
    if (outdated || moved_on || too_short)
        row_view_unref(a.row_view);
    else
        adopt(s, a.row_view);
}

void session_take_answers(struct session *s)
{
    struct answer a;
    struct task *task;
    if (!s->worker)
        return;
    if (query_worker_take(s->worker, &a))
        take_answer(s, a);
    while ((task = query_worker_done(s->worker))) {
        if (!task->cancelled)
            task->on_done(task, s);
        task->free(task);
    }
}

void session_settle_rows(struct session *s)
{
    if (wants_whole(s) && !s->full_list_requested)
        session_rebuild(s, false);
}
