/* The passes over the rows: one for all states, and one or two more for TIME_WAIT. */
#include "tcptop/explain/sample_summary.h"

void summary_make(struct sample_summary *v, const struct sample *s)
{
    *v = (struct sample_summary){.state_counts = {{0}}};
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        v->state_counts[state].fullest = UINT32_MAX;
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        const struct conn *c = &s->conn[row];
        port_set_add(&v->used, c->sport);
        port_set_add(&v->used, c->dport);
        if (row >= s->n_live)
            continue;
        if (c->state == TCP_STATE_LISTEN)
            port_set_add(&v->listening, c->sport);
        state_counts_add(v->state_counts, s, row);
    }
    active_close_count(&v->active_close, s, &v->listening);
}
