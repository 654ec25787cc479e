/* SPDX-License-Identifier: MIT */
/* What the kernel says of MPTCP connections goes to the rows of their first subflows, and to no
 * others: by their ends, however an IPv4 address is written, and never in the place of what a row
 * knows of itself. Whatever goes wrong leaves the rows as they are, and a kernel without such
 * connections is left in peace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "../../src/source/mptcp.h"
#include "lib/fake_mnl.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/hash_table.h"

/* What the kernel answers for either family, and what it was asked. */
static struct {
    struct str ipv4, ipv6;
    unsigned requests;
    uint32_t seq, states;
    uint8_t family;
} kernel;
static int64_t now_ns;
static unsigned entries_left; /* of the table of states, before memory is out */

static ssize_t fake_sendto(const struct mnl_socket *s, const void *request, size_t len)
{
    const struct nlmsghdr *h = request;
    const struct inet_diag_req_v2 *req = mnl_nlmsg_get_payload(h);
    const struct nlattr *protocol = mnl_nlmsg_get_payload_offset(h, sizeof *req);

    (void)s;
    assert_int_equal(len, h->nlmsg_len);
    while (mnl_attr_get_type(protocol) != INET_DIAG_REQ_PROTOCOL)
        protocol = mnl_attr_next(protocol);
    assert_true((const char *)protocol < (const char *)request + len);
    assert_int_equal(mnl_attr_get_u32(protocol), 262);
    kernel.seq = h->nlmsg_seq;
    kernel.family = req->sdiag_family;
    kernel.states = req->idiag_states;
    kernel.requests++;
    return (ssize_t)len;
}

static ssize_t fake_recvfrom(const struct mnl_socket *s, void *buffer, size_t size)
{
    const struct str *answer = kernel.family == AF_INET ? &kernel.ipv4 : &kernel.ipv6;

    (void)s;
    assert_true(answer->len <= size);
    return fake_answer(buffer, answer, kernel.seq);
}

static int64_t fake_clock(void)
{
    return now_ns;
}

static void *fake_add(struct hash_table *t, const void *key, bool *added)
{
    return entries_left ? entries_left--, hash_table_add(t, key, added) : NULL;
}

#define socket(family, type, protocol) fake_socket(family, type, protocol)
#include "../../src/source/netlink.c"
#undef socket
#define clock_mono_ns  fake_clock
#define hash_table_add fake_add
#define ask            ask_connections
#include "../../src/source/mptcp.c"

static struct mptcp mptcp;
static struct netlink netlink;
static struct sample *s; /* the rows of a dump of TCP */

static int prepare(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    mptcp = (struct mptcp){.in_use = false};
    now_ns = NS_PER_S;
    entries_left = UINT32_MAX;
    fake_mnl_reset(true);
    s = sample_make(NULL);
    return netlink_init(&netlink, NULL, NULL);
}

static int finish(void **state)
{
    (void)state;
    str_fini(&kernel.ipv4);
    str_fini(&kernel.ipv6);
    netlink_fini(&netlink);
    sample_unref(s);
    return fake_mnl.opened == fake_mnl.closed ? 0 : -1;
}

/* Add a connection, whose state is its own, to what the kernel will say. */
static void has_connection_of(uint32_t inode, const char *local, const char *remote, unsigned state)
{
    struct sample *one = sample_make(NULL);
    struct conn *c = sample_row(one, local, remote, state);

    c->inode = inode;
    build_conn(c->family == AF_INET ? &kernel.ipv4 : &kernel.ipv6, c, NULL, 0);
    sample_unref(one);
}

static void has_connection(const char *local, const char *remote, unsigned state)
{
    static uint32_t inode = 1000000; /* one that no row has */

    has_connection_of(++inode, local, remote, state);
}

/* The kernel has said all, for each family with this error; then the rows are marked. */
static void marked(int error4, int error6)
{
    build_done(&kernel.ipv4, error4);
    build_done(&kernel.ipv6, error6);
    mptcp_mark(&mptcp, &netlink, builder_of(s));
}

static void expect_none(void)
{
    assert_false(s->has_mptcp);
    for (uint32_t row = 0; row < s->n_live; row++)
        assert_int_equal(s->conn[row].flags & CONN_MPTCP, 0);
}

static void a_subflow_has_the_state_of_its_connection(void **state)
{
    (void)state;
    struct conn before[3];

    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5001", TCP_STATE_ESTABLISHED); /* another port */
    sample_row(s, "10.0.0.2:5000", "10.0.0.1:80", TCP_STATE_ESTABLISHED); /* the other end */
    memcpy(before, s->conn, sizeof before);
    has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_CLOSE_WAIT);
    has_connection("10.0.0.9:80", "10.0.0.2:5000", TCP_STATE_FIN_WAIT1); /* not of this sample */
    marked(0, 0);
    assert_true(s->has_mptcp);
    assert_int_equal(conn_mptcp_state(&s->conn[0]), TCP_STATE_CLOSE_WAIT);
    assert_int_equal(s->conn[0].state, TCP_STATE_ESTABLISHED);
    assert_memory_equal(&s->conn[1], &before[1], 2 * sizeof before[0]);
    /* both families were asked for connections, not for listeners */
    assert_int_equal(kernel.requests, 2);
    assert_int_equal(kernel.states & STATE_BIT(TCP_STATE_LISTEN), 0);
    assert_int_not_equal(kernel.states & STATE_BIT(TCP_STATE_CLOSE_WAIT), 0);
}

/* It has ends of its own, and the inode of its connection's socket. */
static void a_further_subflow_is_known_by_its_inode(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.3:40000", "10.0.0.2:5000", TCP_STATE_ESTABLISHED)->inode = 77;
    sample_row(s, "10.0.0.3:40001", "10.0.0.2:5000", TCP_STATE_ESTABLISHED)->inode = 78;
    sample_row(s, "10.0.0.3:40002", "10.0.0.2:5000", TCP_STATE_ESTABLISHED)->inode = 0;
    sample_row(s, "10.0.0.3:40003", "10.0.0.2:5000", TCP_STATE_TIME_WAIT)->inode = 77;
    has_connection_of(77, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_FIN_WAIT1);
    has_connection_of(0, "10.0.0.1:81", "10.0.0.2:5000", TCP_STATE_FIN_WAIT1);
    marked(0, 0);
    assert_int_equal(conn_mptcp_state(&s->conn[0]), TCP_STATE_FIN_WAIT1);
    for (uint32_t row = 1; row < 4; row++)
        assert_int_equal(s->conn[row].flags & CONN_MPTCP, 0);
}

/* An IPv6 socket that took a connection over IPv4 has a subflow of IPv6 or of IPv4. */
static void an_address_is_one_however_it_is_written(void **state)
{
    (void)state;
    sample_row(s, "[::ffff:10.0.0.1]:80", "[::ffff:10.0.0.2]:5000", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:81", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    sample_row(s, "[2001:db8::1]:82", "[2001:db8::2]:5000", TCP_STATE_ESTABLISHED);
    has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_FIN_WAIT2);
    has_connection("[::ffff:10.0.0.1]:81", "[::ffff:10.0.0.2]:5000", TCP_STATE_LAST_ACK);
    has_connection("[2001:db8::1]:82", "[2001:db8::2]:5000", TCP_STATE_CLOSING);
    marked(0, 0);
    assert_int_equal(conn_mptcp_state(&s->conn[0]), TCP_STATE_FIN_WAIT2);
    assert_int_equal(conn_mptcp_state(&s->conn[1]), TCP_STATE_LAST_ACK);
    assert_int_equal(conn_mptcp_state(&s->conn[2]), TCP_STATE_CLOSING);
}

/* The record that remains of a connection before is of another one, with the same ends. */
static void what_is_over_is_no_subflow(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_TIME_WAIT);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5001", TCP_STATE_FIN_WAIT2)->timer = TIMER_TIMEWAIT;
    has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    has_connection("10.0.0.1:80", "10.0.0.2:5001", TCP_STATE_ESTABLISHED);
    marked(0, 0);
    expect_none();
}

/* A subflow that was reset is in CLOSE, where a row says whether its socket takes IPv4. */
static void what_a_closed_socket_says_of_itself_stays(void **state)
{
    (void)state;
    sample_row(s, "[2001:db8::1]:80", "[2001:db8::2]:5000", TCP_STATE_CLOSE);
    sample_row(s, "[2001:db8::1]:80", "[2001:db8::2]:5001", TCP_STATE_CLOSE)->extra = V6ONLY_YES;
    has_connection("[2001:db8::1]:80", "[2001:db8::2]:5000", TCP_STATE_CLOSE_WAIT);
    has_connection("[2001:db8::1]:80", "[2001:db8::2]:5001", TCP_STATE_CLOSE_WAIT);
    marked(0, 0);
    assert_int_equal(conn_v6only(&s->conn[0]), V6ONLY_UNKNOWN);
    assert_int_equal(conn_v6only(&s->conn[1]), V6ONLY_YES);
    for (uint32_t row = 0; row < 2; row++) {
        assert_int_equal(s->conn[row].flags & CONN_MPTCP, CONN_MPTCP);
        assert_int_equal(conn_mptcp_state(&s->conn[row]), 0);
    }
}

/* Records that no kernel sends: they are left out, and what is beside them is taken. */
static void damaged_records_mark_nothing(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5001", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5002", TCP_STATE_ESTABLISHED);
    has_connection("10.0.0.1:80", "10.0.0.2:5000", 0);
    has_connection("10.0.0.1:80", "10.0.0.2:5001", 200);
    build_message(&kernel.ipv4, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, "short", 5);
    has_connection("10.0.0.1:80", "10.0.0.2:5002", TCP_STATE_FIN_WAIT1);
    marked(0, 0);
    assert_int_equal(s->conn[0].flags & CONN_MPTCP, 0);
    assert_int_equal(s->conn[1].flags & CONN_MPTCP, 0);
    assert_int_equal(conn_mptcp_state(&s->conn[2]), TCP_STATE_FIN_WAIT1);
}

static void many(void **state)
{
    (void)state;
    char local[32], remote[32];

    for (unsigned i = 0; i < 200; i++) {
        snprintf(local, sizeof local, "10.0.0.%u:80", i);
        snprintf(remote, sizeof remote, "10.1.0.1:%u", 1000 + i);
        sample_row(s, local, remote, TCP_STATE_ESTABLISHED);
        has_connection(local, remote, i % 11 + 1 == TCP_STATE_LISTEN ? 1 : i % 11 + 1);
    }
    marked(0, 0);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(conn_mptcp_state(&s->conn[i]),
                         i % 11 + 1 == TCP_STATE_LISTEN ? 1 : i % 11 + 1);
}

static void errors_leave_the_rows(void **state)
{
    static const int errors[][2] = {
        {-ENOENT, -ENOENT}, /* no MPTCP in this kernel */
        {-EPERM, 0},
        {0, -ENOBUFS}, /* the first family's states may be old by the next try */
        {0, -ENOENT},  /* there is IPv6, so its answer is missing */
    };

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
        has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_CLOSE_WAIT);
        marked(errors[i][0], errors[i][1]);
        expect_none();
        assert_false(mptcp.in_use);
        assert_null(netlink.socket); /* what was not read must not answer the next request */
        assert_int_equal(finish(state), 0);
        assert_int_equal(prepare(state), 0);
    }
}

static void without_ipv6_there_is_ipv4(void **state)
{
    (void)state;
    fake_mnl.no_ipv6 = true;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_CLOSE_WAIT);
    marked(0, -ENOENT);
    assert_int_equal(conn_mptcp_state(&s->conn[0]), TCP_STATE_CLOSE_WAIT);
    assert_true(mptcp.in_use);
}

static void without_memory_the_rows_stay(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_CLOSE_WAIT);
    has_connection("10.0.0.1:80", "10.0.0.2:5001", TCP_STATE_CLOSE_WAIT);
    entries_left = 2;
    marked(0, 0);
    expect_none();
    assert_false(mptcp.in_use);
}

static void nor_without_memory_for_inodes(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    has_connection_of(77, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_CLOSE_WAIT);
    entries_left = 1;
    marked(0, 0);
    expect_none();
}

/* Mark a sample of one row once more. Returns whether the kernel was asked. */
static bool asks(bool known_subflow)
{
    unsigned before = kernel.requests;

    sample_unref(s);
    s = sample_make(NULL);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    s->has_mptcp = known_subflow;
    mptcp_mark(&mptcp, &netlink, builder_of(s));
    return kernel.requests != before;
}

static void it_is_asked_only_where_there_are_some(void **state)
{
    (void)state;
    marked(0, 0);
    assert_false(asks(false));
    now_ns += 10 * NS_PER_S - 1;
    assert_false(asks(false));
    now_ns++;
    assert_true(asks(false));
    assert_false(asks(false));
    assert_true(asks(true)); /* the dump of TCP has seen a subflow */
    assert_false(asks(false));
    str_clear(&kernel.ipv4);
    has_connection("10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    build_done(&kernel.ipv4, 0);
    now_ns += 10 * NS_PER_S;
    assert_true(asks(false));
    assert_true(asks(false)); /* now in each sample */
    assert_int_equal(conn_mptcp_state(&s->conn[0]), TCP_STATE_ESTABLISHED);
    str_clear(&kernel.ipv4);
    build_done(&kernel.ipv4, 0);
    assert_true(asks(false));
    expect_none();
    assert_false(asks(false)); /* none is left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_subflow_has_the_state_of_its_connection),
        TEST(a_further_subflow_is_known_by_its_inode),
        TEST(an_address_is_one_however_it_is_written),
        TEST(what_is_over_is_no_subflow),
        TEST(what_a_closed_socket_says_of_itself_stays),
        TEST(damaged_records_mark_nothing),
        TEST(many),
        TEST(errors_leave_the_rows),
        TEST(without_ipv6_there_is_ipv4),
        TEST(without_memory_the_rows_stay),
        TEST(nor_without_memory_for_inodes),
        TEST(it_is_asked_only_where_there_are_some),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
