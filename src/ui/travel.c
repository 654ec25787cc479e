/* SPDX-License-Identifier: MIT */
/* Travelling in time. What the task uses while it is under way is in struct vehicle, which the
 * session does not touch meanwhile; one task at a time uses it. */
#include "travel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "session_rows.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/source/sample_pipeline.h"

#define PROGRESS_NS   (500 * NS_PER_MS) /* a task that takes longer says how far it is */
#define PROGRESS_STEP (250 * NS_PER_MS)
#define PACE_MAX_NS   (10 * NS_PER_S) /* a gap is not waited for when it is played */
#define AHEAD_SPANS   1               /* so many are played on rather than jumped over */
#define ROWS_CHEAP    100000u    /* are played from further back, for the ages of connections */
#define NOWHERE       UINT64_MAX /* in the place of an offset: only the number counts */

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
    struct request req; /* it was played with */
    atomic_bool hurry;  /* another wish waits */
    atomic_uint done, all;
};

struct travel {
    struct vehicle vehicle;
    struct task *task; /* NULL: none is under way */
    struct wish next;  /* waits for it */
    bool has_next, survey_due;
    uint64_t ticket;  /* of the last trip whose end is wanted */
    int64_t began_ns; /* when the task did */
    bool at_place;    /* `place` is that of the sample shown */
    bool away;        /* it is not the newest */
    struct recording_place place;
    int64_t time_ns, next_ns;       /* of it; until the next sample */
    int64_t length_ns, end_wall_ns; /* of the recording */
    bool playing;
    int64_t due_ns;              /* of the next sample then; 0: after the task */
    const struct sample *live;   /* a reference; the newest of those that come meanwhile */
    struct survey *survey;       /* a complete one; NULL: none was made */
    struct recording_place back; /* see travel_mark() */
    bool back_away, has_back;
    struct request shown; /* what the sample shown was played with */
    bool arrived;         /* once at least */
    int failed;           /* -errno for which it never did, and why */
    struct sample_reason why;
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
    struct recording_place from; /* at NOWHERE: the newest sample */
    enum { PHASE_OPEN, PHASE_AIM, PHASE_PLAY } phase;
    struct survey *survey;
    struct spot target;
    bool at_end;
    int rc;
    struct sample_reason why;
};

/* The task ------------------------------------------------------------ */

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
    if (place->at == NOWHERE) {
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

/* `by` samples on from `from`, no further than there are any. */
static int step(struct trip *t, const struct spot *from, int64_t by, struct spot *to)
{
    int64_t span = from->span, sample = from->sample + by;

    while (sample < 0 && span > 0)
        sample += t->survey->span[--span].samples;
    if (sample < 0)
        sample = 0;
    while (sample >= t->survey->span[span].samples && span + 1 < t->survey->n_spans)
        sample -= t->survey->span[span++].samples;
    return set_spot(t, (uint32_t)span, sample > UINT32_MAX ? UINT32_MAX : (uint32_t)sample, to);
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

static int find_last(struct trip *t)
{
    const uint32_t last = t->survey->n_spans - 1;

    return t->vehicle->range.end_ns < t->survey->span[last].last_wall_ns
               ? find_wall(t, t->vehicle->range.end_ns, &t->target)
               : set_spot(t, last, UINT32_MAX, &t->target);
}

static int find_target(struct trip *t)
{
    const enum travel_aim aim = t->wish.aim;

    if (aim == TRAVEL_TIME)
        return find_time(t, t->wish.by, &t->target);
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
    sample_pipeline_observe(v->pipeline, t->settings->past.new_doctor(t->settings->past.context));
    return recording_go(v->src, &all->span[span]);
}

/* A recording, or the part of it that was asked for, has no sample. */
static void name_recording(struct trip *t)
{
    const struct survey_range *r = &t->vehicle->range;
    bool part =
        r->begin_ns > INT64_MIN || r->end_ns < INT64_MAX || t->vehicle->begin_wall_ns < INT64_MAX;

    t->rc = -EBADMSG;
    t->why = sample_reason_named(part ? REASON_NOT_THEN : REASON_NO_SAMPLE, -EBADMSG,
                                 t->settings->read_path);
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
    if (t->rc == -ENODATA && t->settings->past.whole)
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
        return true;
    }
    if (t->rc || recording_where(v->src, &v->played))
        return true;
    v->has_played = true;
    atomic_fetch_add(&v->done, 1);
    /* At its end a recording says what of it is damaged. */
    return survey_compare(&v->played, &t->target.place) >= 0 &&
           !(t->at_end && t->settings->past.whole &&
             (t->wish.aim == TRAVEL_LAST || t->wish.aim == TRAVEL_OPEN));
}

static bool trip_step(struct task *task)
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

static void trip_free(struct task *task)
{
    struct trip *t = (struct trip *)task;

    survey_free(t->survey);
    free(t);
}

/* The session ------------------------------------------------------------ */

int travel_open(struct session *s)
{
    struct travel *t;

    if (!s->settings->past.open)
        return 0;
    t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    atomic_init(&t->vehicle.hurry, false);
    atomic_init(&t->vehicle.done, 0);
    atomic_init(&t->vehicle.all, 0);
    s->travel = t;
    return 0;
}

void travel_close(struct session *s)
{
    struct travel *t = s->travel;

    if (!t)
        return;
    sample_unref(t->vehicle.last);
    sample_pipeline_free(t->vehicle.pipeline);
    sample_unref(t->live);
    survey_free(t->survey);
    free(t);
    s->travel = NULL;
}

bool travel_is_away(const struct session *s)
{
    return s->travel && s->travel->away;
}

const struct survey *travel_survey(const struct session *s)
{
    return s->travel ? s->travel->survey : NULL;
}

int64_t travel_time(const struct session *s)
{
    const struct travel *t = s->travel;

    return !t ? 0 : t->at_place ? t->time_ns : INT64_MAX;
}

int travel_failed(const struct session *s, struct sample_reason *why)
{
    const struct travel *t = s->travel;

    if (!t || t->arrived || !t->failed)
        return 0;
    *why = t->why;
    return t->failed;
}

/* Is it a recording, which has no live sample to return to? */
static bool is_recording(const struct session *s)
{
    return s->settings->past.whole;
}

/* What the header says of when this was. */
static void tell(struct session *s)
{
    const struct travel *t = s->travel;
    struct ui *ui = &s->ui;

    ui->past = t->away;
    ui->playing = t->playing;
    ui->behind_ns = 0;
    if (t->away && is_recording(s))
        ui->behind_ns = t->length_ns - t->time_ns;
    else if (t->away && t->live)
        ui->behind_ns = t->live->mono_ns - s->good->mono_ns;
}

bool travel_keeps(struct session *s, const struct sample *newest)
{
    if (!travel_is_away(s))
        return false;
    sample_unref(s->travel->live);
    s->travel->live = newest;
    tell(s);
    if (s->ui.overlay == OVERLAY_TIMELINE)
        (void)travel_go(s, TRAVEL_SURVEY, 0);
    return true;
}

/* Show what came last, and nothing that is still on its way from the past. */
static unsigned return_now(struct session *s)
{
    struct travel *t = s->travel;
    const struct sample *live = t->live;

    t->ticket++;
    t->live = NULL;
    t->away = t->at_place = t->has_next = false;
    if (t->task)
        atomic_store(&t->vehicle.hurry, true);
    tell(s);
    if (live)
        session_show(s, live);
    return REACT_NOTHING;
}

unsigned travel_return(struct session *s)
{
    if (!travel_is_away(s))
        return REACT_NOT_MINE;
    return is_recording(s) ? travel_go(s, TRAVEL_LAST, 0) : return_now(s);
}

/* Arriving ------------------------------------------------------------ */

/* Say why one is not there. */
static void say_failure(struct session *s, const struct trip *trip)
{
    char why[REASON_TEXT_SIZE];

    if (trip->rc == -ENOENT && trip->wish.aim == TRAVEL_FINDING)
        session_say(s, trip->wish.by < 0 ? MSG_TRAVEL_NO_EARLIER : MSG_TRAVEL_NO_LATER, NULL);
    else if (trip->why.code != REASON_NONE)
        session_say(s, MSG_SESSION_NOTE, reason_text(why, &trip->why, text_language()), NULL);
    else if (trip->rc == -ENODATA || trip->rc == -ESTALE)
        session_say(s, MSG_TRAVEL_NOT_KEPT, NULL);
    else
        session_say(s, MSG_TRAVEL_FAILED, text_error(trip->rc), NULL);
}

/* Does a trip of a live screen end in the present? */
static bool is_present(const struct session *s, const struct trip *trip)
{
    const enum travel_aim aim = trip->wish.aim;

    if (is_recording(s) || !trip->at_end)
        return false;
    return aim == TRAVEL_STEP || aim == TRAVEL_SHIFT
               ? trip->wish.by > 0
               : aim == TRAVEL_TIME || aim == TRAVEL_WALL || aim == TRAVEL_LAST;
}

/* The first and the last sample are as far as one can go. */
static bool stays(const struct travel *t, const struct trip *trip)
{
    return t->at_place && trip->wish.aim == TRAVEL_STEP &&
           survey_compare(&t->place, &trip->target.place) == 0;
}

static void arrive(struct session *s, struct trip *trip)
{
    struct travel *t = s->travel;
    const enum msg end = trip->wish.by < 0 ? MSG_TRAVEL_AT_BEGIN : MSG_TRAVEL_AT_END;

    if (is_present(s, trip)) {
        if (t->away)
            (void)return_now(s);
        else
            session_say(s, MSG_TRAVEL_AT_END, NULL);
        s->ui.paused = false;
        session_rebuild(s, false);
        return;
    }
    if (stays(t, trip)) {
        session_say(s, end, NULL);
        t->playing = false;
        tell(s);
        return;
    }
    if (!t->away && !is_recording(s)) {
        sample_unref(t->live);
        t->live = s->newest ? sample_ref(s->newest) : NULL;
    }
    t->arrived = t->at_place = true;
    t->place = trip->target.place;
    t->time_ns = survey_time(trip->survey, trip->target.span, &trip->target.moment);
    t->next_ns = trip->target.next_ns;
    t->length_ns = trip->survey->length_ns;
    t->end_wall_ns = trip->survey->last_wall_ns;
    t->away = !is_recording(s) || !trip->at_end;
    t->playing = t->playing && !trip->at_end;
    t->shown = trip->req;
    s->ui.paused = false;
    session_show(s, sample_ref(t->vehicle.last));
    tell(s);
}

static void set_out(struct session *s);

static void trip_on_done(struct task *task, struct session *s)
{
    struct trip *trip = (struct trip *)task;
    struct travel *t = s->travel;

    t->task = NULL;
    s->ui.progress = -1;
    if (!trip->rc && trip->wish.aim != TRAVEL_SURVEY && trip->ticket == t->ticket)
        arrive(s, trip);
    else if (trip->rc && trip->rc != -ECANCELED && trip->wish.aim != TRAVEL_SURVEY)
        say_failure(s, trip);
    if (trip->rc && trip->rc != -ECANCELED && !t->arrived) {
        if (trip->why.code == REASON_NONE)
            sample_reason_error(&trip->why, trip->rc);
        t->failed = trip->rc;
        t->why = trip->why;
    }
    if (!trip->rc && trip->wants_survey) {
        struct survey *old = t->survey;
        t->survey = trip->survey;
        trip->survey = old;
    }
    if (t->task) /* what was shown has led to another one */
        return;
    if (t->has_next || t->survey_due)
        set_out(s);
    else if (t->playing)
        t->due_ns = s->now_ns + (t->next_ns < PACE_MAX_NS ? t->next_ns : PACE_MAX_NS);
}

/* Setting out ------------------------------------------------------------ */

/* From where relative aims count. */
static struct recording_place from_where(const struct session *s, enum travel_aim aim)
{
    const struct travel *t = s->travel;
    const struct sample *shown = s->list->sample;

    if (aim == TRAVEL_BACK)
        return t->back;
    if (t->at_place)
        return t->place;
    return (struct recording_place){UINT32_MAX, NOWHERE,
                                    shown && shown->seq < INT64_MAX ? shown->seq : INT64_MAX};
}

/* Begin the trip that waits; there is none under way. */
static void set_out(struct session *s)
{
    struct travel *t = s->travel;
    struct trip *trip = calloc(1, sizeof *trip);

    if (!trip) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    trip->task =
        (struct task){.step = trip_step, .on_done = trip_on_done, .free = trip_free, .waits = true};
    trip->settings = s->settings;
    trip->vehicle = &t->vehicle;
    trip->wish = t->has_next ? t->next : (struct wish){TRAVEL_SURVEY, 0};
    trip->wants_survey = t->survey_due;
    trip->known = is_recording(s) ? t->survey : NULL;
    trip->from = from_where(s, trip->wish.aim);
    trip->req = s->asked;
    trip->req.needs |=
        NEED_METRICS; /* a key may ask for any figure, and there is no other sample */
    trip->ticket = t->ticket;
    t->has_next = t->survey_due = false;
    t->due_ns = 0;
    t->began_ns = s->now_ns;
    atomic_store(&t->vehicle.hurry, false);
    atomic_store(&t->vehicle.done, 0);
    atomic_store(&t->vehicle.all, 0);
    t->task = &trip->task;
    session_run(s, &trip->task, NULL);
}

unsigned travel_go(struct session *s, enum travel_aim aim, int64_t by)
{
    struct travel *t = s->travel;
    const bool adds =
        t && t->has_next && t->next.aim == aim && (aim == TRAVEL_STEP || aim == TRAVEL_SHIFT);

    if (!t) {
        session_say(s, s->settings->read_path ? MSG_TRAVEL_STREAM : MSG_TRAVEL_OFF, NULL);
        return REACT_NOTHING;
    }
    if (aim == TRAVEL_SURVEY) {
        t->survey_due = true;
    } else {
        t->next = (struct wish){aim, adds ? t->next.by + by : by};
        t->has_next = true;
        t->ticket += aim != TRAVEL_STEP && aim != TRAVEL_SHIFT;
    }
    if (!t->task)
        set_out(s);
    else if (aim != TRAVEL_STEP && aim != TRAVEL_SHIFT && aim != TRAVEL_SURVEY)
        atomic_store(&t->vehicle.hurry, true);
    return REACT_NOTHING;
}

/* The wall clock of the newest sample, from which times count that name no day. */
static int64_t end_wall_ns(const struct session *s)
{
    const struct travel *t = s->travel;

    if (is_recording(s) && t->arrived)
        return t->end_wall_ns;
    return t->live ? t->live->wall_ns : s->newest ? s->newest->wall_ns : 0;
}

unsigned travel_to(struct session *s, const struct moment *m)
{
    if (m->kind == MOMENT_BEFORE && is_recording(s) &&
        s->travel->arrived) /* also where the clock was set */
        return travel_go(s, TRAVEL_TIME, s->travel->length_ns - m->ns);
    return travel_go(s, TRAVEL_WALL, moment_resolve(m, end_wall_ns(s)));
}

unsigned travel_play(struct session *s)
{
    struct travel *t = s->travel;

    if (!t || (!is_recording(s) && !t->away))
        return REACT_NOT_MINE;
    if (!is_recording(s))
        return return_now(s);
    if (!t->playing && t->at_place && !t->next_ns) {
        session_say(s, MSG_TRAVEL_AT_END, NULL);
        return REACT_NOTHING;
    }
    t->playing = !t->playing;
    t->due_ns = t->playing && !t->task ? s->now_ns + t->next_ns : 0;
    tell(s);
    return REACT_NOTHING;
}

void travel_follow(struct session *s)
{
    struct travel *t = s->travel;

    if (t && t->at_place && !t->task && !session_same_watched(&t->shown, &s->asked))
        (void)travel_go(s, TRAVEL_SAME, 0);
}

void travel_replay(struct session *s)
{
    struct travel *t = s->travel;

    if (!t->at_place && !t->task)
        (void)travel_go(s, TRAVEL_SAME, 0);
}

void travel_mark(struct session *s)
{
    struct travel *t = s->travel;

    t->has_back = true;
    t->back_away = t->away;
    t->back = t->place;
}

unsigned travel_back(struct session *s)
{
    struct travel *t = s->travel;

    if (!t->has_back || (t->back_away && survey_compare(&t->back, &t->place) == 0))
        return REACT_NOTHING;
    return t->back_away ? travel_go(s, TRAVEL_BACK, 0) : travel_return(s);
}

/* Time ------------------------------------------------------------ */

void travel_tick(struct session *s)
{
    struct travel *t = s->travel;

    if (!t)
        return;
    if (t->due_ns && s->now_ns >= t->due_ns) {
        t->due_ns = 0;
        (void)travel_go(s, TRAVEL_STEP, 1);
    }
    if (t->task && s->now_ns - t->began_ns >= PROGRESS_NS) {
        unsigned all = atomic_load(&t->vehicle.all), done = atomic_load(&t->vehicle.done);
        s->ui.progress = all ? (int)((uint64_t)(done < all ? done : all) * 100 / all) : 0;
    }
}

int64_t travel_due_ns(const struct session *s)
{
    const struct travel *t = s->travel;

    if (!t || !t->task)
        return t ? t->due_ns : 0;
    return s->now_ns - t->began_ns < PROGRESS_NS ? t->began_ns + PROGRESS_NS
                                                 : s->now_ns + PROGRESS_STEP;
}
