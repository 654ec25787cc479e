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

struct snapshot_pool {
    pthread_mutex_t lock;
    uint32_t refs;         /* the owner and every snapshot that is out */
    struct snapshot *idle; /* one waits at most: samples are taken one by one */
    struct peak rows, flows, rates;
};

struct snapshot_pool *snapshot_pool_new(void)
{
    struct snapshot_pool *pool = calloc(1, sizeof *pool);

    if (pool) {
        pthread_mutex_init(&pool->lock, NULL);
        pool->refs = 1;
    }
    return pool;
}

static void snapshot_free(struct snapshot *s)
{
    if (!s)
        return;
    history_fini(&s->history);
    free(s->conn);
    free(s->life);
    free(s->flow_store);
    free(s->final);
    snapshot_unref(s->ended);
    free(s->rate_store);
    free(s->watch);
    free(s->owner_store);
    owner_table_unref(s->owners);
    free(s);
}

/* Give one reference to the locked pool back; unlocks. */
static void pool_release(struct snapshot_pool *pool)
{
    bool last = --pool->refs == 0;

    pthread_mutex_unlock(&pool->lock);
    if (!last)
        return;
    snapshot_free(pool->idle);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void snapshot_pool_free(struct snapshot_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool_release(pool);
}

/* Empty for the next sample; the arrays stay, and the history as it was, to be brought up to date.
 */
static void reset(struct snapshot *s, struct snapshot_pool *pool)
{
    struct snapshot kept;

    memcpy(&kept, s, sizeof kept);
    memset(s, 0, sizeof *s);
    s->conn = kept.conn;
    s->life = kept.life;
    s->cap = kept.cap;
    s->flow_store = kept.flow_store;
    s->flow_cap = kept.flow_cap;
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

struct snapshot *snapshot_new(struct snapshot_pool *pool)
{
    struct snapshot *s = NULL;

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

/* Readers hold snapshots as const; the count of references is the one thing they change. */
static struct snapshot *counted(const struct snapshot *s)
{
    return (struct snapshot *)(uintptr_t)s;
}

struct snapshot *snapshot_ref(const struct snapshot *s)
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

static void trim(struct snapshot *s)
{
    if (too_large(&s->pool->rows, snapshot_rows(s), s->cap)) {
        free(s->conn);
        free(s->life);
        s->conn = NULL;
        s->life = NULL;
        s->cap = 0;
        free(s->owner_store);
        s->owner_store = s->owner = NULL;
        s->owner_cap = 0;
    }
    if (too_large(&s->pool->flows, s->flow ? snapshot_rows(s) : 0, s->flow_cap)) {
        free(s->flow_store);
        s->flow_store = s->flow = NULL;
        s->flow_cap = 0;
    }
    if (too_large(&s->pool->rates, s->rate ? snapshot_rows(s) : 0, s->rate_cap)) {
        free(s->rate_store);
        s->rate_store = s->rate = NULL;
        s->rate_cap = 0;
    }
}

void snapshot_unref(const struct snapshot *shared)
{
    struct snapshot *s = counted(shared), *surplus = NULL;
    struct snapshot_pool *pool;

    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    netns_table_unref(s->namespaces);
    s->namespaces = NULL;
    findings_free(s->findings);
    s->findings = NULL;
    pool = s->pool;
    if (!pool) {
        snapshot_free(s);
        return;
    }
    snapshot_unref(s->ended); /* its pool is another one */
    s->ended = NULL;
    owner_table_unref(s->owners);
    s->owners = NULL;
    pthread_mutex_lock(&pool->lock);
    trim(s);
    surplus = pool->idle;
    pool->idle = s;
    pool_release(pool);
    snapshot_free(surplus);
}
