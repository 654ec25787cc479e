/* SPDX-License-Identifier: MIT */
/* The filter in force, the prompt for it, and the digits that filter by port. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter_choice.h"
#include "prompt.h"
#include "tcptop/base/utf8.h"

#define DIGITS_APPEND_NS (2 * NS_PER_S)    /* then a digit begins another port */
#define DIGITS_FOLLOW_NS (250 * NS_PER_MS) /* then the rows follow */
#define CANDIDATES_MAX   24                /* of what may follow in the prompt */

int prompt_filter_apply(struct session *s, const char *text, struct filter_error *error,
                        unsigned *reaction)
{
    if (strcmp(text, s->ui.filter) == 0)
        return 0;
    struct predicate p = {0};
    struct filter_error ignored;
    int r = filter_parse(text, &p, error ? error : &ignored);
    if (r < 0) {
        predicate_fini(&p);
        return r;
    }
    predicate_fini(&s->predicate);
    s->predicate = p;
    s->question++;
    snprintf(s->ui.filter, sizeof(s->ui.filter), "%s", text);
    s->ui.port = filter_choice_port(text);
    s->ui.holders.n = 0; /* until the rows follow */
    s->ui.park_key = 0;
    *reaction |= REACT_LIST;
    return 0;
}

void prompt_filter_remember(struct session *s, const char *text)
{
    if (!text[0] || (s->n_recall && strcmp(s->recall[0], text) == 0))
        return;
    memmove(s->recall[1], s->recall[0], sizeof(s->recall) - sizeof(s->recall[0]));
    snprintf(s->recall[0], sizeof(s->recall[0]), "%s", text);
    s->n_recall += s->n_recall < RECALL_MAX;
    snprintf(s->ui.recall, sizeof(s->ui.recall), "%s", text);
}

unsigned prompt_filter_clear(struct session *s)
{
    unsigned reaction = REACT_NOTHING;
    char key[16], up[16];

    if (!s->ui.filter[0])
        return reaction;
    prompt_filter_remember(s, s->ui.filter);
    prompt_filter_apply(s, "", NULL, &reaction);
    session_say(s, MSG_SESSION_FILTER_CLEARED, session_key(s, COMMAND_FILTER, key),
                session_key_name(s, KEY_CODE_UP, up), NULL);
    return reaction;
}

/* One choice in place of another, on top of `filter`. False when that failed, and it was said. */
static bool choose(struct session *s, const char *filter, enum choice_kind kind, const char *term,
                   unsigned *reaction)
{
    char text[UI_FILTER_MAX];
    if (!filter_choice_replace(text, filter, kind, term))
        session_say(s, MSG_SESSION_FILTER_TOO_LONG, NULL);
    else if (prompt_filter_apply(s, text, NULL, reaction) < 0)
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
    else
        return true;
    return false;
}

bool prompt_filter_choose_states(struct session *s, const char *term, unsigned *reaction)
{
    return choose(s, s->ui.filter, CHOICE_STATE, term, reaction);
}

/* The rows follow the digits; while typing may go on only to a port that some socket has. */
static unsigned digits_follow(struct session *s, bool final)
{
    unsigned reaction = REACT_NOTHING;
    char term[16];
    uint16_t port = (uint16_t)atoi(s->ui.digits);
    s->digits_tried = !final && !port_set_has(&s->list->summary.used, port);
    if (s->digits_tried)
        return reaction;
    snprintf(term, sizeof(term), "port:%s", s->ui.digits);
    choose(s, s->before_digits, CHOICE_PORT, term, &reaction);
    s->ui.digits_pending = false;
    return reaction;
}

unsigned prompt_filter_tick(struct session *s)
{
    int64_t age_ns = s->now_ns - s->digits_ns;

    if (!s->ui.digits[0])
        return REACT_NOTHING;
    if (age_ns >= DIGITS_APPEND_NS)
        return prompt_filter_end_digits(s);
    return s->ui.digits_pending && age_ns >= DIGITS_FOLLOW_NS ? digits_follow(s, false)
                                                              : REACT_NOTHING;
}

int64_t prompt_filter_due_ns(const struct session *s)
{
    bool follows = !s->ui.digits_pending || s->digits_tried;

    if (!s->ui.digits[0])
        return 0;
    return s->digits_ns + (follows ? DIGITS_APPEND_NS : DIGITS_FOLLOW_NS);
}

unsigned prompt_filter_end_digits(struct session *s)
{
    unsigned reaction = s->ui.digits_pending ? digits_follow(s, true) : REACT_NOTHING;

    s->ui.digits[0] = '\0';
    s->ui.digits_refused = false;
    return reaction;
}

static unsigned digits_changed(struct session *s)
{
    unsigned reaction = REACT_NOTHING;
    s->ui.digits_refused = false;
    s->digits_ns = s->now_ns;
    s->digits_last = true;
    s->digits_tried = false;
    s->ui.digits_pending = s->ui.digits[0] != '\0';
    if (!s->ui.digits_pending)
        prompt_filter_apply(s, s->before_digits, NULL, &reaction);
    return reaction;
}

unsigned prompt_filter_digit(struct session *s, keycode key)
{
    struct ui *ui = &s->ui;
    size_t len = strlen(ui->digits);
    bool behind_digit = s->digits_last;
    s->digits_last = false;
    if (ui->overlay != OVERLAY_NONE)
        return REACT_NOT_MINE;
    if (key == KEY_CODE_ENTER && behind_digit)
        return prompt_filter_end_digits(s);
    if (key == KEY_CODE_BACKSPACE && len > 0) {
        ui->digits[len - 1] = '\0';
        return digits_changed(s);
    }
    if (key < '0' || key > '9')
        return REACT_NOT_MINE;
    char longer[sizeof(ui->digits) + 1];
    int n = snprintf(longer, sizeof(longer), "%s%c", ui->digits, (int)key);
    bool port = n < (int)sizeof(ui->digits) && strtol(longer, NULL, 10) <= UINT16_MAX;
    if (!port && len > 0) {
        ui->digits_refused = true;
        s->digits_ns = s->now_ns; /* for as long as digits stand there it is said */
        s->digits_last = behind_digit;
    }
    if (!port || strcmp(longer, "0") == 0)
        return REACT_NOTHING;
    if (len == 0)
        memcpy(s->before_digits, ui->filter, sizeof(s->before_digits));
    memcpy(ui->digits, longer, sizeof(ui->digits));
    return digits_changed(s);
}

static unsigned open(struct session *s)
{
    prompt_line_set(&s->ui.line, s->ui.filter);
    return REACT_NOTHING;
}

/* Is the word at `from` a value: behind a sign of a field, or behind a word of ss that states
 * follow? */
static bool is_value(const char *text, size_t from)
{
    static const char *const words[] = {"state", "exclude", "excl"};

    if (from > 0 && strchr(":,<>=!", text[from - 1]) && text[from - 1])
        return from > 1 && text[from - 2] != ' ';
    while (from > 0 && text[from - 1] == ' ')
        from--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t len = strlen(words[i]);
        if (from >= len && strncasecmp(text + from - len, words[i], len) == 0 &&
            (from == len || strchr(" (", text[from - len - 1])))
            return true;
    }
    return false;
}

/* Is what begins at `from` the unit of a number? */
static bool is_unit(const char *text, size_t from)
{
    size_t sign = from;

    while (sign > 0 && strchr("0123456789.", text[sign - 1]))
        sign--;
    return sign < from && is_value(text, sign);
}

/* Does the line end in a word that joins conditions? */
static bool is_joined(const struct ui_line *line)
{
    static const char *const joints[] = {" and", " or", " not"};

    for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
        const size_t len = strlen(joints[i]);
        if (line->len > len && strcasecmp(line->text + line->len - len, joints[i]) == 0)
            return true;
    }
    return false;
}

/* Does the line end in letters that a field's name or a word of the language begins with? Those are
 * no word to look for yet: the rows wait for the rest. */
static bool is_unfinished(const struct ui_line *line)
{
    const char *words[CANDIDATES_MAX];
    char head[UI_FILTER_MAX];
    size_t from, before, n = filter_complete(line->text, words, CANDIDATES_MAX, &from);
    const char *typed = line->text + from;

    if (line->cursor != line->len || from >= line->len || is_value(line->text, from) ||
        typed[strspn(typed, "abcdefghijklmnopqrstuvwxyz_")])
        return false;
    snprintf(head, sizeof head, "%.*s", (int)line->len - 1, line->text);
    const size_t n_before = filter_complete(head, words, CANDIDATES_MAX, &before);
    bool whole = false;
    for (size_t i = 0; i < n_before && before == from; i++)
        whole |= strcmp(words[i], typed) == 0;
    return is_unit(line->text, from) ? n && !whole : n || whole; /* a name's sign has yet to come */
}

/* Put the line in force where it is right; what was before stays else. */
static unsigned take_line(struct session *s)
{
    struct ui *ui = &s->ui;
    unsigned reaction = REACT_NOTHING;
    int r = prompt_filter_apply(s, ui->line.text, &ui->error, &reaction);

    ui->line_bad = r == -EINVAL;
    if (r == -ENOMEM)
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
    return reaction;
}

static unsigned changed(struct session *s)
{
    s->ui.line_listed = false;
    if (!is_unfinished(&s->ui.line))
        return take_line(s);
    s->ui.line_bad = false;
    return REACT_NOTHING;
}

/* ↑ ↓: through the filters of before, passing over the one that stands there already. */
static unsigned recall(struct session *s, int step)
{
    int at = s->recall_at + step;
    while (at >= 0 && at < (int)s->n_recall && strcmp(s->recall[at], s->ui.line.text) == 0)
        at += step;
    if (at >= (int)s->n_recall)
        return REACT_NOTHING;
    s->recall_at = at < 0 ? -1 : at;
    prompt_line_set(&s->ui.line, at < 0 ? s->before_prompt : s->recall[at]);
    return take_line(s);
}

/* Tab: as far as all candidates agree; where that is no further, they are listed. */
static unsigned complete(struct session *s)
{
    struct ui_line *line = &s->ui.line;
    char head[UI_FILTER_MAX], word[UI_FILTER_MAX];
    memcpy(head, line->text, line->cursor);
    head[line->cursor] = '\0';
    const char *words[64];
    size_t from = 0;
    size_t n = filter_complete(head, words, sizeof(words) / sizeof(words[0]), &from);
    if (n == 0 || from > line->cursor)
        return REACT_NOTHING;
    s->ui.line_listed = n > 1;
    size_t common = strlen(words[0]);
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < common; j++)
            if (words[i][j] != words[0][j])
                common = j;
    if (common <= line->cursor - from)
        return REACT_NOTHING;
    snprintf(word, sizeof(word), "%.*s", (int)common, words[0]);
    prompt_line_complete(line, from, word);
    const unsigned reaction = changed(s);
    s->ui.line_listed = n > 1;
    return reaction;
}

static unsigned key(struct session *s, keycode key)
{
    if (key == KEY_CODE_TAB)
        return complete(s);
    if (key == KEY_CODE_UP || key == KEY_CODE_DOWN)
        return recall(s, key == KEY_CODE_UP ? 1 : -1);
    return REACT_NOT_MINE;
}

static unsigned accept(struct session *s)
{
    unsigned reaction;

    prompt_line_trim(&s->ui.line);
    reaction = take_line(s);
    if (s->ui.line_bad)
        return reaction;
    prompt_filter_remember(s, s->ui.filter);
    return reaction | REACT_CLOSE;
}

/* The filter of before. */
static unsigned cancel(struct session *s)
{
    unsigned reaction = REACT_NOTHING;

    prompt_filter_apply(s, s->before_prompt, NULL, &reaction);
    return reaction;
}

/* What may follow, where nothing is wrong. */
static void draw_candidates(struct drawing *d, int y)
{
    const char *words[CANDIDATES_MAX];
    size_t from, n = filter_complete(d->ui->line.text, words, CANDIDATES_MAX, &from);
    int x = 1, w = d->ui->w;

    if (n == 0) {
        if (d->ui->line.len > 0)
            draw_name(d->c, x, y, w - x, ROLE_DIM,
                      text(is_joined(&d->ui->line)       ? MSG_VIEW_HINT_CONDITION
                           : is_unfinished(&d->ui->line) ? MSG_VIEW_HINT_SIGN
                                                         : MSG_VIEW_HINT_TWO));
        return;
    }
    x += canvas_put(d->c, x, y, w - x, ROLE_DIM, text(MSG_VIEW_MAY_FOLLOW));
    for (size_t i = 0; i < n; i++) {
        const int more = i + 1 < n ? 2 : 0; /* columns for " …" */

        if (x + 1 + utf8_width(words[i]) + more >= w) {
            canvas_put(d->c, x + 1, y, w - x - 1, ROLE_DIM, "…");
            break;
        }
        x += 1 + canvas_put(d->c, x + 1, y, w - x - 1, ROLE_DIM, words[i]);
    }
}

const struct prompt_ops prompt_filter = {
    .opened_by = COMMAND_FILTER,
    .label = MSG_VIEW_PROMPT_FILTER,
    .hint = MSG_VIEW_HINT_PORT,
    .open = open,
    .key = key,
    .changed = changed,
    .accept = accept,
    .cancel = cancel,
    .draw_below = draw_candidates,
};
