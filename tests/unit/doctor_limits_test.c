/* SPDX-License-Identifier: MIT */
/* Rules about what runs out find it, and not what only looks like it: accept queues, SYN backlogs,
 * ephemeral ports, the tables of the kernel; and resets, which are counted there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "lib/patient.h"
#include "lib/sample.h"

static void accept_queues(void **state)
{
    (void)state;
    patient_look(patient_queue(0, 10, 5)); /* as many as the limit: one more has room */
    patient_look(patient_queue(1, 10, 5));
    patient_look(patient_queue(1.5, 11, 5)); /* full in one sample: a burst */
    assert_null(patient_found(RULE_ACCEPT_QUEUE));
    patient_look(patient_queue(2, 0, 5));
    patient_look(patient_queue(3, 11, 5));
    patient_look(patient_queue(4, 11, 5));
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).severity, SEVERITY_WARNING);
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).subject, SUBJECT_LISTENER);
    for (int t = 5; t < 36; t++)
        patient_look(patient_queue(t, 11, 5 + (uint64_t)t));
    /* sustained */
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).severity, SEVERITY_CRITICAL);
    for (int t = 36; t < 60; t++)
        patient_look(patient_queue(t, 0, 40));
    assert_null(patient_found(RULE_ACCEPT_QUEUE));
    assert_int_equal(patient.now->findings->n_ended, 1);
    /* an overflow, but this listener's queue has room: not its fault */
    patient_look(patient_queue(60, 0, 60));
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).subject, SUBJECT_HOST);
}

/* Three listeners, on the ports 80 to 82, with queues of 10; the counters of the host and of each.
 */
static struct sample *three_listeners(double t, const uint32_t waiting[3], uint64_t overflows,
                                      const uint32_t drops[3])
{
    struct sample *s = patient_sample(t);

    for (unsigned i = 0; i < 3; i++) {
        struct conn *c = patient_rows(s, 1, TCP_STATE_LISTEN, 100);
        c->sport = (uint16_t)(80 + i);
        c->rqueue = waiting[i];
        c->wqueue = 10;
        if (drops)
            drops_add(&s->drops, c->cookie, c->netns, drops[i]);
    }
    patient_counter(s, COUNTER_LISTEN_OVERFLOWS, overflows);
    patient_counter(s, COUNTER_LISTEN_DROPS, overflows);
    drops_join(s, patient.now);
    return s;
}
#define THREE(t, a, b, c, overflows, x, y, z)                                                      \
    patient_look(                                                                                  \
        three_listeners(t, (const uint32_t[]){a, b, c}, overflows, (const uint32_t[]){x, y, z}))

static unsigned found_queues(void)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < patient.now->findings->n; i++)
        n += patient.now->findings->list[i].rule == RULE_ACCEPT_QUEUE;
    return n;
}

/* Overflows between two looks, at which the queue of the listener that lost them has room; another
 * one happens to be full for a moment, a third one drops something else now and then. */
static void who_drops_is_named(void **state)
{
    uint32_t (*needs)(struct sample_observer *, int64_t) = patient.doctor->needs;

    (void)state;
    patient_look(three_listeners(0, (const uint32_t[]){0, 0, 0}, 0, NULL));
    assert_int_equal(needs(patient.doctor, patient.now->mono_ns) & NEED_DROPS, 0);
    patient_look(three_listeners(1, (const uint32_t[]){0, 0, 0}, 20, NULL));
    assert_true(needs(patient.doctor, patient.now->mono_ns) & NEED_DROPS); /* something is lost */
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).subject, SUBJECT_HOST);
    THREE(2, 0, 0, 0, 20, 120, 7, 0); /* nothing to compare with */
    THREE(3, 0, 11, 0, 70, 170, 7, 1);
    assert_int_equal(found_queues(), 1);
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).subject, SUBJECT_LISTENER);
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).scope.ends.sport, 80);
    assert_int_equal((int)patient_value(RULE_ACCEPT_QUEUE, FIGURE_ACCEPT_QUEUE_DROPS), 50);
    THREE(4, 0, 0, 0, 80, 180, 7, 1);
    assert_int_equal(found_queues(), 1);
    assert_int_equal((int)patient_value(RULE_ACCEPT_QUEUE, FIGURE_ACCEPT_QUEUE_DROPS), 60);
    for (int t = 5; t < 45; t++) /* it is over: forgotten, and not asked for any more */
        THREE(t, 0, 0, 0, 80, 180, 7, 1);
    assert_int_equal(found_queues(), 0);
    assert_int_equal(needs(patient.doctor, patient.now->mono_ns) & NEED_DROPS, 0);
}

/* A queue that is full, and by how much it lost. */
static void a_full_queue_tells_its_drops(void **state)
{
    (void)state;
    THREE(0, 0, 0, 11, 0, 5, 5, 5);
    THREE(1, 0, 0, 11, 40, 5, 5, 45);
    THREE(2, 0, 0, 11, 80, 5, 5, 85);
    assert_int_equal(found_queues(), 1);
    assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).scope.ends.sport, 82);
    assert_int_equal((int)patient_value(RULE_ACCEPT_QUEUE, FIGURE_ACCEPT_QUEUE_DROPS), 80);
    assert_true(patient_says(patient_found(RULE_ACCEPT_QUEUE), PART_SEEN,
                             "; 80 segments dropped by this listener within "));
}

static struct sample *syns(double t, unsigned n, uint64_t cookies, int64_t sysctl)
{
    struct sample *s = patient_sample(t);
    struct conn *c = patient_rows(s, 1, TCP_STATE_LISTEN, 100);

    c->wqueue = 30;
    patient_rows(s, n, TCP_STATE_SYN_RECV, 1);
    patient_counter(s, COUNTER_REQQ_FULL_DROP, 0);
    patient_counter(s, COUNTER_SYNCOOKIES_SENT, cookies);
    patient_setting(s, SYSCTL_SYNCOOKIES, sysctl);
    return s;
}

static void syn_backlogs(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        patient_look(syns(t, 5, 0, 1));
    assert_null(patient_found(RULE_SYN_BACKLOG));
    patient_look(syns(5, 20, 0, 1)); /* half full, but none was turned away */
    assert_int_equal(patient_finding(RULE_SYN_BACKLOG).severity, SEVERITY_INFO);
    assert_int_equal(patient.now->findings->warnings, 0);
    patient_look(syns(6, 20, 7, 1));
    assert_int_equal(patient_finding(RULE_SYN_BACKLOG).severity, SEVERITY_WARNING);
    for (int t = 7; t < 20; t++)
        patient_look(syns(t, 31, (uint64_t)t * 10, 1));
    assert_int_equal(patient_finding(RULE_SYN_BACKLOG).severity, SEVERITY_CRITICAL);
    assert_int_equal((int)patient_value(RULE_SYN_BACKLOG, FIGURE_SYN_BACKLOG_LIMIT), 30);
    for (int t = 20; t < 60; t++) /* every answer is a cookie then */
        patient_look(syns(t, 5, (uint64_t)t * 10, 2));
    assert_null(patient_found(RULE_SYN_BACKLOG));
}

/* `waiting` in TIME_WAIT closed one after the other at `rate`, the youngest now. */
static struct sample *ports(double t, unsigned waiting, double rate, int64_t reuse)
{
    struct sample *s = patient_sample(t);

    for (unsigned i = 0; i < waiting; i++) {
        char local[32];
        snprintf(local, sizeof local, "10.0.0.1:%u", 40000 + i);
        struct conn *c = sample_row(s, local, "10.0.0.9:5432", TCP_STATE_TIME_WAIT);
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = 60000 - (uint32_t)(i / rate * 1000);
        c->inode = 0;
    }
    patient_setting(s, SYSCTL_PORT_LOW, 40000);
    patient_setting(s, SYSCTL_PORT_HIGH, 40999);
    patient_setting(s, SYSCTL_TW_REUSE, reuse);
    patient_setting(s, SYSCTL_TIMESTAMPS, 1);
    return s;
}

static void ephemeral_ports(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        patient_look(ports(t, 100 + (unsigned)t, 2, 0)); /* 2/s: at most 120 are ever used */
    assert_null(patient_found(RULE_EPHEMERAL));
    for (int t = 5; t < 10; t++)
        patient_look(ports(t, 300, 20, 0)); /* 20/s: all of the 1,000 would be used in 35 s */
    assert_int_equal(patient_finding(RULE_EPHEMERAL).severity, SEVERITY_WARNING);
    assert_in_range((int)patient_value(RULE_EPHEMERAL, FIGURE_EPHEMERAL_LEFT), 33, 37);
    assert_in_range((int)(patient_value(RULE_EPHEMERAL, FIGURE_EPHEMERAL_RATE) * 10), 190, 220);
    assert_true(patient_says(&(struct finding[]){patient_finding(RULE_EPHEMERAL)}[0], PART_SEEN,
                             "300 of 1,000 ports"));
    patient_look(ports(10, 950, 20, 0));
    assert_int_equal(patient_finding(RULE_EPHEMERAL).severity, SEVERITY_CRITICAL);
    struct sample *s = ports(11, 950, 20, 0);
    patient_setting(s, SYSCTL_RESERVED_PORTS, 500);
    patient_look(s);
    assert_int_equal((int)patient_value(RULE_EPHEMERAL, FIGURE_EPHEMERAL_AVAILABLE), 500);
}

/* Four hundred closed at once, before the first look; nothing has come since. */
static void a_burst_of_ports_is_over(void **state)
{
    (void)state;
    for (int t = 0; t < 8; t++) {
        struct sample *s = ports(t, 400, 1000, 0);
        for (unsigned i = 0; i < 400; i++)
            s->conn[i].expires_ms = 59000 - 1000u * (unsigned)t;
        patient_look(s);
        assert_null(patient_found(RULE_EPHEMERAL));
    }
}

static void ports_of_no_client(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        patient_look(ports(t, 950, 20, 1)); /* connect() takes them over after a second */
    assert_null(patient_found(RULE_EPHEMERAL));
    for (int t = 5; t < 10; t++) {
        struct sample *s = ports(t, 950, 20, 0);
        for (unsigned i = 0; i < 950; i++) /* clients of a server here */
            sample_row(s, "10.0.0.1:1", "10.0.0.9:5432", TCP_STATE_LISTEN)->sport =
                (uint16_t)(40000 + i);
        patient_look(s);
    }
    assert_null(patient_found(RULE_EPHEMERAL));
    for (int t = 10; t < 15; t++) {
        struct sample *s = ports(t, 950, 20, 0);
        for (unsigned i = 0; i < 950; i++) /* each to another destination */
            s->conn[i].dport = (uint16_t)(1000 + i);
        patient_look(s);
    }
    assert_null(patient_found(RULE_EPHEMERAL));
    patient_look(patient_sample(15)); /* the range is not known */
    assert_int_equal(patient.now->findings->skip[RULE_EPHEMERAL], SKIP_SYSCTL);
}

static void tables(void **state)
{
    (void)state;
    struct sample *s = patient_sample(0);
    patient_look(s);
    assert_int_equal(patient.now->findings->skip[RULE_TW_TABLE], SKIP_COUNTERS);
    assert_int_equal(patient.now->findings->skip[RULE_MEMORY], SKIP_COUNTERS);
    for (int t = 1; t < 5; t++) {
        s = patient_sample(t);
        patient_gauge(s, GAUGE_TW, 80);
        patient_gauge(s, GAUGE_MEM_PAGES, 500);
        patient_setting(s, SYSCTL_MAX_TW_BUCKETS, 100);
        patient_setting(s, SYSCTL_MEM_PRESSURE, 600);
        patient_setting(s, SYSCTL_MEM_MAX, 1000);
        patient_counter(s, COUNTER_TW_OVERFLOW, 4);
        if (t == 3)
            s->host.gauge[GAUGE_TW] = 91;
        if (t == 4) {
            s->host.gauge[GAUGE_TW] = 10;
            s->host.counter[COUNTER_TW_OVERFLOW] = 5;
            s->host.gauge[GAUGE_MEM_PAGES] = 950;
        }
        patient_look(s);
        assert_int_equal(!patient_found(RULE_TW_TABLE), t < 3);
        assert_int_equal(!patient_found(RULE_MEMORY), t < 4);
    }
    assert_int_equal((int)patient_value(RULE_TW_TABLE, FIGURE_TW_TABLE_OVERFLOWS), 1);
    assert_int_equal(patient_finding(RULE_MEMORY).severity, SEVERITY_CRITICAL);
}

static void resets(void **state)
{
    uint64_t sent = 0;

    (void)state;
    for (int t = 0; t < 200; t++) {
        struct sample *s = patient_sample(t);
        sent += t < 150 ? 20 : 100; /* five times the usual: health probes */
        patient_counter(s, COUNTER_OUT_RSTS, sent);
        patient_counter(s, COUNTER_ESTAB_RESETS, 0);
        patient_look(s);
        assert_int_equal(patient.now->findings->skip[RULE_RESETS], t < 60 ? SKIP_MINUTE : LOOKED);
    }
    assert_null(patient_found(RULE_RESETS));
    for (int t = 200; t < 220; t++) {
        struct sample *s = patient_sample(t);
        sent += 2000;
        patient_counter(s, COUNTER_OUT_RSTS, sent);
        patient_counter(s, COUNTER_ESTAB_RESETS, 0);
        patient_look(s);
    }
    assert_non_null(patient_found(RULE_RESETS));
}

/* `n` sockets that are only bound, at 10.0.0.1 and ports from `first` on. */
static struct sample *bound_at(double t, unsigned n, unsigned first)
{
    struct sample *s = patient_sample(t);

    s->needs |= NEED_BOUND;
    for (unsigned i = 0; i < n; i++) {
        char local[32];
        snprintf(local, sizeof local, "10.0.0.1:%u", first + i);
        sample_row(s, local, "0.0.0.0:0", TCP_STATE_CLOSE)->flags |= CONN_BOUND;
    }
    patient_setting(s, SYSCTL_PORT_LOW, 40000);
    patient_setting(s, SYSCTL_PORT_HIGH, 40399);
    return s;
}

static void bound(void **state)
{
    (void)state;
    patient_look(patient_sample(0));
    assert_int_equal(patient.now->findings->skip[RULE_BOUND], SKIP_BOUND);
    for (int t = 1; t < 10; t++) /* 190 of 400 */
        patient_look(bound_at(t, 190, 40000));
    assert_int_equal(patient.now->findings->skip[RULE_BOUND], LOOKED);
    assert_null(patient_found(RULE_BOUND));
    for (int t = 10; t < 20; t++) /* many, but not of the range */
        patient_look(bound_at(t, 5000, 20000));
    assert_null(patient_found(RULE_BOUND));
    for (int t = 20; t < 30; t++)
        patient_look(bound_at(t, 300, 40000));
    struct finding f = patient_finding(RULE_BOUND);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_int_equal((int)patient_value(RULE_BOUND, FIGURE_BOUND_COUNT), 300);
    assert_true(patient_says(&f, PART_SEEN, "300 of the 400 ephemeral ports of 10.0.0.1 (75%)"));
    patient_look(bound_at(30, 400, 40000));
    assert_int_equal(patient_finding(RULE_BOUND).severity, SEVERITY_CRITICAL);
}

/* A port that several sockets share counts once, one of any address at each address; those of
 * another address do not add up. */
static void bound_once(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        struct sample *s = bound_at(t, 150, 40000);
        for (unsigned i = 0; i < 150; i++) {
            struct conn *c = sample_row(s, "10.0.0.1:1", "0.0.0.0:0", TCP_STATE_CLOSE);
            c->flags |= CONN_BOUND;
            c->sport = (uint16_t)(40000 + i % 50);
            c = sample_row(s, "10.0.0.2:1", "0.0.0.0:0", TCP_STATE_CLOSE);
            c->flags |= CONN_BOUND;
            c->sport = (uint16_t)(40000 + i);
        }
        patient_look(s);
    }
    assert_null(patient_found(RULE_BOUND));
    for (int t = 10; t < 20; t++) {
        struct sample *s = bound_at(t, 150, 40000);
        for (unsigned i = 0; i < 60; i++) {
            struct conn *c = sample_row(s, "0.0.0.0:1", "0.0.0.0:0", TCP_STATE_CLOSE);
            c->flags |= CONN_BOUND;
            c->sport = (uint16_t)(40300 + i);
        }
        patient_look(s);
    }
    assert_int_equal((int)patient_value(RULE_BOUND, FIGURE_BOUND_COUNT), 210);
}

/* tcp_max_syn_backlog 16, a backlog of 64; `waiting` requests, counters as they stand. */
static struct sample *syns_shed(double t, unsigned waiting, uint64_t drops, uint64_t overflows,
                                int64_t cookies)
{
    struct sample *s = syns(t, waiting, 0, cookies);

    s->conn[0].wqueue = 64;
    patient_setting(s, SYSCTL_MAX_SYN_BACKLOG, 16);
    patient_counter(s, COUNTER_LISTEN_DROPS, drops);
    patient_counter(s, COUNTER_LISTEN_OVERFLOWS, overflows);
    return s;
}

static void syn_drops(void **state)
{
    (void)state;
    for (uint64_t t = 0; t < 10; t++) /* full accept queue: each of them is an overflow */
        patient_look(syns_shed((double)t, 12, t * 10, t * 10, 0));
    assert_null(patient_found(RULE_SYN_DROPS));
    assert_int_equal(patient.now->findings->skip[RULE_SYN_DROPS], LOOKED);
    for (uint64_t t = 10; t < 20; t++) /* something else than the limit */
        patient_look(syns_shed((double)t, 5, t * 10, 100, 0));
    assert_null(patient_found(RULE_SYN_DROPS));
    for (uint64_t t = 20; t < 30; t++) /* with cookies the limit does not drop */
        patient_look(syns_shed((double)t, 12, t * 10, 100, 1));
    assert_null(patient_found(RULE_SYN_DROPS));
    for (uint64_t t = 30; t < 35; t++)
        patient_look(syns_shed((double)t, 12, t * 10, 100, 0));
    struct finding f = patient_finding(RULE_SYN_DROPS);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_int_equal(f.marks, STATE_BIT(TCP_STATE_SYN_RECV) | STATE_BIT(TCP_STATE_LISTEN));
    assert_true(patient_says(&f, PART_SEEN, "30 SYNs dropped in 3 s"));
    assert_true(patient_says(&f, PART_SEEN,
                             "12 in SYN_RECV, tcp_max_syn_backlog = 16, limit of the listener 64"));
    assert_true(patient_says(&f, PART_CHECK, "ss -Htn state syn-recv 'sport = :80' | wc -l"));
}

/* A setting that the namespace does not have is not among the commands. */
static void absent_settings(void **state)
{
    (void)state;
    for (int have = 0; have < 2; have++) {
        struct sample *s = patient_sample(have);
        patient_gauge(s, GAUGE_MEM_PAGES, 95);
        patient_setting(s, SYSCTL_MEM_PRESSURE, 70);
        patient_setting(s, SYSCTL_MEM_MAX, 100);
        patient_look(s);
        struct finding f = patient_finding(RULE_MEMORY);
        assert_true(patient_says(&f, PART_CHECK, "sysctl net.ipv4.tcp_mem"));
        f.absent_sysctls |= UINT32_C(1) << SYSCTL_MEM_PRESSURE;
        assert_false(patient_says(&f, PART_CHECK, "sysctl"));
        f.rule = RULE_SYN_DROPS;
        f.absent_sysctls = UINT32_C(1) << SYSCTL_SYNCOOKIES;
        assert_true(patient_says(&f, PART_CHECK, "sysctl net.ipv4.tcp_max_syn_backlog"));
        assert_false(patient_says(&f, PART_CHECK, "tcp_syncookies"));
    }
    struct finding f = patient_finding(RULE_MEMORY);
    assert_true(f.absent_sysctls >> SYSCTL_MAX_ORPHANS & 1);
    assert_false(f.absent_sysctls >> SYSCTL_MEM_MAX & 1);
}

/* What was watched is named, whatever the rule may look back to. */
static void windows_watched(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        patient_look(patient_queue(t, 11, (uint64_t)t * 10));
    struct finding f = patient_finding(RULE_ACCEPT_QUEUE);
    assert_true(patient_says(&f, PART_SEEN, "overflows within 4 s: 40"));
    for (int t = 5; t < 30; t++)
        patient_look(patient_queue(t, 11, (uint64_t)t * 10));
    f = patient_finding(RULE_ACCEPT_QUEUE);
    assert_true(patient_says(&f, PART_SEEN, "overflows within 10 s: 100"));
    struct sample *s = patient_queue(30, 11, 0);
    s->host.counter_valid = 0; /* not known is not 0 */
    patient_look(s);
    f = patient_finding(RULE_ACCEPT_QUEUE);
    assert_false(f.valid >> FIGURE_ACCEPT_QUEUE_OVERFLOWS & 1);
    assert_false(patient_says(&f, PART_SEEN, "overflows"));
}

/* A burst every few seconds is not a queue that is full for half a minute. */
static void bursts_of_connects(void **state)
{
    (void)state;
    for (int t = 0; t < 60; t++) {
        patient_look(patient_queue(t, t % 8 < 2 ? 11 : 0, 0));
        if (t > 1)
            assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).severity, SEVERITY_WARNING);
    }
}

/* The kernel wanted cookies for SYNs that it then dropped at a full accept queue: none was sent.
 * The requests that stay follow from that queue. */
static void no_cookies_sent(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++) {
        struct sample *s = syns(t, 20, 0, 1);
        s->conn[0].wqueue = 8;
        s->conn[0].rqueue = 9;
        patient_counter(s, COUNTER_LISTEN_OVERFLOWS, (uint64_t)t * 20);
        patient_look(s);
    }
    assert_null(patient_found(RULE_SYN_BACKLOG));
    assert_non_null(patient_found(RULE_ACCEPT_QUEUE));
    patient_look(syns(5, 20, 40, 1));
    struct finding f = patient_finding(RULE_SYN_BACKLOG);
    assert_true(patient_says(&f, PART_SEEN,
                             "40 SYNs answered by cookie and 0 dropped at the full backlog within "
                             "3 s"));
}

/* Too many orphans are reset, too, and counted as aborted for want of memory. */
static void aborted_orphans(void **state)
{
    (void)state;
    for (int t = 0; t < 6; t++) {
        struct sample *s = patient_sample(t);
        patient_gauge(s, GAUGE_MEM_PAGES, t < 5 ? 500 : 700);
        patient_setting(s, SYSCTL_MEM_PRESSURE, 600);
        patient_setting(s, SYSCTL_MEM_MAX, 1000);
        patient_counter(s, COUNTER_MEMORY_PRESSURES, 3);
        patient_counter(s, COUNTER_ABORT_ON_MEMORY, (uint64_t)t * 7);
        patient_counter(s, COUNTER_PRUNE_CALLED, (uint64_t)t * 9);
        patient_look(s);
        assert_int_equal(!patient_found(RULE_MEMORY), t < 5);
    }
    struct finding f = patient_finding(RULE_MEMORY);
    assert_true(patient_says(&f, PART_SEEN,
                             "in the last 5 s 0 times under pressure, 35 connections aborted"));
}

static void reset_at(double t, uint64_t sent, uint64_t unread)
{
    struct sample *s = patient_sample(t);

    patient_counter(s, COUNTER_OUT_RSTS, sent);
    patient_counter(s, COUNTER_ESTAB_RESETS, 0);
    patient_counter(s, COUNTER_ABORT_ON_CLOSE, unread);
    patient_look(s);
}

/* The end of a load test resets many connections at once; a storm goes on. */
static void burst_of_resets(void **state)
{
    (void)state;
    for (int t = 0; t < 70; t++)
        reset_at(t, 0, 0);
    for (int t = 70; t < 90; t++) {
        reset_at(t, 6000, 0);
        assert_null(patient_found(RULE_RESETS));
    }
    for (int t = 90; t < 93; t++)
        reset_at(t, 6000 + (uint64_t)(t - 89) * 200, 0); /* three seconds are none either */
    for (int t = 93; t < 110; t++) {
        reset_at(t, 6600, 0);
        assert_null(patient_found(RULE_RESETS));
    }
}

/* What is told of a storm is right while it goes on and after it. */
static void storm_of_resets(void **state)
{
    struct str title = STR_INIT;

    (void)state;
    for (int t = 0; t < 70; t++)
        reset_at(t, 0, 0);
    for (int t = 70; t < 80; t++)
        reset_at(t, (uint64_t)(t - 69) * 278, (uint64_t)(t - 69) * 5);
    struct finding f = patient_finding(RULE_RESETS);
    assert_true(
        patient_says(&f, PART_SEEN, "2,780 sent and 0 connections ended abruptly within 10 s"));
    assert_true(patient_says(&f, PART_SEEN, "50 closed with unread data"));
    for (int t = 80; t < 90; t++) /* over, but not ended yet */
        reset_at(t, 2780, 50);
    f = patient_finding(RULE_RESETS);
    assert_true(
        patient_says(&f, PART_SEEN, "2,780 sent and 0 connections ended abruptly within 10 s"));
    for (int t = 90; t < 110; t++)
        reset_at(t, 2780, 50);
    assert_null(patient_found(RULE_RESETS));
    assert_int_equal(patient.now->findings->n_ended, 1);
    finding_title(&patient.now->findings->list[0], &title);
    assert_string_equal(str_text(&title), "Storm of resets");
    str_fini(&title);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(accept_queues),
        TEST(syn_backlogs),
        TEST(ephemeral_ports),
        TEST(a_burst_of_ports_is_over),
        TEST(ports_of_no_client),
        TEST(who_drops_is_named),
        TEST(a_full_queue_tells_its_drops),
        TEST(tables),
        TEST(resets),
        TEST(bound),
        TEST(bound_once),
        TEST(syn_drops),
        TEST(absent_settings),
        TEST(windows_watched),
        TEST(bursts_of_connects),
        TEST(no_cookies_sent),
        TEST(aborted_orphans),
        TEST(burst_of_resets),
        TEST(storm_of_resets),
    };
    return cmocka_run_group_tests_name("doctor_limits", tests, NULL, NULL);
}
