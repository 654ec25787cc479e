/* SPDX-License-Identifier: MIT */
/* Groups in the table. Functions with a `d` are only for where there are groups, unless they say
 * otherwise. */
#ifndef TCPTOP_SRC_UI_GROUP_ROWS_H
#define TCPTOP_SRC_UI_GROUP_ROWS_H

#include "draw.h"
#include "session_state.h"

struct group_fit {
    int room;
    int key_x, key_w, count_x, count_w; /* counted from the table's first column */
    int change_x;                       /* 0: not there */
    int sum_x[GROUP_SUMS];
    unsigned n_sums;
    int states_x, states_w; /* w 0: not there */
    int states_form;        /* of states_draw_chips() */
    bool own_line;          /* the value stands in a line, or more, before the figures */
};

/** Does the line at a position stand for a group? Groups need not be there. */
bool group_is_line(const struct drawing *d, uint32_t position);

/** The group under the cursor, GROUP_NONE when there is none. Groups need not be there. */
uint32_t group_of_cursor(const struct drawing *d);

/** Are the heads at the top of the table those of groups? They are of what the first line drawn is.
 *  Groups need not be there. */
bool group_has_heads(const struct drawing *d);

/** Do the heads of rows stand below the line at a position? They do below a group that is unfolded.
 *  Groups need not be there. */
bool group_has_row_heads(const struct drawing *d, uint32_t position);

/** The title of a figure. */
const char *group_title(const struct grouping *how, unsigned figure);

/** The width that suits the values in view. */
int group_choose(const struct drawing *d);

void group_fit_make(struct group_fit *f, const struct drawing *d);
int group_lines(const struct drawing *d, const struct group_fit *f, uint32_t group);
bool group_unfolded(const struct drawing *d, uint32_t group);
void group_draw(struct drawing *d, const struct group_fit *f, int y, uint32_t group,
                enum role role);
void group_draw_heads(struct drawing *d, const struct group_fit *f, int y);

/** The figures of groups that are drawn, left to right; returns how many, 0 without groups. */
int group_figures(const struct view *v, uint8_t figures[GROUP_SUM + GROUP_SUMS]);

/** The group that the line under the cursor stands for; false when it stands for none. */
bool group_under_cursor(const struct session *s, uint32_t *group);

/** Append the group's value, count and states. */
void group_text(const struct session *s, uint32_t group, struct str *out);

/** Group by a column, -1: plain rows. */
unsigned group_choose_by(struct session *s, int by);
unsigned group_toggle(struct session *s, uint32_t group); /* fold or unfold */

/** ← and → where they are about groups; REACT_NOT_MINE when they mean the columns. */
unsigned group_sideways(struct session *s, int sign);

/** Only the rows of the group from now on, until group_back(). */
unsigned group_open(struct session *s, uint32_t group);

/** Back to the groups of which one was opened last; REACT_NOT_MINE when none is open. */
unsigned group_back(struct session *s);

/** Do the sort keys mean groups? They do where the line under the cursor is one. */
bool group_sorts(const struct session *s);
unsigned group_sort_by(struct session *s, unsigned figure);

/** The figure that is the sum of a column; false when there is none. */
bool group_figure_of(const struct session *s, enum column_id column, unsigned *figure);

/** Sort by the figure that is drawn next to the one sorted by now. */
unsigned group_sort_step(struct session *s, int sign);

#endif
