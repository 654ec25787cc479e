/* SPDX-License-Identifier: MIT */
/* The live dump against a kernel of the test's making: interrupted dumps are repeated and then
 * taken as partial, a kernel without IPv6 is complete, strangers' messages are not ours, signals
 * and a full queue are waited out, but not for ever, every error closes the socket and leaves no
 * rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fake_mnl.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/netlink.h"
#include "tcptop/text/text.h"

/* One answer for each datagram that is asked for, in order. */
struct answer {
    struct str bytes;
    int error;       /* instead of bytes: errno of recvmsg */
    bool foreign;    /* another sequence number */
    uint32_t sender; /* 0: the kernel */
    unsigned again;  /* it is repeated so often */
};

static struct {
    struct answer answers[16];
    unsigned n_answers, next;
    uint32_t seq; /* of the last request */
    unsigned requests;
    uint16_t types[16];
    uint8_t families[16];
    int send_error;             /* errno of sending */
    unsigned send_fails;        /* so often */
    bool sends_half;            /* of each request */
    unsigned silent, signals;   /* calls of poll() that bring nothing, or are interrupted */
    int poll_error;             /* then errno of the next ones */
    unsigned polls;             /* calls of poll() */
    unsigned cancelled_at_poll; /* the one that meanwhile sees the program end */
    bool memory_is_out;
} kernel;
static struct source program;    /* whose end the dump looks at */
static struct kernel_filter all; /* asks for everything */

static ssize_t fake_sendto(const struct mnl_socket *s, const void *request, size_t len)
{
    const struct nlmsghdr *h = request;

    (void)s;
    if (kernel.send_fails) {
        kernel.send_fails--;
        errno = kernel.send_error;
        return -1;
    }
    assert_true(kernel.requests < 16);
    kernel.seq = h->nlmsg_seq;
    kernel.types[kernel.requests] = h->nlmsg_type;
    kernel.families[kernel.requests++] = *(const uint8_t *)(h + 1);
    return (ssize_t)(kernel.sends_half ? len / 2 : len);
}

static ssize_t fake_recvfrom(const struct mnl_socket *s, void *buffer, size_t size)
{
    assert_true(kernel.next < kernel.n_answers);
    struct answer *a = &kernel.answers[kernel.next];

    (void)s;
    if (a->again)
        a->again--;
    else
        kernel.next++;
    if (a->error) {
        errno = a->error;
        return -1;
    }
    fake_mnl.sender = a->sender;
    assert_true(a->bytes.len <= size);
    return fake_answer(buffer, &a->bytes, kernel.seq - (a->foreign ? 1 : 0));
}

/* Each call takes as long as it may, unless there is something. */
static int64_t now_ns;

static int fake_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    assert_int_equal(n, 1);
    assert_int_equal(fds->events, POLLIN);
    assert_true(timeout_ms > 0 && timeout_ms <= 100);
    if (++kernel.polls == kernel.cancelled_at_poll)
        source_cancel(&program);
    if (kernel.signals) {
        kernel.signals--;
        errno = EINTR;
        return -1;
    }
    if (kernel.silent) {
        kernel.silent--;
        now_ns += timeout_ms * NS_PER_MS;
        return 0;
    }
    errno = kernel.poll_error;
    return kernel.poll_error ? -1 : 1;
}

static int64_t fake_clock(void)
{
    return now_ns;
}

static enum diag_result fake_parse(struct diag *d, const void *bytes, size_t len)
{
    return kernel.memory_is_out ? DIAG_NO_MEMORY : diag_parse(d, bytes, len);
}

#define poll(fds, n, timeout)          fake_poll(fds, n, timeout)
#define socket(family, type, protocol) fake_socket(family, type, protocol)
#define clock_mono_ns                  fake_clock
#define diag_parse                     fake_parse
#include "../../src/source/netlink.c"
#undef socket

/* What the kernel will say next. */
static struct answer *will_say(void)
{
    assert_true(kernel.n_answers < 16);
    return &kernel.answers[kernel.n_answers++];
}

static void will_send_row(uint16_t port)
{
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, port, 1, port);

    build_conn(&will_say()->bytes, &c, NULL, 0);
}

static void will_end(int error)
{
    build_done(&will_say()->bytes, error);
}

static void will_end_interrupted(void)
{
    build_message(&will_say()->bytes, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, "\0\0\0", 4);
}

static int prepare(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++)
        str_fini(&kernel.answers[i].bytes);
    memset(&kernel, 0, sizeof(kernel));
    program = (struct source){.part_of = NULL};
    kernel_filter_compile(&all, NULL);
    fake_mnl_reset(true);
    return 0;
}

struct tap_count {
    struct tap tap;
    unsigned begins;
    size_t bytes;
};

static void count_begin(struct tap *tap)
{
    ((struct tap_count *)tap)->begins++;
}

static void count_bytes(struct tap *tap, const void *messages, size_t len)
{
    (void)messages;
    ((struct tap_count *)tap)->bytes += len;
}

/* One dump; the sample is the caller's. */
static struct sample *dump_once(enum netlink_kind kind, int expected, struct tap *tap)
{
    struct sample *s = sample_make(NULL);
    struct netlink n;

    assert_non_null(s);
    assert_int_equal(netlink_init(&n, tap, &program), 0);
    assert_int_equal(netlink_take(&n, kind, &all, builder_of(s)), expected);
    netlink_fini(&n);
    assert_int_equal(fake_mnl.opened, fake_mnl.closed);
    assert_int_equal(kernel.next, kernel.n_answers);
    return s;
}

static void expect(struct sample *s, uint32_t rows, enum sample_status status)
{
    assert_int_equal(s->n_live, rows);
    assert_int_equal(s->status, status);
    assert_int_equal(strlen(reason_words(&s->reason)) > 0, status != SAMPLE_COMPLETE);
    sample_unref(s);
}

static void one_walk_for_both_families(void **state)
{
    (void)state;
    will_send_row(1);
    will_send_row(2);
    will_end(0);
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 2, SAMPLE_COMPLETE);
    assert_int_equal(kernel.requests, 1);
    assert_int_equal(kernel.types[0], TCPDIAG_GETSOCK);
}

static void one_request_per_family(void **state)
{
    (void)state;
    will_send_row(1);
    will_end(0);
    will_send_row(2);
    will_end(0);
    expect(dump_once(NETLINK_FAMILY, 0, NULL), 2, SAMPLE_COMPLETE);
    assert_int_equal(kernel.requests, 2);
    assert_int_equal(kernel.types[1], SOCK_DIAG_BY_FAMILY);
    assert_int_equal(kernel.families[0], AF_INET);
    assert_int_equal(kernel.families[1], AF_INET6);
}

static void an_interrupted_dump_is_repeated(void **state)
{
    (void)state;
    struct tap_count tap = {.tap = {count_begin, count_bytes}};

    will_send_row(1);
    will_end_interrupted();
    will_send_row(2);
    will_send_row(3);
    will_end(0);
    struct sample *s = dump_once(NETLINK_LEGACY, 0, &tap.tap);
    assert_int_equal(s->conn[0].sport, 2);
    expect(s, 2, SAMPLE_COMPLETE);
    assert_int_equal(tap.begins, 2);
    assert_true(tap.bytes > 0);
}

static void but_not_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < INTERRUPTS_MAX; i++) {
        will_send_row(1);
        will_end_interrupted();
    }
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 1, SAMPLE_PARTIAL);
}

static void strangers_do_not_count(void **state)
{
    (void)state;
    will_send_row(1);
    will_end(0);
    kernel.answers[0].foreign = kernel.answers[1].foreign = true;
    will_send_row(2);
    will_end(0);
    struct sample *s = dump_once(NETLINK_LEGACY, 0, NULL);
    assert_int_equal(s->conn[0].sport, 2);
    expect(s, 1, SAMPLE_COMPLETE);
}

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
{
    (void)state;
    will_send_row(1);
    build_message(&will_say()->bytes, SOCK_DIAG_BY_FAMILY, 0, "short", 5);
    will_end(0);
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 1, SAMPLE_PARTIAL);
}

static void errors_leave_no_rows(void **state)
{
    static const int errors[] = {ENOBUFS, EPROTO, ENOMEM, EBADF};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        prepare(state);
        will_send_row(1);
        will_say()->error = errors[i];
        expect(dump_once(NETLINK_LEGACY, -errors[i], NULL), 0, SAMPLE_COMPLETE);
    }
    prepare(state);
    will_send_row(1);
    will_end(-EINVAL);
    expect(dump_once(NETLINK_LEGACY, -EINVAL, NULL), 0, SAMPLE_COMPLETE);
}

static void a_message_without_end_is_an_error(void **state)
{
    (void)state;
    uint32_t len = 12;

    will_send_row(1);
    memcpy(kernel.answers[0].bytes.data, &len, sizeof(len));
    expect(dump_once(NETLINK_LEGACY, -EBADMSG, NULL), 0, SAMPLE_COMPLETE);
}

/* A dump that is read piece by piece, with another one in between. */
static void pieces_make_a_dump(void **state)
{
    struct sample *s = sample_make(NULL);
    struct netlink n;

    (void)state;
    assert_int_equal(netlink_init(&n, NULL, &program), 0);
    will_send_row(1);
    will_send_row(2);
    assert_int_equal(netlink_gather_begin(&n, &all, builder_of(s)), 0);
    assert_int_equal(netlink_gather(&n, 0), 1); /* one at least */
    assert_int_equal(s->n_live, 1);
    assert_int_equal(netlink_gather(&n, 0), 1);
    will_end(0);
    assert_int_equal(netlink_gather(&n, INT64_MAX), 0);
    assert_int_equal(s->n_live, 2);
    will_send_row(3); /* one that is given up, and one that begins anew */
    assert_int_equal(netlink_gather_begin(&n, &all, builder_of(s)), 0);
    assert_int_equal(netlink_gather(&n, 0), 1);
    unsigned opened = fake_mnl.opened;
    will_end_interrupted();
    assert_int_equal(netlink_gather_begin(&n, &all, builder_of(s)), 0);
    assert_int_equal(fake_mnl.opened, opened + 1); /* nothing of the old answer can come */
    assert_true(netlink_gather(&n, INT64_MAX) < 0);
    assert_int_equal(fake_mnl.opened, fake_mnl.closed);
    will_say()->error = EBADF;
    assert_int_equal(netlink_gather_begin(&n, &all, builder_of(s)), 0);
    assert_int_equal(netlink_gather(&n, INT64_MAX), -EBADF);
    assert_int_equal(fake_mnl.opened, fake_mnl.closed);
    assert_int_equal(kernel.next, kernel.n_answers);
    netlink_fini(&n);
    sample_unref(s);
}

static void without_ipv6_ipv4_is_complete(void **state)
{
    (void)state;
    fake_mnl.no_ipv6 = true;
    will_send_row(1);
    will_end(0);
    will_end(-ENOENT);
    expect(dump_once(NETLINK_FAMILY, 0, NULL), 1, SAMPLE_COMPLETE);
}

static void without_inet_diag_nothing_is(void **state)
{
    (void)state;
    fake_mnl.no_ipv6 = true;
    will_end(-ENOENT);
    expect(dump_once(NETLINK_FAMILY, -ENOENT, NULL), 0, SAMPLE_COMPLETE);
    prepare(state);
    will_send_row(1);
    will_end(0);
    will_end(-ENOENT); /* there is IPv6, so its answer is missing */
    expect(dump_once(NETLINK_FAMILY, -ENOENT, NULL), 0, SAMPLE_COMPLETE);
}

static void a_socket_that_cannot_be_had(void **state)
{
    (void)state;
    fake_mnl.open_error = EMFILE;
    expect(dump_once(NETLINK_LEGACY, -EMFILE, NULL), 0, SAMPLE_COMPLETE);
    assert_int_equal(fake_mnl.opened, 0);
    prepare(state);
    fake_mnl.bind_error = EADDRINUSE;
    expect(dump_once(NETLINK_LEGACY, -EADDRINUSE, NULL), 0, SAMPLE_COMPLETE);
    assert_int_equal(fake_mnl.opened, 1); /* and closed, see dump_once() */
    assert_int_equal(kernel.requests, 0);
}

static void a_request_that_cannot_be_sent(void **state)
{
    (void)state;
    kernel.send_error = EINTR;
    kernel.send_fails = 3;
    will_send_row(1);
    will_end(0);
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 1, SAMPLE_COMPLETE); /* in the end it could */
    prepare(state);
    kernel.send_error = EINTR;
    kernel.send_fails = UINT32_MAX;
    expect(dump_once(NETLINK_LEGACY, -EINTR, NULL), 0, SAMPLE_COMPLETE);
    prepare(state);
    kernel.send_error = EPERM;
    kernel.send_fails = 1;
    expect(dump_once(NETLINK_LEGACY, -EPERM, NULL), 0, SAMPLE_COMPLETE);
    assert_int_equal(kernel.requests, 0); /* only signals are reason to try again */
    prepare(state);
    kernel.sends_half = true;
    expect(dump_once(NETLINK_LEGACY, -EIO, NULL), 0, SAMPLE_COMPLETE);
}

/* The kernel makes the next batch: there is nothing for a while. */
static void a_pause_is_waited_out(void **state)
{
    (void)state;
    will_send_row(1);
    will_say()->error = EAGAIN;
    will_send_row(2);
    will_say()->error = EINTR; /* a signal of the terminal's, in the middle of reading */
    will_end(0);
    kernel.signals = 2;
    kernel.silent = 5;
    expect(dump_once(NETLINK_LEGACY, 0, NULL), 2, SAMPLE_COMPLETE);
    assert_int_equal(kernel.polls, 9); /* the last two see what there is */
}

static void silence_is_an_error(void **state)
{
    (void)state;
    will_send_row(1);
    will_say()->error = EAGAIN;
    kernel.silent = UINT32_MAX;
    expect(dump_once(NETLINK_LEGACY, -ETIMEDOUT, NULL), 0, SAMPLE_COMPLETE);
    assert_int_equal(kernel.polls, SILENCE_MS / POLL_SLICE_MS);
    prepare(state);
    will_send_row(1);
    will_say()->error = EAGAIN;
    kernel.poll_error = EBADF;
    expect(dump_once(NETLINK_LEGACY, -EBADF, NULL), 0, SAMPLE_COMPLETE);
    prepare(state); /* poll() sees something, reading does not: for ever */
    will_send_row(1);
    will_say()->error = EAGAIN;
    kernel.answers[1].again = EINTR_MAX - 1;
    expect(dump_once(NETLINK_LEGACY, -EINTR, NULL), 0, SAMPLE_COMPLETE);
    prepare(state);
    will_send_row(1);
    will_say(); /* the end of the file */
    expect(dump_once(NETLINK_LEGACY, -EIO, NULL), 0, SAMPLE_COMPLETE);
}

static void whoever_ends_does_not_wait(void **state)
{
    (void)state;
    will_send_row(1);
    will_say()->error = EAGAIN;
    kernel.silent = UINT32_MAX;
    kernel.cancelled_at_poll = 2;
    expect(dump_once(NETLINK_LEGACY, -ECANCELED, NULL), 0, SAMPLE_COMPLETE);
    assert_int_equal(kernel.polls, 2);
    prepare(state);
    source_cancel(&program);
    expect(dump_once(NETLINK_LEGACY, -ECANCELED, NULL), 0, SAMPLE_COMPLETE); /* nothing is read */
}

static void without_memory_there_are_no_rows(void **state)
{
    (void)state;
    will_send_row(1);
    kernel.memory_is_out = true;
    expect(dump_once(NETLINK_LEGACY, -ENOMEM, NULL), 0, SAMPLE_COMPLETE);
}

/* A dump that is broken off once there are enough rows. */
static void some_rows_are_enough(void **state)
{
    struct sample *s = sample_make(NULL);
    struct netlink n;

    (void)state;
    assert_int_equal(netlink_init(&n, NULL, &program), 0);
    for (uint16_t port = 1; port <= 3; port++)
        will_send_row(port);
    assert_int_equal(netlink_taste(&n, &all, 2, builder_of(s)), 1);
    assert_int_equal(s->n_live, 2);
    assert_int_equal(kernel.next, 2);
    assert_int_equal(fake_mnl.opened, 1);
    assert_int_equal(fake_mnl.closed, 1); /* the third row answers no other request */
    sample_drop_all(builder_of(s));
    kernel.next = kernel.n_answers;
    will_send_row(4);
    will_end(0);
    assert_int_equal(netlink_taste(&n, &all, 2, builder_of(s)), 0); /* that is all there is */
    assert_int_equal(s->n_live, 1);
    assert_int_equal(fake_mnl.closed, 1);
    will_send_row(5);
    will_say()->error = ENOBUFS;
    assert_int_equal(netlink_taste(&n, &all, 20, builder_of(s)), -ENOBUFS);
    assert_int_equal(s->n_live, 0);
    assert_int_equal(fake_mnl.closed, 2);
    kernel.send_error = EPERM; /* where pieces are asked for: refused at once */
    kernel.send_fails = 1;
    assert_int_equal(netlink_gather_begin(&n, &all, builder_of(s)), -EPERM);
    assert_int_equal(fake_mnl.opened, fake_mnl.closed);
    netlink_fini(&n);
    sample_unref(s);
}

/* An answer with the number 0 could be to any request. */
static void no_request_has_the_number_zero(void **state)
{
    struct sample *s = sample_make(NULL);
    struct netlink n;

    (void)state;
    assert_int_equal(netlink_init(&n, NULL, &program), 0);
    for (int i = 0; i < 2; i++) {
        will_end(0);
        assert_int_equal(netlink_take(&n, NETLINK_LEGACY, &all, builder_of(s)), 0);
        n.seq = UINT32_MAX;
    }
    assert_int_equal(fake_mnl.opened, 1);
    assert_int_equal(kernel.seq, 1);
    netlink_fini(&n);
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_walk_for_both_families, prepare),
        cmocka_unit_test_setup(one_request_per_family, prepare),
        cmocka_unit_test_setup(an_interrupted_dump_is_repeated, prepare),
        cmocka_unit_test_setup(but_not_for_ever, prepare),
        cmocka_unit_test_setup(strangers_do_not_count, prepare),
        cmocka_unit_test_setup(what_the_kernel_did_not_send_is_not_believed, prepare),
        cmocka_unit_test_setup(requests_have_numbers_that_nobody_guesses, prepare),
        cmocka_unit_test_setup(damaged_records_are_told, prepare),
        cmocka_unit_test_setup(errors_leave_no_rows, prepare),
        cmocka_unit_test_setup(a_message_without_end_is_an_error, prepare),
        cmocka_unit_test_setup(pieces_make_a_dump, prepare),
        cmocka_unit_test_setup(without_ipv6_ipv4_is_complete, prepare),
        cmocka_unit_test_setup(without_inet_diag_nothing_is, prepare),
        cmocka_unit_test_setup(a_socket_that_cannot_be_had, prepare),
        cmocka_unit_test_setup(a_request_that_cannot_be_sent, prepare),
        cmocka_unit_test_setup(a_pause_is_waited_out, prepare),
        cmocka_unit_test_setup(silence_is_an_error, prepare),
        cmocka_unit_test_setup(whoever_ends_does_not_wait, prepare),
        cmocka_unit_test_setup(without_memory_there_are_no_rows, prepare),
        cmocka_unit_test_setup(some_rows_are_enough, prepare),
        cmocka_unit_test_setup(no_request_has_the_number_zero, prepare),
    };

    return cmocka_run_group_tests(tests, NULL, prepare);
}
