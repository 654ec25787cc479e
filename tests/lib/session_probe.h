/* SPDX-License-Identifier: MIT */
/* What a session's user could tell, asked of the session itself. Tests reach its inside only
 * through these functions: how the session keeps its state may change without a change in any test.
 * What the drawn screen shows is better asked of stage_shows() and its like.
 *
 * Texts that are returned stay valid until the session's next event, those of probe_lines() until
 * its next call. Nothing here is for use by several threads. */
#ifndef TCPTOP_TESTS_LIB_SESSION_PROBE_H
#define TCPTOP_TESTS_LIB_SESSION_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/ui/session.h"

/* Where the user is. */

/** The open overlay: "none", "help", "details", "warnings", "sort", "columns", "namespaces",
 *  "group", "diagram", "group sort", "timeline" or "diff". */
const char *probe_overlay(const struct session *s);

/** The open prompt: "none", "filter", "find", "interval", "export", "go to" or "close". */
const char *probe_prompt(const struct session *s);

/** The part that has the focus: "states", "table" or "pane". */
const char *probe_focus(const struct session *s);

/** The part whose choice the pane explains: "states" or "table". */
const char *probe_subject(const struct session *s);

/** The pane's size: "normal", "wide" or "none". */
const char *probe_pane(const struct session *s);

/** The state that the pane is about (enum tcp_state), 0 when about none. */
unsigned probe_pane_state(const struct session *s);

/** Lines of the pane's text on a state that are scrolled away above. */
unsigned probe_pane_top(const struct session *s, unsigned state);

/** The state chosen in the list of states (enum tcp_state), 0 for "all". */
unsigned probe_state_list_state(const struct session *s);
bool probe_paused(const struct session *s);

/** The message in the footer, "" when there is none. */
const char *probe_message(const struct session *s);

/* Filter and prompts. */
const char *probe_filter(const struct session *s); /* the text in force */
const char *probe_line(const struct session *s);   /* what stands in the prompt */

/** Byte of the prompt's line from which on it is wrong, -1 while the line is right. */
int probe_line_error(const struct session *s);

/** The digits of a port being typed, "" when none; whether the rows still wait for them; and
 *  whether they wait for a socket with that port. */
const char *probe_digits(const struct session *s);
bool probe_digits_pending(const struct session *s);
bool probe_digits_tried(const struct session *s);

/** Local port of the connection that the prompt asks whether to close. */
unsigned probe_closing_port(const struct session *s);
uint64_t probe_interval_ms(const struct session *s);

/* The table. Positions count from 0 at the top of the list, fixed rows included. */
uint32_t probe_rows(const struct session *s);        /* listed */
uint32_t probe_matched(const struct session *s);     /* that pass the filter, listed or not */
bool probe_is_partial(const struct session *s);      /* are there more than those listed? */
uint32_t probe_cursor(const struct session *s);      /* position of the cursor */
uint32_t probe_top(const struct session *s);         /* position of the first row drawn */
bool probe_is_bound(const struct session *s);        /* does the cursor follow what it is on? */
uint32_t probe_cursor_line(const struct session *s); /* rows between the first one and it */

/** Screen line on which the row at a position begins, -1 when it is not drawn. */
int probe_screen_line(const struct session *s, uint32_t position);

/** Local port of the row at a position, or of the row under the cursor. The latter fails the test
 *  when the cursor is bound to another connection than it stands on. */
unsigned probe_port_at(const struct session *s, uint32_t position);
unsigned probe_state_at(const struct session *s, uint32_t position);
unsigned probe_port(const struct session *s);

/** The lines of the list, a blank between two: a group by its value, "443", a row by its local
 *  port, "1001". */
const char *probe_lines(const struct session *s);
enum column_id probe_sort_column(const struct session *s);
bool probe_sort_descending(const struct session *s);

/** The columns that the user chose, in their order; returns how many, 0 when none were. */
unsigned probe_columns(const struct session *s, enum column_id chosen[COL_COUNT]);
bool probe_is_ticked(const struct session *s, enum column_id column); /* in the chooser */
int probe_remote_width(const struct session *s); /* of the column of peers, in cells */
bool probe_host_names(const struct session *s);
bool probe_service_names(const struct session *s);

/** Pinned connections; and how many of the first rows are such. */
uint32_t probe_pinned(const struct session *s);
uint32_t probe_pinned_rows(const struct session *s);

/* Groups. */
bool probe_is_grouped(const struct session *s);       /* are the lines that stand groups? */
int probe_group_by(const struct session *s);          /* the column asked for, -1: none */
unsigned probe_group_figure(const struct session *s); /* they are sorted by (enum group_figure) */
uint32_t probe_unfolded(const struct session *s);     /* groups that show their rows */
uint32_t probe_opened(const struct session *s);       /* groups opened one in the other */

/** The selected group's number, 0 when a connection or nothing is selected. */
unsigned probe_group(const struct session *s);

/** How much the group with that number has grown since the last sample; false: not known. */
bool probe_group_change(const struct session *s, uint64_t number, int64_t *change);

/* Overlays. */
uint32_t probe_overlay_top(const struct session *s);    /* first line shown */
uint32_t probe_overlay_cursor(const struct session *s); /* line under the cursor */
uint32_t probe_overlay_end(const struct session *s);    /* its top, scrolled down all the way */
uint32_t probe_menu_lines(const struct session *s);

/** What a menu lists at a line and under its cursor: a column, COL_COUNT for "none". */
unsigned probe_menu_at(const struct session *s, uint32_t line);
unsigned probe_menu(const struct session *s);

/** The connection whose details are shown, and whether the sample shown no longer has it. */
const struct conn *probe_details(const struct session *s);
bool probe_details_gone(const struct session *s);

/* Samples and the work on them. */
const struct sample *probe_newest(const struct session *s); /* as it came, failed or not */
const struct sample *probe_shown(const struct session *s);  /* NULL: none yet */

/** The list that stands; with each new one it is another. */
const void *probe_list(const struct session *s);

/** Rows in a state as the list's survey of the whole sample has them. */
uint32_t probe_surveyed(const struct session *s, unsigned state);
bool probe_updating(const struct session *s);  /* the rows asked for are not there yet */
bool probe_searching(const struct session *s); /* F3 is still looking */

/** The replay of the recording that is under way, to be compared with another; NULL: none. */
const void *probe_replay(const struct session *s);

/** Jobs given to the worker so far; and the job before which answers are not taken any more. */
uint64_t probe_last_job(const struct session *s);
uint64_t probe_valid_job(const struct session *s);

/** What the pane's numbers are about: the state (0: there are none), its rows and the sample; and
 *  whether the worker makes new ones. */
unsigned probe_breakdown_state(const struct session *s);
uint32_t probe_breakdown_rows(const struct session *s);
const struct sample *probe_breakdown_sample(const struct session *s);
bool probe_breakdown_awaited(const struct session *s);

/** Fail the test when two things that the session knows contradict each other. */
void probe_check(const struct session *s);

/** Fail the test when the frame that is drawn with the text that the pane keeps is another one than
 *  with a text that is laid out anew. */
void probe_check_pane(const struct session *s);

/* What no key and no sample can bring about. */

/** Samples of so many rows and more are for the worker, which lists `first` rows at first. */
void probe_set_large(struct session *s, uint32_t from, uint32_t first);
void probe_set_utf8(struct session *s, bool utf8);
void probe_set_columns(struct session *s, const enum column_id *chosen, unsigned n);

/** Words of a lesson of so many steps stand; step 0: none yet. `over`: they no longer hold. */
void probe_set_lesson(struct session *s, unsigned steps, unsigned step, enum msg words, bool over);

/** Draw names where they are known, whoever could be asked for them. */
void probe_set_names(struct session *s, bool hosts, bool services);

/** The names that are known, to put some in: none at first. The session's. */
struct names *probe_names(struct session *s);

/** Ask a name server, "ADDRESS:PORT"; whether any is asked. */
void probe_start_resolver(struct session *s, const char *server);
bool probe_has_resolver(const struct session *s);

/** Choose the address widths anew with the next rows. */
void probe_forget_widths(struct session *s);

#endif
