/* What the files of the doctor share. doctor.c keeps the findings and decides what is looked at;
 * trends.c has what is remembered between samples, subjects.c namespaces, processes
 * and peers; the predicates are in rules_state.c (rows by their state), rules_listener.c (their
 * queues), doctor_transfers.c (figures), rules_ports.c (ephemeral ports), rules_host.c (counters).
 */
#ifndef TCPTOP_SRC_DOCTOR_DOCTOR_INTERNAL_H
#define TCPTOP_SRC_DOCTOR_DOCTOR_INTERNAL_H

#include "tcptop/base/clock.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/doctor/active_close.h"
#include "tcptop/doctor/doctor.h"

#define FIGURES_MOST     250000u /* rows; with more, figures would take more memory than the rows */
#define NETNS_CTXS_MAX   64      /* namespaces; further ones are not looked at by counters */
#define RING             64      /* points of counters, at least a second apart */
#define BUCKETS_MAX      256     /* subjects of one rule in one sample */
#define FINDINGS_MAX     64
#define ENDED_MAX        16
#define REPORTS_MAX      8 /* of one rule, the largest */
#define RECENT_S         3
#define WINDOW_S         10
#define MINUTE_S         60
#define CANDIDATE_VALUES 5

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
    uint64_t resets[2];
};

/* Something that is watched from one look to the next; one that a look does not find is forgotten.
 */
struct candidate {
    int64_t since_ns;
    uint32_t turn; /* of the last look that found it */
    bool of_figures;
    bool fresh; /* not there at the look before */
    uint64_t value[CANDIDATE_VALUES];
};

struct candidates {
    struct hash_table by_key; /* uint64_t: struct suspect */
    uint32_t forget_at;       /* with so many, those that are not current are forgotten */
    bool full;                /* in this look */
};

/* Rows with something in common: those of a process, of a peer … */
struct bucket {
    uint64_t key;
    uint32_t row; /* one of them */
    uint32_t n, all;
    uint32_t
        awaits_metrics; /* rows that count only when tcp_info confirms it, which is not there yet */
    uint32_t top_row, top_n; /* the peer that most of them have, if top_n > 0 */
    bool unowned;            /* its process is not known yet */
    double worst, sum;
};

struct bucket_table {
    uint32_t n;
    uint16_t index[2 * BUCKETS_MAX]; /* number + 1, 0: free */
    struct bucket bucket[BUCKETS_MAX];
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
    struct bucket_table bucket_table[RULE_COUNT], peers;
    struct routes *routes; /* NULL until there is something to count */

    struct finding active[FINDINGS_MAX], ended[ENDED_MAX];
    uint8_t missed[FINDINGS_MAX]; /* looks that did not find it any more */
    uint32_t n_active, n_ended;
    uint8_t skip[RULE_COUNT];

    uint32_t netns_view;
    uint32_t looks; /* samples that were looked at */
    uint32_t turn_rows, turn_figures;
    int64_t rows_ns, figures_ns; /* of the last such look */
    int64_t plain_cpu_ns, extra_cpu_ns;
    int64_t owners_ns; /* since when owners are wanted; 0: they are not */
    int64_t owners_used_ns;
    uint32_t n_live;
    bool hurry;   /* figures decide something */
    bool pending; /* something needs another look */
};

/* One look at one sample. */
struct check {
    struct doctor *d;
    const struct sample *s;
    int64_t now_ns;
    bool rows, figures;
    uint32_t checked, skipped;   /* bit per rule: doctor_looked(), doctor_not_looked() */
    struct netns_ctx *netns_ctx; /* of the last row */
};

static inline double limit(const struct check *l, enum limit_id which)
{
    return l->d->limits.value[which];
}

/* doctor.c */

/** It holds: a finding with its figures to fill in. `key`: what tells it from others of the rule.
 *  `p`: NULL for the host. NULL: there is no room. */
struct finding *doctor_report(struct check *l, enum rule_id rule, const struct netns_ctx *p,
                              uint64_t key, enum severity severity);

/** Since when it holds, 0 when it does not. */
int64_t doctor_holds_since(const struct check *l, enum rule_id rule, const struct netns_ctx *p,
                           uint64_t key);

static inline void figure(struct finding *f, unsigned which, double value)
{
    f->value[which] = value;
    f->valid |= (uint8_t)(1u << which);
}

/** The rule was looked at, or why it was not. What could not be looked at in one namespace counts,
 *  however many others could. */
void doctor_looked(struct check *l, enum rule_id rule);
void doctor_not_looked(struct check *l, enum rule_id rule, enum skip why);

/** The thresholds are exceeded, but only another sample can confirm it: nothing is reported yet,
 * and nothing is called normal. */
void doctor_undecided(struct check *l, enum rule_id rule);

/* subjects.c */

/** Which namespaces the sample has, with what they say about themselves. */
void subjects_take_namespaces(struct doctor *d, const struct sample *s);

/** The namespace of a row. */
struct netns_ctx *subjects_netns_of(struct check *l, const struct conn *c);

/** What identifies the process of a row, and its name into a finding about it. */
uint64_t subjects_owner_key(struct check *l, uint32_t row, bool *unowned);
void subjects_name_owner(const struct check *l, struct finding *f, uint32_t row);

/** Is it too soon to call the process of the bucket unknown? Then owners are asked for, and the
 * rule is undecided. */
bool subjects_await_owner(struct check *l, enum rule_id rule, const struct bucket *bucket);

/** Since when the row is in its state as far as that was seen, in seconds. */
double subjects_age_s(const struct check *l, uint32_t row);

/** Figures of a row, NULL when not known. */
const struct tcp_metrics *subjects_metrics(const struct check *l, uint32_t row);

/** Is it worth waiting for them? */
bool subjects_metrics_possible(const struct check *l);

/** A field in seconds; false when not known. */
bool subjects_metrics_seconds(const struct tcp_metrics *f, enum tcp_metric field, double *seconds);

/** The row itself, the end of it that counts. */
uint64_t subjects_conn_key(const struct conn *c);
uint64_t subjects_peer_key(const struct conn *c, bool with_port);

/** Rules' lots, the largest first: `lot[REPORTS_MAX]`; returns how many have `least` or more. */
uint32_t subjects_largest(const struct bucket_table *bucket_table, uint32_t least,
                          const struct bucket *bucket[REPORTS_MAX]);

/** Count a row of `lot` with those of its peer. */
void subjects_count_peer(struct check *l, struct bucket *bucket, uint32_t row);
bool subjects_name_peer(struct check *l, struct finding *f,
                        const struct bucket *bucket); /* false: none */

/* trends.c */

/** How much a counter has grown over the last `seconds`, or since the look before if that is
 *  longer; `over_s` (may be NULL): over how many. False when not known. */
bool trends_grown(const struct check *l, const struct netns_ctx *p, enum host_counter which,
                  double seconds, uint64_t *by, double *over_s);
void trends_add_point(struct netns_ctx *p, int64_t now_ns);

/** The suspect with that key, new ones with `since_ns` now; NULL: no room. */
struct candidate *trends_candidate(struct check *l, enum rule_id rule, uint64_t key,
                                   bool of_figures);

/** One that stands for many, of which there are few: there is room for it even where suspects have
 *  none left. */
struct candidate *trends_group(struct check *l, enum rule_id rule, uint64_t key);
void trends_init(struct candidates *s);
void trends_fini(struct candidates *s);

/** The lot with that key, made by `row` if there is none; NULL: no room. */
struct bucket *trends_bucket(struct bucket_table *bucket_table, uint64_t key, uint32_t row);
void trends_clear_buckets(struct bucket_table *bucket_table);

/* The functions of each rule: the second one for each row in its states, where rules.def names it,
 * the first one after that. */
#define RULE(ident, name, states, judges, per_row, commands)                                       \
    void rules_##name(struct check *l);                                                            \
    void rules_##name##_row(struct check *l, uint32_t row, const struct conn *c);
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"

/* rules_ports.c */
void rules_ports_begin(struct check *l);
void rules_ports_row(struct check *l, const struct conn *c);
void rules_ports_free(struct routes *r);

#endif
