/* SPDX-License-Identifier: MIT */
/* Two dumps at a time against a kernel of the test's making: where the ports are cut, that both
 * halves end up as one list, and that whatever goes wrong leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/source/netlink.h"
#include "tcptop/text/text.h"

#define TABLE_MAX 20000u

/* What the kernel has, and how it answers for each half. */
static struct {
    struct conn table[TABLE_MAX];
    uint32_t n;
    int lower, upper, taste; /* -errno */
    uint32_t extra;          /* rows that nobody expected, in the upper half */
    bool partial;            /* the upper half is damaged */
} kernel;

static bool passes(const struct conn *c, const struct kernel_filter *filter)
{
    struct inet_diag_bc_op op[2];
    bool both = true;

    for (uint32_t at = 0; at < filter->len; at += sizeof op) {
        memcpy(op, filter->code + at, sizeof op);
        uint16_t port =
            op->code == INET_DIAG_BC_S_LE || op->code == INET_DIAG_BC_S_GE ? c->sport : c->dport;
        bool low = op->code == INET_DIAG_BC_S_LE || op->code == INET_DIAG_BC_D_LE;
        both &= low ? port <= op[1].no : port >= op[1].no;
    }
    return both;
}

static int add(struct sample_builder *b, const struct conn *from)
{
    struct tcp_metrics *metrics;
    struct conn *c = sample_add(b, &metrics);

    if (!c)
        return -ENOMEM;
    *c = *from;
    if (metrics) {
        figure_set(metrics, METRICS_bytes_acked, from->cookie);
    }
    return 0;
}

static bool is_upper(const struct kernel_filter *filter)
{
    return filter->code[0] == INET_DIAG_BC_S_GE || filter->code[0] == INET_DIAG_BC_D_GE;
}

static int fake_take(struct netlink *n, enum netlink_kind kind, const struct kernel_filter *filter,
                     struct sample_builder *b)
{
    (void)n;
    int rc = is_upper(filter) ? kernel.upper : kernel.lower;

    assert_int_equal(kind, NETLINK_LEGACY);
    for (uint32_t i = 0; !rc && i < kernel.n; i++)
        rc = passes(&kernel.table[i], filter) ? add(b, &kernel.table[i]) : 0;
    for (uint32_t i = 0; !rc && i < kernel.extra && is_upper(filter); i++)
        rc = add(b, &(struct conn){.cookie = TABLE_MAX + i + 1});
    if (is_upper(filter) && kernel.partial) {
        b->sample.status = SAMPLE_PARTIAL;
        b->sample.rejected = 3;
        sample_say(&b->sample, "3 damaged");
    }
    return rc;
}

static int fake_taste(struct netlink *n, const struct kernel_filter *filter, uint32_t enough,
                      struct sample_builder *b)
{
    (void)n;
    assert_false(filter->states & STATE_BIT(TCP_STATE_LISTEN));
    for (uint32_t i = 0; !kernel.taste && i < kernel.n && i < enough; i++)
        add(b, &kernel.table[i]);
    return kernel.taste ? kernel.taste : kernel.n > enough;
}

#define netlink_take  fake_take
#define netlink_taste fake_taste
#include "../../src/source/parallel_dump.c"

/* Sockets with local ports spread over 1 … 60000 in the order of a hash, all to one port. */
static void spread(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        kernel.table[i] = (struct conn){
            .cookie = i + 1, .sport = (uint16_t)(1 + i * 40503u % 60000), .dport = 80};
    }
    kernel.n = n;
}

static struct source stop;
static struct parallel_dump parallel_dump;

static int start(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    return parallel_dump_init(&parallel_dump, &stop);
}

static int end(void **state)
{
    (void)state;
    parallel_dump_fini(&parallel_dump);
    return 0;
}

static struct sample *take(int expected_rc, uint64_t expected_rows, uint32_t needs)
{
    struct kernel_filter all;
    struct netlink n = {.stop = &stop};
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    s->needs = needs;
    kernel_filter_compile(&all, NULL);
    assert_int_equal(
        parallel_dump_take(&parallel_dump, &n, &all, expected_rows, NULL, builder_of(s)),
        expected_rc);
    if (expected_rc)
        assert_int_equal(s->n_live, 0);
    return s;
}

/* Every socket of the table once, its figures beside it. */
static void expect_all(struct sample *s)
{
    static uint8_t seen[TABLE_MAX + 1];

    memset(seen, 0, sizeof seen);
    assert_int_equal(s->n_live, kernel.n);
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct tcp_metrics *metrics = sample_metrics(s, row);
        assert_in_range(s->conn[row].cookie, 1, kernel.n);
        assert_int_equal(seen[s->conn[row].cookie]++, 0);
        assert_true(!metrics || (metrics->valid && metrics->bytes_acked == s->conn[row].cookie));
        assert_int_equal(!!metrics, s->needs & NEED_TCP_INFO);
    }
    sample_unref(s);
}

static void both_parallel_dump_are_one_list(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {10, 1000, 5000, TABLE_MAX};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        spread(sizes[i]);
        parallel_dump.split.of = 0;
        expect_all(take(0, sizes[i], 0));
        assert_int_equal(parallel_dump.split.side, SIDE_LOCAL);
        assert_true(evenness(&parallel_dump.split) > EVEN_MIN);
        expect_all(take(0, sizes[i], NEED_TCP_INFO)); /* the second one knows the cut */
    }
}

static void the_cut_follows_the_sockets(void **state)
{
    (void)state;
    spread(4000);
    expect_all(take(0, 4000, 0));
    uint16_t before = parallel_dump.split.port;
    for (uint32_t i = 0; i < kernel.n; i++)
        kernel.table[i].sport = kernel.table[i].sport / 4;
    expect_all(take(0, 4000, 0)); /* by the old cut, all in one half */
    assert_true(parallel_dump.split.port < before);
    expect_all(take(0, 4000, 0));
    assert_true(evenness(&parallel_dump.split) > EVEN_MIN);
}

static void a_server_is_cut_by_the_remote_port(void **state)
{
    (void)state;
    spread(3000);
    for (uint32_t i = 0; i < kernel.n; i++) {
        kernel.table[i].dport = kernel.table[i].sport;
        kernel.table[i].sport = 443;
    }
    expect_all(take(0, 3000, 0));
    assert_int_equal(parallel_dump.split.side, SIDE_REMOTE);
}

/* A third of the sockets has the median port: they go to where they make the halves more even. */
static void many_with_the_median_port(void **state)
{
    (void)state;
    for (int heavier = 0; heavier < 2; heavier++) {
        spread(3000);
        for (uint32_t i = 0; i < kernel.n; i++) {
            uint32_t kind = i % 10;
            uint32_t low = heavier ? 4 : 2; /* tenths below the median port, above it 2 or 4 */
            kernel.table[i].sport = kind < low ? 100 : kind < low + 4 ? 443 : 50000;
        }
        parallel_dump.split.of = 0;
        expect_all(take(0, 3000, 0));
        assert_int_equal(parallel_dump.split.port, heavier ? 442 : 443);
    }
}

static void without_a_cut_there_is_one_dump(void **state)
{
    (void)state;
    spread(3000);
    for (uint32_t i = 0; i < kernel.n; i++)
        kernel.table[i].sport = 443;
    sample_unref(take(-ERANGE, 3000, 0));
    for (uint32_t i = 0; i < kernel.n; i++)
        kernel.table[i].dport = i % 10 ? UINT16_MAX : 1;
    sample_unref(take(-ERANGE, 3000, 0));
    kernel.n = 0;
    sample_unref(take(-ERANGE, 3000, 0));
}

static void more_than_there_is_room_for(void **state)
{
    (void)state;
    spread(4000);
    kernel.extra = TABLE_MAX;
    sample_unref(take(-ENOMEM, 4000, NEED_TCP_INFO));
    sample_unref(take(-ENOMEM, UINT64_MAX, 0));
    kernel.extra = 0;
    expect_all(take(0, 4000, NEED_TCP_INFO));
    kernel.n = 4000;
    expect_all(take(0, 0, 0)); /* fewer expected than there are, but room for request sockets */
}

static void an_error_of_either_half(void **state)
{
    (void)state;
    spread(4000);
    kernel.upper = -ECANCELED;
    sample_unref(take(-ECANCELED, 4000, 0));
    kernel.upper = 0;
    kernel.lower = -EPERM;
    sample_unref(take(-EPERM, 4000, 0));
    kernel.lower = 0;
    kernel.taste = -ENOBUFS;
    sample_unref(take(-ENOBUFS, 4000, 0));
    kernel.taste = 0;
    expect_all(take(0, 4000, 0));
}

static void a_damaged_half_is_told(void **state)
{
    (void)state;
    spread(4000);
    kernel.partial = true;
    struct sample *s = take(0, 4000, 0);
    assert_int_equal(s->status, SAMPLE_PARTIAL);
    assert_int_equal(s->rejected, 3);
    assert_string_equal(reason_words(&s->reason), "3 damaged");
    expect_all(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_parallel_dump_are_one_list, start, end),
        cmocka_unit_test_setup_teardown(the_cut_follows_the_sockets, start, end),
        cmocka_unit_test_setup_teardown(a_server_is_cut_by_the_remote_port, start, end),
        cmocka_unit_test_setup_teardown(many_with_the_median_port, start, end),
        cmocka_unit_test_setup_teardown(without_a_cut_there_is_one_dump, start, end),
        cmocka_unit_test_setup_teardown(more_than_there_is_room_for, start, end),
        cmocka_unit_test_setup_teardown(an_error_of_either_half, start, end),
        cmocka_unit_test_setup_teardown(a_damaged_half_is_told, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
