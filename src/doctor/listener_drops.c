/* SPDX-License-Identifier: MIT */
/* Names the listener that loses connections.
 *
 * TcpExtListenOverflows is the namespace's. Each segment that it counts is counted as dropped by
 * its listener, too (net/ipv4/tcp_input.c tcp_conn_request(), net/ipv4/tcp_ipv4.c
 * tcp_v4_syn_recv_sock()), but not the other way round. So a listener that has dropped nothing has
 * lost none; and where the counter grew, and one listener dropped a good part of all that listeners
 * did, that one has. */
#include "listener_drops.h"

#include "check.h"
#include "subjects.h"

#define WANTED_S   15             /* asked for so long after something was dropped */
#define SAME_NS    (NS_PER_S / 2) /* samples closer than this are one time */
#define PART_LEAST 4              /* one that dropped this part of all, or more, is named */

static struct losing *find(struct listener_drops *drops, uint64_t cookie, uint16_t netns)
{
    for (uint32_t i = 0; i < drops->n; i++) {
        if (drops->one[i].cookie == cookie && drops->one[i].netns == netns)
            return &drops->one[i];
    }
    return NULL;
}

/* Forget what is older than the window. */
static void age(struct listener_drops *drops, int64_t now_ns)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < drops->n; i++) {
        struct losing one = drops->one[i];
        uint32_t old = 0;

        while (old < one.n && now_ns - one.time[old].ns > WINDOW_S * NS_PER_S)
            old++;
        one.n -= old;
        memmove(one.time, one.time + old, one.n * sizeof one.time[0]);
        one.row = UINT32_MAX;
        if (one.n)
            drops->one[kept++] = one;
    }
    drops->n = kept;
}

static void add(struct losing *one, int64_t now_ns, uint32_t dropped)
{
    bool same = one->n && now_ns - one->time[one->n - 1].ns < SAME_NS;

    if (!same && one->n == LOSING_TIMES)
        same = true;
    if (!same)
        one->time[one->n++].dropped = 0;
    one->time[one->n - 1].ns = now_ns;
    one->time[one->n - 1].dropped += dropped;
}

/* A listening row of the sample. */
static void take_row(struct check *l, uint32_t row)
{
    struct listener_drops *drops = &l->d->drops;
    const struct drop_count *count = drops_find(l->s, row);
    struct losing *one = count ? find(drops, count->cookie, count->netns) : NULL;

    if (count && count->grown && !one && drops->n < LOSING_MAX) {
        one = &drops->one[drops->n++];
        *one = (struct losing){.cookie = count->cookie, .netns = count->netns};
    }
    if (one && count->grown)
        add(one, l->now_ns, count->grown);
    if (one)
        one->row = row;
}

void listener_drops_look(struct check *l)
{
    const struct sample *s = l->s;
    uint32_t left = s->drops.n ? s->count[TCP_STATE_LISTEN] : 0;

    age(&l->d->drops, l->now_ns);
    if (s->drops.span_ns > 0 && !l->d->drops.known)
        l->d->drops.since_ns = l->now_ns - s->drops.span_ns;
    l->d->drops.known = s->drops.span_ns > 0;
    for (uint32_t row = 0; row < s->n_live && left; row++) {
        if (s->conn[row].state != TCP_STATE_LISTEN)
            continue;
        take_row(l, row);
        left--;
    }
}

uint32_t listener_drops_needs(const struct doctor *d, int64_t now_ns)
{
    bool wanted = d->drops.wanted_ns && now_ns - d->drops.wanted_ns < WANTED_S * NS_PER_S;

    return d->eager || wanted ? NEED_DROPS : 0;
}

static uint64_t sum_of(const struct losing *one)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; one && i < one->n; i++)
        sum += one->time[i].dropped;
    return sum;
}

uint64_t listener_drops_of(const struct check *l, const struct conn *c)
{
    return sum_of(find(&l->d->drops, c->cookie, c->netns));
}

bool listener_drops_watched(const struct check *l, double seconds)
{
    return l->d->drops.known &&
           (double)(l->now_ns - l->d->drops.since_ns + SAME_NS) >= seconds * (double)NS_PER_S;
}

bool listener_drops_none(const struct check *l, const struct conn *c)
{
    return l->d->drops.known && !(c->flags & CONN_NO_COOKIE) && listener_drops_of(l, c) == 0;
}

/* For how long the drops that are counted were watched. */
static double watched_s(const struct check *l)
{
    double seconds = (double)(l->now_ns - l->d->drops.since_ns) / (double)NS_PER_S;

    return seconds < WINDOW_S ? seconds : WINDOW_S;
}

/* Add to each finding of this check how much its listener dropped. Returns whether one of the
 * namespace is about a listener. */
static bool add_figures(struct check *l, const struct netns_ctx *p)
{
    bool named = false;

    for (uint32_t i = 0; i < l->d->n_active; i++) {
        struct finding *f = &l->d->active[i];
        uint64_t dropped;

        if (f->rule != RULE_ACCEPT_QUEUE || f->seen_ns != l->now_ns ||
            f->subject != SUBJECT_LISTENER || f->scope.ends.netns != p->id)
            continue;
        named = true;
        dropped = listener_drops_of(l, &f->scope.ends);
        if (!dropped)
            continue;
        figure(f, FIGURE_ACCEPT_QUEUE_DROPS, (double)dropped);
        if (f->window_s <= 0)
            f->window_s = watched_s(l);
    }
    return named;
}

static void report(struct check *l, const struct netns_ctx *p, const struct losing *one,
                   uint64_t overflows, double over_s)
{
    const struct conn *c = &l->s->conn[one->row];
    struct finding *f =
        doctor_report(l, RULE_ACCEPT_QUEUE, p, subjects_conn_key(c), SEVERITY_WARNING);
    int64_t somaxconn;

    if (!f)
        return;
    subjects_name_listener(l, f, one->row);
    figure(f, FIGURE_ACCEPT_QUEUE_QUEUE, c->rqueue);
    figure(f, FIGURE_ACCEPT_QUEUE_LIMIT, c->wqueue);
    figure(f, FIGURE_ACCEPT_QUEUE_OVERFLOWS, (double)overflows);
    if (host_sysctl(p->host, SYSCTL_SOMAXCONN, &somaxconn))
        figure(f, FIGURE_ACCEPT_QUEUE_SOMAXCONN, (double)somaxconn);
    figure(f, FIGURE_ACCEPT_QUEUE_DROPS, (double)sum_of(one));
    f->window_s = over_s;
}

/* No queue of the namespace is full now, and yet connections were turned away. */
static void report_losing(struct check *l, const struct netns_ctx *p, uint64_t overflows,
                          double over_s)
{
    const struct listener_drops *drops = &l->d->drops;
    uint64_t all = 0;
    bool found = false;

    for (uint32_t i = 0; i < drops->n; i++)
        all += drops->one[i].netns == p->id ? sum_of(&drops->one[i]) : 0;
    for (uint32_t i = 0; i < drops->n; i++) {
        const struct losing *one = &drops->one[i];

        if (one->netns != p->id || one->row == UINT32_MAX || sum_of(one) * PART_LEAST < all)
            continue;
        report(l, p, one, overflows, over_s);
        found = true;
    }
    if (found) /* what names nobody gives way */
        doctor_forget(l, RULE_ACCEPT_QUEUE, p, 0);
}

void listener_drops_name(struct check *l)
{
    for (uint32_t at = 0; at < l->d->n_netns_ctxs; at++) {
        const struct netns_ctx *p = &l->d->netns_ctx[at];
        uint64_t overflows = 0, dropped = 0;
        double over_s = 0;
        bool named = add_figures(l, p);

        if (trends_grown(l, p, COUNTER_LISTEN_DROPS, WINDOW_S, &dropped, NULL) && dropped)
            l->d->drops.wanted_ns = l->now_ns;
        if (!named && trends_grown(l, p, COUNTER_LISTEN_OVERFLOWS, WINDOW_S, &overflows, &over_s) &&
            overflows > 0 && (double)overflows >= limit(l, THRESHOLD_ACCEPT_QUEUE_OVERFLOWS))
            report_losing(l, p, overflows, over_s);
    }
}
