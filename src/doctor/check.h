/* SPDX-License-Identifier: MIT */
/* What a rule is given: the doctor, the sample being checked, and how it reports what it finds. */
#ifndef TCPTOP_SRC_DOCTOR_CHECK_H
#define TCPTOP_SRC_DOCTOR_CHECK_H

#include "listener_drops.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/active_close.h"
#include "tcptop/doctor/doctor.h"
#include "trends.h"

#define NETNS_CTXS_MAX 64 /* namespaces; the counters of further ones are not checked */
#define RING           64 /* points of counters, at least 0.9 s apart */
#define FINDINGS_MAX   64
#define ENDED_MAX      16

/* Seconds over which rules compare counters. */
#define RECENT_S 3
#define WINDOW_S 10
#define MINUTE_S 60

/* The counters of RULE_RESETS at one look. */
#define RESET_COUNTERS 5
struct reset_counts {
    uint64_t n[RESET_COUNTERS];
    uint8_t valid; /* bit per counter */
};

/* Resets far above the usual rate, from their begin on. */
struct storm {
    int64_t from_ns, last_ns; /* 0: there is none; the last look at which there were more */
    struct reset_counts from, last;
    unsigned which; /* of the first two counters exceeded its usual rate */
};

/* A namespace. */
struct netns_ctx {
    uint16_t id;
    bool used;
    const struct host *host; /* of the sample being looked at */
    char name[FINDING_NAME]; /* "" where there is one */
    struct port_set listening;
    struct port_range ports;
    struct {
        int64_t ns;
        uint32_t valid;
        uint64_t counter[COUNTER_COUNT];
    } ring[RING];
    uint32_t n, head; /* of the ring; head: where the next one goes */
    double usual[2];  /* resets per second: sent, of connections */
    int64_t usual_from_ns, usual_ns;
    struct reset_counts resets; /* at the look before */
    struct storm storm;
};

struct routes;

struct doctor {
    struct sample_observer observer;
    struct limits limits;
    bool eager;
    double share; /* of one core, for figures */

    struct netns_ctx netns_ctx[NETNS_CTXS_MAX];
    uint32_t n_netns_ctxs;
    struct candidates candidates;
    struct bucket_table bucket_table[RULE_COUNT], peers, holders;
    struct listener_drops drops;
    struct routes *routes; /* NULL until there is something to count */

    struct finding active[FINDINGS_MAX], ended[ENDED_MAX];
    uint8_t missed[FINDINGS_MAX]; /* checks that did not find it any more */
    uint32_t n_active, n_ended;
    uint8_t skip[RULE_COUNT];
    uint32_t spared[RULE_COUNT]; /* see struct findings */

    uint32_t netns_view;
    uint32_t looks; /* samples that were checked */
    uint32_t turn_rows, turn_figures;
    int64_t rows_ns, figures_ns; /* of the last such check */
    struct doctor_notes told;    /* of the recording; owned */
    int64_t plain_cpu_ns, extra_cpu_ns;
    int64_t owners_ns; /* since when owners are wanted; 0: they are not */
    int64_t owners_used_ns;
    uint32_t n_live;
    bool grows_fast; /* RULE_GROWING suspects something, as far as was seen */
    bool hurry;      /* tcp_info decides something */
    bool pending;    /* something needs another sample */
};

/* One sample being checked. */
struct check {
    struct doctor *d;
    const struct sample *s;
    int64_t now_ns;
    bool rows, figures;
    bool backlog_unknown;        /* of a listener */
    uint32_t checked, skipped;   /* bit per rule: doctor_looked(), doctor_not_looked() */
    struct netns_ctx *netns_ctx; /* of the last row */
};

static inline double limit(const struct check *l, enum limit_id which)
{
    return l->d->limits.value[which];
}

/** Report that the rule holds. Returns the finding, for its figures to be filled in; NULL when
 * there is no room. `p`: its namespace, NULL for the host. `key` tells it from others of the rule.
 */
struct finding *doctor_report(struct check *l, enum rule_id rule, const struct netns_ctx *p,
                              uint64_t key, enum severity severity);

/** Take the finding number `i` away, as if it had not been; another takes its place. */
void doctor_drop(struct doctor *d, uint32_t i);

/** What the rule found with that key, and has not ended; NULL: nothing. It is valid until something
 * is reported or forgotten. */
struct finding *doctor_found(const struct check *l, enum rule_id rule, const struct netns_ctx *p,
                             uint64_t key);

/** Forget at once what the rule found with that key: another finding says more of the same.
 * Findings that were reported before may lie elsewhere then. */
void doctor_forget(struct check *l, enum rule_id rule, const struct netns_ctx *p, uint64_t key);

/** Has the rule found a listener of the namespace that has the figure, now or a moment ago? */
bool doctor_blames(const struct check *l, enum rule_id rule, unsigned figure,
                   const struct netns_ctx *p);

static inline void figure(struct finding *f, unsigned which, double value)
{
    f->value[which] = value;
    f->valid |= (uint8_t)(1u << which);
}

/** The same of a lower bound: it may be more. */
static inline void figure_at_least(struct finding *f, unsigned which, double value)
{
    figure(f, which, value);
    f->at_least |= (uint8_t)(1u << which);
}

/** A figure that is exact, or else a lower bound. */
static inline void figure_age(struct finding *f, unsigned which, double seconds, bool exact)
{
    if (exact)
        figure(f, which, seconds);
    else
        figure_at_least(f, which, seconds);
}

/** The rule was looked at, or why it was not. What could not be looked at in one namespace counts,
 *  however many others could. */
void doctor_looked(struct check *l, enum rule_id rule);
void doctor_not_looked(struct check *l, enum rule_id rule, enum skip why);

/** The same of rows in `state` alone: of other states the rule can tell all the same. */
void doctor_not_looked_in(struct check *l, enum rule_id rule, enum skip why, unsigned state);

/** The thresholds are exceeded, but only another sample can confirm it: nothing is reported yet,
 * and nothing is called normal. */
void doctor_undecided(struct check *l, enum rule_id rule);

/* The functions of each rule: the second one is called for each row in its states, where rules.def
 * names it, and then the first one. */
#define RULE(ident, name, states, judges, wants, per_row, commands)                                \
    void rules_##name(struct check *l);                                                            \
    void rules_##name##_row(struct check *l, uint32_t row, const struct conn *c);
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"

/** For how many seconds at least nothing was accepted from the listener, which has a queue and was
 *  looked at by RULE_ACCEPT_STALLED before. */
double rules_accept_stalled_s(struct check *l, const struct conn *c);

/* The ephemeral ports of all rows are counted for RULE_EPHEMERAL, whatever their state. */
void rules_ports_begin(struct check *l);
void rules_ports_row(struct check *l, const struct conn *c);
void rules_ports_free(struct routes *r);

#endif
