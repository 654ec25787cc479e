/* SPDX-License-Identifier: MIT */
/* The commands: id, default keys, group and help, in one table. Help screen, footer and [keys] of
 * the configuration file come from it. */
#ifndef TCPTOP_UI_KEYMAP_H
#define TCPTOP_UI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/key.h"
#include "tcptop/text/text.h"

enum command_group { GROUP_MOVE, GROUP_FILTER, GROUP_SORT, GROUP_TIME, GROUP_SEE, GROUP_ACT };

/* COMMAND(ident, function in commands.c, name in the configuration file, default keys, keys as help
 * shows them, group). The help text is message HELP_<ident>. Overlays and prompts name the command
 * that opens them; its function is `open`. Digits are not commands: they are the port filter. */
#define COMMANDS(COMMAND)                                                                          \
    COMMAND(UP, move, "up", "Up k", "↑ k", GROUP_MOVE)                                             \
    COMMAND(DOWN, move, "down", "Down j", "↓ j", GROUP_MOVE)                                       \
    COMMAND(PAGE_UP, move, "page_up", "PgUp ^b", "PgUp", GROUP_MOVE)                               \
    COMMAND(PAGE_DOWN, move, "page_down", "PgDn ^f", "PgDn", GROUP_MOVE)                           \
    COMMAND(HALF_UP, move, "half_up", "^u", "^u", GROUP_MOVE)                                      \
    COMMAND(HALF_DOWN, move, "half_down", "^d", "^d", GROUP_MOVE)                                  \
    COMMAND(FIRST, move, "first", "Home g", "Home g", GROUP_MOVE)                                  \
    COMMAND(LAST, move, "last", "End G", "End G", GROUP_MOVE)                                      \
    COMMAND(LEFT, sideways, "left", "Left", "←", GROUP_MOVE)                                       \
    COMMAND(RIGHT, sideways, "right", "Right", "→", GROUP_MOVE)                                    \
    COMMAND(NEXT_REGION, next_region, "next_region", "Tab", "Tab", GROUP_MOVE)                     \
    COMMAND(PREVIOUS_REGION, next_region, "previous_region", "S-Tab", "S-Tab", GROUP_MOVE)         \
    COMMAND(FILTER, open, "filter", "/ \\ F4", "/ \\ F4", GROUP_FILTER)                            \
    COMMAND(FIND, open, "find", "F3", "F3", GROUP_FILTER)                                          \
    COMMAND(ALL, all, "all", "a", "a", GROUP_FILTER)                                               \
    COMMAND(LISTENING, only_states, "listening", "l", "l", GROUP_FILTER)                           \
    COMMAND(ESTABLISHED, only_states, "established", "e", "e", GROUP_FILTER)                       \
    COMMAND(OTHER, only_states, "other", "o", "o", GROUP_FILTER)                                   \
    COMMAND(OPEN, open, "open", "Enter", "Enter", GROUP_FILTER)                                    \
    COMMAND(BACK, back, "back", "Esc", "Esc", GROUP_FILTER)                                        \
    COMMAND(SORT, open, "sort", "s F6", "s F6", GROUP_SORT)                                        \
    COMMAND(SORT_PREVIOUS, sort_step, "sort_previous", "<", "<", GROUP_SORT)                       \
    COMMAND(SORT_NEXT, sort_step, "sort_next", ">", ">", GROUP_SORT)                               \
    COMMAND(TALKERS, talkers, "talkers", "v", "v", GROUP_SORT)                                     \
    COMMAND(REVERSE, reverse, "reverse", "r R I", "r I", GROUP_SORT)                               \
    COMMAND(COLUMNS, open, "columns", "f F2", "f F2", GROUP_SORT)                                  \
    COMMAND(GROUP, open, "group", "t F5", "t F5", GROUP_SORT)                                      \
    COMMAND(PAUSE, pause_or_go_on, "pause", "p P Z", "p P Z", GROUP_TIME)                          \
    COMMAND(EARLIER, travel_step, "earlier", ",", ",", GROUP_TIME)                                 \
    COMMAND(LATER, travel_step, "later", ".", ".", GROUP_TIME)                                     \
    COMMAND(MINUTE_EARLIER, travel_minute, "minute_earlier", "{", "{", GROUP_TIME)                 \
    COMMAND(MINUTE_LATER, travel_minute, "minute_later", "}", "}", GROUP_TIME)                     \
    COMMAND(NEXT_FINDING, travel_finding, "next_finding", "m", "m", GROUP_TIME)                    \
    COMMAND(PREVIOUS_FINDING, travel_finding, "previous_finding", "M", "M", GROUP_TIME)            \
    COMMAND(GO_TO, open, "go_to", "b", "b", GROUP_TIME)                                            \
    COMMAND(TIMELINE, open, "timeline", "T", "T", GROUP_TIME)                                      \
    COMMAND(FASTER, interval_step, "interval_down", "-", "-", GROUP_TIME)                          \
    COMMAND(SLOWER, interval_step, "interval_up", "+ =", "+", GROUP_TIME)                          \
    COMMAND(INTERVAL, open, "interval", "d", "d", GROUP_TIME)                                      \
    COMMAND(PANE, pane, "pane", "w", "w", GROUP_SEE)                                               \
    COMMAND(PANE_UP, pane_half, "pane_up", "[", "[", GROUP_SEE)                                    \
    COMMAND(PANE_DOWN, pane_half, "pane_down", "]", "]", GROUP_SEE)                                \
    COMMAND(NAMESPACES, open, "namespaces", "@", "@", GROUP_SEE)                                   \
    COMMAND(WARNINGS, open, "warnings", "!", "!", GROUP_SEE)                                       \
    COMMAND(DIAGRAM, open, "diagram", "D", "D", GROUP_SEE)                                         \
    COMMAND(LANGUAGE, language, "language", "L", "L", GROUP_SEE)                                   \
    COMMAND(THEME, theme, "theme", "B", "B", GROUP_SEE)                                            \
    COMMAND(HOST_NAMES, names, "host_names", "n", "n", GROUP_SEE)                                  \
    COMMAND(SERVICE_NAMES, names, "service_names", "N", "N", GROUP_SEE)                            \
    COMMAND(FOLLOW, follow, "follow", "F", "F", GROUP_ACT)                                         \
    COMMAND(PIN, pin, "pin", "Space", "Space", GROUP_ACT)                                          \
    COMMAND(COPY, copy, "copy", "c", "c", GROUP_ACT)                                               \
    COMMAND(EXPORT, open, "export", "x", "x", GROUP_ACT)                                           \
    COMMAND(CLOSE, open, "close", "K F9", "K F9", GROUP_ACT)                                       \
    COMMAND(HELP, open, "help", "? h F1", "? h F1", GROUP_ACT)                                     \
    COMMAND(REDRAW, redraw, "redraw", "^L", "^L", GROUP_ACT)                                       \
    COMMAND(QUIT, quit, "quit", "q F10", "q F10", GROUP_ACT)                                       \
    COMMAND(QUIT_NOW, quit, "quit_now", "^C", "^C", GROUP_ACT)

enum command_id {
#define COMMAND(ident, function, name, keys, shown, group) COMMAND_##ident,
    COMMANDS(COMMAND)
#undef COMMAND
        COMMAND_COUNT
};

struct command {
    const char *name;  /* in [keys] */
    const char *keys;  /* default keys, blank-separated key names */
    const char *shown; /* as help writes them */
    enum command_group group;
    enum msg help;
};

extern const struct command commands[COMMAND_COUNT];

/* The bindings in force. */
#define BINDING_MAX 160
struct bindings {
    struct {
        keycode key;
        enum command_id command;
    } list[BINDING_MAX];
    size_t n;
};

/** The defaults of the table. */
void keymap_init(struct bindings *b);

/** Replace the keys of one command by blank-separated key names ("" unbinds). A key taken from
 *  another command moves. Returns 0, or -EINVAL with `bad` naming the word that is no key. */
int keymap_set(struct bindings *b, enum command_id command, const char *keys, char bad[32]);

/** The first key that two lists of blank-separated key names have in common, into `key` by its
 * name; false when there is none. */
bool keymap_shared(const char *keys, const char *others, char key[24]);

/** The command of the key of that name, -1 when unbound or no key. */
int keymap_find_name(const struct bindings *b, const char *name);

/** The command of a key, -1 when unbound. Hangul letters count as the Latin key they share. */
int keymap_find(const struct bindings *b, keycode key);

/** The keys of a command as help writes them now, into `out`. */
const char *keymap_shown(const struct bindings *b, enum command_id command, char *out, size_t size);

/** The first of them: "/" of "/ \\ F4", "" when there is none. */
void keymap_first_key(const struct bindings *b, enum command_id command, char out[24]);

#endif
