/* What the modes share: where samples come from, waiting for the next, how output ends. */
#include "app.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/source/sampler.h"

int app_open_source(struct source **src, const struct settings *s, struct err *err)
{
    return s->read_path ? source_open_recording(src, s->read_path, err)
                        : source_open_namespaces(src, s->netns ? s->netns : "", err);
}

struct sample_observer *app_doctor(const struct settings *s)
{
    return doctor_new(&s->limits, false, s->cpu_budget);
}

struct sample_pipeline *app_open_recording(const void *settings, uint32_t history_len)
{
    const struct settings *s = settings;
    struct source *src;
    struct err err;
    if (source_open_recording(&src, s->read_path, &err))
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
