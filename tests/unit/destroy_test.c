/* SPDX-License-Identifier: MIT */
/* Ending one socket against a kernel of the test's making: what is asked for, in which order, and
 * that nothing is ended that is not what the user saw. The real kernel: tests/net/destroy_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fake_mnl.h"
#include "tcptop/model/state.h"

/* The kernel knows one socket; it finds it when the lookup names `dport`. */
static struct {
    struct conn is;
    bool there, silent, foreign_first, damaged;
    uint32_t first_sender; /* of what is foreign: as the kernel, but for the address */
    uint16_t dport;
    int look_error, end_error;
    uint32_t seq, ended; /* ended: requests of SOCK_DESTROY */
    unsigned looks;
    struct inet_diag_req_v2 last;
    struct str answers[2];
    unsigned n_answers, next;
} kernel;

static void answer_error(int error)
{
    struct {
        int32_t error;
        struct nlmsghdr request;
    } payload = {.error = error};

    build_message(&kernel.answers[kernel.n_answers++], NLMSG_ERROR, 0, &payload, sizeof(payload));
}

static bool found(void)
{
    const struct inet_diag_sockid *id = &kernel.last.id;
    uint64_t cookie = (uint64_t)id->idiag_cookie[1] << 32 | id->idiag_cookie[0];

    return kernel.there && ntohs(id->idiag_dport) == kernel.dport && cookie == kernel.is.cookie &&
           ntohs(id->idiag_sport) == kernel.is.sport &&
           memcmp(id->idiag_src, kernel.is.src, 16) == 0;
}

static ssize_t fake_sendto(const struct mnl_socket *s, const void *request, size_t len)
{
    const struct nlmsghdr *h = request;

    (void)s;
    assert_int_equal(h->nlmsg_len, sizeof(*h) + sizeof(kernel.last));
    memcpy(&kernel.last, h + 1, sizeof(kernel.last));
    kernel.seq = h->nlmsg_seq;
    kernel.n_answers = kernel.next = 0;
    str_clear(&kernel.answers[0]);
    str_clear(&kernel.answers[1]);
    bool destroy = h->nlmsg_type == SOCK_DESTROY;
    assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | (destroy ? NLM_F_ACK : 0));
    kernel.looks += !destroy;
    kernel.ended += destroy;
    if (kernel.silent)
        return (ssize_t)len;
    if (kernel.foreign_first) /* its sequence number is not set right below */
        build_conn(&kernel.answers[kernel.n_answers++], &kernel.is, NULL, 0);
    if (destroy)
        answer_error(found() ? kernel.end_error : -ENOENT);
    else if (kernel.look_error || !found())
        answer_error(kernel.look_error ? kernel.look_error : -ENOENT);
    else
        build_conn(&kernel.answers[kernel.n_answers++], &kernel.is, NULL, 0);
    if (kernel.damaged)
        str_truncate(&kernel.answers[kernel.n_answers - 1], 24);
    return (ssize_t)len;
}

static ssize_t fake_recvfrom(const struct mnl_socket *s, void *buffer, size_t size)
{
    assert_true(kernel.next < kernel.n_answers);
    struct str *bytes = &kernel.answers[kernel.next];
    bool foreign = kernel.foreign_first && kernel.next == 0;

    (void)s;
    kernel.next++;
    fake_mnl.sender = foreign ? kernel.first_sender : 0;
    assert_true(bytes->len <= size);
    return fake_answer(buffer, bytes, kernel.seq - (foreign && !kernel.first_sender ? 1 : 0));
}

#include "../../src/source/destroy.c"

static int prepare(void **state)
{
    (void)state;
    str_fini(&kernel.answers[0]);
    str_fini(&kernel.answers[1]);
    memset(&kernel, 0, sizeof(kernel));
    kernel.is = build_plain(TCP_STATE_CLOSE_WAIT, 8080, 40000, UINT64_C(0x1234500006789));
    kernel.dport = 40000;
    kernel.there = true;
    fake_mnl_reset(true);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    assert_int_equal(fake_mnl.opened, fake_mnl.closed);
    return 0;
}

static void the_one_that_was_seen_is_ended(void **state)
{
    (void)state;
    struct destroyed d = destroy_conn(&kernel.is, NULL);

    assert_int_equal(d.outcome, DESTROY_DONE);
    assert_int_equal(kernel.looks, 1);
    assert_int_equal(kernel.ended, 1);
    assert_int_equal(kernel.last.sdiag_family, AF_INET);
    assert_int_equal(kernel.last.sdiag_protocol, IPPROTO_TCP);
}

static void what_changed_is_not_touched(void **state)
{
    struct conn seen = kernel.is;

    (void)state;
    kernel.is.state = TCP_STATE_LAST_ACK;
    struct destroyed d = destroy_conn(&seen, NULL);
    assert_int_equal(d.outcome, DESTROY_STATE);
    assert_int_equal(d.state, TCP_STATE_LAST_ACK);
    kernel.is = seen;
    kernel.is.inode = 0;
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_OWNER);
    kernel.is = seen;
    kernel.is.uid++;
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_OWNER);
    kernel.is = seen;
    kernel.is.rqueue = 1; /* bytes come and go */
    kernel.is.timer = TIMER_KEEPALIVE;
    assert_int_equal(kernel.ended, 0);
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_DONE);
}

static void a_successor_is_not_taken_for_it(void **state)
{
    struct conn seen = kernel.is;

    (void)state;
    kernel.is.cookie++;
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_GONE);
    assert_int_equal(kernel.ended, 0);
    assert_int_equal(kernel.looks, 1);
}

static void without_an_identity_nothing_is_asked(void **state)
{
    struct conn seen = kernel.is;

    (void)state;
    seen.flags = CONN_NO_COOKIE;
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_NAMELESS);
    seen.flags = CONN_BOUND;
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_UNREACHABLE);
    assert_int_equal(kernel.looks + kernel.ended, 0);
}

static void refusals_are_told_apart(void **state)
{
    static const struct {
        int error;
        enum destroy_outcome outcome;
    } cases[] = {
        {-EPERM, DESTROY_DENIED},
        {-EOPNOTSUPP, DESTROY_UNSUPPORTED},
        {-ENOENT, DESTROY_GONE},
        {-EIO, DESTROY_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kernel.end_error = cases[i].error;
        struct destroyed d = destroy_conn(&kernel.is, NULL);
        assert_int_equal(d.outcome, cases[i].outcome);
        assert_int_equal(d.error, cases[i].outcome == DESTROY_FAILED ? -EIO : 0);
    }
    kernel.look_error = -EINVAL;
    assert_int_equal(destroy_conn(&kernel.is, NULL).error, -EINVAL);
}

static void strangers_messages_are_passed_over(void **state)
{
    (void)state;
    kernel.foreign_first = true;
    assert_int_equal(destroy_conn(&kernel.is, NULL).outcome, DESTROY_DONE);
    assert_int_equal(kernel.ended, 1);
}

/* What it says of the socket would make us end another one than was seen. */
static void what_the_kernel_did_not_send_is_not_believed(void **state)
{
    (void)state;
    const struct conn seen = kernel.is;
    kernel.foreign_first = true;
    kernel.first_sender = 4711;
    kernel.look_error = -ENOENT;
    assert_int_equal(destroy_conn(&seen, NULL).outcome, DESTROY_GONE);
    assert_int_equal(kernel.ended, 0);
}

static void silence_and_damage_end_nothing(void **state)
{
    (void)state;
    kernel.damaged = true;
    assert_int_equal(destroy_conn(&kernel.is, NULL).outcome, DESTROY_FAILED);
    kernel.damaged = false;
    kernel.silent = true;
    fake_mnl_reset(false);
    int64_t begin = clock_mono_ns();
    struct destroyed d = destroy_conn(&kernel.is, NULL);
    assert_int_equal(d.outcome, DESTROY_FAILED);
    assert_int_equal(d.error, -ETIMEDOUT);
    assert_in_range((clock_mono_ns() - begin) / NS_PER_MS, 450, 5000);
    assert_int_equal(kernel.ended, 0);
}

/* One of several listeners on a port: it answers when the right peer is named. */
static void a_listener_is_looked_for_in_its_group(void **state)
{
    (void)state;
    kernel.is = build_plain(TCP_STATE_LISTEN, 443, 0, 99);
    memset(kernel.is.dst, 0, sizeof(kernel.is.dst));
    kernel.dport = 7;
    assert_int_equal(destroy_conn(&kernel.is, NULL).outcome, DESTROY_DONE);
    assert_int_equal(kernel.looks, 8);
    assert_int_equal(kernel.ended, 1);
    kernel.there = false;
    assert_int_equal(destroy_conn(&kernel.is, NULL).outcome, DESTROY_GONE);
    assert_int_equal(kernel.ended, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_one_that_was_seen_is_ended),
        CASE(what_changed_is_not_touched),
        CASE(a_successor_is_not_taken_for_it),
        CASE(without_an_identity_nothing_is_asked),
        CASE(refusals_are_told_apart),
        CASE(strangers_messages_are_passed_over),
        CASE(what_the_kernel_did_not_send_is_not_believed),
        CASE(silence_and_damage_end_nothing),
        CASE(a_listener_is_looked_for_in_its_group),
    };
    return cmocka_run_group_tests_name("destroy", tests, NULL, NULL);
}
