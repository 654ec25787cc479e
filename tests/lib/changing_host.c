/* SPDX-License-Identifier: MIT */
/* Makes up the connections of a host: see changing_host.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/changing_host.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"

#define STEP_MS    1000
#define TOLERANCE  250 /* ms: what a recording may round a running time by */
#define GROUPS     5
#define CGROUPS    6
#define CGROUPS_S  20 /* samples after which a control group is removed and another one is made */
#define MOVED_MOST 10000u

struct one {
    struct conn conn;
    struct tcp_metrics metrics;
};

struct host_source {
    struct source source;
    struct changing_host how;
    struct one *one; /* owned */
    uint32_t n, cap, taken;
    uint64_t cookie, state;
    struct owner_table *owners;
    struct cgroup_table *cgroups;
};

static uint32_t pick(struct host_source *h, uint32_t n)
{
    h->state ^= h->state << 13;
    h->state ^= h->state >> 7;
    h->state ^= h->state << 17;
    return (uint32_t)(h->state >> 33) % n;
}

static struct one new_one(struct host_source *h)
{
    static const uint8_t states[] = {1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 8, 9, 10, 11};
    struct one o = {.conn = {.state = states[pick(h, sizeof states)]}};
    struct conn *c = &o.conn;

    c->cookie = ++h->cookie;
    c->family = pick(h, 4) ? AF_INET : AF_INET6;
    for (int i = 0; i < (c->family == AF_INET ? 4 : 16); i++) {
        c->src[i] = i < 3 ? 10 : (uint8_t)pick(h, 4);
        c->dst[i] = (uint8_t)pick(h, 256);
    }
    c->sport = (uint16_t)(1024 + pick(h, 60000));
    c->dport = (uint16_t)pick(h, 65536);
    c->uid = pick(h, 3) * 33;
    if (c->state == TCP_STATE_TIME_WAIT) {
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = 60000 - pick(h, 30000);
        c->flags = CONN_NO_OWNER;
    } else if (pick(h, 2)) {
        c->inode = (uint32_t)c->cookie + 1000;
        c->timer = TIMER_KEEPALIVE;
        c->expires_ms = 7200000 - pick(h, 1000000);
    }
    if (c->state == TCP_STATE_ESTABLISHED) {
        figure_set(&o.metrics, METRICS_rtt_us, 100 + pick(h, 50000));
        figure_set(&o.metrics, METRICS_bytes_acked, pick(h, 1000000));
        figure_set(&o.metrics, METRICS_last_data_sent_ms, pick(h, 100000));
    }
    return o;
}

/* What a second does to a connection: timers run, and some of them work. */
static void age(struct host_source *h, struct one *o)
{
    struct conn *c = &o->conn;
    uint32_t jitter = pick(h, 5);

    if (c->timer != TIMER_OFF)
        c->expires_ms = c->expires_ms > STEP_MS + jitter ? c->expires_ms - STEP_MS - jitter : 0;
    if (o->metrics.valid)
        o->metrics.last_data_sent_ms += STEP_MS + jitter;
    if (pick(h, 20))
        return;
    c->rqueue = pick(h, 3) ? 0 : pick(h, 100000);
    c->wqueue = pick(h, 100000);
    if (c->state == TCP_STATE_ESTABLISHED && !pick(h, 3)) {
        c->state = TCP_STATE_CLOSE_WAIT;
        c->timer = TIMER_OFF;
        c->expires_ms = 0;
    }
    if (o->metrics.valid) {
        o->metrics.bytes_acked += pick(h, 100000);
        o->metrics.last_data_sent_ms = pick(h, 1000);
        o->metrics.valid ^= UINT32_C(1) << METRICS_rtt_us;
    }
}

static int add_end(struct host_source *h, struct sample_builder *b, const struct one *gone)
{
    struct sample_builder *ends = (struct sample_builder *)(uintptr_t)b->close_events;
    struct tcp_metrics *m;

    if (!h->how.ends)
        return 0;
    if (!ends) {
        ends = sample_builder_new(NULL);
        if (!ends)
            return -ENOMEM;
        ends->sample.needs = NEED_TCP_INFO;
        b->close_events = &ends->sample;
        b->events_before_dump = 1;
    }
    struct conn *c = sample_add(ends, &m);
    if (!c)
        return -ENOMEM;
    *c = gone->conn;
    c->state = TCP_STATE_CLOSE;
    c->timer = TIMER_OFF;
    c->expires_ms = 0;
    figure_set(m, METRICS_bytes_acked, 4711);
    return 0;
}

static int change(struct host_source *h, struct sample_builder *b)
{
    uint32_t churn = (h->n * h->how.churn + 999) / 1000, kept = 0;
    int rc = 0;

    for (uint32_t i = 0; i < h->n && !rc; i++) {
        age(h, &h->one[i]);
        if (churn && pick(h, 1000) < h->how.churn)
            rc = add_end(h, b, &h->one[i]);
        else
            h->one[kept++] = h->one[i];
    }
    h->n = kept;
    /* New ones come anywhere in the order, and the number of all moves up and down. */
    for (uint32_t i = 0; i < churn * (h->taken % 3) && h->n < h->cap; i++) {
        uint32_t at = h->n < MOVED_MOST ? pick(h, h->n + 1) : h->n; /* else it takes too long */
        memmove(h->one + at + 1, h->one + at, (h->n - at) * sizeof *h->one);
        h->one[at] = new_one(h);
        h->n++;
    }
    if (h->n > 3 && h->taken % 4 == 0) { /* the order of the dump has changed */
        struct one first = h->one[0];
        h->one[0] = h->one[h->n / 2];
        h->one[h->n / 2] = first;
    }
    return rc;
}

static void fill_host(struct host_source *h, struct sample *s)
{
    s->mono_ns = (INT64_C(1000) + h->taken) * STEP_MS * NS_PER_MS + 123456;
    s->wall_ns = s->mono_ns + INT64_C(1764417600) * NS_PER_S;
    s->cost_ns = 1000 + h->taken;
    s->cpu_ns = 500;
    s->interval_ms = s->asked_interval_ms = STEP_MS;
    snprintf(s->host.name, sizeof s->host.name, "host");
    snprintf(s->host.kernel, sizeof s->host.kernel, "6.1.0");
    if (h->how.new_netns)
        snprintf(s->netns, sizeof s->netns, "net%u", h->taken / 3);
    s->host.counter_valid = UINT32_C(1) << COUNTER_TW | UINT32_C(1) << COUNTER_IN_SEGS;
    s->host.counter[COUNTER_TW] = 17;
    s->host.counter[COUNTER_IN_SEGS] = UINT64_C(5000000000) + h->taken * 17;
    s->host.gauge_valid = UINT32_C(1) << GAUGE_TW;
    s->host.gauge[GAUGE_TW] = 10 - h->taken % 3;
    s->host.sysctl_valid = UINT32_C(1) << SYSCTL_FIN_TIMEOUT;
    s->host.sysctl[SYSCTL_FIN_TIMEOUT] = -1;
    s->close_events_known = h->how.ends;
    s->close_stats.lost = h->taken % 5 == 4;
    if (h->taken % 7 == 5)
        sample_set_status(s, SAMPLE_PARTIAL, (struct sample_reason){.code = REASON_INTERRUPTED});
}

/* Control groups: those of the time, of which one has no name, and one is another every now and
 * then.
 */
static int set_cgroups(struct host_source *h, struct sample_builder *b)
{
    if (h->taken % CGROUPS_S == 0) {
        struct cgroup_table *t = cgroups_new(CGROUPS);
        if (!t)
            return -ENOMEM;
        for (uint32_t i = 1; i < CGROUPS; i++) {
            t->cgroup[i].id = 4000 + i + (i == 2 ? h->taken : 0);
            if (i > 1)
                snprintf(t->cgroup[i].name, CGROUP_NAME, "unit-%u.service",
                         (unsigned)t->cgroup[i].id);
        }
        cgroups_unref(h->cgroups);
        h->cgroups = t;
    }
    b->sample.cgroups = cgroups_ref(h->cgroups);
    for (uint32_t row = 0; row < b->sample.n_live; row++) {
        struct conn *c = &b->sample.conn[row];
        uint32_t number = (uint32_t)c->cookie % (2 * CGROUPS); /* of some it is not known */
        c->cgroup = (number < CGROUPS && c->inode ? number : 0) & CGROUP_MASK;
    }
    return 0;
}

/* What listeners have dropped, in two of three samples. */
static void set_drops(struct host_source *h, struct sample_builder *b)
{
    if (h->taken % 3 == 0)
        return;
    b->sample.needs |= NEED_DROPS;
    for (uint32_t row = 0; row < b->sample.n_live; row++) {
        const struct conn *c = &b->sample.conn[row];
        if (c->state == TCP_STATE_LISTEN)
            drops_add(&b->sample.drops, c->cookie, c->netns,
                      (uint32_t)c->cookie + (c->cookie % 4 ? 0 : h->taken));
    }
}

static int host_sample(struct source *src, const struct request *req, struct sample_builder *b,
                       struct sample_reason *why)
{
    struct host_source *h = (struct host_source *)src;
    struct tcp_metrics *m;
    int rc = 0;

    (void)req, (void)why;
    if (h->taken == h->how.samples)
        return -ENODATA;
    b->sample.needs = NEED_BOUND | NEED_OWNER | NEED_USER | (h->how.metrics ? NEED_TCP_INFO : 0);
    b->sample.backend = BACKEND_FRAME;
    if (h->taken)
        rc = change(h, b);
    for (uint32_t i = 0; i < h->n && !rc; i++) {
        struct conn *c = sample_add(b, &m);
        if (!c)
            return -ENOMEM;
        *c = h->one[i].conn;
        if (m)
            *m = h->one[i].metrics;
    }
    fill_host(h, &b->sample);
    if (h->how.groups && !rc) {
        set_drops(h, b);
        rc = set_cgroups(h, b);
    }
    h->taken++;
    return rc;
}

static void host_close(struct source *src)
{
    struct host_source *h = (struct host_source *)src;

    owner_table_unref(h->owners);
    cgroups_unref(h->cgroups);
    free(h->one);
    free(h);
}

/* Every inode belongs to one of the groups; one without a file may have had one. */
static void host_owners(struct source *src, struct sample *s, const struct sample *prev)
{
    struct host_source *h = (struct host_source *)src;

    (void)prev;
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        const struct conn *c = &s->conn[row];
        uint32_t group = OWNER_FIRST + (uint32_t)c->cookie % GROUPS;
        if (c->inode)
            s->owner[row] = c->cookie % 7 ? group : OWNER_NOBODY;
        else
            s->owner[row] = c->cookie % 3 ? OWNER_UNKNOWN : group | OWNER_FORMER;
        s->ownerless += s->owner[row] == OWNER_NOBODY && row < s->n_live;
    }
    s->owners = owner_table_ref(h->owners);
}

static struct owner_table *make_owners(void)
{
    struct owner_table *t = owner_table_new(OWNER_FIRST + GROUPS);
    struct owner_user users[2] = {{.uid = 0, .name = "root"}, {.uid = 33, .name = "www-data"}};

    for (uint32_t i = 0; t && i < GROUPS; i++) {
        char name[16];
        struct owner *member[2];
        snprintf(name, sizeof name, "worker %u", i);
        for (uint32_t k = 0; k < 2; k++) {
            const struct owner_facts facts = {100 + 2 * i + k, 33, 77, name, "secret", "a.service"};
            member[k] = owner_new(&facts);
        }
        t->group[OWNER_FIRST + i] = owner_group_new(member, 1 + i % 2);
        owner_unref(member[0]);
        owner_unref(member[1]);
    }
    if (t) {
        t->users = owner_users_new(users, 2);
        t->lacks = OWNER_LACK_PTRACE;
    }
    return t;
}

struct source *changing_host_open(const struct changing_host *how)
{
    static const struct source_ops ops = {.name = "changing",
                                          .is_recording = true,
                                          .sample = host_sample,
                                          .close = host_close,
                                          .assign_owners = host_owners};
    struct host_source *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->source.ops = &ops;
    h->how = *how;
    h->state = UINT64_C(88172645463325252);
    h->cap = how->rows * 3 + 100;
    h->one = calloc(h->cap, sizeof *h->one);
    h->owners = make_owners();
    for (; h->one && h->n < how->rows; h->n++)
        h->one[h->n] = new_one(h);
    return &h->source;
}

/* Comparing ------------------------------------------------------------ */

static void expect_near(uint32_t a, uint32_t b)
{
    uint32_t distance = a > b ? a - b : b - a;

    if (distance > TOLERANCE)
        fail_msg("a running time of %u ms came back as %u ms", a, b);
}

static void compare_metrics(const struct tcp_metrics *a, const struct tcp_metrics *b, bool all)
{
    for (int i = 0; i < TCP_METRIC_COUNT; i++) {
        uint64_t x = 0, y = 0;
        bool runs = i == METRICS_last_data_sent_ms || i == METRICS_last_data_recv_ms ||
                    i == METRICS_last_ack_recv_ms;
        bool had = tcp_metrics_get(a, (enum tcp_metric)i, &x);
        bool has = tcp_metrics_get(b, (enum tcp_metric)i, &y);
        if (!all && !has)
            continue;
        assert_int_equal(had, has);
        if (runs)
            expect_near((uint32_t)x, (uint32_t)y);
        else
            assert_true(x == y);
    }
}

static void compare_owner(const struct sample *a, uint32_t i, const struct sample *b, uint32_t j)
{
    bool former_a = false, former_b = false;
    const struct owner_group *x = sample_owner(a, i, &former_a);
    const struct owner_group *y = sample_owner(b, j, &former_b);

    assert_int_equal(!x, !y);
    if (!x) {
        assert_int_equal(owner_word_group(a->owner[i]), owner_word_group(b->owner[j]));
        return;
    }
    assert_int_equal(former_a, former_b);
    assert_int_equal(x->n, y->n);
    assert_string_equal(x->pids, y->pids);
    assert_string_equal(x->member[0]->process, y->member[0]->process);
    assert_string_equal(x->member[0]->cgroup, y->member[0]->cgroup);
    assert_true(x->member[0]->start_ticks == y->member[0]->start_ticks);
    assert_string_equal(y->member[0]->cmdline, ""); /* is not recorded unless it is asked for */
}

static void compare_cgroup(const struct sample *a, uint32_t i, const struct sample *b, uint32_t j)
{
    const char *x = sample_cgroup(a, i), *y = sample_cgroup(b, j);

    assert_int_equal(!x, !y);
    if (x)
        assert_string_equal(x, y);
    if (a->conn[i].cgroup && sample_row_kind(a, i) == ROW_LIVE)
        assert_true(a->cgroups->cgroup[a->conn[i].cgroup].id ==
                    b->cgroups->cgroup[b->conn[j].cgroup].id);
}

static void compare_drops(const struct sample *a, const struct sample *b)
{
    assert_int_equal(a->drops.n, b->drops.n);
    assert_true(a->drops.span_ns == b->drops.span_ns);
    for (uint32_t i = 0; i < a->drops.n; i++) {
        const struct drop_count *x = &a->drops.at[i], *y = &b->drops.at[i];
        assert_true(x->cookie == y->cookie && x->netns == y->netns && x->drops == y->drops);
        assert_true(x->compared == y->compared && x->grown == y->grown);
    }
}

static void compare_row(const struct sample *a, uint32_t i, const struct sample *b, uint32_t j,
                        bool metrics)
{
    struct conn x = a->conn[i], y = b->conn[j];

    expect_near(x.expires_ms, y.expires_ms);
    x.expires_ms = y.expires_ms = 0;
    assert_memory_equal(&x, &y, sizeof x);
    assert_memory_equal(&a->times[i], &b->times[j], sizeof a->times[i]);
    compare_owner(a, i, b, j);
    compare_cgroup(a, i, b, j);
    if (metrics && sample_metrics(a, i))
        compare_metrics(sample_metrics(a, i), sample_metrics(b, j),
                        sample_row_kind(a, i) == ROW_LIVE);
}

static int by_cookie(const void *a, const void *b, void *context)
{
    const struct sample *s = context;
    uint64_t x = s->conn[*(const uint32_t *)a].cookie, y = s->conn[*(const uint32_t *)b].cookie;

    return (x > y) - (x < y);
}

/* The rows of one kind in the order of their cookies. */
static uint32_t *sorted(const struct sample *s, uint32_t from, uint32_t n)
{
    uint32_t *row = malloc((n + 1) * sizeof *row);

    assert_non_null(row);
    for (uint32_t i = 0; i < n; i++)
        row[i] = from + i;
    qsort_r(row, n, sizeof *row, by_cookie, (void *)(uintptr_t)s);
    return row;
}

static void compare_rows(const struct sample *a, const struct sample *b, uint32_t from, uint32_t n,
                         bool metrics)
{
    uint32_t *x = sorted(a, from, n), *y = sorted(b, from, n);

    for (uint32_t i = 0; i < n; i++)
        compare_row(a, x[i], b, y[i], metrics);
    free(x);
    free(y);
}

void changing_host_compare(const struct sample *live, const struct sample *played, bool metrics)
{
    assert_true(live->mono_ns == played->mono_ns && live->wall_ns == played->wall_ns);
    assert_true(live->cost_ns == played->cost_ns && live->cpu_ns == played->cpu_ns);
    assert_true(live->interval_ms == played->interval_ms);
    assert_int_equal(live->now_ds, played->now_ds);
    assert_int_equal(live->status, played->status);
    assert_int_equal(live->reason.code, played->reason.code);
    assert_int_equal(live->needs & ~NEED_METRICS, played->needs & ~NEED_METRICS);
    assert_string_equal(live->netns, played->netns);
    assert_memory_equal(&live->host, &played->host, sizeof live->host);
    assert_memory_equal(live->count, played->count, sizeof live->count);
    assert_int_equal(live->n_live, played->n_live);
    assert_int_equal(live->n_missing, played->n_missing);
    assert_int_equal(live->n_closed, played->n_closed);
    assert_int_equal(live->born, played->born);
    assert_int_equal(live->changed, played->changed);
    assert_true(live->closed_total == played->closed_total);
    assert_memory_equal(&live->transitions, &played->transitions, sizeof live->transitions);
    assert_memory_equal(&live->close_stats, &played->close_stats, sizeof live->close_stats);
    assert_int_equal(live->close_events_known, played->close_events_known);
    assert_int_equal(live->ownerless, played->ownerless);
    assert_int_equal(live->owners->lacks, played->owners->lacks);
    assert_string_equal(owner_table_user(played->owners, 33)->name, "www-data");
    compare_drops(live, played);
    compare_rows(live, played, 0, live->n_live, metrics);
    compare_rows(live, played, live->n_live, live->n_missing, metrics);
    compare_rows(live, played, live->n_live + live->n_missing, live->n_closed, metrics);
}
