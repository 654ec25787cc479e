/* The screen as curses keeps it: canvases in, the shortest bytes that show them out. */
#ifndef TCPTOP_SRC_TERM_CURSES_SCREEN_H
#define TCPTOP_SRC_TERM_CURSES_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/canvas.h"
#include "tcptop/base/theme.h"

struct painter;

/** Curses for the terminal type in TERM, `w` × `h`. -ENOENT: the type is not known, or cannot
 *  move its cursor. */
int painter_open(struct painter **p, int w, int h, bool color);
void painter_close(struct painter *p);

enum theme_depth painter_depth(const struct painter *p);
bool painter_has_mouse(const struct painter *p);
void painter_use_theme(struct painter *p, const struct theme *theme);
void painter_resize(struct painter *p, int w, int h);

/** Draw the canvas; false when it is what the screen shows already. */
bool painter_draw(struct painter *p, const struct canvas *c);

/** Forget what the terminal shows: everything is drawn again. */
void painter_redraw(struct painter *p);

/** Leave the screen, and come back to it. */
void painter_leave(struct painter *p);
void painter_enter(struct painter *p);

/** The bytes that curses has made since the last call; `*len` of them, valid until the next. */
const void *painter_bytes(struct painter *p, size_t *len);

/** A terminfo string of the terminal, "" when it has none. */
const char *painter_string(const char *capability);

#endif
