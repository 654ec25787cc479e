/* SPDX-License-Identifier: MIT */
/* The table of connections as it is drawn. */
#ifndef TCPTOP_SRC_UI_TABLE_H
#define TCPTOP_SRC_UI_TABLE_H

#include "draw.h"

void table_draw(struct drawing *d);

/** Screen line of the column heads. */
int table_head_y(const struct drawing *d);

/** Does the mark of the sort point down? It does where the largest come first; for states, whose
 * own order begins with what needs attention most, where that order is not reversed. */
bool table_sorts_down(const struct sort *sort);

#endif
