/* SPDX-License-Identifier: MIT */
/* One open file of blocks, or a pipe: its bytes by offset, and where blocks begin. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_FILE_H
#define TCPTOP_SRC_SOURCE_BLOCK_FILE_H

#include "block_stream.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/source.h"

#define BLOCK_FILE_SMALL 4096u /* bytes of the longest payload that is read as a whole */

struct block_file {
    struct block_input input;   /* first member */
    const struct source *owner; /* whose cancellation ends every wait; NULL: nobody's */
    int fd;                     /* owned */
    struct block_ring *ring;    /* memory in its place; NULL: none */
    bool seekable;
    uint8_t *cache; /* bytes from `cache_at` on; owned. Of a pipe all from `keep` on */
    uint64_t cache_at, keep;
    size_t cache_len, cache_cap;
};

/** Take over `fd`, of which `n` bytes were read already (0 of a file that can seek). Returns 0 or
 *  -ENOMEM, then `fd` is closed. */
int block_file_open(struct block_file *f, const struct source *owner, int fd, const void *first,
                    size_t n);

/** The same of a ring, which outlives it. */
int block_file_open_ring(struct block_file *f, const struct source *owner, struct block_ring *ring);
void block_file_close(struct block_file *f);

/** Nothing before `at` will be read any more. */
void block_file_keep(struct block_file *f, uint64_t at);

/** Read the head at `at`. Returns 0; -ENODATA when the file ends there; -EBADMSG when there is no
 *  sound head; -EPROTONOSUPPORT for one of another version; or another -errno. */
int block_file_head(struct block_file *f, uint64_t at, struct block_head *head);

/** Find the next head, sound, of whatever version, from `*at` on. Returns 0 with `*at` set,
 * -ENODATA when there is none, or another -errno. */
int block_file_find(struct block_file *f, uint64_t *at);

/** Read the payload of the block at `at`, whose head is `head`, as a whole, by way of `in`. Returns
 *  0 with `*len` set, -EBADMSG where it is damaged or longer than BLOCK_FILE_SMALL, or as
 *  block_in_verify() does. */
int block_file_payload(struct block_file *f, struct block_in *in, uint64_t at,
                       const struct block_head *head, uint8_t bytes[BLOCK_FILE_SMALL], size_t *len);

/** Read by way of `in` what the HEAD at the beginning says of who recorded. False: there is none
 *  that can be read, and `*who` is left. */
bool block_file_first_head(struct block_file *f, struct block_in *in, struct recording_head *who);

#endif
