/* SPDX-License-Identifier: MIT */
/* Prints samples: --batch, and --once as a batch of one. Signals keep their default effect, so TERM
 * and INT end the program with status 128+n, and it can be run under nohup. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/query/filter.h"
#include "tcptop/source/sample_pipeline.h"

#define UNPRINTED_MOST 10 /* samples of another host that are not printed first */

struct batch {
    const struct settings *s;
    struct sample_pipeline *pipeline;
    const struct sample *last; /* the newest sample; NULL before the first */
    struct predicate filter;
    enum column_id columns[2 * COL_COUNT];
    size_t n_columns;
    struct sort sort;
    struct grouping grouping; /* with the settings' group_given */
    struct request req;
    struct rows_top top[2]; /* the first rows, of each thread that dumps */
    struct theme theme;
    bool tells_close_stats; /* between the samples */
    bool color, ascii;
    struct sink out;
    char said[REASON_TEXT_SIZE];          /* the cause that stderr was told last */
    char said_failed[sizeof(struct err)]; /* why there was no sample; "": there was */
    bool said_hidden;                     /* and that owners are hidden */
    bool said_figures;                    /* and that figures were not recorded */
    bool said_import;                     /* and what became of imported lines */
    unsigned long long printed;
    int code;
};

/* What a person reads by default, in netstat's order; scripts get the base columns. */
static const enum column_id text_columns[] = {COL_PROTO,  COL_RECV_Q, COL_SEND_Q, COL_LOCAL,
                                              COL_REMOTE, COL_STATE,  COL_LEFT,   COL_PROCESS};

static void add_column(struct batch *b, enum column_id id)
{
    for (size_t i = 0; i < b->n_columns; i++)
        if (b->columns[i] == id)
            return;
    b->columns[b->n_columns++] = id;
}

/* A composite has no JSON key and no CSV head: its two parts, which follow it in the table, stand
 * for it. */
static void add_parts(struct batch *b, enum column_id id)
{
    if (columns[id].kind != KIND_COMPOSITE) {
        add_column(b, id);
        return;
    }
    add_column(b, id + 1);
    add_column(b, id + 2);
}

static void pick_columns(struct batch *b)
{
    const bool for_people = b->s->format == FORMAT_TEXT;
    if (b->s->columns_given) {
        for (size_t i = 0; i < b->s->ui.n_columns; i++)
            for_people ? add_column(b, b->s->ui.columns[i]) : add_parts(b, b->s->ui.columns[i]);
    } else if (for_people) {
        for (size_t i = 0; i < sizeof text_columns / sizeof text_columns[0]; i++)
            add_column(b, text_columns[i]);
        if (b->s->ui.netns && strcmp(b->s->ui.netns, "all") == 0)
            add_column(b, COL_NETNS);
    } else {
        for (int id = 0; id < COL_COUNT; id++)
            if (columns[id].flags & COLUMN_BASE)
                add_column(b, (enum column_id)id);
    }
}

static uint32_t needs(const struct batch *b)
{
    uint32_t all = b->filter.needs;
    if (b->s->group_given) {
        all |= columns[b->grouping.by].needs;
        for (size_t i = 0; i < b->grouping.n_sums; i++)
            all |= columns[b->grouping.sum[i]].needs;
        return all;
    }
    all |= rows_sort_needs(&b->sort);
    for (size_t i = 0; i < b->n_columns; i++)
        all |= columns[b->columns[i]].needs;
    return all;
}

/* Are rows sorted by the column, or is it a field of the filter? */
static bool selects_by(const struct batch *b, enum column_id id)
{
    bool judged = b->sort.column == id;
    for (unsigned i = 0; i < b->sort.n_further; i++)
        judged |= b->sort.further[i].column == id;
    for (uint32_t i = 0; i < b->filter.n_terms; i++)
        judged |= b->filter.terms[i].get == columns[id].get;
    return judged;
}

/* Is the column shown, or are rows grouped, sorted or filtered by it? */
static bool asks_for(const struct batch *b, enum column_id id)
{
    bool asked = selects_by(b, id) || (b->s->group_given && b->grouping.by == id);
    for (size_t i = 0; i < b->n_columns; i++)
        asked |= b->columns[i] == id;
    return asked;
}

/* Is it enough to keep the first rows in order while the dump arrives? Only if the filter and the
 * order need nothing but the dump itself, and no later sample is compared with this one. */
static bool first_rows_do(const struct batch *b)
{
    const uint32_t judged_by = b->filter.needs | rows_sort_needs(&b->sort);
    if (judged_by & ~(uint32_t)NEED_TCP_INFO || b->req.needs & NEED_RATES || b->s->group_given ||
        asks_for(b, COL_AGE) || selects_by(b, COL_NETNS) || selects_by(b, COL_MPTCP))
        return false;
    return b->s->mode == MODE_ONCE && settings_samples_here(b->s) &&
           (b->s->summary || (b->s->limit && b->s->limit <= ROWS_TOP_MAX));
}

/* Keep only the first rows of the dump. If there is no memory for that, all rows are kept. */
static void keep_first_rows(struct batch *b)
{
    const uint32_t limit = b->s->summary ? 0 : b->s->limit;
    for (int i = 0; i < 2; i++)
        if (rows_top_init(&b->top[i], &b->filter, &b->sort, limit))
            return;
    b->req.row_stream[0] = &b->top[0].row_stream;
    b->req.row_stream[1] = &b->top[1].row_stream;
}

static bool wants_color(const struct settings *s)
{
    const char *term = getenv("TERM");
    const bool able = isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
    return settings_color(s) && (able || s->color == WHEN_ALWAYS);
}

static int open_batch(struct batch *b, struct err *err)
{
    struct filter_error error;
    int rc = filter_parse(b->s->ui.filter, &b->filter, &error);
    if (rc)
        return err_set(err, rc, "%s", rc == -EINVAL ? error.what : text_error(rc));
    /* Ties are broken by local address, remote port and remote address: the order of scripts. */
    b->sort = b->s->ui.sort_given ? b->s->ui.sort
                                  : (struct sort){.column = COL_LOCAL_PORT, .descending = false};
    if (b->s->group_given)
        b->grouping = settings_grouping(b->s);
    pick_columns(b);
    b->req.needs = needs(b);
    b->req.host_facts = b->s->format == FORMAT_JSON || b->s->summary; /* they name the host */
    b->req.parallel_from = PARALLEL_FROM;
    b->tells_close_stats = b->s->mode == MODE_BATCH && b->s->format == FORMAT_JSON;
    b->req.close_stats = b->tells_close_stats ? b->s->cpu_budget : 0;
    b->req.count_only = &b->filter;
    /* An age counts from the first sample that saw a socket, whether it passed the filter then or
     * not; and the end of one that was left out would seem to be that of one never seen. */
    b->req.only = asks_for(b, COL_AGE) || b->tells_close_stats ? NULL : &b->filter;
    b->req.interval_ms = b->s->mode == MODE_BATCH ? b->s->ui.interval_ms : 0;
    b->color = b->s->format == FORMAT_TEXT && wants_color(b->s);
    settings_theme(b->s, DEPTH_16, settings_background(b->s), &b->theme);
    struct source *src;
    rc = app_open_source(&src, b->s, err);
    if (rc)
        return rc;
    b->pipeline = sample_pipeline_new(src, 1);
    rc = b->pipeline ? sink_init(&b->out, STDOUT_FILENO) : -ENOMEM;
    if (!rc && first_rows_do(b))
        keep_first_rows(b);
    return rc ? err_set(err, rc, "%s", text_error(rc)) : 0;
}

static void close_batch(struct batch *b)
{
    sample_unref(b->last);
    sample_pipeline_free(b->pipeline);
    predicate_fini(&b->filter);
    rows_top_fini(&b->top[0]);
    rows_top_fini(&b->top[1]);
}

/* Say on stderr, once for each cause, why the sample is not complete. The exit code says so too. */
static void report_status(struct batch *b)
{
    if (app_tell_partial(b->last, b->said) && b->code == EXIT_COMPLETE)
        b->code = EXIT_PARTIAL;
}

/* One sample more. At the end of a recording what of it could not be read is said. */
static int next(struct batch *b, struct err *err)
{
    const int rc = app_next_sample(b->pipeline, &b->req, &b->last, err);
    if (rc == -ENODATA && app_tell_unread(b->pipeline) && b->code == EXIT_COMPLETE)
        b->code = EXIT_PARTIAL;
    return rc;
}

/* Say, once for each cause, why there is no sample. What comes after one is told anew. */
static void report_failure(struct batch *b, const char *why)
{
    b->code = EXIT_FAILED;
    if (strcmp(b->said_failed, why) == 0)
        return;
    snprintf(b->said_failed, sizeof b->said_failed, "%s", why);
    cli_error(why);
}

/* Say once on stderr what became of the lines of an imported text. */
static void report_import(struct batch *b)
{
    const struct import *i = b->last->import;
    if (!i)
        return;
    if (!b->said_import && (b->s->format != FORMAT_JSON || import_not_understood(i)))
        cli_error_import(i);
    b->said_import = true;
}

/* Was a column of processes named? The name of a socket's user is not one: the kernel tells it. */
static bool owners_named(const struct batch *b)
{
    uint32_t needs = b->filter.needs | rows_sort_needs(&b->sort);
    if (b->s->group_given)
        needs |= columns[b->grouping.by].needs;
    for (size_t i = 0; b->s->columns_given && i < b->n_columns; i++)
        needs |= columns[b->columns[i]].needs;
    return needs & NEED_OWNER;
}

/* Say once on stderr that a recording has not the figures that are sorted by or named as columns.
 */
static void report_figures(struct batch *b)
{
    uint32_t needs = rows_sort_needs(&b->sort);
    for (size_t i = 0; b->s->columns_given && i < b->n_columns; i++)
        needs |= columns[b->columns[i]].needs;
    if (!sample_is_recorded(b->last) || b->last->metrics || !b->last->n_live ||
        !(needs & NEED_METRICS))
        return;
    if (b->code == EXIT_COMPLETE)
        b->code = EXIT_PARTIAL;
    if (b->said_figures)
        return;
    const struct sample_reason why = {.code = b->last->import ? REASON_FIGURES_UNLISTED
                                                              : REASON_FIGURES_UNRECORDED};
    char line[REASON_TEXT_SIZE];
    cli_error(reason_text(line, &why, text_language()));
    b->said_figures = true;
}

/* Say once on stderr that processes cannot be seen, and why. */
static void report_hidden(struct batch *b)
{
    struct str line = STR_INIT;
    if (owner_rights_note(b->last, &line)) {
        if (b->code == EXIT_COMPLETE && owners_named(b))
            b->code = EXIT_PARTIAL;
        if (!b->said_hidden)
            cli_error(str_text(&line));
        b->said_hidden = true;
    }
    str_fini(&line);
}

static int print_last(struct batch *b)
{
    struct rows rows = {0};
    struct groups groups = {.n = 0};
    const bool grouped = b->s->group_given && !b->s->summary;
    const int rc = grouped ? groups_build(&groups, b->last, &b->filter, &b->grouping, NULL)
                           : rows_build_live(&rows, b->last, &b->filter, &b->sort, b->s->limit);
    if (rc)
        return rc;
    const bool text_again = b->printed && b->s->format == FORMAT_TEXT;
    if (text_again)
        sink_add(&b->out, "\n");
    const struct print print = {
        .format = b->s->format,
        .sample = b->last,
        .rows = &rows,
        .groups = grouped ? &groups : NULL,
        .limit = b->s->limit,
        .filter = &b->filter,
        .columns = b->columns,
        .n_columns = b->n_columns,
        .head = !b->printed || text_again,
        .summary = b->s->summary,
        .close_stats = b->tells_close_stats,
        .owners_hidden = owners_named(b) && owner_rights_hide(b->last),
        .sample_number = ++b->printed,
        .color = b->color,
        .ascii = b->ascii,
        .theme = &b->theme,
    };
    print_sample(&b->out, &print);
    rows_fini(&rows);
    groups_fini(&groups);
    report_status(b);
    report_hidden(b);
    report_figures(b);
    report_import(b);
    return sink_flush(&b->out);
}

/* The recording's last frame, for --once. */
static int step_to_end(struct batch *b, struct err *err)
{
    int rc;
    while ((rc = next(b, err)) == 0)
        continue;
    return rc == -ENODATA && b->last ? 0 : rc;
}

static int step(struct batch *b, struct err *err)
{
    if (b->s->ui.read_path && b->s->mode == MODE_ONCE)
        return step_to_end(b, err);
    return next(b, err);
}

/* Rates are told by two samples: the first one is not printed. Nor are those of another host that
 * has not looked up its processes yet. One that fails is for the next to complain of. False when
 * the reader of our output has gone meanwhile. */
static bool take_unprinted(struct batch *b, int64_t interval_ns, int64_t *due)
{
    struct err err = {""};
    if (b->s->ui.host && b->req.needs & (NEED_RATES | NEED_OWNER | NEED_USER)) {
        for (int n = 0; n < UNPRINTED_MOST && step(b, &err) == 0 && app_awaits_owners(b->last); n++)
            continue;
        return true;
    }
    if (!(b->req.needs & NEED_RATES) || b->s->ui.read_path || step(b, &err))
        return true;
    *due += interval_ns;
    return !settings_samples_here(b->s) || app_wait(*due);
}

/* Sample and print until the count, the recording or the reader ends. Returns 0 or the -errno that
 * ended it. */
static int run(struct batch *b)
{
    const uint64_t wanted = b->s->mode == MODE_ONCE ? 1 : b->s->count;
    const int64_t interval_ns = (int64_t)b->s->ui.interval_ms * NS_PER_MS;
    int64_t due = clock_mono_ns();
    if (!take_unprinted(b, interval_ns, &due))
        return 0;
    for (uint64_t n = 1;; n++) {
        struct err err = {""};
        int rc = step(b, &err);
        if (rc == -ENODATA)
            return b->printed ? 0 : rc;
        if (rc) {
            report_failure(b, err.msg);
            if (b->s->ui.host) /* it has ended */
                return 0;
        } else {
            b->said_failed[0] = '\0';
            rc = print_last(b);
            if (rc)
                return rc;
        }
        if (n == wanted)
            return 0;
        /* Times that have passed (a slow dump, a stopped process) are not made up for. */
        const int64_t now = clock_mono_ns();
        due = due + interval_ns > now ? due + interval_ns : now;
        if (settings_samples_here(b->s) && !app_wait(due))
            return 0;
    }
}

int batch_mode_run(const struct settings *s, bool utf8)
{
    struct batch b = {.s = s, .ascii = settings_ascii(s, utf8)};
    struct err err = {""};
    int rc = open_batch(&b, &err);
    if (rc) {
        cli_error(err.msg);
        close_batch(&b);
        return EXIT_FAILED;
    }
    rc = run(&b);
    if (rc == -ENODATA || (rc == -ENOMEM && !b.out.error)) { /* app_finish() tells the sink's */
        cli_error(rc == -ENOMEM ? text_error(rc) : text(MSG_NO_SAMPLE));
        b.code = EXIT_FAILED;
    }
    close_batch(&b);
    return app_finish(&b.out, b.code);
}
