/* One sample after the other, each joined with the last: the work of the sampling thread, and all
 * that --once, batch and replay need. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"
#include "tcptop/owner/lookup.h"
#include "tcptop/owner/scanner.h"
#include "tcptop/source/sampler.h"
#include "tcptop/source/source_error.h"

#define NS_PER_DS ((uint64_t)NS_PER_S / 10)

struct sample_pipeline {
    struct source *src;
    struct sample_pool *pool;
    struct diff *diff;
    struct history history;
    struct sample *good; /* the last sample that did not fail, NULL before the first */
    uint64_t seq;
    uint64_t age_ns; /* of the first sample; never runs back, also when a recording does */
    int64_t last_ns;
    struct owner_scanner *owners; /* of this host; NULL until they are asked for */
    bool scan_apart;              /* on a thread, with the rest as owner_scanner_start() has it */
    double share;
    void (*answered)(void *context);
    void *context;
    uint32_t netns_view;              /* of the last sample */
    struct sample_observer *observer; /* NULL: none */
};

struct sample_pipeline *sample_pipeline_new(struct source *src, uint32_t history_len)
{
    struct sample_pipeline *st = calloc(1, sizeof *st);

    if (!st) {
        source_close(src);
        return NULL;
    }
    st->src = src;
    st->pool = sample_pool_new();
    st->diff = diff_new();
    if (history_init(&st->history, history_len) || !st->pool || !st->diff) {
        sample_pipeline_free(st);
        return NULL;
    }
    return st;
}

void sample_pipeline_observe(struct sample_pipeline *st, struct sample_observer *observer)
{
    if (st->observer)
        st->observer->free(st->observer);
    st->observer = observer;
}

void sample_pipeline_free(struct sample_pipeline *st)
{
    if (!st)
        return;
    sample_pipeline_observe(st, NULL);
    owner_scanner_free(st->owners);
    sample_unref(st->good);
    sample_pool_free(st->pool);
    diff_free(st->diff);
    history_fini(&st->history);
    source_close(st->src);
    free(st);
}

static bool recorded(const struct sample *s)
{
    return s->backend == BACKEND_FRAME || s->backend == BACKEND_RAW;
}

/* The sample's time on the clock of struct row_times. */
static void set_age(struct sample_pipeline *st, struct sample *s)
{
    if (st->last_ns && s->mono_ns > st->last_ns)
        st->age_ns += (uint64_t)(s->mono_ns - st->last_ns);
    st->last_ns = s->mono_ns;
    s->now_ds = (uint32_t)(st->age_ns / NS_PER_DS);
}

/* Note the sample in the history and give it a copy that includes itself. */
static int add_history(struct sample_pipeline *st, struct sample *s)
{
    struct point p = {
        .seq = s->seq,
        .mono_ns = s->mono_ns,
        .status = s->status == SAMPLE_COMPLETE  ? POINT_MEASURED
                  : s->status == SAMPLE_PARTIAL ? POINT_PARTIAL
                                                : POINT_MISSED,
        .total = s->total,
        .bound_asked = s->needs & NEED_BOUND,
        .counter_valid = s->host.counter_valid,
        .close_events_known = s->close_events_known,
        .close_stats = s->close_stats_total,
        .transitions = s->transitions,
        .netns_set = s->netns_set,
    };

    if (history_copy(&s->history, &st->history))
        return -ENOMEM;
    memcpy(p.count, s->count, sizeof p.count);
    memcpy(p.counter, s->host.counter, sizeof p.counter);
    history_add(&s->history, &p);
    history_add(&st->history, &p);
    return 0;
}

/* Rows and counts of other namespaces are no past of these. */
static void forget_past(struct sample_pipeline *st)
{
    sample_unref(st->good);
    st->good = NULL;
    st->history.len = st->history.head = 0;
}

void sample_pipeline_scan_apart(struct sample_pipeline *st, double share,
                                void (*answered)(void *context), void *context)
{
    st->scan_apart = true;
    st->share = share;
    st->answered = answered;
    st->context = context;
}

/* Can the owners of this sample be told, and by whom? Whoever samples this host leaves it to us. */
static void prepare_owners(struct sample_pipeline *st, struct sample *s, uint32_t needs)
{
    const uint32_t owners = NEED_OWNER | NEED_USER;

    if (recorded(s)) {
        if (!st->src->ops->owners || !st->src->ops->owners(st->src))
            s->needs &= ~owners;
        return;
    }
    s->needs |= needs_whole(needs) & owners;
    if (!(s->needs & NEED_OWNER) || st->owners)
        return;
    st->owners = owner_scanner_new();
    if (!st->owners)
        s->needs &= ~owners; /* tried again with the next sample */
    else if (st->scan_apart)
        (void)owner_scanner_start(st->owners, st->share, st->answered,
                                  st->context); /* else in here */
}

/* The last step, which cannot fail: see owner_lookup_assign(). That processes could not be looked
 * up is said in the sample. */
static void assign_owners(struct sample_pipeline *st, struct sample *s, uint32_t needs)
{
    if (recorded(s)) {
        if (s->owner)
            owner_lookup_assign(st->src->ops->owners(st->src), s, st->good);
        return;
    }
    if (s->owner)
        owner_scanner_assign(st->owners, s, st->good);
    if (needs & NEED_OWNER && s->status != SAMPLE_FAILED)
        s->owner_error = s->owner ? owner_scanner_error(st->owners) : -ENOMEM;
    if (s->owner_error)
        sample_set_status(s, SAMPLE_COMPLETE, MSG_SOURCE_NO_OWNERS, err_name(s->owner_error), NULL);
}

/* Everything after the dump: join, history. The time it takes is part of the sample's cost. */
static int complete(struct sample_pipeline *st, struct sample *s, const struct request *req,
                    uint32_t needs)
{
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int rc = 0;

    s->seq = st->seq;
    if (!recorded(s))
        s->interval_ms = s->asked_interval_ms = req->interval_ms;
    set_age(st, s);
    if (s->netns_view != st->netns_view)
        forget_past(st);
    st->netns_view = s->netns_view;
    prepare_owners(st, s, needs);
    if (s->status != SAMPLE_FAILED)
        rc = diff_join(st->diff, s, st->good, req->fade_ds);
    if (!rc && s->status != SAMPLE_FAILED)
        rc = watch_update(s, st->good, req->watched, req->n_watched);
    if (rc)
        return rc;
    rc = add_history(st, s);
    if (!rc)
        assign_owners(st, s, needs_whole(needs));
    if (!rc && st->observer)
        st->observer->observe(st->observer, s);
    if (!recorded(s)) {
        s->cost_ns += clock_mono_ns() - wall;
        s->cpu_ns += clock_thread_cpu_ns() - cpu;
    }
    return rc;
}

int sample_pipeline_next(struct sample_pipeline *st, const struct request *req,
                         struct sample **last, struct err *err)
{
    struct sample *s = sample_new(st->pool);
    struct request whole = *req;
    uint32_t needs = req->needs;
    int rc;

    st->seq++;
    if (!s)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (st->observer)
        needs |= st->observer->needs(st->observer, clock_mono_ns());
    s->needs = whole.needs = needs_whole(needs);
    s->count_only = req->count_only;
    if (st->good)
        sample_keep_congestion(s, st->good);
    rc = source_sample(st->src, &whole, s, err);
    s->needs |= req->needs & NEED_RATES; /* which are made here, of any source's figures */
    if (!rc) {
        rc = complete(st, s, req, needs);
        if (rc)
            err_set(err, rc, "%s", err_name(rc));
    }
    if (rc) {
        sample_unref(s);
        return rc;
    }
    if (s->status != SAMPLE_FAILED) {
        sample_unref(st->good);
        st->good = sample_ref(s);
    }
    sample_unref(*last);
    *last = s;
    return 0;
}

struct sample *sample_pipeline_failure(struct sample_pipeline *st, const struct request *req,
                                       const struct err *err)
{
    struct sample *s = sample_new(st->pool);

    if (!s)
        return NULL;
    note_failure(s, err->msg);
    s->needs = needs_whole(req->needs);
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    s->netns_view = st->netns_view;
    if (st->good) {
        s->namespaces = netns_table_ref(st->good->namespaces);
        s->closed_total = st->good->closed_total;
        s->transitions = st->good->transitions;
        s->close_stats_total = st->good->close_stats_total;
        memcpy(s->netns, st->good->netns, sizeof s->netns);
        memcpy(s->host.name, st->good->host.name, sizeof s->host.name);
        memcpy(s->host.kernel, st->good->host.kernel, sizeof s->host.kernel);
    }
    if (complete(st, s, req, req->needs)) {
        sample_unref(s);
        return NULL;
    }
    return s;
}
