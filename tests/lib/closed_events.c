/* SPDX-License-Identifier: MIT */
/* See closed_events.h. */
#include "lib/closed_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/figures.h"
#include "lib/model_build.h"
#include "lib/sample.h"

static struct sample_pool *pool;

int told_setup(void **state)
{
    static struct run r;

    r = run_start(10);
    pool = sample_pool_new();
    *state = &r;
    return 0;
}

int told_teardown(void **state)
{
    run_end(*state);
    sample_pool_free(pool);
    return 0;
}

void told_row(struct run *r, uint64_t cookie, unsigned state)
{
    struct conn *c = model_add(r->next, cookie, state);

    assert_non_null(c);
    c->dport = 443;
}

struct sample *told_events(struct run *r)
{
    return (struct sample *)(uintptr_t)builder_of(r->next)->close_events;
}

struct sample *told_sample(struct run *r, unsigned open)
{
    struct sample *s = run_fresh(r, 0);

    s->close_events_known = true;
    builder_of(s)->close_events = &sample_builder_new(pool)->sample;
    told_events(r)->needs = NEED_TCP_INFO;
    for (uint64_t cookie = 1; cookie <= open; cookie++)
        told_row(r, cookie, TCP_STATE_ESTABLISHED);
    return s;
}

struct sample *told_join(struct run *r)
{
    struct sample_builder *b = builder_of(r->next);

    if (!b->events_before_dump) /* all, unless the test says so */
        b->events_before_dump = b->close_events->n_live;
    run_join(r);
    assert_null(b->close_events);
    return r->next;
}

struct conn *told_end(struct run *r, uint64_t cookie, uint64_t acked, uint64_t received)
{
    struct sample *s = told_events(r);
    struct conn *c = model_add(s, cookie, TCP_STATE_CLOSE);
    struct tcp_metrics *f = &s->metrics[s->n_live - 1];

    assert_non_null(c);
    c->dport = 443;
    figure_set(f, METRICS_bytes_acked, acked);
    figure_set(f, METRICS_bytes_received, received);
    return c;
}

void told_nameless(struct run *r, uint64_t cookie)
{
    struct conn *c = told_end(r, cookie, 0, 0);

    memset(c->src, 0, sizeof c->src);
    c->dport = 0;
    c->wqueue = 65538;
}

uint32_t told_row_of(const struct sample *s, uint64_t cookie)
{
    return sample_find(s, &(struct conn){.cookie = cookie}, 0);
}

bool told_is(const struct sample *s, uint64_t cookie, enum row_kind kind)
{
    uint32_t at = told_row_of(s, cookie);

    return at != NONE && sample_row_kind(s, at) == kind;
}

uint64_t told_figure(const struct sample *s, uint64_t cookie, enum tcp_metric field)
{
    uint64_t value = UINT64_MAX;

    tcp_metrics_get(sample_metrics(s, told_row_of(s, cookie)), field, &value);
    return value;
}

void told_two(struct run *r)
{
    told_sample(r, 2);
    told_join(r);
}
