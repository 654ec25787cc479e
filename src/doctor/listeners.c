/* SPDX-License-Identifier: MIT */
/* The listening sockets of a sample. Where rows of several namespaces are shown, what listens in
 * one serves nobody in another. */
#include "tcptop/doctor/listeners.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t port_key(const struct conn *c)
{
    return (uint32_t)c->netns << 16 | c->sport;
}

static int compare_keys(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

bool listeners_several(const struct sample *s)
{
    return s->namespaces && s->namespaces->several;
}

int listeners_init(struct listeners *l, const struct sample *s, const struct port_set *ports)
{
    uint32_t left = s->count[TCP_STATE_LISTEN];

    *l = (struct listeners){.ports = ports};
    if (!listeners_several(s))
        return 0;
    l->by_netns = malloc((left + 1) * sizeof *l->by_netns);
    for (uint32_t row = 0; row < s->n_live && l->by_netns && l->n < left; row++) {
        if (s->conn[row].state == TCP_STATE_LISTEN)
            l->by_netns[l->n++] = port_key(&s->conn[row]);
    }
    if (l->by_netns)
        qsort(l->by_netns, l->n, sizeof *l->by_netns, compare_keys);
    return l->by_netns ? 0 : -ENOMEM;
}

void listeners_fini(struct listeners *l)
{
    free(l->by_netns);
    *l = (struct listeners){0};
}

bool listeners_have(const struct listeners *l, const struct conn *c)
{
    const uint32_t key = port_key(c);

    return port_set_has(l->ports, c->sport) &&
           (!l->by_netns || bsearch(&key, l->by_netns, l->n, sizeof key, compare_keys));
}

bool listeners_on_port_of(const struct sample *s, const struct port_set *listening,
                          const struct conn *c)
{
    if (!port_set_has(listening, c->sport))
        return false;
    for (uint32_t row = 0; row < s->n_live && listeners_several(s); row++) {
        const struct conn *other = &s->conn[row];
        if (other->state == TCP_STATE_LISTEN && port_key(other) == port_key(c))
            return true;
    }
    return !listeners_several(s);
}
