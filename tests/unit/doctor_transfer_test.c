/* SPDX-License-Identifier: MIT */
/* Rules about how data flows find what they are about, and not what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/figures.h"
#include "lib/patient.h"

static struct sample *sending(double t, uint64_t sent, uint64_t again, uint64_t needless)
{
    struct sample *s = patient_sample(t);

    patient_counter(s, COUNTER_ORIG_DATA_SENT, sent);
    patient_counter(s, COUNTER_RETRANS_SEGS, again + 500);
    patient_counter(s, COUNTER_SYN_RETRANS, 500); /* no data */
    patient_counter(s, COUNTER_DSACK_RECV, needless);
    return s;
}

static void retransmission(void **state)
{
    (void)state;
    patient_look(sending(0, 0, 0, 0));
    patient_look(sending(1, 900, 90, 0)); /* too few to say */
    assert_null(patient_found(RULE_RETRANSMISSION));
    patient_look(sending(2, 2000, 15, 0));
    assert_null(patient_found(RULE_RETRANSMISSION));
    patient_look(sending(3, 3000, 60, 0));
    assert_int_equal(patient_finding(RULE_RETRANSMISSION).severity, SEVERITY_WARNING);
    patient_look(sending(4, 4000, 400, 0));
    assert_int_equal(patient_finding(RULE_RETRANSMISSION).severity, SEVERITY_CRITICAL);
    for (int t = 5; t < 100; t++)
        patient_look(
            sending(t, 4000 + (uint64_t)t * 1000, 400 + (uint64_t)t * 50, (uint64_t)t * 50));
    assert_null(patient_found(RULE_RETRANSMISSION)); /* all of it was needless */
}

/* One connection that sends a megabyte a second. */
static struct sample *metrics(double t, double again, double peer, double buffer)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, 1, TCP_STATE_ESTABLISHED, 100);
    figure_set(s->metrics, METRICS_last_data_sent_ms, 10);
    figure_set(s->metrics, METRICS_bytes_sent, (uint64_t)(1e6 + t * 1e6));
    figure_set(s->metrics, METRICS_bytes_retrans, (uint64_t)(t * 1e6 * again));
    figure_set(s->metrics, METRICS_busy_us, (uint64_t)(t * 1e6));
    figure_set(s->metrics, METRICS_rwnd_limited_us, (uint64_t)(t * 1e6 * peer));
    figure_set(s->metrics, METRICS_sndbuf_limited_us, (uint64_t)(t * 1e6 * buffer));
    return s;
}

static void transfers(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++)
        patient_look(metrics(t, 0.04, 0.4, 0.2));
    assert_null(patient_found(RULE_FLOW_RETRANS));
    assert_null(patient_found(RULE_ZERO_WINDOW));
    assert_null(patient_found(RULE_SEND_BUFFER));
    for (int t = 0; t < 40; t++)
        patient_look(metrics(100 + t, 0.1, 0.7, 0.2));
    assert_non_null(patient_found(RULE_FLOW_RETRANS));
    assert_non_null(patient_found(RULE_ZERO_WINDOW));
    assert_in_range((int)patient_value(RULE_ZERO_WINDOW, FIGURE_ZERO_WINDOW_SHARE), 69, 71);
    assert_null(patient_found(RULE_SEND_BUFFER));
    for (int t = 0; t < 40; t++)
        patient_look(metrics(200 + t, 0, 0, 0.5));
    assert_int_equal(patient_finding(RULE_SEND_BUFFER).severity, SEVERITY_INFO);
    assert_null(patient_found(RULE_FLOW_RETRANS));
}

static struct sample *shut(double t, bool probes, uint32_t waiting)
{
    struct sample *s = patient_sample(t);
    struct conn *c = patient_rows(s, 1, TCP_STATE_ESTABLISHED, 100);

    c->timer = probes ? TIMER_PROBE : TIMER_RETRANSMIT;
    c->expires_ms = 200;
    c->wqueue = 5000;
    c->rqueue = waiting;
    return s;
}

static void windows(void **state)
{
    (void)state;
    for (int t = 0; t < 12; t++)
        patient_look(shut(t, t % 2, 100000 - (uint32_t)t)); /* shut for moments; read, if slowly */
    assert_null(patient_found(RULE_ZERO_WINDOW));
    assert_null(patient_found(RULE_SLOW_READER));
    for (int t = 12; t < 30; t++)
        patient_look(shut(t, true, 100000));
    assert_non_null(patient_found(RULE_ZERO_WINDOW));
    assert_non_null(patient_found(RULE_SLOW_READER));
    for (int t = 30; t < 50; t++)
        patient_look(shut(t, false, 1)); /* an unread FIN */
    assert_null(patient_found(RULE_ZERO_WINDOW));
    assert_null(patient_found(RULE_SLOW_READER));
}

static void keepalive(void **state)
{
    (void)state;
    for (int t = 0; t < 8; t++) {
        struct sample *s = patient_sample(t);
        patient_rows(s, 20, TCP_STATE_ESTABLISHED, 9000);
        for (unsigned i = 0; i < 20; i++) {
            figure_set(&s->metrics[i], METRICS_last_data_sent_ms, 9000000);
            figure_set(&s->metrics[i], METRICS_last_data_recv_ms, t < 4 ? 60000 : 8000000);
            if (i < 5)
                s->conn[i].timer = TIMER_KEEPALIVE;
        }
        patient_look(s);
        if (t < 4)
            assert_null(patient_found(RULE_KEEPALIVE)); /* something was received */
    }
    for (int t = 8; t < 14; t++) {
        struct sample *s = patient_sample(t);
        patient_rows(s, 15, TCP_STATE_ESTABLISHED, 9000);
        for (unsigned i = 0; i < 15; i++) {
            figure_set(&s->metrics[i], METRICS_last_data_sent_ms, 9000000);
            figure_set(&s->metrics[i], METRICS_last_data_recv_ms, 8000000);
        }
        patient_look(s);
    }
    assert_int_equal((int)patient_value(RULE_KEEPALIVE, FIGURE_KEEPALIVE_COUNT), 15);
    assert_int_equal(patient_finding(RULE_KEEPALIVE).severity, SEVERITY_INFO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(retransmission),
        TEST(transfers),
        TEST(windows),
        TEST(keepalive),
    };
    return cmocka_run_group_tests_name("doctor_flows", tests, NULL, NULL);
}
