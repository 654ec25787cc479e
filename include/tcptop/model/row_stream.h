/* SPDX-License-Identifier: MIT */
/* Judges rows while a dump brings them in, so that of a sample whose first rows alone are wanted
 * only a few of the others are ever held. */
#ifndef TCPTOP_MODEL_ROW_STREAM_H
#define TCPTOP_MODEL_ROW_STREAM_H

#include "tcptop/model/sample_builder.h"

#define ROW_STREAM_ROWS                                                                            \
    32u /* rows that arrive before they are judged: they fit into the L1 cache */

/* First member of a struct that knows what to judge by. Belongs to the thread that fills. */
struct row_stream {
    /** The first `held` live rows of the sample have been judged before. Keep the wanted ones of
     *  those and of the rows behind, in the first places, and count all that pass in sample.count
     *  and sample.total. */
    void (*consume)(struct row_stream *stream, struct sample_builder *b, uint32_t held);

    uint32_t every; /* rows that arrive before they are judged, ROW_STREAM_ROWS or more */

    uint32_t held;  /* this and the rest belong to row_stream.c */
    uint64_t *seen; /* bitmap of the cookies that arrived; owned */
    bool used;      /* rows have arrived */
    bool doubtful; /* a bit was set before: a socket may have been counted twice, and the sample has
                      to be taken without a row_stream */
};

/** Returns 0 or -ENOMEM. */
int row_stream_init(struct row_stream *stream,
                    void (*consume)(struct row_stream *, struct sample_builder *, uint32_t),
                    uint32_t every);
void row_stream_fini(struct row_stream *stream);

/** A dump into the empty sample of `b` begins, or begins again. */
void row_stream_begin(struct row_stream *stream, struct sample_builder *b);

static inline bool row_stream_is_full(const struct row_stream *stream, const struct sample *s)
{
    return s->n_live - stream->held >= stream->every;
}

/** Judge the rows that have arrived since the last call. */
void row_stream_flush(struct row_stream *stream, struct sample_builder *b);

#endif
