/* SPDX-License-Identifier: MIT */
/* Samples as blocks. FORMAT.md says what is in them; for one thread at a time. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_ENCODE_H
#define TCPTOP_SRC_SOURCE_BLOCK_ENCODE_H

#include "block_stream.h"
#include "redact.h"
#include "tcptop/model/sample.h"

struct block_encoder;

/* What is recorded. */
struct block_encode_options {
    bool metrics;                /* tcp_info of every row */
    bool cmdlines;               /* command lines of processes */
    const struct redact *redact; /* NULL: addresses and names as they are; outlives the encoder */
};

struct block_encoder *block_encoder_new(const struct block_encode_options *options); /* or NULL */
void block_encoder_free(struct block_encoder *e); /* NULL is accepted */

/** Encode `s`, which must not be FAILED, as a key where `key` says so or where a delta is not
 *  possible or would not pay, else as what differs from the last one. The block is `out`'s;
 * `*is_key` tells what it is. Returns 0 or -errno: then the next one will be a key. */
int block_encode_sample(struct block_encoder *e, const struct sample *s, bool key,
                        struct block_out *out, bool *is_key);

#endif
