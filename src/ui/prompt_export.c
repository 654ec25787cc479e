/* SPDX-License-Identifier: MIT */
/* `x`: the rows of the table, or its groups, into a new file of the caller, never over an old one:
 * as JSON where its name says so, else as CSV; or, as a recording, the last minutes. Others may not
 * read it: it may hold the command lines of processes that they cannot see. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "prompt.h"
#include "session_rows.h"
#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/utf8.h"
#include "tcptop/output/output.h"

/* The columns of the table as a script wants them: the base ones, then others that were chosen. */
static size_t script_columns(const struct ui *ui, enum column_id ids[COL_COUNT])
{
    size_t n = 0;
    for (enum column_id id = 0; id < COL_COUNT; id++) {
        bool wanted = (columns[id].flags & COLUMN_BASE) != 0;
        for (unsigned i = 0; i < ui->n_chosen; i++)
            wanted = wanted || ui->chosen[i] == id;
        if (wanted && !(columns[id].flags & COLUMN_DISPLAY))
            ids[n++] = id;
    }
    return n;
}

/* The file, while two threads may deal with it: whoever takes it from BEGUN to CUT removes it. */
enum stage { STAGE_NONE, STAGE_BEGUN, STAGE_WRITTEN, STAGE_CUT };

struct export
{
    struct task task; /* first: they are cast */
    _Atomic(enum stage) stage;
    struct row_view_job job;
    void (*report)(const char *message); /* may be NULL */
    const struct past_access *past;      /* it is the last minutes that are written; else NULL */
    enum format format;
    enum column_id columns[COL_COUNT];
    size_t n_columns;
    char path[UI_FILTER_MAX];
    int result;
    uint32_t written; /* rows, or samples */
};

/* Groups that are written: those of which there is a connection. */
static uint32_t living(const struct groups *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n; i++)
        n += g->group[i].count > 0;
    return n;
}

/* Closed rows only fade on the screen: what is written are connections. Returns how many. */
static uint32_t drop_closed(const struct sample *s, struct rows *rows)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < rows->n; i++)
        if (sample_row_kind(s, rows->row[i]) == ROW_LIVE)
            rows->row[kept++] = rows->row[i];
    return rows->n = kept;
}

static int write_rows(const struct export *x, int fd, const struct row_view *list)
{
    struct print print = {
        .format = x->format,
        .sample = x->job.sample,
        .rows = &list->rows,
        .groups = list->grouped ? &list->groups : NULL,
        .filter = &x->job.predicate,
        .columns = x->columns,
        .n_columns = x->n_columns,
        .head = true,
        .sample_number = x->job.sample->seq,
    };
    struct sink sink;
    int r = sink_init(&sink, fd);
    if (r < 0)
        return r;
    print_sample(&sink, &print);
    r = sink_flush(&sink);
    sink_fini(&sink);
    return r;
}

/* From one stage to the next; false when the export was cut short. */
static bool reach(struct export *x, enum stage from, enum stage to)
{
    return atomic_compare_exchange_strong(&x->stage, &from, to);
}

static int write_file(struct export *x, const struct row_view *list)
{
    int fd = privileges_open(x->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fd;
    bool ours = reach(x, STAGE_NONE, STAGE_BEGUN);
    int r = !ours     ? -ECANCELED
            : x->past ? x->past->save(x->past->context, fd, &x->written)
                      : write_rows(x, fd, list);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0)
        reach(x, STAGE_BEGUN, STAGE_WRITTEN);
    else if (!ours || reach(x, STAGE_BEGUN, STAGE_CUT))
        privileges_unlink(x->path); /* half a table would pass for a whole one */
    return r;
}

/* Remove the file unless it is whole, and say so on stderr: the screen is gone by now. */
static void export_take_back(struct task *task)
{
    struct export *x = (struct export *)task;
    enum stage stage = atomic_load(&x->stage);
    char line[2 * UI_FILTER_MAX];
    struct str message = STR_INIT;
    while (stage < STAGE_WRITTEN && !atomic_compare_exchange_weak(&x->stage, &stage, STAGE_CUT))
        continue;
    if (stage >= STAGE_WRITTEN)
        return;
    if (stage == STAGE_BEGUN)
        privileges_unlink(x->path);
    text_fill(&message, MSG_SESSION_EXPORT_CUT, x->path, NULL);
    utf8_sanitise_into(line, sizeof line, str_text(&message), message.len);
    str_fini(&message);
    if (x->report)
        x->report(line);
}

static bool export_step(struct task *task)
{
    struct export *x = (struct export *)task;
    struct row_view *list = NULL;
    x->result = x->past ? write_file(x, NULL) : row_view_make(&list, &x->job);
    if (x->result == 0 && !x->past) {
        x->written = list->grouped ? living(&list->groups) : drop_closed(list->sample, &list->rows);
        x->result = write_file(x, list);
    }
    row_view_unref(list);
    return true;
}

static enum format format_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && strcasecmp(dot, ".json") == 0 ? FORMAT_JSON : FORMAT_CSV;
}

static void export_on_done(struct task *task, struct session *s)
{
    struct export *x = (struct export *)task;
    char count[FMT_SIZE];
    if (x->result < 0)
        session_say(s, MSG_SESSION_EXPORT_FAILED, x->path, text_error(x->result), NULL);
    else
        session_say(s, x->past ? MSG_SESSION_EXPORTED_PAST : MSG_SESSION_EXPORTED, x->path,
                    fmt_count(count, sizeof(count), x->written),
                    format_of(x->path) == FORMAT_JSON ? "JSON" : "CSV", NULL);
}

static void export_free(struct task *task)
{
    struct export *x = (struct export *)task;
    row_view_job_fini(&x->job);
    free(x);
}

/* Is it the last minutes that are wanted, as a recording? */
static bool wants_past(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && strcasecmp(dot, ".tcptop") == 0;
}

static void export_write(struct session *s, const char *path)
{
    const bool past = wants_past(path);
    if (!s->list->sample) {
        session_say(s, MSG_SESSION_NO_SAMPLE, NULL);
        return;
    }
    struct export *x = calloc(1, sizeof(*x));
    if (!x || session_job(s, s->list->sample, &x->job) < 0) {
        free(x);
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    x->task = (struct task){.step = export_step,
                            .on_done = export_on_done,
                            .free = export_free,
                            .take_back = export_take_back,
                            .waits = true};
    x->report = s->settings->report;
    x->past = past ? &s->settings->past : NULL;
    x->format = format_of(path);
    x->n_columns = script_columns(&s->ui, x->columns);
    snprintf(x->path, sizeof(x->path), "%s", path);
    if (session_run(s, &x->task, x->job.sample))
        session_say(s, MSG_SESSION_EXPORTING, path, NULL);
}

/* "tcptop-web-01-20261129-140322.csv": the host and the time of the sample. */
static void propose(struct session *s)
{
    const struct sample *shown = s->list->sample;
    const time_t seconds = shown ? (time_t)(shown->wall_ns / NS_PER_S) : 0;
    char host[64] = "", when[24] = "", name[128];
    struct tm tm;

    for (size_t i = 0, n = 0; shown && shown->host.name[i] && n < sizeof host - 1; i++) {
        const char c = shown->host.name[i];
        if (isalnum((unsigned char)c) || c == '-' || c == '_')
            host[n++] = c;
    }
    if (seconds && localtime_r(&seconds, &tm))
        strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
    snprintf(name, sizeof name, "tcptop%s%s%s%s.csv", *host ? "-" : "", host, *when ? "-" : "",
             when);
    prompt_line_set(&s->ui.line, name);
    s->ui.line.proposed = true;
}

static unsigned open_prompt(struct session *s)
{
    if (!s->settings->readonly) {
        propose(s);
        return REACT_NOTHING;
    }
    session_say(s, MSG_EXPORT_READONLY, NULL);
    return REACT_NOT_MINE;
}

static unsigned accept(struct session *s)
{
    if (wants_past(s->ui.line.text) && !s->settings->past.save) {
        prompt_wrong(s, text(s->settings->read_path ? MSG_EXPORT_NOT_LIVE : MSG_TRAVEL_OFF));
        return REACT_NOTHING;
    }
    if (s->ui.line.len)
        export_write(s, s->ui.line.text);
    return REACT_CLOSE;
}

static enum msg hint_of(const struct drawing *d)
{
    return d->v->can_save ? MSG_VIEW_HINT_EXPORT_LIVE : MSG_VIEW_HINT_EXPORT;
}

const struct prompt_ops prompt_export = {
    .opened_by = COMMAND_EXPORT,
    .label = MSG_VIEW_PROMPT_EXPORT,
    .hint_of = hint_of,
    .open = open_prompt,
    .accept = accept,
};
