/* SPDX-License-Identifier: MIT */
/* Whatever of a dump is damaged is refused, counted and never read beyond its end: messages cut at
 * every byte, of impossible lengths, of others; ends, errors, interruptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/diag_bench.h"

static void unknown_family_state_and_timer_are_refused(void **state)
{
    (void)state;
    struct diag_bench b;
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
    c.state = TCP_STATE_ESTABLISHED;
    for (int timer = 0; timer < 256; timer++) {
        c.timer = (uint8_t)timer;
        build_conn(&b.in, &c, NULL, 0);
    }
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->n_live, 2 + TCP_STATE_CLOSING + TIMER_DELACK + 1);
    assert_int_equal(b.s->rejected, 254 + 256 - TCP_STATE_CLOSING + 255 - TIMER_DELACK);
    bench_fini(&b);
}

static void strangers_are_skipped(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct diag_bench b;

    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    build_done(&b.in, 0);
    b.d.seq = BUILD_SEQ + 1;
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    b.d.seq = BUILD_SEQ;
    b.d.portid = BUILD_PORTID + 1;
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    assert_int_equal(b.d.foreign, 4);
    assert_int_equal(b.s->n_live, 0);
    b.d.seq = b.d.portid = 0;
    assert_int_equal(bench_parse_all(&b), DIAG_DONE);
    assert_int_equal(b.s->n_live, 1);
    bench_fini(&b);
}

static enum diag_result end_of(uint16_t type, const void *payload, size_t len, int *error)
{
    struct diag_bench b;

    bench_setup(&b, 0);
    build_message(&b.in, type, 0, payload, len);
    enum diag_result result = bench_parse_all(&b);
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
    struct diag_bench b;

    bench_setup(&b, 0);
    build_conn(&b.in, &c, NULL, 0);
    build_done(&b.in, 0);
    size_t end = b.in.len;
    build_conn(&b.in, &c, NULL, 0);
    assert_int_equal(bench_parse_all(&b), DIAG_DONE);
    assert_int_equal(b.d.used, end);
    assert_int_equal(b.s->n_live, 1);
    bench_fini(&b);
}

static void interruption_is_noticed(void **state)
{
    (void)state;
    struct diag_bench b;

    bench_setup(&b, 0);
    build_message(&b.in, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, "\0\0\0", 4);
    assert_int_equal(bench_parse_all(&b), DIAG_DONE);
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
        struct diag_bench b;
        bench_setup(&b, NEED_TCP_INFO);
        str_add_bytes(&b.in, in.data, in.len);
        assert_int_equal(bench_parse(&b, len), len % one ? DIAG_STOPPED : DIAG_MORE);
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
        struct diag_bench b;
        bench_setup(&b, 0);
        build_conn(&b.in, &c, NULL, 0);
        memcpy(b.in.data, &lengths[i], 4);
        assert_int_equal(bench_parse_all(&b), DIAG_STOPPED);
        assert_int_equal(b.s->n_live, 0);
        assert_int_equal(b.s->rejected, 1);
        bench_fini(&b);
    }
}

static void short_record_is_refused(void **state)
{
    (void)state;
    uint8_t payload[sizeof(struct inet_diag_msg)] = {AF_INET, TCP_STATE_ESTABLISHED};
    struct diag_bench b;

    bench_setup(&b, 0);
    for (size_t len = 0; len < sizeof(payload); len++)
        build_message(&b.in, SOCK_DIAG_BY_FAMILY, 0, payload, len);
    build_message(&b.in, SOCK_DIAG_BY_FAMILY, 0, payload, sizeof(payload));
    assert_int_equal(bench_parse_all(&b), DIAG_MORE);
    assert_int_equal(b.s->rejected, sizeof(payload));
    assert_int_equal(b.s->n_live, 1);
    bench_fini(&b);
}

/* An attribute of length 0, shorter than its head, or longer than the message; also where nobody
 * asked for figures. */
static void damaged_attributes(void **state)
{
    (void)state;
    static const uint16_t lengths[] = {0, 3, 300, UINT16_MAX};
    uint8_t info[BUILD_INFO_BYTES] = {0};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);

    for (size_t i = 0; i < 2 * sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct diag_bench b;
        bench_setup(&b, i % 2 ? NEED_TCP_INFO : 0);
        build_conn(&b.in, &c, info, sizeof(info));
        memcpy(b.in.data + sizeof(struct nlmsghdr) + sizeof(struct inet_diag_msg), &lengths[i / 2],
               2);
        build_conn(&b.in, &c, info, sizeof(info));
        assert_int_equal(bench_parse_all(&b), DIAG_MORE);
        assert_int_equal(b.s->n_live, 1);
        assert_int_equal(b.s->rejected, 1);
        bench_fini(&b);
    }
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
        struct diag_bench b;
        bench_setup(&b, 0);
        size_t taken = 0;
        for (size_t end = piece; taken < in.len; end += piece) {
            end = end < in.len ? end : in.len;
            size_t whole = diag_whole(in.data + taken, end - taken, false, &damaged);
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
    assert_int_equal(diag_whole(in.data, in.len, false, &damaged), one);
    assert_true(damaged);
    assert_int_equal(diag_whole(in.data, one - 1, false, &damaged), 0);
    assert_false(damaged);
    str_fini(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_family_state_and_timer_are_refused),
        cmocka_unit_test(strangers_are_skipped),
        cmocka_unit_test(ends_and_errors),
        cmocka_unit_test(an_end_stops_where_it_stands),
        cmocka_unit_test(interruption_is_noticed),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(impossible_lengths),
        cmocka_unit_test(short_record_is_refused),
        cmocka_unit_test(damaged_attributes),
        cmocka_unit_test(pieces_of_every_size),
        cmocka_unit_test(whole_notices_damage),
    };
    return cmocka_run_group_tests_name("diag_damage", tests, NULL, NULL);
}
