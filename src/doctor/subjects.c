/* SPDX-License-Identifier: MIT */
/* Whom a finding is about: namespaces, processes, peers; and what is known of a row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/listeners.h"

#define PEER_PART 10             /* a peer that has less than one of so many is not named */
#define OWNERS_NS (5 * NS_PER_S) /* until a process is called unknown */

struct netns_ctx *subjects_netns_of(struct check *l, const struct conn *c)
{
    struct doctor *d = l->d;

    if (d->n_netns_ctxs <= 1)
        return &d->netns_ctx[0];
    if (l->netns_ctx && l->netns_ctx->id == c->netns)
        return l->netns_ctx;
    for (uint32_t i = 0; i < d->n_netns_ctxs; i++)
        if (d->netns_ctx[i].id == c->netns)
            return l->netns_ctx = &d->netns_ctx[i];
    return &d->netns_ctx[0];
}

uint64_t subjects_conn_key(const struct conn *c)
{
    return c->flags & CONN_NO_COOKIE ? conn_tuple_hash(c, 0) : c->cookie ^ (uint64_t)c->netns << 48;
}

static bool peer_unknown(const struct conn *c, bool with_port)
{
    return conn_address_unknown(c, true) || (with_port && conn_port_unknown(c, true));
}

uint64_t subjects_peer_key(const struct conn *c, bool with_port)
{
    uint64_t seed = (uint64_t)c->netns << 32 | (with_port ? c->dport : 0);
    uint8_t address[16];

    if (peer_unknown(c, with_port)) /* it equals no other one */
        return hash_u64(subjects_conn_key(c)) ^ c->inode;
    conn_plain_address(c, true, address);
    return hash_bytes(address, sizeof address, hash_u64(seed));
}

struct state_age subjects_age(const struct check *l, uint32_t row, struct candidate *one)
{
    struct state_age age = state_age_of(l->s, row);
    int64_t since = l->now_ns - (int64_t)age.ms * NS_PER_MS;

    if (!one)
        return age;
    if (age.exact || since < one->since_ns)
        one->since_ns = since;
    age.ms = (uint64_t)((l->now_ns - one->since_ns) / NS_PER_MS);
    return age;
}

double subjects_since_s(const struct check *l, int64_t since_ns)
{
    return (double)(l->now_ns - since_ns) / (double)NS_PER_S;
}

const struct tcp_metrics *subjects_metrics(const struct check *l, uint32_t row)
{
    return l->figures ? sample_metrics(l->s, row) : NULL;
}

bool subjects_metrics_possible(const struct check *l)
{
    const struct sample *s = l->s;

    return l->figures ||
           (!sample_is_recorded(s) && s->backend != BACKEND_PROC && s->n_live <= FIGURES_MOST);
}

bool subjects_metrics_seconds(const struct tcp_metrics *f, enum tcp_metric field, double *seconds)
{
    uint64_t ms;

    if (!tcp_metrics_get(f, field, &ms))
        return false;
    *seconds = (double)ms / 1000;
    return true;
}

/* A key for the user and the service of a row. */
static uint64_t hidden_key(const struct sample *s, uint32_t row)
{
    const char *service = sample_cgroup(s, row);
    uint32_t uid = s->conn[row].uid;

    return service ? hash_bytes(service, strlen(service), hash_u64(uid)) >> 2 | UINT64_C(1) << 62
                   : uid;
}

uint64_t subjects_owner_key(struct check *l, uint32_t row, bool *unowned)
{
    const struct owner_group *group = sample_owner(l->s, row, NULL);
    uint32_t word = l->s->owner ? l->s->owner[row] : OWNER_UNKNOWN;

    *unowned = !group && word != OWNER_NOBODY;
    return group ? UINT64_C(1) << 40 | group->member[0]->pid : hidden_key(l->s, row);
}

void subjects_want_owners(struct check *l)
{
    l->d->owners_used_ns = l->now_ns;
    if (!l->d->owners_ns)
        l->d->owners_ns = l->now_ns;
}

bool subjects_await_owner(struct check *l, enum rule_id rule, const struct bucket *bucket)
{
    struct doctor *d = l->d;

    d->owners_used_ns = l->now_ns;
    if (!bucket->unowned || (sample_is_recorded(l->s) && !l->s->owner))
        return false;
    subjects_want_owners(l);
    d->pending = true;
    if (l->now_ns - d->owners_ns >= OWNERS_NS)
        return false;
    doctor_undecided(l, rule);
    return true;
}

/* Is `name` what the sample calls the service, whole, and may it stand between quotes? */
static bool can_be_filtered(const char *service, const char *name)
{
    return service && strcmp(service, name) == 0 && !strchr(name, '"');
}

void subjects_name_owner(struct check *l, struct finding *f, uint32_t row)
{
    suspects_name_first(l, f, row);
    f->subject = SUBJECT_PROCESS;
    f->scope.by |= f->who.pid ? SCOPE_PID : f->who.unseen == UNSEEN_UNTOLD ? 0 : SCOPE_UID;
    if (!f->who.pid && can_be_filtered(sample_cgroup(l->s, row), f->who.service))
        f->scope.by |= SCOPE_SERVICE;
    f->scope.pid = f->who.pid;
    f->scope.uid = l->s->conn[row].uid;
    f->sought = !f->who.pid && f->who.unseen == UNSEEN_YET;
    f->advice = (uint8_t)suspects_advice_to_run(f, ADVICE_RULE);
}

void subjects_name_sought(struct check *l, struct finding *f, uint32_t row)
{
    const enum advice advice = (enum advice)f->advice;

    suspects_name_first(l, f, row);
    f->scope.by = (f->scope.by & ~(uint32_t)(SCOPE_UID | SCOPE_SERVICE)) | SCOPE_PID;
    f->scope.pid = f->who.pid;
    f->advice = (uint8_t)suspects_advice_to_run(f, advice);
}

/* Do several listen on this very address and port (SO_REUSEPORT)? */
static bool shares_its_port(const struct check *l, const struct conn *c)
{
    uint32_t left = l->s->count[TCP_STATE_LISTEN], n = 0;

    for (uint32_t row = 0; row < l->s->n_live && left && n < 2; row++) {
        const struct conn *other = &l->s->conn[row];
        if (other->state != TCP_STATE_LISTEN)
            continue;
        left--;
        n += listeners_share_port(other, c);
    }
    return n > 1;
}

void subjects_name_listener(struct check *l, struct finding *f, uint32_t row)
{
    f->subject = SUBJECT_LISTENER;
    f->scope.states = STATE_BIT(TCP_STATE_LISTEN);
    f->scope.ends = l->s->conn[row];
    f->scope.by = SCOPE_SRC | SCOPE_SPORT;
    if (f->scope.ends.inode && shares_its_port(l, &f->scope.ends))
        f->scope.by |= SCOPE_INODE;
    suspects_name(l, f, row);
}

bool subjects_is_served(struct check *l, const struct conn *c)
{
    return port_set_has(&subjects_netns_of(l, c)->listening, c->sport);
}

void subjects_count_peer(struct check *l, enum rule_id rule, struct bucket *bucket, uint32_t row)
{
    const struct conn *c = &l->s->conn[row];
    uint64_t key =
        subjects_peer_key(c, !subjects_is_served(l, c)) ^ hash_u64(hash_u64(bucket->key) + rule);
    struct bucket *peer = trends_bucket(&l->d->peers, key, row);

    if (peer && ++peer->n > bucket->top_n) {
        bucket->top_n = peer->n;
        bucket->top_row = row;
    }
}

bool subjects_name_peer(struct check *l, struct finding *f, const struct bucket *bucket)
{
    f->has_peer = bucket->top_n > 0 && bucket->top_n * PEER_PART >= bucket->n &&
                  !conn_address_unknown(&l->s->conn[bucket->top_row], true);
    if (!f->has_peer)
        return false;
    f->peer = l->s->conn[bucket->top_row];
    f->peer_port = !subjects_is_served(l, &f->peer);
    return true;
}

static int compare_buckets(const void *a, const void *b)
{
    const struct bucket *x = *(const struct bucket *const *)a,
                        *y = *(const struct bucket *const *)b;

    return (x->n < y->n) - (x->n > y->n);
}

uint32_t subjects_largest(const struct bucket_table *bucket_table, uint32_t least,
                          const struct bucket *bucket[REPORTS_MAX])
{
    const struct bucket *all[BUCKETS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < bucket_table->n; i++)
        if (bucket_table->bucket[i].n >= least)
            all[n++] = &bucket_table->bucket[i];
    qsort(all, n, sizeof all[0], compare_buckets);
    n = n < REPORTS_MAX ? n : REPORTS_MAX;
    memcpy(bucket, all, n * sizeof all[0]);
    return n;
}

/* Namespaces ------------------------------------------------------------------------------------
 */

static void take_netns_ctx(struct netns_ctx *p, const struct host *h, const char *name)
{
    p->used = true;
    p->host = h;
    snprintf(p->name, sizeof p->name, "%s", name);
    (void)host_port_range(h, &p->ports);
}

static struct netns_ctx *netns_ctx_with(struct doctor *d, uint16_t id)
{
    for (uint32_t i = 0; i < d->n_netns_ctxs; i++)
        if (d->netns_ctx[i].id == id)
            return &d->netns_ctx[i];
    if (d->n_netns_ctxs == NETNS_CTXS_MAX)
        return NULL;
    memset(&d->netns_ctx[d->n_netns_ctxs], 0, sizeof d->netns_ctx[0]);
    d->netns_ctx[d->n_netns_ctxs].id = id;
    return &d->netns_ctx[d->n_netns_ctxs++];
}

void subjects_take_namespaces(struct doctor *d, const struct sample *s)
{
    const struct netns_table *t = s->namespaces;
    bool several = t && t->several;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < d->n_netns_ctxs; i++)
        d->netns_ctx[i].used = false;
    if (!several) {
        struct netns_ctx *p = netns_ctx_with(d, s->n_live ? s->conn[0].netns : s->netns_id);
        if (p)
            take_netns_ctx(p, &s->host, "");
    }
    for (uint32_t i = 0; several && i < t->n; i++) {
        struct netns_ctx *p = t->list[i].shown ? netns_ctx_with(d, t->list[i].id) : NULL;
        if (p)
            take_netns_ctx(p, &t->list[i].host, t->list[i].name);
    }
    for (uint32_t i = 0; i < d->n_netns_ctxs; i++) {
        if (!d->netns_ctx[i].used)
            continue;
        if (kept != i)
            d->netns_ctx[kept] = d->netns_ctx[i];
        kept++;
    }
    d->n_netns_ctxs = kept;
}
