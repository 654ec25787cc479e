/* SPDX-License-Identifier: MIT */
/* The lesson that is played on the screen. */
#ifndef TCPTOP_SRC_UI_UI_LESSON_H
#define TCPTOP_SRC_UI_UI_LESSON_H

#include "session_state.h"

/** Play a lesson from now on. */
void ui_lesson_start(struct session *s, struct lesson *lesson);

/** While one is played: Space and Enter are the next step, Backspace is the one before.
 *  REACT_NOT_MINE when the key is not for it. */
unsigned ui_lesson_key(struct session *s, keycode key);

/** What a sample must contain for it (enum need). */
uint32_t ui_lesson_needs(const struct session *s);

/** s->newest has come. */
void ui_lesson_sample(struct session *s);

/** Time has passed. */
unsigned ui_lesson_tick(struct session *s);

#endif
