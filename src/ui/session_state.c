/* SPDX-License-Identifier: MIT */
/* What the parts of the screen ask of the session: what is shown, messages, the focus. */
#include "session_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "overlay_diff.h"
#include "tcptop/base/utf8.h"
#include "travel.h"

#define MESSAGE_NS (4 * NS_PER_S)
#define SHORT_MIN  12 /* columns that are left at least of a value that is shortened */
#define ELLIPSIS   "\xe2\x80\xa6"

struct view session_view(const struct session *s)
{
    struct view v = {
        .ui = &s->ui,
        .settings = s->settings,
        .newest = s->newest,
        .names = s->names,
        .now_ns = s->now_ns,
        .late = s->late && !s->ui.past,
        .is_recording = s->settings->past.whole,
        .can_save = s->settings->past.save != NULL,
        .survey = travel_survey(s),
        .survey_ns = travel_time(s),
        .comparison = overlay_diff_made(s),
        .pane_kept = s->pane_kept,
    };
    if (s->list->sample) {
        v.shown = s->list->sample;
        v.rows = &s->list->rows;
        v.groups = s->list->grouped ? &s->list->groups : NULL;
        v.summary = &s->list->summary;
        v.breakdown = &s->breakdown;
    }
    return v;
}

/* A name of hundreds of letters must not push the cause of a failure out of the footer: of the
 * longest value, once it is clean, only the end stays that fits, behind an ellipsis. */
static void shorten(const char *value[4], size_t n, int too_wide, char out[UI_MESSAGE_MAX])
{
    size_t longest = 0;
    for (size_t i = 1; i < n; i++)
        if (utf8_width(value[i]) > utf8_width(value[longest]))
            longest = i;
    const char *text = value[longest];
    const int keep = utf8_width(text) - too_wide - 1;
    while (*text && utf8_width(text) > (keep > SHORT_MIN ? keep : SHORT_MIN)) {
        uint32_t cp;
        text += utf8_decode(text, strlen(text), &cp);
    }
    snprintf(out, UI_MESSAGE_MAX, "%s%s", ELLIPSIS, text);
    value[longest] = out;
}

bool session_same_watched(const struct request *a, const struct request *b)
{
    if (a->n_watched != b->n_watched)
        return false;
    for (uint32_t i = 0; i < a->n_watched; i++)
        if (!conn_same(&a->watched[i], &b->watched[i]))
            return false;
    return true;
}

void session_say(struct session *s, enum msg id, ...)
{
    const char *value[4] = {NULL};
    char clean[3][UI_FILTER_MAX], shortened[UI_MESSAGE_MAX];
    size_t n = 0;
    va_list args;
    va_start(args, id);
    for (; n < 3 && (value[n] = va_arg(args, const char *)); n++) {
        utf8_sanitise_into(clean[n], sizeof clean[n], value[n], strlen(value[n]));
        value[n] = clean[n];
    }
    va_end(args);
    struct str message = STR_INIT;
    text_fill(&message, id, value[0], value[1], value[2], NULL);
    const int too_wide = utf8_width(str_text(&message)) - (s->ui.w - 2);
    if (n && too_wide > 0 && id != MSG_SESSION_COPIED_COMMAND && id != MSG_SESSION_NOTE) {
        shorten(value, n, too_wide, shortened);
        str_clear(&message);
        text_fill(&message, id, value[0], value[1], value[2], NULL);
    }
    /* Where there is no memory for the values, the words without them are said. */
    const char *said = str_failed(&message) ? text(id) : str_text(&message);
    utf8_sanitise_into(s->ui.message, sizeof(s->ui.message), said, strlen(said));
    str_fini(&message);
    s->ui.message_until_ns = s->now_ns + MESSAGE_NS;
}

const char *session_key_name(const struct session *s, keycode key, char out[16])
{
    char name[16];

    key_name(key, name, sizeof name);
    return s->ui.ascii ? key_words(name, out, 16) : strcpy(out, name);
}

const char *session_key(const struct session *s, enum command_id command, char out[16])
{
    const struct bindings *b = &s->settings->bindings;
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i].command == command)
            return session_key_name(s, b->list[i].key, out);
    out[0] = '\0';
    return out;
}

void session_focus(struct session *s, enum ui_focus focus)
{
    s->ui.focus = focus;
    s->ui.state_chosen |= focus == FOCUS_STATES;
    if (focus != FOCUS_PANE)
        s->ui.subject = focus;
}

void session_copy_now(struct session *s, enum msg id)
{
    s->copy_ready = !str_failed(&s->copy);
    session_say(s, s->copy_ready ? id : MSG_SESSION_NO_MEMORY, str_text(&s->copy), NULL);
}

bool session_movement(enum command_id command, enum move_unit *unit, int *sign)
{
    static const struct {
        enum command_id command;
        enum move_unit unit;
        int sign;
    } rows[] = {
        {COMMAND_UP, MOVE_LINE, -1},      {COMMAND_DOWN, MOVE_LINE, 1},
        {COMMAND_HALF_UP, MOVE_HALF, -1}, {COMMAND_HALF_DOWN, MOVE_HALF, 1},
        {COMMAND_PAGE_UP, MOVE_PAGE, -1}, {COMMAND_PAGE_DOWN, MOVE_PAGE, 1},
        {COMMAND_FIRST, MOVE_END, -1},    {COMMAND_LAST, MOVE_END, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].command == command) {
            *unit = rows[i].unit;
            *sign = rows[i].sign;
            return true;
        }
    }
    return false;
}

int64_t session_step(enum move_unit unit, uint32_t all, uint32_t shown)
{
    return unit == MOVE_LINE   ? 1
           : unit == MOVE_HALF ? ((int64_t)shown + 1) / 2
           : unit == MOVE_PAGE ? shown
                               : all;
}

uint32_t session_clamp(uint32_t from, int64_t step, uint32_t last)
{
    const int64_t to = (int64_t)from + step;

    return to < 0 ? 0 : to > last ? last : (uint32_t)to;
}
