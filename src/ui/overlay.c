/* SPDX-License-Identifier: MIT */
/* Which overlay is open, what all of them do alike, and the area that they cover. */
#include "overlay.h"

#define OVERLAY(ident, ops) extern const struct overlay_ops overlay_##ops;
OVERLAYS(OVERLAY)
#undef OVERLAY

static const struct overlay_ops none = {.opened_by = COMMAND_COUNT};
static const struct overlay_ops *const overlays[] = {[OVERLAY_NONE] = &none,
#define OVERLAY(ident, ops) [OVERLAY_##ident] = &overlay_##ops,
                                                     OVERLAYS(OVERLAY)
#undef OVERLAY
};
#define OVERLAY_COUNT (sizeof overlays / sizeof *overlays)

const struct overlay_ops *overlay_ops(const struct ui *ui)
{
    return overlays[ui->overlay];
}

static unsigned open_one(struct session *s, enum ui_overlay which)
{
    struct ui *ui = &s->ui;
    const enum ui_overlay before = ui->overlay;
    const uint32_t top = ui->overlay_top, cursor = ui->overlay_cursor;
    unsigned reaction = REACT_NOTHING;

    ui->overlay = which;
    ui->overlay_top = ui->overlay_cursor = 0;
    if (overlays[which]->open)
        reaction = overlays[which]->open(s);
    if (reaction & REACT_NOT_MINE) {
        ui->overlay = before;
        ui->overlay_top = top;
        ui->overlay_cursor = cursor;
        return reaction;
    }
    return reaction | overlay_on_sample(s);
}

unsigned overlay_open_by(struct session *s, enum command_id command)
{
    unsigned reaction = REACT_NOT_MINE;

    for (unsigned i = 0; i < OVERLAY_COUNT && reaction & REACT_NOT_MINE; i++)
        if (overlays[i]->opened_by == command)
            reaction = open_one(s, (enum ui_overlay)i);
    return reaction;
}

/* Close the overlay if it wants so; returns what else must follow. */
static unsigned answered(struct session *s, unsigned reaction)
{
    if (reaction & REACT_CLOSE)
        s->ui.overlay = OVERLAY_NONE;
    return reaction & ~(unsigned)REACT_CLOSE;
}

/* What an open overlay does with a command that means nothing special to it. */
static unsigned common_command(enum command_id command)
{
    enum move_unit unit;
    int sign;

    if (command == COMMAND_BACK || command == COMMAND_QUIT)
        return REACT_CLOSE;
    if (overlay_movement(command, &unit, &sign) || commands[command].group == GROUP_MOVE ||
        command == COMMAND_OPEN)
        return REACT_NOTHING;
    return REACT_NOT_MINE;
}

unsigned overlay_command(struct session *s, enum command_id command)
{
    const struct overlay_ops *ops = overlay_ops(&s->ui);
    unsigned reaction = REACT_NOT_MINE;

    if (ops == &none)
        return REACT_NOT_MINE;
    if (ops->command)
        reaction = ops->command(s, command);
    if (reaction & REACT_NOT_MINE)
        reaction = common_command(command);
    return answered(s, reaction);
}

unsigned overlay_key(struct session *s, keycode key)
{
    const struct overlay_ops *ops = overlay_ops(&s->ui);

    return ops->key ? answered(s, ops->key(s, key)) : REACT_NOT_MINE;
}

unsigned overlay_on_sample(struct session *s)
{
    const struct overlay_ops *ops = overlay_ops(&s->ui);

    return ops->on_sample ? answered(s, ops->on_sample(s)) : REACT_NOTHING;
}

unsigned overlay_click(struct session *s, int x, int y)
{
    const struct overlay_ops *ops = overlay_ops(&s->ui);

    return ops->click ? answered(s, ops->click(s, x, y)) : REACT_NOTHING;
}

unsigned overlay_on_list(struct session *s)
{
    const struct overlay_ops *ops = overlay_ops(&s->ui);

    return ops->on_list ? answered(s, ops->on_list(s)) : REACT_NOTHING;
}

const struct conn *overlay_subject(const struct ui *ui)
{
    const struct overlay_ops *ops = overlay_ops(ui);

    return ops->subject ? ops->subject(ui) : NULL;
}

bool overlay_scrolls(const struct drawing *d)
{
    uint32_t lines, shown;

    overlay_ops(d->ui)->extent(d, &lines, &shown);
    return lines > shown;
}

void overlay_extent(const struct view *v, uint32_t *lines, uint32_t *shown)
{
    const struct overlay_ops *ops = overlay_ops(v->ui);
    struct drawing d;

    *lines = *shown = 0;
    if (!ops->extent)
        return;
    draw_init(&d, NULL, v);
    ops->extent(&d, lines, shown);
}

void overlay_scroll(struct session *s, int64_t lines)
{
    struct view v = session_view(s);
    uint32_t all, shown;

    overlay_extent(&v, &all, &shown);
    s->ui.overlay_top = session_clamp(s->ui.overlay_top, lines, all > shown ? all - shown : 0);
}

bool overlay_movement(enum command_id command, enum move_unit *unit, int *sign)
{
    if (session_movement(command, unit, sign))
        return true;
    *unit = MOVE_HALF;
    *sign = command == COMMAND_PANE_UP ? -1 : 1;
    return command == COMMAND_PANE_UP || command == COMMAND_PANE_DOWN;
}

#define BODY_MAX_W 100 /* screens up to this size give an overlay the whole body */
#define BODY_MAX_H 30
#define BOX_W      132
#define BOX_H      46

/* Where a box of `w` columns begins: in the middle, but beside the pane where there is room. */
static int box_x(const struct drawing *d, int w)
{
    const int room = w <= d->l.separator_x ? d->l.separator_x : d->ui->w;

    return (room - w) / 2;
}

void overlay_area(const struct drawing *d, struct overlay_area *a)
{
    int footer = d->l.footer.h;
    int w = d->ui->w - 2 < BOX_W ? d->ui->w - 2 : BOX_W;
    int h = d->ui->h - 4 < BOX_H ? d->ui->h - 4 : BOX_H;

    a->box = d->ui->w > BODY_MAX_W || d->ui->h > BODY_MAX_H;
    if (a->box && w >= 24 && h >= 8) {
        a->outer = (struct rect){box_x(d, w), (d->ui->h - h) / 2, w, h};
        a->inner = (struct rect){a->outer.x + 1, a->outer.y + 1, w - 2, h - 2};
        return;
    }
    a->box = false;
    a->outer = (struct rect){0, 1, d->ui->w, d->ui->h - 1 - footer};
    a->inner = (struct rect){0, 2, d->ui->w, a->outer.h - 1};
}

void overlay_area_for(const struct drawing *d, struct overlay_area *a, int w, int h)
{
    overlay_area(d, a);
    if (!a->box)
        return;
    w = w < a->inner.w ? w : a->inner.w;
    h = h < a->inner.h ? h : a->inner.h;
    a->outer = (struct rect){box_x(d, w + 2), (d->ui->h - h - 2) / 2, w + 2, h + 2};
    a->inner = (struct rect){a->outer.x + 1, a->outer.y + 1, w, h};
}

void overlay_frame(struct drawing *d, const struct overlay_area *a, const char *name,
                   const char *right)
{
    const struct rect *o = &a->outer;
    int x = o->x, y = o->y, far_x = x + o->w - 1, far_y = y + o->h - 1;
    struct rect title = {x, y, o->w, 1};

    canvas_fill(d->c, x, y, o->w, o->h, ROLE_TEXT, " ");
    if (a->box) {
        /* A single column of the screen behind would look like a part of the frame. */
        if (x == 1)
            canvas_fill(d->c, 0, y, 1, o->h, ROLE_TEXT, " ");
        if (far_x == d->ui->w - 2)
            canvas_fill(d->c, d->ui->w - 1, y, 1, o->h, ROLE_TEXT, " ");
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

uint32_t overlay_shown(const struct overlay_area *a, uint32_t lines)
{
    return a->inner.h < 0 ? 0 : (uint32_t)a->inner.h < lines ? (uint32_t)a->inner.h : lines;
}
