/* SPDX-License-Identifier: MIT */
/* One sample after the other, each joined with the last. */
#include "tcptop/source/sample_pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"
#include "tcptop/owner/cgroup_tree.h"
#include "tcptop/owner/lookup.h"
#include "tcptop/owner/scanner.h"

#define NS_PER_DS ((uint64_t)NS_PER_S / 10)

struct sample_pipeline {
    struct source *src;
    struct sample_pool *pool;
    struct diff *diff;
    struct history history;
    const struct sample *good; /* the last sample that did not fail, NULL before the first */
    uint64_t seq;
    uint64_t n_brief; /* of them were brief samples */
    uint64_t age_ns;  /* of the first sample; never runs back, also when a recording does */
    int64_t last_ns;
    struct cgroup_tree cgroups;
    struct owner_scanner *owners; /* of this host; NULL until they are asked for */
    bool scan_apart;              /* on a thread, with the rest as owner_scanner_start() has it */
    double share;
    void (*answered)(void *context);
    void *context;
    void (*set_intervals)(void *context, struct sample *s); /* NULL: as asked for */
    void *interval_context;
    uint32_t netns_view;              /* of the last sample */
    struct sample_builder *gathering; /* see sample_pipeline_gather(); NULL: nothing is read */
    bool gathered;                    /* … all rows are there */
    struct state_drift drift;         /* of the last full sample, for the brief ones after it */
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

/* What was gathered belongs to a sample, or cannot belong to any. */
static void end_gathering(struct sample_pipeline *st)
{
    sample_discard(st->gathering);
    st->gathering = NULL;
    st->gathered = false;
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
    end_gathering(st);
    sample_unref(st->good);
    sample_pool_free(st->pool);
    diff_free(st->diff);
    history_fini(&st->history);
    source_close(st->src);
    free(st);
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

/* The namespaces have changed: rows and counts of before do not belong to these. */
static void forget_past(struct sample_pipeline *st)
{
    sample_unref(st->good);
    st->good = NULL;
    end_gathering(st);
    st->drift.known = false;
    st->history.len = st->history.head = 0;
}

struct source *sample_pipeline_source(const struct sample_pipeline *st)
{
    return st->src;
}

int sample_pipeline_restart(struct sample_pipeline *st)
{
    /* A sample of the old pool could be taken for an older one of the new history. */
    struct sample_pool *pool = sample_pool_new();

    if (!pool)
        return -ENOMEM;
    sample_pool_free(st->pool);
    st->pool = pool;
    forget_past(st);
    sample_pipeline_observe(st, NULL);
    st->seq = st->n_brief = st->age_ns = 0;
    st->last_ns = 0;
    return 0;
}

/* A recording numbers its samples: those that it has not are a gap in the history. */
static void number_recorded(struct sample_pipeline *st, struct sample *s)
{
    const struct point *last = history_at(&st->history, 0);
    uint64_t missed = s->seq > st->seq ? s->seq - st->seq : 0;
    struct point gap = {.status = POINT_MISSED};

    for (uint64_t i = missed < HISTORY_SHOWN ? missed : HISTORY_SHOWN; last && i > 0; i--) {
        gap.seq = s->seq - i;
        gap.mono_ns = s->mono_ns;
        history_add(&st->history, &gap);
    }
    st->seq = s->seq;
}

void sample_pipeline_scan_apart(struct sample_pipeline *st, double share,
                                void (*answered)(void *context), void *context)
{
    st->scan_apart = true;
    st->share = share;
    st->answered = answered;
    st->context = context;
}

void sample_pipeline_set_interval(struct sample_pipeline *st,
                                  void (*set)(void *context, struct sample *s), void *context)
{
    st->set_intervals = set;
    st->interval_context = context;
}

/* Prepare for the owners of this sample, or leave them out of its needs. A recording knows its own;
 * those of this host are looked up here. */
static void prepare_owners(struct sample_pipeline *st, struct sample *s, uint32_t needs)
{
    const uint32_t owners = NEED_OWNER | NEED_USER;

    if (sample_is_recorded(s)) {
        if (!st->src->ops->assign_owners &&
            (!st->src->ops->owners || !st->src->ops->owners(st->src)))
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

/* Set the owner words of the rows, see owner_lookup_assign(). Cannot fail: owner_error says that
 * processes could not be looked up. */
static void assign_owners(struct sample_pipeline *st, struct sample *s, uint32_t needs)
{
    if (sample_is_recorded(s)) {
        if (s->owner && st->src->ops->assign_owners)
            st->src->ops->assign_owners(st->src, s, st->good);
        else if (s->owner)
            owner_lookup_assign(st->src->ops->owners(st->src), s, st->good);
        return;
    }
    if (s->owner)
        owner_scanner_assign(st->owners, s, st->good);
    if (needs & NEED_OWNER && s->status != SAMPLE_FAILED)
        s->owner_error = s->owner ? owner_scanner_error(st->owners) : -ENOMEM;
    if (s->owner_error)
        sample_set_status(
            s, SAMPLE_COMPLETE,
            (struct sample_reason){.code = REASON_NO_OWNERS, .error = s->owner_error});
}

/* Of a brief sample, count the states that its dump left out; of a full one, see how far the
 * counters can be trusted for that. */
static void count_left_out(struct sample_pipeline *st, struct sample *s)
{
    if (s->left_out)
        state_counters_apply(&st->drift, s);
    else if (s->status != SAMPLE_FAILED)
        state_counters_compare(&st->drift, s);
    s->counters.valid = st->drift.known;
    st->n_brief += s->left_out != 0;
    s->n_brief = st->n_brief;
}

/* Can a brief sample follow? It needs the rows and the figures of the sample before, and counters
 * to count by. */
static bool can_be_brief(const struct sample_pipeline *st, const struct request *req)
{
    uint32_t figures = needs_whole(req->needs) & NEED_METRICS;

    return req->brief && st->good && st->drift.known && !(figures & ~st->good->needs);
}

/* What the sample has not, although it is asked for. */
static void note_lacks(struct sample *s, enum predicate_lacks lacks)
{
    const bool import = s->backend == BACKEND_IMPORT;
    struct sample_reason r = {.code = REASON_NONE};

    if (lacks == LACKS_FIGURES)
        r.code = import ? REASON_FIGURES_UNLISTED : REASON_FIGURES_UNRECORDED;
    else if (lacks == LACKS_VALUES)
        r.code = import ? REASON_VALUES_UNLISTED : REASON_VALUES_UNRECORDED;
    if (r.code != REASON_NONE)
        sample_set_status(s, SAMPLE_PARTIAL, r);
}

/* Everything after the dump: join, history, owners, findings. The time it takes is part of the
 * sample's cost. Returns 0 or -ENOMEM. */
static int complete(struct sample_pipeline *st, struct sample_builder *b, const struct request *req,
                    uint32_t needs)
{
    struct sample *s = &b->sample;
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int rc = 0;

    if (s->seq)
        number_recorded(st, s);
    s->seq = st->seq;
    if (!sample_is_recorded(s))
        s->interval_ms = s->asked_interval_ms = req->interval_ms;
    set_age(st, s);
    if (s->netns_view != st->netns_view)
        forget_past(st);
    st->netns_view = s->netns_view;
    prepare_owners(st, s, needs);
    if (req->keep_close_events && b->close_events) {
        s->close_events = sample_ref(b->close_events);
        s->events_before_dump = b->events_before_dump;
    }
    if (s->status != SAMPLE_FAILED)
        rc = diff_join(st->diff, b, st->good, req->fade_ds);
    if (!rc)
        count_left_out(st, s);
    if (!rc && s->status != SAMPLE_FAILED)
        rc = watch_update(b, st->good, req->watched, req->n_watched);
    if (rc)
        return rc;
    cgroup_tree_assign(&st->cgroups, b, st->good ? st->good->cgroups : NULL,
                       !sample_is_recorded(s));
    rc = add_history(st, s);
    if (!rc)
        assign_owners(st, s, needs_whole(needs));
    if (!rc && st->observer)
        st->observer->observe(st->observer, s);
    if (req->needs & NEED_ONLY_BOUND && !(s->needs & NEED_BOUND)) /* not before it was joined */
        sample_set_status(
            s, SAMPLE_PARTIAL,
            (struct sample_reason){.code = s->backend == BACKEND_IMPORT ? REASON_VALUES_UNLISTED
                                           : sample_is_recorded(s)      ? REASON_BOUND_UNRECORDED
                                                                        : REASON_NO_BOUND});
    note_lacks(s, predicate_lacks(req->count_only, s));
    if (!sample_is_recorded(s)) {
        s->cost_ns += clock_mono_ns() - wall;
        s->cpu_ns += clock_thread_cpu_ns() - cpu;
        if (st->set_intervals)
            st->set_intervals(st->interval_context, s);
    }
    return rc;
}

/* Names and groups have the numbers that they had in the sample before. */
static void keep_numbers(const struct sample_pipeline *st, struct sample_builder *b)
{
    if (!st->good)
        return;
    sample_keep_congestion(b, st->good);
    cgroups_keep(&b->cgroup_ids, st->good->cgroups, st->good->conn, sample_rows(st->good));
}

static int gather_on(struct sample_pipeline *st, const struct request *req, bool begin,
                     int64_t until_ns)
{
    int rc = st->src->ops->gather(st->src, req, st->gathering, begin, until_ns);

    st->gathered = rc == 0;
    if (rc < 0)
        end_gathering(st);
    return rc;
}

/* Have what is gathered met by the brief sample `b`, or give it up: the source has taken a full
 * one, or other figures are wanted by now. The batch that comes next was made before the sample,
 * when the one before it was read: it is read first, so that all rows which the sample meets are
 * older. */
static void use_gathering(struct sample_pipeline *st, struct sample_builder *b,
                          const struct request *req)
{
    struct sample *s = &b->sample;
    struct sample_builder *g = st->gathering;

    if (!g)
        return;
    if (!s->left_out || s->netns_view != st->netns_view ||
        s->needs & NEED_METRICS & ~g->sample.needs) {
        end_gathering(st);
        return;
    }
    b->gathered = st->gathered && !req->keep_gathered;
    if (!st->gathered && gather_on(st, req, false, 0) < 0)
        return;
    b->gathering = g;
    if (!b->gathered)
        return;
    s->cpu_ns += g->sample.cpu_ns;
    s->cost_ns += g->sample.cost_ns;
}

/* Fill `b` from the source. */
static int take(struct sample_pipeline *st, struct sample_builder *b, const struct request *req,
                uint32_t needs, struct sample_reason *why)
{
    struct request whole = *req;
    uint32_t figures = needs_whole(req->needs); /* those of some rows only would help no observer */
    int rc;

    whole.brief = can_be_brief(st, req);
    if (st->gathered)
        figures |= st->gathering->sample.needs;
    if (whole.brief)
        needs = (needs & ~NEED_METRICS) | (figures & NEED_METRICS);
    b->sample.needs = whole.needs = needs_whole(needs) & ~(uint32_t)NEED_ONLY_BOUND;
    b->count_only = req->count_only;
    keep_numbers(st, b);
    rc = source_sample(st->src, &whole, b, why);
    if (rc)
        end_gathering(st);
    else
        use_gathering(st, b, &whole);
    b->sample.needs |= req->needs & NEED_RATES; /* computed here, whatever the source */
    return rc;
}

int sample_pipeline_gather(struct sample_pipeline *st, const struct request *req, int64_t until_ns)
{
    bool begin = !st->gathering;
    uint32_t needs = req->needs;

    if (st->gathered)
        return 0;
    if (!st->src->ops->gather || !can_be_brief(st, req))
        return -EOPNOTSUPP;
    if (begin) {
        st->gathering = sample_builder_new(st->pool);
        if (!st->gathering)
            return -ENOMEM;
        if (st->observer)
            needs |= st->observer->needs(st->observer, clock_mono_ns());
        st->gathering->sample.needs = needs_whole(needs) & NEED_METRICS;
        keep_numbers(st, st->gathering);
    }
    return gather_on(st, req, begin, until_ns);
}

int sample_pipeline_next(struct sample_pipeline *st, const struct request *req,
                         const struct sample **last, struct sample_reason *why)
{
    struct sample_builder *b = sample_builder_new(st->pool);
    uint32_t needs = req->needs;
    const struct sample *s;
    int rc;

    st->seq++;
    if (!b)
        return sample_reason_error(why, -ENOMEM);
    if (st->observer)
        needs |= st->observer->needs(st->observer, clock_mono_ns());
    rc = take(st, b, req, needs, why);
    if (!rc) {
        rc = complete(st, b, req, needs);
        if (rc)
            sample_reason_error(why, rc);
    }
    if (rc) {
        sample_discard(b);
        return rc;
    }
    if (b->gathered)
        end_gathering(st);
    s = sample_publish(b);
    if (s->status != SAMPLE_FAILED) {
        sample_unref(st->good);
        st->good = sample_ref(s);
    }
    sample_unref(*last);
    *last = s;
    return 0;
}

const struct sample *sample_pipeline_failure(struct sample_pipeline *st, const struct request *req,
                                             const struct sample_reason *why)
{
    struct sample_builder *b = sample_builder_new(st->pool);
    struct sample *s;

    if (!b)
        return NULL;
    s = &b->sample;
    sample_set_status(s, SAMPLE_FAILED, *why);
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
    if (complete(st, b, req, req->needs)) {
        sample_discard(b);
        return NULL;
    }
    return sample_publish(b);
}
