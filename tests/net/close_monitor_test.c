/* SPDX-License-Identifier: MIT */
/* What the kernel reports of closed sockets: every brief connection is counted with its bytes,
 * those in TIME_WAIT as rows; what was lost is said; sockets that never were a connection are not
 * counted; namespaces are told apart, nothing leaks, and hearing is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/own_table.h"
#include "lib/sample.h"
#include "lib/wait.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/sample_pipeline.h"

static const char *data_dir; /* where the programs of tests/data are */

/* N connections that send 300 bytes and get 50. */
static void brief(unsigned n)
{
    char path[4096], count[16];
    int status;
    pid_t child = fork();

    if (child == 0) {
        snprintf(path, sizeof path, "%s/brief", data_dir);
        snprintf(count, sizeof count, "%u", n);
        if (!freopen("/dev/null", "w", stdout))
            _exit(1);
        execl(path, path, count, "300", "50", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

struct run {
    struct sample_pipeline *st;
    struct request req;
    const struct sample *last;
};

static void step(struct run *r)
{
    struct sample_reason err = {.code = REASON_NONE};

    assert_int_equal(sample_pipeline_next(r->st, &r->req, &r->last, &err), 0);
}

/* The kernel tells from a queue, late on a busy host: sample until so many ends are told or lost.
 */
static void await(struct run *r, uint64_t ends)
{
    const struct close_stats *d;

    struct wait w = {0};

    do {
        step(r);
        d = &r->last->close_stats_total;
        if (d->ended + d->lost >= ends)
            return;
    } while (wait_more(&w));
    fail_msg("%llu told, %llu lost of %llu", (unsigned long long)d->ended,
             (unsigned long long)d->lost, (unsigned long long)ends);
}

static struct run start(double share)
{
    struct run r = {.req = {.close_stats = share, .fade_ds = 6000}}; /* closed rows stay */
    struct source *src;

    assert_int_equal(kernel_open(&src, NULL, NULL), 0);
    r.st = sample_pipeline_new(src, 60);
    assert_non_null(r.st);
    step(&r);
    assert_false(r.last->close_events_known); /* of the time before nothing was told */
    step(&r);
    assert_true(r.last->close_events_known);
    return r;
}

static void end(struct run *r)
{
    sample_unref(r->last);
    sample_pipeline_free(r->st);
}

/* Each has two ends here: one stays as TIME_WAIT, the other is gone before anyone looks. */
static void twenty_thousand_are_all_counted(void **state)
{
    struct run r = start(1);
    const struct close_stats *d;
    uint64_t received, sent;

    (void)state;
    for (unsigned i = 1; i <= 20; i++) {
        brief(1000);
        step(&r);
        assert_true(r.last->close_events_known);
        await(&r, i * 2000);
    }
    d = &r.last->close_stats_total;
    assert_int_equal(d->lost, 0);
    assert_int_equal(d->ended, 40000);
    assert_int_equal(d->unseen, 20000);
    /* With a FIN each received 301 bytes, or 51 where it is the client's end: the end that stays
     * may be the server's where the host is busy and sends a FIN late. */
    assert_in_range(d->unseen_received, 20000 * 301 - 200 * 250, 20000 * 301);
    assert_int_equal((20000 * 301 - d->unseen_received) % 250, 0);
    /* Where all this takes over a minute, the first have expired. */
    assert_int_equal(d->closed + r.last->count[TCP_STATE_TIME_WAIT], 40000);
    assert_int_equal(r.last->n_closed, SAMPLE_CLOSED_MAX);
    for (uint32_t i = 0; i < r.last->n_closed; i++) {
        uint32_t row = r.last->n_live + r.last->n_missing + i;
        const struct tcp_metrics *metrics = sample_metrics(r.last, row);
        assert_true(r.last->conn[row].flags & CONN_UNSEEN);
        assert_true(tcp_metrics_get(metrics, METRICS_bytes_received, &received));
        assert_true(tcp_metrics_get(metrics, METRICS_bytes_sent, &sent));
        assert_true((received == 301 && sent == 50) || (received == 51 && sent == 300));
    }
    end(&r);
}

/* With no time allowed, the socket is not read: the kernel drops and counts. */
static void what_is_lost_is_counted(void **state)
{
    struct run r = start(1e-9);
    const struct close_stats *d;
    struct wait w = {0};

    (void)state;
    brief(10000);
    do {
        step(&r);
        d = &r.last->close_stats_total;
    } while ((d->lost == 0 || d->ended == 0) && wait_more(&w));
    assert_true(d->lost > 0);
    assert_false(d->lost_vaguely);
    assert_true(d->ended > 0);
    assert_true(d->ended + d->lost <= 20000);
    end(&r);
}

/* Each test has a namespace of its own: nothing is told of an earlier one. An entry in TIME_WAIT
 * that a new connection takes over would be one less. */
static void set(const char *path, const char *value)
{
    FILE *f = fopen(path, "w");

    if (f) {
        fputs(value, f);
        fclose(f);
    }
}

/* Nothing ends TIME_WAIT before its time: no new connection, and no RST in answer to a FIN that a
 * busy host sends again (RFC 1337). */
static int setup(void **state)
{
    int rc = own_table(65536);

    (void)state;
    set("/proc/sys/net/ipv4/tcp_tw_reuse", "0");
    set("/proc/sys/net/ipv4/tcp_rfc1337", "1");
    return rc;
}

static int listening(struct sockaddr_in *addr)
{
    socklen_t len = sizeof *addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)addr, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
    return fd;
}

static void reset_and_unconnected_sockets(void **state)
{
    struct run r = start(1);
    struct linger now = {.l_onoff = 1};
    struct sockaddr_in addr;
    int listener = listening(&addr), client = socket(AF_INET, SOCK_STREAM, 0), server;

    (void)state;
    close(socket(AF_INET, SOCK_STREAM, 0));
    close(socket(AF_INET6, SOCK_STREAM, 0)); /* neither is among the ends that are counted below */
    assert_int_equal(connect(client, (struct sockaddr *)&addr, sizeof addr), 0);
    server = accept(listener, NULL, NULL);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    step(&r); /* both ends are seen */
    close(client);
    close(server);
    await(&r, 2);
    assert_int_equal(r.last->close_stats_total.ended, 2);
    assert_int_equal(r.last->close_stats_total.unseen, 0);
    assert_int_equal(r.last->close_stats_total.closed, 2);
    assert_int_equal(r.last->n_closed, 2);
    for (uint32_t i = 0; i < r.last->n_closed; i++)
        assert_int_not_equal(r.last->conn[r.last->n_live + r.last->n_missing + i].dport, 0);
    close(listener);
    for (struct wait w = {0}; r.last->close_stats_total.closed < 3 && wait_more(&w);)
        step(&r);
    assert_int_equal(r.last->close_stats_total.closed, 3);
    assert_int_equal(r.last->close_stats_total.ended,
                     2); /* a listener is no connection that ended */
    end(&r);
}

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static unsigned threads(void)
{
    char line[256];
    unsigned n = 0;
    FILE *f = fopen("/proc/self/status", "r");

    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        sscanf(line, "Threads: %u", &n);
    fclose(f);
    return n;
}

static void nothing_leaks(void **state)
{
    unsigned fds = descriptors(), running = threads();
    struct run r = start(1);

    (void)state;
    for (int i = 0; i < 100; i++) { /* asked for, and no longer */
        r.req.close_stats = i % 2;
        step(&r);
    }
    end(&r);
    assert_int_equal(descriptors(), fds);
    for (struct wait w = {0}; threads() != running && wait_more(&w);)
        continue; /* one that was joined may still be counted for a moment */
    assert_int_equal(threads(), running);
}

/* Where descriptors are few, samples go on without. */
static void few_descriptors(void **state)
{
    struct rlimit before, few;
    struct run r = {.req = {.close_stats = 1}};
    struct source *src;

    (void)state;
    for (int fd = 3; fd < 64; fd++) /* what this was started with would count */
        close(fd);
    assert_int_equal(kernel_open(&src, NULL, NULL), 0);
    r.st = sample_pipeline_new(src, 60);
    step(&r);
    sample_pipeline_free(r.st);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 8;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(kernel_open(&src, NULL, NULL), 0);
    r.st = sample_pipeline_new(src, 60);
    for (int i = 0; i < 3; i++)
        step(&r);
    assert_false(r.last->close_events_known);
    int spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(spare >= 0);
    close(spare);
    end(&r);
}

static void count_told(struct sample_builder *b, unsigned of[2])
{
    for (uint32_t i = 0; b->close_events && i < b->close_events->n_live; i++) {
        const struct conn *c = &b->close_events->conn[i];
        assert_in_range(c->netns, 0, 1);
        of[c->netns] += c->dport != 0;
    }
    sample_unref(b->close_events);
    b->close_events = NULL;
}

/* An end in the middle of a storm. */
static void ends_at_once(void **state)
{
    struct close_monitor *w;
    struct sample *s = sample_make(NULL);
    unsigned events[2] = {0};
    char path[4096];
    pid_t child;

    (void)state;
    snprintf(path, sizeof path, "%s/brief", data_dir);
    assert_int_equal(close_monitor_new(&w, 1), 0);
    assert_int_equal(close_monitor_add(w, 0), 0);
    child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(1);
        execl(path, path, "50000000", (char *)NULL);
        _exit(127);
    }
    for (struct wait t = {0}; events[0] == 0 && wait_more(&t);) { /* until it has begun */
        close_monitor_take(w, builder_of(s));
        count_told(builder_of(s), events);
    }
    assert_true(events[0] > 0);
    close_monitor_free(w);
    sample_unref(s);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0); /* the storm goes on */
    kill(child, SIGTERM);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Two namespaces, one of which goes: what it told is still handed over. */
static void two_namespaces(void **state)
{
    struct close_monitor *w;
    struct sample *s = sample_make(NULL);
    unsigned of[2] = {0};
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(close_monitor_new(&w, 1), 0);
    assert_int_equal(close_monitor_add(w, 0), 0);
    assert_int_equal(own_table(4096), 0);
    assert_int_equal(close_monitor_add(w, 1), 0);
    close_monitor_take(w, builder_of(s));
    count_told(builder_of(s), of);
    brief(30);
    for (struct wait t = {0}; of[1] < 60 && wait_more(&t);) {
        close_monitor_take(w, builder_of(s));
        assert_true(s->close_events_known);
        count_told(builder_of(s), of);
    }
    close_monitor_remove(w, 1);
    assert_false(close_monitor_receives(w, 1));
    brief(5); /* nobody hears of it */
    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    close(home);
    brief(10);
    for (struct wait t = {0}; of[0] < 20 && wait_more(&t);) {
        close_monitor_take(w, builder_of(s));
        count_told(builder_of(s), of);
    }
    assert_int_equal(of[0], 20);
    assert_int_equal(of[1], 60);
    sample_unref(s);
    close_monitor_free(w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(twenty_thousand_are_all_counted, setup),
        cmocka_unit_test_setup(what_is_lost_is_counted, setup),
        cmocka_unit_test_setup(reset_and_unconnected_sockets, setup),
        cmocka_unit_test_setup(nothing_leaks, setup),
        cmocka_unit_test_setup(few_descriptors, setup),
        cmocka_unit_test_setup(ends_at_once, setup),
        cmocka_unit_test_setup(two_namespaces, setup),
    };
    static char dir[4096];

    (void)argc;
    snprintf(dir, sizeof dir, "%s", argv[0]);
    char *slash = strrchr(dir, '/');
    snprintf(slash ? slash : dir, sizeof dir - (size_t)((slash ? slash : dir) - dir), "/../data");
    data_dir = dir;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
