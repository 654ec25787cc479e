/* SPDX-License-Identifier: MIT */
/* The query worker: one listing under way, one waiting, one answer not yet taken; and tasks, of
 * which those that may have to wait run on threads of their own. */
#include "query_worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"

/* First come, first served. */
struct queue {
    struct task *first, *last;
};

struct query_worker {
    pthread_t thread;
    int wake_fd;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t asked;
    pthread_cond_t ended; /* a task; on the monotonic clock */
    bool stop;
    uint64_t tickets;            /* the last one is that of the job waiting or begun last */
    struct row_view_job waiting; /* without a sample: none */
    struct answer answer;        /* ticket 0: none */
    struct queue tasks, done;    /* the first task may be under way */
    struct queue apart;          /* tasks with a thread of their own, all under way */
};

static void push(struct queue *q, struct task *task)
{
    task->next = NULL;
    if (q->last)
        q->last->next = task;
    else
        q->first = task;
    q->last = task;
}

static struct task *pop(struct queue *q)
{
    struct task *task = q->first;
    if (task)
        q->first = task->next;
    if (!q->first)
        q->last = NULL;
    return task;
}

/* Take it out of the queue it is in. */
static void pull(struct queue *q, struct task *task)
{
    struct task *before = NULL;
    for (struct task *i = q->first; i != task; i = i->next)
        before = i;
    if (before)
        before->next = task->next;
    else
        q->first = task->next;
    if (q->last == task)
        q->last = before;
}

static void wake(struct query_worker *w)
{
    uint64_t one = 1;
    ssize_t written = write(w->wake_fd, &one, sizeof one);
    (void)written; /* a full eventfd wakes as well */
}

/* What to do next: a job, else a task. */
struct work {
    struct row_view_job job;
    uint64_t ticket;
    struct task *task;
};

/* Wait for work; false when it is time to stop. */
static bool await_work(struct query_worker *w, struct work *work)
{
    *work = (struct work){.ticket = 0};
    pthread_mutex_lock(&w->lock);
    while (!w->stop && !w->waiting.sample && !w->tasks.first)
        pthread_cond_wait(&w->asked, &w->lock);
    if (!w->stop && w->waiting.sample) {
        work->job = w->waiting;
        work->ticket = w->tickets;
        w->waiting = (struct row_view_job){.sample = NULL};
    }
    work->task = w->tasks.first;
    pthread_mutex_unlock(&w->lock);
    return work->job.sample || work->task;
}

static void answer_job(struct query_worker *w, struct work *work)
{
    struct answer a = {.ticket = work->ticket};
    a.error = row_view_make(&a.row_view, &work->job);
    row_view_job_fini(&work->job);
    pthread_mutex_lock(&w->lock);
    struct answer old = w->answer;
    w->answer = a;
    pthread_mutex_unlock(&w->lock);
    row_view_unref(old.row_view);
    wake(w);
}

/* It is done, and was in that queue. Once the lock is given back the worker may be gone. */
static void put_done(struct query_worker *w, struct queue *q, struct task *task)
{
    pthread_mutex_lock(&w->lock);
    pull(q, task);
    push(&w->done, task);
    wake(w);
    pthread_cond_broadcast(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

static void *run_apart(void *arg)
{
    struct task *task = arg;
    while (!task->step(task))
        continue;
    put_done(task->worker, &task->worker->apart, task);
    return NULL;
}

static void *run(void *arg)
{
    struct query_worker *w = arg;
    struct work work;
    while (await_work(w, &work)) {
        if (work.job.sample)
            answer_job(w, &work);
        else if (work.task->step(work.task))
            put_done(w, &w->tasks, work.task);
    }
    return NULL;
}

static void release(struct query_worker *w)
{
    pthread_cond_destroy(&w->ended);
    pthread_cond_destroy(&w->asked);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

int query_worker_start(struct query_worker **out, int wake_fd)
{
    struct query_worker *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->wake_fd = wake_fd;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->asked, NULL);
    thread_condition_init(&w->ended);
    int result = thread_start(&w->thread, run, w);
    if (result) {
        release(w);
        return result;
    }
    *out = w;
    return 0;
}

uint64_t query_worker_ask(struct query_worker *w, struct row_view_job *job)
{
    pthread_mutex_lock(&w->lock);
    uint64_t ticket = ++w->tickets;
    struct row_view_job replaced = w->waiting;
    w->waiting = *job;
    pthread_cond_signal(&w->asked);
    pthread_mutex_unlock(&w->lock);
    row_view_job_fini(&replaced);
    *job = (struct row_view_job){.sample = NULL};
    return ticket;
}

bool query_worker_take(struct query_worker *w, struct answer *a)
{
    pthread_mutex_lock(&w->lock);
    *a = w->answer;
    w->answer = (struct answer){.ticket = 0};
    pthread_mutex_unlock(&w->lock);
    return a->ticket != 0;
}

/* False: no thread can be started. */
static bool start_apart(struct query_worker *w, struct task *task)
{
    pthread_t thread;
    push(&w->apart, task);
    if (thread_start(&thread, run_apart, task)) {
        pull(&w->apart, task);
        return false;
    }
    pthread_detach(thread);
    return true;
}

void query_worker_run(struct query_worker *w, struct task *task)
{
    pthread_mutex_lock(&w->lock);
    task->worker = w;
    if (!task->waits || !start_apart(w, task)) {
        push(&w->tasks, task);
        pthread_cond_signal(&w->asked);
    }
    pthread_mutex_unlock(&w->lock);
}

struct task *query_worker_done(struct query_worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct task *task = pop(&w->done);
    pthread_mutex_unlock(&w->lock);
    return task;
}

static void cancel(struct queue *q)
{
    for (struct task *task = q->first; task; task = task->next)
        if (!task->take_back)
            task->cancelled = true;
}

static void take_back(struct queue *q)
{
    for (struct task *task = q->first; task; task = task->next)
        if (task->take_back)
            task->take_back(task);
}

static bool has_tasks(const struct query_worker *w)
{
    return w->tasks.first || w->apart.first;
}

/* Tasks have some time to complete; then what they would leave half done is taken back, and they
 * are waited for. */
static void end_tasks(struct query_worker *w)
{
    const int64_t end = clock_mono_ns() + WORKER_GRACE_MS * NS_PER_MS;
    cancel(&w->tasks);
    cancel(&w->apart);
    while (has_tasks(w) && thread_wait_until(&w->ended, &w->lock, end))
        continue;
    take_back(&w->tasks);
    take_back(&w->apart);
    while (has_tasks(w))
        pthread_cond_wait(&w->ended, &w->lock);
}

void query_worker_stop(struct query_worker *w)
{
    struct task *task;
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->asked);
    end_tasks(w);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    while ((task = pop(&w->done)))
        task->free(task);
    row_view_job_fini(&w->waiting);
    row_view_unref(w->answer.row_view);
    release(w);
}
