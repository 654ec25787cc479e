/* SPDX-License-Identifier: MIT */
/* Processes of this host are looked at when a finding names them. Of those of a recording no more
 * is known than what it says. */
#include "suspects.h"

#include <string.h>

#include "subjects.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/owner/condition.h"

#define MEMBERS_MOST 16 /* of those who share a socket, so many are looked at */

struct member {
    struct condition now;
    bool known, is_parent;
    enum halt halt;
};

/* A disk is waited for now and then, so one look at D says nothing. */
static bool waits_again(struct check *l, const struct owner *o, bool waits)
{
    uint64_t key = hash_u64(o->start_ticks) ^ o->pid;
    struct candidate *one = trends_group(l, RULE_COUNT, key);
    bool again = one && !one->fresh && one->value[0] && waits;

    if (one && (one->fresh || one->value[1] != (uint64_t)l->now_ns)) {
        one->value[2] = again;
        one->value[0] = waits;
        one->value[1] = (uint64_t)l->now_ns;
    }
    return one && one->value[2];
}

static enum halt halt_of(struct check *l, const struct owner *o, const struct condition *c)
{
    bool waits = waits_again(l, o, c->state == 'D');

    if (c->frozen)
        return HALT_FROZEN;
    if (c->state == 'T' || c->state == 't')
        return c->state == 'T' ? HALT_STOPPED : HALT_TRACED;
    return waits ? HALT_WAITS : HALT_NONE;
}

static void look_at(struct check *l, const struct owner *o, struct member *m)
{
    *m = (struct member){.known = false};
    m->known = !sample_is_recorded(l->s) && condition_read(o->pid, o->start_ticks, &m->now);
    if (m->known)
        m->halt = halt_of(l, o, &m->now);
}

static void name(struct finding *f, const struct owner *o, uint32_t others, const struct member *m)
{
    struct finding_process *w = &f->who;

    *w = (struct finding_process){.pid = o->pid, .others = others};
    utf8_sanitise_into(w->name, sizeof w->name, o->process, strlen(o->process));
    utf8_sanitise_into(w->service, sizeof w->service, o->cgroup, strlen(o->cgroup));
    if (!m || !m->known)
        return;
    w->halt = (uint8_t)m->halt;
    w->files = m->now.files;
    w->files_max = m->now.files_max;
}

/* The process of the row is not known. */
static void name_service(const struct check *l, struct finding *f, uint32_t row)
{
    const struct conn *c = &l->s->conn[row];
    const char *service = sample_cgroup(l->s, row);
    uint32_t word = l->s->owner ? owner_word_group(l->s->owner[row]) : OWNER_UNKNOWN;
    bool sought = c->inode && word == OWNER_NOBODY && l->s->owners;

    f->who = (struct finding_process){.uid = c->uid};
    /* of an MPTCP connection that was closed its subflows may keep the number of the inode */
    if (sought && !(c->flags & CONN_MPTCP))
        f->who.unseen = l->s->owners->lacks ? UNSEEN_HIDDEN : UNSEEN_NOBODY;
    if (service)
        utf8_sanitise_into(f->who.service, sizeof f->who.service, service, strlen(service));
}

static bool is_full(const struct member *m)
{
    return m->now.files_max && m->now.files >= m->now.files_max;
}

/* Which of them is to be named: the first that could accept, if any could; else the first that
 * should. */
static uint32_t pick(const struct member *m, uint32_t n)
{
    uint32_t picked = UINT32_MAX;

    for (uint32_t i = 0; i < n; i++) {
        if (!m[i].known || m[i].is_parent)
            continue;
        if (m[i].halt == HALT_NONE && !is_full(&m[i]))
            return i;
        if (picked == UINT32_MAX || (m[picked].halt != HALT_NONE && m[i].halt == HALT_NONE))
            picked = i;
    }
    return picked == UINT32_MAX ? 0 : picked;
}

void suspects_name(struct check *l, struct finding *f, uint32_t row)
{
    const struct owner_group *g = sample_owner(l->s, row, NULL);
    struct member m[MEMBERS_MOST];
    uint32_t n;

    subjects_want_owners(l);
    if (!g) {
        name_service(l, f, row);
        return;
    }
    n = g->n < MEMBERS_MOST ? g->n : MEMBERS_MOST;
    for (uint32_t i = 0; i < n; i++)
        look_at(l, g->member[i], &m[i]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            m[i].is_parent |= m[j].known && m[j].now.parent == g->member[i]->pid;
    uint32_t at = pick(m, n);
    name(f, g->member[at], g->n - 1, &m[at]);
}

void suspects_name_first(struct check *l, struct finding *f, uint32_t row)
{
    bool former = false;
    const struct owner_group *g = sample_owner(l->s, row, &former);
    struct member m;

    subjects_want_owners(l);
    if (!g) {
        name_service(l, f, row);
        return;
    }
    if (!former)
        look_at(l, g->member[0], &m);
    name(f, g->member[0], g->n - 1, former ? NULL : &m);
}

enum advice suspects_advice_to_run(const struct finding *f, enum advice otherwise)
{
    static const enum advice halts[] = {
        [HALT_STOPPED] = ADVICE_CONTINUE,
        [HALT_TRACED] = ADVICE_DEBUGGER,
        [HALT_FROZEN] = ADVICE_THAW,
        [HALT_WAITS] = ADVICE_WAITS,
    };

    return f->who.halt ? halts[f->who.halt] : otherwise;
}

enum advice suspects_advice(const struct finding *f, enum advice otherwise)
{
    return suspects_advice_to_run(f, finding_files_full(&f->who) ? ADVICE_FILES : otherwise);
}

void suspects_count(struct check *l, uint64_t key, uint32_t row, struct share *most)
{
    bool known = sample_owner(l->s, row, NULL) || sample_cgroup(l->s, row), unowned;
    struct bucket *holder =
        known ? trends_bucket(&l->d->holders,
                              hash_u64(key) ^ hash_u64(subjects_owner_key(l, row, &unowned)), row)
              : NULL;

    if (holder && ++holder->n > most->n)
        *most = (struct share){.row = row, .n = holder->n};
}
