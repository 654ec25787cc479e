/* SPDX-License-Identifier: MIT */
/* Two dumps at the same time. Both threads write into the arrays of one sample. The kernel compares
 * the same port of each socket with both ranges, so each socket is in exactly one half. */
#include "tcptop/source/parallel_dump.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"

#define SAMPLE     2048u /* rows that are enough to place the split, to a percent */
#define EVEN_MIN   0.4   /* smallest share of a half with which the last split is used again */
#define WORTH_MIN  0.25  /* … with which two dumps are worth it */
#define SPARE      8u    /* room for one eighth more rows than expected */
#define SPARE_ROWS 4096u /* … and for so many request sockets, which the kernel does not count */
#define EXPECT_MAX (UINT32_C(1) << 30)

/* The second thread's work. */
struct upper_dump {
    struct netlink *netlink;
    const struct kernel_filter *filter;
    struct sample_builder *half;
    int core; /* of the other half */
    int rc;
    int64_t cpu_ns;
};

int parallel_dump_init(struct parallel_dump *h, const struct source *stop)
{
    h->split = (struct port_split){.of = 0};
    return netlink_init(&h->upper, NULL, stop);
}

void parallel_dump_fini(struct parallel_dump *h)
{
    netlink_fini(&h->upper);
}

static int compare_ports(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Share of the smaller half. */
static double evenness(const struct port_split *split)
{
    double lower = split->of ? (double)split->lower / split->of : 0;

    return lower < 0.5 ? lower : 1 - lower;
}

/* Split at the median port: the rows that have it all go to one half, whichever is more even. */
static struct port_split split_side(const struct sample *s, enum term_side side)
{
    uint32_t n = s->n_live < SAMPLE ? s->n_live : SAMPLE, below = 0, up_to = 0;
    uint16_t ports[SAMPLE];

    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &s->conn[(uint64_t)i * s->n_live / n];
        ports[i] = side == SIDE_LOCAL ? c->sport : c->dport;
    }
    if (n == 0)
        return (struct port_split){.of = 0};
    qsort(ports, n, sizeof *ports, compare_ports);
    uint16_t median = ports[n / 2];
    while (ports[below] < median)
        below++;
    while (up_to < n && ports[up_to] <= median)
        up_to++;
    if (below && below > n - up_to)
        return (struct port_split){side, (uint16_t)(median - 1), below, n};
    return (struct port_split){side, median, up_to, n};
}

struct port_split parallel_dump_split(const struct sample *s)
{
    struct port_split local = split_side(s, SIDE_LOCAL), remote = split_side(s, SIDE_REMOTE);

    return evenness(&remote) >= EVEN_MIN || evenness(&remote) > evenness(&local) ? remote : local;
}

/* The range of local ports that the kernel gives to connecting sockets. */
static bool local_ports(uint32_t *low, uint32_t *high)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    bool known = file && fscanf(file, "%" SCNu32 "%" SCNu32, low, high) == 2 && *low <= *high &&
                 *high <= UINT16_MAX;

    if (file)
        fclose(file);
    return known;
}

/* The first rows of the table do not represent the local ports: since Linux 6.15 sockets that
 * differ only in the local port lie side by side (inet_ehashfn). They are assumed to be spread
 * evenly. */
static void spread_local_ports(struct sample *s)
{
    uint32_t low, high, among = 0, n = 0;

    if (!local_ports(&low, &high))
        return;
    for (uint32_t i = 0; i < s->n_live; i++)
        among += s->conn[i].sport >= low && s->conn[i].sport <= high;
    for (uint32_t i = 0; i < s->n_live; i++) {
        if (s->conn[i].sport >= low && s->conn[i].sport <= high)
            s->conn[i].sport = (uint16_t)(low + (uint64_t)(high - low) * n++ / among);
    }
}

/* Find the first split from the first rows of a dump. Listening sockets are left out: the kernel
 * lists them before all others. */
static int find_split(struct parallel_dump *h, struct netlink *n,
                      const struct kernel_filter *filter, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    struct kernel_filter connected = *filter;
    int rc;

    connected.states &= ~STATE_BIT(TCP_STATE_LISTEN);
    rc = netlink_taste(n, &connected, SAMPLE, b);
    if (rc < 0)
        return rc;
    spread_local_ports(s);
    h->split = parallel_dump_split(s);
    sample_drop_all(b);
    s->rejected = 0;
    return 0;
}

static void *take_upper(void *arg)
{
    struct upper_dump *t = arg;
    int64_t cpu = clock_thread_cpu_ns();

    thread_leave_core(t->core);
    t->rc = netlink_take(t->netlink, NETLINK_LEGACY, t->filter, t->half);
    t->cpu_ns = clock_thread_cpu_ns() - cpu;
    return NULL;
}

/* Both dumps, each into its half. */
static int take_both(struct parallel_dump *h, struct netlink *n, const struct kernel_filter *filter,
                     struct sample_builder *b, struct sample_builder *half[2])
{
    struct sample *s = &b->sample;
    struct kernel_filter lower = *filter, upper = *filter;
    struct upper_dump task = {
        .netlink = &h->upper, .filter = &upper, .half = half[1], .core = sched_getcpu()};
    pthread_t thread;
    int rc;

    if (!kernel_filter_narrow(&lower, h->split.side, 0, h->split.port) ||
        !kernel_filter_narrow(&upper, h->split.side, (uint16_t)(h->split.port + 1), UINT16_MAX))
        return -E2BIG;
    rc = thread_start(&thread, take_upper, &task);
    if (rc)
        return rc;
    rc = netlink_take(n, NETLINK_LEGACY, &lower, half[0]);
    pthread_join(thread, NULL);
    s->cpu_ns += task.cpu_ns;
    return rc ? rc : task.rc;
}

/* Keep or replace the split for the next dump. */
static void update_split(struct parallel_dump *h, const struct sample *s, uint32_t lower)
{
    h->split.lower = lower;
    h->split.of = s->n_live;
    if (evenness(&h->split) < EVEN_MIN)
        h->split = parallel_dump_split(s);
}

/* Without a row_stream all rows are kept: both threads fill the arrays of one sample. */
static int take_all(struct parallel_dump *h, struct netlink *n, const struct kernel_filter *filter,
                    uint64_t expected, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    struct sample_builder half[2] = {{.lender = NULL}};
    int rc;

    if (expected > EXPECT_MAX)
        return -ENOMEM;
    rc = sample_split(b, (uint32_t)(expected + expected / SPARE) + SPARE_ROWS, half);
    if (!rc)
        rc = take_both(h, n, filter, b, (struct sample_builder *[]){&half[0], &half[1]});
    if (rc) {
        sample_split_fini(half);
        return rc;
    }
    sample_unite(b, half);
    update_split(h, s, half[0].sample.n_live);
    return 0;
}

/* Append the rows and the status of the upper half. */
static int add_upper(struct sample_builder *b, const struct sample_builder *other)
{
    const struct sample *upper = &other->sample;
    struct sample *s = &b->sample;

    s->rejected += upper->rejected;
    s->has_mptcp |= upper->has_mptcp;
    if (upper->status > s->status) {
        s->status = upper->status;
        s->reason = upper->reason;
    }
    return sample_append(b, other);
}

/* With row_streams few rows are kept: the second thread fills a sample of its own. */
static int take_streamed(struct parallel_dump *h, struct netlink *n,
                         const struct kernel_filter *filter, struct row_stream *upper,
                         struct sample_builder *b)
{
    struct sample *s = &b->sample;
    struct sample_builder *other = sample_builder_new(NULL);
    int rc = other ? 0 : -ENOMEM;

    if (!rc) {
        other->sample.needs = s->needs;
        other->row_stream = upper;
        rc = take_both(h, n, filter, b, (struct sample_builder *[]){b, other});
    }
    if (!rc)
        rc = add_upper(b, other);
    sample_discard(other);
    return rc;
}

int parallel_dump_take(struct parallel_dump *h, struct netlink *n,
                       const struct kernel_filter *filter, uint64_t expected,
                       struct row_stream *upper, struct sample_builder *b)
{
    struct row_stream *lower = b->row_stream;
    int rc = 0;

    b->row_stream = NULL;
    if (!h->split.of)
        rc = find_split(h, n, filter, b);
    b->row_stream = lower;
    if (rc)
        return rc;
    if (h->split.port == UINT16_MAX || evenness(&h->split) < WORTH_MIN)
        rc = -ERANGE;
    else
        rc = lower ? take_streamed(h, n, filter, upper, b) : take_all(h, n, filter, expected, b);
    if (rc)
        h->split.of = 0;
    return rc;
}
