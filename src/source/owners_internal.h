/* What a scan and its thread share. owners_scan.c looks, owners.c decides when. */
#ifndef TCPTOP_SRC_SOURCE_OWNERS_INTERNAL_H
#define TCPTOP_SRC_SOURCE_OWNERS_INTERNAL_H

#include <pthread.h>

#include "tcptop/model/owner_map.h"
#include "tcptop/source/owners.h"
#include "tcptop/source/process.h"

/* A process as the last scan saw it. */
struct seen {
    uint32_t pid;
    bool holds;        /* sockets: it is in the map */
    uint64_t files;    /* how many open files it had; UNKNOWN: look again */
    uint64_t identity; /* inode of its /proc/PID/fd: another one for another process */
};

#define FILES_UNKNOWN UINT64_MAX

struct scanner {
    int proc_fd;
    struct seen *seen; /* of the last scan, by ascending pid; owned */
    uint32_t n_seen;
    bool counts_files; /* the kernel tells the number: Linux 6.2 */
    bool denied;       /* some process could not be looked at */
};

struct owners {
    pthread_t thread;     /* if threaded */
    pthread_mutex_t lock; /* guards all up to the next blank line */
    pthread_cond_t wake;
    struct owner_map *map;
    bool threaded;
    bool used;         /* since the last complete scan a sample wanted owners */
    bool names_wanted; /* and users' names */
    double share;
    void (*answered)(void *context); /* called with the lock held, never once `stop` is set */
    void *context;

    atomic_bool stop; /* set with the lock held */
    atomic_int error; /* how the last scan ended, see owners_error() */

    struct scanner scanner; /* the rest is of who scans */
    int64_t rest_ns;        /* no scan before this: the last one failed */
    bool complete;          /* a complete scan has ended */
    int64_t complete_ns, complete_cpu_ns;
    int64_t credit_ns, credit_at_ns; /* CPU time that may be spent, as of when */
    int64_t paced_cpu_ns;            /* of the thread, when that was last settled */
};

/** Look at what has changed, or at everything. Takes the lock for each process. Returns 0,
 *  -ECANCELED, or another -errno: some were not looked at. */
int owners_scan(struct owners *o, bool complete);

/** Between two processes of a scan: wait where it goes beyond its share. */
void owners_pace(struct owners *o);

void scanner_init(struct scanner *s);
void scanner_fini(struct scanner *s);

/** What the calling process lacks to look at all others: enum owner_lack. */
uint32_t owners_lacks(bool denied);

#endif
