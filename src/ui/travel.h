/* SPDX-License-Identifier: MIT */
/* Travelling in time: the screen shows a sample of the past, of a recording or of what is kept in
 * memory, while live samples go on to come. A task finds the sample and plays what it takes to show
 * it as one who had watched would have seen it. */
#ifndef TCPTOP_SRC_UI_TRAVEL_H
#define TCPTOP_SRC_UI_TRAVEL_H

#include "session_state.h"
#include "tcptop/base/moment.h"
#include "tcptop/source/survey.h"

/* Where to. `by` of travel_go() says how far, in its unit. */
enum travel_aim {
    TRAVEL_SAME,    /* the same sample once more: other connections are followed */
    TRAVEL_STEP,    /* samples */
    TRAVEL_SHIFT,   /* ns of the recording */
    TRAVEL_TIME,    /* ns from its beginning */
    TRAVEL_WALL,    /* the last sample until that wall clock time */
    TRAVEL_FIRST,   /* sample */
    TRAVEL_LAST,    /* sample */
    TRAVEL_OPEN,    /* where the user wants to begin, else the last sample */
    TRAVEL_FINDING, /* the next (1) or previous (-1) that began */
    TRAVEL_BACK,    /* what travel_mark() remembered */
    TRAVEL_SURVEY,  /* nowhere: only what the timeline shows is made anew */
};

/** What the settings let the session travel in. Returns 0 or -ENOMEM. */
int travel_open(struct session *s);

/** After its tasks have ended. */
void travel_close(struct session *s);

/** Set out; what is under way is given up, or done first where `by` counts from there. Says why
 *  where there is nothing to travel in. */
unsigned travel_go(struct session *s, enum travel_aim aim, int64_t by);

/** To a time that was typed. */
unsigned travel_to(struct session *s, const struct moment *m);

/** A live sample has come, which is taken over: is it kept back, since another one is shown? */
bool travel_keeps(struct session *s, const struct sample *newest);

/** Is the sample that is shown one of the past, while live ones come? */
bool travel_is_away(const struct session *s);

/** Return to the newest sample. REACT_NOT_MINE where that is shown. */
unsigned travel_return(struct session *s);

/** Play on from here, or stop. REACT_NOT_MINE at the newest sample of a live screen, where there is
 *  nothing to play. */
unsigned travel_play(struct session *s);

/** The connections that are followed have changed: show the same sample with them. */
void travel_follow(struct session *s);

/** The same of a recording that was played to its end without travelling. */
void travel_replay(struct session *s);

/** What is due, and when: ns of the monotonic clock, 0 for never. */
void travel_tick(struct session *s);
int64_t travel_due_ns(const struct session *s);

/** The recording as a whole, NULL while it is not known; and where in it the sample is that is
 *  shown, INT64_MAX for the newest. */
const struct survey *travel_survey(const struct session *s);
int64_t travel_time(const struct session *s);

/** Who recorded the sample that is shown: by session_recorded() until one has moved. */
void travel_head(const struct session *s, struct recording_head *head);

/** -errno with `*why` when the first trip found nothing to show, 0 else. */
int travel_failed(const struct session *s, struct sample_reason *why);

/** Remember the sample that is shown; go back to it. */
void travel_mark(struct session *s);
unsigned travel_back(struct session *s);

#endif
