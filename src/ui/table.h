/* SPDX-License-Identifier: MIT */
/* The table of connections and its cursor. */
#ifndef TCPTOP_SRC_UI_TABLE_H
#define TCPTOP_SRC_UI_TABLE_H

#include "draw.h"
#include "endpoint_names.h"
#include "session_state.h"

void table_draw(struct drawing *d);

/** Screen line of the column heads. */
int table_head_y(const struct drawing *d);

/** Append the cells of a row, two blanks apart; names stand in parentheses behind what they name.
 */
void table_row_text(const struct sample *sample, const struct naming *naming,
                    const enum column_id *drawn, size_t n, uint32_t row, struct str *out);

/** Position of a connection whose row may be `hint`, UINT32_MAX when it is not in the list. `*row`
 *  (may be NULL) gets its row in the sample, UINT32_MAX when it has gone. */
uint32_t table_position(const struct session *s, const struct conn *c, uint32_t hint,
                        uint32_t *row);

/** Give the cursor its place in rows that have just changed; `offset` and `line` say how far below
 *  `top`, and on which screen line (-1: unknown), it stood. */
void table_place(struct session *s, bool user_initiated, uint32_t offset, int line);

/** Keep the cursor drawn and no room wasted below the last row; choose address widths if due. */
void table_settle(struct session *s);

/** Bind the cursor to the line under it, so that it follows that. False when there is no line. */
bool table_bind(struct session *s);
void table_select(struct session *s, uint32_t position);
void table_move(struct session *s, enum move_unit unit, int sign);
void table_scroll(struct session *s, int rows);

/** Put the cursor on the first line, or the first one behind those who have the port of the filter,
 *  following nothing. */
void table_park(struct session *s);

/** Choose the address widths anew with the next rows. */
void table_forget_widths(struct session *s);

/** The connection that actions mean: that of the open overlay, else the selected one, which gets
 *  bound. NULL when there is none. */
const struct conn *table_subject(struct session *s);

/** A command while the table has the focus. */
unsigned table_command(struct session *s, enum command_id command);

/** Hide one more optional column at the left, or one less. */
unsigned table_scroll_columns(struct session *s, int sign);

/** How many of the columns that the user chose are not drawn. */
unsigned table_hidden_columns(const struct session *s);

unsigned table_sort_by(struct session *s, enum column_id column);

/** Does the mark of the sort point down? It does where the largest come first; for states, whose
 * own order begins with what needs attention most, where that order is not reversed. */
bool table_sorts_down(const struct sort *sort);

/** Sort by the column that is drawn next to the one sorted by now, or by the next figure of groups.
 */
unsigned table_sort_step(struct session *s, int sign);

/** Pin the connection that actions mean, or let it go. */
unsigned table_toggle_pin(struct session *s);

/** Copy what actions mean, a connection or a group. */
unsigned table_copy(struct session *s);

#endif
