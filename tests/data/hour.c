/* SPDX-License-Identifier: MIT */
/* Records an hour of a made-up host with three troubles, a sample each second, in a moment:
 * `hour FILE judged` as --write does, with what the doctor found; `hour FILE bare` without that.
 * Prints when each trouble is to be found first and last, in seconds since 1970:
 * "RULE SEVERITY FIRST LAST WORST FIGURE". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/sample_pipeline.h"

#define SAMPLES  3600
#define BEGIN_S  INT64_C(1773320400) /* 2026-03-12 13:00:00 UTC */
#define MONO_S   INT64_C(864000)
#define PORTS    1000 /* of ip_local_port_range */
#define PORT_LOW 32768
#define BACKLOG  128
#define LEAKS    100
#define SERVER   (OWNER_FIRST + 0)
#define CLIENT   (OWNER_FIRST + 1)

/* From one sample to another, the second not included. */
struct stretch {
    int from, to;
};

static const struct stretch leak = {600, 1500};      /* one more socket each second, up to LEAKS */
static const struct stretch overflow = {1800, 1920}; /* the accept queue is full */
static const struct stretch exhaustion = {2400, 2700};
static const int worse = 2500; /* more ports from here on */

struct host_source {
    struct source source;
    int t;
    uint64_t overflows;
    struct owner_table *owners;
};

static bool within(const struct stretch *s, int t)
{
    return t >= s->from && t < s->to;
}

static void put_address(uint8_t *to, const char *address)
{
    if (inet_pton(AF_INET, address, to) != 1)
        abort();
}

static struct conn *add(struct sample_builder *b, unsigned state, uint64_t cookie,
                        const char *remote)
{
    struct conn *c = sample_add(b, NULL);

    if (!c)
        abort();
    memset(c, 0, sizeof *c);
    c->family = AF_INET;
    c->state = (uint8_t)state;
    c->cookie = cookie;
    c->inode = (uint32_t)cookie;
    put_address(c->src, "10.0.2.15");
    if (remote)
        put_address(c->dst, remote);
    return c;
}

static void add_server(struct host_source *h, struct sample_builder *b)
{
    struct conn *c = add(b, TCP_STATE_LISTEN, 1, NULL);

    memset(c->src, 0, sizeof c->src);
    c->sport = 443;
    c->wqueue = BACKLOG;
    if (within(&overflow, h->t)) {
        c->rqueue = BACKLOG + 1;
        h->overflows += 5;
    }
    for (unsigned i = 0; i < 50; i++) {
        c = add(b, TCP_STATE_ESTABLISHED, 10 + i, "10.0.9.9");
        c->sport = 443;
        c->dport = (uint16_t)(20000 + i);
        c->timer = TIMER_KEEPALIVE;
        c->expires_ms = 7200000 - (uint32_t)h->t * 1000;
    }
}

static void add_leak(const struct host_source *h, struct sample_builder *b)
{
    for (int i = 0; within(&leak, h->t) && i <= h->t - leak.from && i < LEAKS; i++) {
        struct conn *c = add(b, TCP_STATE_CLOSE_WAIT, 1000 + (uint64_t)i, "10.0.5.8");
        c->sport = (uint16_t)(20000 + i);
        c->dport = 8443;
    }
}

/* The records of a minute are others than those of the one before. */
static void add_waiting(const struct host_source *h, struct sample_builder *b)
{
    int n = !within(&exhaustion, h->t) ? 0 : h->t < worse ? 600 : 950;

    for (int i = 0; i < n; i++) {
        struct conn *c = add(b, TCP_STATE_TIME_WAIT,
                             10000 * (uint64_t)(1 + h->t / 60) + (uint64_t)i, "10.0.3.21");
        c->inode = 0;
        c->flags = CONN_NO_OWNER;
        c->sport = (uint16_t)(PORT_LOW + i);
        c->dport = 5432;
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = 60000 - (uint32_t)(h->t % 60) * 1000;
    }
}

static void set(struct host *host, enum host_sysctl which, int64_t value)
{
    host->sysctl[which] = value;
    host->sysctl_valid |= UINT32_C(1) << which;
}

static void set_host(const struct host_source *h, struct host *host)
{
    snprintf(host->name, sizeof host->name, "web-01");
    snprintf(host->kernel, sizeof host->kernel, "6.1.0");
    host->counter_valid = (UINT32_C(1) << COUNTER_COUNT) - 1;
    host->counter[COUNTER_LISTEN_OVERFLOWS] = host->counter[COUNTER_LISTEN_DROPS] = h->overflows;
    set(host, SYSCTL_PORT_LOW, PORT_LOW);
    set(host, SYSCTL_PORT_HIGH, PORT_LOW + PORTS - 1);
    set(host, SYSCTL_TW_REUSE, 2);
    set(host, SYSCTL_SOMAXCONN, 4096);
}

static int host_sample_next(struct source *src, const struct request *req, struct sample_builder *b,
                            struct sample_reason *why)
{
    struct host_source *h = (struct host_source *)src;

    (void)req, (void)why;
    if (h->t == SAMPLES)
        return -ENODATA;
    b->sample.needs = NEED_OWNER;
    b->sample.backend = BACKEND_FRAME;
    add_server(h, b);
    add_leak(h, b);
    add_waiting(h, b);
    set_host(h, &b->sample.host);
    b->sample.mono_ns = (MONO_S + h->t) * NS_PER_S + 345678901;
    b->sample.wall_ns = (BEGIN_S + h->t) * NS_PER_S + 345678901;
    b->sample.interval_ms = 1000;
    h->t++;
    return 0;
}

static void host_owners(struct source *src, struct sample *s, const struct sample *prev)
{
    struct host_source *h = (struct host_source *)src;

    (void)prev;
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        const struct conn *c = &s->conn[row];
        s->owner[row] = !c->inode ? OWNER_UNKNOWN : c->sport == 443 ? SERVER : CLIENT;
    }
    s->owners = owner_table_ref(h->owners);
}

static void host_close(struct source *src)
{
    owner_table_unref(((struct host_source *)src)->owners);
}

static struct owner_group *group_of(uint32_t pid, const char *name)
{
    const struct owner_facts facts = {pid, 33, 77, name, "", "a.service"};
    struct owner *member = owner_new(&facts);
    struct owner_group *group = member ? owner_group_new(&member, 1) : NULL;

    owner_unref(member);
    return group;
}

static void print_troubles(void)
{
    /* 20 sockets are older than 60 s with the sample 79 after the first, and are confirmed by two
     * more; a full queue and used ports are found at once, a queue becomes critical after 30 s.
     * Leak and queue stay as large as they are until they end, and are worst then, since they are
     * oldest. */
    printf("close_wait warning %ld %ld %ld %d\n", (long)BEGIN_S + leak.from + 81,
           (long)BEGIN_S + leak.to - 1, (long)BEGIN_S + leak.to - 1, LEAKS);
    printf("accept_queue critical %ld %ld %ld %d\n", (long)BEGIN_S + overflow.from,
           (long)BEGIN_S + overflow.to - 1, (long)BEGIN_S + overflow.to - 1, BACKLOG + 1);
    printf("ephemeral critical %ld %ld %ld %d\n", (long)BEGIN_S + exhaustion.from,
           (long)BEGIN_S + exhaustion.to - 1, (long)BEGIN_S + worse, 950);
}

static const char *rule_name(unsigned rule)
{
    return rule < RULE_COUNT ? rules[rule].name : NULL;
}

static int record(struct source *src, const char *path, bool judged)
{
    const struct request req = {.needs = NEED_OWNER, .host_facts = true};
    struct recorder_options options = {.path = path, .interval_ms = 1000};
    struct sample_pipeline *pipeline = sample_pipeline_new(src, 1);
    const struct sample *s = NULL;
    struct limits limits;
    struct recorder *r;
    int rc;

    if (!pipeline)
        return -ENOMEM;
    rules_limits_init(&limits);
    if (judged) {
        sample_pipeline_observe(pipeline, doctor_new(&limits, false, 0.25));
        options.rule_name = rule_name;
        options.judge = rules_digest(&limits);
    }
    rc = recorder_open(&r, &options);
    while (!rc && (rc = sample_pipeline_next(pipeline, &req, &s, NULL)) == 0)
        rc = recorder_add(r, s);
    sample_unref(s);
    sample_pipeline_free(pipeline);
    if (rc != -ENODATA)
        return rc;
    return recorder_close(r);
}

int main(int argc, char **argv)
{
    static const struct source_ops ops = {.name = "hour",
                                          .is_recording = true,
                                          .sample = host_sample_next,
                                          .close = host_close,
                                          .assign_owners = host_owners};
    struct host_source h = {.source = {.ops = &ops}, .owners = owner_table_new(OWNER_FIRST + 2)};

    if (argc != 3 || !h.owners)
        return 1;
    h.owners->group[SERVER] = group_of(812, "nginx");
    h.owners->group[CLIENT] = group_of(2841, "java");
    h.owners->users = owner_users_new(NULL, 0);
    if (record(&h.source, argv[1], strcmp(argv[2], "judged") == 0))
        return 1;
    print_troubles();
    return 0;
}
