/* SPDX-License-Identifier: MIT */
/* A recording as a whole: how many connections there were when, which findings held, where it has
 * gaps. Immutable once it is made.
 *
 * Its times are in ns from the beginning of the recording. Samples are in the order in which they
 * were recorded: within one run of the kernel times follow the monotonic clock, and the wall clock
 * where that has gone further (the machine slept, or the clock was set forward); where the wall
 * clock was set back, time goes on all the same. */
#ifndef TCPTOP_SOURCE_SURVEY_H
#define TCPTOP_SOURCE_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/source/recording.h"

/* The largest counts in a stretch of time: of a span, or of one sample where there are few. */
struct survey_stretch {
    int64_t begin_ns, end_ns;
    int64_t wall_ns; /* when it began */
    uint32_t most[TCP_STATE_COUNT], most_total;
};

/* A warning, or worse, for as long as it held. */
struct survey_finding {
    struct episode episode;
    int64_t begin_ns, end_ns;
    bool lasts; /* it held to the end of what was recorded, as far as is known */
};

struct survey {
    struct recording_span *span; /* owned, as all arrays; oldest first */
    int64_t *span_ns;            /* when each begins */
    uint32_t n_spans;
    struct survey_stretch *stretch; /* in order */
    uint32_t n_stretches;
    struct survey_finding *finding; /* in the order in which they began */
    uint32_t n_findings;
    uint64_t samples;
    int64_t length_ns; /* to the last sample */
    int64_t first_wall_ns, last_wall_ns;
};

struct survey_range {
    int64_t begin_ns, end_ns; /* wall clock: spans without a sample from then are left out */
};

/* Called between its steps, of `all` are `done`; true: give up. */
typedef bool survey_progress(void *context, uint32_t done, uint32_t all);

/** The spans of the recording, and when each begins; nothing else is read. Returns 0, -ENODATA when
 *  there are none, or another -errno as recording_spans() does. The survey is the caller's. */
int survey_spans(struct survey **survey, struct source *src, const struct survey_range *range);

/** Complete it: counts and findings. Where it is short its samples are played, which moves the
 *  recording. `rule_number` as for recording_findings(). Returns 0, -ECANCELED, or another -errno.
 */
int survey_complete(struct survey *survey, struct source *src, int (*rule_number)(const char *name),
                    survey_progress *progress, void *context);

void survey_free(struct survey *survey); /* NULL is accepted */

/** When a sample of the span with that index was taken. */
int64_t survey_time(const struct survey *survey, uint32_t span,
                    const struct recording_moment *moment);

/** The span that holds a place, or the last one before it; UINT32_MAX when there is none. */
uint32_t survey_find(const struct survey *survey, const struct recording_place *place);

/** Which of two places is first: < 0, 0, > 0. */
int survey_compare(const struct recording_place *a, const struct recording_place *b);

#endif
