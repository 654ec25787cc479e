/* SPDX-License-Identifier: MIT */
/* One sample from the text that another program printed: ss, netstat of Linux, Windows, macOS,
 * FreeBSD and AIX, /proc/net/tcp, lsof, Get-NetTCPConnection, a sosreport. The format is recognised
 * by what each line says. What the text does not tell is unknown: see enum conn_unknown and
 * sample.import. */
#ifndef TCPTOP_SOURCE_IMPORT_H
#define TCPTOP_SOURCE_IMPORT_H

#include "tcptop/source/source.h"

/** Read the descriptor `fd` (taken over, also on failure; standard input stays open), of which the
 *  first `len` bytes have been read into `head`, as far as the first connection. `name`: what
 *  messages call it. Returns 0, -EBADMSG when it is no text or none in which a line of these
 *  programs was found, or another -errno, with `*why` set. */
int import_open(struct source **src, int fd, const void *head, size_t len, const char *name,
                struct sample_reason *why);

/** The same for a directory of sosreport. -EISDIR: it is none. */
int import_open_directory(struct source **src, const char *path, struct sample_reason *why);

#endif
