/* SPDX-License-Identifier: MIT */
/* Samples of another host: ssh(1) runs tcptop there, which records to its standard output, and the
 * recording is read while it is made. Names, keys and the security of the connection are ssh's; its
 * own configuration has options and jump hosts.
 *
 * ssh has the environment of this process, /dev/null as its input, and no descriptor but the three
 * standard ones. It asks for passwords and unknown keys on the terminal, so wait for the first
 * sample before that has a screen. */
#ifndef TCPTOP_SOURCE_REMOTE_H
#define TCPTOP_SOURCE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/source/source.h"

#define REMOTE_LINE 400 /* bytes of a line that is told, NUL included */

struct remote_options {
    const char *host;     /* as ssh takes it; see remote_host_is_valid() */
    uint64_t interval_ms; /* between two samples there */
    const char *columns; /* for --columns there: ids of columns; NULL: those of a plain recording */
    /* Gets each line that ssh and the tcptop there write to stderr, sanitised, with the host before
     * it. Called by the thread that waits or samples. */
    void (*say)(const char *line);
};

/** May it be handed to ssh? Not when it is empty, begins with "-" or has control characters. */
bool remote_host_is_valid(const char *host);

/** Start ssh, as the real user where the effective one is another (below sudo). To be called before
 *  privileges_keep(), which forbids it, and before other threads are started. `*src` is a source
 *  whose samples are of BACKEND_REMOTE: their times are the other host's, but mono_ns, which is
 * moved to the monotonic clock of this one. Closing it ends ssh, and so the tcptop there. Returns 0
 * or -errno with `*why` set. */
int remote_start(struct source **src, const struct remote_options *options,
                 struct sample_reason *why);

/** Wait until the other host has begun to send. Returns 0, or -errno with `*why` set, when it ends
 *  without: -ENOENT for REASON_REMOTE_NO_TCPTOP, -ECONNRESET, -EBADMSG for REASON_REMOTE_FOREIGN.
 * So does source_sample() later. */
int remote_wait(struct source *src, struct sample_reason *why);

#endif
