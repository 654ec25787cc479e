/* SPDX-License-Identifier: MIT */
/* The interval between two samples: typed, or in steps. */
#include "prompt.h"
#include "tcptop/base/fmt.h"
#include "tcptop/config/ini.h"

/* Is it fixed? Then it is said why. */
static bool is_fixed(struct session *s)
{
    if (s->settings->read_path)
        session_say(s, MSG_SESSION_INTERVAL_RECORDED, NULL);
    else if (s->settings->host)
        session_say(s, MSG_SESSION_INTERVAL_REMOTE, NULL);
    return s->settings->read_path || s->settings->host;
}

static void set(struct session *s, uint64_t ms)
{
    char interval[FMT_SIZE];
    if (is_fixed(s))
        return;
    s->interval_ms = ms;
    session_say(s, MSG_SESSION_INTERVAL, text_interval(interval, sizeof interval, ms), NULL);
}

void prompt_interval_step(struct session *s, int sign)
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
    set(s, ms);
}

static unsigned open_prompt(struct session *s)
{
    return is_fixed(s) ? REACT_NOT_MINE : REACT_NOTHING;
}

static unsigned accept(struct session *s)
{
    static const struct option row = {.section = "general",
                                      .key = "interval",
                                      .type = OPTION_DURATION,
                                      .min = UI_INTERVAL_MIN,
                                      .max = UI_INTERVAL_MAX};
    struct option_value value;
    struct err err;
    if (!s->ui.line.len)
        return REACT_CLOSE;
    if (option_parse(&row, s->ui.line.text, &value, &err) < 0) {
        prompt_wrong(s, text(MSG_VIEW_INTERVAL_BAD));
        return REACT_NOTHING;
    }
    set(s, (uint64_t)(value.number * 1000 + 0.5));
    return REACT_CLOSE;
}

const struct prompt_ops prompt_interval = {
    .opened_by = COMMAND_INTERVAL,
    .label = MSG_VIEW_PROMPT_INTERVAL,
    .hint = MSG_VIEW_HINT_INTERVAL,
    .open = open_prompt,
    .accept = accept,
};
