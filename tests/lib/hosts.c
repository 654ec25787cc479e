/* SPDX-License-Identifier: MIT */
/* Samples of three imagined hosts, for the texts that quote them. */
#include "lib/hosts.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/clock.h"

struct sample *host_new(void)
{
    struct sample *s = sample_make(NULL);

    if (!s || history_init(&s->history, HISTORY_SHOWN + 1))
        abort();
    s->now_ds = 600;
    s->findings = findings_new(0);
    return s;
}

static bool is_local_free(const struct conn *c)
{
    return c->sport == 0;
}

void host_add(struct sample *s, uint32_t n, struct conn c)
{
    bool local = is_local_free(&c);

    c.family = AF_INET;
    for (uint32_t i = 0; i < n; i++) {
        struct conn *row = sample_add(builder_of(s), NULL);
        if (!row)
            abort();
        *row = c;
        row->cookie = s->n_live;
        if (local)
            row->sport = (uint16_t)(40000 + s->n_live);
        else if (c.state != TCP_STATE_LISTEN)
            row->dport = (uint16_t)(40000 + s->n_live);
    }
}

void host_sysctl_set(struct sample *s, enum host_sysctl which, int64_t value)
{
    s->host.sysctl[which] = value;
    s->host.sysctl_valid |= 1u << which;
}

void host_finish(struct sample *s, unsigned state, uint32_t was)
{
    struct point p = {.seq = 1, .counter_valid = s->host.counter_valid};

    sample_count(s);
    p.total = s->total;
    memcpy(p.count, s->count, sizeof(p.count));
    for (int i = 0; i <= HISTORY_SHOWN; i++, p.seq++, p.mono_ns += NS_PER_S) {
        p.count[state] = i ? s->count[state] : was;
        memcpy(p.counter, s->host.counter, i ? sizeof(p.counter) : 0);
        history_add(&s->history, &p);
    }
    s->seq = HISTORY_SHOWN + 1;
}

static void defaults(struct sample *s, int64_t low, int64_t high)
{
    host_sysctl_set(s, SYSCTL_TW_REUSE, 2);
    host_sysctl_set(s, SYSCTL_PORT_LOW, low);
    host_sysctl_set(s, SYSCTL_PORT_HIGH, high);
}

struct sample *host_web01(void)
{
    struct sample *s = host_new();
    struct conn server = {.state = TCP_STATE_TIME_WAIT,
                          .sport = 443,
                          .timer = TIMER_TIMEWAIT,
                          .expires_ms = 58200,
                          .src = {10, 0, 2, 15}};
    struct conn client = server;

    host_add(s, 14, (struct conn){.state = TCP_STATE_LISTEN, .sport = 443, .inode = 1});
    host_add(s, 214, (struct conn){.state = TCP_STATE_ESTABLISHED, .sport = 443, .inode = 2});
    host_add(s, 3,
             (struct conn){.state = TCP_STATE_FIN_WAIT2,
                           .sport = 443,
                           .timer = TIMER_TIMEWAIT,
                           .expires_ms = 24000});
    host_add(s, 58, server);
    client.sport = 0;
    client.dport = 8443;
    client.dst[0] = 1;
    host_add(s, 9, client);
    client.dst[0] = 2;
    host_add(s, 4, client);
    defaults(s, 32768, 60999);
    host_finish(s, TCP_STATE_TIME_WAIT, 70);
    return s;
}

struct sample *host_devbox(void)
{
    struct sample *s = host_new();
    struct conn page = {
        .state = TCP_STATE_TIME_WAIT, .sport = 3000, .timer = TIMER_TIMEWAIT, .expires_ms = 12900};

    host_add(s, 11, (struct conn){.state = TCP_STATE_LISTEN, .sport = 3000, .inode = 1});
    host_add(s, 21, (struct conn){.state = TCP_STATE_ESTABLISHED, .sport = 3000, .inode = 2});
    host_add(s, 9, page);
    page.expires_ms = 49100;
    host_add(s, 7, page);
    defaults(s, 49152, 65535);
    host_finish(s, TCP_STATE_TIME_WAIT, 0);
    return s;
}

struct sample *host_api07(void)
{
    struct sample *s = host_new();
    struct conn leak = {.state = TCP_STATE_CLOSE_WAIT, .dport = 8443, .inode = 3, .rqueue = 1};

    host_add(s, 2918, (struct conn){.state = TCP_STATE_ESTABLISHED, .sport = 443, .inode = 2});
    host_add(s, 371, leak);
    leak.rqueue = 0;
    host_add(s, 41, leak);
    host_add(s, 1, (struct conn){.state = TCP_STATE_LAST_ACK, .sport = 443});
    defaults(s, 32768, 60999);
    host_finish(s, TCP_STATE_CLOSE_WAIT, 304);
    return s;
}
