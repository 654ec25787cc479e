/* SPDX-License-Identifier: MIT */
/* The life of a sample: references, and the pool that hands the memory of the last one to the next.
 */
#include <pthread.h>
#include <stdlib.h>

#include "tcptop/model/sample_builder.h"

#define KEEP_MIN    4096u /* smaller arrays are never given back */
#define PEAK_MEMORY 8u    /* samples after which a peak is forgotten */
#define PEAK_FACTOR 4u    /* arrays this much larger than needed are given back */

/* How many rows the last samples had in one kind of array. */
struct peak {
    uint32_t used[PEAK_MEMORY], next;
};

struct sample_pool {
    pthread_mutex_t lock;
    uint32_t refs;               /* the owner and every builder that is out */
    struct sample_builder *idle; /* at most one: samples are taken one after the other */
    struct peak rows, metrics, rates;
};

struct sample_pool *sample_pool_new(void)
{
    struct sample_pool *pool = calloc(1, sizeof *pool);

    if (pool) {
        pthread_mutex_init(&pool->lock, NULL);
        pool->refs = 1;
    }
    return pool;
}

/* Give back what the sample refers to besides its arrays. */
static void release_references(struct sample_builder *b)
{
    netns_table_unref(b->sample.namespaces);
    cgroups_unref(b->sample.cgroups);
    owner_table_unref(b->sample.owners);
    findings_free(b->sample.findings);
    import_unref(b->sample.import);
    sample_unref(b->close_events); /* their pool is another one */
    sample_unref(b->sample.close_events);
    b->sample.namespaces = NULL;
    b->sample.cgroups = NULL;
    b->sample.owners = NULL;
    b->sample.findings = NULL;
    b->sample.import = NULL;
    b->close_events = NULL;
    b->sample.close_events = NULL;
}

static void builder_free(struct sample_builder *b)
{
    if (!b)
        return;
    release_references(b);
    history_fini(&b->sample.history);
    cgroups_fini(&b->cgroup_ids);
    free(b->sample.drops.at);
    free(b->sample.conn);
    free(b->sample.times);
    free(b->sample.final);
    free(b->sample.watch);
    free(b->metrics_memory);
    free(b->rate_memory);
    free(b->owner_memory);
    free(b);
}

/* Give one reference to the locked pool back; unlocks. */
static void pool_release(struct sample_pool *pool)
{
    bool last = --pool->refs == 0;

    pthread_mutex_unlock(&pool->lock);
    if (!last)
        return;
    builder_free(pool->idle);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void sample_pool_free(struct sample_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool_release(pool);
}

/* Empty for the next sample. The arrays stay, and the history as it was, which is brought up to
 * date with fewer copies than a new one. */
static void reset(struct sample_builder *b, struct sample_pool *pool)
{
    const struct sample *s = &b->sample;

    *b = (struct sample_builder){
        .sample = {.conn = s->conn,
                   .times = s->times,
                   .final = s->final,
                   .watch = s->watch,
                   .drops = {.at = s->drops.at, .cap = s->drops.cap},
                   .history = s->history},
        .row_cap = b->row_cap,
        .metrics_memory = b->metrics_memory,
        .metrics_cap = b->metrics_cap,
        .rate_memory = b->rate_memory,
        .rate_cap = b->rate_cap,
        .owner_memory = b->owner_memory,
        .owner_cap = b->owner_cap,
        .watch_cap = b->watch_cap,
        .cgroup_ids = b->cgroup_ids,
        .pool = pool,
    };
    cgroups_keep(&b->cgroup_ids, NULL, NULL, 0);
    atomic_init(&b->refs, 1);
}

struct sample_builder *sample_builder_new(struct sample_pool *pool)
{
    struct sample_builder *b = NULL;

    if (pool) {
        pthread_mutex_lock(&pool->lock);
        pool->refs++;
        b = pool->idle;
        pool->idle = NULL;
        pthread_mutex_unlock(&pool->lock);
    }
    if (!b)
        b = calloc(1, sizeof *b);
    if (b) {
        reset(b, pool);
    } else if (pool) {
        pthread_mutex_lock(&pool->lock);
        pool_release(pool);
    }
    return b;
}

const struct sample *sample_publish(struct sample_builder *b)
{
    b->row_stream = NULL;
    b->gathering = NULL;
    b->count_only = NULL;
    return &b->sample;
}

void sample_discard(struct sample_builder *b)
{
    sample_unref(b ? &b->sample : NULL);
}

/* The builder that a sample is the first member of. Readers hold samples as const; the count of
 * references is the one thing that they change. */
static struct sample_builder *builder_of(const struct sample *s)
{
    return (struct sample_builder *)(uintptr_t)s;
}

const struct sample *sample_ref(const struct sample *s)
{
    atomic_fetch_add_explicit(&builder_of(s)->refs, 1, memory_order_relaxed);
    return s;
}

/* Note how many rows a sample used of an array; true when `cap` is far more than the last needed.
 */
static bool too_large(struct peak *peak, uint32_t used, uint32_t cap)
{
    uint32_t most = 0;

    peak->used[peak->next] = used;
    peak->next = (peak->next + 1) % PEAK_MEMORY;
    for (uint32_t i = 0; i < PEAK_MEMORY; i++)
        most = peak->used[i] > most ? peak->used[i] : most;
    return cap > KEEP_MIN && cap / PEAK_FACTOR > most;
}

static void trim(struct sample_builder *b)
{
    struct sample *s = &b->sample;
    struct sample_pool *pool = b->pool;

    if (too_large(&pool->rows, sample_rows(s), b->row_cap)) {
        free(s->conn);
        free(s->times);
        s->conn = NULL;
        s->times = NULL;
        b->row_cap = 0;
        free(b->owner_memory);
        b->owner_memory = s->owner = NULL;
        b->owner_cap = 0;
    }
    if (too_large(&pool->metrics, s->metrics ? sample_rows(s) : 0, b->metrics_cap)) {
        free(b->metrics_memory);
        b->metrics_memory = s->metrics = NULL;
        b->metrics_cap = 0;
    }
    if (too_large(&pool->rates, s->rate ? sample_rows(s) : 0, b->rate_cap)) {
        free(b->rate_memory);
        b->rate_memory = s->rate = NULL;
        b->rate_cap = 0;
    }
}

void sample_unref(const struct sample *s)
{
    struct sample_builder *b = builder_of(s), *surplus = NULL;

    if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (!b->pool) {
        builder_free(b);
        return;
    }
    release_references(b);
    pthread_mutex_lock(&b->pool->lock);
    trim(b);
    surplus = b->pool->idle;
    b->pool->idle = b;
    pool_release(b->pool);
    builder_free(surplus);
}
