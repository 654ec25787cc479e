/* SPDX-License-Identifier: MIT */
/* The table of columns, and the way from a member of a row to the number that is stored. */
#include "block_columns.h"

#include <netinet/in.h>
#include <string.h>

#include "member.h"
#include "tcptop/base/bytes.h"
#include "tcptop/model/cgroups.h"
#include "tcptop/model/owner.h"

/* What of a conn's flags comes from the kernel or from how it was asked. */
#define FLAGS_RECORDED                                                                             \
    (CONN_NO_COOKIE | CONN_NO_OWNER | CONN_NO_BACKLOG | CONN_BOUND | CONN_ROUNDED_TIMER |          \
     CONN_MPTCP)

enum column_of {
    OF_CONN,
    OF_FAMILY,  /* 4 or 6 */
    OF_ADDRESS, /* bytes in network order */
    OF_FLAGS,
    OF_OWNER,
    OF_CGROUP,
    OF_EXTRA,
    OF_METRIC,
    OF_CONGESTION,
};

#define CONN(id_, member, ...)                                                                     \
    {.id = (id_),                                                                                  \
     .offset = offsetof(struct conn, member),                                                      \
     .size = sizeof(((struct conn *)0)->member),                                                   \
     __VA_ARGS__},
#define ADDRESS(id_, member, from, size_)                                                          \
    {.id = (id_),                                                                                  \
     .offset = offsetof(struct conn, member) + (from),                                             \
     .size = (size_),                                                                              \
     .of = OF_ADDRESS},
/* clang-format off: one column, one row */
const struct block_column block_columns[] = {
    CONN(1, family, .of = OF_FAMILY) CONN(2, state, .of = OF_CONN) CONN(3, timer, .of = OF_CONN)
        CONN(4, retrans, .of = OF_CONN) CONN(5, flags, .of = OF_FLAGS) CONN(6, netns, .of = OF_CONN)
            CONN(7, sport, .of = OF_CONN) CONN(8, dport, .of = OF_CONN) ADDRESS(9, src, 0, 4)
                ADDRESS(10, src, 4, 4) ADDRESS(11, src, 8, 8) ADDRESS(12, dst, 0, 4)
                    ADDRESS(13, dst, 4, 4) ADDRESS(14, dst, 8, 8) CONN(15, cookie, .of = OF_CONN)
                        CONN(16, inode, .of = OF_CONN) CONN(17, uid, .of = OF_CONN)
                            CONN(18, ifindex, .of = OF_CONN)
                                CONN(19, expires_ms, .of = OF_CONN, .kind = BLOCK_COLUMN_COUNTDOWN)
                                    CONN(20, rqueue, .of = OF_CONN) CONN(21, wqueue, .of = OF_CONN){
                                        .id = 22, .size = 4, .of = OF_OWNER},
    {.id = 23, .size = 1, .of = OF_CONGESTION},
    {.id = 24, .size = 2, .of = OF_CGROUP},
    {.id = 25, .size = 1, .of = OF_EXTRA},
#define FIELD(type, name, at)                                                                      \
    {.id = BLOCK_COLUMN_METRICS + (at),                                                            \
     .offset = offsetof(struct tcp_metrics, name),                                                 \
     .size = sizeof(type),                                                                         \
     .kind = METRICS_##name == METRICS_last_data_sent_ms ||                                        \
                     METRICS_##name == METRICS_last_data_recv_ms ||                                \
                     METRICS_##name == METRICS_last_ack_recv_ms                                    \
                 ? BLOCK_COLUMN_AGE                                                                \
                 : BLOCK_COLUMN_PLAIN,                                                             \
     .of = OF_METRIC,                                                                              \
     .metric = METRICS_##name,                                                                     \
     .ends = METRICS_##name == METRICS_bytes_acked || METRICS_##name == METRICS_bytes_received ||  \
             METRICS_##name == METRICS_rtt_us || METRICS_##name == METRICS_total_retrans_segs},
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
};
/* clang-format on */
const size_t block_columns_count = sizeof block_columns / sizeof block_columns[0];

_Static_assert(sizeof(struct conn) == 80, "a new member wants a column here");

const struct block_column *block_column_find(unsigned id)
{
    for (size_t i = 0; i < block_columns_count; i++) {
        if (block_columns[i].id == id)
            return &block_columns[i];
    }
    return NULL;
}

bool block_column_is_owner(const struct block_column *c)
{
    return c->of == OF_OWNER;
}

bool block_column_applies(const struct block_column *c, const struct block_row *row)
{
    if (c->of == OF_METRIC || c->of == OF_CONGESTION)
        return row->metrics;
    return c->of != OF_OWNER || row->owner;
}

static uint8_t *conn_member(const struct block_column *c, const struct block_row *row)
{
    return (uint8_t *)row->conn + c->offset;
}

/* `of` is that of the column: where it is a constant, nothing is left to choose in a loop. */
static inline __attribute__((always_inline)) uint64_t
get_as(enum column_of of, const struct block_column *c, const struct block_row *row)
{
    switch (of) {
    case OF_CONN:
        return member_get(conn_member(c, row), c->size);
    case OF_FAMILY:
        return row->conn->family == AF_INET6 ? 6 : row->conn->family == AF_INET ? 4 : 0;
    case OF_ADDRESS:
        return bytes_get_be(conn_member(c, row), c->size);
    case OF_FLAGS:
        return row->conn->flags & FLAGS_RECORDED;
    case OF_OWNER:
        return (uint64_t)owner_word_group(*row->owner) << 1 | !!(*row->owner & OWNER_FORMER);
    case OF_CGROUP:
        return row->conn->cgroup;
    case OF_EXTRA:
        return row->conn->extra;
    case OF_METRIC:
        if (!(row->metrics->valid >> c->metric & 1))
            return 0;
        return member_get((const uint8_t *)row->metrics + c->offset, c->size) + 1;
    case OF_CONGESTION:
        break;
    }
    return row->metrics->congestion;
}

uint64_t block_column_get(const struct block_column *c, const struct block_row *row)
{
    return get_as((enum column_of)c->of, c, row);
}

static void set_metric(const struct block_column *c, struct tcp_metrics *m, uint64_t value)
{
    m->valid &= ~(UINT32_C(1) << c->metric);
    if (value)
        m->valid |= UINT32_C(1) << c->metric;
    member_set((uint8_t *)m + c->offset, c->size, value ? value - 1 : 0);
}

static inline __attribute__((always_inline)) void
set_as(enum column_of of, const struct block_column *c, const struct block_row *row, uint64_t value)
{
    switch (of) {
    case OF_CONN:
        member_set(conn_member(c, row), c->size, value);
        break;
    case OF_FAMILY:
        row->conn->family = value == 4 ? AF_INET : value == 6 ? AF_INET6 : 0;
        break;
    case OF_ADDRESS:
        bytes_set_be(conn_member(c, row), value, c->size);
        break;
    case OF_FLAGS:
        row->conn->flags = (uint8_t)(value & FLAGS_RECORDED);
        break;
    case OF_OWNER:
        *row->owner = (value >> 1 < OWNER_GROUP ? (uint32_t)(value >> 1) : OWNER_UNKNOWN) |
                      (value & 1 ? OWNER_FORMER : 0);
        break;
    case OF_CGROUP:
        row->conn->cgroup = value & CGROUP_MASK;
        break;
    case OF_EXTRA:
        row->conn->extra = value & 15;
        break;
    case OF_METRIC:
        set_metric(c, row->metrics, value);
        break;
    case OF_CONGESTION:
        row->metrics->congestion = (uint8_t)value;
        break;
    }
}

void block_column_set(const struct block_column *c, const struct block_row *row, uint64_t value)
{
    set_as((enum column_of)c->of, c, row, value);
}

/* As much of a row as a column of that kind reads: it is one of those that the rows have. */
static inline __attribute__((always_inline)) struct block_row
row_for(enum column_of of, const struct block_rows *rows, uint32_t i)
{
    const uint32_t at = rows->at ? rows->at[i] : rows->first + i;

    switch (of) {
    case OF_METRIC:
    case OF_CONGESTION:
        return (struct block_row){.metrics = &rows->metrics[at]};
    case OF_OWNER:
        return (struct block_row){.owner = &rows->owner[at]};
    case OF_CONN:
    case OF_FAMILY:
    case OF_ADDRESS:
    case OF_FLAGS:
    case OF_CGROUP:
    case OF_EXTRA:
        break;
    }
    return (struct block_row){.conn = &rows->conn[at]};
}

/* Call a loop with the size of a member as a constant, so that it needs no choice within. */
#define EACH_SIZE(size, LOOP)                                                                      \
    switch (size) {                                                                                \
    case 1:                                                                                        \
        LOOP(1) break;                                                                             \
    case 2:                                                                                        \
        LOOP(2) break;                                                                             \
    case 4:                                                                                        \
        LOOP(4) break;                                                                             \
    default:                                                                                       \
        LOOP(8)                                                                                    \
    }

/* The same with the kind of the column. */
#define EACH_KIND(of, LOOP)                                                                        \
    switch (of) {                                                                                  \
    case OF_FAMILY:                                                                                \
        LOOP(OF_FAMILY) break;                                                                     \
    case OF_FLAGS:                                                                                 \
        LOOP(OF_FLAGS) break;                                                                      \
    case OF_OWNER:                                                                                 \
        LOOP(OF_OWNER) break;                                                                      \
    case OF_CGROUP:                                                                                \
        LOOP(OF_CGROUP) break;                                                                     \
    case OF_EXTRA:                                                                                 \
        LOOP(OF_EXTRA) break;                                                                      \
    case OF_METRIC:                                                                                \
        LOOP(OF_METRIC) break;                                                                     \
    default:                                                                                       \
        LOOP(OF_CONGESTION)                                                                        \
    }

/* The loop for the kind of column, which knows its size or kind. */
#define EACH_COLUMN(c, MEMBERS, ADDRESSES, OTHERS)                                                 \
    if ((c)->of == OF_CONN) {                                                                      \
        EACH_SIZE((c)->size, MEMBERS)                                                              \
    } else if ((c)->of == OF_ADDRESS) {                                                            \
        EACH_SIZE((c)->size, ADDRESSES)                                                            \
    } else {                                                                                       \
        EACH_KIND((c)->of, OTHERS)                                                                 \
    }

/* Most columns are members of a conn as they are; a part has tens of thousands of rows. */
void block_column_get_rows(const struct block_column *c, const struct block_rows *rows, uint32_t n,
                           uint64_t *values)
{
#define MEMBERS(bytes)                                                                             \
    for (uint32_t i = 0; i < n; i++)                                                               \
        values[i] = member_get(                                                                    \
            (const uint8_t *)&rows->conn[rows->at ? rows->at[i] : rows->first + i] + c->offset,    \
            bytes);
#define ADDRESSES(bytes)                                                                           \
    for (uint32_t i = 0; i < n; i++)                                                               \
        values[i] = bytes_get_be(                                                                  \
            (const uint8_t *)&rows->conn[rows->at ? rows->at[i] : rows->first + i] + c->offset,    \
            bytes);
#define OTHERS(kind)                                                                               \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        const struct block_row row = row_for(kind, rows, i);                                       \
        values[i] = get_as(kind, c, &row);                                                         \
    }
    EACH_COLUMN(c, MEMBERS, ADDRESSES, OTHERS)
#undef MEMBERS
#undef ADDRESSES
#undef OTHERS
}

void block_column_set_rows(const struct block_column *c, const struct block_rows *rows, uint32_t n,
                           const uint64_t *values)
{
#define MEMBERS(bytes)                                                                             \
    for (uint32_t i = 0; i < n; i++)                                                               \
        member_set((uint8_t *)&rows->conn[rows->at ? rows->at[i] : rows->first + i] + c->offset,   \
                   bytes, values[i]);
#define ADDRESSES(bytes)                                                                           \
    for (uint32_t i = 0; i < n; i++)                                                               \
        bytes_set_be((uint8_t *)&rows->conn[rows->at ? rows->at[i] : rows->first + i] + c->offset, \
                     values[i], bytes);
#define OTHERS(kind)                                                                               \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        const struct block_row row = row_for(kind, rows, i);                                       \
        set_as(kind, c, &row, values[i]);                                                          \
    }
    EACH_COLUMN(c, MEMBERS, ADDRESSES, OTHERS)
#undef MEMBERS
#undef ADDRESSES
#undef OTHERS
}

void block_columns_copy_self(struct conn *to, const struct conn *from)
{
    struct conn c = *from;

    c.flags &= FLAGS_RECORDED;
    c.expires_ms = to->expires_ms;
    c.rqueue = to->rqueue;
    c.wqueue = to->wqueue;
    c.was_state = to->was_state;
    c.extra = to->extra;
    c.cgroup = to->cgroup;
    c.socket_cookie = to->socket_cookie;
    c.unknown = to->unknown;
    *to = c;
}

/* The differing bits of `n` words of eight bytes, in which both rows are looked at without a
 * branch. */
static uint64_t words_differ(const void *a, const void *b, unsigned n)
{
    uint64_t x, y, bits = 0;

    for (unsigned i = 0; i < n; i++) {
        memcpy(&x, (const uint8_t *)a + 8 * i, 8);
        memcpy(&y, (const uint8_t *)b + 8 * i, 8);
        bits |= x ^ y;
    }
    return bits;
}

bool block_columns_conn_differs(const struct conn *a, const struct conn *b)
{
    _Static_assert(offsetof(struct conn, ifindex) == 48, "six words before it");
    _Static_assert(offsetof(struct conn, rqueue) == 56 && offsetof(struct conn, netns) == 72,
                   "two words between them");

    return words_differ(a, b, 6) || a->ifindex != b->ifindex ||
           words_differ(&a->rqueue, &b->rqueue, 2) || a->netns != b->netns ||
           ((a->flags ^ b->flags) & FLAGS_RECORDED) != 0 || a->cgroup != b->cgroup ||
           a->extra != b->extra;
}
