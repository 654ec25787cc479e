/* The chain of back ends: the next one answers where one is refused or fails, the one that worked
 * stays in use, the best is tried again in time, and what a back end cannot tell is not asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/source/netlink.h"
#include "tcptop/source/procnet.h"

/* What each back end will return, and the order in which they were asked. */
static int result[BACKEND_PROC + 1];
static char asked[16];
static uint32_t asked_needs;
static int64_t now_ns;

static int fake_answer(enum sample_backend backend, struct snapshot *s)
{
    static const char letters[] = {'L', 'F', 'P'}; /* legacy, by family, /proc */
    size_t n = strlen(asked);

    assert_true(n + 1 < sizeof(asked));
    asked[n] = letters[backend];
    asked[n + 1] = '\0';
    asked_needs = s->needs;
    return result[backend];
}

static int fake_netlink_take(struct netlink *n, enum netlink_kind kind, struct snapshot *s)
{
    (void)n;
    return fake_answer(kind == NETLINK_LEGACY ? BACKEND_NETLINK : BACKEND_NETLINK_FAMILY, s);
}

static int fake_procnet_take(struct snapshot *s, const struct source *stop)
{
    (void)stop;
    return fake_answer(BACKEND_PROC, s);
}

static int64_t fake_clock(void)
{
    return now_ns;
}

#define netlink_take  fake_netlink_take
#define procnet_take  fake_procnet_take
#define clock_mono_ns fake_clock
#include "../../src/source/live.c"

static struct source *src;

static int open_chain(void **state)
{
    struct err err;

    (void)state;
    memset(result, 0, sizeof(result));
    now_ns = NS_PER_S;
    return source_open_live(&src, NULL, &err);
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
    struct request req = {.needs = NEED_FLOW};
    struct snapshot *s = snapshot_new(NULL);
    struct err err = {.msg = ""};

    assert_non_null(s);
    asked[0] = '\0';
    assert_int_equal(source_sample(src, &req, s, &err), error);
    assert_string_equal(asked, order);
    assert_int_equal(s->status, status);
    if (!strstr(error ? err.msg : s->why, why) || (!*why && *s->why))
        fail_msg("\"%s\" and \"%s\" instead of \"%s\"", err.msg, s->why, why);
    snapshot_unref(s);
}

static void the_best_while_it_works(void **state)
{
    (void)state;
    expect("L", 0, SAMPLE_COMPLETE, "");
    assert_int_equal(asked_needs, NEED_FLOW);
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

#define CHAIN_TEST(f) cmocka_unit_test_setup_teardown(f, open_chain, close_chain)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHAIN_TEST(the_best_while_it_works), CHAIN_TEST(the_next_where_it_is_refused),
        CHAIN_TEST(proc_says_why_each_time), CHAIN_TEST(a_failure_of_the_moment),
        CHAIN_TEST(a_later_link_fails),      CHAIN_TEST(lost_messages_are_told),
        CHAIN_TEST(nothing_works),           CHAIN_TEST(what_ends_the_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
