/* SPDX-License-Identifier: MIT */
/* A predicate in the words of the kernel.
 *
 * The bytecode of a part runs off its end when the part is true, and to four bytes behind its end
 * when it is false (as in iproute2's ssfilter_bytecompile). So parts are put together without
 * looking into them, but for the jumps of the left part of an "and", which move on. States are no
 * word of that language: each part has a mask of its own beside the code. */
#include "tcptop/source/kernel_filter.h"

#include <linux/inet_diag.h>
#include <string.h>
#include <sys/socket.h>

#define OP     ((uint32_t)sizeof(struct inet_diag_bc_op))
#define CLOSED (STATE_BIT(TCP_STATE_CLOSE) | STATE_BIT(TCP_STATE_BOUND_INACTIVE))
#define STATES ((STATE_MASK_LISTED & ~STATE_BIT(TCP_STATE_NEW_SYN_RECV)) | CLOSED)

/* A part of the filter: its code begins at `start` and ends where the next part begins. */
struct code_part {
    uint32_t states, start;
    bool exact;
};

struct compiler {
    struct kernel_filter *out;
    struct code_part parts[PREDICATE_DEPTH_MAX + 4]; /* a term takes up to four */
    uint32_t n;
    bool full; /* the code did not find room */
};

static struct code_part *top(struct compiler *c)
{
    return &c->parts[c->n - 1];
}

/* Without code, true for every socket in one of `states`. */
static void push(struct compiler *c, uint32_t states, bool exact)
{
    c->parts[c->n++] = (struct code_part){.states = states, .start = c->out->len, .exact = exact};
}

static void push_constant(struct compiler *c, bool value)
{
    push(c, value ? STATES : 0, true);
}

/* `size` zero bytes at `at`, what follows moves on; NULL when there is no room. */
static uint8_t *insert(struct compiler *c, uint32_t at, uint32_t size)
{
    struct kernel_filter *f = c->out;

    if (c->full || size > sizeof f->code - f->len) {
        c->full = true;
        return NULL;
    }
    memmove(f->code + at + size, f->code + at, f->len - at);
    memset(f->code + at, 0, size);
    f->len += size;
    return f->code + at;
}

static void insert_op(struct compiler *c, uint32_t at, uint8_t code, uint32_t yes, uint32_t no)
{
    struct inet_diag_bc_op op = {.code = code, .yes = (uint8_t)yes, .no = (uint16_t)no};
    uint8_t *place = insert(c, at, OP);

    if (place)
        memcpy(place, &op, sizeof op);
}

/* A condition with its operand, as a part. */
static void push_condition(struct compiler *c, uint8_t code, const void *operand, uint32_t len)
{
    push(c, STATES, true);
    insert_op(c, c->out->len, code, OP + len, OP + len + OP);
    uint8_t *place = insert(c, c->out->len, len);
    if (place)
        memcpy(place, operand, len);
}

/* Every way out of the part start … end by which it is false leads `by` bytes further. */
static void move_false_exits(struct compiler *c, uint32_t start, uint32_t end, uint32_t by)
{
    struct inet_diag_bc_op op;

    for (uint32_t at = start; at < end; at += op.yes) {
        memcpy(&op, c->out->code + at, sizeof op);
        if (at + op.no == end + OP) {
            op.no = (uint16_t)(op.no + by);
            memcpy(c->out->code + at, &op, sizeof op);
        }
    }
}

static void join_and(struct compiler *c)
{
    struct code_part right = *top(c), *left = &c->parts[--c->n - 1];

    move_false_exits(c, left->start, right.start, c->out->len - right.start);
    left->states &= right.states;
    left->exact &= right.exact;
}

/* Two masks and two codes have no "or" that keeps them apart: what it lets through is more. */
static void join_or(struct compiler *c)
{
    struct code_part right = *top(c), *left = &c->parts[--c->n - 1];
    bool left_plain = left->start == right.start, right_plain = right.start == c->out->len;

    left->exact &= right.exact && (left->states == right.states || (left_plain && right_plain));
    left->states |= right.states;
    if (left_plain || right_plain)
        c->out->len = left->start;
    else
        insert_op(c, right.start, INET_DIAG_BC_JMP, OP, OP + c->out->len - right.start);
}

static void negate(struct compiler *c)
{
    struct code_part *p = top(c);

    if (p->exact && p->start == c->out->len) {
        p->states = STATES & ~p->states;
    } else if (p->exact && p->states == STATES) {
        insert_op(c, c->out->len, INET_DIAG_BC_JMP, OP, 2 * OP);
    } else { /* what lets more through than it should says nothing about the rest */
        c->out->len = p->start;
        *p = (struct code_part){.states = STATES, .start = p->start};
    }
}

/* The kernel lists bound-only sockets under one name, predicates know them under two. */
static void push_states(struct compiler *c, uint32_t states)
{
    bool some = states & CLOSED, all = (states & CLOSED) == CLOSED;

    push(c, (states | (some ? CLOSED : 0)) & STATES, some == all);
}

static void push_port_bound(struct compiler *c, uint8_t code, uint64_t port)
{
    struct inet_diag_bc_op operand = {.no = (uint16_t)port};

    push_condition(c, code, &operand, sizeof operand);
}

static void push_ports(struct compiler *c, bool local, uint64_t lo, uint64_t hi)
{
    push_constant(c, lo <= hi && lo <= UINT16_MAX);
    if (lo > hi || lo > UINT16_MAX)
        return;
    if (lo > 0) {
        push_port_bound(c, local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, lo);
        join_and(c);
    }
    if (hi < UINT16_MAX) {
        push_port_bound(c, local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, hi);
        join_and(c);
    }
}

static void push_host(struct compiler *c, bool local, uint8_t family, uint8_t bits,
                      const uint8_t *addr)
{
    struct inet_diag_hostcond condition = {.family = family, .prefix_len = bits, .port = -1};
    uint8_t operand[sizeof condition + 16];
    uint32_t len = family == AF_INET ? 4 : 16;

    memcpy(operand, &condition, sizeof condition);
    memcpy(operand + sizeof condition, addr, len);
    push_condition(c, local ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND, operand,
                   (uint32_t)sizeof condition + len);
}

/* An IPv4 condition would let mapped addresses pass, so both families are told by IPv6. */
static void push_family(struct compiler *c, uint64_t family)
{
    static const uint8_t any[16];

    if (family != AF_INET && family != AF_INET6) {
        push_constant(c, false);
        return;
    }
    push_host(c, true, AF_INET6, 0, any);
    if (family == AF_INET)
        negate(c);
}

static void push_end(struct compiler *c, const struct filter_term *t, bool local)
{
    if (t->kind == TERM_PORT)
        push_ports(c, local, t->lo, t->hi);
    else if (!t->family)
        push_constant(c, true);
    else
        push_host(c, local, t->family, t->prefix_bits, t->addr);
}

static void push_ends(struct compiler *c, const struct filter_term *t)
{
    push_end(c, t, t->side != SIDE_REMOTE);
    if (t->side == SIDE_EITHER) {
        push_end(c, t, false);
        join_or(c);
    }
}

static void push_device(struct compiler *c, uint64_t ifindex)
{
    uint32_t operand = (uint32_t)ifindex;

    if (ifindex > UINT32_MAX)
        push_constant(c, false);
    else
        push_condition(c, INET_DIAG_BC_DEV_COND, &operand, sizeof operand);
}

static void push_term(struct compiler *c, const struct filter_term *t)
{
    switch (t->kind) {
    case TERM_STATE:
        push_states(c, t->states);
        break;
    case TERM_FAMILY:
        push_family(c, t->lo);
        break;
    case TERM_PORT:
    case TERM_ADDR:
        push_ends(c, t);
        break;
    case TERM_DEV:
        push_device(c, t->lo);
        break;
    case TERM_NUMBER:
    case TERM_TEXT:
        push(c, STATES, false);
        break;
    }
}

static void take_step(struct compiler *c, const struct predicate *p, const struct pred_step *step)
{
    switch (step->op) {
    case PRED_TERM:
        push_term(c, &p->terms[step->term]);
        break;
    case PRED_AND:
        join_and(c);
        break;
    case PRED_OR:
        join_or(c);
        break;
    case PRED_NOT:
        negate(c);
        break;
    }
}

/* The one part that is left is the filter. */
static void finish(struct compiler *c, bool sound)
{
    struct code_part whole = sound && !c->full ? c->parts[0] : (struct code_part){.states = STATES};

    c->out->states = whole.states;
    c->out->exact = whole.exact;
    if (!sound || c->full || !whole.states)
        c->out->len = 0;
}

void kernel_filter_compile(struct kernel_filter *f, const struct predicate *p)
{
    struct compiler c = {.out = f};
    bool sound = !p || predicate_depth(p) >= 0;

    f->len = 0;
    if (!p || !p->n_steps)
        push_constant(&c, true);
    for (uint32_t i = 0; p && sound && !c.full && i < p->n_steps; i++)
        take_step(&c, p, &p->steps[i]);
    finish(&c, sound);
}

bool kernel_filter_narrow(struct kernel_filter *f, enum term_side side, uint16_t lo, uint16_t hi)
{
    struct compiler c = {.out = f, .n = 1};

    c.parts[0] = (struct code_part){.states = f->states, .exact = f->exact};
    push_ports(&c, side == SIDE_LOCAL, lo, hi);
    join_and(&c);
    finish(&c, true);
    return !c.full;
}
