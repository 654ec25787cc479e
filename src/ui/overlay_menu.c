/* SPDX-License-Identifier: MIT */
/* Menus over the left edge of the table. */
#include "overlay_menu.h"

#include <stdio.h>
#include <string.h>

#include "tcptop/base/utf8.h"

#define MENU_W 38

/* From the table's title down, and as far above it as its lines need. */
static struct rect menu_rect(const struct drawing *d)
{
    const int last = d->ui->h - d->l.footer.h, wanted = (int)d->ui->n_menu + 1;
    struct rect r = {0, d->l.table.y, d->ui->w < MENU_W ? d->ui->w : MENU_W, last - d->l.table.y};

    if (wanted > r.h)
        r.y = last - wanted > 1 ? last - wanted : 1;
    r.h = last - r.y < wanted ? last - r.y : wanted;
    return r;
}

void overlay_menu_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct rect r = menu_rect(d);

    *lines = d->ui->n_menu;
    *shown = r.h > 1 ? (uint32_t)r.h - 1 : 0;
}

/* The first line shown: where the ui scrolled to, but the cursor is always in view. */
static uint32_t menu_top(const struct drawing *d, uint32_t lines, uint32_t shown)
{
    uint32_t top = d->ui->overlay_top, cursor = d->ui->overlay_cursor;

    if (top > lines - shown)
        top = lines - shown;
    if (cursor < top)
        top = cursor;
    if (shown && cursor >= top + shown && cursor < lines)
        top = cursor - shown + 1;
    return top;
}

static void draw_line(struct drawing *d, const struct rect *r, int y, uint32_t i,
                      overlay_menu_line *line)
{
    canvas_fill(d->c, r->x, y, r->w, 1, ROLE_TEXT, " ");
    line(d, r->x + GUTTER, y, r->x + r->w - 2, i);
    if (i == d->ui->overlay_cursor) {
        canvas_put(d->c, r->x, y, 1, ROLE_TEXT, "▸");
        canvas_paint(d->c, r->x, y, r->w - 1, 1, ROLE_CURSOR);
    }
    canvas_put(d->c, r->x + r->w - 1, y, 1, ROLE_RULE, "│");
}

void overlay_menu_draw(struct drawing *d, enum msg title, overlay_menu_line *line)
{
    struct rect r = menu_rect(d);
    uint32_t lines, shown, top;
    char right[FILL_SIZE];

    overlay_menu_extent(d, &lines, &shown);
    top = menu_top(d, lines, shown);
    draw_scroll_mark(right, sizeof right, top, shown, lines);
    draw_title(d->c, &r, true, text(title), NULL, right);
    for (uint32_t i = 0; i < shown; i++)
        draw_line(d, &r, r.y + 1 + (int)i, top + i, line);
}

void overlay_menu_put(struct drawing *d, int x, int y, int end, const char *before,
                      const char *title, const char *id)
{
    x += canvas_put(d->c, x, y, end - x, ROLE_KEY, before);
    x += canvas_put(d->c, x, y, end - x, ROLE_TEXT, title);
    if (x + 1 + utf8_width(id) <= end)
        canvas_put_right(d->c, x, y, end - x, ROLE_DIM, id);
}

const char *overlay_menu_sort_sign(bool here, bool down)
{
    return !here ? "  " : down ? "▾ " : "▴ ";
}

void overlay_menu_move_by(struct session *s, int64_t lines)
{
    struct ui *ui = &s->ui;
    struct view v = session_view(s);
    uint32_t all, shown;

    overlay_extent(&v, &all, &shown);
    ui->overlay_cursor = session_clamp(ui->overlay_cursor, lines, ui->n_menu ? ui->n_menu - 1 : 0);
    if (ui->overlay_cursor < ui->overlay_top)
        ui->overlay_top = ui->overlay_cursor;
    if (shown && ui->overlay_cursor - ui->overlay_top >= shown)
        ui->overlay_top = ui->overlay_cursor - shown + 1;
}

unsigned overlay_menu_move(struct session *s, enum command_id command)
{
    struct view v = session_view(s);
    uint32_t all, shown;
    enum move_unit unit;
    int sign;

    if (!overlay_movement(command, &unit, &sign))
        return REACT_NOT_MINE;
    overlay_extent(&v, &all, &shown);
    overlay_menu_move_by(s, sign * session_step(unit, all, shown));
    return REACT_NOTHING;
}

#define TYPE_NS NS_PER_S /* then a letter begins another word */

static bool begins_with(const char *word, const char *typed)
{
    return strncasecmp(word, typed, strlen(typed)) == 0;
}

/* The first line from `from` on, round the end, that begins with what was typed; n_menu: none. */
static uint32_t find_typed(const struct session *s, uint32_t from, overlay_menu_word *word)
{
    const uint32_t n = s->ui.n_menu;

    for (uint32_t i = 0; i < n; i++) {
        const uint32_t at = (from + i) % n;
        if (begins_with(word(s, at, false), s->menu_typed) ||
            begins_with(word(s, at, true), s->menu_typed))
            return at;
    }
    return n;
}

/* Letters that move the cursor elsewhere, as j and g do, move it here, too. */
static bool moves(const struct session *s, keycode key)
{
    const int command = keymap_find(&s->settings->bindings, key);
    enum move_unit unit;
    int sign;

    return command >= 0 && overlay_movement((enum command_id)command, &unit, &sign);
}

unsigned overlay_menu_type(struct session *s, keycode key, overlay_menu_word *word)
{
    struct ui *ui = &s->ui;
    size_t len = s->now_ns - s->menu_typed_ns < TYPE_NS ? strlen(s->menu_typed) : 0;
    uint32_t at = ui->n_menu;

    if (!((key >= 'a' && key <= 'z') || (key == '_' && len)) || ui->n_menu == 0)
        return REACT_NOT_MINE;
    if (len && len + 1 < sizeof s->menu_typed) {
        snprintf(s->menu_typed + len, sizeof s->menu_typed - len, "%c", (int)key);
        at = find_typed(s, ui->overlay_cursor, word);
    }
    if (at == ui->n_menu && !moves(s, key)) {
        snprintf(s->menu_typed, sizeof s->menu_typed, "%c", (int)key);
        at = find_typed(s, ui->overlay_cursor + 1, word);
    }
    s->menu_typed_ns = s->now_ns;
    if (at == ui->n_menu) {
        s->menu_typed[0] = '\0';
        return REACT_NOT_MINE;
    }
    overlay_menu_move_by(s, (int64_t)at - ui->overlay_cursor);
    return REACT_NOTHING;
}

const char *overlay_menu_column(const struct session *s, uint32_t i, bool id)
{
    const unsigned column = s->ui.menu[i];

    return column >= COL_COUNT ? "" : id ? columns[column].id : text(columns[column].title);
}

void overlay_menu_add(struct ui *ui, unsigned id)
{
    for (uint32_t i = 0; i < ui->n_menu; i++)
        if (ui->menu[i] == id)
            return;
    ui->menu[ui->n_menu++] = id;
}

unsigned overlay_menu_chosen(const struct ui *ui)
{
    return ui->overlay_cursor < ui->n_menu ? ui->menu[ui->overlay_cursor] : COL_COUNT;
}

void overlay_menu_footer(const struct drawing *d, struct key_items *k)
{
    (void)d;
    footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_USE, true, 0);
    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 1);
}
