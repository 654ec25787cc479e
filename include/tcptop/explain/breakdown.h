/* SPDX-License-Identifier: MIT */
/* The rows of one state, broken down: by process, peer and port, by age, by what waits in their
 * queues, and when they end. Made for the state that the pane shows, a part of the rows at a time.
 * Holds copies, no rows: it stands until the next one is there. */
#ifndef TCPTOP_EXPLAIN_BREAKDOWN_H
#define TCPTOP_EXPLAIN_BREAKDOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/top_k.h"
#include "tcptop/doctor/listeners.h"
#include "tcptop/model/sample.h"

struct sample_summary;

#define BREAKDOWN_TOP  3
#define BREAKDOWN_NAME 64 /* bytes of a process's name, NUL included */

/* How long rows have been in the state: those of at least so many seconds. */
#define BREAKDOWN_AGES 4
extern const uint32_t breakdown_age_s[BREAKDOWN_AGES];

/* Unanswered repeats: 0, 1 and 2, 3 to 5, more. */
#define BREAKDOWN_REPEATS 4

struct breakdown_list {
    unsigned n; /* entries below */
    struct {
        struct conn conn; /* one that has it */
        uint32_t count;
        bool by_port; /* the peer's port counts; else the local one, which is a server's here */
    } entry[BREAKDOWN_TOP];
    uint32_t distinct; /* how many there are in all */
    bool at_least;     /* there are too many: these are lower bounds */
};

struct breakdown_process {
    char name[BREAKDOWN_NAME];
    uint32_t pid;
    uint64_t start_ticks; /* see struct owner */
    bool former;          /* it held them before */
    uint32_t count;
};

/* An accept queue, or the requests of a listener, and its limit. */
struct breakdown_queue {
    uint16_t port;
    uint32_t length, limit;
};

struct breakdown {
    unsigned state;          /* 0: nothing is known */
    uint64_t seq;            /* of the sample: its memory may be another's by now */
    const struct sample *of; /* only to compare */
    int64_t carried_ns;      /* since when its rows are carried; 0: they are not */
    uint32_t rows;

    uint32_t aged[BREAKDOWN_AGES]; /* at least so many */
    uint64_t oldest_ms;
    bool ages_vague; /* some were there before anyone looked: all these are lower bounds */

    uint32_t queues; /* rows whose queues are known */
    uint32_t timers; /* rows of which it is known which timer runs */
    struct {
        uint32_t rows; /* with bytes in the queue */
        uint64_t bytes;
        uint32_t most;
    } received, sent;    /* FIN and SYN, which count as a byte, left out */
    uint32_t fin_only;   /* nothing but our FIN, or SYN, is not acknowledged */
    uint32_t fin_unread; /* nothing but the peer's FIN waits to be read */

    uint32_t repeats[BREAKDOWN_REPEATS];
    uint32_t most_repeats;
    uint32_t keepalive;  /* whose keepalive timer runs */
    uint32_t silent;     /* whose time without data is known */
    uint64_t silence_ms; /* the longest of those */

    uint32_t close_event; /* whose end is known, by timer or by the sysctls */
    uint64_t first_end_ms, last_end_ms;

    unsigned n_processes;
    struct breakdown_process process[BREAKDOWN_TOP];
    uint64_t files_max;       /* CLOSE_WAIT: how many files the first may have open, 0: not known */
    uint32_t other_processes; /* groups of processes besides */
    uint32_t ownerless;       /* rows whose process is not known */
    uint32_t hidden;          /* of those, rows whose process may not be looked at */
    bool owners_known;

    struct breakdown_list peers, ports;

    unsigned n_queues;
    struct breakdown_queue queue[BREAKDOWN_TOP]; /* LISTEN, SYN_RECV: the fullest, one a port */
};

/* A breakdown in the making. */
struct breakdown_work {
    struct breakdown *b;
    const struct sample *s;
    struct listeners listeners;
    struct top_k processes, peers, ports;
    uint64_t seed;           /* of the hash that stands for a peer */
    const struct host *host; /* of the row before */
    struct port_range ports_of_host;
    struct breakdown_queue *limits; /* SYN_RECV: of the listeners; owned */
    uint32_t n_limits;
    uint32_t row; /* the next one to look at */
};

/** Begin with the rows of `state` in a sample that has this summary. Returns 0 or -ENOMEM, then
 *  there is nothing to finish and `b` knows nothing. */
int breakdown_begin(struct breakdown_work *w, struct breakdown *b, const struct sample *s,
                    const struct sample_summary *summary, unsigned state);

/** Look at so many rows more; true when there are none left. */
bool breakdown_step(struct breakdown_work *w, uint32_t rows);

/** Complete the breakdown, as far as it has come, and give the memory back. */
void breakdown_finish(struct breakdown_work *w);

/** All of it at once. Returns 0 or -ENOMEM, then `b` knows nothing. */
int breakdown_make(struct breakdown *b, const struct sample *s,
                   const struct sample_summary *summary, unsigned state);

#endif
