/* SPDX-License-Identifier: MIT */
/* Surveys of recordings: from the indexes of spans, and from notes where they tell of findings. */
#include "tcptop/source/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/sample_builder.h"

/* Of a recording of so few samples, with so many rows in all, each sample is looked at. */
#define SAMPLES_MAX 1000u
#define ROWS_MAX    2000000u

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Time passed from one moment to a later one, see survey.h. */
static int64_t passed(int64_t mono_from, int64_t mono_to, int64_t wall_from, int64_t wall_to)
{
    int64_t mono = mono_to - mono_from, wall = wall_to - wall_from;

    return later(later(mono, wall), 0);
}

int64_t survey_time(const struct survey *v, uint32_t span, const struct recording_moment *m)
{
    const struct recording_span *s = &v->span[span];

    return v->span_ns[span] + passed(s->first_mono_ns, m->mono_ns, s->first_wall_ns, m->wall_ns);
}

int survey_compare(const struct recording_place *a, const struct recording_place *b)
{
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

uint32_t survey_find(const struct survey *v, const struct recording_place *place)
{
    uint32_t found = UINT32_MAX;

    for (uint32_t i = 0; i < v->n_spans; i++) {
        const struct recording_span *s = &v->span[i];
        if (s->file < place->file || (s->file == place->file && s->at <= place->at))
            found = i;
    }
    return found;
}

void survey_free(struct survey *v)
{
    if (!v)
        return;
    free(v->span);
    free(v->span_ns);
    free(v->stretch);
    free(v->finding);
    free(v);
}

/* Spans ------------------------------------------------------------ */

/* How long a span lasts. */
static int64_t length_of(const struct recording_span *s)
{
    return passed(s->first_mono_ns, s->last_mono_ns, s->first_wall_ns, s->last_wall_ns);
}

/* Its samples come so far apart; 0: not known. */
static int64_t interval_of(const struct recording_span *s)
{
    return s->samples > 1 ? (s->last_mono_ns - s->first_mono_ns) / (s->samples - 1) : 0;
}

/* After a boot the monotonic clock begins anew: only the wall clock tells how long that took. */
static int64_t between(const struct recording_span *a, const struct recording_span *b)
{
    if (b->first_mono_ns < a->last_mono_ns)
        return later(b->first_wall_ns - a->last_wall_ns, 0);
    return passed(a->last_mono_ns, b->first_mono_ns, a->last_wall_ns, b->first_wall_ns);
}

static void set_times(struct survey *v)
{
    int64_t now = 0;

    for (uint32_t i = 0; i < v->n_spans; i++) {
        now += i ? between(&v->span[i - 1], &v->span[i]) : 0;
        v->span_ns[i] = now;
        now += length_of(&v->span[i]);
        v->samples += v->span[i].samples;
    }
    v->length_ns = now;
    v->first_wall_ns = v->span[0].first_wall_ns;
    v->last_wall_ns = v->span[v->n_spans - 1].last_wall_ns;
}

int survey_spans(struct survey **out, struct source *src, const struct survey_range *range)
{
    const struct recording_span *list;
    uint32_t n;
    int rc = recording_spans(src, &list, &n);
    struct survey *v = rc ? NULL : calloc(1, sizeof *v);

    if (!v)
        return rc ? rc : -ENOMEM;
    v->span = calloc(n ? n : 1, sizeof *v->span);
    v->span_ns = calloc(n ? n : 1, sizeof *v->span_ns);
    if (!v->span || !v->span_ns) {
        survey_free(v);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].last_wall_ns >= range->begin_ns && list[i].first_wall_ns <= range->end_ns)
            v->span[v->n_spans++] = list[i];
    }
    if (!v->n_spans) {
        survey_free(v);
        return -ENODATA;
    }
    set_times(v);
    *out = v;
    return 0;
}

/* Counts ------------------------------------------------------------ */

static struct survey_stretch *add_stretch(struct survey *v, uint32_t *cap)
{
    struct survey_stretch *larger =
        array_room(v->stretch, v->n_stretches, cap, 256, sizeof *v->stretch);

    if (!larger)
        return NULL;
    v->stretch = larger;
    return &v->stretch[v->n_stretches++];
}

/* The span as one stretch, as its index has it. */
static int take_index(struct survey *v, uint32_t i, int64_t interval, uint32_t *cap)
{
    const struct recording_span *s = &v->span[i];
    struct survey_stretch *to = add_stretch(v, cap);

    if (!to)
        return -ENOMEM;
    *to = (struct survey_stretch){.begin_ns = v->span_ns[i],
                                  .end_ns = v->span_ns[i] + length_of(s) + interval,
                                  .wall_ns = s->first_wall_ns,
                                  .most_total = s->most_total};
    memcpy(to->most, s->most, sizeof to->most);
    return 0;
}

static void take_counts(struct survey *v, uint32_t i, int64_t interval, struct sample *s,
                        struct survey_stretch *to)
{
    const struct recording_moment m = {s->seq, s->mono_ns, s->wall_ns};

    sample_count(s);
    to->begin_ns = survey_time(v, i, &m);
    to->end_ns = to->begin_ns + interval;
    to->wall_ns = s->wall_ns;
    to->most_total = s->total;
    memcpy(to->most, s->count, sizeof to->most);
}

/* Every sample of the span as a stretch, by playing it. */
static int play_span(struct survey *v, uint32_t i, struct source *src, int64_t interval,
                     uint32_t *cap)
{
    const struct request req = {.needs = 0};
    struct recording_place place;
    int rc = recording_go(src, &v->span[i]);

    for (uint32_t n = 0; n < v->span[i].samples && !rc; n++) {
        struct sample_builder *b = sample_builder_new(NULL);
        rc = b ? source_sample(src, &req, b, NULL) : -ENOMEM;
        bool inside = !rc && !recording_where(src, &place) && place.at == v->span[i].at &&
                      place.file == v->span[i].file;
        struct survey_stretch *to = inside ? add_stretch(v, cap) : NULL;
        if (to)
            take_counts(v, i, interval, &b->sample, to);
        else if (inside)
            rc = -ENOMEM;
        if (b)
            sample_discard(b);
        if (!inside)
            break;
    }
    /* What is damaged, or kept no more, is a gap. */
    return rc == -ENOMEM || rc == -ECANCELED ? rc : 0;
}

static bool is_short(const struct survey *v)
{
    uint64_t rows = 0;

    for (uint32_t i = 0; i < v->n_spans; i++)
        rows += (uint64_t)v->span[i].samples * v->span[i].most_total;
    return v->samples <= SAMPLES_MAX && rows <= ROWS_MAX;
}

/* Findings ------------------------------------------------------------ */

/* The first span of the run of a recorder that came last. */
static uint32_t last_run(const struct survey *v)
{
    uint32_t first = v->n_spans - 1;

    while (first > 0 && v->span[first].seq > v->span[first - 1].seq)
        first--;
    return first;
}

/* When that was; what began before the recording, at its beginning. */
static int64_t time_of(const struct survey *v, int64_t mono_ns, int64_t wall_ns)
{
    const struct recording_moment m = {0, mono_ns, wall_ns};
    uint32_t span = 0;

    for (uint32_t i = 1; i < v->n_spans; i++) {
        if (v->span[i].first_wall_ns <= wall_ns)
            span = i;
    }
    int64_t in_span = survey_time(v, span, &m) - v->span_ns[span];
    int64_t until = span + 1 < v->n_spans ? v->span_ns[span + 1] : v->length_ns;
    int64_t time = v->span_ns[span] + in_span;

    return time < until ? time : until;
}

static int take_findings(struct survey *v, struct source *src, int (*rule_number)(const char *name))
{
    const int64_t last_wall = v->span[last_run(v)].first_wall_ns;
    struct recording_findings found;
    int rc = recording_findings(src, rule_number, false, &found);

    if (rc)
        return rc == -ENOMEM || rc == -ECANCELED ? rc : 0; /* kept no more: nothing is claimed */
    v->finding = calloc(found.n ? found.n : 1, sizeof *v->finding);
    if (!v->finding)
        return -ENOMEM;
    for (uint32_t i = 0; i < found.n; i++) {
        const struct episode *e = &found.list[i];
        struct survey_finding *f = &v->finding[v->n_findings];
        if (e->worst.severity < SEVERITY_WARNING || e->begin_wall_ns > v->last_wall_ns ||
            (!e->holds && e->end_wall_ns < v->first_wall_ns))
            continue;
        *f = (struct survey_finding){.episode = *e};
        f->lasts = e->holds && (e->end_wall_ns >= last_wall || e->begin_wall_ns >= last_wall);
        f->begin_ns = time_of(v, e->begin_ns, e->begin_wall_ns);
        f->end_ns = f->lasts ? v->length_ns : time_of(v, e->end_ns, e->end_wall_ns);
        v->n_findings++;
    }
    return 0;
}

int survey_complete(struct survey *v, struct source *src, int (*rule_number)(const char *name),
                    survey_progress *progress, void *context)
{
    bool each = is_short(v);
    uint32_t cap = 0;
    int64_t interval = NS_PER_S;
    int rc = take_findings(v, src, rule_number);

    for (uint32_t i = 0; i < v->n_spans && !rc; i++) {
        if (progress && progress(context, i, v->n_spans))
            return -ECANCELED;
        if (interval_of(&v->span[i]))
            interval = interval_of(&v->span[i]);
        if (each || !v->span[i].counted)
            rc = play_span(v, i, src, interval, &cap);
        else
            rc = take_index(v, i, interval, &cap);
    }
    if (each)
        v->samples = v->n_stretches; /* others cannot be read */
    return rc;
}
