/* SPDX-License-Identifier: MIT */
/* The session's state, which the parts of the screen share, and what a part answers to a key. */
#ifndef TCPTOP_SRC_UI_SESSION_STATE_H
#define TCPTOP_SRC_UI_SESSION_STATE_H

#include "query_worker.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/explain/breakdown.h"
#include "tcptop/source/resolver.h"
#include "tcptop/ui/session.h"

#define RECALL_MAX 16
#define RECENT_MAX 4
#define OPENED_MAX 8 /* groups opened one in the other */

/* What the screen was like when a group was opened. */
struct opened {
    int group_by;
    struct value group;
    struct value unfolded[GROUPS_UNFOLDED_MAX];
    uint32_t n_unfolded;
    uint32_t offset; /* of the cursor below the top */
    char filter[UI_FILTER_MAX];
};

struct travel;
struct noted;

struct session {
    const struct ui_settings *settings;
    struct ui ui;
    int64_t now_ns; /* of the event being handled */
    bool late;      /* the next sample should be there by now */

    /* Samples: as it came; the last that did not fail; and what the screen shows of one. */
    const struct sample *newest, *good;
    struct recording_head head; /* who recorded what session_sample() was given; empty: not known */
    uint32_t figures_off_at;    /* connections when ui.figures_off began */
    struct row_view *list;
    struct predicate predicate; /* of ui.filter */

    struct breakdown breakdown;  /* of the pane's state; state 0: none is there */
    struct task *breakdown_task; /* the next one, on the worker; NULL: none */
    unsigned breakdown_task_state;
    struct pane_kept *pane_kept; /* may be NULL */

    struct conn recent[RECENT_MAX]; /* opened lately: their figures go on being followed */
    uint32_t n_recent;              /* newest last */

    uint64_t close_events_lost;   /* that the footer has reported */
    int64_t close_events_lost_ns; /* when; 0: never */

    struct query_worker *worker; /* NULL: everything is computed at once */
    uint32_t defer_from;         /* DEFER_FROM, FIRST_ROWS; tests have smaller ones */
    uint32_t first_rows;
    uint64_t last_ticket;     /* of the last job given to the worker */
    uint64_t valid_ticket;    /* answers before it are of a filter or an order no longer in force */
    bool user_initiated;      /* the rows awaited are due to the user, not to a sample alone */
    bool full_list_requested; /* the rows awaited, or shown, are not only the first */
    void (*on_full_list)(
        struct session *s); /* waits for a listing that is not only the first rows */

    uint64_t question; /* grows with each other filter or grouping: counts of groups compare only
                          within one */
    struct opened opened[OPENED_MAX]; /* ui.opened of them */

    uint32_t selected_row; /* of ui.selected in the sample shown, or where it was last */
    bool
        selection_waiting; /* the filter took the selected row; it is bound again once it is back */
    uint32_t waiting_offset; /* then so far below the top */

    char before_digits[UI_FILTER_MAX];
    int64_t digits_ns; /* of the last digit */
    bool digits_tried; /* the rows were asked to follow, but no socket has that port yet */
    bool digits_last;  /* the last key was one of them, or Backspace among them */

    char before_prompt[UI_FILTER_MAX];
    char find[UI_FILTER_MAX];
    struct task *find_task;                 /* on the worker; NULL: none */
    struct task *replay_task;               /* the same */
    struct travel *travel;                  /* NULL: there is nothing to travel in */
    struct noted *noted;                    /* a moment to compare with; NULL: none */
    char recall[RECALL_MAX][UI_FILTER_MAX]; /* newest first */
    unsigned n_recall;
    int recall_at;         /* shown in the prompt, -1: what was typed */
    char menu_typed[16];   /* letters typed in a menu */
    int64_t menu_typed_ns; /* the last of them */
    bool pasting;
    int64_t paste_ns; /* of the last byte pasted */

    /* NULL: nothing can be closed here */
    struct destroyed (*destroy)(const struct conn *c, const struct destroy_place *place);
    bool may_destroy;       /* those of tcptop's own namespace */
    uint64_t closing_inode; /* of the namespace of ui.closing, 0: tcptop's own */
    int64_t input_ns;       /* of the last input of any kind */
    bool input_busy;        /* since then input has not been quiet for a while */
    bool input_was_quiet;   /* before the input being handled */

    int64_t click_ns; /* of the last click on a state or a row, and where; 0: none, or used up */
    int click_x, click_y;

    enum theme_background theme; /* in use, or to be */

    struct lesson *lesson; /* NULL: none is played */

    struct names *names;       /* NULL until they are wanted */
    struct resolver *resolver; /* NULL while none are */
    unsigned names_asked;      /* answers that are to come */
    int wake_fd;               /* -1: not a live screen, nobody is asked */

    uint64_t interval_ms;
    char namespaces[NETNS_NAME]; /* the choice of the menu; "" none yet: what --netns says */
    bool import_said;            /* how much of an imported text is here */
    bool missing_said;           /* that some namespaces cannot be entered */
    struct request asked;        /* as session_request() gave it last */
    bool asked_once, sample_now;
    bool said_hidden;  /* that owners are hidden */
    bool said_warning; /* what the settings say */

    struct str copy, exit_message;
    bool copy_ready, redraw, quit;
};

/* What must follow what a part has done: a mask, which the dispatcher carries out. No part calls
 * those above it. */
enum reaction {
    REACT_NOTHING = 0,
    REACT_NOT_MINE = 1 << 0, /* the part has no use for it: the next one is asked */
    REACT_LIST = 1 << 1,     /* list anew: the user asked for other rows */
    REACT_CATCH_UP = 1 << 2, /* list the newest sample */
    REACT_WIDTHS = 1 << 3,   /* choose the address widths anew */
    REACT_SAMPLE = 1 << 4,   /* sample now */
    REACT_REDRAW = 1 << 5,   /* paint the whole terminal anew */
    REACT_CLOSE = 1 << 6,    /* close the overlay, or the prompt, that was asked */
    REACT_QUIT = 1 << 7,
};

enum move_unit { MOVE_LINE, MOVE_HALF, MOVE_PAGE, MOVE_END };

/** Show the sample, which is taken over, as one that has just come. */
void session_show(struct session *s, const struct sample *newest);

/** What a frame would be drawn from now. */
struct view session_view(const struct session *s);

/** Do both requests follow the same connections, in the same order? */
bool session_same_watched(const struct request *a, const struct request *b);

/** Put a message into the footer for its time; values for {1}… follow, closed by NULL. Where it is
 * wider than the screen, the longest value loses its beginning, as a path does best; a copied
 * command and the sentence of MSG_SESSION_NOTE lose their end. MSG_SESSION_FILE_NOTE is for a
 * sentence that begins with the path of a file. */
void session_say(struct session *s, enum msg id, ...) __attribute__((sentinel));

/** The key's name as the screen shows it: a word in place of an arrow where it has only ASCII. */
const char *session_key_name(const struct session *s, keycode key, char out[16]);

/** The first key bound to a command, as text; "" when none is. */
const char *session_key(const struct session *s, enum command_id command, char out[16]);

/** Give the focus to a part. */
void session_focus(struct session *s, enum ui_focus focus);

/** s->copy is complete: have it copied and say `id` with its text, or that there is no memory. */
void session_copy_now(struct session *s, enum msg id);

/** Does a command move? Then how far, and `*sign`: up (-1) or down. */
bool session_movement(enum command_id command, enum move_unit *unit, int *sign);

/** Lines of a step where `all` lines are listed and `shown` of them are drawn. */
int64_t session_step(enum move_unit unit, uint32_t all, uint32_t shown);

/** `from` moved by `step`, not beyond 0 and `last`. */
uint32_t session_clamp(uint32_t from, int64_t step, uint32_t last);

#endif
