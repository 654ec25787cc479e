/* SPDX-License-Identifier: MIT */
/* What the modes share: where samples come from, waiting for the next, how output ends. */
#include "app.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "remote_lines.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/str.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sampler.h"

/* From when to when the recording is. Of one that does not say so it is not known: until now. */
static struct survey_range whole_of(struct source *src)
{
    const struct recording_span *list;
    uint32_t n;

    if (recording_spans(src, &list, &n) || n == 0)
        return (struct survey_range){INT64_MIN, clock_wall_ns()};
    return (struct survey_range){list[0].first_wall_ns, list[n - 1].last_wall_ns};
}

/* What of a recording, which is `whole`, --begin, --end and --at name. */
static void resolve_limits(const struct settings *s, struct survey_range whole,
                           struct survey_range *range, int64_t *at)
{
    *range = (struct survey_range){INT64_MIN, INT64_MAX};
    *at = INT64_MAX;
    if (s->at.kind)
        *at = moment_resolve_end(&s->at, whole.begin_ns, whole.end_ns);
    if (s->end.kind)
        range->end_ns = moment_resolve_end(&s->end, whole.begin_ns, whole.end_ns);
    if (s->begin.kind)
        range->begin_ns =
            moment_resolve(&s->begin, whole.begin_ns, s->end.kind ? range->end_ns : whole.end_ns);
}

/* Is no time at all asked for? */
static bool ends_before(const struct survey_range *range, struct sample_reason *why)
{
    if (range->begin_ns <= range->end_ns)
        return false;
    sample_reason_set(why, -EINVAL,
                      (struct sample_reason){.code = REASON_ENDS_BEFORE,
                                             .error = -EINVAL,
                                             .begin_ns = range->begin_ns,
                                             .end_ns = range->end_ns});
    return true;
}

/* Of a recording that can move, play only the last sample and the time before it. */
static int limit_to_end(struct source *src, const struct settings *s)
{
    const struct recording_span *list;
    uint32_t n;

    if (recording_spans(src, &list, &n) || n == 0)
        return 0;
    return recording_limit(
        src, list[n - 1].last_wall_ns - (int64_t)(s->ui.history_s * (double)NS_PER_S), INT64_MAX);
}

/* Play only what --begin, --end and --at name. Of --at the time before is played too, where samples
 * are not printed one by one: for what compares and remembers. */
static int limit_recording(struct source *src, const struct settings *s, struct sample_reason *why)
{
    struct survey_range range;
    int64_t at;

    if (!s->begin.kind && !s->end.kind && !s->at.kind)
        return s->mode == MODE_DIFF || s->mode == MODE_EXPLAIN ? limit_to_end(src, s) : 0;
    resolve_limits(s, whole_of(src), &range, &at);
    if (ends_before(&range, why))
        return -EINVAL;
    if (s->at.kind)
        range = (struct survey_range){at - (int64_t)(s->ui.history_s * (double)NS_PER_S), at};
    int rc = recording_limit(src, range.begin_ns, range.end_ns);
    if (!rc && s->at.kind &&
        (s->mode == MODE_BATCH ||
         settings_metrics_go_on(s))) /* every sample is printed: only that one */
        (void)recording_seek(src, at);
    return rc;
}

static int open_recording(struct source **src, const struct settings *s, struct sample_reason *why)
{
    int rc = recording_open(src, s->ui.read_path, why);

    if (rc || (s->mode == MODE_LIVE && recording_moves(*src))) /* the screen moves in it */
        return rc;
    rc = limit_recording(*src, s, why);
    if (!rc)
        return 0;
    source_close(*src);
    if (rc == -EINVAL && why && why->code == REASON_ENDS_BEFORE)
        return rc;
    if (rc == -ESPIPE)
        return sample_reason_set(why, rc,
                                 sample_reason_named(REASON_NOT_THEN, rc, s->ui.read_path));
    return sample_reason_error(why, rc);
}

/* What tcptop is to record there: figures of tcp_info wherever something may show or judge them,
 * and command lines where they are asked for. A recording has what it would have without ssh. */
static void choose_columns(const struct settings *s, struct str *list)
{
    for (size_t i = 0; s->mode == MODE_RECORD && s->columns_given && i < s->ui.n_columns; i++)
        str_addf(list, "%s%s", list->len ? "," : "", columns[s->ui.columns[i]].id);
    if (s->mode == MODE_RECORD)
        return;
    str_add(list, columns[COL_RTT].id);
    bool cmdline = s->ui.group_by == COL_CMDLINE || s->ui.sort.column == COL_CMDLINE ||
                   strstr(s->ui.filter, columns[COL_CMDLINE].id);
    for (size_t i = 0; i < s->ui.n_columns; i++)
        cmdline |= s->ui.columns[i] == COL_CMDLINE;
    if (cmdline)
        str_addf(list, ",%s", columns[COL_CMDLINE].id);
}

/* Start ssh, then give up the rights that this takes, and wait for what it brings. */
static int open_remote(struct source **src, const struct settings *s, struct sample_reason *why)
{
    struct str list = STR_INIT;
    choose_columns(s, &list);
    const struct remote_options options = {
        .host = s->ui.host,
        .interval_ms = s->ui.interval_ms,
        .columns = list.len ? str_text(&list) : NULL,
        .say = remote_lines_say,
    };
    int rc = remote_start(src, &options, why);
    str_fini(&list);
    mode_keep_privileges(s);
    if (rc)
        return rc;
    rc = remote_wait(*src, why);
    if (rc)
        source_close(*src);
    return rc;
}

int app_open_source(struct source **src, const struct settings *s, struct err *err)
{
    struct sample_reason why;
    const int rc = s->ui.read_path ? open_recording(src, s, &why)
                   : s->ui.host    ? open_remote(src, s, &why)
                                   : multi_netns_open(src, s->ui.netns ? s->ui.netns : "", &why);
    return rc ? cli_error_reason(err, rc, &why) : 0;
}

int app_next_sample(struct sample_pipeline *pipeline, const struct request *req,
                    const struct sample **last, struct err *err)
{
    struct sample_reason why = {.code = REASON_NONE};
    const int rc = sample_pipeline_next(pipeline, req, last, &why);
    return rc ? cli_error_reason(err, rc, &why) : 0;
}

/* On the screen, and with keys that are read from a file, `@` may ask for another namespace at any
 * time; a lesson has its own. */
static bool enters_namespaces(const struct settings *s)
{
    return s->ui.netns || s->mode == MODE_LIVE || (s->mode == MODE_DUMP && s->keys_path);
}

/* Samples of this host that a mode takes. */
enum mode_samples {
    SAMPLES_NONE,
    SAMPLES_SOME,
    SAMPLES_ON, /* until it is ended: those who close connections meanwhile are counted */
};

/* The README has this as a table. */
static uint64_t rights_of(const struct settings *s)
{
    static const enum mode_samples samples[] = {
#define MODE(ident, function, samples, ...) [MODE_##ident] = SAMPLES_##samples,
#include "tcptop/app/modes.def"
    };
    uint64_t rights = PRIVILEGE_PROCESSES;

    if (!settings_samples_here(s) || samples[s->mode] == SAMPLES_NONE)
        return 0;
    if (!s->ui.readonly && (samples[s->mode] == SAMPLES_ON || settings_metrics_go_on(s)))
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

bool app_tell_partial(const struct sample *s, char *said)
{
    char why[REASON_TEXT_SIZE];

    if (!app_is_partial(s))
        return false;
    if (strcmp(said, reason_text(why, &s->reason, text_language())) != 0) {
        memcpy(said, why, sizeof why);
        cli_error(said);
    }
    return true;
}

bool app_tell_unread(const struct sample_pipeline *pipeline)
{
    const struct sample_reason unread = recording_unread(sample_pipeline_source(pipeline));
    char why[REASON_TEXT_SIZE];

    if (unread.code == REASON_NONE)
        return false;
    cli_error(reason_text(why, &unread, text_language()));
    return true;
}

bool app_awaits_owners(const struct sample *s)
{
    bool has_files = false;

    for (uint32_t row = 0; s->backend == BACKEND_REMOTE && row < s->n_live; row++) {
        has_files |= s->conn[row].inode != 0;
        if (s->owner && s->owner[row] != OWNER_UNKNOWN)
            return false;
    }
    return has_files;
}

struct sample_observer *app_doctor(const struct settings *s)
{
    return doctor_new(&s->limits, false, s->cpu_budget);
}

int app_believe(struct sample_observer *doctor, struct source *src)
{
    struct doctor_notes notes;
    int rc = doctor ? doctor_notes_read(&notes, src) : 0;

    if (!doctor || rc)
        return rc;
    rc = doctor_believe(doctor, &notes);
    doctor_notes_fini(&notes);
    return rc;
}

struct sample_pipeline *app_open_recording(const void *settings, uint32_t history_len)
{
    const struct settings *s = settings;
    struct source *src;
    if (open_recording(&src, s, NULL))
        return NULL;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, history_len);
    struct sample_observer *doctor = pipeline ? app_doctor(s) : NULL;
    if (doctor) {
        sample_pipeline_observe(pipeline, doctor);
        (void)app_believe(doctor, src); /* without memory for it, the samples alone are judged */
    }
    return pipeline;
}

struct sample_observer *app_past_doctor(const void *settings)
{
    return app_doctor(settings);
}

const char *app_rule_name(unsigned rule)
{
    return rule < RULE_COUNT ? rules[rule].name : NULL;
}

static int open_past(const void *settings, struct source **src, struct survey_range *range,
                     int64_t *begin_wall_ns)
{
    const struct settings *s = settings;
    int rc = recording_open(src, s->ui.read_path, NULL);

    if (rc)
        return rc;
    bool limits = s->begin.kind || s->end.kind || s->at.kind;
    resolve_limits(s, limits ? whole_of(*src) : (struct survey_range){0, 0}, range, begin_wall_ns);
    return 0;
}

bool app_travel(const struct settings *s, const struct source *src, uint32_t history_len,
                struct ui_settings *ui)
{
    if (!s->ui.read_path || !recording_moves(src))
        return false;
    ui->past = (struct past_access){.open = open_past,
                                    .new_doctor = app_past_doctor,
                                    .context = s,
                                    .history_len = history_len,
                                    .whole = true};
    return true;
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
        cli_error_usage(&why, MSG_WRITE_ERROR, text_error(rc), NULL);
        cli_error(why.msg);
        code = EXIT_FAILED;
    }
    sink_fini(out);
    return code;
}
