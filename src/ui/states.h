/* SPDX-License-Identifier: MIT */
/* The list of states. */
#ifndef TCPTOP_SRC_UI_STATES_H
#define TCPTOP_SRC_UI_STATES_H

#include "draw.h"
#include "session_state.h"

void states_draw(struct drawing *d);

/** The form of chips for which there is room: the names of states, else their codes, else codes and
 *  short counts. The smaller the number, the longer they are. */
int states_chips_form(const uint32_t count[TCP_STATE_COUNT], int room);

/** Counts by state as chips of this form from (x, y) on; of the states that do not fit only their
 *  number is shown. */
void states_draw_chips(struct canvas *c, int x, int y, int room,
                       const uint32_t count[TCP_STATE_COUNT], int form, enum role role);

/** The count of a state (0: all) as it is known: false for CLOSE unless bound-only sockets were
 *  asked for. */
bool states_count(const struct sample *s, unsigned state, uint64_t *count);

/** Index in the list of the entry about a state. */
unsigned states_index(unsigned state);

/** Until the user has been in the list: choose the state of the worst warning, else that of the row
 *  under the table's cursor. */
void states_preselect(struct session *s);

/** A command while the states have the focus. Steps of more than a line are the table's. */
unsigned states_command(struct session *s, enum command_id command);

/** Only connections in the chosen state from now on. */
unsigned states_filter(struct session *s);

#endif
