/* SPDX-License-Identifier: MIT */
/* Finds out whether a socket arrived twice while rows are judged; what passes is decided by
 * consume().
 *
 * The kernel hands out cookies one after the other. So a large bitmap takes memory only where there
 * are cookies, and two of them hardly ever share a bit. */
#include "tcptop/model/row_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define SEEN_BITS  (UINT64_C(1) << 30)
#define SEEN_BYTES (SEEN_BITS / 8)

int row_stream_init(struct row_stream *stream,
                    void (*consume)(struct row_stream *, struct sample_builder *, uint32_t),
                    uint32_t every)
{
    void *seen = mmap(NULL, SEEN_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *stream = (struct row_stream){.consume = consume,
                                  .every = every > ROW_STREAM_ROWS ? every : ROW_STREAM_ROWS};
    if (seen == MAP_FAILED)
        return -ENOMEM;
    (void)madvise(seen, SEEN_BYTES, MADV_NOHUGEPAGE); /* far apart bits must not take much each */
    stream->seen = seen;
    return 0;
}

void row_stream_fini(struct row_stream *stream)
{
    if (stream->seen)
        munmap(stream->seen, SEEN_BYTES);
    stream->seen = NULL;
}

void row_stream_begin(struct row_stream *stream, struct sample_builder *b)
{
    struct sample *s = &b->sample;

    if (stream->used)
        (void)madvise(stream->seen, SEEN_BYTES, MADV_DONTNEED); /* all zero again */
    stream->held = 0;
    stream->used = stream->doubtful = false;
    s->total = 0;
    memset(s->count, 0, sizeof s->count);
}

void row_stream_flush(struct row_stream *stream, struct sample_builder *b)
{
    const struct sample *s = &b->sample;

    for (uint32_t row = stream->held; row < s->n_live; row++) {
        const struct conn *c = &s->conn[row];
        uint64_t *word = &stream->seen[c->cookie % SEEN_BITS / 64], bit = UINT64_C(1)
                                                                          << c->cookie % 64;

        stream->doubtful |= !(c->flags & CONN_NO_COOKIE) && *word & bit;
        *word |= bit;
    }
    stream->used = true;
    stream->consume(stream, b, stream->held);
    stream->held = s->n_live;
}
