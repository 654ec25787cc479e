/* SPDX-License-Identifier: MIT */
/* Drop counters of listeners, from one sample to the next. */
#include "tcptop/model/drops.h"

#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/model/sample.h"

void drops_add(struct drop_counts *list, uint64_t cookie, uint16_t netns, uint32_t drops)
{
    struct drop_count *larger = array_room(list->at, list->n, &list->cap, 64, sizeof *larger);

    if (!larger)
        return;
    list->at = larger;
    list->at[list->n++] = (struct drop_count){.cookie = cookie, .netns = netns, .drops = drops};
}

void drops_append(struct drop_counts *list, const struct drop_counts *other)
{
    for (uint32_t i = 0; i < other->n; i++)
        drops_add(list, other->at[i].cookie, other->at[i].netns, other->at[i].drops);
}

static int by_socket(const void *a, const void *b)
{
    const struct drop_count *x = a, *y = b;

    if (x->netns != y->netns)
        return x->netns < y->netns ? -1 : 1;
    return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

static struct drop_count *find(const struct drop_counts *list, uint64_t cookie, uint16_t netns)
{
    const struct drop_count key = {.cookie = cookie, .netns = netns};

    return list->n ? bsearch(&key, list->at, list->n, sizeof key, by_socket) : NULL;
}

void drops_join(struct sample *next, const struct sample *prev)
{
    struct drop_counts *list = &next->drops;

    if (!list->n)
        return;
    qsort(list->at, list->n, sizeof *list->at, by_socket);
    if (!prev || !prev->drops.n || next->mono_ns <= prev->mono_ns)
        return;
    list->span_ns = next->mono_ns - prev->mono_ns;
    for (uint32_t i = 0; i < list->n; i++) {
        struct drop_count *now = &list->at[i];
        const struct drop_count *before = find(&prev->drops, now->cookie, now->netns);

        now->compared = before;
        now->grown = before ? now->drops - before->drops : 0; /* also where it has wrapped */
    }
}

const struct drop_count *drops_find(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];

    if (c->state != TCP_STATE_LISTEN || c->flags & CONN_NO_COOKIE || row >= s->n_live)
        return NULL;
    return find(&s->drops, c->cookie, c->netns);
}
