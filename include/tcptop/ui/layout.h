/* SPDX-License-Identifier: MIT */
/* Which regions are where: a pure function of size, focus and choice. */
#ifndef TCPTOP_UI_LAYOUT_H
#define TCPTOP_UI_LAYOUT_H

#include <stdbool.h>

#include "tcptop/ui/ui_state.h"

enum layout_kind {
    LAYOUT_WIDE,  /* the pane beside states and table */
    LAYOUT_BROAD, /* the pane beside the states, the table below both */
    LAYOUT_TALL,
    LAYOUT_NORMAL,
    LAYOUT_SHORT,
    LAYOUT_SMALL,
    LAYOUT_TINY,
    LAYOUT_NOTICE
};

enum state_list_form {
    STATE_LIST_ONE_COLUMN,
    STATE_LIST_TWO_COLUMNS,
    STATE_LIST_CHIPS,
    STATE_LIST_NONE
};
enum pane_form {
    PANE_FORM_NONE,
    PANE_FORM_RIGHT,
    PANE_FORM_BESIDE, /* the states */
    PANE_FORM_BOTTOM,
    PANE_FORM_BRIEF,
    PANE_FORM_OVERLAY
};

struct rect {
    int x, y, w, h; /* h 0: not there */
};

/* Every rectangle includes its title line where the region has one. */
struct layout {
    enum layout_kind kind;
    enum state_list_form state_list_form;
    enum pane_form pane_form;
    struct rect header, state_list, table, pane, footer;
    struct rect warnings;  /* the last rows beside the table, where there is height enough */
    bool pane_two_columns; /* bottom pane from 92 columns */
    int separator_x;       /* column of the right pane's separator, -1 without */
    int separator_h;       /* lines of it, from the first below the header */
};

/** Is the pane beside the table, too? */
static inline bool layout_beside_table(const struct layout *l)
{
    return l->pane_form == PANE_FORM_RIGHT;
}

void layout_compute(struct layout *l, const struct ui *ui);

#endif
