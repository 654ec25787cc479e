/* SPDX-License-Identifier: MIT */
/* Pairs MPTCP connections with their subflows. The first has the ends of the connection
 * (net/mptcp/mptcp_diag.c mptcp_diag_dump), further ones have others, but the inode of its socket
 * (net/mptcp/subflow.c mptcp_subflow_create_socket). Those without an inode are marked by the
 * parser, where the kernel says what they are. */
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

/* The state of each connection, a uint8_t, by its ends and by its inode, where it has one. */
struct connections {
    struct hash_table by_ends, by_inode;
};

static int add_connection(struct connections *all, const struct conn *c)
{
    const struct ends ends = ends_of(c);
    uint8_t *state = hash_table_add(&all->by_ends, &ends, NULL);

    if (!state)
        return -ENOMEM;
    *state = c->state;
    if (!c->inode)
        return 0;
    state = hash_table_add(&all->by_inode, &c->inode, NULL);
    if (!state)
        return -ENOMEM;
    *state = c->state;
    return 0;
}

/* Returns 0 or -errno. */
static int ask(struct netlink *n, struct connections *connections)
{
    struct sample_builder *b = sample_builder_new(NULL);
    struct kernel_filter all;
    int rc = b ? 0 : -ENOMEM;

    kernel_filter_compile(&all, NULL);
    all.states &= ~STATE_BIT(TCP_STATE_LISTEN);
    if (!rc)
        rc = netlink_take_mptcp(n, &all, b);
    for (uint32_t i = 0; !rc && i < b->sample.n_live; i++)
        rc = add_connection(connections, &b->sample.conn[i]);
    sample_discard(b);
    return rc;
}

static const uint8_t *state_of(const struct connections *all, const struct conn *c)
{
    const struct ends ends = ends_of(c);
    const uint8_t *state;

    if (conn_is_timewait(c))
        return NULL;
    state = hash_table_find(&all->by_ends, &ends);
    return state || !c->inode ? state : hash_table_find(&all->by_inode, &c->inode);
}

static void mark(struct sample *s, const struct connections *connections)
{
    for (uint32_t row = 0; row < s->n_live; row++) {
        struct conn *c = &s->conn[row];
        const uint8_t *state = state_of(connections, c);
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
    struct connections connections;

    m->in_use |= b->sample.has_mptcp;
    if (!m->in_use && now < m->next_ns)
        return;
    m->next_ns = now + ASK_AGAIN_NS;
    hash_table_init(&connections.by_ends, sizeof(struct ends), sizeof(uint8_t));
    hash_table_init(&connections.by_inode, sizeof(uint32_t), sizeof(uint8_t));
    m->in_use = ask(n, &connections) == 0 && connections.by_ends.n > 0;
    if (m->in_use)
        mark(&b->sample, &connections);
    hash_table_fini(&connections.by_ends);
    hash_table_fini(&connections.by_inode);
}
