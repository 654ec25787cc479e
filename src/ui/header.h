/* SPDX-License-Identifier: MIT */
/* The first line of the screen. */
#ifndef TCPTOP_SRC_UI_HEADER_H
#define TCPTOP_SRC_UI_HEADER_H

#include "draw.h"

void header_draw(struct drawing *d);

#endif
