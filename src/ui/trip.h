/* SPDX-License-Identifier: MIT */
/* A trip: a task that finds a sample of the past, of a recording or of what is kept in memory, and
 * plays what it takes to show it. It knows no session.
 *
 * What one trip leaves for the next is in struct vehicle, which the session does not touch while
 * one is under way, but for its atomic members; one trip at a time uses it. */
#ifndef TCPTOP_SRC_UI_TRIP_H
#define TCPTOP_SRC_UI_TRIP_H

#include <stdatomic.h>

#include "query_worker.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/source/survey.h"
#include "tcptop/ui/ui_settings.h"
#include "travel.h"

#define TRIP_NOWHERE UINT64_MAX /* in the place of an offset: only the number counts */

struct wish {
    enum travel_aim aim;
    int64_t by;
};

/* A sample of the recording. */
struct spot {
    uint32_t span, sample; /* by the survey; place in the span */
    struct recording_moment moment;
    struct recording_place place;
    int64_t next_ns; /* until the next sample; 0: it is the last one */
};

struct vehicle {
    struct sample_pipeline *pipeline; /* NULL: not opened yet */
    struct source *src;               /* the pipeline's */
    struct survey_range range;
    int64_t begin_wall_ns;
    const struct sample *last; /* played last */
    struct recording_place played;
    bool has_played;
    struct request req;        /* it was played with */
    struct doctor_notes notes; /* of a recording; of what is kept in memory they are read anew */
    bool has_notes;
    atomic_bool hurry; /* another wish waits */
    atomic_uint done, all;
};

struct trip {
    struct task task; /* first: they are cast */
    const struct ui_settings *settings;
    struct vehicle *vehicle;
    struct wish wish;
    struct request req;
    uint64_t ticket;
    bool wants_survey;
    const struct survey *known;  /* the session's complete one of a recording; NULL: none */
    struct recording_place from; /* at TRIP_NOWHERE: the newest sample */
    enum { PHASE_OPEN, PHASE_AIM, PHASE_PLAY } phase;
    struct survey *survey;
    struct spot target;
    bool at_end;
    int rc;
    struct sample_reason why; /* with `rc` 0: why not all of a recording could be read */
};

/** A part of it, on the thread of tasks; true at its end: `rc` is 0, or -errno, with `why` where
 *  there is more to say. */
bool trip_step(struct task *task);
void trip_free(struct task *task);

#endif
