/* SPDX-License-Identifier: MIT */
/* The header: host, total, time or badges, interval and cost; at the right end language and help.
 * What does not fit leaves in a fixed order; total, time or badge always stay. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/program.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/import_words.h"
#include "tcptop/explain/sample_summary.h"

#define UNCHECKED_FROM_W 110 /* how many rules were not checked */
#define WARNINGS_FROM_W  80  /* below: no word for warnings, and nothing when there are none */
#define WORDS_FROM_W     60  /* below: no word for the total, two blanks between items */

/* What may be dropped, first to go first, and the width from which it is there at all. */
enum {
    PART_TIME_WAIT,
    PART_CLOSED,
    PART_RATES,
    PART_COST,
    PART_NAME,
    PART_TRAFFIC,
    PART_FULL, /* in words how often rows of ESTABLISHED come */
    PART_SOUGHT,
    PART_HELP,
    PART_LANGUAGE,
    PART_EVERY,
    PART_AGE,
    PART_TIME,
    PART_COUNT
};
static const int part_from_w[PART_COUNT] = {110,          180, 180, 96, 96, 96, WORDS_FROM_W,
                                            WORDS_FROM_W, 110, 64,  36, 48, 0};

/* A line of text in several roles, measured before it is put. */
#define RUN_MAX  48
#define RUN_TEXT 128
struct runs {
    struct {
        char text[RUN_TEXT];
        enum role role;
        int command; /* enum command_id that a click on it means, -1: none */
    } run[RUN_MAX];
    int n, w;
};

static void runs_add(struct runs *r, enum role role, const char *text)
{
    if (r->n >= RUN_MAX || *text == '\0')
        return;
    draw_copy_text(r->run[r->n].text, RUN_TEXT, text);
    r->run[r->n].role = role;
    r->run[r->n].command = -1;
    r->w += utf8_width(r->run[r->n].text);
    r->n++;
}

__attribute__((format(printf, 3, 4))) static void runs_addf(struct runs *r, enum role role,
                                                            const char *fmt, ...)
{
    char text[RUN_TEXT];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    runs_add(r, role, text);
}

/* A click on one of the runs from `first` on means a command. */
static void runs_mean(struct runs *r, int first, enum command_id command)
{
    for (int i = first; i < r->n; i++)
        r->run[i].command = (int)command;
}

static int runs_put(const struct runs *r, struct canvas *c, int x, int y, int room)
{
    int at = 0;

    for (int i = 0; i < r->n && at < room; i++)
        at += canvas_put(c, x + at, y, room - at, r->run[i].role, r->run[i].text);
    return at;
}

struct header {
    const struct drawing *d;
    const struct sample *newest;
    bool part[PART_COUNT];
    struct runs left, right;
    const char *gap;
};

/* The counts are lower bounds: of the dump, or of the namespaces. */
static bool is_part(const struct sample *s)
{
    return s && s->status != SAMPLE_FAILED && !sample_is_whole(s);
}

static void add_gap(struct header *h, struct runs *r)
{
    if (r->n)
        runs_add(r, ROLE_TEXT, h->gap);
}

static void add_total(struct header *h)
{
    const struct sample *s = h->d->s;
    char number[FILL_SIZE] = FMT_NONE, text[FILL_SIZE];

    if (s)
        fmt_count(number, sizeof number, s->total);
    if (is_part(s)) {
        draw_fill(text, MSG_VIEW_AT_LEAST, number, NULL, NULL);
        draw_copy_text(number, sizeof number, text);
    }
    add_gap(h, &h->left);
    if (h->d->ui->w < WORDS_FROM_W) {
        runs_add(&h->left, ROLE_TEXT, number);
        return;
    }
    draw_fill(text, MSG_VIEW_CONNECTIONS, number, NULL, NULL);
    runs_add(&h->left, ROLE_TEXT, text);
}

/* A badge: words in reverse video, with a blank on each side of its own. */
static void add_badge(struct header *h, const char *text)
{
    runs_addf(&h->left, ROLE_BADGE, " %s ", text);
}

/* Seconds up to two minutes, then minutes. */
static void age_words(char out[FILL_SIZE], int64_t ns)
{
    uint64_t seconds = ns < 0 ? 0 : (uint64_t)(ns / NS_PER_S);

    draw_duration(out, seconds < 120 ? seconds : seconds / 60 * 60);
}

static void add_paused(struct header *h, const char *time)
{
    char text[FILL_SIZE], age[FILL_SIZE];

    age_words(age, h->d->v->now_ns - h->d->ui->paused_ns);
    if (h->part[PART_AGE] && !h->d->v->is_recording) /* that one does not get older */
        draw_fill(text, MSG_VIEW_BADGE_PAUSED_AGE, time, age, NULL);
    else
        draw_fill(text, MSG_VIEW_BADGE_PAUSED, time, NULL, NULL);
    add_badge(h, text);
}

/* How far what is shown is from the newest sample. */
static void add_behind(struct header *h)
{
    char text[FILL_SIZE], age[FILL_SIZE];

    age_words(age, h->d->ui->behind_ns + NS_PER_S / 2);
    draw_fill(text, MSG_VIEW_BEHIND, age, NULL, NULL);
    runs_addf(&h->left, ROLE_TEXT, "  %s", text);
}

/* Badges worst first, then the time, unless a badge says it. */
static void add_time(struct header *h)
{
    const struct sample *s = h->d->s;
    char time[FMT_SIZE] = FMT_NONE, text[FILL_SIZE], age[FILL_SIZE];
    bool said = false, badge = false;

    if (s && s->wall_ns)
        fmt_clock(time, sizeof time, s->wall_ns);
    add_gap(h, &h->left);
    if (draw_is_stale(h->d)) {
        age_words(age, h->d->v->now_ns - s->mono_ns);
        draw_fill(text, MSG_VIEW_BADGE_STALE, age, NULL, NULL);
        add_badge(h, text);
        said = badge = true;
    }
    if (is_part(s)) {
        add_badge(h, text_in(text_language(), MSG_VIEW_BADGE_PARTIAL));
        badge = true;
    }
    if (s && s->backend == BACKEND_PROC) {
        add_badge(h, "PROC");
        badge = true;
    }
    if (h->d->ui->paused) {
        add_paused(h, time);
        said = badge = true;
    }
    if (s && s->import) {
        if (h->part[PART_TIME]) {
            runs_add(&h->left, ROLE_DIM, badge ? "  " : "");
            runs_add(&h->left, ROLE_DIM, text_in(text_language(), MSG_VIEW_NO_TIME));
        }
        return;
    }
    if (s && (s->backend == BACKEND_FRAME || s->backend == BACKEND_RAW)) {
        bool past = h->d->ui->past && !h->d->v->is_recording;
        add_badge(h, text_in(text_language(), past ? MSG_VIEW_BADGE_PAST : MSG_VIEW_BADGE_REPLAY));
        badge = true;
        if (s->redacted) {
            runs_add(&h->left, ROLE_TEXT, " ");
            add_badge(h, text_in(text_language(), MSG_VIEW_BADGE_REDACTED));
        }
    }
    if (s && s->backend == BACKEND_REMOTE) {
        add_badge(h, "SSH");
        badge = true;
    }
    if (badge && !said && h->part[PART_TIME])
        runs_addf(&h->left, ROLE_TEXT, " %s", time);
    else if (!badge)
        runs_add(&h->left, ROLE_TEXT, time);
    if (h->d->ui->past && h->part[PART_AGE])
        add_behind(h);
}

/* Dim; what is stretched by its cost stands out. */
static enum role cost_role(const struct sample *s)
{
    return s->asked_interval_ms && s->interval_ms > s->asked_interval_ms ? ROLE_WARN : ROLE_DIM;
}

/* How often the rows of the states come that brief samples leave out. */
static void add_full(struct header *h, struct runs *r)
{
    char every[FMT_SIZE], text[FILL_SIZE];

    if (!h->newest->full_interval_ms)
        return;
    text_interval(every, sizeof every, h->newest->full_interval_ms);
    if (!h->part[PART_FULL]) {
        runs_addf(r, ROLE_WARN, "/%s", every);
        return;
    }
    draw_fill(text, h->part[PART_TIME_WAIT] ? MSG_VIEW_EVERY_FULL_BOTH : MSG_VIEW_EVERY_FULL, every,
              NULL, NULL);
    runs_add(r, ROLE_WARN, text);
}

static void add_every(struct header *h)
{
    const struct sample *s = h->newest;
    char every[FMT_SIZE], asked[FMT_SIZE], text[FILL_SIZE];

    if (!s || !s->interval_ms)
        return;
    text_interval(every, sizeof every, s->interval_ms);
    if (h->d->ui->w < WORDS_FROM_W) {
        add_gap(h, &h->right);
        runs_add(&h->right, cost_role(s), every);
        add_full(h, &h->right);
        return;
    }
    text_interval(asked, sizeof asked, s->asked_interval_ms);
    add_gap(h, &h->left);
    draw_fill(text,
              cost_role(s) == ROLE_WARN && h->part[PART_COST] ? MSG_VIEW_EVERY_ASKED
                                                              : MSG_VIEW_EVERY,
              every, asked, NULL);
    runs_add(&h->left, cost_role(s), text);
    add_full(h, &h->left);
}

/* What a sample costs is its CPU time, by which the interval is stretched, too: how long it took
 * says more of what else this host does, and is in the interval. */
static void add_cost(struct header *h)
{
    const struct sample *s = h->newest;
    char cost[FMT_SIZE * 2], text[FILL_SIZE];

    if (!s || s->cpu_ns <= 0)
        return;
    uint64_t every = s->full_interval_ms && !s->left_out ? s->full_interval_ms : s->interval_ms;
    int64_t share = every ? s->cpu_ns / ((int64_t)every * 10000) : 0;
    text_cost(cost, FMT_SIZE, s->cpu_ns);
    if (share >= 10)
        snprintf(cost + strlen(cost), FMT_SIZE, ", %lld%%", (long long)share);
    add_gap(h, &h->left);
    draw_fill(text, MSG_VIEW_SAMPLE, cost, NULL, NULL);
    runs_add(&h->left, cost_role(s), text);
}

/* Bytes per second of all connections that two samples have: what lived only between them, and what
 * ended since the first, carried some too, so these are lower bounds. That it is at least nothing
 * need not be said. */
static void add_traffic(struct header *h)
{
    const struct sample_summary *v = h->d->v->summary;

    if (h->d->ui->figures_off && h->d->ui->n_chosen == 0) {
        add_gap(h, &h->left);
        runs_add(&h->left, ROLE_DIM, text(MSG_VIEW_FIGURES_OFF));
    } else if (h->d->s && h->d->s->rate && v && (v->rx_bytes_s || v->tx_bytes_s)) {
        char in[FMT_SIZE], out[FMT_SIZE], words[FILL_SIZE];

        fmt_bytes(in, sizeof in, v->rx_bytes_s);
        fmt_bytes(out, sizeof out, v->tx_bytes_s);
        draw_fill(words, MSG_VIEW_TRAFFIC, in, out, NULL);
        add_gap(h, &h->left);
        runs_add(&h->left, ROLE_TEXT, words);
    }
}

/* Why the columns of processes show "–". */
static void add_sought(struct header *h)
{
    const struct sample_summary *v = h->d->v->summary;

    if (!v || !v->sought)
        return;
    add_gap(h, &h->left);
    runs_add(&h->left, ROLE_WARN, text(MSG_VIEW_SOUGHT));
}

static bool rate_of(const struct header *h, enum host_counter which, double *per_s)
{
    const struct history *history = draw_history(h->d);

    return history && history_rate(history, which, HISTORY_SHOWN, per_s);
}

static void add_rate(struct header *h, enum msg id, enum host_counter which)
{
    char number[FMT_SIZE], text[FILL_SIZE];
    double per_s;

    if (!rate_of(h, which, &per_s))
        return;
    fmt_rate(number, sizeof number, per_s);
    add_gap(h, &h->left);
    draw_fill(text, id, number, NULL, NULL);
    runs_add(&h->left, ROLE_DIM, text);
}

/* Where the kernel reports closed sockets; reports that were lost make it a lower bound. */
static void add_closed(struct header *h)
{
    const struct history *history = draw_history(h->d);
    char number[FMT_SIZE], least[FILL_SIZE], text[FILL_SIZE];
    struct close_stats close_stats;
    double seconds;

    if (!history || !history_close_stats(history, HISTORY_SHOWN, &close_stats, &seconds))
        return;
    fmt_rate(number, sizeof number, (double)close_stats.ended / seconds);
    draw_fill(least, MSG_VIEW_AT_LEAST, number, NULL, NULL);
    add_gap(h, &h->left);
    draw_fill(text, MSG_VIEW_CLOSED_RATE, close_stats.lost ? least : number, NULL, NULL);
    runs_add(&h->left, ROLE_DIM, text);
}

static void add_rates(struct header *h)
{
    char number[FMT_SIZE], text[FILL_SIZE];
    double sent, again;

    add_rate(h, MSG_VIEW_ACCEPTED, COUNTER_PASSIVE_OPENS);
    add_rate(h, MSG_VIEW_OPENED, COUNTER_ACTIVE_OPENS);
    if (h->part[PART_CLOSED])
        add_closed(h);
    if (rate_of(h, COUNTER_OUT_SEGS, &sent) && rate_of(h, COUNTER_RETRANS_SEGS, &again)) {
        fmt_percent(number, sizeof number, (uint64_t)(again * 1000), (uint64_t)(sent * 1000));
        add_gap(h, &h->left);
        draw_fill(text, MSG_VIEW_RETRANSMITTED, number, NULL, NULL);
        runs_add(&h->left, ROLE_DIM, text);
    }
    add_rate(h, MSG_VIEW_RESETS, COUNTER_ESTAB_RESETS);
}

/* "(4)" behind "all": how many namespaces that is. */
static void count_namespaces(const struct sample *s, char out[16])
{
    out[0] = '\0';
    if (s && s->namespaces && s->namespaces->several)
        snprintf(out, 16, "(%u)", s->namespaces->shown);
}

/* `name`, which has room for three bytes more, in at most `room` columns, "…" where it is cut. */
static void add_title(struct header *h, char *name, int room)
{
    if (utf8_width(name) > room) {
        if (room < 2)
            return;
        name[utf8_fit(name, strlen(name), room - 1, NULL)] = '\0';
        strcat(name, "…");
    }
    runs_add(&h->left, ROLE_TITLE, name);
}

/* Whose output it is, with the host where that is known, in at most `room` columns. */
static void add_import(struct header *h, int room)
{
    const struct sample *s = h->d->s;
    struct str source = STR_INIT;
    char name[FILL_SIZE];

    import_words_source(s->import, &source);
    if (s->host.name[0])
        str_addf(&source, ", %s", s->host.name);
    draw_fill(name, MSG_VIEW_IMPORT, str_text(&source), NULL, NULL);
    str_fini(&source);
    add_title(h, name, room);
}

/* The host in at most `room` columns, "…" where it is cut; with the namespace where it is not
 * tcptop's own. */
static void add_host(struct header *h, int room)
{
    const struct sample *s = h->d->s;
    const char *place = s ? s->netns : "";
    char name[160], count[16];

    count_namespaces(s, count);
    if (h->d->ui->lesson.steps)
        place = text(MSG_VIEW_LESSON_PLACE);
    if (s && s->import) {
        add_import(h, room);
        return;
    }
    snprintf(name, sizeof name, "%s%s%s%s", s && s->host.name[0] ? s->host.name : FMT_NONE,
             *place ? "/" : "", place, count);
    add_title(h, name, room);
}

/* "1 critical, 2 warnings"; is one critical? */
static bool warnings_words(const struct findings *f, char out[FILL_SIZE])
{
    char critical[16], others[16];
    uint32_t n = 0;

    for (uint32_t i = 0; i < f->n; i++)
        n += f->list[i].severity == SEVERITY_CRITICAL && !f->list[i].passing;
    snprintf(critical, sizeof critical, "%u", n);
    snprintf(others, sizeof others, "%u", f->warnings - n);
    if (!n)
        draw_fill(out, MSG_VIEW_WARNINGS_SOME, others, NULL, NULL);
    else
        draw_fill(out,
                  n < f->warnings ? MSG_VIEW_WARNINGS_CRITICAL_AND : MSG_VIEW_WARNINGS_CRITICAL,
                  critical, others, NULL);
    return n > 0;
}

/* Of the sample that is judged in the header, the states whose verdicts the pane gives. */
static uint32_t judged_states(const struct drawing *d)
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;

    return s && s->needs & NEED_BOUND ? UINT32_MAX : ~(uint32_t)STATE_BIT(TCP_STATE_BOUND_INACTIVE);
}

static void add_no_warnings(struct header *h, const struct findings *f)
{
    const unsigned n = findings_unchecked(f, judged_states(h->d));
    char number[16], text_of[FILL_SIZE];

    if (f->passing && h->d->ui->w >= UNCHECKED_FROM_W) {
        snprintf(number, sizeof number, "%u", f->passing);
        draw_fill(text_of, MSG_VIEW_WARNINGS_PASSED, number, NULL, NULL);
        runs_add(&h->right, ROLE_DIM, text_of);
        return;
    }
    if (draw_all_checked(h->d) && n && h->d->ui->w >= UNCHECKED_FROM_W) {
        snprintf(number, sizeof number, "%u", n);
        draw_fill(text_of, MSG_VIEW_WARNINGS_NONE_OF, number, NULL, NULL);
        runs_add(&h->right, ROLE_DIM, text_of);
        return;
    }
    runs_add(
        &h->right, ROLE_DIM,
        text(draw_all_checked(h->d) && !n ? MSG_VIEW_WARNINGS_NONE : MSG_VIEW_WARNINGS_UNKNOWN));
}

static void add_warnings(struct header *h)
{
    const struct findings *f = draw_findings(h->d);
    bool words = h->d->ui->w >= WARNINGS_FROM_W;
    char key[24], text[FILL_SIZE];

    if (!f || (!f->warnings && !words))
        return;
    add_gap(h, &h->right);
    if (!f->warnings) {
        add_no_warnings(h, f);
        runs_mean(&h->right, h->right.n - 1, COMMAND_WARNINGS);
        return;
    }
    keymap_first_key(&h->d->v->settings->bindings, COMMAND_WARNINGS, key);
    const bool critical = warnings_words(f, text);
    if (!words)
        snprintf(text, sizeof text, "%u", f->warnings);
    /* the key that lists them is their mark, if it was not given to something else */
    runs_addf(&h->right, critical ? ROLE_CRIT : ROLE_WARN, "%s %s",
              critical && strcmp(key, "!") == 0 ? finding_severity_mark(SEVERITY_CRITICAL) : key,
              text);
    runs_mean(&h->right, h->right.n - 1, COMMAND_WARNINGS);
}

/* A key with its word, at the right end. */
static void add_key(struct header *h, enum command_id command, enum msg word)
{
    char key[24];
    int first;

    add_gap(h, &h->right);
    first = h->right.n;
    keymap_first_key(&h->d->v->settings->bindings, command, key);
    runs_add(&h->right, ROLE_KEY, key);
    runs_addf(&h->right, ROLE_TEXT, " %s", text(word));
    runs_mean(&h->right, first, command);
}

static void build(struct header *h, int host_columns)
{
    const struct ui *ui = h->d->ui;

    h->left.n = h->left.w = h->right.n = h->right.w = 0;
    h->gap = ui->w < WORDS_FROM_W ? "  " : "   ";
    if (h->part[PART_NAME])
        runs_add(&h->left, ROLE_TITLE, TCPTOP_NAME "  ");
    add_host(h, host_columns);
    add_total(h);
    add_time(h);
    if (h->part[PART_EVERY])
        add_every(h);
    if (h->part[PART_SOUGHT])
        add_sought(h);
    if (h->part[PART_COST])
        add_cost(h);
    if (h->part[PART_TRAFFIC])
        add_traffic(h);
    if (h->part[PART_RATES])
        add_rates(h);
    add_warnings(h);
    if (h->part[PART_LANGUAGE] && ui->utf8)
        add_key(h, COMMAND_LANGUAGE,
                ui->ascii ? MSG_VIEW_OTHER_LANGUAGE_ASCII : MSG_VIEW_OTHER_LANGUAGE);
    if (h->part[PART_HELP])
        add_key(h, COMMAND_HELP, MSG_VIEW_KEY_HELP);
}

static int excess(const struct header *h)
{
    return 1 + h->left.w + (h->right.n ? (int)strlen(h->gap) + h->right.w + 1 : 0) - h->d->ui->w;
}

/* With what fits. */
static void make(struct header *h, const struct drawing *d)
{
    int w = d->ui->w, host;

    memset(h, 0, sizeof *h);
    h->d = d;
    h->newest = d->v->newest ? d->v->newest : d->s;
    for (int i = 0; i < PART_COUNT; i++)
        h->part[i] = w >= part_from_w[i];
    build(h, w);
    for (int i = 0; i < PART_COUNT && excess(h) > 0; i++) {
        h->part[i] = false;
        build(h, w);
    }
    if (excess(h) > 0) {
        host = h->left.n ? utf8_width(h->left.run[0].text) - excess(h) : 0;
        build(h, host);
    }
}

int header_command_at(const struct view *v, int x)
{
    struct drawing d;
    struct header h;
    int at;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE)
        return -1;
    make(&h, &d);
    at = d.ui->w - 1 - h.right.w;
    for (int i = 0; i < h.right.n; i++) {
        const int from = at;

        at += utf8_width(h.right.run[i].text);
        if (x >= from && x < at)
            return h.right.run[i].command;
    }
    return -1;
}

void header_draw(struct drawing *d)
{
    struct header h;
    const int w = d->ui->w;

    make(&h, d);
    runs_put(&h.left, d->c, 1, 0, w - 1);
    runs_put(&h.right, d->c, w - 1 - h.right.w, 0, h.right.w);
}
