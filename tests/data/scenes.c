/* SPDX-License-Identifier: MIT */
/* Write a recording of a made-up host: `scenes web-01 > web-01.frames`.
 *
 * 60 samples, a second apart, the last at 14:03:22 UTC; netlink messages as the kernel would have
 * sent them, and the processes that a scan has found. The same bytes every time. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "data/scenes_hosts.h"
#include "lib/diag_build.h"
#include "lib/figures.h"
#include "lib/frame_write.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/frame.h"

#define LAST_WALL_S      INT64_C(1773324202) /* 2026-03-12 14:03:22 UTC */
#define LAST_MONO_S      INT64_C(864000)
#define INFO_BYTES       248
#define SEGMENT          1448
#define BEFORE_SAMPLE_MS 300 /* what a sample has first began so long before it */

#define PROCESSES_MAX 16

static unsigned digit_of(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static uint32_t value_at(uint32_t last, const struct course *c, int t)
{
    if (t == SAMPLES || !c->digits)
        return last;
    return (uint32_t)((uint64_t)c->max * digit_of(c->digits[t - 1]) / 35);
}

/* Totals as they were at sample `t`: those of the last without what came later. */
static void go_back(struct figures *f, int t)
{
    const struct figures last = *f;

    for (int later = SAMPLES; later > t; later--) {
        uint64_t tx = value_at(last.tx, &last.tx_course, later);
        uint64_t permille = value_at(last.again_permille, &last.again_course, later);
        uint64_t again = tx * permille / (1000 - permille);

        f->sent -= tx + again;
        f->again -= again;
        f->received -= value_at(last.rx, &last.rx_course, later);
        f->busy_us -= UINT64_C(1000) * last.busy_permille;
    }
    f->rtt_us = value_at(last.rtt_us, &last.rtt_course, t);
}

/* How long nothing has gone one way at sample `t`. Where nothing ever did while it was watched,
 * that was before the peer's last segment. */
static uint32_t quiet_ms(uint32_t last, const struct course *c, uint32_t ack_ago_ms, int t)
{
    for (int at = t; at > 0; at--)
        if (value_at(last, c, at))
            return (uint32_t)(t - at) * 1000 + 40;
    return ack_ago_ms ? ack_ago_ms + 200 : 20000 + (uint32_t)t * 1000;
}

static void make_times(struct tcp_metrics *metrics, const struct row *r, int t)
{
    const struct figures *f = &r->figures;
    uint32_t sent = quiet_ms(f->tx, &f->tx_course, f->ack_ago_ms, t);
    uint32_t received = quiet_ms(f->rx, &f->rx_course, f->ack_ago_ms, t);
    uint32_t ack = r->state == TCP_STATE_ESTABLISHED ? sent : f->ack_ago_ms;

    figure_set(metrics, METRICS_last_data_sent_ms, sent);
    figure_set(metrics, METRICS_last_data_recv_ms, received);
    figure_set(metrics, METRICS_last_ack_recv_ms, ack > received ? received : ack);
}

static void make_metrics(struct tcp_metrics *metrics, const struct row *r, int t)
{
    struct figures at = r->figures, *f = &at;

    go_back(f, t);
    *metrics = (struct tcp_metrics){0};
    figure_set(metrics, METRICS_rto_us, f->rto_us);
    figure_set(metrics, METRICS_rtt_us, f->rtt_us);
    figure_set(metrics, METRICS_rttvar_us, f->rttvar_us);
    figure_set(metrics, METRICS_ssthresh_segs, f->ssthresh ? f->ssthresh : 0x7fffffff);
    figure_set(metrics, METRICS_cwnd_segs, f->cwnd);
    figure_set(metrics, METRICS_total_retrans_segs, f->again / SEGMENT);
    figure_set(metrics, METRICS_bytes_acked, f->sent - f->again);
    figure_set(metrics, METRICS_bytes_received, f->received);
    figure_set(metrics, METRICS_min_rtt_us, f->min_rtt_us ? f->min_rtt_us : UINT32_MAX);
    figure_set(metrics, METRICS_busy_us, f->busy_us);
    figure_set(metrics, METRICS_bytes_sent, f->sent);
    figure_set(metrics, METRICS_bytes_retrans, f->again);
    figure_set(metrics, METRICS_snd_wnd_bytes, f->window);
    make_times(metrics, r, t);
}

/* "10.0.2.15:443", "[::1]:3000", "0.0.0.0:*". */
static uint8_t parse_address(const char *text, void *address, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    bool v6 = text[0] == '[';
    char host[64];

    snprintf(host, sizeof host, "%.*s", (int)(colon - text - (v6 ? 2 : 0)), text + (v6 ? 1 : 0));
    if (inet_pton(v6 ? AF_INET6 : AF_INET, host, address) != 1) {
        fprintf(stderr, "scenes: bad address %s\n", text);
        exit(1);
    }
    *port = (uint16_t)atoi(colon + 1);
    return v6 ? AF_INET6 : AF_INET;
}

/* Mini-sockets have neither file nor owner. */
static bool is_mini(const struct row *r)
{
    return r->state == TCP_STATE_TIME_WAIT || r->state == TCP_STATE_SYN_RECV ||
           (r->state == TCP_STATE_FIN_WAIT2 && r->timer == TIMER_TIMEWAIT);
}

/* Timers under ten seconds are restarted all the time; the others run down. */
static uint32_t expires_at(const struct row *r, int t)
{
    if (r->timer == TIMER_OFF || r->figures.left_ms)
        return r->figures.left_ms;
    return r->expires_ms < 1000 ? r->expires_ms : r->expires_ms + (uint32_t)(SAMPLES - t) * 1000;
}

/* The frame in the making: what it says, and the sample whose owners it tells. */
struct making {
    struct str messages;
    struct sample *s;
    const struct scene *scene;
    uint32_t *inodes[PROCESSES_MAX]; /* of each process */
    uint32_t n[PROCESSES_MAX], cap[PROCESSES_MAX];
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Returns the process's user. */
static uint32_t hold(struct making *m, uint32_t pid, uint32_t inode)
{
    unsigned i = 0;

    while (m->scene->processes[i].pid != pid)
        i++;
    if (m->n[i] == m->cap[i]) {
        m->cap[i] = m->cap[i] * 2 + 64;
        m->inodes[i] = realloc(m->inodes[i], m->cap[i] * sizeof(uint32_t));
        if (!m->inodes[i])
            fail("scenes");
    }
    m->inodes[i][m->n[i]++] = inode;
    return m->scene->processes[i].uid;
}

/* Who holds it; the socket is of the first one's user. One that lives in a single sample is gone
 * before a scan comes by. */
static void add_holders(struct making *m, struct conn *c, const struct row *r)
{
    const struct holding *h = m->scene->holdings;

    if (r->first && r->first == r->last && r->last < SAMPLES)
        return;
    for (; h->pid[0]; h++) {
        if ((h->local_port && h->local_port != c->sport) ||
            (h->remote_port && h->remote_port != c->dport) || (h->state && h->state != c->state))
            continue;
        c->uid = hold(m, h->pid[0], c->inode);
        for (int i = 1; i < HOLDERS_MAX && h->pid[i]; i++)
            hold(m, h->pid[i], c->inode);
        return;
    }
}

static void add_message(struct making *m, const struct row *r, int t)
{
    struct conn c = {.state = (uint8_t)r->state,
                     .timer = (uint8_t)r->timer,
                     .expires_ms = expires_at(r, t),
                     .retrans = (uint8_t)r->figures.retries,
                     .rqueue = r->rqueue,
                     .wqueue = r->wqueue};
    uint64_t hash = hash_bytes(r->local, strlen(r->local), 0);
    uint8_t info[BUILD_INFO_BYTES];
    struct tcp_metrics metrics;

    c.family = parse_address(r->local, c.src, &c.sport);
    parse_address(r->remote, c.dst, &c.dport);
    c.cookie = hash_bytes(r->remote, strlen(r->remote), hash) % 0xffffffffff + 1;
    if (r->figures.cookie)
        c.cookie = r->figures.cookie;
    if (!is_mini(r)) {
        c.uid = r->uid;
        c.inode = (uint32_t)(10000 + c.cookie % 99990001);
        add_holders(m, &c, r);
    }
    struct conn *row = sample_add(builder_of(m->s), NULL);
    if (!row)
        fail("scenes");
    *row = c;
    make_metrics(&metrics, r, t);
    build_info(info, &metrics);
    build_conn(&m->messages, &c, r->figures.rto_us ? info : NULL, INFO_BYTES);
}

static uint32_t count_at(const struct series *s, int t)
{
    if (!s->digits)
        return s->base +
               ((s->last - s->base) * (uint32_t)(t - 1) + (SAMPLES - 1) / 2) / (SAMPLES - 1);
    return s->base + s->scale * digit_of(s->digits[t - 1]);
}

/* Does the socket wait for an answer to what the kernel sends: its SYN, its FIN? */
static bool awaits(unsigned state)
{
    return state == TCP_STATE_SYN_SENT || state == TCP_STATE_SYN_RECV ||
           state == TCP_STATE_FIN_WAIT1 || state == TCP_STATE_CLOSING ||
           state == TCP_STATE_LAST_ACK;
}

/* Which sample had the i-th row of the state first, that of sample `t`. A SYN may wait for long;
 * what else waits so is answered before the next sample, which has other sockets. */
static int first_sample(const struct series *s, uint32_t i, int t)
{
    while (s->state == TCP_STATE_SYN_SENT && t > 1 && count_at(s, t - 1) > i)
        t--;
    return t;
}

/* The kernel's timer of a row that has had no answer for `waited_ms`: a SYN is retransmitted five
 * times after a second (tcp_syn_linear_timeouts), then after twice as long each time. */
static void wait_for_answer(struct row *row, uint32_t waited_ms)
{
    const bool opening = row->state == TCP_STATE_SYN_SENT || row->state == TCP_STATE_SYN_RECV;
    uint32_t timeout_ms = opening ? 1000 : 400;

    while (waited_ms >= timeout_ms) {
        waited_ms -= timeout_ms;
        row->figures.retries++;
        timeout_ms *= row->state == TCP_STATE_SYN_SENT && row->figures.retries < 5 ? 1 : 2;
    }
    row->timer = TIMER_RETRANSMIT;
    row->figures.left_ms = timeout_ms - waited_ms;
    row->wqueue = row->state != TCP_STATE_SYN_RECV; /* the SYN or FIN itself */
}

/* The rows of one state: those with a name first, others until the count is reached. */
static void add_state(struct making *m, const struct series *s, int t)
{
    const struct scene *scene = m->scene;
    uint32_t want = count_at(s, t), have = 0;

    for (const struct row *r = scene->rows; r->local; r++) {
        if (r->state == s->state && t >= r->first && t <= r->last) {
            add_message(m, r, t);
            have++;
        }
    }
    if (!s->slots && have > want) {
        fprintf(stderr, "scenes: %s: more rows than counted in state %u at %d\n", scene->name,
                s->state, t);
        exit(1);
    }
    for (unsigned i = 0; s->slots ? i < s->slots : have < want; i++) {
        char local[64], remote[64];
        struct row row = {.local = local, .remote = remote, .state = s->state, .uid = 33};

        const int first = awaits(s->state) ? first_sample(s, have, t) : t;
        if (!scene->maker(s->state, i, first, &row, local, remote))
            continue;
        have++;
        if (awaits(s->state))
            wait_for_answer(&row, (uint32_t)(t - first) * 1000 + BEFORE_SAMPLE_MS);
        add_message(m, &row, t);
    }
}

static void set_counter(struct host *h, enum host_counter which, double per_s, int t)
{
    h->counter[which] = (uint64_t)(1000000 + per_s * t);
    h->counter_valid |= UINT32_C(1) << which;
}

static void set_sysctl(struct host *h, enum host_sysctl which, int64_t value)
{
    h->sysctl[which] = value;
    h->sysctl_valid |= UINT32_C(1) << which;
}

static void set_host(struct host *h, const struct scene *scene, int t)
{
    static const struct {
        enum host_sysctl which;
        int64_t value;
    } usual[] = {
        {SYSCTL_FIN_TIMEOUT, 60},        {SYSCTL_TW_REUSE, 2},
        {SYSCTL_MAX_TW_BUCKETS, 65536},  {SYSCTL_SYN_RETRIES, 6},
        {SYSCTL_SYNACK_RETRIES, 5},      {SYSCTL_SYNCOOKIES, 1},
        {SYSCTL_SOMAXCONN, 4096},        {SYSCTL_MAX_SYN_BACKLOG, 1024},
        {SYSCTL_ABORT_ON_OVERFLOW, 0},   {SYSCTL_RETRIES2, 15},
        {SYSCTL_ORPHAN_RETRIES, 0},      {SYSCTL_MAX_ORPHANS, 65536},
        {SYSCTL_KEEPALIVE_TIME, 7200},   {SYSCTL_KEEPALIVE_INTVL, 75},
        {SYSCTL_KEEPALIVE_PROBES, 9},    {SYSCTL_RFC1337, 0},
        {SYSCTL_SYN_LINEAR_TIMEOUTS, 4}, {SYSCTL_TW_REUSE_DELAY, 1000},
    };

    snprintf(h->name, sizeof h->name, "%s", scene->name);
    snprintf(h->kernel, sizeof h->kernel, "6.18.0");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        set_sysctl(h, usual[i].which, usual[i].value);
    set_sysctl(h, SYSCTL_PORT_LOW, scene->port_low);
    set_sysctl(h, SYSCTL_PORT_HIGH, scene->port_high);
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        set_counter(h, (enum host_counter)i, 0, t);
    set_counter(h, COUNTER_ACTIVE_OPENS, scene->opened, t);
    set_counter(h, COUNTER_PASSIVE_OPENS, scene->accepted, t);
    set_counter(h, COUNTER_ESTAB_RESETS, scene->resets, t);
    set_counter(h, COUNTER_OUT_SEGS, scene->sent, t);
    set_counter(h, COUNTER_IN_SEGS, scene->sent, t);
    set_counter(h, COUNTER_RETRANS_SEGS, scene->again, t);
}

/* /proc/net/sockstat counts what the dump has. */
static void set_time_wait(struct sample *s)
{
    for (uint32_t row = 0; row < s->n_live; row++)
        s->host.gauge[GAUGE_TW] += s->conn[row].state == TCP_STATE_TIME_WAIT;
    s->host.gauge_valid |= UINT32_C(1) << GAUGE_TW;
}

static void add_owners(struct making *m)
{
    const struct process *p = m->scene->processes;
    struct owner_lookup *lookup = owner_lookup_new();

    if (!lookup)
        fail("scenes");
    for (unsigned i = 0; p[i].pid; i++) {
        struct owner_facts facts = {p[i].pid, p[i].uid, 100, p[i].name, p[i].cmdline, p[i].cgroup};
        owned_put_facts(lookup, &facts, m->inodes[i], m->n[i]);
        free(m->inodes[i]);
    }
    for (const struct user *u = scene_users; u->name; u++)
        user_names_set(lookup->users, u->uid, u->name);
    owned_assign(lookup, m->s);
    m->s->needs |= NEED_USER;
    owner_lookup_free(lookup);
}

/* One frame. Returns false when memory ran out. */
static bool add_frame(struct str *out, const struct scene *scene, int t)
{
    struct making m = {.s = sample_make(NULL), .scene = scene};
    struct sample *s = m.s;
    bool done;

    if (!s)
        return false;
    for (const struct series *series = scene->series; series->state; series++)
        add_state(&m, series, t);
    build_done(&m.messages, 0);
    s->mono_ns = (LAST_MONO_S - SAMPLES + t) * NS_PER_S;
    s->wall_ns = (LAST_WALL_S - SAMPLES + t) * NS_PER_S;
    s->interval_ms = s->asked_interval_ms = 1000;
    s->needs = NEED_TCP_INFO;
    s->cost_ns = s->cpu_ns = scene->cost_ns;
    set_host(&s->host, scene, t);
    set_time_wait(s);
    add_owners(&m);
    frame_write(out, s, str_text(&m.messages), m.messages.len);
    done = !str_failed(&m.messages) && !str_failed(out);
    str_fini(&m.messages);
    sample_unref(s);
    return done;
}

static const struct scene *find_scene(const char *name)
{
    static const struct scene *const scenes[] = {&web_01, &devbox, &api_07};

    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        if (!strcmp(scenes[i]->name, name))
            return scenes[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct scene *scene = argc == 2 ? find_scene(argv[1]) : NULL;
    struct str out = STR_INIT;

    if (!scene) {
        fprintf(stderr, "usage: scenes web-01|devbox|api-07\n");
        return 2;
    }
    frame_begin(&out);
    for (int t = 1; t <= SAMPLES; t++) {
        if (!add_frame(&out, scene, t) || fwrite(str_text(&out), 1, out.len, stdout) != out.len) {
            perror("scenes");
            return 1;
        }
        str_clear(&out);
    }
    str_fini(&out);
    return fclose(stdout) ? 1 : 0;
}
