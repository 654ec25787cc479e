/* The prompts: filter, find, interval, export. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../app/options.h"
#include "session_internal.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"

void prompt_open(struct session *s, enum ui_prompt prompt, const char *text)
{
    struct ui *ui = &s->ui;
    ui->prompt = prompt;
    ui->line_bad = false;
    line_set(&ui->line, text);
    s->recall_at = -1;
    memcpy(s->before_prompt, ui->filter, sizeof(s->before_prompt));
}

static void prompt_close(struct session *s)
{
    if (s->ui.prompt == PROMPT_FIND)
        find_cancel(s);
    s->ui.prompt = PROMPT_NONE;
    s->ui.line_bad = false;
    s->pasting = false;
}

void prompt_wrong(struct session *s, const char *what)
{
    s->ui.line_bad = true;
    s->ui.error.at = 0;
    utf8_sanitise_into(s->ui.error.what, sizeof(s->ui.error.what), what, strlen(what));
}

void prompt_changed(struct session *s)
{
    struct ui *ui = &s->ui;
    ui->line_bad = false;
    if (ui->prompt == PROMPT_FILTER) {
        int r = filter_apply(s, ui->line.text, &ui->error);
        ui->line_bad = r == -EINVAL;
        if (r == -ENOMEM)
            session_say(s, MSG_SESSION_NO_MEMORY, NULL);
    } else if (ui->prompt == PROMPT_FIND) {
        memcpy(s->find, ui->line.text, sizeof(s->find));
        find_here(s);
    }
}

/* ↑ ↓: through the filters of before, passing over the one that stands there already. */
static void recall(struct session *s, int step)
{
    int at = s->recall_at + step;
    while (at >= 0 && at < (int)s->n_recall && strcmp(s->recall[at], s->ui.line.text) == 0)
        at += step;
    if (at >= (int)s->n_recall)
        return;
    s->recall_at = at < 0 ? -1 : at;
    line_set(&s->ui.line, at < 0 ? s->before_prompt : s->recall[at]);
    prompt_changed(s);
}

/* Tab: as far as all candidates agree. */
static void complete(struct session *s)
{
    struct ui_line *line = &s->ui.line;
    char head[UI_FILTER_MAX], word[UI_FILTER_MAX];
    memcpy(head, line->text, line->cursor);
    head[line->cursor] = '\0';
    const char *words[64];
    size_t from = 0;
    size_t n = filter_complete(head, words, sizeof(words) / sizeof(words[0]), &from);
    if (n == 0 || from > line->cursor)
        return;
    size_t common = strlen(words[0]);
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < common; j++)
            if (words[i][j] != words[0][j])
                common = j;
    if (common < line->cursor - from)
        return;
    snprintf(word, sizeof(word), "%.*s", (int)common, words[0]);
    line_complete(line, from, word);
    prompt_changed(s);
}

void interval_set(struct session *s, uint64_t ms)
{
    char interval[FMT_SIZE];
    s->interval_ms = ms;
    session_say(s, MSG_SESSION_INTERVAL, fmt_interval(interval, sizeof(interval), ms), NULL);
}

void interval_step(struct session *s, int sign)
{
    static const uint64_t steps[] = {100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000};
    size_t last = sizeof(steps) / sizeof(steps[0]) - 1;
    uint64_t ms = s->interval_ms;
    if (sign > 0)
        for (size_t i = 0; i <= last && ms == s->interval_ms; i++)
            ms = steps[i] > s->interval_ms ? steps[i] : ms;
    else
        for (size_t i = last + 1; i-- > 0 && ms == s->interval_ms;)
            ms = steps[i] < s->interval_ms ? steps[i] : ms;
    interval_set(s, ms);
}

static bool interval_accept(struct session *s)
{
    size_t n;
    const struct option *row = &settings_options(&n)[SETTING_INTERVAL];
    struct option_value value;
    struct err err;
    if (!s->ui.line.len)
        return true;
    if (option_parse(row, s->ui.line.text, &value, &err) < 0) {
        prompt_wrong(s, err.msg);
        return false;
    }
    interval_set(s, (uint64_t)(value.number * 1000 + 0.5));
    return true;
}

static bool accept(struct session *s)
{
    struct ui *ui = &s->ui;
    switch (ui->prompt) {
    case PROMPT_FILTER:
        line_trim(&ui->line);
        prompt_changed(s);
        if (!ui->line_bad)
            filter_remember(s, ui->filter);
        return !ui->line_bad;
    case PROMPT_INTERVAL:
        return interval_accept(s);
    case PROMPT_EXPORT:
        if (ui->line.len)
            export_write(s, ui->line.text);
        return true;
    case PROMPT_FIND:
    case PROMPT_CLOSE:
    case PROMPT_NONE:
        break;
    }
    return true;
}

bool prompt_command(struct session *s, keycode key)
{
    if (key >= ' ' && key < KEY_CODE_SPECIAL)
        return false;
    int command = bindings_find(&s->settings->bindings, key);
    if (command == COMMAND_QUIT_NOW || command == COMMAND_REDRAW)
        command_run(s, (enum command_id)command);
    else if (command == COMMAND_FIND && s->ui.prompt == PROMPT_FIND)
        find_next(s);
    else
        return false;
    return true;
}

void prompt_key(struct session *s, keycode key)
{
    struct ui *ui = &s->ui;
    bool changed = false;
    if (prompt_command(s, key))
        return;
    if (key == KEY_CODE_ESC) {
        if (ui->prompt == PROMPT_FILTER)
            filter_apply(s, s->before_prompt, NULL);
        prompt_close(s);
    } else if (key == KEY_CODE_ENTER) {
        if (accept(s))
            prompt_close(s);
    } else if (ui->prompt == PROMPT_FILTER && key == KEY_CODE_TAB) {
        complete(s);
    } else if (ui->prompt == PROMPT_FILTER && (key == KEY_CODE_UP || key == KEY_CODE_DOWN)) {
        recall(s, key == KEY_CODE_UP ? 1 : -1);
    } else if (line_edit(&ui->line, key, &changed) || (changed = line_insert(&ui->line, key))) {
        if (changed)
            prompt_changed(s);
    }
}
