/* SPDX-License-Identifier: MIT */
/* A thread leaves signals to the main one, but not those of a crash; the main one keeps its mask.
 * It leaves a core for another. Waiting ends with a signal or at its time, also for work that
 * somebody waits for no longer than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"

static void *own_mask(void *mask)
{
    pthread_sigmask(SIG_SETMASK, NULL, mask);
    return NULL;
}

static void masks(void **state)
{
    (void)state;
    static const int left[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGUSR1};
    static const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t mask, before, after;
    pthread_t thread;

    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    sigaddset(&before, SIGSEGV);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(thread_start(&thread, own_mask, &mask), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        assert_int_equal(sigismember(&mask, left[i]), 1);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        assert_int_equal(sigismember(&mask, taken[i]), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int sig = 1; sig < SIGRTMIN; sig++)
        assert_int_equal(sigismember(&after, sig), sigismember(&before, sig));
}

/* It moves, may move back (so one of many tries is enough), and may use the cores that it might. */
static void another_core(void **state)
{
    (void)state;
    cpu_set_t before, after;
    bool moved = false;

    if (!thread_has_two_cores() || sched_getaffinity(0, sizeof before, &before) != 0)
        skip();
    for (int i = 0; i < 1000 && !moved; i++) {
        int core = sched_getcpu();
        thread_leave_core(core);
        moved = sched_getcpu() != core;
    }
    assert_true(moved);
    thread_leave_core(-1);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
}

static struct {
    pthread_mutex_t lock;
    pthread_cond_t condition;
    bool there;
} meeting = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *come(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&meeting.lock);
    meeting.there = true;
    pthread_cond_signal(&meeting.condition);
    pthread_mutex_unlock(&meeting.lock);
    return NULL;
}

static void waiting(void **state)
{
    const int64_t soon = clock_mono_ns() + 20 * NS_PER_MS, late = soon + 60 * NS_PER_S;
    pthread_t thread;

    (void)state;
    thread_condition_init(&meeting.condition);
    pthread_mutex_lock(&meeting.lock);
    while (thread_wait_until(&meeting.condition, &meeting.lock, soon))
        continue;
    assert_true(clock_mono_ns() >= soon);
    assert_int_equal(thread_start(&thread, come, NULL), 0);
    while (!meeting.there && thread_wait_until(&meeting.condition, &meeting.lock, late))
        continue;
    assert_true(meeting.there && clock_mono_ns() < late);
    pthread_mutex_unlock(&meeting.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_cond_destroy(&meeting.condition);
}

static struct {
    pthread_mutex_t gate; /* held by the test: the work does not end */
    atomic_uint begun, done;
} work = {.gate = PTHREAD_MUTEX_INITIALIZER};

static void do_work(void *arg)
{
    atomic_fetch_add(&work.begun, 1);
    pthread_mutex_lock(&work.gate);
    pthread_mutex_unlock(&work.gate);
    *(bool *)arg = true;
    atomic_fetch_add(&work.done, 1);
}

static void work_is_waited_for_until_its_time(void **state)
{
    static bool first, second;

    (void)state;
    assert_true(thread_run_until(do_work, &first, clock_mono_ns() + 60 * NS_PER_S));
    assert_true(first);
    pthread_mutex_lock(&work.gate);
    assert_false(thread_run_until(do_work, &second, clock_mono_ns() + NS_PER_MS));
    assert_false(second);
    pthread_mutex_unlock(&work.gate);
    while (atomic_load(&work.done) < 2) /* it goes on without us */
        sched_yield();
    assert_true(second);
    assert_int_equal(work.begun, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(masks), cmocka_unit_test(another_core),
                                       cmocka_unit_test(waiting),
                                       cmocka_unit_test(work_is_waited_for_until_its_time)};
    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
