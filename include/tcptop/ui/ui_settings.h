/* SPDX-License-Identifier: MIT */
/* What the user has set before the screen opens, as far as the user interface needs it. The layer
 * above reads it from the command line and the configuration file. */
#ifndef TCPTOP_UI_UI_SETTINGS_H
#define TCPTOP_UI_UI_SETTINGS_H

#include "tcptop/source/survey.h"
#include "tcptop/ui/keymap.h"
#include "tcptop/ui/ui_state.h"

struct sample_pipeline;
struct sample_observer;

/* Seconds between two samples that a user may ask for. */
#define UI_INTERVAL_MIN 0.01
#define UI_INTERVAL_MAX 3600

/* What the screen can travel in. */
struct past_access {
    /* Open it. `*range` is what of it is shown, `*begin_wall_ns` where to begin (INT64_MAX: at the
     * end). Returns 0 or -errno. Called by any thread. NULL: there is nothing. */
    int (*open)(const void *context, struct source **src, struct survey_range *range,
                int64_t *begin_wall_ns);
    struct sample_observer *(*new_doctor)(const void *context); /* NULL: out of memory */
    /* Write it to the open file `fd`, `*samples` of it. Returns 0 or -errno. Any thread. NULL: it
     * is a file already. */
    int (*save)(const void *context, int fd, uint32_t *samples);
    const void *context;
    uint32_t history_len; /* points kept */
    bool whole;           /* it is all that there is: a recording; else the past of a live screen */
};

struct ui_settings {
    /* Set by options. */
    int width, height; /* of the screen until it is resized; 0: 80 × 24 */
    uint64_t interval_ms;
    double fade_s;                     /* how long marks of changes stay */
    double history_s;                  /* how far back the state diagram looks */
    enum column_id columns[COL_COUNT]; /* to show, in this order */
    size_t n_columns;                  /* 0: those that fit */
    struct sort sort;
    bool sort_given; /* on the command line; false: the screen's own default */
    int group_by;    /* enum column_id; -1: rows */
    struct group_sort group_sort;
    char filter[UI_FILTER_MAX]; /* of all options that choose rows */
    bool readonly;
    bool host_names, service_names; /* the screen starts with them */
    struct bindings bindings;
    const char *netns;     /* the namespaces asked for, as --netns takes them; NULL: tcptop's own */
    const char *host;      /* another one in the place of this, through ssh; NULL: none */
    const char *read_path; /* a recording in the place of this host; NULL: none */

    /* Set by the mode that opens a screen. */
    double close_stats; /* share of one core for counting closed connections; 0: not counted */

    /* What the user should know of the settings, said in the footer at first; "" when nothing. */
    char warning[UI_MESSAGE_MAX];

    /* Says a line to the user once the screen has gone. Called by any thread; NULL: it is not said.
     */
    void (*report)(const char *message);

    /* Opens `read_path` once more, with a history of so many points; NULL when that fails. Called
     * by any thread; `context` is handed to it. */
    struct sample_pipeline *(*open_recording)(const void *context, uint32_t history_len);
    const void *context;

    struct past_access past;
};

/** How long marks of changes stay, in tenths of a second, as rows note their times. */
static inline uint32_t ui_settings_fade_ds(const struct ui_settings *set)
{
    return (uint32_t)(set->fade_s * 10);
}

#endif
