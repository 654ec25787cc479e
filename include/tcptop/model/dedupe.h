/* SPDX-License-Identifier: MIT */
/* Removes rows that one dump holds twice: while the table changes the kernel may come back to a
 * socket, or meet it again in another state. */
#ifndef TCPTOP_MODEL_DEDUPE_H
#define TCPTOP_MODEL_DEDUPE_H

#include "tcptop/model/sample_builder.h"

/* Scratch memory that is kept between samples; starts as zero. */
struct dedupe {
    uint64_t *seen;           /* bitmap of cookies; owned */
    size_t words;             /* power of two */
    struct suspect *suspects; /* cookies that may be there twice; owned */
    uint32_t n, cap;
};

void dedupe_fini(struct dedupe *d);

/** Drop each live row whose cookie an earlier row of its namespace has, and count them in
 *  sample.duplicates; rows without a cookie stay. Then count as sample_count() does. A dump without
 *  duplicates costs one bit per row. Returns 0 or -ENOMEM (then no row is dropped). */
int dedupe_rows(struct dedupe *d, struct sample_builder *b);

#endif
