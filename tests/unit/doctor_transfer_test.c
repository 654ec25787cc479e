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
    assert_true(
        patient_says(&(struct finding[]){patient_finding(RULE_RETRANSMISSION)}[0], PART_SEEN,
                     "400 retransmissions for 4,000 data segments within 4 s")); /* not a minute */
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
    assert_in_range((int)patient_finding(RULE_FLOW_RETRANS).window_s, 3,
                    9); /* since the look before */
    assert_null(patient_found(RULE_SEND_BUFFER));
    for (int t = 0; t < 40; t++)
        patient_look(metrics(200 + t, 0, 0, 0.5));
    assert_int_equal(patient_finding(RULE_SEND_BUFFER).severity, SEVERITY_INFO);
    assert_null(patient_found(RULE_FLOW_RETRANS));
}

/* A connection whose timer probes the peer's window, and whose own receive queue is never empty.
 * `acked`, `read`: how much the peer acknowledged and the process read in all. */
static struct sample *shut(double t, uint64_t acked, uint32_t waiting, uint64_t read)
{
    struct sample *s = patient_sample(t);
    struct conn *c = patient_rows(s, 1, TCP_STATE_ESTABLISHED, 100);

    c->timer = TIMER_PROBE;
    c->expires_ms = 200;
    c->wqueue = 5000;
    c->rqueue = waiting;
    figure_set(s->metrics, METRICS_bytes_acked, acked);
    figure_set(s->metrics, METRICS_snd_wnd_bytes, 0);
    figure_set(s->metrics, METRICS_bytes_received, read + waiting);
    return s;
}

/* A shut window and an unread queue at every look are no stall while data gets through in between:
 * the application writes as much as the peer takes, and reads as much as comes. */
static void slow_ends(void **state)
{
    (void)state;
    for (int t = 0; t < 40; t++)
        patient_look(shut(t, 1000 + (uint64_t)t * 380000, 100000, (uint64_t)t * 380000));
    assert_null(patient_found(RULE_ZERO_WINDOW));
    assert_null(patient_found(RULE_SLOW_READER));
    assert_int_equal(patient.now->findings->skip[RULE_ZERO_WINDOW], LOOKED);
}

static void stalled_ends(void **state)
{
    (void)state;
    for (int t = 0; t < 18; t++) /* its process is looked for until then */
        patient_look(shut(t, 7000, 100000 + (uint32_t)t, 9000)); /* more comes, nothing is read */
    struct finding f = patient_finding(RULE_ZERO_WINDOW);
    assert_int_equal((int)patient_value(RULE_ZERO_WINDOW, FIGURE_ZERO_WINDOW_OLDEST), 17);
    assert_true(patient_says(&f, PART_SEEN, "1 closed window, the longest for at least 17 s"));
    f = patient_finding(RULE_SLOW_READER);
    assert_true(patient_says(&f, PART_SEEN, "nothing read for at least 17 s"));
    for (int t = 18; t < 45; t++) { /* it moves; an unread FIN is a byte */
        struct sample *s = shut(t, 8000, 1, 9000);
        s->conn[0].timer = TIMER_RETRANSMIT;
        patient_look(s);
    }
    assert_null(patient_found(RULE_ZERO_WINDOW));
    assert_null(patient_found(RULE_SLOW_READER));
}

/* tcp_info comes with some samples only: the others confirm nothing, and are not counted. */
static void between_figures(void **state)
{
    (void)state;
    for (int t = 0; t < 19; t++) {
        struct sample *s = shut(t, 7000, 100000, 9000);
        if (t % 6)
            s->needs = 0, tcp_metrics_clear(s->metrics);
        patient_look(s);
    }
    assert_int_equal((int)patient_value(RULE_ZERO_WINDOW, FIGURE_ZERO_WINDOW_OLDEST), 18);
    (void)patient_tear_down(NULL);
    (void)patient_set_up(NULL);
    for (int t = 0; t < 17; t++) {
        struct sample *s = shut(t, 7000 + (uint64_t)(t / 6), 100000, (uint64_t)(t / 6));
        if (t % 6)
            s->needs = 0, tcp_metrics_clear(s->metrics);
        patient_look(s);
    }
    assert_null(patient_found(RULE_ZERO_WINDOW));
    assert_null(patient_found(RULE_SLOW_READER));
}

/* The doublings of the timer prove a closure at the first look; its time left does not, and a
 * window that is only small is not shut. */
static void proved_at_once(void **state)
{
    (void)state;
    for (int t = 0; t < 20; t += 4) {
        struct sample *s = shut(t, 7000 + (uint64_t)t, 0, 0);
        s->conn[0].expires_ms = 60000;
        figure_set(s->metrics, METRICS_last_data_sent_ms, 100000);
        figure_set(s->metrics, METRICS_backoff, 2);
        patient_look(s);
    }
    assert_null(patient_found(RULE_ZERO_WINDOW));
    struct sample *s = shut(20, 9000, 0, 0);
    figure_set(s->metrics, METRICS_last_data_sent_ms, 100000);
    figure_set(s->metrics, METRICS_backoff, 7);
    figure_set(s->metrics, METRICS_snd_wnd_bytes, 500);
    patient_look(s);
    assert_null(patient_found(RULE_ZERO_WINDOW));
    s = shut(21, 9000, 0, 0);
    figure_set(s->metrics, METRICS_last_data_sent_ms, 100000);
    figure_set(s->metrics, METRICS_backoff, 7);
    patient_look(s);
    assert_int_equal((int)patient_value(RULE_ZERO_WINDOW, FIGURE_ZERO_WINDOW_OLDEST), 25);
}

/* The verdict goes to the states whose connections are held up. FIN_WAIT1 with an owner is not one
 * that the kernel will end. */
static void states_held_up(void **state)
{
    (void)state;
    for (int t = 0; t < 8; t++) {
        struct sample *s = shut(t, 7000, 0, 0);
        s->conn[0].state = TCP_STATE_FIN_WAIT1;
        patient_look(s);
    }
    assert_int_equal(patient_finding(RULE_ZERO_WINDOW).marks, STATE_BIT(TCP_STATE_FIN_WAIT1));
    struct finding f = patient_finding(RULE_ZERO_WINDOW);
    assert_true(
        patient_says(&f, PART_MEANS, "the kernel never gives up on a socket that a process holds"));
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
        TEST(retransmission),  TEST(transfers),      TEST(slow_ends),      TEST(stalled_ends),
        TEST(between_figures), TEST(proved_at_once), TEST(states_held_up), TEST(keepalive),
    };
    return cmocka_run_group_tests_name("doctor_flows", tests, NULL, NULL);
}
