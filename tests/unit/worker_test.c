/* The query thread: answers belong to their job, the newest job is always answered, nothing leaks
 * when jobs are replaced or cut off, and signals go to other threads. Meant for TSan as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/sample.h"
#include "tcptop/query/worker.h"

static const struct sort by_port = {COL_LOCAL_PORT, false};

static struct snapshot *sample(uint32_t n)
{
    struct snapshot *s = snapshot_new(NULL);
    for (uint32_t i = 0; i < n; i++)
        sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED)->sport =
            (uint16_t)(i * 7919);
    return s;
}

struct stage {
    struct worker *worker;
    int wake;
};

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    *state = stage;
    if (!stage)
        return -1;
    stage->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return worker_start(&stage->worker, stage->wake);
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    worker_stop(stage->worker);
    close(stage->wake);
    free(stage);
    return 0;
}

static struct answer *next_answer(struct stage *stage)
{
    for (;;) {
        struct answer *a = worker_take(stage->worker);
        if (a)
            return a;
        struct pollfd fd = {.fd = stage->wake, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 60000), 1);
        uint64_t count;
        assert_int_equal(read(stage->wake, &count, sizeof count), sizeof count);
    }
}

static void one_job(void **state)
{
    struct stage *stage = *state;
    struct snapshot *s = sample(3);
    uint64_t ticket = worker_ask(stage->worker, s, "not port:7919", &by_port, 0);
    struct answer *a = next_answer(stage);
    assert_int_equal(a->ticket, ticket);
    assert_ptr_equal(a->snapshot, s);
    assert_int_equal(a->error, 0);
    assert_int_equal(a->rows.n, 2);
    assert_int_equal(a->rows.row[0], 0);
    assert_int_equal(a->rows.row[1], 2);
    answer_free(a);
    assert_null(worker_take(stage->worker));
    assert_int_equal(atomic_load(&s->refs), 1);
    snapshot_unref(s);
}

static void wrong_filter(void **state)
{
    struct stage *stage = *state;
    struct snapshot *s = sample(3);
    worker_ask(stage->worker, s, "port:x", &by_port, 0);
    struct answer *a = next_answer(stage);
    assert_int_equal(a->error, -EINVAL);
    assert_int_equal(a->rows.n, 0);
    answer_free(a);
    worker_ask(stage->worker, s, NULL, &by_port, 0);
    a = next_answer(stage);
    assert_int_equal(a->error, 0);
    assert_int_equal(a->rows.n, 3);
    answer_free(a);
    snapshot_unref(s);
}

/* Answers come in order, none twice, and the last job is not lost, however many are replaced. */
static void replaced_jobs(void **state)
{
    struct stage *stage = *state;
    struct snapshot *s = sample(5000), *other = sample(10);
    uint64_t last = 0, seen = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t ticket = worker_ask(stage->worker, i % 2 ? s : other, "", &by_port, 0);
        assert_true(ticket > last);
        last = ticket;
        struct answer *a = i % 3 ? NULL : worker_take(stage->worker);
        if (a) {
            assert_true(a->ticket > seen);
            seen = a->ticket;
        }
        answer_free(a);
    }
    while (seen < last) {
        struct answer *a = next_answer(stage);
        assert_true(a->ticket > seen);
        assert_int_equal(a->rows.n, a->ticket % 2 ? 10 : 5000);
        seen = a->ticket;
        answer_free(a);
    }
    assert_int_equal(seen, last);
    assert_int_equal(atomic_load(&s->refs), 1);
    assert_int_equal(atomic_load(&other->refs), 1);
    snapshot_unref(s);
    snapshot_unref(other);
}

/* A job under way, one waiting, one answered and not taken: all are given back. */
static void stop_during_a_job(void **state)
{
    struct stage *stage = *state;
    struct snapshot *s = sample(50000);
    worker_ask(stage->worker, s, "", &by_port, 0);
    worker_ask(stage->worker, s, "", &by_port, 0);
    worker_stop(stage->worker);
    assert_int_equal(atomic_load(&s->refs), 1);
    assert_int_equal(worker_start(&stage->worker, stage->wake), 0);
    worker_ask(stage->worker, s, "", &by_port, 0);
    answer_free(next_answer(stage));
    snapshot_unref(s);
}

static unsigned long long blocked_signals(const char *task)
{
    char path[300], line[256];
    unsigned long long mask = 0;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "SigBlk:", 7) == 0)
            mask = strtoull(line + 7, NULL, 16);
    }
    fclose(f);
    return mask;
}

static void signals_are_blocked(void **state)
{
    struct stage *stage = *state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGUSR1};
    struct snapshot *s = sample(1);
    worker_ask(stage->worker, s, "", &by_port, 0);
    answer_free(next_answer(stage)); /* it runs; a thread that is just being made blocks all */
    snapshot_unref(s);
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    int others = 0;
    for (struct dirent *d = readdir(tasks); d; d = readdir(tasks)) {
        if (d->d_name[0] == '.')
            continue;
        bool self = atoi(d->d_name) == getpid();
        others += !self;
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
            bool blocked = blocked_signals(d->d_name) >> (signals[i] - 1) & 1;
            assert_int_equal(blocked, !self);
        }
        assert_false(blocked_signals(d->d_name) >> (SIGSEGV - 1) & 1); /* its handler is needed */
    }
    closedir(tasks);
    assert_true(others >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_filter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replaced_jobs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_during_a_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signals_are_blocked, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
