/* SPDX-License-Identifier: MIT */
/* Findings over time: see the header. */
#include "tcptop/model/episodes.h"

#include <errno.h>
#include <stdlib.h>

#include "tcptop/base/array.h"
#include "tcptop/model/sample.h"

void episodes_fini(struct episodes *e)
{
    free(e->list);
    hash_table_fini(&e->open);
    *e = (struct episodes){.list = NULL};
}

int episodes_measure(const struct finding *f)
{
    for (int i = 0; i < FINDING_VALUES; i++) {
        if (f->valid >> i & 1)
            return i;
    }
    return -1;
}

/* Of two moments at which as much was wrong: does the later one say more, by a larger age, or by
 * what is to be done about it? */
static bool says_more(const struct finding *now, const struct finding *was)
{
    for (unsigned i = 0; i < FINDING_VALUES; i++) {
        if (!((now->ages & now->valid) >> i & 1))
            continue;
        if (!(was->valid >> i & 1) || now->value[i] != was->value[i])
            return !(was->valid >> i & 1) || now->value[i] > was->value[i];
    }
    return now->advice && !was->advice;
}

bool episodes_is_worse(const struct finding *now, const struct finding *was)
{
    int a = episodes_measure(now), b = episodes_measure(was);

    if (now->severity != was->severity)
        return now->severity > was->severity;
    if (a < 0 || b < 0 || a != b)
        return a >= 0 && (b < 0 || a < b);
    return now->value[a] > was->value[a] || (now->value[a] == was->value[a] && says_more(now, was));
}

/* A new one at the end of those that may go on, of which none has the key. NULL: without memory, or
 * without room, which is counted. */
static struct episode *add(struct episodes *e, uint64_t key)
{
    if (e->n >= EPISODES_MAX) {
        e->lost++;
        return NULL;
    }
    if (!e->list)
        hash_table_init(&e->open, sizeof key, sizeof(uint32_t));
    struct episode *larger = array_room(e->list, e->n, &e->cap, 16, sizeof *larger);
    if (!larger)
        return NULL;
    e->list = larger;
    uint32_t *place = hash_table_add(&e->open, &key, NULL);
    if (!place)
        return NULL;
    *place = e->n_open;
    e->list[e->n++] = e->list[e->n_open];
    struct episode *one = &e->list[e->n_open++];
    *one = (struct episode){.worst = {.key = key}, .news = EPISODE_BEGAN};
    return one;
}

static struct episode *find(const struct episodes *e, uint64_t key)
{
    const uint32_t *place = hash_table_find(&e->open, &key);

    return place ? &e->list[*place] : NULL;
}

/* It does not go on: the last one that does takes its place. */
static void close_at(struct episodes *e, uint32_t i)
{
    struct episode one = e->list[i];

    e->list[i] = e->list[--e->n_open];
    e->list[e->n_open] = one;
    uint32_t *place = hash_table_find(&e->open, &e->list[i].worst.key);
    if (place)
        *place = i;
    hash_table_remove(&e->open, &one.worst.key);
}

void episodes_cut(struct episodes *e)
{
    if (e->n_open)
        hash_table_clear(&e->open);
    e->n_open = 0;
}

void episodes_drop_ended(struct episodes *e)
{
    e->n = e->n_open;
}

/* The finding as the sample has it. */
static void take(struct episode *one, const struct finding *f, const struct sample *s)
{
    bool begins = one->news == EPISODE_BEGAN;

    one->holds = true;
    if (begins) {
        one->begin_ns = f->since_ns;
        one->begin_wall_ns = f->since_wall_ns;
    } else if (f->seen_ns != s->mono_ns) { /* it only has not ended yet */
        if (!one->worst.advice)
            one->worst.advice = f->advice; /* which shows what it was */
        return;
    }
    one->end_ns = f->seen_ns;
    one->end_wall_ns = s->wall_ns - (s->mono_ns - f->seen_ns);
    /* once it is known from what it follows it was no trouble of its own before either */
    bool explained = f->cause.key && !one->worst.cause.key;
    if (!begins && !explained && !episodes_is_worse(f, &one->worst))
        return;
    if (!begins && f->severity > one->worst.severity)
        one->news = EPISODE_GRAVER;
    one->worst = *f;
    one->worst_ns = one->end_ns;
    one->worst_wall_ns = one->end_wall_ns;
}

int episodes_add(struct episodes *e, const struct sample *s)
{
    const struct findings *f = s->findings;
    int rc = 0;

    if (s->netns_view != e->view)
        episodes_cut(e);
    e->view = s->netns_view;
    e->look++;
    for (uint32_t i = 0; i < e->n_open; i++)
        e->list[i].news = EPISODE_SAME;
    if (!f) /* nobody looked, or there was no memory */
        return 0;
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t lost = e->lost;
        struct episode *one = find(e, f->list[i].key);
        if (!one)
            one = add(e, f->list[i].key);
        if (one) {
            take(one, &f->list[i], s);
            one->look = e->look;
        } else if (lost == e->lost) {
            rc = -ENOMEM;
        }
    }
    for (uint32_t i = 0; i < e->n_open;) {
        if (e->list[i].look == e->look) {
            i++;
            continue;
        }
        e->list[i].holds = false;
        e->list[i].news = EPISODE_ENDED;
        close_at(e, i);
    }
    return rc;
}

int episodes_put(struct episodes *e, const struct episode *told)
{
    struct episode *one = find(e, told->worst.key);
    uint32_t lost = e->lost;

    if (one && one->begin_ns != told->begin_ns) { /* it ended, and began anew, unseen */
        one->holds = false;
        one->at_least = true;
        close_at(e, (uint32_t)(one - e->list));
        one = NULL;
    }
    if (!one)
        one = add(e, told->worst.key);
    if (!one)
        return lost == e->lost ? -ENOMEM : 0;
    *one = *told;
    if (!told->holds)
        close_at(e, (uint32_t)(one - e->list));
    return 0;
}

static int by_begin(const void *a, const void *b)
{
    const struct episode *x = a, *y = b;

    if (x->begin_wall_ns != y->begin_wall_ns)
        return x->begin_wall_ns < y->begin_wall_ns ? -1 : 1;
    if (x->worst.severity != y->worst.severity)
        return y->worst.severity - x->worst.severity;
    return (x->worst.key > y->worst.key) - (x->worst.key < y->worst.key);
}

void episodes_sort(struct episodes *e)
{
    episodes_cut(e);
    if (e->n > 1)
        qsort(e->list, e->n, sizeof *e->list, by_begin);
}
