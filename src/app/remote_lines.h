/* SPDX-License-Identifier: MIT */
/* What ssh and the tcptop of another host write to stderr: printed there at once, or handed to the
 * screen while there is one. */
#ifndef TCPTOP_SRC_APP_REMOTE_LINES_H
#define TCPTOP_SRC_APP_REMOTE_LINES_H

#include <stdbool.h>

#include "tcptop/source/remote.h"

/** Tell a line. Any thread. */
void remote_lines_say(const char *line);

/** Hand lines to the screen from now on. Returns the descriptor that is readable when there are
 * some, or -errno. To be called before other threads are started. */
int remote_lines_to_screen(void);

/** The next line for the screen. False: there is none. */
bool remote_lines_take(int fd, char line[REMOTE_LINE]);

#endif
