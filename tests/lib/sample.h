/* SPDX-License-Identifier: MIT */
/* Samples made by hand, for tests of what fills and reads them. */
#ifndef TCPTOP_TESTS_SAMPLE_H
#define TCPTOP_TESTS_SAMPLE_H

#include <stdlib.h>

#include "tcptop/model/sample_builder.h"

/** A sample to fill, empty, with one reference. `pool` may be NULL. Aborts without memory. */
static inline struct sample *sample_make(struct sample_pool *pool)
{
    struct sample_builder *b = sample_builder_new(pool);

    if (!b)
        abort();
    return &b->sample;
}

/** The builder of a sample that a test still fills. */
static inline struct sample_builder *builder_of(struct sample *s)
{
    return (struct sample_builder *)s;
}

/** A live row between "10.0.0.1:80" or "[::1]:80" and the same; its cookie is its number from 1,
 *  its inode 1000 more, its uid 7. Aborts when it cannot. */
struct conn *sample_row(struct sample *s, const char *local, const char *remote, unsigned state);

/** The live rows from `live` on become missing, those from `missing` on closed. */
void sample_mark_rows(struct sample *s, uint32_t live, uint32_t missing);

/** A reason with these words, as of a recorded sample. */
struct sample_reason reason_said(const char *words);

/** Give the sample such a reason in place of the one it has. */
void sample_say(struct sample *s, const char *words);

/** The words for a reason in the language in force, "" when there is none; valid until the fourth
 * next call. */
const char *reason_words(const struct sample_reason *r);

#endif
