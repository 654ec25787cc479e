/* SPDX-License-Identifier: MIT */
/* Prompts over the last lines, one at a time. A new one is its file with its prompt_ops, its line
 * in PROMPTS (ui_state.h) and the row of the command that opens it (keymap.h). */
#ifndef TCPTOP_SRC_UI_PROMPT_H
#define TCPTOP_SRC_UI_PROMPT_H

#include "draw.h"
#include "prompt_line.h"
#include "session_state.h"

/* Functions that a prompt has no use for are NULL. Masks are of enum reaction. */
struct prompt_ops {
    enum command_id opened_by;
    enum msg label;                               /* before the line */
    enum msg hint;                                /* below it, while it is right */
    enum msg (*hint_of)(const struct drawing *d); /* the same where it depends on what is shown */

    /* Begin: the line is empty. REACT_NOT_MINE when it cannot open now. */
    unsigned (*open)(struct session *s);

    /* A command that works while it is open; keys that are text are never looked up. */
    unsigned (*command)(struct session *s, enum command_id command);

    /* A key, before it edits the line. */
    unsigned (*key)(struct session *s, keycode key);

    /* The line has changed. */
    unsigned (*changed)(struct session *s);

    /* Enter. Without REACT_CLOSE it stays open, and prompt_wrong() has said why. */
    unsigned (*accept)(struct session *s);

    /* Esc; it closes. */
    unsigned (*cancel)(struct session *s);

    /* It has closed. */
    void (*closed)(struct session *s);

    /* The screen has another size. */
    unsigned (*resized)(struct session *s);

    /* Draw what stands below the line instead of the hint. */
    void (*draw_below)(struct drawing *d, int y);

    /* A question without a line, drawn by this; key() gets every key. */
    void (*draw_question)(struct drawing *d);
};

/** Those of the open prompt; when none is open they are those of the digits of a port. */
const struct prompt_ops *prompt_ops(const struct ui *ui);

/** Open the prompt that a command opens; REACT_NOT_MINE when there is none, or it cannot open. */
unsigned prompt_open_by(struct session *s, enum command_id command);

/** A key while a prompt is open. */
unsigned prompt_key(struct session *s, keycode key);

/** A pasted key, or the beginning or end of a paste. It goes into the line where there is one, and
 *  takes effect at the end; a question is closed, since a paste never answers it. */
unsigned prompt_paste(struct session *s, keycode key);

/** The line has changed, or a paste whose end never came is over. */
unsigned prompt_pasted(struct session *s);

/** The screen has another size. */
unsigned prompt_resized(struct session *s);

/** The line is wrong as a whole: `what` says why. */
void prompt_wrong(struct session *s, const char *what);

void prompt_draw(struct drawing *d);

/* The filter in force (prompt_filter.c). */

/** Put a filter in force. Returns 0, -EINVAL with `error` (may be NULL) filled, or -ENOMEM; then
 *  the last one stays. Adds to `*reaction` what must follow. */
int prompt_filter_apply(struct session *s, const char *text, struct filter_error *error,
                        unsigned *reaction);

/** Choose states by a term like "state:tw" in place of the last such choice; "" takes it off. False
 *  when that failed, and the footer says so. */
bool prompt_filter_choose_states(struct session *s, const char *term, unsigned *reaction);
unsigned prompt_filter_clear(struct session *s);

/** Remember a filter for ↑ in the prompt. */
void prompt_filter_remember(struct session *s, const char *text);

/** A digit or Backspace on the main screen, or Enter right behind one, which ends them and does
 *  nothing else; REACT_NOT_MINE when the key is not for the port filter. */
unsigned prompt_filter_digit(struct session *s, keycode key);
unsigned prompt_filter_tick(struct session *s);

/** Typing is over: the rows follow at once. */
unsigned prompt_filter_end_digits(struct session *s);

/** When prompt_filter_tick() has something to do, 0: never. */
int64_t prompt_filter_due_ns(const struct session *s);

/** The next shorter (-1) or longer of the usual intervals. */
void prompt_interval_step(struct session *s, int sign);

/** No longer look for what F3 was to find. */
void prompt_find_cancel(struct session *s);

#endif
