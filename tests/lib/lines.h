/* SPDX-License-Identifier: MIT */
/* A canvas as people read it. */
#ifndef TESTS_LIB_LINES_H
#define TESTS_LIB_LINES_H

#include "tcptop/base/canvas.h"

/** The text of line `y`, and the same without the blanks at its end. Until the next call. */
const char *line_text(const struct canvas *c, int y);
const char *line_words(const struct canvas *c, int y);

#endif
