/* The prompt over the last two lines: the line that is typed, and below it what is wrong with it,
 * what may follow, or a hint. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/utf8.h"

#define CANDIDATES_MAX 24 /* of what may follow */

static const enum msg prompt_words[] = {
    [PROMPT_NONE] = MSG_VIEW_PROMPT_PORT,     [PROMPT_FILTER] = MSG_VIEW_PROMPT_FILTER,
    [PROMPT_FIND] = MSG_VIEW_PROMPT_FIND,     [PROMPT_INTERVAL] = MSG_VIEW_PROMPT_INTERVAL,
    [PROMPT_EXPORT] = MSG_VIEW_PROMPT_EXPORT,
};

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
        fill(still, MSG_VIEW_STILL_SHOWN, ui->filter, NULL, NULL);
    snprintf(what, sizeof what, "%s%s%s", ui->error.what, *still ? "   " : "", still);
    column = column < 0 ? 0 : column >= ui->w ? ui->w - 1 : column;
    canvas_put(d->c, column, y, 1, ROLE_WARN, "^");
    /* right of the mark, else left of it, else without what is still shown */
    for (int shorter = 0; shorter < 2; shorter++) {
        const char *words = shorter ? ui->error.what : what;
        int w = utf8_width(words), right = ui->w - column - 2;

        if (w <= right || (shorter && right >= column - 1)) {
            canvas_put(d->c, column + 2, y, right, ROLE_WARN, words);
            return;
        }
        if (w <= column - 2 || shorter) {
            int at_x = column - 1 - w > 1 ? column - 1 - w : 1;

            canvas_put(d->c, at_x, y, column - 1 - at_x, ROLE_WARN, words);
            return;
        }
    }
}

/* What may follow, where nothing is wrong. */
static void draw_candidates(struct drawing *d, int y)
{
    const char *words[CANDIDATES_MAX];
    size_t from, n = filter_complete(d->ui->line.text, words, CANDIDATES_MAX, &from);
    int x = 1, w = d->ui->w;

    if (n == 0)
        return;
    x += canvas_put(d->c, x, y, w - x, ROLE_DIM, text(MSG_VIEW_MAY_FOLLOW));
    for (size_t i = 0; i < n && x + 1 + utf8_width(words[i]) < w; i++)
        x += 1 + canvas_put(d->c, x + 1, y, w - x - 1, ROLE_DIM, words[i]);
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

static void draw_hint(struct drawing *d, int y)
{
    static const enum msg hints[] = {
        [PROMPT_NONE] = MSG_VIEW_HINT_PORT,     [PROMPT_FILTER] = MSG_VIEW_HINT_PORT,
        [PROMPT_FIND] = MSG_VIEW_HINT_FIND,     [PROMPT_INTERVAL] = MSG_VIEW_HINT_INTERVAL,
        [PROMPT_EXPORT] = MSG_VIEW_HINT_EXPORT,
    };

    if (d->ui->prompt == PROMPT_FILTER)
        draw_candidates(d, y);
    else
        put_phrases(d, y, text(d->ui->searching ? MSG_VIEW_SEARCHING : hints[d->ui->prompt]));
}

void draw_prompt(struct drawing *d)
{
    const struct ui *ui = d->ui;
    int y = ui->h >= 2 ? ui->h - 2 : 0, x = 1, away;

    canvas_fill(d->c, 0, y, ui->w, 2, ROLE_TEXT, " ");
    x += canvas_put(d->c, x, y, ui->w / 2, ROLE_KEY, text(prompt_words[ui->prompt])) + 2;
    if (ui->prompt == PROMPT_NONE)
        away = draw_input(d, x, y, ui->digits, (uint32_t)strlen(ui->digits));
    else
        away = draw_input(d, x, y, ui->line.text, ui->line.cursor);
    if (ui->prompt != PROMPT_NONE && ui->line_bad)
        draw_error(d, x, y + 1, away);
    else
        draw_hint(d, y + 1);
}
