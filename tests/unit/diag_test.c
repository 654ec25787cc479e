/* Every field of an inet_diag message lands in its row; whatever is damaged is refused, counted and
 * never read beyond its end; tcp_info of every length that kernels have sent is understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/diag_build.h"
#include "tcptop/source/diag.h"

/* A parser over an empty snapshot, and the messages that it is fed. */
struct bench {
    struct snapshot *s;
    struct str in;
    struct diag d;
};

static void bench_setup(struct bench *b, uint32_t needs)
{
    *b = (struct bench){.s = snapshot_new(NULL)};
    assert_non_null(b->s);
    b->s->needs = needs;
    b->d = (struct diag){
        .snapshot = b->s, .states = STATE_MASK_LISTED, .seq = BUILD_SEQ, .portid = BUILD_PORTID};
}

static void bench_fini(struct bench *b)
{
    snapshot_unref(b->s);
    str_fini(&b->in);
}

/* Parse an exact copy, so that a sanitizer sees one byte too many. */
static enum diag_result parse(struct bench *b, size_t len)
{
    void *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    if (len)
        memcpy(copy, b->in.data, len);
    enum diag_result result = diag_parse(&b->d, copy, len);
    free(copy);
    return result;
}

static enum diag_result parse_all(struct bench *b)
{
    return parse(b, b->in.len);
}

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
    struct bench b;

    bench_setup(&b, 0);
    for (int i = 0; i < 2; i++)
        build_conn(&b.in, &sent[i], NULL, 0);
    assert_int_equal(parse_all(&b), DIAG_MORE);
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
    struct bench b;

    memset(c.src + 4, 0xee, 12);
    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    parse_all(&b);
    memset(c.src + 4, 0, 12);
    assert_memory_equal(b.s->conn[0].src, c.src, 16);
    bench_fini(&b);
}

static uint8_t flags_of(struct conn c, uint32_t states)
{
    struct bench b;

    bench_setup(&b, 0);
    b.d.states = states;
    build_conn(&b.in, &c, NULL, 0);
    parse_all(&b);
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
    struct bench b;

    bench_setup(&b, 0);
    b.d.states = STATE_BIT(TCP_STATE_LISTEN);
    for (unsigned i = TCP_STATE_ESTABLISHED; i <= TCP_STATE_CLOSING; i++) {
        struct conn c = build_plain(i, (uint16_t)i, 1, i);
        build_conn(&b.in, &c, NULL, 0);
    }
    parse_all(&b);
    assert_int_equal(b.s->n_live, 1);
    assert_int_equal(b.s->conn[0].state, TCP_STATE_LISTEN);
    assert_int_equal(b.s->rejected, 0);
    bench_fini(&b);
}

static void unknown_family_and_state_are_refused(void **state)
{
    (void)state;
    struct bench b;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);

    bench_setup(&b, 0);
    b.d.states = UINT32_MAX;
    for (int family = 0; family < 256; family++) {
        c.family = (uint8_t)family;
        build_conn(&b.in, &c, NULL, 0);
    }
    c.family = AF_INET;
    for (int s = 0; s < 256; s++) {
        c.state = (uint8_t)s;
        build_conn(&b.in, &c, NULL, 0);
    }
    assert_int_equal(parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->n_live, 2 + TCP_STATE_CLOSING);
    assert_int_equal(b.s->rejected, 254 + 256 - TCP_STATE_CLOSING);
    bench_fini(&b);
}

static void unknown_timer_is_kept(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct bench b;

    c.timer = 200;
    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    parse_all(&b);
    assert_int_equal(b.s->conn[0].timer, 200);
    bench_fini(&b);
}

static void both_message_types(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    uint16_t type = TCPDIAG_GETSOCK;
    struct bench b;

    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    memcpy(b.in.data + offsetof(struct nlmsghdr, nlmsg_type), &type, sizeof(type));
    build_conn(&b.in, &c, NULL, 0);
    build_message(&b.in, NLMSG_NOOP, 0, "", 0);
    build_message(&b.in, 99, 0, "", 0);
    parse_all(&b);
    assert_int_equal(b.s->n_live, 2);
    assert_int_equal(b.s->rejected, 1);
    bench_fini(&b);
}

static void strangers_are_skipped(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct bench b;

    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    build_done(&b.in, 0);
    b.d.seq = BUILD_SEQ + 1;
    assert_int_equal(parse_all(&b), DIAG_MORE);
    b.d.seq = BUILD_SEQ;
    b.d.portid = BUILD_PORTID + 1;
    assert_int_equal(parse_all(&b), DIAG_MORE);
    assert_int_equal(b.d.foreign, 4);
    assert_int_equal(b.s->n_live, 0);
    b.d.seq = b.d.portid = 0;
    assert_int_equal(parse_all(&b), DIAG_DONE);
    assert_int_equal(b.s->n_live, 1);
    bench_fini(&b);
}

static enum diag_result end_of(uint16_t type, const void *payload, size_t len, int *error)
{
    struct bench b;

    bench_setup(&b, 0);
    build_message(&b.in, type, 0, payload, len);
    enum diag_result result = parse_all(&b);
    *error = b.d.error;
    bench_fini(&b);
    return result;
}

static void ends_and_errors(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        int32_t payload;
        size_t len;
        enum diag_result result;
        int error;
    } cases[] = {
        {NLMSG_DONE, 0, 4, DIAG_DONE, 0},
        {NLMSG_DONE, 0, 0, DIAG_DONE, 0},
        {NLMSG_DONE, 12, 4, DIAG_DONE, 0},
        {NLMSG_DONE, -EINVAL, 4, DIAG_ERROR, -EINVAL},
        {NLMSG_DONE, INT_MIN, 4, DIAG_ERROR, -EBADMSG},
        {NLMSG_ERROR, -EPERM, 4, DIAG_ERROR, -EPERM},
        {NLMSG_ERROR, 0, 4, DIAG_MORE, 0},
        {NLMSG_ERROR, -EPERM, 3, DIAG_ERROR, -EBADMSG},
        {NLMSG_ERROR, 5, 4, DIAG_ERROR, -EBADMSG},
        {NLMSG_ERROR, INT_MIN, 4, DIAG_ERROR, -EBADMSG},
        {NLMSG_OVERRUN, 0, 0, DIAG_ERROR, -ENOBUFS},
    };
    int error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(end_of(cases[i].type, &cases[i].payload, cases[i].len, &error),
                         cases[i].result);
        assert_int_equal(error, cases[i].error);
    }
}

static void an_end_stops_where_it_stands(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct bench b;

    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    build_done(&b.in, 0);
    size_t end = b.in.len;
    build_conn(&b.in, &c, NULL, 0);
    assert_int_equal(parse_all(&b), DIAG_DONE);
    assert_int_equal(b.d.used, end);
    assert_int_equal(b.s->n_live, 1);
    bench_fini(&b);
}

static void interruption_is_noticed(void **state)
{
    (void)state;
    struct bench b;

    bench_setup(&b, 0);
    build_message(&b.in, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, "\0\0\0", 4);
    assert_int_equal(parse_all(&b), DIAG_DONE);
    assert_int_equal(b.d.interrupted, 1);
    bench_fini(&b);
}

/* Cut anywhere: whole messages are taken, the cut one is counted, nothing is read beyond. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    uint8_t info[BUILD_INFO_BYTES] = {0};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct str in = STR_INIT;

    build_conn(&in, &c, info, sizeof(info));
    size_t one = in.len;
    build_conn(&in, &c, info, sizeof(info));
    for (size_t len = 0; len <= in.len; len++) {
        struct bench b;
        bench_setup(&b, NEED_FLOW);
        str_add_bytes(&b.in, in.data, in.len);
        assert_int_equal(parse(&b, len), len % one ? DIAG_STOPPED : DIAG_MORE);
        assert_int_equal(b.s->n_live, len / one);
        assert_int_equal(b.s->rejected, len % one ? 1 : 0);
        assert_int_equal(b.d.used, len / one * one);
        bench_fini(&b);
    }
    str_fini(&in);
}

static void impossible_lengths(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 1, 15, 1000, INT_MAX, UINT32_MAX};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct bench b;
        bench_setup(&b, 0);
        build_conn(&b.in, &c, NULL, 0);
        memcpy(b.in.data, &lengths[i], 4);
        assert_int_equal(parse_all(&b), DIAG_STOPPED);
        assert_int_equal(b.s->n_live, 0);
        assert_int_equal(b.s->rejected, 1);
        bench_fini(&b);
    }
}

static void short_record_is_refused(void **state)
{
    (void)state;
    uint8_t payload[sizeof(struct inet_diag_msg)] = {AF_INET, TCP_STATE_ESTABLISHED};
    struct bench b;

    bench_setup(&b, 0);
    for (size_t len = 0; len < sizeof(payload); len++)
        build_message(&b.in, SOCK_DIAG_BY_FAMILY, 0, payload, len);
    build_message(&b.in, SOCK_DIAG_BY_FAMILY, 0, payload, sizeof(payload));
    assert_int_equal(parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->rejected, sizeof(payload));
    assert_int_equal(b.s->n_live, 1);
    bench_fini(&b);
}

/* An attribute of length 0, shorter than its head, or longer than the message. */
static void damaged_attributes(void **state)
{
    (void)state;
    static const uint16_t lengths[] = {0, 3, 300, UINT16_MAX};
    uint8_t info[BUILD_INFO_BYTES] = {0};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct bench b;
        bench_setup(&b, NEED_FLOW);
        build_conn(&b.in, &c, info, sizeof(info));
        memcpy(b.in.data + sizeof(struct nlmsghdr) + sizeof(struct inet_diag_msg), &lengths[i], 2);
        build_conn(&b.in, &c, info, sizeof(info));
        assert_int_equal(parse_all(&b), DIAG_MORE);
        assert_int_equal(b.s->n_live, 1);
        assert_int_equal(b.s->rejected, 1);
        bench_fini(&b);
    }
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
        FLOW_FIELDS(FIELD)
#undef FIELD
    };
    const size_t told = places[FLOW_delivery_bytes_s].end; /* as to which app_limited means */
    uint8_t info[BUILD_INFO_BYTES];
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);

    memset(info, 0x11, sizeof(info));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct bench b;
        bench_setup(&b, NEED_FLOW);
        build_conn(&b.in, &c, info, lengths[i]);
        parse_all(&b);
        assert_int_equal(b.s->n_live, 1);
        for (unsigned field = 0; field < FLOW_FIELD_COUNT; field++) {
            uint64_t value = 0;
            bool there = flow_get(snapshot_flow(b.s, 0), (enum flow_field)field, &value);
            size_t end = field == FLOW_app_limited ? told : places[field].end;
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
    struct bench b;

    memset(info, 0x11, sizeof(info));
    bench_setup(&b, NEED_FLOW);
    build_conn(&b.in, &c, info, sizeof(info));
    parse_all(&b);
    assert_true(flow_get(snapshot_flow(b.s, 0), FLOW_rtt_us, &rtt));
    assert_int_equal(rtt, 0x11111111);
    bench_fini(&b);
}

static void congestion_controls_by_name(void **state)
{
    (void)state;
    uint8_t info[BUILD_INFO_BYTES] = {0};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct bench b;
    uint64_t rto;

    bench_setup(&b, NEED_FLOW | NEED_CONGESTION);
    build_conn_with(&b.in, &c, info, sizeof(info), "cubic");
    build_conn_with(&b.in, &c, NULL, 0, "bbr");
    build_conn(&b.in, &c, info, sizeof(info));
    build_conn_with(&b.in, &c, info, sizeof(info), "cubic");
    parse_all(&b);
    assert_string_equal(snapshot_congestion(b.s, 0), "cubic");
    assert_string_equal(snapshot_congestion(b.s, 1), "bbr");
    assert_null(snapshot_congestion(b.s, 2));
    assert_string_equal(snapshot_congestion(b.s, 3), "cubic");
    assert_true(flow_get(snapshot_flow(b.s, 3), FLOW_rto_us, &rto));
    bench_fini(&b);
    bench_setup(&b, 0); /* not asked for: no figures at all */
    build_conn_with(&b.in, &c, info, sizeof(info), "cubic");
    parse_all(&b);
    assert_null(snapshot_congestion(b.s, 0));
    bench_fini(&b);
}

static void no_tcp_info_where_none_was_sent(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_TIME_WAIT, 1, 2, 3);
    struct bench b;

    bench_setup(&b, NEED_FLOW);
    build_conn(&b.in, &c, NULL, 0);
    parse_all(&b);
    const struct flow *f = snapshot_flow(b.s, 0);
    assert_true(f && f->valid == 0);
    bench_fini(&b);
}

/* In pieces of any size, fed by diag_whole(): the same rows. */
static void pieces_of_every_size(void **state)
{
    (void)state;
    struct str in = STR_INIT;
    bool damaged;

    for (uint16_t i = 1; i <= 20; i++) {
        struct conn c = build_plain(TCP_STATE_ESTABLISHED, i, 2, i);
        build_conn(&in, &c, NULL, 0);
    }
    for (size_t piece = 1; piece < 200; piece++) {
        struct bench b;
        bench_setup(&b, 0);
        size_t taken = 0;
        for (size_t end = piece; taken < in.len; end += piece) {
            end = end < in.len ? end : in.len;
            size_t whole = diag_whole(in.data + taken, end - taken, &damaged);
            assert_false(damaged);
            assert_int_equal(diag_parse(&b.d, in.data + taken, whole), DIAG_MORE);
            taken += whole;
        }
        assert_int_equal(b.s->n_live, 20);
        assert_int_equal(b.s->rejected, 0);
        bench_fini(&b);
    }
    str_fini(&in);
}

static void whole_notices_damage(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct str in = STR_INIT;
    bool damaged;

    build_conn(&in, &c, NULL, 0);
    size_t one = in.len;
    str_add_many(&in, '\0', 16);
    assert_int_equal(diag_whole(in.data, in.len, &damaged), one);
    assert_true(damaged);
    assert_int_equal(diag_whole(in.data, one - 1, &damaged), 0);
    assert_false(damaged);
    str_fini(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_lands),
        cmocka_unit_test(ipv4_is_four_bytes),
        cmocka_unit_test(mini_sockets_have_no_owner),
        cmocka_unit_test(bound_sockets_only_where_asked_for),
        cmocka_unit_test(missing_cookie_is_unknown),
        cmocka_unit_test(states_not_asked_for_are_left_out),
        cmocka_unit_test(unknown_family_and_state_are_refused),
        cmocka_unit_test(unknown_timer_is_kept),
        cmocka_unit_test(both_message_types),
        cmocka_unit_test(strangers_are_skipped),
        cmocka_unit_test(ends_and_errors),
        cmocka_unit_test(an_end_stops_where_it_stands),
        cmocka_unit_test(interruption_is_noticed),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(impossible_lengths),
        cmocka_unit_test(short_record_is_refused),
        cmocka_unit_test(damaged_attributes),
        cmocka_unit_test(tcp_info_of_every_length),
        cmocka_unit_test(longer_tcp_info_is_understood),
        cmocka_unit_test(congestion_controls_by_name),
        cmocka_unit_test(no_tcp_info_where_none_was_sent),
        cmocka_unit_test(pieces_of_every_size),
        cmocka_unit_test(whole_notices_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
