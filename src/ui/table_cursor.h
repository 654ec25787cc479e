/* SPDX-License-Identifier: MIT */
/* The cursor of the table, which stands on the first line or follows a connection or a group; and
 * what keys do with the table. */
#ifndef TCPTOP_SRC_UI_TABLE_CURSOR_H
#define TCPTOP_SRC_UI_TABLE_CURSOR_H

#include "endpoint_names.h"
#include "session_state.h"

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

/** Put the cursor on the line at `position`, or the last one before it, and bind it to that. */
void table_select(struct session *s, uint32_t position);

/** Move the cursor by a unit, up (-1) or down. Nothing that the user waits for moves it then. */
void table_move(struct session *s, enum move_unit unit, int sign);

/** Move the page by so many lines, down where `rows` is above 0; the cursor stays on it. */
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

/** Sort by the column, its interesting end first; the other way round where it is sorted by now. */
unsigned table_sort_by(struct session *s, enum column_id column);

/** Sort by the column that is drawn next to the one sorted by now, or by the next figure of groups.
 */
unsigned table_sort_step(struct session *s, int sign);

/** Pin the connection that actions mean, or let it go. */
unsigned table_toggle_pin(struct session *s);

/** Copy what actions mean, a connection or a group. */
unsigned table_copy(struct session *s);

#endif
