/* SPDX-License-Identifier: MIT */
/* The comparison of two samples: rows are sorted by their ends, rows with the same ends are paired,
 * and the pairs are counted. */
#include "tcptop/query/comparison.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/array.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/base/utf8.h"

#define PAIRS_MAX 65536u /* in a run of equal ends: larger ones (of forged input) pair in order */
#define NO_ROW    UINT32_MAX

/* The ends of a connection. No padding. */
struct comparison_ends {
    uint8_t src[16], dst[16];
    uint16_t sport, dport;
    uint32_t netns; /* see name_netns() */
};

struct comparison_entry {
    struct comparison_ends ends;
    uint32_t row;
    bool paired;
};

struct comparison_entries {
    struct comparison_entry *at; /* owned */
    uint32_t n;
};

/* What it takes to compare, beside the result. */
struct comparison_work {
    struct comparison *c;
    const struct predicate *filter;
    struct comparison_entries side[COMPARISON_SIDES];
    struct hash_table groups; /* struct comparison_key: struct comparison_group */
    bool several;             /* both tell namespaces apart */
    uint8_t listening[65536 / 8];
};

/* What each side knows ------------------------------------------------------------ */

static bool tells_processes(const struct sample *s)
{
    for (uint32_t row = 0; row < s->n_live; row++)
        if (sample_owner(s, row, NULL))
            return true;
    return false;
}

/* Programs list listeners, timewait records and requests only when they are asked to. A list
 * without a listener was not asked, and then what it has none of may have been there. */
static uint32_t unlisted(const struct sample *s)
{
    static const unsigned optional[] = {TCP_STATE_LISTEN, TCP_STATE_TIME_WAIT, TCP_STATE_SYN_RECV,
                                        TCP_STATE_CLOSE};
    uint32_t listed = 0, states = 0;

    for (uint32_t row = 0; row < s->n_live; row++)
        listed |= STATE_BIT(conn_counts_as(&s->conn[row]));
    for (size_t i = 0; s->import && !(listed & STATE_BIT(TCP_STATE_LISTEN)) && i < 4; i++)
        states |= STATE_BIT(optional[i]) & ~listed;
    if (!(s->needs & NEED_BOUND))
        states |= STATE_BIT(TCP_STATE_BOUND_INACTIVE) & ~listed;
    return states;
}

/* Ends ------------------------------------------------------------ */

/* A number for the namespace, the same for the same name in both samples. */
static uint32_t name_netns(const struct comparison_work *w, const struct sample *s,
                           const struct conn *c)
{
    const char *name = w->several ? sample_netns(s, c) : "";

    return *name ? (uint32_t)hash_bytes(name, strlen(name), 0) | 1 : 0;
}

static int compare_entries(const void *a, const void *b)
{
    return memcmp(&((const struct comparison_entry *)a)->ends,
                  &((const struct comparison_entry *)b)->ends, sizeof(struct comparison_ends));
}

/* Collect the rows of a side that can be compared, sorted by their ends. */
static int collect(struct comparison_work *w, unsigned side)
{
    struct comparison *c = w->c;
    const struct sample *s = c->sample[side];
    struct comparison_entries *e = &w->side[side];
    const uint32_t without = c->unlisted[!side];

    e->at = malloc((s->n_live ? s->n_live : 1) * sizeof *e->at);
    if (!e->at)
        return -ENOMEM;
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *conn = &s->conn[row];
        if (conn->state == TCP_STATE_LISTEN && !conn_port_unknown(conn, false))
            w->listening[conn->sport / 8] |= (uint8_t)(1u << conn->sport % 8);
        if (conn_ends_unknown(conn)) {
            c->cut[side]++;
            continue;
        }
        if (without & STATE_BIT(conn_counts_as(conn)))
            continue;
        struct comparison_entry *entry = &e->at[e->n++];
        memset(entry, 0, sizeof *entry);
        conn_plain_address(conn, false, entry->ends.src);
        conn_plain_address(conn, true, entry->ends.dst);
        entry->ends.sport = conn->sport;
        entry->ends.dport = conn->dport;
        entry->ends.netns = name_netns(w, s, conn);
        entry->row = row;
    }
    if (e->n > 1)
        qsort(e->at, e->n, sizeof *e->at, compare_entries);
    return 0;
}

/* Counting ------------------------------------------------------------ */

static const struct conn *conn_of(const struct comparison_work *w, unsigned side, uint32_t row)
{
    return &w->c->sample[side]->conn[row];
}

/* Who has it: the first process of the row, or of the row that it is on the other side. Programs
 * name a process differently: where both rows have the same pid, it has the name that B gives it.
 */
static void put_process(const struct comparison_work *w, const uint32_t row[COMPARISON_SIDES],
                        unsigned side, struct comparison_key *key)
{
    const struct comparison *c = w->c;
    const struct owner_group *g[COMPARISON_SIDES] = {NULL};
    bool former[COMPARISON_SIDES] = {false};

    if (!c->knows_process[COMPARISON_A] || !c->knows_process[COMPARISON_B])
        return;
    for (unsigned i = 0; i < COMPARISON_SIDES; i++)
        if (row[i] != NO_ROW)
            g[i] = sample_owner(c->sample[i], row[i], &former[i]);
    if (g[0] && g[1] && g[0]->member[0]->pid == g[1]->member[0]->pid)
        side = COMPARISON_B;
    else if (!g[side])
        side = !side;
    if (!g[side])
        return;
    const char *name = g[side]->member[0]->process;
    utf8_sanitise_into(key->process, sizeof key->process, name, strlen(name));
    key->former = former[side];
}

static void put_peer(const struct comparison_work *w, const struct conn *c,
                     struct comparison_key *key)
{
    if (c->state == TCP_STATE_LISTEN || c->flags & CONN_BOUND) {
        key->local_port = c->sport;
        return;
    }
    conn_plain_address(c, true, key->remote);
    if (w->listening[c->sport / 8] >> c->sport % 8 & 1)
        key->local_port = c->sport;
    else
        key->remote_port = c->dport;
}

/* The group of the row of a side. NULL: no memory. */
static struct comparison_group *group_of(struct comparison_work *w,
                                         const uint32_t row[COMPARISON_SIDES], unsigned side,
                                         unsigned from)
{
    const struct conn *c = conn_of(w, side, row[side]);
    struct comparison_key key;

    memset(&key, 0, sizeof key);
    put_process(w, row, side, &key);
    put_peer(w, c, &key);
    key.state = (uint8_t)conn_counts_as(c);
    key.from = (uint8_t)from;
    return hash_table_add(&w->groups, &key, NULL);
}

static int keep_row(struct comparison *c, uint32_t a, uint32_t b)
{
    struct comparison_row *larger = array_room(c->row, c->n_rows, &c->cap_rows, 64, sizeof *c->row);

    if (!larger)
        return -ENOMEM;
    c->row = larger;
    c->row[c->n_rows++] = (struct comparison_row){{a, b}};
    return 0;
}

static bool passes(const struct comparison_work *w, const uint32_t row[COMPARISON_SIDES])
{
    bool any = !w->filter;

    for (unsigned side = 0; side < COMPARISON_SIDES && !any; side++)
        any = row[side] != NO_ROW && predicate_match(w->filter, w->c->sample[side], row[side]);
    return any;
}

/* Count a connection that is these rows. Returns 0 or -ENOMEM. */
static int count(struct comparison_work *w, uint32_t a, uint32_t b)
{
    struct comparison *c = w->c;
    const uint32_t row[COMPARISON_SIDES] = {a, b};
    unsigned state[COMPARISON_SIDES] = {0};

    if (!passes(w, row))
        return 0;
    for (unsigned side = 0; side < COMPARISON_SIDES; side++) {
        if (row[side] == NO_ROW)
            continue;
        struct comparison_group *g = group_of(w, row, side, 0);
        if (!g)
            return -ENOMEM;
        state[side] = conn_counts_as(conn_of(w, side, row[side]));
        g->count[side]++;
        c->total[side]++;
        if (row[!side] == NO_ROW) {
            g->only[side]++;
            c->only[side]++;
        }
    }
    if (a != NO_ROW && b != NO_ROW) {
        if (state[0] == state[1] || !state[0] || !state[1]) { /* 0: not known, so no change */
            c->same++;
            return 0;
        }
        struct comparison_group *g = group_of(w, row, COMPARISON_B, state[0]);
        if (!g)
            return -ENOMEM;
        g->count[COMPARISON_B]++;
        c->changed++;
    }
    return keep_row(c, a, b);
}

/* Pairing ------------------------------------------------------------ */

/* May two rows with the same ends be the same connection? Nothing becomes TIME_WAIT's successor,
 * and where cookies count only the records that the kernel makes anew have another one. */
static bool may_be_same(const struct comparison_work *w, const struct conn *a, const struct conn *b)
{
    bool a_ended = conn_is_timewait(a), b_ended = conn_is_timewait(b);

    if (a_ended && !b_ended)
        return false;
    if (a->state && b->state && (a->state == TCP_STATE_LISTEN) != (b->state == TCP_STATE_LISTEN))
        return false;
    if (!w->c->cookies || (a->flags | b->flags) & CONN_NO_COOKIE || a->cookie == b->cookie)
        return true;
    return (b_ended && !a_ended) || (conn_is_request(a) && !conn_is_request(b));
}

static bool same_cookie(const struct comparison_work *w, const struct conn *a, const struct conn *b)
{
    return w->c->cookies && !((a->flags | b->flags) & CONN_NO_COOKIE) && a->cookie == b->cookie;
}

/* In which pass two rows become a pair: those that are alike most first. */
enum pass { PASS_COOKIE, PASS_STATE, PASS_ENDS, PASSES };

static bool fits(const struct comparison_work *w, enum pass pass, const struct conn *a,
                 const struct conn *b)
{
    if (pass == PASS_COOKIE)
        return same_cookie(w, a, b);
    return may_be_same(w, a, b) && (pass == PASS_ENDS || a->state == b->state);
}

/* Pair rows with the same ends, `na` of A and `nb` of B. */
static int pair_run(struct comparison_work *w, struct comparison_entry *a, uint32_t na,
                    struct comparison_entry *b, uint32_t nb)
{
    bool large = (uint64_t)na * nb > PAIRS_MAX;
    int rc = 0;

    for (unsigned pass = 0; pass < PASSES; pass++) {
        for (uint32_t i = 0; i < na; i++) {
            uint32_t from = large ? i : 0, to = large ? i + 1 : nb;
            for (uint32_t k = from; k < to && k < nb && !a[i].paired && !rc; k++) {
                if (b[k].paired || !fits(w, (enum pass)pass, conn_of(w, COMPARISON_A, a[i].row),
                                         conn_of(w, COMPARISON_B, b[k].row)))
                    continue;
                a[i].paired = b[k].paired = true;
                rc = count(w, a[i].row, b[k].row);
            }
        }
    }
    return rc;
}

/* How many entries from `i` on have the same ends. */
static uint32_t run_length(const struct comparison_entries *e, uint32_t i)
{
    uint32_t n = i < e->n;

    while (i + n < e->n && n && compare_entries(&e->at[i], &e->at[i + n]) == 0)
        n++;
    return n;
}

static int pair_all(struct comparison_work *w)
{
    struct comparison_entries *a = &w->side[COMPARISON_A], *b = &w->side[COMPARISON_B];
    uint32_t i = 0, k = 0;
    int rc = 0;

    while (!rc && i < a->n && k < b->n) {
        int order = compare_entries(&a->at[i], &b->at[k]);
        uint32_t na = order <= 0 ? run_length(a, i) : 0, nb = order >= 0 ? run_length(b, k) : 0;
        if (order == 0)
            rc = pair_run(w, a->at + i, na, b->at + k, nb);
        i += na;
        k += nb;
    }
    return rc;
}

/* The rows that have no counterpart, in the order of the sample. */
static int compare_rows(const void *a, const void *b)
{
    uint32_t x = ((const struct comparison_entry *)a)->row,
             y = ((const struct comparison_entry *)b)->row;

    return (x > y) - (x < y);
}

static int count_single(struct comparison_work *w, unsigned side)
{
    struct comparison_entries *e = &w->side[side];
    int rc = 0;

    if (e->n > 1)
        qsort(e->at, e->n, sizeof *e->at, compare_rows);
    for (uint32_t i = 0; i < e->n && !rc; i++)
        if (!e->at[i].paired)
            rc = count(w, side == COMPARISON_A ? e->at[i].row : NO_ROW,
                       side == COMPARISON_B ? e->at[i].row : NO_ROW);
    return rc;
}

/* Result ------------------------------------------------------------ */

static uint64_t size_of_change(const struct comparison_group *g)
{
    int64_t change = comparison_change(g);

    return (uint64_t)(change < 0 ? -change : change);
}

static int compare_groups(const void *x, const void *y)
{
    const struct comparison_group *a = x, *b = y;
    uint64_t one = size_of_change(a), other = size_of_change(b);
    uint64_t moves = (uint64_t)a->only[0] + a->only[1], others = (uint64_t)b->only[0] + b->only[1];

    if (one != other)
        return one < other ? 1 : -1;
    if (moves != others)
        return moves < others ? 1 : -1;
    return memcmp(&a->key, &b->key, sizeof a->key);
}

static bool differs(const struct comparison_group *g)
{
    return g->count[0] != g->count[1] || g->only[0] || g->only[1];
}

/* Copy the groups that differ out of the table, largest first. */
static int take_groups(struct comparison_work *w)
{
    struct comparison *c = w->c;
    const struct comparison_group *g;
    const uint32_t n = w->groups.n ? w->groups.n : 1;
    uint32_t at = 0;

    c->group = malloc(n * sizeof *c->group);
    c->moved = malloc(n * sizeof *c->moved);
    if (!c->group || !c->moved)
        return -ENOMEM;
    while ((g = hash_table_next(&w->groups, &at))) {
        const struct comparison_key *key = hash_table_key(&w->groups, g);
        struct comparison_group *to = NULL;
        if (key->from)
            to = &c->moved[c->n_moved++];
        else if (differs(g))
            to = &c->group[c->n_groups++];
        if (to) {
            *to = *g;
            to->key = *key;
        }
    }
    if (c->n_groups > 1)
        qsort(c->group, c->n_groups, sizeof *c->group, compare_groups);
    if (c->n_moved > 1)
        qsort(c->moved, c->n_moved, sizeof *c->moved, compare_groups);
    return 0;
}

/* Only in A, only in B, changed; in each the order of the samples. */
static int compare_results(const void *x, const void *y)
{
    const struct comparison_row *a = x, *b = y;
    unsigned kind_a = a->row[1] == NO_ROW ? 0 : a->row[0] == NO_ROW ? 1 : 2;
    unsigned kind_b = b->row[1] == NO_ROW ? 0 : b->row[0] == NO_ROW ? 1 : 2;
    unsigned side = kind_a == 1;

    if (kind_a != kind_b)
        return kind_a < kind_b ? -1 : 1;
    return (a->row[side] > b->row[side]) - (a->row[side] < b->row[side]);
}

static void learn_sides(struct comparison_work *w)
{
    struct comparison *c = w->c;
    unsigned several = 0;

    for (unsigned side = 0; side < COMPARISON_SIDES; side++) {
        const struct sample *s = c->sample[side];
        c->knows_process[side] = tells_processes(s) || s->n_live == 0;
        c->unlisted[side] = unlisted(s);
        several += s->namespaces && s->namespaces->several;
    }
    w->several = several == COMPARISON_SIDES;
}

int comparison_make(struct comparison *c, const struct sample *a, const struct sample *b,
                    bool cookies, const struct predicate *filter)
{
    static const struct comparison_work none;
    struct comparison_work *w = malloc(sizeof *w);
    int rc = w ? 0 : -ENOMEM;

    *c = (struct comparison){.sample = {a, b}, .cookies = cookies};
    if (rc)
        return rc;
    *w = none;
    w->c = c;
    w->filter = filter;
    hash_table_init(&w->groups, sizeof(struct comparison_key), sizeof(struct comparison_group));
    learn_sides(w);
    for (unsigned side = 0; side < COMPARISON_SIDES && !rc; side++)
        rc = collect(w, side);
    if (!rc)
        rc = pair_all(w);
    for (unsigned side = 0; side < COMPARISON_SIDES && !rc; side++)
        rc = count_single(w, side);
    if (!rc)
        rc = take_groups(w);
    if (!rc && c->n_rows > 1)
        qsort(c->row, c->n_rows, sizeof *c->row, compare_results);
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        free(w->side[side].at);
    hash_table_fini(&w->groups);
    free(w);
    if (rc)
        comparison_fini(c);
    return rc;
}

void comparison_fini(struct comparison *c)
{
    free(c->group);
    free(c->moved);
    free(c->row);
    *c = (struct comparison){.n_groups = 0};
}

/* A group ------------------------------------------------------------ */

void comparison_address(const struct comparison_key *key, char out[CONN_ADDRESS_SIZE])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool is_mapped = memcmp(key->remote, mapped, sizeof mapped) == 0;

    if (!inet_ntop(is_mapped ? AF_INET : AF_INET6,
                   is_mapped ? key->remote + sizeof mapped : key->remote, out, CONN_ADDRESS_SIZE))
        out[0] = '\0';
}

/* One more term. */
static void add_term(struct str *out, size_t start, const char *name, const char *value)
{
    str_addf(out, "%s%s%s", out->len > start ? " " : "", name, value);
}

void comparison_filter(const struct comparison_key *key, struct str *out)
{
    char address[CONN_ADDRESS_SIZE], port[16];
    const size_t start = out->len;

    if (key->state)
        add_term(out, start, "state:", state_name(key->state));
    if (*key->process && !strchr(key->process, '"')) {
        add_term(out, start, "process=\"", key->process);
        str_add(out, "\"");
    }
    if (comparison_has_peer(key)) {
        comparison_address(key, address);
        add_term(out, start, "raddr:", address);
    }
    snprintf(port, sizeof port, "%u", key->local_port ? key->local_port : key->remote_port);
    if (key->local_port || key->remote_port)
        add_term(out, start, key->local_port ? "lport:" : "rport:", port);
}
