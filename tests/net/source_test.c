/* SPDX-License-Identifier: MIT */
/* The live source on real sockets in every state: each back end tells the same, what a back end
 * cannot know is marked, an empty table is told from a failure, and what is recorded replays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/held.h"
#include "lib/sample.h"
#include "tcptop/base/str.h"
#include "tcptop/model/sample.h"
#include "tcptop/source/source.h"
#include "tcptop/text/text.h"

static const char *program; /* argv[0] */
static struct held held;

struct recorder {
    struct tap tap;
    struct str bytes;
    unsigned dumps;
};

static void recorder_begin(struct tap *tap)
{
    struct recorder *r = (struct recorder *)tap;

    r->dumps++;
    str_clear(&r->bytes);
}

static void recorder_bytes(struct tap *tap, const void *messages, size_t len)
{
    str_add_bytes(&((struct recorder *)tap)->bytes, messages, len);
}

static struct sample *take(enum sample_backend backend, uint32_t needs, struct tap *tap)
{
    struct request req = {.needs = needs, .host_facts = true};
    struct sample *s = sample_make(NULL);
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};

    assert_non_null(s);
    assert_int_equal(kernel_open_backend(&src, backend, tap, &err), 0);
    if (source_sample(src, &req, builder_of(s), &err) != 0)
        fail_msg("%s", reason_words(&err));
    source_close(src);
    assert_int_equal(s->backend, backend);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    assert_int_equal(s->rejected, 0);
    sample_count(s);
    return s;
}

static void an_empty_table_is_complete(void **state)
{
    (void)state;
    for (unsigned b = BACKEND_NETLINK; b <= BACKEND_PROC; b++) {
        struct sample *s = take((enum sample_backend)b, 0, NULL);
        assert_int_equal(s->n_live, 0);
        assert_string_equal(reason_words(&s->reason), "");
        sample_unref(s);
    }
}

static int hold(void **state)
{
    (void)state;
    return held_start(&held, program, NULL);
}

static int let_go(void **state)
{
    (void)state;
    held_stop(&held);
    return 0;
}

static bool bound_is_answered(void)
{
    struct utsname u;
    unsigned major = 0, minor = 0;

    uname(&u);
    sscanf(u.release, "%u.%u", &major, &minor);
    return major > 6 || (major == 6 && minor >= 8);
}

static void every_state_is_there(void **state)
{
    (void)state;
    struct sample *s = take(BACKEND_NETLINK, 0, NULL);
    unsigned kinds = 0;

    for (unsigned i = TCP_STATE_ESTABLISHED; i <= TCP_STATE_CLOSING; i++) {
        if (i != TCP_STATE_CLOSE)
            assert_true(s->count[i] > 0);
    }
    for (uint32_t i = 0; i < s->n_live; i++) {
        kinds |= 1u << conn_kind(&s->conn[i]);
        assert_true(s->conn[i].cookie != 0);
        assert_int_equal(
            !!(s->conn[i].flags & CONN_NO_OWNER),
            s->conn[i].state == TCP_STATE_TIME_WAIT ||
                conn_kind(&s->conn[i]) == CONN_REQUEST_SOCKET ||
                (s->conn[i].state == TCP_STATE_FIN_WAIT2 && s->conn[i].timer == TIMER_TIMEWAIT));
    }
    assert_int_equal(kinds, 1u << CONN_PLAIN | 1u << CONN_REQUEST_SOCKET | 1u << CONN_ORPHAN |
                                1u << CONN_NOT_ACCEPTED);
    sample_unref(s);
}

static void bound_sockets_when_asked(void **state)
{
    (void)state;
    struct sample *without = take(BACKEND_NETLINK, 0, NULL);
    struct sample *with = take(BACKEND_NETLINK, NEED_BOUND, NULL);

    assert_int_equal(without->count[TCP_STATE_BOUND_INACTIVE], 0);
    if (bound_is_answered()) {
        assert_int_equal(with->needs, NEED_BOUND);
        assert_true(with->count[TCP_STATE_BOUND_INACTIVE] >= 1);
        assert_int_equal(with->n_live - without->n_live, with->count[TCP_STATE_BOUND_INACTIVE]);
    } else {
        assert_int_equal(with->needs, 0); /* unknown, not none */
    }
    sample_unref(with);
    sample_unref(without);
}

static void figures_when_asked(void **state)
{
    (void)state;
    struct sample *s = take(BACKEND_NETLINK, NEED_TCP_INFO, NULL);
    uint64_t value;

    for (uint32_t i = 0; i < s->n_live; i++) {
        const struct tcp_metrics *f = sample_metrics(s, i);
        assert_non_null(f);
        if (s->conn[i].state == TCP_STATE_ESTABLISHED)
            assert_true(tcp_metrics_get(f, METRICS_rtt_us, &value) && value > 0);
        if (s->conn[i].flags & CONN_NO_OWNER)
            assert_int_equal(f->valid, 0);
    }
    sample_unref(s);
}

/* Addresses and ports tell the sockets of the test apart. */
static int by_tuple(const void *a, const void *b)
{
    const struct conn *x = a, *y = b;
    int order = (int)x->family - (int)y->family;

    if (!order)
        order = memcmp(x->src, y->src, sizeof(x->src));
    if (!order)
        order = memcmp(x->dst, y->dst, sizeof(x->dst));
    if (!order)
        order = (int)x->sport - (int)y->sport;
    return order ? order : (int)x->dport - (int)y->dport;
}

static void sort_rows(struct sample *s)
{
    qsort(s->conn, s->n_live, sizeof(*s->conn), by_tuple);
}

/* Equal but for what passes with time: timers run, probes are sent, sorting moved no field. */
static void expect_same_socket(struct conn a, struct conn b)
{
    if (abs((int)a.expires_ms - (int)b.expires_ms) < 5000 || a.timer != b.timer) {
        a.expires_ms = b.expires_ms;
        a.timer = b.timer;
        a.retrans = b.retrans;
    }
    assert_memory_equal(&a, &b, sizeof(a));
}

static void legacy_equals_by_family(void **state)
{
    (void)state;
    struct sample *legacy = take(BACKEND_NETLINK, NEED_BOUND, NULL);
    struct sample *family = take(BACKEND_NETLINK_FAMILY, NEED_BOUND, NULL);

    assert_int_equal(legacy->n_live, family->n_live);
    sort_rows(legacy);
    sort_rows(family);
    for (uint32_t i = 0; i < legacy->n_live; i++)
        expect_same_socket(legacy->conn[i], family->conn[i]);
    sample_unref(family);
    sample_unref(legacy);
}

/* /proc knows no cookie, no backlog, no scope, and of a request socket the listener's uid. */
static void proc_equals_netlink(void **state)
{
    (void)state;
    struct sample *netlink = take(BACKEND_NETLINK, 0, NULL);
    struct sample *proc = take(BACKEND_PROC, NEED_TCP_INFO | NEED_BOUND, NULL);

    assert_int_equal(proc->needs, 0);
    assert_int_equal(netlink->n_live, proc->n_live);
    sort_rows(netlink);
    sort_rows(proc);
    for (uint32_t i = 0; i < proc->n_live; i++) {
        struct conn n = netlink->conn[i], p = proc->conn[i];
        assert_true(p.flags & CONN_NO_COOKIE);
        assert_true(p.flags & CONN_ROUNDED_TIMER);
        assert_int_equal(!!(p.flags & CONN_NO_BACKLOG), p.state == TCP_STATE_LISTEN);
        n.flags |= p.flags;
        n.cookie = 0;
        n.ifindex = 0;
        n.extra = 0; /* nor does it tell whether a listener on [::] takes IPv4 */
        n.cgroup = 0;
        if (p.state == TCP_STATE_LISTEN)
            n.wqueue = 0;
        if (p.flags & CONN_NO_OWNER)
            n.uid = p.uid;
        expect_same_socket(p, n);
    }
    sample_unref(proc);
    sample_unref(netlink);
}

static void a_recorded_dump_replays(void **state)
{
    (void)state;
    char path[] = "/tmp/tcptop-tap-XXXXXX";
    struct request req = {.needs = NEED_BOUND};
    struct sample_reason err = {.code = REASON_NONE};

    for (unsigned b = BACKEND_NETLINK; b <= BACKEND_NETLINK_FAMILY; b++) {
        struct recorder r = {.tap = {recorder_begin, recorder_bytes}};
        struct sample *live = take((enum sample_backend)b, NEED_BOUND, &r.tap);
        struct sample *played = sample_make(NULL);
        struct source *src;
        int fd = mkstemp(strcpy(path, "/tmp/tcptop-tap-XXXXXX"));

        assert_int_equal(r.dumps, 1);
        assert_int_equal(write(fd, r.bytes.data, r.bytes.len), r.bytes.len);
        close(fd);
        assert_int_equal(recording_open(&src, path, &err), 0);
        assert_int_equal(source_sample(src, &req, builder_of(played), &err), 0);
        assert_int_equal(played->n_live, live->n_live);
        assert_memory_equal(played->conn, live->conn, live->n_live * sizeof(*live->conn));
        source_close(src);
        unlink(path);
        sample_unref(played);
        sample_unref(live);
        str_fini(&r.bytes);
    }
}

/* Does the gauge count what is listed? An entry may run out between the two. */
static bool gauge_counts(const struct sample *s)
{
    uint64_t tw, mini = 0;

    for (uint32_t i = 0; i < s->n_live; i++)
        mini += s->conn[i].timer == TIMER_TIMEWAIT;
    assert_true(host_gauge(&s->host, GAUGE_TW, &tw));
    return tw == mini;
}

static void the_host_speaks_of_this_namespace(void **state)
{
    (void)state;
    bool counts = false;

    for (int i = 0; i < 10 && !counts; i++) {
        struct sample *s = take(BACKEND_NETLINK, 0, NULL);
        counts = gauge_counts(s);
        assert_true(s->cost_ns > 0 && s->mono_ns > 0 && s->wall_ns > 0);
        sample_unref(s);
    }
    assert_true(counts);
}

static void cancelling_ends_sampling(void **state)
{
    (void)state;
    struct request req = {.needs = 0};
    struct sample *s = sample_make(NULL);
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};

    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    source_cancel(src);
    assert_int_equal(source_sample(src, &req, builder_of(s), &err), -ECANCELED);
    source_close(src);
    sample_unref(s);
}

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static void no_descriptor_leaks(void **state)
{
    (void)state;
    struct request req = {.host_facts = true};
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};

    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    for (unsigned i = 0, first = 0; i < 1000; i++) {
        struct sample *s = sample_make(NULL);
        assert_int_equal(source_sample(src, &req, builder_of(s), &err), 0);
        sample_unref(s);
        first = i == 0 ? open_files() : first;
        assert_true(i % 100 || open_files() == first);
    }
    source_close(src);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest empty[] = {
        cmocka_unit_test(an_empty_table_is_complete),
    };
    const struct CMUnitTest full[] = {
        cmocka_unit_test(every_state_is_there),
        cmocka_unit_test(bound_sockets_when_asked),
        cmocka_unit_test(figures_when_asked),
        cmocka_unit_test(legacy_equals_by_family),
        cmocka_unit_test(proc_equals_netlink),
        cmocka_unit_test(a_recorded_dump_replays),
        cmocka_unit_test(the_host_speaks_of_this_namespace),
        cmocka_unit_test(cancelling_ends_sampling),
        cmocka_unit_test(no_descriptor_leaks),
    };

    (void)argc;
    program = argv[0];
    int failed = cmocka_run_group_tests(empty, NULL, NULL);
    return cmocka_run_group_tests(full, hold, let_go) + failed;
}
