/* Rows judged while a dump brings them in: of a sample that is asked for its first rows only, no
 * more than a few of the rest are ever held. */
#ifndef TCPTOP_MODEL_ROW_STREAM_H
#define TCPTOP_MODEL_ROW_STREAM_H

#include "tcptop/model/sample.h"

#define ROW_STREAM_ROWS 32u /* come before they are judged: they are in the nearest cache then */

/* What judges is the first member of a struct that knows by what. */
struct row_stream {
    /** Of the live rows of `s` the first `held` have been judged before. Keep what is wanted of
     *  them and of those behind, in the first places, and count all that pass in s->count and
     *  s->total. */
    void (*consume)(struct row_stream *v, struct sample *s, uint32_t held);

    uint32_t every; /* so many rows come before they are judged, ROW_STREAM_ROWS or more */

    uint32_t held;  /* the rest is the sieve's own */
    uint64_t *seen; /* bitmap of the cookies that came; owned */
    bool used;      /* something came */
    bool doubtful;  /* a bit was there before: a socket may have been counted twice, and the sample
                       has to be taken without a sieve */
};

/** For `judge` after so many rows. Returns 0 or -ENOMEM. */
int row_stream_init(struct row_stream *v,
                    void (*consume)(struct row_stream *, struct sample *, uint32_t),
                    uint32_t every);
void row_stream_fini(struct row_stream *v);

/** A dump into `s` begins, or begins again: nothing has come. */
void row_stream_begin(struct row_stream *v, struct sample *s);

static inline bool row_stream_is_full(const struct row_stream *v, const struct sample *s)
{
    return s->n_live - v->held >= v->every;
}

/** Judge what has come since the last time. */
void row_stream_flush(struct row_stream *v, struct sample *s);

#endif
