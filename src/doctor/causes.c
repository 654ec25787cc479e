/* SPDX-License-Identifier: MIT */
/* Findings are made by rules that know nothing of each other; here they are put together. */
#include "causes.h"

#include "suspects.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/doctor/listeners.h"
#include "tcptop/model/watch.h"

/* Was it found in this round, or is it only not over yet? */
static bool is_new(const struct check *l, const struct finding *f)
{
    return f->seen_ns == l->now_ns;
}

/* Is the remote end of `c` an address of this host, or namespace? It is where a listener has that
 * very address, on the loopback, and where a connection to it comes from it. */
static bool leads_here(const struct check *l, const struct conn *c, const struct conn *listener)
{
    static const uint8_t any[16];

    if (memcmp(listener->src, any, sizeof any) != 0 || conn_is_loopback(c) ||
        memcmp(c->src, c->dst, sizeof c->src) == 0)
        return true;
    for (uint32_t row = 0; row < l->s->n_live; row++) {
        const struct conn *other = &l->s->conn[row];
        if (other->family == c->family && other->netns == c->netns &&
            memcmp(other->src, c->dst, sizeof c->dst) == 0)
            return true;
    }
    return false;
}

static bool is_full_listener(const struct finding *f)
{
    return f->rule == RULE_ACCEPT_QUEUE && f->subject == SUBJECT_LISTENER;
}

static bool has_full_queue(const struct check *l, const struct finding *cause,
                           const struct finding *f)
{
    const struct conn *c = &f->scope.ends;

    return is_full_listener(cause) && listeners_takes(&cause->scope.ends, c, true) &&
           leads_here(l, c, &cause->scope.ends);
}

static bool is_same_listener(const struct check *l, const struct finding *cause,
                             const struct finding *f)
{
    const struct conn *full = &cause->scope.ends, *c = &f->scope.ends;

    (void)l;
    return is_full_listener(cause) && f->subject == SUBJECT_LISTENER &&
           (c->state == TCP_STATE_LISTEN ? listeners_share_port(full, c)
                                         : listeners_takes(full, c, false));
}

/* Is it the row of the process that the finding names, or of its service and user where processes
 * are hidden? */
static bool is_of(const struct check *l, const struct finding_process *w, uint32_t row)
{
    const struct owner_group *g = sample_owner(l->s, row, NULL);
    const char *service = sample_cgroup(l->s, row);

    if (g || w->pid)
        return g && g->member[0]->pid == w->pid;
    return service && strcmp(service, w->service) == 0 && l->s->conn[row].uid == w->uid;
}

/* Is the other end of the connection here, with the process that does not read? */
static bool does_not_read(const struct check *l, const struct finding *cause,
                          const struct finding *f)
{
    if (cause->rule != RULE_SLOW_READER)
        return false;
    for (uint32_t row = 0; row < l->s->n_live; row++)
        if (watch_is_peer(&f->scope.ends, &l->s->conn[row]) && l->s->conn[row].rqueue)
            return is_of(l, &cause->who, row);
    return false;
}

/* Has the leak of the process that holds the listener taken most of its descriptors? */
static bool leaks_descriptors(const struct check *l, const struct finding *cause,
                              const struct finding *f)
{
    (void)l;
    return cause->rule == RULE_CLOSE_WAIT && cause->who.pid && cause->who.pid == f->who.pid &&
           finding_files_full(&f->who) &&
           cause->value[FIGURE_CLOSE_WAIT_LEAKED] * 2 >= (double)f->who.files_max;
}

static const struct {
    uint8_t rule, cause;
    bool is_note; /* there is nothing to be done about it */
    bool (*follows)(const struct check *l, const struct finding *cause, const struct finding *f);
} links[] = {
    {RULE_SYN_SENT, RULE_ACCEPT_QUEUE, true, has_full_queue},
    {RULE_SYN_BACKLOG, RULE_ACCEPT_QUEUE, true, is_same_listener},
    {RULE_ZERO_WINDOW, RULE_SLOW_READER, true, does_not_read},
    {RULE_ACCEPT_QUEUE, RULE_CLOSE_WAIT, false, leaks_descriptors},
    {RULE_ACCEPT_STALLED, RULE_CLOSE_WAIT, false, leaks_descriptors},
};

bool doctor_cause_open(const struct findings *f, unsigned state)
{
    for (uint32_t i = 0; i < f->n; i++)
        for (unsigned which = 0; which < sizeof links / sizeof links[0]; which++)
            if (f->list[i].marks >> state & 1 && links[which].rule == f->list[i].rule &&
                !f->list[i].cause.key && f->skip[links[which].cause] == SKIP_UNDECIDED)
                return true;
    return false;
}

static void link_to(struct finding *f, struct finding *cause, bool is_note)
{
    f->cause = (struct finding_cause){
        .key = cause->key, .rule = cause->rule, .ends = cause->scope.ends, .who = cause->who};
    if (is_note) {
        f->severity = SEVERITY_INFO;
        cause->follow += (uint32_t)f->value[0]; /* its first figure counts connections */
    } else {
        f->advice = ADVICE_CAUSE;
    }
}

/* The process that has the other end, where that is on this host and does not take what has come:
 * it is named before it has done so for long enough to be a finding of its own. */
static void name_reader(struct check *l, struct finding *f)
{
    struct finding reader = {.key = 0};

    for (uint32_t row = 0; row < l->s->n_live; row++) {
        if (!watch_is_peer(&f->scope.ends, &l->s->conn[row]) || !l->s->conn[row].rqueue)
            continue;
        suspects_name_first(l, &reader, row);
        if (!reader.who.pid && !reader.who.service[0])
            return;
        f->cause = (struct finding_cause){.rule = RULE_SLOW_READER, .who = reader.who};
        f->advice = ADVICE_READER;
        return;
    }
}

static void link_one(struct check *l, struct finding *f, unsigned which)
{
    for (uint32_t i = 0; i < l->d->n_active; i++) {
        struct finding *cause = &l->d->active[i];
        if (cause == f || !links[which].follows(l, cause, f))
            continue;
        link_to(f, cause, links[which].is_note);
        return;
    }
}

_Static_assert(FIGURE_SYN_SENT_COUNT == 0 && FIGURE_SYN_BACKLOG_COUNT == 0 &&
                   FIGURE_ZERO_WINDOW_SHUT == 0,
               "the first figure counts connections");

void causes_link(struct check *l)
{
    if (!l->rows)
        return;
    for (uint32_t i = 0; i < l->d->n_active; i++)
        l->d->active[i].follow = 0;
    for (uint32_t i = 0; i < l->d->n_active; i++)
        for (unsigned which = 0; which < sizeof links / sizeof links[0]; which++)
            if (links[which].rule == l->d->active[i].rule && is_new(l, &l->d->active[i]))
                link_one(l, &l->d->active[i], which);
    for (uint32_t i = 0; i < l->d->n_active; i++)
        if (l->d->active[i].rule == RULE_ZERO_WINDOW && is_new(l, &l->d->active[i]) &&
            !l->d->active[i].cause.key)
            name_reader(l, &l->d->active[i]);
}

/* Where the list has the finding with that key, UINT32_MAX: nowhere. */
static uint32_t place_of(const struct findings *f, uint64_t key)
{
    for (uint32_t i = 0; i < f->n && key; i++)
        if (f->list[i].key == key)
            return i;
    return UINT32_MAX;
}

/* Append the finding, then those that follow from it. */
static void take(const struct findings *f, uint32_t at, uint32_t *order, bool *taken, uint32_t *n)
{
    if (taken[at])
        return;
    taken[at] = true;
    order[(*n)++] = at;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->list[i].cause.key && f->list[i].cause.key == f->list[at].key)
            take(f, i, order, taken, n);
}

void causes_order(struct findings *f)
{
    uint32_t order[FINDINGS_MAX], n = 0;
    bool taken[FINDINGS_MAX] = {false};
    struct finding *list = f->n ? malloc(f->n * sizeof *list) : NULL;

    if (!list) /* without memory they are in order of severity */
        return;
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t root = i, cause;
        for (uint32_t step = 0; step < f->n; step++) {
            cause = place_of(f, f->list[root].cause.key);
            root = cause == UINT32_MAX ? root : cause;
        }
        take(f, root, order, taken, &n);
        take(f, i, order, taken, &n);
    }
    for (uint32_t i = 0; i < n; i++)
        list[i] = f->list[order[i]];
    memcpy(f->list, list, n * sizeof *list);
    free(list);
}
