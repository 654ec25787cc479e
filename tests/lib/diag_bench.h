/* SPDX-License-Identifier: MIT */
/* A bench to try the parser of inet_diag messages on. */
#ifndef TESTS_LIB_DIAG_BENCH_H
#define TESTS_LIB_DIAG_BENCH_H

#include "lib/diag_build.h"
#include "tcptop/source/diag.h"

/* A parser over an empty sample, and the messages that it is fed. */
struct diag_bench {
    struct sample *s;
    struct str in;
    struct diag d;
};

void bench_setup(struct diag_bench *b, uint32_t needs);
void bench_fini(struct diag_bench *b);

/** Parse an exact copy of the first `len` bytes, so that a sanitizer sees one byte too many. */
enum diag_result bench_parse(struct diag_bench *b, size_t len);
enum diag_result bench_parse_all(struct diag_bench *b);

#endif
