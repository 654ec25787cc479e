/* SPDX-License-Identifier: MIT */
/* Numbers as the screen shows them. */
#include "tcptop/base/fmt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tcptop/base/clock.h"

/* `n` in steps of `step`, rounded to the nearest. */
static uint64_t rounded(uint64_t n, uint64_t step)
{
    return n / step + (n % step >= step - step / 2 ? 1 : 0);
}

size_t fmt_digits(char out[20], uint64_t n)
{
    char reversed[20];
    size_t len = 0;
    do {
        reversed[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    for (size_t i = 0; i < len; i++) {
        out[i] = reversed[len - 1 - i];
    }
    return len;
}

/* `len` bytes as a text, cut to the room there is. */
static char *put(char *out, size_t size, const char *text, size_t len)
{
    if (size > 0) {
        len = len < size ? len : size - 1;
        memcpy(out, text, len);
        out[len] = '\0';
    }
    return out;
}

static const uint64_t power[] = {1, 10, 100};

/* `n` hundredths, tenths or ones (`decimals` 2, 1, 0), then `unit`. */
static char *put_scaled(char *out, size_t size, uint64_t n, size_t decimals, const char *unit)
{
    char text[FMT_SIZE];
    size_t len = fmt_digits(text, n / power[decimals]);
    if (decimals > 0) {
        text[len++] = '.';
        text[len++] = (char)('0' + n % power[decimals] * 10 / power[decimals]);
    }
    if (decimals > 1) {
        text[len++] = (char)('0' + n % 10);
    }
    size_t unit_len = strlen(unit);
    memcpy(text + len, unit, unit_len);
    return put(out, size, text, len + unit_len);
}

char *fmt_count(char *out, size_t size, uint64_t n)
{
    char digits[20], text[FMT_SIZE];
    size_t n_digits = fmt_digits(digits, n), len = 0;
    for (size_t i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0) {
            text[len++] = ',';
        }
        text[len++] = digits[i];
    }
    return put(out, size, text, len);
}

/* At most three digits and a unit: units[0] counts thousands, each further one a thousand of the
 * one before. Six reach beyond any 64-bit number, so there is always one that fits. */
#define UNITS 6
static char *put_three_digits(char *out, size_t size, uint64_t n, const char *const units[UNITS],
                              size_t max_decimals)
{
    uint64_t unit = 1000, scaled;
    for (size_t i = 0;; i++, unit *= 1000) {
        size_t decimals = max_decimals;
        while ((scaled = rounded(n, unit / power[decimals])) >= 1000 && decimals > 0) {
            decimals--;
        }
        if (scaled < 1000) {
            return put_scaled(out, size, scaled, decimals, units[i]);
        }
    }
}

char *fmt_count_fit(char *out, size_t size, uint64_t n, int columns)
{
    static const char *const units[UNITS] = {"k", "M", "G", "T", "P", "E"};
    fmt_count(out, size, n);
    for (size_t decimals = 3; decimals-- > 0 && n >= 1000 && strlen(out) > (size_t)columns;) {
        put_three_digits(out, size, n, units, decimals);
    }
    return out;
}

char *fmt_change(char *out, size_t size, int64_t n, int columns)
{
    char digits[FMT_SIZE] = "";
    if (n != 0) {
        uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
        fmt_count_fit(digits, sizeof(digits), magnitude, columns - 1);
    }
    snprintf(out, size, "%s%s", n > 0 ? "+" : n < 0 ? "-" : "", digits);
    return out;
}

char *fmt_duration(char *out, size_t size, uint64_t ms)
{
    static const struct {
        uint64_t below_ms, step_ms;
        size_t decimals;
        const char *unit;
    } rows[] = {
        {10000, 100, 1, " s"},
        {100000, 1000, 0, " s"},
        {100 * 60000, 60000, 0, "min"},
        {UINT64_C(100) * 3600000, 3600000, 0, " h"},
        {UINT64_C(1000) * 86400000, 86400000, 0, " d"},
        {UINT64_C(1000) * 365 * 86400000, UINT64_C(365) * 86400000, 0, " y"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (ms < rows[i].below_ms) {
            return put_scaled(out, size, ms / rows[i].step_ms, rows[i].decimals, rows[i].unit);
        }
    }
    snprintf(out, size, ">999y");
    return out;
}

char *fmt_latency(char *out, size_t size, uint64_t us)
{
    static const struct {
        uint64_t step_us, max;
        size_t decimals;
        const char *unit;
    } rows[] = {
        {1, 99, 0, " us"},
        {10, 99, 2, " ms"},
        {100, 999, 1, " ms"},
        {1000, 999, 0, " ms"},
        {10000, 999, 2, " s"},
        {100000, 999, 1, " s"},
        {1000000, UINT64_MAX, 0, " s"},
    };
    size_t i = 0;
    while (rounded(us, rows[i].step_us) > rows[i].max) {
        i++;
    }
    return put_scaled(out, size, rounded(us, rows[i].step_us), rows[i].decimals, rows[i].unit);
}

char *fmt_cost(char *out, size_t size, int64_t ns)
{
    if (ns < 0) {
        snprintf(out, size, FMT_NONE);
        return out;
    }
    uint64_t tenths_ms = rounded((uint64_t)ns, NS_PER_MS / 10);
    uint64_t ms = rounded((uint64_t)ns, NS_PER_MS);
    if (tenths_ms < 10) {
        return put_scaled(out, size, tenths_ms, 1, " ms");
    }
    if (ms < 100) {
        return put_scaled(out, size, ms, 0, " ms");
    }
    if (ms < 995) {
        return put_scaled(out, size, rounded(ms, 10) * 10, 0, " ms");
    }
    if (ms < 9950) {
        return put_scaled(out, size, rounded(ms, 100), 1, " s");
    }
    return put_scaled(out, size, rounded(ms, 1000), 0, " s");
}

char *fmt_interval(char *out, size_t size, uint64_t ms)
{
    if (ms < 1000 && ms % 100 != 0) {
        return put_scaled(out, size, rounded(ms, 10), 2, " s");
    }
    if (rounded(ms, 100) < 100) {
        return put_scaled(out, size, rounded(ms, 100), 1, " s");
    }
    return put_scaled(out, size, rounded(ms, 1000), 0, " s");
}

char *fmt_bytes(char *out, size_t size, uint64_t bytes)
{
    static const char *const units[UNITS] = {" kB", " MB", " GB", " TB", " PB", " EB"};
    if (bytes < 1000) {
        return put_scaled(out, size, bytes, 0, " B");
    }
    return put_three_digits(out, size, bytes, units, 2);
}

char *fmt_percent(char *out, size_t size, uint64_t part, uint64_t whole)
{
    if (whole == 0) {
        snprintf(out, size, FMT_NONE);
        return out;
    }
    double percent = (double)part / (double)whole * 100.0;
    /* "100%" is said only when it is all of it */
    if (part >= whole) {
        snprintf(out, size, "%.0f%%", percent);
    } else {
        snprintf(out, size, "%.1f%%", percent < 99.9 ? percent : 99.9);
    }
    return out;
}

char *fmt_rate(char *out, size_t size, double per_s)
{
    if (!isfinite(per_s) || per_s < 0 || per_s >= 1e18) {
        snprintf(out, size, FMT_NONE);
    } else if (per_s < 9.95) {
        snprintf(out, size, "%.1f", per_s);
    } else {
        fmt_count(out, size, (uint64_t)(per_s + 0.5));
    }
    return out;
}

char *fmt_rate_least(char *out, size_t size, double per_s)
{
    if (!isfinite(per_s) || per_s < 0 || per_s >= 1e18)
        snprintf(out, size, FMT_NONE);
    else if (per_s < 0.1)
        snprintf(out, size, "%.2f", (int)(per_s * 100 + 1e-6) / 100.0);
    else if (per_s < 10)
        snprintf(out, size, "%.1f", (int)(per_s * 10 + 1e-6) / 10.0);
    else
        fmt_count(out, size, (uint64_t)(per_s + 1e-6));
    return out;
}

/* Whole seconds, rounded down also before 1970, and the nanoseconds beyond. */
static time_t split_wall(int64_t wall_ns, long *ns)
{
    int64_t s = wall_ns / NS_PER_S;
    int64_t rest = wall_ns % NS_PER_S;
    if (rest < 0) {
        rest += NS_PER_S;
        s--;
    }
    *ns = (long)rest;
    return (time_t)s;
}

char *fmt_clock(char *out, size_t size, int64_t wall_ns)
{
    struct tm tm = {0};
    long ns = 0;
    time_t s = split_wall(wall_ns, &ns);
    localtime_r(&s, &tm);
    snprintf(out, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    return out;
}

/* "2026-11-22", the sign, "14:03:22" */
static int put_local(char *out, size_t size, char sign, int64_t wall_ns, long *ns)
{
    struct tm tm = {0};
    time_t s = split_wall(wall_ns, ns);

    localtime_r(&s, &tm);
    return snprintf(out, size, "%04d-%02d-%02d%c%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                    tm.tm_mday, sign, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

char *fmt_local(char *out, size_t size, int64_t wall_ns)
{
    long ns = 0;

    put_local(out, size, ' ', wall_ns, &ns);
    return out;
}

char *fmt_moment(char *out, size_t size, int64_t wall_ns)
{
    long ns = 0;
    int n = put_local(out, size, 'T', wall_ns, &ns);

    if (n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, ".%03ld", ns / 1000000);
    return out;
}

char *fmt_rfc3339(char *out, size_t size, int64_t wall_ns)
{
    struct tm tm = {0};
    long ns = 0;
    time_t s = split_wall(wall_ns, &ns);
    gmtime_r(&s, &tm);
    snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ns / 1000000);
    return out;
}
