/* SPDX-License-Identifier: MIT */
/* Where samples come from: one interface for netlink, procfs and recordings.
 *
 * A source writes records from its receive buffer straight into the rows of the sample that it is
 * given. All functions but source_cancel() are for the thread that samples. */
#ifndef TCPTOP_SOURCE_SOURCE_H
#define TCPTOP_SOURCE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/predicate.h"
#include "tcptop/model/sample_builder.h"

struct owner_lookup;
struct source;
struct close_monitor;

/* What to sample next. */
struct request {
    uint32_t needs; /* enum need */
    uint64_t interval_ms;
    uint32_t fade_ds;             /* how long closed rows stay, tenths of a second */
    bool host_facts;              /* read counters, gauges and sysctls too */
    const struct predicate *only; /* rows that do not pass may be left out; NULL: all are needed */
    uint32_t parallel_from;      /* so many, TIME_WAIT aside, are dumped by two threads; 0: never */
    char namespaces[NETNS_NAME]; /* whose rows: a name of the table of namespaces, "all", "" what
                                    the source was opened for */
    bool list_namespaces;        /* say which there are, with how many sockets */
    struct conn watched[WATCH_MAX]; /* connections to follow closely, see model/watch.h */
    uint32_t n_watched;
    struct row_stream *row_stream[2]; /* judge the rows while they arrive, the second one those of
                                         a second thread; both or none. A source may do without:
                                         then sample.streamed is false */
    double close_stats; /* share of one core that the close_monitor may use; 0: there is none */
    struct close_monitor *close_monitor; /* a shared one; NULL: each namespace has its own */
    const struct predicate *count_only;  /* see struct sample_builder */
    bool keep_close_events;              /* the sample is to have what was reported closed */
    bool two_tempos; /* whoever asks can use brief samples, see sample.h: a sampler decides when */
    bool count_states;  /* read sample.counters, by which brief samples count */
    bool brief;         /* leave ESTABLISHED and TIME_WAIT out of the dump; a source may do without:
                           then sample.left_out is 0 */
    bool keep_gathered; /* of a brief one: the rows that are gathered, see sample_pipeline_gather(),
                           are for the sample after it, also where all of them are there */
};

/* request.parallel_from for a caller that waits for one sample: with fewer sockets a second thread
 * does not help. */
#define PARALLEL_FROM 50000u

struct source_ops {
    const char *name;
    bool is_recording; /* its samples need no waiting and come to an end */
    bool is_stream;    /* a recording that is read while it is made: samples come at their times */
    /** Take one sample into `b` (empty): rows, host, backend, status, reason, times, cost. Returns
     * 0 (complete or partial: see sample.status), -ENODATA when a recording is at its end, or
     * another -errno with `*why` (`why` may be NULL) set: the sample is not usable. */
    int (*sample)(struct source *src, const struct request *req, struct sample_builder *b,
                  struct sample_reason *why);
    void (*close)(struct source *src);
    /** Who had the sockets of the last sample open, for a recording that knows it; else NULL. May
     * be NULL for a source that samples this host. */
    struct owner_lookup *(*owners)(struct source *src);
    /** Set the owner words of the joined sample `s`, of a recording that holds the words of live
     *  rows: those of the others, which were in `prev` (may be NULL). NULL: `owners` tells. */
    void (*assign_owners)(struct source *src, struct sample *s, const struct sample *prev);
    /** Read rows of the states that a brief sample leaves out, until `until_ns` of the monotonic
     * clock, but at least a little. They go into `b`, whose needs say what to ask for and whose
     * cpu_ns and cost_ns grow by what it took; at the first call (`begin`) it is empty, and gets
     * counters.before. Samples may be taken between two calls; the first rows of a call, those that
     * it reads at least, may be as old as the call before. Returns 1: there is more, 0: that is
     * all, or -errno: the rows are of no use. NULL: it cannot. */
    int (*gather)(struct source *src, const struct request *req, struct sample_builder *b,
                  bool begin, int64_t until_ns);
    /** Called at least every tenth of a second while source_wait() waits for it or a part of it,
     * for what else is to be read. May be NULL. */
    void (*waits)(const struct source *src);
};

struct source {
    const struct source_ops *ops; /* first member of every back end's own struct */
    atomic_bool cancelled;        /* see source_cancel() */
    const struct source *part_of; /* the source that uses this one, NULL: none */
};

/** Make a sample that is being taken on another thread end soon, with -ECANCELED; later ones end at
 *  once. Any thread. */
static inline void source_cancel(struct source *src)
{
    atomic_store_explicit(&src->cancelled, true, memory_order_relaxed);
}

static inline bool source_cancelled(const struct source *src)
{
    while (src && !atomic_load_explicit(&src->cancelled, memory_order_relaxed))
        src = src->part_of;
    return src;
}

/** Wait until `fd`, from which `src` (NULL: nobody) reads, has something, or its end. Returns 0, or
 *  -ECANCELED after source_cancel(). */
int source_wait(const struct source *src, int fd);

/** Live sampling of the namespace of the calling thread; picks the best back end that works and
 *  falls back by itself, see sample.backend and .reason. Never fails for want of rights.
 *  `tap` (may be NULL) sees every raw netlink message, for recording.  Returns 0 or -errno. */
struct tap {
    void (*begin)(struct tap *tap); /* a dump starts; an earlier one of this sample is void */
    void (*bytes)(struct tap *tap, const void *messages, size_t len);
};
int kernel_open(struct source **src, struct tap *tap, struct sample_reason *why);

/** The same for the namespaces that `spec` means: "all" of them, one by its name (see
 *  source/namespaces.h), "" the calling thread's, until requests name others. Each costs a walk of
 *  the kernel's table of connections, which they all share. Rows carry their namespace and the
 *  sample a table of them; a host value is known where it is the same for all. Returns 0 or -errno
 *  with `*why` set, when the named one does not exist or cannot be entered. */
int multi_netns_open(struct source **src, const char *spec, struct sample_reason *why);

/** Force one back end, for tests and bench: see enum sample_backend (NETLINK, FAMILY, PROC). */
int kernel_open_backend(struct source **src, enum sample_backend backend, struct tap *tap,
                        struct sample_reason *why);

/** A frame file, what `ss -tan -D FILE` wrote, or text of another program (source/import.h); "-" is
 *  standard input. Each sample is the next
 *  frame. What cannot be read is left out: see recording_unread(). */
int recording_open(struct source **src, const char *path, struct sample_reason *why);

static inline int source_sample(struct source *src, const struct request *req,
                                struct sample_builder *b, struct sample_reason *why)
{
    return src->ops->sample(src, req, b, why);
}

/** NULL is accepted. */
static inline void source_close(struct source *src)
{
    if (src)
        src->ops->close(src);
}

#endif
