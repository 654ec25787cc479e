/* SPDX-License-Identifier: MIT */
/* Every field of an inet_diag message lands in its row; what is not known stays unknown; tcp_info
 * of every length that kernels have sent is understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/diag_bench.h"
#include "lib/sample.h"

static struct conn v6_sample(void)
{
    return (struct conn){.src = {0xfe, 0x80, [15] = 1},
                         .dst = {0xfe, 0x80, [15] = 2},
                         .cookie = UINT64_C(0x1122334455667788),
                         .inode = 4000000000u,
                         .uid = 65534,
                         .ifindex = 7,
                         .expires_ms = 4711,
                         .rqueue = 3,
                         .wqueue = 4,
                         .sport = 443,
                         .dport = 65535,
                         .family = AF_INET6,
                         .state = TCP_STATE_FIN_WAIT1,
                         .timer = TIMER_PROBE,
                         .retrans = 9};
}

static void every_field_lands(void **state)
{
    (void)state;
    struct conn sent[] = {v6_sample(), build_plain(TCP_STATE_ESTABLISHED, 3000, 50000, 5)};
    struct diag_bench b;

    bench_setup(&b, 0);
    for (int i = 0; i < 2; i++)
        build_conn(&b.in, &sent[i], NULL, 0);
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->n_live, 2);
    assert_memory_equal(b.s->conn, sent, sizeof(sent));
    assert_int_equal(b.s->rejected, 0);
    bench_fini(&b);
}

/* The kernel may leave bytes behind an IPv4 address; they are no part of it. */
static void ipv4_is_four_bytes(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct diag_bench b;

    memset(c.src + 4, 0xee, 12);
    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    bench_parse_all(&b);
    memset(c.src + 4, 0, 12);
    assert_memory_equal(b.s->conn[0].src, c.src, 16);
    bench_fini(&b);
}

static uint8_t flags_of(struct conn c, uint32_t states)
{
    struct diag_bench b;

    bench_setup(&b, 0);
    b.d.states = states;
    build_conn(&b.in, &c, NULL, 0);
    bench_parse_all(&b);
    assert_int_equal(b.s->n_live, 1);
    uint8_t flags = b.s->conn[0].flags;
    bench_fini(&b);
    return flags;
}

static void mini_sockets_have_no_owner(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_TIME_WAIT, 1, 2, 3);

    assert_int_equal(flags_of(c, STATE_MASK_LISTED), CONN_NO_OWNER);
    c.inode = 0;
    c.state = TCP_STATE_SYN_RECV;
    assert_int_equal(flags_of(c, STATE_MASK_LISTED), CONN_NO_OWNER);
    c.state = TCP_STATE_FIN_WAIT2;
    assert_int_equal(flags_of(c, STATE_MASK_LISTED), 0);
    c.timer = TIMER_TIMEWAIT;
    assert_int_equal(flags_of(c, STATE_MASK_LISTED), CONN_NO_OWNER);
    c.state = TCP_STATE_LAST_ACK;
    assert_int_equal(flags_of(c, STATE_MASK_LISTED), 0);
}

static void bound_sockets_only_where_asked_for(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_CLOSE, 1, 0, 3);
    uint32_t bound = STATE_BIT(TCP_STATE_BOUND_INACTIVE);

    assert_int_equal(flags_of(c, STATE_MASK_LISTED), 0);
    assert_int_equal(flags_of(c, STATE_MASK_LISTED | bound), CONN_BOUND);
    assert_int_equal(flags_of(c, bound), CONN_BOUND);
}

static uint32_t rows_of(struct conn c, bool destroyed)
{
    struct diag_bench b;

    bench_setup(&b, 0);
    b.d.states = STATE_MASK_LISTED | STATE_BIT(TCP_STATE_BOUND_INACTIVE);
    b.d.destroyed = destroyed;
    build_conn(&b.in, &c, NULL, 0);
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->rejected, 0);
    uint32_t rows = b.s->n_live;
    bench_fini(&b);
    return rows;
}

static void socket_that_is_being_destroyed_is_no_row(void **state)
{
    (void)state;
    struct conn held = build_plain(TCP_STATE_CLOSE, 1, 2, 3), without_file, without_port;

    without_file = without_port = held;
    without_file.inode = 0;
    without_port.sport = 0;
    assert_int_equal(rows_of(held, false), 1); /* after a reset */
    assert_int_equal(rows_of(without_file, false), 0);
    assert_int_equal(rows_of(without_port, false), 0);
    assert_int_equal(rows_of(without_file, true), 1);
    without_file.sport = 0;
    assert_int_equal(rows_of(without_file, false), 0);
    assert_int_equal(rows_of(without_file, true), 1);
}

static void kinds_of_sockets(void **state)
{
    (void)state;
    struct diag_bench b;
    struct conn c[] = {
        build_plain(TCP_STATE_LISTEN, 1, 0, 1),      build_plain(TCP_STATE_LISTEN, 2, 0, 2),
        build_plain(TCP_STATE_LISTEN, 3, 0, 3),      build_plain(TCP_STATE_ESTABLISHED, 4, 9, 4),
        build_plain(TCP_STATE_ESTABLISHED, 5, 9, 5),
    };

    bench_setup(&b, 0);
    c[0].extra = V6ONLY_NO;
    c[1].extra = V6ONLY_YES;
    c[3].flags = CONN_MPTCP;
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        build_conn(&b.in, &c[i], NULL, 0);
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    const struct conn *got = b.s->conn;
    assert_int_equal(conn_v6only(&got[0]), V6ONLY_NO);
    assert_int_equal(conn_v6only(&got[1]), V6ONLY_YES);
    assert_int_equal(conn_v6only(&got[2]), V6ONLY_UNKNOWN);
    assert_int_equal(got[3].flags, CONN_MPTCP);
    assert_int_equal(conn_mptcp_state(&got[3]), 0);
    assert_int_equal(got[4].flags, 0);
    assert_true(b.s->has_mptcp);
    bench_fini(&b);
}

static void missing_cookie_is_unknown(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, UINT64_MAX);

    assert_int_equal(flags_of(c, STATE_MASK_LISTED), CONN_NO_COOKIE);
    c.cookie = 0;
    assert_int_equal(flags_of(c, STATE_MASK_LISTED), CONN_NO_COOKIE);
}

static void states_not_asked_for_are_left_out(void **state)
{
    (void)state;
    struct diag_bench b;

    bench_setup(&b, 0);
    b.d.states = STATE_BIT(TCP_STATE_LISTEN);
    for (unsigned i = TCP_STATE_ESTABLISHED; i <= TCP_STATE_CLOSING; i++) {
        struct conn c = build_plain(i, (uint16_t)i, 1, i);
        build_conn(&b.in, &c, NULL, 0);
    }
    bench_parse_all(&b);
    assert_int_equal(b.s->n_live, 1);
    assert_int_equal(b.s->conn[0].state, TCP_STATE_LISTEN);
    assert_int_equal(b.s->rejected, 0);
    bench_fini(&b);
}

static void unknown_timer_is_refused(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct diag_bench b;

    bench_setup(&b, 0);
    for (unsigned timer = 0; timer <= UINT8_MAX; timer++) {
        c.timer = (uint8_t)timer;
        build_conn(&b.in, &c, NULL, 0);
    }
    bench_parse_all(&b);
    assert_int_equal(b.s->n_live, TIMER_DELACK + 1);
    assert_int_equal(b.s->conn[TIMER_DELACK].timer, TIMER_DELACK);
    assert_int_equal(b.s->rejected, UINT8_MAX - TIMER_DELACK);
    bench_fini(&b);
}

static void both_message_types(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    uint16_t type = TCPDIAG_GETSOCK;
    struct diag_bench b;

    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    memcpy(b.in.data + offsetof(struct nlmsghdr, nlmsg_type), &type, sizeof(type));
    build_conn(&b.in, &c, NULL, 0);
    build_message(&b.in, NLMSG_NOOP, 0, "", 0);
    build_message(&b.in, 99, 0, "", 0);
    bench_parse_all(&b);
    assert_int_equal(b.s->n_live, 2);
    assert_int_equal(b.s->rejected, 1);
    bench_fini(&b);
}

/* Kernels 2.6 to 6.18 send 104 to 280 bytes; what is not there is not valid, never 0. */
static void tcp_info_of_every_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 104, 192, 232, 248, 280};
    static const struct {
        size_t end;
    } places[] = {
#define FIELD(type, name, offset) {(offset) + sizeof(type)},
        TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    };
    const size_t told = places[METRICS_delivery_bytes_s].end; /* as to which app_limited means */
    uint8_t info[BUILD_INFO_BYTES];
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);

    memset(info, 0x99, sizeof(info)); /* every bit field holds a bit, in either byte order */
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct diag_bench b;
        bench_setup(&b, NEED_TCP_INFO);
        build_conn(&b.in, &c, info, lengths[i]);
        bench_parse_all(&b);
        assert_int_equal(b.s->n_live, 1);
        for (unsigned field = 0; field < TCP_METRIC_COUNT; field++) {
            uint64_t value = 0;
            bool there = tcp_metrics_get(sample_metrics(b.s, 0), (enum tcp_metric)field, &value);
            size_t end = field == METRICS_app_limited ? told : places[field].end;
            assert_int_equal(there, end <= lengths[i]);
            assert_true(!there || value);
        }
        bench_fini(&b);
    }
}

static void longer_tcp_info_is_understood(void **state)
{
    (void)state;
    uint8_t info[512];
    uint64_t rtt;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct diag_bench b;

    memset(info, 0x11, sizeof(info));
    bench_setup(&b, NEED_TCP_INFO);
    build_conn(&b.in, &c, info, sizeof(info));
    bench_parse_all(&b);
    assert_true(tcp_metrics_get(sample_metrics(b.s, 0), METRICS_rtt_us, &rtt));
    assert_int_equal(rtt, 0x11111111);
    bench_fini(&b);
}

static void congestion_controls_by_name(void **state)
{
    (void)state;
    uint8_t info[BUILD_INFO_BYTES] = {0};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct diag_bench b;
    uint64_t rto;

    bench_setup(&b, NEED_TCP_INFO | NEED_CONGESTION);
    build_conn_with(&b.in, &c, info, sizeof(info), "cubic");
    build_conn_with(&b.in, &c, NULL, 0, "bbr");
    build_conn(&b.in, &c, info, sizeof(info));
    build_conn_with(&b.in, &c, info, sizeof(info), "cubic");
    bench_parse_all(&b);
    assert_string_equal(sample_congestion(b.s, 0), "cubic");
    assert_string_equal(sample_congestion(b.s, 1), "bbr");
    assert_null(sample_congestion(b.s, 2));
    assert_string_equal(sample_congestion(b.s, 3), "cubic");
    assert_true(tcp_metrics_get(sample_metrics(b.s, 3), METRICS_rto_us, &rto));
    bench_fini(&b);
    bench_setup(&b, 0); /* not asked for: no figures at all */
    build_conn_with(&b.in, &c, info, sizeof(info), "cubic");
    bench_parse_all(&b);
    assert_null(sample_congestion(b.s, 0));
    bench_fini(&b);
}

/* The id of the control group gets a small number, the same for the same id; one of another length
 * is none. */
static void control_groups_are_numbered(void **state)
{
    static const uint64_t ids[] = {4242, 77, 4242, 0, UINT64_MAX, 77};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct diag_bench b;

    (void)state;
    bench_setup(&b, 0);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        build_conn_attr(&b.in, &c, INET_DIAG_CGROUP_ID, &ids[i], sizeof ids[i]);
    build_conn_attr(&b.in, &c, INET_DIAG_CGROUP_ID, &ids[0], 4);
    build_conn(&b.in, &c, NULL, 0);
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->n_live, 8);
    assert_int_equal(b.s->conn[0].cgroup, 1);
    assert_int_equal(b.s->conn[1].cgroup, 2);
    assert_int_equal(b.s->conn[2].cgroup, 1);
    assert_int_equal(b.s->conn[3].cgroup, 0);
    assert_int_equal(b.s->conn[4].cgroup, 3);
    assert_int_equal(b.s->conn[5].cgroup, 2);
    assert_int_equal(b.s->conn[6].cgroup, 0);
    assert_int_equal(b.s->conn[7].cgroup, 0);
    assert_true(builder_of(b.s)->cgroup_ids.id[1] == 4242);
    bench_fini(&b);
}

static void no_tcp_info_where_none_was_sent(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_TIME_WAIT, 1, 2, 3);
    struct diag_bench b;

    bench_setup(&b, NEED_TCP_INFO);
    build_conn(&b.in, &c, NULL, 0);
    bench_parse_all(&b);
    const struct tcp_metrics *f = sample_metrics(b.s, 0);
    assert_true(f && f->valid == 0);
    bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_lands),
        cmocka_unit_test(ipv4_is_four_bytes),
        cmocka_unit_test(mini_sockets_have_no_owner),
        cmocka_unit_test(bound_sockets_only_where_asked_for),
        cmocka_unit_test(socket_that_is_being_destroyed_is_no_row),
        cmocka_unit_test(kinds_of_sockets),
        cmocka_unit_test(missing_cookie_is_unknown),
        cmocka_unit_test(states_not_asked_for_are_left_out),
        cmocka_unit_test(unknown_timer_is_refused),
        cmocka_unit_test(both_message_types),
        cmocka_unit_test(tcp_info_of_every_length),
        cmocka_unit_test(longer_tcp_info_is_understood),
        cmocka_unit_test(congestion_controls_by_name),
        cmocka_unit_test(control_groups_are_numbered),
        cmocka_unit_test(no_tcp_info_where_none_was_sent),
    };
    return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
