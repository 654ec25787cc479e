/* SPDX-License-Identifier: MIT */
/* What the modes share: where samples come from, waiting for the next, how output ends. */
#include "app.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/source/sampler.h"

int app_open_source(struct source **src, const struct settings *s, struct err *err)
{
    struct sample_reason why;
    const int rc = s->read_path ? recording_open(src, s->read_path, &why)
                                : multi_netns_open(src, s->netns ? s->netns : "", &why);
    return rc ? cli_error_reason(err, rc, &why) : 0;
}

int app_next_sample(struct sample_pipeline *pipeline, const struct request *req,
                    const struct sample **last, struct err *err)
{
    struct sample_reason why = {.code = REASON_NONE};
    const int rc = sample_pipeline_next(pipeline, req, last, &why);
    return rc ? cli_error_reason(err, rc, &why) : 0;
}

static bool shows_screen(const struct settings *s)
{
    return s->mode == MODE_LIVE || s->mode == MODE_LEARN;
}

/* On the screen, and with keys that are read from a file, `@` may ask for another namespace at any
 * time; a lesson has its own. */
static bool enters_namespaces(const struct settings *s)
{
    return s->netns || s->mode == MODE_LIVE || (s->mode == MODE_DUMP && s->keys_path);
}

/* The README has this as a table. */
static uint64_t rights_of(const struct settings *s)
{
    uint64_t rights = PRIVILEGE_PROCESSES;

    if (s->read_path || s->mode == MODE_HELP || s->mode == MODE_VERSION)
        return 0;
    if (!s->readonly && (shows_screen(s) || s->mode == MODE_BATCH))
        rights |= PRIVILEGE_NET;
    if (enters_namespaces(s))
        rights |= PRIVILEGE_NAMESPACES;
    return rights;
}

void mode_keep_privileges(const struct settings *s)
{
    privileges_keep(rights_of(s));
}

bool app_is_partial(const struct sample *s)
{
    return !sample_is_whole(s) || s->backend == BACKEND_PROC ||
           (s->import && import_not_understood(s->import));
}

struct sample_observer *app_doctor(const struct settings *s)
{
    return doctor_new(&s->limits, false, s->cpu_budget);
}

struct sample_pipeline *app_open_recording(const void *settings, uint32_t history_len)
{
    const struct settings *s = settings;
    struct source *src;
    if (recording_open(&src, s->read_path, NULL))
        return NULL;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, history_len);
    if (pipeline)
        sample_pipeline_observe(pipeline, app_doctor(s));
    return pipeline;
}

bool app_wait(int64_t due)
{
    for (;;) {
        const int64_t left = due - clock_mono_ns();
        if (left <= 0)
            return true;
        struct pollfd out = {.fd = STDOUT_FILENO}; /* no events: only POLLERR is reported */
        if (poll(&out, 1, (int)((left + NS_PER_MS - 1) / NS_PER_MS)) > 0)
            return false;
    }
}

int app_finish(struct sink *out, int code)
{
    const int rc = sink_flush(out);
    if (rc && rc != -EPIPE) {
        struct err why;
        cli_error_usage(&why, MSG_WRITE_ERROR, err_name(rc), NULL);
        cli_error(why.msg);
        code = EXIT_FAILED;
    }
    sink_fini(out);
    return code;
}
