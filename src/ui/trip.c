/* SPDX-License-Identifier: MIT */
/* Finding a sample of the past by the survey of its spans, and playing up to it. */
#include "trip.h"

#include <errno.h>
#include <stdlib.h>

#include "session_state.h"
#include "tcptop/doctor/doctor.h"

#define AHEAD_SPANS 1       /* so many are played on rather than jumped over */
#define ROWS_CHEAP  100000u /* are played from further back, for the ages of connections */

static bool give_up(void *context, uint32_t done, uint32_t all)
{
    struct trip *t = context;

    atomic_store(&t->vehicle->done, done);
    atomic_store(&t->vehicle->all, all);
    return t->task.cancelled || atomic_load(&t->vehicle->hurry);
}

static int open_vehicle(struct trip *t)
{
    struct vehicle *v = t->vehicle;
    const struct past_access *past = &t->settings->past;
    struct source *src;

    int rc = past->open(past->context, &src, &v->range, &v->begin_wall_ns);
    if (rc)
        return rc;
    v->pipeline = sample_pipeline_new(src, past->history_len);
    v->src = src;
    return v->pipeline ? 0 : -ENOMEM;
}

/* What is `sample`s from the beginning of the span; beyond its last one that. */
static int set_spot(struct trip *t, uint32_t span, uint32_t sample, struct spot *to)
{
    const struct survey *v = t->survey;
    const struct recording_content *c;
    int rc = recording_look(t->vehicle->src, &v->span[span], &c);

    if (rc || !c->n_moments)
        return rc ? rc : -ENODATA;
    if (sample >= c->n_moments)
        sample = c->n_moments - 1;
    *to = (struct spot){.span = span, .sample = sample, .moment = c->moment[sample]};
    to->place =
        (struct recording_place){v->span[span].file, v->span[span].at, c->moment[sample].seq};
    int64_t now = survey_time(v, span, &to->moment);
    if (sample + 1 < c->n_moments)
        to->next_ns = survey_time(v, span, &c->moment[sample + 1]) - now;
    else if (span + 1 < v->n_spans)
        to->next_ns = v->span_ns[span + 1] - now;
    return 0;
}

/* The last sample of the span for which `later` is false, at least the first one. */
static int find_in_span(struct trip *t, uint32_t span, int64_t limit,
                        bool (*later)(const struct survey *v, uint32_t span,
                                      const struct recording_moment *m, int64_t limit),
                        struct spot *to)
{
    const struct recording_content *c;
    uint32_t sample = 0;
    int rc = recording_look(t->vehicle->src, &t->survey->span[span], &c);

    for (uint32_t i = 1; !rc && i < c->n_moments; i++) {
        if (!later(t->survey, span, &c->moment[i], limit))
            sample = i;
    }
    return rc ? rc : set_spot(t, span, sample, to);
}

static bool later_number(const struct survey *v, uint32_t span, const struct recording_moment *m,
                         int64_t limit)
{
    (void)v;
    (void)span;
    return m->seq > (uint64_t)limit;
}

static bool later_wall(const struct survey *v, uint32_t span, const struct recording_moment *m,
                       int64_t limit)
{
    (void)v;
    (void)span;
    return m->wall_ns > limit;
}

static bool later_time(const struct survey *v, uint32_t span, const struct recording_moment *m,
                       int64_t limit)
{
    return survey_time(v, span, m) > limit;
}

/* The sample at a place, or the last one before it. */
static int find_place(struct trip *t, const struct recording_place *place, struct spot *to)
{
    const struct survey *v = t->survey;
    uint32_t span = survey_find(v, place);

    if (span == UINT32_MAX)
        return set_spot(t, 0, 0, to);
    if (place->at == TRIP_NOWHERE) {
        while (span > 0 && v->span[span].seq > place->seq)
            span--;
    }
    return find_in_span(t, span, (int64_t)place->seq, later_number, to);
}

static int find_time(struct trip *t, int64_t time_ns, struct spot *to)
{
    uint32_t span = 0;

    while (span + 1 < t->survey->n_spans && t->survey->span_ns[span + 1] <= time_ns)
        span++;
    return find_in_span(t, span, time_ns, later_time, to);
}

/* Where the clock was set back, the last time that it was so late. */
static int find_wall(struct trip *t, int64_t wall_ns, struct spot *to)
{
    uint32_t span = 0;

    for (uint32_t i = 0; i < t->survey->n_spans; i++) {
        if (t->survey->span[i].first_wall_ns <= wall_ns)
            span = i;
    }
    return find_in_span(t, span, wall_ns, later_wall, to);
}

/* How many samples of a span can be read. */
static int64_t readable(struct trip *t, uint32_t span)
{
    const struct recording_content *c;

    return recording_look(t->vehicle->src, &t->survey->span[span], &c) ? 0 : c->n_moments;
}

/* `by` samples on from `from`, no further than there are any. */
static int step(struct trip *t, const struct spot *from, int64_t by, struct spot *to)
{
    int64_t sample = from->sample + by, n;
    uint32_t span = from->span;

    while (sample < 0 && span > 0)
        sample += readable(t, --span);
    if (sample < 0)
        sample = 0;
    while (sample >= (n = readable(t, span)) && span + 1 < t->survey->n_spans) {
        sample -= n;
        span++;
    }
    for (; span > from->span && !readable(t, span); span--)
        sample = UINT32_MAX; /* nothing behind it can be read */
    return set_spot(t, span, sample > UINT32_MAX ? UINT32_MAX : (uint32_t)sample, to);
}

/* The next warning that began, or the one before: those that began since the sample before are of
 * this one. */
static int find_finding(struct trip *t, const struct spot *from, int64_t by, struct spot *to)
{
    const struct survey *v = t->known ? t->known : t->survey;
    const int64_t now = survey_time(t->survey, from->span, &from->moment);
    const struct survey_finding *found = NULL;
    struct spot before;
    int rc = step(t, from, -1, &before);

    if (rc)
        return rc;
    int64_t earlier = survey_time(t->survey, before.span, &before.moment);
    for (uint32_t i = 0; i < v->n_findings; i++) {
        const struct survey_finding *f = &v->finding[i];
        if (by < 0 && f->begin_ns <= earlier && earlier < now)
            found = f;
        else if (by > 0 && f->begin_ns > now && !found)
            found = f;
    }
    if (!found)
        return -ENOENT;
    rc = find_time(t, found->begin_ns, to);
    if (!rc && survey_time(t->survey, to->span, &to->moment) < found->begin_ns && to->next_ns)
        rc = step(t, to, 1, to);
    return rc;
}

/* Aims that count from the sample shown. */
static int aim_from(struct trip *t, struct spot *to)
{
    struct spot from;
    int rc = find_place(t, &t->from, &from);
    int64_t by = t->wish.by;

    if (rc)
        return rc;
    int64_t now = survey_time(t->survey, from.span, &from.moment);
    if (t->wish.aim == TRAVEL_SHIFT)
        return find_time(t, now + by > 0 ? now + by : 0, to);
    if (t->wish.aim == TRAVEL_FINDING)
        return find_finding(t, &from, by, to);
    *to = from;
    if (t->wish.aim != TRAVEL_STEP)
        return 0;
    if (by < 0 && from.moment.seq < t->from.seq) /* that one is not kept (yet) */
        by++;
    return step(t, &from, by, to);
}

static int64_t history_ns(const struct trip *t)
{
    return (int64_t)(t->settings->history_s * (double)NS_PER_S);
}

/* The sample of the time that the user has named; -ENODATA when none is of then. */
static int find_asked(struct trip *t)
{
    const int64_t wall_ns = t->vehicle->begin_wall_ns;

    if (wall_ns < t->survey->first_wall_ns || wall_ns - history_ns(t) > t->survey->last_wall_ns)
        return -ENODATA;
    return find_wall(t, wall_ns, &t->target);
}

/* The end of what can be read: a span that begins with damage is passed over. */
static int find_last(struct trip *t)
{
    uint32_t span = t->survey->n_spans;
    int rc;

    if (t->vehicle->range.end_ns < t->survey->span[span - 1].last_wall_ns)
        return find_wall(t, t->vehicle->range.end_ns, &t->target);
    do {
        rc = set_spot(t, --span, UINT32_MAX, &t->target);
    } while (rc == -EBADMSG && span > 0);
    if (!rc && span + 1 < t->survey->n_spans)
        t->target.next_ns = 0;
    return rc;
}

/* Is it a time that the recording has nothing of? What is typed may mean a whole minute. */
static bool is_outside(const struct survey *v, int64_t wall_ns)
{
    return wall_ns < v->first_wall_ns - 60 * NS_PER_S || wall_ns > v->last_wall_ns + 60 * NS_PER_S;
}

static int find_target(struct trip *t)
{
    const enum travel_aim aim = t->wish.aim;

    if (aim == TRAVEL_TIME)
        return find_time(t, t->wish.by, &t->target);
    if (aim == TRAVEL_WALL && t->settings->past.whole && is_outside(t->survey, t->wish.by))
        return -ERANGE;
    if (aim == TRAVEL_WALL)
        return find_wall(t, t->wish.by, &t->target);
    if (aim == TRAVEL_FIRST)
        return find_wall(t, t->vehicle->range.begin_ns, &t->target);
    if (aim == TRAVEL_OPEN && t->vehicle->begin_wall_ns < INT64_MAX)
        return find_asked(t);
    if (aim == TRAVEL_OPEN || aim == TRAVEL_LAST)
        return find_last(t);
    return aim_from(t, &t->target);
}

/* Is the target a little ahead of what was played last, so that playing on leads there? */
static bool leads_there(const struct trip *t)
{
    const struct vehicle *v = t->vehicle;
    uint32_t span = v->has_played ? survey_find(t->survey, &v->played) : UINT32_MAX;

    return span != UINT32_MAX && session_same_watched(&v->req, &t->req) &&
           survey_compare(&v->played, &t->target.place) <= 0 &&
           t->target.span - span <= AHEAD_SPANS;
}

static uint64_t rows_of(const struct recording_span *s)
{
    return (uint64_t)s->samples * s->most_total;
}

/* Who looks at what is played, and knows what was found while it was recorded. */
static int call_doctor(struct trip *t)
{
    struct vehicle *v = t->vehicle;
    struct sample_observer *doctor = t->settings->past.new_doctor(t->settings->past.context);
    int rc = 0;

    sample_pipeline_observe(v->pipeline, doctor);
    if (!doctor)
        return 0;
    if (!v->has_notes || !t->settings->past.whole) {
        doctor_notes_fini(&v->notes);
        rc = doctor_notes_read(&v->notes, v->src);
        v->notes.own = !t->settings->past.whole;
        v->has_notes = !rc;
    }
    return rc ? rc : doctor_believe(doctor, &v->notes);
}

/* From where to play, so that a sparkline is whole, and what needs a past has one. */
static int go_before(struct trip *t)
{
    struct vehicle *v = t->vehicle;
    const struct survey *all = t->survey;
    int64_t now = survey_time(all, t->target.span, &t->target.moment);
    uint32_t span = t->target.span, before = t->target.sample;
    uint64_t rows = rows_of(&all->span[span]);

    while (span > 0 && (before <= HISTORY_SHOWN || now - all->span_ns[span] < history_ns(t) ||
                        rows + rows_of(&all->span[span - 1]) <= ROWS_CHEAP)) {
        rows += rows_of(&all->span[--span]);
        before += all->span[span].samples;
    }
    atomic_store(&v->done, 0);
    atomic_store(&v->all, before + 1);
    v->has_played = false;
    v->req = t->req;
    int rc = sample_pipeline_restart(v->pipeline);
    if (rc)
        return rc;
    rc = call_doctor(t);
    return rc ? rc : recording_go(v->src, &all->span[span]);
}

/* Why a recording, or the part of it that was asked for, has no sample, or none there. */
static void name_recording(struct trip *t)
{
    const struct survey_range *r = &t->vehicle->range;
    bool part =
        r->begin_ns > INT64_MIN || r->end_ns < INT64_MAX || t->vehicle->begin_wall_ns < INT64_MAX;
    bool none = t->rc == -ENODATA || t->wish.aim == TRAVEL_OPEN;
    const struct sample_reason none_of_it = {.code = REASON_NONE};
    struct recording_findings found;

    if (recording_findings(t->vehicle->src, rules_number, true, &found) ||
        (found.reason.code != REASON_DAMAGED_BYTE && found.reason.code != REASON_DAMAGED_PLACES))
        found.reason = none_of_it;
    t->why = found.reason;
    if (none && part)
        t->why = recording_not_then(t->vehicle->src, t->settings->read_path,
                                    t->rc == -EBADMSG ? &found.reason : &none_of_it);
    else if (none)
        t->why = sample_reason_named(found.reason.code == REASON_NONE ? REASON_NO_SAMPLE
                                                                      : REASON_ALL_DAMAGED,
                                     -EBADMSG, t->settings->read_path);
    t->why.number = found.reason.number;
    t->rc = -EBADMSG;
}

/* Look for the target. Returns true when there is nothing to play. */
static bool aim(struct trip *t)
{
    struct vehicle *v = t->vehicle;

    t->rc = survey_spans(&t->survey, v->src, &v->range);
    if (!t->rc && (t->wants_survey || (t->wish.aim == TRAVEL_FINDING && !t->known))) {
        t->wants_survey = true;
        t->rc = survey_complete(t->survey, v->src, rules_number, give_up, t);
        v->has_played = false; /* it may have moved the recording */
    }
    if (!t->rc && t->wish.aim != TRAVEL_SURVEY)
        t->rc = find_target(t);
    if ((t->rc == -ENODATA || t->rc == -EBADMSG) && t->settings->past.whole)
        name_recording(t);
    if (t->rc || t->wish.aim == TRAVEL_SURVEY)
        return true;
    t->at_end = !t->target.next_ns;
    if (leads_there(t)) {
        atomic_store(&v->all, 0);
        return v->last && survey_compare(&v->played, &t->target.place) == 0;
    }
    t->rc = go_before(t);
    return t->rc;
}

/* Play one sample. Returns true at the target. */
static bool play(struct trip *t)
{
    struct vehicle *v = t->vehicle;

    t->rc = sample_pipeline_next(v->pipeline, &v->req, &v->last, &t->why);
    if (t->rc == -ENODATA && v->has_played) { /* the end of what can be read */
        t->rc = 0;
        t->why = recording_unread(v->src);
        return true;
    }
    if (t->rc || recording_where(v->src, &v->played))
        return true;
    v->has_played = true;
    atomic_fetch_add(&v->done, 1);
    /* Behind its end a recording tells what of it is damaged. */
    return survey_compare(&v->played, &t->target.place) >= 0 &&
           !(t->at_end && t->settings->past.whole &&
             (t->wish.aim == TRAVEL_LAST || t->wish.aim == TRAVEL_OPEN));
}

bool trip_step(struct task *task)
{
    struct trip *t = (struct trip *)task;

    if (give_up(t, atomic_load(&t->vehicle->done), atomic_load(&t->vehicle->all))) {
        t->rc = -ECANCELED;
        return true;
    }
    switch (t->phase) {
    case PHASE_OPEN:
        t->phase = PHASE_AIM;
        t->rc = t->vehicle->pipeline ? 0 : open_vehicle(t);
        return t->rc;
    case PHASE_AIM:
        t->phase = PHASE_PLAY;
        return aim(t);
    case PHASE_PLAY:
        break;
    }
    if (!play(t))
        return false;
    if (t->rc)
        t->vehicle->has_played = false;
    return true;
}

void trip_free(struct task *task)
{
    struct trip *t = (struct trip *)task;

    survey_free(t->survey);
    free(t);
}
