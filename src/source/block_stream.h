/* SPDX-License-Identifier: MIT */
/* The bytes of one block: made, with compression, and taken apart again, a piece at a time, so that
 * a block of a million rows needs no room of its own. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_STREAM_H
#define TCPTOP_SRC_SOURCE_BLOCK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zstd.h>

#include "tcptop/base/str.h"
#include "tcptop/source/block.h"

/* A block in the making. Starts as zero. */
struct block_out {
    struct str block; /* head and payload, whole after block_out_end() */
    ZSTD_CCtx *zstd;  /* owned */
    uint8_t *stage;   /* not compressed yet; owned */
    size_t staged;
    uint64_t raw;
    bool streaming; /* the payload is larger than the stage */
    int error;      /* -errno of the first failure */
};

void block_out_fini(struct block_out *o);

/** Begin a block: the last one is forgotten. */
void block_out_begin(struct block_out *o);

void block_out_put(struct block_out *o, const void *bytes, size_t len);
void block_out_varint(struct block_out *o, uint64_t value);

/** An item: its identifier, its length, then its bytes. */
void block_out_item(struct block_out *o, unsigned id, const void *bytes, size_t len);

/** End it: o->block is the whole block, compressed if `compressed`. Returns 0, -ENOMEM, or -EFBIG
 *  when it is longer than a block may be. */
int block_out_end(struct block_out *o, enum block_type type, bool compressed);

/** Where blocks are read from: `len` bytes from `offset` on into `to`. Returns 0, -ENODATA when the
 *  input ends before, or another -errno. */
struct block_input {
    int (*read)(struct block_input *in, uint64_t offset, void *to, size_t len);
};

/* The payload of one block, whose checksum was verified. Starts as zero; what it allocates, once,
 * is used for all blocks. */
struct block_in {
    struct block_input *input;
    uint64_t at;     /* of the stored bytes that were not read */
    uint32_t stored; /* how many */
    uint32_t raw;    /* bytes of the payload that were not taken */
    bool compressed;
    ZSTD_DCtx *zstd;        /* owned */
    uint8_t *memory;        /* both buffers; owned */
    size_t in_at, in_len;   /* in the buffer of stored bytes */
    size_t out_at, out_len; /* in that of decompressed ones */
};

void block_in_fini(struct block_in *in);

/** Verify the checksum of the payload whose stored bytes begin at `at`. Returns 0, -EBADMSG,
 *  -ENODATA when the file ends within it, or another -errno. */
int block_in_verify(struct block_in *in, struct block_input *input, const struct block_head *head,
                    uint64_t at);

/** Begin to read the payload. Returns 0 or -ENOMEM. */
int block_in_begin(struct block_in *in, struct block_input *input, const struct block_head *head,
                   uint64_t at);

/** Take the next `len` bytes (NULL: skip them). Returns 0, -EBADMSG when there are no more, or
 *  another -errno. */
int block_in_take(struct block_in *in, void *to, size_t len);
int block_in_varint(struct block_in *in, uint64_t *value);

/** The next item; -ENODATA: there is none. */
int block_in_item(struct block_in *in, unsigned *id, uint32_t *len);

#endif
