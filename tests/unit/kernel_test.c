/* SPDX-License-Identifier: MIT */
/* The chain of back ends: the next one answers where one is refused or fails, the one that worked
 * stays in use, the best is tried again in time, and what a back end cannot tell is not asked. Two
 * dumps at a time only where they pay; what the kernel will not filter we do ourselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/kernel_version.h"
#include "tcptop/model/row_stream.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/host_stats.h"
#include "tcptop/source/parallel_dump.h"
#include "tcptop/source/proc_tcp.h"
#include "tcptop/text/text.h"

/* What each back end will return, and the order in which they were asked. */
static int result[BACKEND_PROC + 1];
static char asked[16];
static uint32_t asked_needs;
static int64_t now_ns;
static int parallel_dump_result;
static bool knows_no_bytecode, doubtful;
static bool is_old;        /* the kernel is older than any that was asked for */
static bool reports_known; /* what the last sample says of closed sockets */
static uint64_t counted_inuse, counted_tw;
static struct request request;

static void note_asked(char letter)
{
    size_t n = strlen(asked);

    assert_true(n + 1 < sizeof(asked));
    asked[n] = letter;
    asked[n + 1] = '\0';
}

static int fake_answer(enum sample_backend backend, struct sample_builder *b)
{
    note_asked("LFP"[backend]); /* legacy, by family, /proc */
    asked_needs = b->sample.needs;
    if (b->row_stream) {
        note_asked('|');
        b->row_stream->doubtful = doubtful;
    }
    return result[backend];
}

static int fake_netlink_take(struct netlink *n, enum netlink_kind kind,
                             const struct kernel_filter *filter, struct sample_builder *b)
{
    (void)n;
    if (filter->len)
        note_asked('+');
    if (filter->len && knows_no_bytecode)
        return -EINVAL;
    return fake_answer(kind == NETLINK_LEGACY ? BACKEND_NETLINK : BACKEND_NETLINK_FAMILY, b);
}

static int fake_proc_tcp_take(struct sample_builder *b, const struct source *stop)
{
    (void)stop;
    return fake_answer(BACKEND_PROC, b);
}

static int fake_parallel_dump_take(struct parallel_dump *h, struct netlink *n,
                                   const struct kernel_filter *filter, uint64_t expected,
                                   struct row_stream *upper, struct sample_builder *b)
{
    (void)h, (void)n, (void)b;
    assert_ptr_equal(upper, request.row_stream[1]);
    assert_int_equal(filter->len, 0);
    assert_int_equal(expected,
                     (filter->states & STATE_BIT(TCP_STATE_ESTABLISHED) ? counted_inuse : 0) +
                         (filter->states & STATE_BIT(TCP_STATE_TIME_WAIT) ? counted_tw : 0));
    note_asked('H');
    return parallel_dump_result;
}

static bool fake_sockets(struct host_stats *f, uint64_t *inuse, uint64_t *tw)
{
    (void)f;
    *inuse = counted_inuse;
    *tw = counted_tw;
    return true;
}

static int64_t fake_clock(void)
{
    return now_ns;
}

static bool fake_reaches(unsigned major, unsigned minor)
{
    (void)major, (void)minor;
    return !is_old;
}

/* The kernel let us join its groups. */
static void fake_join_take(struct close_monitor_join *join, struct sample_builder *b)
{
    (void)join;
    b->sample.close_events_known = true;
}

#define kernel_version_reaches  fake_reaches
#define close_monitor_join_take fake_join_take

#define netlink_take       fake_netlink_take
#define parallel_dump_take fake_parallel_dump_take
#define host_stats_sockets fake_sockets
#define proc_tcp_take      fake_proc_tcp_take
#define clock_mono_ns      fake_clock
#include "../../src/source/kernel.c"

static struct source *src;

static int open_chain(void **state)
{
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    memset(result, 0, sizeof(result));
    parallel_dump_result = 0;
    knows_no_bytecode = doubtful = is_old = false;
    counted_inuse = counted_tw = 30;
    request = (struct request){.needs = NEED_TCP_INFO};
    now_ns = NS_PER_S;
    return kernel_open(&src, NULL, &err);
}

static int close_chain(void **state)
{
    (void)state;
    source_close(src);
    return 0;
}

/* One sample: which back ends it asked, in order, what it says, what it returned. */
static void expect(const char *order, int error, enum sample_status status, const char *why)
{
    struct sample *s = sample_make(NULL);
    struct sample_reason err = {.code = REASON_NONE};

    assert_non_null(s);
    asked[0] = '\0';
    assert_int_equal(source_sample(src, &request, builder_of(s), &err), error);
    assert_string_equal(asked, order);
    assert_int_equal(s->status, status);
    if (!strstr(error ? reason_words(&err) : reason_words(&s->reason), why) ||
        (!*why && *reason_words(&s->reason)))
        fail_msg("\"%s\" and \"%s\" instead of \"%s\"", reason_words(&err),
                 reason_words(&s->reason), why);
    reports_known = s->close_events_known;
    sample_unref(s);
}

static void the_best_while_it_works(void **state)
{
    (void)state;
    expect("L", 0, SAMPLE_COMPLETE, "");
    assert_int_equal(asked_needs, NEED_TCP_INFO);
    expect("L", 0, SAMPLE_COMPLETE, "");
}

static void the_next_where_it_is_refused(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -EINVAL;
    expect("LF", 0, SAMPLE_COMPLETE, "");
    expect("F", 0, SAMPLE_COMPLETE, "");
    now_ns += RETRY_BEST_NS;
    expect("LF", 0, SAMPLE_COMPLETE, "");
    expect("F", 0, SAMPLE_COMPLETE, "");
    now_ns += RETRY_BEST_NS;
    result[BACKEND_NETLINK] = 0;
    expect("L", 0, SAMPLE_COMPLETE, "");
    expect("L", 0, SAMPLE_COMPLETE, "");
}

static void proc_says_why_each_time(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -EACCES;
    result[BACKEND_NETLINK_FAMILY] = -EPERM;
    expect("LFP", 0, SAMPLE_COMPLETE, "Permission denied");
    assert_int_equal(asked_needs, 0);
    expect("P", 0, SAMPLE_COMPLETE, "Permission denied");
}

/* Where sockets cannot be dumped, none is reported when it closes, though the groups are joined. */
static void reports_go_with_the_dump(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = result[BACKEND_NETLINK_FAMILY] = -ENOENT;
    expect("LFP", 0, SAMPLE_COMPLETE, "No such file");
    assert_false(reports_known);
    result[BACKEND_NETLINK] = 0;
    now_ns += RETRY_BEST_NS;
    expect("L", 0, SAMPLE_COMPLETE, "");
    assert_true(reports_known);
}

/* Linux 6.8 is the first to list bound-only sockets; what an older one lacks is unknown, not none.
 */
static void bound_only_sockets(void **state)
{
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    request.needs = NEED_BOUND | NEED_TCP_INFO;
    expect("L", 0, SAMPLE_COMPLETE, "");
    assert_int_equal(asked_needs, NEED_BOUND | NEED_TCP_INFO);
    source_close(src);
    is_old = true;
    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    expect("L", 0, SAMPLE_COMPLETE, "");
    assert_int_equal(asked_needs, NEED_TCP_INFO);
}

static void a_failure_of_the_moment(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -ETIMEDOUT;
    expect("LF", 0, SAMPLE_COMPLETE, "");
    result[BACKEND_NETLINK] = 0;
    expect("L", 0, SAMPLE_COMPLETE, "");
}

static void a_later_link_fails(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -EINVAL;
    expect("LF", 0, SAMPLE_COMPLETE, "");
    result[BACKEND_NETLINK_FAMILY] = -EIO;
    expect("FP", 0, SAMPLE_COMPLETE, "Invalid argument");
    result[BACKEND_NETLINK_FAMILY] = 0;
    expect("LF", 0, SAMPLE_COMPLETE, "");
}

static void lost_messages_are_told(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -ENOBUFS;
    expect("LF", 0, SAMPLE_PARTIAL, "No buffer space");
    result[BACKEND_NETLINK] = 0;
    expect("L", 0, SAMPLE_COMPLETE, "");
}

static void nothing_works(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -EACCES;
    result[BACKEND_NETLINK_FAMILY] = -EPERM;
    result[BACKEND_PROC] = -ENOENT;
    expect("LFP", -ENOENT, SAMPLE_COMPLETE, "Permission denied; /proc/net/tcp: No such file");
    expect("LFP", -ENOENT, SAMPLE_COMPLETE, "Permission denied; /proc/net/tcp: No such file");
}

static void what_ends_the_chain(void **state)
{
    (void)state;
    result[BACKEND_NETLINK] = -ENOMEM;
    expect("L", -ENOMEM, SAMPLE_COMPLETE, "memory");
    result[BACKEND_NETLINK] = -ECANCELED;
    expect("L", -ECANCELED, SAMPLE_COMPLETE, "ancel");
}

static void two_dumps_of_many_sockets(void **state)
{
    (void)state;
    if (!thread_has_two_cores())
        skip();
    request.parallel_from = 30;
    expect("H", 0, SAMPLE_COMPLETE, "");
    request.parallel_from = 31;
    expect("L", 0, SAMPLE_COMPLETE, "");
    request.parallel_from = 30;
    parallel_dump_result = -ECANCELED;
    expect("H", -ECANCELED, SAMPLE_COMPLETE, "ancel");
}

/* Whatever was wrong with two, one dump has its own say. */
static void one_dump_where_two_fail(void **state)
{
    (void)state;
    static const int errors[] = {-ENOMEM, -ERANGE, -EAGAIN, -EPERM, -ENOBUFS};

    if (!thread_has_two_cores())
        skip();
    request.parallel_from = 30;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        parallel_dump_result = errors[i];
        expect("HL", 0, SAMPLE_COMPLETE, "");
    }
    result[BACKEND_NETLINK] = -ENOMEM;
    expect("HL", -ENOMEM, SAMPLE_COMPLETE, "memory");
    result[BACKEND_NETLINK] = -EINVAL;
    expect("HLF", 0, SAMPLE_COMPLETE, "");
    expect("F", 0, SAMPLE_COMPLETE, "");
}

static void only_what_passes(void **state)
{
    (void)state;
    struct predicate states = {0}, port = {0};

    predicate_term(&states, &(struct filter_term){.kind = TERM_STATE,
                                                  .states = STATE_BIT(TCP_STATE_TIME_WAIT)});
    predicate_term(&port, &(struct filter_term){.kind = TERM_PORT, .lo = 80, .hi = 80});
    request.parallel_from = 31;
    request.only = &states; /* 30 in TIME_WAIT: not worth two */
    expect("L", 0, SAMPLE_COMPLETE, "");
    request.only = &port;
    expect("+L", 0, SAMPLE_COMPLETE, "");
    knows_no_bytecode = true;
    expect("+L", 0, SAMPLE_COMPLETE, "");
    predicate_fini(&states);
    predicate_fini(&port);
}

#define CHAIN_TEST(f) cmocka_unit_test_setup_teardown(f, open_chain, close_chain)

/* Rows are judged while they come, but a sample in which one may have come twice is taken again
 * without; /proc has no cookies to tell by. */
static void row_streams(void **state)
{
    (void)state;
    struct row_stream pair[2] = {{.every = ROW_STREAM_ROWS}, {.every = ROW_STREAM_ROWS}};

    request.row_stream[0] = &pair[0];
    request.row_stream[1] = &pair[1];
    expect("L|", 0, SAMPLE_COMPLETE, "");
    doubtful = true;
    expect("L|L", 0, SAMPLE_COMPLETE, "");
    result[BACKEND_NETLINK] = result[BACKEND_NETLINK_FAMILY] = -EACCES;
    expect("L|F|P", 0, SAMPLE_COMPLETE, "/proc/net/tcp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHAIN_TEST(the_best_while_it_works),
        CHAIN_TEST(the_next_where_it_is_refused),
        CHAIN_TEST(proc_says_why_each_time),
        CHAIN_TEST(reports_go_with_the_dump),
        CHAIN_TEST(bound_only_sockets),
        CHAIN_TEST(a_failure_of_the_moment),
        CHAIN_TEST(a_later_link_fails),
        CHAIN_TEST(lost_messages_are_told),
        CHAIN_TEST(nothing_works),
        CHAIN_TEST(what_ends_the_chain),
        CHAIN_TEST(two_dumps_of_many_sockets),
        CHAIN_TEST(one_dump_where_two_fail),
        CHAIN_TEST(only_what_passes),
        CHAIN_TEST(row_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
