/* Rows that one dump holds twice. A table that changes under the dump makes the kernel return to a
 * socket, or meet it again on its way into another state. */
#ifndef TCPTOP_MODEL_DEDUPE_H
#define TCPTOP_MODEL_DEDUPE_H

#include "tcptop/model/sample.h"

/* Scratch memory that is kept between samples; starts as zero. */
struct dedupe {
    uint64_t *seen;           /* bitmap of cookies; owned */
    size_t words;             /* power of two */
    struct suspect *suspects; /* cookies that may be there twice; owned */
    uint32_t n, cap;
};

void dedupe_fini(struct dedupe *d);

/** Drop each live row whose cookie an earlier one has, and count them in s->duplicates; rows
 *  without a cookie stay. Then count as sample_count() does. A dump without duplicates costs one
 *  bit per row. Returns 0 or -ENOMEM (then no row is dropped). */
int dedupe_rows(struct dedupe *d, struct sample *s);

#endif
