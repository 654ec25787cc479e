/* What each command does: one small function per row of the command table. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "session_internal.h"

#define MOVEMENT(name, unit, sign)                                                                 \
    static void name(struct session *s)                                                            \
    {                                                                                              \
        focus_move(s, unit, sign);                                                                 \
    }
MOVEMENT(up, MOVE_LINE, -1)
MOVEMENT(down, MOVE_LINE, 1)
MOVEMENT(half_up, MOVE_HALF, -1)
MOVEMENT(half_down, MOVE_HALF, 1)
MOVEMENT(page_up, MOVE_PAGE, -1)
MOVEMENT(page_down, MOVE_PAGE, 1)
MOVEMENT(first, MOVE_END, -1)
MOVEMENT(last, MOVE_END, 1)
#undef MOVEMENT

static void left(struct session *s)
{
    focus_sideways(s, -1);
}

static void right(struct session *s)
{
    focus_sideways(s, 1);
}

static void next_region(struct session *s)
{
    focus_cycle(s, 1);
}

static void previous_region(struct session *s)
{
    focus_cycle(s, -1);
}

static void filter(struct session *s)
{
    prompt_open(s, PROMPT_FILTER, s->ui.filter);
}

static void all(struct session *s)
{
    filter_clear(s);
}

/* One of l, e, o: choose states and say what brings the others back. */
static void only(struct session *s, const char *term, const char *what)
{
    char key[16];
    if (filter_choose_states(s, term))
        session_say(s, MSG_SESSION_ONLY, what, session_key(s, COMMAND_ALL, key), NULL);
}

static void listening(struct session *s)
{
    only(s, "state:li", state_name(TCP_STATE_LISTEN));
}

static void established(struct session *s)
{
    only(s, "state:es", state_name(TCP_STATE_ESTABLISHED));
}

static void other(struct session *s)
{
    only(s, "!state:li,es", text(MSG_SESSION_OTHER_STATES));
}

static void choose_state_list_state(struct session *s)
{
    char term[16] = "";
    unsigned state = ui_state_list_state(&s->ui);
    if (state) {
        int n = snprintf(term, sizeof(term), "state:%s", state_code(state));
        for (int i = 0; i < n && term[i]; i++)
            term[i] = (char)tolower((unsigned char)term[i]);
    }
    filter_choose_states(s, term);
}

static void open_it(struct session *s)
{
    uint32_t group;
    if (s->ui.overlay == OVERLAY_DIAGRAM) {
        overlay_close(s);
        choose_state_list_state(s);
    } else if (s->ui.overlay != OVERLAY_NONE)
        overlay_accept(s);
    else if (s->ui.focus == FOCUS_STATES)
        choose_state_list_state(s);
    else if (s->ui.focus == FOCUS_TABLE && group_under_cursor(s, &group))
        group_open(s, group);
    else if (s->ui.focus == FOCUS_TABLE)
        overlay_open(s, OVERLAY_DETAILS);
}

static void back(struct session *s)
{
    char key[16];
    if (overlay_close(s) || group_back(s))
        return;
    if (s->ui.filter[0]) {
        filter_clear(s);
    } else if (s->ui.group_by >= 0) {
        group_choose_by(s, -1);
        session_say(s, MSG_SESSION_NO_GROUPS, session_key(s, COMMAND_GROUP, key), NULL);
    }
}

static void sort(struct session *s)
{
    overlay_open(s, sorts_groups(s) ? OVERLAY_GROUP_SORT : OVERLAY_SORT);
}

static void group(struct session *s)
{
    overlay_open(s, OVERLAY_GROUP);
}

static void sort_previous(struct session *s)
{
    sort_step(s, -1);
}

static void sort_next(struct session *s)
{
    sort_step(s, 1);
}

static void reverse(struct session *s)
{
    if (sorts_groups(s))
        sort_groups_by(s, s->ui.group_sort.figure);
    else
        sort_by(s, s->ui.sort.column);
}

static void choose_columns(struct session *s)
{
    overlay_open(s, OVERLAY_COLUMNS);
}

static void pause_or_go_on(struct session *s)
{
    if (!s->list->sample)
        return;
    s->ui.paused = !s->ui.paused;
    s->ui.paused_ns = s->now_ns;
    if (!s->ui.paused)
        session_rebuild(s, false);
}

static void interval_down(struct session *s)
{
    interval_step(s, -1);
}

static void interval_up(struct session *s)
{
    interval_step(s, 1);
}

static void interval(struct session *s)
{
    prompt_open(s, PROMPT_INTERVAL, "");
}

static void diagram(struct session *s)
{
    if (s->ui.overlay == OVERLAY_DIAGRAM)
        overlay_close(s);
    else
        diagram_open(s);
}

static void pane(struct session *s)
{
    if (s->ui.overlay == OVERLAY_DIAGRAM) {
        diagram_explain(s);
        return;
    }
    s->ui.pane = s->ui.pane == PANE_NONE ? PANE_NORMAL : s->ui.pane + 1;
    table_forget_widths(s);
}

static void pane_up(struct session *s)
{
    focus_scroll(s, -1);
}

static void pane_down(struct session *s)
{
    focus_scroll(s, 1);
}

static void namespaces(struct session *s)
{
    overlay_open(s, OVERLAY_NAMESPACES);
}

static void language(struct session *s)
{
    if (!s->ui.utf8)
        return;
    text_use(text_language() == LANG_EN ? LANG_KO : LANG_EN);
    memset(s->ui.pane_top, 0, sizeof(s->ui.pane_top));
    table_forget_widths(s);
}

static void follow(struct session *s)
{
    s->ui.follow = !s->ui.follow;
}

static void pin(struct session *s)
{
    uint32_t at;
    if (s->ui.focus == FOCUS_TABLE && group_under_cursor(s, &at))
        group_toggle(s, at);
    else
        session_toggle_pin(s);
}

static void warnings(struct session *s)
{
    s->ui.warning_key = 0;
    if (s->ui.overlay == OVERLAY_WARNINGS)
        overlay_close(s);
    else
        overlay_open(s, OVERLAY_WARNINGS);
}

static void copy(struct session *s)
{
    if (warnings_copy(s))
        return;
    const struct conn *c = table_subject(s);
    uint32_t at;
    str_clear(&s->copy);
    if (c)
        table_text(s, c, &s->copy);
    else if (group_under_cursor(s, &at))
        group_text(s, at, &s->copy);
    else
        return;
    s->copy_ready = !str_failed(&s->copy);
    session_say(s, s->copy_ready ? MSG_SESSION_COPIED : MSG_SESSION_NO_MEMORY, NULL);
}

static void export(struct session *s)
{
    if (s->ui.readonly)
        session_say(s, MSG_EXPORT_READONLY, NULL);
    else
        prompt_open(s, PROMPT_EXPORT, "");
}

static void help(struct session *s)
{
    if (s->ui.overlay == OVERLAY_HELP)
        overlay_close(s);
    else
        overlay_open(s, OVERLAY_HELP);
}

static void redraw(struct session *s)
{
    s->redraw = s->sample_now = true;
}

static void quit(struct session *s)
{
    s->quit = !overlay_close(s);
}

static void quit_now(struct session *s)
{
    s->quit = true;
}

static void (*const functions[COMMAND_COUNT])(struct session *s) = {
    [COMMAND_UP] = up,
    [COMMAND_DOWN] = down,
    [COMMAND_PAGE_UP] = page_up,
    [COMMAND_PAGE_DOWN] = page_down,
    [COMMAND_HALF_UP] = half_up,
    [COMMAND_HALF_DOWN] = half_down,
    [COMMAND_FIRST] = first,
    [COMMAND_LAST] = last,
    [COMMAND_LEFT] = left,
    [COMMAND_RIGHT] = right,
    [COMMAND_NEXT_REGION] = next_region,
    [COMMAND_PREVIOUS_REGION] = previous_region,
    [COMMAND_FILTER] = filter,
    [COMMAND_FIND] = find_next,
    [COMMAND_ALL] = all,
    [COMMAND_LISTENING] = listening,
    [COMMAND_ESTABLISHED] = established,
    [COMMAND_OTHER] = other,
    [COMMAND_OPEN] = open_it,
    [COMMAND_BACK] = back,
    [COMMAND_SORT] = sort,
    [COMMAND_SORT_PREVIOUS] = sort_previous,
    [COMMAND_SORT_NEXT] = sort_next,
    [COMMAND_REVERSE] = reverse,
    [COMMAND_COLUMNS] = choose_columns,
    [COMMAND_GROUP] = group,
    [COMMAND_PAUSE] = pause_or_go_on,
    [COMMAND_FASTER] = interval_down,
    [COMMAND_SLOWER] = interval_up,
    [COMMAND_INTERVAL] = interval,
    [COMMAND_PANE] = pane,
    [COMMAND_PANE_UP] = pane_up,
    [COMMAND_PANE_DOWN] = pane_down,
    [COMMAND_NAMESPACES] = namespaces,
    [COMMAND_WARNINGS] = warnings,
    [COMMAND_DIAGRAM] = diagram,
    [COMMAND_LANGUAGE] = language,
    [COMMAND_HOST_NAMES] = names_toggle_hosts,
    [COMMAND_SERVICE_NAMES] = names_toggle_services,
    [COMMAND_FOLLOW] = follow,
    [COMMAND_PIN] = pin,
    [COMMAND_COPY] = copy,
    [COMMAND_EXPORT] = export,
    [COMMAND_CLOSE] = close_ask,
    [COMMAND_HELP] = help,
    [COMMAND_REDRAW] = redraw,
    [COMMAND_QUIT] = quit,
    [COMMAND_QUIT_NOW] = quit_now,
};

void command_run(struct session *s, enum command_id command)
{
    functions[command](s);
}
