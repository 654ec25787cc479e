/* SPDX-License-Identifier: MIT */
/* --doctor: a few samples, or those of a recording, then what was found in them (output/report.h).
 * Exit codes are those of monitoring plugins.
 *
 * What a recorder found is taken over where it judged by the same rules and thresholds: it saw more
 * than is recorded, and a day of samples need not be played. Else, and where something was at its
 * worst at another time than the one that was asked for, each sample is judged anew. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/output/report.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"

#define SAMPLES_LEAST 5
#define SAMPLES_MOST  15 /* as long as another one would decide something */

struct round {
    const struct settings *s;
    struct source *source; /* the pipeline's */
    struct sample_pipeline *pipeline;
    struct sample_observer *observer; /* the pipeline's; NULL: nothing is judged */
    const struct sample *last;        /* NULL: none was taken */
    unsigned samples;
    int64_t first_ns;
    bool ascii;
    bool terminal;            /* a person waits at it */
    struct episodes episodes; /* of a recording that is judged anew */
    struct report_over over;
    struct findings *checked; /* what over.checked points to; owned */
    struct sink out;
    struct err err;
};

static bool goes_on(const struct round *r)
{
    if (r->s->ui.read_path)
        return true;
    uint64_t wanted = r->s->count ? r->s->count : SAMPLES_LEAST;
    return r->samples < wanted ||
           (!r->s->count && r->samples < SAMPLES_MOST && doctor_pending(r->observer));
}

/* On a terminal: how far it is, in a line that the next one overwrites. `samples` 0: it goes. */
static void show_progress(const struct round *r, unsigned samples)
{
    char taken[16], most[24];
    struct str line = STR_INIT;

    if (!r->terminal)
        return;
    snprintf(taken, sizeof taken, "%u", samples);
    snprintf(most, sizeof most, "%llu",
             r->s->count ? (unsigned long long)r->s->count : SAMPLES_MOST);
    if (samples)
        text_fill(&line, MSG_DOCTOR_PROGRESS, taken, most, NULL);
    fprintf(stderr, "\r\033[K%s", str_text(&line));
    fflush(stderr);
    str_fini(&line);
}

/* Is it a sample of a recording that says when it was taken? Then it is one of several over time.
 */
static bool has_time(const struct sample *s)
{
    return s->backend == BACKEND_FRAME && s->wall_ns;
}

/* One more sample of a recording was judged. */
static int add_over(struct round *r, const struct sample *s)
{
    struct report_over *over = &r->over;

    if (!has_time(s))
        return 0;
    if (over->samples++ == 0) {
        over->first_wall_ns = s->wall_ns;
        memset(r->checked->skip, SKIP_YET, sizeof r->checked->skip);
    }
    over->last_wall_ns = s->wall_ns;
    over->reason = s->reason;
    if (s->findings)
        findings_add_skip(r->checked->skip, s->findings->skip);
    return episodes_add(&r->episodes, s);
}

/* Returns 0, the -errno of a sample that failed, or -EPIPE when nobody reads the answer. */
static int take_samples(struct round *r)
{
    const struct request req = {.host_facts = true, .interval_ms = r->s->ui.interval_ms};
    int64_t due = clock_mono_ns();
    int rc = 0;

    while (goes_on(r)) {
        if (r->samples && settings_samples_here(r->s))
            rc = app_wait(due += (int64_t)r->s->ui.interval_ms * NS_PER_MS) ? 0 : -EPIPE;
        if (!rc)
            rc = app_next_sample(r->pipeline, &req, &r->last, &r->err);
        if (!rc && r->s->ui.read_path)
            rc = add_over(r, r->last);
        if (rc)
            break;
        if (r->samples++ == 0)
            r->first_ns = r->last->mono_ns;
        show_progress(r, r->samples);
    }
    show_progress(r, 0);
    const struct sample_reason unread = recording_unread(r->source);
    if (rc == -ENODATA && unread.code != REASON_NONE)
        r->over.reason = unread;
    return rc == -ENODATA && r->last ? 0 : rc;
}

/* Was each of them at its worst in the time that was asked for? Else its figures are of another,
 * and those of this one are in the samples alone. */
static bool worst_is_within(const struct recording_findings *found)
{
    for (uint32_t i = 0; i < found->n; i++)
        if (found->list[i].worst_wall_ns < found->first_wall_ns ||
            found->list[i].worst_wall_ns > found->last_wall_ns)
            return false;
    return true;
}

/* Is only a part of the recording asked for? */
static bool is_part(const struct settings *s)
{
    return s->begin.kind || s->end.kind || s->at.kind;
}

/* What the recorder found, where it judged as it would be judged here. Returns whether it did. */
static bool take_notes(struct round *r)
{
    const struct request req = {.host_facts = true};
    struct recording_findings found;
    struct report_over *over = &r->over;

    if (!r->s->ui.read_path || recording_findings(r->source, rules_number, true, &found) ||
        found.judge != rules_digest(&r->s->limits) || !found.samples ||
        (is_part(r->s) && !worst_is_within(&found)) ||
        recording_seek(r->source, found.last_wall_ns) ||
        app_next_sample(r->pipeline, &req, &r->last, &r->err))
        return false;
    over->list = found.list;
    over->n = found.n;
    over->lost = found.lost;
    over->samples = found.samples;
    over->first_wall_ns = found.first_wall_ns;
    over->last_wall_ns = found.last_wall_ns;
    over->seconds = (double)(found.last_mono_ns - found.first_mono_ns) / (double)NS_PER_S;
    over->reason = found.reason.code != REASON_NONE ? found.reason : r->last->reason;
    memcpy(r->checked->skip, found.skip, sizeof r->checked->skip);
    findings_skip_recorded(r->checked->skip);
    return true;
}

static bool observe(struct round *r)
{
    r->observer = doctor_new(&r->s->limits, true, r->s->cpu_budget);
    if (r->observer)
        sample_pipeline_observe(r->pipeline, r->observer);
    return r->observer;
}

static double seconds_of(const struct round *r)
{
    return (double)(r->last->mono_ns - r->first_ns) / (double)NS_PER_S;
}

/* Judge samples, until that is enough or there are no more. */
static int judge_samples(struct round *r)
{
    if (!observe(r))
        return err_set(&r->err, -ENOMEM, "%s", text_error(-ENOMEM));
    int rc = r->s->ui.read_path ? app_believe(r->observer, r->source) : 0;
    if (!rc)
        rc = take_samples(r);
    if (rc || !r->over.samples)
        return rc;
    episodes_sort(&r->episodes);
    for (uint32_t i = 0; i < r->episodes.n; i++) /* figures that the recorder alone has seen */
        if (r->episodes.list[i].worst.told_wall_ns)
            r->episodes.list[i].worst_wall_ns = r->episodes.list[i].worst.told_wall_ns;
    r->over.list = r->episodes.list;
    r->over.n = r->episodes.n;
    r->over.lost = r->episodes.lost;
    r->over.seconds = seconds_of(r);
    return 0;
}

/* A rule that found something has looked, whatever it suspected in the last sample besides. */
static void settle_checked(struct round *r)
{
    for (uint32_t i = 0; i < r->over.n; i++) {
        uint8_t *skip = &r->checked->skip[r->over.list[i].worst.rule];

        if (*skip == SKIP_UNDECIDED)
            *skip = LOOKED;
    }
}

static uint8_t worst_of(const struct round *r)
{
    const struct findings *f = r->last->findings;
    uint8_t worst = SEVERITY_OK;

    for (uint32_t i = 0; i < r->over.n; i++) {
        if (r->over.list[i].worst.severity > worst)
            worst = r->over.list[i].worst.severity;
    }
    return r->over.samples ? worst : f ? f->worst : SEVERITY_OK;
}

/* Without a finding that says more, a sample that is not whole allows no OK. */
static enum status judge(const struct round *r)
{
    uint8_t worst = worst_of(r);

    if (worst >= SEVERITY_WARNING)
        return worst == SEVERITY_CRITICAL ? STATUS_CRITICAL : STATUS_WARNING;
    if (r->over.samples && r->over.reason.code != REASON_NONE)
        return STATUS_UNKNOWN;
    if ((!r->over.samples && !r->last->findings) || app_is_partial(r->last) || r->last->import)
        return STATUS_UNKNOWN;
    return STATUS_OK;
}

static int open_round(struct round *r)
{
    int rc = app_open_source(&r->source, r->s, &r->err);

    if (rc)
        return rc;
    r->over.path = r->s->ui.read_path;
    r->over.checked = r->checked = findings_new(0);
    r->pipeline = sample_pipeline_new(r->source, 1);
    rc = r->pipeline && r->checked ? sink_init(&r->out, STDOUT_FILENO) : -ENOMEM;
    return rc ? err_set(&r->err, rc, "%s", text_error(rc)) : 0;
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
        .over = r->over.samples ? &r->over : NULL,
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
                      .terminal =
                          !s->ui.read_path && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO)};
    int rc = open_round(&r);
    enum status status = STATUS_UNKNOWN;

    if (!rc && !take_notes(&r))
        rc = judge_samples(&r);
    if (rc && rc != -EPIPE)
        cli_error(rc == -ENODATA ? text(MSG_NO_SAMPLE) : r.err.msg);
    if (!rc) {
        settle_checked(&r);
        status = judge(&r);
        print_round(&r, status);
    }
    sample_unref(r.last);
    sample_pipeline_free(r.pipeline);
    episodes_fini(&r.episodes);
    findings_free(r.checked);
    const int end = app_finish(&r.out, EXIT_COMPLETE);
    return end == EXIT_COMPLETE ? (int)status : STATUS_UNKNOWN;
}
