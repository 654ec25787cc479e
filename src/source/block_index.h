/* SPDX-License-Identifier: MIT */
/* The payloads of the blocks INDEX, END and HEAD. FORMAT.md lists their bytes. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_INDEX_H
#define TCPTOP_SRC_SOURCE_BLOCK_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/source/block.h"
#include "tcptop/source/recording.h"

#define BLOCK_NOWHERE UINT64_MAX /* in the place of an offset: there is no such block */

/** Append the payload of an INDEX. `previous`: offset of the INDEX before, or BLOCK_NOWHERE. */
void block_index_write(struct str *out, const struct recording_span *span, uint64_t previous);

/** Read it; `span->file` is left. Returns 0 or -EBADMSG. */
int block_index_read(const uint8_t *bytes, size_t len, struct recording_span *span,
                     uint64_t *previous);

/** Write the payload of an END. */
void block_index_write_end(uint8_t out[BLOCK_END_BYTES], uint64_t last_index, uint64_t samples,
                           enum block_end why);

/* Fields of a HEAD: 2 bytes tag, 2 bytes length, value. */
enum block_head_tag {
    BLOCK_HEAD_RUN = 1,      /* 8 random bytes: which run of a recorder */
    BLOCK_HEAD_PROGRAM = 2,  /* "tcptop 1.0.0" */
    BLOCK_HEAD_HOST = 3,     /* its name, or its token */
    BLOCK_HEAD_KERNEL = 4,   /* its release */
    BLOCK_HEAD_BOOT = 5,     /* the boot id of the kernel, as text */
    BLOCK_HEAD_WALL = 6,     /* 8 bytes, nanoseconds since 1970 when the block was written */
    BLOCK_HEAD_MONO = 7,     /* 8 bytes, the same on the clock of the samples */
    BLOCK_HEAD_INTERVAL = 8, /* 8 bytes, milliseconds asked for */
    BLOCK_HEAD_REDACTED = 9, /* 1 byte, 1: addresses and host names are tokens */
    BLOCK_HEAD_JUDGE = 10,   /* 8 bytes: recorder_options.judge */
};

/** Read from the payload of a HEAD who recorded; run 0: it does not say. What is unknown or of
 *  another length is left out. */
void block_index_read_head(const uint8_t *bytes, size_t len, struct recording_head *head);

#endif
