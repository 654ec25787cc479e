/* SPDX-License-Identifier: MIT */
/* How a process is at this moment: whether it runs, and how many files it has open. */
#ifndef TCPTOP_OWNER_CONDITION_H
#define TCPTOP_OWNER_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

struct condition {
    uint64_t files;     /* open descriptors; 0: not known */
    uint64_t files_max; /* RLIMIT_NOFILE, the soft limit; 0: not known, or none */
    uint32_t parent;    /* pid */
    char state;         /* of its first thread, as /proc/PID/stat has it: 'R' 'S' 'D' 'T' 't' … */
    bool frozen;        /* its control group is: it does not run, whatever `state` says */
};

/** Look at the process that has this pid and started at `start_ticks` (field 22 of /proc/PID/stat).
 *  False: it has ended, cannot be seen, or the pid is now another's. A kernel before Linux 6.2
 *  tells the number of files only to who may look into the process. Any thread. */
bool condition_read(uint32_t pid, uint64_t start_ticks, struct condition *out);

#endif
