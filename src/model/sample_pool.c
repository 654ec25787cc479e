/* The life of a sample: the pool hands its arrays from the last reader to the next sample. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/model/sample.h"

#define KEEP_MIN    4096u /* smaller arrays are never given back */
#define PEAK_MEMORY 8u    /* samples after which a peak is forgotten */
#define PEAK_FACTOR 4u    /* arrays this much larger than needed are given back */

/* What the last samples needed of one kind of array. */
struct peak {
    uint32_t used[PEAK_MEMORY], next;
};

struct sample_pool {
    pthread_mutex_t lock;
    uint32_t refs;       /* the owner and every sample that is out */
    struct sample *idle; /* one waits at most: samples are taken one by one */
    struct peak rows, transfers, rates;
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

static void sample_free(struct sample *s)
{
    if (!s)
        return;
    history_fini(&s->history);
    free(s->conn);
    free(s->times);
    free(s->metrics_store);
    free(s->final);
    sample_unref(s->ended);
    free(s->rate_store);
    free(s->watch);
    free(s->owner_store);
    owner_table_unref(s->owners);
    free(s);
}

/* Give one reference to the locked pool back; unlocks. */
static void pool_release(struct sample_pool *pool)
{
    bool last = --pool->refs == 0;

    pthread_mutex_unlock(&pool->lock);
    if (!last)
        return;
    sample_free(pool->idle);
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

/* Empty for the next sample; the arrays stay, and the history as it was, to be brought up to date.
 */
static void reset(struct sample *s, struct sample_pool *pool)
{
    struct sample kept;

    memcpy(&kept, s, sizeof kept);
    memset(s, 0, sizeof *s);
    s->conn = kept.conn;
    s->times = kept.times;
    s->cap = kept.cap;
    s->metrics_store = kept.metrics_store;
    s->metrics_cap = kept.metrics_cap;
    s->final = kept.final;
    s->rate_store = kept.rate_store;
    s->rate_cap = kept.rate_cap;
    s->watch = kept.watch;
    s->watch_cap = kept.watch_cap;
    s->owner_store = kept.owner_store;
    s->owner_cap = kept.owner_cap;
    s->history = kept.history;
    s->pool = pool;
    atomic_init(&s->refs, 1);
}

struct sample *sample_new(struct sample_pool *pool)
{
    struct sample *s = NULL;

    if (pool) {
        pthread_mutex_lock(&pool->lock);
        pool->refs++;
        s = pool->idle;
        pool->idle = NULL;
        pthread_mutex_unlock(&pool->lock);
    }
    if (!s)
        s = calloc(1, sizeof *s);
    if (s) {
        reset(s, pool);
    } else if (pool) {
        pthread_mutex_lock(&pool->lock);
        pool_release(pool);
    }
    return s;
}

/* Readers hold samples as const; the count of references is the one thing they change. */
static struct sample *counted(const struct sample *s)
{
    return (struct sample *)(uintptr_t)s;
}

struct sample *sample_ref(const struct sample *s)
{
    atomic_fetch_add_explicit(&counted(s)->refs, 1, memory_order_relaxed);
    return counted(s);
}

/* Note what a sample needed; true when an array of `cap` is far more than any of late. */
static bool too_large(struct peak *peak, uint32_t used, uint32_t cap)
{
    uint32_t most = 0;

    peak->used[peak->next] = used;
    peak->next = (peak->next + 1) % PEAK_MEMORY;
    for (uint32_t i = 0; i < PEAK_MEMORY; i++)
        most = peak->used[i] > most ? peak->used[i] : most;
    return cap > KEEP_MIN && cap / PEAK_FACTOR > most;
}

static void trim(struct sample *s)
{
    if (too_large(&s->pool->rows, sample_rows(s), s->cap)) {
        free(s->conn);
        free(s->times);
        s->conn = NULL;
        s->times = NULL;
        s->cap = 0;
        free(s->owner_store);
        s->owner_store = s->owner = NULL;
        s->owner_cap = 0;
    }
    if (too_large(&s->pool->transfers, s->metrics ? sample_rows(s) : 0, s->metrics_cap)) {
        free(s->metrics_store);
        s->metrics_store = s->metrics = NULL;
        s->metrics_cap = 0;
    }
    if (too_large(&s->pool->rates, s->rate ? sample_rows(s) : 0, s->rate_cap)) {
        free(s->rate_store);
        s->rate_store = s->rate = NULL;
        s->rate_cap = 0;
    }
}

void sample_unref(const struct sample *shared)
{
    struct sample *s = counted(shared), *surplus = NULL;
    struct sample_pool *pool;

    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    netns_table_unref(s->namespaces);
    s->namespaces = NULL;
    findings_free(s->findings);
    s->findings = NULL;
    pool = s->pool;
    if (!pool) {
        sample_free(s);
        return;
    }
    sample_unref(s->ended); /* its pool is another one */
    s->ended = NULL;
    owner_table_unref(s->owners);
    s->owners = NULL;
    pthread_mutex_lock(&pool->lock);
    trim(s);
    surplus = pool->idle;
    pool->idle = s;
    pool_release(pool);
    sample_free(surplus);
}
