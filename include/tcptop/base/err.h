/* SPDX-License-Identifier: MIT */
/* Error messages that travel up with a negative errno.
 *
 * A function that can fail returns 0 or -errno and takes a `struct err *` last; on failure the
 * message in it is one line for a person: it names the cause and holds no untrusted bytes. */
#ifndef TCPTOP_BASE_ERR_H
#define TCPTOP_BASE_ERR_H

struct err {
    char msg[320]; /* UTF-8, no newline, cut at a character when too long */
};

/** Fill `err` (may be NULL) from a printf format and return `code` as it was given. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** The system's text for `errnum` (positive or negative), in a buffer of the calling thread. */
const char *err_name(int errnum);

#endif
