/* SPDX-License-Identifier: MIT */
/* One sample of several namespaces: rows with their figures, facts of the host that are true of all
 * and of each, two threads and a bound socket as well; another choice while it runs opens nothing
 * that stays and leaves the calling thread where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/sample.h"
#include "lib/wait.h"
#include "tcptop/source/sampler.h"

#define PAIRS 300

/* A process in a namespace of its own. */
struct host_process {
    pid_t pid;
    int end; /* it lives until this is closed */
    char spec[16];
};

static struct host_process child;

static void loopback_up(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &up), 0);
    close(fd);
}

static void set_sysctl(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, value, strlen(value)), strlen(value));
    close(fd);
}

/* A listener on `port`, 2 × `pairs` connected sockets, and one that is only bound. */
static void open_sockets(uint16_t port, int pairs)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), bound = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 100), 0);
    for (int i = 0; i < pairs; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
        assert_true(accept(listener, NULL, NULL) >= 0);
    }
    a.sin_port = htons((uint16_t)(port + 1));
    assert_int_equal(bind(bound, (struct sockaddr *)&a, sizeof a), 0);
}

/* cmocka's checks fail by the exit code here. */
static void live_in_child(int ready, int end)
{
    char byte = 1;

    if (unshare(CLONE_NEWNET) != 0)
        _exit(77);
    loopback_up();
    set_sysctl("/proc/sys/net/ipv4/tcp_fin_timeout", "17");
    open_sockets(7100, PAIRS);
    if (write(ready, &byte, 1) != 1 || read(end, &byte, 1) != 0)
        _exit(1);
    _exit(0);
}

static int start_child(void **state)
{
    int ready[2], end[2];
    char byte;

    (void)state;
    loopback_up();
    set_sysctl("/proc/sys/net/ipv4/tcp_fin_timeout", "60");
    open_sockets(7000, 3);
    assert_int_equal(pipe2(ready, O_CLOEXEC) | pipe2(end, O_CLOEXEC), 0);
    child.pid = child_fork(NULL);
    if (child.pid == 0) {
        close(end[1]);
        live_in_child(ready[1], end[0]);
    }
    close(ready[1]);
    close(end[0]);
    child.end = end[1];
    snprintf(child.spec, sizeof child.spec, "%d", (int)child.pid);
    return read(ready[0], &byte, 1) == 1 ? close(ready[0]) : -1;
}

static int stop_child(void **state)
{
    (void)state;
    close(child.end);
    return waitpid(child.pid, NULL, 0) == child.pid ? 0 : -1;
}

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Does a thread or a file of this process hold the child's namespace? */
static bool is_held(void)
{
    struct stat ns, st;
    char path[64];
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry;
    bool held = false;

    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)child.pid);
    assert_int_equal(stat(path, &ns), 0);
    while ((entry = readdir(dir))) {
        snprintf(path, sizeof path, "/proc/self/task/%.20s/ns/net", entry->d_name);
        held |= entry->d_name[0] != '.' && stat(path, &st) == 0 && st.st_ino == ns.st_ino;
    }
    closedir(dir);
    for (int fd = 0; fd < 256; fd++)
        held |= fstat(fd, &st) == 0 && st.st_ino == ns.st_ino && st.st_dev == ns.st_dev;
    return held;
}

/* A thread that was joined may still be listed for a moment. */
static bool is_let_go(void)
{
    for (struct wait w = {0}; is_held() && wait_more(&w);)
        continue;
    return !is_held();
}

static ino_t here(void)
{
    struct stat st;

    assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
    return st.st_ino;
}

static struct sample_pipeline *open_spec(const char *spec)
{
    struct source *src;
    struct sample_pipeline *st;
    struct sample_reason err = {.code = REASON_NONE};

    if (multi_netns_open(&src, spec, &err))
        fail_msg("%s: %s", spec, reason_words(&err));
    st = sample_pipeline_new(src, 60);
    assert_non_null(st);
    return st;
}

static void step(struct sample_pipeline *st, const struct request *req, const struct sample **s)
{
    struct sample_reason err = {.code = REASON_NONE};

    if (sample_pipeline_next(st, req, s, &err))
        fail_msg("%s", reason_words(&err));
}

/* Live rows whose local port is `port`, of the namespace `ns`. */
static uint32_t rows_at(const struct sample *s, const struct netns *ns, uint16_t port)
{
    uint32_t n = 0;

    for (uint32_t row = 0; row < s->n_live; row++)
        n += s->conn[row].sport == port && (!ns || s->conn[row].netns == ns->id);
    return n;
}

/* The child's entry: by the inode of its file. */
static const struct netns *of_child(const struct sample *s)
{
    struct stat st;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)child.pid);
    assert_int_equal(stat(path, &st), 0);
    for (uint32_t i = 0; s->namespaces && i < s->namespaces->n; i++) {
        if (s->namespaces->list[i].inode == st.st_ino)
            return &s->namespaces->list[i];
    }
    fail_msg("the child's namespace is not listed");
    return NULL;
}

static void test_all_in_one_sample(void **state)
{
    static const struct request req = {
        .needs = NEED_TCP_INFO | NEED_BOUND | NEED_CONGESTION, .host_facts = true, .fade_ds = 30};
    struct sample_pipeline *st = open_spec("all");
    const struct sample *s = NULL;
    const struct netns *theirs, *own;
    uint64_t total, one, other;
    int64_t value;

    (void)state;
    step(st, &req, &s);
    theirs = of_child(s);
    own = netns_find(s->namespaces, 0);
    assert_string_equal(s->netns, "all");
    assert_true(own && own->own && own->shown && theirs->shown && theirs->id != 0);
    assert_int_equal(rows_at(s, own, 7000), 1 + 3);
    assert_int_equal(rows_at(s, theirs, 7100), 1 + PAIRS);
    assert_int_equal(rows_at(s, own, 7100), 0);
    assert_int_equal(theirs->sockets, 1 + 2 * PAIRS + (s->needs & NEED_BOUND ? 1 : 0));
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (s->conn[row].state != TCP_STATE_ESTABLISHED)
            continue;
        assert_true(tcp_metrics_get(sample_metrics(s, row), METRICS_rtt_us, &one));
        assert_non_null(sample_congestion(s, row));
    }
    assert_true(host_sysctl(&own->host, SYSCTL_FIN_TIMEOUT, &value) && value == 60);
    assert_true(host_sysctl(&theirs->host, SYSCTL_FIN_TIMEOUT, &value) && value == 17);
    assert_false(host_sysctl(&s->host, SYSCTL_FIN_TIMEOUT, &value));
    assert_false(
        host_sysctl(&theirs->host, SYSCTL_MAX_ORPHANS, &value)); /* the first one's alone */
    assert_true(host_counter(&own->host, COUNTER_PASSIVE_OPENS, &one));
    assert_true(host_counter(&theirs->host, COUNTER_PASSIVE_OPENS, &other));
    assert_int_equal(other, PAIRS);
    if (s->namespaces->shown == 2) {
        assert_true(host_counter(&s->host, COUNTER_PASSIVE_OPENS, &total));
        assert_int_equal(total, one + other);
    }
    assert_true(s->cost_ns > 0 && s->cpu_ns > 0);
    sample_unref(s);
    sample_pipeline_free(st);
}

/* The second dump of a namespace is taken by a thread that inherits it. */
static void test_two_threads_there(void **state)
{
    static const struct request halved = {.parallel_from = 1};
    struct sample_pipeline *st = open_spec(child.spec);
    const struct sample *s = NULL;

    (void)state;
    for (int i = 0; i < 3; i++) {
        step(st, &halved, &s);
        assert_int_equal(s->n_live, 1 + 2 * PAIRS);
        assert_int_equal(rows_at(s, of_child(s), 7100), 1 + PAIRS);
        assert_int_equal(s->duplicates, 0);
    }
    sample_unref(s);
    sample_pipeline_free(st);
}

/* Nothing that was opened for another choice stays, and its rows are no past. */
static void test_another_choice(void **state)
{
    struct request req = {.interval_ms = 1000, .fade_ds = 30, .host_facts = true};
    struct sample_pipeline *st = open_spec("");
    const struct sample *s = NULL;
    ino_t own = here();
    int64_t value;
    int files = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        memset(req.namespaces, 0, sizeof req.namespaces);
        step(st, &req, &s);
        assert_null(s->namespaces);
        assert_string_equal(s->netns, "");
        assert_int_equal(rows_at(s, NULL, 7000), 1 + 3);
        assert_int_equal(sample_rows(s), s->n_live);
        assert_int_equal(s->history.len, 1);
        assert_true(is_let_go());
        files = i == 1 ? open_files() : files;
        assert_true(i < 1 || open_files() == files);

        strcpy(req.namespaces, child.spec);
        step(st, &req, &s);
        assert_true(is_held());
        assert_int_equal(rows_at(s, of_child(s), 7100), 1 + PAIRS);
        assert_int_equal(rows_at(s, NULL, 7000), 0);
        assert_int_equal(sample_rows(s), s->n_live);
        assert_int_equal(s->born, 0);
        assert_true(host_sysctl(&s->host, SYSCTL_FIN_TIMEOUT, &value) && value == 17);
        step(st, &req, &s);
        assert_int_equal(s->history.len, 2);
        assert_int_equal(s->born, 0);
        assert_int_equal(here(), own);
    }
    sample_unref(s);
    sample_pipeline_free(st);
    assert_true(is_let_go());
}

/* A list tells of the others without dumping them, and holds none. */
static void test_list(void **state)
{
    static const struct request req = {.list_namespaces = true};
    struct sample_pipeline *st = open_spec("");
    const struct sample *s = NULL;

    (void)state;
    step(st, &req, &s);
    assert_string_equal(s->netns, "");
    assert_false(s->namespaces->several);
    assert_int_equal(s->namespaces->shown, 1);
    assert_true(s->namespaces->list[0].own && s->namespaces->list[0].shown);
    assert_false(of_child(s)->shown);
    assert_true(of_child(s)->counted);
    assert_int_equal(of_child(s)->sockets, 1 + 2 * PAIRS);
    assert_int_equal(of_child(s)->error, 0);
    assert_int_equal(rows_at(s, NULL, 7100), 0);
    assert_true(is_let_go());
    sample_unref(s);
    sample_pipeline_free(st);
}

static void test_refusals(void **state)
{
    static const char *const specs[] = {"nosuchname", "4000000", "/dev/null", "net:[1]"};
    struct request req = {.host_facts = true};
    struct sample_pipeline *st = open_spec("");
    const struct sample *s = NULL;
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};
    int files;

    (void)state;
    step(st, &req, &s);
    files = open_files();
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        err = (struct sample_reason){.code = REASON_NONE};
        assert_true(multi_netns_open(&src, specs[i], &err) < 0);
        assert_non_null(strstr(reason_words(&err), specs[i]));
        memset(req.namespaces, 0, sizeof req.namespaces);
        strcpy(req.namespaces, specs[i]);
        for (int again = 0; again < 3; again++) {
            err = (struct sample_reason){.code = REASON_NONE};
            assert_true(sample_pipeline_next(st, &req, &s, &err) < 0);
            assert_non_null(strstr(reason_words(&err), specs[i]));
        }
    }
    memset(req.namespaces, 0, sizeof req.namespaces);
    step(st, &req, &s); /* and back */
    assert_int_equal(rows_at(s, NULL, 7000), 1 + 3);
    assert_int_equal(open_files(), files);
    sample_unref(s);
    sample_pipeline_free(st);
}

/* Cancelling what is asked ends what is being done for it. */
static void test_cancelled(void **state)
{
    static const struct request req = {.host_facts = true};
    struct source *src;
    struct sample *s = sample_make(NULL);
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    assert_int_equal(multi_netns_open(&src, child.spec, &err), 0);
    assert_int_equal(source_sample(src, &req, builder_of(s), &err), 0);
    source_cancel(src);
    sample_unref(s);
    s = sample_make(NULL);
    assert_int_equal(source_sample(src, &req, builder_of(s), &err), -ECANCELED);
    sample_unref(s);
    source_close(src);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_in_one_sample), cmocka_unit_test(test_two_threads_there),
        cmocka_unit_test(test_another_choice),    cmocka_unit_test(test_list),
        cmocka_unit_test(test_refusals),          cmocka_unit_test(test_cancelled),
    };

    return cmocka_run_group_tests(tests, start_child, stop_child);
}
