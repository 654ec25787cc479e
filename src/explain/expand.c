/* SPDX-License-Identifier: MIT */
/* Values of this host inside the texts. */
#include "tcptop/explain/expand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/typeset.h"

const char *expand_ties(char out[EXPAND_SIZE], const char *template)
{
    size_t n = 0;

    for (; *template && n + sizeof(NBSP) < EXPAND_SIZE; template ++) {
        if (*template == '^') {
            memcpy(out + n, NBSP, sizeof(NBSP) - 1);
            n += sizeof(NBSP) - 1;
        } else {
            out[n++] = *template;
        }
    }
    out[n] = '\0';
    return out;
}

static void add_unit(struct str *out, enum msg unit, uint64_t n)
{
    char number[24], template[EXPAND_SIZE];

    snprintf(number, sizeof(number), "%" PRIu64, n);
    text_fill_template(out, expand_ties(template, text(unit)), number, NULL);
}

void expand_duration(struct str *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        enum msg unit;
    } units[] = {
        {86400, MSG_EXPLAIN_DAYS},
        {3600, MSG_EXPLAIN_HOURS},
        {60, MSG_EXPLAIN_MINUTES},
        {1, MSG_EXPLAIN_SECONDS},
    };
    size_t i = 0;

    while (i < 3 && seconds < units[i].seconds)
        i++;
    if (seconds < 100)
        i = 3;
    add_unit(out, units[i].unit, seconds / units[i].seconds);
    if (i == 3 || seconds % units[i].seconds < units[i + 1].seconds)
        return;
    str_add(out, NBSP);
    add_unit(out, units[i + 1].unit, seconds % units[i].seconds / units[i + 1].seconds);
}

void expand_bytes(struct str *out, uint64_t bytes)
{
    char words[FMT_SIZE];
    const char *unit = strchr(fmt_bytes(words, sizeof words, bytes), ' ');

    str_add_bytes(out, words, unit ? (size_t)(unit - words) : strlen(words));
    if (unit)
        str_addf(out, NBSP "%s", unit + 1);
}

static bool keepalive_limit(const struct host *h, uint64_t *seconds)
{
    int64_t idle, interval, probes;

    if (!host_sysctl(h, SYSCTL_KEEPALIVE_TIME, &idle) ||
        !host_sysctl(h, SYSCTL_KEEPALIVE_INTVL, &interval) ||
        !host_sysctl(h, SYSCTL_KEEPALIVE_PROBES, &probes))
        return false;
    *seconds = (uint64_t)(idle + interval * probes);
    return true;
}

static const struct {
    const char *name;
    bool (*seconds)(const struct host *h, uint64_t *seconds);
} limits[] = {
    {"syn_limit", tcp_timeouts_syn},
    {"synack_limit", tcp_timeouts_synack},
    {"data_limit", tcp_timeouts_data},
    {"orphan_limit", tcp_timeouts_orphan},
    {"fin_limit", tcp_timeouts_fin_wait2},
    {"keepalive_limit", keepalive_limit},
    {"orphan_window_limit", tcp_timeouts_orphan_window},
};

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static bool is_name(const char *name, size_t len, const char *known)
{
    return strlen(known) == len && memcmp(name, known, len) == 0;
}

/* Index of the sysctl, SYSCTL_COUNT when it is none. */
static unsigned sysctl_named(const char *name, size_t len)
{
    unsigned which = 0;

    while (which < SYSCTL_COUNT && !is_name(name, len, host_sysctl_name((enum host_sysctl)which)))
        which++;
    return which;
}

static size_t limit_named(const char *name, size_t len)
{
    size_t i = 0;

    while (i < LIMITS && !is_name(name, len, limits[i].name))
        i++;
    return i;
}

bool expand_knows(const char *name, size_t len)
{
    return is_name(name, len, "tw_reuse") || limit_named(name, len) < LIMITS ||
           sysctl_named(name, len) < SYSCTL_COUNT;
}

static bool add_sysctl(struct str *out, unsigned which, const struct host *host)
{
    int64_t value;

    str_add(out, host_sysctl_name((enum host_sysctl)which));
    if (!host || !host_sysctl(host, (enum host_sysctl)which, &value))
        return false;
    str_addf(out, NBSP "=" NBSP MARK_LIVE "%" PRId64 MARK_END, value);
    return true;
}

static bool add_limit(struct str *out, size_t which, const struct host *host)
{
    uint64_t seconds;

    if (!host || !limits[which].seconds(host, &seconds))
        return false;
    str_add(out, MARK_LIVE);
    expand_duration(out, seconds);
    str_add(out, MARK_END);
    return true;
}

static bool add_reuse(struct str *out, const struct host *host)
{
    static const enum msg meanings[] = {MSG_EXPLAIN_REUSE_OFF, MSG_EXPLAIN_REUSE_ON,
                                        MSG_EXPLAIN_REUSE_LOOPBACK};
    int64_t value;

    if (!host || !host_sysctl(host, SYSCTL_TW_REUSE, &value) || value < 0 || value > 2)
        return false;
    str_add(out, text(meanings[value]));
    return true;
}

/* False when the value is not known. */
static bool add_value(struct str *out, const char *name, size_t len, const struct host *host)
{
    if (is_name(name, len, "tw_reuse"))
        return add_reuse(out, host);
    if (limit_named(name, len) < LIMITS)
        return add_limit(out, limit_named(name, len), host);
    if (sysctl_named(name, len) < SYSCTL_COUNT)
        return add_sysctl(out, sysctl_named(name, len), host);
    return false;
}

void expand(struct str *out, const char *template, const struct host *host)
{
    size_t part = 0; /* where the part in [ ] began */
    bool known = true;

    for (const char *p = template; *p; p++) {
        size_t name = *p == '{' ? strcspn(p + 1, "}") : 0;
        if (name > 0) {
            known &= add_value(out, p + 1, name, host);
            p += name + 1;
        } else if (*p == '[') {
            part = out->len;
            known = true;
        } else if (*p == ']') {
            if (!known)
                str_truncate(out, part);
        } else if (*p == '^') {
            str_add(out, NBSP);
        } else {
            str_add_char(out, *p);
        }
    }
}
