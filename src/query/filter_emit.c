/* Terms of the filter on their way into the predicate. */
#include <errno.h>
#include <string.h>

#include "parser.h"

int emit(struct parser *f, const struct filter_term *t)
{
    return predicate_term(f->p, t);
}

int emit_states(struct parser *f, uint32_t states)
{
    return emit(f, &(struct filter_term){.kind = TERM_STATE, .states = states});
}

int emit_ports(struct parser *f, enum term_side side, uint64_t lo, uint64_t hi)
{
    return emit(f, &(struct filter_term){.kind = TERM_PORT, .side = side, .lo = lo, .hi = hi});
}

int emit_text(struct parser *f, enum column_id id, struct word w, bool whole)
{
    char *text = strndup(w.text, w.len);
    if (!text)
        return -ENOMEM;
    f->p->needs |= columns[id].needs;
    return emit(f, &(struct filter_term){.kind = TERM_TEXT,
                                         .text = text,
                                         .whole = whole,
                                         .get = columns[id].get,
                                         .each = columns[id].each});
}

int emit_negation(struct parser *f, enum comparison cmp)
{
    return cmp == CMP_NE ? predicate_op(f->p, PRED_NOT) : 0;
}

static int emit_end(struct parser *f, enum term_side side, const struct host_term *h)
{
    struct filter_term t = {.kind = TERM_ADDR,
                            .side = side,
                            .family = h->any_address ? 0 : h->family,
                            .prefix_bits = h->prefix_bits};
    memcpy(t.addr, h->addr, sizeof t.addr);
    int result = emit(f, &t);
    if (!result && h->has_port) {
        result = emit_ports(f, side, h->port, h->port);
        if (!result)
            result = predicate_op(f->p, PRED_AND);
    }
    if (!result && h->scope.lo) {
        result = emit(f, &h->scope);
        if (!result)
            result = predicate_op(f->p, PRED_AND);
    }
    return result;
}

/* Address and port must be of the same end. */
int emit_host(struct parser *f, enum term_side side, const struct host_term *h)
{
    if (side != SIDE_EITHER)
        return emit_end(f, side, h);
    int result = emit_end(f, SIDE_LOCAL, h);
    if (!result)
        result = emit_end(f, SIDE_REMOTE, h);
    return result ? result : predicate_op(f->p, PRED_OR);
}
