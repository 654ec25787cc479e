/* SPDX-License-Identifier: MIT */
/* The first line of the screen. */
#ifndef TCPTOP_SRC_UI_HEADER_H
#define TCPTOP_SRC_UI_HEADER_H

#include "draw.h"

void header_draw(struct drawing *d);

/** The command (enum command_id) that a click on the column `x` of the first line means, -1: none.
 */
int header_command_at(const struct view *v, int x);

#endif
