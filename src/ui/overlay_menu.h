/* SPDX-License-Identifier: MIT */
/* What menus over the left edge of the table share: a list with a cursor, ui->n_menu lines. */
#ifndef TCPTOP_SRC_UI_OVERLAY_MENU_H
#define TCPTOP_SRC_UI_OVERLAY_MENU_H

#include "overlay.h"

/* Draws line `i` of a menu from column `x` to before `end`. */
typedef void overlay_menu_line(struct drawing *d, int x, int y, int end, uint32_t i);

void overlay_menu_draw(struct drawing *d, enum msg title, overlay_menu_line *line);
void overlay_menu_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown);

/** What stands before an entry's title, the title, and its id at the right end. */
void overlay_menu_put(struct drawing *d, int x, int y, int end, const char *before,
                      const char *title, const char *id);

/** What the menu's line `i` is called: its title, or (`id`) its id; "" when it has none. */
typedef const char *overlay_menu_word(const struct session *s, uint32_t i, bool id);

/** A letter goes to the next line whose title or id begins with it, several within a second to one
 *  that begins with all of them. A letter that moves the cursor elsewhere, as j and g do, begins no
 *  word. REACT_NOT_MINE for those and for keys that begin no line. */
unsigned overlay_menu_type(struct session *s, keycode key, overlay_menu_word *word);

/** The word of menus whose lines are columns. */
const char *overlay_menu_column(const struct session *s, uint32_t i, bool id);

/** "▾ " before the entry that is sorted by, and largest first; "▴ "; blanks for the others. */
const char *overlay_menu_sort_sign(bool here, bool down);

/** Movement; REACT_NOT_MINE for other commands. */
unsigned overlay_menu_move(struct session *s, enum command_id command);

/** Move the cursor by so many lines, and scroll so that it is shown. */
void overlay_menu_move_by(struct session *s, int64_t lines);

/** Add an entry, unless it is there. */
void overlay_menu_add(struct ui *ui, unsigned id);

/** The entry under the cursor, COL_COUNT when there is none. */
unsigned overlay_menu_chosen(const struct ui *ui);

/** Enter and Esc. */
void overlay_menu_footer(const struct drawing *d, struct key_items *k);

#endif
