/* What the join says of figures: rates of rows that met, the last ones of those that went. */
#include "figures.h"

bool figures_are_rated(const struct snapshot *next, const struct snapshot *prev)
{
    return next->needs & NEED_RATES && prev->flow && next->flow;
}

/* A row that came back has no figures in between, so nothing is said of it. */
void figures_rate(struct snapshot *next, uint32_t i, const struct snapshot *prev, uint32_t j)
{
    struct span span = {
        .from = j < prev->n_live ? &prev->flow[j] : NULL,
        .to = &next->flow[i],
        .from_state = prev->conn[j].state,
        .to_state = next->conn[i].state,
        .ns = next->mono_ns - prev->mono_ns,
    };

    if ((next->conn[i].flags | prev->conn[j].flags) & CONN_NO_COOKIE)
        return;
    next->rate[i] = rate_between(&span);
    next->flow[i].limit = (uint8_t)rate_limit(&span);
}

void figures_keep(struct snapshot *next, uint32_t to, const struct snapshot *prev, uint32_t row)
{
    const struct flow *last = snapshot_last_flow(prev, row);

    if (next->rate && prev->rate)
        next->rate[to] = prev->rate[row];
    if (!next->flow)
        return;
    flow_clear(&next->flow[to]);
    if (last)
        next->flow[to] = *last;
}
