/* SPDX-License-Identifier: MIT */
/* The state of the user interface: what the user chose and where the user is. Plain values that
 * the session changes. A frame is drawn from them and a sample, and only reads them. */
#ifndef TCPTOP_UI_UI_STATE_H
#define TCPTOP_UI_UI_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"
#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"
#include "tcptop/query/groups.h"
#include "tcptop/query/rows.h"

#define UI_FILTER_MAX  1024 /* bytes of a filter text, NUL included */
#define UI_MESSAGE_MAX 256
#define UI_PINS_MAX    16
#define UI_PROCESS_MAX 160 /* a name, a pid and how many more, NUL included */

enum ui_focus { FOCUS_STATES, FOCUS_TABLE, FOCUS_PANE };
enum ui_pane { PANE_NORMAL, PANE_WIDE, PANE_NONE }; /* what `w` steps through */

/* OVERLAY(ident, name): each is the constant overlay_<name> of type struct overlay_ops, in the file
 * of that name; overlay_group_sort stands in overlay_sort.c. */
#define OVERLAYS(OVERLAY)                                                                          \
    OVERLAY(HELP, help)                                                                            \
    OVERLAY(DETAILS, details)   /* of ui->details */                                               \
    OVERLAY(WARNINGS, warnings) /* what the doctor found */                                        \
    OVERLAY(SORT, sort)         /* menus over the left edge of the table */                        \
    OVERLAY(COLUMNS, columns)                                                                      \
    OVERLAY(NAMESPACES, namespaces)                                                                \
    OVERLAY(GROUP, group)           /* what to group by */                                         \
    OVERLAY(DIAGRAM, diagram)       /* its chosen box is the list's state */                       \
    OVERLAY(GROUP_SORT, group_sort) /* what to sort the groups by */                               \
    OVERLAY(TIMELINE, timeline)     /* the recording as a whole */                                 \
    OVERLAY(DIFF, diff)             /* what has changed since a moment that was noted */

enum ui_overlay {
    OVERLAY_NONE,
#define OVERLAY(ident, name) OVERLAY_##ident,
    OVERLAYS(OVERLAY)
#undef OVERLAY
};

/* PROMPT(ident, name): each is the constant prompt_<name> of type struct prompt_ops, in the file of
 * that name. */
#define PROMPTS(PROMPT)                                                                            \
    PROMPT(FILTER, filter)                                                                         \
    PROMPT(FIND, find)                                                                             \
    PROMPT(INTERVAL, interval)                                                                     \
    PROMPT(EXPORT, export)                                                                         \
    PROMPT(GO_TO, go_to)                                                                           \
    PROMPT(CLOSE, close) /* a question about ui->closing, no line */

enum ui_prompt {
    PROMPT_NONE,
#define PROMPT(ident, name) PROMPT_##ident,
    PROMPTS(PROMPT)
#undef PROMPT
};

/* A line being edited. */
struct ui_line {
    char text[UI_FILTER_MAX];
    uint32_t len, cursor; /* bytes; the cursor stands at a character's start */
    bool proposed;        /* nobody typed it: the first character takes its place */
};

/* Who has a port: the sockets that listen on it, else those that are only bound to it. */
#define UI_HOLDERS_MAX 16
struct ui_port_holders {
    uint32_t n;                   /* the first so many of them */
    bool bound_only;              /* none listens */
    uint32_t row[UI_HOLDERS_MAX]; /* in the sample shown */
};

/* The lesson that is played. */
struct ui_lesson {
    unsigned steps; /* 0: none is */
    unsigned step;  /* whose words stand, from 1; 0: none yet */
    enum msg text;  /* these words */
    bool over;      /* what they say has ended since */
};

struct ui {
    int w, h;
    enum ui_focus focus;
    enum ui_focus subject; /* what the pane is about: FOCUS_STATES (the chosen state) or FOCUS_TABLE
                              (the row under the cursor), whichever had the focus last */
    enum ui_pane pane;
    enum ui_overlay overlay;
    enum ui_prompt prompt;

    /* list of states: index into state_list_order, STATE_LIST_COUNT is "all" */
    unsigned state_list;
    bool state_chosen; /* the user has been there: it is no longer chosen for him */

    /* table: `top` and `cursor` are positions in the rows. `bound`: the cursor follows the
     * connection `selected`, which is under it. Else it is parked: it stays on the line `park_at`,
     * the first one as a rule, whatever comes there. */
    bool bound;
    struct conn selected;
    uint32_t top, cursor;
    bool host_names, service_names; /* in the place of addresses, of ports, where they are known */
    bool follow;                    /* F: the bound connection keeps its screen line */
    struct sort sort;
    enum column_id chosen[COL_COUNT]; /* columns the user set, in order */
    unsigned n_chosen;                /* 0: by the rules of the table */
    unsigned column_scroll;           /* optional columns hidden at the left by ←, → */
    int local_width, remote_width;    /* address steps in force; 0: choose at the next frame */
    int process_width;                /* what Process has at least, chosen with them */

    /* groups: the table's lines are groups, the unfolded ones with their rows below them */
    int group_by; /* enum column_id, -1: plain rows */
    struct group_sort group_sort;
    bool on_group;      /* what is selected is a group, if `bound` */
    struct value group; /* which one */
    struct value unfolded[GROUPS_UNFOLDED_MAX];
    uint32_t n_unfolded;
    uint32_t opened; /* groups opened as filters, one in the other: Esc goes back so often */
    int group_width; /* of the value's column; 0: choose at the next frame */

    /* pinned connections; those that are there stand first in the rows, in this order, with the
     * mark `^` where a row has no other */
    struct conn pinned[UI_PINS_MAX];
    uint32_t n_pinned;
    uint32_t pinned_rows; /* how many of the first rows are pinned ones */

    /* filter: the text in force (a, l, e, o, state and port choices are texts like any other) */
    char filter[UI_FILTER_MAX];
    enum predicate_lacks lacks;     /* what it asks for and the sample shown does not have */
    uint16_t port;                  /* that it chooses, 0: none or several */
    struct ui_port_holders holders; /* of that port, in the sample shown */
    uint32_t park_at;               /* where a parked cursor stands: behind their rows */
    uint64_t park_key; /* of the finding whose rows the filter shows: it stands on the first one
                          that stands out for it; 0: none */
    char recall[UI_FILTER_MAX]; /* what Esc cleared, back with "/ ↑" */

    /* prompt */
    struct ui_line line;
    bool line_bad;    /* `error` says where and why; the table keeps the last good */
    bool line_listed; /* Tab asks what may follow: that is listed, an error or not */
    struct filter_error error;

    struct conn closing; /* what PROMPT_CLOSE asks about, as it was drawn when K was pressed */
    char closing_netns[NETNS_NAME];       /* the namespace it is in, "" when it is tcptop's own */
    char closing_process[UI_PROCESS_MAX]; /* who holds it, "" when that is not known */

    /* digits typed within 2 s: shown in the prompt's place, not modal. "" when none. */
    char digits[6];
    bool digits_pending; /* rows not yet following: drawn dim */
    bool digits_refused; /* the last one would have made no port */

    /* overlays */
    uint32_t overlay_top;    /* first line shown */
    uint32_t overlay_cursor; /* menus, warnings */
    uint64_t warning_key;    /* of the finding under the cursor, 0: none */
    struct conn details;
    uint32_t details_row;     /* its row in the sample shown, UINT32_MAX when it has gone */
    uint32_t details_place;   /* its place among the rows that are live, from 1; 0: none */
    unsigned menu[COL_COUNT]; /* what the open menu lists, in its order: columns (COL_COUNT: none),
                                 or of OVERLAY_GROUP_SORT figures */
    uint32_t n_menu;          /* lines of the open menu */
    uint64_t menu_namespace;  /* inode of the one under its cursor, 0: "all" */
    bool chosen_edit[COL_COUNT]; /* column chooser: ticked, by column */

    /* pane scroll, per state (index: enum tcp_state) */
    uint16_t pane_top[TCP_STATE_COUNT];

    bool figures_off; /* columns that nobody chose lack what tcp_info tells: it costs too much */
    bool updating;    /* the rows on screen are not yet those that the user asked for */
    bool searching;   /* F3 is still looking */
    int progress;     /* of what takes longer, per cent; -1: nothing does */
    bool paused;
    int64_t paused_ns; /* monotonic */
    bool past;         /* the sample shown is not the newest one there is … */
    int64_t behind_ns; /* … but so much older */
    bool playing;      /* the next one follows by itself */
    bool ascii;        /* draw with ASCII glyphs */
    bool utf8;         /* false: no Korean, no `L` */

    struct ui_lesson lesson;

    char message[UI_MESSAGE_MAX]; /* footer; "" when none */
    int64_t message_until_ns;     /* monotonic */
};

/** How the rows are grouped as the ui has it; only where group_by says. */
struct grouping ui_grouping(const struct ui *ui);

/** The state that is chosen in the list of states, 0 for "all". */
unsigned ui_state_list_state(const struct ui *ui);

/** Defaults: focus on the states, TIME_WAIT chosen, sort by state, parked cursor. */
void ui_init(struct ui *ui);

#endif
