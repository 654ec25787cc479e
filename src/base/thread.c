/* SPDX-License-Identifier: MIT */
/* Threads, the signals they must not take, or must, and conditions that no clock change disturbs.
 */
#include "tcptop/base/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tcptop/base/clock.h"

#define CPUS_MAX 8192u
#define STACK    (1 << 20) /* bytes, whatever RLIMIT_STACK says: 64 KiB of it would be too few */

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

static int create(pthread_t *thread, void *(*run)(void *), void *arg)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    int error = pthread_create(thread, &attributes, run, arg);
    if (error == EAGAIN) /* memory may have been short for a moment */
        error = pthread_create(thread, &attributes, run, arg);
    pthread_attr_destroy(&attributes);
    if (error != EAGAIN)
        return error;
    /* The error is the same for too many processes and for no room for the stack. */
    void *room = mmap(NULL, STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return ENOMEM;
    munmap(room, STACK);
    return EAGAIN;
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
        error = create(thread, run, arg);
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
    const struct timespec t = {.tv_sec = (time_t)(end / NS_PER_S),
                               .tv_nsec = (long)(end % NS_PER_S)};

    return pthread_cond_timedwait(condition, lock, &t) != ETIMEDOUT;
}

/* One call of thread_run_until(). The caller frees it, or the thread when the caller has left. */
struct run {
    void (*work)(void *arg);
    void *arg;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t ended;
    bool returned, left;
};

static void run_free(struct run *r)
{
    pthread_cond_destroy(&r->ended);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void *run_main(void *arg)
{
    struct run *r = arg;

    r->work(r->arg);
    pthread_mutex_lock(&r->lock);
    r->returned = true;
    bool left = r->left;
    pthread_cond_signal(&r->ended);
    pthread_mutex_unlock(&r->lock);
    if (left)
        run_free(r);
    return NULL;
}

static struct run *run_new(void (*work)(void *arg), void *arg, pthread_t *thread)
{
    struct run *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->work = work;
    r->arg = arg;
    pthread_mutex_init(&r->lock, NULL);
    thread_condition_init(&r->ended);
    if (thread_start(thread, run_main, r) == 0)
        return r;
    run_free(r);
    return NULL;
}

bool thread_run_until(void (*work)(void *arg), void *arg, int64_t end)
{
    pthread_t thread;
    struct run *r = run_new(work, arg, &thread);

    if (!r) {
        work(arg);
        return true;
    }
    pthread_mutex_lock(&r->lock);
    while (!r->returned && thread_wait_until(&r->ended, &r->lock, end))
        continue;
    bool returned = r->returned;
    r->left = !returned;
    pthread_mutex_unlock(&r->lock);
    if (!returned) {
        pthread_detach(thread);
        return false;
    }
    pthread_join(thread, NULL);
    run_free(r);
    return true;
}
