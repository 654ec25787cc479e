/* SPDX-License-Identifier: MIT */
/* Lists of findings. */
#include "tcptop/model/findings.h"

#include <stdlib.h>

#include "tcptop/model/predicate.h"
#include "tcptop/model/sample.h"

struct findings *findings_new(uint32_t n)
{
    return calloc(1, sizeof(struct findings) + n * sizeof(struct finding));
}

void finding_end(struct finding *f, int64_t wall_ns)
{
    f->ended_wall_ns = wall_ns;
    f->valid = 0;
    f->window_s = 0;
}

void findings_free(struct findings *f)
{
    for (uint32_t i = 0; f && f->rows && i < f->n; i++)
        predicate_fini(&f->rows[i]);
    if (f)
        free(f->rows);
    free(f);
}

/* Would only more samples change it? */
static bool passes(unsigned skip)
{
    return skip == SKIP_YET || skip == SKIP_SHORT || skip == SKIP_UNDECIDED || skip == SKIP_MINUTE;
}

void findings_skip_recorded(uint8_t *skip)
{
    for (size_t i = 0; i < sizeof((struct findings *)0)->skip; i++) {
        if (skip[i] == SKIP_COUNTERS || skip[i] == SKIP_BOUND || skip[i] == SKIP_NO_BOUND)
            skip[i] = SKIP_UNRECORDED;
    }
}

bool findings_skip_settles(const uint8_t *before, const uint8_t *skip)
{
    for (size_t i = 0; i < sizeof((struct findings *)0)->skip; i++) {
        if (passes(before[i]) && skip[i] < SKIP_COUNT && !passes(skip[i]))
            return true;
    }
    return false;
}

void findings_add_skip(uint8_t *all, const uint8_t *skip)
{
    for (size_t i = 0; i < sizeof((struct findings *)0)->skip; i++) {
        if (skip[i] < SKIP_COUNT && (passes(all[i]) || (all[i] == LOOKED && !passes(skip[i]))))
            all[i] = skip[i];
    }
}

bool finding_concerns(const struct sample *s, uint32_t i, uint32_t row)
{
    const struct findings *f = s->findings;

    /* an empty predicate would pass every row */
    return f->rows && f->rows[i].n_steps && predicate_match(&f->rows[i], s, row);
}

const struct finding *finding_about(const struct sample *s, unsigned state, uint32_t row)
{
    const struct findings *f = s->findings;
    const struct finding *passing = NULL;

    for (uint32_t i = 0; f && i < f->n; i++) {
        const struct finding *one = &f->list[i];
        if (!(one->marks >> state & 1) || (one->passing && passing) ||
            (row != UINT32_MAX && !finding_concerns(s, i, row)))
            continue;
        if (!one->passing)
            return one;
        passing = one;
    }
    return passing;
}
