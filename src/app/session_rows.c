/* From samples to rows: filter and order, at once or by the worker, pinned ones first. */
#include <string.h>

#include "session_internal.h"

/* The first rows are the pinned ones that are there; a pin goes with its connection. */
static void pins_first(struct session *s)
{
    struct ui *ui = &s->ui;
    uint32_t *row = s->rows.row;
    uint32_t kept = 0;
    ui->pinned_rows = 0;
    for (uint32_t i = 0; i < ui->n_pinned; i++) {
        uint32_t at = snapshot_find(s->shown, &ui->pinned[i]);
        if (at == UINT32_MAX)
            continue;
        ui->pinned[kept++] = s->shown->conn[at];
        uint32_t position = rows_position(&s->rows, at);
        if (position == UINT32_MAX)
            continue;
        uint32_t first = ui->pinned_rows++;
        memmove(&row[first + 1], &row[first], (position - first) * sizeof(*row));
        row[first] = at;
    }
    ui->n_pinned = kept;
}

/* Show these rows of this snapshot from now on; takes the rows, shares the snapshot. */
static void adopt(struct session *s, struct snapshot *snapshot, struct rows *rows)
{
    struct ui *ui = &s->ui;
    struct view before = session_view(s);
    int line = ui->bound ? view_row_line(&before, ui->cursor) : -1;
    uint32_t offset = ui->cursor - ui->top;

    bool first = !s->shown;
    struct snapshot *old = s->shown;
    s->shown = snapshot_ref(snapshot);
    snapshot_unref(old);
    rows_fini(&s->rows);
    s->rows = *rows;
    *rows = (struct rows){0};

    pins_first(s);
    if (first || s->by_user)
        table_forget_widths(s);
    table_place(s, s->by_user, offset, line);
    s->by_user = false;
    uint32_t at =
        ui->overlay == OVERLAY_DETAILS ? snapshot_find(s->shown, &ui->details) : UINT32_MAX;
    if (at != UINT32_MAX)
        ui->details = s->shown->conn[at];
}

void session_rebuild(struct session *s, bool by_user)
{
    struct ui *ui = &s->ui;
    struct snapshot *target = ui->paused ? s->shown : s->good;
    if (!target)
        return;
    s->by_user = s->by_user || by_user;
    if (s->worker && snapshot_rows(target) >= WORKER_THRESHOLD) {
        s->last_ticket = worker_ask(s->worker, target, ui->filter, &ui->sort, ui->fade_ds);
        if (by_user)
            s->valid_ticket = s->last_ticket;
        return;
    }
    struct rows rows = {0};
    if (rows_build(&rows, target, &s->predicate, &ui->sort, ui->fade_ds) < 0) {
        rows_fini(&rows);
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    s->valid_ticket = s->last_ticket + 1;
    adopt(s, target, &rows);
}

void session_take_answer(struct session *s)
{
    struct answer *answer = s->worker ? worker_take(s->worker) : NULL;
    bool stands_still = s->ui.paused && answer && answer->snapshot != s->shown;
    if (answer && answer->ticket >= s->valid_ticket && !stands_still)
        adopt(s, answer->snapshot, &answer->rows);
    answer_free(answer);
}

void session_toggle_pin(struct session *s)
{
    struct ui *ui = &s->ui;
    const struct conn *c = table_subject(s);
    if (!c)
        return;
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
        return;
    }
    session_rebuild(s, true);
}
