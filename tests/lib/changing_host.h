/* SPDX-License-Identifier: MIT */
/* A host whose connections come, change and go from sample to sample, in a way that depends on
 * nothing but a seed: a source for what records samples, and what compares two samples. */
#ifndef TESTS_LIB_CHANGING_HOST_H
#define TESTS_LIB_CHANGING_HOST_H

#include "tcptop/source/source.h"

struct changing_host {
    uint32_t rows;    /* about so many */
    uint32_t samples; /* then it ends */
    uint32_t churn;   /* of a thousand rows, in each sample */
    bool metrics;     /* with tcp_info */
    bool new_netns;   /* the namespace has another name in every third sample, which therefore is
                         recorded as a complete one */
    bool ends;        /* the kernel reports what was closed */
    bool groups;      /* sockets have control groups, and listeners tell what they drop */
};

/** Open it. NULL: out of memory. */
struct source *changing_host_open(const struct changing_host *how);

/** Fail unless `played` is what `live` was: every row by its cookie, with its past, its owner and,
 *  with `metrics`, its figures; times that run but for what a recording may leave out. */
void changing_host_compare(const struct sample *live, const struct sample *played, bool metrics);

#endif
