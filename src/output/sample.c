/* One sample in the format asked for, and the counts that all formats share. */
#include "print.h"

void print_sample(struct sink *out, const struct print *p)
{
    static void (*const printers[])(struct sink *, const struct print *) = {
        [FORMAT_TEXT] = print_text,
        [FORMAT_JSON] = print_json,
        [FORMAT_CSV] = print_csv,
    };
    printers[p->format](out, p);
}

unsigned counts_state(int i)
{
    if (i < STATE_STATE_LIST_COUNT) {
        return state_state_list_order[i];
    }
    return i == STATE_STATE_LIST_COUNT ? TCP_STATE_BOUND_INACTIVE : 0;
}

uint32_t measured_states(const struct sample *s)
{
    if (s->status == SAMPLE_FAILED) {
        return 0;
    }
    uint32_t states = 0;
    for (int i = 0; i < STATE_STATE_LIST_COUNT; i++) {
        states |= STATE_BIT(state_state_list_order[i]);
    }
    if (s->count[TCP_STATE_CLOSE] == 0) {
        states &= ~STATE_BIT(TCP_STATE_CLOSE);
    }
    return s->needs & NEED_BOUND ? states | STATE_BIT(TCP_STATE_BOUND_INACTIVE) : states;
}

struct counts counts_of(const struct print *p)
{
    const struct sample *s = p->sample;
    struct counts c = {.measured = measured_states(s)};
    if (!p->filter || p->filter->n_steps == 0 || s->streamed) {
        c.total = s->total;
        for (int i = 0; i < TCP_STATE_COUNT; i++) {
            c.state[i] = s->count[i];
        }
        return c;
    }
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (predicate_match(p->filter, s, row)) {
            const struct conn *conn = &s->conn[row];
            unsigned state = conn->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : conn->state;
            c.total++;
            c.state[state < TCP_STATE_COUNT ? state : 0]++;
        }
    }
    return c;
}
