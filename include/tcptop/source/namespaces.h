/* SPDX-License-Identifier: MIT */
/* Finds the network namespaces of this host, names them, resolves a name and opens one.
 *
 * Found are those of processes (/proc/PID/ns/net) and those that are mounted (/proc/self/mountinfo,
 * where `ip netns` and container engines keep them). One that only a socket or an open file holds
 * is not found.
 *
 * Names, the first that there is: "init", that of process 1; what `ip netns` calls it; the short id
 * of the container that its first process is in, as `docker ps` shows it; "nginx[1184]", its first
 * process; "net:[4026532281]", its inode. Where two would have the same name, both go by inode. */
#ifndef TCPTOP_SOURCE_NAMESPACES_H
#define TCPTOP_SOURCE_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/sample_reason.h"

struct found_namespace {
    uint64_t inode; /* of a hidden one: `tag`, which is no other's inode */
    uint64_t tag;   /* inode of /proc/PID/net/dev, which names a namespace too; 0: not looked up */
    char name[NETNS_NAME]; /* sanitised */
    uint32_t pid;          /* its first process, 0: none */
    char *path;            /* where it is mounted, NULL: nowhere; owned */
    bool hidden; /* we may not read its processes (ptrace(2), access modes); it may also be
                    the same as one that is mounted */
};

struct namespaces {
    struct found_namespace *list; /* owned */
    uint32_t n, cap;
    uint64_t own;  /* of the thread that looked */
    uint64_t init; /* of process 1, 0: not known */
    bool blind;    /* /proc does not show all processes (hidepid=2) */
};

/** Look anew; starts as zero. Costs one or two system calls for each process. Returns 0, -ENOMEM,
 *  or -errno: not even the thread's own can be told. */
int namespaces_look(struct namespaces *n);
void namespaces_fini(struct namespaces *n);

const struct found_namespace *namespaces_find(const struct namespaces *n, uint64_t inode);

/** The one that `spec` means: a name as above, a process id, "net:[INODE]", the full id of a
 *  container, or a path. Returns its inode, or 0 with `*why` saying what is wrong and which name
 *  comes near. */
uint64_t namespaces_resolve(const struct namespaces *n, const char *spec,
                            struct sample_reason *why);

/** A descriptor for setns() to the namespace `inode`: by what was found of it (may be NULL), else
 *  by the path `spec`. Returns it or -errno, -ENOENT when it is no longer there. */
int namespaces_open(const struct found_namespace *found, uint64_t inode, const char *spec);

/* The parts that read foreign text, for tests. */

/** A line of mountinfo (its newline is not needed) that mounts a network namespace: its inode and,
 *  in `path` with its escapes resolved, where. False for any other line. proc_pid_mountinfo(5) */
bool namespaces_mount(const char *line, size_t len, uint64_t *inode, char *path, size_t size);

/** The short id of the container that /proc/PID/cgroup names; false when it names none. */
bool namespaces_container(const char *cgroup, size_t len, char id[13]);

/** "net:[INODE]" */
void namespaces_name_inode(char name[NETNS_NAME], uint64_t inode);

/** Give every namespace its name, from what is known of it (for processes, /proc). */
void namespaces_name(struct namespaces *n);

#endif
