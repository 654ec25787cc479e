/* SPDX-License-Identifier: MIT */
/* Commands that no overlay and no part of the screen has taken. */
#ifndef TCPTOP_SRC_UI_COMMANDS_H
#define TCPTOP_SRC_UI_COMMANDS_H

#include "session_state.h"

/** Returns a mask of enum reaction. */
unsigned commands_run(struct session *s, enum command_id command);

#endif
