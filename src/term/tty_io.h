/* SPDX-License-Identifier: MIT */
/* Input and output of the terminal: bytes are sent without waiting, settings are saved and
 * restored, also when a signal ends the program. */
#ifndef TCPTOP_SRC_TERM_TTY_IO_H
#define TCPTOP_SRC_TERM_TTY_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "tcptop/base/str.h"

struct tty_io {
    int in, out;          /* own descriptions of the terminal, non-blocking where possible */
    struct termios found; /* settings as they were */
    struct str pending;   /* bytes the terminal has not taken yet */
    bool gone;
};

/** Open the terminal of the two descriptors anew and save its settings. 0 or -errno. */
int tty_io_open(struct tty_io *io, int in_fd, int out_fd);
void tty_io_close(struct tty_io *io);

/** Keys one by one, not echoed, none of them a signal. 0 or -errno. */
int tty_io_raw(struct tty_io *io);
void tty_io_cooked(struct tty_io *io);

/** Send bytes after those that are pending. */
void tty_io_send(struct tty_io *io, const void *bytes, size_t len);

/** Send what is pending, as much as the terminal takes now. */
void tty_io_flush(struct tty_io *io);

/** The same, waiting at most `ms` for it to take everything; false when it has not. */
bool tty_io_drain(struct tty_io *io, int ms);

/** The terminal took no more: start its output, in case somebody stopped it. If that does not help
 *  within `ms`, throw away what is pending and what nobody has read yet, and send `bytes`, which
 *  then lie there until somebody reads. */
void tty_io_force(struct tty_io *io, const char *bytes, int ms);

/** Read what is there; 0 when nothing is, or the terminal is gone. */
size_t tty_io_read(struct tty_io *io, void *buffer, size_t size);

/** Wait at most `ms` for input; false when none came. */
bool tty_io_wait(struct tty_io *io, int ms);

/** From now on a fatal signal puts the terminal back with `restore` (at most RESTORE_MAX bytes,
 *  copied) before it kills. NULL: no longer. */
#define RESTORE_MAX 256
void crash_handler_arm(const struct tty_io *io, const char *restore);

#endif
