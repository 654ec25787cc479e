/* The query thread: one job under way, one waiting, one answer not yet taken. */
#include "tcptop/query/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcptop/base/thread.h"
#include "tcptop/query/filter.h"

struct job {
    struct snapshot *snapshot; /* a reference; NULL: no job */
    char *filter;
    struct sort sort;
    uint32_t mark_ds;
    uint64_t ticket;
};

struct worker {
    pthread_t thread;
    int wake_fd;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t asked;
    bool stop;
    uint64_t tickets;
    struct job waiting;
    struct answer *answer;
};

static void job_fini(struct job *job)
{
    snapshot_unref(job->snapshot);
    free(job->filter);
    *job = (struct job){0};
}

void answer_free(struct answer *a)
{
    if (!a)
        return;
    snapshot_unref(a->snapshot);
    rows_fini(&a->rows);
    free(a);
}

/* The answer takes over the job's reference. */
static struct answer *answer_job(struct job *job)
{
    struct answer *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    struct predicate p = {0};
    a->snapshot = job->snapshot;
    a->ticket = job->ticket;
    a->error = filter_parse(job->filter, &p, NULL);
    if (!a->error)
        a->error = rows_build(&a->rows, a->snapshot, &p, &job->sort, job->mark_ds);
    predicate_fini(&p);
    job->snapshot = NULL;
    return a;
}

/* Wait for a job; false when it is time to stop. */
static bool await_job(struct worker *w, struct job *job)
{
    pthread_mutex_lock(&w->lock);
    while (!w->stop && !w->waiting.snapshot)
        pthread_cond_wait(&w->asked, &w->lock);
    bool go = !w->stop;
    if (go) {
        *job = w->waiting;
        w->waiting = (struct job){0};
    }
    pthread_mutex_unlock(&w->lock);
    return go;
}

static void publish(struct worker *w, struct answer *a)
{
    pthread_mutex_lock(&w->lock);
    struct answer *old = w->answer;
    w->answer = a;
    pthread_mutex_unlock(&w->lock);
    answer_free(old);
    uint64_t one = 1;
    ssize_t written = write(w->wake_fd, &one, sizeof one);
    (void)written; /* a full eventfd wakes as well */
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct job job;
    while (await_job(w, &job)) {
        struct answer *a = answer_job(&job);
        job_fini(&job);
        if (a)
            publish(w, a);
    }
    return NULL;
}

int worker_start(struct worker **out, int wake_fd)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->wake_fd = wake_fd;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->asked, NULL);
    int result = thread_start(&w->thread, run, w);
    if (result) {
        pthread_cond_destroy(&w->asked);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return result;
    }
    *out = w;
    return 0;
}

uint64_t worker_ask(struct worker *w, const struct snapshot *s, const char *filter,
                    const struct sort *sort, uint32_t mark_ds)
{
    struct job job = {.filter = strdup(filter ? filter : ""), .sort = *sort, .mark_ds = mark_ds};
    if (!job.filter)
        return 0;
    job.snapshot = snapshot_ref(s);
    pthread_mutex_lock(&w->lock);
    uint64_t ticket = job.ticket = ++w->tickets;
    struct job replaced = w->waiting;
    w->waiting = job;
    pthread_cond_signal(&w->asked);
    pthread_mutex_unlock(&w->lock);
    job_fini(&replaced);
    return ticket;
}

struct answer *worker_take(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct answer *a = w->answer;
    w->answer = NULL;
    pthread_mutex_unlock(&w->lock);
    return a;
}

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->asked);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    job_fini(&w->waiting);
    answer_free(w->answer);
    pthread_cond_destroy(&w->asked);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
