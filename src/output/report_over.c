/* SPDX-License-Identifier: MIT */
/* Findings over the time of a recording: when they held, and when they were worst. */
#include "report_over.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/finding_text.h"

#define PERIODS_MOST 10 /* lines of one finding */

/* Groups ------------------------------------------------------------ */

static int by_key(const void *a, const void *b)
{
    const struct episode *x = *(const struct episode *const *)a;
    const struct episode *y = *(const struct episode *const *)b;

    if (x->worst.key != y->worst.key)
        return x->worst.key < y->worst.key ? -1 : 1;
    return (x > y) - (x < y); /* as they are in the list */
}

static int by_gravity(const void *a, const void *b)
{
    const struct report_group *x = a, *y = b;

    if (x->worst->worst.severity != y->worst->worst.severity)
        return y->worst->worst.severity - x->worst->worst.severity;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

int report_over_group(const struct report_over *over, struct report_groups *groups)
{
    *groups = (struct report_groups){.n = 0};
    groups->episode = malloc((over->n + 1) * sizeof(struct episode *));
    groups->group = malloc((over->n + 1) * sizeof *groups->group);
    if (!groups->episode || !groups->group) {
        report_over_fini(groups);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < over->n; i++)
        groups->episode[i] = &over->list[i];
    if (over->n > 1)
        qsort(groups->episode, over->n, sizeof *groups->episode, by_key);
    for (uint32_t i = 0; i < over->n; i++) {
        const struct episode *e = groups->episode[i];
        struct report_group *last = groups->n ? &groups->group[groups->n - 1] : NULL;
        if (!last || last->worst->worst.key != e->worst.key) {
            groups->group[groups->n++] = (struct report_group){e, e, i, 1};
            continue;
        }
        last->n++;
        if (episodes_is_worse(&e->worst, &last->worst->worst))
            last->worst = e;
    }
    if (groups->n > 1)
        qsort(groups->group, groups->n, sizeof *groups->group, by_gravity);
    return 0;
}

void report_over_fini(struct report_groups *groups)
{
    free(groups->episode);
    free(groups->group);
    *groups = (struct report_groups){.n = 0};
}

/* Times ------------------------------------------------------------ */

static bool same_day(int64_t a_ns, int64_t b_ns)
{
    char a[FMT_SIZE], b[FMT_SIZE];
    const size_t date = strlen("2026-11-29");

    return strncmp(fmt_local(a, sizeof a, a_ns), fmt_local(b, sizeof b, b_ns), date) == 0;
}

/* The time of day where it is on the day of `other_ns`, else with the date. */
static char *say_time(char out[FMT_SIZE], int64_t wall_ns, int64_t other_ns)
{
    return same_day(wall_ns, other_ns) ? fmt_clock(out, FMT_SIZE, wall_ns)
                                       : fmt_local(out, FMT_SIZE, wall_ns);
}

void report_over_span(const struct report_over *over, char first[FMT_SIZE], char last[FMT_SIZE])
{
    fmt_local(first, FMT_SIZE, over->first_wall_ns);
    say_time(last, over->last_wall_ns, over->first_wall_ns);
}

/* Was it at its worst where the recording is damaged? Then there is no sample of that time. */
static bool worst_is_unread(const struct report_over *over, const struct episode *e)
{
    const struct sample_reason *r = &over->reason;
    const bool damaged = r->code == REASON_DAMAGED_BYTE || r->code == REASON_DAMAGED_PLACES ||
                         r->code == REASON_DAMAGED_FRAME;

    return damaged && e->worst_wall_ns > r->begin_ns &&
           (!r->end_ns || e->worst_wall_ns < r->end_ns);
}

static void add_worst(const struct report_over *over, const struct episode *e, struct str *out)
{
    int which = episodes_measure(&e->worst);
    struct str figure = STR_INIT, when = STR_INIT;
    char at[FMT_SIZE];

    say_time(at, e->worst_wall_ns, over->first_wall_ns);
    if (worst_is_unread(over, e))
        text_fill(&when, MSG_DOCTOR_UNREAD_PART, at, NULL);
    else if (e->worst_wall_ns > over->last_wall_ns)
        text_fill(&when, MSG_DOCTOR_AFTER_PART, at, NULL);
    else
        str_add(&when, at);
    if (which >= 0)
        finding_measure(&e->worst, (unsigned)which, e->at_least, &figure);
    str_add(out, ", ");
    text_fill(out, which >= 0 ? MSG_DOCTOR_WORST : MSG_DOCTOR_WORST_AT, str_text(&when),
              str_text(&figure), NULL);
    out->failed = out->failed || str_failed(&figure) || str_failed(&when);
    str_fini(&when);
    str_fini(&figure);
}

/* What is said of an episode ends with the time that was asked for: beyond it, it still held. */
static struct episode within(const struct report_over *over, const struct episode *e)
{
    struct episode in = *e;

    if (in.lasts && in.end_wall_ns < over->last_wall_ns) {
        in.end_ns += over->last_wall_ns - in.end_wall_ns;
        in.end_wall_ns = over->last_wall_ns;
    }
    if (in.end_wall_ns > over->last_wall_ns && in.begin_wall_ns <= over->last_wall_ns) {
        in.end_ns -= in.end_wall_ns - over->last_wall_ns;
        in.end_wall_ns = over->last_wall_ns;
        in.holds = true;
    }
    return in;
}

static void add_period(const struct report_over *over, const struct episode *e, struct str *out)
{
    const struct episode in = within(over, e);
    char begin[FMT_SIZE], end[FMT_SIZE];
    struct str duration = STR_INIT;

    say_time(begin, in.begin_wall_ns, over->first_wall_ns);
    say_time(end, in.end_wall_ns, over->first_wall_ns);
    expand_duration(&duration,
                    in.end_ns > in.begin_ns ? (uint64_t)((in.end_ns - in.begin_ns) / NS_PER_S) : 0);
    text_fill(out,
              in.holds                  ? MSG_DOCTOR_GOING
              : in.end_ns > in.begin_ns ? MSG_DOCTOR_PERIOD
                                        : MSG_DOCTOR_MOMENT,
              begin, end, str_text(&duration), NULL);
    out->failed = out->failed || str_failed(&duration);
    str_fini(&duration);
    add_worst(over, e, out);
}

void report_over_periods(const struct report_over *over, const struct report_groups *groups,
                         const struct report_group *group, struct str *out)
{
    uint32_t n = group->n > PERIODS_MOST ? PERIODS_MOST - 1 : group->n;
    char more[FMT_SIZE];

    for (uint32_t i = 0; i < n; i++) {
        str_add(out, i ? "\n" : "");
        add_period(over, groups->episode[group->first + i], out);
    }
    if (n == group->n)
        return;
    str_add(out, "\n");
    fmt_count(more, sizeof more, group->n - n);
    text_fill(out, MSG_DOCTOR_MORE, more, NULL);
}

/* Commands ------------------------------------------------------------ */

/* A word of a shell's command line. What cannot be shown cannot be copied either: it is replaced.
 */
static void add_word(struct str *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    char safe[1024];

    utf8_sanitise_into(safe, sizeof safe, word, strlen(word));
    if (*safe && safe[strspn(safe, plain)] == '\0') {
        str_add(out, safe);
        return;
    }
    str_add_char(out, '\'');
    for (const char *p = safe; *p; p++) {
        if (*p == '\'')
            str_add(out, "'\\''");
        else
            str_add_char(out, *p);
    }
    str_add_char(out, '\'');
}

bool report_over_command(const struct report_over *over, const struct episode *e, struct str *out)
{
    char at[FMT_SIZE];

    if (worst_is_unread(over, e))
        return false;
    str_add(out, "tcptop --read ");
    if (*over->path == '-' && over->path[1])
        str_add(out, "./"); /* it is no option */
    add_word(out, over->path);
    str_addf(out, " --at %s", fmt_moment(at, sizeof at, e->worst_wall_ns));
    return true;
}

/* JSON ------------------------------------------------------------ */

void report_over_keys(struct sink *out, const struct report_over *over, const struct episode *e)
{
    const struct episode in = within(over, e);
    int which = episodes_measure(&e->worst);
    const struct rule_figure *figure =
        which < 0 ? NULL : rule_figure(e->worst.rule, (unsigned)which);
    struct str command = STR_INIT;
    char time[FMT_SIZE];

    sink_addf(out, ",\"until\":\"%s\"", fmt_rfc3339(time, sizeof time, in.end_wall_ns));
    sink_addf(out, ",\"holds\":%s", in.holds ? "true" : "false");
    if (e->at_least)
        sink_add(out, ",\"may_be_worse\":true");
    sink_addf(out, ",\"worst_at\":\"%s\"", fmt_rfc3339(time, sizeof time, e->worst_wall_ns));
    if (figure)
        sink_addf(out, ",\"worst_figure\":\"%s\"", figure->key);
    if (report_over_command(over, e, &command)) {
        sink_add(out, ",\"show\":");
        json_print_string(out, str_text(&command));
    }
    str_fini(&command);
}
