/* SPDX-License-Identifier: MIT */
/* One sample: the connections of a host at one time, and what is known of them.
 *
 * A sample is filled through its struct sample_builder (sample_builder.h) by the sampling thread,
 * or by the two threads of a parallel dump. sample_publish() ends that: from then on nobody writes
 * to it or to its arrays, and any number of threads may read it without a lock. Readers hold it as
 * `const struct sample *`, each with a reference of its own: sample_ref(), sample_unref().
 *
 * Rows 0 … n_live−1 were in the dump; then come n_missing rows that the sample before had and this
 * one has not (a dump may miss a socket, so they are not closed yet), then n_closed rows that were
 * closed lately, newest first. A row is named by (sample, index).
 *
 * The dump of a brief sample leaves out ESTABLISHED and TIME_WAIT. Its last n_carried live rows are
 * rows in these states that the sample before had: they were seen at carried_ns, and nothing says
 * that they have changed or gone since. How many connections are in these states is then what the
 * kernel's counters say (state_counters.h), which may be more or fewer than there are rows. */
#ifndef TCPTOP_MODEL_SAMPLE_H
#define TCPTOP_MODEL_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/cgroups.h"
#include "tcptop/model/close_stats.h"
#include "tcptop/model/conn.h"
#include "tcptop/model/drops.h"
#include "tcptop/model/findings.h"
#include "tcptop/model/history.h"
#include "tcptop/model/host.h"
#include "tcptop/model/import.h"
#include "tcptop/model/netns.h"
#include "tcptop/model/owner.h"
#include "tcptop/model/rate.h"
#include "tcptop/model/sample_reason.h"
#include "tcptop/model/state_counters.h"
#include "tcptop/model/tcp_metrics.h"
#include "tcptop/model/watch.h"

#define SAMPLE_CLOSED_MAX 1000u /* closed rows kept; the rest are only counted */

/* Optional groups of figures, and what a sample must ask the kernel for. */
enum need {
    NEED_TCP_INFO = 1,     /* tcp_info */
    NEED_BOUND = 2,        /* bound-only sockets (BOUND_INACTIVE) */
    NEED_RATES = 4,        /* bytes per second, who limits; takes NEED_TCP_INFO along */
    NEED_OWNER = 8,        /* processes that hold the sockets */
    NEED_CONGESTION = 16,  /* the name of the congestion control; takes NEED_TCP_INFO along */
    NEED_USER = 32,        /* names of users; takes NEED_OWNER along */
    NEED_DROPS = 64,       /* what listeners have dropped */
    NEED_ONLY_BOUND = 128, /* of a request: without bound-only sockets its sample is partial */
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

enum sample_status { SAMPLE_COMPLETE, SAMPLE_PARTIAL, SAMPLE_FAILED };

/* Where the rows came from, best first. */
enum sample_backend {
    BACKEND_NETLINK,        /* one walk for both families, TCPDIAG_GETSOCK */
    BACKEND_NETLINK_FAMILY, /* SOCK_DIAG_BY_FAMILY, IPv4 then IPv6 */
    BACKEND_PROC,           /* /proc/net/tcp, /proc/net/tcp6: degraded, exit code 3 */
    BACKEND_FRAME,          /* a recorded frame */
    BACKEND_RAW,            /* what `ss -D` wrote: no header, host facts unknown */
    BACKEND_IMPORT,         /* the text that another program printed, see sample.import */
    BACKEND_REMOTE,         /* another host's, as they are taken there: source/remote.h */
};

enum row_kind { ROW_LIVE, ROW_MISSING, ROW_CLOSED };

/* When things happened to a row, in tenths of a second since the sampler started (wraps after
 * 13 years). born_ds 0: the row was there at the first sample, so it is at least that old. */
struct row_times {
    uint32_t born_ds;
    uint32_t changed_ds; /* last change of state that was seen; born_ds when none */
};

struct sample {
    uint64_t seq;             /* number of the sample, from 1 */
    int64_t mono_ns, wall_ns; /* when the dump was complete */
    uint32_t now_ds;          /* the same on the clock of struct row_times */

    /* Rows. The arrays are owned by the sample's builder. */
    uint32_t n_live, n_missing, n_closed;
    uint32_t n_missed;           /* the first of the missing rows: a complete dump that asked for
                                    their states has missed them. The rest may be in a state that
                                    was not asked for, or the dump was not complete */
    struct conn *conn;           /* of all rows */
    struct row_times *times;     /* of all rows; of a closed one changed_ds is when it was closed */
    struct tcp_metrics *metrics; /* of live rows, and the last known ones of missing rows; NULL when
                                    not asked for */
    struct tcp_metrics *final;   /* of closed rows: the last known ones; NULL: none are known */
    struct rate *rate;   /* of all rows; NULL when not asked for, or without a sample to compare */
    struct watch *watch; /* the connections that are followed closely, see watch.h */
    uint32_t n_watch;
    char congestion[CONGESTION_MAX][CONGESTION_NAME]; /* tcp_metrics.congestion counts from 1 */
    uint8_t n_congestion;
    struct drop_counts drops;     /* of listeners; none when not asked for */
    uint32_t *owner;              /* a word for each row, see owner.h; NULL when not asked for */
    struct owner_table *owners;   /* what the words mean; a reference, NULL when not asked for */
    struct cgroup_table *cgroups; /* what conn.cgroup means; a reference, NULL: nothing */
    uint32_t ownerless; /* live rows with a file that no process we may look at has open */

    /* A brief sample. */
    uint32_t left_out;  /* STATE_BIT() of the states that its dump left out; 0: it is a full one */
    uint32_t n_carried; /* so many of the live rows, the last ones, are of an earlier dump */
    int64_t carried_ns; /* mono_ns of the full sample that had them last */
    struct state_counters counters; /* valid: a brief sample can follow */

    /* Counts. */
    uint32_t needs;                  /* what was asked for, enum need */
    uint32_t total;                  /* live rows; of a brief sample the sum of `count` */
    uint32_t count[TCP_STATE_COUNT]; /* live rows; BOUND_INACTIVE apart from CLOSE. Of states that
                                        were left out what the kernel counts */
    bool streamed;          /* a row_stream judged the rows: total and count are of all that passed,
                               and only the first of them are here */
    uint32_t born, changed; /* rows that appeared, changed state in this sample */
    uint64_t closed_total;  /* rows closed since the start */
    struct transitions transitions; /* seen since the start */
    uint32_t duplicates;            /* records dropped: same cookie twice in one dump */
    uint32_t rejected;              /* malformed records refused by the parser */
    bool has_mptcp;                 /* rows are subflows of MPTCP connections, CONN_MPTCP */

    bool close_events_known; /* the kernel reported every socket that was closed since the sample
                                before, but for `lost` of them: close_stats means something */
    struct close_stats close_stats;       /* since the last sample that did not fail */
    struct close_stats close_stats_total; /* since the start */
    const struct sample *close_events; /* what the kernel reported closed, as the join had it (see
                                          sample_builder.h); a reference, NULL: nothing, or it was
                                          not to be kept */
    uint32_t events_before_dump;

    struct host host;
    struct history history;    /* as of this sample, this sample included */
    struct findings *findings; /* what is wrong; owned, NULL: nobody looked */
    struct import *import;     /* what it was read from; a reference, NULL: no import */

    bool redacted; /* of a recording: its addresses and names of hosts are tokens */

    uint8_t status;  /* enum sample_status; FAILED: no rows, see `reason` */
    uint8_t backend; /* enum sample_backend */
    int owner_error; /* -errno for which processes could not be looked up; 0: they were, or nobody
                        asked for them */
    struct sample_reason reason; /* why it is PARTIAL, FAILED, from a degraded backend or lacks what
                                    sample_is_whole() misses; the first of several */

    /* Namespaces. */
    char netns[NETNS_NAME];         /* the one whose rows these are, sanitised; "" tcptop's own;
                                       "all" when they are of several */
    struct netns_table *namespaces; /* a reference; NULL: nobody asked for others */
    uint16_t netns_id;   /* conn.netns of the rows of one namespace, known also without a row */
    uint32_t netns_view; /* samples with different numbers are of different namespaces and are not
                            compared */
    uint64_t netns_set;  /* see struct point */

    /* Cost. */
    int64_t cost_ns, cpu_ns;    /* wall and CPU time of taking it */
    uint64_t interval_ms;       /* in force when it was taken; 0: a single sample */
    uint64_t asked_interval_ms; /* what the user asked for */
    uint64_t full_interval_ms;  /* in force between full samples; 0: there are no brief ones */
    uint64_t n_brief;           /* brief samples since the start, this one included */
};

/** Was the row seen by this sample's dump? Rows that are not live were not. */
static inline bool sample_is_dumped(const struct sample *s, uint32_t row)
{
    return row < s->n_live - s->n_carried;
}

/** When the figures of a row were read, in ns of the monotonic clock. */
static inline int64_t sample_seen_ns(const struct sample *s, uint32_t row)
{
    return row < s->n_live && !sample_is_dumped(s, row) ? s->carried_ns : s->mono_ns;
}

/** Does it hold all that was asked for? A complete dump of some namespaces is not all of them, nor
 *  are rows whose processes could not be looked up. */
static inline bool sample_is_whole(const struct sample *s)
{
    return s->status == SAMPLE_COMPLETE && !s->owner_error &&
           !(s->namespaces && s->namespaces->several && s->namespaces->missing);
}

/** Was it read from a file, whatever wrote that, or from another host? Then processes, interfaces
 * and limits of this host have nothing to do with it. */
static inline bool sample_is_recorded(const struct sample *s)
{
    return s->backend >= BACKEND_FRAME;
}

/** Has no row of a recording, or of an import, a figure of tcp_info? */
static inline bool sample_lacks_figures(const struct sample *s)
{
    return sample_is_recorded(s) && !s->metrics;
}

/** Are its times, costs and intervals such as a sample can have: monotonic time within 30 years of
 *  the boot, wall clock between 1970 and 2100, at most 100 days of cost, at most a day between two
 *  samples? Ask it for a sample that was read from a file, before anything is computed from it. */
bool sample_has_possible_times(const struct sample *s);

/** The name of the namespace of a row: "" for tcptop's own, unless rows of several are shown. */
const char *sample_netns(const struct sample *s, const struct conn *c);

/** Is the row of the namespace that tcptop was started in? Interfaces have their names there. */
bool sample_is_own_netns(const struct sample *s, const struct conn *c);

/** The host facts of the namespace of a row. */
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

/** The metrics of a row, NULL when they are not known. Of missing rows none are: the values are
 * those of the sample before. */
static inline const struct tcp_metrics *sample_metrics(const struct sample *s, uint32_t row)
{
    uint32_t closed = s->n_live + s->n_missing;

    if (row < s->n_live)
        return s->metrics ? &s->metrics[row] : 0;
    return s->final && row >= closed ? &s->final[row - closed] : 0;
}

/** The same, but of a missing row the last known ones. */
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

/** The processes that have the socket of a row open, NULL when they are not known. `*former` (may
 * be NULL) is set when they had it open before and nobody has now. */
static inline const struct owner_group *sample_owner(const struct sample *s, uint32_t row,
                                                     bool *former)
{
    uint32_t word = s->owner ? s->owner[row] : OWNER_UNKNOWN;

    if (former)
        *former = word & OWNER_FORMER;
    return owner_table_group(s->owners, owner_word_group(word));
}

/** Is its process not known because it may not be looked at, or is in another pid namespace? */
static inline bool sample_owner_hidden(const struct sample *s, uint32_t row)
{
    return s->owner && s->owners && s->owners->lacks &&
           owner_word_group(s->owner[row]) == OWNER_NOBODY;
}

/** What people call the control group in which the socket of a row was made: a service, a
 * container, a session; NULL when it is not known. See conn_is_let_go() for whether it is a former
 * one. */
static inline const char *sample_cgroup(const struct sample *s, uint32_t row)
{
    return cgroups_name(s->cgroups, s->conn[row].cgroup);
}

/** Take one more reference. Any thread. */
const struct sample *sample_ref(const struct sample *s);

/** Give a reference back; the last one returns the memory to its pool or frees it. NULL is
 * accepted. Any thread. */
void sample_unref(const struct sample *s);

/** The row that is the same connection as `c`, or UINT32_MAX; live rows win. Looks at `hint` first,
 *  the row in the sample before if known, and from there outwards: the order of a dump is stable.
 *  Only for one that has gone every row is looked at. */
uint32_t sample_find(const struct sample *s, const struct conn *c, uint32_t hint);

#endif
