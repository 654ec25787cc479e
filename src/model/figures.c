/* What the join says of figures: rates of rows that met, the last ones of those that went. */
#include "figures.h"

bool rates_are_possible(const struct sample *next, const struct sample *prev)
{
    return next->needs & NEED_RATES && prev->metrics && next->metrics;
}

/* A row that came back has no figures in between, so nothing is said of it. */
void rates_compute(struct sample *next, uint32_t i, const struct sample *prev, uint32_t j)
{
    struct span span = {
        .from = j < prev->n_live ? &prev->metrics[j] : NULL,
        .to = &next->metrics[i],
        .from_state = prev->conn[j].state,
        .to_state = next->conn[i].state,
        .ns = next->mono_ns - prev->mono_ns,
    };

    if ((next->conn[i].flags | prev->conn[j].flags) & CONN_NO_COOKIE)
        return;
    next->rate[i] = rate_between(&span);
    next->metrics[i].limit = (uint8_t)rate_limit(&span);
}

void rates_keep(struct sample *next, uint32_t to, const struct sample *prev, uint32_t row)
{
    const struct tcp_metrics *last = sample_last_metrics(prev, row);

    if (next->rate && prev->rate)
        next->rate[to] = prev->rate[row];
    if (!next->metrics)
        return;
    tcp_metrics_clear(&next->metrics[to]);
    if (last)
        next->metrics[to] = *last;
}
