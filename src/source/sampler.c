/* SPDX-License-Identifier: MIT */
/* The sampling thread: when to sample, at what interval, and how the result gets out. Between brief
 * samples it gathers the rows of full ones.
 *
 * Stopping cancels a sample under way, but a call into the kernel must return first. The owner
 * waits for that only for a while; what is left is freed when the thread has ended. */
#include "tcptop/source/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"
#include "tcptop/source/recording.h"

#define STOP_WAIT_NS    (400 * NS_PER_MS)
#define INTERVAL_MIN_MS 10u
#define STRETCH_STEP_MS 100u      /* stretched intervals are multiples of it */
#define STRETCH_KEEP    0.7       /* it stays while at least this share of it is needed */
#define COST_WEIGHT     0.25      /* of the newest sample in the mean cost */
#define BRIEF_SHARE     (2.0 / 3) /* of the CPU budget: for brief samples, at most */
#define BRIEF_GUESS     0.15      /* of the cost of a full sample, before the first brief one */
#define WORTH_BEGINNING 1.3  /* so much longer the interval must be without brief samples, … */
#define WORTH_STAYING   1.1  /* … and so much for them to go on */
#define LEFT_OUT_LEAST  1000 /* sockets: fewer in the states to leave out cost next to nothing */
#define GATHER_LEAST    0.25 /* of the interval: for gathering, also where no time is left */
#define GATHER_SLICE_NS (20 * NS_PER_MS) /* how soon a wish is seen meanwhile */
#define OWNER_SHARE     0.4              /* of the CPU budget, besides: for who holds the sockets */
#define LATE_NS         NS_PER_S /* and twice the mean cost: what a sample may take beyond its time */
#define STREAM_LATE     3        /* intervals without a sample of another host */
#define EARLY_COST      0.05     /* a sample this cheap is taken early for the first owners */

/* What samples cost, as a mean in which the last ones count most. */
struct cost {
    double cpu_ns;
    double wall_ns; /* how long one takes */
};

struct sampler {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all up to the next blank line */
    pthread_cond_t wake;  /* on the monotonic clock */
    struct request req;
    bool now, stop;
    bool answered;               /* owners are known for the first time, or more users */
    const struct sample *latest; /* one reference */
    int64_t due_ns;              /* of the sample that is under way or comes next; of a stream: when
                                    the last one came */
    uint64_t stream_ms;          /* interval that the last sample of a stream has */
    bool offered;                /* it is of a recording, and the owner has not taken it yet */
    int ended;                   /* see sampler_ended() */
    struct sample_reason why;    /* of it */
    int wake_fd;                 /* the owner's, not touched after stop */

    struct source *src; /* the sample_pipeline's; only to cancel a sample */
    bool is_recording, is_stream;

    struct sample_pipeline *pipeline; /* the rest is the thread's */
    double cpu_budget;
    struct cost full, brief;                        /* of samples of either kind */
    uint64_t stretched_ms;                          /* 0: not stretched */
    uint64_t brief_stretched_ms, full_stretched_ms; /* the same of two tempos */
    uint64_t interval_ms;                           /* in force */
    uint64_t full_ms; /* … between full samples; 0: every sample is one */
    int64_t slot_ns;  /* of the sample that is under way or was the last one */
    int64_t full_ns;  /* … that was a full one; 0: there was none */
    double other;     /* share of one core that the other threads have used lately */
    int64_t mono_ns, thread_ns, process_ns; /* the clocks at the sample before */
    bool counted;                           /* a brief sample can follow, and saves something */
    bool asked_brief;                       /* that sample was to be a brief one */
    bool has_been_brief;                    /* any sample until now */
    bool gathers;       /* the next one is a full one, though asked for as a brief one */
    bool has_gathered;  /* … and after a brief one, since its rows are all there */
    bool cannot_gather; /* the next full one must be taken at once */
};

/* The thread has ended, or was never started. */
static void release(struct sampler *s)
{
    sample_unref(s->latest);
    sample_pipeline_free(s->pipeline);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* `needed` in steps, not for every change of cost, so that the header stands still; at least
 * `least`. `*before` is what was in force. */
static uint64_t stretched(uint64_t *before, double needed, uint64_t least)
{
    double now = (double)*before;

    if (needed <= (double)least)
        *before = 0;
    else if (now < needed || now * STRETCH_KEEP > needed)
        *before = (uint64_t)(needed / STRETCH_STEP_MS + 1) * STRETCH_STEP_MS;
    return *before > least ? *before : least;
}

/* The interval that keeps the cost within the share, or in which a sample is finished: on a busy
 * host it waits for others. */
static double needed_ms(const struct cost *c, double share)
{
    double cost = share > 0 ? c->cpu_ns / share : 0;

    return (cost > c->wall_ns ? cost : c->wall_ns) / (double)NS_PER_MS;
}

/* Set the intervals of two tempos: brief samples at the one that was asked for, if they take no
 * more than their share of the budget, and full ones as often as the rest allows, when what the
 * list, the screen and all other threads use of it is taken off, but half of the share that is left
 * by brief ones. False where that is not worth it. */
static bool set_tempos(struct sampler *s, uint64_t asked, double single_ms)
{
    struct cost guess = {BRIEF_GUESS * s->full.cpu_ns, BRIEF_GUESS * s->full.wall_ns};
    const struct cost *brief = s->brief.cpu_ns > 0 ? &s->brief : &guess;
    double needed = needed_ms(brief, s->cpu_budget * BRIEF_SHARE);
    double worth = s->full_ms ? WORTH_STAYING : WORTH_BEGINNING;

    if ((needed > (double)asked ? needed : (double)asked) * worth > single_ms)
        return false;
    s->interval_ms = stretched(&s->brief_stretched_ms, needed, asked);
    double left =
        s->cpu_budget - s->other - brief->cpu_ns / ((double)s->interval_ms * (double)NS_PER_MS);
    double least = s->cpu_budget * (1 - BRIEF_SHARE) / 2;
    left = left > least ? left : least;
    double more = s->full.cpu_ns - brief->cpu_ns;
    s->full_ms =
        stretched(&s->full_stretched_ms, more / left / (double)NS_PER_MS, 2 * s->interval_ms);
    return true;
}

/* Set the intervals in force: the one that was asked for, a longer one, or two. Needs the lock. */
static void set_tempo(struct sampler *s)
{
    uint64_t asked = s->req.interval_ms > INTERVAL_MIN_MS ? s->req.interval_ms : INTERVAL_MIN_MS;
    double needed = needed_ms(&s->full, s->cpu_budget);

    bool may_be_two = s->req.two_tempos && s->counted && !s->req.list_namespaces;

    if (needed > (double)asked && may_be_two && set_tempos(s, asked, needed))
        return;
    s->full_ms = 0;
    s->interval_ms = stretched(&s->stretched_ms, needed, asked);
}

static void add_cost(struct cost *mean, const struct sample *s)
{
    double cpu = (double)s->cpu_ns, wall = (double)s->cost_ns;

    mean->cpu_ns += mean->cpu_ns > 0 ? COST_WEIGHT * (cpu - mean->cpu_ns) : cpu;
    mean->wall_ns += mean->wall_ns > 0 ? COST_WEIGHT * (wall - mean->wall_ns) : wall;
}

/* Note what other threads have used since the sample before. */
static void add_other(struct sampler *s)
{
    int64_t mono = clock_mono_ns(), thread = clock_thread_cpu_ns();
    int64_t process = clock_process_cpu_ns();
    double used = (double)(process - s->process_ns - (thread - s->thread_ns));

    if (s->mono_ns && mono > s->mono_ns)
        s->other += COST_WEIGHT * (used / (double)(mono - s->mono_ns) - s->other);
    s->mono_ns = mono;
    s->thread_ns = thread;
    s->process_ns = process;
}

/* Are there enough sockets in the states that a brief sample leaves out? */
static bool has_many_to_leave_out(const struct sample *s)
{
    return s->count[TCP_STATE_ESTABLISHED] + s->count[TCP_STATE_TIME_WAIT] >= LEFT_OUT_LEAST;
}

/* The intervals in force after a sample, whose cost counts. Called by the pipeline. */
static void set_intervals(void *context, struct sample *fresh)
{
    struct sampler *s = context;

    pthread_mutex_lock(&s->lock);
    /* The first brief sample takes memory that later ones find in place: its cost is none of
     * theirs. */
    if (fresh->status != SAMPLE_FAILED && (!fresh->left_out || s->has_been_brief))
        add_cost(fresh->left_out ? &s->brief : &s->full, fresh);
    s->has_been_brief = s->has_been_brief || fresh->left_out;
    add_other(s);
    if (!fresh->left_out) {
        s->full_ns = s->slot_ns;
        s->cannot_gather = false;
    }
    s->counted = fresh->counters.valid && (fresh->left_out || !s->asked_brief) &&
                 has_many_to_leave_out(fresh);
    set_tempo(s);
    fresh->interval_ms = s->interval_ms;
    fresh->full_interval_ms = s->full_ms;
    pthread_mutex_unlock(&s->lock);
}

/* Is the sample of this slot to be a full one? */
static bool full_is_due(const struct sampler *s, int64_t slot)
{
    return slot >= s->full_ns + (int64_t)(s->full_ms - s->interval_ms / 2) * NS_PER_MS;
}

/* What is asked of the source next. A full sample is gathered between brief ones, which wait for
 * nothing then; when its rows are there, it follows the next brief one. Needs the lock. */
static struct request next_request(struct sampler *s)
{
    struct request req = s->req;

    req.brief = s->full_ms && !s->now && !(s->cannot_gather && full_is_due(s, s->slot_ns));
    s->has_gathered = s->has_gathered && req.brief;
    req.keep_gathered = s->has_gathered;
    req.count_states = req.two_tempos && (s->full_ms || s->stretched_ms || !s->full_ns);
    s->asked_brief = req.brief && !s->gathers;
    s->now = s->gathers = false;
    return req;
}

/* Use the time until the sample after that of `slot` for the rows of a full one, if that is due by
 * then. Needs the lock, which is given up meanwhile. */
static void gather(struct sampler *s, int64_t slot)
{
    int64_t interval = (int64_t)s->interval_ms * NS_PER_MS, until = slot + interval;
    int64_t least = clock_mono_ns() + (int64_t)(GATHER_LEAST * (double)interval);
    int more = 1;

    if (!s->full_ms || !full_is_due(s, until) || s->cannot_gather)
        return;
    s->due_ns = until = until > least ? until : least;
    for (int64_t now; more == 1 && !s->stop && !s->now && (now = clock_mono_ns()) < until;) {
        struct request req = s->req;
        int64_t slice = now + GATHER_SLICE_NS;
        req.brief = true;
        pthread_mutex_unlock(&s->lock);
        more = sample_pipeline_gather(s->pipeline, &req, slice < until ? slice : until);
        pthread_mutex_lock(&s->lock);
    }
    s->has_gathered = more == 0;
    s->cannot_gather = more < 0;
}

/* Is the brief sample of this slot out, and the full one at once to follow, so that what the brief
 * one shows does not wait for it? Needs the lock. */
static bool full_follows(struct sampler *s)
{
    s->gathers = s->has_gathered && s->full_ns != s->slot_ns;
    s->has_gathered = false;
    return s->gathers;
}

/* Owners are known for the first time, or more of them: they are to be shown soon. Called by the
 * thread that looks them up. */
static void take_answer(void *context)
{
    struct sampler *s = context;

    pthread_mutex_lock(&s->lock);
    s->answered = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

/* Is there an answer that is worth a sample before its time? Needs the lock. */
static bool early(struct sampler *s)
{
    bool worth =
        s->answered && s->full.cpu_ns < EARLY_COST * (double)s->req.interval_ms * (double)NS_PER_MS;

    s->answered = false;
    return worth;
}

/* Wake the owner of the sampler. Needs the lock. */
static void wake_owner(struct sampler *s)
{
    if (!s->stop && s->wake_fd >= 0)
        (void)eventfd_write(s->wake_fd, 1);
}

/* No sample will follow. */
static void end(struct sampler *s, int rc, const struct sample_reason *why)
{
    pthread_mutex_lock(&s->lock);
    s->ended = rc;
    s->why = *why;
    wake_owner(s);
    pthread_mutex_unlock(&s->lock);
}

/* Take one sample; NULL when even the failure found no memory, or when there is no sample left. A
 * first one without memory is the last: there would be nothing to show, nor to say why. */
static const struct sample *take(struct sampler *s, const struct request *req)
{
    const struct sample *fresh = NULL;
    struct sample_reason why = {.code = REASON_NONE};
    int rc = sample_pipeline_next(s->pipeline, req, &fresh, &why);

    if (rc == -ENODATA)
        why = recording_unread(sample_pipeline_source(s->pipeline));
    if (rc == -ENODATA || (rc && s->is_recording))
        end(s, rc, &why);
    else if (rc)
        fresh = sample_pipeline_failure(s->pipeline, req, &why);
    if (rc && !fresh && !s->latest && !s->ended)
        end(s, rc, &why);
    return fresh;
}

/* Make it the latest sample. The old one may be large: it is released without the lock. */
static void publish(struct sampler *s, const struct sample *fresh)
{
    const struct sample *old = fresh;

    if (!fresh)
        return;
    pthread_mutex_lock(&s->lock);
    if (!s->stop) {
        old = s->latest;
        s->latest = fresh;
        s->stream_ms = fresh->interval_ms;
        s->due_ns = s->is_stream ? clock_mono_ns() : s->due_ns;
        s->offered = s->is_recording;
        wake_owner(s);
    }
    pthread_mutex_unlock(&s->lock);
    sample_unref(old);
}

/* Wait for the time after `slot`, a wish to sample now, or the end. Returns the new slot. Times
 * that have passed (a slow dump, a stopped process) are not made up for. A recording goes on when
 * its last sample was taken. Needs the lock. */
static int64_t wait_for_slot(struct sampler *s, int64_t slot)
{
    while (s->offered && !s->stop)
        pthread_cond_wait(&s->wake, &s->lock);
    if (s->is_recording)
        return slot;
    while (!s->stop && !s->now && !early(s)) {
        set_tempo(s);
        int64_t interval = (int64_t)s->interval_ms * NS_PER_MS, due = slot + interval;
        int64_t late = clock_mono_ns() - due;
        if (late >= 0)
            return late < interval ? due : due + late;
        s->due_ns = due;
        thread_wait_until(&s->wake, &s->lock, due);
    }
    return clock_mono_ns();
}

static void *sampler_main(void *arg)
{
    struct sampler *s = arg;
    int64_t slot = clock_mono_ns();

    pthread_mutex_lock(&s->lock);
    while (!s->stop && !s->ended) {
        s->slot_ns = slot;
        struct request req = next_request(s);
        s->due_ns = s->is_stream && s->latest ? s->due_ns : clock_mono_ns();
        pthread_mutex_unlock(&s->lock);
        publish(s, take(s, &req));
        pthread_mutex_lock(&s->lock);
        if (!s->ended && !full_follows(s)) {
            gather(s, slot);
            slot = wait_for_slot(s, slot);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int sampler_start(struct sampler **sampler, struct source *src, struct sample_observer *observer,
                  const struct request *req, uint32_t history_len, double cpu_budget, int wake_fd,
                  struct sample_reason *why)
{
    struct sampler *s = calloc(1, sizeof *s);
    bool is_recording = src->ops->is_recording, is_stream = src->ops->is_stream;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, history_len);
    int rc;

    if (pipeline)
        sample_pipeline_observe(pipeline, observer);
    else if (observer)
        observer->free(observer);
    if (!s || !pipeline) {
        free(s);
        sample_pipeline_free(pipeline);
        return sample_reason_error(why, -ENOMEM);
    }
    thread_condition_init(&s->wake);
    pthread_mutex_init(&s->lock, NULL);
    s->src = src;
    s->is_recording = is_recording;
    s->is_stream = is_stream;
    s->due_ns = clock_mono_ns();
    s->pipeline = pipeline;
    s->req = *req;
    s->cpu_budget = cpu_budget;
    s->wake_fd = wake_fd;
    sample_pipeline_set_interval(pipeline, set_intervals, s);
    sample_pipeline_scan_apart(pipeline, cpu_budget * OWNER_SHARE, take_answer, s);
    rc = thread_start(&s->thread, sampler_main, s);
    if (rc) {
        release(s);
        return sample_reason_error(why, rc);
    }
    *sampler = s;
    return 0;
}

const struct sample *sampler_latest(struct sampler *s)
{
    const struct sample *latest;

    pthread_mutex_lock(&s->lock);
    latest = s->latest ? sample_ref(s->latest) : NULL;
    if (s->offered) {
        s->offered = false;
        pthread_cond_broadcast(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return latest;
}

int64_t sampler_late_ns(struct sampler *s)
{
    int64_t late = 0;

    pthread_mutex_lock(&s->lock);
    uint64_t interval = s->stream_ms > s->req.interval_ms ? s->stream_ms : s->req.interval_ms;
    if (s->is_stream && !s->ended)
        late = s->due_ns + STREAM_LATE * (int64_t)interval * NS_PER_MS;
    else if (!s->is_recording && !s->ended)
        late = s->due_ns + LATE_NS + 2 * (int64_t)s->full.cpu_ns;
    pthread_mutex_unlock(&s->lock);
    return late;
}

int sampler_ended(struct sampler *s, struct sample_reason *why)
{
    int rc;

    pthread_mutex_lock(&s->lock);
    rc = s->ended;
    if (rc)
        sample_reason_set(why, rc, s->why);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

void sampler_request(struct sampler *s, const struct request *req, bool now)
{
    pthread_mutex_lock(&s->lock);
    s->req = *req;
    s->now |= now;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

static void clear_up(void *arg)
{
    struct sampler *s = arg;

    pthread_join(s->thread, NULL);
    release(s);
}

void sampler_stop(struct sampler *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    source_cancel(s->src);
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    (void)thread_run_until(clear_up, s, clock_mono_ns() + STOP_WAIT_NS);
}
