/* SPDX-License-Identifier: MIT */
/* A source under the test's thumb. */
#include "lib/fake_source.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"

static int fake_sample(struct source *src, const struct request *req, struct sample_builder *b,
                       struct sample_reason *why)
{
    struct sample *s = &b->sample;
    struct fake *f = (struct fake *)src;
    int fails = atomic_load(&f->fails);

    if (atomic_fetch_add(&f->begun, 1) == 0)
        pthread_sigmask(SIG_SETMASK, NULL, &f->blocked);
    pthread_mutex_lock(&f->gate);
    atomic_fetch_add(&f->passed, 1);
    pthread_mutex_unlock(&f->gate);
    atomic_store(&f->needs, req->needs);
    if (fails && atomic_load(&f->taken) >= atomic_load(&f->fails_after))
        return sample_reason_set(why, fails, reason_said("the fake fails"));
    atomic_fetch_add(&f->whole, !req->brief);
    atomic_fetch_add(&f->kept, req->keep_gathered);
    s->counters.before.established = s->counters.after.established = atomic_load(&f->counted);
    s->counters.valid = atomic_load(&f->counted) && (req->count_states || req->brief);
    s->left_out = req->brief && atomic_load(&f->counted) ? BRIEF_LEFT_OUT : 0;
    for (uint64_t i = 1; i <= atomic_load(&f->rows) && !s->left_out; i++)
        model_add(s, i, TCP_STATE_ESTABLISHED);
    s->needs &= ~atomic_load(&f->lacks);
    s->status = (uint8_t)atomic_load(&f->status);
    s->backend = (uint8_t)atomic_load(&f->backend);
    s->netns_view = atomic_load(&f->view);
    s->mono_ns = atomic_load(&f->mono_ns);
    if (!s->mono_ns)
        s->mono_ns = clock_mono_ns();
    s->cpu_ns = s->cost_ns = atomic_load(&f->cpu_ns);
    if (atomic_load(&f->cost_ns))
        s->cost_ns = atomic_load(&f->cost_ns);
    if (s->left_out)
        s->cpu_ns = s->cost_ns = atomic_load(&f->brief_cpu_ns);
    atomic_fetch_add(&f->taken, 1);
    return 0;
}

static int fake_gather(struct source *src, const struct request *req, struct sample_builder *b,
                       bool begin, int64_t until_ns)
{
    struct fake *f = (struct fake *)src;
    int64_t left = until_ns - clock_mono_ns();

    if (!req->brief || !atomic_load(&f->pieces))
        return -EOPNOTSUPP;
    if (begin) {
        f->piece = 0;
        f->taken_at_begin = atomic_load(&f->taken);
        b->sample.counters.before.established = atomic_load(&f->counted);
    }
    if (left > 0) /* it takes all the time that there is */
        nanosleep(&(struct timespec){.tv_nsec = (long)left}, NULL);
    if (++f->piece < atomic_load(&f->pieces))
        return 1;
    for (uint64_t i = 1; i <= atomic_load(&f->rows); i++)
        model_add(&b->sample, i, TCP_STATE_ESTABLISHED);
    b->sample.cpu_ns = b->sample.cost_ns = atomic_load(&f->cpu_ns);
    atomic_fetch_add(&f->gathered, atomic_load(&f->taken) > f->taken_at_begin);
    return 0;
}

static void fake_close(struct source *src)
{
    atomic_store(&((struct fake *)src)->closed, true);
}

void fake_init(struct fake *f)
{
    static const struct source_ops ops = {
        .name = "fake", .sample = fake_sample, .close = fake_close, .gather = fake_gather};

    memset(f, 0, sizeof *f);
    f->source.ops = &ops;
    atomic_store(&f->rows, 3);
    pthread_mutex_init(&f->gate, NULL);
}

void fake_init_recording(struct fake *f)
{
    static const struct source_ops ops = {
        .name = "fake recording", .is_recording = true, .sample = fake_sample, .close = fake_close};

    fake_init(f);
    f->source.ops = &ops;
}
