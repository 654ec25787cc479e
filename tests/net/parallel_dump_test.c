/* SPDX-License-Identifier: MIT */
/* Dumps taken by two threads are those taken by one: the same rows of real sockets in every state,
 * and, while thousands of connections a second come and go, none twice and no lasting one lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcptop/base/thread.h"

static int counted_start(pthread_t *thread, void *(*run)(void *), void *arg);
#define thread_start counted_start
#include "../../src/source/parallel_dump.c"
#undef thread_start

#include "lib/child.h"
#include "lib/held.h"
#include "lib/own_table.h"
#include "lib/sample.h"
#include "tcptop/model/dedupe.h"
#include "tcptop/query/rows.h"
#include "tcptop/source/sample_pipeline.h"

#define LASTING    400 /* connections, two sockets each */
#define SAMPLES    60
#define BORN_LEAST 1000 /* while samples are taken */

static const char *program; /* argv[0] */
static unsigned threads;    /* started by dumps so far */

static int counted_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    threads++;
    return thread_start(thread, run, arg);
}

static struct sample *take_by(const struct request *req)
{
    struct sample *s = sample_make(NULL);
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};

    assert_non_null(s);
    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    if (source_sample(src, req, builder_of(s), &err) != 0)
        fail_msg("%s", reason_words(&err));
    source_close(src);
    assert_int_equal(s->backend, BACKEND_NETLINK);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    return s;
}

static struct sample *take(uint32_t parallel_from, uint32_t needs, const struct predicate *only)
{
    return take_by(&(struct request){.needs = needs, .parallel_from = parallel_from, .only = only});
}

static int by_cookie(const void *a, const void *b)
{
    const struct conn *x = a, *y = b;

    return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

/* Equal but for timers, which run meanwhile. */
static void expect_equal(struct sample *one, struct sample *two)
{
    assert_int_equal(one->n_live, two->n_live);
    qsort(one->conn, one->n_live, sizeof *one->conn, by_cookie);
    qsort(two->conn, two->n_live, sizeof *two->conn, by_cookie);
    for (uint32_t i = 0; i < one->n_live; i++) {
        struct conn a = one->conn[i], b = two->conn[i];
        a.expires_ms = b.expires_ms = 0;
        if (a.timer != b.timer)
            a.timer = b.timer;
        a.retrans = b.retrans;
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void the_same_rows_in_every_state(void **state)
{
    (void)state;
    static const uint32_t needs[] = {0, NEED_BOUND, NEED_BOUND | NEED_TCP_INFO};
    struct held held;

    assert_int_equal(held_start(&held, program, NULL), 0);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        unsigned before = threads;
        struct sample *one = take(0, needs[i], NULL), *two = take(1, needs[i], NULL);
        assert_int_equal(threads, before + 1);
        expect_equal(one, two);
        assert_int_equal(!!two->metrics, needs[i] & NEED_TCP_INFO);
        sample_unref(one);
        sample_unref(two);
    }
    held_stop(&held);
}

/* What one dump or two let through of every row is what comes first when all are there. */
static void the_first_rows(void **state)
{
    (void)state;
    static const struct sort by_remote = {.column = COL_REMOTE, .descending = true};
    const struct predicate all = {0};
    struct rows rows = {0};
    struct held held;

    assert_int_equal(held_start(&held, program, NULL), 0);
    struct sample *whole = take(0, 0, NULL);
    assert_int_equal(rows_build_top(&rows, whole, NULL, &by_remote, 0, 7), 0);
    for (uint32_t parallel_from = 0; parallel_from < 2; parallel_from++) {
        struct rows_top top[2];
        struct request req = {.parallel_from = parallel_from};
        struct rows first = {0};
        for (int i = 0; i < 2; i++) {
            assert_int_equal(rows_top_init(&top[i], &all, &by_remote, 7), 0);
            req.row_stream[i] = &top[i].row_stream;
        }
        struct sample *s = take_by(&req);
        assert_true(s->streamed);
        assert_int_equal(s->total, whole->n_live);
        assert_int_equal(rows_build_top(&first, s, NULL, &by_remote, 0, 7), 0);
        assert_int_equal(first.n, 7);
        for (uint32_t i = 0; i < 7; i++)
            assert_true(s->conn[first.row[i]].cookie == whole->conn[rows.row[i]].cookie);
        rows_fini(&first);
        sample_unref(s);
        rows_top_fini(&top[0]);
        rows_top_fini(&top[1]);
    }
    rows_fini(&rows);
    sample_unref(whole);
    held_stop(&held);
}

/* States alone leave the halves, as they do not say how few rows there are; all else takes one. */
static void filters_and_parallel_dump(void **state)
{
    (void)state;
    struct predicate established = {0}, port = {0};
    struct held held;

    assert_int_equal(held_start(&held, program, NULL), 0);
    predicate_term(&established, &(struct filter_term){.kind = TERM_STATE,
                                                       .states = STATE_BIT(TCP_STATE_ESTABLISHED)});
    predicate_term(&port, &(struct filter_term){.kind = TERM_PORT, .lo = 3000, .hi = 3000});
    for (int i = 0; i < 2; i++) {
        const struct predicate *only = i ? &port : &established;
        unsigned before = threads;
        struct sample *one = take(0, 0, only), *two = take(1, 0, only);
        assert_int_equal(threads, before + (i == 0));
        assert_in_range(one->n_live, 1, 40);
        expect_equal(one, two);
        sample_unref(one);
        sample_unref(two);
    }
    predicate_fini(&established);
    predicate_fini(&port);
    held_stop(&held);
}

static int listen_here(struct sockaddr_in *to)
{
    socklen_t len = sizeof *to;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)to, len), 0);
    assert_int_equal(listen(fd, 512), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)to, &len), 0);
    return fd;
}

/* Connections that end at once, until the parent ends this. */
static void churn(void)
{
    struct sockaddr_in to;
    int listener = listen_here(&to);

    for (;;) {
        int client = socket(AF_INET, SOCK_STREAM, 0), server;
        if (connect(client, (struct sockaddr *)&to, sizeof to) == 0 &&
            (server = accept(listener, NULL, NULL)) >= 0)
            close(server);
        close(client);
    }
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;

    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
    return cookie;
}

static void expect_no_cookie_twice(const struct sample *s)
{
    qsort(s->conn, s->n_live, sizeof *s->conn, by_cookie);
    for (uint32_t i = 1; i < s->n_live; i++)
        assert_true(s->conn[i].cookie != s->conn[i - 1].cookie);
}

static bool is_listed(const struct sample *s, uint64_t cookie)
{
    const struct conn key = {.cookie = cookie};

    return bsearch(&key, s->conn, s->n_live, sizeof key, by_cookie);
}

struct lasting {
    uint64_t cookie;
    bool missed; /* by the last dump */
};

/* A dump that goes on within a bucket counts its way to the place: a socket before it that has gone
 * meanwhile makes the kernel pass one over, of one dump as of two (inet_diag_dump_icsk()). What
 * the cut loses it loses every time. */
static void expect_never_lost_again(const struct sample *s, struct lasting *lasting, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool missed = !is_listed(s, lasting[i].cookie);
        assert_false(missed && lasting[i].missed);
        lasting[i].missed = missed;
    }
}

static void nothing_twice_nothing_lost(void **state)
{
    (void)state;
    static struct lasting lasting[2 * LASTING + 1];
    struct dedupe dedupe = {0};
    struct sockaddr_in to;
    int listener = listen_here(&to);
    unsigned before = threads;

    lasting[0].cookie = cookie_of(listener);
    for (uint32_t i = 0; i < LASTING; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
        int server = accept(listener, NULL, NULL);
        lasting[1 + 2 * i].cookie = cookie_of(client);
        lasting[2 + 2 * i].cookie = cookie_of(server);
    }
    pid_t child = child_fork(NULL);
    if (child == 0)
        churn();
    for (int i = 0; i < SAMPLES; i++) {
        struct sample *s = take(1, i % 2 ? NEED_TCP_INFO : 0, NULL);
        assert_int_equal(dedupe_rows(&dedupe, builder_of(s)), 0);
        expect_no_cookie_twice(s);
        expect_never_lost_again(s, lasting, sizeof lasting / sizeof *lasting);
        sample_unref(s);
    }
    assert_int_equal(threads, before + SAMPLES);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    dedupe_fini(&dedupe);
    close(listener);
}

/* The same source, sample after sample: the cut is kept, rows find their past, none is twice. */
static void samples_join(void **state)
{
    (void)state;
    struct request req = {.parallel_from = 1, .fade_ds = 50, .interval_ms = 10};
    const struct sample *last = NULL;
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};
    uint64_t born = 0;
    uint32_t first = 0;

    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    struct sample_pipeline *st = sample_pipeline_new(src, 60);
    assert_non_null(st);
    assert_int_equal(sample_pipeline_next(st, &req, &last, &err), 0);
    first = last->n_live;
    pid_t child = child_fork(NULL);
    if (child == 0)
        churn();
    for (int i = 0; i < SAMPLES || (born < BORN_LEAST && i < 100000); i++) {
        assert_int_equal(sample_pipeline_next(st, &req, &last, &err), 0);
        assert_int_equal(last->status, SAMPLE_COMPLETE);
        born += last->born;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(born >= BORN_LEAST);
    assert_int_equal(first + born, (uint64_t)last->n_live + last->n_missing + last->closed_total);
    expect_no_cookie_twice(last);
    sample_unref(last);
    sample_pipeline_free(st);
}

/* Where only one core may be used there is one thread. */
static void never_more_threads_than_cores(void **state)
{
    (void)state;
    cpu_set_t all, one;
    unsigned before = threads;
    size_t cpu = 0;

    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    sample_unref(take(1, 0, NULL));
    assert_int_equal(threads, before);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

/* Nothing of an earlier test's sockets changes meanwhile. */
static int prepare(void **state)
{
    struct rlimit files;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return own_table(16384);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_rows_in_every_state, prepare),
        cmocka_unit_test_setup(the_first_rows, prepare),
        cmocka_unit_test_setup(filters_and_parallel_dump, prepare),
        cmocka_unit_test_setup(never_more_threads_than_cores, prepare),
        cmocka_unit_test_setup(nothing_twice_nothing_lost, prepare),
        cmocka_unit_test_setup(samples_join, prepare),
    };
    cpu_set_t cores;

    (void)argc;
    program = argv[0];
    if (sched_getaffinity(0, sizeof cores, &cores) != 0 || CPU_COUNT(&cores) < 2) {
        puts("1..1\nok 1 - two dumps at a time # SKIP one core only");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
