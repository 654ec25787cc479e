/* One sample after the other, each joined with the last: the work of the sampling thread, and all
 * that --once, batch and replay need. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/utf8.h"
#include "tcptop/model/diff.h"
#include "tcptop/model/owner_map.h"
#include "tcptop/source/owners.h"
#include "tcptop/source/sampler.h"

#define NS_PER_DS ((uint64_t)NS_PER_S / 10)

struct stepper {
    struct source *src;
    struct snapshot_pool *pool;
    struct delta *delta;
    struct history history;
    struct snapshot *good; /* the last sample that did not fail, NULL before the first */
    uint64_t seq;
    uint64_t age_ns; /* of the first sample; never runs back, also when a recording does */
    int64_t last_ns;
    struct owners *owners; /* of this host; NULL until they are asked for */
    bool scan_apart;       /* on a thread, with the rest as owners_start() has it */
    double share;
    void (*answered)(void *context);
    void *context;
    uint32_t netns_view;       /* of the last sample */
    struct examiner *examiner; /* NULL: none */
};

struct stepper *stepper_new(struct source *src, uint32_t history_len)
{
    struct stepper *st = calloc(1, sizeof *st);

    if (!st) {
        source_close(src);
        return NULL;
    }
    st->src = src;
    st->pool = snapshot_pool_new();
    st->delta = delta_new();
    if (history_init(&st->history, history_len) || !st->pool || !st->delta) {
        stepper_free(st);
        return NULL;
    }
    return st;
}

void stepper_examine(struct stepper *st, struct examiner *examiner)
{
    if (st->examiner)
        st->examiner->free(st->examiner);
    st->examiner = examiner;
}

void stepper_free(struct stepper *st)
{
    if (!st)
        return;
    stepper_examine(st, NULL);
    owners_free(st->owners);
    snapshot_unref(st->good);
    snapshot_pool_free(st->pool);
    delta_free(st->delta);
    history_fini(&st->history);
    source_close(st->src);
    free(st);
}

static bool recorded(const struct snapshot *s)
{
    return s->backend == BACKEND_FRAME || s->backend == BACKEND_RAW;
}

/* The sample's time on the clock of struct life. */
static void set_age(struct stepper *st, struct snapshot *s)
{
    if (st->last_ns && s->mono_ns > st->last_ns)
        st->age_ns += (uint64_t)(s->mono_ns - st->last_ns);
    st->last_ns = s->mono_ns;
    s->now_ds = (uint32_t)(st->age_ns / NS_PER_DS);
}

/* Note the sample in the history and give it a copy that includes itself. */
static int add_history(struct stepper *st, struct snapshot *s)
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
        .deaths_told = s->deaths_told,
        .deaths = s->deaths_total,
        .edges = s->edges,
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
static void forget_past(struct stepper *st)
{
    snapshot_unref(st->good);
    st->good = NULL;
    st->history.len = st->history.head = 0;
}

void stepper_scan_apart(struct stepper *st, double share, void (*answered)(void *context),
                        void *context)
{
    st->scan_apart = true;
    st->share = share;
    st->answered = answered;
    st->context = context;
}

/* Can the owners of this sample be told, and by whom? Whoever samples this host leaves it to us. */
static void prepare_owners(struct stepper *st, struct snapshot *s, uint32_t needs)
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
    st->owners = owners_new();
    if (!st->owners)
        s->needs &= ~owners; /* tried again with the next sample */
    else if (st->scan_apart)
        (void)owners_start(st->owners, st->share, st->answered, st->context); /* else in here */
}

/* The last step, which cannot fail: see owner_map_assign(). */
static void assign_owners(struct stepper *st, struct snapshot *s)
{
    if (!s->owner)
        return;
    if (recorded(s))
        owner_map_assign(st->src->ops->owners(st->src), s, st->good);
    else
        owners_assign(st->owners, s, st->good);
}

/* Everything after the dump: join, history. The time it takes is part of the sample's cost. */
static int complete(struct stepper *st, struct snapshot *s, const struct request *req,
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
        rc = delta_join(st->delta, s, st->good, req->fade_ds);
    if (!rc && s->status != SAMPLE_FAILED)
        rc = watch_update(s, st->good, req->watched, req->n_watched);
    if (rc)
        return rc;
    rc = add_history(st, s);
    if (!rc)
        assign_owners(st, s);
    if (!rc && st->examiner)
        st->examiner->examine(st->examiner, s);
    if (!recorded(s)) {
        s->cost_ns += clock_mono_ns() - wall;
        s->cpu_ns += clock_thread_cpu_ns() - cpu;
    }
    return rc;
}

int stepper_next(struct stepper *st, const struct request *req, struct snapshot **last,
                 struct err *err)
{
    struct snapshot *s = snapshot_new(st->pool);
    struct request whole = *req;
    uint32_t needs = req->needs;
    int rc;

    st->seq++;
    if (!s)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (st->examiner)
        needs |= st->examiner->needs(st->examiner, clock_mono_ns());
    s->needs = whole.needs = needs_whole(needs);
    s->count_only = req->count_only;
    if (st->good)
        snapshot_keep_congestion(s, st->good);
    rc = source_sample(st->src, &whole, s, err);
    s->needs |= req->needs & NEED_RATES; /* which are made here, of any source's figures */
    if (!rc) {
        rc = complete(st, s, req, needs);
        if (rc)
            err_set(err, rc, "%s", err_name(rc));
    }
    if (rc) {
        snapshot_unref(s);
        return rc;
    }
    if (s->status != SAMPLE_FAILED) {
        snapshot_unref(st->good);
        st->good = snapshot_ref(s);
    }
    snapshot_unref(*last);
    *last = s;
    return 0;
}

struct snapshot *stepper_failure(struct stepper *st, const struct request *req,
                                 const struct err *err)
{
    struct snapshot *s = snapshot_new(st->pool);

    if (!s)
        return NULL;
    s->status = SAMPLE_FAILED;
    s->needs = needs_whole(req->needs);
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    utf8_sanitise_into(s->why, sizeof s->why, err->msg, strlen(err->msg));
    s->netns_view = st->netns_view;
    if (st->good) {
        s->namespaces = netns_table_ref(st->good->namespaces);
        s->closed_total = st->good->closed_total;
        s->edges = st->good->edges;
        s->deaths_total = st->good->deaths_total;
        memcpy(s->netns, st->good->netns, sizeof s->netns);
        memcpy(s->host.name, st->good->host.name, sizeof s->host.name);
        memcpy(s->host.kernel, st->good->host.kernel, sizeof s->host.kernel);
    }
    if (complete(st, s, req, req->needs)) {
        snapshot_unref(s);
        return NULL;
    }
    return s;
}
