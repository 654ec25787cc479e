/* SPDX-License-Identifier: MIT */
/* The query thread: answers belong to their job, the newest job is always answered, nothing leaks
 * when jobs are replaced or cut off, and signals go to other threads. Meant for TSan as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../src/ui/query_worker.h"
#include "lib/sample.h"
#include "tcptop/query/filter.h"

static struct sample *sample(uint32_t n)
{
    struct sample *s = sample_make(NULL);
    for (uint32_t i = 0; i < n; i++)
        sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED)->sport =
            (uint16_t)(i * 7919);
    return s;
}

struct stage {
    struct query_worker *worker;
    int wake;
};

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    *state = stage;
    if (!stage)
        return -1;
    stage->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return query_worker_start(&stage->worker, stage->wake);
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    query_worker_stop(stage->worker);
    close(stage->wake);
    free(stage);
    return 0;
}

static void await(struct stage *stage)
{
    struct pollfd fd = {.fd = stage->wake, .events = POLLIN};
    uint64_t count;
    assert_int_equal(poll(&fd, 1, 60000), 1);
    assert_int_equal(read(stage->wake, &count, sizeof count), sizeof count);
}

static struct answer next_answer(struct stage *stage)
{
    struct answer a;
    while (!query_worker_take(stage->worker, &a))
        await(stage);
    return a;
}

static uint64_t ask(struct stage *stage, struct sample *s, const char *filter)
{
    struct row_view_job job = {.sample = sample_ref(s), .sort = {.column = COL_LOCAL_PORT}};
    assert_int_equal(filter_parse(filter, &job.predicate, NULL), 0);
    uint64_t ticket = query_worker_ask(stage->worker, &job);
    assert_null(job.sample);
    return ticket;
}

static void one_job(void **state)
{
    struct stage *stage = *state;
    struct sample *s = sample(3);
    uint64_t ticket = ask(stage, s, "not port:7919");
    struct answer a = next_answer(stage);
    assert_int_equal(a.ticket, ticket);
    assert_int_equal(a.error, 0);
    assert_ptr_equal(a.row_view->sample, s);
    assert_int_equal(a.row_view->rows.n, 2);
    assert_int_equal(a.row_view->rows.row[0], 0);
    assert_int_equal(a.row_view->rows.row[1], 2);
    assert_int_equal(a.row_view->summary.state_counts[TCP_STATE_ESTABLISHED].rows, 3);
    row_view_unref(a.row_view);
    assert_false(query_worker_take(stage->worker, &a));
    assert_int_equal(atomic_load(&builder_of(s)->refs), 1);
    sample_unref(s);
}

/* Answers come in order, none twice, and the last job is not lost, however many are replaced. */
static void replaced_jobs(void **state)
{
    struct stage *stage = *state;
    struct sample *s = sample(5000), *other = sample(10);
    struct answer a;
    uint64_t last = 0, seen = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t ticket = ask(stage, i % 2 ? s : other, "");
        assert_true(ticket > last);
        last = ticket;
        if (i % 3 || !query_worker_take(stage->worker, &a))
            continue;
        assert_true(a.ticket > seen);
        seen = a.ticket;
        row_view_unref(a.row_view);
    }
    while (seen < last) {
        a = next_answer(stage);
        assert_true(a.ticket > seen);
        assert_int_equal(a.row_view->rows.n, a.ticket % 2 ? 10 : 5000);
        seen = a.ticket;
        row_view_unref(a.row_view);
    }
    assert_int_equal(seen, last);
    assert_int_equal(atomic_load(&builder_of(s)->refs), 1);
    assert_int_equal(atomic_load(&builder_of(other)->refs), 1);
    sample_unref(s);
    sample_unref(other);
}

/* A job under way, one waiting, one answered and not taken: all are given back. */
static void stop_during_a_job(void **state)
{
    struct stage *stage = *state;
    struct sample *s = sample(50000);
    ask(stage, s, "");
    ask(stage, s, "");
    query_worker_stop(stage->worker);
    assert_int_equal(atomic_load(&builder_of(s)->refs), 1);
    assert_int_equal(query_worker_start(&stage->worker, stage->wake), 0);
    ask(stage, s, "");
    row_view_unref(next_answer(stage).row_view);
    sample_unref(s);
}

struct count {
    struct task task;
    int steps, wanted;
    atomic_int *freed;
};

static bool count_step(struct task *e)
{
    struct count *c = (struct count *)e;
    return ++c->steps == c->wanted || e->cancelled;
}

static void count_free(struct task *e)
{
    atomic_fetch_add(((struct count *)e)->freed, 1);
    free(e);
}

static struct task *count_new(int wanted, atomic_int *freed)
{
    struct count *c = calloc(1, sizeof *c);
    assert_non_null(c);
    *c = (struct count){{.step = count_step, .free = count_free}, 0, wanted, freed};
    return &c->task;
}

/* In their order, each to its end, and listings are made between their steps. */
static void tasks(void **state)
{
    struct stage *stage = *state;
    atomic_int freed = 0;
    struct sample *s = sample(10);
    struct task *endless = count_new(-1, &freed), *next = count_new(1000, &freed), *done;
    query_worker_run(stage->worker, endless);
    query_worker_run(stage->worker, next);
    ask(stage, s, "");
    row_view_unref(next_answer(stage).row_view);
    assert_null(query_worker_done(stage->worker));
    endless->cancelled = true;
    while (!(done = query_worker_done(stage->worker)))
        await(stage);
    assert_ptr_equal(done, endless);
    done->free(done);
    while (!(done = query_worker_done(stage->worker)))
        await(stage);
    assert_ptr_equal(done, next);
    assert_int_equal(((struct count *)done)->steps, 1000);
    done->free(done);
    sample_unref(s);
    assert_int_equal(freed, 2);
}

/* None is forgotten when the user quits. */
static void stop_ends_tasks(void **state)
{
    struct stage *stage = *state;
    atomic_int freed = 0;
    for (int i = 1; i <= 5; i++)
        query_worker_run(stage->worker, count_new(1000 * i, &freed));
    query_worker_stop(stage->worker);
    assert_int_equal(freed, 5);
    assert_int_equal(query_worker_start(&stage->worker, stage->wake), 0);
}

/* One that waits, as for a slow disk: until its gate opens. */
struct waiting {
    struct task task;
    pthread_mutex_t gate;
    atomic_uint begun, taken_back, freed;
};

static bool waiting_step(struct task *e)
{
    struct waiting *w = (struct waiting *)e;
    atomic_fetch_add(&w->begun, 1);
    pthread_mutex_lock(&w->gate);
    pthread_mutex_unlock(&w->gate);
    return true;
}

static void waiting_take_back(struct task *e)
{
    struct waiting *w = (struct waiting *)e;
    atomic_fetch_add(&w->taken_back, 1);
    pthread_mutex_unlock(&w->gate); /* the worker waits for it all the same */
}

static void waiting_free(struct task *e)
{
    atomic_fetch_add(&((struct waiting *)e)->freed, 1);
}

static void waiting_init(struct waiting *w)
{
    memset(w, 0, sizeof *w);
    w->task = (struct task){
        .step = waiting_step, .free = waiting_free, .take_back = waiting_take_back, .waits = true};
    pthread_mutex_init(&w->gate, NULL);
}

static void nothing_waits_for_what_waits(void **state)
{
    struct stage *stage = *state;
    atomic_int freed = 0;
    struct waiting slow;
    struct sample *s = sample(10);
    struct task *quick = count_new(3, &freed), *done;
    waiting_init(&slow);
    pthread_mutex_lock(&slow.gate);
    query_worker_run(stage->worker, &slow.task);
    query_worker_run(stage->worker, quick);
    ask(stage, s, "");
    row_view_unref(next_answer(stage).row_view);
    while (!(done = query_worker_done(stage->worker)))
        await(stage);
    assert_ptr_equal(done, quick);
    done->free(done);
    pthread_mutex_unlock(&slow.gate);
    while (!(done = query_worker_done(stage->worker)))
        await(stage);
    assert_ptr_equal(done, &slow.task);
    sample_unref(s);
}

/* The gate opens only when it is taken back. */
static void stop_takes_back_what_waits_on(void **state)
{
    struct stage *stage = *state;
    struct waiting slow;
    waiting_init(&slow);
    pthread_mutex_lock(&slow.gate);
    query_worker_run(stage->worker, &slow.task);
    query_worker_stop(stage->worker);
    assert_int_equal(slow.taken_back, 1);
    assert_int_equal(slow.freed, 1);
    assert_false(slow.task.cancelled);
    assert_int_equal(query_worker_start(&stage->worker, stage->wake), 0);
}

static void stop_lets_tasks_complete(void **state)
{
    struct stage *stage = *state;
    struct waiting quick;
    waiting_init(&quick);
    query_worker_run(stage->worker, &quick.task);
    query_worker_stop(stage->worker);
    assert_int_equal(quick.begun, 1);
    assert_int_equal(quick.taken_back, 0);
    assert_int_equal(quick.freed, 1);
    assert_int_equal(query_worker_start(&stage->worker, stage->wake), 0);
}

/* False: the thread has gone. */
static bool blocked_signals(const char *task, unsigned long long *mask)
{
    char path[300], line[256];
    bool found = false;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "SigBlk:", 7) != 0)
            continue;
        *mask = strtoull(line + 7, NULL, 16);
        found = true;
    }
    if (f)
        fclose(f);
    return found;
}

/* Does every thread block what it is to, and does one besides the main one run? */
static bool masks_are_right(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGUSR1};
    DIR *tasks = opendir("/proc/self/task");
    int others = 0, open_to_faults = 0, wrong = 0;
    assert_non_null(tasks);
    for (struct dirent *d = readdir(tasks); d; d = readdir(tasks)) {
        unsigned long long mask;
        bool self = atoi(d->d_name) == getpid();
        if (d->d_name[0] == '.' || !blocked_signals(d->d_name, &mask))
            continue;
        if (mask >> (SIGABRT - 1) & 1)
            continue; /* a sanitizer's own thread: it blocks all */
        others += !self;
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
            wrong += (mask >> (signals[i] - 1) & 1) == self;
        open_to_faults += !self && !(mask >> (SIGSEGV - 1) & 1); /* its handler is needed */
    }
    closedir(tasks);
    return !wrong && others >= 1 && open_to_faults >= 1;
}

static void signals_are_blocked(void **state)
{
    struct stage *stage = *state;
    struct sample *s = sample(1);
    ask(stage, s, "");
    row_view_unref(
        next_answer(stage).row_view); /* it runs; a thread that is just being made blocks all */
    sample_unref(s);
    for (int i = 0; i < 3000 && !masks_are_right(); i++)
        poll(NULL, 0, 10); /* an earlier test's thread may still be ending */
    assert_true(masks_are_right());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replaced_jobs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_during_a_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tasks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_ends_tasks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_waits_for_what_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_takes_back_what_waits_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_lets_tasks_complete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signals_are_blocked, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
