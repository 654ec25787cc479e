/* SPDX-License-Identifier: MIT */
/* What each command does where no overlay and no part of the screen has its own use for it: the
 * functions that the table of commands names. */
#include "commands.h"

#include <string.h>

#include "endpoint_names.h"
#include "group_rows.h"
#include "overlay.h"
#include "pane.h"
#include "prompt.h"
#include "states.h"
#include "table_cursor.h"
#include "travel.h"

/* Movement that the part with the focus has no use for is the table's. */
static unsigned move(struct session *s, enum command_id command)
{
    enum move_unit unit;
    int sign;

    if (session_movement(command, &unit, &sign))
        table_move(s, unit, sign);
    return REACT_NOTHING;
}

static unsigned sideways(struct session *s, enum command_id command)
{
    return table_scroll_columns(s, command == COMMAND_LEFT ? -1 : 1);
}

static bool has_part(const struct session *s, enum ui_focus part)
{
    struct layout l;

    layout_compute(&l, &s->ui);
    return part == FOCUS_STATES ? l.state_list.h > 0 : part == FOCUS_PANE ? pane_scrolls(s) : true;
}

static unsigned next_region(struct session *s, enum command_id command)
{
    const int step = command == COMMAND_NEXT_REGION ? 1 : 2;
    unsigned next = s->ui.focus;

    do
        next = (next + (unsigned)step) % 3;
    while (!has_part(s, (enum ui_focus)next));
    session_focus(s, (enum ui_focus)next);
    return REACT_NOTHING;
}

/* Open the overlay or the prompt that names the command. */
static unsigned open(struct session *s, enum command_id command)
{
    const unsigned reaction = overlay_open_by(s, command);

    return reaction & REACT_NOT_MINE ? prompt_open_by(s, command) : reaction;
}

static unsigned all(struct session *s, enum command_id command)
{
    (void)command;
    return prompt_filter_clear(s);
}

/* l, e, o: choose states and say what brings the others back. */
static unsigned only_states(struct session *s, enum command_id command)
{
    const char *term = "not state:LISTEN,ESTABLISHED", *what = text(MSG_SESSION_OTHER_STATES);
    unsigned reaction = REACT_NOTHING;
    char key[16];

    if (command == COMMAND_LISTENING) {
        term = "state:LISTEN";
        what = state_name(TCP_STATE_LISTEN);
    } else if (command == COMMAND_ESTABLISHED) {
        term = "state:ESTABLISHED";
        what = state_name(TCP_STATE_ESTABLISHED);
    }
    if (!prompt_filter_choose_states(s, term, &reaction))
        return reaction;
    if (command != COMMAND_OTHER) /* the list of states and the pane go along */
        s->ui.state_list =
            states_index(command == COMMAND_LISTENING ? TCP_STATE_LISTEN : TCP_STATE_ESTABLISHED);
    session_say(s, MSG_SESSION_ONLY, what, session_key(s, COMMAND_ALL, key), NULL);
    return reaction;
}

static unsigned back(struct session *s, enum command_id command)
{
    unsigned reaction = group_back(s);
    char key[16];

    (void)command;
    if (!(reaction & REACT_NOT_MINE))
        return reaction;
    if (s->ui.filter[0])
        return prompt_filter_clear(s);
    if (s->ui.group_by < 0)
        return REACT_NOTHING;
    reaction = group_choose_by(s, -1);
    session_say(s, MSG_SESSION_NO_GROUPS, session_key(s, COMMAND_GROUP, key), NULL);
    return reaction;
}

static unsigned sort_step(struct session *s, enum command_id command)
{
    return table_sort_step(s, command == COMMAND_SORT_PREVIOUS ? -1 : 1);
}

/* Who sends and gets most comes first; of groups that do not add both up, who sends most. */
static unsigned talkers(struct session *s, enum command_id command)
{
    unsigned figure;

    (void)command;
    if (!group_sorts(s)) { /* the first rows are what was asked for */
        table_move(s, MOVE_END, -1);
        return table_sort_by(s, COL_RATE);
    }
    if (group_figure_of(s, COL_RATE, &figure) || group_figure_of(s, COL_TX, &figure))
        return group_sort_by(s, figure);
    return REACT_NOTHING;
}

static unsigned reverse(struct session *s, enum command_id command)
{
    (void)command;
    return group_sorts(s) ? group_sort_by(s, s->ui.group_sort.figure)
                          : table_sort_by(s, s->ui.sort.column);
}

static unsigned pause_or_go_on(struct session *s, enum command_id command)
{
    (void)command;
    const unsigned reaction = travel_play(s);
    if (!(reaction & REACT_NOT_MINE) || !s->list->sample)
        return reaction & ~(unsigned)REACT_NOT_MINE;
    s->ui.paused = !s->ui.paused;
    s->ui.paused_ns = s->now_ns;
    return s->ui.paused ? REACT_NOTHING : REACT_CATCH_UP;
}

/* Back to the newest sample; where that is shown, what is paused goes on. */
static unsigned live(struct session *s, enum command_id command)
{
    const unsigned reaction = travel_return(s);

    if (!(reaction & REACT_NOT_MINE))
        return reaction;
    if (s->ui.paused)
        return pause_or_go_on(s, command);
    session_say(s, MSG_TRAVEL_AT_END, NULL);
    return REACT_NOTHING;
}

static unsigned travel_step(struct session *s, enum command_id command)
{
    return travel_go(s, TRAVEL_STEP, command == COMMAND_EARLIER ? -1 : 1);
}

static unsigned travel_minute(struct session *s, enum command_id command)
{
    return travel_go(s, TRAVEL_SHIFT, (command == COMMAND_MINUTE_EARLIER ? -60 : 60) * NS_PER_S);
}

static unsigned travel_finding(struct session *s, enum command_id command)
{
    return travel_go(s, TRAVEL_FINDING, command == COMMAND_PREVIOUS_FINDING ? -1 : 1);
}

static unsigned interval_step(struct session *s, enum command_id command)
{
    prompt_interval_step(s, command == COMMAND_FASTER ? -1 : 1);
    return REACT_NOTHING;
}

static unsigned pane(struct session *s, enum command_id command)
{
    (void)command;
    s->ui.pane = s->ui.pane == PANE_NONE ? PANE_NORMAL : s->ui.pane + 1;
    return REACT_WIDTHS;
}

static unsigned pane_half(struct session *s, enum command_id command)
{
    pane_scroll_half(s, command == COMMAND_PANE_UP ? -1 : 1);
    return REACT_NOTHING;
}

static unsigned language(struct session *s, enum command_id command)
{
    (void)command;
    if (!s->ui.utf8)
        return REACT_NOTHING;
    text_use(text_language() == LANG_EN ? LANG_KO : LANG_EN);
    memset(s->ui.pane_top, 0, sizeof(s->ui.pane_top));
    return REACT_WIDTHS;
}

/* The next theme: for a dark ground, for a light one, for any. */
static unsigned theme(struct session *s, enum command_id command)
{
    char key[16];

    s->theme = (s->theme + 1) % BACKGROUND_COUNT;
    session_say(s, MSG_SESSION_THEME, theme_name(s->theme), session_key(s, command, key), NULL);
    return REACT_REDRAW;
}

static unsigned names(struct session *s, enum command_id command)
{
    return command == COMMAND_HOST_NAMES ? endpoint_toggle_hosts(s) : endpoint_toggle_services(s);
}

static unsigned follow(struct session *s, enum command_id command)
{
    char key[16];

    s->ui.follow = !s->ui.follow;
    session_say(s, s->ui.follow ? MSG_SESSION_FOLLOW_ON : MSG_SESSION_FOLLOW_OFF,
                session_key(s, command, key), NULL);
    return REACT_NOTHING;
}

static unsigned pin(struct session *s, enum command_id command)
{
    (void)command;
    return table_toggle_pin(s);
}

static unsigned copy(struct session *s, enum command_id command)
{
    (void)command;
    return table_copy(s);
}

static unsigned redraw(struct session *s, enum command_id command)
{
    (void)s;
    (void)command;
    return REACT_REDRAW | REACT_SAMPLE;
}

static unsigned quit(struct session *s, enum command_id command)
{
    (void)s;
    (void)command;
    return REACT_QUIT;
}

static unsigned (*const functions[COMMAND_COUNT])(struct session *s, enum command_id command) = {
#define COMMAND(ident, function, name, keys, shown, group) [COMMAND_##ident] = function,
    COMMANDS(COMMAND)
#undef COMMAND
};

unsigned commands_run(struct session *s, enum command_id command)
{
    return functions[command](s, command);
}
