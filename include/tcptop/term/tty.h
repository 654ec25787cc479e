/* SPDX-License-Identifier: MIT */
/* The terminal: the only part that knows curses. */
#ifndef TCPTOP_TERM_TTY_H
#define TCPTOP_TERM_TTY_H

#include <stdbool.h>

#include "tcptop/base/canvas.h"
#include "tcptop/base/err.h"
#include "tcptop/base/key.h"
#include "tcptop/base/theme.h"

enum glyph_choice { GLYPHS_AUTO, GLYPHS_UNICODE, GLYPHS_ASCII };

struct tty_options {
    enum glyph_choice glyphs;
    bool color; /* false: mono (NO_COLOR, --color never) */
    bool ask_background;
    bool mouse;
    int esc_delay_ms;
    bool utf8; /* the locale's encoding */
};

struct tty;

/** Take the terminal over: newterm() on `in_fd`/`out_fd`, alternate screen, raw keys, bracketed
 *  paste, mouse, fatal-signal restore. Refuses a terminal that cannot move its cursor (TERM=dumb),
 *  naming --once. Returns 0 or -errno; then nothing has changed. */
int tty_open(struct tty **t, const struct tty_options *options, int in_fd, int out_fd,
             struct err *err);

/** Leave as found: settings, cursor, screen. A terminal that takes nothing, because its output was
 *  stopped or nobody reads, is started, and what it has not read yet gives way to what restores it.
 *  Also safe when the terminal is gone. NULL accepted. */
void tty_close(struct tty *t);

enum theme_depth tty_depth(const struct tty *t);

/** The ground as the terminal has told it; false where it has not. */
bool tty_background(const struct tty *t, enum theme_background *background);

/** Has its font Hangul? By $TERM: that of a Linux console has not. */
bool tty_has_hangul(void);

bool tty_ascii(const struct tty *t); /* the glyph choice as found out */
void tty_size(const struct tty *t, int *w, int *h);

/** After SIGWINCH: ask the kernel for the size, tell curses. Returns 0, or -errno with the cause in
 *  `err` when there can be no screen of that size; then it can only be closed. */
int tty_resized(struct tty *t, struct err *err);

/** Hand the terminal back for ^Z and take it again after SIGCONT; then its size may be another. */
void tty_suspend(struct tty *t);
void tty_resume(struct tty *t);

void tty_use_theme(struct tty *t, const struct theme *theme);

/** Show the canvas: only what changed is written; nothing when nothing did. While the terminal
 *  takes no bytes (^S) frames are passed over. */
void tty_blit(struct tty *t, const struct canvas *c);

/** Write everything again (^L, a foreign message on the screen). */
void tty_redraw(struct tty *t);

/** The next input event that is there; false when none is. Never waits. */
bool tty_read(struct tty *t, struct input *in);

/** Milliseconds until tty_read() may have an event without new input (a lone Esc), -1: none. */
int tty_timeout_ms(const struct tty *t);

/** The terminal is gone: hang-up, EIO, end of input. Poll tty_fd() for input. */
bool tty_gone(const struct tty *t);
int tty_fd(const struct tty *t);

/** To poll for room while bytes wait to be taken, then call tty_flush(); -1: none wait. */
int tty_out_fd(const struct tty *t);
void tty_flush(struct tty *t);

/** Put `text` on the user's clipboard by OSC 52. */
void tty_copy(struct tty *t, const char *text);

#endif
