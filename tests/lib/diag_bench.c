/* SPDX-License-Identifier: MIT */
/* See diag_bench.h. */
#include "lib/diag_bench.h"
#include "lib/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

void bench_setup(struct diag_bench *b, uint32_t needs)
{
    *b = (struct diag_bench){.s = sample_make(NULL)};
    assert_non_null(b->s);
    b->s->needs = needs;
    b->d = (struct diag){.builder = builder_of(b->s),
                         .states = STATE_MASK_LISTED,
                         .seq = BUILD_SEQ,
                         .portid = BUILD_PORTID};
}

void bench_fini(struct diag_bench *b)
{
    sample_unref(b->s);
    str_fini(&b->in);
}

enum diag_result bench_parse(struct diag_bench *b, size_t len)
{
    void *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    if (len)
        memcpy(copy, b->in.data, len);
    enum diag_result result = diag_parse(&b->d, copy, len);
    free(copy);
    return result;
}

enum diag_result bench_parse_all(struct diag_bench *b)
{
    return bench_parse(b, b->in.len);
}
