/* SPDX-License-Identifier: MIT */
/* Which options go together: the mode that they choose, and what is of no use beside it or needs
 * another option. None is ignored without a word. */
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_error.h"
#include "tcptop/source/recorder.h"

/* Sets of options, for modes.def. */
#define COUNT   OPT(OPERAND)
#define WAYS    (OPT(ONCE) | OPT(BATCH))
#define PRINTED (OPT(FORMAT) | OPT(JSON) | OPT(SUMMARY) | OPT(LIMIT))
#define ROWS    (OPT(COLUMNS) | OPT(SORT) | OPT(GROUP_BY) | OPT(FILTER))
#define DRAWN   (OPT(SIZE) | OPT(KEYS) | OPT(DUMP))
#define METRICS (OPT(OUTPUT) | OPT(ANSWER_HTTP))

static const struct {
    enum msg why;
    uint64_t without;
} modes[] = {
#define MODE(ident, function, samples, why, without) [MODE_##ident] = {why, without},
#include "tcptop/app/modes.def"
};

#define NAME_SIZE 32

/* As a message names it. */
static const char *name_of(enum argument_id id, char out[NAME_SIZE])
{
    return id == ARGUMENT_OPERAND ? "COUNT" : argument_name(id, out, NAME_SIZE);
}

/* Several options make a filter: as which of them was it given? */
static enum argument_id filter_option(const struct command_line *c)
{
    static const enum argument_id ids[] = {ARGUMENT_PORT,      ARGUMENT_PID,  ARGUMENT_STATE,
                                           ARGUMENT_LISTENING, ARGUMENT_IPV4, ARGUMENT_IPV6};

    for (size_t i = 0; !c->filter && i < sizeof ids / sizeof *ids; i++)
        if (c->given & UINT64_C(1) << ids[i])
            return ids[i];
    return ARGUMENT_FILTER;
}

static void pick_mode(struct command_line *c)
{
    struct settings *s = c->s;
    const bool goes_on = c->given & (OPT(BATCH) | COUNT) && !(c->given & OPT(ONCE));
    if (c->given & OPT(HELP))
        s->mode = MODE_HELP;
    else if (c->given & OPT(VERSION))
        s->mode = MODE_VERSION;
    else if (c->asked != MODE_LIVE)
        s->mode = c->asked;
    else if (settings_want_metrics(s))
        s->mode = MODE_METRICS;
    else if (s->write_path)
        s->mode = MODE_RECORD;
    else if (c->given & DRAWN)
        s->mode = MODE_DUMP;
    else if (goes_on)
        s->mode = MODE_BATCH;
    else
        s->mode =
            c->given & (OPT(ONCE) | PRINTED) || !isatty(STDOUT_FILENO) ? MODE_ONCE : MODE_LIVE;
    if (s->mode == MODE_METRICS && (!goes_on || (s->answer_http && !s->count)))
        s->count = 1;
}

/* Two options that each choose a mode, and options without use in the mode that is chosen. */
static int check_mode(const struct command_line *c, struct err *err)
{
    const enum mode mode = c->s->mode;
    char chose[NAME_SIZE] = "", other[NAME_SIZE];

    if (c->asked != MODE_LIVE)
        name_of(c->asked_by, chose);
    if (c->rival != ARGUMENT_COUNT)
        return cli_error_usage(err, MSG_REPORT_ALONE, chose, name_of(c->rival, other));
    if ((c->given & WAYS) == WAYS)
        return cli_error_usage(err, MSG_ONCE_BATCH, NULL, NULL);
    for (enum argument_id id = 0; id <= ARGUMENT_OPERAND; id++)
        if (c->given & modes[mode].without & UINT64_C(1) << id)
            return cli_error_usage(err, modes[mode].why,
                                   name_of(id == ARGUMENT_FILTER ? filter_option(c) : id, other),
                                   chose);
    return 0;
}

/* The format that was asked for, as an option, where the mode has no output in it; else NULL. */
static const char *foreign_format(const struct command_line *c)
{
    const struct settings *s = c->s;
#define HAS(ident) (1u << FORMAT_##ident)
    static const unsigned formats[MODE_COUNT] = {
        [MODE_METRICS] = HAS(PROMETHEUS) | HAS(OPENMETRICS),
        [MODE_DOCTOR] = HAS(TEXT) | HAS(JSON),
        [MODE_DIFF] = HAS(TEXT) | HAS(JSON),
    };
#undef HAS
    static const char *const options[] = {
#define FORMAT(ident, name) [FORMAT_##ident] = "--format " #name,
        PRINTED_FORMATS(FORMAT)
#undef FORMAT
            [FORMAT_PROMETHEUS] = "--format prometheus",
        [FORMAT_OPENMETRICS] = "--format openmetrics",
    };
    const bool asked = c->given & (OPT(FORMAT) | OPT(JSON)) && formats[s->mode];
    return asked && !(formats[s->mode] >> s->format & 1) ? options[s->format] : NULL;
}

static int check_format(const struct command_line *c, struct err *err)
{
    const struct settings *s = c->s;
    const char *format = foreign_format(c);
    char chose[NAME_SIZE];

    if (!format)
        return 0;
    if (s->mode == MODE_METRICS)
        return cli_error_usage(err, MSG_ANSWER_ALONE, format, NULL);
    return cli_error_usage(err, modes[s->mode].why, format, name_of(c->asked_by, chose));
}

/* One source of samples: another host's samples are what tcptop takes there without further
 * options. */
static int check_source(const struct settings *s, struct err *err)
{
    const char *other = s->ui.read_path ? "--read" : s->ui.netns ? "--netns" : NULL;

    if (s->ui.host && other)
        return cli_error_usage(err, MSG_HOST_ALONE, other, NULL);
    return s->ui.netns && s->ui.read_path ? cli_error_usage(err, MSG_NETNS_READ, NULL, NULL) : 0;
}

static int check_metrics(const struct command_line *c, struct err *err)
{
    const struct settings *s = c->s;
    const char *other = s->output_path          ? "--output"
                        : c->given & OPT(ONCE)  ? "--once"
                        : c->given & OPT(BATCH) ? "--batch"
                                                : NULL;

    if (s->mode != MODE_METRICS)
        return s->output_path ? cli_error_usage(err, MSG_OUTPUT_ONLY, NULL, NULL) : 0;
    if (s->group_given && s->ui.group_by != COL_CGROUP)
        return cli_error_usage(err, MSG_METRICS_GROUP, columns[COL_CGROUP].id, NULL);
    return s->answer_http && other ? cli_error_usage(err, MSG_ANSWER_ALONE, other, NULL) : 0;
}

/* The first of the options that only --write has. */
static const char *only_recorded(const struct settings *s)
{
    return s->keep_ns     ? "--keep"
           : s->max_bytes ? "--max-size"
           : s->redact    ? "--redact"
           : s->force     ? "--force"
                          : NULL;
}

static int check_recording(const struct settings *s, struct err *err)
{
    if (!s->write_path)
        return only_recorded(s) ? cli_error_usage(err, MSG_WRITE_ONLY, only_recorded(s), NULL) : 0;
    if (strcmp(s->write_path, "-") == 0)
        return isatty(STDOUT_FILENO) ? cli_error_usage(err, MSG_WRITE_TERMINAL, NULL, NULL) : 0;
    if (s->ui.read_path && strcmp(s->ui.read_path, s->write_path) == 0)
        return cli_error_usage(err, MSG_WRITE_SAME, NULL, NULL);
    if ((s->keep_ns || s->max_bytes) && !recorder_is_directory(s->write_path))
        return cli_error_usage(err, MSG_WRITE_DIRECTORY, only_recorded(s), NULL);
    return 0;
}

/* What is compared is in recordings. */
static int check_diff(const struct settings *s, struct err *err)
{
    const char *second = s->diff_path ? s->diff_path : s->ui.read_path;

    if (s->mode != MODE_DIFF)
        return 0;
    if (!s->ui.read_path)
        return cli_error_usage(err, MSG_READ_ONLY, s->diff_path ? "--diff" : "--diff-at", NULL);
    if (!s->diff_path && !s->at.kind)
        return cli_error_usage(err, MSG_DIFF_AT_ALONE, NULL, NULL);
    if (strcmp(s->ui.read_path, "-") == 0 && strcmp(second, "-") == 0)
        return cli_error_usage(err, MSG_DIFF_STDIN, NULL, NULL);
    return 0;
}

/* Times are those of a recording. */
static int check_times(const struct settings *s, struct err *err)
{
    const char *given = s->begin.kind ? "--begin" : s->end.kind ? "--end" : "--at";

    if (!s->begin.kind && !s->end.kind && !s->at.kind)
        return 0;
    if (!s->ui.read_path)
        return cli_error_usage(err, MSG_READ_ONLY, given, NULL);
    if (s->at.kind && (s->begin.kind || s->end.kind))
        return cli_error_usage(err, MSG_AT_ALONE, NULL, NULL);
    return 0;
}

int combinations_check(struct command_line *c, struct err *err)
{
    const struct settings *s = c->s;

    pick_mode(c);
    if (s->mode == MODE_HELP || s->mode == MODE_VERSION) /* whatever stands beside them */
        return 0;
    int rc = check_mode(c, err);
    if (!rc)
        rc = check_source(s, err);
    if (!rc)
        rc = check_metrics(c, err);
    if (!rc)
        rc = check_format(c, err);
    if (!rc)
        rc = check_recording(s, err);
    if (!rc)
        rc = check_diff(s, err);
    return rc ? rc : check_times(s, err);
}
