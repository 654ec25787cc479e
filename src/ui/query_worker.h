/* SPDX-License-Identifier: MIT */
/* The query worker, a thread that lists large samples and does other tasks with them, while what
 * was listed before stands on the screen. */
#ifndef TCPTOP_SRC_UI_QUERY_WORKER_H
#define TCPTOP_SRC_UI_QUERY_WORKER_H

#include "row_view.h"

#define WORKER_GRACE_MS 300 /* for tasks to complete when the program ends */

struct query_worker;

/** `wake_fd`: eventfd, gets 1 per answer and per task done. Returns 0 or -errno. */
int query_worker_start(struct query_worker **w, int wake_fd);

/** Ask for a listing; the job is taken over, one not yet begun is replaced. Returns the job's
 *  ticket; tickets grow. */
uint64_t query_worker_ask(struct query_worker *w, struct row_view_job *job);

struct answer {
    uint64_t ticket; /* of the job it answers */
    int error;       /* 0 or -ENOMEM */
    struct row_view *row_view;
};

/** The newest answer, taken over by the caller; false when there is none. */
bool query_worker_take(struct query_worker *w, struct answer *a);

struct session;

/* Work besides listing, in steps. Where it only computes, one task follows the other, and
 * listings are made between their steps. What may have to wait for a disk or the kernel has a
 * thread of its own, so that nothing waits for it. */
struct task {
    struct task *next;
    struct query_worker *worker;                           /* set by query_worker_run() */
    bool (*step)(struct task *task);                       /* a part of it; true when it is done */
    void (*on_done)(struct task *task, struct session *s); /* then, by the thread that draws */
    void (*free)(struct task *task);
    /* The program ends, and has waited for it as long as it could. It goes on until the process has
     * gone; what it would leave behind half done is taken back here. NULL: it needs no time to
     * complete, and is cancelled instead. */
    void (*take_back)(struct task *task);
    bool waits;            /* it may have to wait: it gets a thread of its own */
    atomic_bool cancelled; /* nobody waits for it any more: the next step is the last, and
                              on_done() is not called */
};

/** Begin a task, where it computes when those before it are done; the worker has it until
 *  query_worker_done(). */
void query_worker_run(struct query_worker *w, struct task *task);

/** A task that is done, given back; NULL when there is none. */
struct task *query_worker_done(struct query_worker *w);

/** Cancel all tasks, those with take_back() only when they have not completed within
 * WORKER_GRACE_MS. Returns when every one and the job under way have ended, and frees everything: a
 * caller that cannot wait that long uses thread_run_until(). NULL is accepted. */
void query_worker_stop(struct query_worker *w);

#endif
