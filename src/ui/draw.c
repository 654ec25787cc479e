/* SPDX-License-Identifier: MIT */
/* What every part of the screen draws with: title lines, names, messages in fixed buffers. */
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "group_rows.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/key.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/typeset.h"

void draw_init(struct drawing *d, struct canvas *c, const struct view *v)
{
    *d = (struct drawing){.c = c, .v = v, .ui = v->ui, .s = v->shown, .rows = v->rows};
    d->n_rows = d->s && d->rows ? d->rows->n : 0;
    d->groups = d->s && d->rows ? v->groups : NULL;
    layout_compute(&d->l, v->ui);
}

uint32_t draw_cursor_row(const struct drawing *d)
{
    return d->ui->cursor < d->n_rows && !group_is_line(d, d->ui->cursor)
               ? d->rows->row[d->ui->cursor]
               : UINT32_MAX;
}

bool draw_may_close(const struct drawing *d)
{
    return !d->v->settings->readonly && !d->v->is_recording && !d->ui->past &&
           !(d->s && (d->s->import || d->s->backend == BACKEND_REMOTE));
}

bool draw_is_stale(const struct drawing *d)
{
    const struct sample *newest = d->v->newest;
    return d->s && (d->v->late || (newest && newest->status == SAMPLE_FAILED));
}

const struct history *draw_history(const struct drawing *d)
{
    const struct sample *s = d->v->newest;

    if (d->ui->paused || !s || (d->s && s->status != SAMPLE_FAILED))
        s = d->s;
    return s ? &s->history : NULL;
}

const struct findings *draw_findings(const struct drawing *d)
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;

    return s ? s->findings : NULL;
}

bool draw_all_checked(const struct drawing *d)
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;

    return s && !s->import && sample_is_whole(s) && history_at(&s->history, 1);
}

uint32_t draw_warned_states(const struct drawing *d)
{
    return d->s && d->s->findings ? d->s->findings->states : 0;
}

unsigned draw_row_severity(const struct drawing *d, uint32_t row)
{
    const struct finding *f = finding_about(d->s, conn_counts_as(&d->s->conn[row]), row);

    return f && !f->passing ? f->severity : SEVERITY_OK;
}

void draw_title(struct canvas *c, const struct rect *r, bool focused, const char *name,
                const char *more, const char *right)
{
    enum role role = focused ? ROLE_FOCUS : ROLE_TITLE;
    int room = r->w - 4, at;

    canvas_fill(c, r->x, r->y, r->w, 1, focused ? ROLE_FOCUS : ROLE_RULE, focused ? "━" : "─");
    while (right && utf8_width(right) + utf8_width(name) + 4 > room) {
        right = strstr(right, DRAW_GAP);
        right = right ? right + strlen(DRAW_GAP) : NULL;
    }
    if (right && *right) {
        int w = utf8_width(right) + 2;

        canvas_fill(c, r->x + r->w - 1 - w, r->y, w, 1, ROLE_TEXT, " ");
        canvas_put(c, r->x + r->w - w, r->y, w - 2, ROLE_DIM, right);
        room -= w + 1;
    }
    if (room < 1)
        return;
    canvas_put(c, r->x + 1, r->y, 1, ROLE_TEXT, " ");
    at = r->x + 2;
    at += canvas_put(c, at, r->y, room, role, name);
    if (more && *more) {
        at += canvas_put(c, at, r->y, r->x + 2 + room - at, ROLE_TEXT, "  ");
        at += draw_name(c, at, r->y, r->x + 2 + room - at, ROLE_TEXT, more);
    }
    canvas_put(c, at, r->y, 1, ROLE_TEXT, " ");
}

void draw_cursor(struct canvas *c, int x, int y, int w, bool focused)
{
    if (focused) {
        canvas_paint(c, x, y, w, 1, ROLE_CURSOR);
        return;
    }
    for (int i = 0; i < w; i++) {
        struct cell *cell = canvas_at(c, x + i, y);

        if (cell && (cell->role == ROLE_TEXT || cell->role == ROLE_DIM))
            cell->role = ROLE_CURSOR_OFF;
    }
}

void draw_scroll_mark(char *out, size_t size, uint32_t top, uint32_t shown, uint32_t lines)
{
    char range[64], all[FMT_SIZE];

    out[0] = '\0';
    if (lines <= shown || shown == 0)
        return;
    draw_range(range, sizeof range, top, shown);
    snprintf(out, size, "%s / %s", range, fmt_count(all, sizeof all, lines));
}

void draw_range(char *out, size_t size, uint32_t top, uint32_t shown)
{
    char first[FMT_SIZE], last[FMT_SIZE];

    fmt_count(first, sizeof first, (uint64_t)top + 1);
    fmt_count(last, sizeof last, (uint64_t)top + shown);
    snprintf(out, size, "%s-%s", first, last);
}

const char *draw_key_words(const struct drawing *d, const char *keys, char *out, size_t size)
{
    if (d->ui->ascii)
        return key_words(keys, out, size);
    draw_copy_text(out, size, keys);
    return out;
}

void draw_duration(char out[FILL_SIZE], uint64_t seconds)
{
    struct str words = STR_INIT;

    expand_duration(&words, seconds);
    draw_copy_text(out, FILL_SIZE, str_text(&words));
    typeset_untie(out);
    str_fini(&words);
}

void draw_copy_text(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    if (len >= size)
        len = utf8_fit(text, size - 1, (int)size, NULL);
    memcpy(out, text, len);
    out[len] = '\0';
}

int draw_name(struct canvas *c, int x, int y, int room, enum role role, const char *name)
{
    int used;

    if (utf8_width(name) <= room || room < 2)
        return canvas_put(c, x, y, room, role, name);
    utf8_fit(name, strlen(name), room - 1, &used);
    canvas_put(c, x, y, used, role, name);
    return used + canvas_put(c, x + used, y, 1, role, "…");
}

int draw_end(const struct canvas *c, int x, int y, int w)
{
    while (w > 0) {
        const struct cell *cell = canvas_at(c, x + w - 1, y);

        if (cell && (cell->width != 1 || strcmp(cell->text, " ")))
            break;
        w--;
    }
    return x + w;
}

void draw_fill(char out[FILL_SIZE], enum msg id, const char *one, const char *two,
               const char *three)
{
    struct str text = STR_INIT;

    text_fill(&text, id, one ? one : "", two ? two : "", three ? three : "", NULL);
    draw_copy_text(out, FILL_SIZE, str_text(&text));
    str_fini(&text);
}

void draw_explained(struct canvas *c, const struct explain_text *t, uint32_t line, int x, int y,
                    int width)
{
    int at = 0;

    for (uint32_t i = 0; i < t->lines[line].count && at < width; i++) {
        const struct explain_run *run = &t->runs[t->lines[line].first + i];

        at += canvas_put(c, x + at, y, width - at, run->role, run->text);
    }
}
