/* SPDX-License-Identifier: MIT */
/* The doctor's rules are the only judge. For every rule and each of its thresholds: a host that is
 * just beyond it has the finding and the pane's verdict on the rule's states; one that is just
 * below has neither; and a threshold that is raised in [doctor] silences both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/figures.h"
#include "lib/patient.h"
#include "lib/sample.h"
#include "tcptop/explain/evidence.h"

/* A host at one second, of which one figure is `x`. */
typedef struct sample *host_at(int t, double x);

static struct sample *close_wait(int t, unsigned n, double age)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, n, TCP_STATE_CLOSE_WAIT, age);
    for (unsigned i = 0; i < n; i++) {
        figure_set(&s->metrics[i], METRICS_bytes_acked, 7);
        figure_set(&s->metrics[i], METRICS_last_data_sent_ms, 1000000);
    }
    return s;
}

static struct sample *leaks(int t, double x)
{
    return close_wait(t, (unsigned)x, 100 + t);
}

static struct sample *leaks_aged(int t, double x)
{
    return close_wait(t, 30, x); /* at every second others, of the same age */
}

static struct sample *overflows(int t, double x)
{
    return patient_queue(t, 0, t < 3 ? 0 : (uint64_t)x);
}

/* A queue of five: others every second, until the server stops accepting `x` seconds before the
 * end. */
static struct sample *not_accepted(int t, double x)
{
    struct sample *s = patient_queue(t, 5, 0);
    int round = t < 20 - (int)x ? t : 20 - (int)x;

    patient_rows(s, 5, TCP_STATE_ESTABLISHED, t);
    for (uint32_t i = 1; i < s->n_live; i++) {
        s->conn[i].inode = 0;
        s->conn[i].cookie += 10u * (unsigned)round;
    }
    return s;
}

static struct sample *syns(int t, unsigned n, uint32_t backlog, uint64_t drops)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, 1, TCP_STATE_LISTEN, 100)->wqueue = backlog;
    patient_rows(s, n, TCP_STATE_SYN_RECV, 1);
    patient_counter(s, COUNTER_SYNCOOKIES_SENT, 0);
    patient_counter(s, COUNTER_REQQ_FULL_DROP, drops);
    patient_setting(s, SYSCTL_SYNCOOKIES, 1);
    return s;
}

static struct sample *half_open(int t, double x)
{
    return syns(t, (unsigned)x, 5, 0);
}

static struct sample *dropped(int t, double x)
{
    return syns(t, 3, 100, (uint64_t)(t * x / 3)); /* x within 3 s */
}

static struct sample *ports(int t, unsigned used, double rate)
{
    struct sample *s = patient_sample(t);

    for (unsigned i = 0; i < used; i++) {
        char local[32];
        snprintf(local, sizeof local, "10.0.0.1:%u", 40000 + i);
        struct conn *c = sample_row(s, local, "10.0.0.9:5432", TCP_STATE_TIME_WAIT);
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = rate > 0 ? 60000 - (uint32_t)(i / rate * 1000) : 20000;
        c->inode = 0;
    }
    patient_setting(s, SYSCTL_PORT_LOW, 40000);
    patient_setting(s, SYSCTL_PORT_HIGH, 40999);
    patient_setting(s, SYSCTL_TW_REUSE, 0);
    patient_gauge(s, GAUGE_TW, used);
    patient_setting(s, SYSCTL_MAX_TW_BUCKETS, 100000);
    return s;
}

static struct sample *ports_used(int t, double x)
{
    return ports(t, (unsigned)(x * 10), 0);
}

/* 300 of 1,000 are used: at the rate at which the rest would last `x` seconds if none came back. */
static struct sample *ports_end(int t, double x)
{
    return ports(t, 300, 700 / x);
}

/* `x` per cent of 1,000 ephemeral ports. */
static struct sample *bound(int t, double x)
{
    struct sample *s = patient_sample(t);

    s->needs |= NEED_BOUND;
    patient_rows(s, (unsigned)(x * 10), TCP_STATE_CLOSE, 1);
    for (unsigned i = 0; i < s->n_live; i++) {
        s->conn[i].flags |= CONN_BOUND;
        s->conn[i].sport = (uint16_t)(40000 + i);
    }
    patient_setting(s, SYSCTL_PORT_LOW, 40000);
    patient_setting(s, SYSCTL_PORT_HIGH, 40999);
    return s;
}

/* `x` SYNs within 3 s that only tcp_max_syn_backlog explains: 12 of 16 are waiting. */
static struct sample *syns_shed(int t, double x)
{
    struct sample *s = syns(t, 12, 64, 0);

    patient_setting(s, SYSCTL_SYNCOOKIES, 0);
    patient_setting(s, SYSCTL_MAX_SYN_BACKLOG, 16);
    patient_counter(s, COUNTER_LISTEN_DROPS, (uint64_t)(t * x / 3));
    patient_counter(s, COUNTER_LISTEN_OVERFLOWS, 0);
    return s;
}

static struct sample *tw_table(int t, double x)
{
    struct sample *s = ports(t, 2, 0);

    s->host.sysctl[SYSCTL_MAX_TW_BUCKETS] = 1000;
    s->host.gauge[GAUGE_TW] = (uint64_t)(x * 10);
    return s;
}

static struct sample *fin_wait2_orphans(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, (unsigned)x, TCP_STATE_FIN_WAIT2, 5);
    for (unsigned i = 0; i < s->n_live; i++)
        s->conn[i].inode = 0;
    return s;
}

static struct sample *fin_wait2_aged(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, 3, TCP_STATE_FIN_WAIT2, x);
    return s;
}

static struct sample *syn_repeats(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, 1, TCP_STATE_SYN_SENT, 1)->retrans = (uint8_t)x;
    return s;
}

static struct sample *syn_aged(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, 1, TCP_STATE_SYN_SENT, x);
    return s;
}

static struct sample *unfinished(int t, unsigned state, double age)
{
    struct sample *s = patient_sample(t);
    struct conn *c = patient_rows(s, 1, state, age);

    c->inode = 0;
    c->wqueue = 5000;
    c->timer = TIMER_RETRANSMIT;
    c->retrans = 1;
    return s;
}

static struct sample *last_ack(int t, double x)
{
    return unfinished(t, TCP_STATE_LAST_ACK, x);
}

static struct sample *closing(int t, double x)
{
    return unfinished(t, TCP_STATE_CLOSING, x);
}

static struct sample *fin_wait1(int t, double x)
{
    struct sample *s = unfinished(t, TCP_STATE_FIN_WAIT1, 0);

    /* first repeated 0.2 s after it was sent, that long before the last look */
    figure_set(s->metrics, METRICS_backoff, 1);
    figure_set(s->metrics, METRICS_rto_us, 400000);
    figure_set(s->metrics, METRICS_rto_episodes, 1);
    figure_set(s->metrics, METRICS_rto_time_ms, (uint64_t)((x - 5 + t) * 1000) - 200);
    return s;
}

static struct sample *orphans(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_gauge(s, GAUGE_ORPHAN, (uint64_t)(x * 10));
    patient_setting(s, SYSCTL_MAX_ORPHANS, 1000);
    return s;
}

/* Connections that do nothing, with all that the rules about ESTABLISHED look at. */
static struct sample *open_rows(int t, unsigned n)
{
    struct sample *s = ports(t, 0, 0);

    patient_rows(s, n, TCP_STATE_ESTABLISHED, 100);
    patient_counter(s, COUNTER_RETRANS_SEGS, 0);
    patient_counter(s, COUNTER_SYN_RETRANS, 0);
    patient_counter(s, COUNTER_ORIG_DATA_SENT, 0);
    patient_counter(s, COUNTER_DSACK_RECV, 0);
    return s;
}

static struct sample *self_connected(int t, double x)
{
    struct sample *s = open_rows(t, 1);

    for (unsigned i = 0; i < (unsigned)x; i++) {
        char end[32];
        snprintf(end, sizeof end, "127.0.0.1:%u", 40000 + i);
        (void)sample_row(s, end, end, TCP_STATE_ESTABLISHED);
    }
    return s;
}

/* To one destination: 10 from the start, `more` by now; all of them have been quiet. */
static struct sample *growing(int t, double more)
{
    struct sample *s = open_rows(t, 0);

    for (unsigned i = 0; i < 10 + (unsigned)more; i++) {
        char local[32];
        snprintf(local, sizeof local, "10.0.0.1:%u", 40000 + i);
        (void)sample_row(s, local, "10.0.0.9:5432", TCP_STATE_ESTABLISHED);
        figure_set(&s->metrics[i], METRICS_last_data_sent_ms, 60000);
        figure_set(&s->metrics[i], METRICS_last_data_recv_ms, 60000);
    }
    return s;
}

/* `x` more after 30 seconds. */
static struct sample *growing_by(int t, double x)
{
    return growing(t, x * (t < 30 ? t : 30) / 30);
}

static struct sample *growing_for(int t, double x)
{
    return growing(t, t < x ? t * 3 : x * 3);
}

static struct sample *retransmission(int t, double x)
{
    struct sample *s = open_rows(t, 1);

    s->host.counter[COUNTER_ORIG_DATA_SENT] = (uint64_t)t * 10000;
    s->host.counter[COUNTER_RETRANS_SEGS] = (uint64_t)(t * 100 * x);
    return s;
}

static struct sample *segments(int t, double x)
{
    struct sample *s = open_rows(t, 1);

    s->host.counter[COUNTER_ORIG_DATA_SENT] = t < 3 ? 0 : (uint64_t)x;
    s->host.counter[COUNTER_RETRANS_SEGS] = t < 3 ? 0 : (uint64_t)(x * 0.02);
    return s;
}

/* One connection that sends `bytes` each second, with shares in per cent. */
static struct sample *sender(int t, double bytes, double again, double peer, double buffer,
                             double busy)
{
    struct sample *s = open_rows(t, 1);

    figure_set(s->metrics, METRICS_last_data_sent_ms, 10);
    figure_set(s->metrics, METRICS_last_data_recv_ms, 10);
    figure_set(s->metrics, METRICS_bytes_sent, (uint64_t)(1e9 + t * bytes));
    figure_set(s->metrics, METRICS_bytes_retrans, (uint64_t)(t * bytes * again / 100));
    figure_set(s->metrics, METRICS_busy_us, (uint64_t)(t * busy * 1e6));
    figure_set(s->metrics, METRICS_rwnd_limited_us, (uint64_t)(t * busy * 1e4 * peer));
    figure_set(s->metrics, METRICS_sndbuf_limited_us, (uint64_t)(t * busy * 1e4 * buffer));
    return s;
}

static struct sample *flow_share(int t, double x)
{
    return sender(t, 1e6, x, 0, 0, 1);
}

static struct sample *flow_bytes(int t, double x)
{
    return sender(t, x / 4, 20, 0, 0, 1); /* within four seconds */
}

static struct sample *window_share(int t, double x)
{
    return sender(t, 1e6, 0, x, 0, 1);
}

static struct sample *buffer_share(int t, double x)
{
    return sender(t, 1e6, 0, 0, x, 1);
}

static struct sample *buffer_busy(int t, double x)
{
    return sender(t, 1e6, 0, 0, 90, x / 9); /* within 9 s, after which the comparison begins anew */
}

static struct sample *window_shut(int t, double x)
{
    struct sample *s = open_rows(t, 1);

    s->conn[0].timer = TIMER_PROBE;
    s->conn[0].wqueue = 5000;
    /* something was acknowledged until x seconds before the last look */
    figure_set(s->metrics, METRICS_bytes_acked, t < 8 - x ? 1000 + (uint64_t)t : 2000);
    figure_set(s->metrics, METRICS_snd_wnd_bytes, 0);
    return s;
}

static struct sample *unread(int t, double x)
{
    struct sample *s = open_rows(t, 1);

    s->conn[0].rqueue = (uint32_t)x;
    figure_set(s->metrics, METRICS_bytes_received, 1000000);
    return s;
}

static struct sample *unread_for(int t, double x)
{
    struct sample *s = open_rows(t, 1);

    /* somebody read some then, while as much came: Recv-Q is the same all the time */
    s->conn[0].rqueue = 100000;
    figure_set(s->metrics, METRICS_bytes_received, t < 20 - (int)x ? 1000000 : 1010000);
    return s;
}

static struct sample *idle(int t, unsigned n, double seconds)
{
    struct sample *s = open_rows(t, n);

    for (unsigned i = 0; i < n; i++) {
        figure_set(&s->metrics[i], METRICS_last_data_sent_ms, (uint64_t)(seconds * 1000));
        figure_set(&s->metrics[i], METRICS_last_data_recv_ms, (uint64_t)(seconds * 1000));
    }
    return s;
}

static struct sample *idle_rows(int t, double x)
{
    return idle(t, (unsigned)x, 90000);
}

static struct sample *idle_for(int t, double x)
{
    return idle(t, 20, x);
}

static struct sample *memory(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_gauge(s, GAUGE_MEM_PAGES, (uint64_t)(x * 10));
    patient_setting(s, SYSCTL_MEM_PRESSURE, 5000);
    patient_setting(s, SYSCTL_MEM_MAX, 1000);
    return s;
}

static struct sample *resets(int t, double x)
{
    struct sample *s = patient_sample(t);

    patient_counter(s, COUNTER_OUT_RSTS, t < 80 ? 0 : (uint64_t)((t - 80) * x));
    patient_counter(s, COUNTER_ESTAB_RESETS, 0);
    return s;
}

static struct sample *resets_again(int t, double x) /* usually 20 per second */
{
    struct sample *s = patient_sample(t);
    double sent = t < 80 ? 20 * t : 1600 + (t - 80) * 20 * x;

    patient_counter(s, COUNTER_OUT_RSTS, (uint64_t)sent);
    patient_counter(s, COUNTER_ESTAB_RESETS, 0);
    return s;
}

/* Beyond its threshold and below it, at `seconds`; `raised` as far as the threshold goes. */
static const struct judged {
    enum limit_id limit;
    enum rule_id rule;
    host_at *host;
    int seconds;
    double below, beyond, raised;
    enum verdict verdict; /* of the states that the rule judges and the host shows */
    unsigned state;       /* 0: the rule judges none */
} judged[] = {
#define ROW(rule, field, ...)                                                                      \
    {                                                                                              \
        THRESHOLD_##rule##_##field, RULE_##rule, __VA_ARGS__                                       \
    }
    ROW(CLOSE_WAIT, COUNT, leaks, 12, 19, 20, 21, VERDICT_WATCH, TCP_STATE_CLOSE_WAIT),
    ROW(CLOSE_WAIT, AGE, leaks_aged, 12, 40, 61, 3600, VERDICT_WATCH, TCP_STATE_CLOSE_WAIT),
    ROW(ACCEPT_STALLED, AGE, not_accepted, 20, 4, 16, 60, VERDICT_WATCH, TCP_STATE_LISTEN),
    ROW(ACCEPT_QUEUE, OVERFLOWS, overflows, 8, 0, 1, 2, VERDICT_WATCH, TCP_STATE_LISTEN),
    ROW(SYN_BACKLOG, COUNT, half_open, 5, 9, 10, 11, VERDICT_NOTE, TCP_STATE_SYN_RECV),
    ROW(SYN_BACKLOG, DROPS, dropped, 5, 0, 3, 9, VERDICT_WATCH, TCP_STATE_SYN_RECV),
    ROW(EPHEMERAL, WARN, ports_used, 3, 49.9, 50, 51, VERDICT_WATCH, TCP_STATE_TIME_WAIT),
    ROW(EPHEMERAL, SOON, ports_end, 8, 140, 35, 1, VERDICT_WATCH, TCP_STATE_TIME_WAIT),
    ROW(SYN_DROPS, COUNT, syns_shed, 5, 0, 3, 9, VERDICT_WATCH, TCP_STATE_SYN_RECV),
    ROW(BOUND, SHARE, bound, 8, 49.9, 50, 51, VERDICT_WATCH, TCP_STATE_BOUND_INACTIVE),
    ROW(TW_TABLE, SHARE, tw_table, 2, 89.9, 90, 91, VERDICT_WATCH, TCP_STATE_TIME_WAIT),
    ROW(FIN_WAIT2, ORPHANS, fin_wait2_orphans, 2, 999, 1000, 1001, VERDICT_WATCH,
        TCP_STATE_FIN_WAIT2),
    ROW(FIN_WAIT2, AGE, fin_wait2_aged, 10, 599, 600, 601, VERDICT_NOTE, TCP_STATE_FIN_WAIT2),
    ROW(SYN_SENT, REPEATS, syn_repeats, 2, 2, 3, 4, VERDICT_WATCH, TCP_STATE_SYN_SENT),
    ROW(SYN_SENT, AGE, syn_aged, 2, 5, 5.1, 6, VERDICT_WATCH, TCP_STATE_SYN_SENT),
    ROW(LAST_ACK, AGE, last_ack, 2, 9.9, 10, 11, VERDICT_NOTE, TCP_STATE_LAST_ACK),
    ROW(LAST_ACK, AGE, closing, 2, 9.9, 10, 11, VERDICT_NOTE, TCP_STATE_CLOSING),
    ROW(FIN_WAIT1, AGE, fin_wait1, 5, 20, 30, 60, VERDICT_WATCH, TCP_STATE_FIN_WAIT1),
    ROW(FIN_WAIT1, SHARE, orphans, 2, 25, 25.1, 26, VERDICT_WATCH, TCP_STATE_FIN_WAIT1),
    ROW(RETRANSMISSION, WARN, retransmission, 5, 0.9, 1.1, 2, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(RETRANSMISSION, SEGS, segments, 5, 999, 1000, 1001, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(FLOW_RETRANS, SHARE, flow_share, 12, 4.9, 5.1, 6, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(FLOW_RETRANS, BYTES, flow_bytes, 4, 99000, 160000, 1e9, VERDICT_WATCH,
        TCP_STATE_ESTABLISHED),
    ROW(ZERO_WINDOW, AGE, window_shut, 8, 4, 5.1, 60, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(ZERO_WINDOW, SHARE, window_share, 12, 49, 51, 52, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(SLOW_READER, BYTES, unread, 20, 65535, 65536, 65537, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(SLOW_READER, AGE, unread_for, 20, 9, 16, 17, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(SEND_BUFFER, SHARE, buffer_share, 20, 29, 31, 32, VERDICT_NOTE, TCP_STATE_ESTABLISHED),
    ROW(SEND_BUFFER, BUSY, buffer_busy, 20, 0.9, 3, 3600, VERDICT_NOTE, TCP_STATE_ESTABLISHED),
    ROW(KEEPALIVE, COUNT, idle_rows, 12, 9, 10, 11, VERDICT_NOTE, TCP_STATE_ESTABLISHED),
    ROW(KEEPALIVE, IDLE, idle_for, 12, 7199, 7200, 7201, VERDICT_NOTE, TCP_STATE_ESTABLISHED),
    ROW(SELF_CONNECT, COUNT, self_connected, 8, 0, 1, 2, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(GROWING, COUNT, growing_by, 36, 19, 20, 21, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(GROWING, WINDOW, growing_for, 36, 10, 36, 60, VERDICT_WATCH, TCP_STATE_ESTABLISHED),
    ROW(MEMORY, CRIT, memory, 2, 89.9, 90, 91, VERDICT_NONE, 0),
    ROW(RESETS, RATE, resets, 95, 50, 600, 700, VERDICT_NONE, 0),
    ROW(RESETS, FACTOR, resets_again, 95, 9, 100, 1000, VERDICT_NONE, 0),
};
#define JUDGED (sizeof judged / sizeof judged[0])

/* Thresholds that only make a finding worse. */
static const enum limit_id worse[] = {
    THRESHOLD_CLOSE_WAIT_FILES, THRESHOLD_ACCEPT_QUEUE_SUSTAINED, THRESHOLD_SYN_BACKLOG_SUSTAINED,
    THRESHOLD_EPHEMERAL_CRIT,   THRESHOLD_RETRANSMISSION_CRIT,    THRESHOLD_BOUND_CRIT,
};

/* The host second by second. `raised`: with the threshold raised. */
static void watch(const struct judged *j, double x, bool raised)
{
    struct limits limits;

    (void)patient_tear_down(NULL);
    rules_limits_init(&limits);
    limits.value[THRESHOLD_DOCTOR_INFO_EVERY] = 3600; /* senders count as such for two hours */
    if (raised)
        limits.value[j->limit] = j->raised;
    patient.doctor = doctor_new(&limits, true, 0.25);
    assert_non_null(patient.doctor);
    for (int t = 0; t <= j->seconds; t++)
        patient_look(j->host(t, x));
}

static void expect(const struct judged *j, const char *where, bool found)
{
    struct explain_subject subject = {.state = j->state, .sample = patient.now, .row = UINT32_MAX};
    struct evidence e;
    const struct findings *f = patient.now->findings;
    const bool suspected =
        f->skip[j->rule] == SKIP_UNDECIDED ||
        (f->skip[j->rule] == SKIP_SHORT && !(f->spared[j->rule] >> j->state & 1));
    const enum verdict calm = suspected ? VERDICT_UNKNOWN : VERDICT_NORMAL;

    if (!patient_found(j->rule) == found)
        fail_msg("%s, threshold %d, %s: %s", rules[j->rule].name, j->limit, where,
                 found ? "nothing is found" : "is found");
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        subject.state = state;
        evidence_collect(&e, &subject);
        bool by_rule = e.found && e.found->rule == j->rule;
        if (state == j->state && (found ? !by_rule || e.verdict != j->verdict : e.verdict != calm))
            fail_msg("%s, threshold %d, %s: the pane says %s %s", rules[j->rule].name, j->limit,
                     where, evidence_verdict_word(e.verdict), str_text(&e.reason));
        uint32_t about = rules[j->rule].judges | rules[j->rule].states;
        assert_false(by_rule && (!found || !(about >> state & 1)));
        evidence_fini(&e);
    }
}

static void thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < JUDGED; i++) {
        watch(&judged[i], judged[i].below, false);
        expect(&judged[i], "below", false);
        watch(&judged[i], judged[i].beyond, false);
        expect(&judged[i], "beyond", true);
        watch(&judged[i], judged[i].beyond, true);
        expect(&judged[i], "raised", false);
    }
}

/* No rule and no threshold is left out above. */
static void all_of_them(void **state)
{
    uint64_t seen = UINT64_C(1) << THRESHOLD_DOCTOR_INFO_EVERY;
    uint32_t judging = 0;

    (void)state;
    for (size_t i = 0; i < JUDGED; i++) {
        seen |= UINT64_C(1) << judged[i].limit;
        judging |= UINT32_C(1) << judged[i].rule;
        assert_int_equal(!judged[i].state, !rules[judged[i].rule].judges);
    }
    for (size_t i = 0; i < sizeof worse / sizeof worse[0]; i++)
        seen |= UINT64_C(1) << worse[i];
    assert_true(seen == (UINT64_C(1) << THRESHOLD_COUNT) - 1);
    assert_true(judging == (UINT32_C(1) << RULE_COUNT) - 1);
}

/* A listener beside one that is full is not accused; nobody is called normal before it is known. */
static void another_listener(void **state)
{
    struct evidence e;

    (void)state;
    for (int t = 0; t < 3; t++) {
        struct sample *s = patient_queue(t, 11, 0);
        sample_row(s, "[::1]:3000", "[::]:0", TCP_STATE_LISTEN)->wqueue = 128;
        patient_look(s);
        struct explain_subject subject = {.state = TCP_STATE_LISTEN, .sample = s, .row = 1};
        evidence_collect(&e, &subject);
        assert_int_equal(e.verdict, t < 1 ? VERDICT_UNKNOWN : VERDICT_NORMAL);
        assert_non_null(strstr(str_text(&e.reason),
                               t < 1 ? "suspected" : "Others in this state: Accept queue full"));
        evidence_fini(&e);
        subject.row = 0;
        evidence_collect(&e, &subject);
        assert_int_equal(e.verdict, t < 1 ? VERDICT_UNKNOWN : VERDICT_WATCH);
        evidence_fini(&e);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(thresholds),
        TEST(all_of_them),
        TEST(another_listener),
    };
    return cmocka_run_group_tests_name("one_judge", tests, NULL, NULL);
}
