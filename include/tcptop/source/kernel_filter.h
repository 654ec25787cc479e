/* SPDX-License-Identifier: MIT */
/* What of a predicate the kernel can judge itself while it dumps: a mask of states and the bytecode
 * of inet_diag. linux/inet_diag.h, net/ipv4/inet_diag.c inet_diag_bc_run(). */
#ifndef TCPTOP_SOURCE_KERNEL_FILTER_H
#define TCPTOP_SOURCE_KERNEL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/predicate.h"

#define KERNEL_FILTER_BYTES 2048u /* of bytecode; a longer filter is left to our own evaluation */

struct kernel_filter {
    uint32_t states; /* STATE_BIT() of the rows that may pass; CLOSE and BOUND_INACTIVE are one */
    uint32_t len;    /* 0: every row of these states passes */
    bool exact;      /* lets pass what the predicate does and nothing else */
    _Alignas(4) uint8_t code[KERNEL_FILTER_BYTES]; /* struct inet_diag_bc_op … */
};

/** Translate `p` (NULL: everything passes). What the kernel cannot judge is taken to be true: no
 *  row that passes is ever left out, but others may come. */
void kernel_filter_compile(struct kernel_filter *f, const struct predicate *p);

/** Let pass only what also has its port of `side` (not SIDE_EITHER) within lo … hi. Returns false
 *  when there is no room. */
bool kernel_filter_narrow(struct kernel_filter *f, enum term_side side, uint16_t lo, uint16_t hi);

#endif
