/* SPDX-License-Identifier: MIT */
/* Prompts: which one is open, the line that is typed, and below it what is wrong with it or a hint.
 */
#include "prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/utf8.h"

#define PROMPT(ident, ops) extern const struct prompt_ops prompt_##ops;
PROMPTS(PROMPT)
#undef PROMPT

/* While nothing has the port the rows wait for more digits, and are none of that port. */
static enum msg digits_hint(const struct drawing *d)
{
    const struct sample_summary *all = d->v->summary;
    const uint16_t port = (uint16_t)atoi(d->ui->digits);

    return all && !port_set_has(&all->used, port) ? MSG_VIEW_HINT_PORT_NONE : MSG_VIEW_HINT_PORT;
}

/* None: the digits of a port stand in the prompt's place while they are typed. */
static const struct prompt_ops digits = {.opened_by = COMMAND_COUNT,
                                         .label = MSG_VIEW_PROMPT_PORT,
                                         .hint = MSG_VIEW_HINT_PORT,
                                         .hint_of = digits_hint};
static const struct prompt_ops *const prompts[] = {[PROMPT_NONE] = &digits,
#define PROMPT(ident, ops) [PROMPT_##ident] = &prompt_##ops,
                                                   PROMPTS(PROMPT)
#undef PROMPT
};

const struct prompt_ops *prompt_ops(const struct ui *ui)
{
    return prompts[ui->prompt];
}

static unsigned open_one(struct session *s, enum ui_prompt which)
{
    struct ui *ui = &s->ui;
    unsigned reaction = REACT_NOTHING;

    ui->prompt = which;
    ui->line_bad = ui->line_listed = false;
    prompt_line_set(&ui->line, "");
    s->recall_at = -1;
    memcpy(s->before_prompt, ui->filter, sizeof(s->before_prompt));
    if (prompts[which]->open)
        reaction = prompts[which]->open(s);
    if (reaction & REACT_NOT_MINE)
        ui->prompt = PROMPT_NONE;
    return reaction;
}

unsigned prompt_open_by(struct session *s, enum command_id command)
{
    for (unsigned i = 0; i < sizeof prompts / sizeof *prompts; i++)
        if (prompts[i]->opened_by == command)
            return open_one(s, (enum ui_prompt)i);
    return REACT_NOT_MINE;
}

/* Close the prompt if it wants so; returns what else must follow. */
static unsigned answered(struct session *s, unsigned reaction)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);

    if (!(reaction & REACT_CLOSE))
        return reaction;
    s->ui.prompt = PROMPT_NONE;
    s->ui.line_bad = false;
    if (ops->closed)
        ops->closed(s);
    return reaction & ~(unsigned)REACT_CLOSE;
}

void prompt_wrong(struct session *s, const char *what)
{
    s->ui.line_bad = true;
    s->ui.error.at = 0;
    utf8_sanitise_into(s->ui.error.what, sizeof(s->ui.error.what), what, strlen(what));
}

unsigned prompt_pasted(struct session *s)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);

    s->ui.line_bad = false;
    return ops->changed ? ops->changed(s) : REACT_NOTHING;
}

/* ^C and ^L work in every prompt. */
static unsigned run_command(struct session *s, keycode key)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);
    int command;

    if (key >= ' ' && key < KEY_CODE_SPECIAL)
        return REACT_NOT_MINE;
    command = keymap_find(&s->settings->bindings, key);
    if (command == COMMAND_QUIT_NOW)
        return REACT_QUIT;
    if (command == COMMAND_REDRAW)
        return REACT_REDRAW | REACT_SAMPLE;
    return command >= 0 && ops->command ? ops->command(s, (enum command_id)command)
                                        : REACT_NOT_MINE;
}

static unsigned edit(struct session *s, keycode key)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);
    struct ui_line *line = &s->ui.line;
    bool changed = false;

    if (ops->draw_question)
        return REACT_NOTHING;
    if (key == KEY_CODE_ESC)
        return (ops->cancel ? ops->cancel(s) : REACT_NOTHING) | REACT_CLOSE;
    if (key == KEY_CODE_ENTER)
        return ops->accept(s);
    if (!prompt_line_edit(line, key, &changed))
        changed = prompt_line_insert(line, key);
    return changed ? prompt_pasted(s) : REACT_NOTHING;
}

unsigned prompt_key(struct session *s, keycode key)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);
    unsigned reaction = run_command(s, key);

    if (reaction & REACT_NOT_MINE && ops->key)
        reaction = ops->key(s, key);
    if (reaction & REACT_NOT_MINE)
        reaction = edit(s, key);
    return answered(s, reaction);
}

unsigned prompt_paste(struct session *s, keycode key)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);
    bool blank = key == KEY_CODE_TAB || key == KEY_CODE_ENTER || key == '\n';

    if (ops->draw_question)
        return prompt_key(s, KEY_CODE_NONE);
    if (key == KEY_CODE_PASTE_END)
        return prompt_pasted(s);
    if (ops != &digits && key != KEY_CODE_PASTE_BEGIN)
        prompt_line_insert(&s->ui.line, blank ? ' ' : key);
    return REACT_NOTHING;
}

unsigned prompt_resized(struct session *s)
{
    const struct prompt_ops *ops = prompt_ops(&s->ui);

    return ops->resized ? answered(s, ops->resized(s)) : REACT_NOTHING;
}

/* "…" where the line goes on to the left or right of its room, but not under the cursor. */
static void mark_ends(struct drawing *d, int x, int y, int room, int cursor, bool left, bool right)
{
    if (left && cursor > 1)
        canvas_put(d->c, x, y, 1, ROLE_DIM, "…");
    if (right && cursor < room - 1)
        canvas_put(d->c, x + room - 1, y, 1, ROLE_DIM, "…");
}

/* The line being edited from `x` on, scrolled so that the cursor is seen. Returns the columns
 * scrolled away. */
static int draw_input(struct drawing *d, int x, int y, const char *line, uint32_t cursor)
{
    int room = d->ui->w - x - 1, at = utf8_width_n(line, cursor), away = 0, used = 0;
    size_t skip = 0;

    if (room < 1)
        return 0;
    if (at > room - 1) {
        skip = utf8_fit(line, strlen(line), at - room + 1, &used);
        away = used;
        if (away < at - room + 1) { /* a wide character stood across the edge */
            skip += utf8_fit(line + skip, strlen(line + skip), 2, &used);
            away += used;
        }
    }
    canvas_put(d->c, x, y, room, ROLE_TEXT, line + skip);
    mark_ends(d, x, y, room, at - away, skip > 0, utf8_width(line + skip) > room);
    d->c->cursor_x = x + at - away;
    d->c->cursor_y = y;
    return away;
}

/* "^" under the first byte that cannot be right, what was expected there, what still counts. */
static void draw_error(struct drawing *d, int x, int y, int away)
{
    const struct ui *ui = d->ui;
    size_t at = ui->error.at < ui->line.len ? ui->error.at : ui->line.len;
    int column = x + utf8_width_n(ui->line.text, at) - away;
    char still[FILL_SIZE] = "", what[sizeof ui->error.what + FILL_SIZE + 8];

    if (ui->filter[0] && ui->prompt == PROMPT_FILTER)
        draw_fill(still, MSG_VIEW_STILL_SHOWN, ui->filter, NULL, NULL);
    snprintf(what, sizeof what, "%s%s%s", ui->error.what, *still ? "   " : "", still);
    column = column < 0 ? 0 : column >= ui->w ? ui->w - 1 : column;
    canvas_put(d->c, column, y, 1, ROLE_WARN, "^");
    /* right of the mark, else left of it, else without what is still shown */
    for (int shorter = 0; shorter < 2; shorter++) {
        const char *words = shorter ? ui->error.what : what;
        int w = utf8_width(words), right = ui->w - column - 2;

        if (w <= right || (shorter && right >= column - 1)) {
            draw_name(d->c, column + 2, y, right, ROLE_WARN, words);
            return;
        }
        if (w <= column - 2 || shorter) {
            int at_x = column - 1 - w > 1 ? column - 1 - w : 1;

            draw_name(d->c, at_x, y, column - 1 - at_x, ROLE_WARN, words);
            return;
        }
    }
}

/* As many of the phrases of a hint as fit whole; commas and rows of blanks part them. */
static void put_phrases(struct drawing *d, int y, const char *hint)
{
    char shown[FILL_SIZE] = "";
    size_t len = strlen(hint);

    while (len > 0 && utf8_width_n(hint, len) > d->ui->w - 2) {
        do
            len--;
        while (len > 0 && hint[len] != ',' && strncmp(hint + len, "   ", 3) != 0);
    }
    snprintf(shown, sizeof shown, "%.*s", (int)len, hint);
    canvas_put(d->c, 1, y, d->ui->w - 2, ROLE_DIM, shown);
}

void prompt_draw(struct drawing *d)
{
    const struct prompt_ops *ops = prompt_ops(d->ui);
    const struct ui *ui = d->ui;
    int y = ui->h >= 2 ? ui->h - 2 : 0, x = 1, away;

    if (ops->draw_question) {
        ops->draw_question(d);
        return;
    }
    canvas_fill(d->c, 0, y, ui->w, 2, ROLE_TEXT, " ");
    x += canvas_put(d->c, x, y, ui->w / 2, ROLE_KEY, text(ops->label)) + 2;
    if (ops == &digits)
        away = draw_input(d, x, y, ui->digits, (uint32_t)strlen(ui->digits));
    else
        away = draw_input(d, x, y, ui->line.text, ui->line.cursor);
    if (ops != &digits && ui->line_bad && !(ui->line_listed && ops->draw_below))
        draw_error(d, x, y + 1, away);
    else if (ops == &digits && ui->digits_refused)
        canvas_put(d->c, 1, y + 1, ui->w - 2, ROLE_WARN, text(MSG_VIEW_PORT_MOST));
    else if (ops->draw_below)
        ops->draw_below(d, y + 1);
    else
        put_phrases(d, y + 1,
                    text(ui->searching  ? MSG_VIEW_SEARCHING
                         : ops->hint_of ? ops->hint_of(d)
                                        : ops->hint));
}
