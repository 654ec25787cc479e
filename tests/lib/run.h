/* SPDX-License-Identifier: MIT */
/* Samples that follow each other at a steady pace, each joined with the one before. */
#ifndef TESTS_LIB_RUN_H
#define TESTS_LIB_RUN_H

#include "tcptop/model/diff.h"
#include "tcptop/model/sample.h"

#define FADE_DS 50

struct run {
    struct sample_pool *pool;
    struct diff *diff;
    struct sample *prev, *next;
    uint32_t n;       /* samples so far */
    uint32_t step_ds; /* from one to the next, in tenths of a second */
};

struct run run_start(uint32_t step_ds);
void run_end(struct run *r);

/** A new sample to fill, r->next. */
struct sample *run_fresh(struct run *r, uint32_t needs);

/** It is filled. */
void run_join(struct run *r);

#endif
