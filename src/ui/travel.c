/* SPDX-License-Identifier: MIT */
/* Travelling in time: what the session knows of it, and one trip after the other (trip.h). */
#include "travel.h"

#include <errno.h>
#include <stdlib.h>

#include "session_rows.h"
#include "tcptop/base/fmt.h"
#include "tcptop/explain/reason_text.h"
#include "trip.h"

#define PROGRESS_NS   (500 * NS_PER_MS) /* a task that takes longer says how far it is */
#define PROGRESS_STEP (250 * NS_PER_MS)
#define PACE_MAX_NS   (10 * NS_PER_S) /* a gap is not waited for when it is played */

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
    struct recording_head head;                    /* who recorded it */
    int64_t time_ns, next_ns;                      /* of it; until the next sample */
    int64_t length_ns, begin_wall_ns, end_wall_ns; /* of the recording */
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
    doctor_notes_fini(&t->vehicle.notes);
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

void travel_head(const struct session *s, struct recording_head *head)
{
    *head = s->travel && s->travel->at_place ? s->travel->head : s->head;
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
    t->away = t->at_place = t->has_next = t->playing = false;
    t->due_ns = 0;
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

/* With the key that leads the other way. */
static void say_no_finding(struct session *s, bool earlier)
{
    char key[16];

    session_say(s, earlier ? MSG_TRAVEL_NO_EARLIER : MSG_TRAVEL_NO_LATER,
                session_key(s, earlier ? COMMAND_NEXT_FINDING : COMMAND_PREVIOUS_FINDING, key),
                NULL);
}

/* What was recorded; the day once where it is one. */
static void say_outside(struct session *s, int64_t first_ns, int64_t last_ns)
{
    const size_t date = strlen("2026-11-29");
    char first[FMT_SIZE], last[FMT_SIZE];

    fmt_local(first, sizeof first, first_ns);
    fmt_local(last, sizeof last, last_ns);
    if (strncmp(first, last, date) == 0)
        fmt_clock(last, sizeof last, last_ns);
    session_say(s, MSG_TRAVEL_OUTSIDE, first, last, NULL);
}

/* Say why one is not there. */
static void say_failure(struct session *s, const struct trip *trip)
{
    char why[REASON_TEXT_SIZE];

    if (trip->rc == -ENOENT && trip->wish.aim == TRAVEL_FINDING)
        say_no_finding(s, trip->wish.by < 0);
    else if (trip->rc == -ERANGE)
        say_outside(s, trip->survey->first_wall_ns, trip->survey->last_wall_ns);
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
        t->playing = t->playing && trip->wish.by < 0; /* from the first sample it plays on */
        tell(s);
        return;
    }
    /* from the end, where the recording was opened, there is no way on */
    if (is_recording(s) && !t->away && trip->at_end &&
        (trip->wish.aim == TRAVEL_LAST || (trip->wish.aim == TRAVEL_STEP && trip->wish.by > 0)))
        session_say(s, MSG_TRAVEL_AT_END, NULL);
    if (!t->away && !is_recording(s)) {
        sample_unref(t->live);
        t->live = s->newest ? sample_ref(s->newest) : NULL;
    }
    t->arrived = t->at_place = true;
    t->place = trip->target.place;
    t->time_ns = survey_time(trip->survey, trip->target.span, &trip->target.moment);
    t->next_ns = trip->target.next_ns;
    t->length_ns = trip->survey->length_ns;
    t->begin_wall_ns = trip->survey->first_wall_ns;
    t->end_wall_ns = trip->survey->last_wall_ns;
    t->away = !is_recording(s) || !trip->at_end;
    t->playing = t->playing && !trip->at_end;
    t->shown = trip->req;
    (void)recording_head(t->vehicle.src, &t->head);
    s->ui.paused = false;
    session_show(s, sample_ref(t->vehicle.last));
    if (trip->why.code != REASON_NONE)
        say_failure(s, trip);
    tell(s);
}

static void set_out(struct session *s);

/* When the next sample is due while one plays. */
static int64_t next_due_ns(const struct session *s)
{
    const int64_t next_ns = s->travel->next_ns;

    return s->now_ns + (next_ns < PACE_MAX_NS ? next_ns : PACE_MAX_NS);
}

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
        t->due_ns = next_due_ns(s);
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
    return (struct recording_place){UINT32_MAX, TRIP_NOWHERE,
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
        session_say(s,
                    s->lesson                        ? MSG_TRAVEL_LESSON
                    : !s->settings->read_path        ? MSG_TRAVEL_OFF
                    : s->newest && s->newest->import ? MSG_TRAVEL_TEXT
                                                     : MSG_TRAVEL_STREAM,
                    NULL);
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

/* The wall clock of the oldest sample that is known of; INT64_MIN: of none. */
static int64_t begin_wall_ns(const struct session *s)
{
    return is_recording(s) && s->travel->arrived ? s->travel->begin_wall_ns : INT64_MIN;
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
    return travel_go(s, TRAVEL_WALL, moment_resolve_end(m, begin_wall_ns(s), end_wall_ns(s)));
}

unsigned travel_play(struct session *s)
{
    struct travel *t = s->travel;

    if (!t || (!is_recording(s) && !t->away))
        return REACT_NOT_MINE;
    if (is_recording(s) && !t->playing && t->at_place && !t->next_ns) {
        session_say(s, MSG_TRAVEL_AT_END, NULL);
        return REACT_NOTHING;
    }
    t->playing = !t->playing;
    if (t->playing && !t->at_place)
        return travel_go(s, TRAVEL_STEP, 1);
    t->due_ns = t->playing && !t->task ? next_due_ns(s) : 0;
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
