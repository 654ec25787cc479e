/* One sample: everything a reader needs, immutable once published.
 *
 * Rows 0 … n_live−1 were in the dump; then come n_missing rows that the last dump had and this one
 * had not (dumps have gaps, so they are not dead yet), then n_closed rows that have died lately,
 * newest first. A row is named by (sample, index). */
#ifndef TCPTOP_MODEL_SAMPLE_H
#define TCPTOP_MODEL_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/close_stats.h"
#include "tcptop/model/conn.h"
#include "tcptop/model/finding.h"
#include "tcptop/model/history.h"
#include "tcptop/model/host.h"
#include "tcptop/model/netns.h"
#include "tcptop/model/owner.h"
#include "tcptop/model/rate.h"
#include "tcptop/model/tcp_metrics.h"
#include "tcptop/model/watch.h"

struct predicate;

#define SAMPLE_CLOSED_MAX 1000u /* closed rows kept; the rest are only counted */

/* Optional groups of figures, and what a sample must ask the kernel for. */
enum need {
    NEED_TCP_INFO = 1,    /* tcp_info */
    NEED_BOUND = 2,       /* bound-only sockets (BOUND_INACTIVE) */
    NEED_RATES = 4,       /* bytes per second, who limits; takes NEED_TCP_INFO along */
    NEED_OWNER = 8,       /* processes that hold the sockets */
    NEED_CONGESTION = 16, /* the name of the congestion control; takes NEED_TCP_INFO along */
    NEED_USER = 32,       /* names of users; takes NEED_OWNER along */
};

/** All figures of connections. */
#define NEED_METRICS ((uint32_t)(NEED_TCP_INFO | NEED_RATES | NEED_CONGESTION))

/** What is asked for, and what that takes along. */
static inline uint32_t needs_whole(uint32_t needs)
{
    if (needs & (NEED_RATES | NEED_CONGESTION))
        needs |= NEED_TCP_INFO;
    return needs & NEED_USER ? needs | NEED_OWNER : needs;
}

#define CONGESTION_NAME 16 /* TCP_CA_NAME_MAX, NUL included */
#define CONGESTION_MAX  16 /* names in one sample */

#define SAMPLE_LANGUAGES 2   /* LANG_COUNT of text.h */
#define SAMPLE_WHY       160 /* bytes of a cause, NUL included */

enum sample_status { SAMPLE_COMPLETE, SAMPLE_PARTIAL, SAMPLE_FAILED };

/* Where the rows came from, best first. */
enum sample_backend {
    BACKEND_NETLINK,        /* one walk for both families, TCPDIAG_GETSOCK */
    BACKEND_NETLINK_FAMILY, /* SOCK_DIAG_BY_FAMILY, IPv4 then IPv6 */
    BACKEND_PROC,           /* /proc/net/tcp, /proc/net/tcp6: degraded, exit code 3 */
    BACKEND_FRAME,          /* a recorded frame */
    BACKEND_RAW,            /* what `ss -D` wrote: no header, host facts unknown */
};

enum row_kind { ROW_LIVE, ROW_MISSING, ROW_CLOSED };

/* When things happened to a row, in tenths of a second since the sampler started (wraps after
 * 13 years). born_ds 0: was there at the first sample, so it is at least that old. */
struct row_times {
    uint32_t born_ds;
    uint32_t changed_ds; /* last change of state that was seen; born_ds when none */
};

struct sample {
    uint64_t seq;             /* number of the sample, from 1 */
    int64_t mono_ns, wall_ns; /* when the dump was complete */
    uint32_t now_ds;          /* the same on the clock of struct row_times */

    uint32_t n_live, n_missing, n_closed;
    uint32_t cap;
    struct conn *conn;       /* n_live + n_missing + n_closed; owned, like all arrays here */
    struct row_times *times; /* closed rows: changed_ds is the time of death */
    struct tcp_metrics
        *metrics; /* live rows, and the last ones of missing rows; NULL: not asked for */
    struct tcp_metrics *metrics_store; /* its memory, kept while not asked for */
    uint32_t metrics_cap;
    struct tcp_metrics *final; /* closed rows: their last figures, if any; NULL: none has */
    struct rate *rate;       /* all rows; NULL when not asked for, or without a sample to compare */
    struct rate *rate_store; /* its memory */
    uint32_t rate_cap;
    struct watch *watch; /* what is watched closely, see watch.h */
    uint32_t n_watch, watch_cap;
    char congestion[CONGESTION_MAX][CONGESTION_NAME]; /* names that flows point to, from 1 on */
    uint8_t n_congestion;
    uint32_t *owner;       /* a word for each row, see model/owner.h; NULL when not asked for */
    uint32_t *owner_store; /* its memory */
    uint32_t owner_cap;
    struct owner_table *owners; /* what the words mean; a reference, NULL when not asked for */
    uint32_t ownerless;         /* live rows with a file that no process we may look at holds */

    struct row_stream *row_stream; /* while filling: judges the rows that come; NULL: all stay */
    struct sample *lender;         /* see sample_split(): whose arrays these are; NULL: its own */
    bool downwards;                /* rows lie before `conn`, the last one first */
    atomic_uint room;              /* rows that nobody who borrowed has taken yet */

    uint32_t needs;                  /* what was asked for, enum need */
    uint32_t total;                  /* live rows */
    uint32_t count[TCP_STATE_COUNT]; /* live rows; BOUND_INACTIVE apart from CLOSE */
    bool streamed;          /* total and count are of what passed a sieve, see row_stream.h; of
                             that only the first rows are here */
    uint32_t born, changed; /* rows that appeared, changed state in this sample */
    uint64_t closed_total;  /* deaths of rows since the start */
    struct transitions transitions; /* transitions seen since the start */
    uint32_t duplicates;            /* records dropped: same cookie twice in one dump */
    uint32_t rejected;              /* malformed records refused by the parser */

    bool close_events_known; /* the kernel told of all ends since the sample before, but for the
                         lost ones: `unseen` and so on mean something */
    struct close_stats close_stats;       /* since the last sample that did not fail */
    struct close_stats close_stats_total; /* since the start */
    struct sample *ended;  /* until the join: what was told, as live rows in order of time */
    uint32_t ended_before; /* so many of them were told before the dump began */
    const struct predicate *count_only; /* until the join: of `closed` and `unseen`; NULL: all */

    struct host host;
    struct history history;    /* as of this sample, this sample included */
    struct findings *findings; /* what is wrong; owned, NULL: nobody looked */

    uint8_t status;  /* enum sample_status; FAILED: no rows, `why` says the cause */
    uint8_t backend; /* enum sample_backend */
    int owner_error; /* -errno for which processes could not be looked up; 0: they were, or nobody
                        asked for them */
    char why[SAMPLE_LANGUAGES][SAMPLE_WHY]; /* one line in each enum language: the cause of PARTIAL,
                                               FAILED, a degraded backend or what sample_is_whole()
                                               misses; else "". Machines get the English one. */

    /* Namespaces. */
    char netns[NETNS_NAME];         /* the one whose rows these are, sanitised; "" tcptop's own;
                                       "all" when they are of several */
    struct netns_table *namespaces; /* a reference; NULL: nobody asked for others */
    uint16_t netns_id;              /* conn.netns of the rows that are added */
    uint32_t netns_view;            /* another number: others were asked for, nothing compares */
    uint64_t netns_set;             /* see struct point */

    int64_t cost_ns, cpu_ns;    /* wall and CPU time of taking it */
    uint64_t interval_ms;       /* in force when it was taken; 0: a single sample */
    uint64_t asked_interval_ms; /* what the user asked for */

    atomic_uint refs; /* see sample_ref() */
    struct sample_pool *pool;
};

/** Does it hold all that was asked for? A complete dump of some namespaces is not all of them, nor
 *  are rows whose processes could not be looked up. */
static inline bool sample_is_whole(const struct sample *s)
{
    return s->status == SAMPLE_COMPLETE && !s->owner_error &&
           !(s->namespaces && s->namespaces->several && s->namespaces->missing);
}

/** The name of the namespace of a row: "" for tcptop's own, unless rows of several are shown. */
const char *sample_netns(const struct sample *s, const struct conn *c);

/** Is the row of the namespace that tcptop was started in? Interfaces have their names there. */
bool sample_is_own_netns(const struct sample *s, const struct conn *c);

/** What the namespace of a row says about itself. */
const struct host *sample_host(const struct sample *s, const struct conn *c);

/** All rows: live, missing, closed. */
static inline uint32_t sample_rows(const struct sample *s)
{
    return s->n_live + s->n_missing + s->n_closed;
}

static inline enum row_kind sample_row_kind(const struct sample *s, uint32_t row)
{
    return row < s->n_live ? ROW_LIVE : row < s->n_live + s->n_missing ? ROW_MISSING : ROW_CLOSED;
}

/** Figures of a row, NULL when not sampled. */
static inline const struct tcp_metrics *sample_metrics(const struct sample *s, uint32_t row)
{
    uint32_t closed = s->n_live + s->n_missing;

    if (row < s->n_live)
        return s->metrics ? &s->metrics[row] : 0;
    return s->final && row >= closed ? &s->final[row - closed] : 0;
}

/** The same, but of a missing row what was known last. */
static inline const struct tcp_metrics *sample_last_metrics(const struct sample *s, uint32_t row)
{
    if (s->metrics && sample_row_kind(s, row) == ROW_MISSING)
        return &s->metrics[row];
    return sample_metrics(s, row);
}

/** The name of its congestion control, NULL when not known. */
static inline const char *sample_congestion(const struct sample *s, uint32_t row)
{
    const struct tcp_metrics *f = sample_metrics(s, row);

    return f && f->congestion ? s->congestion[f->congestion - 1] : 0;
}

/** The processes of a row, NULL when they are not known; `*former` (may be NULL): they held the
 *  socket before, nobody does now. */
static inline const struct owner_group *sample_owner(const struct sample *s, uint32_t row,
                                                     bool *former)
{
    uint32_t word = s->owner ? s->owner[row] : OWNER_UNKNOWN;

    if (former)
        *former = word & OWNER_FORMER;
    return word & OWNER_PENDING ? 0 : owner_table_group(s->owners, word & OWNER_GROUP);
}

/* Samples are recycled: the arrays of the last reader's go to the next sample. */
struct sample_pool;
struct sample_pool *sample_pool_new(void); /* NULL: out of memory */

/** No more samples will be taken from it; samples that are still out stay valid. */
void sample_pool_free(struct sample_pool *pool);

/** A sample to fill, empty, with one reference; NULL: out of memory. `pool` may be NULL. */
struct sample *sample_new(struct sample_pool *pool);

/** Share; any thread. */
struct sample *sample_ref(const struct sample *s);

/** Give a reference back; the last one recycles or frees it. NULL is accepted. */
void sample_unref(const struct sample *s);

/** Room for `rows` rows of all kinds. Large arrays that are reserved while there is no row yet are
 *  cheaper to fill than those that grow. Returns 0 or -ENOMEM. */
int sample_reserve(struct sample *s, uint32_t rows);

/** Words of owners for `rows` rows, those that are new unknown. Returns 0 or -ENOMEM. */
int sample_reserve_owner(struct sample *s, uint32_t rows);

/** While filling: the next live row, zeroed, and where its figures go when NEED_TCP_INFO was asked
 *  for (`flow` may be NULL). NULL: out of memory. The source writes straight into it. */
struct conn *sample_add(struct sample *s, struct tcp_metrics **metrics);

/** While filling: what a flow's `congestion` is for this name of `len` bytes; 0: no room. */
uint8_t sample_add_congestion(struct sample *s, const char *name, size_t len);

/** Before filling: names are numbered as in the sample before, since closed rows keep figures of
 * it.
 */
void sample_keep_congestion(struct sample *s, const struct sample *before);

/** Take the names of `half`; the rows from `from` to `to`, which were its own, then mean them. */
void sample_merge_congestion(struct sample *s, const struct sample *half, uint32_t from,
                             uint32_t to);

/** While joining: rates for `rows` rows, which there is room for; unknown but for the first `had`.
 *  Returns 0 or -ENOMEM. */
int sample_reserve_rates(struct sample *s, uint32_t had, uint32_t rows);

/** Take the row back that sample_add() gave last. */
void sample_drop_last(struct sample *s);

/** While joining: one more closed row, for which there is room. `final` (may be NULL) are its last
 *  figures; without memory for them they are not known. */
void sample_add_closed(struct sample *s, const struct conn *c, struct row_times times,
                       const struct tcp_metrics *final);

/** Put the live row `from` in the place of the live row `to`, which goes. */
void sample_move(struct sample *s, uint32_t to, uint32_t from);

/** Lend the arrays of the empty `s`, with room for `rows` rows, to two samples that are filled at
 *  the same time by two threads, from both ends; together they cannot have more. Returns 0 or
 *  -ENOMEM. */
int sample_split(struct sample *s, uint32_t rows, struct sample half[2]);

/** Take the rows of both halves as those of `s`, moving no more than there was room left; and of
 *  what else they say, the sum or the worse. */
void sample_unite(struct sample *s, const struct sample half[2]);

/** Add the live rows of another sample, with their figures, where they are known, and its counts.
 *  Returns 0 or -ENOMEM. */
int sample_append(struct sample *s, const struct sample *part);

/** Count the states of the live rows and set `total`. */
void sample_count(struct sample *s);

static inline void sample_count_row(struct sample *s, const struct conn *c)
{
    unsigned state = c->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : c->state;

    if (state < TCP_STATE_COUNT)
        s->count[state]++;
}

/** The row that is the same connection as `c`, or UINT32_MAX; live rows win. Looks at `hint` first,
 *  the row in the sample before if known, and from there outwards: the order of a dump is stable.
 *  Only for one that has gone every row is looked at. */
uint32_t sample_find(const struct sample *s, const struct conn *c, uint32_t hint);

#endif
