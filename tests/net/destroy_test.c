/* SPDX-License-Identifier: MIT */
/* Ending real sockets: in every state that the kernel lists, one of several listeners on a port,
 * what the two ends notice, and what must not be touched: a row that changed, another's socket with
 * the same addresses, anything at all without CAP_NET_ADMIN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/held.h"
#include "lib/own_table.h"
#include "lib/sample.h"
#include "lib/wait.h"
#include "tcptop/model/sample.h"
#include "tcptop/source/destroy.h"
#include "tcptop/source/source.h"

static const char *program; /* argv[0] */

/* What the kernel lists now. */
static struct sample *take(void)
{
    struct request req = {0};
    struct sample *s = sample_make(NULL);
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};

    assert_non_null(s);
    assert_int_equal(kernel_open_backend(&src, BACKEND_NETLINK, NULL, &err), 0);
    if (source_sample(src, &req, builder_of(s), &err) != 0)
        fail_msg("%s", reason_words(&err));
    source_close(src);
    sample_count(s);
    return s;
}

/* Is it listed, and how? */
static bool listed(const struct conn *c, struct conn *now)
{
    struct sample *s = take();
    uint32_t row = sample_find(s, c, 0);

    if (row != UINT32_MAX && now)
        *now = s->conn[row];
    sample_unref(s);
    return row != UINT32_MAX;
}

static struct sockaddr_in place(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_on(int port, bool shared)
{
    struct sockaddr_in at = place(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

struct pair {
    int listener, client, server;
};

static struct pair pair_on(int port)
{
    struct sockaddr_in at = place(port);
    struct pair p = {.listener = listen_on(port, false)};

    p.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(p.client, (struct sockaddr *)&at, sizeof(at)), 0);
    p.server = accept4(p.listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(p.server >= 0);
    return p;
}

static void close_pair(struct pair *p)
{
    close(p->client);
    close(p->server);
    close(p->listener);
}

/* The record of the only socket with that local port in `state`, once there is one. */
static struct conn find(unsigned state, int port)
{
    struct wait w = {0};

    do {
        struct sample *s = take();
        struct conn c = {0};
        for (uint32_t i = 0; i < s->n_live; i++)
            if (s->conn[i].state == state && s->conn[i].sport == port)
                c = s->conn[i];
        sample_unref(s);
        if (c.state == state)
            return c;
    } while (wait_more(&w));
    fail_msg("nothing in state %u on port %d", state, port);
    return (struct conn){0};
}

static bool done(const struct conn *c)
{
    struct destroyed d = destroy_conn(c, NULL);

    if (d.outcome != DESTROY_DONE)
        print_message("# %s on port %u: outcome %d, error %d\n", state_name(c->state), c->sport,
                      (int)d.outcome, d.error);
    return d.outcome == DESTROY_DONE;
}

/* The error that a socket reports, once something happened to it. */
static int error_of(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int error = 0;
    socklen_t len = sizeof(error);

    assert_int_equal(poll(&p, 1, 60000), 1);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    return error;
}

static void an_open_connection(void **unused)
{
    (void)unused;
    struct pair p = pair_on(9001), bystander = pair_on(9002);
    struct conn c = find(TCP_STATE_ESTABLISHED, 9001);
    struct conn other = find(TCP_STATE_ESTABLISHED, 9002);

    assert_true(done(&c));
    assert_false(listed(&c, NULL));
    assert_int_equal(error_of(p.server), ECONNABORTED);
    assert_int_equal(error_of(p.client), ECONNRESET);
    assert_int_equal(destroy_conn(&c, NULL).outcome, DESTROY_GONE);
    assert_true(listed(&other, NULL));
    close_pair(&p);
    close_pair(&bystander);
}

static void one_that_its_process_does_not_close(void **unused)
{
    (void)unused;
    struct pair p = pair_on(9003);

    shutdown(p.client, SHUT_WR);
    struct conn c = find(TCP_STATE_CLOSE_WAIT, 9003);
    assert_true(done(&c));
    assert_false(listed(&c, NULL));
    assert_int_equal(error_of(p.server), ECONNABORTED);
    assert_int_equal(error_of(p.client), ECONNRESET);
    close_pair(&p);
}

static void an_entry_in_time_wait(void **unused)
{
    (void)unused;
    struct pair p = pair_on(9004);

    close(p.server);
    struct conn c = find(TCP_STATE_FIN_WAIT2, 9004);
    close(p.client);
    c = find(TCP_STATE_TIME_WAIT, 9004);
    assert_true(done(&c));
    assert_false(listed(&c, NULL));
    close(p.listener);
}

static void a_listener_and_what_waits_for_it(void **unused)
{
    (void)unused;
    struct sockaddr_in at = place(9005);
    int listener = listen_on(9005, false), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof(at)), 0);
    struct conn c = find(TCP_STATE_LISTEN, 9005);
    assert_true(done(&c));
    assert_false(listed(&c, NULL));
    assert_int_equal(error_of(client), ECONNRESET);
    assert_int_equal(connect(listener, (struct sockaddr *)&at, sizeof(at)), -1);
    close(client);
    close(listener);
}

static void only_the_one_listener_of_a_group(void **unused)
{
    (void)unused;
    enum { GROUP = 8 };
    int fd[GROUP];

    for (int i = 0; i < GROUP; i++)
        fd[i] = listen_on(9006, true);
    for (int left = GROUP; left > 0; left--) {
        struct conn c = find(TCP_STATE_LISTEN, 9006);
        struct sample *s;

        assert_true(done(&c));
        assert_false(listed(&c, NULL));
        s = take();
        assert_int_equal(s->count[TCP_STATE_LISTEN], left - 1);
        sample_unref(s);
    }
    for (int i = 0; i < GROUP; i++)
        close(fd[i]);
}

static void a_row_that_changed(void **unused)
{
    (void)unused;
    struct pair p = pair_on(9007);
    struct conn c = find(TCP_STATE_ESTABLISHED, 9007), now;

    shutdown(p.client, SHUT_WR);
    struct conn closed = find(TCP_STATE_CLOSE_WAIT, 9007);
    struct destroyed d = destroy_conn(&c, NULL);
    assert_int_equal(d.outcome, DESTROY_STATE);
    assert_int_equal(d.state, TCP_STATE_CLOSE_WAIT);
    assert_true(listed(&closed, &now));
    assert_int_equal(now.state, TCP_STATE_CLOSE_WAIT);
    closed.inode++;
    assert_int_equal(destroy_conn(&closed, NULL).outcome, DESTROY_OWNER);
    closed.inode--;
    closed.uid++;
    assert_int_equal(destroy_conn(&closed, NULL).outcome, DESTROY_OWNER);
    closed.uid--;
    closed.cookie++; /* the same addresses, another connection */
    assert_int_equal(destroy_conn(&closed, NULL).outcome, DESTROY_GONE);
    closed.cookie--;
    assert_true(listed(&closed, NULL));
    assert_true(done(&closed));
    close_pair(&p);
}

/* Its process lets go of a socket between look and answer: the state stays, the owner does not. */
static void a_row_that_lost_its_owner(void **unused)
{
    (void)unused;
    struct pair p = pair_on(9008);
    char data[4096] = "";

    fcntl(p.server, F_SETFL, O_NONBLOCK);
    while (write(p.server, data, sizeof(data)) > 0)
        ;
    shutdown(p.server, SHUT_WR);
    struct conn c = find(TCP_STATE_FIN_WAIT1, 9008);
    assert_int_not_equal(c.inode, 0);
    close(p.server);
    assert_int_equal(destroy_conn(&c, NULL).outcome, DESTROY_OWNER);
    assert_true(listed(&c, &c));
    assert_int_equal(c.inode, 0);
    close(p.client);
    close(p.listener);
}

/* A pair of sockets in a namespace of the process's own; tells its record, then waits. */
static void live_elsewhere(int out, int in)
{
    char byte;

    if (own_table(64) != 0)
        _exit(2);
    struct pair p = pair_on(9011);
    struct conn c = find(TCP_STATE_ESTABLISHED, 9011);
    if (write(out, &c, sizeof(c)) != sizeof(c) || read(in, &byte, 1) != 1)
        _exit(3);
    _exit(!listed(&c, NULL) && error_of(p.client) == ECONNRESET ? 0 : 1);
}

static void one_in_another_namespace(void **unused)
{
    int out[2], in[2], status;
    char path[64];
    struct stat st;
    struct conn c;

    (void)unused;
    assert_int_equal(pipe(out) | pipe(in), 0);
    pid_t pid = fork();
    if (pid == 0)
        live_elsewhere(out[1], in[0]);
    assert_int_equal(read(out[0], &c, sizeof(c)), sizeof(c));
    snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
    assert_int_equal(stat(path, &st), 0);
    struct destroy_place place = {.inode = st.st_ino};
    assert_int_equal(destroy_conn(&c, NULL).outcome, DESTROY_GONE);
    assert_int_equal(destroy_conn(&c, &place).outcome, DESTROY_DONE);
    assert_int_equal(write(in[1], "x", 1), 1);
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(destroy_conn(&c, &place).outcome, DESTROY_NO_ENTRY);
}

/* What is only bound is in none of the tables that a lookup reads, so it is not even asked for. */
static void a_bound_one_has_no_name(void **unused)
{
    struct sockaddr_in at = place(9010);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct request req = {.needs = NEED_BOUND};
    struct sample *s = sample_make(NULL);
    struct source *src;

    (void)unused;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(kernel_open_backend(&src, BACKEND_NETLINK, NULL, NULL), 0);
    assert_int_equal(source_sample(src, &req, builder_of(s), NULL), 0);
    source_close(src);
    for (uint32_t i = 0; i < s->n_live; i++) {
        struct conn c = s->conn[i];
        if (c.sport != 9010)
            continue;
        assert_int_equal(destroy_conn(&c, NULL).outcome, DESTROY_UNREACHABLE);
        c.flags = 0;
        assert_int_equal(destroy_conn(&c, NULL).outcome, DESTROY_GONE);
    }
    sample_unref(s);
    close(fd);
}

/* Without the capability, in a process of its own: 0 when the kernel refused. */
static int refused_without_rights(const struct conn *c)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct none[2] = {{0}};
        if (syscall(SYS_capset, &head, none) != 0)
            _exit(2);
        _exit(destroy_conn(c, NULL).outcome == DESTROY_DENIED ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void without_the_capability(void **unused)
{
    (void)unused;
    struct pair p = pair_on(9009);
    struct conn c = find(TCP_STATE_ESTABLISHED, 9009), listener = find(TCP_STATE_LISTEN, 9009);

    assert_int_equal(refused_without_rights(&c), 0);
    assert_int_equal(refused_without_rights(&listener), 0);
    assert_true(listed(&c, NULL));
    assert_true(listed(&listener, NULL));
    assert_int_equal(write(p.client, "x", 1), 1);
    close_pair(&p);
}

/* States whose sockets go when their other end is reset come before those of that end. */
static const uint8_t order[] = {TCP_STATE_TIME_WAIT,  TCP_STATE_SYN_RECV,  TCP_STATE_SYN_SENT,
                                TCP_STATE_LAST_ACK,   TCP_STATE_CLOSING,   TCP_STATE_FIN_WAIT1,
                                TCP_STATE_CLOSE_WAIT, TCP_STATE_FIN_WAIT2, TCP_STATE_ESTABLISHED,
                                TCP_STATE_LISTEN};

/* End every row of `s` in that state that is still there, as it is by now; returns how many. */
static unsigned end_all(const struct sample *s, unsigned state)
{
    unsigned ended = 0;

    for (uint32_t i = 0; i < s->n_live; i++) {
        struct conn c;
        if (s->conn[i].state != state || !listed(&s->conn[i], &c))
            continue;
        struct destroyed d = destroy_conn(&c, NULL);
        if (d.outcome == DESTROY_GONE && !listed(&c, NULL))
            continue; /* by the reset of its other end, on its way till now */
        if (d.outcome != DESTROY_DONE)
            fail_msg("%s on port %u: outcome %d", state_name(c.state), c.sport, (int)d.outcome);
        if (listed(&c, NULL))
            fail_msg("%s on port %u is still there", state_name(c.state), c.sport);
        ended += c.state == state;
    }
    return ended;
}

static void every_state(void **unused)
{
    static struct held held;

    (void)unused;
    assert_int_equal(held_start(&held, program, NULL), 0);
    struct sample *s = take();
    assert_true(s->n_live > 60);
    for (size_t i = 0; i < sizeof(order); i++)
        if (end_all(s, order[i]) == 0)
            fail_msg("none in %s", state_name(order[i]));
    sample_unref(s);
    s = take();
    assert_int_equal(s->n_live, 0);
    sample_unref(s);
    held_stop(&held);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state), /* first: it makes the loopback */
        cmocka_unit_test(an_open_connection),
        cmocka_unit_test(one_that_its_process_does_not_close),
        cmocka_unit_test(an_entry_in_time_wait),
        cmocka_unit_test(a_listener_and_what_waits_for_it),
        cmocka_unit_test(only_the_one_listener_of_a_group),
        cmocka_unit_test(a_row_that_changed),
        cmocka_unit_test(a_row_that_lost_its_owner),
        cmocka_unit_test(one_in_another_namespace),
        cmocka_unit_test(a_bound_one_has_no_name),
        cmocka_unit_test(without_the_capability),
    };

    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
