/* SPDX-License-Identifier: MIT */
/* Connections are the same by cookie, without one by all else, where a lost inode is no difference;
 * equal ones hash alike; kinds follow state and inode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tcptop/model/conn.h"
#include "tcptop/model/state.h"

static const struct conn with_cookie = {.cookie = 7, .sport = 1, .family = 2, .inode = 5};
static const struct conn without = {.sport = 1, .family = 2, .inode = 5, .flags = CONN_NO_COOKIE};

static void cookie_decides(void **state)
{
    struct conn other = with_cookie;

    (void)state;
    other.sport = 2;
    other.state = TCP_STATE_TIME_WAIT;
    other.inode = 0;
    assert_true(conn_same(&with_cookie, &other));
    assert_int_equal(conn_hash(&with_cookie), conn_hash(&other));
    other.netns = 1;
    assert_false(conn_same(&with_cookie, &other));
    other = with_cookie;
    other.cookie = 8;
    assert_false(conn_same(&with_cookie, &other));
}

static void all_else_decides_without(void **state)
{
    struct conn c = without;

    (void)state;
    assert_true(conn_same(&without, &c));
    assert_true(conn_same(&without, &with_cookie)); /* one cookie is as good as none */
    assert_int_equal(conn_tuple_hash(&without, 3), conn_tuple_hash(&with_cookie, 3));
    c.inode = 0; /* closed, or not yet accepted */
    c.state = TCP_STATE_TIME_WAIT;
    assert_true(conn_same(&without, &c));
    assert_int_equal(conn_hash(&without), conn_hash(&c));
    c.inode = 6; /* another listener of the same port */
    assert_false(conn_same(&without, &c));
#define DIFFERS(field)                                                                             \
    c = without;                                                                                   \
    c.field++;                                                                                     \
    assert_false(conn_same(&without, &c))
    DIFFERS(sport);
    DIFFERS(dport);
    DIFFERS(family);
    DIFFERS(ifindex);
    DIFFERS(netns);
    DIFFERS(src[15]);
    DIFFERS(dst[0]);
}

/* tcp_twsk_unique() of the kernel: one end is enough. */
static void loopback(void **state)
{
    static const struct conn is[] = {
        {.family = AF_INET, .src = {127, 0, 0, 1}, .dst = {127, 0, 0, 1}},
        {.family = AF_INET, .src = {127, 9, 9, 9}, .dst = {10, 0, 0, 1}},
        {.family = AF_INET, .src = {10, 0, 0, 1}, .dst = {127, 0, 0, 1}},
        {.family = AF_INET6, .src = {[15] = 1}, .dst = {0x20, 1}},
        {.family = AF_INET6, .src = {0x20, 1}, .dst = {[15] = 1}},
        {.family = AF_INET6, .src = {[10] = 0xff, 0xff, 127, 0, 0, 1}, .dst = {0x20, 1}},
        {.family = AF_INET6, .src = {0x20, 1}, .dst = {[10] = 0xff, 0xff, 127, 1, 2, 3}},
        {.family = AF_INET, .src = {10, 0, 0, 1}, .dst = {10, 0, 0, 2}, .ifindex = 1},
    };
    static const struct conn is_not[] = {
        {.family = AF_INET, .src = {10, 0, 0, 1}, .dst = {128, 0, 0, 1}, .ifindex = 2},
        {.family = AF_INET, .src = {[15] = 1}, .dst = {[15] = 1}},
        {.family = AF_INET6, .src = {127, 0, 0, 1}, .dst = {127, 0, 0, 1}},
        {.family = AF_INET6, .src = {[15] = 2}, .dst = {[14] = 1, 1}},
        {.family = AF_INET6, .src = {[10] = 0xff, 0xff, 10, 0, 0, 1}, .dst = {[12] = 127}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++)
        assert_true(conn_is_loopback(&is[i]));
    for (size_t i = 0; i < sizeof is_not / sizeof is_not[0]; i++)
        assert_false(conn_is_loopback(&is_not[i]));
}

static void kinds(void **state)
{
    static const struct {
        uint8_t state, flags;
        uint32_t inode;
        enum conn_kind kind;
        unsigned mptcp;
    } rows[] = {
        {TCP_STATE_SYN_RECV, CONN_NO_OWNER, 0, CONN_REQUEST_SOCKET, 0},
        {TCP_STATE_SYN_RECV, 0, 9, CONN_PLAIN, 0},
        {TCP_STATE_FIN_WAIT1, 0, 0, CONN_ORPHAN, 0},
        {TCP_STATE_FIN_WAIT2, CONN_NO_OWNER, 0, CONN_ORPHAN, 0},
        {TCP_STATE_FIN_WAIT2, 0, 9, CONN_PLAIN, 0},
        {TCP_STATE_CLOSING, 0, 0, CONN_ORPHAN, 0},
        {TCP_STATE_LAST_ACK, 0, 0, CONN_ORPHAN, 0},
        {TCP_STATE_ESTABLISHED, 0, 0, CONN_NOT_ACCEPTED, 0},
        {TCP_STATE_CLOSE_WAIT, 0, 0, CONN_NOT_ACCEPTED, 0},
        {TCP_STATE_ESTABLISHED, 0, 9, CONN_PLAIN, 0},
        {TCP_STATE_TIME_WAIT, CONN_NO_OWNER, 0, CONN_PLAIN, 0},
        {TCP_STATE_LISTEN, 0, 0, CONN_PLAIN, 0},
        {TCP_STATE_CLOSE, CONN_BOUND, 9, CONN_BOUND_ONLY, 0},
        {200, 0, 0, CONN_PLAIN, 0},
        /* subflows of MPTCP: the state of their connection decides */
        {TCP_STATE_ESTABLISHED, CONN_MPTCP, 0, CONN_NOT_ACCEPTED, TCP_STATE_ESTABLISHED},
        {TCP_STATE_ESTABLISHED, CONN_MPTCP, 0, CONN_NOT_ACCEPTED, TCP_STATE_CLOSE_WAIT},
        {TCP_STATE_ESTABLISHED, CONN_MPTCP, 0, CONN_ORPHAN, TCP_STATE_FIN_WAIT2},
        {TCP_STATE_ESTABLISHED, CONN_MPTCP, 0, CONN_ORPHAN, TCP_STATE_LAST_ACK},
        {TCP_STATE_ESTABLISHED, CONN_MPTCP, 0, CONN_PLAIN, 0}, /* a further one */
        {TCP_STATE_ESTABLISHED, CONN_MPTCP, 9, CONN_PLAIN, TCP_STATE_FIN_WAIT2},
        {TCP_STATE_FIN_WAIT2, CONN_MPTCP, 0, CONN_ORPHAN, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn c = {.state = rows[i].state, .flags = rows[i].flags, .inode = rows[i].inode};
        c.extra = rows[i].mptcp & 15u;
        assert_int_equal(conn_kind(&c), rows[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookie_decides),
        cmocka_unit_test(all_else_decides_without),
        cmocka_unit_test(loopback),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
