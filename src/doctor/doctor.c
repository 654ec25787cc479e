/* SPDX-License-Identifier: MIT */
/* The doctor's round: what is looked at in a sample, which findings begin, go on and end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "check.h"
#include "doctor_told.h"
#include "sought.h"
#include "subjects.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/finding_scope.h"

#define SMALL_HOST     20000u /* rows; all are looked at in every sample */
#define CLEAR_NS       (15 * NS_PER_S)
#define CLEAR_LOOKS    2
#define HURRY          5   /* figures that decide something come so many times as often */
#define FIGURE_SHARE   0.4 /* of the budget */
#define OWNERS_KEPT_NS (60 * NS_PER_S) /* asked for after they were used last */

static const struct {
    void (*row)(struct check *l, uint32_t row, const struct conn *c); /* NULL: needs no rows */
    void (*check)(struct check *l);
} functions[RULE_COUNT] = {
#define RULE(ident, name, states, judges, wants, per_row, commands)                                \
    [RULE_##ident] = {per_row, rules_##name},
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
};

void doctor_looked(struct check *l, enum rule_id rule)
{
    if (!(l->skipped >> rule & 1))
        l->d->skip[rule] = LOOKED;
    l->checked |= UINT32_C(1) << rule;
}

void doctor_not_looked(struct check *l, enum rule_id rule, enum skip why)
{
    l->d->skip[rule] = (uint8_t)why;
    l->d->spared[rule] = 0;
    l->skipped |= UINT32_C(1) << rule;
}

void doctor_not_looked_in(struct check *l, enum rule_id rule, enum skip why, unsigned state)
{
    uint32_t spared = l->skipped >> rule & 1 ? l->d->spared[rule] : UINT32_MAX;

    doctor_not_looked(l, rule, why);
    l->d->spared[rule] = spared & ~STATE_BIT(state);
}

void doctor_undecided(struct check *l, enum rule_id rule)
{
    l->d->pending = true;
    doctor_looked(l, rule);
    doctor_not_looked(l, rule, SKIP_UNDECIDED);
}

static uint64_t finding_key(enum rule_id rule, const struct netns_ctx *p, uint64_t key)
{
    return hash_u64(key + (uint64_t)rule * 31 + (p ? (uint64_t)p->id << 32 : 0));
}

static struct finding *find(struct doctor *d, uint64_t key)
{
    for (uint32_t i = 0; i < d->n_active; i++)
        if (d->active[i].key == key)
            return &d->active[i];
    return NULL;
}

/* The settings that the namespace has not, as others than the first have no tcp_mem. Of a recording
 * it is not known. */
static uint32_t absent_sysctls(const struct check *l, const struct netns_ctx *p)
{
    bool recorded = sample_is_recorded(l->s);
    const struct host *h = p ? p->host : l->d->n_netns_ctxs ? l->d->netns_ctx[0].host : NULL;

    return recorded || !h || !h->sysctl_valid ? 0 : ~h->sysctl_valid;
}

/* Bit per figure of the rule that is an age. */
static uint8_t ages_of(enum rule_id rule)
{
    const struct rule_figure *figure;
    uint8_t ages = 0;

    for (unsigned which = 0; (figure = rule_figure(rule, which)); which++)
        ages |= (uint8_t)((figure->kind == KIND_OF_AGE) << which);
    return ages;
}

struct finding *doctor_report(struct check *l, enum rule_id rule, const struct netns_ctx *p,
                              uint64_t key, enum severity severity)
{
    struct doctor *d = l->d;
    uint64_t whole = finding_key(rule, p, key);
    struct finding *f = find(d, whole);
    int64_t since = f ? f->since_ns : l->now_ns, wall = f ? f->since_wall_ns : l->s->wall_ns;

    if (!f) {
        if (d->n_active == FINDINGS_MAX)
            return NULL;
        f = &d->active[d->n_active++];
    }
    *f = (struct finding){
        .key = whole,
        .rule = (uint8_t)rule,
        .severity = (uint8_t)severity,
        .since_ns = since,
        .since_wall_ns = wall,
        .seen_ns = l->now_ns,
        .marks = rules[rule].judges,
        .ages = ages_of(rule),
        .absent_sysctls = absent_sysctls(l, p),
        .scope = {.states = rules[rule].states, .ends = {.netns = p ? p->id : 0}},
    };
    if (p)
        memcpy(f->namespace, p->name, sizeof f->namespace);
    d->missed[f - d->active] = 0;
    return f;
}

struct finding *doctor_found(const struct check *l, enum rule_id rule, const struct netns_ctx *p,
                             uint64_t key)
{
    return find(l->d, finding_key(rule, p, key));
}

void doctor_forget(struct check *l, enum rule_id rule, const struct netns_ctx *p, uint64_t key)
{
    struct doctor *d = l->d;
    struct finding *f = find(d, finding_key(rule, p, key));

    if (f)
        doctor_drop(d, (uint32_t)(f - d->active));
}

bool doctor_blames(const struct check *l, enum rule_id rule, unsigned figure,
                   const struct netns_ctx *p)
{
    for (uint32_t i = 0; i < l->d->n_active; i++) {
        const struct finding *f = &l->d->active[i];
        if (f->rule == rule && f->subject == SUBJECT_LISTENER && f->scope.ends.netns == p->id &&
            f->valid >> figure & 1)
            return true;
    }
    return false;
}

/* Rows ------------------------------------------------------------------------------------------
 */

static void find_listeners(struct check *l)
{
    const struct sample *s = l->s;
    uint32_t left = s->count[TCP_STATE_LISTEN];

    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++)
        memset(&l->d->netns_ctx[i].listening, 0, sizeof l->d->netns_ctx[i].listening);
    for (uint32_t row = 0; row < s->n_live && left; row++) {
        if (s->conn[row].state != TCP_STATE_LISTEN)
            continue;
        if (!conn_port_unknown(&s->conn[row], false))
            port_set_add(&subjects_netns_of(l, &s->conn[row])->listening, s->conn[row].sport);
        left--;
    }
}

static void pass_rows(struct check *l)
{
    const struct sample *s = l->s;
    uint8_t by_state[TCP_STATE_COUNT][RULE_COUNT], n[TCP_STATE_COUNT] = {0};

    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        for (unsigned rule = 0; rule < RULE_COUNT; rule++)
            if (functions[rule].row && rules[rule].states >> state & 1)
                by_state[state][n[state]++] = (uint8_t)rule;
    find_listeners(l);
    rules_ports_begin(l);
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *c = &s->conn[row];

        if (c->state >= TCP_STATE_COUNT || c->flags & CONN_BOUND)
            continue;
        for (unsigned i = 0; i < n[c->state]; i++)
            functions[by_state[c->state][i]].row(l, row, c);
        rules_ports_row(l, c);
    }
}

/* Imports ---------------------------------------------------------------------------------------
 *
 * Text of another program tells only some of what a rule looks at, and of one moment. */

static void skip_untold(struct check *l)
{
    const struct sample *s = l->s;
    uint16_t untold[TCP_STATE_COUNT] = {0};

    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *c = &s->conn[row];
        if (c->state < TCP_STATE_COUNT)
            untold[c->state] |= (uint16_t)(c->unknown | (l->figures ? 0 : WANTS_AGE));
        if (c->state == TCP_STATE_LISTEN && c->rqueue) /* they may wait for a moment only */
            doctor_undecided(l, RULE_ACCEPT_STALLED);
    }
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
            if (rules[rule].states >> state & 1 && untold[state] & rules[rule].wants &&
                (state != TCP_STATE_LISTEN || rule != RULE_SYN_BACKLOG ||
                 s->count[TCP_STATE_SYN_RECV]))
                doctor_not_looked(l, (enum rule_id)rule, SKIP_UNTOLD);
    /* whatever else a rule lacks is what the text does not tell: no other sample will */
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        if (l->skipped >> rule & 1 && l->d->skip[rule] != SKIP_UNDECIDED)
            doctor_not_looked(l, (enum rule_id)rule, SKIP_UNTOLD);
}

/* Findings --------------------------------------------------------------------------------------
 */

void doctor_drop(struct doctor *d, uint32_t i)
{
    d->active[i] = d->active[--d->n_active];
    d->missed[i] = d->missed[d->n_active];
}

static void end_finding(struct doctor *d, uint32_t i, const struct check *l)
{
    uint32_t keep = d->n_ended < ENDED_MAX ? d->n_ended : ENDED_MAX - 1;

    memmove(&d->ended[1], &d->ended[0], keep * sizeof d->ended[0]);
    d->ended[0] = d->active[i];
    int64_t seen_wall_ns = l->s->wall_ns - (l->now_ns - d->active[i].seen_ns);
    finding_end(&d->ended[0], seen_wall_ns > 0 ? seen_wall_ns : 1);
    d->n_ended = keep + 1;
    doctor_drop(d, i);
}

static void settle(struct check *l)
{
    struct doctor *d = l->d;

    sought_name(l);
    for (uint32_t i = 0; i < d->n_active;) {
        const struct finding *f = &d->active[i];
        bool found = f->seen_ns == l->now_ns, asked = l->checked >> f->rule & 1;

        if (!found && asked && d->missed[i] < CLEAR_LOOKS)
            d->missed[i]++;
        if (!found && d->missed[i] >= CLEAR_LOOKS && l->now_ns - f->seen_ns >= CLEAR_NS)
            end_finding(d, i, l);
        else
            i++;
    }
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->severity != y->severity)
        return y->severity - x->severity;
    if (x->since_ns != y->since_ns)
        return x->since_ns < y->since_ns ? -1 : 1;
    return x->rule != y->rule ? x->rule - y->rule : (x->key > y->key) - (x->key < y->key);
}

static void publish(const struct doctor *d, struct sample *s)
{
    const struct doctor_notes *told = s->backend == BACKEND_FRAME ? &d->told : NULL;
    struct findings *f =
        findings_new(d->n_active + (told ? doctor_told_at(told, s) + ENDED_MAX : d->n_ended));

    findings_free(s->findings);
    s->findings = f;
    if (!f)
        return;
    f->n = d->n_active;
    memcpy(f->list, d->active, d->n_active * sizeof f->list[0]);
    for (uint32_t i = 0; i < d->n_active; i++)
        f->list[i].passing = d->missed[i] >= CLEAR_LOOKS;
    memcpy(f->skip, d->skip, sizeof d->skip);
    memcpy(f->spared, d->spared, sizeof d->spared);
    if (told && told->list) {
        doctor_told_add(told, s, f);
        doctor_told_skip(told, s, d->grows_fast, f);
    }
    if (told && !told->own)
        findings_skip_recorded(f->skip);
    doctor_told_ended(told && told->list ? told : NULL, s, d->ended, d->n_ended, f);
    qsort(f->list, f->n, sizeof f->list[0], compare_findings);
    causes_order(f);
    for (uint32_t i = 0; i < f->n; i++) {
        const bool warns = f->list[i].severity >= SEVERITY_WARNING, passing = f->list[i].passing;
        f->warnings += warns && !passing;
        f->passing += warns && passing;
        f->states |= warns && !passing ? f->list[i].marks : 0;
        f->worst = f->list[i].severity > f->worst ? f->list[i].severity : f->worst;
    }
    finding_compile(f);
}

_Static_assert(RULE_COUNT <= sizeof((struct findings *)0)->skip, "room for every rule");

/* The round -------------------------------------------------------------------------------------
 */

static void forget_all(struct doctor *d)
{
    d->n_netns_ctxs = d->n_active = d->n_ended = 0;
    d->looks = 0;
    d->rows_ns = d->figures_ns = d->owners_ns = 0;
    d->drops.n = 0;
    d->grows_fast = false;
    trends_fini(&d->candidates);
    memset(d->skip, SKIP_YET, sizeof d->skip);
}

static void note_cost(struct doctor *d, const struct sample *s)
{
    if (s->left_out) /* it costs as little as it lists */
        return;
    if (!s->metrics)
        d->plain_cpu_ns = s->cpu_ns;
    else if (d->plain_cpu_ns)
        d->extra_cpu_ns = s->cpu_ns > d->plain_cpu_ns ? s->cpu_ns - d->plain_cpu_ns : 0;
}

/* Figures cost no more than their share; so long they are waited for. */
static int64_t figures_gap_ns(const struct doctor *d)
{
    int64_t gap = (int64_t)(d->limits.value[THRESHOLD_DOCTOR_INFO_EVERY] * (double)NS_PER_S);
    double affordable = d->share > 0 ? (double)d->extra_cpu_ns / (d->share * FIGURE_SHARE) : 0;

    if (d->hurry)
        gap /= HURRY;
    return affordable > (double)gap ? (int64_t)affordable : gap;
}

static uint32_t doctor_needs(struct sample_observer *e, int64_t now_ns)
{
    struct doctor *d = (struct doctor *)e;
    uint32_t needs;

    if (d->eager)
        return NEED_TCP_INFO | NEED_OWNER | NEED_BOUND | NEED_DROPS;
    if (d->owners_ns && now_ns - d->owners_used_ns > OWNERS_KEPT_NS)
        d->owners_ns = 0;
    needs = (d->owners_ns ? NEED_OWNER : 0) | listener_drops_needs(d, now_ns);
    if (d->looks > 0 && d->n_live <= FIGURES_MOST &&
        now_ns - d->figures_ns >= figures_gap_ns(d) - NS_PER_S / 10)
        needs |= NEED_TCP_INFO;
    return needs;
}

static void begin(struct check *l)
{
    struct doctor *d = l->d;
    const struct sample *s = l->s;

    if (s->left_out) /* rows that are carried would be judged as if they had stood still */
        return;
    l->figures = s->metrics && s->n_live;
    if (s->needs & NEED_TCP_INFO) {
        d->figures_ns = l->now_ns;
        d->turn_figures++;
        d->hurry = false;
    }
    l->rows = d->eager || l->figures || s->n_live <= SMALL_HOST || !d->rows_ns ||
              l->now_ns - d->rows_ns >=
                  (int64_t)(d->limits.value[THRESHOLD_DOCTOR_INFO_EVERY] * (double)NS_PER_S);
    if (!l->rows)
        return;
    d->rows_ns = l->now_ns;
    d->turn_rows++;
    d->candidates.full = false;
    for (unsigned i = 0; i < RULE_COUNT; i++)
        trends_clear_buckets(&d->bucket_table[i]);
    trends_clear_buckets(&d->peers);
    trends_clear_buckets(&d->holders);
}

/* Rules that ask how a connection closes, and whether its data is read, see the subflows of MPTCP,
 * which stay ESTABLISHED and hand their data on at once (net/mptcp/protocol.c). Those that ask
 * whether a connection is used leave subflows out. */
static void leave_mptcp_out(struct check *l)
{
    static const enum rule_id not_of_mptcp[] = {RULE_CLOSE_WAIT, RULE_FIN_WAIT2,   RULE_LAST_ACK,
                                                RULE_FIN_WAIT1,  RULE_SLOW_READER, RULE_KEEPALIVE,
                                                RULE_GROWING};

    for (size_t i = 0; i < sizeof not_of_mptcp / sizeof not_of_mptcp[0]; i++)
        if (l->s->has_mptcp && l->d->skip[not_of_mptcp[i]] == LOOKED)
            doctor_not_looked(l, not_of_mptcp[i], SKIP_MPTCP);
}

static void doctor_observe(struct sample_observer *e, struct sample *s)
{
    struct doctor *d = (struct doctor *)e;
    struct check l = {.d = d, .s = s, .now_ns = s->mono_ns};

    if (s->netns_view != d->netns_view)
        forget_all(d);
    d->netns_view = s->netns_view;
    if (s->status != SAMPLE_FAILED) {
        note_cost(d, s);
        subjects_take_namespaces(d, s);
        d->n_live = s->n_live;
        d->pending = false;
        begin(&l);
        listener_drops_look(&l);
        if (l.rows)
            pass_rows(&l);
        for (unsigned rule = 0; rule < RULE_COUNT; rule++)
            functions[rule].check(&l);
        if (s->import)
            skip_untold(&l);
        leave_mptcp_out(&l);
        causes_link(&l);
        settle(&l);
        for (uint32_t i = 0; i < d->n_netns_ctxs; i++)
            trends_add_point(&d->netns_ctx[i], l.now_ns);
        d->looks++;
    }
    publish(d, s);
}

static void doctor_free(struct sample_observer *e)
{
    struct doctor *d = (struct doctor *)e;

    trends_fini(&d->candidates);
    rules_ports_free(d->routes);
    doctor_notes_fini(&d->told);
    free(d);
}

struct sample_observer *doctor_new(const struct limits *limits, bool eager, double share)
{
    struct doctor *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->observer = (struct sample_observer){doctor_needs, doctor_observe, doctor_free};
    d->limits = *limits;
    trends_init(&d->candidates);
    d->eager = eager;
    d->share = share;
    forget_all(d);
    return &d->observer;
}

int doctor_believe(struct sample_observer *e, const struct doctor_notes *notes)
{
    struct doctor *d = (struct doctor *)e;

    doctor_notes_fini(&d->told);
    d->told.own = notes->own;
    if (!notes->list || notes->judge != rules_digest(&d->limits))
        return 0;
    struct episode *list = calloc(notes->n ? notes->n : 1, sizeof *list);
    if (!list)
        return -ENOMEM;
    memcpy(list, notes->list, notes->n * sizeof *list);
    d->told = *notes;
    d->told.list = list;
    return 0;
}

bool doctor_pending(const struct sample_observer *e)
{
    return ((const struct doctor *)e)->pending;
}
