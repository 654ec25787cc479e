/* SPDX-License-Identifier: MIT */
/* Evaluation of a compiled filter on one row. */
#include "tcptop/model/predicate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

void predicate_fini(struct predicate *p)
{
    for (uint32_t i = 0; i < p->n_terms; i++)
        free(p->terms[i].text);
    free(p->terms);
    free(p->steps);
    *p = (struct predicate){0};
}

/* Room for one more of `n` elements; the capacity is the next power of two. */
static void *grown(void *array, uint32_t n, size_t size)
{
    return n & (n - 1) ? array : realloc(array, (n ? n * 2 : 1) * size);
}

static int add_step(struct predicate *p, enum pred_op op, uint32_t term)
{
    struct pred_step *steps = grown(p->steps, p->n_steps, sizeof *steps);

    if (!steps)
        return -ENOMEM;
    p->steps = steps;
    p->steps[p->n_steps++] = (struct pred_step){op, term};
    return 0;
}

int predicate_term(struct predicate *p, const struct filter_term *t)
{
    struct filter_term *terms = grown(p->terms, p->n_terms, sizeof *terms);

    if (!terms) {
        free(t->text);
        return -ENOMEM;
    }
    p->terms = terms;
    p->terms[p->n_terms] = *t;
    return add_step(p, PRED_TERM, p->n_terms++);
}

int predicate_op(struct predicate *p, enum pred_op op)
{
    return add_step(p, op, 0);
}

int predicate_copy(struct predicate *to, const struct predicate *from)
{
    int rc = 0;

    for (uint32_t i = 0; i < from->n_steps && !rc; i++) {
        if (from->steps[i].op != PRED_TERM) {
            rc = predicate_op(to, from->steps[i].op);
            continue;
        }
        struct filter_term term = from->terms[from->steps[i].term];
        const char *text = term.text;
        term.text = text ? strdup(text) : NULL;
        rc = text && !term.text ? -ENOMEM : predicate_term(to, &term);
    }
    if (rc)
        predicate_fini(to);
    else
        to->needs = from->needs;
    return rc;
}

int predicate_depth(const struct predicate *p)
{
    int depth = 0, deepest = 0;

    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct pred_step *step = &p->steps[i];
        int takes = step->op == PRED_TERM ? 0 : step->op == PRED_NOT ? 1 : 2;
        if (depth < takes || (step->op == PRED_TERM && step->term >= p->n_terms))
            return -EINVAL;
        depth += 1 - takes;
        if (depth > deepest)
            deepest = depth;
    }
    if (deepest > PREDICATE_DEPTH_MAX || (p->n_steps && depth != 1))
        return -EINVAL;
    return deepest;
}

static bool in_prefix(const uint8_t *addr, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(addr, prefix, whole) == 0 &&
           (!rest || !((addr[whole] ^ prefix[whole]) >> (8 - rest)));
}

/* A v4-mapped address (::ffff:10.0.0.1) also matches an IPv4 prefix, as it does in ss. */
static bool addr_matches(const struct filter_term *t, const struct conn *c, const uint8_t *addr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (!t->family)
        return true;
    if (c->family == t->family)
        return in_prefix(addr, t->addr, t->prefix_bits);
    return t->family == AF_INET && memcmp(addr, mapped, sizeof mapped) == 0 &&
           in_prefix(addr + sizeof mapped, t->addr, t->prefix_bits);
}

static bool end_matches(const struct filter_term *t, const struct conn *c, bool local)
{
    uint16_t port = local ? c->sport : c->dport;

    if (t->kind == TERM_PORT)
        return port >= t->lo && port <= t->hi && !conn_port_unknown(c, !local);
    if (t->family && conn_address_unknown(c, !local))
        return false;
    return addr_matches(t, c, local ? c->src : c->dst);
}

static bool some_end_matches(const struct filter_term *t, const struct conn *c)
{
    return (t->side != SIDE_REMOTE && end_matches(t, c, true)) ||
           (t->side != SIDE_LOCAL && end_matches(t, c, false));
}

static bool number_matches(const struct filter_term *t, uint64_t number)
{
    return number >= t->lo && number <= t->hi;
}

static bool text_matches(const struct filter_term *t, const char *text)
{
    return t->whole ? strcasecmp(text, t->text) == 0 : strcasestr(text, t->text) != NULL;
}

static bool some_value_matches(const struct filter_term *t, const struct sample *s, uint32_t row)
{
    struct value_part p;

    for (uint32_t nth = 0; t->each(s, row, nth, &p); nth++) {
        if (t->kind == TERM_NUMBER ? number_matches(t, p.number)
                                   : *p.text && text_matches(t, p.text))
            return true;
    }
    return false;
}

static bool value_matches(const struct filter_term *t, const struct sample *s, uint32_t row)
{
    struct value v;

    if (t->each)
        return some_value_matches(t, s, row);
    v.type = VALUE_NONE;
    t->get(s, row, &v);
    if (t->kind == TERM_NUMBER)
        return v.type == VALUE_NUMBER && number_matches(t, v.number);
    return v.type == VALUE_TEXT && text_matches(t, v.text);
}

/* A bound-only socket is printed as CLOSE and asked for as BOUND_INACTIVE: both names find it. */
static bool state_matches(const struct filter_term *t, const struct conn *c)
{
    uint32_t names = c->state < TCP_STATE_COUNT ? STATE_BIT(c->state) : 0;

    if (c->flags & CONN_BOUND)
        names |= STATE_BIT(TCP_STATE_BOUND_INACTIVE);
    return t->states & names;
}

static bool term_matches(const struct filter_term *t, const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];

    switch (t->kind) {
    case TERM_STATE:
        return state_matches(t, c);
    case TERM_FAMILY:
        return c->family == t->lo;
    case TERM_PORT:
    case TERM_ADDR:
        return some_end_matches(t, c);
    case TERM_DEV:
        return c->ifindex == t->lo && (!t->own_netns || sample_is_own_netns(s, c));
    case TERM_NUMBER:
    case TERM_TEXT:
        return value_matches(t, s, row);
    }
    return false;
}

static bool has_value(const struct filter_term *t, const struct sample *s, uint32_t row)
{
    struct value_part part;
    struct value v = {.type = VALUE_NONE};

    for (uint32_t nth = 0; t->each && t->each(s, row, nth, &part); nth++)
        if (t->kind == TERM_NUMBER || *part.text) /* a pid may be known, and no name */
            return true;
    if (t->each)
        return false;
    t->get(s, row, &v);
    return v.type != VALUE_NONE;
}

/* Are there processes, and none of them has it? Command lines are recorded only where they are
 * asked for. */
static bool owners_lack(const struct filter_term *t, const struct sample *s)
{
    struct value_part part;
    bool any = false;

    for (uint32_t row = 0; t->each && row < s->n_live; row++) {
        for (uint32_t nth = 0; t->each(s, row, nth, &part); nth++) {
            if (t->kind == TERM_NUMBER || *part.text)
                return false;
            any = true;
        }
    }
    return any;
}

/* An import says nothing of what its text has: where one row has a value, others may be without. */
static bool term_lacks_values(const struct filter_term *t, const struct sample *s)
{
    if (s->backend != BACKEND_IMPORT)
        return (t->needs & NEED_METRICS && !s->metrics) ||
               t->needs & (NEED_DROPS | NEED_OWNER) & ~s->needs || owners_lack(t, s);
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (has_value(t, s, row))
            return false;
    }
    return true;
}

enum predicate_lacks predicate_lacks(const struct predicate *p, const struct sample *s)
{
    if (!p || !sample_is_recorded(s))
        return LACKS_NOTHING;
    if (p->needs & NEED_ONLY_BOUND && !(s->needs & NEED_BOUND))
        return LACKS_BOUND;
    for (uint32_t i = 0; i < p->n_terms && s->n_live; i++) {
        const struct filter_term *t = &p->terms[i];
        if (t->asks && term_lacks_values(t, s))
            return t->needs & NEED_METRICS ? LACKS_FIGURES : LACKS_VALUES;
    }
    return LACKS_NOTHING;
}

bool predicate_match(const struct predicate *p, const struct sample *s, uint32_t row)
{
    uint64_t stack = 1; /* one bit per result, the lowest is the top; PREDICATE_DEPTH_MAX fit */

    if (!p || !p->n_steps)
        return true;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct pred_step *step = &p->steps[i];
        uint64_t top = stack & 1;
        switch (step->op) {
        case PRED_TERM:
            stack = stack << 1 | term_matches(&p->terms[step->term], s, row);
            break;
        case PRED_NOT:
            stack ^= 1;
            break;
        case PRED_AND:
            stack = (stack >> 1) & (~UINT64_C(1) | top);
            break;
        case PRED_OR:
            stack = stack >> 1 | top;
            break;
        }
    }
    return stack & 1;
}
