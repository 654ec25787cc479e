/* SPDX-License-Identifier: MIT */
/* A source under the test's thumb: what it gives, when it fails, how long it takes. */
#ifndef TESTS_LIB_FAKE_SOURCE_H
#define TESTS_LIB_FAKE_SOURCE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "tcptop/source/source.h"

struct fake {
    struct source source;
    pthread_mutex_t gate;         /* held by the test: the sample does not end */
    atomic_uint begun, taken;     /* samples */
    atomic_uint passed;           /* of those begun: the gate */
    atomic_uint rows;             /* of each sample, cookies 1 … rows */
    atomic_int fails;             /* -errno instead of a sample; 0: none */
    atomic_uint fails_after;      /* so many samples; they come first */
    atomic_uint status;           /* enum sample_status */
    atomic_llong cpu_ns, mono_ns; /* what it claims; mono_ns 0: the real time */
    atomic_llong cost_ns;         /* how long it claims to take; 0: cpu_ns */
    atomic_uint backend, needs;   /* needs: as asked for last */
    atomic_uint lacks;            /* enum need: what it cannot tell */
    atomic_uint view;             /* sample.netns_view */
    atomic_uint counted;          /* what its counters say of ESTABLISHED; 0: it has none, and takes
                                     no brief samples */
    atomic_llong brief_cpu_ns;    /* what a brief sample claims to cost and take */
    atomic_uint pieces;      /* in which the rows of a full sample can be gathered; 0: it cannot */
    atomic_uint whole;       /* full samples that were asked for at once */
    atomic_uint kept;        /* brief samples whose gathered rows were for the one after them */
    atomic_uint gathered;    /* times that the rows were gathered, with a sample taken meanwhile */
    unsigned piece;          /* of the gathering that goes on, so far */
    unsigned taken_at_begin; /* `taken`, when it began */
    atomic_bool closed;
    sigset_t blocked; /* signals of the thread that took the first sample */
};

/** In static or other lasting memory: it must outlive the thread that closes it. */
void fake_init(struct fake *f);

/** The same as a recording. */
void fake_init_recording(struct fake *f);

#endif
