/* SPDX-License-Identifier: MIT */
/* Blocks in memory: a list of spans, each with its bytes. */
#include "block_ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"

#define FIRST_BYTES (16u << 10) /* of a span */
#define SPANS_LEAST 4           /* that should fit */

struct chunk {
    uint64_t at; /* of its first byte */
    uint8_t *bytes;
    size_t len, cap;
    struct recording_span span; /* no samples: its key was not appended yet */
};

struct block_ring {
    pthread_mutex_t lock; /* of all below */
    uint64_t max_bytes, held, end;
    struct chunk *chunk; /* owned; the oldest first */
    uint32_t n, cap;
};

struct block_ring *block_ring_new(uint64_t max_bytes)
{
    struct block_ring *ring = calloc(1, sizeof *ring);

    if (!ring)
        return NULL;
    ring->max_bytes = max_bytes;
    pthread_mutex_init(&ring->lock, NULL);
    return ring;
}

/* Let the oldest spans go. Needs the lock. */
static void drop(struct block_ring *ring, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        ring->held -= ring->chunk[i].cap;
        free(ring->chunk[i].bytes);
    }
    ring->n -= count;
    memmove(ring->chunk, ring->chunk + count, ring->n * sizeof *ring->chunk);
}

void block_ring_free(struct block_ring *ring)
{
    if (!ring)
        return;
    if (ring->n)
        drop(ring, ring->n);
    pthread_mutex_destroy(&ring->lock);
    free(ring->chunk);
    free(ring);
}

/* The newest span grows no more: give back what it does not use. Needs the lock. */
static void settle_newest(struct block_ring *ring)
{
    struct chunk *c = ring->n ? &ring->chunk[ring->n - 1] : NULL;
    uint8_t *smaller = c && c->len && c->len < c->cap ? realloc(c->bytes, c->len) : NULL;

    if (!smaller)
        return;
    ring->held -= c->cap - c->len;
    c->bytes = smaller;
    c->cap = c->len;
}

int block_ring_begin(struct block_ring *ring)
{
    int rc = -ENOMEM;

    pthread_mutex_lock(&ring->lock);
    settle_newest(ring);
    struct chunk *larger = array_room(ring->chunk, ring->n, &ring->cap, 64, sizeof *ring->chunk);
    if (larger) {
        ring->chunk = larger;
        ring->chunk[ring->n++] = (struct chunk){.at = ring->end};
        rc = 0;
    }
    pthread_mutex_unlock(&ring->lock);
    return rc;
}

/* Room for `len` bytes more in the newest span. Needs the lock. Returns 0 or -errno. */
static int make_room(struct block_ring *ring, size_t len)
{
    struct chunk *c = &ring->chunk[ring->n - 1];
    size_t want = c->len + len, cap = c->cap + c->cap / 4;

    if (want <= c->cap)
        return 0;
    if (want > ring->max_bytes)
        return -ENOSPC;
    cap = cap > want ? cap : want;
    cap = cap > FIRST_BYTES ? cap : FIRST_BYTES;
    cap = cap > ring->max_bytes ? (size_t)ring->max_bytes : cap;
    while (ring->n > 1 && ring->held - c->cap + cap > ring->max_bytes) {
        drop(ring, 1);
        c = &ring->chunk[ring->n - 1];
    }
    uint8_t *larger = realloc(c->bytes, cap);
    if (!larger)
        return -ENOMEM;
    ring->held += cap - c->cap;
    c->bytes = larger;
    c->cap = cap;
    return 0;
}

int block_ring_append(struct block_ring *ring, const void *bytes, size_t len)
{
    int rc;

    pthread_mutex_lock(&ring->lock);
    rc = ring->n ? make_room(ring, len) : -ENOSPC;
    if (!rc) {
        struct chunk *c = &ring->chunk[ring->n - 1];
        memcpy(c->bytes + c->len, bytes, len);
        c->len += len;
        ring->end += len;
    } else if (ring->n) {
        drop(ring, ring->n);
    }
    pthread_mutex_unlock(&ring->lock);
    return rc;
}

void block_ring_describe(struct block_ring *ring, const struct recording_span *span)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->n) {
        ring->chunk[ring->n - 1].span = *span;
        ring->chunk[ring->n - 1].span.counted = true;
    }
    pthread_mutex_unlock(&ring->lock);
}

bool block_ring_wants_span(struct block_ring *ring)
{
    bool wants;

    pthread_mutex_lock(&ring->lock);
    wants = ring->n && ring->chunk[ring->n - 1].len > ring->max_bytes / SPANS_LEAST;
    pthread_mutex_unlock(&ring->lock);
    return wants;
}

/* The span that has the byte, or ends with it. Needs the lock. */
static const struct chunk *chunk_of(const struct block_ring *ring, uint64_t offset)
{
    uint32_t low = 0, high = ring->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ring->chunk[middle].at <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &ring->chunk[low - 1] : NULL;
}

ssize_t block_ring_read(struct block_ring *ring, uint64_t offset, void *to, size_t len)
{
    ssize_t copied = 0;

    pthread_mutex_lock(&ring->lock);
    const struct chunk *c = chunk_of(ring, offset);
    if (!c) {
        copied = offset >= ring->end ? 0 : -ESTALE;
    } else if (offset - c->at < c->len) {
        size_t from = (size_t)(offset - c->at), some = c->len - from < len ? c->len - from : len;
        memcpy(to, c->bytes + from, some);
        copied = (ssize_t)some;
    }
    pthread_mutex_unlock(&ring->lock);
    return copied;
}

uint64_t block_ring_first(struct block_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    uint64_t first = ring->n ? ring->chunk[0].at : ring->end;
    pthread_mutex_unlock(&ring->lock);
    return first;
}

uint64_t block_ring_head(struct block_ring *ring, uint64_t at)
{
    pthread_mutex_lock(&ring->lock);
    const struct chunk *c = chunk_of(ring, at);
    uint64_t head = c ? c->at : 0;
    pthread_mutex_unlock(&ring->lock);
    return head;
}

int block_ring_spans(struct block_ring *ring, struct recording_span **list, uint32_t *n,
                     uint32_t *cap)
{
    int rc = 0;

    *n = 0;
    pthread_mutex_lock(&ring->lock);
    for (uint32_t i = 0; i < ring->n && !rc; i++) {
        struct recording_span *larger = array_room(*list, *n, cap, 64, sizeof **list);
        if (!larger) {
            rc = -ENOMEM;
            break;
        }
        *list = larger;
        if (ring->chunk[i].span.samples)
            larger[(*n)++] = ring->chunk[i].span;
    }
    pthread_mutex_unlock(&ring->lock);
    return rc;
}

int block_ring_copy(struct block_ring *ring, struct recording_span *span, struct str *out,
                    uint64_t *skip)
{
    int rc = -ESTALE;

    pthread_mutex_lock(&ring->lock);
    const struct chunk *c = chunk_of(ring, span->at);
    if (c && c->span.samples && c->span.at == span->at) {
        *span = c->span;
        *skip = span->at - c->at;
        str_add_bytes(out, c->bytes, c->len);
        rc = str_failed(out) ? -ENOMEM : 0;
    }
    pthread_mutex_unlock(&ring->lock);
    return rc;
}
