/* What the doctor remembers from one sample to the next, and counts within one. */
#include <stdlib.h>
#include <string.h>

#include "doctor_internal.h"
#include "tcptop/base/hash.h"

#define RING_STEP_NS (900 * NS_PER_MS)
#define SUSPECTS_MIN 64u
#define SUSPECTS_MAX 131072u /* places; beyond it further ones are not watched */

void ring_add(struct place *p, int64_t now_ns)
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

bool grown(const struct look *l, const struct place *p, enum host_counter which, double seconds,
           uint64_t *by, double *over_s)
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

void suspects_fini(struct suspects *s)
{
    free(s->list);
    *s = (struct suspects){0};
}

static struct suspect *slot_of(const struct suspects *s, uint64_t key)
{
    uint32_t at = (uint32_t)key & (s->cap - 1);

    while (s->list[at].key && s->list[at].key != key)
        at = (at + 1) & (s->cap - 1);
    return &s->list[at];
}

static bool is_current(const struct doctor *d, const struct suspect *one)
{
    return one->turn + 1 >= (one->of_figures ? d->turn_figures : d->turn_rows);
}

/* Forget those that the last looks did not find, and make room. */
static bool make_room(struct doctor *d)
{
    struct suspects *s = &d->suspects, next = {.cap = SUSPECTS_MIN};

    for (uint32_t i = 0; i < s->cap; i++)
        next.n += s->list[i].key && is_current(d, &s->list[i]);
    while (next.cap < SUSPECTS_MAX && next.n * 2 >= next.cap)
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
static struct suspect *watch(struct look *l, uint64_t key, bool of_figures, bool spare)
{
    struct suspects *s = &l->d->suspects;
    uint32_t turn = of_figures ? l->d->turn_figures : l->d->turn_rows;
    struct suspect *one;

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
        *one = (struct suspect){.key = key, .since_ns = l->now_ns, .of_figures = of_figures};
    one->fresh = !known;
    one->turn = turn;
    return one;
}

static uint64_t suspect_key(enum rule_id rule, uint64_t key)
{
    return hash_u64(key ^ (uint64_t)rule << 56) | 1;
}

struct suspect *suspect_at(struct look *l, enum rule_id rule, uint64_t key, bool of_figures)
{
    return watch(l, suspect_key(rule, key), of_figures, false);
}

struct suspect *trend_at(struct look *l, enum rule_id rule, uint64_t key)
{
    return watch(l, suspect_key(rule, hash_u64(key) ^ 1), false, true);
}

struct lot *bag_at(struct bag *bag, uint64_t key, uint32_t row)
{
    const uint32_t mask = 2 * LOTS_MAX - 1;
    uint32_t at = (uint32_t)hash_u64(key) & mask;

    while (bag->index[at]) {
        struct lot *lot = &bag->lot[bag->index[at] - 1];
        if (lot->key == key)
            return lot;
        at = (at + 1) & mask;
    }
    if (bag->n == LOTS_MAX)
        return NULL;
    bag->lot[bag->n] = (struct lot){.key = key, .row = row};
    bag->index[at] = (uint16_t)(bag->n + 1);
    return &bag->lot[bag->n++];
}

void bag_clear(struct bag *bag)
{
    if (bag->n)
        memset(bag->index, 0, sizeof bag->index);
    bag->n = 0;
}
