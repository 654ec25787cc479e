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
    int64_t low, high, available; /* ephemeral ports; available 0: not known */
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
    uint32_t checked;            /* bit per rule */
    struct netns_ctx *netns_ctx; /* of the last row */
};

static inline double limit(const struct check *l, enum limit_id which)
{
    return l->d->limits.value[which];
}

/* doctor.c */

/** It holds: a finding with its figures to fill in. `key`: what tells it from others of the rule.
 *  `p`: NULL for the host. NULL: there is no room. */
struct finding *report(struct check *l, enum rule_id rule, const struct netns_ctx *p, uint64_t key,
                       enum severity severity);

/** Since when it holds, 0 when it does not. */
int64_t holds_since(const struct check *l, enum rule_id rule, const struct netns_ctx *p,
                    uint64_t key);

static inline void figure(struct finding *f, unsigned which, double value)
{
    f->value[which] = value;
    f->valid |= (uint8_t)(1u << which);
}

/** The rule was looked at, or why it was not. */
void looked(struct check *l, enum rule_id rule);
void not_looked(struct check *l, enum rule_id rule, enum skip why);

/* subjects.c */

/** Which namespaces the sample has, with what they say about themselves. */
void take_netns_ctxs(struct doctor *d, const struct sample *s);

/** The namespace of a row. */
struct netns_ctx *netns_ctx_of(struct check *l, const struct conn *c);

/** What identifies the process of a row, and its name into a finding about it. */
uint64_t owner_key(struct check *l, uint32_t row, bool *unowned);
void name_owner(const struct check *l, struct finding *f, uint32_t row);

/** Is it too soon to call the process of the lot unknown? Then owners are asked for. */
bool awaits_owner(struct check *l, const struct bucket *bucket);

/** Since when the row is in its state as far as that was seen, in seconds. */
double seen_age_s(const struct check *l, uint32_t row);

/** Figures of a row, NULL when not known. */
const struct tcp_metrics *metrics_of(const struct check *l, uint32_t row);

/** Is it worth waiting for them? */
bool figures_possible(const struct check *l);

/** A field in seconds; false when not known. */
bool metrics_seconds(const struct tcp_metrics *f, enum tcp_metric field, double *seconds);

/** The row itself, the end of it that counts. */
uint64_t conn_key(const struct conn *c);
uint64_t peer_key(const struct conn *c, bool with_port);

/** Rules' lots, the largest first: `lot[REPORTS_MAX]`; returns how many have `least` or more. */
uint32_t largest_buckets(const struct bucket_table *bucket_table, uint32_t least,
                         const struct bucket *bucket[REPORTS_MAX]);

/** Count a row of `lot` with those of its peer. */
void count_peer_of(struct check *l, struct bucket *bucket, uint32_t row);
bool name_peer(struct check *l, struct finding *f, const struct bucket *bucket); /* false: none */

/* trends.c */

/** How much a counter has grown over the last `seconds`, or since the look before if that is
 *  longer; `over_s` (may be NULL): over how many. False when not known. */
bool grown(const struct check *l, const struct netns_ctx *p, enum host_counter which,
           double seconds, uint64_t *by, double *over_s);
void ring_add(struct netns_ctx *p, int64_t now_ns);

/** The suspect with that key, new ones with `since_ns` now; NULL: no room. */
struct candidate *candidate_at(struct check *l, enum rule_id rule, uint64_t key, bool of_figures);

/** One that stands for many, of which there are few: there is room for it even where suspects have
 *  none left. */
struct candidate *trend_at(struct check *l, enum rule_id rule, uint64_t key);
void candidates_init(struct candidates *s);
void candidates_fini(struct candidates *s);

/** The lot with that key, made by `row` if there is none; NULL: no room. */
struct bucket *bucket_table_at(struct bucket_table *bucket_table, uint64_t key, uint32_t row);
void bucket_table_clear(struct bucket_table *bucket_table);

/* The rules that pass over rows: one call for each row in their states. */
void row_close_wait(struct check *l, uint32_t row, const struct conn *c);
void row_accept_queue(struct check *l, uint32_t row, const struct conn *c);
void row_syn_backlog(struct check *l, uint32_t row, const struct conn *c);
void row_fin_wait2(struct check *l, uint32_t row, const struct conn *c);
void row_syn_sent(struct check *l, uint32_t row, const struct conn *c);
void row_last_ack(struct check *l, uint32_t row, const struct conn *c);
void row_fin_wait1(struct check *l, uint32_t row, const struct conn *c);
void row_zero_window(struct check *l, uint32_t row, const struct conn *c);
void row_slow_reader(struct check *l, uint32_t row, const struct conn *c);
void row_metrics(struct check *l, uint32_t row, const struct conn *c);
void row_keepalive(struct check *l, uint32_t row, const struct conn *c);

/* The predicates, after the rows. */
void check_close_wait(struct check *l);
void check_accept_queue(struct check *l);
void check_syn_backlog(struct check *l);
void check_ephemeral(struct check *l);
void check_bound(struct check *l);
void check_tw_table(struct check *l);
void check_fin_wait2(struct check *l);
void check_syn_sent(struct check *l);
void check_last_ack(struct check *l);
void check_fin_wait1(struct check *l);
void check_retransmission(struct check *l);
void check_flow_retrans(struct check *l);
void check_zero_window(struct check *l);
void check_slow_reader(struct check *l);
void check_send_buffer(struct check *l);
void check_keepalive(struct check *l);
void check_memory(struct check *l);
void check_resets(struct check *l);

/* rules_ports.c */
void ports_begin(struct check *l);
void ports_row(struct check *l, const struct conn *c);
void routes_free(struct routes *r);

#endif
