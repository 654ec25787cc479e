/* SPDX-License-Identifier: MIT */
/* Which of a host's facts are known, and their names. */
#include "tcptop/model/host.h"

#include <string.h>

#define FIGURE_MAX (INT64_C(1) << 48) /* pages, sockets */

_Static_assert(COUNTER_COUNT <= 32 && GAUGE_COUNT <= 32 && SYSCTL_COUNT <= 32, "validity bits");

static bool known(uint32_t valid, unsigned which)
{
    return valid >> which & 1;
}

bool host_counter(const struct host *h, enum host_counter which, uint64_t *value)
{
    if (!known(h->counter_valid, which))
        return false;
    *value = h->counter[which];
    return true;
}

bool host_gauge(const struct host *h, enum host_gauge which, uint64_t *value)
{
    if (!known(h->gauge_valid, which))
        return false;
    *value = h->gauge[which];
    return true;
}

bool host_sysctl(const struct host *h, enum host_sysctl which, int64_t *value)
{
    if (!known(h->sysctl_valid, which))
        return false;
    *value = h->sysctl[which];
    return true;
}

static bool is_possible_sysctl(enum host_sysctl which, int64_t value)
{
    if (which == SYSCTL_PORT_LOW || which == SYSCTL_PORT_HIGH || which == SYSCTL_RESERVED_PORTS)
        return value >= 0 && value <= UINT16_MAX;
    if (which == SYSCTL_MEM_PRESSURE || which == SYSCTL_MEM_MAX)
        return value >= 0 && value <= FIGURE_MAX;
    return value >= INT32_MIN && value <= INT32_MAX;
}

void host_drop_impossible(struct host *h)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        if (h->counter[i] > INT64_MAX)
            h->counter_valid &= ~(UINT32_C(1) << i);
    for (unsigned i = 0; i < GAUGE_COUNT; i++)
        if (h->gauge[i] > FIGURE_MAX)
            h->gauge_valid &= ~(UINT32_C(1) << i);
    for (unsigned i = 0; i < SYSCTL_COUNT; i++)
        if (!is_possible_sysctl((enum host_sysctl)i, h->sysctl[i]))
            h->sysctl_valid &= ~(UINT32_C(1) << i);
}

/* Below /proc/sys. */
static const char *const sysctl_paths[SYSCTL_COUNT] = {
#define SYSCTL(ident, path, index) [SYSCTL_##ident] = (path),
    HOST_SYSCTLS(SYSCTL)
#undef SYSCTL
};

const char *host_sysctl_name(enum host_sysctl which)
{
    return strrchr(sysctl_paths[which], '/') + 1;
}

int host_sysctl_find(const char *name, size_t len)
{
    for (int which = 0; which < SYSCTL_COUNT; which++) {
        const char *path = sysctl_paths[which];
        size_t same = 0;
        while (same < len && (path[same] == '/' ? '.' : path[same]) == name[same])
            same++;
        if (same == len && !path[len])
            return which;
    }
    return -1;
}

bool host_port_range(const struct host *h, struct port_range *r)
{
    int64_t reserved = 0;

    *r = (struct port_range){.low = 0, .high = -1};
    if (!host_sysctl(h, SYSCTL_PORT_LOW, &r->low) || !host_sysctl(h, SYSCTL_PORT_HIGH, &r->high)) {
        *r = (struct port_range){.low = 0, .high = -1};
        return false;
    }
    r->usable = r->high - r->low + 1;
    if (host_sysctl(h, SYSCTL_RESERVED_PORTS, &reserved) && reserved > 0 && reserved < r->usable)
        r->usable -= reserved;
    return true;
}
