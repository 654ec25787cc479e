/* SPDX-License-Identifier: MIT */
/* Figures as columns: every one in the unit of its name, as text, and absent where it is not known;
 * rates and who limits; a listener's backlog; what missing and closed rows still say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/cells.h"
#include "lib/figures.h"
#include "lib/sample.h"

static struct sample *s;
static struct tcp_metrics *f;

static int begin(void **state)
{
    (void)state;
    s = sample_make(NULL);
    s->needs = NEED_TCP_INFO | NEED_RATES | NEED_CONGESTION;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    f = &s->metrics[0];
    return 0;
}

static int end(void **state)
{
    (void)state;
    sample_unref(s);
    return 0;
}

static void figures_of_tcp_info(void **state)
{
    static const struct {
        enum column_id id;
        enum tcp_metric field;
        uint64_t value;
        const char *raw, *shown;
    } figures[] = {
        {COL_RTT, METRICS_rtt_us, 20200, "20200", "20.2 ms"},
        {COL_MIN_RTT, METRICS_min_rtt_us, 320, "320", "0.32 ms"},
        {COL_CWND, METRICS_cwnd_segs, 10, "10", "10"},
        {COL_BYTES_ACKED, METRICS_bytes_acked, 1400000, "1400000", "1.40 MB"},
        {COL_BYTES_RECEIVED, METRICS_bytes_received, 12, "12", "12 B"},
        {COL_BYTES_SENT, METRICS_bytes_sent, 4294967296, "4294967296", "4.29 GB"},
        {COL_BYTES_RETRANS, METRICS_bytes_retrans, 5930000, "5930000", "5.93 MB"},
        {COL_RETRANS_SEGS, METRICS_total_retrans_segs, 4095, "4095", "4,095"},
        {COL_UNSENT, METRICS_notsent_bytes, 8688, "8688", "8,688"},
        {COL_DELIVERY, METRICS_delivery_bytes_s, 12500000, "12500000", "12.5 MB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        assert_cell(s, 0, figures[i].id, "absent", "–");
        figure_set(f, figures[i].field, figures[i].value);
        assert_cell(s, 0, figures[i].id, figures[i].raw, figures[i].shown);
        assert_int_equal(columns[figures[i].id].needs, NEED_TCP_INFO);
    }
}

static void the_share_sent_again(void **state)
{
    (void)state;
    figure_set(f, METRICS_bytes_sent, 10000);
    assert_cell(s, 0, COL_RETR, "absent", "–");
    figure_set(f, METRICS_bytes_retrans, 30);
    assert_cell(s, 0, COL_RETR, "3", "0.3%");
    figure_set(f, METRICS_bytes_sent, UINT64_MAX);
    figure_set(f, METRICS_bytes_retrans, UINT64_MAX / 2);
    assert_cell(s, 0, COL_RETR, "500", "50.0%");
    figure_set(f, METRICS_bytes_sent, 0); /* nothing sent: no share */
    figure_set(f, METRICS_bytes_retrans, 0);
    assert_cell(s, 0, COL_RETR, "absent", "–");
}

static void rates(void **state)
{
    (void)state;
    assert_cell(s, 0, COL_TX, "absent", "–"); /* the first sample has none */
    assert_int_equal(sample_reserve_rates(builder_of(s), 0, 1), 0);
    assert_cell(s, 0, COL_TX, "absent", "–");
    assert_cell(s, 0, COL_RX, "absent", "–");
    s->rate[0].tx_bytes_s = 4370000;
    assert_cell(s, 0, COL_TX, "4370000", "4.37 MB");
    assert_cell(s, 0, COL_RATE, "absent", "–"); /* half of a sum is none */
    s->rate[0].rx_bytes_s = 507;
    assert_cell(s, 0, COL_RX, "507", "507 B");
    assert_cell(s, 0, COL_RATE, "4370507", "4.37 MB");
    s->rate[0] = (struct rate){0, 0};
    assert_cell(s, 0, COL_TX, "0", "0 B"); /* measured */
    assert_int_equal(columns[COL_TX].needs, NEED_RATES);
    assert_int_equal(needs_whole(NEED_RATES), NEED_RATES | NEED_TCP_INFO);
}

static void who_limits(void **state)
{
    static const struct {
        enum send_limit limit;
        const char *raw, *en, *ko;
    } words[] = {
        {LIMIT_UNKNOWN, "absent", "–", "–"},
        {LIMIT_APPLICATION, "application", "application", "프로그램"},
        {LIMIT_PATH, "path", "path", "경로"},
        {LIMIT_RECEIVER, "receiver", "receiver", "수신 측"},
        {LIMIT_SEND_BUFFER, "send_buffer", "send buffer", "송신 버퍼"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        f->limit = (uint8_t)words[i].limit;
        assert_cell(s, 0, COL_LIMITED_BY, words[i].raw, words[i].en);
        text_use(LANG_KO);
        assert_cell(s, 0, COL_LIMITED_BY, words[i].raw, words[i].ko);
        text_use(LANG_EN);
    }
}

static void congestion_controls(void **state)
{
    (void)state;
    assert_cell(s, 0, COL_CONGESTION, "absent", "–");
    assert_true(column_key(COL_CONGESTION, s, 0) == UINT64_MAX);
    f->congestion = sample_add_congestion(builder_of(s), "cubic", 6);
    assert_cell(s, 0, COL_CONGESTION, "cubic", "cubic");
    sample_row(s, "10.0.0.1:80", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    s->metrics[1].congestion = sample_add_congestion(builder_of(s), "bbr", 4);
    assert_true(column_key(COL_CONGESTION, s, 1) < column_key(COL_CONGESTION, s, 0));
}

static void the_backlog_of_a_listener(void **state)
{
    struct conn *c = sample_row(s, "0.0.0.0:80", "0.0.0.0:0", TCP_STATE_LISTEN);

    (void)state;
    c->rqueue = 3;
    c->wqueue = 511;
    assert_cell(s, 1, COL_BACKLOG, "5", "3/511");
    c->rqueue = 512; /* full */
    assert_cell(s, 1, COL_BACKLOG, "1001", "512/511");
    c->wqueue = 0;
    assert_cell(s, 1, COL_BACKLOG, "512000", "512/0");
    c->rqueue = 0;
    assert_cell(s, 1, COL_BACKLOG, "0", "0/0");
    c->rqueue = 4096;
    c->wqueue = UINT32_MAX;
    assert_cell(s, 1, COL_BACKLOG, "0", "4,096/4.29G");
    c->flags = CONN_NO_BACKLOG;
    assert_cell(s, 1, COL_BACKLOG, "absent", "–");
    assert_cell(s, 0, COL_BACKLOG, "absent", "–"); /* no listener */
}

/* Nothing is said of a row that the last dump had not, but it keeps its place. A closed row says
 * what it said last. */
static void rows_that_went(void **state)
{
    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:2", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:3", TCP_STATE_ESTABLISHED);
    assert_int_equal(sample_reserve_rates(builder_of(s), 0, 3), 0);
    for (uint32_t row = 0; row < 3; row++) {
        figure_set(&s->metrics[row], METRICS_rtt_us, 100);
        s->rate[row] = (struct rate){70, 80};
    }
    sample_mark_rows(s, 1, 2);
    assert_cell(s, 0, COL_RATE, "150", "150 B");
    assert_cell(s, 1, COL_RATE, "absent", "–");
    assert_cell(s, 1, COL_RTT, "absent", "–");
    assert_int_equal(column_key(COL_RATE, s, 1), 150);
    assert_int_equal(column_key(COL_RTT, s, 1), 100);
    assert_cell(s, 2, COL_RATE, "150", "150 B");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(figures_of_tcp_info), TEST(the_share_sent_again), TEST(rates),
        TEST(who_limits),          TEST(congestion_controls),  TEST(the_backlog_of_a_listener),
        TEST(rows_that_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
