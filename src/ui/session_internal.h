/* The session in its files: what they share, then a section for each file that has something for
 * the others. What is for the outside is in tcptop/app/session.h. */
#ifndef TCPTOP_SRC_UI_SESSION_INTERNAL_H
#define TCPTOP_SRC_UI_SESSION_INTERNAL_H

#include "filter_choice.h"
#include "prompt_line.h"
#include "query_worker.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/explain/breakdown.h"
#include "tcptop/source/resolver.h"
#include "tcptop/ui/session.h"

#define MESSAGE_NS           (4 * NS_PER_S)
#define DIGITS_APPEND_NS     (2 * NS_PER_S)
#define DIGITS_FOLLOW_NS     (250 * NS_PER_MS)
#define PASTE_SILENCE_NS     NS_PER_S          /* a paste whose end never came is over after this */
#define CLOSE_QUIET_NS       (300 * NS_PER_MS) /* without input before the question hears a key */
#define RECALL_MAX           16
#define OPENED_MAX           8               /* groups opened one in the other */
#define DEFER_FROM           20000           /* rows; fewer are listed at once */
#define CLOSE_EVENTS_LOST_NS (60 * NS_PER_S) /* between two messages about lost events */
#define FIRST_ROWS           1000 /* of them are listed while the view stays at the top */

/* What the screen was like when a group was opened. */
struct opened {
    int group_by;
    struct value group;
    struct value unfolded[GROUPS_UNFOLDED_MAX];
    uint32_t n_unfolded;
    uint32_t offset; /* of the cursor below the top */
    char filter[UI_FILTER_MAX];
};

struct session {
    const struct settings *settings;
    struct ui ui;
    int64_t now_ns; /* of the event being handled */

    /* Samples: as it came; the last that did not fail; and what the screen shows of one. */
    const struct sample *newest, *good;
    struct row_view *list;
    struct predicate predicate; /* of ui.filter */

    struct breakdown breakdown; /* of the pane's state; state 0: none is there */
    struct task *breaking;      /* the next one, on the worker; NULL: none */
    unsigned breaking_state;

    uint64_t close_events_lost;   /* as told in the footer */
    int64_t close_events_lost_ns; /* when; 0: never */

    struct worker *worker; /* NULL: everything is computed at once */
    uint32_t defer_from;   /* DEFER_FROM, FIRST_ROWS; tests have smaller ones */
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

    char before_prompt[UI_FILTER_MAX];
    char find[UI_FILTER_MAX];
    struct task *finding;                   /* on the worker; NULL: none */
    struct task *replaying;                 /* the same */
    char recall[RECALL_MAX][UI_FILTER_MAX]; /* newest first */
    unsigned n_recall;
    int recall_at; /* shown in the prompt, -1: what was typed */
    bool pasting;
    int64_t paste_ns; /* of the last byte pasted */

    /* NULL: nothing can be closed here */
    struct destroyed (*destroy)(const struct conn *c, const struct destroy_place *place);
    uint64_t closing_inode; /* of the namespace of ui.closing, 0: tcptop's own */
    int64_t input_ns;       /* of the last input of any kind */
    bool deaf;              /* since then input has not been quiet */

    struct lesson *lesson; /* NULL: none is played */

    struct names *names;       /* NULL until they are wanted */
    struct resolver *resolver; /* NULL while none are */
    int wake_fd;               /* -1: not a live screen, nobody is asked */

    uint64_t interval_ms;
    char namespaces[NETNS_NAME]; /* the choice of the menu; "" none yet: what --netns says */
    bool missing_said;           /* that some namespaces cannot be entered */
    struct request asked;        /* as session_request() gave it last */
    bool asked_once, sample_now;
    bool said_hidden; /* that owners are hidden */

    struct str copy, exit_message;
    bool copy_ready, redraw, quit;
};

enum move_unit { MOVE_LINE, MOVE_HALF, MOVE_PAGE, MOVE_END };

/* session.c */

/** What a frame would be drawn from now. */
struct view session_view(const struct session *s);

/** Put a message into the footer for its time; values for {1}… follow, closed by NULL. */
void session_say(struct session *s, enum msg id, ...) __attribute__((sentinel));

/** The first key bound to a command, as text; "" when none is. */
const char *session_key(const struct session *s, enum command_id command, char out[16]);

/* session_rows.c */

/** List anew, at once or by the worker. `user_initiated`: not only for a sample. */
void session_rebuild(struct session *s, bool user_initiated);

/** Take what the worker has done, when there is something. */
void session_take_answers(struct session *s);

/** Ask for the whole order when only the first rows were listed and more are wanted. */
void session_settle_rows(struct session *s);

/** How `sample` is listed now. Returns 0 or -ENOMEM. */
int session_job(const struct session *s, const struct sample *sample, struct row_view_job *job);

/** Run an errand, by the worker where it may have to wait or is about a large sample (else `about`
 *  may be NULL). Takes it. Returns whether it is still under way. */
bool session_run(struct session *s, struct task *e, const struct sample *about);

/** The details are of the same connection: find it in the sample shown. */
void session_place_details(struct session *s);

/** Pin the connection that actions mean, or let it go. */
void session_toggle_pin(struct session *s);

/* session_table.c */

/** Append the cells of a row, two blanks apart; names stand in parentheses behind what they name.
 */
void table_row_text(const struct sample *sample, const struct naming *naming,
                    const enum column_id *drawn, size_t n, uint32_t row, struct str *out);

/** Position of a connection whose row may be `hint`, UINT32_MAX when it is not in the list. `*row`
 *  (may be NULL) gets its row in the sample, UINT32_MAX when it has gone. */
uint32_t table_position(const struct session *s, const struct conn *c, uint32_t hint,
                        uint32_t *row);

/** Give the cursor its place in rows that have just changed; `offset` and `line` say how far below
 *  `top`, and on which screen line (-1: unknown), it stood. */
void table_place(struct session *s, bool user_initiated, uint32_t offset, int line);

/** Keep the cursor drawn and no room wasted below the last row; choose address widths if due. */
void table_settle(struct session *s);

/** Bind the cursor to the connection under it. False when there is no row. */
bool table_bind(struct session *s);
void table_select(struct session *s, uint32_t position);
void table_move(struct session *s, enum move_unit unit, int sign);
void table_scroll(struct session *s, int rows);
void table_park(struct session *s);

/** Choose the address widths anew with the next rows: the user changed what is in view. */
void table_forget_widths(struct session *s);

/** The connection that actions mean: that of the details, else the selected one, which gets bound.
 *  NULL when there is none. */
const struct conn *table_subject(struct session *s);

/** A connection as its row has it, columns two blanks apart; only its addresses once it has gone.
 */
void table_text(const struct session *s, const struct conn *c, struct str *out);

/* pane_numbers.c */

/** Have the pane's state broken down, if the pane shows numbers and they are not of this sample. */
void breakdown_settle(struct session *s);

/* session_groups.c */

/** The group that the line under the cursor stands for; false when it stands for none. */
bool group_under_cursor(const struct session *s, uint32_t *group);

/** Append the group's value, count and states. */
void group_text(const struct session *s, uint32_t group, struct str *out);

/** Group by a column, -1: plain rows. */
void group_choose_by(struct session *s, int by);
void group_fold(struct session *s, uint32_t group, bool fold);
void group_toggle(struct session *s, uint32_t group);

/** What ← and → do with groups; false when they mean the columns. */
bool group_sideways(struct session *s, int sign);

/** Only the rows of the group from now on, until group_back(). */
void group_open(struct session *s, uint32_t group);
bool group_back(struct session *s); /* false when none is open */

/* session_focus.c */

/** Move in whatever has the focus: overlay, pane, strip or table. */
void focus_move(struct session *s, enum move_unit unit, int sign);
void focus_scroll(struct session *s, int sign); /* the pane, or what covers it, by half */
void focus_sideways(struct session *s, int sign);
void focus_cycle(struct session *s, int sign);
void focus_set(struct session *s, enum ui_focus focus);

/** Repair what a new size or choice made impossible: a focus on a part that is not there. */
void focus_settle(struct session *s);
bool pane_is_overlay(const struct session *s);
void focus_mouse(struct session *s, const struct mouse *m);

/* session_filter.c */

/** Put a filter in force. Returns 0, -EINVAL with `error` (may be NULL) filled, or -ENOMEM; then
 *  the last one stays. */
int filter_apply(struct session *s, const char *text, struct filter_error *error);

/** Choose states by a term like "state:tw" in place of the last such choice; "" takes it off. False
 *  when that failed, and the footer says so. */
bool filter_choose_states(struct session *s, const char *term);
void filter_clear(struct session *s);

/** Remember a filter for ↑ in the prompt. */
void filter_remember(struct session *s, const char *text);

/** A digit or Backspace on the main screen; false when the key is not for the port filter. */
bool digits_key(struct session *s, keycode key);
void digits_tick(struct session *s);

/** Typing is over: the rows follow at once. */
void digits_end(struct session *s);

/* prompt_find.c */

/** Select the next row that contains the prompt's line; find_here() begins with the cursor's. */
void find_next(struct session *s);
void find_here(struct session *s);
void find_cancel(struct session *s);

/* session_prompt.c */
void prompt_open(struct session *s, enum ui_prompt prompt, const char *text);
void prompt_key(struct session *s, keycode key);

/** Run what a prompt does not take for text: ^C, ^L. False when the key is none of these. */
bool prompt_command(struct session *s, keycode key);

/** The line is wrong as a whole: `what` says why. */
void prompt_wrong(struct session *s, const char *what);

/** The end of a paste: what was collected takes effect. */
void prompt_changed(struct session *s);
void interval_set(struct session *s, uint64_t ms);
void interval_step(struct session *s, int sign);

/* session_menus.c */
void overlay_open(struct session *s, enum ui_overlay overlay);
void overlay_move(struct session *s, enum move_unit unit, int sign);
void overlay_scroll(struct session *s, int sign); /* what [ and ] do */
void overlay_accept(struct session *s);
bool overlay_close(struct session *s); /* false when none was open */

/** A key that only the column chooser, or the details, know. */
bool menu_key(struct session *s, keycode key);
void sort_by(struct session *s, enum column_id column);
void sort_groups_by(struct session *s, unsigned figure);

/** What the sort keys mean: the groups where their heads are shown, else the rows. */
bool sorts_groups(const struct session *s);
void sort_step(struct session *s, int sign);

/* session_netns.c: the menu of namespaces. Its lines are those of the newest sample. */
bool netns_menu_open(struct session *s);   /* false: there is none */
void netns_menu_follow(struct session *s); /* a sample came: the cursor stays on its namespace */
void netns_menu_moved(struct session *s);  /* by the user */
void netns_menu_accept(struct session *s);

/** Say once that a sample of all namespaces lacks some. */
void netns_note_missing(struct session *s);

/* session_diagram.c */
void diagram_open(struct session *s);
void diagram_move(struct session *s, enum move_unit unit, int sign);
void diagram_sideways(struct session *s, int sign);
void diagram_explain(struct session *s); /* the pane in its place */

/* session_warnings.c: the list of warnings */
void warnings_follow(struct session *s); /* a sample came: the cursor stays on its finding */
void warnings_move(struct session *s, enum move_unit unit, int sign);
void warnings_accept(struct session *s); /* its connections as the filter */
bool warnings_copy(struct session *s);   /* false when the list is not open */

/* prompt_export.c */
void export_write(struct session *s, const char *path);

/* session_close.c */

/** Ask whether to close the connection that actions mean, or say why that cannot be. */
void close_ask(struct session *s);

/** The size has changed: a question that can no longer be read is taken back. */
void close_resized(struct session *s);

/** A key while the question stands; `heard`: input had been quiet before it. */
void close_key(struct session *s, keycode key, bool heard);

/* session_lesson.c */

/** Space and Enter while one is played: the next step. False when the key is not for it. */
bool lesson_key(struct session *s, keycode key);

/** What a sample must tell for it (enum need). */
uint32_t lesson_needs(const struct session *s);

/** s->newest has come. */
void lesson_hear(struct session *s);

/** Time has passed. */
void lesson_pass(struct session *s);

/* session_names.c */

/** `n` and `N`. */
void names_toggle_hosts(struct session *s);
void names_toggle_services(struct session *s);

/** The names that are shown now, none where none are wanted. */
struct naming session_naming(const struct session *s);

/** Ask for the names of the rows in view that are wanted and not known. */
void names_settle(struct session *s);

/** Take the answers that have come. */
void names_tick(struct session *s);
void names_fini(struct session *s);

/* session_commands.c */
void command_run(struct session *s, enum command_id command);

#endif
