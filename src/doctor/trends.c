/* What the doctor remembers from one sample to the next, and counts within one. */
#include <stdlib.h>
#include <string.h>

#include "doctor_internal.h"
#include "tcptop/base/hash.h"

#define RING_STEP_NS   (900 * NS_PER_MS)
#define CANDIDATES_MIN 64u
#define CANDIDATES_MAX 131072u /* places; beyond it further ones are not watched */

void ring_add(struct netns_ctx *p, int64_t now_ns)
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

bool grown(const struct check *l, const struct netns_ctx *p, enum host_counter which,
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

void candidates_fini(struct candidates *s)
{
    free(s->list);
    *s = (struct candidates){0};
}

static struct candidate *slot_of(const struct candidates *s, uint64_t key)
{
    uint32_t at = (uint32_t)key & (s->cap - 1);

    while (s->list[at].key && s->list[at].key != key)
        at = (at + 1) & (s->cap - 1);
    return &s->list[at];
}

static bool is_current(const struct doctor *d, const struct candidate *one)
{
    return one->turn + 1 >= (one->of_figures ? d->turn_figures : d->turn_rows);
}

/* Forget those that the last looks did not find, and make room. */
static bool make_room(struct doctor *d)
{
    struct candidates *s = &d->candidates, next = {.cap = CANDIDATES_MIN};

    for (uint32_t i = 0; i < s->cap; i++)
        next.n += s->list[i].key && is_current(d, &s->list[i]);
    while (next.cap < CANDIDATES_MAX && next.n * 2 >= next.cap)
        next.cap *= 2;
    if (next.n * 4 >= next.cap * 3)
        return false;
    next.list = calloc(next.cap, sizeof *next.list);
    if (!next.list)
        return false;
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->list[i].key && is_current(d, &s->list[i]))
            *slot_of(&next, s->list[i].key) = s->list[i];
    free(s->list);
    *s = next;
    return true;
}

/* `spare`: of what is kept free when there is no room for more. */
static struct candidate *watch(struct check *l, uint64_t key, bool of_figures, bool spare)
{
    struct candidates *s = &l->d->candidates;
    uint32_t turn = of_figures ? l->d->turn_figures : l->d->turn_rows;
    struct candidate *one;

    if (s->n * 4 >= s->cap * 3 && !s->full)
        s->full = !make_room(l->d);
    if (s->cap == 0)
        return NULL;
    one = slot_of(s, key);
    if (!one->key && s->full && (!spare || s->n * 8 >= s->cap * 7))
        return NULL;
    if (!one->key)
        s->n++;
    if (one->key && one->turn == turn)
        return one;
    bool known = one->key && is_current(l->d, one);
    if (!known)
        *one = (struct candidate){.key = key, .since_ns = l->now_ns, .of_figures = of_figures};
    one->fresh = !known;
    one->turn = turn;
    return one;
}

static uint64_t candidate_key(enum rule_id rule, uint64_t key)
{
    return hash_u64(key ^ (uint64_t)rule << 56) | 1;
}

struct candidate *candidate_at(struct check *l, enum rule_id rule, uint64_t key, bool of_figures)
{
    return watch(l, candidate_key(rule, key), of_figures, false);
}

struct candidate *trend_at(struct check *l, enum rule_id rule, uint64_t key)
{
    return watch(l, candidate_key(rule, hash_u64(key) ^ 1), false, true);
}

struct bucket *bucket_table_at(struct bucket_table *bucket_table, uint64_t key, uint32_t row)
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

void bucket_table_clear(struct bucket_table *bucket_table)
{
    if (bucket_table->n)
        memset(bucket_table->index, 0, sizeof bucket_table->index);
    bucket_table->n = 0;
}
