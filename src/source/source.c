/* SPDX-License-Identifier: MIT */
/* Waiting for bytes, as every source does that reads a file. */
#include "tcptop/source/source.h"

#include <errno.h>
#include <poll.h>

#define POLL_SLICE_MS 100

/* Whoever uses the source may have something else to read meanwhile. */
static void attend(const struct source *src)
{
    for (; src; src = src->part_of)
        if (src->ops && src->ops->waits) /* none before it is known what the file is */
            src->ops->waits(src);
}

int source_wait(const struct source *src, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    for (;;) {
        if (src && source_cancelled(src))
            return -ECANCELED;
        int n = poll(&ready, 1, POLL_SLICE_MS);
        attend(src);
        if (n > 0 || (n < 0 && errno != EINTR))
            return 0;
    }
}
