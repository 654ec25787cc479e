/* SPDX-License-Identifier: MIT */
/* Metrics for Prometheus: once, again and again into a file or a pipe, or as the answer to one
 * request of HTTP. Signals keep their default effect, as in a batch: a file is replaced as a whole
 * or not at all. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "http_answer.h"
#include "replace_file.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/output/metrics.h"
#include "tcptop/source/sample_pipeline.h"

#define REQUEST_MS     5000
#define ANSWER_MS      10000
#define HISTORY_POINTS 60

struct metrics_mode {
    const struct settings *s;
    struct sample_pipeline *pipeline;
    struct metrics *metrics;
    const struct sample *last; /* the newest sample, also one that failed; NULL before the first */
    struct str text;           /* of it */
    struct sink out;
    int error; /* -errno of the file that could not be written; 0: it was */
    int code;
    char said[REASON_TEXT_SIZE];          /* the cause that stderr was told last */
    char said_failed[sizeof(struct err)]; /* why there was no sample; "": there was */
};

static int open_mode(struct metrics_mode *m, struct err *err)
{
    const struct settings *s = m->s;
    struct source *src;
    int rc = app_open_source(&src, s, err);

    if (rc)
        return rc;
    m->pipeline = sample_pipeline_new(src, HISTORY_POINTS);
    m->metrics = metrics_new(settings_metrics_go_on(s), s->group_given);
    struct sample_observer *doctor = app_doctor(s);
    if (m->pipeline && doctor)
        sample_pipeline_observe(m->pipeline, doctor);
    else if (doctor)
        doctor->free(doctor);
    rc = m->pipeline && m->metrics && doctor ? 0 : -ENOMEM;
    return rc ? err_set(err, rc, "%s", text_error(rc)) : 0;
}

static void close_mode(struct metrics_mode *m)
{
    sample_unref(m->last);
    metrics_free(m->metrics);
    sample_pipeline_free(m->pipeline);
    str_fini(&m->text);
}

/* Say, once for each cause, why there is no sample. */
static void report_failure(struct metrics_mode *m, const struct sample_reason *why, int rc)
{
    struct err err = {""};

    cli_error_reason(&err, rc, why);
    m->code = EXIT_FAILED;
    if (strcmp(m->said_failed, err.msg) != 0)
        cli_error(err.msg);
    snprintf(m->said_failed, sizeof m->said_failed, "%s", err.msg);
}

/* One more sample; where that fails, one that says so. Returns 0, -ENODATA at the end of a
 * recording or -ENOMEM. */
static int take(struct metrics_mode *m)
{
    const bool goes_on = settings_metrics_go_on(m->s);
    const struct request req = {
        .needs = NEED_BOUND | NEED_DROPS,
        .interval_ms = m->s->ui.interval_ms,
        .host_facts = true,
        .parallel_from = goes_on ? 0 : PARALLEL_FROM,
        .close_stats = goes_on ? m->s->cpu_budget : 0,
    };
    struct sample_reason why = {.code = REASON_NONE};
    int rc = sample_pipeline_next(m->pipeline, &req, &m->last, &why);

    if (rc == -ENODATA) {
        if (app_tell_unread(m->pipeline) && m->code == EXIT_COMPLETE)
            m->code = EXIT_PARTIAL;
        return rc;
    }
    if (rc) {
        const struct sample *failed = sample_pipeline_failure(m->pipeline, &req, &why);
        report_failure(m, &why, rc);
        if (!failed)
            return -ENOMEM;
        sample_unref(m->last);
        m->last = failed;
    } else {
        m->said_failed[0] = '\0';
        if (app_tell_partial(m->last, m->said) && m->code == EXIT_COMPLETE)
            m->code = EXIT_PARTIAL;
    }
    return metrics_take(m->metrics, m->last);
}

static int print(struct metrics_mode *m, enum format format)
{
    str_clear(&m->text);
    metrics_print(m->metrics, m->last, format, &m->text);
    return str_failed(&m->text) ? -ENOMEM : 0;
}

/* Returns 0, or the -errno that ends it: that of standard output. */
static int write_out(struct metrics_mode *m)
{
    int rc = print(m, m->s->format);

    if (rc)
        return rc;
    if (!m->s->output_path) {
        sink_add_bytes(&m->out, m->text.data, m->text.len);
        return sink_flush(&m->out);
    }
    rc = replace_file(m->s->output_path, m->text.data, m->text.len);
    if (rc && rc != m->error) {
        struct err err;
        cli_error_usage(&err, MSG_RECORD_REFUSED, m->s->output_path, text_error(rc));
        cli_error(err.msg);
        m->code = EXIT_FAILED;
    }
    m->error = rc;
    return 0;
}

/* False when the reader of standard output has gone meanwhile. */
static bool wait_until(const struct metrics_mode *m, int64_t due)
{
    if (!m->s->output_path && !m->s->answer_http)
        return app_wait(due);
    for (int64_t left; (left = due - clock_mono_ns()) > 0;)
        (void)poll(NULL, 0, (int)((left + NS_PER_MS - 1) / NS_PER_MS));
    return true;
}

/* The interval, or longer where samples cost more than their share. */
static int64_t gap_ns(const struct metrics_mode *m)
{
    const int64_t asked = (int64_t)m->s->ui.interval_ms * NS_PER_MS;
    const double affordable = (double)m->last->cpu_ns / m->s->cpu_budget;

    return settings_metrics_go_on(m->s) && affordable > (double)asked ? (int64_t)affordable : asked;
}

/* Take samples, and write each where it goes on; else the caller has the last one. Returns 0, or
 * the -errno that ended it. */
static int run(struct metrics_mode *m)
{
    const bool goes_on = settings_metrics_go_on(m->s);
    int64_t due = clock_mono_ns();

    for (uint64_t n = 1;; n++) {
        int rc = take(m);
        if (rc == -ENODATA)
            return m->last ? 0 : rc;
        if (!rc && goes_on)
            rc = write_out(m);
        /* of a recording the last sample is wanted, of another host one that is whole */
        const bool enough = m->s->count && n >= m->s->count && !(m->s->ui.read_path && !goes_on);
        if (rc || (enough && !app_awaits_owners(m->last)))
            return rc;
        if (m->s->ui.host && m->last->status == SAMPLE_FAILED) /* it has ended */
            return 0;
        const int64_t now = clock_mono_ns(), gap = gap_ns(m);
        due = due + gap > now ? due + gap : now;
        if (settings_samples_here(m->s) && !wait_until(m, due))
            return 0;
    }
}

static int finish(struct metrics_mode *m, int rc)
{
    if (rc == -ENODATA || (rc == -ENOMEM && !m->out.error)) {
        cli_error(rc == -ENOMEM ? text_error(rc) : text(MSG_NO_SAMPLE));
        m->code = EXIT_FAILED;
    }
    close_mode(m);
    return app_finish(&m->out, m->code);
}

static int answer_with(struct metrics_mode *m, const struct http_request *request)
{
    static const char *const types[] = {
        "text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    const bool open = m->s->format == FORMAT_OPENMETRICS ||
                      (m->s->format != FORMAT_PROMETHEUS && request->openmetrics);
    struct http_request failed = *request;

    failed.status = 503;
    const bool told = m->last && m->last->status != SAMPLE_FAILED &&
                      print(m, open ? FORMAT_OPENMETRICS : FORMAT_PROMETHEUS) == 0;
    return http_answer_write(STDOUT_FILENO, told ? request : &failed, types[open], m->text.data,
                             m->text.len, ANSWER_MS);
}

/* A client that asks wrongly, or goes away, is no failure of the program: what starts it for each
 * request would count them. */
static int answer(struct metrics_mode *m)
{
    const struct http_request request = http_answer_read(STDIN_FILENO, REQUEST_MS);
    struct err err = {""};

    if (request.status == 0)
        return EXIT_COMPLETE;
    if (request.status != 200) {
        (void)http_answer_write(STDOUT_FILENO, &request, "", "", 0, ANSWER_MS);
        return EXIT_COMPLETE;
    }
    int rc = open_mode(m, &err);
    if (rc)
        cli_error(err.msg);
    else
        rc = run(m);
    (void)answer_with(m, &request);
    close_mode(m);
    return rc ? EXIT_FAILED : m->code;
}

int metrics_mode_run(const struct settings *s, bool utf8)
{
    struct metrics_mode m = {.s = s, .code = EXIT_COMPLETE};
    struct err err = {""};

    (void)utf8;
    if (s->answer_http)
        return answer(&m);
    int rc = open_mode(&m, &err);
    if (!rc) {
        rc = sink_init(&m.out, STDOUT_FILENO);
        if (rc)
            err_set(&err, rc, "%s", text_error(rc));
    }
    if (rc) {
        cli_error(err.msg);
        close_mode(&m);
        return EXIT_FAILED;
    }
    rc = run(&m);
    if (!rc && m.last && !settings_metrics_go_on(s))
        rc = write_out(&m);
    return finish(&m, rc);
}

int metrics_mode_explain(const struct settings *s, bool utf8)
{
    struct str text = STR_INIT;
    struct sink out;

    (void)s, (void)utf8;
    if (sink_init(&out, STDOUT_FILENO))
        return EXIT_FAILED;
    metrics_explain(&text);
    sink_add(&out, str_text(&text));
    str_fini(&text);
    return app_finish(&out, EXIT_COMPLETE);
}
