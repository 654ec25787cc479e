/* The commands: id, default keys, group and help, in one table. Help screen, footer and [keys] of
 * the configuration file come from it; app/ attaches what a command does. */
#ifndef TCPTOP_UI_KEYMAP_H
#define TCPTOP_UI_KEYMAP_H

#include <stddef.h>

#include "tcptop/base/key.h"
#include "tcptop/text/text.h"

enum command_group { GROUP_MOVE, GROUP_FILTER, GROUP_SORT, GROUP_TIME, GROUP_SEE, GROUP_ACT };

/* COMMAND(ident, name in the config file, default keys, keys as help shows them, group). The help
 * text is message HELP_<ident>. Digits are not commands: they are the port filter. */
#define COMMANDS(COMMAND)                                                                          \
    COMMAND(UP, "up", "Up k", "↑ k", GROUP_MOVE)                                                   \
    COMMAND(DOWN, "down", "Down j", "↓ j", GROUP_MOVE)                                             \
    COMMAND(PAGE_UP, "page_up", "PgUp ^b", "PgUp", GROUP_MOVE)                                     \
    COMMAND(PAGE_DOWN, "page_down", "PgDn ^f", "PgDn", GROUP_MOVE)                                 \
    COMMAND(HALF_UP, "half_up", "^u", "^u", GROUP_MOVE)                                            \
    COMMAND(HALF_DOWN, "half_down", "^d", "^d", GROUP_MOVE)                                        \
    COMMAND(FIRST, "first", "Home g", "Home g", GROUP_MOVE)                                        \
    COMMAND(LAST, "last", "End G", "End G", GROUP_MOVE)                                            \
    COMMAND(LEFT, "left", "Left", "←", GROUP_MOVE)                                                 \
    COMMAND(RIGHT, "right", "Right", "→", GROUP_MOVE)                                              \
    COMMAND(NEXT_REGION, "next_region", "Tab", "Tab", GROUP_MOVE)                                  \
    COMMAND(PREVIOUS_REGION, "previous_region", "S-Tab", "S-Tab", GROUP_MOVE)                      \
    COMMAND(FILTER, "filter", "/ \\ F4", "/ \\ F4", GROUP_FILTER)                                  \
    COMMAND(FIND, "find", "F3", "F3", GROUP_FILTER)                                                \
    COMMAND(ALL, "all", "a", "a", GROUP_FILTER)                                                    \
    COMMAND(LISTENING, "listening", "l", "l", GROUP_FILTER)                                        \
    COMMAND(ESTABLISHED, "established", "e", "e", GROUP_FILTER)                                    \
    COMMAND(OTHER, "other", "o", "o", GROUP_FILTER)                                                \
    COMMAND(OPEN, "open", "Enter", "Enter", GROUP_FILTER)                                          \
    COMMAND(BACK, "back", "Esc", "Esc", GROUP_FILTER)                                              \
    COMMAND(SORT, "sort", "s F6", "s F6", GROUP_SORT)                                              \
    COMMAND(SORT_PREVIOUS, "sort_previous", "<", "<", GROUP_SORT)                                  \
    COMMAND(SORT_NEXT, "sort_next", ">", ">", GROUP_SORT)                                          \
    COMMAND(REVERSE, "reverse", "r R I", "r I", GROUP_SORT)                                        \
    COMMAND(COLUMNS, "columns", "f F2", "f F2", GROUP_SORT)                                        \
    COMMAND(GROUP, "group", "t F5", "t F5", GROUP_SORT)                                            \
    COMMAND(PAUSE, "pause", "p P Z", "p Z", GROUP_TIME)                                            \
    COMMAND(FASTER, "interval_down", "-", "-", GROUP_TIME)                                         \
    COMMAND(SLOWER, "interval_up", "+ =", "+", GROUP_TIME)                                         \
    COMMAND(INTERVAL, "interval", "d", "d", GROUP_TIME)                                            \
    COMMAND(PANE, "pane", "w", "w", GROUP_SEE)                                                     \
    COMMAND(PANE_UP, "pane_up", "[", "[", GROUP_SEE)                                               \
    COMMAND(PANE_DOWN, "pane_down", "]", "]", GROUP_SEE)                                           \
    COMMAND(NAMESPACES, "namespaces", "@", "@", GROUP_SEE)                                         \
    COMMAND(WARNINGS, "warnings", "!", "!", GROUP_SEE)                                             \
    COMMAND(DIAGRAM, "diagram", "D", "D", GROUP_SEE)                                               \
    COMMAND(LANGUAGE, "language", "L", "L", GROUP_SEE)                                             \
    COMMAND(HOST_NAMES, "host_names", "n", "n", GROUP_SEE)                                         \
    COMMAND(SERVICE_NAMES, "service_names", "N", "N", GROUP_SEE)                                   \
    COMMAND(FOLLOW, "follow", "F", "F", GROUP_ACT)                                                 \
    COMMAND(PIN, "pin", "Space", "Space", GROUP_ACT)                                               \
    COMMAND(COPY, "copy", "c", "c", GROUP_ACT)                                                     \
    COMMAND(EXPORT, "export", "x", "x", GROUP_ACT)                                                 \
    COMMAND(CLOSE, "close", "K F9", "K F9", GROUP_ACT)                                             \
    COMMAND(HELP, "help", "? h F1", "? h F1", GROUP_ACT)                                           \
    COMMAND(REDRAW, "redraw", "^L", "^L", GROUP_ACT)                                               \
    COMMAND(QUIT, "quit", "q F10", "q F10", GROUP_ACT)                                             \
    COMMAND(QUIT_NOW, "quit_now", "^C", "^C", GROUP_ACT)

enum command_id {
#define COMMAND(ident, name, keys, shown, group) COMMAND_##ident,
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
void bindings_init(struct bindings *b);

/** Replace the keys of one command by blank-separated key names ("" unbinds). A key taken from
 *  another command moves. Returns 0, or -EINVAL with `bad` naming the word that is no key. */
int bindings_set(struct bindings *b, enum command_id command, const char *keys, char bad[32]);

/** The command of a key, -1 when unbound. Hangul letters count as the Latin key they share. */
int bindings_find(const struct bindings *b, keycode key);

/** The keys of a command as help writes them now, into `out`. */
const char *bindings_shown(const struct bindings *b, enum command_id command, char *out,
                           size_t size);

#endif
