/* SPDX-License-Identifier: MIT */
/* A recording once more: the connections that a key has opened or pinned were not followed when it
 * was played first. */
#include <stdlib.h>
#include <sys/stat.h>

#include "session_rows.h"
#include "tcptop/source/sampler.h"
#include "travel.h"

struct replay {
    struct task task; /* first: they are cast */
    const struct ui_settings *settings;
    struct request req;
    uint32_t history_len;
    struct sample_pipeline *pipeline; /* NULL before the first step */
    const struct sample *last;
};

/* A pipe tells it only once. */
static bool open_replay(struct replay *r)
{
    struct stat file;

    if (stat(r->settings->read_path, &file) || !(S_ISREG(file.st_mode) || S_ISDIR(file.st_mode)))
        return false;
    r->pipeline = r->settings->open_recording(r->settings->context, r->history_len);
    return r->pipeline;
}

/* One sample. What cannot be read any more ends it: that was said when it was played first. */
static bool replay_step(struct task *task)
{
    struct replay *r = (struct replay *)task;

    return task->cancelled || (!r->pipeline && !open_replay(r)) ||
           sample_pipeline_next(r->pipeline, &r->req, &r->last, NULL);
}

static void replay_on_done(struct task *task, struct session *s)
{
    struct replay *r = (struct replay *)task;

    s->replay_task = NULL;
    if (r->last)
        session_sample(s, sample_ref(r->last), s->now_ns);
}

static void replay_free(struct task *task)
{
    struct replay *r = (struct replay *)task;

    sample_unref(r->last);
    sample_pipeline_free(r->pipeline);
    free(r);
}

void session_replay(struct session *s, const struct request *req, uint32_t history_len)
{
    struct replay *r;

    if (s->settings->past.whole) {
        travel_replay(s);
        return;
    }
    if (s->replay_task)
        s->replay_task->cancelled = true;
    s->replay_task = NULL;
    r = calloc(1, sizeof *r);
    if (!r) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    r->task = (struct task){
        .step = replay_step, .on_done = replay_on_done, .free = replay_free, .waits = true};
    r->settings = s->settings;
    r->req = *req;
    r->req.needs |= NEED_METRICS; /* a key may ask for any figure, and there is no other sample */
    r->history_len = history_len;
    s->replay_task = &r->task;
    session_run(s, &r->task, NULL);
}

void session_read(struct session *s)
{
    (void)travel_go(s, TRAVEL_OPEN, 0);
}

int session_failed(const struct session *s, struct sample_reason *why)
{
    return travel_failed(s, why);
}
