/* SPDX-License-Identifier: MIT */
/* --explain: the words about one state on stdout, with this host's numbers where there are any. */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/explain/breakdown.h"
#include "tcptop/explain/explain.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/explain/sample_summary.h"
#include "tcptop/source/sample_pipeline.h"

#define WIDTH_FILE 78 /* when stdout has no width of its own */
#define WIDTH_MAX  78 /* longer lines are hard to read */

#define SAMPLES_MOST 5 /* as long as another one would decide the verdict */

static int output_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
        return WIDTH_FILE;
    return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

/* Who holds them; bound-only sockets are listed only when asked for. */
static uint32_t needs_of(unsigned state)
{
    return state == TCP_STATE_BOUND_INACTIVE ? NEED_OWNER | NEED_BOUND | NEED_ONLY_BOUND
           : state == TCP_STATE_CLOSE_WAIT   ? NEED_OWNER | NEED_TCP_INFO
                                             : NEED_OWNER;
}

/* Have the rules about the state come to a verdict, as far as further samples would change that or
 * name its cause? */
static bool is_decided(const struct sample *s, unsigned state)
{
    for (unsigned rule = 0; s->findings && rule < RULE_COUNT; rule++) {
        unsigned why = s->findings->skip[rule];
        if (rules[rule].judges & ~s->findings->spared[rule] & STATE_BIT(state) &&
            (why == SKIP_YET || why == SKIP_SHORT || why == SKIP_UNDECIDED))
            return false;
    }
    return !s->findings || !doctor_cause_open(s->findings, state);
}

static int open_pipeline(struct sample_pipeline **pipeline, const struct settings *s,
                         struct err *err)
{
    struct source *src;
    int rc = app_open_source(&src, s, err);

    if (rc)
        return rc;
    *pipeline = sample_pipeline_new(src, SAMPLES_MOST);
    struct sample_observer *doctor = doctor_new(&s->limits, true, s->cpu_budget);
    if (*pipeline && doctor) {
        sample_pipeline_observe(*pipeline, doctor);
        if (!app_believe(doctor, src))
            return 0;
    } else if (doctor) {
        doctor->free(doctor);
    }
    sample_pipeline_free(*pipeline);
    return err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
}

/* Is another sample wanted after so many? A recording is played to its end, or to the time that was
 * asked for, as the screen plays it; of this host the first that decides the verdict will do. */
static bool goes_on(const struct settings *s, unsigned n, const struct sample *last)
{
    return s->ui.read_path || (n < SAMPLES_MOST && !(last && is_decided(last, s->explain_state)));
}

/* The sample for the live values, with the doctor's verdict. Returns 0, or the -errno for which
 * there is none; `err` says it. `*unread`: not all of a recording could be read, which is said. */
static int take_sample(const struct settings *s, const struct sample **last, bool *unread,
                       struct err *err)
{
    struct sample_pipeline *pipeline;
    const struct request req = {
        .needs = needs_of(s->explain_state), .host_facts = true, .interval_ms = s->ui.interval_ms};
    int64_t due = clock_mono_ns();
    int rc = open_pipeline(&pipeline, s, err);

    if (rc)
        return rc;
    for (unsigned n = 0; !rc && goes_on(s, n, *last); n++) {
        if (n && settings_samples_here(s) &&
            !app_wait(due += (int64_t)s->ui.interval_ms * NS_PER_MS))
            break;
        rc = app_next_sample(pipeline, &req, last, err);
    }
    *unread = rc == -ENODATA && app_tell_unread(pipeline);
    if (*last)
        rc = 0; /* only a further one failed, or the recording has no more */
    else if (rc == -ENODATA)
        err_set(err, rc, "%s", text(MSG_NO_SAMPLE));
    sample_pipeline_free(pipeline);
    return rc;
}

/* The exit code for the live values, which a line on stderr explains. Without them the words are
 * worth printing still, unless the user has named where they are to come from. */
static int judge_sample(const struct settings *s, const struct sample *sample, int rc,
                        const struct err *err)
{
    if (!rc && !app_is_partial(sample))
        return EXIT_COMPLETE;
    char why[REASON_TEXT_SIZE];
    cli_error(rc ? err->msg : reason_text(why, &sample->reason, text_language()));
    return rc && (s->ui.netns || !settings_samples_here(s)) ? EXIT_FAILED : EXIT_PARTIAL;
}

static int print_state(struct sink *out, const struct settings *s, const struct sample *sample,
                       bool utf8)
{
    struct sample_summary summary;
    struct breakdown breakdown;
    struct explain_subject subject = {
        .state = s->explain_state, .sample = sample, .row = UINT32_MAX, .alone = true};
    if (sample && sample->status != SAMPLE_FAILED) {
        sample_summary_make(&summary, sample);
        breakdown_make(&breakdown, sample, &summary, s->explain_state);
        subject.summary = &summary;
        subject.breakdown = &breakdown;
    }
    struct explain_text words;
    const int rc = explain_page(&words, &subject, output_width());
    const char *gloss = explain_gloss(s->explain_state, text_language());
    sink_add(out, state_name(s->explain_state));
    sink_add(out, *gloss ? "  " : "");
    sink_add(out, gloss);
    sink_add(out, "\n");
    for (uint32_t i = 0; i < words.n_lines; i++)
        print_words_line(out, &words, i, settings_ascii(s, utf8));
    explain_fini(&words);
    return rc;
}

int explain_mode_run(const struct settings *s, bool utf8)
{
    struct sink out;
    if (sink_init(&out, STDOUT_FILENO)) {
        cli_error(text_error(ENOMEM));
        return EXIT_FAILED;
    }
    const struct sample *sample = NULL;
    bool unread = false;
    struct err err = {""};
    const int rc = take_sample(s, &sample, &unread, &err);
    int code = judge_sample(s, sample, rc, &err);
    if (unread && code == EXIT_COMPLETE)
        code = EXIT_PARTIAL;
    if (code != EXIT_FAILED && print_state(&out, s, sample, utf8)) {
        cli_error(text_error(ENOMEM));
        code = EXIT_FAILED;
    }
    sample_unref(sample);
    return app_finish(&out, code);
}
