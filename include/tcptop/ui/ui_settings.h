/* What the user has set before the screen opens, as far as the user interface needs it. The command
 * line and the configuration file are read above this layer, which fills this in. */
#ifndef TCPTOP_UI_UI_SETTINGS_H
#define TCPTOP_UI_UI_SETTINGS_H

#include "tcptop/ui/keymap.h"
#include "tcptop/ui/ui_state.h"

struct ui_settings {
    int width, height; /* of the screen until it is resized; 0: 80 × 24 */
    uint64_t interval_ms;
    double fade_s;                     /* how long marks of changes stay */
    enum column_id columns[COL_COUNT]; /* to show, in this order */
    size_t n_columns;                  /* 0: those that fit */
    struct sort sort;
    bool sort_given; /* false: the screen's own default */
    int group_by;    /* enum column_id; -1: rows */
    struct group_sort group_sort;
    char filter[UI_FILTER_MAX];
    bool readonly;
    bool host_names, service_names; /* the screen starts with them */
    struct bindings bindings;
    const char *netns;  /* the namespaces asked for, as --netns takes them; NULL: tcptop's own */
    bool recorded;      /* samples come from a file: it has the namespaces that it has */
    double close_stats; /* share of one core for counting closed connections; 0: not counted */
};

#endif
