/* SPDX-License-Identifier: MIT */
/* What the doctor remembers from one sample to the next, and counts within one. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tcptop/base/hash.h"

#define RING_STEP_NS      (900 * NS_PER_MS)
#define CANDIDATES_MIN    64u    /* with fewer none is forgotten */
#define CANDIDATES_MAX    98304u /* beyond it further ones are not watched */
#define CANDIDATES_SPARED 16384u /* more, for trends */

void trends_add_point(struct netns_ctx *p, int64_t now_ns)
{
    uint32_t last = (p->head + RING - 1) % RING;

    if (p->n && now_ns - p->ring[last].ns < RING_STEP_NS)
        return;
    p->ring[p->head].ns = now_ns;
    p->ring[p->head].valid = p->host->counter_valid;
    memcpy(p->ring[p->head].counter, p->host->counter, sizeof p->host->counter);
    p->head = (p->head + 1) % RING;
    p->n += p->n < RING;
}

bool trends_grown(const struct check *l, const struct netns_ctx *p, enum host_counter which,
                  double seconds, uint64_t *by, double *over_s)
{
    uint32_t at = RING;
    uint64_t now;

    *by = 0;
    if (!host_counter(p->host, which, &now))
        return false;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t point = (p->head + RING - 1 - i) % RING;
        double age = (double)(l->now_ns - p->ring[point].ns) / (double)NS_PER_S;
        if (!(p->ring[point].valid >> which & 1) || p->ring[point].counter[which] > now)
            break;
        if (i > 0 && age > seconds)
            break;
        at = point;
    }
    if (at == RING || p->ring[at].ns >= l->now_ns)
        return false;
    *by = now - p->ring[at].counter[which];
    if (over_s)
        *over_s = (double)(l->now_ns - p->ring[at].ns) / (double)NS_PER_S;
    return true;
}

void trends_init(struct candidates *s)
{
    *s = (struct candidates){.forget_at = CANDIDATES_MIN};
    hash_table_init(&s->by_key, sizeof(uint64_t), sizeof(struct candidate));
}

void trends_fini(struct candidates *s)
{
    hash_table_fini(&s->by_key);
    s->forget_at = CANDIDATES_MIN;
    s->full = false;
}

static bool is_current(const struct doctor *d, const struct candidate *one)
{
    return one->turn + 1 >= (one->of_figures ? d->turn_figures : d->turn_rows);
}

/* Forget those that the last looks did not find. */
static void forget(struct doctor *d)
{
    struct candidates *s = &d->candidates;
    const struct candidate *one;

    for (uint32_t at = 0; (one = hash_table_next(&s->by_key, &at)) != NULL;) {
        if (!is_current(d, one))
            hash_table_remove_last(&s->by_key, &at);
    }
    s->full = s->by_key.n >= CANDIDATES_MAX;
    s->forget_at = 2 * s->by_key.n > CANDIDATES_MIN ? 2 * s->by_key.n : CANDIDATES_MIN;
    if (s->forget_at > CANDIDATES_MAX)
        s->forget_at = CANDIDATES_MAX;
}

/* `spare`: of what is kept free when there is no room for more. */
static struct candidate *watch(struct check *l, uint64_t key, bool of_figures, bool spare)
{
    struct candidates *s = &l->d->candidates;
    uint32_t turn = of_figures ? l->d->turn_figures : l->d->turn_rows;
    struct candidate *one = hash_table_find(&s->by_key, &key);
    bool known = one && is_current(l->d, one);

    if (one && one->turn == turn)
        return one;
    if (!one) {
        if (s->by_key.n >= s->forget_at && !s->full)
            forget(l->d);
        if (s->by_key.n >= CANDIDATES_MAX + (spare ? CANDIDATES_SPARED : 0))
            return NULL;
        one = hash_table_add(&s->by_key, &key, NULL);
    }
    if (!one)
        return NULL;
    if (!known)
        *one = (struct candidate){.since_ns = l->now_ns, .of_figures = of_figures};
    one->fresh = !known;
    one->turn = turn;
    return one;
}

static uint64_t candidate_key(enum rule_id rule, uint64_t key)
{
    return hash_u64(key ^ (uint64_t)rule << 56);
}

struct candidate *trends_candidate(struct check *l, enum rule_id rule, uint64_t key,
                                   bool of_figures)
{
    return watch(l, candidate_key(rule, key), of_figures, false);
}

struct candidate *trends_group(struct check *l, enum rule_id rule, uint64_t key)
{
    return watch(l, candidate_key(rule, hash_u64(key) ^ 1), false, true);
}

struct bucket *trends_bucket(struct bucket_table *bucket_table, uint64_t key, uint32_t row)
{
    const uint32_t mask = 2 * BUCKETS_MAX - 1;
    uint32_t at = (uint32_t)hash_u64(key) & mask;

    while (bucket_table->index[at]) {
        struct bucket *bucket = &bucket_table->bucket[bucket_table->index[at] - 1];
        if (bucket->key == key)
            return bucket;
        at = (at + 1) & mask;
    }
    if (bucket_table->n == BUCKETS_MAX)
        return NULL;
    bucket_table->bucket[bucket_table->n] = (struct bucket){.key = key, .row = row};
    bucket_table->index[at] = (uint16_t)(bucket_table->n + 1);
    return &bucket_table->bucket[bucket_table->n++];
}

void trends_worst(struct bucket *bucket, double value, bool exact)
{
    bucket->vague |= !exact;
    if (value > bucket->worst)
        bucket->worst = value;
}

void trends_clear_buckets(struct bucket_table *bucket_table)
{
    if (bucket_table->n)
        memset(bucket_table->index, 0, sizeof bucket_table->index);
    bucket_table->n = 0;
}
