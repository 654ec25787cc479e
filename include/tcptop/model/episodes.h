/* SPDX-License-Identifier: MIT */
/* Findings over time: when each of them began and ended, and how it was at its worst. Made from the
 * findings of sample after sample, and kept in recordings. For one thread at a time. */
#ifndef TCPTOP_MODEL_EPISODES_H
#define TCPTOP_MODEL_EPISODES_H

#include "tcptop/base/hash_table.h"
#include "tcptop/model/findings.h"

struct sample;

#define EPISODES_MAX 16384u /* that a list has; what is beyond is counted */

/* What the last sample has brought. */
enum episode_news {
    EPISODE_SAME,
    EPISODE_BEGAN,
    EPISODE_GRAVER, /* its severity has risen */
    EPISODE_ENDED,
};

/* A finding for as long as it held without a break. Times are those of samples, in ns. */
struct episode {
    struct finding worst;            /* as it was when it was at its worst */
    int64_t begin_ns, begin_wall_ns; /* since when it holds */
    int64_t end_ns, end_wall_ns;     /* when it was seen to hold last */
    int64_t worst_ns, worst_wall_ns; /* when it was at its worst: so grave, so large, and so old */
    bool holds;    /* it had not ended when it was looked for last: with the last sample, or with
                      the last one before the rows were those of another namespace or recorder */
    bool at_least; /* it may have been worse, and longer: what came last is not known */
    bool lasts;   /* of a recording that was ended: it held to the last sample, of which a rule that
                     looks less often need not have seen it */
    uint8_t news; /* enum episode_news */
    uint64_t look; /* of the list, when it was looked at last */
};

/* Starts as zero. The first `n_open` are those that the next sample may continue. */
struct episodes {
    struct episode *list; /* owned */
    uint32_t n, n_open, cap;
    struct hash_table open; /* by key: the place of each that may go on */
    uint32_t lost;          /* that there was no room for */
    uint32_t view;          /* sample.netns_view of the last sample */
    uint64_t look;
};

void episodes_fini(struct episodes *e);

/** Take the findings of the next sample, which must have been judged: those that are new begin an
 *  episode, those that it has no more have ended. Returns 0 or -ENOMEM. */
int episodes_add(struct episodes *e, const struct sample *s);

/** Take an episode as it stood at some time, which continues the one of the same key and begin, or
 *  is a new one. Returns 0 or -ENOMEM. */
int episodes_put(struct episodes *e, const struct episode *told);

/** What comes next continues none of those that there are. */
void episodes_cut(struct episodes *e);

/** Forget those that have ended. */
void episodes_drop_ended(struct episodes *e);

/** Put the list into the order in which they began. Nothing is added any more. */
void episodes_sort(struct episodes *e);

/** Is the finding graver than the other one of the same rule, or as grave with a larger figure, or
 *  age? */
bool episodes_is_worse(const struct finding *now, const struct finding *was);

/** The figure that says how bad a finding is: the first of its rule that is known. Returns its
 *  place among the figures, -1 when none is. */
int episodes_measure(const struct finding *f);

#endif
