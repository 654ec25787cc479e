/* SPDX-License-Identifier: MIT */
/* A thread that enters a network namespace, runs one function there and returns its result. Only
 * this thread ever enters another namespace: all others stay in the one tcptop was started in,
 * whatever fails. setns(2) */
#ifndef TCPTOP_SOURCE_NETNS_WORKER_H
#define TCPTOP_SOURCE_NETNS_WORKER_H

#include <stdbool.h>

struct netns_worker;

/** Start the thread. Returns 0 or -errno. */
int netns_worker_new(struct netns_worker **t);

/** End it; NULL is accepted. */
void netns_worker_free(struct netns_worker *t);

/** Run work(arg) in the network namespace of the descriptor `fd`, and wait for it. Returns what it
 *  returns, or -errno when the namespace cannot be entered: then it did not run. `*entered` (may be
 *  NULL) tells the two apart. */
int netns_worker_run(struct netns_worker *t, int fd, int (*work)(void *arg), void *arg,
                     bool *entered);

#endif
