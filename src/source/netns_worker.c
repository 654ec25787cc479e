/* SPDX-License-Identifier: MIT */
/* A thread that enters a network namespace, runs one function there and returns its result. */
#include "tcptop/source/netns_worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "tcptop/base/privileges.h"
#include "tcptop/base/thread.h"

struct netns_worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool waiting, stop; /* for the job to be done; for the thread to end */
    int fd;             /* the job: the namespace, and what to call there */
    int (*work)(void *arg);
    void *arg;
    int rc;
    bool entered;
};

/* Do the job. The function is not called if setns() fails. */
static void run_job(struct netns_worker *t)
{
    const uint64_t before = privileges_raise(PRIVILEGE_NAMESPACES);
    const int error = setns(t->fd, CLONE_NEWNET) == 0 ? 0 : -errno;

    privileges_restore(before);
    t->entered = !error;
    t->rc = error ? error : t->work(t->arg);
}

static void *netns_worker_main(void *arg)
{
    struct netns_worker *t = arg;

    pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        if (!t->waiting) {
            pthread_cond_wait(&t->changed, &t->lock);
            continue;
        }
        pthread_mutex_unlock(&t->lock);
        run_job(t);
        pthread_mutex_lock(&t->lock);
        t->waiting = false;
        pthread_cond_broadcast(&t->changed);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

int netns_worker_new(struct netns_worker **out)
{
    struct netns_worker *t = calloc(1, sizeof *t);
    int rc;

    if (!t)
        return -ENOMEM;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    rc = thread_start(&t->thread, netns_worker_main, t);
    if (rc) {
        pthread_cond_destroy(&t->changed);
        pthread_mutex_destroy(&t->lock);
        free(t);
        return rc;
    }
    *out = t;
    return 0;
}

void netns_worker_free(struct netns_worker *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int netns_worker_run(struct netns_worker *t, int fd, int (*work)(void *arg), void *arg,
                     bool *entered)
{
    pthread_mutex_lock(&t->lock);
    t->fd = fd;
    t->work = work;
    t->arg = arg;
    t->waiting = true;
    pthread_cond_broadcast(&t->changed);
    while (t->waiting)
        pthread_cond_wait(&t->changed, &t->lock);
    pthread_mutex_unlock(&t->lock);
    if (entered)
        *entered = t->entered;
    return t->rc;
}
