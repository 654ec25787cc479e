/* SPDX-License-Identifier: MIT */
/* Keeps the last minutes: a thread, a recorder that writes to memory, and files made of that. */
#include "tcptop/source/past.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "block_index.h"
#include "block_ring.h"
#include "block_stream.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/recording.h"

#define WAITING_MAX 4 /* samples; each may be large */

struct past {
    pthread_t thread;
    double share;
    struct block_ring *ring;
    struct recorder *recorder; /* the thread's */
    pthread_mutex_t lock;      /* of all below */
    pthread_cond_t added, kept;
    const struct sample *waiting[WAITING_MAX]; /* references, oldest first */
    uint32_t n;
    bool busy, stop;
    int64_t free_ns; /* no sample is taken before: the last one has used up the share */
};

/* Encode one; returns the CPU time that it took. */
static int64_t keep(struct past *p, const struct sample *s)
{
    int64_t before = clock_thread_cpu_ns();

    (void)recorder_add(p->recorder, s); /* what has no room is a gap, and told as one later */
    sample_unref(s);
    return clock_thread_cpu_ns() - before;
}

static void *run(void *arg)
{
    struct past *p = arg;

    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        if (!p->n) {
            pthread_cond_wait(&p->added, &p->lock);
            continue;
        }
        const struct sample *s = p->waiting[0];
        p->n--;
        for (uint32_t i = 0; i < p->n; i++)
            p->waiting[i] = p->waiting[i + 1];
        p->busy = true;
        pthread_mutex_unlock(&p->lock);
        int64_t cpu_ns = keep(p, s);
        pthread_mutex_lock(&p->lock);
        p->busy = false;
        p->free_ns = clock_mono_ns() + (int64_t)((double)cpu_ns / p->share) - cpu_ns;
        pthread_cond_broadcast(&p->kept);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* The thread has ended, or was never started. */
static void release(struct past *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        sample_unref(p->waiting[i]);
    (void)recorder_close(p->recorder);
    block_ring_free(p->ring);
    pthread_cond_destroy(&p->kept);
    pthread_cond_destroy(&p->added);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

int past_open(struct past **past, const struct past_options *options)
{
    struct past *p = calloc(1, sizeof *p);

    if (!p)
        return -ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->added, NULL);
    pthread_cond_init(&p->kept, NULL);
    p->share = options->share;
    p->ring = block_ring_new(options->max_bytes);
    const struct recorder_options to = {
        .ring = p->ring,
        .metrics = true,
        .cmdlines = options->cmdlines,
        .is_live = options->is_live,
        .interval_ms = options->interval_ms,
        .rule_name = options->rule_name,
    };
    int rc = p->ring ? recorder_open(&p->recorder, &to) : -ENOMEM;
    if (!rc)
        rc = thread_start(&p->thread, run, p);
    if (rc)
        release(p);
    else
        *past = p;
    return rc;
}

void past_add(struct past *p, const struct sample *s)
{
    pthread_mutex_lock(&p->lock);
    if (p->n < WAITING_MAX && clock_mono_ns() >= p->free_ns) {
        p->waiting[p->n++] = sample_ref(s);
        pthread_cond_signal(&p->added);
    }
    pthread_mutex_unlock(&p->lock);
}

void past_settle(struct past *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->n || p->busy)
        pthread_cond_wait(&p->kept, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

int past_source(struct past *p, struct source **src)
{
    return recording_open_ring(src, p->ring);
}

void past_close(struct past *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->added);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    release(p);
}

/* Saving ------------------------------------------------------------ */

struct saving {
    int fd;
    uint64_t size, last_index;
    uint32_t samples;
    struct str bytes; /* of a span, of a payload */
    struct block_out out;
};

static int write_all(struct saving *to, const char *p, size_t left)
{
    while (left) {
        ssize_t n = write(to->fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        p += n;
        left -= (size_t)n;
        to->size += (uint64_t)n;
    }
    return 0;
}

/* A block with the payload to->bytes. */
static int write_block(struct saving *to, enum block_type type)
{
    block_out_begin(&to->out);
    block_out_put(&to->out, to->bytes.data, to->bytes.len);
    int rc = str_failed(&to->bytes) ? -ENOMEM : block_out_end(&to->out, type, false);
    return rc ? rc : write_all(to, to->out.block.data, to->out.block.len);
}

/* A span as it is kept, and its INDEX. One that was let go meanwhile is left out. */
static int save_span(struct past *p, struct saving *to, struct recording_span span)
{
    uint64_t begin = to->size, skip;

    str_clear(&to->bytes);
    int rc = block_ring_copy(p->ring, &span, &to->bytes, &skip);
    if (rc)
        return rc == -ESTALE ? 0 : rc;
    rc = write_all(to, to->bytes.data, to->bytes.len);
    if (rc)
        return rc;
    uint64_t index = to->size;
    span.at = begin + skip;
    str_clear(&to->bytes);
    block_index_write(&to->bytes, &span, to->last_index);
    to->last_index = index;
    to->samples += span.samples;
    return write_block(to, BLOCK_INDEX);
}

int past_save(struct past *p, int fd, uint32_t *samples)
{
    struct saving to = {.fd = fd, .last_index = BLOCK_NOWHERE};
    struct recording_span *span = NULL;
    uint8_t end[BLOCK_END_BYTES];
    uint32_t n, cap = 0;
    int rc = block_ring_spans(p->ring, &span, &n, &cap);

    for (uint32_t i = 0; i < n && !rc; i++)
        rc = save_span(p, &to, span[i]);
    if (!rc && !to.samples)
        rc = -ENODATA;
    if (!rc) {
        block_index_write_end(end, to.last_index, to.samples, BLOCK_ENDED);
        str_clear(&to.bytes);
        str_add_bytes(&to.bytes, end, sizeof end);
        rc = write_block(&to, BLOCK_END);
    }
    *samples = to.samples;
    block_out_fini(&to.out);
    str_fini(&to.bytes);
    free(span);
    return rc;
}
