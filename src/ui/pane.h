/* SPDX-License-Identifier: MIT */
/* The pane that explains a state. */
#ifndef TCPTOP_SRC_UI_PANE_H
#define TCPTOP_SRC_UI_PANE_H

#include "draw.h"
#include "session_state.h"

void pane_draw(struct drawing *d);

/** The state that the pane is about (enum tcp_state), 0 when about none. */
unsigned pane_state(const struct view *v);

/** The same, 0 also where the pane is too small for numbers. */
unsigned pane_numbers_state(const struct view *v);

/** Room for the pane's text, so that it is laid out once and not for each key and frame. NULL: out
 *  of memory, which costs time alone. Free with pane_kept_free(), NULL is accepted. */
struct pane_kept *pane_kept_new(void);
void pane_kept_free(struct pane_kept *kept);

/** Another sample is shown, or other numbers: lay the text out anew when it is wanted next. */
void pane_forget(struct session *s);

/** Does the pane cover the body? */
bool pane_covers(const struct session *s);

/** Has it more lines than it shows? */
bool pane_scrolls(const struct session *s);

/** A command while the pane has the focus, or covers the body. */
unsigned pane_command(struct session *s, enum command_id command);
void pane_scroll(struct session *s, int lines);
void pane_scroll_half(struct session *s, int sign);

/** Have the pane's state broken down, if the pane shows numbers and they are not of this sample. */
void pane_settle_numbers(struct session *s);

#endif
