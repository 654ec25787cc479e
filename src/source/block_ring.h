/* SPDX-License-Identifier: MIT */
/* The last blocks of a recording in memory. One thread appends, any number of others read; offsets
 * are those of the whole recording, and stay what they are when its beginning is let go.
 *
 * What is kept always begins with the HEAD before a KEY: whole spans are let go, the oldest first.
 */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_RING_H
#define TCPTOP_SRC_SOURCE_BLOCK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tcptop/base/str.h"
#include "tcptop/source/recording.h"

struct block_ring;

/** A ring that keeps at most so many bytes. NULL: out of memory. */
struct block_ring *block_ring_new(uint64_t max_bytes);
void block_ring_free(struct block_ring *ring); /* NULL is accepted */

/** Begin a new span: what is appended from now on belongs to it. Returns 0 or -ENOMEM. */
int block_ring_begin(struct block_ring *ring);

/** Append a whole block to the newest span, and let old spans go where there is no room for it.
 *  Returns 0, -ENOMEM, or -ENOSPC where the newest span alone would be larger than the ring: then
 *  nothing is kept any more. */
int block_ring_append(struct block_ring *ring, const void *bytes, size_t len);

/** What the samples of the newest span are, now that one more was appended. */
void block_ring_describe(struct block_ring *ring, const struct recording_span *span);

/** Is the newest span so large that the next sample should begin another, so that more than one
 *  fits? */
bool block_ring_wants_span(struct block_ring *ring);

/** Copy up to `len` bytes from `offset` on. Returns how many, 0 at the end, or -ESTALE where they
 *  were let go. */
ssize_t block_ring_read(struct block_ring *ring, uint64_t offset, void *to, size_t len);

/** Where what is kept begins. */
uint64_t block_ring_first(struct block_ring *ring);

/** Where the HEAD before the key at `at` is; 0 where it was let go. */
uint64_t block_ring_head(struct block_ring *ring, uint64_t at);

/** The spans that have samples, oldest first, into `*list`, an array of the caller with room for
 *  `*cap`, which grows. Returns 0 or -ENOMEM. */
int block_ring_spans(struct block_ring *ring, struct recording_span **list, uint32_t *n,
                     uint32_t *cap);

/** Append the blocks of a span to `out`, and bring `*span` up to date; `*skip` is how many bytes
 *  stand before its key. Returns 0, -ESTALE where it was let go, or -ENOMEM. */
int block_ring_copy(struct block_ring *ring, struct recording_span *span, struct str *out,
                    uint64_t *skip);

#endif
