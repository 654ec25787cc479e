/* SPDX-License-Identifier: MIT */
/* The title line of the table: how many connections there are, the filter, who holds its port, the
 * groups, and which rows are on the page. */
#ifndef TCPTOP_SRC_UI_TABLE_TITLE_H
#define TCPTOP_SRC_UI_TABLE_TITLE_H

#include "draw.h"

/** Draw it into the first line of the table's region. On the page are `shown` lines of the list,
 *  from line `top` on. */
void table_title_draw(struct drawing *d, uint32_t top, uint32_t shown);

#endif
