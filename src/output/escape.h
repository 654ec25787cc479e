/* Colours in text output: a role as an SGR sequence. */
#ifndef TCPTOP_SRC_OUTPUT_ESCAPE_H
#define TCPTOP_SRC_OUTPUT_ESCAPE_H

#include "tcptop/base/theme.h"

#define ESCAPE_SIZE  48
#define ESCAPE_RESET "\x1b[0m"

/** The sequence in `out`, which is returned; NULL when the role looks like plain text. */
const char *escape_role(char out[ESCAPE_SIZE], const struct theme *theme, enum role role);

#endif
