/* SPDX-License-Identifier: MIT */
/* What the doctor remembers from one sample to the next, and counts within one. */
#ifndef TCPTOP_SRC_DOCTOR_TRENDS_H
#define TCPTOP_SRC_DOCTOR_TRENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/hash_table.h"
#include "tcptop/doctor/doctor.h"

#define BUCKETS_MAX      256 /* of one rule in one sample */
#define CANDIDATE_VALUES 5

struct check;
struct netns_ctx;

/* Something that is watched from one check of the rows, or of tcp_info, to the next. One that a
 * check does not find is forgotten. */
struct candidate {
    int64_t since_ns;
    uint32_t turn;   /* of the last check that found it */
    bool of_figures; /* watched by checks of tcp_info */
    bool fresh;      /* the check before did not find it */
    uint64_t value[CANDIDATE_VALUES];
};

struct candidates {
    struct hash_table by_key; /* uint64_t: struct candidate */
    uint32_t forget_at;       /* with so many, those that are not current are forgotten */
    bool full;                /* in this check */
};

void trends_init(struct candidates *s);
void trends_fini(struct candidates *s);

/** The candidate with that key; a new one has `since_ns` now. NULL: there is no room. */
struct candidate *trends_candidate(struct check *l, enum rule_id rule, uint64_t key,
                                   bool of_figures);

/** A candidate that stands for many rows, as a process does. Room is kept for these where there is
 *  none left for single rows. */
struct candidate *trends_group(struct check *l, enum rule_id rule, uint64_t key);

/* Most of some rows, and one of these. */
struct share {
    uint32_t row, n; /* n 0: none */
};

/* Rows with something in common, as their process or their peer. */
struct bucket {
    uint64_t key;
    uint32_t row; /* one of them */
    uint32_t n, all;
    uint32_t states;        /* STATE_BIT()s of the rows, where the rule counts them */
    uint32_t kept, settled; /* of them, listed by the look before, by the two before */
    uint32_t
        awaits_metrics; /* rows that count once tcp_info, which is not there yet, confirms it */
    uint32_t top_row, top_n; /* the peer that most of them have, if top_n > 0 */
    struct share holder;     /* the process that most of them have */
    bool unowned;            /* its process is not known yet */
    bool vague;              /* `worst` is a lower bound */
    double worst, sum;
    double over_s; /* the window that shares were counted over */
};

struct bucket_table {
    uint32_t n;
    uint16_t index[2 * BUCKETS_MAX]; /* number + 1, 0: free */
    struct bucket bucket[BUCKETS_MAX];
};

/** `worst` becomes `value` where that is larger; `exact` tells whether it may be more. */
void trends_worst(struct bucket *bucket, double value, bool exact);

/** The bucket with that key, made with `row` if there is none. NULL: there is no room. */
struct bucket *trends_bucket(struct bucket_table *bucket_table, uint64_t key, uint32_t row);
void trends_clear_buckets(struct bucket_table *bucket_table);

/** How much a counter has grown over the last `seconds`, or since the check before if that is
 *  longer; `over_s` (may be NULL) gets over how many. False when not known. */
bool trends_grown(const struct check *l, const struct netns_ctx *p, enum host_counter which,
                  double seconds, uint64_t *by, double *over_s);

/** Keep the counters of now, at most one point per 0.9 s. */
void trends_add_point(struct netns_ctx *p, int64_t now_ns);

#endif
