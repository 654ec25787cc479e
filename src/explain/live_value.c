/* SPDX-License-Identifier: MIT */
/* Values inside facts. */
#include "tcptop/explain/live_value.h"

#include <stdio.h>
#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/typeset.h"
#include "tcptop/model/end_text.h"

static const char *live(char out[LIVE_SIZE], const char *sign, const char *value)
{
    snprintf(out, LIVE_SIZE, MARK_LIVE "%s%s" MARK_END, sign, value);
    return out;
}

const char *live_count(char out[LIVE_SIZE], uint64_t n)
{
    return live(out, "", fmt_count((char[FMT_SIZE]){0}, FMT_SIZE, n));
}

const char *live_change(char out[LIVE_SIZE], int64_t n)
{
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    return live(out, n < 0 ? "-" : "+", fmt_count((char[FMT_SIZE]){0}, FMT_SIZE, magnitude));
}

const char *live_rate(char out[LIVE_SIZE], double per_s)
{
    const char *sign = per_s < 0 ? "-" : "";

    return live(out, sign, fmt_rate((char[FMT_SIZE]){0}, FMT_SIZE, per_s < 0 ? -per_s : per_s));
}

const char *live_rate_least(char out[LIVE_SIZE], double per_s)
{
    return live(out, "", fmt_rate_least((char[FMT_SIZE]){0}, FMT_SIZE, per_s));
}

const char *live_port(char out[LIVE_SIZE], uint16_t port)
{
    char digits[8];

    snprintf(digits, sizeof(digits), "%u", port);
    return live(out, "", digits);
}

const char *live_seconds(char out[LIVE_SIZE], uint64_t ms)
{
    return live(out, "", fmt_count((char[FMT_SIZE]){0}, FMT_SIZE, ms / 1000));
}

static const char *time_in_words(char out[LIVE_SIZE], const char *mark, uint64_t ms,
                                 const char *end)
{
    struct str words = STR_INIT;
    char tenths[8];

    if (ms < 10000 && *mark) {
        snprintf(tenths, sizeof(tenths), "%u.%u", (unsigned)(ms / 1000),
                 (unsigned)(ms % 1000 / 100));
        fact_fill(&words, MSG_EXPLAIN_SECONDS, tenths);
    } else {
        expand_duration(&words, ms / 1000);
    }
    snprintf(out, LIVE_SIZE, "%s%s%s", mark, str_text(&words), end);
    str_fini(&words);
    return out;
}

const char *live_time(char out[LIVE_SIZE], uint64_t ms)
{
    return time_in_words(out, MARK_LIVE, ms, MARK_END);
}

const char *live_unmarked_time(char out[LIVE_SIZE], double seconds)
{
    return time_in_words(out, "", (uint64_t)(seconds * 1000 + 0.5), "");
}

const char *live_window(char out[LIVE_SIZE], double seconds)
{
    struct str words = STR_INIT;
    char tenths[8];

    if (seconds >= 0.95)
        return live_unmarked_time(out, (double)(uint64_t)(seconds + 0.5));
    snprintf(tenths, sizeof tenths, "%.1f", seconds < 0.1 ? 0.1 : seconds);
    fact_fill(&words, MSG_EXPLAIN_SECONDS, tenths);
    snprintf(out, LIVE_SIZE, "%s", str_text(&words));
    str_fini(&words);
    return out;
}

const char *live_bytes(char out[LIVE_SIZE], uint64_t bytes)
{
    struct str words = STR_INIT;

    expand_bytes(&words, bytes);
    live(out, "", str_text(&words));
    str_fini(&words);
    return out;
}

const char *live_percent(char out[LIVE_SIZE], double part)
{
    double percent = part * 100;

    snprintf(out, LIVE_SIZE, MARK_LIVE "%.*f%%" MARK_END, percent < 10 ? 1 : 0, percent);
    return out;
}

const char *live_address(char out[LIVE_SIZE], const struct conn *c, bool remote)
{
    char address[CONN_ADDRESS_SIZE];

    finding_address(c, remote, address);
    return live(out, "", address);
}

const char *live_remote(char out[LIVE_SIZE], const struct conn *c)
{
    char address[CONN_ADDRESS_SIZE], port[END_TEXT_SIZE];

    finding_address(c, true, address);
    bool v6 = !conn_address_unknown(c, true) && strchr(address, ':') != NULL;
    if (conn_port_unknown(c, true))
        snprintf(port, sizeof port, "%s", conn_port_text(c, true));
    else
        snprintf(port, sizeof port, "%u", c->dport);
    snprintf(out, LIVE_SIZE, MARK_LIVE "%s%s%s:%s" MARK_END, v6 ? "[" : "", address, v6 ? "]" : "",
             port);
    return out;
}
