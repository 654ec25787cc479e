/* Threads, the signals they must not take, or must, and conditions that no clock change disturbs.
 */
#include "tcptop/base/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "tcptop/base/clock.h"

#define CPUS_MAX 8192u

bool thread_has_two_cores(void)
{
    cpu_set_t set[CPUS_MAX / CPU_SETSIZE];

    return sched_getaffinity(0, sizeof set, set) == 0 && CPU_COUNT_S(sizeof set, set) >= 2;
}

void thread_leave_core(int core)
{
    cpu_set_t all[CPUS_MAX / CPU_SETSIZE], others[CPUS_MAX / CPU_SETSIZE];

    if (core < 0 || sched_getaffinity(0, sizeof all, all) != 0 || CPU_COUNT_S(sizeof all, all) < 2)
        return;
    memcpy(others, all, sizeof others);
    CPU_CLR_S((size_t)core, sizeof others, others);
    if (sched_setaffinity(0, sizeof others, others) == 0)
        (void)sched_setaffinity(0, sizeof all, all);
}

int thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sigdelset(&blocked, faults[i]);
    }
    int error = pthread_sigmask(SIG_SETMASK, &blocked, &before);
    if (error == 0) {
        error = pthread_create(thread, NULL, run, arg);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return -error;
}

void thread_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t end)
{
    const struct timespec t = {.tv_sec = end / NS_PER_S, .tv_nsec = end % NS_PER_S};

    return pthread_cond_timedwait(condition, lock, &t) != ETIMEDOUT;
}
