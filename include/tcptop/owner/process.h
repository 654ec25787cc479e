/* SPDX-License-Identifier: MIT */
/* One process as /proc tells of it. Everything of one process is read through its own directory,
 * which stays that of this process when the pid is used again: proc(5), fs/proc/array.c and
 * fs/proc/fd.c. */
#ifndef TCPTOP_OWNER_PROCESS_H
#define TCPTOP_OWNER_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tcptop/base/array.h"

#define PROCESS_NAME    128  /* bytes with NUL: 15 of the kernel's, each replaced by 3, and more */
#define PROCESS_CMDLINE 1024 /* a longer one is cut, and ends in "…" */
#define PROCESS_CGROUP  128

struct process_facts {
    uint64_t start_ticks;
    uint32_t parent; /* pid */
    char state;      /* of its first thread: 'R' 'S' 'D' 'T' … */
    uint32_t uid;    /* effective */
    char name[PROCESS_NAME], cmdline[PROCESS_CMDLINE], cgroup[PROCESS_CGROUP]; /* sanitised */
};

/** Open the directory of a process below `proc_fd`. Returns a descriptor or -errno: -ENOENT and
 *  -ESRCH where it has ended, or is hidden. */
int process_open(int proc_fd, uint32_t pid);

/** The name of a process, sanitised; one file is read. Returns 0 or -errno. */
int process_name(int proc_fd, uint32_t pid, char out[PROCESS_NAME]);

/** The same below /proc, of the process that has this pid and started at `start_ticks`; of `facts`
 *  only what /proc/PID/stat tells is set. -ESRCH where the pid is now another's. */
int process_open_same(uint32_t pid, uint64_t start_ticks, struct process_facts *facts);

/** The first `size` bytes of a file. Returns how many, or -errno. */
ssize_t process_read_file(int dir_fd, const char *name, char *bytes, size_t size);

/** Who it is, by that descriptor. Returns 0 or -errno; what cannot be read is "". */
int process_read(int dir_fd, struct process_facts *facts);

/** The inodes of the sockets among its open files into `list` (what was there is replaced), once
 * for each descriptor. `*stop` ends it. Returns 0 or -errno: -EACCES where it is another user's. */
int process_sockets(int dir_fd, struct u32_list *list, const atomic_bool *stop);

/** How many files the process that has this pid and started at `start_ticks` may have open
 *  (RLIMIT_NOFILE, the soft limit). False: not known, unlimited, or the pid is now another's. */
bool process_files_max(uint32_t pid, uint64_t start_ticks, uint64_t *files);

/* The readers of contents, for tests. */

/** The same from /proc/PID/limits. */
bool process_parse_limit(const char *bytes, size_t len, uint64_t *files);

/** Name, state, parent and start time of /proc/PID/stat: the name may hold anything, ')' and
 * newlines included. False when it is no such line. */
bool process_parse_stat(const char *bytes, size_t len, struct process_facts *facts);

/** The inode of "socket:[12345]"; 0: no socket. */
uint32_t process_parse_link(const char *target, size_t len);

/** /proc/PID/cmdline: arguments with a NUL behind each. */
void process_parse_cmdline(const char *bytes, size_t len, char out[PROCESS_CMDLINE]);

#endif
