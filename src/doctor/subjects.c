/* Whom a finding is about: namespaces, processes, peers; and what is known of a row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_internal.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"

#define PEER_PART 10             /* a peer that has less than one of so many is not named */
#define OWNERS_NS (5 * NS_PER_S) /* until a process is called unknown */

struct place *place_of(struct look *l, const struct conn *c)
{
    struct doctor *d = l->d;

    if (d->n_places <= 1)
        return &d->place[0];
    if (l->place && l->place->id == c->netns)
        return l->place;
    for (uint32_t i = 0; i < d->n_places; i++)
        if (d->place[i].id == c->netns)
            return l->place = &d->place[i];
    return &d->place[0];
}

uint64_t conn_key(const struct conn *c)
{
    return c->flags & CONN_NO_COOKIE ? conn_tuple_hash(c) : c->cookie ^ (uint64_t)c->netns << 48;
}

uint64_t peer_key(const struct conn *c, bool with_port)
{
    uint64_t seed = (uint64_t)c->netns << 32 | (with_port ? c->dport : 0);

    return hash_bytes(c->dst, sizeof c->dst, hash_u64(seed));
}

double seen_age_s(const struct look *l, uint32_t row)
{
    return l->s->life ? (double)(l->s->now_ds - l->s->life[row].changed_ds) / 10 : 0;
}

const struct flow *flow_of(const struct look *l, uint32_t row)
{
    return l->figures ? snapshot_flow(l->s, row) : NULL;
}

static bool is_recorded(const struct snapshot *s)
{
    return s->backend == BACKEND_FRAME || s->backend == BACKEND_RAW;
}

bool figures_possible(const struct look *l)
{
    const struct snapshot *s = l->s;

    return l->figures ||
           (!is_recorded(s) && s->backend != BACKEND_PROC && s->n_live <= FIGURES_MOST);
}

bool flow_seconds(const struct flow *f, enum flow_field field, double *seconds)
{
    uint64_t ms;

    if (!flow_get(f, field, &ms))
        return false;
    *seconds = (double)ms / 1000;
    return true;
}

/* By its group; by its user where no process can be told. */
uint64_t owner_key(struct look *l, uint32_t row, bool *unowned)
{
    const struct owner_group *group = snapshot_owner(l->s, row, NULL);
    uint32_t word = l->s->owner ? l->s->owner[row] : OWNER_UNKNOWN;

    *unowned = !group && word != OWNER_NOBODY;
    return group ? UINT64_C(1) << 40 | group->member[0]->pid : l->s->conn[row].uid;
}

bool awaits_owner(struct look *l, const struct lot *lot)
{
    struct doctor *d = l->d;

    d->owners_used_ns = l->now_ns;
    if (!lot->unowned || (is_recorded(l->s) && !l->s->owner))
        return false;
    if (!d->owners_ns)
        d->owners_ns = l->now_ns;
    d->pending = true;
    return l->now_ns - d->owners_ns < OWNERS_NS;
}

void name_owner(const struct look *l, struct finding *f, uint32_t row)
{
    const struct owner_group *group = snapshot_owner(l->s, row, NULL);
    const struct owner *o = group ? group->member[0] : NULL;

    f->subject = SUBJECT_PROCESS;
    f->concern.by |= o ? CONCERN_PID : CONCERN_UID;
    f->concern.pid = o ? o->pid : 0;
    f->concern.uid = l->s->conn[row].uid;
    if (o)
        utf8_sanitise_into(f->process, sizeof f->process, o->process, strlen(o->process));
}

/* Of a server's clients each has a port of its own. */
static bool is_served(struct look *l, const struct conn *c)
{
    return port_set_has(&place_of(l, c)->listening, c->sport);
}

void count_peer_of(struct look *l, struct lot *lot, uint32_t row)
{
    const struct conn *c = &l->s->conn[row];
    uint64_t key = peer_key(c, !is_served(l, c)) ^ hash_u64(lot->key);
    struct lot *peer = bag_at(&l->d->peers, key, row);

    if (peer && ++peer->n > lot->top_n) {
        lot->top_n = peer->n;
        lot->top_row = row;
    }
}

bool name_peer(struct look *l, struct finding *f, const struct lot *lot)
{
    f->has_peer = lot->top_n > 0 && lot->top_n * PEER_PART >= lot->n;
    if (!f->has_peer)
        return false;
    f->peer = l->s->conn[lot->top_row];
    f->peer_port = !is_served(l, &f->peer);
    return true;
}

static int compare_lots(const void *a, const void *b)
{
    const struct lot *x = *(const struct lot *const *)a, *y = *(const struct lot *const *)b;

    return (x->n < y->n) - (x->n > y->n);
}

uint32_t largest_lots(const struct bag *bag, uint32_t least, const struct lot *lot[REPORTS_MAX])
{
    const struct lot *all[LOTS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < bag->n; i++)
        if (bag->lot[i].n >= least)
            all[n++] = &bag->lot[i];
    qsort(all, n, sizeof all[0], compare_lots);
    n = n < REPORTS_MAX ? n : REPORTS_MAX;
    memcpy(lot, all, n * sizeof all[0]);
    return n;
}

/* Namespaces ------------------------------------------------------------------------------------
 */

static void take_place(struct place *p, const struct host *h, const char *name)
{
    int64_t reserved = 0;

    p->used = true;
    p->host = h;
    snprintf(p->name, sizeof p->name, "%s", name);
    p->available = 0;
    if (host_sysctl(h, SYSCTL_PORT_LOW, &p->low) && host_sysctl(h, SYSCTL_PORT_HIGH, &p->high)) {
        (void)host_sysctl(h, SYSCTL_RESERVED_PORTS, &reserved);
        p->available = p->high - p->low + 1 - reserved;
    }
}

static struct place *place_with(struct doctor *d, uint16_t id)
{
    for (uint32_t i = 0; i < d->n_places; i++)
        if (d->place[i].id == id)
            return &d->place[i];
    if (d->n_places == PLACES_MAX)
        return NULL;
    memset(&d->place[d->n_places], 0, sizeof d->place[0]);
    d->place[d->n_places].id = id;
    return &d->place[d->n_places++];
}

void take_places(struct doctor *d, const struct snapshot *s)
{
    const struct netns_table *t = s->namespaces;
    bool several = t && t->several;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < d->n_places; i++)
        d->place[i].used = false;
    if (!several) {
        struct place *p = place_with(d, s->n_live ? s->conn[0].netns : s->netns_id);
        if (p)
            take_place(p, &s->host, "");
    }
    for (uint32_t i = 0; several && i < t->n; i++) {
        struct place *p = t->list[i].shown ? place_with(d, t->list[i].id) : NULL;
        if (p)
            take_place(p, &t->list[i].host, t->list[i].name);
    }
    for (uint32_t i = 0; i < d->n_places; i++) {
        if (!d->place[i].used)
            continue;
        if (kept != i)
            d->place[kept] = d->place[i];
        kept++;
    }
    d->n_places = kept;
}
