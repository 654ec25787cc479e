/* SPDX-License-Identifier: MIT */
/* Live sampling: the chain of back ends, the host's facts, and what the sample cost.
 * What is known beforehand makes it cheaper: how many sockets there are, and who needs them.
 *
 * The back ends: one legacy request; where the kernel refuses it, a request per family; then
 * /proc/net/tcp, degraded. The one that worked is used until it fails; while it is not the best,
 * the better ones are tried again now and then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mptcp.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/kernel_version.h"
#include "tcptop/base/thread.h"
#include "tcptop/model/row_stream.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/host_stats.h"
#include "tcptop/source/netlink.h"
#include "tcptop/source/parallel_dump.h"
#include "tcptop/source/proc_tcp.h"
#include "tcptop/source/source.h"

#define RETRY_BEST_NS (30 * NS_PER_S)

struct kernel_source {
    struct source source;
    struct netlink netlink, gatherer;
    struct parallel_dump parallel_dump;
    struct close_monitor_join close_stats;
    struct mptcp mptcp;
    struct host_stats *facts; /* NULL: no memory for them yet */
    enum sample_backend best, worst, current;
    int refusal;                 /* -errno for which the best was left */
    int64_t retry_ns;            /* when the best is tried again */
    bool lists_bound;            /* the kernel answers for BOUND_INACTIVE: Linux 6.8 */
    struct kernel_filter filter; /* of the sample being taken */
    uint64_t expected;           /* its rows; 0: not known */
    struct row_stream *upper;    /* of the second thread's rows */
    bool may_dump_in_parallel;
    bool brief; /* the sample being taken is to be a brief one */
};

/* The needs that the back end can answer; what is missing is shown as unknown. */
static uint32_t answerable(const struct kernel_source *l, uint32_t needs)
{
    if (l->current == BACKEND_PROC)
        return 0;
    return l->lists_bound ? needs : needs & ~(uint32_t)NEED_BOUND;
}

/* The number of rows to expect: what the kernel counts of the states that are asked for; `*full` of
 * them are not in TIME_WAIT. */
static uint64_t expected_rows(struct kernel_source *l, uint64_t *full)
{
    uint64_t inuse, tw;

    *full = 0;
    if (l->filter.len || !l->facts || !host_stats_sockets(l->facts, &inuse, &tw))
        return 0;
    *full = l->filter.states & STATE_BIT(TCP_STATE_ESTABLISHED) ? inuse : 0;
    return *full + (l->filter.states & STATE_BIT(TCP_STATE_TIME_WAIT) ? tw : 0);
}

/* Does the filter let every socket pass, so that the kernel counts what is dumped? */
static bool counts_all(const struct kernel_source *l)
{
    return !l->filter.len &&
           (l->filter.states & STATE_MASK_LISTED & ~STATE_BIT(TCP_STATE_NEW_SYN_RECV)) ==
               (STATE_MASK_LISTED & ~STATE_BIT(TCP_STATE_NEW_SYN_RECV));
}

/* How to take the sample. New arrays get their size before they are filled. */
static void prepare(struct kernel_source *l, const struct request *req, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    uint64_t full = 0;

    kernel_filter_compile(&l->filter, req->only);
    s->counters.valid = (req->count_states || req->brief) && counts_all(l) && l->facts &&
                        host_stats_states(l->facts, &s->counters.before);
    l->brief = req->brief && s->counters.valid && l->current != BACKEND_PROC;
    l->expected = b->row_cap == 0 || req->parallel_from ? expected_rows(l, &full) : 0;
    /* A record of TIME_WAIT costs so little that the second walk of the table is not won back. */
    l->may_dump_in_parallel = req->parallel_from && full >= req->parallel_from && !l->netlink.tap &&
                              thread_has_two_cores();
    b->row_stream = req->row_stream[0];
    l->upper = req->row_stream[1];
    if (!l->may_dump_in_parallel && !b->row_stream && b->row_cap == 0 &&
        l->expected < UINT32_MAX / 2)
        (void)sample_reserve(b, (uint32_t)(l->expected + l->expected / 8));
    if (l->brief) /* the rows that are carried have their place, too */
        l->filter.states &= ~BRIEF_LEFT_OUT;
}

static int take_netlink(struct kernel_source *l, struct sample_builder *b)
{
    enum netlink_kind kind = l->current == BACKEND_NETLINK ? NETLINK_LEGACY : NETLINK_FAMILY;

    if (l->may_dump_in_parallel && kind == NETLINK_LEGACY) {
        int error = parallel_dump_take(&l->parallel_dump, &l->netlink, &l->filter, l->expected,
                                       l->upper, b);
        if (error == 0 || error == -ECANCELED)
            return error;
    }
    return netlink_take(&l->netlink, kind, &l->filter, b);
}

/* Dump through row_streams, and once more without them if a socket may have been counted twice. */
static int take_streamed(struct kernel_source *l, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    const struct row_stream *lower = b->row_stream;
    int rc = take_netlink(l, b);

    if (rc)
        return rc;
    b->row_stream = NULL;
    s->streamed = !lower->doubtful && !l->upper->doubtful;
    if (s->streamed)
        return 0;
    sample_drop_all(b);
    sample_clear_status(s);
    return take_netlink(l, b);
}

static int take(struct kernel_source *l, uint32_t needs, struct sample_builder *b)
{
    struct sample *s = &b->sample;

    s->backend = (uint8_t)l->current;
    s->needs = answerable(l, needs);
    s->rejected = 0;
    s->has_mptcp = false;
    s->left_out = 0;
    if (l->current == BACKEND_PROC) {
        b->row_stream = NULL;
        return proc_tcp_take(b, &l->source);
    }
    s->left_out = l->brief ? BRIEF_LEFT_OUT : 0;
    int (*take_it)(struct kernel_source *, struct sample_builder *) =
        b->row_stream ? take_streamed : take_netlink;
    int error = take_it(l, b);
    if (error != -EINVAL || !l->filter.len)
        return error;
    l->filter.len = 0; /* a condition that this kernel does not know: the rows are filtered here */
    return take_it(l, b);
}

/* Go to the next back end. After a refusal the best one is tried again after RETRY_BEST_NS, after
 * any other failure with the next sample. */
static void next_backend(struct kernel_source *l, int error)
{
    if (l->current == l->best) {
        l->refusal = error;
        l->retry_ns = clock_mono_ns() + RETRY_BEST_NS;
    }
    if (!netlink_refused(error))
        l->retry_ns = 0;
    l->current++;
}

static int nothing_worked(struct kernel_source *l, int error, struct sample_reason *why)
{
    struct sample_reason cause = sample_reason_named(
        REASON_UNREADABLE, error, l->best == BACKEND_PROC ? "/proc/net/tcp" : "sock_diag");

    l->current = l->best;
    if (l->best != l->worst)
        cause = (struct sample_reason){
            .code = REASON_NO_CONNECTIONS, .sock_diag_error = l->refusal, .error = error};
    return sample_reason_set(why, error, cause);
}

static int take_rows(struct kernel_source *l, uint32_t needs, struct sample_builder *b,
                     struct sample_reason *why)
{
    struct sample *s = &b->sample;
    bool lost = false; /* the kernel dropped messages */
    int error;

    if (l->current != l->best && clock_mono_ns() >= l->retry_ns)
        l->current = l->best;
    while ((error = take(l, needs, b)) != 0) {
        if (error == -ENOMEM || error == -ECANCELED)
            return sample_reason_error(why, error);
        if (l->current == l->worst)
            return nothing_worked(l, error, why);
        lost |= error == -ENOBUFS;
        next_backend(l, error);
    }
    if (lost) /* the rows are of a second dump, but the first one was cut */
        sample_set_status(s, SAMPLE_PARTIAL,
                          (struct sample_reason){.code = REASON_BROKE_OFF, .error = ENOBUFS});
    if (l->current == BACKEND_PROC && l->best != BACKEND_PROC)
        sample_set_status(s, SAMPLE_COMPLETE,
                          (struct sample_reason){.code = REASON_FROM_PROC, .error = l->refusal});
    return 0;
}

/* Read the counters again. A brief sample whose counters have gone has those of before its dump. */
static void count_after(struct kernel_source *l, struct sample *s)
{
    struct state_counters *c = &s->counters;

    if (!c->valid)
        return;
    if (!host_stats_states(l->facts, &c->after)) {
        c->after = c->before;
        c->valid = s->left_out;
    }
    if (l->current == BACKEND_PROC)
        c->valid = false;
}

static int live_sample(struct source *src, const struct request *req, struct sample_builder *b,
                       struct sample_reason *why)
{
    struct sample *s = &b->sample;
    struct kernel_source *l = (struct kernel_source *)src;
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int error;

    if (!l->facts)
        l->facts = host_stats_new();
    close_monitor_join_open(&l->close_stats, req->close_monitor, req->close_stats, s->netns_id);
    prepare(l, req, b);
    error = take_rows(l, req->needs, b, why);
    if (error)
        return error;
    count_after(l, s);
    if (l->current != BACKEND_PROC)
        mptcp_mark(&l->mptcp, &l->netlink, b);
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    if (req->host_facts && l->facts)
        host_stats_read(l->facts, &s->host);
    close_monitor_join_take(&l->close_stats, b);
    if (l->current == BACKEND_PROC) /* of what cannot be dumped no end is reported either */
        s->close_events_known = false;
    s->cost_ns = clock_mono_ns() - wall;
    s->cpu_ns += clock_thread_cpu_ns() - cpu;
    return 0;
}

/* Ask for the states that brief samples leave out. */
static int begin_to_gather(struct kernel_source *l, const struct request *req,
                           struct sample_builder *b)
{
    struct sample *s = &b->sample;
    uint64_t full;

    kernel_filter_compile(&l->filter, req->only);
    if (l->current != BACKEND_NETLINK || l->netlink.tap || !counts_all(l) || !l->facts ||
        !host_stats_states(l->facts, &s->counters.before))
        return -EOPNOTSUPP;
    l->filter.states &= BRIEF_LEFT_OUT;
    l->expected = expected_rows(l, &full);
    if (l->expected < UINT32_MAX / 2)
        (void)sample_reserve(b, (uint32_t)(l->expected + l->expected / 8));
    return netlink_gather_begin(&l->gatherer, &l->filter, b);
}

static int live_gather(struct source *src, const struct request *req, struct sample_builder *b,
                       bool begin, int64_t until_ns)
{
    struct kernel_source *l = (struct kernel_source *)src;
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int rc = begin ? begin_to_gather(l, req, b) : 0;

    if (!rc)
        rc = netlink_gather(&l->gatherer, until_ns);
    if (!rc)
        mptcp_mark(&l->mptcp, &l->netlink, b);
    b->sample.cost_ns += clock_mono_ns() - wall;
    b->sample.cpu_ns += clock_thread_cpu_ns() - cpu;
    return rc;
}

static void live_close(struct source *src)
{
    struct kernel_source *l = (struct kernel_source *)src;

    netlink_fini(&l->netlink);
    netlink_fini(&l->gatherer);
    parallel_dump_fini(&l->parallel_dump);
    host_stats_free(l->facts);
    close_monitor_join_close(&l->close_stats);
    free(l);
}

static int open_range(struct source **src, enum sample_backend best, enum sample_backend worst,
                      struct tap *tap, struct sample_reason *why)
{
    static const struct source_ops ops = {
        .name = "live", .sample = live_sample, .close = live_close, .gather = live_gather};
    struct kernel_source *l = calloc(1, sizeof(*l));

    if (!l)
        return sample_reason_error(why, -ENOMEM);
    l->source.ops = &ops;
    if (netlink_init(&l->netlink, tap, &l->source) ||
        netlink_init(&l->gatherer, NULL, &l->source) ||
        parallel_dump_init(&l->parallel_dump, &l->source)) {
        live_close(&l->source);
        return sample_reason_error(why, -ENOMEM);
    }
    l->best = l->current = best;
    l->worst = worst;
    l->lists_bound = kernel_version_reaches(6, 8);
    *src = &l->source;
    return 0;
}

int kernel_open(struct source **src, struct tap *tap, struct sample_reason *why)
{
    return open_range(src, BACKEND_NETLINK, BACKEND_PROC, tap, why);
}

int kernel_open_backend(struct source **src, enum sample_backend backend, struct tap *tap,
                        struct sample_reason *why)
{
    return open_range(src, backend, backend, tap, why);
}
