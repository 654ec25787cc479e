/* SPDX-License-Identifier: MIT */
/* The screen as curses keeps it: canvases in, the shortest bytes that show them out. */
#ifndef TCPTOP_SRC_TERM_CURSES_SCREEN_H
#define TCPTOP_SRC_TERM_CURSES_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/canvas.h"
#include "tcptop/base/theme.h"

struct curses_screen;

/** Curses for the terminal type in TERM, `w` × `h`. Returns 0 or -errno; -ENOENT: the type is not
 *  known, or cannot move its cursor; -EFBIG: RLIMIT_FSIZE leaves no room for a frame. */
int curses_screen_open(struct curses_screen **p, int w, int h, bool color);
void curses_screen_close(struct curses_screen *p);

enum theme_depth curses_screen_depth(const struct curses_screen *p);
bool curses_screen_has_mouse(const struct curses_screen *p);
void curses_screen_use_theme(struct curses_screen *p, const struct theme *theme);

/** The terminal has another size. Returns 0, or -errno as curses_screen_open() does; then the size
 *  is as it was. */
int curses_screen_resize(struct curses_screen *p, int w, int h);

/** Draw the canvas; false when it is what the screen shows already. */
bool curses_screen_draw(struct curses_screen *p, const struct canvas *c);

/** Forget what the terminal shows: everything is drawn again. */
void curses_screen_redraw(struct curses_screen *p);

/** Leave the screen, and come back to it. */
void curses_screen_leave(struct curses_screen *p);
void curses_screen_enter(struct curses_screen *p);

/** The bytes that curses has made since the last call; `*len` of them, valid until the next. */
const void *curses_screen_bytes(struct curses_screen *p, size_t *len);

/** A terminfo string of the terminal, "" when it has none. */
const char *curses_screen_string(const char *capability);

#endif
