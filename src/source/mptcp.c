/* SPDX-License-Identifier: MIT */
/* Pairs MPTCP connections with their first subflow, whose ends they have (net/mptcp/mptcp_diag.c
 * mptcp_diag_dump). Further subflows are marked by the parser, where tcp_info is asked for. */
#include "mptcp.h"

#include <errno.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/source/kernel_filter.h"

#define ASK_AGAIN_NS (10 * NS_PER_S)

/* Without padding, since it is compared byte by byte. */
struct ends {
    uint8_t src[16], dst[16];
    uint16_t sport, dport;
};

static struct ends ends_of(const struct conn *c)
{
    struct ends e = {.sport = c->sport, .dport = c->dport};

    conn_plain_address(c, false, e.src);
    conn_plain_address(c, true, e.dst);
    return e;
}

/* The state of each connection, a uint8_t, by its ends. Returns 0 or -errno. */
static int ask(struct netlink *n, struct hash_table *states)
{
    struct sample_builder *b = sample_builder_new(NULL);
    struct kernel_filter all;
    int rc = b ? 0 : -ENOMEM;

    kernel_filter_compile(&all, NULL);
    all.states &= ~STATE_BIT(TCP_STATE_LISTEN);
    if (!rc)
        rc = netlink_take_mptcp(n, &all, b);
    for (uint32_t i = 0; !rc && i < b->sample.n_live; i++) {
        const struct ends ends = ends_of(&b->sample.conn[i]);
        uint8_t *state = hash_table_add(states, &ends, NULL);
        if (state)
            *state = b->sample.conn[i].state;
        else
            rc = -ENOMEM;
    }
    sample_discard(b);
    return rc;
}

static void mark(struct sample *s, const struct hash_table *states)
{
    for (uint32_t row = 0; row < s->n_live; row++) {
        struct conn *c = &s->conn[row];
        const struct ends ends = ends_of(c);
        const uint8_t *state = conn_is_timewait(c) ? NULL : hash_table_find(states, &ends);
        if (!state)
            continue;
        c->flags |= CONN_MPTCP;
        if (c->state != TCP_STATE_LISTEN && c->state != TCP_STATE_CLOSE) /* else conn_v6only() */
            c->extra = *state & 15u;
        s->has_mptcp = true;
    }
}

void mptcp_mark(struct mptcp *m, struct netlink *n, struct sample_builder *b)
{
    int64_t now = clock_mono_ns();
    struct hash_table states;

    m->in_use |= b->sample.has_mptcp;
    if (!m->in_use && now < m->next_ns)
        return;
    m->next_ns = now + ASK_AGAIN_NS;
    hash_table_init(&states, sizeof(struct ends), sizeof(uint8_t));
    m->in_use = ask(n, &states) == 0 && states.n > 0;
    if (m->in_use)
        mark(&b->sample, &states);
    hash_table_fini(&states);
}
