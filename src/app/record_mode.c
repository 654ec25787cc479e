/* SPDX-License-Identifier: MIT */
/* --write: records samples without a terminal. The sampling thread takes them while the last one is
 * written, so a slow disk costs samples, which are recorded as a gap, and no time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/sampler.h"

#define HISTORY_POINTS 60

struct record_mode {
    const struct settings *s;
    struct sampler *sampler;
    struct recorder *recorder;
    int wake_fd, signal_fd;
    uint64_t seen, written;
    int error;                   /* -errno for which recording stands still */
    char said[REASON_TEXT_SIZE]; /* the cause that stderr was told last */
    bool said_hidden, done;
    int code;
};

static void say(enum msg id, const char *a, const char *b)
{
    struct err line;

    cli_error_usage(&line, id, a, b);
    cli_error(line.msg);
}

/* Say, once for each cause, why the sample is not complete. */
static void report_sample(struct record_mode *r, const struct sample *s)
{
    char why[REASON_TEXT_SIZE];
    struct str hidden = STR_INIT;

    if (s->status != SAMPLE_FAILED && !r->said_hidden && owner_rights_note(s, &hidden)) {
        r->said_hidden = true;
        cli_error(str_text(&hidden));
    }
    str_fini(&hidden);
    if (sample_is_whole(s) && s->backend != BACKEND_PROC)
        return;
    r->code = EXIT_PARTIAL;
    if (strcmp(r->said, reason_text(why, &s->reason, text_language())) == 0)
        return;
    memcpy(r->said, why, sizeof r->said);
    cli_error(why);
}

/* Recording stands still, or goes on again. A file is given up, a directory is not. */
static void report_writing(struct record_mode *r, int rc)
{
    bool directory = recorder_is_directory(r->s->write_path);

    if (rc == -EPIPE) { /* the reader has gone: nobody is to be told */
        r->done = true;
    } else if (rc && rc != r->error) {
        say(directory ? MSG_RECORD_PAUSED : MSG_RECORD_STOPPED, recorder_file(r->recorder),
            text_error(rc));
        r->code = directory ? EXIT_PARTIAL : EXIT_FAILED;
        r->done = !directory;
    } else if (!rc && r->error) {
        say(MSG_RECORD_RESUMED, recorder_file(r->recorder), NULL);
    }
    r->error = rc;
}

static void take_sample(struct record_mode *r)
{
    struct sample_reason why;
    eventfd_t count;

    (void)eventfd_read(r->wake_fd, &count);
    const struct sample *s = sampler_latest(r->sampler);
    if (s && s->seq != r->seen) {
        r->seen = s->seq;
        report_sample(r, s);
        const int rc = recorder_add(r->recorder, s);
        report_writing(r, rc);
        r->written += !rc && s->status != SAMPLE_FAILED;
        r->done |= r->s->count && r->written >= r->s->count;
    }
    sample_unref(s);
    const int rc = sampler_ended(r->sampler, &why);
    if (rc) {
        struct err err;
        r->done = true;
        if (rc != -ENODATA || why.code != REASON_NONE) {
            cli_error_reason(&err, rc, &why);
            cli_error(err.msg);
            r->code = rc == -ENODATA ? EXIT_PARTIAL : EXIT_FAILED;
        }
    }
}

/* What ends it is read, not delivered. A hang-up that was ignored (nohup) stays so. */
static int catch_signals(struct record_mode *r)
{
    struct sigaction action;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    if (sigaction(SIGHUP, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
        sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    r->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return r->signal_fd < 0 || r->wake_fd < 0 ? -errno : 0;
}

/* A recording or a dump that is written anew keeps all that it holds. */
static bool keeps_all(const struct settings *s)
{
    return s->ui.read_path;
}

static int open_recorder(struct record_mode *r, struct err *err)
{
    const struct settings *s = r->s;
    uint32_t needs = 0;
    bool cmdlines = false;

    for (size_t i = 0; s->columns_given && i < s->ui.n_columns; i++) {
        needs |= columns[s->ui.columns[i]].needs;
        cmdlines |= s->ui.columns[i] == COL_CMDLINE;
    }
    const struct recorder_options options = {
        .path = s->write_path,
        .force = s->force,
        .keep_ns = s->keep_ns,
        .max_bytes = s->max_bytes,
        .redact = s->redact,
        .metrics = needs & NEED_METRICS || keeps_all(s),
        .cmdlines = cmdlines || keeps_all(s),
        .is_live = settings_samples_here(s),
        .interval_ms = s->ui.interval_ms,
        .rule_name = app_rule_name,
        .judge = rules_digest(&s->limits),
    };
    const int rc = recorder_open(&r->recorder, &options);
    if (rc == -EEXIST || rc == -ELOOP)
        cli_error_usage(err, MSG_RECORD_EXISTS, s->write_path, NULL);
    else if (rc == -EBUSY)
        cli_error_usage(err, MSG_RECORD_BUSY, s->write_path, NULL);
    else if (rc)
        cli_error_usage(err, MSG_RECORD_REFUSED, s->write_path, text_error(rc));
    return rc;
}

static int start_sampler(struct record_mode *r, struct source *src, struct err *err)
{
    struct request req = {
        .needs = NEED_OWNER | NEED_USER,
        .interval_ms = r->s->ui.interval_ms,
        .host_facts = true,
        .close_stats = r->s->cpu_budget,
        .keep_close_events = true,
    };
    struct sample_reason why;

    for (size_t i = 0; r->s->columns_given && i < r->s->ui.n_columns; i++)
        req.needs |= columns[r->s->ui.columns[i]].needs & ~(uint32_t)NEED_RATES;
    if (keeps_all(r->s))
        req.needs |= NEED_METRICS;
    const int rc = sampler_start(&r->sampler, src, app_doctor(r->s), &req, HISTORY_POINTS,
                                 r->s->cpu_budget, r->wake_fd, &why);
    return rc ? cli_error_reason(err, rc, &why) : 0;
}

static int open_all(struct record_mode *r, struct err *err)
{
    struct source *src;
    int rc = app_open_source(&src, r->s, err); /* ssh may ask for a password: ^C ends that */

    if (rc)
        return rc;
    rc = catch_signals(r);
    if (rc)
        err_set(err, rc, "%s", text_error(rc));
    else
        rc = open_recorder(r, err);
    if (rc) {
        source_close(src);
        return rc;
    }
    return start_sampler(r, src, err);
}

static void loop(struct record_mode *r)
{
    const bool stream = strcmp(r->s->write_path, "-") == 0;

    while (!r->done) {
        struct pollfd fds[] = {
            {.fd = r->wake_fd, .events = POLLIN},
            {.fd = r->signal_fd, .events = POLLIN},
            {.fd = stream ? STDOUT_FILENO : -1}, /* only POLLERR: the reader has gone */
        };
        if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            take_sample(r);
        if (fds[1].revents || fds[2].revents)
            return;
    }
}

int record_mode_run(const struct settings *s, bool utf8)
{
    struct record_mode r = {.s = s, .wake_fd = -1, .signal_fd = -1, .code = EXIT_COMPLETE};
    struct err err = {""};

    (void)utf8;
    if (open_all(&r, &err)) {
        cli_error(err.msg);
        r.code = EXIT_FAILED;
    } else {
        loop(&r);
    }
    sampler_stop(r.sampler);
    const int rc = recorder_close(r.recorder);
    if (rc && rc != -EPIPE && r.code != EXIT_FAILED) {
        say(MSG_WRITE_ERROR, text_error(rc), NULL);
        r.code = EXIT_FAILED;
    }
    return r.code;
}
