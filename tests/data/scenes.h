/* SPDX-License-Identifier: MIT */
/* The hosts that goldens and screenshots show: per state how many connections each of 60 samples
 * has, the connections that are named on screen, and where all others come from. */
#ifndef TESTS_DATA_SCENES_H
#define TESTS_DATA_SCENES_H

#include <stdbool.h>
#include <stdint.h>

#define SAMPLES 60

/* Counts of one state: base + scale × digit (0-9, a-z) of each sample; or a straight line from
 * `base` to `last`; or as many as the maker makes of `slots`, and those with a name. */
struct series {
    unsigned state;
    uint32_t base, scale;
    const char *digits;
    uint32_t last, slots;
};

/* How a figure went: at the last sample it is what it is, before that `max` × digit / z. */
struct course {
    uint32_t max;
    const char *digits; /* 0-9, a-z; NULL: it did not change */
};

/* Figures of tcp_info at the last sample; 0 everywhere: none. */
struct figures {
    uint32_t rtt_us, rttvar_us, min_rtt_us, rto_us, cwnd, ssthresh, window;
    uint64_t sent, again, received, busy_us;
    uint32_t ack_ago_ms;
    uint32_t tx, rx;         /* bytes per second */
    uint32_t busy_permille;  /* of each second */
    uint32_t again_permille; /* of what each second sends */
    uint32_t cookie;         /* of the connection; 0: one is made up */
    uint32_t left_ms;        /* of its timer in this very sample; 0: the row says it */
    uint32_t retries;        /* in this very sample */
    struct course tx_course, rx_course, rtt_course, again_course;
};

/* One connection in one state, from sample `first` to `last`. Timers are those at the last
 * sample. */
struct row {
    const char *local, *remote;
    unsigned state, timer;
    uint32_t expires_ms, rqueue, wqueue, uid;
    int first, last;
    struct figures figures;
};

#define HOLDERS_MAX 3

/* A process of the host. */
struct process {
    uint32_t pid, uid; /* pid 0 closes a list */
    const char *name, *cmdline, *cgroup;
};

struct user {
    uint32_t uid;
    const char *name; /* NULL closes the list */
};

/* The first that fits a socket names those who hold it; 0 fits all. */
struct holding {
    unsigned local_port, remote_port, state;
    uint32_t pid[HOLDERS_MAX]; /* the first one 0 closes the list */
};

/* The i-th connection of a state that nobody named, as it is at sample `t`; where it waits for an
 * answer, `t` is the sample that has it first, and its timer is not the maker's. False where there
 * is none at that sample, which only states that have slots may answer. */
typedef bool (*row_maker)(unsigned state, unsigned i, int t, struct row *row, char local[64],
                          char remote[64]);

struct scene {
    const char *name;
    const struct series *series; /* closed by state 0 */
    const struct row *rows;      /* closed by a NULL address */
    row_maker maker;
    const struct process *processes;
    const struct holding *holdings;
    int64_t cost_ns;
    int port_low, port_high;
    double opened, accepted, resets, sent, again; /* per second */
};

#endif
