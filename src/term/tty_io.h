/* The line to the terminal: bytes out without ever waiting, settings saved and put back, and the
 * emergency exit for fatal signals. */
#ifndef TCPTOP_SRC_TERM_TTY_IO_H
#define TCPTOP_SRC_TERM_TTY_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "tcptop/base/str.h"

struct wire {
    int in, out;          /* own descriptions of the terminal, non-blocking where possible */
    struct termios found; /* settings as they were */
    struct str pending;   /* bytes the terminal has not taken yet */
    bool gone;
};

/** Open the terminal of the two descriptors anew and save its settings. 0 or -errno. */
int wire_open(struct wire *w, int in_fd, int out_fd);
void wire_close(struct wire *w);

/** Keys one by one, not echoed, none of them a signal. 0 or -errno. */
int wire_raw(struct wire *w);
void wire_cooked(struct wire *w);

/** Send bytes after those that are pending. */
void wire_send(struct wire *w, const void *bytes, size_t len);

/** Send what is pending, as much as the terminal takes now. */
void wire_flush(struct wire *w);

/** The same, waiting at most `ms` for it to take everything. */
void wire_drain(struct wire *w, int ms);

/** Read what is there; 0 when nothing is, or the terminal is gone. */
size_t wire_read(struct wire *w, void *buffer, size_t size);

/** Wait at most `ms` for input; false when none came. */
bool wire_wait(struct wire *w, int ms);

/** From now on a fatal signal puts the terminal back with `restore` (at most RESTORE_MAX bytes,
 *  copied) before it kills. NULL: no longer. */
#define RESTORE_MAX 256
void wire_on_fatal(const struct wire *w, const char *restore);

#endif
