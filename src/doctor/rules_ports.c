/* SPDX-License-Identifier: MIT */
/* Ephemeral ports: how many a source address has in use towards a destination, and when it will
 * have none left; and how many bind() has given out. net/ipv4/inet_hashtables.c
 * __inet_hash_connect(): a port is free for a destination when no connection to it has it, however
 * many there are to others.
 *
 * Two passes: rows are counted by a hash of their route; only routes that may have a share of the
 * range worth telling are then counted exactly. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/base/hash.h"

#define BUCKETS       8192u
#define ROUTES_MAX    128
#define SHARE_LEAST   20 /* one part in so many of the range is worth counting */
#define PORTS_LEAST   4
#define LINGER_S      60 /* TCP_TIMEWAIT_LEN */
#define RECENT_CLOSED 5.0
#define WINDOW_LEAST  0.8
#define HORIZON_S     3600
#define REUSE_DELAY   1000 /* ms; where the kernel has no setting for it */

struct route {
    uint64_t key;
    uint32_t row;
    uint32_t used, waiting, reusable, recent;
    struct share holder;                /* the process that has most of them */
    double oldest_s;                    /* of those in TIME_WAIT */
    uint32_t close_event[LINGER_S + 1]; /* in TIME_WAIT, by seconds left */
};

struct routes {
    uint32_t bucket[BUCKETS];
    uint32_t most; /* in a bucket */
    uint32_t n;
    struct route list[ROUTES_MAX];
};

void rules_ports_free(struct routes *r)
{
    free(r);
}

static uint64_t route_key(const struct conn *c)
{
    uint8_t address[16];

    conn_plain_address(c, false, address);
    return hash_bytes(address, sizeof address, subjects_peer_key(c, true));
}

void rules_ports_begin(struct check *l)
{
    struct routes *r = l->d->routes;

    if (!r)
        r = l->d->routes = calloc(1, sizeof *r);
    if (!r)
        return;
    memset(r->bucket, 0, sizeof r->bucket);
    r->most = r->n = 0;
}

/* Has the row a port that connect() could have chosen? Those of a listener's children are none. */
static bool is_ephemeral(const struct netns_ctx *p, const struct conn *c)
{
    return c->state != TCP_STATE_LISTEN && host_port_in_range(&p->ports, c->sport) &&
           !port_set_has(&p->listening, c->sport);
}

void rules_ports_row(struct check *l, const struct conn *c)
{
    struct routes *r = l->d->routes;

    if (!r || conn_ends_unknown(c) || !is_ephemeral(subjects_netns_of(l, c), c))
        return;
    uint32_t count = ++r->bucket[route_key(c) % BUCKETS];
    if (count > r->most)
        r->most = count;
}

static uint32_t worth(const struct netns_ctx *p)
{
    int64_t least = p->ports.usable / SHARE_LEAST;

    return least > PORTS_LEAST ? (uint32_t)least : PORTS_LEAST;
}

static struct route *route_at(struct routes *r, uint64_t key, uint32_t row)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (r->list[i].key == key)
            return &r->list[i];
    if (r->n == ROUTES_MAX)
        return NULL;
    r->list[r->n] = (struct route){.key = key, .row = row};
    return &r->list[r->n++];
}

/* After how many ms may connect() take a port over from TIME_WAIT? -1: never.
 * net/ipv4/tcp_ipv4.c tcp_twsk_unique() */
static int64_t reuse_after_ms(const struct netns_ctx *p, const struct conn *c)
{
    int64_t reuse = 0, timestamps = 1, delay = REUSE_DELAY;

    (void)host_sysctl(p->host, SYSCTL_TW_REUSE, &reuse);
    (void)host_sysctl(p->host, SYSCTL_TIMESTAMPS, &timestamps);
    (void)host_sysctl(p->host, SYSCTL_TW_REUSE_DELAY, &delay);
    return timestamps && (reuse == 1 || (reuse == 2 && conn_is_loopback(c))) ? delay : -1;
}

static void add_to_route(struct route *r, const struct netns_ctx *p, const struct conn *c)
{
    uint32_t left_ms = c->expires_ms < LINGER_S * 1000 ? c->expires_ms : LINGER_S * 1000;
    int64_t after = reuse_after_ms(p, c);
    double age = LINGER_S - left_ms / 1000.0;

    r->used++;
    if (c->state != TCP_STATE_TIME_WAIT)
        return;
    r->waiting++;
    r->recent += age <= RECENT_CLOSED;
    r->reusable += after >= 0 && age * 1000 > (double)after;
    r->close_event[left_ms / 1000]++;
    r->oldest_s = age > r->oldest_s ? age : r->oldest_s;
}

static void count_routes(struct check *l)
{
    struct routes *r = l->d->routes;

    for (uint32_t row = 0; row < l->s->n_live; row++) {
        const struct conn *c = &l->s->conn[row];
        const struct netns_ctx *p = subjects_netns_of(l, c);
        uint64_t key;

        if (c->state >= TCP_STATE_COUNT || c->flags & CONN_BOUND || !is_ephemeral(p, c))
            continue;
        key = route_key(c);
        if (r->bucket[key % BUCKETS] < worth(p))
            continue;
        struct route *route = route_at(r, key, row);
        if (!route)
            continue;
        add_to_route(route, p, c);
        suspects_count(l, key, row, &route->holder);
    }
}

/* What the next minutes will bring at the present rate. */
struct outlook {
    bool known;
    double new_per_s;   /* ports taken */
    double held_per_s;  /* of them, kept by connections that stay open */
    double window_s;    /* over which both were counted */
    double exhausted_s; /* from now; negative: not at this rate */
};

/* How many closed per second while the route was watched, by the timers of TIME_WAIT, which tell
 * it to the second. */
static double closed_per_s(const struct route *r, double watched_s)
{
    int seconds = watched_s < 1 ? 1 : watched_s < LINGER_S ? (int)watched_s : LINGER_S;
    uint32_t closed = 0;

    for (int left = LINGER_S - seconds; left <= LINGER_S; left++)
        closed += r->close_event[left];
    return closed / (double)seconds;
}

/* Connections opened per second: those that closed here since, and the growth of the rest. Of a
 * burst that is over nothing was closed since the look before, however much in the seconds before
 * that. */
static void rate_of(struct check *l, const struct route *r, struct outlook *o)
{
    double window = r->oldest_s < RECENT_CLOSED ? r->oldest_s : RECENT_CLOSED;
    struct candidate *before = trends_group(l, RULE_EPHEMERAL, r->key);
    uint32_t open = r->used - r->waiting;
    double closed = 0;

    if (!before)
        return;
    double over = (double)(l->now_ns - before->since_ns) / (double)NS_PER_S;
    if (before->fresh) {
        before->value[0] = open;
        l->d->pending = true;
        return;
    }
    if (over < WINDOW_LEAST || (r->waiting && window < WINDOW_LEAST))
        return;
    closed = r->waiting ? r->recent / window : 0;
    if (closed_per_s(r, over) < closed) {
        closed = closed_per_s(r, over);
        window = over;
    }
    o->held_per_s = ((double)open - (double)before->value[0]) / over;
    o->new_per_s = closed + o->held_per_s;
    o->window_s = r->waiting && window > over ? window : over;
    o->known = true;
    if (over > RECENT_CLOSED) {
        before->since_ns = l->now_ns;
        before->value[0] = open;
    }
}

/* Second by second: what is opened takes a port, what has waited out gives one back. */
static void look_ahead(const struct route *r, double available, bool reused, struct outlook *o)
{
    double closing = o->new_per_s - o->held_per_s;
    double used = reused ? r->used - (double)r->reusable : r->used;
    double grows = reused ? o->held_per_s : o->new_per_s;

    o->exhausted_s = -1;
    if (grows <= 0)
        return;
    for (int t = 0; t < HORIZON_S; t++) {
        double next = used + grows;
        if (!reused)
            next -= t < LINGER_S ? (double)r->close_event[t] : closing;
        if (next >= available) {
            o->exhausted_s = next > used ? t + (available - used) / (next - used) : t;
            o->exhausted_s = o->exhausted_s > 0 ? o->exhausted_s : 0;
            return;
        }
        used = next;
    }
}

/* Ports of open connections come back when these close. One in TIME_WAIT is taken over by connect()
 * where tcp_tw_reuse lets it: that takes timestamps. */
static enum advice route_advice(const struct netns_ctx *p, const struct route *r, bool reused)
{
    int64_t timestamps = 1;

    (void)host_sysctl(p->host, SYSCTL_TIMESTAMPS, &timestamps);
    if (r->waiting * 2 < r->used)
        return ADVICE_OPEN;
    if (reused)
        return ADVICE_POOL;
    return timestamps ? ADVICE_REUSE : ADVICE_TIMESTAMPS;
}

static void judge_route(struct check *l, const struct route *r)
{
    const struct conn *c = &l->s->conn[r->row];
    const struct netns_ctx *p = subjects_netns_of(l, c);
    bool reused = reuse_after_ms(p, c) >= 0;
    double available = (double)p->ports.usable;
    double used = reused ? r->used - (double)r->reusable : r->used;
    double share = used * 100 / available;
    struct outlook o = {.exhausted_s = -1};
    int64_t reuse;

    rate_of(l, r, &o);
    if (o.known)
        look_ahead(r, available, reused, &o);
    bool soon = o.exhausted_s >= 0 && o.exhausted_s <= limit(l, THRESHOLD_EPHEMERAL_SOON);
    if (share < limit(l, THRESHOLD_EPHEMERAL_WARN) && !soon)
        return;
    struct finding *f = doctor_report(
        l, RULE_EPHEMERAL, p, r->key,
        share >= limit(l, THRESHOLD_EPHEMERAL_CRIT) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
    if (!f)
        return;
    f->subject = SUBJECT_ROUTE;
    f->scope.states = STATE_MASK_LISTED & ~(uint32_t)STATE_BIT(TCP_STATE_LISTEN);
    f->marks = STATE_BIT(r->waiting * 2 >= r->used ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED);
    f->scope.ends = *c;
    f->scope.by = SCOPE_SRC | SCOPE_DST | SCOPE_DPORT;
    suspects_name_first(l, f, r->holder.n ? r->holder.row : r->row);
    f->advice = (uint8_t)route_advice(p, r, reused);
    figure(f, FIGURE_EPHEMERAL_USED, r->used);
    figure(f, FIGURE_EPHEMERAL_AVAILABLE, available);
    figure(f, FIGURE_EPHEMERAL_WAITING, r->waiting);
    figure(f, FIGURE_EPHEMERAL_SHARE, share);
    if (o.known) {
        figure(f, FIGURE_EPHEMERAL_RATE, o.new_per_s > 0 ? o.new_per_s : 0);
        f->window_s = o.window_s;
    }
    if (o.exhausted_s >= 0)
        figure(f, FIGURE_EPHEMERAL_LEFT, o.exhausted_s);
    if (host_sysctl(p->host, SYSCTL_TW_REUSE, &reuse))
        figure(f, FIGURE_EPHEMERAL_REUSE, (double)reuse);
}

void rules_ephemeral(struct check *l)
{
    struct routes *r = l->d->routes;
    uint32_t least = UINT32_MAX;

    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++)
        if (l->d->netns_ctx[i].ports.usable > 0 && worth(&l->d->netns_ctx[i]) < least)
            least = worth(&l->d->netns_ctx[i]);
    if (least == UINT32_MAX) {
        doctor_not_looked(l, RULE_EPHEMERAL, SKIP_SYSCTL);
        return;
    }
    if (!l->rows || !r)
        return;
    doctor_looked(l, RULE_EPHEMERAL);
    if (r->most < least)
        return;
    count_routes(l);
    for (uint32_t i = 0; i < r->n; i++)
        judge_route(l, &r->list[i]);
}

/* Ports held by bind() --------------------------------------------------------------------------
 *
 * A port that bind() gave out is taken at its address for every destination: bind() to port 0 looks
 * for another one (net/ipv4/inet_connection_sock.c inet_csk_find_open_port), and so does connect(),
 * which passes over each port of bind()'s (net/ipv4/inet_hashtables.c __inet_hash_connect). Sockets
 * bound to any address take their port at all of them. A port counts once, however many sockets
 * share it by SO_REUSEADDR or SO_REUSEPORT. */

/* A port held at an address. */
struct held_port {
    uint64_t at; /* namespace and address; that of any address: its namespace alone */
    uint32_t row;
    uint16_t port;
};

static bool is_any(const struct conn *c)
{
    static const uint8_t any[16];

    return memcmp(c->src, any, sizeof any) == 0;
}

static uint64_t any_at(uint16_t netns)
{
    return netns;
}

static uint64_t held_at(const struct conn *c)
{
    uint8_t address[16];

    if (is_any(c))
        return any_at(c->netns);
    conn_plain_address(c, false, address);
    return hash_bytes(address, sizeof address, hash_u64(c->netns)) | UINT64_C(1) << 63;
}

static int compare_held(const void *a, const void *b)
{
    const struct held_port *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->port != y->port ? x->port - y->port : (x->row > y->row) - (x->row < y->row);
}

/* Every bound-only row that has an ephemeral port, sorted, each port of an address once. Returns
 * how many. */
static uint32_t find_held(struct check *l, struct held_port *held, uint32_t room)
{
    uint32_t n = 0, kept = 0;

    for (uint32_t row = 0; row < l->s->n_live && n < room; row++) {
        const struct conn *c = &l->s->conn[row];
        if (c->flags & CONN_BOUND && host_port_in_range(&subjects_netns_of(l, c)->ports, c->sport))
            held[n++] = (struct held_port){held_at(c), row, c->sport};
    }
    qsort(held, n, sizeof *held, compare_held);
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || held[i].at != held[kept - 1].at || held[i].port != held[kept - 1].port)
            held[kept++] = held[i];
    return kept;
}

/* The process that holds most of the ports. */
static const struct bucket *main_holder(struct check *l, const struct held_port *held, uint32_t n)
{
    struct bucket_table *holders = &l->d->bucket_table[RULE_BOUND];
    const struct bucket *most = NULL;

    trends_clear_buckets(holders);
    for (uint32_t i = 0; i < n; i++) {
        bool unowned;
        uint64_t key = subjects_owner_key(l, held[i].row, &unowned);
        struct bucket *bucket = trends_bucket(holders, key, held[i].row);
        if (!bucket)
            continue;
        bucket->n++;
        bucket->unowned = unowned;
        if (!most || bucket->n > most->n)
            most = bucket;
    }
    return most;
}

/* `held`: the `n` ports of one address; `anywhere`: of sockets that are bound to any address. */
static void judge_held(struct check *l, const struct held_port *held, uint32_t n, uint32_t anywhere)
{
    const struct conn *c = &l->s->conn[held->row];
    const struct netns_ctx *p = subjects_netns_of(l, c);
    uint32_t all = n + (is_any(c) ? 0 : anywhere);
    double share = all * 100.0 / (double)p->ports.usable;
    const struct bucket *holder;

    if (p->ports.usable <= 0 || share < limit(l, THRESHOLD_BOUND_SHARE))
        return;
    holder = main_holder(l, held, n);
    if (!holder || subjects_await_owner(l, RULE_BOUND, holder))
        return;
    struct finding *f = doctor_report(l, RULE_BOUND, p, held->at,
                                      share >= limit(l, THRESHOLD_BOUND_CRIT) ? SEVERITY_CRITICAL
                                                                              : SEVERITY_WARNING);
    if (!f)
        return;
    subjects_name_owner(l, f, holder->row);
    f->scope.ends = *c;
    f->scope.by |= SCOPE_SRC;
    figure(f, FIGURE_BOUND_COUNT, all);
    figure(f, FIGURE_BOUND_AVAILABLE, (double)p->ports.usable);
    figure(f, FIGURE_BOUND_SHARE, share);
    figure(f, FIGURE_BOUND_OWN, holder->n);
}

static uint32_t count_held(const struct held_port *held, uint32_t n, uint64_t at)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++)
        count += held[i].at == at;
    return count;
}

/* There are such rows only where bound-only sockets are asked for. */
void rules_bound(struct check *l)
{
    uint32_t bound = l->s->count[TCP_STATE_BOUND_INACTIVE];
    struct held_port *held;

    if (!(l->s->needs & NEED_BOUND)) {
        doctor_not_looked(l, RULE_BOUND, l->d->eager ? SKIP_NO_BOUND : SKIP_BOUND);
        return;
    }
    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++)
        if (l->d->netns_ctx[i].ports.usable <= 0)
            doctor_not_looked(l, RULE_BOUND, SKIP_SYSCTL);
    if (!l->rows)
        return;
    doctor_looked(l, RULE_BOUND);
    held = bound ? malloc(bound * sizeof *held) : NULL;
    if (!held)
        return;
    uint32_t n = find_held(l, held, bound);
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && held[to].at == held[from].at; to++)
            ;
        uint64_t any = any_at(l->s->conn[held[from].row].netns);
        judge_held(l, held + from, to - from, count_held(held, n, any));
    }
    free(held);
}
