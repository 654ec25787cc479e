/* What every part of the view draws with: runs of text, title lines, boxes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/utf8.h"

void drawing_init(struct drawing *d, struct canvas *c, const struct view *v)
{
    *d = (struct drawing){.c = c, .v = v, .ui = v->ui, .s = v->shown, .rows = v->rows};
    d->n_rows = d->s && d->rows ? d->rows->n : 0;
    d->groups = d->s && d->rows ? v->groups : NULL;
    layout_compute(&d->l, v->ui);
}

uint32_t drawing_cursor_row(const struct drawing *d)
{
    return d->ui->cursor < d->n_rows && !drawing_is_group(d, d->ui->cursor)
               ? d->rows->row[d->ui->cursor]
               : UINT32_MAX;
}

const struct history *drawing_history(const struct drawing *d)
{
    const struct sample *s = d->v->newest;

    if (d->ui->paused || !s || (d->s && s->status != SAMPLE_FAILED))
        s = d->s;
    return s ? &s->history : NULL;
}

void runs_add(struct runs *r, enum role role, const char *text)
{
    if (r->n >= RUN_MAX || *text == '\0')
        return;
    copy_text(r->run[r->n].text, RUN_TEXT, text);
    r->run[r->n].role = role;
    r->w += utf8_width(r->run[r->n].text);
    r->n++;
}

void runs_addf(struct runs *r, enum role role, const char *fmt, ...)
{
    char text[RUN_TEXT];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    runs_add(r, role, text);
}

int runs_put(const struct runs *r, struct canvas *c, int x, int y, int room)
{
    int at = 0;

    for (int i = 0; i < r->n && at < room; i++)
        at += canvas_put(c, x + at, y, room - at, r->run[i].role, r->run[i].text);
    return at;
}

void draw_title(struct canvas *c, const struct rect *r, bool focused, const char *name,
                const char *more, const char *right)
{
    enum role role = focused ? ROLE_FOCUS : ROLE_TITLE;
    int room = r->w - 4, at;

    canvas_fill(c, r->x, r->y, r->w, 1, focused ? ROLE_FOCUS : ROLE_RULE, focused ? "━" : "─");
    if (right && *right && utf8_width(right) + utf8_width(name) + 4 <= room) {
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
        at += canvas_put(c, at, r->y, r->x + 2 + room - at, ROLE_TEXT, more);
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

void scroll_mark(char *out, size_t size, uint32_t top, uint32_t shown, uint32_t lines)
{
    out[0] = '\0';
    if (lines > shown && shown > 0)
        snprintf(out, size, "%u-%u / %u", top + 1, top + shown, lines);
}

void copy_text(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    if (len >= size)
        len = utf8_fit(text, size - 1, (int)size, NULL);
    memcpy(out, text, len);
    out[len] = '\0';
}

void put_name(struct canvas *c, int x, int y, int room, enum role role, const char *name)
{
    int used;

    if (utf8_width(name) <= room || room < 2) {
        canvas_put(c, x, y, room, role, name);
        return;
    }
    char cut[FILL_SIZE];
    snprintf(cut, sizeof cut, "%.*s…", (int)utf8_fit(name, strlen(name), room - 1, &used), name);
    canvas_put(c, x, y, room, role, cut);
}

void fill(char out[FILL_SIZE], enum msg id, const char *one, const char *two, const char *three)
{
    struct str text = STR_INIT;

    text_fill(&text, id, one ? one : "", two ? two : "", three ? three : "", NULL);
    copy_text(out, FILL_SIZE, str_text(&text));
    str_fini(&text);
}

void duration_words(char out[FILL_SIZE], uint64_t seconds)
{
    static const struct {
        uint64_t below, big, small;
        enum msg id;
    } rows[] = {
        {60, 1, 1, MSG_VIEW_SECONDS},
        {3600, 60, 1, MSG_VIEW_MINUTES_SECONDS},
        {86400, 3600, 60, MSG_VIEW_HOURS_MINUTES},
        {UINT64_MAX, 86400, 3600, MSG_VIEW_DAYS_HOURS},
    };
    char big[24], small[24];
    size_t i = 0;

    while (seconds >= rows[i].below)
        i++;
    snprintf(big, sizeof big, "%llu", (unsigned long long)(seconds / rows[i].big));
    snprintf(small, sizeof small, "%llu",
             (unsigned long long)(seconds % rows[i].big / rows[i].small));
    fill(out, rows[i].id, big, small, NULL);
}

void first_key(const struct view *v, enum command_id command, char out[24])
{
    char shown[96];
    size_t len;

    bindings_shown(v->bindings, command, shown, sizeof shown);
    len = strcspn(shown, " ");
    snprintf(out, 24, "%.*s", (int)len, shown);
}

#define BODY_MAX_W 100 /* screens up to this size give an overlay the whole body */
#define BODY_MAX_H 30
#define BOX_W      80
#define BOX_H      24

void overlay_area(const struct drawing *d, struct overlay_area *a)
{
    int footer = d->l.footer.h;
    int left = d->l.separator_x >= 0 ? d->l.separator_x : d->ui->w;
    int w = left - 2 < BOX_W ? left - 2 : BOX_W;
    int h = d->ui->h - 4 < BOX_H ? d->ui->h - 4 : BOX_H;

    a->box = d->ui->w > BODY_MAX_W || d->ui->h > BODY_MAX_H;
    if (a->box && w >= 24 && h >= 8) {
        a->outer = (struct rect){(left - w) / 2, (d->ui->h - h) / 2, w, h};
        a->inner = (struct rect){a->outer.x + 1, a->outer.y + 1, w - 2, h - 2};
        return;
    }
    a->box = false;
    a->outer = (struct rect){0, 1, d->ui->w, d->ui->h - 1 - footer};
    a->inner = (struct rect){0, 2, d->ui->w, a->outer.h - 1};
}

void overlay_frame(struct drawing *d, const struct overlay_area *a, const char *name,
                   const char *right)
{
    const struct rect *o = &a->outer;
    int x = o->x, y = o->y, far_x = x + o->w - 1, far_y = y + o->h - 1;
    struct rect title = {x, y, o->w, 1};

    canvas_fill(d->c, x, y, o->w, o->h, ROLE_TEXT, " ");
    if (a->box) {
        canvas_fill(d->c, x, far_y, o->w, 1, ROLE_RULE, "─");
        canvas_fill(d->c, x, y, 1, o->h, ROLE_RULE, "│");
        canvas_fill(d->c, far_x, y, 1, o->h, ROLE_RULE, "│");
        canvas_put(d->c, x, y, 1, ROLE_RULE, "┌");
        canvas_put(d->c, far_x, y, 1, ROLE_RULE, "┐");
        canvas_put(d->c, x, far_y, 1, ROLE_RULE, "└");
        canvas_put(d->c, far_x, far_y, 1, ROLE_RULE, "┘");
        title = (struct rect){x + 1, y, o->w - 2, 1};
    }
    draw_title(d->c, &title, true, name, NULL, right);
}
