/* SPDX-License-Identifier: MIT */
/* What the printers of one sample share. */
#ifndef TCPTOP_SRC_OUTPUT_PRINT_H
#define TCPTOP_SRC_OUTPUT_PRINT_H

#include <stdint.h>

#include "append.h"
#include "tcptop/base/theme.h"
#include "tcptop/model/predicate.h"
#include "tcptop/output/output.h"

/* text_print() and so on: one sample in each format. */
#define FORMAT(ident, name) void name##_print(struct sink *out, const struct print *p);
PRINTED_FORMATS(FORMAT)
#undef FORMAT

/* Groups instead of rows. */
void group_print_text(struct sink *out, const struct print *p);
void group_print_json(struct sink *out, const struct print *p);
void group_print_csv(struct sink *out, const struct print *p);

/** A value as CSV or JSON has it, at most APPEND_MAX bytes; none as CSV is nothing. */
char *csv_append_value(char *p, const struct value *v);
/** Is there something to print as JSON? Not where the value is unknown, and not where it is a
 * number that readers with signed 64-bit integers refuse: only a recording can hold such a one. */
bool json_has(const struct value *v);
char *json_append_value(char *p, const struct value *v);

/** Row `i` of the order is printed next: fetch one that follows soon. The order jumps about in
 * memory, and waiting for it would take a quarter of the time. Inlined by force: gcc takes a call
 * that only prefetches for one without effect and drops it. */
__attribute__((always_inline)) static inline void print_prefetch(const struct print *p, uint32_t i)
{
    enum { AHEAD = 8 };
    if (i + AHEAD < p->rows->n) {
        const struct conn *next = &p->sample->conn[p->rows->row[i + AHEAD]];
        __builtin_prefetch(next); /* a record lies across two cache lines */
        __builtin_prefetch(&next->state);
    }
}

/* Counts of what passes the filter. */
struct counts {
    uint64_t total;
    uint64_t state[TCP_STATE_COUNT];
    uint32_t measured; /* STATE_BIT() of the states that the sample can tell; 0: it failed */
};

struct counts print_counts_of(const struct print *p);

/** STATE_BIT() of the states that the sample can tell: the kernel lists no socket in CLOSE, and
 *  bound ones only when asked. */
uint32_t print_measured_states(const struct sample *s);

/** The state at place `i` of the printed order, which is that of the list of states, then
 *  BOUND_INACTIVE; 0 at the end. */
unsigned print_counts_state(int i);

/* Colours in text output: a role as an SGR sequence (ECMA-48). */
#define ESCAPE_SIZE  48
#define ESCAPE_RESET "\x1b[0m"

/** The sequence in `out`, which is returned; NULL when the role looks like plain text. */
const char *print_escape(char out[ESCAPE_SIZE], const struct theme *theme, enum role role);

#endif
