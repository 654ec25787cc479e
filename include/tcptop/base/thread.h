/* SPDX-License-Identifier: MIT */
/* Threads beside the main one, and waiting for each other by the monotonic clock. */
#ifndef TCPTOP_BASE_THREAD_H
#define TCPTOP_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/** May this process use two cores at a time? */
bool thread_has_two_cores(void);

/** Move the calling thread to another core than that one, from where it may go on to any: what two
 *  threads begin at the same time often stays on one core for a quarter of a second. Where there is
 *  one core, or `core` is not known (-1), nothing happens. */
void thread_leave_core(int core);

/** Run `run(arg)` on a new thread that leaves signals to the main thread, but for those of a crash:
 *  blocked, they would kill without the handler that restores the terminal. Its stack has 1 MiB.
 *  Returns 0 or -errno; -EAGAIN: there are too many processes, -ENOMEM: no room for the stack. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/** Run `work(arg)` on a new thread and wait until it returns, or until `end` (clock_mono_ns()).
 *  Returns true when it has returned. Otherwise it is left to go on by itself, so `arg` must stay
 *  valid for it. When no thread can be started, the caller runs it and waits however long it takes.
 */
bool thread_run_until(void (*work)(void *arg), void *arg, int64_t end);

/** A condition for thread_wait_until(). */
void thread_condition_init(pthread_cond_t *condition);

/** Wait on it, with `lock` held, until `end` (clock_mono_ns()) at the latest. False when that has
 *  come; else somebody has signalled, or not: look what has changed. */
bool thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t end);

#endif
