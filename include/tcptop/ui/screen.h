/* A frame: everything that is on the screen, drawn on a canvas. Pure. */
#ifndef TCPTOP_UI_SCREEN_H
#define TCPTOP_UI_SCREEN_H

#include "tcptop/base/canvas.h"
#include "tcptop/model/names.h"
#include "tcptop/ui/keymap.h"
#include "tcptop/ui/layout.h"
#include "tcptop/ui/ui_state.h"

/* What a frame is made from. */
struct view {
    const struct ui *ui;
    const struct bindings *bindings;
    const struct sample *shown;  /* the rows on screen; NULL before the first sample */
    const struct sample *newest; /* == shown, unless paused, or FAILED while the last good stands */
    const struct rows *rows; /* of `shown`, filtered and in order; NULL before the first sample */
    const struct groups *groups; /* the lines of `rows` are groups and rows; NULL: rows alone */
    int64_t now_ns;              /* monotonic, for ages in badges */
    const struct names *names; /* what is known of those that ui->host_names … want; may be NULL */
    const struct sample_summary *summary; /* of `shown`; NULL: the pane makes its own */
    const struct breakdown *breakdown; /* of the pane's state, of `shown` or a sample before it, or
                                          of none (yet); NULL: the pane has no table */
};

/** Draw the whole frame. `ui->w` × `ui->h` is the canvas's size. */
void view_draw(struct canvas *c, const struct view *v);

/* What is where, so that clicks and movement mean what is drawn. */

/** Rows of the table that are drawn from position `top` on (rows may take two lines each). */
uint32_t view_table_capacity(const struct view *v, uint32_t top);

/** Position in the rows of the row drawn at screen line `y`, UINT32_MAX when none is. */
uint32_t view_row_at(const struct view *v, int y);

/** First screen line of the row at `position`, -1 when it is not drawn. */
int view_row_line(const struct view *v, uint32_t position);

/** The columns that are drawn, left to right; returns how many. */
size_t view_columns(const struct view *v, enum column_id drawn[COL_COUNT]);

/** The state that the pane is about (enum tcp_state), 0 when about none. */
unsigned view_pane_state(const struct view *v);

/** The same, 0 also where the pane is too small for numbers. */
unsigned view_numbers_state(const struct view *v);

/** The column whose head is at (x, y), -1 when there is none. */
int view_column_head_at(const struct view *v, int x, int y);

/** The figure of groups (enum group_figure) whose head is at (x, y), -1 when there is none. */
int view_group_head_at(const struct view *v, int x, int y);

/** The figures of groups that are drawn, left to right; returns how many. */
int view_group_figures(const struct view *v, uint8_t figures[GROUP_SUM + GROUP_SUMS]);

/** The state whose box of the diagram is next to that of `state`, itself where there is none. */
unsigned diagram_neighbour(unsigned state, int dx, int dy);

/** Index in the strip of the state drawn at (x, y), -1 when there is none. */
int view_state_list_at(const struct view *v, int x, int y);

/** Choose the address widths for the rows in view into the ui. */
void view_choose_widths(struct ui *ui, const struct view *v);

/** Lines the pane's text has, and how many of them it shows now; both 0 without a pane. */
void view_pane_extent(const struct view *v, uint32_t *lines, uint32_t *shown);

/** Lines the open overlay has, and how many fit. */
void view_overlay_extent(const struct view *v, uint32_t *lines, uint32_t *shown);

/* Which names ends of connections have. */
struct naming {
    const struct names *names; /* may be NULL */
    bool hosts, services;      /* which of them are wanted */
};

/** Append an end of a connection by its names, "far.example:https"; what has none stands as its
 *  number. False, and nothing appended, where neither is known. */
bool endpoint_by_name(const struct naming *n, const struct conn *c, bool remote, struct str *out);

/** First line and number of lines of a finding in the list of warnings. */
void view_warning_extent(const struct view *v, uint32_t index, uint32_t *first, uint32_t *lines);

/** The namespaces that their menu lists below "all", as the newest sample has them, NULL when it
 * has not; `*n`: how many, the first ones of the list. */
const struct netns_table *view_namespaces(const struct view *v, uint32_t *n);

/** Is there room to read back what PROMPT_CLOSE asks about, addresses whole? */
bool view_question_fits(const struct view *v);

/** Needs (enum need) of the columns that are drawn at this size. */
uint32_t view_needs(const struct view *v);

#endif
