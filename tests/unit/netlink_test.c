/* SPDX-License-Identifier: MIT */
/* The live dump against a kernel of the test's making: interrupted dumps are repeated and then
#include "tcptop/text/text.h"
 * taken as partial, a kernel without IPv6 is complete, strangers' messages are not ours, every
#include "tcptop/text/text.h"
 * error closes the socket and leaves no rows. */
#include "tcptop/text/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/text/text.h"
#include <cmocka.h>

#include "tcptop/text/text.h"
#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fake_mnl.h"
#include "lib/sample.h"
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* One answer for each datagram that is asked for, in order. */
#include "tcptop/text/text.h"
struct answer {
#include "tcptop/text/text.h"
    struct str bytes;
#include "tcptop/text/text.h"
    int error; /* instead of bytes: errno of recvmsg */
#include "tcptop/text/text.h"
    bool foreign;    /* another sequence number */
    uint32_t sender; /* 0: the kernel */
#include "tcptop/text/text.h"
};
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static struct {
#include "tcptop/text/text.h"
    struct answer answers[16];
#include "tcptop/text/text.h"
    unsigned n_answers, next;
#include "tcptop/text/text.h"
    uint32_t seq; /* of the last request */
#include "tcptop/text/text.h"
    unsigned requests;
#include "tcptop/text/text.h"
    uint16_t types[16];
#include "tcptop/text/text.h"
    uint8_t families[16];
#include "tcptop/text/text.h"
    bool no_ipv6;
#include "tcptop/text/text.h"
} kernel;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static ssize_t fake_sendto(const struct mnl_socket *s, const void *request, size_t len)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    const struct nlmsghdr *h = request;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)s;
#include "tcptop/text/text.h"
    assert_true(kernel.requests < 16);
#include "tcptop/text/text.h"
    kernel.seq = h->nlmsg_seq;
#include "tcptop/text/text.h"
    kernel.types[kernel.requests] = h->nlmsg_type;
#include "tcptop/text/text.h"
    kernel.families[kernel.requests++] = *(const uint8_t *)(h + 1);
#include "tcptop/text/text.h"
    return (ssize_t)len;
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static ssize_t fake_recvfrom(const struct mnl_socket *s, void *buffer, size_t size)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    assert_true(kernel.next < kernel.n_answers);
#include "tcptop/text/text.h"
    struct answer *a = &kernel.answers[kernel.next++];
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    (void)s;
#include "tcptop/text/text.h"
    if (a->error) {
#include "tcptop/text/text.h"
        errno = a->error;
#include "tcptop/text/text.h"
        return -1;
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    fake_mnl.sender = a->sender;
    assert_true(a->bytes.len <= size);
#include "tcptop/text/text.h"
    return fake_answer(buffer, &a->bytes, kernel.seq - (a->foreign ? 1 : 0));
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static int fake_socket(int family, int type, int protocol)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)type, (void)protocol;
#include "tcptop/text/text.h"
    if (kernel.no_ipv6 && family == AF_INET6) {
#include "tcptop/text/text.h"
        errno = EAFNOSUPPORT;
#include "tcptop/text/text.h"
        return -1;
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    return eventfd(0, EFD_CLOEXEC);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
#define socket fake_socket
#include "../../src/source/netlink.c"
#include "tcptop/text/text.h"
#undef socket
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* What the kernel will say next. */
#include "tcptop/text/text.h"
static struct answer *will_say(void)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    assert_true(kernel.n_answers < 16);
#include "tcptop/text/text.h"
    return &kernel.answers[kernel.n_answers++];
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void will_send_row(uint16_t port)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, port, 1, port);
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    build_conn(&will_say()->bytes, &c, NULL, 0);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void will_end(int error)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    build_done(&will_say()->bytes, error);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void will_end_interrupted(void)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    build_message(&will_say()->bytes, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, "\0\0\0", 4);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static int prepare(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    for (unsigned i = 0; i < 16; i++)
#include "tcptop/text/text.h"
        str_fini(&kernel.answers[i].bytes);
#include "tcptop/text/text.h"
    memset(&kernel, 0, sizeof(kernel));
#include "tcptop/text/text.h"
    fake_mnl_reset(true);
#include "tcptop/text/text.h"
    return 0;
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
struct tap_count {
#include "tcptop/text/text.h"
    struct tap tap;
#include "tcptop/text/text.h"
    unsigned begins;
#include "tcptop/text/text.h"
    size_t bytes;
#include "tcptop/text/text.h"
};
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void count_begin(struct tap *tap)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    ((struct tap_count *)tap)->begins++;
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void count_bytes(struct tap *tap, const void *messages, size_t len)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)messages;
#include "tcptop/text/text.h"
    ((struct tap_count *)tap)->bytes += len;
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* One dump; the sample is the caller's. */
#include "tcptop/text/text.h"
static struct sample *dump_once(enum netlink_kind kind, int expected, struct tap *tap)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    static struct source stop;
#include "tcptop/text/text.h"
    struct kernel_filter all;
#include "tcptop/text/text.h"
    struct sample *s = sample_make(NULL);
#include "tcptop/text/text.h"
    struct netlink n;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    assert_non_null(s);
#include "tcptop/text/text.h"
    kernel_filter_compile(&all, NULL);
#include "tcptop/text/text.h"
    assert_int_equal(netlink_init(&n, tap, &stop), 0);
#include "tcptop/text/text.h"
    assert_int_equal(netlink_take(&n, kind, &all, builder_of(s)), expected);
#include "tcptop/text/text.h"
    netlink_fini(&n);
#include "tcptop/text/text.h"
    assert_int_equal(fake_mnl.opened, fake_mnl.closed);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.next, kernel.n_answers);
#include "tcptop/text/text.h"
    return s;
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void expect(struct sample *s, uint32_t rows, enum sample_status status)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    assert_int_equal(s->n_live, rows);
#include "tcptop/text/text.h"
    assert_int_equal(s->status, status);
#include "tcptop/text/text.h"
    assert_int_equal(strlen(reason_words(&s->reason)) > 0, status != SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
    sample_unref(s);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void one_walk_for_both_families(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_send_row(2);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 2, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.requests, 1);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.types[0], TCPDIAG_GETSOCK);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void one_request_per_family(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    will_send_row(2);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_FAMILY, 0, NULL), 2, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.requests, 2);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.types[1], SOCK_DIAG_BY_FAMILY);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.families[0], AF_INET);
#include "tcptop/text/text.h"
    assert_int_equal(kernel.families[1], AF_INET6);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void an_interrupted_dump_is_repeated(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    struct tap_count tap = {.tap = {count_begin, count_bytes}};
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_end_interrupted();
#include "tcptop/text/text.h"
    will_send_row(2);
#include "tcptop/text/text.h"
    will_send_row(3);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    struct sample *s = dump_once(NETLINK_LEGACY, 0, &tap.tap);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[0].sport, 2);
#include "tcptop/text/text.h"
    expect(s, 2, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
    assert_int_equal(tap.begins, 2);
#include "tcptop/text/text.h"
    assert_true(tap.bytes > 0);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void but_not_for_ever(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    for (int i = 0; i < INTERRUPTS_MAX; i++) {
#include "tcptop/text/text.h"
        will_send_row(1);
#include "tcptop/text/text.h"
        will_end_interrupted();
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 1, SAMPLE_PARTIAL);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void strangers_do_not_count(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    kernel.answers[0].foreign = kernel.answers[1].foreign = true;
#include "tcptop/text/text.h"
    will_send_row(2);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    struct sample *s = dump_once(NETLINK_LEGACY, 0, NULL);
#include "tcptop/text/text.h"
    assert_int_equal(s->conn[0].sport, 2);
#include "tcptop/text/text.h"
    expect(s, 1, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
/* With the right port and sequence number: only the address that the kernel gives tells. */
static void what_the_kernel_did_not_send_is_not_believed(void **state)
{
    (void)state;
    will_send_row(1);
    will_end(0);
    kernel.answers[0].sender = kernel.answers[1].sender = 4711;
    will_send_row(2);
    will_end(0);
    struct sample *s = dump_once(NETLINK_LEGACY, 0, NULL);
    assert_int_equal(s->conn[0].sport, 2);
    expect(s, 1, SAMPLE_COMPLETE);
}

static void requests_have_numbers_that_nobody_guesses(void **state)
{
    (void)state;
    uint32_t seq[4];
    for (unsigned i = 0; i < 4; i++) {
        prepare(NULL);
        will_end(0);
        sample_unref(dump_once(NETLINK_LEGACY, 0, NULL));
        seq[i] = kernel.seq;
    }
    /* a clock's numbers would come one after the other */
    assert_false(seq[0] < seq[1] && seq[1] < seq[2] && seq[2] < seq[3] &&
                 seq[3] - seq[0] < UINT32_C(100000000));
}

static void damaged_records_are_told(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    build_message(&will_say()->bytes, SOCK_DIAG_BY_FAMILY, 0, "short", 5);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 1, SAMPLE_PARTIAL);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void errors_leave_no_rows(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    static const int errors[] = {ENOBUFS, EPROTO, ENOMEM, EBADF};
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
#include "tcptop/text/text.h"
        prepare(state);
#include "tcptop/text/text.h"
        will_send_row(1);
#include "tcptop/text/text.h"
        will_say()->error = errors[i];
#include "tcptop/text/text.h"
        expect(dump_once(NETLINK_LEGACY, -errors[i], NULL), 0, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
    }
#include "tcptop/text/text.h"
    prepare(state);
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_end(-EINVAL);
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_LEGACY, -EINVAL, NULL), 0, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void a_message_without_end_is_an_error(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    uint32_t len = 12;
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    memcpy(kernel.answers[0].bytes.data, &len, sizeof(len));
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_LEGACY, -EBADMSG, NULL), 0, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void without_ipv6_ipv4_is_complete(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    kernel.no_ipv6 = true;
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    will_end(-ENOENT);
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_FAMILY, 0, NULL), 1, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
static void without_inet_diag_nothing_is(void **state)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    (void)state;
#include "tcptop/text/text.h"
    kernel.no_ipv6 = true;
#include "tcptop/text/text.h"
    will_end(-ENOENT);
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_FAMILY, -ENOENT, NULL), 0, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
    prepare(state);
#include "tcptop/text/text.h"
    will_send_row(1);
#include "tcptop/text/text.h"
    will_end(0);
#include "tcptop/text/text.h"
    will_end(-ENOENT); /* there is IPv6, so its answer is missing */
#include "tcptop/text/text.h"
    expect(dump_once(NETLINK_FAMILY, -ENOENT, NULL), 0, SAMPLE_COMPLETE);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
int main(void)
#include "tcptop/text/text.h"
{
#include "tcptop/text/text.h"
    const struct CMUnitTest tests[] = {
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(one_walk_for_both_families, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(one_request_per_family, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(an_interrupted_dump_is_repeated, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(but_not_for_ever, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(strangers_do_not_count, prepare),
        cmocka_unit_test_setup(what_the_kernel_did_not_send_is_not_believed, prepare),
        cmocka_unit_test_setup(requests_have_numbers_that_nobody_guesses, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(damaged_records_are_told, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(errors_leave_no_rows, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(a_message_without_end_is_an_error, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(without_ipv6_ipv4_is_complete, prepare),
#include "tcptop/text/text.h"
        cmocka_unit_test_setup(without_inet_diag_nothing_is, prepare),
#include "tcptop/text/text.h"
    };
#include "tcptop/text/text.h"

#include "tcptop/text/text.h"
    return cmocka_run_group_tests(tests, NULL, prepare);
#include "tcptop/text/text.h"
}
#include "tcptop/text/text.h"
