/* SPDX-License-Identifier: MIT */
/* One line of UTF-8 text that is being edited. */
#ifndef TCPTOP_SRC_UI_PROMPT_LINE_H
#define TCPTOP_SRC_UI_PROMPT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/key.h"
#include "tcptop/ui/ui_state.h"

/** Put a text in the place of the line's; the cursor stands behind it. The line is empty afterwards
 *  when the text is too long for it. */
void prompt_line_set(struct ui_line *line, const char *text);

/** Take off the blanks at the end. */
void prompt_line_trim(struct ui_line *line);

/** Insert a character before the cursor. False when it is no text or has no room. */
bool prompt_line_insert(struct ui_line *line, keycode character);

/** An editing key: arrows, Home, End, Delete, Backspace, ^a ^e ^u ^w. `*changed` says whether the
 *  text did. False when the key is none. */
bool prompt_line_edit(struct ui_line *line, keycode key, bool *changed);

/** Replace what stands between byte `from` and the cursor. */
void prompt_line_complete(struct ui_line *line, size_t from, const char *word);

#endif
