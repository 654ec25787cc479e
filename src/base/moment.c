/* SPDX-License-Identifier: MIT */
/* Times as people name them. */
#include "tcptop/base/moment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tcptop/base/clock.h"

#define DAY_S     86400
#define YEARS_MAX 9999
#define S_MAX     (INT64_C(4) * 1000 * 1000 * 1000) /* so that it fits as nanoseconds */

/* A number with at most three digits behind the point, in milliseconds. */
static int parse_ms(const char *text, char **end, int64_t *ms)
{
    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    unsigned long long whole = strtoull(text, end, 10);
    if (errno || whole > (unsigned long long)S_MAX)
        return -EINVAL;
    *ms = (int64_t)whole * 1000;
    if (**end != '.')
        return 0;
    for (int64_t unit = 100; *++*end >= '0' && **end <= '9'; unit /= 10)
        *ms += (**end - '0') * unit;
    return 0;
}

int moment_parse_duration(const char *text, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t s;
    } units[] = {{"", 1},     {"s", 1},     {"m", 60},       {"min", 60},
                 {"h", 3600}, {"d", DAY_S}, {"w", 7 * DAY_S}};
    char *end;
    int64_t ms;

    if (parse_ms(text, &end, &ms))
        return -EINVAL;
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) == 0 && ms / 1000 <= S_MAX / units[i].s) {
            *ns = ms * units[i].s * NS_PER_MS;
            return 0;
        }
    }
    return -EINVAL;
}

/* Up to nine digits behind a point, in nanoseconds. */
static int64_t parse_fraction(const char **text, int64_t *unit_ns)
{
    int64_t ns = 0;
    const char *p = *text;

    if (*p != '.' || p[1] < '0' || p[1] > '9')
        return 0;
    *unit_ns = NS_PER_MS;
    for (int64_t unit = NS_PER_S / 10; *++p >= '0' && *p <= '9'; unit /= 10)
        ns += (*p - '0') * unit;
    *text = p;
    return ns;
}

/* "14:03", "14:03:10" or "14:03:10.250"; what follows is at `*end`. `m->ns`: less than a second. */
static int parse_clock(const char *text, const char **end, struct tm *tm, struct moment *m)
{
    int n = 0;

    if (sscanf(text, "%2d:%2d%n", &tm->tm_hour, &tm->tm_min, &n) != 2 || !n)
        return -EINVAL;
    text += n;
    tm->tm_sec = 0;
    if (*text == ':') {
        if (sscanf(text, ":%2d%n", &tm->tm_sec, &n) != 1)
            return -EINVAL;
        text += n;
        m->ns = parse_fraction(&text, &m->unit_ns);
    }
    *end = text;
    return tm->tm_hour < 0 || tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 ||
                   tm->tm_sec < 0 || tm->tm_sec > 60
               ? -EINVAL
               : 0;
}

static int parse_date(const char *text, struct moment *m)
{
    struct tm tm = {.tm_isdst = -1};
    int n = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &n) != 3 ||
        tm.tm_year < 1970 || tm.tm_year > YEARS_MAX || tm.tm_mon < 1 || tm.tm_mon > 12 ||
        tm.tm_mday < 1 || tm.tm_mday > 31)
        return -EINVAL;
    text += n;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    if (*text == ' ' || *text == 'T') {
        if (parse_clock(text + 1, &text, &tm, m))
            return -EINVAL;
    }
    bool utc = *text == 'Z';
    const int64_t s = utc ? timegm(&tm) : mktime(&tm); /* time_t may have 32 bits */
    if (text[utc] || s == -1 || s > S_MAX)
        return -EINVAL;
    m->kind = MOMENT_ABSOLUTE;
    m->ns += s * NS_PER_S;
    return 0;
}

int moment_parse(const char *text, struct moment *m)
{
    struct tm tm = {.tm_hour = 0};
    char *end;
    const char *rest;
    int64_t ms;

    *m = (struct moment){.unit_ns = NS_PER_S};
    if (*text == '@') {
        if (parse_ms(text + 1, &end, &ms) || *end)
            return -EINVAL;
        *m = (struct moment){MOMENT_ABSOLUTE, ms * NS_PER_MS,
                             strchr(text, '.') ? NS_PER_MS : NS_PER_S};
        return 0;
    }
    if (*text == '-') {
        *m = (struct moment){.kind = MOMENT_BEFORE, .unit_ns = NS_PER_MS};
        return moment_parse_duration(text + 1, &m->ns);
    }
    if (strchr(text, '-'))
        return parse_date(text, m);
    if (parse_clock(text, &rest, &tm, m) || *rest)
        return -EINVAL;
    m->kind = MOMENT_CLOCK;
    m->ns += (tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * NS_PER_S;
    return 0;
}

/* The time of day on the day of `s`, or `days` before it. */
static int64_t on_day(time_t s, int64_t of_day_ns, int days)
{
    int64_t of_day = of_day_ns / NS_PER_S;
    struct tm tm;

    if (!localtime_r(&s, &tm))
        return INT64_MIN;
    tm.tm_mday -= days;
    tm.tm_hour = (int)(of_day / 3600);
    tm.tm_min = (int)(of_day / 60 % 60);
    tm.tm_sec = (int)(of_day % 60);
    tm.tm_isdst = -1;
    return mktime(&tm) * NS_PER_S + of_day_ns % NS_PER_S;
}

/* The last such time of day in what was recorded; without one there the nearest on the days that it
 * has something of, or, where its begin is not known, the last one before its end. */
static int64_t of_day(int64_t of_day_ns, int64_t begin_ns, int64_t end_ns)
{
    int64_t last = on_day((time_t)(end_ns / NS_PER_S), of_day_ns, 0);

    if (last <= end_ns && last >= begin_ns)
        return last;
    if (last < begin_ns) /* all of it is of one day, or midnight is nearer */
        return last;
    int64_t before = on_day((time_t)(end_ns / NS_PER_S), of_day_ns, 1);
    if (begin_ns == INT64_MIN || before >= begin_ns)
        return before;
    bool same_day =
        on_day((time_t)(begin_ns / NS_PER_S), 0, 0) == on_day((time_t)(end_ns / NS_PER_S), 0, 0);
    return same_day || last - end_ns < begin_ns - before ? last : before;
}

int64_t moment_resolve(const struct moment *m, int64_t begin_ns, int64_t end_ns)
{
    switch (m->kind) {
    case MOMENT_ABSOLUTE:
        return m->ns;
    case MOMENT_BEFORE:
        return end_ns - m->ns;
    case MOMENT_CLOCK:
        return of_day(m->ns, begin_ns, end_ns);
    case MOMENT_NONE:
        break;
    }
    return end_ns;
}

int64_t moment_resolve_end(const struct moment *m, int64_t begin_ns, int64_t end_ns)
{
    return moment_resolve(m, begin_ns, end_ns) + (m->unit_ns ? m->unit_ns - 1 : 0);
}
