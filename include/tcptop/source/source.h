/* Where samples come from: one contract for netlink, procfs and recordings.
 *
 * A source writes records straight into the rows of the sample it is given: from the receive
 * buffer to the row without a stop between. */
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
    struct row_stream
        *row_stream[2]; /* judge the rows while they come, the second one for a second thread;
                 both or none. A source may leave them out: see sample->sieved */
    double
        close_stats; /* share of one core that hearing of ends may cost; 0: they are not heard of */
    struct close_monitor *close_monitor; /* which hears of them; NULL: each namespace has its own */
    const struct predicate *count_only;  /* see struct sample */
};

/* For those that wait for one sample: fewer sockets are there before a second thread helps. */
#define PARALLEL_FROM 50000u

struct source_ops {
    const char *name;
    bool is_recording; /* its samples need no waiting for, and come to an end */
    /** Take one sample into `s` (empty): rows, host, backend, status, why, times, cost. Returns 0
     *  (complete or partial: see s->status), -ENODATA when a recording is at its end, or -errno
     *  with `*why` set: nothing usable in `s`. */
    int (*sample)(struct source *src, const struct request *req, struct sample_builder *b,
                  struct sample_reason *why);
    void (*close)(struct source *src);
    /** Who held the sockets of the last sample, as the source itself knows it; NULL: it does not.
     *  May be NULL: it samples this host, which is asked. */
    struct owner_lookup *(*owners)(struct source *src);
};

struct source {
    const struct source_ops *ops; /* first member of every back end's own struct */
    atomic_bool cancelled;        /* see source_cancel() */
    const struct source *part_of; /* one that samples by this one, NULL: none */
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

/** Live sampling of the namespace of the calling thread; picks the best back end that works and
 *  falls back by itself (SAMPLE backend and why say so). Never fails for want of rights.
 *  `tap` (may be NULL) sees every raw netlink message, for recording.  Returns 0 or -errno. */
struct tap {
    void (*begin)(struct tap *tap); /* a dump starts; an earlier one of this sample is void */
    void (*bytes)(struct tap *tap, const void *messages, size_t len);
};
int source_open_live(struct source **src, struct tap *tap, struct sample_reason *why);

/** The same for the namespaces that `spec` means: "all" of them, one by its name (see
 *  source/namespaces.h), "" the calling thread's, until requests name others. Each costs a walk of
 *  the kernel's table of connections, which they all share. Rows carry their namespace and the
 *  sample a table of them; what is true of the host alone is told where it is true of all. Fails
 *  with `*why` set when the one that is meant is not there or cannot be entered. */
int source_open_namespaces(struct source **src, const char *spec, struct sample_reason *why);

/** Force one back end, for tests and bench: see enum sample_backend (NETLINK, FAMILY, PROC). */
int source_open_backend(struct source **src, enum sample_backend backend, struct tap *tap,
                        struct sample_reason *why);

/** A frame file, or what `ss -tan -D FILE` wrote; "-" is standard input. Each sample is the next
 *  frame. Damaged input: whole frames play, then one partial sample says "damaged at frame N". */
int source_open_recording(struct source **src, const char *path, struct sample_reason *why);

static inline int source_sample(struct source *src, const struct request *req,
                                struct sample_builder *b, struct sample_reason *why)
{
    return src->ops->sample(src, req, b, why);
}

/** NULL is accepted. */
void source_close(struct source *src);

#endif
