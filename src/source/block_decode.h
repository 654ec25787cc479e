/* SPDX-License-Identifier: MIT */
/* Blocks as samples. FORMAT.md says what is in them; for one thread at a time. Any bytes may come:
 * what cannot be is refused with -EBADMSG, and nothing is allocated beyond what FORMAT.md says. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_DECODE_H
#define TCPTOP_SRC_SOURCE_BLOCK_DECODE_H

#include "block_stream.h"
#include "tcptop/model/sample_builder.h"

/* Which sample a block holds. */
struct block_moment {
    uint64_t seq, base; /* its number, and that of the one it is compared with; key: 0 */
    uint64_t key_seq;   /* of the key that it counts from */
    int64_t mono_ns, wall_ns;
    uint32_t rows, ends, before_dump;
    bool metrics, owners, ends_metrics;
};

struct block_decoder;
struct block_decoder *block_decoder_new(void);    /* NULL: out of memory */
void block_decoder_free(struct block_decoder *d); /* NULL is accepted */

/** Nothing that was read counts any more: the next sample must be a key. */
void block_decode_forget(struct block_decoder *d);

/** Read which sample the payload `in`, just begun, of a KEY or DELTA holds. Of a delta whose key
 * was not read the times mean nothing. Returns 0 or -errno. */
int block_decode_moment(struct block_decoder *d, struct block_in *in, bool key, uint32_t stored,
                        struct block_moment *m);

/** Count the times of deltas from the key `m`, whose rows are not read: only
 *  block_decode_moment() may follow. */
void block_decode_count_from(struct block_decoder *d, const struct block_moment *m);

/** The number of the sample that was read last; 0: none. */
uint64_t block_decode_seq(const struct block_decoder *d);

/** Read the rest of the key `m` into `b`, which is empty. Returns 0 or -errno; then `b` is of no
 * use before it is emptied. */
int block_decode_key(struct block_decoder *d, struct block_in *in, const struct block_moment *m,
                     struct sample_builder *b);

/** Can the delta `m` follow what was read last? */
bool block_decode_follows(const struct block_decoder *d, const struct block_moment *m);

/** Begin a sample that is a delta: make `b`, which is empty, what the sample `last`, which was read
 *  last, was, with room for the `rows` that the delta says it has. Returns 0 or -ENOMEM. */
int block_decode_begin(struct block_decoder *d, const struct sample *last, uint32_t rows,
                       struct sample_builder *b);

/** Read the rest of the delta `m`, which must follow, into `b`, which holds the sample that was
 * read last. Returns as block_decode_key() does. */
int block_decode_delta(struct block_decoder *d, struct block_in *in, const struct block_moment *m,
                       struct sample_builder *b);

/** `b` holds what is wanted: complete it. */
void block_decode_end(struct block_decoder *d, struct sample_builder *b);

/** Set the words of rows that are not live, see struct source_ops. */
void block_decode_owners(struct sample *s, const struct sample *prev);

#endif
