/* SPDX-License-Identifier: MIT */
/* --doctor: a few samples, then what was found in them (output/report.h). Exit codes are those of
 * monitoring plugins. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/output/report.h"
#include "tcptop/source/sample_pipeline.h"

#define SAMPLES_LEAST 5
#define SAMPLES_MOST  15 /* as long as another one would decide something */

struct round {
    const struct settings *s;
    struct sample_pipeline *pipeline;
    struct sample_observer *observer; /* the sample_pipeline's */
    const struct sample *last;        /* NULL: none was taken */
    unsigned samples;
    int64_t first_ns;
    bool ascii;
    bool terminal; /* a person waits at it */
    struct sink out;
    struct err err;
};

static bool goes_on(const struct round *r)
{
    if (r->s->read_path)
        return true;
    uint64_t wanted = r->s->count ? r->s->count : SAMPLES_LEAST;
    return r->samples < wanted ||
           (!r->s->count && r->samples < SAMPLES_MOST && doctor_pending(r->observer));
}

/* On a terminal: how far it is, in a line that the next one overwrites. `samples` 0: it goes. */
static void show_progress(const struct round *r, unsigned samples)
{
    char taken[16], most[16];
    struct str line = STR_INIT;

    if (!r->terminal)
        return;
    snprintf(taken, sizeof taken, "%u", samples);
    snprintf(most, sizeof most, "%u", SAMPLES_MOST);
    if (samples)
        text_fill(&line, MSG_DOCTOR_PROGRESS, taken, most, NULL);
    fprintf(stderr, "\r\033[K%s", str_text(&line));
    fflush(stderr);
    str_fini(&line);
}

/* Returns 0, the -errno of a sample that failed, or -EPIPE when nobody reads the answer. */
static int take_samples(struct round *r)
{
    const struct request req = {.host_facts = true, .interval_ms = r->s->interval_ms};
    int64_t due = clock_mono_ns();
    int rc = 0;

    while (goes_on(r)) {
        if (r->samples && !r->s->read_path)
            rc = app_wait(due += (int64_t)r->s->interval_ms * NS_PER_MS) ? 0 : -EPIPE;
        if (!rc)
            rc = app_next_sample(r->pipeline, &req, &r->last, &r->err);
        if (rc)
            break;
        if (r->samples++ == 0)
            r->first_ns = r->last->mono_ns;
        show_progress(r, r->samples);
    }
    show_progress(r, 0);
    return rc == -ENODATA && r->last ? 0 : rc;
}

/* Without a finding that says more, a sample that is not whole allows no OK. */
static enum status judge(const struct round *r)
{
    const struct findings *f = r->last ? r->last->findings : NULL;

    if (f && f->worst >= SEVERITY_WARNING)
        return f->worst == SEVERITY_CRITICAL ? STATUS_CRITICAL : STATUS_WARNING;
    if (!f || app_is_partial(r->last) || r->last->import)
        return STATUS_UNKNOWN;
    return STATUS_OK;
}

static int open_round(struct round *r)
{
    struct source *src;
    int rc = app_open_source(&src, r->s, &r->err);

    if (rc)
        return rc;
    r->pipeline = sample_pipeline_new(src, 1);
    r->observer = doctor_new(&r->s->limits, true, r->s->cpu_budget);
    if (r->pipeline)
        sample_pipeline_observe(r->pipeline, r->observer);
    else if (r->observer)
        r->observer->free(r->observer);
    rc = r->pipeline && r->observer ? sink_init(&r->out, STDOUT_FILENO) : -ENOMEM;
    return rc ? err_set(&r->err, rc, "%s", text_error(rc)) : 0;
}

static double seconds_of(const struct round *r)
{
    return (double)(r->last->mono_ns - r->first_ns) / (double)NS_PER_S;
}

static void print_round(struct round *r, enum status status)
{
    struct str hidden = STR_INIT;

    owner_rights_note(r->last, &hidden);
    const struct report report = {
        .status = status,
        .last = r->last,
        .samples = r->samples,
        .seconds = seconds_of(r),
        .hidden = str_text(&hidden),
        .ascii = r->ascii,
    };
    if (r->s->format == FORMAT_JSON)
        report_print_json(&r->out, &report);
    else
        report_print_text(&r->out, &report);
    str_fini(&hidden);
}

int doctor_mode_run(const struct settings *s, bool utf8)
{
    struct round r = {.s = s,
                      .ascii = settings_ascii(s, utf8),
                      .terminal = !s->read_path && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO)};
    int rc = open_round(&r);
    enum status status = STATUS_UNKNOWN;

    if (!rc)
        rc = take_samples(&r);
    if (rc && rc != -EPIPE)
        cli_error(rc == -ENODATA ? text(MSG_NO_SAMPLE) : r.err.msg);
    if (!rc) {
        status = judge(&r);
        print_round(&r, status);
    }
    sample_unref(r.last);
    sample_pipeline_free(r.pipeline);
    const int end = app_finish(&r.out, EXIT_COMPLETE);
    return end == EXIT_COMPLETE ? (int)status : STATUS_UNKNOWN;
}
