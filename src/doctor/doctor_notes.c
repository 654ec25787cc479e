/* SPDX-License-Identifier: MIT */
/* What the recorder found, to be believed by who looks at the recording. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    return e->begin_wall_ns <= s->wall_ns && s->wall_ns <= e->end_wall_ns;
}

static struct finding *find(struct findings *f, uint64_t key)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->list[i].key == key)
            return &f->list[i];
    return NULL;
}

static void add(struct findings *f, const struct episode *e, const struct sample *s)
{
    struct finding *one = find(f, e->worst.key);

    if (one) {
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
}

/* What only further samples decide is for the moment to say, whatever could be said later; of what
 * no state's verdict depends on that is no question. */
static bool is_open(unsigned rule, unsigned skip)
{
    return skip == SKIP_YET || skip == SKIP_UNDECIDED || (skip == SKIP_SHORT && rules[rule].judges);
}

void doctor_told_skip(const struct doctor_notes *notes, struct findings *f)
{
    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        const unsigned told = notes->skip[rule];
        if (told == SKIP_YET || told == SKIP_UNDECIDED || told >= SKIP_COUNT ||
            is_open(rule, f->skip[rule]))
            continue;
        f->skip[rule] = (uint8_t)told;
        f->spared[rule] = 0;
    }
}
