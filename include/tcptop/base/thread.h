/* Threads beside the main one. */
#ifndef TCPTOP_BASE_THREAD_H
#define TCPTOP_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/** May this process use two cores at a time? */
bool thread_has_two_cores(void);

/** Run `run(arg)` on a new thread that leaves signals to the main thread, but for those of a crash:
 *  blocked, they would kill without the handler that restores the terminal. Returns 0 or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
