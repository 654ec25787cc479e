/* SPDX-License-Identifier: MIT */
/* What the recorder found, to be believed by who looks at the recording. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "doctor_told.h"
#include "tcptop/doctor/doctor.h"

int doctor_notes_read(struct doctor_notes *notes, struct source *src)
{
    struct recording_findings found;

    *notes = (struct doctor_notes){.n = 0};
    int rc = recording_findings(src, rules_number, false, &found);
    if (rc)
        return rc == -ENOMEM ? rc : 0;
    notes->list = calloc(found.n ? found.n : 1, sizeof *notes->list);
    if (!notes->list)
        return -ENOMEM;
    for (uint32_t i = 0; i < found.n; i++)
        notes->list[i] = found.list[i];
    notes->n = found.n;
    notes->judge = found.judge;
    memcpy(notes->skip, found.skip, sizeof notes->skip);
    memcpy(notes->looked_wall_ns, found.looked_wall_ns, sizeof notes->looked_wall_ns);
    return 0;
}

void doctor_notes_fini(struct doctor_notes *notes)
{
    free(notes->list);
    *notes = (struct doctor_notes){.n = 0};
}

/* Did it hold when the sample was taken? What was noted last of one that held where a recording
 * breaks off may be older than its end: of what came behind that nothing is claimed. */
static bool held_at(const struct episode *e, const struct sample *s)
{
    return e->begin_wall_ns <= s->wall_ns && (s->wall_ns <= e->end_wall_ns || e->lasts);
}

/* Are both about the same rows? */
static bool same_scope(const struct finding *a, const struct finding *b)
{
    const struct scope *x = &a->scope, *y = &b->scope;

    return x->states == y->states && x->by == y->by && (!(x->by & SCOPE_PID) || x->pid == y->pid) &&
           (!(x->by & SCOPE_UID) || x->uid == y->uid) &&
           (!(x->by & SCOPE_SRC) || memcmp(x->ends.src, y->ends.src, sizeof x->ends.src) == 0) &&
           (!(x->by & SCOPE_DST) || memcmp(x->ends.dst, y->ends.dst, sizeof x->ends.dst) == 0) &&
           (!(x->by & SCOPE_SPORT) || x->ends.sport == y->ends.sport) &&
           (!(x->by & SCOPE_DPORT) || x->ends.dport == y->ends.dport) &&
           (!(x->by & SCOPE_INODE) || x->ends.inode == y->ends.inode) &&
           (!(x->by & SCOPE_SERVICE) || strcmp(a->who.service, b->who.service) == 0) &&
           strcmp(a->namespace, b->namespace) == 0;
}

/* Is it the same finding? Of one whose addresses are replaced the recorder's key says nothing. */
static bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->key == b->key || (a->rule == b->rule && a->subject == b->subject && same_scope(a, b));
}

static struct finding *find(struct findings *f, const struct finding *told)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (same_finding(&f->list[i], told))
            return &f->list[i];
    return NULL;
}

/* The finding gets the recorder's key, also where others follow from it. */
static void take_key(struct findings *f, struct finding *one, uint64_t key)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->list[i].cause.key && f->list[i].cause.key == one->key)
            f->list[i].cause.key = key;
    one->key = key;
}

static void add(struct findings *f, const struct episode *e, const struct sample *s)
{
    struct finding *one = find(f, &e->worst);

    if (one) {
        take_key(f, one, e->worst.key);
        if (e->begin_ns < one->since_ns) {
            one->since_ns = e->begin_ns;
            one->since_wall_ns = e->begin_wall_ns;
        }
        return;
    }
    one = &f->list[f->n++];
    *one = e->worst;
    one->since_ns = e->begin_ns;
    one->since_wall_ns = e->begin_wall_ns;
    one->seen_ns = s->mono_ns;
    one->ended_wall_ns = 0;
    one->told_wall_ns = e->worst_wall_ns;
}

/* What the recorder knew to follow from something else, which is found or told here, too, follows
 * from it here as well: what showed that need not be recorded. */
static void take_cause(struct findings *f, const struct finding *told)
{
    struct finding *one = find(f, told), *cause = NULL;

    for (uint32_t i = 0; i < f->n && told->cause.key; i++)
        cause = f->list[i].key == told->cause.key ? &f->list[i] : cause;
    if (!one || !cause || one == cause)
        return;
    if (!one->cause.key) {
        one->cause = told->cause;
        one->severity = told->severity;
        one->advice = told->advice;
    } else if (cause->follow) { /* found by the same look, which counted it */
        return;
    }
    if (told->severity == SEVERITY_INFO)
        cause->follow += (uint32_t)one->value[0];
}

uint32_t doctor_told_at(const struct doctor_notes *notes, const struct sample *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < notes->n; i++)
        n += held_at(&notes->list[i], s);
    return n;
}

void doctor_told_add(const struct doctor_notes *notes, const struct sample *s, struct findings *f)
{
    for (uint32_t i = 0; i < notes->n; i++)
        if (held_at(&notes->list[i], s))
            add(f, &notes->list[i], s);
    for (uint32_t i = 0; i < notes->n; i++)
        if (held_at(&notes->list[i], s))
            take_cause(f, &notes->list[i].worst);
}

/* Put one that has ended into its place among those of `f`, newest first, of which the oldest are
 * left out. */
static void add_ended(struct findings *f, const struct finding *one)
{
    struct finding *ended = f->list + f->n;
    uint32_t at = f->n_ended;

    while (at > 0 && ended[at - 1].ended_wall_ns < one->ended_wall_ns)
        at--;
    if (at == ENDED_MAX)
        return;
    f->n_ended += f->n_ended < ENDED_MAX;
    memmove(&ended[at + 1], &ended[at], (f->n_ended - at - 1) * sizeof *ended);
    ended[at] = *one;
}

/* One that has ended and holds again has done both; what holds since before it ended has not. */
static bool goes_on(const struct findings *f, const struct finding *ended)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (same_finding(&f->list[i], ended) && f->list[i].since_wall_ns <= ended->ended_wall_ns)
            return true;
    return false;
}

/* Had it ended before the sample? What was noted last where a recording breaks off is no end. */
static bool had_ended(const struct episode *e, const struct sample *s)
{
    return !e->holds && !e->at_least && e->end_wall_ns < s->wall_ns;
}

/* Does the recorder tell of the same end? What is played may begin after the finding did. */
static bool is_told(const struct doctor_notes *notes, const struct finding *ended)
{
    for (uint32_t i = 0; i < notes->n; i++) {
        const struct episode *e = &notes->list[i];
        if (e->begin_wall_ns <= ended->ended_wall_ns && e->end_wall_ns >= ended->since_wall_ns &&
            same_finding(&e->worst, ended))
            return true;
    }
    return false;
}

static struct finding ended_of(const struct episode *e)
{
    struct finding one = e->worst;

    one.since_ns = e->begin_ns;
    one.since_wall_ns = e->begin_wall_ns;
    one.seen_ns = e->end_ns;
    finding_end(&one, e->end_wall_ns);
    return one;
}

void doctor_told_ended(const struct doctor_notes *notes, const struct sample *s,
                       const struct finding *ended, uint32_t n, struct findings *f)
{
    for (uint32_t i = 0; i < n; i++)
        if (!goes_on(f, &ended[i]) && !(notes && is_told(notes, &ended[i])))
            add_ended(f, &ended[i]);
    for (uint32_t i = notes ? notes->n : 0; i > 0; i--) { /* the newest first */
        if (!had_ended(&notes->list[i - 1], s))
            continue;
        const struct finding one = ended_of(&notes->list[i - 1]);
        if (!goes_on(f, &one))
            add_ended(f, &one);
    }
}

/* What only further samples decide is for the moment to say, whatever could be said later. */
static bool is_open(unsigned skip)
{
    return skip == SKIP_YET || skip == SKIP_UNDECIDED;
}

/* How the recorder could look by the time of the sample; what it could only later had needed more
 * samples. A recording that does not tell when has looked at all of it. */
static unsigned told_by(const struct doctor_notes *notes, const struct sample *s, unsigned rule)
{
    const unsigned told = notes->skip[rule];

    return told == LOOKED && s->wall_ns < notes->looked_wall_ns[rule] ? SKIP_SHORT : told;
}

void doctor_told_skip(const struct doctor_notes *notes, const struct sample *s, bool grows_fast,
                      struct findings *f)
{
    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        const unsigned told = told_by(notes, s, rule), own = f->skip[rule];
        if (is_open(told) || told >= SKIP_COUNT || is_open(own) || told == own ||
            (told == SKIP_SHORT && (own == LOOKED || own == SKIP_MINUTE)))
            continue;
        f->skip[rule] = (uint8_t)told;
        f->spared[rule] =
            told == SKIP_SHORT && rule == RULE_GROWING && !grows_fast ? UINT32_MAX : 0;
    }
}
