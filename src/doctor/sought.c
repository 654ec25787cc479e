/* SPDX-License-Identifier: MIT */
/* Findings about processes that were looked for when they were found. */
#include "sought.h"

#include <string.h>

#include "subjects.h"

/* The first of the rows that the finding is about, of which each belongs to one process or user;
 * `*known`: each of their processes is known, `*one`: it is the same. */
static uint32_t rows_of(const struct check *l, const struct finding *f, bool *known, bool *one)
{
    uint32_t first = UINT32_MAX, pid = 0;

    *known = *one = true;
    for (uint32_t row = 0; row < l->s->n_live; row++) {
        const struct conn *c = &l->s->conn[row];
        if (!(f->scope.states >> c->state & 1) || c->uid != f->scope.uid ||
            c->netns != f->scope.ends.netns || !c->inode)
            continue;
        const struct owner_group *g = sample_owner(l->s, row, NULL);
        *known &= g != NULL;
        *one &= g && (first == UINT32_MAX || pid == g->member[0]->pid);
        pid = g ? g->member[0]->pid : 0;
        first = first == UINT32_MAX ? row : first;
    }
    return first;
}

/* Is it the same, found by the key of a process now that this is known? */
static bool succeeds(const struct check *l, const struct finding *f, const struct finding *was)
{
    return f->rule == was->rule && f->seen_ns == l->now_ns && f->who.pid &&
           f->scope.uid == was->scope.uid && f->scope.ends.netns == was->scope.ends.netns &&
           (!(was->scope.by & SCOPE_DPORT) || f->scope.ends.dport == was->scope.ends.dport) &&
           (!(was->scope.by & SCOPE_DST) ||
            memcmp(f->scope.ends.dst, was->scope.ends.dst, sizeof f->scope.ends.dst) == 0);
}

/* What was found while processes were looked for is named as soon as they are known, and goes on by
 * the key of its process. Where it was several together it is none of them. */
void sought_name(struct check *l)
{
    struct doctor *d = l->d;

    for (uint32_t i = 0; l->rows && i < d->n_active;) {
        struct finding *was = &d->active[i];
        bool known, one;
        if (was->seen_ns == l->now_ns || was->subject != SUBJECT_PROCESS || !was->sought) {
            i++;
            continue;
        }
        uint32_t row = rows_of(l, was, &known, &one), n = 0, heir = UINT32_MAX;
        for (uint32_t k = 0; k < d->n_active; k++)
            if (k != i && succeeds(l, &d->active[k], was)) {
                heir = k;
                n++;
            }
        if (n == 1 && one && d->active[heir].since_ns > was->since_ns) {
            d->active[heir].since_ns = was->since_ns;
            d->active[heir].since_wall_ns = was->since_wall_ns;
        }
        if (n || (row != UINT32_MAX && known && !one)) {
            doctor_drop(d, i);
            continue;
        }
        if (row != UINT32_MAX && known && !was->who.pid)
            subjects_name_sought(l, was, row);
        i++;
    }
}
