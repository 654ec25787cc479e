/* SPDX-License-Identifier: MIT */
/* A frame: everything that is on the screen, drawn on a canvas. Pure. */
#ifndef TCPTOP_UI_SCREEN_H
#define TCPTOP_UI_SCREEN_H

#include "tcptop/base/canvas.h"
#include "tcptop/model/names.h"
#include "tcptop/query/comparison.h"
#include "tcptop/source/survey.h"
#include "tcptop/ui/layout.h"
#include "tcptop/ui/ui_settings.h"

struct pane_kept;

/* What a frame is made from. */
struct view {
    const struct ui *ui;
    const struct ui_settings *settings;
    const struct sample *shown;  /* the rows on screen; NULL before the first sample */
    const struct sample *newest; /* == shown, unless paused, or FAILED while the last good stands */
    const struct rows *rows; /* of `shown`, filtered and in order; NULL before the first sample */
    const struct groups *groups; /* the lines of `rows` are groups and rows; NULL: rows alone */
    int64_t now_ns;              /* monotonic, for ages in badges */
    bool late;                   /* the next sample should be there by now */
    bool is_recording;           /* which one can move in: nothing is live */
    bool can_save;               /* the last minutes are kept, and can become a recording */
    const struct survey *survey; /* what one can travel in as a whole; NULL: not known */
    int64_t survey_ns;           /* where in it `shown` is; INT64_MAX: at the end, or later */
    const struct comparison *comparison; /* of a moment that was noted with `shown`, or with a
                                            sample before it; NULL: none was made (yet) */
    const struct names *names; /* what is known of those that ui->host_names … want; may be NULL */
    const struct sample_summary *summary; /* of `shown`; NULL: the pane makes its own */
    const struct breakdown *breakdown; /* of the pane's state, of `shown` or a sample before it, or
                                          of none (yet); NULL: the pane has no table */
    struct pane_kept *pane_kept; /* where the pane keeps its text; NULL: it is laid out each time */
};

/** Draw the whole frame. `ui->w` × `ui->h` is the canvas's size. */
void screen_draw(struct canvas *c, const struct view *v);

/** Needs (enum need) of what is drawn at this size. */
uint32_t screen_needs(const struct view *v);

/* What is where, so that clicks and movement mean what is drawn. */

/** Rows of the table that are drawn from position `top` on (rows may take two lines each). */
uint32_t table_capacity(const struct view *v, uint32_t top);

/** Position in the rows of the row drawn at screen line `y`, UINT32_MAX when none is. */
uint32_t table_row_at(const struct view *v, int y);

/** First screen line of the row at `position`, -1 when it is not drawn. */
int table_row_line(const struct view *v, uint32_t position);

/** The columns that are drawn, left to right; returns how many. */
size_t table_columns(const struct view *v, enum column_id drawn[COL_COUNT]);

/** The column whose head is at (x, y), -1 when there is none. */
int table_head_at(const struct view *v, int x, int y);

/** Choose the address widths that suit the rows in view, and put them into `ui`. */
void table_choose_widths(struct ui *ui, const struct view *v);

/** The figure of groups (enum group_figure) whose head is at (x, y), -1 when there is none. */
int group_head_at(const struct view *v, int x, int y);

/** Index in the list of states of the one drawn at (x, y), -1 when there is none. */
int states_at(const struct view *v, int x, int y);

/** Lines the pane's text has, and how many of them it shows now; both 0 without a pane. */
void pane_extent(const struct view *v, uint32_t *lines, uint32_t *shown);

/** Lines the open overlay has, and how many fit; both 0 where it does not scroll. */
void overlay_extent(const struct view *v, uint32_t *lines, uint32_t *shown);

#endif
