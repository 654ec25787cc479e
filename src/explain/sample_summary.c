/* The passes over the rows: one for all states, and one or two more for TIME_WAIT. */
#include "tcptop/explain/sample_summary.h"

void survey_make(struct survey *v, const struct snapshot *s)
{
    *v = (struct survey){.tally = {{0}}};
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        v->tally[state].fullest = UINT32_MAX;
    for (uint32_t row = 0; row < snapshot_rows(s); row++) {
        const struct conn *c = &s->conn[row];
        port_set_add(&v->used, c->sport);
        port_set_add(&v->used, c->dport);
        if (row >= s->n_live)
            continue;
        if (c->state == TCP_STATE_LISTEN)
            port_set_add(&v->listening, c->sport);
        tally_row(v->tally, s, row);
    }
    closers_count(&v->closers, s, &v->listening);
}
