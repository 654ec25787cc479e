/* SPDX-License-Identifier: MIT */
/* Processes of this host are looked at when a finding names them. Of those of a recording no more
 * is known than what it says. */
#include "suspects.h"

#include <string.h>

#include "subjects.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/listeners.h"
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
    if (!sought && sample_is_recorded(l->s))
        f->who.unseen = UNSEEN_UNRECORDED;
    if (c->unknown & CONN_UNKNOWN_UID)
        f->who.unseen = UNSEEN_UNTOLD;
    if (service && conn_is_let_go(c))
        f->who.unseen = UNSEEN_FORMER;
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
    f->who.unseen = former ? UNSEEN_FORMER : UNSEEN_YET;
}

void suspects_count_sharing(struct check *l, struct finding *f, uint32_t row)
{
    uint32_t left = l->s->count[TCP_STATE_LISTEN];
    struct hash_table pids;

    if (!f->who.pid)
        return;
    hash_table_init(&pids, sizeof(uint32_t), 0);
    for (uint32_t at = 0; at < l->s->n_live && left; at++) {
        if (l->s->conn[at].state != TCP_STATE_LISTEN)
            continue;
        left--;
        const struct owner_group *g = listeners_share_port(&l->s->conn[at], &l->s->conn[row])
                                          ? sample_owner(l->s, at, NULL)
                                          : NULL;
        for (uint32_t i = 0; g && i < g->n; i++)
            (void)hash_table_add(&pids, &g->member[i]->pid, NULL);
    }
    f->who.others = pids.n > f->who.others + 1 ? pids.n - 1 : f->who.others;
    hash_table_fini(&pids);
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

    if (!holder)
        return;
    if (conn_is_let_go(&l->s->conn[holder->row])) /* a row that it still has is told of before */
        holder->row = row;
    if (++holder->n > most->n)
        *most = (struct share){.row = holder->row, .n = holder->n};
}

void suspects_count_holder(struct check *l, enum rule_id rule, struct bucket *bucket, uint32_t row)
{
    suspects_count(l, bucket->key + rule, row, &bucket->holder);
}

void suspects_name_holder(struct check *l, struct finding *f, const struct bucket *bucket)
{
    subjects_want_owners(l);
    if (bucket->holder.n)
        suspects_name_first(l, f, bucket->holder.row);
}
