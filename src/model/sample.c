/* SPDX-License-Identifier: MIT */
/* Reading a sample. */
#include "tcptop/model/sample.h"

#include "tcptop/base/clock.h"

/* Among the rows from `from` to `to`, from `hint` outwards. */
static uint32_t find_near(const struct sample *s, const struct conn *c, uint32_t from, uint32_t to,
                          uint32_t hint)
{
    uint32_t above = hint < from ? from : hint > to ? to : hint, below = above;

    while (below > from || above < to) {
        if (above < to && conn_same(&s->conn[above++], c))
            return above - 1;
        if (below > from && conn_same(&s->conn[--below], c))
            return below;
    }
    return UINT32_MAX;
}

uint32_t sample_find(const struct sample *s, const struct conn *c, uint32_t hint)
{
    uint32_t rows = sample_rows(s), found = UINT32_MAX;
    /* by cookies no two rows are alike: the few that are not live can come first then */
    bool unlike = rows && !((c->flags | s->conn[0].flags) & CONN_NO_COOKIE);

    if (unlike)
        found = find_near(s, c, s->n_live, rows, hint);
    if (found == UINT32_MAX)
        found = find_near(s, c, 0, s->n_live, hint);
    if (found == UINT32_MAX && !unlike)
        found = find_near(s, c, s->n_live, rows, hint);
    return found;
}

bool sample_has_possible_times(const struct sample *s)
{
    const int64_t day = 86400 * NS_PER_S;
    const uint64_t day_ms = 86400 * 1000;

    return s->mono_ns >= 0 && s->mono_ns <= 30 * 365 * day && s->wall_ns >= 0 &&
           s->wall_ns <= 130 * 365 * day && s->cost_ns >= 0 && s->cost_ns <= 100 * day &&
           s->cpu_ns >= 0 && s->cpu_ns <= 100 * day && s->interval_ms <= day_ms &&
           s->asked_interval_ms <= day_ms && s->full_interval_ms <= day_ms;
}

const char *sample_netns(const struct sample *s, const struct conn *c)
{
    const struct netns *ns;

    if (!s->namespaces)
        return s->netns;
    ns = netns_find(s->namespaces, c->netns);
    return ns && (s->namespaces->several || !ns->own) ? ns->name : "";
}

bool sample_is_own_netns(const struct sample *s, const struct conn *c)
{
    const struct netns *ns;

    if (!s->namespaces)
        return !s->netns[0];
    ns = netns_find(s->namespaces, c->netns);
    return ns && ns->own;
}

const struct host *sample_host(const struct sample *s, const struct conn *c)
{
    const struct netns *ns = s->namespaces ? netns_find(s->namespaces, c->netns) : NULL;

    return ns && ns->shown ? &ns->host : &s->host;
}
